"""The rules of a data set: reads and changes their settings."""

import math
import sqlite3
from collections import Counter

from services.backend.datasets.item_schemas import RuleChange, RuleRead, Rules, RulesUpdate, Target
from services.backend.datasets.manifest.manifest import put
from services.backend.datasets.quality import flagging
from services.backend.datasets.quality.flagging import Choices, choices
from services.backend.datasets.quality.rulebook import BY_ID, RULES, Rule
from services.backend.datasets.store import Store
from services.backend.errors import Invalid
from trainer.contract.messages import message


def read(store: Store, dataset_id: int) -> Rules:
    """Read the rules with how many rows each flags. Raises: NotFound, Conflict."""
    with store.open(dataset_id) as manifest, manifest.read() as sql:
        return store.cached(sql, ("rules",), lambda: _read(sql))


def change(store: Store, dataset_id: int, request: RulesUpdate) -> Rules:
    """Change settings, and update the flags that they concern. Raises: NotFound, Conflict, Invalid."""
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        before = choices(sql)
        target = (request.target.height, request.target.width) if request.target else before.target
        thresholds, disabled = dict(before.thresholds), set(before.disabled)
        for name, wanted in request.rules.items():
            if wanted.threshold is not None:
                thresholds[name] = _checked(BY_ID[name], wanted)
            if wanted.enabled is not None:
                disabled = disabled - {name} if wanted.enabled else disabled | {name}
        put(sql, rules={"target": target, "thresholds": thresholds, "disabled": sorted(disabled)})
        after = choices(sql)
        flagging.update_flags(sql, [rule for rule in RULES if _is_affected(rule, before, after)])
        return _read(sql)


def counts(sql: sqlite3.Connection) -> tuple[Counter[str], Counter[str]]:
    """Count the rows that each rule flags, and those of them that are used."""
    flagged, used = Counter[str](), Counter[str]()
    found = sql.execute("SELECT flags, quarantined, COUNT(*) FROM item WHERE flags <> 0 GROUP BY flags, quarantined")
    for flags, quarantined, count in found:
        for rule in RULES:
            if flags & rule.bit:
                flagged[rule.id] += count
                used[rule.id] += 0 if quarantined else count
    return flagged, used


def _read(sql: sqlite3.Connection) -> Rules:
    chosen, (flagged, used) = choices(sql), counts(sql)
    rules = [
        RuleRead(
            id=rule.id,
            title=rule.title,
            meaning=rule.meaning,
            unit=rule.unit,
            threshold=chosen.threshold(rule),
            default=rule.default,
            least=rule.least,
            most=rule.most,
            enabled=rule.id not in chosen.disabled,
            needs=rule.needs,
            flagged=flagged[rule.id],
            flagged_used=used[rule.id],
        )
        for rule in RULES
    ]
    height, width = chosen.target
    return Rules(target=Target(height=height, width=width), rules=rules)


def _checked(rule: Rule, wanted: RuleChange) -> float:
    """Raises: Invalid."""
    field, threshold = f"rules.{rule.id}.threshold", wanted.threshold
    assert threshold is not None
    if rule.least is None or rule.most is None:
        raise Invalid(message("no_threshold", rule=rule.id), field)
    if not math.isfinite(threshold) or not rule.least <= threshold <= rule.most:
        said = message("threshold", rule=rule.id, threshold=threshold, least=rule.least, most=rule.most)
        raise Invalid(said, field)
    return threshold


def _is_affected(rule: Rule, before: Choices, after: Choices) -> bool:
    if (rule.id in before.disabled) != (rule.id in after.disabled):
        return True
    if before.target != after.target and rule.uses_target:
        return True
    return before.threshold(rule) != after.threshold(rule)
