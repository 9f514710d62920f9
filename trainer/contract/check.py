"""A check before the start: what is asked for, and its facts besides those of any task.

Each check tells twice: when it begins, with the standing "running", and when it ends. One that is skipped tells once.
"""

from typing import Any, Literal

import msgspec

Standing = Literal["running", "ok", "warning", "failure", "skipped"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """`request.json`. `config` is a run config as a person wrote it: what is wrong with it is the first finding."""

    kind: Literal["check"] = "check"
    config: dict[str, Any]
    logs_dir: str | None = None
    """The folder that runs are made in; None for the one that the task's own folder lies in."""
    limits: dict[str, float] = {}
    """Seconds, by a check's name, in the place of its own limit."""


class CheckFact(msgspec.Struct, frozen=True, kw_only=True, tag="check", omit_defaults=True):
    """One check. `name` is a stable word; `found` says what was found, `hint` what to do about it; in both, what is in
    backticks is code.

    `details` are the check's own: `shapes` has tensors' sizes by their names, `stack` is where one that hung stood.
    """

    ts: float
    name: str
    title: str
    limit_s: float
    standing: Standing
    found: str = ""
    hint: str = ""
    code: str = ""
    """A stable word for a failure, the one that a run would end with."""
    took_s: float | None = None
    details: dict[str, Any] = {}
