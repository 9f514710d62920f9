"""How gradients become an optimizer step: AdamW on one rank or under DDP, or sharded over the ranks by ZeRO-2.

Both skip a step whose gradient is not finite, on all ranks alike, and give their state as plain tensors under the same
names: a checkpoint is made the same way whichever of them trained.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

import torch

from trainer.contract.config import RunConfig
from trainer.lora import LoraModule
from trainer.ranks import uses_zero2
from trainer.world import World

MOMENTS = ("exp_avg", "exp_avg_sq")
STEPS_TAKEN = "steps_taken"
"""AdamW's own count, which skipped steps do not raise."""

State = dict[str, torch.Tensor]
"""`<parameter>.exp_avg` and `<parameter>.exp_avg_sq` for each parameter, and `steps_taken`. Empty before any step."""


class Stepper(Protocol):
    def micro_step(self, last: bool) -> AbstractContextManager[Any]:
        """The context of one forward and backward pass; gradients are shared out in the step's last one."""

    def loss(self, inputs: dict[str, Any]) -> torch.Tensor: ...

    def backward(self, loss: torch.Tensor) -> None: ...

    def step(self, learning_rate: float) -> float:
        """Clip, step and clear the gradients. The norm before clipping; not finite if the step was skipped."""

    def state(self) -> State:
        """The optimizer's state on the CPU, whole on rank 0. A collective."""

    def load_state(self, state: State) -> None:
        """Take up a state that `state` gave. The parameters have been loaded before."""


def make_stepper(accelerator: Any, config: RunConfig, world: World, module: LoraModule, names: list[str]) -> Stepper:
    """The stepper of the config. `names` are those of the module's parameters, in their order."""
    optimizer = torch.optim.AdamW(module.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    kind = _Zero2Stepper if uses_zero2(config, world) else _LocalStepper
    return kind(accelerator, module, optimizer, names, config.max_grad_norm)


class _LocalStepper:
    """Every rank steps all parameters; DDP averages the gradients where there are several ranks."""

    def __init__(
        self, accelerator: Any, module: LoraModule, optimizer: torch.optim.Optimizer, names: list[str], max_norm: float
    ) -> None:
        self._accelerator = accelerator
        self._parameters = dict(zip(names, module.parameters(), strict=True))
        self._optimizer = optimizer
        self._max_norm = max_norm
        self._model, self._prepared = accelerator.prepare(module, optimizer)

    def micro_step(self, last: bool) -> AbstractContextManager[Any]:
        return nullcontext() if last else self._accelerator.no_sync(self._model)

    def loss(self, inputs: dict[str, Any]) -> torch.Tensor:
        return self._model(inputs)  # type: ignore[no-any-return]

    def backward(self, loss: torch.Tensor) -> None:
        self._accelerator.backward(loss)

    def step(self, learning_rate: float) -> float:
        _set_rate(self._optimizer, learning_rate)
        norm = self._accelerator.clip_grad_norm_(self._parameters.values(), self._max_norm)
        if bool(torch.isfinite(norm)):
            self._prepared.step()
        self._prepared.zero_grad()
        return float(norm)

    def state(self) -> State:
        states = self._optimizer.state
        if not states:
            return {}
        found = {STEPS_TAKEN: next(iter(states.values()))["step"].detach().cpu().clone()}
        for name, parameter in self._parameters.items():
            found |= {f"{name}.{moment}": states[parameter][moment].detach().cpu() for moment in MOMENTS}
        return found

    def load_state(self, state: State) -> None:
        for name, parameter in self._parameters.items() if state else ():
            moments = {moment: state[f"{name}.{moment}"].to(parameter.device, copy=True) for moment in MOMENTS}
            self._optimizer.state[parameter] = {"step": state[STEPS_TAKEN].clone(), **moments}


class _Zero2Stepper:
    """DeepSpeed's ZeRO-2: gradients and AdamW's state are shared out over the ranks; it clips and steps itself."""

    def __init__(
        self, accelerator: Any, module: LoraModule, optimizer: torch.optim.Optimizer, names: list[str], max_norm: float
    ) -> None:
        self._parameters = dict(zip(names, module.parameters(), strict=True))
        self._engine, _ = accelerator.prepare(module, optimizer)
        self._zero = self._engine.optimizer

    @contextmanager
    def micro_step(self, last: bool) -> Iterator[None]:
        self._engine.set_gradient_accumulation_boundary(is_boundary=last)
        yield

    def loss(self, inputs: dict[str, Any]) -> torch.Tensor:
        return self._engine(inputs)  # type: ignore[no-any-return]

    def backward(self, loss: torch.Tensor) -> None:
        self._engine.backward(loss, scale_wrt_gas=False)

    def step(self, learning_rate: float) -> float:
        _set_rate(self._zero, learning_rate)
        self._engine.step()
        return float(self._engine.get_global_grad_norm())

    def state(self) -> State:
        from deepspeed.utils import safe_get_full_optimizer_state

        inner = self._zero.optimizer.state
        if not inner:
            return {}
        found = {STEPS_TAKEN: next(iter(inner.values()))["step"].detach().cpu().clone()}
        for name, parameter in self._parameters.items():
            for moment in MOMENTS:
                found[f"{name}.{moment}"] = safe_get_full_optimizer_state(parameter, moment).cpu()
        return found

    def load_state(self, state: State) -> None:
        from deepspeed.utils import safe_set_full_fp32_param, safe_set_full_optimizer_state

        for parameter in self._parameters.values():
            safe_set_full_fp32_param(parameter, parameter.data)
        if not state:
            return
        for partition in self._zero.single_partition_of_fp32_groups:
            moments = {moment: torch.zeros_like(partition) for moment in MOMENTS}
            self._zero.optimizer.state[partition] = {"step": state[STEPS_TAKEN].clone(), **moments}
        # What DeepSpeed does after its first step; only then do the setters reach the moments.
        self._zero._lazy_init_hp_params_optimizer_state()
        for name, parameter in self._parameters.items():
            for moment in MOMENTS:
                value = state[f"{name}.{moment}"].to(parameter.device)
                safe_set_full_optimizer_state(parameter, value, moment)


def _set_rate(optimizer: Any, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
