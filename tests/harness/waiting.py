"""Wait for what has to come true. One deadline for all, long enough for a machine on which much else runs."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, TypeVar

import httpx

T = TypeVar("T")
DEADLINE_S = 240.0
"""The longest that one wait takes. It only ends what hangs: how fast something has to be is asserted apart from it."""


def until(
    look: Callable[[], T | Literal[False] | None],
    what: str = "the condition",
    process: "subprocess.Popen[Any] | None" = None,
) -> T:
    """Return the first true answer of `look`; a dropped connection counts as none.

    Raises: AssertionError at the deadline, or if `process`, which has to live meanwhile, ends.
    """
    deadline = time.monotonic() + DEADLINE_S
    while True:
        with suppress(httpx.TransportError):
            if found := look():
                return found
        assert process is None or process.poll() is None, f"it ended with {process.returncode} before {what}"
        assert time.monotonic() < deadline, f"{what} did not come true within {DEADLINE_S:g} s"
        time.sleep(0.01)


def stretched(limit_s: float) -> float:
    """Stretch a bound on time by how much slower this machine computes now than if it had nothing else to do."""
    began, computed = time.monotonic(), time.process_time()
    while time.process_time() - computed < 0.1:
        pass
    waited = time.monotonic() - began
    return limit_s * max(1.0, 1.5 * waited / 0.1 - 0.5)
