"""What keeps a backend from starting: each is one sentence and exit code 2."""

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from services.backend.__main__ import main
from services.backend.errors import StartupError
from services.backend.runtime import Runtime
from services.backend.settings import Settings
from tests.harness.backend import served

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Starts a backend that cannot, and gives what it says."""

    def start(**settings: str) -> str:
        known = {"LOGS_DIR": str(tmp_path / "logs"), "STATE_DIR": str(tmp_path / "state"), "PORT": "0"}
        for name, value in (known | settings).items():
            monkeypatch.setenv(f"LORADECK_{name}", value)
        assert main() == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1, err
        return err

    return start


def held_open(folder: Path) -> list[str]:
    """The files under `folder` that this process has open."""
    held = []
    for fd in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):
            held.append(os.readlink(f"/proc/self/fd/{fd}"))
    return [path for path in held if path.startswith(f"{folder}/")]


def test_a_second_one_on_either_folder(tmp_path: Path, refused: Refused) -> None:
    with served(tmp_path):
        other = str(tmp_path / "other")
        assert refused().startswith(f"Another Loradeck is running on {tmp_path}/logs: stop that one")
        assert f"{tmp_path}/state: stop that one" in refused(LOGS_DIR=other)
        assert f"{tmp_path}/logs: stop that one" in refused(STATE_DIR=other)
    with served(tmp_path):
        pass


def test_a_port_in_use(tmp_path: Path, refused: Refused) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(PORT=str(taken.getsockname()[1]))
    assert "set LORADECK_PORT to another, or to 0" in said
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_a_host_that_others_can_reach_needs_a_token(refused: Refused, host: str) -> None:
    said = refused(HOST=host)
    assert said.startswith(f"Loradeck listens on {host} only with a token")
    assert "`loradeck token --write FILE`" in said
    assert "SSH tunnel" in said
    assert said == refused(HOST=host, TOKEN="")


@pytest.mark.parametrize("token", ["short", "with a space in it, too"])
def test_a_token_that_is_none(refused: Refused, token: str) -> None:
    said = refused(TOKEN=token)
    assert said.startswith("LORADECK_TOKEN holds no token: one has 20 to 500 letters")
    assert token not in said


def test_a_token_file_that_is_none(tmp_path: Path, refused: Refused) -> None:
    file = tmp_path / "token"
    assert refused(TOKEN_FILE=str(file)).startswith(f"The token file {file} cannot be read: No such file")
    file.touch()
    assert refused(TOKEN_FILE=str(file)).startswith(f"The token file {file} is empty.")
    file.write_text("a-token-of-more-than-20-signs\n")
    assert refused(TOKEN_FILE=str(file), TOKEN="another-token-of-20-signs").startswith("LORADECK_TOKEN and LORADECK_")


@pytest.mark.parametrize("names", ["https://deck.example", "deck.example:443", "deck.example/x", "*.example", "a b"])
def test_public_hosts_that_are_none(refused: Refused, names: str) -> None:
    assert "give names alone, without scheme and port" in refused(PUBLIC_HOSTS=f"backend, {names}")


def test_a_bad_setting(refused: Refused) -> None:
    assert refused(PORT="many").startswith("LORADECK_PORT cannot be 'many'")


def test_a_newer_database(tmp_path: Path, refused: Refused) -> None:
    with served(tmp_path):
        pass
    with sqlite3.connect(tmp_path / "state" / "loradeck.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "was made by a newer Loradeck" in refused()
    assert held_open(tmp_path) == []


def test_what_is_no_database(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "loradeck.db").write_bytes(b"no database at all" * 100)
    assert "move it away" in refused()
    assert held_open(tmp_path) == []


def test_folders_that_cannot_be_made(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "logs").touch()
    assert "cannot be written to" in refused()
    assert held_open(tmp_path) == []


def test_a_failed_start_gives_the_folders_back(tmp_path: Path) -> None:
    settings = Settings(logs_dir=tmp_path / "logs", state_dir=tmp_path / "state")
    settings.database.parent.mkdir()
    settings.database.write_bytes(b"no database at all" * 100)
    with pytest.raises(StartupError):
        Runtime.open(settings)
    os.unlink(settings.database)
    Runtime.open(settings).close()
