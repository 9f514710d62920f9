"""Real clips, whole and broken. Each writer of damage is named by the word that a scan has for it."""

import itertools
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

Picture = npt.NDArray[np.uint8]


def frames_of(path: Path, first: int = 0, count: int = 1000) -> list[Picture]:
    with av.open(str(path)) as container:
        decoded = itertools.islice(container.decode(video=0), first, first + count)
        return [frame.to_ndarray(format="rgb24") for frame in decoded]


def write(
    path: Path, frames: Sequence[Picture], codec: str = "libx264", pix_fmt: str = "yuv420p", **options: str
) -> Path:
    container_options = {"movflags": options.pop("movflags")} if "movflags" in options else {}
    with av.open(str(path), "w", options=container_options) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.pix_fmt = pix_fmt
        stream.height, stream.width = frames[0].shape[:2]
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100, layout="mono")
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, 1024 * number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def without_keyframe(source: Path, path: Path) -> Path:
    """Its packets, but for the first third."""
    with av.open(str(source)) as whole, av.open(str(path), "w") as cut:
        stream = cut.add_stream_from_template(whole.streams.video[0])
        packets = [packet for packet in whole.demux(video=0) if packet.size]
        for packet in packets[len(packets) // 3 :]:
            packet.stream = stream
            cut.mux(packet)
    return path


def turned(source: Path, path: Path, degrees: int) -> Path:
    """With a note in the track's header to show it turned clockwise."""
    a, b = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    one = 1 << 16
    identity = _matrix(one, 0, 0, 0, one, 0, 0, 0, 1 << 30)
    content = source.read_bytes()
    at = content.index(identity, content.index(b"tkhd"))
    path.write_bytes(
        content[:at] + _matrix(a * one, b * one, 0, -b * one, a * one, 0, 0, 0, 1 << 30) + content[at + 36 :]
    )
    return path


def _matrix(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(4, "big", signed=True) for number in numbers)


def _bomb(png: bytes) -> bytes:
    """The same with a header that claims 3.6 billion pixels."""
    header = png[12:16] + (60000).to_bytes(4, "big") * 2 + png[24:29]
    return png[:12] + header + zlib.crc32(header).to_bytes(4, "big") + png[33:]


def undamaged(folder: Path, clip: Path) -> dict[str, dict[str, Any]]:
    """By name what a scan says of each."""
    frames = frames_of(clip)
    height, width = frames[0].shape[:2]
    size = {"width": width, "height": height}
    lying = {"width": height, "height": width}
    films = {"frames": len(frames), "fps": 25.0}
    write(folder / "plain.mp4", frames)
    write(folder / "no-b.mp4", frames, bf="0", movflags="+faststart")
    write(folder / "open-gop.mp4", frames, g="8", **{"x264-params": "open-gop=1"})
    write(folder / "fragments.mp4", frames, movflags="frag_keyframe+empty_moov")
    write(folder / "a.mkv", frames)
    write(folder / "a.webm", frames, "libvpx-vp9", **{"deadline": "realtime"})
    write(folder / "a.avi", frames, "mpeg4")
    write(folder / "a.ts", frames)
    write(folder / "a.mov", frames, "mjpeg", "yuvj420p")
    write(folder / "hevc.mp4", frames, "libx265", **{"x265-params": "log-level=none"})
    write(folder / "a.gif", frames, "gif", "rgb8")
    write(folder / "one.mp4", frames[:1])
    write(folder / "100%.mp4", frames)
    for degrees in (90, 180, 270):
        turned(folder / "plain.mp4", folder / f"turned-{degrees}.mp4", degrees)
    found = {
        name: size | films for name in ("plain.mp4", "no-b.mp4", "open-gop.mp4", "fragments.mp4", "a.mkv", "a.webm")
    }
    found |= {name: size | films for name in ("a.avi", "a.ts", "a.mov", "hevc.mp4", "100%.mp4")}
    found |= {"a.gif": size | {"frames": len(frames)}, "one.mp4": size | {"frames": 1}}
    found |= {f"turned-{degrees}.mp4": lying | films | {"rotation": degrees} for degrees in (90, 270)}
    found |= {"turned-180.mp4": size | films | {"rotation": 180}}

    image = Image.fromarray(frames[0])
    for name, options in (("a.jpg", {}), ("progressive.jpg", {"progressive": True}), ("a.png", {}), ("a.webp", {})):
        image.save(folder / name, **options)
        found[name] = size | {"frames": 1}
    image.convert("P").save(folder / "palette.png")
    image.convert("RGBA").save(folder / "clear.png")
    image.resize((4000, 3000)).save(folder / "large.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(folder / "upright.jpg", exif=exif)
    found |= {"palette.png": size, "clear.png": size, "large.jpg": {"width": 4000, "height": 3000}}
    image.save(folder / "upright.png", exif=exif)
    (folder / "upright-late.png").write_bytes(_with_exif_behind((folder / "upright.png").read_bytes()))
    found |= dict.fromkeys(("upright.jpg", "upright.png", "upright-late.png"), lying | {"rotation": 90})
    return found


def _with_exif_behind(png: bytes) -> bytes:
    """The same with its EXIF block behind the picture."""
    begin = png.index(b"eXIf") - 4
    end = begin + 12 + int.from_bytes(png[begin : begin + 4], "big")
    last = png.rindex(b"IEND") - 4
    return png[:begin] + png[end:last] + png[begin:end] + png[last:]


def damaged(folder: Path, clip: Path) -> dict[str, str]:
    """By name the word of each."""
    frames = frames_of(clip)
    plain = write(folder / "source.mp4", frames, movflags="+faststart").read_bytes()
    index_last = write(folder / "index-last.mp4", frames).read_bytes()
    middle, end = len(plain) // 2, len(plain)
    noise = np.random.default_rng(3).bytes(2000)
    photo = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 400, 3), np.uint8))
    photo.save(folder / "source.jpg")
    photo.save(folder / "source.png")
    jpeg, png = (folder / "source.jpg").read_bytes(), (folder / "source.png").read_bytes()
    matroska = write(folder / "source.mkv", frames).read_bytes()
    avi = write(folder / "source.avi", frames, "mpeg4").read_bytes()
    for name in ("source.mp4", "index-last.mp4", "source.jpg", "source.png", "source.mkv", "source.avi"):
        (folder / name).unlink()
    contents = {
        "empty.mp4": ("empty", b""),
        "empty.jpg": ("empty", b""),
        "text.mp4": ("unreadable", b"this is no video at all\n" * 99),
        "text.jpg": ("unreadable", b"this is no image at all\n" * 99),
        "zeros.mp4": ("unreadable", bytes(50_000)),
        "playlist.mp4": ("unreadable", f"#EXTM3U\n#EXTINF:1,\n{clip}\n#EXT-X-ENDLIST\n".encode()),
        "tail-cut.mp4": ("truncated", plain[: end * 9 // 10]),
        "last-bytes-cut.mp4": ("truncated", plain[:-5]),
        "index-cut.mp4": ("truncated", index_last[: len(index_last) * 6 // 10]),
        "cut.mkv": ("truncated", matroska[: len(matroska) * 7 // 10]),
        "cut.avi": ("truncated", avi[: len(avi) * 7 // 10]),
        "hole.mp4": ("decode_error", plain[:middle] + bytes(4000) + plain[middle + 4000 :]),
        "tail-never-filled.mp4": ("decode_error", plain[: end * 9 // 10] + bytes(end - end * 9 // 10)),
        "noise.mp4": ("decode_error", plain[:middle] + noise + plain[middle + 2000 :]),
        "photo.mp4": ("image_as_video", jpeg),
        "drawing.mp4": ("image_as_video", png),
        "film.jpg": ("video_as_image", plain),
        "cut.jpg": ("truncated", jpeg[: len(jpeg) // 2]),
        "cut.png": ("truncated", png[: len(png) // 2]),
        "bomb.png": ("too_big", _bomb(png)),
    }
    for name, (_, content) in contents.items():
        (folder / name).write_bytes(content)
    words = {name: word for name, (word, _) in contents.items()}
    write_sound(folder / "sound.mp4")
    write(folder / "whole.mp4", frames, g="1000", **{"x264-params": "scenecut=0"})
    without_keyframe(folder / "whole.mp4", folder / "no-keyframe.mp4")
    (folder / "whole.mp4").unlink()
    stills = [Image.fromarray(frame) for frame in frames[:4]]
    stills[0].save(folder / "animated.webp", save_all=True, append_images=stills[1:])
    stills[0].save(folder / "pages.tif", save_all=True, append_images=stills[1:])
    (folder / "folder.mp4").mkdir()
    words |= {"sound.mp4": "no_video", "no-keyframe.mp4": "no_frames", "animated.webp": "several_pictures"}
    return words | {"pages.tif": "several_pictures", "folder.mp4": "not_a_file"}
