"""Take a run from its inputs to its first step: one function a stage, in the order in which they are called.

All ranks go through all of them: what is collective stays in the same order on each.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from trainer.cache import encode
from trainer.cache.dataloader import LatentDataLoader
from trainer.cache.latent_cache import LatentCache
from trainer.cache.repair import repair
from trainer.checkpointing import resume
from trainer.checkpointing.checkpoint import Checkpoint, Position
from trainer.contract.config import RunConfig
from trainer.contract.messages import message, sentence
from trainer.contract.plan import buckets
from trainer.contract.plan.memory import MemoryPlan, text_encoder_fits
from trainer.contract.plan.run_facts import RunFacts
from trainer.contract.plan.sizes import SIZES
from trainer.data import split
from trainer.data.clip import Clip
from trainer.data.sampler import Sampler
from trainer.distributed import process_group
from trainer.distributed.parallelism import Parallelism
from trainer.distributed.rendezvous import rendezvous
from trainer.evaluation import samples
from trainer.evaluation.loss import choose_samples
from trainer.evaluation.vae_offload import VaeOffload
from trainer.hardware.gpus import check_kernels
from trainer.lora import adapter, starting_file
from trainer.models import ModelSpec, get_model
from trainer.models.wan import pipeline
from trainer.models.wan.lora_module import LoraModule
from trainer.models.wan.pipeline import Pipe
from trainer.optim.optimizer import make_optimizer
from trainer.performance import autotune
from trainer.performance.autotune import Choices
from trainer.preflight.at_start import PHASE
from trainer.telemetry import host_metrics
from trainer.training import notices
from trainer.training.attempt import Attempt, Inputs
from trainer.training.job import Job


@dataclass(frozen=True)
class Devices:
    """Say where a rank computes, in which number formats. `card_bytes`: the smallest card's memory, 0 on the CPU."""

    device: torch.device
    text_device: torch.device
    dtype: torch.dtype
    encoder_dtype: torch.dtype
    card_bytes: int


@dataclass(frozen=True)
class Data:
    """Hold the usable clips, all of them cached, and what reads, repairs and decodes them."""

    clips: list[Clip]
    too_short: int
    """Videos that were left out, for they have fewer frames than their shape."""
    cache: LatentCache
    stage: encode.EncodeStage
    vae: VaeOffload


@dataclass(frozen=True)
class Model:
    """Hold the frozen base with a fresh LoRA in it. `lora`: its parameters, by their names in the DiT."""

    pipe: Pipe
    lora: dict[str, torch.nn.Parameter]
    parallelism: Parallelism


@dataclass(frozen=True)
class Schedule:
    """Lay out which clips each step is of. `clips`: those trained on and after them `held_out` held-out ones."""

    clips: list[Clip]
    held_out: int
    sampler: Sampler
    position: Position
    """Before the first step."""
    checkpoint: Checkpoint | None
    """The one that the run goes on from; the LoRA's weights are already its."""


def devices(attempt: Attempt, config: RunConfig, inputs: Inputs) -> Devices:
    """Bind this rank's device, and check that the run fits into its memory. Raises: Problem."""
    cards, world = inputs.cards, attempt.world
    if not inputs.on_cpu:
        check_kernels(cards, torch.cuda.get_arch_list(), torch.__version__)
    pipeline.work_offline(config)
    pipeline.import_diffsynth(with_deepspeed=Parallelism.of(config, world.size).shards_optimizer)
    device = process_group.bind_device(world)
    dtype = pipeline.base_dtype(config, device)
    encoder_dtype = pipeline.encoder_dtype(dtype)
    if not cards:
        return Devices(device, device, dtype, encoder_dtype, card_bytes=0)
    card_bytes = min(card.memory_bytes for card in cards)
    sizes = SIZES[config.model]
    planned = MemoryPlan.of(config, sizes, dtype.itemsize, world.size)
    planned.check(card_bytes)
    fits = text_encoder_fits(sizes, encoder_dtype.itemsize, card_bytes)
    text_device = device if fits else torch.device("cpu")
    if world.is_main:
        notices.report_cards(attempt.log, cards, planned.describe(card_bytes), device.type, text_device.type)
    return Devices(device, text_device, dtype, encoder_dtype, card_bytes)


