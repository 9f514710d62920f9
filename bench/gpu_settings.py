"""What a run's settings make of a step of Wan2.2 TI2V-5B: `python -m bench.gpu_settings FOLDER`.

Each is a trial, as people ask for it: 20 steps by the trainer itself, on clips of 1280x720 made here, with random
weights at the true sizes. Beside each stands what the plan takes it for, as a ratio to the first one of as many ranks.
FOLDER takes 25 GB. Prints a table for docs/benchmarks.md; those on one GPU run side by side where there are several.
"""

import argparse
import json
import os
import queue
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import random_weights
from bench.gpu_training import make_clips
from bench.report import table
from trainer.contract.config import parse_config
from trainer.contract.plan.step_time import of_settings
from trainer.contract.tasks import TaskDir
from trainer.hardware.gpus import visible_gpus
from trainer.models import tiny_wan
from trainer.models.wan.pipeline import import_diffsynth

SHAPE = {"height": 480, "width": 832, "num_frames": 17, "extra_inputs": "input_image", "lora_rank": 32}


@dataclass(frozen=True)
class Case:
    name: str
    ranks: int = 1
    settings: dict[str, Any] = field(default_factory=dict)
    recomputes: bool = False


CASES = (
    Case("one rank"),
    Case("every block recomputed", 1, {"use_gradient_checkpointing": True}, recomputes=True),
    Case("two samples a micro-step", 1, {"batch_size": 2}),
    Case("two micro-steps a step", 1, {"gradient_accumulation_steps": 2}),
    Case("float8 base", 1, {"float8_base": True}),
    Case("fp16", 1, {"mixed_precision": "fp16"}),
    Case("two ranks, averaging", 2),
    Case("two ranks, ZeRO-2", 2, {"distributed_type": "zero2"}),
    Case("two ranks, ZeRO-3", 2, {"distributed_type": "zero3"}),
)


def tried(folder: Path, base: dict[str, Any], case: Case, gpus: str) -> dict[str, Any]:
    """The fact of a trial, and how long all of it took; what it said where it failed."""
    place = folder / "trials" / case.name.replace(" ", "-").replace(",", "")
    place.mkdir(parents=True, exist_ok=True)
    task = TaskDir(place)
    config = base | case.settings | {"num_processes": case.ranks}
    task.request.write_text(json.dumps({"kind": "trial", "config": config}))
    task.facts.unlink(missing_ok=True)
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": gpus}
    began = time.monotonic()
    with open(task.text_log, "wb") as log:
        command = [sys.executable, "-m", "trainer.tasks.runner", str(place)]
        subprocess.run(command, check=True, stdout=log, stderr=log, env=environment)
    facts, _ = task.read()
    trial = next((fact for fact in facts if fact["type"] == "trial"), None)
    found = trial or {"failed": facts[-1].get("message", "")}
    return found | {"took_s": time.monotonic() - began}


def measure(folder: Path, base: dict[str, Any], gpus: list[str], only: str) -> dict[str, dict[str, Any]]:
    free = queue.SimpleQueue[str]()
    for gpu in gpus:
        free.put(gpu)

    def alone(case: Case) -> dict[str, Any]:
        gpu = free.get()
        try:
            return tried(folder, base, case, gpu)
        finally:
            free.put(gpu)

    found = {}
    cases = [case for case in CASES if only in case.name]
    single = [case for case in cases if case.ranks == 1]
    with ThreadPoolExecutor(len(gpus)) as pool:
        for case, one in zip(single, pool.map(alone, single), strict=True):
            found[case.name] = one
            print(case.name, json.dumps(one), flush=True)
    for case in cases:
        if 1 < case.ranks <= len(gpus):
            found[case.name] = tried(folder, base, case, ",".join(gpus))
            print(case.name, json.dumps(found[case.name]), flush=True)
    return found


def rows(found: dict[str, dict[str, Any]], base: dict[str, Any]) -> list[list[str]]:
    listed = []
    for case in CASES:
        one = found.get(case.name)
        if one is None:
            continue
        if "failed" in one:
            listed.append([case.name, one["failed"], "", "", ""])
            continue
        first = found.get(CASES[0].name, {}).get("seconds_per_step")
        config = parse_config(base | case.settings)
        expected = of_settings(config, case.ranks, case.recomputes).times(config.gradient_accumulation_steps)
        expects = f"{expected.low:.2f} to {expected.high:.2f}" if config.batch_size == 1 else ""
        ratio = f"{one['seconds_per_step'] / first:.2f}" if first else ""
        memory = f"{one['peak_memory_gb']:.1f}" if one.get("peak_memory_gb") else ""
        listed.append([case.name, f"{one['seconds_per_step']:.3f}", ratio, expects, memory])
    return listed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tiny", action="store_true", help="tiny-wan instead, to try this script on a CPU")
    parser.add_argument("--only", default="", metavar="WORDS", help="leave out the settings whose name lacks them")
    args = parser.parse_args()
    folder: Path = args.folder.resolve()
    os.environ["HF_HUB_OFFLINE"] = "1"
    data = make_clips(folder / "clips")
    base: dict[str, Any] = {"dataset_base_path": str(data)} | SHAPE
    if args.tiny:
        base |= {"height": 96, "width": 160}
    else:
        import_diffsynth(with_deepspeed=False)
        weights = random_weights.write_all(folder / "weights")
        base |= {"model": "wan2.2-ti2v-5b", "model_paths": [str(path) for path in weights]}
        base |= {"tokenizer_path": str(tiny_wan.WEIGHTS / "tokenizer")}
    (folder / "config.json").write_text(json.dumps(base))
    found = measure(folder, base, [str(number) for number in range(len(visible_gpus()))] or [""], args.only)
    print(table(("settings", "s/step", "to the first", "the plan expects", "GB at the peak"), rows(found, base)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
