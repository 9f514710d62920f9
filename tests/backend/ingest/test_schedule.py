from services.backend.ingest.discovery import WHOLE, Due, due_for
from services.backend.ingest.schedule import POLL_S, THOROUGH_POLLS, UNWATCHED_S, Schedule, Turn, gap_s

LOG = due_for(["1.jsonl"])


def idle(now: float = 100.0) -> Schedule:
    """A schedule whose first turn, with its poll, was at `now`."""
    schedule = Schedule()
    turn = schedule.begin(now)
    schedule.polled(turn, {})
    schedule.end({}, tidy=False)
    return schedule


def test_the_first_turn_polls_thoroughly_and_tidies_at_once() -> None:
    schedule = Schedule()
    assert schedule.wait_s(0.0) == 0.0
    assert schedule.begin(0.0) == Turn(runs={}, poll=True, thorough=True, tidy=True)


def test_without_hints_it_waits_for_the_next_poll() -> None:
    schedule = idle(100.0)
    assert schedule.wait_s(100.25) == POLL_S - 0.25
    assert schedule.wait_s(100.0 + POLL_S) == 0.0
    assert schedule.begin(100.0 + POLL_S).poll


def test_every_tenth_poll_is_thorough() -> None:
    schedule, thorough = Schedule(), []
    for poll in range(2 * THOROUGH_POLLS + 1):
        turn = schedule.begin(poll * POLL_S)
        schedule.polled(turn, {})
        schedule.end({}, tidy=False)
        thorough.append(turn.thorough)
    assert [poll for poll, is_thorough in enumerate(thorough) if is_thorough] == [0, THOROUGH_POLLS, 2 * THOROUGH_POLLS]


def test_a_poll_that_failed_is_not_counted() -> None:
    schedule = Schedule()
    schedule.begin(0.0)
    schedule.end({}, tidy=False)
    assert schedule.begin(POLL_S).thorough, "the failed one was to be thorough"


def test_a_watched_run_is_due_at_once() -> None:
    schedule = idle(100.0)
    assert schedule.hint("a", LOG, is_watched=True), "the sleep is too long now"
    assert schedule.wait_s(100.001) == 0.0
    assert schedule.begin(100.001).runs == {"a": LOG}
    schedule.end({}, tidy=False)
    assert schedule.begin(100.002).runs == {}


def test_runs_that_nobody_watches_are_collected_for_a_quarter_of_a_second() -> None:
    schedule = idle(100.0)
    assert schedule.hint("a", LOG, is_watched=False)
    assert schedule.wait_s(100.001) == 0.0, "none was read shortly before"
    assert schedule.begin(100.001).runs == {"a": LOG}
    schedule.end({}, tidy=False)
    assert schedule.hint("a", LOG, is_watched=False)
    assert not schedule.hint("b", LOG, is_watched=False), "it wakes up in time already"
    assert 0.0 < schedule.wait_s(100.002) <= UNWATCHED_S
    assert schedule.begin(100.1).runs == {}
    assert schedule.begin(100.002 + UNWATCHED_S).runs == {"a": LOG, "b": LOG}


def test_hints_of_a_run_add_up_to_what_covers_all() -> None:
    schedule = idle()
    for due in (LOG, due_for(["1.rank1.jsonl"])):
        schedule.hint("logs", due, is_watched=True)
    for due in (LOG, due_for(["exit.json"]), LOG):
        schedule.hint("whole", due, is_watched=True)
    runs = schedule.begin(100.1).runs
    assert runs == {"logs": Due(frozenset({"1.jsonl", "1.rank1.jsonl"})), "whole": WHOLE}


def test_what_a_poll_finds_is_added_to_the_hints() -> None:
    schedule = idle(100.0)
    schedule.hint("a", LOG, is_watched=True)
    turn = schedule.begin(100.0 + POLL_S)
    schedule.polled(turn, {"a": WHOLE, "b": LOG})
    assert turn.runs == {"a": WHOLE, "b": LOG}


def test_what_is_left_comes_before_what_was_hinted_meanwhile() -> None:
    schedule = idle(100.0)
    for run_id in ("a", "b"):
        schedule.hint(run_id, LOG, is_watched=True)
    turn = schedule.begin(100.1)
    schedule.hint("c", LOG, is_watched=True)
    schedule.hint("b", LOG, is_watched=True)
    schedule.end({"b": turn.runs["b"]}, tidy=False)
    assert schedule.wait_s(100.1) == 0.0
    assert list(schedule.begin(100.2).runs) == ["b", "c"]


def test_tidying_lasts_until_it_is_done() -> None:
    schedule = idle(100.0)
    schedule.request_tidy()
    for _ in range(2):
        assert schedule.wait_s(100.1) == 0.0
        turn = schedule.begin(100.1)
        assert turn.tidy
        schedule.end({}, tidy=True)
    schedule.begin(100.2)
    schedule.end({}, tidy=False)
    assert schedule.wait_s(100.2) > 0.0


def test_a_request_to_tidy_during_a_turn_is_kept() -> None:
    schedule = idle(100.0)
    schedule.request_tidy()
    schedule.begin(100.1)
    schedule.request_tidy()
    schedule.end({}, tidy=False)
    assert schedule.begin(100.2).tidy


def test_the_gap_after_a_turn() -> None:
    assert gap_s(100.0, 100.5, has_left=True) == 0.001
    assert 0.002 < gap_s(100.0, 100.002, has_left=False) < 0.004
    assert gap_s(100.0, 100.5, has_left=False) == 0.0
