"""The entry of one rank: `python -m trainer.train RUN_DIR ATTEMPT`. Load, cache, train, sample; every end is logged.

Exit codes: 0 when the run succeeded or was stopped, 1 when it failed, 2 for a wrong command line. One of several
ranks that is stopped before the first step leaves with 1, so that torchrun ends those that wait for it.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from trainer.contract.config import RunConfig, load_config
from trainer.contract.plan import buckets
from trainer.contract.plan.memory import MemoryPlan, text_encoder_fits
from trainer.contract.plan.sizes import SIZES
from trainer.contract.rank_failures import failure_of_others
from trainer.contract.rundir import RunDir
from trainer.data.metadata import read_rows
from trainer.data.sampler import Plan
from trainer.distributed.world import World
from trainer.hardware.gpus import Card, check_count, check_kernels, visible_cards
from trainer.lora import starting_file
from trainer.preflight.at_start import PHASE, Opening
from trainer.supervision.stop import Stopped, StopWatch
from trainer.telemetry.step_log import StepLog
from trainer.training import notices
from trainer.training.failure import explain


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m trainer.train", description="One rank of one attempt of a run.")
    parser.add_argument("run_dir", type=Path, help="the run's folder, with its config.json")
    parser.add_argument("attempt", type=int, help="from 1; a later one resumes from the newest checkpoint")
    args = parser.parse_args(argv)
    # OpenMP's threads spin while they wait for each other: ten times slower where anything else wants the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read once, when torch is imported
    run, attempt, world = RunDir(args.run_dir.resolve()), args.attempt, World.from_environment()
    stop = StopWatch(run, attempt)
    stop.catch_signals()
    path = run.log(attempt, world.rank)
    try:
        log = StepLog.open(path, run_id=run.run_id, attempt=attempt, rank=world.rank, world_size=world.size)
    except OSError as error:
        print(f"The log {path} cannot be begun: {error.strerror}.", file=sys.stderr)
        return 1
    with log:
        return _run_to_its_end(run, attempt, world, log, stop)


def _run_to_its_end(run: RunDir, attempt: int, world: World, log: StepLog, stop: StopWatch) -> int:
    """Run the attempt and log how it ended. The exit code."""
    log.phase("load")
    try:
        with ExitStack() as ending:
            step, last = _run(load_config(run.config), run, attempt, world, log, stop, ending)
    except Stopped:
        theirs = failure_of_others(run, attempt) if world.is_main else None
        if theirs is not None:  # torchrun sends SIGTERM to the others when one fails
            log.end("failed", code=theirs.code, message=theirs.message)
            return 1
        log.end("stopped", message="It was stopped before its first step.")
        return 0 if world.size == 1 else 1
    except BaseException as error:
        failure = explain(error, run, attempt, world)
        log.end("failed", code=failure.code, message=failure.message)
        return 1
    if step < last:
        log.end("stopped", step=step, message=f"It was stopped at step {step} of {last}.")
    else:
        log.end("succeeded", step=step)
    return 0


def _run(
    config: RunConfig, run: RunDir, attempt: int, world: World, log: StepLog, stop: StopWatch, ending: ExitStack
) -> tuple[int, int]:
    """The step that the attempt ended on, and the last one planned. `ending` is closed by the caller.

    Raises: Problem, Stopped, and what torch raises.
    """
    on_cpu = os.environ.get("ACCELERATE_USE_CPU") == "true"
    cards = [] if on_cpu else visible_cards()
    ranks_here = int(os.environ.get("LOCAL_WORLD_SIZE", config.num_processes or 1))
    check_count(ranks_here, cards)
    cards = cards[:ranks_here]
    rows, rejected = read_rows(config)  # before torch: a wrong path is told at once
    has_checkpoint = any(run.checkpoints.glob("step-*"))
    begun_from = None if has_checkpoint else starting_file.read_header(config)
    if world.is_main:
        notices.report_rejected(log, rejected)
        # What the LoRA began from may be gone once it has a checkpoint of its own.
        opened = config.model_copy(update={"lora_checkpoint": None}) if has_checkpoint else config
        opening = Opening(opened, run.path.parent, log, on_cpu, attempt > 1)
        ending.callback(opening.close)
    import torch

    from trainer.cache import encode
    from trainer.cache.dataloader import Feed
    from trainer.cache.latent_cache import LatentCache
    from trainer.cache.repair import mend
    from trainer.checkpointing import resume
    from trainer.checkpointing.checkpoint import Position
    from trainer.data import split
    from trainer.distributed import process_group, rendezvous
    from trainer.evaluation import samples
    from trainer.evaluation.loss import chosen
    from trainer.evaluation.vae_offload import VaeShelf
    from trainer.lora import adapter
    from trainer.models import get_model
    from trainer.models.wan import pipeline
    from trainer.models.wan.lora_module import LoraModule
    from trainer.optim import optimizer
    from trainer.performance import autotune
    from trainer.telemetry import host_metrics
    from trainer.training import loop
    from trainer.training.job import Job

    if not on_cpu:
        check_kernels(cards, torch.cuda.get_arch_list(), torch.__version__)
    pipeline.work_offline(config)
    pipeline.import_diffsynth(with_deepspeed=process_group.uses_zero(config, world))
    device = process_group.bind_device(world)
    dtype = pipeline.base_dtype(config, device)
    encoder_dtype = pipeline.encoder_dtype(dtype)
    text_device = device
    if cards:
        card_bytes = min(card.memory_bytes for card in cards)
        model_sizes = SIZES[config.model]
        planned = MemoryPlan.of(config, model_sizes, dtype.itemsize, world.size)
        planned.check(card_bytes)
        if not text_encoder_fits(model_sizes, encoder_dtype.itemsize, card_bytes):
            text_device = torch.device("cpu")
        if world.is_main:
            notices.report_cards(log, cards, planned.told(card_bytes), device.type, text_device.type)
    if world.is_main:
        opening.finish()
    if world.size > 1:
        log.phase(PHASE, item="reaching the other ranks")
        rendezvous.meet(world, device, stop.check)
    ended = host_metrics.watch_system(log, has_gpu=device.type == "cuda") if world.is_main else None
    try:
        spec = get_model(config.model)
        spec.register()

        if begun_from is not None:
            begun_from.check_layers(pipeline.trained_layers(spec, config) or begun_from.layers)
        encoder_files = encode.encoder_files(spec, config)
        cache = LatentCache.of(run.path.parent / ".cache", config.model, encoder_files, encoder_dtype)
        stage = encode.Caching(config, spec, cache, world, device, encoder_dtype, log, stop, text_device=text_device)
        prompts = samples.encoded_prompts(config, list(config.sample_prompts or ()))
        clips, undecodable = stage.fill(rows, prompts)
        rejected += undecodable
        if world.is_main:
            notices.report_rejected(log, undecodable)
            notices.report_count(log, rejected, len(clips))
        if not clips:
            raise notices.nothing_left(rejected)
        vae = VaeShelf(spec, config, device, encoder_dtype, stage.vae)

        log.phase("load")
        shares_base = process_group.shares_base(config, world)
        pipe = pipeline.load_dit(spec, config, torch.device("cpu") if shares_base else device, dtype)
        parameters = adapter.inject_lora(pipe.dit, config)
        found = resume.newest_checkpoint(run, list(parameters), world, log) if attempt > 1 else None
        stays_whole = found is not None and not found.position.held_out and config.validation_clips is None
        trained, held_out = split.sides(config, clips, stays_whole)
        sizes, clips = buckets.sizes(clip.shape for clip in trained), [*trained, *held_out]
        plan = Plan.of(config, list(sizes.values()), world.size)
        log.phase("plan", item=notices.plan_text(plan, buckets.told(sizes), len(held_out)))
        if world.is_main:
            notices.report_small(log, plan, [str(shape) for shape in sizes])
        if found is not None:
            resume.check_position(found.position, Position.of(found.position.step, plan, clips), log)
            for name, parameter in parameters.items():
                parameter.data.copy_(found.lora[name])
        elif (begun_from := begun_from or starting_file.read_header(config)) is not None:
            adapter.begin_from(begun_from, parameters)
        feed = Feed(config, cache, clips, device, dtype, partial(mend, stage))
        log.phase("load", item="trying what is fastest here")
        largest = [number % plan.buckets[0] for number in range(plan.batch_size)]
        accelerator = process_group.connect(config, world, device)
        if shares_base:
            choices = autotune.share_out(pipe, feed.get(largest), world)
        else:
            choices = autotune.choose(pipe, config, feed.get(largest))
        machine: dict[str, Any] = {"base_dtype": _name(dtype), "encoder_dtype": _name(encoder_dtype)}
        machine["card"] = _card(cards, device.type)
        if cards:
            machine["card_bytes"] = card_bytes
        if stage.encoded:
            machine |= {"cached_clips": stage.encoded, "cache_s": round(stage.encoding_s, 3)}
        log.phase("load", item=choices.told(), details=machine | choices.details())
        if choices.no_float8_because and world.is_main:
            message = f"Float8 products cannot be had here: {choices.no_float8_because}. The base is computed without."
            log.warning("no_float8", message)
        if choices.uncompiled_because and world.is_main:
            message = f"The model's blocks could not be compiled ({choices.uncompiled_because}). Steps take longer so."
            log.warning("not_compiled", f"{message} Most often a C compiler or the headers of Python are missing.")
        module = LoraModule(pipe, parameters)

        def tell(reason: str) -> None:
            if world.is_main:
                message = f"A step could not be recorded as a CUDA graph ({reason}). It is computed without."
                log.warning("not_graphed", message)

        steps = optimizer.make_stepper(accelerator, config, world, module, list(parameters), choices.graphed, tell)
        if found is not None:
            steps.load_state(found.optimizer)

        evaluated, _ = chosen(len(trained), len(held_out), config.eval_samples)
        job = Job(
            config=config,
            run=run,
            world=world,
            device=device,
            dtype=dtype,
            log=log,
            stop=stop,
            accelerator=accelerator,
            pipe=pipe,
            lora=parameters,
            stepper=steps,
            cache=cache,
            feed=feed,
            clips=clips,
            shots=samples.shots(config, [clips[index].row for index in evaluated]),
            vae=vae,
            plan=plan,
            resumed_from=found.position.step if found else None,
        )
        step = loop.train(job)
        accelerator.end_training()  # not where it failed: the others would know before this rank's log says why
        return step, plan.total_steps
    finally:
        if ended is not None:
            ended.set()


def _name(dtype: object) -> str:
    return str(dtype).removeprefix("torch.")


def _card(cards: list[Card], device: str) -> str:
    """What the run computes on, for whoever compares it with others."""
    return cards[0].name if cards and device == "cuda" else "CPU"


if __name__ == "__main__":
    sys.exit(main())
