"""Small processes to put under a shim or an agent: `python children.py NAME ARGUMENT...`. Standard library only."""

import os
import subprocess
import sys
import time
from pathlib import Path


def command(name: str, *arguments: str) -> list[str]:
    """The command line of the child `name`, one of the functions below."""
    return [sys.executable, str(Path(__file__).resolve()), name, *arguments]


def sleeps() -> None:
    time.sleep(60)


def starts_another() -> None:
    """Print the id of a process in a session of its own, as torchrun's ranks are, and live on beside it."""
    print(subprocess.Popen(command("sleeps"), start_new_session=True).pid, flush=True)
    sleeps()


def waits_for_go(folder: str) -> None:
    """End with 5 once there is a file `go` in the folder."""
    while not Path(folder, "go").exists():
        time.sleep(0.01)
    raise SystemExit(5)


def prints_token_variables(_folder: str) -> None:
    print(sorted(name for name in os.environ if "LORADECK_TOKEN" in name), flush=True)


def writes_pid(folder: str) -> None:
    Path(folder, "pid").write_text(str(os.getpid()))
    sleeps()


CHILDREN = {
    child.__name__: child for child in (sleeps, starts_another, waits_for_go, prints_token_variables, writes_pid)
}

if __name__ == "__main__":
    CHILDREN[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
