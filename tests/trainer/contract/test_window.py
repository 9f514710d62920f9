"""Which frames of a clip a sample shows, by seconds."""

from typing import Any

import pytest

from trainer.contract.config import ConfigError, RunConfig, parse_config, parse_stored_config
from trainer.contract.window import BEGINNING, Selection, Timing, Window, frames_at, samples_of


def config(**settings: Any) -> RunConfig:
    return parse_config({"dataset_base_path": "/data", "model": "wan2.2-ti2v-5b", **settings})


def windows(timing: Timing, wanted: int, **settings: Any) -> list[tuple[Window, ...]]:
    return samples_of(Selection.of(config(**settings)), timing, wanted)


@pytest.mark.parametrize(
    ("frames", "fps", "rate", "there"),
    [(100, 60.0, 24.0, 40), (49, 24.0, 24.0, 49), (49, 23.976, 24.0, 50), (100, 60.0, None, 100), (16, 16.0, 24.0, 24)],
)
def test_a_clip_gives_the_frames_that_fit_into_its_time(
    frames: int, fps: float, rate: float | None, there: int
) -> None:
    assert frames_at(Timing(frames, fps), rate) == there


def test_a_clip_of_unknown_rate_is_taken_as_it_is() -> None:
    assert windows(Timing(20, None), 17) == [(BEGINNING,)]
    assert windows(Timing(20, None), 21) == []


@pytest.mark.parametrize(("model", "rate"), [("wan2.2-ti2v-5b", 24.0), ("wan2.1-t2v-1.3b", 16.0), ("tiny-wan", None)])
def test_the_models_rate_is_the_default(model: str, rate: float | None) -> None:
    assert config(model=model).target_frame_rate == rate
    assert config(model=model, frame_rate="source").target_frame_rate is None
    assert config(model=model, frame_rate=12.5).target_frame_rate == 12.5


@pytest.mark.parametrize("value", ["abc", "", -5, 0, 1e9, "nan", "inf", True, None, [], {}])
def test_a_rate_that_is_none_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ConfigError, match=r'Use "model", "source", or a number above 0 and up to 240\.') as caught:
        config(frame_rate=value)
    assert caught.value.field == "frame_rate"
    assert caught.value.others == ()


@pytest.mark.parametrize("value", ["24", 24, "23.976"])
def test_a_rate_may_come_as_text_from_a_form(value: Any) -> None:
    assert config(frame_rate=value).target_frame_rate == float(value)


def test_a_run_from_before_there_were_rates_takes_clips_as_they_are() -> None:
    old = {"dataset_base_path": "/data", "model": "wan2.2-ti2v-5b"}
    assert parse_stored_config(old).target_frame_rate is None
    assert parse_stored_config(old).has_old_pictures
    new = config().model_dump(mode="json")
    assert new["frame_rate"] == "model", "what is posted is written out"
    assert not parse_stored_config(new).has_old_pictures


@pytest.mark.parametrize("fps", [24.0, 24000 / 1001, 24.2])
def test_a_rate_that_takes_the_same_frames_is_no_rate(fps: float) -> None:
    assert windows(Timing(60, fps), 49) == [(BEGINNING,)]


@pytest.mark.parametrize(
    ("timing", "wanted"), [(Timing(60, 24.0, False), 17), (Timing(60, 25.0), 17), (Timing(200, 60.0), 17)]
)
def test_other_rates_are_resampled(timing: Timing, wanted: int) -> None:
    assert windows(timing, wanted) == [(Window(0.0, 24.0),)]


def test_the_middle() -> None:
    assert windows(Timing(240, 24.0), 48 + 1, frame_selection="center") == [(pytest.approx(Window(95 / 24, 24.0)),)]


def test_frames_from_all_over_the_clip() -> None:
    (((start_s, rate),),) = windows(Timing(240, 24.0), 49, frame_selection="uniform")
    assert start_s == 0
    assert rate is not None
    assert 48 / rate == pytest.approx(239 / 24), "the last frame is the clip's last"


@pytest.mark.parametrize(("frames", "count"), [(240, 4), (50, 2), (49, 1)])
def test_parts_to_draw_from_are_spread_evenly(frames: int, count: int) -> None:
    ((*parts,),) = windows(Timing(frames, 24.0), 49, frame_selection="random")
    assert len(parts) == count
    if count > 1:
        assert parts[0].start_s == 0
        assert parts[-1].start_s == pytest.approx((frames - 49) / 24)


@pytest.mark.parametrize(
    ("settings", "starts"),
    [
        ({}, [0, 49, 98, 147]),
        ({"max_chunks": 2}, [0, 49]),
        ({"chunk_seconds": 1.0}, [0, 24, 48, 72, 96, 120, 144, 168]),
        ({"chunk_seconds": 100.0}, [0]),
    ],
)
def test_a_long_clip_becomes_several_samples(settings: dict[str, Any], starts: list[int]) -> None:
    found = windows(Timing(220, 24.0), 49, frame_selection="chunks", **settings)
    assert [round(window.start_s * 24) for (window,) in found] == starts
    assert found[0] == (BEGINNING,)


@pytest.mark.parametrize("selection", ["first", "center", "uniform", "random", "chunks"])
def test_a_short_clip_gives_none(selection: str) -> None:
    assert windows(Timing(48, 24.0), 49, frame_selection=selection) == []
    assert len(windows(Timing(49, 24.0), 49, frame_selection=selection)) == 1
