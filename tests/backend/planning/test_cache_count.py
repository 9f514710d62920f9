"""The plan says what a run will encode anew, and why, from what earlier runs have left."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from services.backend.planning import cache_count
from services.backend.planning.cache_count import Counted, DataRow, count
from services.backend.planning.cache_counts import CacheCounts
from tests.harness.backend import Backend
from tests.harness.runs import SMALL
from tests.harness.waiting import until
from tests.trainer.contract.cache.caches import make_folder
from trainer.contract.cache import media_header, uses
from trainer.contract.cache.entries import entry_path
from trainer.contract.cache.fingerprint import fingerprint
from trainer.contract.cache.keys import file_key, old_clip_key, sample_key, text_key
from trainer.contract.cache.media_header import Line, Seen
from trainer.contract.config import RunConfig
from trainer.contract.shape import Shape
from trainer.contract.window import BEGINNING

CLIPS = 5
SHAPE = Shape(64, 64, 5)


def config(**settings: Any) -> RunConfig:
    return RunConfig.model_validate(SMALL | {"dataset_base_path": "/"} | settings)


class Ran:
    """A data set of made-up files, and the cache that a run of it has left."""

    def __init__(self, tmp_path: Path) -> None:
        self.data, self.logs = tmp_path / "data", tmp_path / "logs"
        self.data.mkdir()
        self.root = make_folder(self.logs)
        self.keys: list[str] = []
        for number in range(CLIPS):
            path = self.data / f"{number}.mp4"
            path.write_bytes(b"%d" % number * (1000 + number))
            self.take(path)
        for row in self.rows():
            for text in row.texts:
                self.add(text_key(text))

    def take(self, path: Path) -> None:
        """Do with a file what a run does."""
        with open(path, "rb") as file:
            content = fingerprint(file)
        fields = {"content": content, "height": 64, "width": 80, "frames": 9, "fps": 16.0}
        line = Line(file_key(path), fields, Seen.of(path, "run/1"))
        with open(self.root / media_header.NAME, "a") as file_:
            file_.write(line.encode())
        self.keys.append(sample_key(content, SHAPE, BEGINNING, is_image=False))
        self.add(self.keys[-1])

    def add(self, key: str) -> None:
        path = entry_path(self.root, key)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(10))

    def rows(self, folder: Path | None = None) -> list[DataRow]:
        return [DataRow(str(path), (f"clip {path.name}",)) for path in sorted((folder or self.data).iterdir())]

    def counted(self, folder: Path | None = None, dtype: str = "fp32", **settings: Any) -> dict[str, int]:
        """The reasons, with the number that are cached."""
        found = count(self.logs / ".cache", config(**settings), dtype, self.rows(folder)).reuse
        assert found is not None
        counts: dict[str, int] = {"cached": found.cached}
        counts.update(found.reasons)
        return {name: samples for name, samples in counts.items() if samples}


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    return Ran(tmp_path)


def test_what_a_run_has_encoded_is_cached(ran: Ran) -> None:
    found = count(ran.logs / ".cache", config(), "fp32", ran.rows())
    assert found.reuse is not None
    assert (found.reuse.cached, found.reuse.captions, found.reuse.captions_anew) == (5, 5, 0)
    assert found.reuse.text == "All 5 samples are in the cache already"
    assert found.size_bytes == 2 * CLIPS * 10


def test_a_folder_that_moved_is_not_encoded_anew(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    os.rename(ran.data, ran.data.with_name("moved"))
    monkeypatch.setattr(cache_count, "fingerprint", lambda _: pytest.fail("a file was read"))
    assert ran.counted(ran.data.with_name("moved")) == {"cached": 5}


def test_one_that_was_copied_is_told_by_its_content(ran: Ran, tmp_path: Path) -> None:
    shutil.copytree(ran.data, tmp_path / "copy", copy_function=shutil.copyfile)
    assert ran.counted(tmp_path / "copy") == {"cached": 5}


def test_what_there_is_no_time_to_read_is_unsure(ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ran.data, tmp_path / "copy", copy_function=shutil.copyfile)
    monkeypatch.setattr(cache_count, "READING_S", 0.0)
    found = count(ran.logs / ".cache", config(), "fp32", ran.rows(tmp_path / "copy")).reuse
    assert found is not None
    assert (found.cached, found.unsure, found.anew) == (0, 5, {SHAPE: 5})
    assert "0 of 5 samples are encoded anew" in found.text
    assert "5 perhaps" in found.text


@pytest.mark.parametrize("keeps_time", [False, True])
def test_a_file_replaced_in_place_is_one(ran: Ran, keeps_time: bool) -> None:
    path = ran.data / "2.mp4"
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)
    if keeps_time:
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert ran.counted() == {"cached": 4, "replaced": 1}
    path.write_bytes(b"y")
    assert ran.counted() == {"cached": 4, "replaced": 1}


def test_new_files_are_new_and_not_read(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_count, "fingerprint", lambda _: pytest.fail("a file was read"))
    (ran.data / "new.mp4").write_bytes(b"new")
    assert ran.counted() == {"cached": 5, "new": 1}


@pytest.mark.parametrize(
    "settings", [{"height": 96}, {"num_frames": 9}, {"frame_rate": 8}, {"frame_selection": "center"}]
)
def test_other_settings_are_a_reason(ran: Ran, settings: dict[str, Any]) -> None:
    assert ran.counted(**settings) == {"settings": 5}


def test_settings_that_show_the_same_are_none(ran: Ran) -> None:
    assert ran.counted(frame_rate=16) == {"cached": 5}
    assert ran.counted(num_epochs=2, lora_rank=8) == {"cached": 5}


def test_another_number_format_or_other_model_files_are_a_reason(ran: Ran) -> None:
    assert ran.counted(dtype="bf16") == {"encoders": 5}
    os.utime(ran.logs.parent / "tiny-wan.safetensors", ns=(1, 1))
    assert ran.counted() == {"encoders": 5}


def test_what_was_evicted_is_said_so(ran: Ran) -> None:
    uses.write(ran.root, "run", 1, ran.keys)
    for key in ran.keys[:2]:
        entry_path(ran.root, key).unlink()
    assert ran.counted() == {"cached": 3, "gone": 2}


def test_another_tokenizer_encodes_captions_anew(ran: Ran, tmp_path: Path) -> None:
    for name, words in (("one", "a"), ("two", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tokenizer.json").write_text(words)
    (ran.root / "tokenizer.json").write_text('{"digest": "0"}')
    given = config(tokenizer_path=str(tmp_path / "two"))
    found = count(ran.logs / ".cache", given, "fp32", ran.rows()).reuse
    assert found is not None
    assert (found.captions_anew, found.captions_of_other, found.cached) == (5, 5, 5)
    assert found.text.endswith("5 captions are encoded anew by another tokenizer")


@pytest.mark.parametrize(("height", "expected"), [(64, {"cached": 5}), (96, {"pictures": 5})], ids=["same", "scaled"])
def test_entries_of_version_0_1(ran: Ran, height: int, expected: dict[str, int]) -> None:
    """Where a run has read the headers since, it is known whether their pictures are the same."""
    new = ran.data / "new.mp4"
    new.write_bytes(b"new")
    for path, key in zip(sorted(ran.data.iterdir()), [*ran.keys, ""], strict=True):
        ran.add(old_clip_key(path, SHAPE._replace(height=height), is_image=False))
        if key:
            entry_path(ran.root, key).unlink()
    assert ran.counted(height=height) == expected
    found = count(ran.logs / ".cache", config(height=height), "fp32", ran.rows()).reuse
    assert found is not None
    assert found.unsure == 1


def test_what_cannot_be_seen_from_here_is_not_known(ran: Ran) -> None:
    rows = [DataRow(f"/nowhere/{number}.mp4", ("a fox",)) for number in range(3)]
    assert count(ran.logs / ".cache", config(), "fp32", rows).reuse is None
    (ran.logs.parent / "tiny-wan.safetensors").unlink()
    assert count(ran.logs / ".cache", config(), "fp32", ran.rows()).reuse is None


def test_hostile_lines_and_files_are_passed_over(ran: Ran) -> None:
    with open(ran.root / media_header.NAME, "ab") as file:
        for line in (b"\xff", b"[", b"[1, 2]", b'["k", {"content": 5}]', b'["k", {}, [1, 2, 3]]', b"[" * 5000, b"{}"):
            file.write(line + b"\n")
        file.write(b'["k", {"content": "c", "height": 0, "width": 0, "frames": -1}]\n')
    (ran.root / uses.FOLDER).mkdir()
    (ran.root / uses.FOLDER / "x.used").write_bytes(b"\xff")
    os.mkfifo(ran.data / "pipe.mp4")
    (ran.data / "folder.mp4").mkdir()
    assert ran.counted() == {"cached": 5}


def test_a_long_count_is_done_in_the_background() -> None:
    counts, calls = CacheCounts(), list[int]()

    def slow() -> Counted:
        calls.append(1)
        until(lambda: len(calls) > 1)
        return Counted(None, 7)

    assert counts.ask("key", slow, wait_s=0.01) is None
    assert counts.ask("key", slow, wait_s=0.01) is None
    calls.append(2)
    until(lambda: counts.ask("key", slow) is not None)
    assert counts.ask("key", slow) == (None, 7)
    assert calls == [1, 2], "it is counted once"


def test_a_count_that_fails_is_not_known() -> None:
    def failing() -> Counted:
        raise OSError("gone")

    assert CacheCounts().ask("key", failing, wait_s=10) == (None, None)


def test_the_plan_asks_until_it_is_counted(backend: Backend, ran: Ran) -> None:
    base = backend.settings.data_roots[0] / "clips"
    shutil.copytree(ran.data, base, copy_function=shutil.copyfile)
    (base / "metadata.csv").write_text("video,prompt\n" + "".join(f"{n}.mp4,clip {n}.mp4\n" for n in range(CLIPS)))
    assert backend.settings.logs_dir == ran.logs
    body = {"config": SMALL | {"dataset_base_path": str(base), "seed": 5}, "seconds_per_step": 1}

    def plan(**more: Any) -> Any:
        answer = backend.http.post("/api/plan", json=body | more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert plan()["cache"]["state"] == "unknown", "no host has told its GPUs"
    assert plan(samples=5)["cache"] is None
    claim = {"agent_id": "agent-1", "host": "gpu-host", "gpus": []}
    assert backend.http.post("/api/agents/claim", json=claim).status_code == 204
    until(lambda: plan()["cache"]["state"] == "counted")
    found = plan()
    assert found["cache"] == {
        "state": "counted",
        "samples": 5,
        "cached": 5,
        "anew": [],
        "unsure": 0,
        "captions_anew": 0,
        "text": "All 5 samples are in the cache already.",
        "size_bytes": 2 * CLIPS * 10,
    }
    (cache,) = (part for part in found["disk"]["parts"] if part["what"] == "cache")
    assert (cache["count"], cache["amount"]) == (0, {"low": 0, "high": 0})
    body["config"] = SMALL | {"dataset_base_path": str(base), "height": 96}
    until(lambda: plan()["cache"]["state"] == "counted")
    assert plan()["cache"]["anew"] == [{"why": "settings", "samples": 5}]
    (cache,) = (part for part in plan()["disk"]["parts"] if part["what"] == "cache")
    assert cache["count"] == 5
