"""Say why a file cannot be trained on: for good, or for the moment."""

import signal
from dataclasses import dataclass, replace

from trainer.contract.messages import Message, message
from trainer.contract.problem import Problem
from trainer.media.damage import Damage, killed_decoder

_NOT_A_VIDEO = ("no_video", "image_as_video")
"""Damages that a run calls by another code than `clip_unreadable`."""


@dataclass(frozen=True)
class Unusable:
    """Why a file cannot be used, within a sentence, and what to do."""

    code: str
    reason: str
    remedy: str
    is_passing: bool = False
    """Whether it lies with the machine and not with the file, so that the next attempt looks again."""

    @property
    def said(self) -> Message:
        return Message(self.code, self.reason, self.remedy)


def refused(error: Exception) -> Unusable:
    """Translate what was raised while a file was read. Raises: what is no matter of one file."""
    if isinstance(error, Problem):
        return Unusable(error.code, error.message, error.hint)
    if isinstance(error, MemoryError):
        return _of(message("no_memory"), is_passing=True)
    if isinstance(error, OSError):
        return _of(message("clip_unreadable.disk", reason=error.strerror or type(error).__name__), is_passing=True)
    if isinstance(error, Damage):
        sentence = error.said.message
        within = (sentence[:1].lower() + sentence[1:]).rstrip(".")
        code = "not_a_video" if error.said.code in _NOT_A_VIDEO else "clip_unreadable"
        return Unusable(code, within, error.said.hint, error.is_passing)
    return _of(message("clip_unreadable.video", reason=f"{type(error).__name__}: {error}"[:200]), is_passing=False)


def too_slow(limit_s: float) -> Unusable:
    """Say that a file took too long. Its disk may have been slow, so the next attempt looks again."""
    return _of(message("clip_unreadable.too_slow", limit_s=limit_s), is_passing=True)


def killed(status: int) -> Unusable:
    """Say that a file's decoder died. `status`: of its process, negative for a signal. One that left by itself or was
    killed from outside, for want of memory perhaps, says nothing of the file."""
    return replace(refused(killed_decoder(status)), is_passing=status >= 0 or status == -signal.SIGKILL)


def _of(said: Message, is_passing: bool) -> Unusable:
    return Unusable(said.code, said.message, said.hint, is_passing)
