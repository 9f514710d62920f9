"""Whole checks: the task's process with its children, on tiny-wan."""

import json
import os
import time
from pathlib import Path

import pytest

from tests.harness.check_tasks import beginning, done, make_task, processes, started
from tests.harness.waiting import DEADLINE_S, stretched, until
from tests.trainer.hardware.test_unfit import one_gpu
from trainer.preflight.checks import CHECKS, RANK_CHECKS, SETTINGS

NAMES = [check.name for check in (SETTINGS, *CHECKS, *RANK_CHECKS)]
HANGING_VAE = """import time, trainer.models.wan.vae as vae
vae.encode_clip = lambda pipe, frames: time.sleep(1000)"""
DYING_TEXT_ENCODER = """import os, trainer.models.wan.text as text
text.encode_text = lambda pipe, prompt: os.kill(os.getpid(), 11)"""


def test_all_is_well_with_two_ranks(data: Path, tmp_path: Path) -> None:
    task = make_task(tmp_path, data, num_processes=2)
    found = done(task)
    assert list(found) == NAMES
    assert {fact["standing"] for fact in found.values()} == {"ok"}
    assert found["clip"]["details"]["shapes"] == {
        "frames_FHWC": [5, 64, 64, 3],
        "x_BCFHW": [1, 3, 5, 64, 64],
        "latents_BCFHW": [1, 48, 2, 4, 4],
    }
    assert "`x_BCFHW 1x3x5x64x64`" in found["clip"]["found"]
    assert found["lora_targets"]["details"]["layers"] == 40
    assert found["caption"]["details"]["shapes"] == {"context_BTD": [1, 512, 64]}
    assert "gradient norm" in found["passes"]["found"]
    assert found["devices"]["found"] == "2 ranks: cpu, cpu"
    assert all(0 <= fact["took_s"] <= fact["limit_s"] for fact in found.values())
    facts, _ = task.read()
    running = [fact["name"] for fact in facts if fact["type"] == "check" and fact["standing"] == "running"]
    assert running == NAMES, "each tells when it begins"
    assert list((tmp_path / "logs").iterdir()) == [task.path.parent], "nothing is left in the log folder"


def test_a_vae_that_hangs_is_named_and_the_others_go_on(data: Path, tmp_path: Path) -> None:
    task = make_task(tmp_path, data, {"clip": 15})
    found = done(task, beginning(tmp_path, HANGING_VAE))
    hung = found["clip"]
    assert (hung["standing"], hung["code"]) == ("failure", "check_hung")
    assert "did not end within 15 s" in hung["found"]
    assert "encoding clip-0.mp4 by the VAE, `x_BCFHW 1x3x5x64x64`" in hung["found"]
    assert "in clip" in hung["details"]["stack"]
    assert 15 <= hung["took_s"] < 15 + stretched(5)
    assert found["caption"]["standing"] == found["passes"]["standing"] == "ok"
    assert found["pairs"]["found"] == "One rank: there is nobody to reach"


def test_a_check_that_dies_is_named_with_its_signal(data: Path, tmp_path: Path) -> None:
    found = done(make_task(tmp_path, data), beginning(tmp_path, DYING_TEXT_ENCODER))
    died = found["caption"]
    assert (died["standing"], died["code"]) == ("failure", "check_died")
    assert "signal 11, encoding 'a square of kind 0' by the text encoder" in died["found"]
    assert found["clip"]["standing"] == found["passes"]["standing"] == "ok"


def test_a_volta_card_with_a_torch_that_dropped_it_is_one_sentence(data: Path, tmp_path: Path) -> None:
    newer = "import torch\ntorch.cuda.get_arch_list = lambda: ['sm_75', 'sm_90']"
    environment = beginning(tmp_path, newer) | {"PATH": one_gpu(tmp_path, "7.0")}
    found = done(make_task(tmp_path, data), environment)
    volta = found["environment"]
    assert (volta["standing"], volta["code"]) == ("failure", "gpu_too_old")
    assert "NVIDIA X (compute capability 7.0) is not driven by the installed torch" in volta["found"]
    assert "constraints-volta.txt" in volta["hint"]
    assert found["driver"]["standing"] == "ok"
    for name in ("memory", "base", "clip", "passes", "devices"):
        assert found[name]["standing"] == "skipped"
        assert found[name]["found"].startswith("Skipped, for it needs: ")


def test_mistakes_in_what_is_given_are_found_by_their_checks(data: Path, tmp_path: Path) -> None:
    settings = {"lora_target_modules": "q,kk", "tokenizer_path": str(tmp_path)}
    found = done(make_task(tmp_path, data, **settings))
    assert found["lora_targets"]["code"] == "lora_target_unknown"
    assert "ends in kk" in found["lora_targets"]["found"]
    assert found["tokenizer"]["code"] == "tokenizer_missing"
    assert found["caption"]["standing"] == found["passes"]["standing"] == "skipped"
    assert found["clip"]["standing"] == "ok"


def test_missing_files_are_the_first_failed_check(tmp_path: Path) -> None:
    missing = str(tmp_path / "none.safetensors")
    found = done(make_task(tmp_path, tmp_path / "no-data", model_paths=[missing]))
    assert (found["dataset"]["standing"], found["dataset"]["code"]) == ("failure", "dataset_missing")
    assert found["base"]["code"] == "model_file_missing"
    assert missing in found["base"]["found"]


@pytest.mark.parametrize("config", [{"dataset_base_path": "/data", "hight": 5}, {}])
def test_a_config_that_cannot_be_run_fails_the_first_check(
    tmp_path: Path, data: Path, config: dict[str, object]
) -> None:
    task = make_task(tmp_path, data)
    task.request.write_text(json.dumps({"kind": "check", "config": config}))
    found = done(task)
    assert list(found) == NAMES
    assert found["settings"]["standing"] == "failure"
    assert {found[name]["standing"] for name in NAMES[1:]} == {"skipped"}


def test_a_stop_ends_what_is_under_way_and_every_process(data: Path, tmp_path: Path) -> None:
    task = make_task(tmp_path, data)
    environment = beginning(tmp_path, HANGING_VAE)

    def is_encoding() -> bool:
        return any(fact.get("name") == "clip" for fact in task.read()[0])

    with started(task, environment) as process:
        until(is_encoding, process=process)
        assert processes("trainer.preflight.checker_process", f"PYTHONPATH={environment['PYTHONPATH']}")
        asked = time.monotonic()
        task.stop.touch()
        assert process.wait(DEADLINE_S) == 0
        assert time.monotonic() - asked < stretched(5)
    assert task.read()[0][-1]["reason"] == "stopped"
    # A decoder is killed by the system once its parent is gone.
    until(lambda: not processes(f"PYTHONPATH={environment['PYTHONPATH']}"))


def test_the_checker_process_dies_with_the_task(data: Path, tmp_path: Path) -> None:
    task = make_task(tmp_path, data)
    mark = f"CHECK_OF={os.urandom(4).hex()}"
    with started(task, dict([mark.split("=")])) as process:
        until(lambda: processes("trainer.preflight.checker_process", mark), process=process)
        process.kill()
        process.wait()
        until(lambda: not processes(mark))
