import pytest

from trainer.contract import events
from trainer.telemetry.console import STEPS_EVERY_S, Console


def said(capsys: pytest.CaptureFixture[str], *heard: events.Event) -> list[str]:
    console = Console()
    for event in heard:
        console.show(event)
    return [line.split("  ", 1)[1] for line in capsys.readouterr().out.splitlines()]


def step(number: int, ts: float, **nonfinite: events.NonFinite) -> events.Step:
    values = {"train/loss": 0.25, "perf/step_time_s": 0.5}
    return events.Step(seq=number, ts=ts, step=number, epoch=1, values=values, nonfinite=nonfinite)


def test_steps_are_told_now_and_then_with_the_run_s_length(capsys: pytest.CaptureFixture[str]) -> None:
    train = events.Phase(seq=0, ts=0.0, phase="train", done=0, total=80)
    steps = [step(number, number * 0.5) for number in range(1, 81)]
    lines = said(capsys, train, *steps)
    assert lines[0] == "train 0/80"
    assert lines[1] == "step 1/80 · loss 0.2500 · 0.5 s/step"
    assert len(lines) - 1 == 40 / STEPS_EVERY_S


def test_a_phase_is_told_once_however_often_it_beats(capsys: pytest.CaptureFixture[str]) -> None:
    beats = [events.Phase(seq=k, ts=k, phase="vae", done=k, total=9, item="a.mp4") for k in range(9)]
    assert said(capsys, *beats, events.Phase(seq=9, ts=9, phase="text")) == ["vae 0/9 · a.mp4", "text"]


def test_a_full_disk_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", buffering=1) as full:
        monkeypatch.setattr("sys.stdout", full)
        Console().show(step(1, 0.0))
        monkeypatch.undo()
        with pytest.raises(OSError, match="No space left"):
            full.close()


def test_what_is_rare_is_always_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(
        capsys,
        events.Eval(seq=0, ts=0, step=5, epoch=1, values={"eval/loss": 0.5}),
        events.Checkpoint(seq=1, ts=0, step=5, path="checkpoints/step-5"),
        events.Sample(seq=2, ts=0, step=5, path="samples/a.mp4", prompt="a bird"),
        events.Warning(seq=3, ts=0, code="disk_full", message="Make room."),
        step(6, 0, **{"train/loss": "nan"}),
        events.End(seq=4, ts=0, reason="failed", message="The loss is not finite."),
        events.End(seq=5, ts=0, reason="succeeded"),
    )
    assert lines == [
        "step 5: eval/loss 0.5000",
        "step 5: saved checkpoints/step-5",
        "step 5: samples/a.mp4 (lora) · a bird",
        "disk_full: Make room.",
        "step 6 · loss 0.2500 · 0.5 s/step · train/loss is nan",
        "failed. The loss is not finite.",
        "succeeded.",
    ]
