"""What a scan measures is the picture that is trained on, and what is converted for that is a fact."""

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.harness.ffmpeg import Picture, encode, ffmpeg, woven
from tests.harness.scans import Fact, facts, make_scan, media, scan
from trainer.contract.scan import SCANNER, THUMBNAILS
from trainer.contract.shape import Shape
from trainer.contract.tasks import TaskDir
from trainer.media.clip import read_clip
from trainer.scan.looked_at_again import measures_hold

H264 = ("-c:v", "libx264", "-qp", 4, "-pix_fmt", "yuv420p")
HLG = "setparams=color_primaries=bt2020:color_trc=arib-std-b67:colorspace=bt2020nc"
OF_NOTHING = {"has_alpha": False, "is_interlaced": False, "colour": "", "pixel_aspect": 1.0, "is_mirrored": False}


def bars(count: int = 20) -> list[Picture]:
    """A white bar that moves, on a grey ramp."""
    ramp = np.repeat(np.repeat(np.linspace(40, 160, 160).astype(np.uint8)[None, :, None], 96, 0), 3, 2)
    pictures = [ramp.copy() for _ in range(count)]
    for number, picture in enumerate(pictures):
        picture[:, 10 + 4 * number : 26 + 4 * number] = 235
    return pictures


def see_through() -> Picture:
    picture = np.full((96, 160, 4), (255, 0, 255, 0), np.uint8)
    picture[32:64, 60:100] = (200, 30, 30, 255)
    return picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    encode(folder / "plain.mp4", bars()[::2], *H264, fps=12)
    encode(folder / "fields.mp4", bars(), *woven(), "-x264-params", "tff=1", *H264)
    encode(folder / "fields.ts", bars(), *woven(), "-c:v", "mpeg2video", "-q:v", 2, "-pix_fmt", "yuv420p")
    encode(
        folder / "hlg.mp4",
        bars(4),
        "-c:v",
        "libx265",
        "-x265-params",
        "log-level=error",
        "-vf",
        f"format=yuv420p10le,{HLG}",
    )
    encode(folder / "wide.mp4", bars(4), "-vf", "setsar=64/45", *H264)
    ffmpeg("-display_hflip", "-i", folder / "plain.mp4", "-c", "copy", folder / "mirrored.mp4")
    encode(folder / "alpha.webm", [see_through()] * 4, "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p")
    encode(folder / "opaque.mov", [np.dstack([bars(1)[0], np.full((96, 160), 255, np.uint8)])] * 4, "-c:v", "png")
    times = "if(lt(N,10),N/10,1+(N-10)/2)/TB"
    encode(folder / "unsteady.mkv", bars(14), "-vf", f"setpts='{times}'", "-fps_mode", "vfr", *H264)
    photo = Image.fromarray(bars(1)[0])
    photo.convert("CMYK").save(folder / "cmyk.jpg")
    Image.fromarray(see_through()).save(folder / "alpha.png")
    photo.convert("RGBA").save(folder / "opaque.png")
    box = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    (folder / "a.heic").write_bytes(box + bytes(500))
    (folder / "a.jxl").write_bytes(b"\xff\x0a" + bytes(500))
    (folder / "b.jxl").write_bytes(b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(500))
    return folder


@pytest.fixture(scope="module")
def task(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TaskDir:
    task = make_scan(tmp_path_factory.mktemp("tasks") / "scan", sorted(folder.iterdir()), workers=1)
    scan(task)
    return task


@pytest.fixture(scope="module")
def found(task: TaskDir) -> dict[str, Fact]:
    return {Path(path).name: fact for path, fact in media(task).items()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain.mp4", {"fps": 12.0}),
        ("fields.mp4", {"is_interlaced": True, "fps": 12.0, "frames": 10}),
        ("fields.ts", {"is_interlaced": True, "frames": 10}),
        ("hlg.mp4", {"colour": "hlg bt2020"}),
        ("wide.mp4", {"pixel_aspect": 64 / 45, "has_square_pixels": False, "width": 228}),
        ("mirrored.mp4", {"is_mirrored": True}),
        ("alpha.webm", {"has_alpha": True}),
        ("opaque.mov", {}),
        ("unsteady.mkv", {"is_steady": False}),
        ("cmyk.jpg", {"colour": "cmyk"}),
        ("alpha.png", {"has_alpha": True}),
        ("opaque.png", {}),
    ],
)
def test_each_conversion_is_a_fact(found: dict[str, Fact], name: str, expected: Fact) -> None:
    fact = OF_NOTHING | {"is_steady": True} | found[name]
    assert not fact.get("damage"), fact["message"]
    assert fact["scanner"] == SCANNER
    assert {field: fact[field] for field in OF_NOTHING | expected} == OF_NOTHING | expected


@pytest.mark.parametrize("name", ["fields.mp4", "fields.ts"])
def test_teeth_are_not_measured(found: dict[str, Fact], name: str) -> None:
    """The bar moves in every frame, and each field is of another time."""
    plain, fields = found["plain.mp4"], found[name]
    assert fields["sharpness"] < 1.3 * plain["sharpness"]
    assert fields["brightness"] == pytest.approx(plain["brightness"], rel=0.03)
    assert fields["motion"] == pytest.approx(plain["motion"], rel=0.2)


