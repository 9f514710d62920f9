from pathlib import Path

import pytest

from tests.harness.backend import Backend, make_dataset


def register(backend: Backend, **fields: object) -> dict[str, object]:
    answer = backend.http.post("/api/datasets", json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_data_set_is_registered_with_its_size(backend: Backend, tmp_path: Path) -> None:
    base = make_dataset(tmp_path / "clips", rows=3)
    found = register(backend, name="clips", base_path=str(base))
    assert found["rows"] == 3
    assert found["metadata_path"] == str(base / "metadata.csv")
    assert (found["state"], found["importing"], found["problem"]) == ("ready", None, None)
    assert backend.get("/api/datasets") == [found]


@pytest.mark.parametrize("table", ["image,prompt\na.png,x\n", "prompt, video ,image\nx,,a.png\n"])
def test_images_have_a_column_of_their_own(backend: Backend, tmp_path: Path, table: str) -> None:
    base = make_dataset(tmp_path / "clips")
    (base / "metadata.csv").write_text(table)
    (base / "a.png").write_bytes(b"picture")
    assert register(backend, name="images", base_path=str(base))["rows"] == 1


def test_the_same_folder_again_is_the_same_data_set(backend: Backend, tmp_path: Path) -> None:
    base = make_dataset(tmp_path / "clips", rows=3)
    first = register(backend, name="clips", base_path=str(base))
    make_dataset(base, rows=5)
    second = register(backend, name="birds", base_path=f"{base}/../clips")
    assert (second["id"], second["name"], second["rows"]) == (first["id"], "birds", 5)
    other = register(backend, name="other", base_path=str(make_dataset(tmp_path / "other")))
    assert [row["id"] for row in backend.get("/api/datasets")] == [other["id"], first["id"]]


def test_paths_may_be_relative(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = make_dataset(tmp_path / "clips")
    (base / "small.csv").write_text("video,prompt,more\nclip-0.mp4,x,1\n")
    monkeypatch.chdir(tmp_path)
    assert register(backend, name="a", base_path="clips", metadata_path="small.csv")["rows"] == 1
    found = register(backend, name="a", base_path="clips", metadata_path="clips/small.csv")
    assert found["metadata_path"] == str(base / "small.csv")


def test_captions_may_hold_commas_lines_and_any_script(backend: Backend, tmp_path: Path) -> None:
    base = make_dataset(tmp_path / "clips")
    text = '\ufeffvideo,prompt\nclip-0.mp4,"one, two\nthree"\nclip-1.mp4,鳥が飛ぶ\n'
    (base / "metadata.csv").write_text(text, encoding="utf-8")
    assert register(backend, name="a", base_path=str(base))["rows"] == 2
