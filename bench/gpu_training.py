"""Training of Wan2.2 TI2V-5B on one GPU, DiffSynth's own beside Loradeck's: `python -m bench.gpu_training FOLDER`.

Random weights at the true sizes, clips of 1280x720 made here, image to video, rank 32, one sample a step, bf16.
Loradeck is what a person runs (`python -m trainer run`): its seconds a step are the times between the lines of its step
log. Stock is `bench.drivers.stock_training`. FOLDER takes 30 GB. Prints a table for docs/benchmarks.md. With a second
GPU ours is measured on both as well: a step of two samples, one each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch

from bench import random_weights
from bench.report import table
from trainer.models import tiny_wan
from trainer.models.wan.pipeline import import_diffsynth

SHAPES = [(480, 832, 49), (480, 832, 17), (704, 1280, 17), (480, 832, 81)]
TWO_RANKS = [(480, 832, 49), (480, 832, 17)]
"""Where there are two GPUs."""
CLIPS, CLIP_FRAMES, RATE, RANK = 8, 121, 24, 32
STEPS, WARM_UP = 24, 8
"""Of ours: the first steps compile and record."""
MATMUL = 8192
_CACHED = ".cache/**/*.safetensors"
WAYS = ("default flags", "8 workers", "split training")


def make_clips(folder: Path) -> Path:
    """Moving pictures with grain, listed as DiffSynth and as Loradeck read them."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {"video": f"{number}.mp4", "prompt": f"shapes of colour {number} drift over a wall"} for number in range(CLIPS)
    ]
    with ThreadPoolExecutor() as pool:
        list(pool.map(_make_clip, [folder / row["video"] for row in rows], range(CLIPS)))
    (folder / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "metadata.csv").write_text(
        "video,prompt\n" + "".join(f"{row['video']},{row['prompt']}\n" for row in rows)
    )
    return folder


def _make_clip(path: Path, seed: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for frame in _frames(seed):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))


def _frames(seed: int) -> Iterator[np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:720, 0:1280].astype(np.float32)
    waves, grain = rng.uniform(0.002, 0.02, (3, 2)), rng.normal(0, 4, (720, 1280, 3))
    for at in range(CLIP_FRAMES):
        picture = np.stack([np.sin(a * x + b * y + 0.1 * at + 2 * n) for n, (a, b) in enumerate(waves)], axis=-1)
        yield (127 + 110 * picture + np.roll(grain, 7 * at, (0, 1))).clip(0, 255).astype(np.uint8)


def ours(folder: Path, data: Path, models: list[Path], shape: tuple[int, int, int], ranks: int = 1) -> dict[str, Any]:
    """One run of the trainer on so many GPUs, told by its own log."""
    height, width, frames = shape
    logs, name = folder / "runs", f"bench-{height}x{width}x{frames}-{ranks}"
    before = set(logs.glob(_CACHED))
    config = {
        "name": name,
        "model": "wan2.2-ti2v-5b",
        "model_paths": [str(path) for path in models],
        "tokenizer_path": str(tiny_wan.WEIGHTS / "tokenizer"),
        "dataset_base_path": str(data),
        "height": height,
        "width": width,
        "num_frames": frames,
        "extra_inputs": "input_image",
        "lora_rank": RANK,
        "dataset_repeat": 100,
        "max_steps": STEPS,
        "eval_samples": 1,
        "sample_prompts": [],
        "save_steps": 10_000,
        "num_processes": ranks,
    }
    (folder / "config.json").write_text(json.dumps(config))
    began = time.perf_counter()
    command = [sys.executable, "-m", "trainer", "run", str(folder / "config.json"), "--logs-dir", str(logs)]
    subprocess.run(command, check=True, stdout=sys.stderr)
    took_s = time.perf_counter() - began
    log = max(logs.glob(f"{name}-*/1.jsonl"))
    events = [json.loads(line) for line in log.read_text().splitlines()]
    times = [event["ts"] for event in events if event["type"] == "step"]
    gaps = [after - before for before, after in pairwise(times)]
    cached = [event for event in events if event["type"] == "phase" and event["phase"] == "cache"]
    sizes = [file.stat().st_size for file in set(logs.glob(_CACHED)) - before]
    return {
        "seconds": statistics.median(gaps[WARM_UP:]),
        "whole_s": took_s,
        "chosen": [
            event["item"] for event in events if event["type"] == "phase" and "block" in (event.get("item") or "")
        ],
        "cache_s": (cached[-1]["ts"] - cached[0]["ts"]) / CLIPS,
        "bytes_a_sample": sum(sizes) / CLIPS,
    }


