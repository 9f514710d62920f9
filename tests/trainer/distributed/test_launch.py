"""Attempts of one rank and of two: with DDP, ZeRO-2 and ZeRO-3. Most go through the launcher's own command, as a GPU
host runs them; those that only train are forked from a process that has imported everything."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.forked_attempts import Attempts
from tests.harness.runs import curve, end, events, finish, launch, loaded, make_run, optimizer_file, warnings
from tests.harness.waiting import stretched, until
from trainer.contract.rundir import RunDir
from trainer.optim import loss_scale


@pytest.fixture(scope="module")
def attempts() -> Iterator[Attempts]:
    found = Attempts(with_deepspeed=True)
    yield found
    found.close()


@pytest.fixture(scope="module")
def logs(data: Path) -> Path:
    return data.parent / "launched"


def has_step(run: RunDir, step: int, attempt: int = 1) -> bool:
    return any(event["step"] >= step for event in events(run, attempt, "step"))


def text(run: RunDir, attempt: int = 1) -> str:
    return run.text_log(attempt).read_text()[-3000:]


def test_caching_goes_on_after_sigkill(logs: Path, data: Path) -> None:
    run = make_run(logs / "killed", data, max_steps=1)
    process = launch(run, 1)
    cache = run.path.parent / ".cache"
    until(lambda: len(list(cache.rglob("*.safetensors"))) >= 6, process=process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.safetensors")}
    assert events(run, 1, "end") == []
    assert finish(run, 2, launch(run, 2)) == 0, text(run, 2)
    assert len(list(cache.rglob("*.safetensors"))) == 9, "four clips, their captions and the sample's prompt"
    assert all(path.stat().st_mtime_ns == made for path, made in kept.items())


def test_sigterm_on_one_rank_saves_and_leaves(logs: Path, data: Path) -> None:
    run = make_run(logs, data, "terminated", dataset_repeat=1000, max_steps=3000)
    process = launch(run, 1)
    until(lambda: has_step(run, 2), process=process)
    process.terminate()
    assert finish(run, 1, process) == 0, text(run)
    assert end(run)["reason"] == "stopped"
    assert (run.checkpoints / f"step-{end(run)['step']}" / "lora.safetensors").exists()


def test_two_ranks_with_ddp_stopped_by_sigterm_end_as_if_they_had_not_been(
    logs: Path, data: Path, attempts: Attempts
) -> None:
    """Nor as if memory had run out on one of them."""
    settings = {"num_processes": 2, "distributed_type": "ddp", "max_steps": 16, "gradient_accumulation_steps": 2}
    whole = make_run(logs, data, "ddp-whole", **settings)
    assert attempts.run(whole, 1, ranks=2) == 0, text(whole)
    halves = make_run(logs, data, "ddp-halves", **settings, save_minutes=1e-6)  # at each step, if the ranks agree
    process = launch(halves, 1)
    until(lambda: has_step(halves, 2), process=process)
    process.terminate()
    finish(halves, 1, process)  # torchrun itself exits 1 after a signal; the run's own events tell
    stopped_at = end(halves)["step"]
    assert end(halves)["reason"] == "stopped"
    # While rank 0 waits for its gradient:
    assert attempts.run(halves, 2, ranks=2, fault="memory:1:3") == 0, text(halves, 2)
    (warning,) = warnings(halves, 2)
    assert (warning["code"], warning["details"]["rank"]) == ("out_of_memory", 1)
    assert list(curve(halves, 2)) == list(range(stopped_at + 1, 17))
    assert curve(halves, 1) | curve(halves, 2) == curve(whole)
    assert (loaded(halves, 16), optimizer_file(halves, 16)) == (loaded(whole, 16), optimizer_file(whole, 16))
    assert events(whole, rank=1)[0]["rank"] == 1
    assert {event["type"] for event in events(whole, rank=1)} <= {"header", "phase", "end"}


def test_two_ranks_with_zero2_resume_to_the_bit(logs: Path, data: Path, attempts: Attempts) -> None:
    """With a NaN on rank 1 in step 3: both skip that step, and the resumed run knows that it was no step of AdamW's. On
    an fp16 base, whose scale is none the lower for it; and later memory runs out on one rank."""
    settings = {"num_processes": 2, "distributed_type": "zero2", "max_steps": 8, "save_steps": 4}
    settings["mixed_precision"] = "fp16"
    whole = make_run(logs, data, "zero2-whole", **settings, gradient_accumulation_steps=2)
    assert attempts.run(whole, 1, ranks=2, fault="nan:1:5") == 0, text(whole)
    third = events(whole, kind="step")[2]
    assert third["nonfinite"].keys() == {"train/loss", "train/grad_norm"}
    (warning,) = warnings(whole)
    assert (warning["code"], warning["details"]["step"], len(warning["details"]["videos"])) == ("nonfinite_step", 3, 1)
    halves = make_run(logs, data, "zero2-halves", **settings, gradient_accumulation_steps=2, save_minutes=1e-6)
    shutil.copytree(whole.checkpoints / "step-4", halves.checkpoints / "step-4")
    assert attempts.run(halves, 2, ranks=2, fault="memory:1:4") == 0, text(halves, 2)
    assert [event["code"] for event in warnings(halves, 2)] == ["out_of_memory"]
    scales = {event["values"]["train/loss_scale"] for event in events(whole, kind="step")}
    assert scales == {loss_scale.INITIAL}
    assert curve(halves, 2) == {step: values for step, values in curve(whole).items() if step > 4}
    assert (loaded(halves, 8), optimizer_file(halves, 8)) == (loaded(whole, 8), optimizer_file(whole, 8))


def test_what_another_rank_died_of_is_what_the_run_failed_of(
    logs: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(logs, data, "peer", num_processes=2, max_steps=100)
    monkeypatch.setenv("FAULT", "raise:1:3")
    began = time.monotonic()
    assert finish(run, 1, launch(run, 1, "tests.harness.faulty_trainer")) != 0
    assert time.monotonic() - began < stretched(150)
    assert end(run)["reason"] == "failed"
    assert end(run)["message"].startswith("Rank 1: RuntimeError: a fault of the test's")


def test_two_ranks_that_share_the_base_train_as_if_each_had_it_and_resume_to_the_bit(
    logs: Path, data: Path, drills: bool
) -> None:
    settings = {"num_processes": 2, "max_steps": 6, "save_steps": 3, "sample_steps": 3, "eval_samples": 3}
    whole = make_run(logs, data, "zero3-whole", **settings, distributed_type="zero3", mixed_precision="bf16")
    assert finish(whole, 1, launch(whole, 1)) == 0, text(whole)
    assert warnings(whole) == []
    items = [event.get("item", "") for event in events(whole, kind="phase")]
    assert any("the base shared out over 2 ranks" in item for item in items)
    assert len(events(whole, kind="sample")) == 3, "two and the base's; one rank writes what both draw"
    if not drills:
        return
    halves = make_run(logs, data, "zero3-halves", **settings, distributed_type="zero3", mixed_precision="bf16")
    shutil.copytree(whole.checkpoints / "step-3", halves.checkpoints / "step-3")
    assert finish(halves, 2, launch(halves, 2)) == 0, text(halves, 2)
    assert curve(halves, 2) == {step: values for step, values in curve(whole).items() if step > 3}
    assert (loaded(halves, 6), optimizer_file(halves, 6)) == (loaded(whole, 6), optimizer_file(whole, 6))
    plain = make_run(logs, data, "zero2-plain", **settings, distributed_type="zero2", mixed_precision="bf16")
    assert finish(plain, 1, launch(plain, 1)) == 0, text(plain)
    assert curve(plain) == curve(whole)
    assert [e["values"] for e in events(plain, kind="eval")] == [e["values"] for e in events(whole, kind="eval")]
