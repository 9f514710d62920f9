from pathlib import Path
from typing import Any

import pytest

from services.backend.datasets.decisions.actions import act
from services.backend.datasets.manifest.manifest import opened, put
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.rulebook import BY_ID, ORDER, RULES, cropped_share
from tests.harness.dataset_sources import flagged, imported, media, take, words


@pytest.fixture
def path(tmp_path: Path) -> Path:
    names = ("good.mp4", "photo.jpg", "bad.mp4", "other.mp4")
    return imported(tmp_path / "set", [(name, f"this is {name}") for name in names])


def all_flags(path: Path) -> dict[str, set[str]]:
    return {rule.id: found for rule in RULES if (found := flagged(path, rule.id))}


def test_each_rule_has_its_own_bit_and_says_what_it_means() -> None:
    assert [rule.id for rule in RULES] == list(ORDER)
    assert len({rule.bit for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.meaning.endswith(".")
        assert (rule.default is None) == (rule.least is None) == (rule.most is None)
        if rule.default is not None:
            assert rule.least is not None
            assert rule.most is not None
            assert rule.least <= rule.default <= rule.most


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, []),
        ({"damage": "truncated"}, ["unreadable"]),
        ({"frames": 48}, ["too_few_frames"]),
        ({"frames": 49}, []),
        ({"width": 1279, "height": 704}, ["small"]),
        ({"width": 640, "height": 352}, ["small"]),
        ({"width": 3840, "height": 1600}, ["cropped"]),
        ({"width": 720, "height": 1280}, ["small", "cropped"]),
        ({"motion": 0.1}, ["still"]),
        ({"cut": 0.9}, ["cut"]),
        ({"sharpness": 5.0}, ["blurred"]),
        ({"dark": 0.95}, ["dark"]),
        ({"burnt": 0.6}, ["burnt"]),
        ({"bars": 0.2}, ["letterboxed"]),
        ({"width": None, "height": None, "frames": None, "motion": None, "cut": None, "sharpness": None}, []),
    ],
    ids=str,
)
def test_what_is_measured_is_judged(path: Path, fields: dict[str, Any], rules: list[str]) -> None:
    base = path.with_suffix("")
    take(path, media(base / "good.mp4"), media(base / "bad.mp4", **fields))
    assert all_flags(path) == {rule: {"bad.mp4"} for rule in rules}
    take(path, media(base / "bad.mp4"))
    assert all_flags(path) == {}, "measured anew"


def test_an_image_has_few_frames_and_no_motion_and_that_is_well(path: Path) -> None:
    take(path, media(path.with_suffix("") / "photo.jpg", frames=1, motion=None, cut=None, fps=None))
    assert all_flags(path) == {}


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"tokens": 512}, []),
        ({"tokens": 513}, ["caption_long"]),
        ({"misdecoded": True}, ["caption_misdecoded"]),
        ({"scripts": {"Latin": 80, "Cyrillic": 20}}, ["caption_mixed"]),
        ({"scripts": {"Han": 50, "Hiragana": 40, "Katakana": 10}}, []),
        ({"scripts": {}}, []),
    ],
    ids=str,
)
def test_captions_are_judged(path: Path, fields: dict[str, Any], rules: list[str]) -> None:
    take(path, words("this is good.mp4"), words("this is bad.mp4", **fields))
    assert all_flags(path) == {rule: {"bad.mp4"} for rule in rules}


def test_of_the_same_content_all_but_the_first_are_duplicates(path: Path) -> None:
    base = path.with_suffix("")
    take(path, media(base / "other.mp4", fingerprint="same"))
    assert all_flags(path) == {}
    take(path, media(base / "good.mp4", fingerprint="same"))
    assert all_flags(path) == {"duplicate": {"other.mp4"}}
    take(path, media(base / "bad.mp4", fingerprint="same"))
    assert all_flags(path) == {"duplicate": {"bad.mp4", "other.mp4"}}


def test_near_duplicates_are_of_one_kind_and_not_the_same(path: Path) -> None:
    base = path.with_suffix("")
    take(
        path,
        media(base / "good.mp4", hash64="00000000000000ff"),
        media(base / "photo.jpg", hash64="00000000000000ff"),
        media(base / "bad.mp4", hash64="00000000000000f0"),
        media(base / "other.mp4", hash64="00000000000000fe", fingerprint=str(base / "good.mp4")),
    )
    with opened(path) as manifest, manifest.write() as sql:
        flagging.update_flags(sql, [BY_ID["near_duplicate"]])
        assert sql.execute("SELECT alike FROM item WHERE file = 'bad.mp4'").fetchone()[0] == 1
    assert all_flags(path) == {"duplicate": {"other.mp4"}, "near_duplicate": {"bad.mp4"}}
    with opened(path) as manifest, manifest.write() as sql:
        put(sql, rules={"thresholds": {"near_duplicate": 3}})
        flagging.update_flags(sql, [BY_ID["near_duplicate"]])
        assert sql.execute("SELECT COUNT(alike) FROM item").fetchone()[0] == 0
    assert all_flags(path) == {"duplicate": {"other.mp4"}}


def test_what_is_held_out_and_trained_on(path: Path) -> None:
    base = path.with_suffix("")
    with opened(path) as manifest, manifest.write() as sql:
        sides = ["train", "train", "validation", "validation"]
        act(sql, "split", "split", list(zip(range(1, 5), sides, strict=True)))
    assert all_flags(path) == {}
    take(path, media(base / "good.mp4", fingerprint="same"), media(base / "bad.mp4", fingerprint="same"))
    assert all_flags(path) == {"duplicate": {"bad.mp4"}, "leak": {"bad.mp4"}}


def test_what_a_crop_cuts_away() -> None:
    assert cropped_share(1280, 720, (704, 1280)) == pytest.approx(1 - 704 / 720)
    assert cropped_share(1280, 720, (480, 832)) == pytest.approx(1 - 832 * 480 / (480 * 1280 / 720 * 480))
    assert cropped_share(640, 352, (704, 1280)) == pytest.approx(0)
