"""What a run's log says of its settings, captions and small files, once each; and what a resume says."""

from pathlib import Path

from tests.harness.runs import Train, codes, configure, curve, end, make_run, warnings, write_clip, write_table

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


def test_a_lora_of_another_rank_or_of_other_layers_is_refused(tmp_path: Path, train_here: Train) -> None:
    run = make_run(tmp_path / "logs", clips(tmp_path / "clips"), max_steps=2, sample_prompts=[])
    assert train_here(run, 1) == 0
    fewer, more = "q,k", "q,k,v,o,ffn.0,ffn.2,head.head"
    changes = [("lora_rank", 8), ("lora_target_modules", fewer), ("lora_target_modules", more)]
    for attempt, (field, value) in enumerate(changes, start=2):
        configure(run, tmp_path / "clips", max_steps=3, sample_prompts=[], **{field: value})
        assert train_here(run, attempt) == 1
        assert end(run, attempt)["code"] == "lora_changed"
        assert end(run, attempt)["message"].startswith(f"{field}: ")
        assert codes(run, attempt) == []
    assert "has rank 4; lora_rank is 8 now" in end(run, 2)["message"]
    assert "40 then, 16 by" in end(run, 3)["message"]
