"""Scale the loss for an fp16 base: without that, most of the gradient would round to zero.

The multiple is a power of two, so that taking it out again is exact. It halves at each overflow and doubles after many
steps without one, as `torch.amp.GradScaler`'s does; unlike that, its state is plain tensors and ZeRO can share it.
"""

import torch

INITIAL = 2.0**16
FLOOR, CEILING = 1.0, 2.0**24
DOUBLED_AFTER = 2000
"""Steps without an overflow."""

SCALE, STEADY = "loss_scale", "loss_scale_steady_steps"


class LossScale:
    """Hold `value`, which the loss is multiplied by, and adapt it."""

    def __init__(self) -> None:
        self.value = INITIAL
        self._steady_steps = 0

    def passed(self) -> None:
        """Count a step whose gradient was finite."""
        self._steady_steps += 1
        if self._steady_steps >= DOUBLED_AFTER:
            self.value, self._steady_steps = min(CEILING, self.value * 2), 0

    def lower(self) -> bool:
        """Halve the scale after an overflow. False if there is no lower scale left to try."""
        self._steady_steps = 0
        if self.value <= FLOOR:
            return False
        self.value /= 2
        return True

    def state(self) -> dict[str, torch.Tensor]:
        return {SCALE: torch.tensor(self.value), STEADY: torch.tensor(self._steady_steps)}

    def load_state(self, state: dict[str, torch.Tensor]) -> None:
        """Take up what `state` gave; a state of a run without scaling changes nothing."""
        if SCALE in state:
            self.value, self._steady_steps = float(state[SCALE]), int(state[STEADY])
