"""DiffSynth's own LoRA training of Wan2.2 TI2V-5B, timed: `python -m bench.drivers.stock_training JOBS`.

The module is written as upstream's examples/wanvideo/model_training/train.py writes it, on DiffSynth's public classes;
the loops, loaders, losses and the two stages are DiffSynth's own, as they come. JOBS is a JSON file; what was measured
is printed as JSON, a line for each shape and way.
"""

import argparse
import copy
import json
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from diffsynth.core import ModelConfig, UnifiedDataset
from diffsynth.diffusion import DiffusionTrainingModule, FlowMatchSFTLoss, ModelLogger
from diffsynth.diffusion.runner import launch_data_process_task, launch_training_task
from diffsynth.pipelines.wan_video import WanVideoPipeline

WARM_UP = 2
"""Steps that are not counted."""


class StockModule(DiffusionTrainingModule):  # type: ignore[misc] # untyped upstream
    """Upstream's WanTrainingModule for image to video. `task`: sft, sft:data_process or sft:train."""

    def __init__(self, pipe: Any, task: str, rank: int) -> None:
        super().__init__()
        self.pipe = self.split_pipeline_units(task, copy.copy(pipe), None, "dit")
        if not any("lora" in name for name, _ in pipe.dit.named_parameters()):
            targets = "q,k,v,o,ffn.0,ffn.2"
            self.switch_pipe_to_training_mode(self.pipe, None, "dit", targets, rank, None, task="sft")
        self.task = task

    def forward(self, data: dict[str, Any], inputs: Any = None) -> Any:
        if inputs is None:
            video = data["video"]
            shared = {
                "input_video": video,
                "input_image": video[0],
                "height": video[0].size[1],
                "width": video[0].size[0],
                "num_frames": len(video),
                "cfg_scale": 1,
                "tiled": False,
                "rand_device": self.pipe.device,
                "use_gradient_checkpointing": True,
                "use_gradient_checkpointing_offload": False,
                "cfg_merge": False,
                "vace_scale": 1,
                "max_timestep_boundary": 1.0,
                "min_timestep_boundary": 0.0,
            }
            inputs = (shared, {"prompt": data["prompt"]}, {})
        inputs = self.transfer_data_to_device(inputs, self.pipe.device, self.pipe.torch_dtype)
        for unit in self.pipe.units:
            inputs = self.pipe.unit_runner(unit, self.pipe, *inputs)
        if self.task.endswith(":data_process"):
            return inputs
        return FlowMatchSFTLoss(self.pipe, **inputs[0], **inputs[1])


class Clock(ModelLogger):  # type: ignore[misc] # untyped upstream
    """In the place of DiffSynth's logger: notes when each step has ended on the GPU, and saves nothing."""

    def __init__(self, folder: Path) -> None:
        self.output_path = str(folder)
        self.ended: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ended.append(time.perf_counter())

    def on_epoch_end(self, *_: Any) -> None: ...

    def on_training_end(self, *_: Any) -> None: ...

    @property
    def seconds_per_step(self) -> float:
        gaps = [after - before for before, after in pairwise(self.ended)]
        return statistics.median(gaps[WARM_UP - 1 :])


def dataset(data: Path, height: int, width: int, frames: int, repeat: int) -> Any:
    operator = UnifiedDataset.default_video_operator(
        str(data), None, height, width, 16, 16, frames, time_division_factor=4, time_division_remainder=1
    )
    return UnifiedDataset(str(data), str(data / "metadata.jsonl"), repeat, ("video",), main_data_operator=operator)


def measure(pipe: Any, accelerator: Any, data: Path, scratch: Path, shape: list[int], rank: int) -> None:
    """One shape by all ways."""
    for way, workers, repeat in (("default flags", 0, 1), ("8 workers", 8, 2)):
        clock = Clock(scratch)
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        launch_training_task(
            accelerator, dataset(data, *shape, repeat), StockModule(pipe, "sft", rank), clock, num_workers=workers
        )
        _tell(shape, way, clock.seconds_per_step)
    folder = scratch / "x".join(map(str, shape))
    clips = dataset(data, *shape, 1)
    began = time.perf_counter()
    # Without its command line's arguments upstream's function does not run.
    flags = argparse.Namespace(
        dataset_num_workers=8,
        enable_model_cpu_offload=False,
        enable_optimizer_cpu_offload=False,
        cpu_offload_split_threshold=None,
    )
    launch_data_process_task(accelerator, clips, StockModule(pipe, "sft:data_process", rank), Clock(folder), args=flags)
    took_s, sizes = time.perf_counter() - began, [file.stat().st_size for file in folder.rglob("*.pth")]
    _tell(shape, "data_process", took_s / len(clips), bytes_a_sample=sum(sizes) / len(sizes))
    clock = Clock(scratch)
    cached = UnifiedDataset(str(folder), None, 2)
    launch_training_task(accelerator, cached, StockModule(pipe, "sft:train", rank), clock, num_workers=8)
    _tell(shape, "split training", clock.seconds_per_step)


def _tell(shape: list[int], way: str, seconds: float, **more: float) -> None:
    peak = torch.cuda.max_memory_allocated() / 1e9 if torch.cuda.is_available() else 0.0
    print(json.dumps({"shape": shape, "way": way, "seconds": seconds, "peak_gb": peak, **more}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("jobs", type=Path)
    jobs = json.loads(parser.parse_args().jobs.read_text())
    accelerator = Accelerator()
    pipe = WanVideoPipeline.from_pretrained(
        torch_dtype=torch.bfloat16,
        device=str(accelerator.device),
        model_configs=[ModelConfig(path=paths) for paths in jobs["models"]],
        tokenizer_config=ModelConfig(path=jobs["tokenizer"]),
    )
    for shape in jobs["shapes"]:
        measure(pipe, accelerator, Path(jobs["data"]), Path(jobs["scratch"]), shape, jobs["rank"])


if __name__ == "__main__":
    sys.exit(main())
