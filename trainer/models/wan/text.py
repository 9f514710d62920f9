"""Encode a prompt by Wan's text encoder. B batch, T tokens, D features."""

import torch

from trainer.models.wan.pipeline import Pipe


def count_tokens(pipe: Pipe, prompt: str) -> int:
    """Count the tokens of `prompt`, its end token included, as the tokenizer makes them before it cuts them."""
    tokenizer = pipe.tokenizer
    # DiffSynth's HuggingfaceTokenizer cleans, pads and cuts (`diffsynth/models/wan_video_text_encoder.py`).
    cleaned = tokenizer._clean(prompt) if tokenizer.clean else prompt
    return len(tokenizer.tokenizer(cleaned, add_special_tokens=True, verbose=False).input_ids)


@torch.no_grad()
def encode_text(pipe: Pipe, prompt: str) -> torch.Tensor:
    """Return the context_BTD that DiffSynth's prompt unit makes of `prompt`."""
    from diffsynth.pipelines.wan_video import WanVideoUnit_PromptEmbedder

    return WanVideoUnit_PromptEmbedder().process(pipe, prompt=prompt, positive=True)["context"]  # type: ignore[no-any-return]
