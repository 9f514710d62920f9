"""What the ranks tell each other after a step, through the sum of all their lists."""

import math

import pytest

from trainer.training.loop import StepReport, StepSummary

QUIET = StepReport(loss=0.5, stop=False, save=False, sample=False, nonfinite_at=0, short_at=0, peak_gb=1.5)
TROUBLED = StepReport(loss=1.5, stop=False, save=True, sample=False, nonfinite_at=2, short_at=3, peak_gb=2.5)


def summed(*reports: StepReport) -> StepSummary:
    packed = [report.pack(rank, len(reports)) for rank, report in enumerate(reports)]
    return StepSummary.unpack([sum(column) for column in zip(*packed, strict=True)], len(reports))


def test_one_rank_hears_itself() -> None:
    assert summed(TROUBLED) == StepSummary(1.5, False, True, False, [2], [3], [2.5])


def test_each_rank_s_figures_are_its_own_and_the_loss_is_the_mean() -> None:
    found = summed(QUIET, TROUBLED, QUIET)
    assert found == StepSummary(2.5 / 3, False, True, False, [0, 2, 0], [0, 3, 0], [1.5, 2.5, 1.5])


@pytest.mark.parametrize("wish", ["stop", "save", "sample"])
@pytest.mark.parametrize("ranks_that_wish", [1, 2])
def test_what_any_rank_wishes_for_all_hear(wish: str, ranks_that_wish: int) -> None:
    asks = StepReport(**(vars(QUIET) | {wish: True}))
    found = summed(*[asks] * ranks_that_wish, QUIET)
    assert {name: getattr(found, name) for name in ("stop", "save", "sample")} == {
        name: name == wish for name in ("stop", "save", "sample")
    }


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stays_so_and_spoils_nothing_else(loss: float) -> None:
    found = summed(QUIET, StepReport(**(vars(QUIET) | {"loss": loss, "nonfinite_at": 1})))
    assert not math.isfinite(found.loss)
    assert (found.nonfinite_at, found.peak_gb) == ([0, 1], [1.5, 1.5])
