import os
import re
import threading
from pathlib import Path

import pytest

from trainer.contract.problem import Problem
from trainer.contract.token import new_token, token_of, write_token

GOOD = "a-good-token-of-28-signs-~!#"


def test_a_new_token_is_long_random_and_a_word_of_its_own() -> None:
    found = {new_token() for _ in range(50)}
    assert len(found) == 50
    assert all(re.fullmatch(r"[\w-]{43}", token) for token in found)


def test_it_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{GOOD}\n")
    assert token_of({"LORADECK_TOKEN": GOOD}) == GOOD
    assert token_of({"LORADECK_TOKEN_FILE": str(file)}) == GOOD
    assert token_of({"LORADECK_TOKEN": "", "LORADECK_TOKEN_FILE": str(file)}) == GOOD
    assert token_of({"LORADECK_TOKEN": GOOD, "LORADECK_TOKEN_FILE": ""}) == GOOD
    assert token_of({}) is None
    assert token_of({"LORADECK_TOKEN": "", "LORADECK_TOKEN_FILE": ""}) is None


@pytest.mark.parametrize("token", ["short", "x" * 19, "x" * 501, "with a space in it, too", "ein-Token-mit-Gerät-drin"])
def test_what_is_no_token_is_refused_and_not_repeated(tmp_path: Path, token: str) -> None:
    file = tmp_path / "file"
    file.write_text(token)
    for environment in ({"LORADECK_TOKEN": token}, {"LORADECK_TOKEN_FILE": str(file)}):
        with pytest.raises(Problem, match="20 to 500 letters") as caught:
            token_of(environment)
        assert token not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n\n", b"\xff\xfe" * 20, b"\0" * 30, b"x" * 20_000])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(Problem, match="loradeck token"):
        token_of({"LORADECK_TOKEN_FILE": str(file)})


def test_a_file_that_cannot_be_read_or_both_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"none cannot be read: No such file or directory\."):
        token_of({"LORADECK_TOKEN_FILE": str(tmp_path / "none")})
    with pytest.raises(Problem, match="cannot be read: Is a directory"):
        token_of({"LORADECK_TOKEN_FILE": str(tmp_path)})
    with pytest.raises(Problem, match="both set"):
        token_of({"LORADECK_TOKEN": GOOD, "LORADECK_TOKEN_FILE": "file"})


def test_a_written_token_is_its_owner_s_alone_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "token"
    before = os.umask(0)
    try:
        token = write_token(file)
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert write_token(file) == token == token_of({"LORADECK_TOKEN_FILE": str(file)})
    assert os.listdir(tmp_path) == ["token"]


def test_of_several_who_write_at_once_all_have_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def write() -> None:
        together.wait()
        found.append(write_token(tmp_path / "token"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert os.listdir(tmp_path) == ["token"]


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    file.write_text("no token\n")
    with pytest.raises(Problem, match="20 to 500 letters"):
        write_token(file)
    assert file.read_text() == "no token\n"
    with pytest.raises(Problem, match="no/token cannot be written: No such file or directory"):
        write_token(tmp_path / "no" / "token")
