"""The state of a run, derived from facts alone."""

from dataclasses import dataclass
from typing import Any

from services.backend.runs.schemas import RunState, Wanted

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


def observe(facts: Facts) -> Observed:
    """Derive the state from `facts`."""
    if facts.queued and facts.folder_missing:
        return Observed(RunState.LOST, "folder_missing", "The run's folder is gone, so it cannot start.")
    if facts.queued and facts.wanted is Wanted.RUN and facts.exit is not None and facts.exit.get("by_host"):
        code, what = _host_end(facts.exit)
        return Observed(RunState.QUEUED, code, f"{what} It goes on by itself when the host is back.")
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
        return Observed(
            RunState.LOST, "folder_missing", "The run's folder is gone. What was read from it is kept here."
        )
    if not supervised and facts.silent_s >= SILENT_S:
        said = f"Its log has been silent for {_format_duration(facts.silent_s)} and never said that it ended."
        return Observed(RunState.LOST, "silent", said)
    if facts.stop_requested or facts.wanted is Wanted.STOP:
        return Observed(RunState.STOPPING)
    return Observed(RunState.RUNNING if facts.stepped else RunState.PREPARING)


def _exited(facts: Facts, exit: dict[str, Any]) -> Observed:
    if exit.get("by_host") and facts.end_reason in (None, "stopped"):
        return _ended_with_host(facts, exit)
    if exit["how"] == "lost" and not exit.get("by_host"):
        message = (
            "The process that watched over the run died, and the run was ended. Resume it from its newest checkpoint."
        )
        return Observed(RunState.LOST, "lost", message)
    if facts.end_reason is not None:
        return _ended(facts)
    if facts.stop_requested or exit.get("stop_requested"):
        if exit.get("killed"):
            message = "It did not leave in time and was killed; what came after its newest checkpoint is lost."
            return Observed(RunState.STOPPED, "killed", message)
        return Observed(RunState.STOPPED)
    return Observed(RunState.FAILED, *_silent_failure(facts, exit))


def _ended_with_host(facts: Facts, exit: dict[str, Any]) -> Observed:
    """Describe a run that ended with its host and is not queued again: see `requeue.is_requeued`."""
    code, what = _host_end(exit)
    is_lost = exit["how"] == "lost"
    if is_lost and facts.claimed and facts.wanted is Wanted.RUN:
        what = "Its host went down under it again and again before it could save a checkpoint, so it waits for you."
    return Observed(RunState.LOST if is_lost else RunState.STOPPED, code, f"{what} Resume it to go on.")


def _host_end(exit: dict[str, Any]) -> tuple[str, str]:
    if exit["how"] == "lost":
        return HOST_LOST, "Its host went down under it."
    return HOST_STOPPED, "Its host was stopped."


def _ended(facts: Facts) -> Observed:
    match facts.end_reason:
        case "succeeded":
            return Observed(RunState.SUCCEEDED)
        case "stopped":
            return Observed(RunState.STOPPED, facts.end_code, facts.end_message)
        case _:
            message = facts.end_message or "It failed without saying why; its log may."
            return Observed(RunState.FAILED, facts.end_code or "failed", message)


def _silent_failure(facts: Facts, exit: dict[str, Any]) -> tuple[str, str]:
    """Return the code and message of an end without an explanation."""
    if exit.get("signal"):
        code, what = f"signal_{exit['signal']}", f"It was ended by signal {exit['signal']}"
    else:
        code, what = f"exit_{exit.get('exit_code')}", f"It left with exit code {exit.get('exit_code')}"
    if facts.last_words:
        return code, f"{what}. The last that it printed:\n{facts.last_words}"
    return code, f"{what} and printed nothing."


def _format_duration(seconds: float) -> str:
    """Format a duration in the largest unit that gives at least 2, e.g. "90 minutes"."""
    for unit, length_s in (("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length_s:
            return f"{int(seconds // length_s)} {unit}"
    return f"{int(seconds // 60)} minutes"
