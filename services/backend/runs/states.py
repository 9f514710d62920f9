"""The state of a run, derived from facts alone."""

from dataclasses import dataclass
from typing import Any

from services.backend.runs.schemas import RunState, Wanted
from trainer.contract.messages import Message, message, sentence

SILENT_S = 900.0
"""A run without a shim, which would report its end, counts as lost after this long without an event."""

ENDED = frozenset({RunState.SUCCEEDED, RunState.STOPPED, RunState.FAILED, RunState.LOST})
RESUMABLE = ENDED - {RunState.SUCCEEDED}

HOST_STOPPED, HOST_LOST = "host_stopped", "host_lost"
REQUEUED_CODES = frozenset({HOST_STOPPED, HOST_LOST})
"""The codes of runs that ended with their host. They are queued again and start when it is back."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts about a run and its newest attempt. `exit` is the content of `exit.json`."""

    wanted: Wanted = Wanted.RUN
    queued: bool = False
    folder_missing: bool = False
    attempt: int = 0
    claimed: bool = False
    cancelled: bool = False
    has_shim: bool = False
    stepped: bool = False
    stop_requested: bool = False
    end_reason: str | None = None
    end_code: str = ""
    end_message: str = ""
    exit: dict[str, Any] | None = None
    last_words: str = ""
    silent_s: float = 0.0
    """Seconds since its last event."""


@dataclass(frozen=True)
class Observed:
    """A state and, if the run did not go well, the reason as a stable word and as a sentence."""

    state: RunState
    code: str = ""
    message: str = ""

    @classmethod
    def of(cls, state: RunState, said: Message) -> "Observed":
        return cls(state, said.code, said.message)


def observe(facts: Facts) -> Observed:
    """Derive the state from `facts`."""
    if facts.queued and facts.folder_missing:
        return Observed.of(RunState.LOST, message("folder_missing.queued"))
    if facts.queued and facts.wanted is Wanted.RUN and facts.exit is not None and facts.exit.get("by_host"):
        is_lost = facts.exit["how"] == "lost"
        return Observed.of(RunState.QUEUED, message("host_lost.queued" if is_lost else "host_stopped.queued"))
    if facts.queued:
        return Observed(RunState.STOPPED if facts.wanted is Wanted.STOP else RunState.QUEUED)
    if facts.attempt == 0:
        return Observed(RunState.STOPPED)
    if facts.exit is not None:
        return _exited(facts, facts.exit)
    if facts.cancelled:
        return Observed(RunState.STOPPED)
    supervised = facts.has_shim or facts.claimed
    if not supervised and facts.end_reason is not None:
        return _ended(facts)
    if facts.folder_missing:
        return Observed.of(RunState.LOST, message("folder_missing"))
    if not supervised and facts.silent_s >= SILENT_S:
        return Observed.of(RunState.LOST, message("silent", duration=_format_duration(facts.silent_s)))
    if facts.stop_requested or facts.wanted is Wanted.STOP:
        return Observed(RunState.STOPPING)
    return Observed(RunState.RUNNING if facts.stepped else RunState.PREPARING)


def _exited(facts: Facts, exit: dict[str, Any]) -> Observed:
    if exit.get("by_host") and facts.end_reason in (None, "stopped"):
        return _ended_with_host(facts, exit)
    if exit["how"] == "lost" and not exit.get("by_host"):
        return Observed.of(RunState.LOST, message("lost"))
    if facts.end_reason is not None:
        return _ended(facts)
    if facts.stop_requested or exit.get("stop_requested"):
        if exit.get("killed"):
            return Observed.of(RunState.STOPPED, message("killed"))
        return Observed(RunState.STOPPED)
    return _failed_silently(facts, exit)


def _ended_with_host(facts: Facts, exit: dict[str, Any]) -> Observed:
    """Judge a run that ended with its host and is not queued again: `scheduling.requeue` decides that."""
    if exit["how"] != "lost":
        return Observed.of(RunState.STOPPED, message("host_stopped"))
    again = facts.claimed and facts.wanted is Wanted.RUN
    return Observed.of(RunState.LOST, message("host_lost.again" if again else "host_lost"))


def _ended(facts: Facts) -> Observed:
    match facts.end_reason:
        case "succeeded":
            return Observed(RunState.SUCCEEDED)
        case "stopped":
            return Observed(RunState.STOPPED, facts.end_code, facts.end_message)
        case _:
            why = facts.end_message or sentence("failed")
            return Observed(RunState.FAILED, facts.end_code or "failed", why)


def _failed_silently(facts: Facts, exit: dict[str, Any]) -> Observed:
    """Name the signal or the exit code of an end that nobody explained. They are part of the code: `signal_9`."""
    signal, words = exit.get("signal"), facts.last_words
    number = signal or exit.get("exit_code")
    if words:
        said = message("signal.last_words" if signal else "exit.last_words", number=number, last_words=words)
    else:
        said = message("signal" if signal else "exit", number=number)
    return Observed(RunState.FAILED, f"{said.code}_{number}", said.message)


def _format_duration(seconds: float) -> str:
    """Format a duration in the largest unit that gives at least 2, e.g. "90 minutes"."""
    for unit, length_s in (("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length_s:
            return f"{int(seconds // length_s)} {unit}"
    return f"{int(seconds // 60)} minutes"
