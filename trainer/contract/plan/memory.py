"""What a run will take of a GPU's memory, told before a model is loaded: arithmetic over sizes, without torch.

A formula fitted to one H100 (Wan2.2 TI2V-5B, bf16, rank 32, compiled blocks, none recomputed): 20.4, 32.0, 35.2 and
50.0 GB were measured at 1,950, 4,400, 5,070 and 8,190 tokens, and it is within 3% of these. With every block recomputed
it says about 13 GB where 12 were measured. Other cards and formats were not measured: there it is a guess.
"""

from dataclasses import dataclass

from trainer.contract.config import RunConfig
from trainer.contract.messages import message, sentence
from trainer.contract.plan.sizes import Sizes
from trainer.contract.problem import Problem
from trainer.contract.shape import FRAMES_A_LATENT

KEPT_DIMS, KEPT_FFNS = 16.5, 2.0
"""How many tensors as wide as the model, and as wide as its FFN, a block keeps of each token for the backward pass."""
TEXT_TOKENS, KEPT_OF_TEXT = 512, 4
FIXED_BYTES = 500_000_000
"""CUDA's own context and the workspaces of its libraries."""
DOUBT = 0.85
"""Refused is only what would not fit if it took this much less than the formula says."""


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes on each GPU. `kept_bytes` is what a block keeps, `input_bytes` what one that is recomputed keeps."""

    config: RunConfig
    sizes: Sizes
    base_bytes: int
    lora_bytes: int
    kept_bytes: int
    input_bytes: int

    @classmethod
    def of(cls, config: RunConfig, sizes: Sizes, number_bytes: int, ranks: int) -> "MemoryPlan":
        """`number_bytes`: of one number of the base's format, 2 or 4."""
        by_text = config.batch_size * TEXT_TOKENS * KEPT_OF_TEXT * sizes.dim
        kept = tokens(config) * (KEPT_DIMS * sizes.dim + KEPT_FFNS * sizes.ffn_dim) + by_text
        return cls(
            config=config,
            sizes=sizes,
            base_bytes=_base_numbers(config, sizes, ranks) * number_bytes,
            lora_bytes=_lora_bytes(config, sizes, ranks),
            kept_bytes=round(kept * number_bytes),
            input_bytes=tokens(config) * sizes.dim * number_bytes,
        )

    def peak_bytes(self, recomputed: int) -> int:
        """The most that a step takes with so many of the DiT's blocks recomputed."""
        whole = self.sizes.layers - recomputed
        blocks = whole * self.kept_bytes + recomputed * self.input_bytes + (self.kept_bytes if recomputed else 0)
        return self.base_bytes + self.lora_bytes + FIXED_BYTES + blocks

    @property
    def least_bytes(self) -> int:
        return self.peak_bytes(self.sizes.layers)

    def describe(self, card_bytes: int) -> str:
        """Say it in a few words, for the person who reads the log."""
        least, most = self.least_bytes / 1e9, self.peak_bytes(0) / 1e9
        return sentence("memory.planned", least_gb=least, most_gb=most, card_gb=card_bytes / 1e9)

    def check(self, card_bytes: int) -> None:
        """Refuse a run that cannot fit, and say what would. Raises: Problem."""
        if self.least_bytes * DOUBT <= card_bytes:
            return
        needed = {"least_gb": self.least_bytes / 1e9, "card_gb": card_bytes / 1e9}
        fixed = self.base_bytes + self.lora_bytes + FIXED_BYTES
        if fixed >= card_bytes:
            raise Problem(message("does_not_fit.model", **needed), "model")
        if self.config.batch_size > 1:
            raise Problem(message("does_not_fit.batch", **needed), "batch_size")
        if self.config.buckets is not None:
            raise Problem(message("does_not_fit.buckets", **needed), "buckets")
        if self.config.max_area is not None:
            raise Problem(message("does_not_fit.area", area=self.config.max_area, **needed), "max_area")
        latent_frames = -(-self.config.num_frames // FRAMES_A_LATENT)
        fitting = int((card_bytes - fixed) // ((self.least_bytes - fixed) / latent_frames))
        if fitting == 0:
            raise Problem(message("does_not_fit.size", **needed), "height")
        frames = FRAMES_A_LATENT * (min(fitting, latent_frames - 1) - 1) + 1
        raise Problem(message("does_not_fit.frames", frames=frames, **needed), "num_frames")


def tokens(config: RunConfig) -> int:
    """What the DiT's blocks see of the largest batch."""
    return config.batch_size * max(map(config.family.tokens, config.shapes))


def text_encoder_fits(sizes: Sizes, number_bytes: int, card_bytes: int) -> bool:
    """Whether the text encoder, alone on the GPU, leaves a tenth of it to its activations."""
    return sizes.text_encoder * number_bytes <= 0.9 * card_bytes


def lora_parameters(config: RunConfig, sizes: Sizes) -> int:
    """How many numbers the LoRA has."""
    square, wide = 2 * sizes.dim, sizes.dim + sizes.ffn_dim
    layers = {f"{attention}_attn.{name}": square for attention in ("self", "cross") for name in "qkvo"}
    layers |= {"ffn.0": wide, "ffn.2": wide}
    targets = config.lora_target_modules.split(",")
    rows = sum(wide for name, wide in layers.items() if any(f".{name}".endswith(f".{target}") for target in targets))
    return rows * config.lora_rank * sizes.layers


def _base_numbers(config: RunConfig, sizes: Sizes, ranks: int) -> int:
    """Numbers of the DiT on a rank; where it is shared out, two blocks are whole at a time."""
    if config.distributed_type != "zero3" or ranks == 1:
        return sizes.dit
    return sizes.dit // ranks + 2 * sizes.dit // sizes.layers


def _lora_bytes(config: RunConfig, sizes: Sizes, ranks: int) -> int:
    """fp32 weights, gradients and AdamW's two moments; with ZeRO its moments and a copy of the weights are shared."""
    parameters = lora_parameters(config, sizes)
    if config.distributed_type == "ddp" or ranks == 1:
        return parameters * (16 if ranks == 1 else 20)  # several ranks join their gradients in one buffer
    return parameters * 12 + parameters * 12 // ranks
