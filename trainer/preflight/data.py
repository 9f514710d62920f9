"""Check the data set's table. No clip is opened for it."""

from collections import Counter

from trainer.preflight.checks import CheckContext, Finding, failure, ok, warning


def dataset(context: CheckContext) -> Finding:
    """Raises: Problem."""
    context.at(f"reading {context.config.metadata_path}")
    rows, rejected = context.table
    by_code = dict(Counter(row.code for row in rejected))
    if not rows:
        found = "The data set has no rows." if not rejected else f"None of its {len(rejected)} rows can be used."
        hint = rejected[0].message if rejected else "Add clips to it."
        return failure("no_usable_clips", found, hint, by_code=by_code)
    images = sum(row.is_image for row in rows)
    found = f"{len(rows) - images:,} videos and {images:,} images"
    if not rejected:
        return ok(found)
    found += f"; {len(rejected):,} {'row is' if len(rejected) == 1 else 'rows are'} left out"
    return warning(found, rejected[0].message, by_code=by_code)
