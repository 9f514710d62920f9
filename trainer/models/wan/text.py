"""Encode a prompt by Wan's text encoder. B batch, T tokens, D features."""

import torch

from trainer.models.wan.pipeline import Pipe


@torch.no_grad()
def encode_text(pipe: Pipe, prompt: str) -> torch.Tensor:
    """Return the context_BTD that DiffSynth's prompt unit makes of `prompt`."""
    from diffsynth.pipelines.wan_video import WanVideoUnit_PromptEmbedder

    return WanVideoUnit_PromptEmbedder().process(pipe, prompt=prompt, positive=True)["context"]  # type: ignore[no-any-return]
