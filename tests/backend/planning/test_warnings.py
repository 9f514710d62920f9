"""What the plan says of settings that cannot work: what `trainer.contract.plan.config_rules` says, over HTTP."""

from typing import Any

from tests.harness.backend import Backend

PLAIN = {"model": "tiny-wan", "num_epochs": 10, "learning_rate": 1e-3, "sample_prompts": [], "num_processes": 1}
"""Of 100 samples 1,000 steps, without trouble but for the machine's."""
RULES: list[tuple[str, dict[str, Any], str]] = [
    ("warmup_long", {"warmup_steps": 5000}, "The warm-up takes 5,000 steps and the run has 1,000"),
    ("accumulation_long", {"gradient_accumulation_steps": 101}, "an epoch has 100 micro-steps"),
    ("max_steps_unreached", {"max_steps": 9999}, "the epochs end after 1,000 steps"),
    ("held_out_many", {"validation_clips": 60}, "60 clips are held out and only 40 trained on"),
    ("bucket_small", {"batch_size": 128}, "What there is of 480x832x49 (100 samples) does not fill a batch of 128"),
    ("checkpoints_rare", {"save_steps": 1000, "seconds_per_step": 10}, "1,000 steps take about 2.8 hours"),
]
OF_THE_MACHINE = {"time_unknown", "disk_short", "too_few_gpus"}


def told(backend: Backend, samples: int = 100, seconds_per_step: float = 0.1, **settings: Any) -> dict[str, str]:
    """The warnings on settings, by their codes: message and hint."""
    body = {"config": PLAIN | settings, "samples": samples, "seconds_per_step": seconds_per_step}
    answer = backend.http.post("/api/plan", json=body)
    assert answer.status_code == 200, answer.text
    found = {one["code"]: f"{one['message']} {one['hint']}" for one in answer.json()["warnings"]}
    return {code: said for code, said in found.items() if code not in OF_THE_MACHINE}


def test_a_rule_is_told_with_its_figures(backend: Backend) -> None:
    assert told(backend) == {}
    for code, settings, said in RULES:
        found = told(backend, **settings)
        assert set(found) == {code}
        assert said in found[code]