@pytest.mark.parametrize("name", ["hlg.mp4", "alpha.webm", "wide.mp4"])
def test_brightness_is_that_of_the_training_picture(found: dict[str, Fact], folder: Path, name: str) -> None:
    height, width = found[name]["height"], found[name]["width"]
    trained = read_clip(folder / name, Shape(height, width, 4))
    luma = np.stack([np.asarray(Image.fromarray(frame).convert("L")) for frame in trained])
    assert found[name]["brightness"] == pytest.approx(luma.mean(), abs=2)


@pytest.mark.parametrize("name", ["fields.mp4", "hlg.mp4", "alpha.webm", "wide.mp4", "mirrored.mp4"])
def test_thumbnails_are_the_training_picture(found: dict[str, Fact], folder: Path, task: TaskDir, name: str) -> None:
    fact = found[name]
    offset, length = fact["thumbnail"]
    with Image.open(io.BytesIO((task.path / THUMBNAILS).read_bytes()[offset : offset + length])) as picture:
        shown = np.asarray(picture.convert("RGB"), np.int16)
    height, width = shown.shape[:2]
    assert (height, width) == (fact["height"], fact["width"])
    trained = read_clip(folder / name, Shape(height, width, fact["frames"])).astype(np.int16)
    differences = np.abs(trained - shown).mean((1, 2, 3))
    assert differences.min() < 4, differences


@pytest.mark.parametrize(("name", "format"), [("a.heic", "HEIC"), ("a.jxl", "JPEG XL"), ("b.jxl", "JPEG XL")])
def test_images_that_cannot_be_decoded_are_named_by_their_format(
    found: dict[str, Fact], name: str, format: str
) -> None:
    fact = found[name]
    assert fact["damage"] == "unreadable"
    assert f"image in {format}," in fact["message"]


def as_of_an_earlier_scanner(fact: Fact) -> Fact:
    """What version 0.1 wrote: no conversions, and measures of the frames as they are stored."""
    later = ("scanner", "has_alpha", "is_interlaced", "colour", "pixel_aspect", "has_square_pixels", "is_mirrored")
    return {name: value for name, value in fact.items() if name not in later} | (
        {"sharpness": 9999.0} if "frames_seen" in fact else {}
    )


def test_files_of_an_earlier_scanner_are_looked_at_again_and_lose_nothing(
    folder: Path, found: dict[str, Fact], task: TaskDir, tmp_path: Path
) -> None:
    shutil.copytree(task.path, tmp_path / "task")
    again = TaskDir(tmp_path / "task")
    lines = [json.loads(line) for line in again.facts.read_bytes().splitlines()]
    old = [as_of_an_earlier_scanner(line) if line["type"] == "media" else line for line in lines]
    again.facts.write_text("".join(f"{json.dumps(line)}\n" for line in old))
    thumbnails = (again.path / THUMBNAILS).read_bytes()
    (folder / "wide.mp4").rename(tmp_path / "away.mp4")
    try:
        scan(again)
    finally:
        (tmp_path / "away.mp4").rename(folder / "wide.mp4")
    after = {Path(path).name: fact for path, fact in media(again).items()}
    for name in ("plain.mp4", "unsteady.mkv"):
        assert after[name]["sharpness"] == 9999.0, "its header alone was read"
        assert (after[name]["scanner"], after[name]["thumbnail"]) == (SCANNER, found[name]["thumbnail"])
    assert not after["unsteady.mkv"]["is_steady"]
    assert after["wide.mp4"]["sharpness"] == 9999.0, "a file that is away keeps what was measured of it"
    assert "scanner" not in after["wide.mp4"]
    for name in ("fields.mp4", "alpha.png", "hlg.mp4"):
        assert after[name]["sharpness"] == found[name]["sharpness"], "measured as it is trained on"
    assert after["a.heic"]["scanner"] == SCANNER
    assert (again.path / THUMBNAILS).read_bytes().startswith(thumbnails)

    written = len(facts(again, "media"))
    scan(again)
    assert [fact["pixel_aspect"] for fact in facts(again, "media")[written:]] == [64 / 45], "nothing else is left"


@pytest.mark.parametrize(
    ("earlier", "header", "holds"),
    [
        ({}, {}, True),
        ({}, {"has_alpha": True}, False),
        ({}, {"pixel_aspect": 2.0}, False),
        ({}, {"rotation": 90}, False),
        ({"frames": 9}, {}, False),
        ({"damage": "truncated"}, {}, False),
        ({"frames_seen": 0}, {}, False),
        ({}, {"damage": "vanished"}, False),
    ],
    ids=str,
)
def test_which_measures_hold(earlier: Fact, header: Fact, holds: bool) -> None:
    size = {"width": 64, "height": 32, "rotation": 0, "frames": 10}
    assert measures_hold({**size, "frames_seen": 8, **earlier}, {**size, **header}) == holds
