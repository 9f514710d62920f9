from typing import Any

import pytest

from services.backend.runs.schemas import RunState, Wanted
from services.backend.runs.states import SILENT_S, Facts, observe

STOP = Wanted.STOP
LEFT = {"how": "exited", "exit_code": 0, "ended_at": 1.0}
LOST = {"how": "lost", "ended_at": 1.0}
STOPPED_BY_HOST = {**LEFT, "stop_requested": True, "by_host": True}
FELL = {**LOST, "by_host": True}
SHIM = {"attempt": 1, "has_shim": True}
FOREIGN = {"attempt": 1}


@pytest.mark.parametrize(
    ("facts", "state", "code"),
    [
        # nothing claimed
        ({"queued": True}, RunState.QUEUED, ""),
        ({"queued": True, "wanted": STOP}, RunState.STOPPED, ""),
        ({"queued": True, "folder_missing": True, "attempt": 1, "claimed": True}, RunState.LOST, "folder_missing"),
        ({}, RunState.STOPPED, ""),
        # a resume waits, whatever the last attempt came to
        ({**SHIM, "queued": True, "exit": LEFT, "end_reason": "failed"}, RunState.QUEUED, ""),
        # claimed
        ({"attempt": 1, "claimed": True}, RunState.PREPARING, ""),
        ({"attempt": 1, "claimed": True, "wanted": STOP}, RunState.STOPPING, ""),
        ({"attempt": 1, "claimed": True, "wanted": STOP, "cancelled": True}, RunState.STOPPED, ""),
        ({"attempt": 1, "claimed": True, "silent_s": 1e9}, RunState.PREPARING, ""),
        # under a shim nothing is over before exit.json, and silence is no end
        (SHIM, RunState.PREPARING, ""),
        ({**SHIM, "stepped": True}, RunState.RUNNING, ""),
        ({**SHIM, "stepped": True, "silent_s": 1e9}, RunState.RUNNING, ""),
        ({**SHIM, "stepped": True, "end_reason": "succeeded"}, RunState.RUNNING, ""),
        ({**SHIM, "stepped": True, "wanted": STOP}, RunState.STOPPING, ""),
        ({**SHIM, "stepped": True, "stop_requested": True}, RunState.STOPPING, ""),
        ({**SHIM, "stepped": True, "stop_requested": True, "end_reason": "stopped"}, RunState.STOPPING, ""),
        ({**SHIM, "folder_missing": True}, RunState.LOST, "folder_missing"),
        # exit.json says how
        ({**SHIM, "exit": LEFT, "end_reason": "succeeded"}, RunState.SUCCEEDED, ""),
        ({**SHIM, "exit": LEFT, "end_reason": "succeeded", "stop_requested": True}, RunState.SUCCEEDED, ""),
        ({**SHIM, "exit": LEFT, "end_reason": "stopped"}, RunState.STOPPED, ""),
        ({**SHIM, "exit": LEFT, "end_reason": "failed", "end_code": "oom"}, RunState.FAILED, "oom"),
        ({**SHIM, "exit": LEFT, "end_reason": "failed"}, RunState.FAILED, "failed"),
        ({**SHIM, "exit": LEFT, "stop_requested": True}, RunState.STOPPED, ""),
        ({**SHIM, "exit": {**LEFT, "stop_requested": True, "killed": True}}, RunState.STOPPED, "killed"),
        ({**SHIM, "exit": {**LEFT, "exit_code": 3}}, RunState.FAILED, "exit_3"),
        ({**SHIM, "exit": {**LEFT, "exit_code": None, "signal": 9}}, RunState.FAILED, "signal_9"),
        ({**SHIM, "exit": LOST, "end_reason": "stopped"}, RunState.LOST, "lost"),
        ({**SHIM, "exit": LEFT, "end_reason": "succeeded", "folder_missing": True}, RunState.SUCCEEDED, ""),
        # its host ended it, or ended under it
        ({**SHIM, "exit": STOPPED_BY_HOST, "queued": True, "end_reason": "stopped"}, RunState.QUEUED, "host_stopped"),
        ({**SHIM, "exit": STOPPED_BY_HOST, "queued": True, "wanted": STOP}, RunState.STOPPED, ""),
        ({**SHIM, "exit": STOPPED_BY_HOST, "end_reason": "stopped"}, RunState.STOPPED, "host_stopped"),
        ({**SHIM, "exit": STOPPED_BY_HOST, "end_reason": "succeeded"}, RunState.SUCCEEDED, ""),
        ({**SHIM, "exit": STOPPED_BY_HOST, "end_reason": "failed", "end_code": "oom"}, RunState.FAILED, "oom"),
        ({**SHIM, "exit": FELL, "queued": True}, RunState.QUEUED, "host_lost"),
        ({**SHIM, "exit": FELL}, RunState.LOST, "host_lost"),
        ({**SHIM, "exit": FELL, "claimed": True, "end_reason": "stopped"}, RunState.LOST, "host_lost"),
        ({**SHIM, "exit": FELL, "end_reason": "succeeded"}, RunState.SUCCEEDED, ""),
        # a log that nobody watches over
        (FOREIGN, RunState.PREPARING, ""),
        ({**FOREIGN, "stepped": True}, RunState.RUNNING, ""),
        ({**FOREIGN, "stepped": True, "stop_requested": True}, RunState.STOPPING, ""),
        ({**FOREIGN, "stepped": True, "end_reason": "succeeded"}, RunState.SUCCEEDED, ""),
        ({**FOREIGN, "stepped": True, "end_reason": "succeeded", "silent_s": 1e9}, RunState.SUCCEEDED, ""),
        ({**FOREIGN, "end_reason": "failed", "end_code": "x"}, RunState.FAILED, "x"),
        ({**FOREIGN, "stepped": True, "silent_s": SILENT_S}, RunState.LOST, "silent"),
        ({**FOREIGN, "stepped": True, "silent_s": SILENT_S - 1}, RunState.RUNNING, ""),
    ],
)
def test_only_facts_make_the_state(facts: dict[str, Any], state: RunState, code: str) -> None:
    observed = observe(Facts(**facts))
    assert (observed.state, observed.code) == (state, code)
    assert bool(observed.message) == bool(code)


def test_an_unexplained_end_quotes_what_was_printed_last() -> None:
    observed = observe(Facts(attempt=1, has_shim=True, exit={**LEFT, "exit_code": 1}, last_words="CUDA error"))
    assert observed.message == "It left with exit code 1. The last that it printed:\nCUDA error"


@pytest.mark.parametrize(
    ("silent_s", "said"), [(SILENT_S, f"{SILENT_S // 60:.0f} minutes"), (8000, "2 hours"), (4.3e7, "497 days")]
)
def test_silence_is_told_in_a_unit_that_a_person_can_imagine(silent_s: float, said: str) -> None:
    observed = observe(Facts(**{**FOREIGN, "stepped": True, "silent_s": silent_s}))
    assert observed.message == f"Its log has been silent for {said} and never said that it ended."
