"""Turn the ranks' gradients into an optimizer step: by AdamW on every rank, or sharded over them by ZeRO-2.

Each rank computes its gradient by itself (`trainer.optim.gradients`); the ranks meet in `step` alone, once. All skip a
step whose gradient is not finite alike, and give their state as plain tensors under the same names: a checkpoint is
made the same way whichever of them trained.
"""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import torch
from torch import nn

from trainer.contract.config import RunConfig
from trainer.distributed.parallelism import Parallelism
from trainer.distributed.world import World
from trainer.models.wan.lora_module import LoraModule
from trainer.optim.flat_tensors import flat_zeros, views_of
from trainer.optim.gradients import EnterPhase, Gradients
from trainer.optim.loss_scale import LossScale
from trainer.performance.cuda_graphs import CudaGraphs

MOMENTS = ("exp_avg", "exp_avg_sq")
STEPS_TAKEN = "steps_taken"
"""AdamW's own count, which skipped steps do not raise."""
CLIPPED_NORM_FLOOR = 1e-6
"""As in `torch.nn.utils.clip_grad_norm_`: added to the norm that is divided by."""

State = dict[str, torch.Tensor]
"""`<parameter>.exp_avg` and `<parameter>.exp_avg_sq` for each parameter, and `steps_taken`, none of them before any
step; and what `LossScale` has."""


class Optimizer(Protocol):
    scale: LossScale | None

    def micro_step(self, inputs: dict[str, Any], share: float, enter: EnterPhase) -> torch.Tensor:
        """Do one pass, forward and backward, on this rank alone; its gradient counts `share`. Returns the detached
        loss.
        """

    def start_over(self) -> None:
        """Forget the passes since the last step, and what is kept in memory for speed."""

    def step(self, learning_rate: float) -> torch.Tensor:
        """Average over the ranks, clip, step and clear the gradients; a collective. The norm before clipping; not
        finite if the step was skipped. It does not wait for the GPU."""

    def state(self) -> State:
        """Return the optimizer's state on the CPU, whole on rank 0. A collective."""

    def load_state(self, state: State) -> None:
        """Take up a state that `state` gave. The parameters have been loaded before."""


def make_optimizer(
    accelerator: Any,
    config: RunConfig,
    world: World,
    module: LoraModule,
    names: list[str],
    graphed: bool,
    warn: Callable[[str], None],
) -> Optimizer:
    """Make the config's optimizer. `names` are those of the module's parameters, in their order; `graphed`: whether to
    record CUDA graphs, and `warn`: what to tell if that fails.
    """
    scale = LossScale() if module.pipe.torch_dtype == torch.float16 else None
    if Parallelism.of(config, world.size).shards_optimizer:
        return _Zero2Optimizer(accelerator, config, module, names, scale, graphed, warn)
    graphs = CudaGraphs(module.pipe) if graphed else None
    return _ReplicatedOptimizer(config, world, module, names, Gradients(module, scale, graphs, warn), scale)


class _ReplicatedOptimizer:
    """Step all parameters on every rank, by the mean of the ranks' gradients."""

    def __init__(
        self,
        config: RunConfig,
        world: World,
        module: LoraModule,
        names: list[str],
        gradients: Gradients,
        scale: LossScale | None,
    ) -> None:
        self.scale = scale
        self._names, self._parameters = names, list(module.parameters())
        self._max_norm, self._ranks, self._gradients = config.max_grad_norm, world.size, gradients
        values = torch.cat([parameter.detach().flatten() for parameter in self._parameters])
        self._values = nn.Parameter(values, requires_grad=False)
        _share_memory(self._parameters, self._values)
        if world.size > 1:
            torch.distributed.broadcast(self._values, 0)
        self._optimizer = _adamw([self._values], config, fused=True)

    def micro_step(self, inputs: dict[str, Any], share: float, enter: EnterPhase) -> torch.Tensor:
        return self._gradients.add(inputs, share, enter)

    def start_over(self) -> None:
        self._gradients.start_over()

    def step(self, learning_rate: float) -> torch.Tensor:
        _set_rate(self._optimizer, learning_rate)
        gradient = self._gradients.whole()
        if self._ranks > 1:
            torch.distributed.all_reduce(gradient.div_(self._ranks))
        norm: torch.Tensor = torch.linalg.vector_norm(gradient)
        gradient.mul_((self._max_norm / (norm + CLIPPED_NORM_FLOOR)).clamp(max=1.0))
        self._values.grad = gradient
        # AdamW's kernel leaves everything as it was where this is 1: so nobody has to wait for the norm.
        self._optimizer.found_inf = (~torch.isfinite(norm)).float()  # type: ignore[attr-defined]
        self._optimizer.step()
        self._gradients.clear()
        return norm

    def state(self) -> State:
        found = self.scale.state() if self.scale else {}
        inner = self._optimizer.state.get(self._values)
        if inner is None:
            return found
        moments = {moment: inner[moment] for moment in MOMENTS}
        return found | _adamw_state(inner["step"], moments, self._names, self._parameters)

    def load_state(self, state: State) -> None:
        if self.scale:
            self.scale.load_state(state)
        if STEPS_TAKEN not in state:
            return
        moments = {moment: _moment(state, moment, self._names, self._parameters) for moment in MOMENTS}
        self._optimizer.state[self._values] = {
            "step": state[STEPS_TAKEN].to(self._values.device, copy=True),
            **moments,
        }


