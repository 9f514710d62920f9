"""Compute Wan's DiT as DiffSynth does, but without the work that upstream does beside the matrix products.

What differs from `diffsynth.pipelines.wan_video.model_fn_wan_video` and `diffsynth.models.wan_video_dit`:

- Tokens have one of two timesteps (0 in a given first frame, the drawn one elsewhere), so the modulation is computed
  for these two and spread over the tokens where it is used. Upstream computes it for every token, and each block reads
  all of that.
- Rotary embeddings are real numbers in fp32, not complex ones in fp64.
- RMS norms are `F.rms_norm`, which rounds once.
- The LoRA is computed in the base's number format; its weights stay in fp32.
- Each block is compiled as a whole where that is asked for, and as many blocks as asked for are recomputed backwards.

Tensor names end in their axes: B batch, C channels, F latent frames, H height, W width, S tokens, T text tokens, V
timesteps a sample, D features, N heads, P pairs of a head's features.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from trainer.distributed.sharding import ShardedBlock
from trainer.distributed.world import World
from trainer.lora.adapter import ADAPTER
from trainer.models.wan.pipeline import Pipe

ELSEWHERE = (
    *("motion_controller", "vace", "vap", "animate_adapter", "clip_feature", "y", "reference_latents", "vace_context"),
    *(
        "audio_embeds",
        "motion_bucket_id",
        "pose_latents",
        "face_pixel_values",
        "longcat_latents",
        "sliding_window_size",
    ),
    *("control_camera_latents_input", "music_feature", "tea_cache"),
)
"""Inputs of other models than Wan's text to video and Wan2.2's TI2V; with one of them DiffSynth's own way is taken."""


Attend = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Scaled dot-product attention of q_BNSD, k_BNTD and v_BNTD."""


def by_torch(q_BNSD: torch.Tensor, k_BNTD: torch.Tensor, v_BNTD: torch.Tensor) -> torch.Tensor:
    """Attend by whichever kernel PyTorch prefers on this card."""
    return functional.scaled_dot_product_attention(q_BNSD, k_BNTD, v_BNTD)


# By their names: chosen by PyTorch's flags they get lost, for compiled code is cached without the flags.
def by_cudnn(q_BNSD: torch.Tensor, k_BNTD: torch.Tensor, v_BNTD: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = torch.ops.aten._scaled_dot_product_cudnn_attention(q_BNSD, k_BNTD, v_BNTD, None, True)[0]
    return found


def by_flash(q_BNSD: torch.Tensor, k_BNTD: torch.Tensor, v_BNTD: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = torch.ops.aten._scaled_dot_product_flash_attention(q_BNSD, k_BNTD, v_BNTD)[0]
    return found


ATTENTIONS: dict[str, Attend] = {"PyTorch": by_torch, "cuDNN": by_cudnn, "FlashAttention": by_flash}


_COMPILATIONS = 128


class FastDit:
    """Replace a pipeline's `model_fn`. `checkpointed`: how many blocks are recomputed in the backward pass."""

    def __init__(self, pipe: Pipe, *, attend: Attend = by_torch, compiled: bool) -> None:
        self.checkpointed = 0
        self._attend = attend
        self._upstream = pipe.model_fn
        self._tables: dict[tuple[int, ...], torch.Tensor] = {}
        self._blocks: list[nn.Module] = [_Block(block) for block in pipe.dit.blocks]
        if compiled:
            # Compiled anew for each shape, with gradients and without; past the limit torch leaves it uncompiled.
            torch._dynamo.config.recompile_limit = _COMPILATIONS
            for block in self._blocks:
                block.compile(dynamic=False)
        pipe.model_fn = self

    @property
    def blocks(self) -> int:
        return len(self._blocks)

    def uncompile(self) -> None:
        """Leave the blocks as they are written."""
        self._blocks = [_Block(block.block) for block in self._blocks]

    def shard_base(self, world: World, device: torch.device) -> None:
        """Keep this rank's part of each block alone, on `device`, and recompute all of them."""
        self._blocks = [ShardedBlock(block, world, device) for block in self._blocks]
        self.checkpointed = self.blocks

    def __call__(
        self, dit: Any, latents: torch.Tensor, timestep: torch.Tensor, context: torch.Tensor, **rest: Any
    ) -> Any:
        """Predict the velocity_BCFHW of latents_BCFHW at timestep_B under context_BTD."""
        is_elsewhere = any(rest.get(name) is not None for name in ELSEWHERE)
        if is_elsewhere or context.shape[0] != latents.shape[0]:
            return self._upstream(dit=dit, latents=latents, timestep=timestep, context=context, **rest)
        has_first_frame = dit.seperated_timestep and rest.get("fuse_vae_embedding_in_latents", False)
        timestep_BV = timestep.expand(latents.shape[0])[:, None]
        if has_first_frame:
            timestep_BV = torch.cat([torch.zeros_like(timestep_BV), timestep_BV], dim=1)
        time_BVD, mod_BV6D = _modulation(dit, timestep_BV)
        context_BTD = dit.text_embedding(context)
        x_BDFHW = dit.patch_embedding(latents)
        grid = tuple(x_BDFHW.shape[2:])
        x_BSD = x_BDFHW.flatten(2).transpose(1, 2).contiguous()
        table_SP2 = self._table(dit, grid, x_BSD.device)
        first = grid[1] * grid[2] if has_first_frame else 0
        for number, block in enumerate(self._blocks):
            inputs = (x_BSD, context_BTD, mod_BV6D, table_SP2, first, self._attend)
            if number < self.checkpointed and torch.is_grad_enabled():
                x_BSD = checkpoint(block, *inputs, use_reentrant=False, preserve_rng_state=False)
            else:
                x_BSD = block(*inputs)
        return dit.unpatchify(_head(dit.head, x_BSD, time_BVD, first), grid)

    def _table(self, dit: Any, grid: tuple[int, ...], device: torch.device) -> torch.Tensor:
        """Compute cosine and sine of each pair of a head's features at each place of the grid."""
        if grid not in self._tables:
            axes = []
            for axis, (freqs, size) in enumerate(zip(dit.freqs, grid, strict=True)):
                shape = [1, 1, 1, -1, 2]
                shape[axis] = size
                axes.append(torch.view_as_real(freqs[:size]).view(shape).expand(*grid, -1, 2))
            self._tables[grid] = torch.cat(axes, dim=3).flatten(0, 2).to(device, torch.float32)
        return self._tables[grid]


