import errno
from pathlib import Path

import pytest
import torch

from trainer.contract.messages import Message
from trainer.contract.problem import Problem
from trainer.contract.rundir import RunDir
from trainer.distributed.world import World
from trainer.telemetry.step_log import StepLog
from trainer.training.failure import explain

ALONE = World(0, 1, 0)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            Problem(Message("clip_gone", "It is gone.", "Bring it back."), "video"),
            "clip_gone",
            "video: It is gone. Bring it back.",
        ),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "disk_full", "The disk is full at /data/x."),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to"), "out_of_memory", "smaller size"),
        (RuntimeError("first line\nsecond"), "internal_error", "RuntimeError: first line. The traceback is in 3.log."),
        (KeyboardInterrupt(), "internal_error", "KeyboardInterrupt. The"),
    ],
)
def test_one_sentence_each(tmp_path: Path, error: BaseException, code: str, said: str) -> None:
    failure = explain(error, RunDir(tmp_path), 3, ALONE)
    assert failure.code == code
    assert said in str(failure)


def test_the_traceback_is_for_our_mistakes_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain(Problem(Message("x", "A person's mistake.")), RunDir(tmp_path), 1, ALONE)
    assert "Traceback" not in capsys.readouterr().err
    try:
        raise RuntimeError("ours")
    except RuntimeError as error:
        explain(error, RunDir(tmp_path), 1, ALONE)
    assert "Traceback" in capsys.readouterr().err


def test_the_first_rank_says_what_another_died_of(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    message = "There was not enough memory."
    ends = (("stopped", Message("", message)), ("failed", Message("out_of_memory", message)))
    for rank, (reason, said) in enumerate(ends, start=1):
        with StepLog.open(run.log(1, rank), run_id="r", attempt=1, rank=rank, world_size=4) as log:
            log.end(reason, said)
    lost = RuntimeError("Connection closed by peer")
    failure = explain(lost, run, 1, World(0, 4, 0))
    assert (failure.code, failure.message) == ("out_of_memory", "Rank 2: There was not enough memory.")
    assert explain(lost, run, 1, World(3, 4, 3)).code == "internal_error"
