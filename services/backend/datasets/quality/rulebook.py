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
from trainer.contract.messages import sentence

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
    unit: str
    needs: Literal["import", "scan", "captions"]
    about: Literal["media", "caption", "split"]
    columns: tuple[str, ...]
    flag: Callable[[Columns, float, tuple[int, int]], Flags]
    default: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def title(self) -> str:
        return sentence(f"rule.{self.id}.title")

    @property
    def meaning(self) -> str:
        return sentence(f"rule.{self.id}.meaning")

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
    Rule("unreadable", "", "scan", "media", ("is_damaged",), lambda c, _, __: c["is_damaged"]),
    Rule(
        "too_few_frames",
        "frames",
        "scan",
        "media",
        ("is_image", "frames"),
        lambda c, t, _: ~c["is_image"] & (c["frames"] < t),
        49,
        1,
        10_000,
    ),
    Rule("small", "x", "scan", "media", ("width", "height"), _small, 1.0, 0.1, 10),
    Rule("cropped", "share", "scan", "media", ("width", "height"), _cropped, 0.1, 0, 1),
    Rule("still", "levels of 255", "scan", "media", ("motion",), lambda c, t, _: c["motion"] < t, 1.5, 0, 255),
    Rule("cut", "0 to 1", "scan", "media", ("cut",), lambda c, t, _: c["cut"] > t, 0.4, 0, 1),
    Rule("blurred", "variance", "scan", "media", ("sharpness",), lambda c, t, _: c["sharpness"] < t, 30, 0, 100_000),
    Rule("dark", "share", "scan", "media", ("dark",), lambda c, t, _: c["dark"] > t, 0.5, 0, 1),
    Rule("burnt", "share", "scan", "media", ("burnt",), lambda c, t, _: c["burnt"] > t, 0.2, 0, 1),
    Rule("letterboxed", "share", "scan", "media", ("bars",), lambda c, t, _: c["bars"] > t, 0.05, 0, 1),
    Rule("duplicate", "", "import", "media", ("content",), _duplicate),
    Rule(
        "near_duplicate",
        "bits",
        "scan",
        "media",
        ("content", "is_image", "has_hash", "hash64"),
        lambda c, t, _: near_duplicates(c, t) >= 0,
        4,
        0,
        duplicates.MOST_BITS,
    ),
    Rule("caption_empty", "", "import", "caption", ("is_empty",), lambda c, _, __: c["is_empty"]),
    Rule("caption_repeated", "rows", "import", "caption", ("caption_key", "is_empty"), _repeated, 1, 1, 1_000_000),
    Rule(
        "caption_long", "tokens", "captions", "caption", ("tokens",), lambda c, t, _: c["tokens"] > t, 512, 1, 100_000
    ),
    Rule(
        "caption_mixed",
        "share",
        "captions",
        "caption",
        ("foreign_share",),
        lambda c, t, _: c["foreign_share"] > t,
        0.1,
        0,
        1,
    ),
    Rule("caption_misdecoded", "", "captions", "caption", ("is_misdecoded",), lambda c, _, __: c["is_misdecoded"]),
    Rule("leak", "", "import", "split", ("content", "is_held_out", "is_trained"), _leak),
    Rule("interlaced", "", "scan", "media", ("is_interlaced",), lambda c, _, __: c["is_interlaced"]),
    Rule("hdr", "", "scan", "media", ("is_hdr",), lambda c, _, __: c["is_hdr"]),
    Rule(
        "low_frame_rate",
        "frames/s",
        "scan",
        "media",
        ("fps",),
        lambda c, t, _: np.rint(c["fps"]) < t,  # 23.976 is the 24 of television
        24,
        1,
        1000,
    ),
    Rule(
        "anamorphic",
        "x",
        "scan",
        "media",
        ("pixel_aspect",),
        lambda c, t, _: np.maximum(c["pixel_aspect"], 1 / c["pixel_aspect"]) > t,
        1.5,
        1,
        100,
    ),
    Rule("alpha", "", "scan", "media", ("has_alpha",), lambda c, _, __: c["has_alpha"]),
)

BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}
