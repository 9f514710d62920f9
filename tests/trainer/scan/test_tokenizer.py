"""Whose tokenizer captions are counted by. The network is one that is not there, or one that never answers."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.scans import Fact, facts, finish, make_scan, scan, start
from tests.harness.waiting import stretched
from trainer.contract.problem import Problem
from trainer.contract.scan import Request, Tokenizer
from trainer.contract.tasks import Facts, TaskDir
from trainer.scan import tokenizer
from trainer.scan.captions import FILE, TINY_WAN
from trainer.scan.tokenizer import choose
from trainer.supervision.stop import Stopped
from trainer.tasks.runner import Stop, Task

WAN = "wan2.2-ti2v-5b"
CAPTIONS = ("a cat", "a red tram crosses the square")


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where DiffSynth fetches to; it fetches nothing."""
    monkeypatch.setenv("DIFFSYNTH_MODEL_BASE_PATH", str(tmp_path / "models"))
    monkeypatch.setenv("DIFFSYNTH_SKIP_DOWNLOAD", "true")
    return tmp_path / "models"


def fetched(models: Path) -> Path:
    """As if Wan's tokenizer had been fetched: one that counts otherwise than tiny-wan's, every letter for itself."""
    folder = models / "Wan-AI/Wan2.1-T2V-1.3B/google/umt5-xxl"
    shutil.copytree(TINY_WAN, folder)
    content = json.loads((folder / FILE).read_text())
    content["model"]["vocab"] = [piece for piece in content["model"]["vocab"] if len(piece[0]) == 1 or "<" in piece[0]]
    (folder / FILE).write_text(json.dumps(content))
    return folder


def counted(task: TaskDir) -> dict[str, int]:
    return {fact["key"]: fact["tokens"] for fact in facts(task, "caption")}


def test_without_the_models_own_it_is_said_and_made_up_for_later(
    clips: list[Path], tmp_path: Path, models: Path
) -> None:
    task = make_scan(tmp_path / "task", clips[:2], CAPTIONS, model=WAN)
    scan(task)
    (said,) = facts(task, "tokenizer")
    assert (said["is_own"], said["folder"], said["model"]) == (False, str(TINY_WAN), WAN)
    assert "not on this machine" in said["message"]
    assert "tokenizer.json" in said["message"]
    first, files = counted(task), len(facts(task, "media"))
    folder = fetched(models)
    scan(task)
    own = facts(task, "tokenizer")[-1]
    assert (own.get("is_own", True), own["folder"]) == (True, str(folder))
    assert counted(task).keys() == first.keys()
    assert all(tokens > first[key] for key, tokens in counted(task).items())
    assert len(facts(task, "media")) == files, "only captions are looked at again"
    scan(task)
    assert len(facts(task, "tokenizer")) == 2, "what is known is not said again"
    assert len(facts(task, "caption")) == 2 * len(first)


def test_a_folder_of_ones_own(clips: list[Path], tmp_path: Path, models: Path) -> None:
    task = make_scan(tmp_path / "task", clips[:1], CAPTIONS, model=WAN, tokenizer_path=str(fetched(models)))
    scan(task)
    (said,) = facts(task, "tokenizer")
    assert said.get("is_own", True)
    assert next(iter(counted(task).values())) == len("a_cat") + 2


def test_a_model_that_is_none(clips: list[Path], tmp_path: Path) -> None:
    task = make_scan(tmp_path / "task", clips[:1], model="wan9")
    end: Fact = finish(task, start(task))
    assert (end["reason"], end["code"]) == ("failed", "unknown_model")


def test_a_network_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "FETCH_S", 0.05)
    with asked(tmp_path / "task") as task:
        began = time.monotonic()
        found = choose(Request(model=WAN), task, None)
        assert time.monotonic() - began < 0.05 + tokenizer._LEAVE_S + stretched(2)
    assert not found.is_own
    assert "did not come within 0.05 s" in found.message


def test_a_stop_ends_the_fetching(tmp_path: Path) -> None:
    with asked(tmp_path / "task") as task:
        task.folder.stop.touch()
        with pytest.raises(Stopped):
            choose(Request(model=WAN), task, None)


def test_what_was_fetched_once_is_not_looked_for_again(tmp_path: Path, models: Path) -> None:
    before = Tokenizer(ts=0, model=WAN, folder=str(fetched(models)))
    with asked(tmp_path / "task") as task:
        assert choose(Request(model=WAN), task, before) == before
        assert not task.folder.facts.read_bytes()
        (Path(before.folder) / FILE).unlink()
        assert not choose(Request(model=WAN), task, before).is_own
        with pytest.raises(Problem, match="no model"):
            choose(Request(model="wan9"), task, before)


@contextmanager
def asked(folder: Path) -> Iterator[Task]:
    folder.mkdir()
    directory, before = TaskDir(folder), children()
    writer = Facts(directory)
    try:
        yield Task(directory, {}, writer, Stop(directory))
    finally:
        writer.close()
    assert children() <= before


def children() -> set[str]:
    """Of this process, which other tests have used before."""
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())
