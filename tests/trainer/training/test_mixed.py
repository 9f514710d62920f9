"""Runs on images and videos of several shapes, in batches, with some held out."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.harness.runs import (
    Train,
    configure,
    curve,
    end,
    events,
    finish,
    launch,
    loaded,
    make_run,
    optimizer_file,
    warnings,
    write_clip,
    write_table,
)
from trainer.cache.dataloader import LatentDataLoader
from trainer.contract.rundir import RunDir

MIXED: dict[str, Any] = {
    "buckets": ["64x96x9", "64x96x5", "96x64x5"],
    "batch_size": 2,
    "dataset_repeat": 1,
    "num_epochs": 2,
    "max_steps": None,
    "gradient_accumulation_steps": 2,
    "validation_clips": 2,
}
LYING_LONG, LYING_SHORT, UPRIGHT, IMAGES = 3, 2, 4, 3


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve clips of four shapes, each named after its own, one of them in two rows, and three that cannot be read."""
    folder = tmp_path_factory.mktemp("mixed") / "clips"
    folder.mkdir()
    for number in range(LYING_LONG):
        write_clip(folder / f"long-{number}.mp4", frames=12, height=64, width=96, shade=20 * number)
    for number in range(LYING_SHORT):
        write_clip(folder / f"short-{number}.mp4", frames=7, height=64, width=96, shade=30 * number)
    for number in range(UPRIGHT):
        write_clip(folder / f"upright-{number}.mp4", frames=12, height=96, width=64, shade=10 * number)
    for number in range(IMAGES):
        Image.new("RGB", (150, 100), (90 * number, 80, 20)).save(folder / f"image-{number}.png")
    write_clip(folder / "too-short.mp4", frames=3, height=64, width=96)
    (folder / "broken.mp4").write_bytes(b"no")
    (folder / "broken.png").write_bytes(b"no")
    names = sorted(path.name for path in folder.iterdir())
    write_table(folder, [(name, f"this is {name}") for name in [*names, "upright-1.mp4"]])
    return folder


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names of the samples of every batch that was asked for."""
    batches: list[list[str]] = []
    get = LatentDataLoader.get

    def noting(self: LatentDataLoader, batch: Any, then: Any = (), *moments: Any) -> dict[str, Any]:
        batches.append([self._clips[index].row.video for index in batch])
        inputs = get(self, batch, then, *moments)
        shapes = {self._clips[index].shape for index in batch}
        (shape,) = shapes
        expected = (len(batch), 48, (shape.frames + 3) // 4, shape.height // 16, shape.width // 16)
        assert tuple(inputs["input_latents"].shape) == expected
        assert ("first_frame_latents" in inputs) == (shape.frames > 1), "an image has no first frame to go on from"
        return inputs

    monkeypatch.setattr(LatentDataLoader, "get", noting)
    return batches


def planned(run: RunDir) -> str:
    (plan,) = [event["item"] for event in events(run, kind="phase") if event["phase"] == "plan"]
    return str(plan)


def test_a_mixed_run_trains_on_all_but_what_is_held_out_and_resumes_to_the_bit(
    logs: Path, data: Path, train_here: Train, fed: list[list[str]]
) -> None:
    whole = make_run(logs, data, "whole", **MIXED)
    assert train_here(whole, 1) == 0
    # Which are held out follows from their names; one of these two files is in two rows.
    steps = events(whole, kind="step")
    assert planned(whole).endswith(f"3 held out, 4 a step, {len(steps)} steps")
    counts = {shape: int(count) for count, _, shape in (part.split(" ") for part in planned(whole).split(", ")[:4])}
    assert sum(counts.values()) == 13 - 3
    assert counts.keys() == {"64x96x9", "64x96x5", "96x64x5", "64x96x1"}

    kinds = {"long": LYING_LONG, "short": LYING_SHORT, "upright": UPRIGHT, "image": IMAGES}
    trained = [batch for batch in fed[1:] if len(batch) == 2]  # the first one measures
    evaluated = {batch[0] for batch in fed if len(batch) == 1}
    assert all(len({name.split("-")[0] for name in batch}) == 1 for batch in trained), "one shape a batch"
    seen = {name for batch in trained for name in batch}
    unseen = {
        f"{kind}-{n}.{'png' if kind == 'image' else 'mp4'}" for kind, count in kinds.items() for n in range(count)
    }
    unseen -= seen
    assert len(unseen) == 2
    assert unseen < evaluated
    assert len(trained) == 2 * sum(math.ceil(count / 2) for count in counts.values())

    codes = {event["code"]: event["details"] for event in warnings(whole)}
    assert codes.keys() == {"clip_unreadable", "clip_too_short", "rows_left_out", "bucket_small"}
    assert codes["bucket_small"] == {"shape": "64x96x5", "samples": 1, "batch": 2}
    assert codes["rows_left_out"]["by_code"] == {"clip_unreadable": 2, "clip_too_short": 1}
    first, last = (events(whole, kind="eval")[at]["values"] for at in (0, -1))
    assert first.keys() == last.keys() >= {"eval/loss", "eval/train_loss", "eval/loss_t978"}
    assert last["eval/train_loss"] != first["eval/train_loss"] != first["eval/loss"]

    halves = make_run(logs, data, "halves", **MIXED | {"max_steps": len(steps) // 2})
    assert train_here(halves, 1) == 0
    halves.config.write_text(whole.config.read_text())
    assert train_here(halves, 2) == 0
    assert curve(halves, 1) | curve(halves, 2) == curve(whole)
    assert (loaded(halves, len(steps)), optimizer_file(halves, len(steps))) == (
        loaded(whole, len(steps)),
        optimizer_file(whole, len(steps)),
    )
    assert events(halves, 2, "eval")[-1]["values"] == last
    assert not [event for event in warnings(halves, 2) if event["code"].endswith("_changed")]


def test_a_resume_with_other_batches_is_refused_and_with_other_buckets_told(
    logs: Path, data: Path, train_here: Train
) -> None:
    run = make_run(logs, data, "changed", **MIXED | {"max_steps": 1})
    assert train_here(run, 1) == 0

    def resumed(attempt: int, **changes: Any) -> None:
        config = json.loads(run.config.read_text())
        run.config.write_text(json.dumps(config | {"max_steps": attempt} | changes))
        train_here(run, attempt)

    resumed(2, batch_size=1)
    assert (end(run, 2)["reason"], end(run, 2)["code"]) == ("failed", "batch_size_changed")
    resumed(3, batch_size=2, buckets=["64x96x5", "96x64x5"])
    assert end(run, 3)["reason"] == "succeeded"
    assert "buckets_changed" in [event["code"] for event in warnings(run, 3)]
    resumed(4, validation_clips=1)
    assert {"dataset_changed", "validation_changed"} <= {event["code"] for event in warnings(run, 4)}


LATER_FIELDS = ("batch_size", "buckets", "held_out", "dataset_repeat", "dataset")
"""Of position.json, since its first version."""


def test_a_position_of_before_there_were_buckets_goes_on_as_it_began(
    tmp_path: Path, train_here: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where nobody asked for clips to be held out, and now they would be."""
    monkeypatch.setattr("trainer.contract.plan.held_out.MOST_BY_ITSELF", 0.5)
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(4):
        write_clip(folder / f"clip-{number}.mp4", shade=40 * number)
    write_table(folder, [(f"clip-{number}.mp4", "x") for number in range(4)])
    whole = make_run(tmp_path / "logs", folder, "whole", max_steps=4, save_steps=2, validation_clips=0)
    assert train_here(whole, 1) == 0
    old = make_run(tmp_path / "logs", folder, "old", max_steps=4)
    (whole.checkpoints / "step-2").rename(old.path / "step-2")
    old.checkpoints.mkdir()
    (old.path / "step-2").rename(old.checkpoints / "step-2")
    position = old.checkpoints / "step-2" / "position.json"
    fields = json.loads(position.read_text())
    position.write_text(json.dumps({name: value for name, value in fields.items() if name not in LATER_FIELDS}))
    assert train_here(old, 2) == 0
    assert warnings(old, 2) == []
    assert curve(old, 2) == {step: values for step, values in curve(whole).items() if step > 2}
    configure(old, folder, max_steps=5)
    assert train_here(old, 3) == 0
    assert (list(curve(old, 3)), warnings(old, 3)) == ([5], [])
    fresh = make_run(tmp_path / "logs", folder, "fresh", max_steps=1)
    assert train_here(fresh, 1) == 0
    assert "2 held out" in planned(fresh)


