"""Read the header of the LoRA file that a run begins from: DiffSynth's, ComfyUI's or our own, always safetensors.

Its header alone tells the rank and the layers, so a file that does not fit is refused before anything is loaded:

    lora_file_unreadable   missing, no safetensors, or torn
    lora_file_unknown      holds something else than a LoRA's two matrices
    lora_rank_differs      another rank than `lora_rank`
    lora_targets_differ    other layers than `lora_target_modules`
    lora_model_differs     layers of other sizes, or another number of them
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from trainer.contract.config import Problem, RunConfig

FIELD = "lora_checkpoint"
_KEY = re.compile(r"(?:diffusion_model\.)?(?P<layer>.+)\.lora_(?P<matrix>[AB])(?:\.default)?\.weight")
_BLOCK = re.compile(r"^blocks\.\d+\.")

Layers = Mapping[str, tuple[int, int]]
"""By a linear layer's name, how many features it gives and takes."""


@dataclass(frozen=True)
class LoraFile:
    path: Path
    keys: Mapping[tuple[str, str], str]
    """The key in the file of each layer's matrix, "A" or "B"."""
    layers: Layers

    def check_layers(self, wanted: Layers) -> None:
        """Raises: Problem where they are not those of the model that are trained."""
        for layer in sorted(self.layers.keys() & wanted.keys()):
            if self.layers[layer] != wanted[layer]:
                found, right = (" x ".join(map(str, sizes[layer])) for sizes in (self.layers, wanted))
                raise self._of_another_model(f"{layer} is {found} there and {right} in the model")
        missing, unknown = sorted(wanted.keys() - self.layers.keys()), sorted(self.layers.keys() - wanted.keys())
        if missing:
            raise self._of_another_model(f"it lacks {len(missing)} of {len(wanted)} layers, {missing[0]} among them")
        if unknown:
            raise self._of_another_model(f"{len(unknown)} of its layers are not trained here, such as {unknown[0]}")

    def _of_another_model(self, why: str) -> Problem:
        hint = "Begin from a LoRA of the run's model and targets, or leave lora_checkpoint out."
        return Problem("lora_model_differs", f"{self.path.name} is a LoRA of another model: {why}.", hint, FIELD)


def read_header(config: RunConfig) -> LoraFile | None:
    """Read the header of the config's `lora_checkpoint`, and check its rank and targets. Raises: Problem."""
    if config.lora_checkpoint is None:
        return None
    path = Path(config.lora_checkpoint).expanduser()
    shapes = _shapes(path)
    keys: dict[tuple[str, str], str] = {}
    for key in shapes:
        match = _KEY.fullmatch(key)
        if match is None:
            raise _unknown(path, f"holds {key}, which is no LoRA weight")
        keys[match["layer"], match["matrix"]] = key
    layers = sorted({layer for layer, _ in keys})
    alone = [layer for layer in layers if not {(layer, "A"), (layer, "B")} <= keys.keys()]
    if alone or not layers:
        raise _unknown(path, f"has only one matrix for {alone[0]}" if alone else "is empty")
    sizes = {layer: (shapes[keys[layer, "A"]], shapes[keys[layer, "B"]]) for layer in layers}
    for layer, (down, up) in sizes.items():
        if len(down) != 2 or len(up) != 2 or down[0] != up[1]:
            raise _unknown(path, f"has matrices for {layer} that do not go together")
    _check_rank(path, sorted({down[0] for down, _ in sizes.values()}), config.lora_rank)
    _check_targets(path, layers, config.lora_target_modules)
    return LoraFile(path, keys, {layer: (up[0], down[1]) for layer, (down, up) in sizes.items()})


def trained_layers(base_files: list[Path], targets: str) -> Layers:
    """List the layers that `targets` name in the files of a DiT; empty if its files use other names.

    Raises: Problem.
    """
    wanted = targets.split(",")
    return {layer: size for layer, size in linear_layers(base_files).items() if _is_target(layer, wanted)}


def linear_layers(base_files: list[Path]) -> Layers:
    """List all linear layers in the files of a DiT, by their headers. Raises: Problem."""
    layers: dict[str, tuple[int, int]] = {}
    for path in base_files:
        for key, shape in _shapes(path).items():
            layer = key.removesuffix(".weight")
            if layer != key and len(shape) == 2:
                layers[layer] = (shape[0], shape[1])
    return layers


def _check_rank(path: Path, ranks: list[int], wanted: int) -> None:
    if ranks != [wanted]:
        found = " and ".join(map(str, ranks))
        hint = f"Set lora_rank to {found}, or begin from another file." if len(ranks) == 1 else "Choose another file."
        problem = f"{path.name} is a LoRA of rank {found}; the run's lora_rank is {wanted}."
        raise Problem("lora_rank_differs", problem, hint, FIELD)


def _check_targets(path: Path, layers: list[str], targets: str) -> None:
    names = targets.split(",")
    unmatched = [name for name in names if not any(_is_target(layer, [name]) for layer in layers)]
    if unmatched or not all(_is_target(layer, names) for layer in layers):
        found = ",".join(dict.fromkeys(_BLOCK.sub("", layer) for layer in layers))
        problem = f"{path.name} is a LoRA of the layers {found}; the run's lora_target_modules are {targets}."
        raise Problem("lora_targets_differ", problem, "Name the same layers, or begin from another file.", FIELD)


def _is_target(layer: str, targets: list[str]) -> bool:
    """Match a layer's name as PEFT does."""
    return any(layer == target or layer.endswith(f".{target}") for target in targets)


def _shapes(path: Path) -> dict[str, list[int]]:
    """Read the shape of each tensor in a safetensors file, from its header. Raises: Problem."""
    if not path.is_file():
        raise _unreadable(path, "it is a folder" if path.is_dir() else "there is no such file")
    try:
        with safe_open(path, "np") as file:
            return {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118 # no mapping
    except (OSError, SafetensorError) as error:
        raise _unreadable(path, f"it is no whole safetensors file ({error})") from None


def _unreadable(path: Path, why: str) -> Problem:
    return Problem("lora_file_unreadable", f"{path} cannot be read: {why}.", "Check the path and the file.", FIELD)


def _unknown(path: Path, why: str) -> Problem:
    hint = "Begin from a LoRA with lora_A and lora_B matrices, as Loradeck and DiffSynth write it."
    return Problem("lora_file_unknown", f"{path.name} {why}.", hint, FIELD)
