"""How gradients become an optimizer step: AdamW on one rank or under DDP, or sharded over the ranks by ZeRO-2.

Both skip a step whose gradient is not finite, on all ranks alike, and give their state as plain tensors under the same
names: a checkpoint is made the same way whichever of them trained.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Protocol

import torch

from trainer import flow
from trainer.contract.config import RunConfig
from trainer.graphs import Graphs
from trainer.lora import LoraModule
from trainer.ranks import uses_zero2
from trainer.world import World

MOMENTS = ("exp_avg", "exp_avg_sq")
STEPS_TAKEN = "steps_taken"
"""AdamW's own count, which skipped steps do not raise."""

State = dict[str, torch.Tensor]
"""`<parameter>.exp_avg` and `<parameter>.exp_avg_sq` for each parameter, and `steps_taken`. Empty before any step."""


Enter = Callable[[str], None]
"""Is told the phase that begins: forward, backward."""


class Stepper(Protocol):
    def micro_step(self, inputs: dict[str, Any], share: float, last: bool, enter: Enter) -> torch.Tensor:
        """One forward and backward pass, whose gradient counts `share`; in the step's last one the ranks share theirs
        out. The loss, detached."""

    def step(self, learning_rate: float) -> float:
        """Clip, step and clear the gradients. The norm before clipping; not finite if the step was skipped."""

    def state(self) -> State:
        """The optimizer's state on the CPU, whole on rank 0. A collective."""

    def load_state(self, state: State) -> None:
        """Take up a state that `state` gave. The parameters have been loaded before."""


def make_stepper(
    accelerator: Any, config: RunConfig, world: World, module: LoraModule, names: list[str], graphed: bool
) -> Stepper:
    """The stepper of the config. `names` are those of the module's parameters, in their order; `graphed`: see
    `trainer.graphs`."""
    on_gpu = accelerator.device.type == "cuda"
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=on_gpu
    )
    if uses_zero2(config, world):
        return _Zero2Stepper(accelerator, module, optimizer, names)
    graphs = Graphs(module.pipe, list(module.parameters())) if graphed else None
    return _LocalStepper(accelerator, module, optimizer, names, config.max_grad_norm, graphs)


class _LocalStepper:
    """Every rank steps all parameters; DDP averages the gradients where there are several ranks."""

    def __init__(
        self,
        accelerator: Any,
        module: LoraModule,
        optimizer: torch.optim.Optimizer,
        names: list[str],
        max_norm: float,
        graphs: Graphs | None,
    ) -> None:
        self._accelerator = accelerator
        self._parameters = dict(zip(names, module.parameters(), strict=True))
        self._optimizer = optimizer
        self._max_norm = max_norm
        self._graphs = graphs
        self._pipe = module.pipe
        self._model, self._prepared = accelerator.prepare(module, optimizer)

    def micro_step(self, inputs: dict[str, Any], share: float, last: bool, enter: Enter) -> torch.Tensor:
        enter("forward")
        if self._graphs is not None:
            return self._graphs.pass_over(inputs, flow.draw(self._pipe, inputs), share)
        with nullcontext() if last else self._accelerator.no_sync(self._model):
            loss: torch.Tensor = self._model(inputs)
            enter("backward")
            self._accelerator.backward(loss * share)
        return loss.detach()

    def step(self, learning_rate: float) -> float:
        _set_rate(self._optimizer, learning_rate)
        norm = self._accelerator.clip_grad_norm_(self._parameters.values(), self._max_norm)
        if bool(torch.isfinite(norm)):
            self._prepared.step()
        self._prepared.zero_grad(set_to_none=self._graphs is None)
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
        fused = self._optimizer.defaults["fused"]
        for name, parameter in self._parameters.items() if state else ():
            moments = {moment: state[f"{name}.{moment}"].to(parameter.device, copy=True) for moment in MOMENTS}
            taken = state[STEPS_TAKEN].to(parameter.device, copy=True) if fused else state[STEPS_TAKEN].clone()
            self._optimizer.state[parameter] = {"step": taken, **moments}


class _Zero2Stepper:
    """DeepSpeed's ZeRO-2: gradients and AdamW's state are shared out over the ranks; it clips and steps itself."""

    def __init__(
        self, accelerator: Any, module: LoraModule, optimizer: torch.optim.Optimizer, names: list[str]
    ) -> None:
        self._parameters = dict(zip(names, module.parameters(), strict=True))
        self._engine, _ = accelerator.prepare(module, optimizer)
        self._zero = self._engine.optimizer

    def micro_step(self, inputs: dict[str, Any], share: float, last: bool, enter: Enter) -> torch.Tensor:
        enter("forward")
        self._engine.set_gradient_accumulation_boundary(is_boundary=last)
        loss: torch.Tensor = self._engine(inputs)
        enter("backward")
        self._engine.backward(loss * share, scale_wrt_gas=False)
        return loss.detach()

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
