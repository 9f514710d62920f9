"""What a Loradeck is told by its environment: every field is a `LORADECK_` variable."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

DEFAULT_PORT = 8642


class Settings(BaseSettings):
    """Paths are absolute once read: relative ones start at the current folder."""

    model_config = SettingsConfigDict(env_prefix="LORADECK_", extra="ignore", frozen=True, validate_default=True)

    logs_dir: Path = Path("training_logs")
    """One folder a run: the truth about every run."""
    state_dir: Path = Path(".loradeck")
    """The database, which can be made anew from `logs_dir`, and `backend.json`: where the backend listens."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = DEFAULT_PORT
    """0 takes a free one."""
    data_roots: Annotated[tuple[Path, ...], NoDecode] = ()
    """Folders that data sets and model files may lie in, separated by `:`; if unset the current and the home folder."""

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
    def database(self) -> Path:
        return self.state_dir / "loradeck.db"

    @property
    def address_file(self) -> Path:
        return self.state_dir / "backend.json"
