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

from trainer.contract.config import RunConfig
from trainer.contract.messages import message
from trainer.contract.problem import Problem

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
        name = self.path.name
        for layer in sorted(self.layers.keys() & wanted.keys()):
            if self.layers[layer] != wanted[layer]:
                found, right = (" x ".join(map(str, sizes[layer])) for sizes in (self.layers, wanted))
                said = message("lora_model_differs.size", file=name, layer=layer, found=found, wanted=right)
                raise Problem(said, FIELD)
        missing, unknown = sorted(wanted.keys() - self.layers.keys()), sorted(self.layers.keys() - wanted.keys())
        if missing:
            count, layers = len(missing), len(wanted)
            said = message("lora_model_differs.missing", file=name, missing=count, layers=layers, layer=missing[0])
            raise Problem(said, FIELD)
        if unknown:
            said = message("lora_model_differs.unknown", file=name, unknown=len(unknown), layer=unknown[0])
            raise Problem(said, FIELD)


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
            raise Problem(message("lora_file_unknown.key", file=path.name, key=key), FIELD)
        keys[match["layer"], match["matrix"]] = key
    layers = sorted({layer for layer, _ in keys})
    alone = [layer for layer in layers if not {(layer, "A"), (layer, "B")} <= keys.keys()]
    if not layers:
        raise Problem(message("lora_file_unknown.empty", file=path.name), FIELD)
    if alone:
        raise Problem(message("lora_file_unknown.one_matrix", file=path.name, layer=alone[0]), FIELD)
    sizes = {layer: (shapes[keys[layer, "A"]], shapes[keys[layer, "B"]]) for layer in layers}
    for layer, (down, up) in sizes.items():
        if len(down) != 2 or len(up) != 2 or down[0] != up[1]:
            raise Problem(message("lora_file_unknown.sizes", file=path.name, layer=layer), FIELD)
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
        said = message(
            "lora_rank_differs" if len(ranks) == 1 else "lora_rank_differs.several",
            file=path.name,
            found=found,
            wanted=wanted,
        )
        raise Problem(said, FIELD)


def _check_targets(path: Path, layers: list[str], targets: str) -> None:
    names = targets.split(",")
    unmatched = [name for name in names if not any(_is_target(layer, [name]) for layer in layers)]
    if unmatched or not all(_is_target(layer, names) for layer in layers):
        found = ",".join(dict.fromkeys(_BLOCK.sub("", layer) for layer in layers))
        raise Problem(message("lora_targets_differ", file=path.name, found=found, wanted=targets), FIELD)


def _is_target(layer: str, targets: list[str]) -> bool:
    """Match a layer's name as PEFT does."""
    return any(layer == target or layer.endswith(f".{target}") for target in targets)


def _shapes(path: Path) -> dict[str, list[int]]:
    """Read the shape of each tensor in a safetensors file, from its header. Raises: Problem."""
    if not path.is_file():
        if path.is_dir():
            raise Problem(message("lora_file_unreadable.folder", path=path), FIELD)
        raise Problem(message("lora_file_unreadable.missing", path=path), FIELD)
    try:
        with safe_open(path, "np") as file:
            return {key: file.get_slice(key).get_shape() for key in file.keys()}  # noqa: SIM118 # no mapping
    except (OSError, SafetensorError) as error:
        raise Problem(message("lora_file_unreadable.torn", path=path, error=error), FIELD) from None
