"""A plan that takes its figures from a trial."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.backend.planning.test_request import H100, V100, has_gpus, part, plan
from tests.harness.backend import Backend
from tests.harness.runs import SMALL, make_data
from trainer.contract.tasks import Facts
from trainer.contract.trial import Trial

CONFIG: dict[str, Any] = {"model": "wan2.2-ti2v-5b", "validation_clips": 0, "num_processes": 1}
FOUND: dict[str, Any] = {
    "ts": 1.0,
    "seconds_per_step": 3.0,
    "low_s": 2.9,
    "high_s": 3.2,
    "steps": 15,
    "ranks": 1,
    "clips": 8,
    "samples": "8 at 480x832x49",
    "shapes": {"480x832x49": 8},
    "card": V100,
    "cache_s": 2.0,
    "peak_memory_gb": 30.5,
}


def trial(backend: Backend, config: dict[str, Any], **found: Any) -> str:
    """A trial that has ended with FOUND, but for `found`."""
    base = backend.settings.data_roots[0] / "clips"
    if not base.exists():
        base.mkdir()
        (base / "metadata.csv").write_text("video,prompt\na.mp4,a bird\n")
    asked = {"config": {**config, "dataset_base_path": str(base)}}
    answer = backend.http.post("/api/plan/trial", json=asked)
    assert answer.status_code == 202, answer.text
    task_id = str(answer.json()["task_id"])
    facts = Facts(backend.runtime.tasks.folder(task_id))
    facts.write(Trial(**{**FOUND, **found}))
    facts.close()
    return task_id


def test_a_trial_is_the_source_of_time_caching_and_memory(backend: Backend) -> None:
    has_gpus(backend, V100)
    found = plan(backend, CONFIG, samples=1000, trial=trial(backend, CONFIG))
    assert (found["source"], found["trial_text"]) == ("trial", "")
    assert found["source_text"] == f"Measured by a trial of 20 steps on {V100} (8 at 480x832x49)."
    low, high = found["seconds_per_step"]["low"], found["seconds_per_step"]["high"]
    assert 2.75 < low < 2.9 < 3.1 < high < 3.3, "the doubt of a mean, and of another hour"
    cache = part(found, "cache")
    assert cache["low"] < 2000 < cache["high"] < 3000
    assert (found["memory"]["measured_bytes"], found["memory"]["fits"]) == (30_500_000_000, True)
    without = plan(backend, CONFIG, samples=1000)
    assert without["source"] == "benchmark"
    assert without["memory"]["measured_bytes"] is None


def test_noisier_steps_leave_more_doubt(backend: Backend) -> None:
    has_gpus(backend, V100)

    def width(low_s: float, high_s: float) -> float:
        task_id = trial(backend, CONFIG, low_s=low_s, high_s=high_s)
        step = plan(backend, CONFIG, samples=1000, trial=task_id)["seconds_per_step"]
        return float(step["high"] - step["low"])

    assert width(3.0, 3.0) == pytest.approx(0.3), "5% to either side"
    assert width(3.0, 3.0) < width(2.9, 3.2) < width(2.0, 5.0)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lora_rank": 8, "batch_size": 2}, "other settings (lora_rank, batch_size): it is not used"),
        ({"model": "wan2.1-t2v-1.3b", "extra_inputs": ""}, "other settings (model): it is not used"),
        ({"num_processes": 2}, "The trial was on one rank, and this is on 2 ranks"),
    ],
)
def test_a_trial_of_something_else_is_not_used(backend: Backend, changes: dict[str, Any], said: str) -> None:
    has_gpus(backend, V100, V100)
    task_id = trial(backend, CONFIG)
    config = CONFIG | changes
    found, without = (plan(backend, config, samples=1000, **more) for more in ({"trial": task_id}, {}))
    assert said in found["trial_text"]
    for both in (found, without):
        both["trial_text"] = ""
        both["disk"].pop("free_bytes")
    assert found == without


def test_a_trial_on_another_card_is_not_used(backend: Backend) -> None:
    has_gpus(backend, H100)
    found = plan(backend, CONFIG, samples=1000, trial=trial(backend, CONFIG))
    assert found["source"] == "benchmark"
    assert found["trial_text"] == f"The trial was on {V100}, and this is on {H100}: it is not used."


def test_what_does_not_change_a_step_does_not_matter(backend: Backend) -> None:
    has_gpus(backend, V100)
    config = CONFIG | {"num_epochs": 7, "dataset_repeat": 3, "learning_rate": 1e-3, "save_steps": 10}
    assert plan(backend, config, samples=1000, trial=trial(backend, CONFIG))["source"] == "trial"


def test_another_shape_is_scaled_where_nothing_better_is_known(backend: Backend) -> None:
    has_gpus(backend, V100)
    task_id = trial(backend, CONFIG)
    shorter = plan(backend, CONFIG | {"num_frames": 17}, samples=1000, trial=task_id)
    assert shorter["source"] == "trial"
    assert shorter["source_text"].startswith("Carried over from a trial of 20 steps")
    assert "try 20 steps of this one" in shorter["trial_text"]
    assert shorter["memory"]["measured_bytes"] is None
    step = shorter["seconds_per_step"]
    assert step["low"] < 3.0 * 5 / 13 < step["high"] < 3.0, "17 frames are 5 of 13 latent ones"
    has_gpus(backend, H100)
    on_h100 = trial(backend, CONFIG, card=H100, seconds_per_step=0.3, low_s=0.29, high_s=0.31)
    measured = plan(backend, CONFIG | {"num_frames": 17}, samples=1000, trial=on_h100)
    assert measured["source"] == "benchmark", "this shape was measured on this card"
    assert "of this one more is known" in measured["trial_text"]


def test_clips_of_other_shares_are_scaled_by_their_tokens(backend: Backend) -> None:
    """Half of what was tried were images; of what is planned there is none."""
    has_gpus(backend, V100)
    mixed = {"480x832x49": 4, "480x832x1": 4}
    task_id = trial(backend, CONFIG, shapes=mixed, samples="4 at 480x832x49, 4 at 480x832x1")
    found = plan(backend, CONFIG, samples=1000, trial=task_id)
    assert found["source"] == "trial"
    assert found["seconds_per_step"]["low"] > 4.0


def test_a_persons_own_figure_goes_before_a_trial(backend: Backend) -> None:
    has_gpus(backend, V100)
    found = plan(backend, CONFIG, samples=1000, trial=trial(backend, CONFIG), seconds_per_step=5)
    assert (found["source"], found["seconds_per_step"]) == ("own", {"low": 5, "high": 5})
    assert "in place of the trial's" in found["trial_text"]
    assert found["memory"]["measured_bytes"] == 30_500_000_000


def test_a_trial_that_is_not_there_or_has_no_result(backend: Backend) -> None:
    def refused(task_id: str) -> str:
        body = {"config": CONFIG, "samples": 10, "trial": task_id}
        answer = backend.http.post("/api/plan", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, "trial")
        return str(answer.json()["message"])

    assert refused("trial-0123456789ab") == "There is no trial trial-0123456789ab."
    assert refused("../../secrets").startswith("trial")
    task_id = trial(backend, CONFIG)
    backend.runtime.tasks.folder(task_id).facts.write_text('{"type": "progress", "ts": 1.0, "phase": "load"}\n')
    assert refused(task_id) == f"The trial {task_id} has no result."


@pytest.mark.drill
def test_a_trial_that_was_really_done(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    has_gpus(backend)
    base: Path = make_data(backend.settings.data_roots[0] / "clips")
    config = SMALL | {"dataset_base_path": str(base), "max_steps": None, "num_processes": 1}
    answer = backend.http.post("/api/plan/trial", json={"config": config})
    task_id = answer.json()["task_id"]
    folder = backend.runtime.tasks.folder(task_id)
    assert (
        subprocess.run([sys.executable, "-m", "trainer.tasks.runner", folder.path], env=dict(os.environ)).returncode
        == 0
    )
    (fact,) = [fact for fact in folder.read()[0] if fact["type"] == "trial"]
    tried = msgspec.convert(fact, Trial)
    assert tried.shapes == {"64x64x5": 4}
    found = plan(backend, config, trial=task_id)
    assert found["source"] == "trial"
    assert found["seconds_per_step"]["low"] < tried.seconds_per_step < found["seconds_per_step"]["high"]
