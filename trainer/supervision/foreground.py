"""Run in the foreground of a terminal, under the same shim that an agent uses, with a progress line.

Ctrl-C asks it to stop (it finishes its step and saves), a second one sends SIGTERM, a third one SIGKILL. If this
process dies, the run goes on.
"""

import signal
import subprocess
import time
from pathlib import Path

from trainer.contract import events
from trainer.contract.config import RunConfig, load_config, load_stored_config
from trainer.contract.dataset import DatasetConfig
from trainer.contract.log_reader import LogReader
from trainer.contract.messages import message, sentence
from trainer.contract.plan.time_left import Pace
from trainer.contract.problem import Problem
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import RunDir, StopRequest, new_run_id, write_atomic
from trainer.supervision.launcher import is_alive, launch
from trainer.telemetry.progress import ProgressLine, phase_line, training_line

LOOK_S = 0.25
LOG_LINES = 15
"""Of stdout and stderr, shown after a failure that the trainer itself did not explain."""


def run(config_path: Path, logs_dir: Path) -> int:
    """Make a run folder for the config and train in it. Returns 0 only if it succeeded. Raises: Problem."""
    config = absolute_paths(load_config(config_path), Path.cwd())
    folder = RunDir(logs_dir.resolve() / new_run_id(config.name))
    folder.path.mkdir(parents=True)
    write_atomic(folder.config, config.model_dump_json(indent=2).encode())
    return watch(folder, 1)


def resume(path: Path) -> int:
    """Go on with the run in the folder `path` from its newest checkpoint. Returns and raises as `run`."""
    folder = RunDir(path.resolve())
    if not folder.config.is_file():
        raise Problem(message("not_a_run", path=path))
    load_stored_config(folder.config)
    if is_alive(folder):
        raise Problem(message("run_alive", run=folder.run_id))
    attempts = folder.attempts()
    if attempts and (end := last_end(folder, attempts[-1])) and end.reason == "succeeded":
        raise Problem(message("run_succeeded", run=folder.run_id))
    return watch(folder, max(attempts, default=0) + 1)


def absolute_paths(config: RunConfig, base: Path) -> RunConfig:
    """Resolve the relative paths of `config` from `base`, so that it means the same wherever the trainer runs."""

    def absolute(path: str) -> str:
        return str(base / Path(path).expanduser())

    def of(dataset: DatasetConfig) -> DatasetConfig:
        update = {"dataset_base_path": absolute(dataset.dataset_base_path)}
        if dataset.dataset_metadata_path is not None:
            update["dataset_metadata_path"] = absolute(dataset.dataset_metadata_path)
        return dataset.model_copy(update=update)

    update: dict[str, object] = {}
    for name in ("tokenizer_path", "lora_checkpoint"):
        if (value := getattr(config, name)) is not None:
            update[name] = absolute(value)
    if config.model_paths is not None:
        update["model_paths"] = tuple(map(absolute, config.model_paths))
    return config.with_datasets(map(of, config.datasets)).model_copy(update=update)


def watch(run: RunDir, attempt: int) -> int:
    """Launch the attempt and stay with it until it has ended."""
    signals = {signal.SIGINT, signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)  # they wait for sigtimedwait; the shim sets its own mask
    shim = launch(run, attempt)
    print(f"{run.path}\n{sentence('foreground.begun')}", flush=True)
    line = ProgressLine()
    progress = Progress(run, attempt)
    asked = 0
    while shim.poll() is None:
        for said in progress.read():
            line.say(said)
        if progress.line:
            line.show(progress.line)
        received = signal.sigtimedwait(signals, LOOK_S)
        if received is not None and received.si_signo != signal.SIGCHLD:
            asked += 1
            line.say(ask_to_stop(run, attempt, shim, asked))
    for said in progress.read():
        line.say(said)
    succeeded, said = outcome(run, attempt)
    line.say(said)
    return 0 if succeeded else 1


