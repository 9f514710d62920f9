"""The rules: which rows each flags, by their measurements. Pure; a row that was not measured is not flagged.

Each rule has a bit in an item's `flags`, which never changes its meaning: append new rules at the end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from services.backend.datasets.item_schemas import RuleId
from services.backend.datasets.quality import duplicates

Columns = Mapping[str, npt.NDArray[Any]]
"""By name, each with a value a row, NaN if unknown. Rows are in the order of the source."""
Flags = npt.NDArray[np.bool_]

# The defaults of what is measured on pictures are those that told good from bad clips in docs/measures.md.
DEFAULT_TARGET = (704, 1280)
"""Height and width."""


@dataclass(frozen=True)
class Rule:
    """A rule. `flag(columns, threshold, (height, width))` returns which rows it flags.

    `about` says which changes concern it: a rule on captions is applied again when captions change, one on the split
    when that does.
    """

    id: RuleId
    title: str
    meaning: str
    unit: str
    needs: Literal["import", "scan", "captions"]
    about: Literal["media", "caption", "split"]
    columns: tuple[str, ...]
    flag: Callable[[Columns, float, tuple[int, int]], Flags]
    default: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def uses_target(self) -> bool:
        return "width" in self.columns

    @property
    def bit(self) -> int:
        return 1 << ORDER.index(self.id)


ORDER: tuple[RuleId, ...] = get_args(RuleId)


def cropped_share(width: Any, height: Any, target: tuple[int, int]) -> Any:
    """Return the share of the picture that is lost by scaling it to cover the target and cropping the middle."""
    scale = np.maximum(target[1] / width, target[0] / height)
    return 1 - target[1] * target[0] / (scale * width * scale * height)


def _small(columns: Columns, most: float, target: tuple[int, int]) -> Flags:
    scale = np.maximum(target[1] / columns["width"], target[0] / columns["height"])
    return np.asarray(scale > most)


def _cropped(columns: Columns, most: float, target: tuple[int, int]) -> Flags:
    return np.asarray(cropped_share(columns["width"], columns["height"], target) > most)


def _duplicate(columns: Columns, _: float, __: object) -> Flags:
    content = columns["content"]
    flags = np.ones(len(content), dtype=bool)
    flags[np.unique(content, return_index=True)[1]] = False
    return flags


def near_duplicates(columns: Columns, bits: float) -> npt.NDArray[np.int64]:
    """Find for each row the position of the earlier row that it is a near-duplicate of, or -1.

    Images are compared with images only. Rows of one content count once: equal files are the rule on duplicates'.
    """
    answer = np.full(len(columns["content"]), -1, dtype=np.int64)
    for is_image in (False, True):
        mine = np.flatnonzero(columns["has_hash"] & (columns["is_image"] == is_image))
        mine = mine[np.sort(np.unique(columns["content"][mine], return_index=True)[1])]
        found = duplicates.leaders(columns["hash64"][mine].view(np.uint64), int(bits))
        answer[mine] = np.where(found >= 0, mine[found], -1)
    return answer


def _repeated(columns: Columns, most: float, _: object) -> Flags:
    _, inverse, counts = np.unique(columns["caption_key"], return_inverse=True, return_counts=True)
    return np.asarray((counts[inverse] > most) & ~columns["is_empty"])


def _leak(columns: Columns, _: float, __: object) -> Flags:
    held = columns["is_held_out"]
    trained = np.unique(columns["content"][columns["is_trained"]])
    return np.asarray(held & np.isin(columns["content"], trained))


RULES: tuple[Rule, ...] = (
    Rule(
        "unreadable",
        "Unreadable",
        "The file cannot be opened or decoded to its end; a run would leave it out.",
        "",
        "scan",
        "media",
        ("is_damaged",),
        lambda c, _, __: c["is_damaged"],
    ),
    Rule(
        "too_few_frames",
        "Too few frames",
        "A video has fewer frames than this; what a run asks for is missing.",
        "frames",
        "scan",
        "media",
        ("is_image", "frames"),
        lambda c, t, _: ~c["is_image"] & (c["frames"] < t),
        49,
        1,
        10_000,
    ),
    Rule(
        "small",
        "Smaller than the target",
        "It has to be enlarged by more than this to cover the target; it is blurred then.",
        "x",
        "scan",
        "media",
        ("width", "height"),
        _small,
        1.0,
        0.1,
        10,
    ),
    Rule(
        "cropped",
        "Much is cut away",
        "Cropping to the target loses more than this share of the picture.",
        "share",
        "scan",
        "media",
        ("width", "height"),
        _cropped,
        0.1,
        0,
        1,
    ),
    Rule(
        "still",
        "No motion",
        "Neighbouring sampled frames of a video differ by less than this; it teaches standing still.",
        "levels of 255",
        "scan",
        "media",
        ("motion",),
        lambda c, t, _: c["motion"] < t,
        1.5,
        0,
        255,
    ),
    Rule(
        "cut",
        "A cut inside",
        "The picture changes more suddenly than this inside a video; a run would learn the jump.",
        "0 to 1",
        "scan",
        "media",
        ("cut",),
        lambda c, t, _: c["cut"] > t,
        0.4,
        0,
        1,
    ),
    Rule(
        "blurred",
        "Blurred",
        "Its edges are weaker than this (the variance of the Laplacian at 512 pixels).",
        "variance",
        "scan",
        "media",
        ("sharpness",),
        lambda c, t, _: c["sharpness"] < t,
        30,
        0,
        100_000,
    ),
    Rule(
        "dark",
        "Too dark",
        "More than this share of the picture is nearly black, bars left out.",
        "share",
        "scan",
        "media",
        ("dark",),
        lambda c, t, _: c["dark"] > t,
        0.5,
        0,
        1,
    ),
    Rule(
        "burnt",
        "Burnt out",
        "More than this share of the picture is nearly white.",
        "share",
        "scan",
        "media",
        ("burnt",),
        lambda c, t, _: c["burnt"] > t,
        0.2,
        0,
        1,
    ),
    Rule(
        "letterboxed",
        "Black bars",
        "Black bars take more than this share of the picture; a run would learn them.",
        "share",
        "scan",
        "media",
        ("bars",),
        lambda c, t, _: c["bars"] > t,
        0.05,
        0,
        1,
    ),
    Rule(
        "duplicate",
        "Duplicate",
        "An earlier row has the same file, or one of the same content.",
        "",
        "import",
        "media",
        ("content",),
        _duplicate,
    ),
    Rule(
        "near_duplicate",
        "Near-duplicate",
        "Its middle frame differs from an earlier row's in at most so many of 64 bits.",
        "bits",
        "scan",
        "media",
        ("content", "is_image", "has_hash", "hash64"),
        lambda c, t, _: near_duplicates(c, t) >= 0,
        4,
        0,
        duplicates.MOST_BITS,
    ),
    Rule(
        "caption_empty",
        "No caption",
        "The caption is empty; a run leaves the row out.",
        "",
        "import",
        "caption",
        ("is_empty",),
        lambda c, _, __: c["is_empty"],
    ),
    Rule(
        "caption_repeated",
        "Repeated caption",
        "More rows than this have the very same caption.",
        "rows",
        "import",
        "caption",
        ("caption_key", "is_empty"),
        _repeated,
        1,
        1,
        1_000_000,
    ),
    Rule(
        "caption_long",
        "Caption too long",
        "The caption has more tokens than this; the model reads no further.",
        "tokens",
        "captions",
        "caption",
        ("tokens",),
        lambda c, t, _: c["tokens"] > t,
        512,
        1,
        100_000,
    ),
    Rule(
        "caption_mixed",
        "Mixed languages",
        "More than this share of the caption's letters is of a second script.",
        "share",
        "captions",
        "caption",
        ("foreign_share",),
        lambda c, t, _: c["foreign_share"] > t,
        0.1,
        0,
        1,
    ),
    Rule(
        "caption_misdecoded",
        "Garbled caption",
        "The caption looks like text that was read in a wrong encoding.",
        "",
        "captions",
        "caption",
        ("is_misdecoded",),
        lambda c, _, __: c["is_misdecoded"],
    ),
    Rule(
        "leak",
        "Also trained on",
        "A row held out for validation whose file, or one of its content, is trained on, too.",
        "",
        "import",
        "split",
        ("content", "is_held_out", "is_trained"),
        _leak,
    ),
)

BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}
