"""The settings of a run as a form shows them, and the JSON Schema of the run config that says so.

`trainer.contract.config` declares each setting's type, default and meaning; the table here adds its label, unit, short
help and place. `docs/run-config.schema.json` holds both, and the form and `docs/config.md` are made from that.
"""

from dataclasses import dataclass
from typing import Any

from trainer.contract.config import RunConfig
from trainer.contract.presets import load_presets


@dataclass(frozen=True)
class Setting:
    """One setting in a form. `choices` are its values as text, each with a label."""

    label: str
    unit: str = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Group:
    """Settings that belong together, in their order. Those of an `advanced` group are behind "More settings"."""

    title: str
    settings: dict[str, Setting]
    advanced: bool = True


GROUPS = (
    Group(
        "Run",
        {
            "name": Setting("Name"),
            "model": Setting("Model"),
            "dataset_base_path": Setting("Data set folder"),
            "dataset_metadata_path": Setting("Metadata file"),
            "width": Setting("Width", "px", "A multiple of 32; of 16 for Wan2.1"),
            "height": Setting("Height", "px", "A multiple of 32; of 16 for Wan2.1"),
            "num_frames": Setting("Frames", help="4n+1, such as 17, 49 or 81"),
            "lora_rank": Setting("LoRA rank"),
            "learning_rate": Setting("Learning rate"),
            "dataset_repeat": Setting("Repeats", help="Times each clip is seen in an epoch"),
            "num_epochs": Setting("Epochs"),
            "max_steps": Setting("Step limit", help="Optimizer steps; empty for none"),
        },
        advanced=False,
    ),
    Group(
        "Data",
        {
            "buckets": Setting(
                "Buckets",
                help="Shapes to train at, height x width x frames, one a line like 480x832x49; "
                "empty for the size above alone",
            ),
            "max_area": Setting(
                "Automatic buckets up to",
                "px",
                "Width times height, such as 399360 for 832 x 480: each clip at its own aspect ratio. "
                "Empty for the size or the buckets above",
            ),
            "frame_rate": Setting(
                "Frame rate",
                "frames/s",
                '"model" for the one that it knows, "source" for each clip\'s own, or a number',
            ),
            "frame_selection": Setting(
                "Frames of a longer clip",
                choices=(
                    ("first", "The first"),
                    ("center", "Those of its middle"),
                    ("uniform", "From all over it"),
                    ("random", "A part drawn in each epoch"),
                    ("chunks", "Several samples of it"),
                ),
            ),
            "frame_segments": Setting("Parts to draw from", help="Of each clip, where a part is drawn in each epoch"),
            "chunk_seconds": Setting(
                "Samples of a clip begin every", "s", "Where there are several of it; empty for one after the other"
            ),
            "max_chunks": Setting("Most samples of a clip"),
            "file_limit_s": Setting("Time to decode a sample", "s", "At most; what takes longer is left out"),
            "batch_size": Setting("Batch", help="Clips of one shape that a process takes at a time"),
            "dataset_weight": Setting("Weight", help="Share of the data set that an epoch takes: 0.5 is half of it"),
            "more_datasets": Setting("Further data sets", help="Trained on together with the first"),
            "validation_clips": Setting(
                "Clips held out", help="Evaluated and never trained on; empty for a few of a large data set"
            ),
        },
    ),
    Group(
        "Captions",
        {
            "trigger_word": Setting(
                "Trigger word", help="Stands for [trigger] in captions, and before those that have neither"
            ),
            "caption_dropout": Setting("Without caption", help="Share of samples, such as 0.1; drawn each time anew"),
            "caption_shuffles": Setting(
                "Orders of tags", help="Of comma-separated captions; cached, and one drawn each time. 0 for none"
            ),
        },
    ),
    Group(
        "LoRA and conditioning",
        {
            "lora_target_modules": Setting("Target modules", help="Ends of the names of the DiT's linear layers"),
            "lora_checkpoint": Setting(
                "Begin from a LoRA",
                help="A safetensors file of the same rank, targets and model; empty for a fresh LoRA",
            ),
            "extra_inputs": Setting("Condition", choices=(("", "Text only"), ("input_image", "Text and first frame"))),
        },
    ),
    Group(
        "Optimizer",
        {
            "warmup_steps": Setting("Warm-up", "steps"),
            "weight_decay": Setting("Weight decay"),
            "max_grad_norm": Setting("Largest gradient norm"),
            "gradient_accumulation_steps": Setting("Gradient accumulation", help="Batches a process in one step"),
            "seed": Setting("Seed"),
        },
    ),
    Group(
        "Saving, evaluating, sampling",
        {
            "save_steps": Setting("Checkpoint every", "steps"),
            "save_minutes": Setting("Checkpoint also every", "min", "Empty for steps alone"),
            "keep_checkpoints": Setting(
                "Checkpoints kept", help="The newest ones, plus the one with the lowest eval loss"
            ),
            "eval_steps": Setting("Evaluate every", "steps"),
            "eval_samples": Setting("Clips in an evaluation"),
            "sample_steps": Setting("Sample every", "steps"),
            "sample_minutes": Setting("Sample also every", "min", "Empty for steps alone"),
            "sample_num_inference_steps": Setting("Denoising steps of a sample"),
            "sample_cfg_scale": Setting("Guidance of a sample"),
            "sample_prompts": Setting(
                "Sample prompts", help="One a line; empty takes the captions of two evaluated clips"
            ),
        },
    ),
    Group(
        "Hardware",
        {
            "num_processes": Setting("Processes", help="Empty for one a GPU, or one on the CPU"),
            "distributed_type": Setting(
                "Several processes",
                choices=(("ddp", "DDP"), ("zero2", "DeepSpeed ZeRO-2"), ("zero3", "ZeRO-3: the base shared, too")),
            ),
            "mixed_precision": Setting(
                "Precision of the base",
                choices=(
                    ("auto", "Automatic"),
                    ("bf16", "bf16"),
                    ("fp16", "fp16, with a scaled loss"),
                    ("fp32", "fp32"),
                ),
            ),
            "float8_base": Setting(
                "Float8 products", help="Of the frozen base, on an H100 or newer: faster, less exact"
            ),
            "use_gradient_checkpointing": Setting(
                "Gradient checkpointing",
                help="Less memory, slower steps",
                choices=(("auto", "Where memory asks for it"), ("true", "In all blocks"), ("false", "Never")),
            ),
        },
    ),
    Group(
        "Model files",
        {
            "model_paths": Setting("Model files", help="One a line, on the server; empty for the usual ones"),
            "tokenizer_path": Setting("Tokenizer folder", help="Empty for the usual one"),
        },
    ),
)


def run_config_schema() -> dict[str, Any]:
    """Return the JSON Schema of a run config, with the form's facts under `x-setting` and the groups under `x-groups`.

    A setting's `description` is the meaning in docs/config.md. `examples` are the presets, for a data set in /data.
    """
    schema = RunConfig.model_json_schema()
    properties = schema.pop("properties")
    for group in GROUPS:
        for key, setting in group.settings.items():
            del properties[key]["title"]
            properties[key]["description"] = " ".join(properties[key]["description"].split())
            properties[key]["x-setting"] = {
                "group": group.title,
                "label": setting.label,
                "help": setting.help,
                "unit": setting.unit,
                "advanced": group.advanced,
                "choices": [{"value": value, "label": label} for value, label in setting.choices],
            }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Loradeck run config",
        "description": "One run: its model, data, training, and what it saves and evaluates. Unknown keys are refused.",
        "properties": properties,
        "x-groups": [
            {"title": group.title, "advanced": group.advanced, "settings": list(group.settings)} for group in GROUPS
        ],
        "examples": [preset.config | {"dataset_base_path": "/data"} for preset in load_presets()],
    }
