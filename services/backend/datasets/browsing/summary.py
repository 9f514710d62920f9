"""The summary of a data set: counts and distributions."""

import sqlite3

import numpy as np
import numpy.typing as npt

from services.backend.datasets import rules
from services.backend.datasets.quality.conversions import CONDITIONS, IS_MEASURED
from services.backend.datasets.quality.flagging import JOINED
from services.backend.datasets.schemas import Bin, CodeCount, Conversions, Histogram, RateCount, SizeCount, Summary
from services.backend.datasets.store import Store

_BINS = 24
_SIZES = 12
_RATES = 8
_REASONS = 50
_HISTOGRAMS = (
    ("size", "megapixels", "media.width * media.height / 1e6"),
    ("aspect", "width / height", "1.0 * media.width / media.height"),
    ("frames", "frames", "CASE WHEN item.is_image THEN NULL ELSE media.frames END"),
    ("fps", "frames/s", "media.fps"),
    ("duration", "s", "media.duration_s"),
    ("caption_length", "characters", "LENGTH(item.caption)"),
    ("caption_tokens", "tokens", "words.tokens"),
)


def read(store: Store, dataset_id: int) -> Summary:
    """Summarise a data set. Raises: NotFound, Conflict."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        return store.cached(sql, ("summary",), lambda: _read(sql))


def _read(sql: sqlite3.Connection) -> Summary:
    totals = sql.execute(
        "SELECT COUNT(*) AS rows, COALESCE(SUM(is_image), 0) AS images, COALESCE(SUM(quarantined), 0) AS quarantined, "
        "COALESCE(SUM(NOT quarantined AND split IS 'validation'), 0) AS validation FROM item"
    ).fetchone()
    measured = sql.execute(
        "SELECT COALESCE(SUM(media.is_done), 0) AS scanned, COUNT(words.key) AS tokenized, "
        f"COALESCE(SUM(CASE WHEN NOT item.quarantined THEN media.duration_s END), 0.0) AS duration_s FROM {JOINED}"
    ).fetchone()
    sizes = sql.execute(
        "SELECT width, height, COUNT(*) AS count FROM item JOIN media ON media.key = item.media_key "
        f"WHERE width IS NOT NULL AND height IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {_SIZES}"
    ).fetchall()
    used = totals["rows"] - totals["quarantined"]
    return Summary(
        rows=totals["rows"],
        videos=totals["rows"] - totals["images"],
        images=totals["images"],
        used=used,
        quarantined=totals["quarantined"],
        training=used - totals["validation"],
        validation=totals["validation"],
        **dict(measured),
        faults=_counts(sql, "SELECT code, COUNT(*) FROM fault GROUP BY 1 ORDER BY 2 DESC, 1"),
        flagged=[CodeCount(code=code, count=count) for code, count in rules.counts(sql)[0].most_common()],
        reasons=_counts(
            sql, f"SELECT reason, COUNT(*) FROM item WHERE quarantined GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_REASONS}"
        ),
        sizes=[SizeCount(**dict(row)) for row in sizes],
        histograms=_histograms(sql),
        conversions=_conversions(sql),
        rates=_rates(sql),
    )


def _conversions(sql: sqlite3.Connection) -> Conversions:
    sums = ", ".join(f"COALESCE(SUM({condition}), 0)" for condition in CONDITIONS.values())
    query = f"SELECT COALESCE(SUM({IS_MEASURED}), 0), {sums} FROM item JOIN media ON media.key = item.media_key"
    known, *found = sql.execute(query).fetchone()
    counted = [CodeCount(code=code, count=count) for code, count in zip(CONDITIONS, found, strict=True) if count]
    return Conversions(known=known, counts=counted)


def _rates(sql: sqlite3.Connection) -> list[RateCount]:
    found = sql.execute(
        "SELECT fps, COUNT(*) AS count FROM item JOIN media ON media.key = item.media_key "
        f"WHERE fps IS NOT NULL AND NOT item.is_image GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {_RATES}"
    )
    return [RateCount(fps=fps, count=count) for fps, count in found]


def _counts(sql: sqlite3.Connection, query: str) -> list[CodeCount]:
    return [CodeCount(code=code, count=count) for code, count in sql.execute(query)]


def _histograms(sql: sqlite3.Connection) -> list[Histogram]:
    cursor = sql.cursor()
    cursor.row_factory = None
    expressions = ", ".join(expression for _, _, expression in _HISTOGRAMS)
    rows = cursor.execute(f"SELECT {expressions} FROM {JOINED}").fetchall()
    table = np.array(rows, dtype=float).reshape(-1, len(_HISTOGRAMS))
    found = []
    for place, (key, unit, _) in enumerate(_HISTOGRAMS):
        values = table[:, place]
        values = values[np.isfinite(values)]
        found.append(Histogram.model_validate({"key": key, "unit": unit, "known": len(values), "bins": bins(values)}))
    return found


def bins(values: npt.NDArray[np.float64]) -> list[Bin]:
    """Sort values into up to 24 bins of equal width, or one if all are equal.

    The bins cover the middle 98% of the values; the first and the last reach on to the least and the greatest.
    """
    if not len(values):
        return []
    if values.min() == values.max():
        return [Bin(low=float(values[0]), high=float(values[0]), count=len(values))]
    low, high = (float(edge) for edge in np.quantile(values, (0.01, 0.99)))
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    counts, _ = np.histogram(np.clip(values, low, high), edges)
    edges[0], edges[-1] = min(low, values.min()), max(high, values.max())
    return [
        Bin(low=float(begin), high=float(end), count=int(count))
        for begin, end, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]