def ask_to_stop(run: RunDir, attempt: int, shim: subprocess.Popen[bytes], asked: int) -> str:
    """Ask the run to stop for the `asked`-th time, harder each time. Returns what to tell the person."""
    if asked == 1:
        try:
            run.write_stop(StopRequest(attempt=attempt, requested_at=time.time()))
            return sentence("foreground.stopping")
        except OSError as error:  # a signal needs no disk, and the trainer saves at SIGTERM, too
            shim.send_signal(signal.SIGTERM)
            return sentence("foreground.stopping_by_signal", reason=error.strerror or error)
    shim.send_signal(signal.SIGTERM)  # the shim passes the first one on and kills at the second
    return sentence("foreground.sigterm_sent" if asked == 2 else "foreground.killing")


def outcome(run: RunDir, attempt: int) -> tuple[bool, str]:
    """Tell whether the attempt, which is over, succeeded, and say it in a sentence."""
    exit = run.read_exit()
    end = last_end(run, attempt)
    if exit is None or exit.attempt != attempt:
        return False, f"{sentence('foreground.no_exit')}\n{log_tail(run, attempt)}"
    if end is not None:
        return end.reason == "succeeded", _told(end)
    if exit.stop_requested:
        return False, sentence("foreground.killed_to_stop" if exit.killed else "foreground.stopped")
    if (theirs := failure_of_others(run, attempt)) is not None:
        return False, sentence("foreground.failed_on_rank", why=theirs.message)
    if exit.signal is not None:
        failed = sentence("foreground.failed_signal", signal=exit.signal)
    else:
        failed = sentence("foreground.failed_code", code=exit.exit_code)
    return False, f"{failed}\n{log_tail(run, attempt)}"


def _told(end: events.End) -> str:
    ended = sentence(f"end_reason.{end.reason}")
    if end.step is None:
        if end.message:
            return sentence("foreground.ended_why", ended=ended, why=end.message)
        return sentence("foreground.ended", ended=ended)
    if end.message:
        return sentence("foreground.ended_at_why", ended=ended, step=end.step, why=end.message)
    return sentence("foreground.ended_at", ended=ended, step=end.step)


def log_tail(run: RunDir, attempt: int) -> str:
    try:
        text = run.text_log(attempt).read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-LOG_LINES:])


def last_end(run: RunDir, attempt: int) -> events.End | None:
    found = None
    for event in LogReader(run.log(attempt)).read():
        if isinstance(event, events.End):
            found = event
    return found


class Progress:
    """Turn the events of rank 0 and the shim into a progress line and sentences worth a line of their own."""

    def __init__(self, run: RunDir, attempt: int) -> None:
        self.line = ""
        self._logs = [LogReader(run.log(attempt, -1)), LogReader(run.log(attempt))]  # what rank 0 says is the later
        self._total: int | None = None
        self._step = 0
        self._pace = Pace()
        try:
            self._config: RunConfig | None = load_stored_config(run.config)
        except Problem:  # the run itself says so
            self._config = None

    def read(self) -> list[str]:
        sentences = []
        for event in (event for log in self._logs for event in log.read()):
            if isinstance(event, events.Phase):
                self._pace.phase(event.ts, event.phase, self._step)
            match event:
                case events.Phase(phase="train", total=total):
                    self._total = total
                case events.Phase(phase=phase, done=done, total=total, item=item):
                    self.line = phase_line(phase, done, total, item)
                case events.Step():
                    self._pace.add(event.ts)
                    self._step = event.step
                    self.line = self._training(event)
                case events.Eval(step=step, values=values) if "eval/loss" in values:
                    sentences.append(sentence("foreground.eval", step=step, loss=values["eval/loss"]))
                case events.Checkpoint(step=step, path=path):
                    sentences.append(sentence("foreground.saved", step=step, path=path))
                case events.Warning(message=said) | events.Stall(message=said):
                    sentences.append(said)
        return sentences

    def _training(self, step: events.Step) -> str:
        left = self._pace.left_s(self._config, step.step, self._total) if self._total is not None else None
        loss, pace = step.values.get("train/loss"), self._pace.seconds_per_step
        return training_line(step.step, self._total, loss, pace, left)
