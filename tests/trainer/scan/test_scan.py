"""The scan as a process: stopped, killed, hung and gone on with."""

import itertools
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.harness.scans import facts, finish, make_scan, media, rows, scan, start, workers
from tests.harness.waiting import DEADLINE_S, stretched, until
from trainer.agent.task_processes import LEAVE_S
from trainer.contract.scan import caption_key, media_key
from trainer.contract.tasks import TaskDir

COPIES = 6


@pytest.fixture
def files(clips: list[Path], tmp_path: Path) -> list[Path]:
    """Enough of them to have time to interfere."""
    (tmp_path / "files").mkdir()
    found = []
    for number in range(COPIES):
        found += [tmp_path / "files" / f"{number}-{clip.name}" for clip in clips]
        for clip in clips:
            os.link(clip, tmp_path / "files" / f"{number}-{clip.name}")
    return found


def seen(task: TaskDir) -> list[str]:
    """Keys of the files whose frames have been looked at, in the order of that."""
    return [fact["key"] for fact in facts(task, "media") if fact.get("frames_seen")]


def all_keys(task: TaskDir) -> set[str]:
    return {media_key(row[0], row[2], row[3]) for row in rows(task)}


def test_progress_goes_up_and_the_time_left_ends_at_nothing(files: list[Path], tmp_path: Path) -> None:
    task = make_scan(tmp_path / "task", files, captions=["a cat", "a dog"])
    scan(task)
    progress = facts(task, "progress")
    assert list(dict.fromkeys(fact["phase"] for fact in progress)) == ["captions", "headers", "frames"]
    for phase, total in (("captions", 2), ("headers", len(files)), ("frames", len(files))):
        of_phase = [fact for fact in progress if fact["phase"] == phase]
        done = [fact.get("done", 0) for fact in of_phase]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, total)
        assert {fact["total"] for fact in of_phase} == {total}
    assert progress[-1]["left_s"] == 0
    assert progress[0]["left_s"] > 0
    written = len(progress) - 9
    assert written <= 4 * (progress[-1]["ts"] - progress[0]["ts"]) + 1, "about four a second"
    sizes = [fact["key"] for fact in facts(task, "media") if fact.get("width") and not fact.get("frames_seen")]
    assert set(sizes) == all_keys(task), "sizes are known before the frames"


def test_killed_it_goes_on_with_the_rest_and_only_the_rest(files: list[Path], tmp_path: Path) -> None:
    task = make_scan(tmp_path / "task", files, workers=2)
    process = start(task)
    until(lambda: len(seen(task)) >= 5)
    those = workers(process)
    process.kill()
    process.wait()
    assert len(those) == 2
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in those))
    before = seen(task)
    assert len(before) < len(files)
    with open(task.facts, "ab") as torn:
        torn.write(b'{"type":"media","ts":1,"key":"')
    scan(task)
    after = seen(task)
    assert after[: len(before)] == before
    assert not set(before) & set(after[len(before) :])
    assert sorted(after) == sorted(all_keys(task)), "each of them once"
    headers = [fact["key"] for fact in facts(task, "media") if not fact.get("frames_seen")]
    assert len(headers) == len(set(headers)), "nor is a file opened again that had been"
    places = sorted(fact["thumbnail"] for fact in facts(task, "media") if fact.get("thumbnail"))
    assert all(one[0] + one[1] <= two[0] for one, two in itertools.pairwise(places))
    found = len(facts(task))
    scan(task)
    assert {fact["type"] for fact in facts(task)[found:]} == {"progress", "end"}, "nothing is left to do"


@pytest.mark.parametrize("how", ["request", "signal"])
def test_asked_to_leave_it_does_so_soon_and_loses_nothing(files: list[Path], tmp_path: Path, how: str) -> None:
    task = make_scan(tmp_path / "task", files, workers=1)
    process = start(task)
    until(lambda: len(seen(task)) >= 2)
    (worker,) = workers(process)
    os.kill(worker, signal.SIGSTOP)  # or a fast machine is done before the scan is asked
    asked = time.monotonic()
    if how == "request":
        task.stop.touch()
        assert finish(task, process)["reason"] == "stopped"
        task.stop.unlink()
    else:
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
        assert not facts(task, "end"), "it is to go on another time"
    assert time.monotonic() - asked < stretched(LEAVE_S), "or its agent kills it"
    before = seen(task)
    assert len(before) < len(files)
    scan(task)
    assert sorted(seen(task)) == sorted(all_keys(task))


