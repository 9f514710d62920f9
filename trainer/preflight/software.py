"""Check the installed software against this card. The first check imports torch and DiffSynth."""

import platform

from trainer.contract.plan.memory import MemoryPlan
from trainer.contract.plan.sizes import SIZES
from trainer.hardware.gpus import check_count, check_kernels
from trainer.preflight.checks import CheckContext, Finding, failure, ok, warning


def environment(context: CheckContext) -> Finding:
    """Raises: Problem."""
    context.at("asking for the cards")
    cards = context.cards
    check_count(context.ranks, cards)
    context.at("importing torch")
    import torch

    from trainer.models.wan import pipeline

    check_kernels(cards, torch.cuda.get_arch_list(), torch.__version__)
    context.at("importing DiffSynth")
    pipeline.work_offline(context.config)
    pipeline.import_diffsynth(with_deepspeed=False)
    cuda = torch.version.cuda
    found = f"Python {platform.python_version()}, torch {torch.__version__}"
    if context.on_cpu or not cards:
        return ok(f"{found} on the CPU")
    context.at("beginning CUDA")
    if not torch.cuda.is_available():
        hint = "Install the torch of constraints.txt, or a driver that is new enough for it."
        found = f"{found} sees no GPU, and the host has {cards[0].name}: {_why_unseen()}"
        if context.config.model == "tiny-wan":
            return warning(found, hint)
        return failure("gpu_unseen", found, hint)
    names = ", ".join(f"{card.name} ({'.'.join(map(str, card.capability))})" for card in dict.fromkeys(cards))
    return ok(f"{found}, CUDA {cuda}, {names}")


def memory(context: CheckContext) -> Finding:
    """Raises: Problem where a step cannot fit."""
    if not context.cards:
        return ok("On the CPU: no card's memory to keep within")
    import torch

    from trainer.models.wan import pipeline

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = pipeline.base_dtype(context.config, device)
    planned = MemoryPlan.of(context.config, SIZES[context.config.model], dtype.itemsize, context.ranks)
    card_bytes = min(card.memory_bytes for card in context.cards)
    planned.check(card_bytes)
    return ok(planned.told(card_bytes).removeprefix("planned: "))


def _why_unseen() -> str:
    """Say in torch's words why it sees no GPU."""
    import torch

    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        return str(error).strip().partition("\n")[0]
    return "it does not say why."