def reach_other_ranks(attempt: Attempt, device: torch.device) -> None:
    """Let the ranks reach each other once, before anything else collective. Raises: Problem, Stopped."""
    if attempt.world.size > 1:
        attempt.log.phase(PHASE, item=sentence("run.reaching_ranks"))
        rendezvous(attempt.world, device, attempt.stop.check)


@contextmanager
def watching_host(attempt: Attempt, device: torch.device) -> Iterator[None]:
    """Log the host's metrics from rank 0 while the context lasts."""
    if not attempt.world.is_main:
        yield
        return
    ended = host_metrics.watch_system(attempt.log, has_gpu=device.type == "cuda")
    try:
        yield
    finally:
        ended.set()


def model_spec(config: RunConfig, inputs: Inputs) -> ModelSpec:
    """Look up the model, and check that the LoRA to begin from is one of its. Raises: Problem."""
    spec = get_model(config.model)
    spec.register()
    if inputs.starting_file is not None:
        layers = pipeline.trained_layers(spec, config) or inputs.starting_file.layers
        inputs.starting_file.check_layers(layers)
    return spec


def data(attempt: Attempt, config: RunConfig, inputs: Inputs, spec: ModelSpec, place: Devices) -> Data:
    """Fill the cache with this rank's share and wait for the others'. Raises: Problem, Stopped, OSError."""
    world, log = attempt.world, attempt.log
    name = f"{attempt.run.path.name}/{attempt.number}"
    cache = encode.open_cache(attempt.run.path.parent / ".cache", spec, config, place.encoder_dtype, name)
    stage = encode.EncodeStage(
        config, spec, cache, world, place.device, place.encoder_dtype, log, attempt.stop, text_device=place.text_device
    )
    prompts = samples.encoded_prompts(config, samples.own_prompts(config) or [])
    clips, undecodable = stage.fill(inputs.rows, prompts)
    rejected = inputs.rejected + undecodable
    if world.is_main:
        notices.report_rejected(log, undecodable)
        notices.report_count(log, rejected, len(clips))
        notices.report_cut_captions(log, clips, stage.caption_tokens)
    if not clips:
        raise notices.nothing_left(rejected)
    vae = VaeOffload(spec, config, place.device, place.encoder_dtype, stage.vae)
    too_short = sum(row.code == "clip_too_short" for row in undecodable)
    return Data(clips, too_short, cache, stage, vae)


def model(attempt: Attempt, config: RunConfig, spec: ModelSpec, place: Devices) -> Model:
    """Load the DiT and add a fresh LoRA to it. Raises: Problem."""
    attempt.log.phase("load")
    parallelism = Parallelism.of(config, attempt.world.size)
    first_device = torch.device("cpu") if parallelism.shards_base else place.device
    pipe = pipeline.load_dit(spec, config, first_device, place.dtype)
    return Model(pipe, adapter.inject_lora(pipe.dit, config), parallelism)


def schedule(attempt: Attempt, config: RunConfig, inputs: Inputs, data: Data, model: Model) -> Schedule:
    """Split the clips, lay out the steps, and give the LoRA the weights that it goes on or begins from.

    Raises: Problem.
    """
    world, log = attempt.world, attempt.log
    found = resume.newest_checkpoint(attempt.run, model.lora, world, log) if attempt.may_resume else None
    stays_whole = found is not None and not found.position.held_out and config.validation_clips is None
    trained, held_out = split.split_clips(config, data.clips, stays_whole)
    parts = buckets.parts(Counter((clip.shape, clip.row.dataset) for clip in trained), len(config.datasets))
    clips = [*trained, *held_out]
    sampler = Sampler.of(config, list(parts.values()), world.size)
    sizes = dict(zip(parts, sampler.buckets, strict=True))
    log.phase("plan", item=notices.plan_text(sampler, buckets.format_counts(sizes), len(held_out)))
    if world.is_main:
        videos = sum(not clip.row.is_image for clip in clips)
        facts = RunFacts(config, sampler, tuple(sizes), len(held_out), videos, data.too_short)
        notices.report_settings(log, facts)
    position = Position.of(0, sampler, clips)
    if found is not None:
        resume.check_position(found.position, position, log)
        for name, parameter in model.lora.items():
            parameter.data.copy_(found.lora[name])
    elif (begins_from := inputs.starting_file or starting_file.read_header(config)) is not None:
        adapter.load_starting_weights(begins_from, model.lora)
    return Schedule(clips, len(held_out), sampler, position, found)


