"""The checks of the machine, on small file systems that are mounted for them."""

from pathlib import Path
from typing import Any

import pytest

from tests.harness.check_tasks import SLOW_DISK, beginning, can_mount, done, looked, make_task
from tests.harness.runs import SMALL
from trainer.preflight import machine

mounting = pytest.mark.skipif(not can_mount(), reason="This user may not mount file systems of their own.")
MARGIN_BYTES = 1 << 20


@pytest.fixture
def config(data: Path) -> dict[str, Any]:
    return SMALL | {"dataset_base_path": str(data), "lora_rank": 64}


def on_a_disk_of(size_bytes: int, folder: Path, config: dict[str, Any]) -> Any:
    return looked("disk", folder / "not-made-yet", config, {folder: f"size={size_bytes}"})


@mounting
def test_a_disk_is_to_have_room_for_the_checkpoints_and_the_cache(tmp_path: Path, config: dict[str, Any]) -> None:
    large = on_a_disk_of(4 << 30, tmp_path, config)
    assert large.standing == "ok"
    cache_bytes, checkpoints_bytes = large.details["cache_bytes"], large.details["checkpoints_bytes"]
    assert cache_bytes > 0
    assert checkpoints_bytes > 12 * MARGIN_BYTES

    wanted_bytes = cache_bytes + checkpoints_bytes + machine._ROOM_BYTES
    assert on_a_disk_of(wanted_bytes + MARGIN_BYTES, tmp_path, config).standing == "ok"
    tight = on_a_disk_of(wanted_bytes - MARGIN_BYTES, tmp_path, config)
    assert (tight.standing, tight.details["checkpoints_bytes"]) == ("warning", checkpoints_bytes)
    assert f"for the cache and {machine._size(checkpoints_bytes)} for 10 checkpoints" in tight.found
    assert tight.hint == f"Make room on the disk of {tmp_path}, or keep fewer checkpoints."
    assert on_a_disk_of(wanted_bytes - MARGIN_BYTES, tmp_path, config | {"keep_checkpoints": 3}).standing == "ok"

    least_bytes = checkpoints_bytes // 6 + machine._ROOM_BYTES
    assert on_a_disk_of(least_bytes + MARGIN_BYTES, tmp_path, config).standing == "warning"
    full = on_a_disk_of(least_bytes - MARGIN_BYTES, tmp_path, config)
    assert (full.standing, full.code, full.hint) == ("failure", "disk_full", tight.hint)
    assert full.found.endswith(" for 10 checkpoints."), "a sentence, before the hint in a run's end"


@mounting
@pytest.mark.parametrize(("options", "why"), [("ro", "Read-only file system"), ("size=6m", "No space left on device")])
def test_a_log_folder_that_takes_no_probe(tmp_path: Path, config: dict[str, Any], options: str, why: str) -> None:
    found = looked("write_speed", tmp_path, config, {tmp_path: options})
    assert (found.standing, found.code) == ("failure", "logs_unwritable")
    assert found.found == f"{tmp_path} cannot be written: {why}."


def test_slow_writes_are_told_with_what_a_checkpoint_is(data: Path, tmp_path: Path) -> None:
    """The disk takes 4 MB in 0.4 s; the other checks are not waited for."""
    found = done(
        make_task(tmp_path, data, model_paths=["/gone.safetensors"]), beginning(tmp_path, SLOW_DISK, after=None)
    )
    slow = found["write_speed"]
    assert slow["standing"] == "warning"
    assert 1 < slow["details"]["mb_s"] < 4.2 / 0.4
    assert f"MB/s to {tmp_path / 'logs'}" in slow["found"]
    assert slow["hint"].endswith("takes long so: put the log folder on a faster disk.")
    assert [path.name for path in (tmp_path / "logs").iterdir()] == [".tasks"]


@mounting
@pytest.mark.parametrize(
    ("ranks", "options", "standing"),
    [(2, "size=64m", "warning"), (2, "size=1g", "ok"), (1, "size=64m", "ok")],
)
def test_several_ranks_need_shared_memory(
    tmp_path: Path, config: dict[str, Any], ranks: int, options: str, standing: str
) -> None:
    mounts = {Path("/dev/shm"): options}
    found = looked("shared_memory", tmp_path, config | {"num_processes": ranks}, mounts)
    assert found.standing == standing
    assert found.found.startswith("0.1 GB free" if "64m" in options else "1.1 GB free")
    if standing == "warning":
        assert found.hint == (
            "Ranks need 1 GB to talk to each other: mount -o remount,size=8G /dev/shm, or shm_size in Compose."
        )


def test_sizes_are_told_as_people_write_them() -> None:
    assert (machine._size(1.2e9), machine._size(3.4e6)) == ("1.2 GB", "3.4 MB")
