"""Log every few seconds what the run takes of its host: this process's memory, and the GPUs by `nvidia-smi`."""

import os
import subprocess
import threading
from pathlib import Path

from trainer.telemetry.step_log import StepLog

EVERY_S = 10.0
_ASKED = "index,memory.used,utilization.gpu,temperature.gpu"
_QUERY = ["nvidia-smi", f"--query-gpu={_ASKED}", "--format=csv,noheader,nounits"]


def watch_system(log: StepLog, has_gpu: bool) -> threading.Event:
    """Log the system's values from a thread until the returned event is set."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY_S):
            log.system(process_values() | (gpu_values() if has_gpu else {}))

    threading.Thread(target=watch, name="system", daemon=True).start()
    return ended


def process_values() -> dict[str, float]:
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {"system/cpu.rss_gb": resident_pages * os.sysconf("SC_PAGE_SIZE") / 1e9}


def gpu_values() -> dict[str, float]:
    """Read the values of every GPU of the host; empty if `nvidia-smi` does not answer."""
    try:
        answer = subprocess.run(_QUERY, capture_output=True, text=True, timeout=EVERY_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    return parse_gpus(answer)


def parse_gpus(answer: str) -> dict[str, float]:
    """Parse the lines that `nvidia-smi` answers to `_QUERY`; values that it does not know are left out."""
    values: dict[str, float] = {}
    for line in answer.splitlines():
        index, *fields = [field.strip() for field in line.split(",")]
        names = (("memory_gb", 1e3 / 1.048576), ("utilization", 100.0), ("temperature_c", 1.0))
        for (name, unit), text in zip(names, fields, strict=False):
            if text.replace(".", "", 1).isdecimal():
                values[f"system/gpu.{index}.{name}"] = float(text) / unit
    return values
