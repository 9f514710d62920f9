"""The sizes that `max_area` stands for: of every aspect ratio, each of about as many pixels.

A file of fewer pixels is not blown up to all of them: there are sizes of half the area, of a quarter and so on, too.
"""

from functools import lru_cache
from math import isqrt

from trainer.contract.shape import LONGEST_SIDE

LONGEST_RATIO = 4
"""Of the long side to the short one, in what a file is trained at."""
LEAST_SIDES = 4
"""The smallest area is of so many side multiples squared, if `max_area` itself is not smaller."""

Size = tuple[int, int]
"""Height and width in pixels."""


def areas(max_area: int, side_multiple: int) -> list[int]:
    """List the areas in pixels that files are trained at, `max_area` first and each half of the one before."""
    found = [max_area]
    while found[-1] // 2 >= (LEAST_SIDES * side_multiple) ** 2:
        found.append(found[-1] // 2)
    return found


@lru_cache(maxsize=64)
def sizes_within(area: int, side_multiple: int) -> tuple[Size, ...]:
    """List the largest sizes of at most `area` pixels, by ascending height: for each side that is a multiple the
    longest other one, and the square. `area`: at least the square of `side_multiple`."""
    square = isqrt(area) // side_multiple * side_multiple
    found = {(square, square)}
    for short in range(side_multiple, square + 1, side_multiple):
        long = min(area // short // side_multiple * side_multiple, LONGEST_SIDE)
        if long <= LONGEST_RATIO * short:
            found |= {(short, long), (long, short)}
    return tuple(sorted(found))
