import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.contract.rundir import (
    Exit,
    LogName,
    RunDir,
    StopRequest,
    is_run_id,
    kept_evaluation,
    new_run_id,
    parse_log_name,
    write_atomic,
)
from trainer.contract.small_file import Unreadable, read_small


@given(st.text(max_size=200))
def test_any_name_makes_a_folder_name_that_stays_in_its_folder(name: str) -> None:
    run_id = new_run_id(name)
    assert is_run_id(run_id)
    assert Path("/logs", run_id).resolve().parent == Path("/logs")


@pytest.mark.parametrize("text", ["", ".", "..", "../x", "a/b", ".hidden", "-x", "A", "a" * 101, "a\n", "a\x00"])
def test_what_is_no_run_id_is_refused(text: str) -> None:
    assert not is_run_id(text)


def test_names_are_made_of_name_time_and_chance() -> None:
    first, second = new_run_id("Ein Lauf, süß!", now=0), new_run_id("Ein Lauf, süß!", now=0)
    assert first.startswith("ein-lauf-suss-19700101-000000-") or first.startswith("ein-lauf-su-19700101-000000-")
    assert first != second


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("1.jsonl", LogName(1, 0)),
        ("12.rank3.jsonl", LogName(12, 3)),
        ("2.shim.jsonl", LogName(2, -1)),
        ("0.jsonl", None),
        ("1.rank0.jsonl", None),
        ("1.log", None),
        ("x.jsonl", None),
        ("1.jsonl.tmp", None),
    ],
)
def test_log_names(name: str, parsed: LogName | None) -> None:
    assert parse_log_name(name) == parsed
    if parsed:
        assert RunDir(Path("/logs/r")).log(parsed.attempt, parsed.rank).name == name


def test_attempts_are_those_with_a_log(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.attempts() == []
    for name in ("10.jsonl", "2.shim.jsonl", "2.jsonl", "3.log"):
        (tmp_path / name).touch()
    assert run.attempts() == [2, 10]
    assert RunDir(tmp_path / "none").attempts() == []


def test_a_stop_is_for_one_attempt(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert not run.stop_requested(1)
    run.write_stop(StopRequest(attempt=1, requested_at=time.time()))
    assert run.stop_requested(1)
    assert not run.stop_requested(2)


def test_small_files_are_whole_or_absent(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    assert run.read_exit() is None
    exit_ = Exit(attempt=1, how="exited", exit_code=0, ended_at=1.0)
    run.write_exit(exit_)
    assert run.read_exit() == exit_
    (tmp_path / "exit.json").write_text("{")
    assert run.read_exit() is None
    with pytest.raises(Unreadable, match=r"exit\.json: Input data was truncated"):
        read_small(run.exit, Exit)
    with pytest.raises(IsADirectoryError):
        write_atomic_over_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []


def test_a_folder_in_the_place_of_a_small_file_is_renamed(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    (run.stop / "inside").mkdir(parents=True)
    asked = StopRequest(attempt=1, requested_at=1.0)
    run.write_stop(asked)
    assert run.read_stop() == asked
    (renamed,) = tmp_path.glob("stop.request.*")
    assert (renamed / "inside").is_dir()


@pytest.mark.parametrize("content", ["[]", '{"eval/loss": "x"}', '{"eval/loss": 1' + "0" * 400 + "}", "[" * 100_000])
def test_an_evaluation_that_is_none_counts_as_missing(tmp_path: Path, content: str) -> None:
    (tmp_path / "evaluation.json").write_text(content)
    assert kept_evaluation(tmp_path) is None


def write_atomic_over_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    write_atomic(tmp_path / "folder", b"x")
