"""What a run's log says of its settings, captions and small files, once each; and what a resume says."""

import json
from pathlib import Path

from tests.harness.runs import Train, codes, configure, curve, end, loaded, make_run, warnings, write_clip, write_table

CLIPS = 4
LONG = "word " * 600


def clips(folder: Path) -> Path:
    folder.mkdir()
    for number in range(CLIPS + 1):
        write_clip(folder / f"{number}.mp4", frames=5, shade=40 * number)
    write_table(folder, [(f"{number}.mp4", f"clip {number}") for number in range(CLIPS)])
    return folder


def test_trouble_is_told_once_and_stops_nothing(tmp_path: Path, train_here: Train) -> None:
    folder = clips(tmp_path / "clips")
    write_table(folder, [("0.mp4", LONG), ("1.mp4", "short"), ("2.mp4", LONG + "more")])
    settings = {"warmup_steps": 100_000, "max_steps": 3, "sample_prompts": []}
    run = make_run(tmp_path / "logs", folder, **settings)
    run.stop.write_text('{"attempt": 1}')
    assert train_here(run, 1) == 0
    assert sorted(codes(run)) == ["caption_cut", "stop_unreadable", "warmup_long"]
    told = {event["code"]: event for event in warnings(run)}
    assert "2 captions are longer than the 512 tokens" in told["caption_cut"]["message"]
    assert "that of 0.mp4, with 1,201" in told["caption_cut"]["message"]
    assert told["warmup_long"]["details"]["warmup"] == 100_000
    assert "Object missing required field `requested_at`" in told["stop_unreadable"]["message"]

    run.stop.unlink()
    run.stop.mkdir()
    configure(run, folder, **settings | {"max_steps": 4})
    assert train_here(run, 2) == 0
    assert sorted(codes(run, 2)) == ["caption_cut", "stop_unreadable", "warmup_long"], "of cached captions, too"
    assert list(curve(run, 2)) == [4]


def test_a_table_of_as_many_other_clips_is_told(tmp_path: Path, train_here: Train) -> None:
    folder = clips(tmp_path / "clips")
    run = make_run(tmp_path / "logs", folder, max_steps=2, sample_prompts=[])
    assert train_here(run, 1) == 0
    write_table(folder, [(f"{number}.mp4", f"clip {number}") for number in reversed(range(1, CLIPS + 1))])
    configure(run, folder, max_steps=3, sample_prompts=[], seed=5)
    assert train_here(run, 2) == 0
    assert codes(run, 2) == ["settings_changed", "dataset_changed"]
    assert end(run, 2)["reason"] == "succeeded"


def test_a_checkpoint_of_before_digests_resumes_to_the_bit_without_a_word(tmp_path: Path, train_here: Train) -> None:
    folder = clips(tmp_path / "clips")
    whole = make_run(tmp_path / "logs", folder, "whole", max_steps=4, save_steps=2, sample_prompts=[])
    assert train_here(whole, 1) == 0
    old = make_run(tmp_path / "logs", folder, "old", max_steps=4, sample_prompts=[])
    old.checkpoints.mkdir()
    (whole.checkpoints / "step-2").rename(old.checkpoints / "step-2")
    position = old.checkpoints / "step-2" / "position.json"
    fields = json.loads(position.read_text())
    assert {fields.pop("dataset") is None, fields.pop("dataset_repeat")} == {False, 10}
    position.write_text(json.dumps(fields))
    assert train_here(old, 2) == 0
    assert warnings(old, 2) == []
    assert curve(old, 2) == {step: values for step, values in curve(whole).items() if step > 2}
    assert loaded(old, 4) == loaded(whole, 4)
