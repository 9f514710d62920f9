from pathlib import Path

import pytest

from loradeck.cli import main
from tests.backend.datasets.importing.test_finder import written
from trainer.contract.config import RunConfig
from trainer.data.metadata import read_rows


def told(capsys: pytest.CaptureFixture[str], *argv: "str | Path") -> tuple[int, str]:
    status = main(["dataset", *map(str, argv)])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_what_it_writes_is_what_a_run_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("videos/a.mp4", "images/b.jpg", "videos/Ä, 1.mp4"):
        written(tmp_path / name)
    source = tmp_path / "list.csv"
    source.write_text(
        "file_path,caption,media_type\n"
        "videos/a.mp4,a fox,video\n"
        f"{tmp_path}/images/b.jpg,a hen,image\n"
        'videos/../videos/Ä\\, 1.mp4,x,video\n"videos/Ä, 1.mp4","a ""tame"" hen,\nasleep",video\n'
        "gone.mp4,x,video\n"
    )
    before = source.read_bytes()
    status, said = told(capsys, source, "--write", tmp_path / "metadata.csv")
    assert status == 0
    assert "Of 5 rows, 2 videos and 1 image can be used." in said
    assert "cells: 1" in said
    assert "Line 7: gone.mp4 is not there." in said
    assert source.read_bytes() == before
    rows, rejected = read_rows(RunConfig.model_validate({"name": "r", "dataset_base_path": str(tmp_path)}))
    assert rejected == []
    assert [(row.video, row.prompt, row.is_image) for row in rows] == [
        ("videos/a.mp4", "a fox", False),
        ("images/b.jpg", "a hen", True),
        ("videos/Ä, 1.mp4", 'a "tame" hen,\nasleep', False),
    ]


def test_a_folder_with_captions_beside_the_clips(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "clips/a.mp4")
    written(tmp_path / "clips/b.mp4")
    (tmp_path / "clips/a.txt").write_text("a fox")
    status, said = told(capsys, tmp_path / "clips")
    assert (status, said) == (
        0,
        "Of 2 rows, 2 videos and 0 images can be used.\n1 clip without a caption would be left out by a run.\n",
    )


def test_what_is_told_of_a_source_as_a_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "clips/강아지.mp4")
    written(tmp_path / "clips/b.3gp")
    written(tmp_path / "clips/b.caption", b"a hen")
    written(tmp_path / "clips/c.psd")
    table = tmp_path / "a.csv"
    table.write_bytes("Video;Prompt;caption\n강아지.mp4;강아지;\nb.3gp;a hen;another hen\n".encode("cp949"))
    status, said = told(capsys, table, "--base", tmp_path / "clips", "--write", tmp_path / "clips/metadata.csv")
    assert status == 0
    assert "Of 2 rows, 2 videos and 0 images can be used." in said
    assert "was read as CP949" in said
    assert "The columns Prompt and caption differ in 1 row, the first in line 3" in said
    assert (tmp_path / "clips/metadata.csv").read_text() == "video,image,prompt\n강아지.mp4,,강아지\nb.3gp,,a hen\n"
    assert "2 files were passed over: 1 .csv, 1 .psd." in told(capsys, tmp_path / "clips")[1]


def test_links_to_another_disk_are_used_as_a_run_uses_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path / "disk/a.mp4")
    written(tmp_path / "disk/a.txt", b"a fox")
    written(tmp_path / "clips/b.mp4")
    (tmp_path / "clips/linked").symlink_to(tmp_path / "disk")
    table = tmp_path / "clips/metadata.csv"
    assert "Of 2 rows, 2 videos" in told(capsys, tmp_path / "clips", "--write", table)[1]
    rows, rejected = read_rows(RunConfig.model_validate({"name": "r", "dataset_base_path": str(tmp_path / "clips")}))
    assert ([row.video for row in rows], [row.code for row in rejected]) == (["linked/a.mp4"], ["caption_empty"])
    table.write_text("video,prompt\n../disk/a.mp4,a fox\nlinked/a.mp4,a fox\n")
    assert "path_outside: 1" in told(capsys, table)[1]


def test_many_faults_are_counted_and_the_first_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text("video,prompt\n" + "".join(f"{number}.mp4,x\n" for number in range(12_000)))
    status, said = told(capsys, tmp_path / "a.csv")
    assert status == 1
    assert "12,000 rows cannot be used:" in said
    assert said.count("is not there") == 3
    assert "and 11,997 more" in said


def test_mistakes_end_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "a.csv"
    table.write_text("path,text\n")
    assert told(capsys, table)[0] == 2
    assert told(capsys, tmp_path / "none.csv") == (2, f"{tmp_path}/none.csv: No such file or directory.\n")
    written(tmp_path / "a.mp4")
    table.write_text("video,prompt\na.mp4,a fox\n")
    status, said = told(capsys, table, "--write", table)
    assert status == 2
    assert "is the source itself" in said
    assert told(capsys, table, "--write", tmp_path / "no/m.csv") == (
        2,
        "Of 1 row, 1 video and 0 images can be used.\n"
        f"{tmp_path}/no/m.csv cannot be written: No such file or directory. Name another file.\n",
    )
    assert "There is no folder" in told(capsys, table, "--base", tmp_path / "no")[1]
    (tmp_path / "empty.csv").write_text("video,prompt\n")
    assert "lists no clips" in told(capsys, tmp_path / "empty.csv")[1]
    assert table.read_text() == "video,prompt\na.mp4,a fox\n"
