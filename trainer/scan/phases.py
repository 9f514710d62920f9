"""Go through the phases of a scan, and report how far it is."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from trainer.contract.messages import message, sentence
from trainer.contract.scan import PASSING_DAMAGES, Item, caption_key, media_key
from trainer.contract.tasks import Progress
from trainer.media.damage import Damage, killed_decoder
from trainer.scan.facts import FactWriter, KnownFacts
from trainer.scan.looked_at_again import measures_hold
from trainer.scan.messages import Count, Counted, Inspect, Inspected, Job
from trainer.scan.time_left import TimeLeft
from trainer.scan.worker_pool import Outcome, WorkerPool
from trainer.tasks.runner import Stop

Keys = tuple[str, ...]
"""Of the captions of a job, or of its one file."""

_NO_NEWS = (*PASSING_DAMAGES, "too_slow", "killed_decoder")
"""Damages that do not take away what an earlier scanner has measured."""
_CAPTIONS_A_JOB, _CHARACTERS_A_JOB = 500, 200_000


class Scan:
    """Do all that is left of a scan. A file or caption that is listed twice is inspected once."""

    def __init__(self, items: Sequence[Item], known: KnownFacts, limit_s: float) -> None:
        self._known, self._limit_s = known, limit_s
        self._captions = {caption_key(item.caption): item.caption for item in items}
        self._files = {media_key(item.path, item.size_bytes, item.changed_ns): item for item in items}
        self._left = Counter({"captions": len(self._captions.keys() - known.captions)})
        for key, item in self._files.items():
            if key not in known.finished:
                self._left[_kind("frames", item)] += 1
                self._left[_kind("headers", item)] += key not in known.headers

    @property
    def has_captions(self) -> bool:
        return self._left["captions"] > 0

    def run(self, pool: WorkerPool[Keys], writer: FactWriter, time_left: TimeLeft, stop: Stop) -> None:
        """Raises: Stopped, Problem, OSError (a full disk)."""

        def follow(phase: str, jobs: Iterator[tuple[Keys, Job]], take: Callable[[Outcome[Keys]], None]) -> None:
            writer.write(self._progress(phase, time_left))
            for outcome in pool.work(jobs):
                if outcome is not None:
                    take(outcome)
                if writer.is_due:
                    writer.write(self._progress(phase, time_left))
                    stop.check()
            writer.write(self._progress(phase, time_left))

        lost: list[str] = []

        def take_captions(outcome: Outcome[Keys]) -> None:
            keys = outcome.name
            if isinstance(outcome.answer, Counted):
                writer.captions(keys, outcome.answer)
            elif len(keys) > 1:
                lost.extend(keys)
                return
            else:
                print(sentence("scan.caption_uncounted", caption=self._captions[keys[0]][:200]), flush=True)
            self._left["captions"] -= len(keys)
            time_left.record("captions", outcome.took_s, len(keys))

        unknown = [key for key in self._captions if key not in self._known.captions]
        follow("captions", self._caption_jobs(unknown, _CAPTIONS_A_JOB), take_captions)
        if lost:  # one of them is to blame
            follow("captions", self._caption_jobs(lost, 1), take_captions)
        for phase in ("headers", "frames"):

            def take_file(outcome: Outcome[Keys], phase: str = phase) -> None:
                self._take_file(phase, outcome, writer)
                time_left.record(_kind(phase, self._files[outcome.name[0]]), outcome.took_s)

            follow(phase, self._file_jobs(phase), take_file)

    def _progress(self, phase: str, time_left: TimeLeft) -> Progress:
        total = len(self._captions) if phase == "captions" else len(self._files)
        left = sum(count for kind, count in self._left.items() if kind.startswith(phase))
        left_s = round(time_left.left_s(self._left), 1)
        return Progress(ts=time.time(), phase=phase, done=total - left, total=total, left_s=left_s)

    def _caption_jobs(self, keys: Sequence[str], most: int) -> Iterator[tuple[Keys, Job]]:
        begin, characters = 0, 0
        for end, key in enumerate(keys, 1):
            characters += len(self._captions[key])
            if end - begin == most or characters >= _CHARACTERS_A_JOB or end == len(keys):
                batch = keys[begin:end]
                # What is no text cannot be sent as such.
                texts = [self._captions[each].encode(errors="replace").decode() for each in batch]
                yield tuple(batch), Count(texts)
                begin, characters = end, 0

    def _file_jobs(self, phase: str) -> Iterator[tuple[Keys, Job]]:
        for key, item in self._files.items():
            header = self._known.headers.get(key)
            if key in self._known.finished or (phase == "headers" and header is not None):
                continue
            path = item.path.encode(errors="surrogateescape")
            yield (key,), Inspect(path, item.is_image, item.size_bytes, item.changed_ns, header)

    def _take_file(self, phase: str, outcome: Outcome[Keys], writer: FactWriter) -> None:
        (key,) = outcome.name
        fields: dict[str, Any]
        if isinstance(outcome.answer, Inspected):
            fields, thumbnail = outcome.answer.fields, outcome.answer.thumbnail
        else:
            too_slow = Damage(message("too_slow", limit_s=self._limit_s))
            lost = too_slow if outcome.status is None else killed_decoder(outcome.status)
            fields, thumbnail = self._known.headers.get(key, {}) | lost.fields, b""
        earlier = self._known.earlier.get(key, {})
        if phase == "headers" and measures_hold(earlier, fields):
            fields = earlier | fields
        if earlier.get("frames_seen") and fields.get("damage") in _NO_NEWS:
            self._known.finished.add(key)  # for now: the next scan looks again
        elif earlier and not (fields.get("damage") or fields.get("frames_seen")):
            self._known.headers[key] = fields  # what was measured stays until it is measured anew
        else:
            writer.media(key, fields, thumbnail)
            self._known.add(key, fields)
        kinds = {_kind(phase, self._files[key])}
        if key in self._known.finished:
            kinds.add(_kind("frames", self._files[key]))
        self._left.subtract(kinds)


def _kind(phase: str, item: Item) -> str:
    return f"{phase} of {'images' if item.is_image else 'videos'}"
