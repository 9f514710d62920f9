"""Check the data set's table, and the settings against it. No clip is opened for it."""

from collections import Counter
from collections.abc import Sequence

from trainer.contract.config import RunConfig
from trainer.contract.messages import Message, message, sentence
from trainer.contract.plan import buckets, config_rules
from trainer.contract.plan.buckets import Buckets
from trainer.contract.plan.counting import Counts
from trainer.contract.plan.run_facts import RunFacts
from trainer.data import split
from trainer.data.clip import Clip, Placed
from trainer.data.metadata import Row
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


def schedule(context: CheckContext) -> Finding:
    """Count the steps, and tell what surprises people about them. Raises: Problem if nothing is left to train on."""
    rows = context.table.rows
    facts = _facts(context.config, rows, context.ranks)
    found = config_rules.warnings_of(facts)
    if not found:
        counts = facts.counts
        return ok(message("check.schedule", steps=counts.total_steps, epoch=counts.steps_per_epoch))
    said = " ".join(one.message for one in found)
    hint = " ".join(one.hint for one in found)
    return warning(Message("", said, hint), codes=[one.code for one in found])


def _facts(config: RunConfig, rows: Sequence[Row], ranks: int) -> RunFacts:
    """Lay out the rows as a run would. A clip whose shape depends on its size counts at the one with most tokens."""
    shapes = {is_image: Buckets.of(config, is_image=is_image).largest for is_image in (False, True)}
    clips = [Clip(Placed(row, shapes[row.is_image]), latents=(), texts=()) for row in rows]
    trained, held_out = split.split_clips(config, clips, stays_whole=False)
    parts = buckets.parts(Counter((clip.shape, clip.row.dataset) for clip in trained), len(config.datasets))
    counts = Counts.of_config(config, list(parts.values()), ranks)
    return RunFacts(config, counts, tuple(parts), len(held_out), sum(not row.is_image for row in rows))
