"""Made-up scenes: a camera that moves over a photo, and shapes that move before it, with a caption that says so.

Every choice is drawn from one generator, so that a seed fixes a batch. Shapes of tensors: B clips, C colours, F frames,
H and W pixels, K moving shapes in a clip; places are in units of half the picture, from -1 to 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample


@dataclass(frozen=True)
class Size:
    """Of a clip: pixels and frames."""

    height: int
    width: int
    frames: int


FULL = Size(96, 160, 17)
SHAPES_MOST = 2
_CAMERA = {
    "stays still": (0.0, 0.0, 1.0, 0.0),
    "pans left": (-1.0, 0.0, 1.0, 0.0),
    "pans right": (1.0, 0.0, 1.0, 0.0),
    "tilts up": (0.0, -1.0, 1.0, 0.0),
    "tilts down": (0.0, 1.0, 1.0, 0.0),
    "zooms in": (0.0, 0.0, 0.65, 0.0),
    "zooms out": (0.0, 0.0, 1.5, 0.0),
    "turns": (0.0, 0.0, 1.0, 1.0),
}
"""What the camera does: its way in x and y, the factor on its field of view, and whether it turns."""
_WAYS = {
    "from left to right": (1.0, 0.0),
    "from right to left": (-1.0, 0.0),
    "from top to bottom": (0.0, 1.0),
    "from bottom to top": (0.0, -1.0),
    "slowly": (0.15, 0.08),
}
_KINDS = ("circle", "square", "triangle", "ring")
_COLOURS = {
    "red": (0.85, 0.12, 0.1),
    "green": (0.15, 0.65, 0.2),
    "blue": (0.12, 0.25, 0.85),
    "yellow": (0.95, 0.85, 0.1),
    "orange": (0.95, 0.5, 0.08),
    "purple": (0.5, 0.15, 0.6),
    "white": (0.95, 0.95, 0.95),
    "black": (0.05, 0.05, 0.05),
    "grey": (0.5, 0.5, 0.5),
    "brown": (0.4, 0.25, 0.12),
}


def moving_scenes(
    photos_NCHW: Tensor, captions: Sequence[str], count: int, draw: torch.Generator, size: Size = FULL
) -> tuple[Tensor, list[str]]:
    """`count` clips of `size` in [-1, 1], B C F H W, and their captions. The photos' values are in [0, 1]."""
    rand = _Rand(draw, photos_NCHW.device)
    photo = rand.index(len(photos_NCHW), count)
    camera = rand.index(len(_CAMERA), count)
    video = _filmed(photos_NCHW[photo], camera, rand, size)
    shapes = rand.index(SHAPES_MOST + 1, count)
    moves = zip(camera.tolist(), photo.tolist(), strict=True)
    spoken = [f"The camera {list(_CAMERA)[move]} over {captions[index]}." for move, index in moves]
    for k in range(SHAPES_MOST):
        kind, colour, way = (rand.index(len(table), count) for table in (_KINDS, _COLOURS, _WAYS))
        texture = rand.index(len(photos_NCHW), count)
        textured = rand.uniform(0, 1, count) < 0.4
        shown = shapes > k
        video = _with_shape(video, kind, colour, way, photos_NCHW[texture], textured, shown, rand, size)
        rows = torch.stack([shown, kind, colour, way, texture, textured], -1).tolist()
        for b, (is_shown, *look) in enumerate(rows):
            if is_shown:
                spoken[b] += _spoken_shape(captions, *look)
    light = rand.uniform(0.8, 1.2, count).view(-1, 1, 1, 1, 1)
    return (video * light).clamp(0, 1) * 2 - 1, spoken


def real_scenes(clips_TCHW: Sequence[Tensor], count: int, draw: torch.Generator, size: Size = FULL) -> Tensor:
    """`count` pieces cut out of real clips (uint8), as above; some are mirrored, some show every second frame."""
    rand = _Rand(draw, clips_TCHW[0].device)
    pieces = []
    chances = torch.rand(count, 2, generator=draw, device=rand.device).tolist()
    for which, (slow, at) in zip(rand.index(len(clips_TCHW), count).tolist(), chances, strict=True):
        clip = clips_TCHW[which]
        stride = 1 if slow < 0.5 or len(clip) < 2 * size.frames else 2
        start = int(at * (len(clip) - (size.frames - 1) * stride))
        pieces.append(clip[start : start + (size.frames - 1) * stride + 1 : stride])
    video = torch.stack(pieces).transpose(1, 2).float() / 255
    zoom = rand.uniform(0.75, 1, count)
    x, y = (rand.uniform(-1, 1, count) * (1 - zoom) for _ in range(2))
    mirror = torch.where(rand.uniform(0, 1, count) < 0.5, -1.0, 1.0)
    grid = _grid(size.height, size.width, video.device)[None] * torch.stack([zoom * mirror, zoom], -1).view(-1, 1, 1, 2)
    grid = grid + torch.stack([x, y], -1).view(-1, 1, 1, 2)
    frames = grid_sample(video.flatten(1, 2), grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return frames.view(count, 3, size.frames, size.height, size.width) * 2 - 1


def _spoken_shape(captions: Sequence[str], kind: int, colour: int, way: int, texture: int, textured: int) -> str:
    name = list(_COLOURS)[colour]
    plain = f"{'An' if name[0] in 'aeiou' else 'A'} {name} {_KINDS[kind]}"
    noun = f"A {_KINDS[kind]} with {captions[texture]}" if textured else plain
    return f" {noun} moves {list(_WAYS)[way]}."


class _Rand:
    def __init__(self, draw: torch.Generator, device: torch.device) -> None:
        self._draw, self.device = draw, device

    def uniform(self, low: float, high: float, count: int) -> Tensor:
        return torch.rand(count, generator=self._draw, device=self.device) * (high - low) + low

    def index(self, below: int, count: int) -> Tensor:
        return torch.randint(below, (count,), generator=self._draw, device=self.device)


def _grid(height: int, width: int, device: torch.device) -> Tensor:
    """H W 2: the places (x, y) of the pixels' middles."""
    y = (torch.arange(height, device=device) + 0.5) / height * 2 - 1
    x = (torch.arange(width, device=device) + 0.5) / width * 2 - 1
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)


