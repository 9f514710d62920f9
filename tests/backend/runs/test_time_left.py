"""The time left against a simulated run of which the truth is known: its log is written with a clock of its own."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.backend import Backend, LogFile, served, write_state
from tests.harness.waiting import until
from trainer.contract import events

TOTAL, EVALS, SAVES, SAMPLES = 2000, 100, 250, 500
CONFIG = {
    "dataset_base_path": "/clips",
    "eval_steps": EVALS,
    "save_steps": SAVES,
    "sample_steps": SAMPLES,
    "sample_prompts": ["a boat"],
}
COSTS = {"eval": 12.0, "save": 3.0, "sample": 60.0}


class Simulation:
    """Writes attempts of a run, and knows at each step how much of its own time is still to come."""

    def __init__(self, folder: Path, step_s: Callable[[int], float]) -> None:
        self.folder, self.step_s, self.noise = folder, step_s, random.Random(7)
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(CONFIG))
        self.now = 1_000_000.0
        self.log: LogFile

    def attempt(self, number: int, first: int, last: int, cached_s: float = 300.0) -> None:
        """Load, cache, compile, and take the steps from `first` to `last`."""
        LogFile(self.folder, attempt=number, rank=-1).header()
        write_state(self.folder, number)
        self.log = LogFile(self.folder, attempt=number, log_id=f"log-{number}")
        self._at(self.log.header)
        self._phase("load", 40.0)
        self._phase("cache", cached_s)
        if first == 1:
            self._pause("eval", 0)
        else:
            self._phase("train", 0.0, done=first - 1, total=TOTAL)
        for step in range(first, last + 1):
            slow_start = 15.0 if step - first < 3 else 0.0
            self.now += self.step_s(step) * self.noise.uniform(0.8, 1.2) + slow_start
            self._at(lambda: self.log.step(step))  # noqa: B023 (called at once)
            for kind, every in (("save", SAVES), ("eval", EVALS), ("sample", SAMPLES)):
                if step % every == 0 or (step == last and kind == "save"):
                    self._pause(kind, step)

    def left_s(self, step: int) -> float:
        """Of steps and pauses alone."""
        steps = sum(self.step_s(later) for later in range(step + 1, TOTAL + 1))
        pauses = sum(
            COSTS[kind] * (TOTAL // every - step // every)
            for kind, every in (("eval", EVALS), ("save", SAVES), ("sample", SAMPLES))
        )
        return steps + pauses

    def _pause(self, kind: str, step: int) -> None:
        twice = 2 if kind == "sample" and step <= SAMPLES else 1  # the base model's, too
        self._phase(kind, COSTS[kind] * twice)
        self._phase("train", 0.0, done=step, total=TOTAL)

    def _phase(self, phase: str, seconds: float, **fields: int) -> None:
        self._at(lambda: self.log.write(events.Phase, phase=phase, **fields))
        self.now += seconds

    def _at(self, write: Callable[[], object]) -> None:
        self.log.ts = self.now - 1.0  # the log adds a second to each
        write()


def expect_error(backend: Backend, simulation: Simulation, step: int, below: float) -> None:
    """Wait for the API's time left to be that near to the truth, as a share of it: once the step's pauses are read."""
    backend.wait_for(simulation.folder.name, step=step, total_steps=TOTAL, state="running")
    truth = simulation.left_s(step)

    def is_near() -> bool:
        run = backend.run(simulation.folder.name)
        return bool(abs(run["seconds_left"] - truth) < below * truth)

    until(is_near, f"an error below {below:.0%}")


@pytest.mark.parametrize("at", [500, 1000, 1500])
def test_the_time_left_is_that_of_steps_and_pauses_to_come(backend: Backend, at: int) -> None:
    simulation = Simulation(backend.folder("simulated"), lambda _: 2.0)
    simulation.attempt(1, 1, at)
    # After one draw of samples only the first is known, which is of twice as many videos.
    expect_error(backend, simulation, at, 0.06 if at == 500 else 0.03)


def test_it_is_near_from_the_first_steps_on(backend: Backend) -> None:
    simulation = Simulation(backend.folder("simulated"), lambda _: 2.0)
    simulation.attempt(1, 1, 20)
    expect_error(backend, simulation, 20, 0.15)


def test_it_is_right_after_a_stop_of_a_day_and_a_resume(backend: Backend) -> None:
    simulation = Simulation(backend.folder("simulated"), lambda _: 2.0)
    simulation.attempt(1, 1, 1010)
    simulation.now += 86_400.0
    simulation.attempt(2, 1001, 1002, cached_s=2.0)
    expect_error(backend, simulation, 1002, 0.04)  # at its second step, both of them slow
    log, now = simulation.log, simulation.now
    for step in range(1003, 1041):
        now += 2.0
        log.ts = now - 1.0
        log.step(step)
    expect_error(backend, simulation, 1040, 0.04)


def test_it_follows_a_card_that_has_become_slower(backend: Backend) -> None:
    simulation = Simulation(backend.folder("simulated"), lambda step: 2.0 if step <= 1250 else 3.0)
    simulation.attempt(1, 1, 1500)
    expect_error(backend, simulation, 1500, 0.04)


def test_a_mix_of_images_and_videos_takes_the_mean_of_both(backend: Backend) -> None:
    order = random.Random(3)
    kinds = [order.choice([0.2, 2.0]) for _ in range(TOTAL + 1)]
    simulation = Simulation(backend.folder("simulated"), lambda step: kinds[step])
    simulation.attempt(1, 1, 1000)
    expect_error(backend, simulation, 1000, 0.15)


def test_a_backend_that_comes_back_says_the_same(tmp_path: Path) -> None:
    with served(tmp_path) as backend:
        simulation = Simulation(backend.folder("simulated"), lambda _: 2.0)
        simulation.attempt(1, 1, 1130)
        before = backend.wait_for("simulated", step=1130, state="running")["seconds_left"]
    with served(tmp_path) as backend:
        simulation.now += 2.0
        simulation.log.ts = simulation.now - 1.0
        simulation.log.step(1131)
        run = backend.wait_for("simulated", step=1131, state="running")
        assert run["seconds_left"] == pytest.approx(before - 2.0, rel=0.01)
