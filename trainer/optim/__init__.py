"""From gradients to an optimizer step: clipping, loss scale, AdamW, ZeRO."""