def stock(folder: Path, data: Path, models: list[Path]) -> list[dict[str, Any]]:
    """All shapes and ways of DiffSynth's own, in one process."""
    scratch = folder / "stock"
    scratch.mkdir(exist_ok=True)
    by_part: dict[str, list[str]] = {}
    for path in models:
        by_part.setdefault(path.name.rpartition("-000")[0].partition("-000")[0], []).append(str(path))
    jobs = {
        "models": list(by_part.values()),
        "tokenizer": str(tiny_wan.WEIGHTS / "tokenizer"),
        "data": str(data),
        "scratch": str(scratch),
        "shapes": SHAPES,
        "rank": RANK,
    }
    (folder / "jobs.json").write_text(json.dumps(jobs))
    command = [sys.executable, "-m", "bench.drivers.stock_training", str(folder / "jobs.json")]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in said.splitlines() if line.startswith('{"shape"')]


def matmul_tflops() -> float:
    a, b = (torch.randn(MATMUL, MATMUL, device="cuda", dtype=torch.bfloat16) for _ in "ab")
    for _ in range(3):
        a @ b
    torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(20):
        a @ b
    torch.cuda.synchronize()
    return 2 * MATMUL**3 * 20 / (time.perf_counter() - began) / 1e12


def step_tflop(
    shape: tuple[int, int, int], dim: int = 3072, ffn: int = 14336, blocks: int = 30, text: int = 512
) -> float:
    """Of the matrix products that a step with a frozen base and no recomputing must do: the base forward and, for the
    inputs' gradients, backward, and attention, which costs 2.5 times as much backward. The LoRA's own are left out."""
    height, width, frames = shape
    tokens = (height // 32) * (width // 32) * ((frames - 1) // 4 + 1)
    linears = tokens * (6 * dim * dim + 2 * dim * ffn) + text * 2 * dim * dim
    attention = tokens * (tokens + text) * dim * 2
    return 2 * blocks * (2 * linears + 3.5 * attention) / 1e12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=["ours", "stock"], help="leave the other out")
    args = parser.parse_args()
    folder: Path = args.folder
    os.environ["HF_HUB_OFFLINE"] = "1"
    import_diffsynth(with_deepspeed=False)
    data, models = make_clips(folder / "clips"), random_weights.write_all(folder / "weights")
    tflops = matmul_tflops()
    torch.cuda.empty_cache()
    results = folder / "results.json"
    found: dict[str, Any] = json.loads(results.read_text()) if results.exists() else {}
    if args.only != "stock":
        found["ours"] = {}
        for shape in SHAPES:
            found["ours"]["x".join(map(str, shape))] = ours(folder, data, models, shape)
            results.write_text(json.dumps(found))
        for shape in TWO_RANKS if torch.cuda.device_count() > 1 else ():
            found.setdefault("two ranks", {})["x".join(map(str, shape))] = ours(folder, data, models, shape, ranks=2)
            results.write_text(json.dumps(found))
    if args.only != "ours":
        found["stock"] = stock(folder, data, models)
        results.write_text(json.dumps(found))
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {tflops:.0f} TFLOP/s in a matmul of {MATMUL}")
    print(json.dumps(found))
    print(_table(found, tflops))
    return 0


def _table(found: dict[str, Any], tflops: float) -> str:
    rows = []
    for shape in SHAPES:
        name = "x".join(map(str, shape))
        mine = found.get("ours", {}).get(name)
        cells = [name, f"{mine['seconds']:.3f}" if mine else ""]
        cells.append(f"{step_tflop(shape) / mine['seconds'] / tflops:.0%}" if mine else "")
        for way in WAYS:
            theirs = [
                one["seconds"] for one in found.get("stock", []) if one["way"] == way and tuple(one["shape"]) == shape
            ]
            ratio = f" ({theirs[0] / mine['seconds']:.1f}x)" if theirs and mine else ""
            cells.append(f"{theirs[0]:.2f}{ratio}" if theirs else "")
        both = found.get("two ranks", {}).get(name)
        cells.append(f"{both['seconds']:.3f} ({mine['seconds'] / both['seconds']:.0%})" if both and mine else "")
        rows.append(cells)
    stock_ways = (f"stock, {way}" for way in WAYS)
    return table(("size", "Loradeck, s/step", "of the matmul's rate", *stock_ways, "on two GPUs (efficiency)"), rows)


if __name__ == "__main__":
    sys.exit(main())
