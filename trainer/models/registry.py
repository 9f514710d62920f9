"""List the models and where the files of each come from. Only the entries of `MODELS` tell them apart.

DiffSynth tells what a model file is by a hash over the names and shapes of its tensors, looked up in its
`MODEL_CONFIGS`. It knows the files of Wan's own models; `ModelSpec.register` teaches it those of tiny-wan.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trainer.contract.config import RunConfig
from trainer.contract.families import FAMILIES
from trainer.contract.messages import message, sentence
from trainer.contract.problem import Problem

from . import tiny_wan

DIT, TEXT_ENCODER, VAE = "wan_video_dit", "wan_video_text_encoder", "wan_video_vae"
PARTS = (DIT, TEXT_ENCODER, VAE)
"""As DiffSynth calls them."""
_SHARD = re.compile(r"-\d+-of-\d+(?=\.safetensors$)")


@dataclass(frozen=True)
class Source:
    """Locate a part if the config names no files: a shipped path, or a repository that DiffSynth fetches from."""

    path: Path | None = None
    model_id: str | None = None
    pattern: str | None = None

    def as_config(self) -> Any:
        """Make DiffSynth's ModelConfig of it. Raises: Problem if a shipped file is missing."""
        from diffsynth.core import ModelConfig

        if self.path is None:
            return ModelConfig(model_id=self.model_id, origin_file_pattern=self.pattern)
        if not self.path.exists():
            raise Problem(message("model_file_missing.shipped", path=self.path), "model")
        return ModelConfig(path=str(self.path))


@dataclass(frozen=True)
class ModelSpec:
    """Describe one model: DiffSynth's names and sizes of its parts, and the sources of their files."""

    name: str
    sources: Mapping[str, Source]
    """By part, as DiffSynth calls it (`model_name`)."""
    tokenizer: Source
    hashes: Mapping[str, str]
    """DiffSynth's hash of a known file of each part: others are of the model where DiffSynth loads them alike."""
    entries: tuple[dict[str, Any], ...] = ()
    """What DiffSynth's `MODEL_CONFIGS` lacks to recognise the files."""

    def register(self) -> None:
        """Make DiffSynth recognise the model's files. Doing it twice does no harm."""
        from diffsynth.configs import MODEL_CONFIGS

        known = {(entry["model_hash"], entry["model_name"]) for entry in MODEL_CONFIGS}
        MODEL_CONFIGS.extend(e for e in self.entries if (e["model_hash"], e["model_name"]) not in known)

    def dit_configs(self, config: RunConfig) -> list[Any]:
        """Make DiffSynth's ModelConfigs of the DiT. Raises: Problem if a file is missing or is something else."""
        return self._configs(config, (DIT,))

    def encoder_configs(self, config: RunConfig) -> list[Any]:
        """Make those of the text encoder and the VAE. Raises: Problem as above."""
        return self._configs(config, (TEXT_ENCODER, VAE))

    def tokenizer_config(self, config: RunConfig) -> Any:
        """Make that of the tokenizer's folder. Raises: Problem if the config names a folder that is not one."""
        if config.tokenizer_path is None:
            return self.tokenizer.as_config()
        folder = Path(config.tokenizer_path).expanduser()
        if not (folder / "tokenizer_config.json").is_file():
            raise Problem(message("tokenizer_missing", folder=folder), "tokenizer_path")
        return Source(path=folder).as_config()

    def is_of(self, entry: Mapping[str, Any]) -> bool:
        """Tell whether the files of an entry of DiffSynth's `MODEL_CONFIGS` are a part of this model."""
        from diffsynth.configs import MODEL_CONFIGS

        known = self.hashes.get(entry["model_name"])
        return any(_made_like(entry) == _made_like(own) for own in MODEL_CONFIGS if own["model_hash"] == known)

    def _configs(self, config: RunConfig, parts: tuple[str, ...]) -> list[Any]:
        self.register()
        if config.model_paths is None:
            return [self.sources[part].as_config() for part in parts]
        found = _recognise(config.model_paths, self)
        for part in parts:
            if part not in found:
                raise Problem(message("model_file_missing.part", part=part_name(part)), "model_paths")
        return [found[part] for part in parts]


def get_model(name: str) -> ModelSpec:
    """Return the model called `name`. Raises: Problem if there is none."""
    if name not in MODELS:
        raise Problem(message("unknown_model", model=name, models=", ".join(MODELS)), "model")
    return MODELS[name]


def fetched_folder(config: Any) -> Path:
    """Return where DiffSynth puts what it fetches for a ModelConfig that names no path."""
    config.reset_local_model_path()
    return Path(str(config.local_model_path), str(config.model_id))


def tokenizer_folder(config: Any) -> Path | None:
    """Return the folder of a tokenizer's ModelConfig; None if it is not on this machine."""
    if config.path is not None:
        return Path(config.path)
    folder = fetched_folder(config) / config.origin_file_pattern
    return folder if (folder / "tokenizer_config.json").is_file() else None


