"""The run config: what one run trains, on what, and how. Keys that DiffSynth has keep DiffSynth's names.

`parse_config` is the one door for a config from a person: it turns every mistake into a `ConfigError` that names the
field, says what is wrong in one sentence and what to do.
"""

import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from trainer.contract.area import areas, sizes_within
from trainer.contract.dataset import DatasetConfig, no_switch, printable_word
from trainer.contract.families import FAMILIES, Family
from trainer.contract.messages import message
from trainer.contract.problem import InvalidValue, Problem
from trainer.contract.shape import LONGEST_SIDE, SHORTEST_SIDE, Shape

MOST_FRAMES_A_SECOND = 240
_SWITCHES = ("float8_base", "use_gradient_checkpointing")
_SIZE = re.compile(r"\s*(\d{1,5})\s*x\s*(\d{1,5})\s*", re.IGNORECASE)


class ConfigError(Problem):
    """A config that cannot be run. `others` holds the further mistakes found in the same config."""

    def __init__(self, first: Problem, others: tuple[Problem, ...] = ()) -> None:
        super().__init__(first.said, first.field)
        self.others = others


class RunConfig(BaseModel):
    """One run, resolved and frozen: what `config.json` holds. Every field but the data set's has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    name: Annotated[str, Field(min_length=1, max_length=120)] = "run"
    """What people call the run; the folder's name is made from it."""

    model: Literal["tiny-wan", "wan2.1-t2v-1.3b", "wan2.2-ti2v-5b"] = "tiny-wan"
    """The base that the LoRA is trained on: "tiny-wan" ships with Loradeck, the others are Wan's own."""
    model_paths: tuple[str, ...] | None = None
    """Local files of the base (DiT, text encoder, VAE); None for the shipped files or DiffSynth's own download."""
    tokenizer_path: str | None = None
    """Local folder of the tokenizer; None as above."""

    dataset_base_path: Annotated[str, Field(min_length=1)]
    """The folder that the paths in the metadata are relative to."""
    dataset_metadata_path: str | None = None
    """A CSV with the columns `video` or `image`, and `prompt`; None for `metadata.csv` in the base path. A column
    `split` with train or validation says which rows are held out."""
    validation_clips: Annotated[int, Field(ge=0)] | None = None
    """How many clips are held out: never trained on, evaluated beside as many that are. None for `eval_samples` where
    that is at most 2% of the data set, else 0. Leave it out where the table has a `split`."""
    dataset_repeat: Annotated[int, Field(ge=1)] = 1
    """How often an epoch goes through the data set."""
    dataset_weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """How many samples of the data set an epoch takes, as a multiple of `dataset_repeat` times all of them: with 0.5
    half of them, and the other half in the next epoch."""
    trigger_word: Annotated[str, Field(max_length=200)] = ""
    """Stands for each "[trigger]" in captions and sample prompts, and before the captions that have neither of both."""
    caption_dropout: Annotated[float, Field(ge=0, le=1)] = 0.0
    """The share of samples that are shown without their caption, drawn each time anew."""
    caption_shuffles: Annotated[int, Field(ge=0, le=32)] = 0
    """Orders of a caption's comma-separated tags that are cached; one is drawn each time. 0 for its own."""
    more_datasets: Annotated[tuple[DatasetConfig, ...], Field(max_length=32)] = ()
    """Further data sets, each with its own `dataset_base_path`, `dataset_metadata_path`, `dataset_repeat`,
    `dataset_weight`, `trigger_word`, `caption_dropout` and `caption_shuffles`."""
    num_epochs: Annotated[int, Field(ge=1)] = 1
    """Epochs; in each, all data sets are gone through as often as they say."""
    max_steps: Annotated[int, Field(ge=1)] | None = None
    """End after this many optimizer steps even where the epochs would go on."""

    height: Annotated[int, Field(ge=32, le=4096)] = 480
    """Pixels, a multiple of 32 (of 16 for Wan2.1); clips are scaled to cover it and cropped at the centre."""
    width: Annotated[int, Field(ge=32, le=4096)] = 832
    """As `height`."""
    num_frames: Annotated[int, Field(ge=1, le=1025)] = 49
    """4n+1; `frame_selection` says which of a clip's. An image is trained at `height` and `width` with one frame."""
    buckets: Annotated[tuple[str, ...], Field(min_length=1, max_length=16)] | None = None
    """Shapes like "480x832x49" (height x width x frames) to train at; each clip goes to the one that suits it best.
    None for the one of `height`, `width` and `num_frames`; with buckets these three are of sample videos alone."""
    max_area: Annotated[int, Field(ge=SHORTEST_SIDE**2, le=LONGEST_SIDE**2)] | None = None
    """Pixels of a frame, or a size such as "480x832" for as many: each clip is trained at about its own aspect ratio,
    at `num_frames` and a size of at most this area, a smaller one hardly enlarged. Instead of `buckets`; `height` and
    `width` are then of sample videos alone."""
    frame_rate: Literal["model", "source"] | Annotated[float, Field(gt=0, le=MOST_FRAMES_A_SECOND)] = "model"
    """Frames a second at which clips are trained: "model" for the rate of the videos that the model has learnt from (24
    for Wan2.2 TI2V, 16 for Wan2.1; tiny-wan takes clips as they are), "source" for each clip's own, or a number."""
    frame_selection: Literal["first", "center", "uniform", "random", "chunks"] = "first"
    """Which frames of a longer clip are trained: its first, those of its middle, "uniform" for frames from all over it,
    "random" for one of `frame_segments` parts anew in each epoch, "chunks" for several samples a clip."""
    frame_segments: Annotated[int, Field(ge=1, le=64)] = 4
    """Parts of a clip that are cached for `frame_selection` "random", evenly spread."""
    chunk_seconds: Annotated[float, Field(gt=0)] | None = None
    """Seconds from the start of one of a clip's "chunks" to that of the next; None for one after the other."""
    max_chunks: Annotated[int, Field(ge=1)] = 16
    """The most "chunks" of a clip, from its beginning on."""
    file_limit_s: Annotated[float, Field(ge=1, le=86_400)] = 120.0
    """Seconds that decoding one sample may take; a file that takes longer is left out until the next start."""
    extra_inputs: Literal["", "input_image"] = ""
    """"input_image" conditions on the clip's first frame (image to video)."""

    lora_rank: Annotated[int, Field(ge=1, le=1024)] = 32
    """The rank of each LoRA matrix pair; its alpha is the same number."""
    lora_target_modules: Annotated[str, Field(min_length=1)] = "q,k,v,o,ffn.0,ffn.2"
    """Comma-separated ends of the names of the DiT's linear layers."""
    lora_checkpoint: Annotated[str, Field(min_length=1)] | None = None
    """A LoRA file (safetensors) to begin from, of the same rank, targets and model; None for a fresh LoRA."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 1e-4
    """Of AdamW, after the warm-up."""
    weight_decay: Annotated[float, Field(ge=0, le=1)] = 0.01
    """Of AdamW."""
    warmup_steps: Annotated[int, Field(ge=0)] = 10
    """Optimizer steps in which the learning rate rises linearly to `learning_rate`; it then stays there."""
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    """Gradients are scaled down to this norm over all LoRA weights."""
    batch_size: Annotated[int, Field(ge=1, le=256)] = 1
    """Samples of one shape that a rank takes in one micro-step, each at a timestep of its own."""
    gradient_accumulation_steps: Annotated[int, Field(ge=1)] = 1
    """Micro-steps of `batch_size` samples a rank in one optimizer step."""
    use_gradient_checkpointing: bool | Literal["auto"] = "auto"
    """Recompute activations in the backward pass: less memory, more time. "auto": in as few of the DiT's blocks as the
    GPU's memory asks for, which is measured before the first step."""
    mixed_precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    """The base's number format; "auto" is bf16 on a GPU that has it, fp16 with a scaled loss on one that has not, fp32
    on the CPU. LoRA weights are always fp32."""
    float8_base: bool = False
    """Compute the frozen base's matrix products in float8, on GPUs that can (H100 and newer, a bf16 base): faster and
    less exact. Elsewhere a warning, and as without."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    """Of the order, timesteps, noise and the LoRA's start: the same seed repeats a run to the bit on the CPU."""

    num_processes: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Ranks; None for one a GPU, or one on the CPU."""
    distributed_type: Literal["ddp", "zero2", "zero3"] = "ddp"
    """How several ranks work together: "zero2" is DeepSpeed ZeRO-2, which shares out the optimizer's state; with
    "zero3" they share the frozen base, too, for when memory is short. It makes steps longer."""

    save_steps: Annotated[int, Field(ge=1)] = 500
    """Optimizer steps between checkpoints; there is always one at the end and at a stop."""
    save_minutes: Annotated[float, Field(gt=0)] | None = None
    """A checkpoint also whenever so many minutes have passed since the last; None for `save_steps` alone."""
    keep_checkpoints: Annotated[int, Field(ge=1)] | None = 10
    """How many checkpoints are kept: the newest ones, and besides the one with the lowest eval/loss at its own step (so
    let `eval_steps` divide `save_steps`). None keeps all."""
    eval_steps: Annotated[int, Field(ge=1)] = 100
    """Optimizer steps between evaluations; there is always one before the first step and one at the end."""
    eval_samples: Annotated[int, Field(ge=1, le=1024)] = 8
    """How many clips an evaluation uses, spread evenly over those held out, or over the data set where none are."""
    sample_steps: Annotated[int, Field(ge=1)] = 500
    """Optimizer steps between sample videos; there are always some at the end."""
    sample_minutes: Annotated[float, Field(gt=0)] | None = None
    """Sample videos also whenever so many minutes have passed since the last; None for `sample_steps` alone."""
    sample_prompts: Annotated[tuple[str, ...], Field(max_length=16)] | None = None
    """What the sample videos show; None for the captions of the first two evaluated clips, an empty list for none."""
    sample_num_inference_steps: Annotated[int, Field(ge=1, le=1000)] = 30
    """Denoising steps of a sample video."""
    sample_cfg_scale: Annotated[float, Field(ge=1, le=30)] = 5.0
    """Classifier-free guidance of a sample video; 1 is without, and twice as fast."""

    _has_old_pictures: bool = PrivateAttr(default=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch(cls, value: object, info: ValidationInfo) -> object:
        return value if info.field_name in _SWITCHES else no_switch(value)

    @field_validator("trigger_word")
    @classmethod
    def _printable_word(cls, word: str) -> str:
        return printable_word(word)

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        name = name.strip()
        if not name:
            raise InvalidValue("name_empty")
        if any(c in name for c in "/\\") or ".." in name or not name.isprintable():
            raise InvalidValue("name_sign")
        return name

    @field_validator("height", "width")
    @classmethod
    def _side_of_the_model(cls, pixels: int, info: ValidationInfo) -> int:
        return _family(info).check_side(pixels)

    @field_validator("num_frames")
    @classmethod
    def _frames_of_the_model(cls, frames: int, info: ValidationInfo) -> int:
        return _family(info).check_frames(frames)

    @field_validator("buckets")
    @classmethod
    def _shapes_of_the_model(cls, buckets: tuple[str, ...] | None, info: ValidationInfo) -> tuple[str, ...] | None:
        """Written in one way, each of them once."""
        return buckets and tuple(dict.fromkeys(str(_family(info).check(Shape.parse(text))) for text in buckets))

    @field_validator("max_area", mode="before")
    @classmethod
    def _an_area_or_a_size(cls, value: object) -> object:
        """Take "480x832" for as many pixels."""
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        return int(found[1]) * int(found[2]) if found else value

    @field_validator("lora_target_modules")
    @classmethod
    def _named_targets(cls, targets: str) -> str:
        names = [name.strip() for name in targets.split(",")]
        if not all(names):
            raise InvalidValue("empty_target")
        return ",".join(names)

    @field_validator("use_gradient_checkpointing", mode="before")
    @classmethod
    def _a_switch_or_auto(cls, value: object) -> object:
        if value == "auto" or isinstance(value, bool):
            return value
        raise InvalidValue("switch_or_auto", shown=json.dumps(value, default=str)[:80])

    @field_validator("frame_rate", mode="before")
    @classmethod
    def _a_rate_or_where_it_is_from(cls, value: object) -> object:
        if value in ("model", "source"):
            return value
        try:
            rate = math.nan if isinstance(value, bool) else float(str(value))
        except ValueError:
            rate = math.nan
        if not 0 < rate <= MOST_FRAMES_A_SECOND:
            shown = json.dumps(value, default=str)[:80]
            raise InvalidValue("frame_rate", shown=shown, most=MOST_FRAMES_A_SECOND)
        return rate

    @field_validator("sample_prompts")
    @classmethod
    def _spoken_prompts(cls, prompts: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if prompts is not None and not all(prompt.strip() for prompt in prompts):
            raise InvalidValue("empty_prompt")
        return prompts

    @model_validator(mode="after")
    def _sizes_from_one_place(self) -> "RunConfig":
        if self.buckets is not None and self.max_area is not None:
            raise InvalidValue("area_with_buckets", "max_area")
        return self

    @model_validator(mode="after")
    def _moving_picture(self) -> "RunConfig":
        if self.extra_inputs == "input_image" and self.num_frames == 1:
            raise InvalidValue("condition_of_one_frame", "num_frames")
        if self.extra_inputs == "input_image" and all(shape.frames == 1 for shape in self.shapes):
            raise InvalidValue("condition_of_images", "buckets")
        return self

    @model_validator(mode="after")
    def _image_where_the_model_takes_one(self) -> "RunConfig":
        if self.extra_inputs and not self.family.takes_first_frame:
            raise InvalidValue("text_to_video_alone", "extra_inputs", model=self.model)
        return self

    @model_validator(mode="after")
    def _float8_where_the_base_is_whole(self) -> "RunConfig":
        if self.float8_base and self.distributed_type == "zero3":
            raise InvalidValue("float8_with_zero3", "float8_base")
        return self

    @property
    def has_old_pictures(self) -> bool:
        """Tell whether the run began when pictures were decoded otherwise: what is cached of these, it goes on with."""
        return self._has_old_pictures

    @property
    def family(self) -> Family:
        """What is known of the model without its files."""
        return FAMILIES[self.model]

    @property
    def target_frame_rate(self) -> float | None:
        """The frames a second at which clips are trained; None for each clip's own."""
        if self.frame_rate == "model":
            return self.family.frame_rate
        return None if self.frame_rate == "source" else float(self.frame_rate)

    def with_datasets(self, datasets: Iterable[DatasetConfig]) -> "RunConfig":
        """Return the config with other data sets."""
        first, *more = datasets
        return self.model_copy(update={**dict(first), "more_datasets": tuple(more)})

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What is trained at, in the order of the config; images may add to it (see `plan.buckets`)."""
        if self.max_area is not None:
            step = self.family.side_multiple
            sizes = (size for area in areas(self.max_area, step) for size in sizes_within(area, step))
            return tuple(Shape(*size, self.num_frames) for size in sizes)
        if self.buckets is None:
            return (Shape(self.height, self.width, self.num_frames),)
        return tuple(map(Shape.parse, self.buckets))

    @property
    def metadata_path(self) -> Path:
        return self.datasets[0].metadata_path

    @property
    def datasets(self) -> tuple[DatasetConfig, ...]:
        """All data sets, the first of them of the config's own keys."""
        first = {name: getattr(self, name) for name in DatasetConfig.model_fields}
        return (DatasetConfig.model_construct(**first), *self.more_datasets)


