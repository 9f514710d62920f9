"""Check the base model's files by their headers, without loading or fetching anything."""

import glob
import os
import re
from pathlib import Path
from typing import Any

from trainer.contract.config import RunConfig
from trainer.contract.messages import message, sentence
from trainer.contract.plan.sizes import SIZES
from trainer.models import get_model
from trainer.models.registry import DIT, PARTS, TEXT_ENCODER, VAE, fetched_folder, part_name, tokenizer_folder
from trainer.preflight.checks import CheckContext, Finding, ok, warning

_SHARD = re.compile(r"-\d+-of-(?P<of>\d+)\.safetensors$")


def base(context: CheckContext) -> Finding:
    """Raises: Problem where a file is missing or is something else."""
    spec = get_model(context.config.model)
    spec.register()
    context.at(sentence("doing.model_headers"))
    configs = [*spec.dit_configs(context.config), *spec.encoder_configs(context.config)]
    parts = dict(zip((DIT, TEXT_ENCODER, VAE), configs, strict=True))
    missing = {part: config for part, config in parts.items() if not _files(config)}
    if not missing:
        size = sum(file.stat().st_size for config in configs for file in _files(config))
        return ok(message("check.base", model=spec.name, parts=", ".join(map(part_name, PARTS)), size_gb=size / 1e9))
    sizes = SIZES[spec.name]
    numbers = {DIT: sizes.dit, TEXT_ENCODER: sizes.text_encoder, VAE: sizes.vae}
    where = ", ".join(dict.fromkeys(config.model_id for config in missing.values()))
    said = message(
        "check.base_to_fetch",
        parts=", ".join(map(part_name, missing)),
        size_gb=sum(numbers[part] * 2 for part in missing) / 1e9,
        repositories=where,
        source=next(iter(missing.values())).parse_download_source(),
    )
    return warning(said, missing=list(missing))


def lora_targets(context: CheckContext) -> Finding:
    """Count the layers of the DiT's files that the targets name. Raises: Problem if one names none."""
    from trainer.lora.adapter import check_targets
    from trainer.lora.starting_file import linear_layers, read_header, trained_layers

    spec, config = get_model(context.config.model), context.config
    files = [file for part in spec.dit_configs(config) for file in _files(part)]
    if not files:
        return ok(message("check.targets_unknown"))
    context.at(sentence("doing.headers", file=files[0].name))
    linears = list(linear_layers(files))
    if not any(name.endswith("self_attn.q") for name in linears):
        return ok(message("check.targets_of_other_names"))
    check_targets(linears, config.lora_target_modules.split(","))
    layers = trained_layers(files, config.lora_target_modules)
    if (begun_from := read_header(config)) is not None:
        begun_from.check_layers(layers)
    said = message("check.targets", layers=len(layers), targets=config.lora_target_modules)
    return ok(said, layers=len(layers))


def tokenizer(context: CheckContext) -> Finding:
    """Raises: Problem where its folder is none."""
    spec = get_model(context.config.model)
    config = spec.tokenizer_config(context.config)
    folder = tokenizer_folder(config)
    if folder is None:
        return warning(message("check.tokenizer_to_fetch", model_id=config.model_id))
    context.at(sentence("doing.tokenizer", folder=folder))
    from diffsynth.models.wan_video_text_encoder import HuggingfaceTokenizer

    made = HuggingfaceTokenizer(str(folder), seq_len=512, clean="whitespace")  # as DiffSynth's pipeline has it
    return ok(message("check.tokenizer", tokens=made.vocab_size, folder=folder))


def is_here(config: RunConfig, part: str) -> bool:
    """Tell whether a part's files, and for the text encoder the tokenizer's, are on this machine. Raises: Problem."""
    spec = get_model(config.model)
    if part == DIT:
        return all(map(_files, spec.dit_configs(config)))
    text_encoder, vae = spec.encoder_configs(config)
    if part == VAE:
        return bool(_files(vae))
    return bool(_files(text_encoder)) and tokenizer_folder(spec.tokenizer_config(config)) is not None


def _files(config: Any) -> list[Path]:
    """List the files of a part on this machine, looking where DiffSynth puts those it fetches. Empty if some shards are
    missing, as after a download that was cut short.
    """
    if config.path is not None:
        return [Path(path) for path in (config.path if isinstance(config.path, list) else [config.path])]
    files = [Path(path) for path in glob.glob(os.path.join(fetched_folder(config), config.origin_file_pattern))]
    shards = [int(match["of"]) for file in files if (match := _SHARD.search(file.name))]
    return files if not shards or len(files) == max(shards) else []