def part_name(part: str) -> str:
    """Name a part for people."""
    return sentence(f"part.{part if part in PARTS else 'other'}")


def _made_like(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what decides how DiffSynth makes the part: its name, its class and its sizes."""
    return entry["model_name"], entry["model_class"], entry.get("extra_kwargs", {})


def _recognise(paths: tuple[str, ...], spec: ModelSpec) -> dict[str, Any]:
    """Make the ModelConfig of each part of `spec` from local files; shards of a part go together. Raises: Problem."""
    from diffsynth.configs import MODEL_CONFIGS
    from diffsynth.core import ModelConfig
    from diffsynth.core.loader.file import hash_model_file
    from safetensors import SafetensorError

    groups: dict[str, list[str]] = {}
    for index, given in enumerate(paths):
        path, field = Path(given).expanduser(), f"model_paths.{index}"
        if not path.is_file():
            raise Problem(message("model_file_missing.given", path=path), field)
        if path.suffix != ".safetensors":
            raise Problem(message("model_file_unsafe", file=path.name), field)
        groups.setdefault(_SHARD.sub("", str(path)), []).append(str(path))
    found = {}
    for files in groups.values():
        try:
            model_hash = hash_model_file(sorted(files))
        except (OSError, SafetensorError) as error:
            raise Problem(message("model_file_unreadable", path=files[0], error=error), "model_paths") from None
        names = ", ".join(Path(file).name for file in files)
        entries = [entry for entry in MODEL_CONFIGS if entry["model_hash"] == model_hash]
        if not entries:
            raise Problem(message("model_file_unknown", files=names), "model_paths")
        of_model = [entry["model_name"] for entry in entries if spec.is_of(entry)]
        if not of_model:
            part = part_name(entries[0]["model_name"])
            raise Problem(message("model_file_of_another", files=names, part=part, model=spec.name), "model_paths")
        for part in of_model:
            found[part] = ModelConfig(path=files[0] if len(files) == 1 else sorted(files))
    return found


def _tokenizer(model: str) -> Source:
    fetched = FAMILIES[model].tokenizer
    assert fetched is not None
    return Source(model_id=fetched[0], pattern=fetched[1])


_T2V_1_3B, _TI2V_5B = "Wan-AI/Wan2.1-T2V-1.3B", "Wan-AI/Wan2.2-TI2V-5B"

MODELS: Mapping[str, ModelSpec] = {
    "tiny-wan": ModelSpec(
        name="tiny-wan",
        sources={part: Source(path=tiny_wan.WEIGHTS / file) for part, file in tiny_wan.FILES.items()},
        tokenizer=Source(path=tiny_wan.WEIGHTS / "tokenizer"),
        hashes={entry["model_name"]: entry["model_hash"] for entry in tiny_wan.ENTRIES},
        entries=tiny_wan.ENTRIES,
    ),
    # The patterns of DiffSynth's examples/wanvideo/model_training/lora/Wan2.1-T2V-1.3B.sh.
    "wan2.1-t2v-1.3b": ModelSpec(
        name="wan2.1-t2v-1.3b",
        sources={
            DIT: Source(model_id=_T2V_1_3B, pattern="diffusion_pytorch_model*.safetensors"),
            TEXT_ENCODER: Source(model_id=_T2V_1_3B, pattern="models_t5_umt5-xxl-enc-bf16.pth"),
            VAE: Source(model_id=_T2V_1_3B, pattern="Wan2.1_VAE.pth"),
        },
        tokenizer=_tokenizer("wan2.1-t2v-1.3b"),
        hashes={
            DIT: "9269f8db9040a9d860eaca435be61814",
            TEXT_ENCODER: "9c8818c2cbea55eca56c7b447df170da",
            VAE: "ccc42284ea13e1ad04693284c7a09be6",
        },
    ),
    # The patterns of DiffSynth's examples/wanvideo/model_inference/Wan2.2-TI2V-5B.py.
    "wan2.2-ti2v-5b": ModelSpec(
        name="wan2.2-ti2v-5b",
        sources={
            DIT: Source(model_id=_TI2V_5B, pattern="diffusion_pytorch_model*.safetensors"),
            TEXT_ENCODER: Source(model_id=_TI2V_5B, pattern="models_t5_umt5-xxl-enc-bf16.pth"),
            VAE: Source(model_id=_TI2V_5B, pattern="Wan2.2_VAE.pth"),
        },
        tokenizer=_tokenizer("wan2.2-ti2v-5b"),
        hashes={
            DIT: "1f5ab7703c6fc803fdded85ff040c316",
            TEXT_ENCODER: "9c8818c2cbea55eca56c7b447df170da",
            VAE: "e1de6c02cdac79f8b739f4d3698cd216",
        },
    ),
}
