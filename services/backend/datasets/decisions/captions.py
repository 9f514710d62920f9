"""Changes of captions: one row's, find and replace, a trigger word. The source keeps its own."""

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from services.backend.datasets.browsing import items
from services.backend.datasets.change_schemas import CaptionChange, CaptionsChanged, Replacement, Trigger
from services.backend.datasets.decisions import actions
from services.backend.datasets.grid.filtering import where
from services.backend.datasets.importing.formats import CAPTION_LIMIT
from services.backend.datasets.item_schemas import Filter, ItemDetail
from services.backend.datasets.store import Store
from services.backend.errors import Invalid
from trainer.contract.messages import message, sentence

_EXAMPLES = 20
_BATCH, _BATCH_WORK = 256, 10**9
"""Captions at a time, and the squares of their lengths together: what searching all places of them may take."""
SEARCHED = 20_000
"""Characters of a caption that an expression is tried on: with many matches that fail late, its time is the square of
them, and a batch cannot be ended half-way."""
PATIENCE_S = 20.0
"""How long an expression may take for all captions."""
_GROUP = re.compile(r"\\([0-9])")
_RE2_BEGINS = re.compile("^Invalid regular expression: ")


def change(store: Store, dataset_id: int, item_id: int, caption: str) -> ItemDetail:
    """Raises: NotFound, Conflict, Invalid."""
    _check_text(caption, "caption")
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        items.find(sql, item_id)
        actions.act(sql, sentence("action.edit_caption"), "caption", [(item_id, caption)])
    return items.read(store, dataset_id, item_id)


def replace(store: Store, dataset_id: int, asked: Replacement) -> CaptionsChanged:
    """Raises: NotFound, Conflict, Invalid."""
    _check_text(asked.find, "find")
    _check_text(asked.replace, "replace")
    label = sentence("action.replace", find=asked.find[:40], replacement=asked.replace[:40])
    return _change(store, dataset_id, label, asked.filter, asked.dry_run, lambda before: replaced(before, asked))


def trigger(store: Store, dataset_id: int, asked: Trigger) -> CaptionsChanged:
    """Raises: NotFound, Conflict, Invalid."""
    _check_text(asked.word, "word")

    def put(caption: str) -> str:
        if not caption:
            return asked.word
        if asked.place == "front":
            return caption if _begins_with(caption, asked.word) else f"{asked.word}, {caption}"
        return caption if _begins_with(caption[::-1], asked.word[::-1]) else f"{caption}, {asked.word}"

    label = sentence("action.trigger", word=asked.word[:40])
    return _change(store, dataset_id, label, asked.filter, asked.dry_run, lambda before: list(map(put, before)))


def replaced(captions: Sequence[str], asked: Replacement) -> list[str]:
    """The captions after it. A person's expression is RE2's business, whose time for a match is linear in the text:
    Python's own can take for ever. Raises: Invalid."""
    if not asked.regex:
        pattern = re.compile(re.escape(asked.find), re.NOFLAG if asked.match_case else re.IGNORECASE)
        _check_growth([len(pattern.findall(caption)) for caption in captions], captions, asked)
        return [pattern.sub(lambda _: asked.replace, caption).strip() for caption in captions]
    expression = asked.find if asked.match_case else f"(?i){asked.find}"
    after: list[str] = []
    if any(len(caption) > SEARCHED for caption in captions):
        raise Invalid(message("caption_long", most=SEARCHED), "find")
    deadline = time.monotonic() + PATIENCE_S
    try:
        for some in _batches(captions):
            if time.monotonic() > deadline:
                raise Invalid(message("regex_slow", limit_s=PATIENCE_S), "find")
            batch = pa.array(some, pa.large_string())
            _check_growth(pc.count_substring_regex(batch, expression).to_pylist(), some, asked)
            after += pc.replace_substring_regex(batch, expression, asked.replace).to_pylist()
    except pa.ArrowInvalid as error:
        reason = _RE2_BEGINS.sub("", str(error)).strip().rstrip(".")
        raise Invalid(message("invalid_regex", reason=reason[:200]), "find") from None
    return [caption.strip() for caption in after]


def _batches(captions: Sequence[str]) -> Iterator[list[str]]:
    some, work = list[str](), 0
    for caption in captions:
        some.append(caption)
        work += len(caption) ** 2
        if len(some) >= _BATCH or work > _BATCH_WORK:
            yield some
            some, work = [], 0
    if some:
        yield some


def _check_growth(counts: Sequence[int], captions: Sequence[str], asked: Replacement) -> None:
    """Raises: Invalid, before captions are made that no memory holds."""
    groups = len(_GROUP.findall(asked.replace)) if asked.regex else 0
    for count, caption in zip(counts, captions, strict=True):
        if len(caption) + count * len(asked.replace) + groups * len(caption) > 4 * CAPTION_LIMIT:
            raise _too_long("replace")


def _change(
    store: Store, dataset_id: int, label: str, among: Filter, is_dry: bool, edit: Callable[[list[str]], list[str]]
) -> CaptionsChanged:
    with store.open(dataset_id) as manifest:
        if is_dry:
            with manifest.read() as sql:
                return _said(_edits(sql, among, edit))
        with manifest.write() as sql:
            edits = _edits(sql, among, edit)
            actions.act(sql, label, "caption", [(item, after) for item, _, after in edits])
    return _said(edits)


def _edits(
    sql: sqlite3.Connection, among: Filter, edit: Callable[[list[str]], list[str]]
) -> list[tuple[int, str, str]]:
    """(id, before, after) of the captions that change. Raises: Invalid."""
    condition, parameters = where(among)
    found = sql.execute(f"SELECT id, caption FROM item WHERE {condition} ORDER BY id", parameters).fetchall()
    edited = edit([caption for _, caption in found])
    if any(len(caption) > CAPTION_LIMIT for caption in edited):
        raise _too_long(None)
    return [(item, before, after) for (item, before), after in zip(found, edited, strict=True) if before != after]


def _said(edits: list[tuple[int, str, str]]) -> CaptionsChanged:
    examples = [CaptionChange(id=item, before=before, after=after) for item, before, after in edits[:_EXAMPLES]]
    return CaptionsChanged(changed=len(edits), examples=examples)


def _begins_with(caption: str, word: str) -> bool:
    """Whether it is there as a word of its own."""
    rest = caption[len(word) : len(word) + 1]
    return caption.startswith(word) and not (rest.isalnum() or rest == "_")


def _check_text(text: str, field: str) -> None:
    """Raises: Invalid for what no table can hold."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid(message("no_text"), field)


def _too_long(field: str | None) -> Invalid:
    return Invalid(message("caption_huge.edited", most=CAPTION_LIMIT), field)
