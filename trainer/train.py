"""Run one rank: `python -m trainer.train RUN_DIR ATTEMPT`. Load, cache, train, sample; every end is logged.

Exit codes: 0 when the run succeeded or was stopped, 1 when it failed, 2 for a wrong command line. One of several
ranks that is stopped before the first step leaves with 1, so that torchrun ends those that wait for it.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from trainer.contract.config import RunConfig, load_stored_config
from trainer.contract.messages import Message, sentence
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import RunDir
from trainer.distributed.world import World
from trainer.supervision.stop import Stopped, StopWatch
from trainer.telemetry.step_log import StepLog
from trainer.training.attempt import Attempt, read_inputs, start_checks
from trainer.training.failure import explain


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m trainer.train", description="One rank of one attempt of a run.")
    parser.add_argument("run_dir", type=Path, help="the run's folder, with its config.json")
    parser.add_argument("attempt", type=int, help="from 1; a later one resumes from the newest checkpoint")
    args = parser.parse_args(argv)
    # OpenMP's threads spin while they wait for each other: ten times slower where anything else wants the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch is imported
    run, number, world = RunDir(args.run_dir.resolve()), args.attempt, World.from_environment()
    stop = StopWatch(run, number)
    stop.catch_signals()
    path = run.log(number, world.rank)
    try:
        log = StepLog.open(path, run_id=run.run_id, attempt=number, rank=world.rank, world_size=world.size)
    except OSError as error:
        print(sentence("run.log_refused", path=path, reason=error.strerror), file=sys.stderr)
        return 1
    with log:
        if world.is_main:
            stop.warn = log.warning
        return _run_to_its_end(Attempt(run, number, world, log, stop))


def _run_to_its_end(attempt: Attempt) -> int:
    """Run the attempt and log how it ended. Returns the exit code."""
    run, number, world, log = attempt.run, attempt.number, attempt.world, attempt.log
    log.phase("load")
    try:
        step, last = _train(attempt, load_stored_config(run.config))
    except Stopped:
        theirs = failure_of_others(run, number) if world.is_main else None
        if theirs is not None:  # torchrun sends SIGTERM to the others when one fails
            log.end("failed", Message(theirs.code, theirs.message))
            return 1
        log.end("stopped", Message("", sentence("run.stopped_before")))
        return 0 if world.size == 1 else 1
    except BaseException as error:
        log.end("failed", explain(error, run, number, world))
        return 1
    if step < last:
        log.end("stopped", Message("", sentence("run.stopped_at", step=step, last=last)), step=step)
    else:
        log.end("succeeded", step=step)
    return 0


def _train(attempt: Attempt, config: RunConfig) -> tuple[int, int]:
    """Go through the stages of a run. Returns the step that it ended on and the last one planned.

    Raises: Problem, Stopped, and what torch raises.
    """
    found = read_inputs(attempt, config)
    with ExitStack() as ending:
        checks = start_checks(attempt, config, found)
        if checks is not None:
            ending.callback(checks.close)
        # Only here, for they import torch, which takes seconds: a wrong path has been told by now.
        from trainer.training import loop, setup

        place = setup.devices(attempt, config, found)
        if checks is not None:
            checks.finish()
        setup.reach_other_ranks(attempt, place.device)
        ending.enter_context(setup.watching_host(attempt, place.device))
        spec = setup.model_spec(config, found)
        data = setup.data(attempt, config, found, spec, place)
        model = setup.model(attempt, config, spec, place)
        schedule = setup.schedule(attempt, config, found, data, model)
        job = setup.job(attempt, config, found, place, data, model, schedule)
        step = loop.train(job)
        # Not where it failed: the others would know before this rank's log says why.
        job.accelerator.end_training()
        return step, job.sampler.total_steps


if __name__ == "__main__":
    sys.exit(main())