@pytest.mark.parametrize(("number", "word"), [(signal.SIGSTOP, "too_slow"), (signal.SIGKILL, "killed_decoder")])
def test_a_worker_that_hangs_or_dies_costs_one_file(
    files: list[Path], tmp_path: Path, number: signal.Signals, word: str
) -> None:
    task = make_scan(tmp_path / "task", files, workers=1, file_limit_s=8)
    process = start(task)
    until(lambda: len(seen(task)) >= 2)
    (worker,) = workers(process)
    os.kill(worker, number)
    assert finish(task, process)["reason"] == "succeeded"
    damages = [fact["damage"] for fact in media(task).values() if fact.get("damage")]
    assert damages == [word]
    (lost,) = (fact for fact in media(task).values() if fact.get("damage"))
    assert lost["width"], "what its header said is kept"
    assert len(seen(task)) == len(files) - 1
    assert not Path(f"/proc/{worker}").exists()


def test_a_file_that_is_listed_twice_is_looked_at_once(clips: list[Path], tmp_path: Path) -> None:
    task = make_scan(tmp_path / "task", [clips[0], clips[0]])
    scan(task)
    assert len(seen(task)) == 1


def test_a_file_that_is_back_is_looked_at_in_the_next_scan(clips: list[Path], tmp_path: Path) -> None:
    here, away = tmp_path / "a.mp4", tmp_path / "b.mp4"
    os.link(clips[15], here)
    task = make_scan(tmp_path / "task", [here])
    here.rename(away)
    scan(task)
    assert media(task)[str(here)]["damage"] == "vanished"
    away.rename(here)
    scan(task)
    assert not media(task)[str(here)].get("damage")


def test_workers_are_nice_and_limited(files: list[Path], tmp_path: Path) -> None:
    task = make_scan(tmp_path / "task", files)
    process = start(task)
    until(lambda: len(seen(task)) >= 1)

    def memory_limit(worker: int) -> int:
        limits = Path(f"/proc/{worker}/limits").read_text()
        (limit,) = (line for line in limits.splitlines() if line.startswith("Max address space"))
        return int(limit.split()[3]) if limit.split()[3].isdigit() else 0

    # One of them may still begin.
    until(lambda: all(memory_limit(worker) == 4 << 30 for worker in workers(process)))
    assert {os.getpriority(os.PRIO_PROCESS, worker) for worker in workers(process)} == {10}
    finish(task, process)


def test_captions(clips: list[Path], tmp_path: Path) -> None:
    captions = ["a cat", "", "a cat\non a mat", "una niÃ±a", "猫が好き", "a megabyte " * 100_000]
    task = make_scan(tmp_path / "task", [clips[15]] * len(captions), captions)
    scan(task)
    found = {fact["key"]: fact for fact in facts(task, "caption")}
    cat, nothing, lines, wrong, japanese, long = (found[caption_key(caption)] for caption in captions)
    assert cat["tokens"] < lines["tokens"] < 30
    assert nothing["tokens"] == 1
    assert [fact.get("misdecoded", False) for fact in (cat, wrong, japanese)] == [False, True, False]
    assert japanese["scripts"] == {"Hiragana": 2, "Han": 2}
    assert long["tokens"] > 200_000


def test_a_folder_without_a_tokenizer(clips: list[Path], tmp_path: Path) -> None:
    task = make_scan(tmp_path / "task", clips[:1], tokenizer_path=str(tmp_path))
    end = finish(task, start(task))
    assert (end["reason"], end["code"]) == ("failed", "tokenizer_missing")
    assert str(tmp_path) in end["message"]
    (tmp_path / "tokenizer.json").write_text("{}")
    end = finish(task, start(task))
    assert (end["reason"], end["code"]) == ("failed", "tokenizer_unreadable")
    assert facts(task, "tokenizer") == [], "nothing is counted by it"


def test_names_that_are_no_text(clips: list[Path], tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    shutil.copy(clips[15], path)
    task = make_scan(tmp_path / "task", [path])
    scan(task)
    (fact,) = media(task).values()
    assert fact["frames_seen"] == 8