class _Given(nn.Module):
    """A module whose loss has the gradient that it is given. DeepSpeed sees this one: its hooks then run once a step,
    after the passes and not within one that may fail, and for one parameter instead of hundreds.
    """

    def __init__(self, values: torch.Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(values)

    def forward(self, gradient: torch.Tensor) -> torch.Tensor:
        return (self.values * gradient).sum()


class _Zero2Optimizer:
    """Shard AdamW's state over the ranks by DeepSpeed's ZeRO-2, which averages, clips and steps itself."""

    def __init__(
        self,
        accelerator: Any,
        config: RunConfig,
        module: LoraModule,
        names: list[str],
        scale: LossScale | None,
        graphed: bool,
        warn: Callable[[str], None],
    ) -> None:
        self.scale = scale
        self._names, self._parameters = names, list(module.parameters())
        given = _Given(torch.cat([parameter.detach().flatten() for parameter in self._parameters]))
        self._engine, _ = accelerator.prepare(given, _adamw(given.parameters(), config, fused=given.values.is_cuda))
        self._zero, self._values = self._engine.optimizer, given.values
        # DeepSpeed has moved them into its own buffer, for good.
        _share_memory(self._parameters, self._values)
        self._gradients = Gradients(module, scale, CudaGraphs(module.pipe) if graphed else None, warn)

    def micro_step(self, inputs: dict[str, Any], share: float, enter: EnterPhase) -> torch.Tensor:
        return self._gradients.add(inputs, share, enter)

    def start_over(self) -> None:
        self._gradients.start_over()

    def step(self, learning_rate: float) -> torch.Tensor:
        _set_rate(self._zero, learning_rate)
        self._engine.backward(self._engine(self._gradients.whole()))
        self._engine.step()
        self._gradients.clear()
        return torch.as_tensor(self._engine.get_global_grad_norm(), device=self._engine.device)

    def state(self) -> State:
        from deepspeed.utils import safe_get_full_optimizer_state

        found = self.scale.state() if self.scale else {}
        inner = self._zero.optimizer.state
        if not inner:
            return found
        taken = next(iter(inner.values()))["step"]
        moments = {moment: safe_get_full_optimizer_state(self._values, moment) for moment in MOMENTS}
        return found | _adamw_state(taken, moments, self._names, self._parameters)

    def load_state(self, state: State) -> None:
        from deepspeed.utils import safe_set_full_fp32_param, safe_set_full_optimizer_state

        if self.scale:
            self.scale.load_state(state)
        safe_set_full_fp32_param(self._values, self._values.data)
        if STEPS_TAKEN not in state:
            return
        for partition in self._zero.single_partition_of_fp32_groups:
            moments = {moment: torch.zeros_like(partition) for moment in MOMENTS}
            self._zero.optimizer.state[partition] = {"step": state[STEPS_TAKEN].clone(), **moments}
        # What DeepSpeed does after its first step; only then do the setters reach the moments.
        self._zero._lazy_init_hp_params_optimizer_state()
        for moment in MOMENTS:
            safe_set_full_optimizer_state(self._values, _moment(state, moment, self._names, self._parameters), moment)


def _share_memory(parameters: list[nn.Parameter], values: torch.Tensor) -> None:
    for parameter, part in zip(parameters, views_of(values.detach(), parameters), strict=True):
        parameter.data = part


def _adamw_state(
    taken: torch.Tensor, moments: dict[str, torch.Tensor], names: list[str], parameters: list[nn.Parameter]
) -> State:
    found = {STEPS_TAKEN: taken.detach().cpu().clone()}
    for moment, flat in moments.items():
        parts = zip(names, views_of(flat.detach().cpu(), parameters), strict=True)
        found |= {f"{name}.{moment}": part.clone() for name, part in parts}
    return found


def _moment(state: State, moment: str, names: list[str], parameters: list[nn.Parameter]) -> torch.Tensor:
    """Return one of AdamW's moments, flat, on the device of the parameters."""
    flat = flat_zeros(parameters)
    for name, part in zip(names, views_of(flat, parameters), strict=True):
        part.copy_(state[f"{name}.{moment}"])
    return flat


def _adamw(parameters: Iterable[nn.Parameter], config: RunConfig, fused: bool) -> torch.optim.AdamW:
    return torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay, fused=fused)


def _set_rate(optimizer: Any, learning_rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate
