import sys

import pytest

from trainer.telemetry.progress import ProgressLine, duration, phase_line, training_line


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (8.4, "8 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (21_254_400, "246 d 0 h")],
)
def test_durations_are_said_in_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_line_leaves_out_what_is_not_known_yet() -> None:
    assert training_line(1, None, None, None, None) == "step 1"
    assert training_line(12, 320, 0.25, 0.1234, 38) == "step 12/320 · loss 0.2500 · 0.123 s/step · 38 s left"
    assert phase_line("load", None, None, None) == "load"
    assert phase_line("cache", 3, 16, "a.mp4") == "cache 3/16 · a.mp4"


def test_in_a_file_it_is_a_line_a_phase_and_now_and_then_one(capsys: pytest.CaptureFixture[str]) -> None:
    line = ProgressLine(every_s=60)
    for text in ("cache 1/2", "cache 2/2", "step 1/9", "step 1/9", "step 2/9"):
        line.show(text)
    line.say("Saved.")
    assert capsys.readouterr().out == "cache 1/2\nstep 1/9\nSaved.\n"


def test_on_a_terminal_it_is_one_line_rewritten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "12")
    line = ProgressLine()
    line.show("step 1/9 · loss 0.5")
    line.show("step 2/9")
    line.say("Saved.")
    assert capsys.readouterr().out == "\r\x1b[Kstep 1/9 · \r\x1b[Kstep 2/9\r\x1b[KSaved.\n"