@pytest.mark.parametrize("what", ["clip", "caption"])
def test_a_flipped_bit_in_the_cache_is_told_and_made_again(tmp_path: Path, train_here: Train, what: str) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    write_clip(folder / "clip.mp4")
    write_table(folder, [("clip.mp4", "a square")])
    settings = {"max_steps": 2, "sample_prompts": []}
    healthy = make_run(tmp_path / "logs", folder, "healthy", **settings)
    assert train_here(healthy, 1) == 0
    (clip,) = [
        path for path in (tmp_path / "logs" / ".cache").rglob("*.safetensors") if is_clip(path) == (what == "clip")
    ]
    whole = clip.read_bytes()
    flipped = bytearray(whole)
    flipped[-50] ^= 1
    clip.write_bytes(flipped)
    run = make_run(tmp_path / "logs", folder, "flipped", **settings)
    assert train_here(run, 1) == 0
    (warning,) = warnings(run)
    assert (warning["code"], warning["details"]["video"]) == ("cache_damaged", "clip.mp4")
    assert ("caption" in warning["message"]) == (what == "caption")
    assert clip.read_bytes() == whole
    assert curve(run) == curve(healthy)


def is_clip(path: Path) -> bool:
    return b"latents_BCFHW" in path.read_bytes()[:500]


@pytest.mark.parametrize("distributed_type", [pytest.param("ddp", marks=pytest.mark.drill), "zero2"])
def test_two_ranks_take_as_many_steps_as_announced(logs: Path, data: Path, distributed_type: str) -> None:
    # A folder of its own: the ranks share the reading of headers and the encoding, too.
    run = make_run(logs / distributed_type, data, **MIXED, num_processes=2, distributed_type=distributed_type)
    assert finish(run, 1, launch(run, 1)) == 0, run.text_log(1).read_text()[-3000:]
    assert planned(run).endswith(f"3 held out, 8 a step, {len(events(run, kind='step'))} steps")
    assert all(math.isfinite(loss) for loss, _, _ in curve(run).values())
