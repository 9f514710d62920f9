"""The shim's atomic write, which is a copy for want of packages, does what the contract's does, step by step."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.contract import rundir
from trainer.supervision import shim

RECORD = {"attempt": 1, "how": "exited"}


def by_contract(path: Path) -> None:
    rundir.write_atomic(path, json.dumps(RECORD).encode())


def by_shim(path: Path) -> None:
    shim.write_atomic(path, RECORD)


def traced(write: Callable[[Path], None], path: Path, failing_call: int | None) -> tuple[Any, ...]:
    """What a write does: its calls that make things last, its error, and what it leaves; one call may fail."""
    calls: list[str] = []

    def watched(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watching(*arguments: Any) -> Any:
            calls.append(name)
            if len(calls) == failing_call:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return call(*arguments)

        return watching

    open_before, error = os.listdir("/proc/self/fd"), None
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "replace"):
            patch.setattr(os, name, watched(name, getattr(os, name)))
        try:
            write(path)
        except OSError as raised:
            error = raised.errno
    left = {each.name: each.read_bytes() for each in path.parent.iterdir() if each.is_file()}
    return calls, error, left, len(os.listdir("/proc/self/fd")) - len(open_before)


@pytest.mark.parametrize("failing_call", [None, 1, 2, 3])
@pytest.mark.parametrize("before", ["nothing", "a file", "a folder"])
def test_the_two_are_equal(tmp_path: Path, before: str, failing_call: int | None) -> None:
    found = []
    for write in (by_contract, by_shim):
        path = tmp_path / write.__name__ / "exit.json"
        path.parent.mkdir()
        if before == "a file":
            path.write_bytes(b"old")
        elif before == "a folder":
            path.mkdir()
        found.append(traced(write, path, failing_call))
    assert found[0] == found[1]
    assert found[0][3] == 0, "no descriptor is left open"


def test_what_is_watched_is_what_they_do(tmp_path: Path) -> None:
    calls, error, left, _ = traced(by_shim, tmp_path / "exit.json", None)
    assert (calls, error) == (["fsync", "replace", "fsync"], None)
    assert left == {"exit.json": json.dumps(RECORD).encode()}
    assert traced(by_shim, tmp_path / "exit.json", 1)[1] == errno.ENOSPC
