"""What was used longest ago goes first, and nothing that a run needs."""

import fcntl
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.harness.waiting import until
from tests.trainer.contract.cache.caches import NOW, add_entries, add_run, left, make_folder
from trainer.contract.cache import eviction, uses
from trainer.contract.cache.media_header import NAME as MEDIA
from trainer.contract.flock import shared
from trainer.contract.rundir import Exit, ResumeRequest, RunDir


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@contextmanager
def alive(run: Path) -> Iterator[None]:
    """Hold a run's lock as its shim does."""
    fd = os.open(run / "lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(fd)


def test_the_least_recently_used_go_first(logs: Path) -> None:
    root = make_folder(logs)
    old, older, used = (add_entries(root, [name], age_s) for name, age_s in (("a", 50), ("b", 60), ("c", 900)))
    add_run(logs, "run", root, ["c"], age_s=10)
    done = eviction.evict(logs / ".cache", 2000)
    assert (done.entries, done.size_bytes, done.left_bytes) == (1, 1000, 2000)
    assert (left(older), left(old), left(used)) == (0, 1, 1)
    eviction.evict(logs / ".cache", 1000)
    assert (left(old), left(used)) == (0, 1), "what a run used lately is younger than its making"
    eviction.evict(logs / ".cache", 0)
    assert left(used) == 0, "an ended run keeps nothing"


def test_all_models_share_the_limit(logs: Path) -> None:
    one, two = make_folder(logs), make_folder(logs, "wan2.2-ti2v-5b", "bf16")
    first, second = add_entries(one, range(3), 5), add_entries(two, range(3), 9)
    eviction.evict(logs / ".cache", 3000)
    assert (left(first), left(second)) == (3, 0)


def test_a_dry_run_says_the_same_and_removes_nothing(logs: Path) -> None:
    root = make_folder(logs)
    made = add_entries(root, range(5))
    dry = eviction.evict(logs / ".cache", 2000, is_dry=True)
    assert (dry.entries, left(made)) == (3, 5)
    assert dry == eviction.evict(logs / ".cache", 2000)


def test_nothing_of_a_run_that_is_alive_goes(logs: Path) -> None:
    root = make_folder(logs)
    mine, others = add_entries(root, range(4), age_s=900), add_entries(root, "abc")
    with alive(add_run(logs, "run", root, range(4), age_s=800)):
        done = eviction.evict(logs / ".cache", 0)
        assert (left(mine), left(others)) == (4, 0)
        assert (done.left_bytes, done.kept_bytes) == (4000, 4000)
    eviction.evict(logs / ".cache", 0)
    assert left(mine) == 0


@pytest.mark.parametrize("content", [None, b"", b"loradeck-uses 1 1 4 5\n", b"\xff" * 200, b"loradeck-uses 1 x y z\n"])
def test_of_a_run_whose_keys_are_not_known_nothing_of_its_model_goes(logs: Path, content: bytes | None) -> None:
    """It is of version 0.1, has just started, or its file is garbled."""
    root, other = make_folder(logs), make_folder(logs, "wan2.2-ti2v-5b")
    mine, others = add_entries(root, range(4)), add_entries(other, range(4))
    run = add_run(logs, "run", None)
    if content is not None:
        uses.write(root, "run", 1, [])
        (root / uses.FOLDER / "run.used").write_bytes(content)
    with alive(run):
        eviction.evict(logs / ".cache", 0)
        assert (left(mine), left(others)) == (4, 0)
        (run / "config.json").write_text("{")
        add_entries(other, range(4))
        eviction.evict(logs / ".cache", 0)
        assert left(others) == 4, "nor of any model, where not even that is known"


def test_a_new_attempt_may_need_others_than_the_one_before(logs: Path) -> None:
    root = make_folder(logs)
    made = add_entries(root, range(4))
    run = add_run(logs, "run", root, [0])
    state = {"attempt": 2, "host": "h", "boot_id": "b", "shim_pid": 1, "shim_start": 1, "child_pid": 1, "started_at": 1}
    (run / "state.json").write_text(json.dumps(state))
    eviction.evict(logs / ".cache", 0)
    assert left(made) == 4, "it has begun, has not ended, and has not said what it needs"
    uses.write(root, "run", 2, [])
    eviction.evict(logs / ".cache", 0)
    assert left(made) == 0


def test_what_a_run_needs_that_goes_on_stays(logs: Path) -> None:
    root = make_folder(logs)
    made = add_entries(root, range(2))
    run = RunDir(add_run(logs, "run", root, range(2)))
    run.write_exit(Exit(attempt=1, how="exited", exit_code=1, ended_at=NOW))
    run.write_resume(ResumeRequest(attempt=1, requested_at=NOW))
    eviction.evict(logs / ".cache", 0)
    assert left(made) == 2, "it is queued"
    run.write_exit(Exit(attempt=2, how="exited", exit_code=1, ended_at=NOW, by_host=True))
    eviction.evict(logs / ".cache", 0)
    assert left(made) == 2, "it comes back with its host"
    run.write_exit(Exit(attempt=2, how="exited", exit_code=1, ended_at=NOW))
    eviction.evict(logs / ".cache", 0)
    assert left(made) == 0


def test_it_waits_for_a_run_that_looks_into_the_folder(logs: Path) -> None:
    root = make_folder(logs)
    made = add_entries(root, range(2))
    with shared(root / eviction.LOCK), shared(root / eviction.LOCK):
        done = eviction.evict(logs / ".cache", 0, wait_s=0.05)
        assert (done.skipped, done.left_bytes, left(made)) == (1, 2000, 2)
    assert eviction.evict(logs / ".cache", 0, wait_s=0.05).entries == 2


def _evict_slowly(cache: Path) -> None:
    unlink = Path.unlink

    def slowly(self: Path, missing_ok: bool = False) -> None:
        unlink(self, missing_ok=missing_ok)
        time.sleep(0.02)

    Path.unlink = slowly  # type: ignore[method-assign]
    eviction.evict(cache, 0)


def test_one_that_is_killed_leaves_a_whole_cache(logs: Path) -> None:
    root = make_folder(logs)
    made = add_entries(root, range(40))
    process = multiprocessing.get_context("fork").Process(target=_evict_slowly, args=(logs / ".cache",))
    process.start()
    until(lambda: left(made) < 38)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    remaining = left(made)
    assert 0 < remaining < 40
    (folder,) = eviction.survey(logs / ".cache")
    assert len(folder.entries) == remaining
    assert eviction.evict(logs / ".cache", 0, wait_s=1).entries == remaining, "its lock went with it"


def test_what_was_left_behind_is_swept_once_it_is_old(logs: Path) -> None:
    root = make_folder(logs)
    (entry,) = add_entries(root, [1])
    torn, note, media = entry.with_name(f".{entry.name}.7.tmp"), entry.with_suffix(".unusable.json"), root / MEDIA
    now = time.time()
    for path in (torn, note, media, entry):
        path.write_bytes(b"{}")
        os.utime(path, (now - eviction.OLD_S - 5, now - eviction.OLD_S - 5))
    fresh = entry.with_name(f".{entry.name}.8.tmp")
    fresh.touch()
    run = add_run(logs, "run", root, [1])
    eviction.evict(logs / ".cache", 10**9)
    assert not torn.exists()
    assert (fresh.exists(), note.exists(), media.exists()) == (True, True, True), "a run has used it"
    os.rename(run, logs / "gone")
    (logs / "gone" / "config.json").unlink()
    eviction.evict(logs / ".cache", 10**9)
    assert uses.owners(root) == {}, "the run was deleted"
    eviction.evict(logs / ".cache", 10**9)
    assert (note.exists(), media.exists(), entry.exists()) == (False, False, True)


def test_no_cache_is_an_empty_one(logs: Path) -> None:
    logs.mkdir()
    assert eviction.survey(logs / ".cache") == []
    assert eviction.evict(logs / ".cache", 0).entries == 0


def test_only_entries_are_removed(logs: Path) -> None:
    """Links, folders and what other people put there stay."""
    root = make_folder(logs)
    (entry,) = add_entries(root, [1])
    outside = logs.parent / "outside.safetensors"
    outside.touch()
    strange = [entry.with_name("notes.txt"), entry.with_name("x.safetensors"), root / "readme"]
    for path in strange:
        path.touch()
    link = entry.with_name("0" * 32 + ".safetensors")
    link.symlink_to(outside)
    (root / "zz").mkdir()
    eviction.evict(logs / ".cache", 0)
    assert not entry.exists()
    assert all(path.exists() for path in (*strange, outside, link))
