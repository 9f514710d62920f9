"""`loradeck cache`: what there is, who uses it, and what goes."""

from pathlib import Path

import pytest

from loradeck.cli import main
from tests.trainer.contract.cache.caches import add_entries, add_run, left, make_folder
from trainer.contract.cache.identity import NAME


def told(capsys: pytest.CaptureFixture[str], logs: Path, *flags: str) -> tuple[int, str]:
    status = main(["cache", "--logs-dir", str(logs), *flags])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_it_lists_and_evicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = tmp_path / "logs"
    root = make_folder(logs)
    made = add_entries(root, range(4), size_bytes=10**6)
    add_run(logs, "a-fox-1", root, range(3))
    status, said = told(capsys, logs)
    assert status == 0
    assert "tiny-wan fp32" in said
    assert "4 entries, 4 MB, of which 0 bytes are of runs" in said
    assert "a-fox-1: ended, last used 2030-" in said
    status, said = told(capsys, logs, "--limit-gb", "0.003", "--dry-run")
    assert (status, left(made)) == (0, 4)
    assert "1 entry of 1 MB would go, and 3 MB be left" in said
    assert "1 entry of 1 MB removed, 3 MB left" in told(capsys, logs, "--limit-gb", "0.003")[1]
    assert left(made) == 3


def test_the_limit_may_be_a_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_folder(tmp_path / "logs")
    add_entries(root, range(4))
    (root / NAME).write_text("{")
    assert "There is no limit" in told(capsys, tmp_path / "logs", "--dry-run")[1]
    monkeypatch.setenv("LORADECK_CACHE_GB", "0.000001")
    assert "3 entries" in told(capsys, tmp_path / "logs", "--dry-run")[1]
    assert "encoders that no run has named yet" in told(capsys, tmp_path / "logs")[1]


@pytest.mark.parametrize("limit", ["x", "-1", "nan", "1e99", ""])
def test_a_limit_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str) -> None:
    status, said = told(capsys, tmp_path, f"--limit-gb={limit}")
    assert status == 2
    assert "no number of gigabytes" in said


def test_without_a_cache_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, said = told(capsys, tmp_path / "nowhere")
    assert status == 0
    assert said.startswith("0 bytes in ")
