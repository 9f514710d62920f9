"""Record a forward and backward pass once as a CUDA graph and replay it: where launching kernels is the bottleneck,
that halves the time. Gradients are added to the parameters' `grad`, which stay where they are.
"""

from typing import Any

import torch

from trainer.models.wan import flow_matching
from trainer.models.wan.pipeline import Pipe

WARM_UPS = 2
"""Passes before the recording, in which kernels are chosen and compiled; https://docs.pytorch.org/docs/stable/notes/cuda.html."""


class NotRecorded(Exception):
    """Raised, with the reason, if a pass cannot be recorded here. The gradients are unchanged."""


class CudaGraphs:
    """Record one graph for each shape of the inputs. All of them share their memory."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._recorded: dict[tuple[torch.Size, bool], _Recorded] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def accumulate(
        self, inputs: dict[str, Any], drawn: flow_matching.Drawn, share: float, gradient: torch.Tensor
    ) -> torch.Tensor:
        """Add `share` times the gradient of the loss; `gradient` is all that is added to. The loss. Raises:
        NotRecorded."""
        key = (drawn.noisy_BCFHW.shape, "first_frame_latents" in inputs)
        if key not in self._recorded:
            self._recorded[key] = self._record(inputs, drawn, share, gradient)
        return self._recorded[key].replay(inputs, drawn, share)

    def _record(
        self, inputs: dict[str, Any], drawn: flow_matching.Drawn, share: float, gradient: torch.Tensor
    ) -> "_Recorded":
        kept = gradient.clone()
        try:
            recorded = _Recorded(self._pipe, inputs, drawn, share)
            apart = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            apart.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(apart):
                for _ in range(WARM_UPS):
                    recorded.compute()
            torch.cuda.current_stream().wait_stream(apart)
            # Other threads, as NCCL's and the data loader's, may go on calling CUDA meanwhile.
            with torch.cuda.graph(recorded.graph, pool=self._pool, capture_error_mode="thread_local"):
                recorded.loss = recorded.compute()
        except torch.OutOfMemoryError:
            raise  # without a graph it would not fit either
        except (RuntimeError, AssertionError) as error:  # what torch raises depends on what of CUDA is there
            raise NotRecorded(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:200]}") from error
        finally:
            gradient.copy_(kept)  # the warm-ups added to it
        return recorded


class _Recorded:
    """One graph and the tensors that it reads from."""

    def __init__(self, pipe: Pipe, inputs: dict[str, Any], drawn: flow_matching.Drawn, share: float) -> None:
        self._pipe = pipe
        self._drawn = flow_matching.Drawn(*(tensor.clone() for tensor in drawn))
        self._inputs = {
            name: value.clone() if isinstance(value, torch.Tensor) else value for name, value in inputs.items()
        }
        self._share = torch.full((), share, device=drawn.weight_B.device)
        self.graph = torch.cuda.CUDAGraph()
        self.loss = torch.zeros_like(self._share)

    def compute(self) -> torch.Tensor:
        loss = flow_matching.loss(self._pipe, self._inputs, self._drawn)
        (loss * self._share).backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def replay(self, inputs: dict[str, Any], drawn: flow_matching.Drawn, share: float) -> torch.Tensor:
        for place, tensor in zip(self._drawn, drawn, strict=True):
            place.copy_(tensor)
        self._inputs["context"].copy_(inputs["context"])
        self._share.fill_(share)
        self.graph.replay()
        return self.loss.clone()
