"""Do the task "trial": a config's first steps on a few of its clips, by a run's own program, in a folder that is
removed afterwards. Nothing is evaluated or drawn.
"""

import os
import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from trainer.contract import events
from trainer.contract.config import RunConfig, parse_config
from trainer.contract.log_reader import LogReader
from trainer.contract.messages import Message, message
from trainer.contract.plan.buckets import format_counts, parse_counts
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir, write_atomic
from trainer.contract.shape import Shape
from trainer.contract.table.writer import write_table
from trainer.contract.trial import STEPS, Trial
from trainer.data.metadata import Row, read_rows
from trainer.hardware.gpus import check_count, visible_gpus
from trainer.supervision.foreground import log_tail
from trainer.supervision.launcher import command, environment, rank_count
from trainer.supervision.piped_process import end, spawn
from trainer.supervision.stop import Stopped
from trainer.tasks.runner import Task

CLIPS = 8
"""How many are tried, and so cached, at most; at least one a rank."""
LEFT_OUT = 5
"""First steps: kernels are compiled and graphs recorded in them."""
LOOK_S = 0.1
LEAVE_S = 3.0
"""From SIGTERM to SIGKILL: nothing is to be saved, and the task's own limit is 5 s."""
NEVER = 10**9


def handle(task: Task) -> None:
    """Do the trial. Raises: Problem, Stopped, OSError."""
    config = parse_config(task.request["config"])
    place = task.folder.path / "trial"
    shutil.rmtree(place, ignore_errors=True)  # of a start that was cut short
    gpus = visible_gpus()
    ranks = rank_count(config, gpus)
    check_count(ranks, gpus)
    task.progress("load")
    try:
        clips = _choose_rows(config, max(CLIPS, ranks))
        run = _prepare(config, clips, ranks, place)
        with open(run.text_log(1), "ab") as log:
            process = spawn(command(run, 1, ranks), environment(ranks, gpus), stdout=log, stderr=log)
        try:
            trial_log = _TrialLog(run)
            while process.poll() is None:
                trial_log.read(task)
                task.stop.check()
                time.sleep(LOOK_S)
            trial_log.read(task)
        finally:
            end(process, LEAVE_S)
        if trial_log.end is None or trial_log.end.reason == "failed":
            raise _failed(run, trial_log.end)
        if len(trial_log.steps) <= LEFT_OUT:
            raise Stopped
        task.facts.write(trial_log.trial(ranks, len(clips)))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _choose_rows(config: RunConfig, count: int) -> list[Row]:
    """Choose some rows, evenly over the table, with videos and images in their proportion. Raises: Problem."""
    rows, rejected = read_rows(config)
    if not rows:
        if rejected:
            raise Problem(message("no_usable_clips.trial_reason", reason=rejected[0].message))
        raise Problem(message("no_usable_clips.trial"))
    images = [row for row in rows if row.is_image]
    videos = [row for row in rows if not row.is_image]
    of_images = round(count * len(images) / len(rows))
    if images and videos:
        of_images = min(max(of_images, 1), count - 1)
    return [*_spread(videos, count - of_images), *_spread(images, of_images)]


def _spread(rows: Sequence[Row], count: int) -> list[Row]:
    wanted = min(len(rows), count)
    return [rows[number * len(rows) // wanted] for number in range(wanted)]


def _prepare(config: RunConfig, clips: Sequence[Row], ranks: int, place: Path) -> RunDir:
    """Make the folder of a run that takes so many steps on `clips`. Raises: OSError."""
    run = RunDir(place / "run")
    run.path.mkdir(parents=True)
    table = place / "metadata.csv"
    base = os.path.commonpath([os.path.abspath(dataset.dataset_base_path) for dataset in config.datasets])
    names = [os.path.relpath(clip.path, base) for clip in clips]
    write_table(table, [("video", "prompt"), *zip(names, (clip.prompt for clip in clips), strict=True)])
    samples = STEPS * ranks * config.batch_size * config.gradient_accumulation_steps
    changes = {
        "name": "trial",
        "dataset_base_path": base,
        "dataset_metadata_path": str(table),
        "dataset_weight": 1.0,
        "more_datasets": [],
        "dataset_repeat": -(-samples // len(clips)),
        "num_epochs": 1,
        "max_steps": STEPS,
        "validation_clips": 0,
        "eval_samples": 1,
        "eval_steps": NEVER,
        "save_steps": NEVER,
        "save_minutes": None,
        "sample_steps": NEVER,
        "sample_minutes": None,
        "sample_prompts": [],
    }
    changed = parse_config(config.model_dump(mode="json") | changes)
    write_atomic(run.config, changed.model_dump_json(indent=2).encode())
    return run


class _TrialLog:
    """Read rank 0's log, and pass it on as the task's progress."""

    def __init__(self, run: RunDir) -> None:
        self._log = LogReader(run.log(1))
        self.steps: list[float] = []
        self.end: events.End | None = None
        self._details: dict[str, object] = {}
        self._shapes: dict[Shape, int] = {}
        self._peak_gb: float | None = None

    def read(self, task: Task) -> None:
        for event in self._log.read():
            match event:
                case events.Phase(phase="plan", item=item):
                    self._shapes = parse_counts(item or "")
                case events.Phase(phase="train"):
                    pass
                case events.Phase(phase=phase, done=done, total=total, item=item):
                    self._details = event.details or self._details
                    task.progress(phase, done or 0, total, item or "")
                case events.Step(step=step, values=values):
                    self.steps.append(values["perf/step_time_s"])
                    self._peak_gb = values.get("perf/peak_memory_gb", self._peak_gb)
                    task.progress("train", step, STEPS)
                case events.End():
                    self.end = event

    def trial(self, ranks: int, clips: int) -> Trial:
        taken = self.steps[LEFT_OUT:]
        typical = statistics.mean(taken) if len(self._shapes) > 1 else statistics.median(taken)
        tenths = statistics.quantiles(taken, n=10)
        cached, caching_s = self._details.get("cached_clips"), self._details.get("cache_s")
        return Trial(
            ts=time.time(),
            seconds_per_step=typical,
            low_s=min(typical, tenths[0]),
            high_s=max(typical, tenths[-1]),
            steps=len(taken),
            ranks=ranks,
            clips=clips,
            samples=format_counts(self._shapes),
            shapes={str(shape): count for shape, count in self._shapes.items()},
            card=str(self._details.get("card", "")),
            cache_s=caching_s / cached if isinstance(caching_s, float) and isinstance(cached, int) else None,
            peak_memory_gb=self._peak_gb,
        )


def _failed(run: RunDir, end: events.End | None) -> Problem:
    if end is not None:
        said = message("trial_failed")
        return Problem(Message(end.code or said.code, end.message or said.message, said.hint))
    words = log_tail(run, 1).splitlines()[-1:]
    return Problem(message("trial_died.words", words=words[0][:300]) if words else message("trial_died"))
