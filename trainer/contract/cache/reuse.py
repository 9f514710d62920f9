"""Say how much of a data set is in the cache already, and why the rest is encoded anew. The same for plan and run."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from trainer.contract.cache import identity, media_header, uses
from trainer.contract.cache.entries import known_keys
from trainer.contract.cache.media_header import Mark, MediaHeader
from trainer.contract.messages import sentence
from trainer.contract.shape import Shape

Reason = Literal["new", "replaced", "settings", "gone", "pictures", "encoders"]
"""Why a sample is encoded anew.

new: no run has seen its file. replaced: another file was in its place. settings: it is cached at another shape, frame
rate or part of the clip. gone: a run needed the same, and it is not there: evicted, or that run ended before. pictures:
there is an entry, of a version that made another picture. encoders: it is cached by other model files or in another
number format.
"""
REASONS: tuple[Reason, ...] = get_args(Reason)


class Wanted(NamedTuple):
    """One sample: the keys of its windows' latents, and what is known of its file.

    `content` is empty where no run has read the file. `old` is the key of version 0.1; `is_alike` tells whether its
    picture is the same, None if only the file itself can tell.
    """

    shape: Shape
    path: str
    content: str
    keys: tuple[str, ...]
    old: str = ""
    is_alike: bool | None = False
    is_unread: bool = False
    """Whether its file could not be looked at, so that nothing is known."""


@dataclass
class Reuse:
    """How many `samples` there are, and of these: how many are cached, and how many are not by reason.

    `unsure` are those that only their files can tell. `captions` are the different texts, `captions_anew` those that
    are not cached, `captions_of_other` those of them that another tokenizer has made.
    """

    samples: int = 0
    cached: int = 0
    reasons: Counter[Reason] = field(default_factory=Counter)
    anew: Counter[Shape] = field(default_factory=Counter)
    """By shape, the latents to be encoded, each once; those of samples that are unsure included."""
    unsure: int = 0
    captions: int = 0
    captions_anew: int = 0
    captions_of_other: int = 0

    @property
    def text(self) -> str:
        """Say it in one sentence."""
        parts = [
            sentence(f"reuse.{reason}", samples=self.reasons[reason]) for reason in REASONS if self.reasons[reason]
        ]
        parts += [sentence("reuse.unsure", samples=self.unsure)] if self.unsure else []
        of_other = "reuse.captions_of_other" if self.captions_of_other else "reuse.captions"
        parts += [sentence(of_other, captions=self.captions_anew)] if self.captions_anew else []
        anew = sum(self.reasons.values())
        if not parts:
            return sentence("reuse.none", samples=self.samples)
        if not (anew or self.unsure):
            return sentence("reuse.captions_only", samples=self.samples, reasons=parts[0])
        return sentence("reuse.some", anew=anew, samples=self.samples, reasons=", ".join(parts))


@dataclass
class Known:
    """What a folder of the cache knows, and what other folders of the same model know besides.

    `headers` are by the keys of files. `places` are the digests of the paths at which files were seen, `marks` their
    marks, each with the content, or None where several had the same. `here` and `elsewhere` are the contents that were
    seen for this folder and for others.
    """

    entries: set[str] = field(default_factory=set)
    used: set[bytes] = field(default_factory=set)
    headers: dict[str, MediaHeader | None] = field(default_factory=dict)
    by_content: dict[str, MediaHeader] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    marks: dict[Mark, str | None] = field(default_factory=dict)
    sizes_bytes: set[int] = field(default_factory=set)
    has_all_sizes: bool = True
    here: set[str] = field(default_factory=set)
    elsewhere: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, cache: Path, model: str, root: Path | None, attempt: str = "") -> "Known":
        """Read what the folder `root` of a cache and those beside it know; None where there is none yet.

        `attempt` names an attempt that has begun to look: what its ranks have seen themselves does not count.
        """
        found = cls()
        if root is not None:
            found.entries = known_keys(root)
            for path in uses.owners(root).values():
                if (used := uses.read(path)) is not None:
                    found.used.update(used.keys)
            found._take(root / media_header.NAME, found.here, attempt)
        for other in identity.folders(cache, model):
            if other != root:
                found._take(other / media_header.NAME, found.elsewhere, attempt)
        return found

    def _take(self, path: Path, contents: set[str], attempt: str) -> None:
        try:
            content = path.read_bytes()
        except OSError:
            return
        for line in media_header.read_lines(content):
            if line.seen is not None and line.seen.attempt == attempt != "":
                continue
            header = line.header
            self.headers[line.key] = header
            if header is None:
                continue
            contents.add(header.content)
            self.by_content[header.content] = header
            if line.seen is None:
                self.has_all_sizes = False
                continue
            mark = line.seen.mark
            self.places.add(line.seen.path)
            self.sizes_bytes.add(mark.size_bytes)
            self.marks[mark] = header.content if self.marks.get(mark, header.content) == header.content else None


def count(wanted: Iterable[Wanted], known: Known) -> Reuse:
    """Count samples by whether they are cached, and if not by why."""
    found, seen = Reuse(), set[str]()
    for sample in wanted:
        found.samples += 1
        reason = _judge(sample, known)
        if reason == "cached":
            found.cached += 1
            continue
        missing = {key for key in sample.keys if key not in known.entries and key not in seen}
        seen |= missing
        found.anew[sample.shape] += len(missing) if sample.keys else 1
        if reason == "unsure":
            found.unsure += 1
        else:
            found.reasons[reason] += 1
    return found


def count_captions(found: Reuse, keys: Iterable[tuple[str, str]], known: Known) -> None:
    """Count captions: the key of each, and the one that it has by the tokenizer with which the cache began."""
    for key, plain in keys:
        found.captions += 1
        if key not in known.entries:
            found.captions_anew += 1
            found.captions_of_other += plain in known.entries


def _judge(sample: Wanted, known: Known) -> Reason | Literal["cached", "unsure"]:
    if sample.is_unread:
        return "unsure"
    if sample.keys and all(key in known.entries for key in sample.keys):
        return "cached"
    has_old = bool(sample.old) and sample.old in known.entries
    if has_old and sample.is_alike:
        return "cached"
    if has_old:
        return "unsure" if sample.is_alike is None else "pictures"
    if any(bytes.fromhex(key) in known.used for key in sample.keys):
        return "gone"
    if sample.content in known.here:
        return "settings"
    if sample.content in known.elsewhere:
        return "encoders"
    return "replaced" if sample.path in known.places else "new"
