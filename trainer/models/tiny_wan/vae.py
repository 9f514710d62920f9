"""Build Wan2.2's VAE at sizes that its DiffSynth constructor does not take."""

from diffsynth.core.vram.initialization import skip_model_initialization
from diffsynth.models.wan_video_vae import VideoVAE38_, WanVideoVAE38


class TinyWanVideoVAE38(WanVideoVAE38):  # type: ignore[misc] # untyped upstream
    """Open the decoder's width and the number of residual blocks of `WanVideoVAE38`. All else is as upstream.

    The latents' mean and deviation stay those of Wan2.2: the weights are trained to suit them.
    """

    def __init__(self, dim: int, dec_dim: int, num_res_blocks: int, z_dim: int = 48) -> None:
        with skip_model_initialization():  # upstream's full-size decoder is thrown away below; fill no memory with it
            super().__init__(z_dim=z_dim, dim=dim)
        model = VideoVAE38_(dim=dim, z_dim=z_dim, dec_dim=dec_dim, num_res_blocks=num_res_blocks)
        self.model = model.eval().requires_grad_(False)