def job(
    attempt: Attempt, config: RunConfig, inputs: Inputs, place: Devices, data: Data, model: Model, schedule: Schedule
) -> Job:
    """Connect the ranks, choose what is fastest here, and make the optimizer. Raises: Problem."""
    world, log, sampler, clips = attempt.world, attempt.log, schedule.sampler, schedule.clips
    dataloader = LatentDataLoader(config, data.cache, clips, place.device, place.dtype, partial(repair, data.stage))
    log.phase("load", item=sentence("run.trying"))
    accelerator = process_group.connect(config, world, place.device)
    largest = dataloader.get([number % sampler.buckets[0] for number in range(sampler.batch_size)])
    if model.parallelism.shards_base:
        choices = autotune.shard_base(model.pipe, largest, world)
    else:
        choices = autotune.choose(model.pipe, config, largest)
    log.phase("load", item=choices.text(), details=_machine(inputs, place, data.stage) | choices.details())
    if world.is_main:
        _report_choices(attempt, choices)
    module = LoraModule(model.pipe, model.lora)
    names, warn = list(model.lora), _warning_of_graphs(attempt)
    optimizer = make_optimizer(accelerator, config, world, module, names, choices.graphed, warn)
    if schedule.checkpoint is not None:
        optimizer.load_state(schedule.checkpoint.optimizer)
    evaluated, _ = choose_samples(len(clips) - schedule.held_out, schedule.held_out, config.eval_samples)
    return Job(
        config=config,
        run=attempt.run,
        world=world,
        parallelism=model.parallelism,
        device=place.device,
        log=log,
        stop=attempt.stop,
        accelerator=accelerator,
        pipe=model.pipe,
        lora=model.lora,
        optimizer=optimizer,
        cache=data.cache,
        dataloader=dataloader,
        clips=clips,
        sample_requests=samples.sample_requests(config, [clips[index].row for index in evaluated]),
        vae=data.vae,
        sampler=sampler,
        position=schedule.position,
        resumed_from=schedule.checkpoint.position.step if schedule.checkpoint else None,
    )


def _machine(inputs: Inputs, place: Devices, stage: encode.EncodeStage) -> dict[str, Any]:
    """Describe what the run computes on, for whoever compares it with others."""
    on_card = bool(inputs.cards) and place.device.type == "cuda"
    found: dict[str, Any] = {"base_dtype": _name(place.dtype), "encoder_dtype": _name(place.encoder_dtype)}
    found["card"] = inputs.cards[0].name if on_card else "CPU"
    if inputs.cards:
        found["card_bytes"] = place.card_bytes
    if stage.encoded:
        found |= {"cached_clips": stage.encoded, "cache_s": round(stage.encoding_s, 3)}
    return found


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _report_choices(attempt: Attempt, choices: Choices) -> None:
    if choices.no_float8_because:
        attempt.log.warning(message("no_float8", reason=choices.no_float8_because))
    if choices.uncompiled_because:
        attempt.log.warning(message("not_compiled", reason=choices.uncompiled_because))


def _warning_of_graphs(attempt: Attempt) -> Callable[[str], None]:
    """Make the function that says, for rank 0, why steps are not CUDA graphs after all."""

    def warn(reason: str) -> None:
        if attempt.world.is_main:
            attempt.log.warning(message("not_graphed", reason=reason))

    return warn