def parse_config(data: object) -> RunConfig:
    """The config that `data` (parsed JSON) describes. Raises: ConfigError, naming every mistake in it."""
    if not isinstance(data, Mapping):
        raise ConfigError(Problem(message("invalid_config")))
    try:
        return RunConfig.model_validate(dict(data))
    except ValidationError as error:
        problems = [_problem(item) for item in error.errors(include_url=False)]
        raise ConfigError(problems[0], tuple(problems[1:])) from None


def load_config(path: Path) -> RunConfig:
    """The config in the JSON file `path`. Raises: ConfigError."""
    return parse_config(read_config(path))


def load_stored_config(path: Path) -> RunConfig:
    """Load the config of a run that exists from its `config.json`. Raises: ConfigError."""
    return parse_stored_config(read_config(path))


def parse_stored_config(data: object) -> RunConfig:
    """Parse the config of a run that exists, whose `config.json` is `data`. Raises: ConfigError.

    One from before there were frame rates takes each clip's own, and the entries of its cache as they are.
    """
    if not isinstance(data, Mapping) or "frame_rate" in data:
        return parse_config(data)
    config = parse_config({**data, "frame_rate": "source"})
    config._has_old_pictures = True
    return config


def read_config(path: Path) -> Any:
    """Read the JSON file `path`, whatever it holds. Raises: ConfigError."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigError(Problem(message("config_missing", path=path))) from None
    except (OSError, ValueError) as error:
        raise ConfigError(Problem(message("config_unreadable", path=path, error=error))) from None


def _problem(item: Mapping[str, Any]) -> Problem:
    """Make one of pydantic's errors a sentence about its field."""
    path = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(item["loc"][-1]), RunConfig.model_fields, n=1, cutoff=0.5)
        said = message("unknown_key.near", key=path, near=near[0]) if near else message("unknown_key", key=path)
        return Problem(said, path)
    if item["type"] == "missing":
        return Problem(message("missing_key", key=path), path)
    if item["type"] == "value_error":
        refused: InvalidValue = item["ctx"]["error"]
        return refused.problem(path)
    shown = json.dumps(item["input"], default=str)[:80]
    if item["input"] == "":
        return Problem(message("invalid_value.empty_text", field=path), path)
    if item["input"] == []:
        return Problem(message("invalid_value.empty_list", field=path, shown=shown), path)
    return Problem(message("invalid_value", field=path, shown=shown, reason=item["msg"]), path)


def _family(info: ValidationInfo) -> Family:
    """Return the family of the config that is being read; if its model is no model, that is said of the model alone."""
    return FAMILIES.get(info.data.get("model", ""), FAMILIES["tiny-wan"])
