"""Settings from the environment: every field is a `LORADECK_` variable."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from services.backend.errors import StartupError
from trainer.contract.messages import Message
from trainer.contract.problem import Problem
from trainer.contract.token import choose_token

DEFAULT_PORT = 8642

_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]+")


class Settings(BaseSettings):
    """Paths are absolute once read: relative ones start at the current folder. An empty variable is an unset one.

    Raises, when made: StartupError for a token that is none, pydantic's ValidationError for the rest.
    """

    model_config = SettingsConfigDict(
        env_prefix="LORADECK_", extra="ignore", frozen=True, validate_default=True, env_ignore_empty=True
    )

    logs_dir: Path = Path("training_logs")
    """One folder a run: the truth about every run."""
    state_dir: Path = Path(".loradeck")
    """The database, which can be rebuilt from `logs_dir`, and `backend.json`: where the backend listens."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    """0 takes a free one."""
    data_roots: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders that data sets and model files may lie in, separated by `:`; if unset the current and the home folder."""

    cache_gb: Annotated[float | None, Field(ge=0, le=1e9)] = None
    """The limit of the latent cache in gigabytes of 10^9 bytes, which runs heed before they encode; None is none."""

    token_file: Path | None = None
    """A file with the token, instead of `token`."""
    token: SecretStr | None = None
    """What everybody has to show who asks for more than the pages; None asks nobody, and listens on loopback alone."""
    public_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Names under which this backend is reached besides loopback and `host`, separated by commas, without ports."""

    @field_validator("token")
    @classmethod
    def _choose_token(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        # No ValueError: pydantic's would show the token.
        try:
            found = choose_token(token.get_secret_value() if token else None, info.data.get("token_file"))
        except Problem as problem:
            raise StartupError(Message(problem.code, str(problem))) from None
        return SecretStr(found) if found else None

    @field_validator("public_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in (part.strip() for part in value.split(",")) if part)
        return value

    @field_validator("public_hosts")
    @classmethod
    def _host_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.lower().removeprefix("[").removesuffix("]") for name in names)
        for name in names:
            if not _HOST_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no host name; give names alone, without scheme and port")
        return names

    @field_validator("data_roots", mode="before")
    @classmethod
    def _split_roots(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part for part in value.split(os.pathsep) if part)
        return value

    @field_validator("data_roots")
    @classmethod
    def _resolve_roots(cls, roots: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(root.expanduser().resolve() for root in roots or (Path.cwd(), Path.home()))

    @field_validator("logs_dir", "state_dir")
    @classmethod
    def _absolute(cls, path: Path) -> Path:
        return path.expanduser().resolve()

    @property
    def cache_bytes(self) -> int | None:
        return round(self.cache_gb * 1e9) if self.cache_gb is not None else None

    @property
    def database(self) -> Path:
        return self.state_dir / "loradeck.db"

    @property
    def address_file(self) -> Path:
        return self.state_dir / "backend.json"
