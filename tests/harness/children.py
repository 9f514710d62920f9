"""Small processes to put under a shim or an agent: `python children.py NAME ARGUMENT...`. Standard library only."""

import os
import signal
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


def leaves_at_sigterm() -> None:
    """End with 7 at SIGTERM. Prints a line once it would."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    print("ready", flush=True)
    sleeps()


def is_deaf_to_sigterm() -> None:
    """Print the id of a process in the same group, and live on beside it whatever SIGTERM says."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(subprocess.Popen(command("sleeps")).pid, flush=True)
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


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
