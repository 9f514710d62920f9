from pathlib import Path

import pytest

from trainer.contract.config import RunConfig
from trainer.preflight.checks import CheckContext
from trainer.preflight.data import dataset


@pytest.mark.parametrize(
    ("table", "standing", "found", "hint"),
    [
        ("video,prompt\na.mp4,x\nb.jpg,y\n", "ok", "1 videos and 1 images", ""),
        ("video,prompt,caption\na.mp4,x,y\n", "warning", "1 videos and 0 images", "prompt and caption differ in 1 row"),
        ("video,prompt\na.mp4,x\nb.jpg,y, z\n", "warning", "1 row is left out", "Line 3 of the data set is left out"),
        ("video,prompt\na.mp4,x, y\n", "failure", "None of its 1 rows can be used", "it has 3 cells"),
    ],
)
def test_what_a_table_is_said_to_hold(tmp_path: Path, table: str, standing: str, found: str, hint: str) -> None:
    for name in ("a.mp4", "b.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "metadata.csv").write_text(table)
    config = RunConfig.model_validate({"name": "r", "dataset_base_path": str(tmp_path)})
    finding = dataset(CheckContext(config, tmp_path, on_cpu=True))
    assert finding.standing == standing
    assert found in finding.found
    assert hint in finding.hint
