"""Changes captions: of one row, by find and replace, or by a trigger word. The source keeps its own."""

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
from services.backend.datasets.item_schemas import Filter, ItemDetail
from services.backend.datasets.store import Store
from services.backend.errors import Invalid
from trainer.contract.messages import message, sentence
from trainer.contract.table.reader import CAPTION_LIMIT

_EXAMPLES = 20
_BATCH, _BATCH_WORK = 256, 10**9
"""The most captions in a batch, and the most work: the sum of the squares of their lengths."""
MAX_SEARCHED = 20_000
"""The longest caption, in characters, that an expression is tried on: if many matches fail late, the time grows with
its square, and a batch cannot be interrupted."""
EXPRESSION_S = 20.0
"""How long an expression may take for all captions."""
_GROUP = re.compile(r"\\([0-9])")
_RE2_BEGINS = re.compile("^Invalid regular expression: ")


def change(store: Store, dataset_id: int, item_id: int, caption: str) -> ItemDetail:
    """Change the caption of one row. Raises: NotFound, Conflict, Invalid."""
    _check_text(caption, "caption")
    with store.open(dataset_id) as manifest, manifest.write() as sql:
        items.find(sql, item_id)
        actions.act(sql, sentence("action.edit_caption"), "caption", [(item_id, caption)])
    return items.read(store, dataset_id, item_id)


def replace(store: Store, dataset_id: int, request: Replacement) -> CaptionsChanged:
    """Find and replace in captions. Raises: NotFound, Conflict, Invalid."""
    _check_text(request.find, "find")
    _check_text(request.replace, "replace")
    label = sentence("action.replace", find=request.find[:40], replacement=request.replace[:40])
    return _change(store, dataset_id, label, request.filter, request.dry_run, lambda before: replaced(before, request))


def trigger(store: Store, dataset_id: int, request: Trigger) -> CaptionsChanged:
    """Add a trigger word to captions. Raises: NotFound, Conflict, Invalid."""
    _check_text(request.word, "word")

    def put(caption: str) -> str:
        if not caption:
            return request.word
        if request.place == "front":
            return caption if _begins_with(caption, request.word) else f"{request.word}, {caption}"
        return caption if _begins_with(caption[::-1], request.word[::-1]) else f"{caption}, {request.word}"

    label = sentence("action.trigger", word=request.word[:40])
    return _change(store, dataset_id, label, request.filter, request.dry_run, lambda before: list(map(put, before)))


def replaced(captions: Sequence[str], request: Replacement) -> list[str]:
    """Return the captions after a replacement. Expressions are RE2's, whose time for a match is linear in the text;
    Python's can take forever. Raises: Invalid."""
    if not request.regex:
        pattern = re.compile(re.escape(request.find), re.NOFLAG if request.match_case else re.IGNORECASE)
        _check_growth([len(pattern.findall(caption)) for caption in captions], captions, request)
        return [pattern.sub(lambda _: request.replace, caption).strip() for caption in captions]
    expression = request.find if request.match_case else f"(?i){request.find}"
    after: list[str] = []
    if any(len(caption) > MAX_SEARCHED for caption in captions):
        raise Invalid(message("caption_long", most=MAX_SEARCHED), "find")
    deadline = time.monotonic() + EXPRESSION_S
    try:
        for some in _batches(captions):
            if time.monotonic() > deadline:
                raise Invalid(message("regex_slow", limit_s=EXPRESSION_S), "find")
            batch = pa.array(some, pa.large_string())
            _check_growth(pc.count_substring_regex(batch, expression).to_pylist(), some, request)
            after += pc.replace_substring_regex(batch, expression, request.replace).to_pylist()
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


def _check_growth(counts: Sequence[int], captions: Sequence[str], request: Replacement) -> None:
    """Check the size of the result before it is made. Raises: Invalid."""
    groups = len(_GROUP.findall(request.replace)) if request.regex else 0
    for count, caption in zip(counts, captions, strict=True):
        if len(caption) + count * len(request.replace) + groups * len(caption) > 4 * CAPTION_LIMIT:
            raise _too_long("replace")


def _change(
    store: Store, dataset_id: int, label: str, among: Filter, is_dry: bool, edit: Callable[[list[str]], list[str]]
) -> CaptionsChanged:
    with store.open(dataset_id) as manifest:
        if is_dry:
            with manifest.read() as sql:
                return _changes(_edits(sql, among, edit))
        with manifest.write() as sql:
            edits = _edits(sql, among, edit)
            actions.act(sql, label, "caption", [(item, after) for item, _, after in edits])
    return _changes(edits)


def _edits(
    sql: sqlite3.Connection, among: Filter, edit: Callable[[list[str]], list[str]]
) -> list[tuple[int, str, str]]:
    """Return (id, before, after) of the captions that change. Raises: Invalid."""
    condition, parameters = where(among)
    found = sql.execute(f"SELECT id, caption FROM item WHERE {condition} ORDER BY id", parameters).fetchall()
    edited = edit([caption for _, caption in found])
    if any(len(caption) > CAPTION_LIMIT for caption in edited):
        raise _too_long(None)
    return [(item, before, after) for (item, before), after in zip(found, edited, strict=True) if before != after]


def _changes(edits: list[tuple[int, str, str]]) -> CaptionsChanged:
    examples = [CaptionChange(id=item, before=before, after=after) for item, before, after in edits[:_EXAMPLES]]
    return CaptionsChanged(changed=len(edits), examples=examples)


def _begins_with(caption: str, word: str) -> bool:
    """Check whether the caption begins with the word as a whole word."""
    rest = caption[len(word) : len(word) + 1]
    return caption.startswith(word) and not (rest.isalnum() or rest == "_")


def _check_text(text: str, field: str) -> None:
    """Raises: Invalid if no table can hold the text."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid(message("no_text"), field)


def _too_long(field: str | None) -> Invalid:
    return Invalid(message("caption_huge.edited", most=CAPTION_LIMIT), field)
