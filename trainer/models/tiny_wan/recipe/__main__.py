"""Make the weights of tiny-wan: gather the material, then train the VAE, then the DiT with the text encoder."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from trainer.models.tiny_wan import FILES, TEXT_ENCODER

from . import material as materials
from .scenes import FULL, Size, moving_scenes
from .train_dit import encode_scenes, train_dit
from .train_vae import AutoEncoder, train_vae
from .words import train_tokenizer

Report = Callable[[str], None]
STAGES = ("material", "tokenizer", "vae", "dit")


def main(arguments: list[str] | None = None) -> None:
    args = _parser().parse_args(arguments)
    torch.backends.cudnn.benchmark = True
    args.out.mkdir(parents=True, exist_ok=True)
    log = args.out / "recipe.log"
    start = time.monotonic()

    def report(line: str) -> None:
        line = f"{time.monotonic() - start:7.1f} s  {line}"
        print(line, flush=True)
        with log.open("a") as file:
            file.write(line + "\n")

    for stage in STAGES if args.stage == "all" else (args.stage,):
        report(f"stage {stage}: {json.dumps(vars(args), default=str)}")
        _STAGES[stage](args, report)


def _material(args: argparse.Namespace, report: Report) -> None:
    found = materials.gather(args.photos, args.clips)
    materials.save(found, args.material)
    report(f"{len(found.captions)} photos, {[len(clip) for clip in found.clips_THWC]} frames of clips")


def _tokenizer(args: argparse.Namespace, report: Report) -> None:
    photos, captions, _ = _loaded(args, torch.device("cpu"))
    draw = torch.Generator().manual_seed(args.seed)
    unseen = Size(16, 16, 2)  # the captions are all that is wanted of these scenes
    spoken = [caption for _ in range(16) for caption in moving_scenes(photos, captions, 8, draw, unseen)[1]]
    count = train_tokenizer(spoken, TEXT_ENCODER["vocab"], args.out / "tokenizer")
    report(f"{count} tokens")


def _vae(args: argparse.Namespace, report: Report) -> None:
    device = torch.device(args.device)
    photos, captions, clips = _loaded(args, device)
    train_vae(
        photos,
        captions,
        clips,
        steps=args.vae_steps,
        batch=args.vae_batch,
        learning_rate=args.vae_lr,
        device=device,
        report=report,
        keep=lambda model: _keep(args, "wan_video_vae", model),
        start_from=None if args.vae_from is None else load_file(args.vae_from),
        size=Size(args.height, args.width, args.frames),
        seed=args.seed,
    )


def _dit(args: argparse.Namespace, report: Report) -> None:
    device = torch.device(args.device)
    photos, captions, _ = _loaded(args, device)
    tokenizer = Tokenizer.from_file(str(args.out / "tokenizer" / "tokenizer.json"))
    coder = AutoEncoder(device).requires_grad_(False)
    coder.model.load_state_dict(load_file(args.out / FILES["wan_video_vae"]))
    size = Size(args.height, args.width, args.frames)
    bank = encode_scenes(
        coder, photos, captions, tokenizer, count=args.dit_scenes, batch=args.vae_batch, size=size, seed=args.seed
    )
    spread = bank.latents_BCFHW.float()
    report(f"{args.dit_scenes} scenes: latents' mean {spread.mean():.3f}, deviation {spread.std():.3f}")

    def keep(dit: nn.Module, text: nn.Module) -> None:
        _keep(args, "wan_video_dit", dit)
        _keep(args, "wan_video_text_encoder", text)

    train_dit(
        bank,
        steps=args.dit_steps,
        batch=args.dit_batch,
        learning_rate=args.dit_lr,
        device=device,
        report=report,
        keep=keep,
        seed=args.seed,
    )


_STAGES = {"material": _material, "tokenizer": _tokenizer, "vae": _vae, "dit": _dit}


def _loaded(args: argparse.Namespace, device: torch.device) -> tuple[Tensor, list[str], list[Tensor]]:
    found = materials.load(args.material)
    photos = torch.from_numpy(found.photos_NHWC).to(device).permute(0, 3, 1, 2).float() / 255
    clips = [torch.from_numpy(clip).to(device).permute(0, 3, 1, 2) for clip in found.clips_THWC]
    return photos.contiguous(), found.captions, clips


def _keep(args: argparse.Namespace, part: str, model: nn.Module) -> None:
    """The file of `part`, in bf16."""
    state = {name: value.detach().to("cpu", torch.bfloat16).contiguous() for name, value in model.state_dict().items()}
    save_file(state, args.out / FILES[part])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trainer.models.tiny_wan.recipe", description=__doc__)
    parser.add_argument("--stage", choices=(*STAGES, "all"), default="all")
    parser.add_argument("--out", type=Path, required=True, help="where the weights go, and are read from")
    parser.add_argument("--material", type=Path, default=Path("material.npz"))
    parser.add_argument("--photos", type=Path, default=Path("photos"), help="a folder with the files of photos.csv")
    parser.add_argument("--clips", type=Path, default=Path("clips"), help="a folder of .mp4 files")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--height", type=int, default=FULL.height)
    parser.add_argument("--width", type=int, default=FULL.width)
    parser.add_argument("--frames", type=int, default=FULL.frames)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vae-steps", type=int, default=5469)
    parser.add_argument("--vae-batch", type=int, default=16)
    parser.add_argument("--vae-lr", type=float, default=1.5e-3)
    parser.add_argument("--vae-from", type=Path, help="weights to go on from")
    parser.add_argument("--dit-scenes", type=int, default=8192)
    parser.add_argument("--dit-steps", type=int, default=1328)
    parser.add_argument("--dit-batch", type=int, default=256)
    parser.add_argument("--dit-lr", type=float, default=1e-3)
    return parser


if __name__ == "__main__":
    main()
