"""Runs on several data sets, each with its own weight and way of showing captions."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.harness.runs import Train, curve, end, events, loaded, make_run, optimizer_file, warnings, write_clip
from tests.harness.runs import write_table as write_rows
from trainer.cache.dataloader import LatentDataLoader
from trainer.contract.cache.keys import text_key

CAPTION = "[trigger], a red square, moving, grey floor"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Four clips, and five images with a row that has no caption."""
    clips, images = (tmp_path_factory.mktemp("sets") / name for name in ("clips", "stills"))
    for folder in (clips, images):
        folder.mkdir()
    for number in range(4):
        write_clip(clips / f"{number}.mp4", frames=6, height=64, width=96, shade=40 * number)
    write_rows(clips, [(f"{number}.mp4", f"{CAPTION} {number}") for number in range(4)])
    for number in range(5):
        Image.new("RGB", (96, 64), (40 * number, 90, 60)).save(images / f"{number}.png")
    write_rows(images, [*((f"{number}.png", f"still {number}") for number in range(5)), ("0.png", "")])
    return clips, images


def settings(images: Path) -> dict[str, Any]:
    return {
        "buckets": ["64x96x5"],
        "dataset_repeat": 2,
        "num_epochs": 2,
        "max_steps": None,
        "validation_clips": 0,
        "trigger_word": "ohwx",
        "caption_dropout": 0.3,
        "caption_shuffles": 3,
        "sample_prompts": ["[trigger] rests"],
        "more_datasets": [{"dataset_base_path": str(images), "dataset_weight": 0.5, "trigger_word": "still life"}],
    }


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The name and the text's key of each sample that was trained on."""
    found: list[tuple[str, str]] = []
    get = LatentDataLoader.get

    def noting(self: LatentDataLoader, batch: Any, then: Any = (), *moments: Any) -> dict[str, Any]:
        if moments:
            asked = [self._asked(index, moments[0][0]) for index in batch]
            found.extend((self._clips[one.sample].row.video, self._clips[one.sample].texts[one.text]) for one in asked)
        return get(self, batch, then, *moments)

    monkeypatch.setattr(LatentDataLoader, "get", noting)
    return found


def test_two_data_sets_are_trained_on_as_they_say_and_resumed_to_the_bit(
    logs: Path, folders: tuple[Path, Path], train_here: Train, shown: list[tuple[str, str]]
) -> None:
    clips, images = folders
    whole = make_run(logs, clips, "whole", **settings(images))
    assert train_here(whole, 1) == 0, warnings(whole)
    epoch = 4 * 2 + 3  # half of five stills, rounded up
    steps = events(whole, kind="step")
    assert len(steps) == len(shown) == 2 * epoch
    seen = Counter(name for name, _ in shown)
    assert [seen[f"{number}.mp4"] for number in range(4)] == [4] * 4
    assert sorted(seen[f"{number}.png"] for number in range(5)) == [1, 1, 1, 1, 2], "six draws, in turns"
    (left_out,) = [event for event in warnings(whole) if event["code"] == "caption_empty"]
    assert left_out["message"].startswith("Data set 2: Line 7")

    by_name = {name: {text for shown_name, text in shown if shown_name == name} for name, _ in shown}
    assert all(by_name[f"{number}.png"] == {text_key(f"still life, still {number}")} for number in range(5))
    empty, own = text_key(""), text_key(CAPTION.replace("[trigger]", "ohwx") + " 0")
    texts = Counter(text for name, text in shown if name.endswith(".mp4"))
    assert 0 < texts[empty] < 16
    assert own not in texts, "orders of its tags instead"
    assert len(by_name["0.mp4"] - {empty}) > 1
    (sample, *_) = events(whole, kind="sample")
    assert sample["prompt"] == "ohwx rests"

    halves = make_run(logs, clips, "halves", **settings(images) | {"max_steps": 7})
    assert train_here(halves, 1) == 0
    halves.config.write_text(whole.config.read_text())
    assert train_here(halves, 2) == 0
    assert curve(halves, 1) | curve(halves, 2) == curve(whole)
    last = len(steps)
    assert (loaded(halves, last), optimizer_file(halves, last)) == (loaded(whole, last), optimizer_file(whole, last))
    assert not [event for event in warnings(halves, 2) if event["code"].endswith("_changed")]

    changed = json.loads(whole.config.read_text())
    changed["more_datasets"][0]["dataset_weight"] = 1.0
    halves.config.write_text(json.dumps(changed | {"max_steps": last + 1}))
    train_here(halves, 3)
    (told,) = [event for event in warnings(halves, 3) if event["code"] == "settings_changed"]
    assert "dataset_repeat 2 and 0.5" in told["message"]
    assert "dataset_repeat 2 and 1" in told["message"]


def test_a_further_data_set_that_is_gone_is_named(logs: Path, folders: tuple[Path, Path], train_here: Train) -> None:
    run = make_run(logs, folders[0], "gone", **settings(folders[1].parent / "nowhere"))
    assert train_here(run, 1) == 1
    assert end(run)["code"] == "dataset_missing"
    assert "nowhere" in end(run)["message"]
