"""Gather what is known of a run before it starts, for the rules in `trainer.contract.plan.config_rules`.

The plan, the check and the run itself each make one `RunFacts`, from a table, a scan or the clips in the cache.
"""

from dataclasses import dataclass
from functools import cache, cached_property

from trainer.contract.config import RunConfig
from trainer.contract.plan.counting import Counts
from trainer.contract.plan.periodic_work import FORWARD_SHARE, ForwardPasses, steps_between
from trainer.contract.presets import load_presets
from trainer.contract.shape import Shape


@dataclass(frozen=True)
class RunFacts:
    """Hold a run's config, its steps and its clips. `shapes` are those of `counts.buckets`, in their order."""

    config: RunConfig
    counts: Counts
    shapes: tuple[Shape, ...]
    held_out: int
    """Clips that are not trained on."""
    videos: int = 0
    """Videos of the table that a run can use, held-out ones included."""
    too_short: int = 0
    """Videos that are left out besides, for they have fewer frames than their shape; 0 while no file was opened."""
    step_s: float | None = None
    """Seconds of an optimizer step; None while nothing was measured."""

    @cached_property
    def preset_rates(self) -> tuple[float, ...]:
        """The learning rates of the presets of this model, ascending."""
        return _preset_rates(self.config.model)

    @property
    def evaluation_steps(self) -> float:
        """Estimate how many optimizer steps take as long as one evaluation: at least this many."""
        return self._passes.evaluation * FORWARD_SHARE[0] / self._samples_a_step

    @property
    def draw_steps(self) -> float:
        """Estimate how many optimizer steps take as long as one draw of samples: at least this many."""
        config = self.config
        drawn = config.family.tokens(Shape(config.height, config.width, config.num_frames)) / self._mean_tokens
        return self._passes.draw * drawn * FORWARD_SHARE[0] / self._samples_a_step

    @property
    def steps_between_draws(self) -> int:
        return steps_between(self.config.sample_steps, self.config.sample_minutes, self.step_s)

    @property
    def steps_between_checkpoints(self) -> int:
        return steps_between(self.config.save_steps, self.config.save_minutes, self.step_s)

    @property
    def _passes(self) -> ForwardPasses:
        return ForwardPasses.of(self.config, self.counts.samples, self.held_out, self.counts.world_size)

    @property
    def _samples_a_step(self) -> int:
        """Samples that one rank takes in an optimizer step."""
        return self.counts.accumulation * self.counts.batch_size

    @property
    def _mean_tokens(self) -> float:
        """The tokens of a sample that is trained on, on average over an epoch's micro-steps."""
        counts, tokens = self.counts, self.config.family.tokens
        spans = zip(counts.begins, counts.ends, self.shapes, strict=True)
        return sum((end - begin) * tokens(shape) for begin, end, shape in spans) / counts.micro_steps_per_epoch


@cache
def _preset_rates(model: str) -> tuple[float, ...]:
    rates = {preset.config["learning_rate"] for preset in load_presets() if preset.config["model"] == model}
    return tuple(sorted(rates))
