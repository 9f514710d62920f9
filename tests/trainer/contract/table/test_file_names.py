"""Names as other systems wrote them find their files, or it is told that several could be meant."""

from pathlib import Path
from unicodedata import normalize

import pytest

from trainer.contract.table.file_names import FileNames, have_changed

KOREAN = "강아지가 뛴다.mp4"
NFC, NFD = normalize("NFC", KOREAN), normalize("NFD", KOREAN)


def touched(base: Path, *names: str) -> FileNames:
    for name in names:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()
    return FileNames(base)


@pytest.mark.parametrize(
    ("there", "written", "name"),
    [
        ("a.mp4", "a.mp4", "a.mp4"),
        ("a.mp4", " a.mp4 ", "a.mp4"),
        (" lead.mp4", " lead.mp4", " lead.mp4"),
        ("trail.mp4 ", "trail.mp4 ", "trail.mp4 "),
        ("clips/a.mp4", "clips\\a.mp4", "clips/a.mp4"),
        ("clips\\a.mp4", "clips\\a.mp4", "clips\\a.mp4"),
        ("clips/a.mp4", "./clips//a.mp4", "./clips//a.mp4"),
        ("clips/a.mp4", "{base}/clips/a.mp4", "{base}/clips/a.mp4"),
        (NFD, NFC, NFD),
        (NFC, NFD, NFC),
        (f"{NFD[:-4]}/{NFC}", f"{NFC[:-4]}\\{NFD} ", f"{NFD[:-4]}/{NFC}"),
    ],
)
def test_a_file_is_found(tmp_path: Path, there: str, written: str, name: str) -> None:
    names = touched(tmp_path, there)
    written, name = written.format(base=tmp_path), name.format(base=tmp_path)
    assert names.find(written) == [str(tmp_path / there)]
    assert names.name_of(str(tmp_path / there), written) == name


def test_the_name_as_it_is_written_comes_first(tmp_path: Path) -> None:
    names = touched(tmp_path, "a.mp4", " a.mp4", NFC, NFD, "x/b.mp4", "x\\b.mp4")
    for name in ("a.mp4", " a.mp4", NFC, NFD, "x\\b.mp4"):
        assert names.find(name) == [str(tmp_path / name)]


def test_of_several_spellings_none_is_guessed(tmp_path: Path) -> None:
    """Three forms of one letter: precomposed, decomposed, and with its marks in another order."""
    names = touched(tmp_path, "ṩ.mp4", "s\u0307\u0323.mp4")
    assert len(names.find("s\u0323\u0307.mp4")) == 2


@pytest.mark.parametrize(
    "written", ["gone.mp4", "", ".", "clips", "..", "a\0b", "x" * 5000, "/etc/passwd/x", "\udcff.mp4", "ü.mp4"]
)
def test_what_is_not_there_is_not_found(tmp_path: Path, written: str) -> None:
    assert touched(tmp_path, "clips/a.mp4").find(written) == []


def test_a_folder_reached_by_a_link_takes_absolute_names_of_both(tmp_path: Path) -> None:
    touched(tmp_path / "real", "a.mp4")
    (tmp_path / "link").symlink_to("real")
    names = FileNames(tmp_path / "link")
    for name in (f"{tmp_path}/real/a.mp4", f"{tmp_path}/link/a.mp4"):
        assert names.find(name) == [f"{tmp_path}/link/a.mp4"]
    assert not names.is_inside(names.path(f"{tmp_path}/b.mp4"))


def test_folders_tell_when_files_come_and_go(tmp_path: Path) -> None:
    names = touched(tmp_path, "clips/a.mp4")
    names.find("clips/a.mp4")
    names.find("later/b.mp4")
    assert not have_changed(names.folders)
    (tmp_path / "later").mkdir()
    assert have_changed(names.folders)
