"""What the figures were taken on: `python -m bench.machine`."""

import os
import platform
import sqlite3
import time
from importlib import metadata
from pathlib import Path

from bench import rivals


def describe() -> str:
    """A paragraph of Markdown. No name of a host is in it."""
    packages = ("loradeck", "numpy", "fastapi", "uvicorn")
    versions = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    versions |= {name: metadata.version(name) for name in packages} | rivals.versions()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"Taken on {time.strftime('%-d %B %Y')} on {os.cpu_count()} cores ({_cpu_model()}) with {memory:.0f} GiB of "
        f"memory, Linux {platform.release().partition('-')[0]}; the load average was {os.getloadavg()[0]:.1f} before. "
        f"{', '.join(f'{name} {version}' for name, version in versions.items())}."
    )


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(models, platform.machine())


if __name__ == "__main__":
    print(describe())
