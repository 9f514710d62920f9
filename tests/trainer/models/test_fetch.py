"""A tokenizer comes from a hub to where runs look for it, by a process that imports neither torch nor DiffSynth."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.model_hub import Hub, hub
from tests.harness.waiting import DEADLINE_S
from trainer.scan.captions import TINY_WAN

MODEL_ID, FOLDER = "Wan-AI/Wan2.1-T2V-1.3B", "google/umt5-xxl"


def fetch(model: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = os.environ | {"DIFFSYNTH_MODEL_BASE_PATH": str(folder)} | environment
    command = [sys.executable, "-X", "importtime", "-m", "trainer.models.fetch", model]
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=DEADLINE_S)


@pytest.mark.parametrize("model", ["wan2.2-ti2v-5b", "wan2.1-t2v-1.3b"])
def test_it_is_fetched_once(tmp_path: Path, model: str) -> None:
    files = {f"{FOLDER}/{path.name}": path.read_bytes() for path in TINY_WAN.iterdir() if path.is_file()}
    with hub(MODEL_ID, files | {"README.md": b"not asked for"}) as found:
        done = fetch(model, tmp_path, MODELSCOPE_ENDPOINT=found.url)
        assert_fetched(done, tmp_path)
        assert {path.relative_to(tmp_path / MODEL_ID).as_posix() for path in (tmp_path / MODEL_ID).rglob("*.json")} == {
            *files
        }
        assert all((tmp_path / MODEL_ID / name).read_bytes() == content for name, content in files.items())
        assert_asked_for(found, files)
        assert_fetched(fetch(model, tmp_path, MODELSCOPE_ENDPOINT=found.url), tmp_path)
        assert_asked_for(found, files)
    assert_fetched(fetch(model, tmp_path, DIFFSYNTH_SKIP_DOWNLOAD="true"), tmp_path)


def test_that_of_a_shipped_model_needs_no_hub(tmp_path: Path) -> None:
    done = fetch("tiny-wan", tmp_path, MODELSCOPE_ENDPOINT="http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (0, f"{TINY_WAN}\n")


def test_without_a_download_it_says_what_is_not_there(tmp_path: Path) -> None:
    done = fetch("wan2.2-ti2v-5b", tmp_path, DIFFSYNTH_SKIP_DOWNLOAD="true")
    assert done.returncode == 1
    assert f"{MODEL_ID} has no {FOLDER}/" in done.stderr


def assert_fetched(done: "subprocess.CompletedProcess[str]", folder: Path) -> None:
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == folder / MODEL_ID / FOLDER
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip() for line in lines}
    assert "modelscope_hub" in imported
    assert not imported & {"torch", "transformers", "diffsynth", "diffsynth.pipelines"}


def assert_asked_for(found: Hub, files: dict[str, bytes]) -> None:
    """Each file once, whoever asked."""
    assert sorted(found.fetched) == sorted(files)
