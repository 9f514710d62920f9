"""Check the installed software against this card. The first check imports torch and DiffSynth."""

import platform

from trainer.contract.messages import message, sentence
from trainer.contract.plan.memory import MemoryPlan
from trainer.contract.plan.sizes import SIZES
from trainer.hardware.gpus import check_count, check_kernels
from trainer.preflight.checks import CheckContext, Finding, failure, ok, warning


def environment(context: CheckContext) -> Finding:
    """Raises: Problem."""
    context.at(sentence("doing.cards"))
    cards = context.cards
    check_count(context.ranks, cards)
    context.at(sentence("doing.torch"))
    import torch

    from trainer.models.wan import pipeline

    check_kernels(cards, torch.cuda.get_arch_list(), torch.__version__)
    context.at(sentence("doing.diffsynth"))
    pipeline.work_offline(context.config)
    pipeline.import_diffsynth(with_deepspeed=False)
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    if context.on_cpu or not cards:
        return ok(message("check.environment_cpu", **versions))
    context.at(sentence("doing.cuda"))
    if not torch.cuda.is_available():
        said = message("gpu_unseen.check", gpu=cards[0].name, reason=_why_unseen(), **versions)
        return warning(said) if context.config.family.is_shipped else failure(said)
    names = ", ".join(f"{card.name} ({'.'.join(map(str, card.capability))})" for card in dict.fromkeys(cards))
    return ok(message("check.environment", cuda=torch.version.cuda, gpus=names, **versions))


def memory(context: CheckContext) -> Finding:
    """Raises: Problem where a step cannot fit."""
    if not context.cards:
        return ok(message("check.memory_cpu"))
    import torch

    from trainer.models.wan import pipeline

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = pipeline.base_dtype(context.config, device)
    planned = MemoryPlan.of(context.config, SIZES[context.config.model], dtype.itemsize, context.ranks)
    card_bytes = min(card.memory_bytes for card in context.cards)
    planned.check(card_bytes)
    return ok(message("check.memory", planned=planned.describe(card_bytes)))


def _why_unseen() -> str:
    """Say in torch's words why it sees no GPU."""
    import torch

    try:
        torch.cuda.init()  # type: ignore[no-untyped-call]
    except (RuntimeError, AssertionError) as error:
        return str(error).strip().partition("\n")[0]
    return sentence("check.no_reason")
