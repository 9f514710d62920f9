"""Check the data set's table. No clip is opened for it."""

from collections import Counter

from trainer.contract.messages import message, sentence
from trainer.preflight.checks import CheckContext, Finding, failure, ok, warning


def dataset(context: CheckContext) -> Finding:
    """Raises: Problem."""
    context.at(sentence("doing.reading", path=context.config.metadata_path))
    rows, rejected = context.table.rows, context.table.rejected
    by_code = dict(Counter(row.code for row in rejected))
    if not rows:
        if not rejected:
            return failure(message("no_usable_clips.no_rows"), by_code=by_code)
        said = message("no_usable_clips.check", rows=len(rejected), first=rejected[0].message)
        return failure(said, by_code=by_code)
    images = sum(row.is_image for row in rows)
    counts = {"videos": len(rows) - images, "images": images}
    notes = [str(note) for note in context.table.notes]
    if rejected:
        said = message("check.dataset_left_out", rejected=len(rejected), first=rejected[0].message, **counts)
        return warning(said, by_code=by_code, notes=notes)
    if notes:
        return warning(message("check.dataset_noted", note=notes[0], **counts), notes=notes)
    return ok(message("check.dataset", **counts))