def _modulation(dit: Any, timestep_BV: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    from diffsynth.models.wan_video_dit import sinusoidal_embedding_1d

    batch, count = timestep_BV.shape
    time_BVD = dit.time_embedding(sinusoidal_embedding_1d(dit.freq_dim, timestep_BV.flatten())).unflatten(
        0, (batch, count)
    )
    return time_BVD, dit.time_projection(time_BVD).unflatten(2, (6, dit.dim))


class _Block(nn.Module):
    """Compute one of DiffSynth's DiTBlocks our way."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.block = block

    def forward(
        self,
        x_BSD: torch.Tensor,
        context_BTD: torch.Tensor,
        mod_BV6D: torch.Tensor,
        table_SP2: torch.Tensor,
        first: int,
        attend: Attend,
    ) -> torch.Tensor:
        """Run the block. `first`: how many tokens have the first timestep of two."""
        block: Any = self.block
        mods = (block.modulation.to(mod_BV6D.dtype)[:, None] + mod_BV6D).unbind(2)
        shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = (_spread(mod, x_BSD.shape[1], first) for mod in mods)
        moved_BSD = block.norm1(x_BSD) * (1 + scale_a) + shift_a
        x_BSD = x_BSD + gate_a * _self_attention(block.self_attn, moved_BSD, table_SP2, attend)
        x_BSD = x_BSD + _cross_attention(block.cross_attn, block.norm3(x_BSD), context_BTD, attend)
        up, activation, down = block.ffn
        hidden = activation(_linear(up, block.norm2(x_BSD) * (1 + scale_f) + shift_f))
        return x_BSD + gate_f * _linear(down, hidden)


def _head(head: Any, x_BSD: torch.Tensor, time_BVD: torch.Tensor, first: int) -> torch.Tensor:
    """Compute DiffSynth's Head.forward."""
    mods = (head.modulation.to(time_BVD.dtype)[:, None] + time_BVD[:, :, None]).unbind(2)
    shift, scale = (_spread(mod, x_BSD.shape[1], first) for mod in mods)
    return head.head(head.norm(x_BSD) * (1 + scale) + shift)  # type: ignore[no-any-return]


def _spread(mod_BVD: torch.Tensor, tokens: int, first: int) -> torch.Tensor:
    """Give each token its modulation; if all get the same one, return that alone."""
    if mod_BVD.shape[1] == 1:
        return mod_BVD
    is_first_S1 = (torch.arange(tokens, device=mod_BVD.device) < first)[:, None]
    return torch.where(is_first_S1, mod_BVD[:, :1], mod_BVD[:, 1:])


def _self_attention(attention: Any, x_BSD: torch.Tensor, table_SP2: torch.Tensor, attend: Attend) -> torch.Tensor:
    heads = attention.num_heads
    q_BSD, k_BSD, v_BSD = _linears((attention.q, attention.k, attention.v), x_BSD)
    q_BNSD = _rotated(_normed(attention.norm_q, q_BSD), table_SP2, heads)
    k_BNSD = _rotated(_normed(attention.norm_k, k_BSD), table_SP2, heads)
    v_BNSD = _by_head(v_BSD, heads)
    return _linear(attention.o, attend(q_BNSD, k_BNSD, v_BNSD).transpose(1, 2).flatten(2))


def _cross_attention(attention: Any, x_BSD: torch.Tensor, context_BTD: torch.Tensor, attend: Attend) -> torch.Tensor:
    k_BTD, v_BTD = _linears((attention.k, attention.v), context_BTD)
    q_BNSD = _by_head(_normed(attention.norm_q, _linear(attention.q, x_BSD)), attention.num_heads)
    k_BNTD = _by_head(_normed(attention.norm_k, k_BTD), attention.num_heads)
    v_BNTD = _by_head(v_BTD, attention.num_heads)
    return _linear(attention.o, attend(q_BNSD, k_BNTD, v_BNTD).transpose(1, 2).flatten(2))


def _by_head(x_BSD: torch.Tensor, heads: int) -> torch.Tensor:
    x_BSND: torch.Tensor = x_BSD.view(*x_BSD.shape[:2], heads, -1)
    return x_BSND.transpose(1, 2)


def _rotated(x_BSD: torch.Tensor, table_SP2: torch.Tensor, heads: int) -> torch.Tensor:
    """Turn each pair of features by its angle (https://arxiv.org/abs/2104.09864). Returns x_BNSD."""
    even, odd = x_BSD.float().view(*x_BSD.shape[:2], heads, -1, 2).unbind(-1)
    cos, sin = table_SP2[:, None].unbind(-1)
    turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1)
    return turned.flatten(3).to(x_BSD.dtype).transpose(1, 2)


def _normed(norm: Any, x_BSD: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(x_BSD, norm.normalized_shape, norm.weight, norm.eps)


def _linear(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Apply a linear layer, with PEFT's LoRA on it if there is one."""
    return _linears((layer,), x)[0]


def _linears(layers: Sequence[Any], x: torch.Tensor) -> list[torch.Tensor]:
    """Apply several LoRA layers to one input, reading it once."""
    found = [layer.base_layer(x) if hasattr(layer, "lora_A") else layer(x) for layer in layers]
    adapted = [n for n, layer in enumerate(layers) if hasattr(layer, "lora_A") and not layer.disable_adapters]
    if adapted:
        downs = [layers[n].lora_A[ADAPTER].weight.to(x.dtype) for n in adapted]
        lows = torch.split(functional.linear(x, torch.cat(downs)), [len(down) for down in downs], dim=-1)
        for n, low in zip(adapted, lows, strict=True):
            up = layers[n].lora_B[ADAPTER].weight.to(x.dtype)
            found[n] = found[n] + functional.linear(low, up) * layers[n].scaling[ADAPTER]
    return found
