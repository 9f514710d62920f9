from pathlib import Path

import pytest

from tests.harness.runs import SMALL, write_clip, write_table
from trainer.contract.config import RunConfig
from trainer.contract.problem import Problem
from trainer.data.metadata import read_rows


def config(base: Path, **settings: object) -> RunConfig:
    return RunConfig.model_validate(SMALL | {"dataset_base_path": str(base)} | settings)


def test_good_rows_in_their_order(data: Path) -> None:
    rows, rejected = read_rows(config(data))
    assert [row.video for row in rows] == [f"clip-{number}.mp4" for number in range(4)]
    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert rows[1].path == data / "clip-1.mp4"
    assert rows[1].prompt == "a square of kind 1"
    assert rejected == []


@pytest.mark.parametrize(
    ("video", "prompt", "code"),
    [
        ("a.mp4", "   ", "caption_empty"),
        ("", "a cat", "video_empty"),
        ("b.mp4", "a cat", "clip_missing"),
        ("../a.mp4", "a cat", "path_outside"),
        ("/etc/passwd", "a cat", "path_outside"),
        ("b.PNG", "a cat", "clip_missing"),
    ],
)
def test_a_bad_row_is_left_out_with_a_reason(tmp_path: Path, video: str, prompt: str, code: str) -> None:
    write_clip(tmp_path / "a.mp4")
    write_table(tmp_path, [("a.mp4", "good"), (video, prompt), ("a.mp4", "good, too")])
    rows, (rejected,) = read_rows(config(tmp_path))
    assert [row.line for row in rows] == [2, 4]
    assert (rejected.line, rejected.code) == (3, code)
    assert "Line 3" in rejected.message
    assert rejected.message.endswith(".")


@pytest.mark.parametrize(
    "table",
    [
        "video,prompt\na.mp4,x\nphoto.PNG,y\n",
        "image,prompt\na.mp4,x\nphoto.PNG,y\n",
        "prompt,image,video\nx,,a.mp4\ny,photo.PNG,\n",
        "prompt,image,video\nx,photo.PNG,a.mp4\ny,photo.PNG\n",
    ],
    ids=["video", "image", "either", "both"],
)
def test_images_and_videos_in_diffsynths_columns(tmp_path: Path, table: str) -> None:
    for name in ("a.mp4", "photo.PNG"):
        (tmp_path / name).touch()
    (tmp_path / "metadata.csv").write_text(table)
    rows, rejected = read_rows(config(tmp_path))
    assert [(row.video, row.prompt, row.is_image) for row in rows] == [("a.mp4", "x", False), ("photo.PNG", "y", True)]
    assert rejected == []


def test_a_caption_may_have_line_breaks_and_the_file_a_byte_order_mark(tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4")
    (tmp_path / "metadata.csv").write_text('video, prompt ,notes\na.mp4,"one\ntwo",x\na.mp4,three,y\n', "utf-8-sig")
    rows, _ = read_rows(config(tmp_path))
    assert [(row.line, row.prompt) for row in rows] == [(2, "one\ntwo"), (4, "three")]


def test_a_link_to_another_disk_is_no_escape(tmp_path: Path, data: Path) -> None:
    (tmp_path / "linked").symlink_to(data)
    write_table(tmp_path, [("linked/clip-0.mp4", "a square")])
    rows, _ = read_rows(config(tmp_path))
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("table", "code", "said"),
    [
        (None, "metadata_missing", "metadata.csv"),
        (b"video,caption\na.mp4,x\n", "metadata_column_missing", "column prompt"),
        (b"videos,prompt\na.mp4,x\n", "metadata_column_missing", "Rename videos to video"),
        (b"", "metadata_column_missing", "first line"),
        ("video,prompt\na.mp4,x\n".encode("utf-16-le"), "metadata_unreadable", "UTF-8"),
    ],
)
def test_a_bad_table_is_one_clear_problem(tmp_path: Path, table: bytes | None, code: str, said: str) -> None:
    if table is not None:
        (tmp_path / "metadata.csv").write_bytes(table)
    with pytest.raises(Problem) as caught:
        read_rows(config(tmp_path))
    assert caught.value.code == code
    assert caught.value.field == "dataset_metadata_path"
    assert said in str(caught.value)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no data set folder") as caught:
        read_rows(config(tmp_path / "gone"))
    assert (caught.value.code, caught.value.field) == ("dataset_missing", "dataset_base_path")


def test_a_table_may_say_what_is_held_out(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    lines = ["video,prompt,split", "a.mp4,x,train", "a.mp4,x, validation ", "a.mp4,x,", "a.mp4,x", "a.mp4,x,test"]
    (tmp_path / "metadata.csv").write_text("\n".join(lines) + "\n")
    rows, (rejected,) = read_rows(config(tmp_path))
    assert [row.split for row in rows] == ["train", "validation", "", ""]
    assert (rejected.line, rejected.code) == (6, "split_unknown")