def _filmed(photo_BCHW: Tensor, camera: Tensor, rand: _Rand, size: Size) -> Tensor:
    """B C F H W: the photo through a window that moves as `camera` says, at twice the size and then averaged."""
    count, device = len(photo_BCHW), photo_BCHW.device
    way_x, way_y, factor, turn = torch.tensor(list(_CAMERA.values()), device=device)[camera].unbind(-1)
    zoom = rand.uniform(0.4, 0.8, count)
    length = rand.uniform(0.15, 0.55, count)
    angle = turn * rand.uniform(0.15, 0.5, count) * torch.where(rand.uniform(0, 1, count) < 0.5, -1.0, 1.0)
    mirror = torch.where(rand.uniform(0, 1, count) < 0.5, -1.0, 1.0)
    largest = zoom * factor.clamp(min=1)
    middle = [rand.uniform(-1, 1, count) * (1 - largest).clamp(min=0) * 0.8 for _ in range(2)]
    t = torch.linspace(0, 1, size.frames, device=device)[None]
    window = zoom[:, None] * factor[:, None] ** t
    x = middle[0][:, None] + (way_x * length)[:, None] * (t - 0.5)
    y = middle[1][:, None] + (way_y * length)[:, None] * (t - 0.5)
    turned = angle[:, None] * (t - 0.5)
    cos, sin = window * torch.cos(turned), window * torch.sin(turned)
    ratio = size.width / size.height
    rows = [torch.stack([cos, -sin / ratio, x], -1), torch.stack([sin * ratio, cos, y], -1)]
    affine_BF23 = torch.stack(rows, -2)
    pixels = _grid(size.height * 2, size.width * 2, device)
    ones = torch.ones_like(pixels[..., :1])
    grid = torch.einsum("bfij,hwj->bfhwi", affine_BF23, torch.cat([pixels, ones], -1))
    grid = grid * torch.stack([mirror, torch.ones_like(mirror)], -1).view(-1, 1, 1, 1, 2)
    seen = grid_sample(photo_BCHW, grid.flatten(1, 2), mode="bilinear", padding_mode="reflection", align_corners=False)
    return avg_pool2d(seen, 2).view(count, 3, size.frames, size.height, size.width)


def _with_shape(
    video: Tensor,
    kind: Tensor,
    colour: Tensor,
    way: Tensor,
    texture_BCHW: Tensor,
    textured: Tensor,
    shown: Tensor,
    rand: _Rand,
    size: Size,
) -> Tensor:
    """`video` with one shape over it in every clip where `shown`."""
    count, device = len(video), video.device
    radius = rand.uniform(0.2, 0.55, count).view(-1, 1, 1, 1)
    t = torch.linspace(-0.5, 0.5, size.frames, device=device)[None]
    length = rand.uniform(0.6, 1.8, count)
    step = torch.tensor(list(_WAYS.values()), device=device)[way] * length[:, None]
    start = torch.stack([rand.uniform(-0.7, 0.7, count), rand.uniform(-0.6, 0.6, count)], -1)
    spin = rand.uniform(-1.5, 1.5, count)[:, None] * t
    place_BF2 = start[:, None] + step[:, None] * t[..., None]
    offset = _grid(size.height, size.width, device)[None, None] - place_BF2[:, :, None, None]
    u, v = offset[..., 0] * (size.width / size.height), offset[..., 1]
    cos, sin = (f(spin)[:, :, None, None] for f in (torch.cos, torch.sin))
    u, v = (u * cos - v * sin) / radius, (u * sin + v * cos) / radius
    round_ = torch.sqrt(u * u + v * v + 1e-6)
    distance = torch.stack(
        [
            round_ - 1,
            torch.maximum(u.abs(), v.abs()) - 0.85,
            torch.maximum(v - 0.7, (u.abs() * math.sqrt(3) - v) / 2 - 0.5),
            (round_ - 0.75).abs() - 0.25,
        ]
    )
    chosen = distance.gather(0, kind.view(1, -1, 1, 1, 1).expand(1, *distance.shape[1:]))[0]
    alpha = torch.sigmoid(-chosen * radius * size.height * 0.75) * shown.view(-1, 1, 1, 1)
    plain = torch.tensor(list(_COLOURS.values()), device=device)[colour].view(-1, 3, 1, 1, 1)
    plain = plain * (1 - 0.25 * (v[:, None].clamp(-1, 1) + u[:, None].clamp(-1, 1)) * 0.5)
    grid = torch.stack([u, v], -1).flatten(1, 2) * 0.45
    print_ = grid_sample(texture_BCHW, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    fill = torch.where(
        textured.view(-1, 1, 1, 1, 1), print_.view(count, 3, size.frames, size.height, size.width), plain
    )
    return torch.lerp(video, fill, alpha[:, None])
