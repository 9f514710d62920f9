"""What is converted of a file for training, by name: conditions on the columns of `media`.

A file that has not been measured for it has NULL in all of these columns, so that each condition is neither true nor
false of it.
"""

from typing import get_args

from services.backend.datasets.item_schemas import Conversion

COLUMNS = ("colour", "pixel_aspect", "is_interlaced", "is_steady", "has_alpha", "is_mirrored")
"""Of `media`, and fields of `trainer.contract.scan.Media`."""

IS_MEASURED = "media.colour IS NOT NULL"

CONDITIONS: dict[Conversion, str] = {
    "hdr": "(media.colour GLOB 'hlg*' OR media.colour GLOB 'pq*' OR media.colour GLOB 'linear*')",
    "wide_gamut": "media.colour IN ('bt2020', 'p3')",
    "profile": "media.colour = 'profile'",
    "cmyk": "media.colour = 'cmyk'",
    "interlaced": "media.is_interlaced",
    "non_square": "media.pixel_aspect <> 1",
    "variable_rate": "NOT media.is_steady",
    "alpha": "media.has_alpha",
    "turned": "media.rotation <> 0",
    "mirrored": "media.is_mirrored",
}

BITS = " + ".join(f"(({CONDITIONS[name]}) << {bit})" for bit, name in enumerate(get_args(Conversion)))
"""A number with a bit for each conversion, as `bit_of` says; NULL where nothing is known."""


def bit_of(conversion: Conversion) -> int:
    return 1 << get_args(Conversion).index(conversion)


def conversions_of(bits: int | None) -> list[Conversion] | None:
    """Return the conversions of a row by its BITS; None where nothing is known."""
    return None if bits is None else [name for name in get_args(Conversion) if bits & bit_of(name)]
