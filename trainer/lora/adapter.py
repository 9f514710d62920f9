"""Put a LoRA into the DiT by PEFT, in fp32 whatever the base's number format; the base stays frozen."""

import difflib
from collections.abc import Sequence

import safetensors.torch
import torch
from torch import nn

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.problem import Problem
from trainer.lora.starting_file import LoraFile

ADAPTER = "default"
"""PEFT's name of the adapter, part of the parameters' names."""


def inject_lora(dit: nn.Module, config: RunConfig) -> dict[str, nn.Parameter]:
    """Add a fresh LoRA of the config's rank to its targets in `dit`, the same on every rank.

    Its parameters come back by their name in `dit`. Alpha equals the rank, as DiffSynth's loader takes for granted.
    Raises: Problem where a target is the name of no layer.
    """
    from peft import LoraConfig, inject_adapter_in_model

    targets = config.lora_target_modules.split(",")
    check_targets([name for name, module in dit.named_modules() if isinstance(module, nn.Linear)], targets)
    torch.manual_seed(config.seed)
    # A set: PEFT takes a lone string for a pattern over the whole name.
    peft_config = LoraConfig(r=config.lora_rank, lora_alpha=config.lora_rank, target_modules=set(targets))
    inject_adapter_in_model(peft_config, dit, adapter_name=ADAPTER)
    lora = {name: parameter for name, parameter in dit.named_parameters() if parameter.requires_grad}
    for parameter in lora.values():
        parameter.data = parameter.data.float()
    return lora


def load_starting_weights(file: LoraFile, lora: dict[str, nn.Parameter]) -> None:
    """Load the weights of a LoRA file. Raises: Problem if they are of other layers."""
    places = {tuple(name.removesuffix(f".{ADAPTER}.weight").rsplit(".lora_", 1)): name for name in lora}
    layers = {layer: (lora[places[layer, "B"]].shape[0], lora[places[layer, "A"]].shape[1]) for layer, _ in places}
    file.check_layers(layers)
    stored = safetensors.torch.load_file(file.path)
    for place, key in file.keys.items():
        lora[places[place]].data.copy_(stored[key])


def check_targets(linears: Sequence[str], targets: Sequence[str]) -> None:
    """Raises: Problem where one of `targets` is the end of no name in `linears`."""
    for target in targets:
        if any(name == target or name.endswith(f".{target}") for name in linears):
            continue
        ends = {".".join(name.split(".")[-count:]) for name in linears for count in (1, 2)}
        ends = {end for end in ends if not end.isdigit()}
        near = difflib.get_close_matches(target, sorted(ends), n=3, cutoff=0.3)
        if near:
            said = message("lora_target_unknown.near", target=target, near=", ".join(near))
        else:
            said = message("lora_target_unknown", target=target)
        raise Problem(said, "lora_target_modules")
