"""Trackio: `write` all metrics of DATA by its storage's bulk insert, where `trackio.log` ends too; `read` also asks for
the loss as its pages do."""

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from answers import Points, ask, free_port, say, time_way

PROJECT, RUN, LOSS = "bench", "bench", "train/loss"
BATCH = 100_000


def write(data: dict[str, np.ndarray[Any, Any]]) -> float:
    """Seconds of the inserts alone: the rows are made beforehand."""
    from trackio.sqlite_storage import SQLiteStorage

    names = [name for name in data if name != "times"]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*(data[name].tolist() for name in names), strict=True)]
    times = [datetime.fromtimestamp(ts, UTC).isoformat() for ts in data["times"].tolist()]
    steps = list(range(1, len(rows) + 1))
    began = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        part = slice(at, at + BATCH)
        SQLiteStorage.bulk_log(PROJECT, RUN, rows[part], steps[part], times[part])
    return time.perf_counter() - began


def read(folder: Path, rounds: int) -> list[dict[str, Any]]:
    import trackio

    port = free_port()
    trackio.show(open_browser=False, block_thread=False, host="127.0.0.1", server_port=port)
    url = f"http://127.0.0.1:{port}/api/get_logs"
    body = {"project": PROJECT, "run": RUN, "scalar_only": True}
    return [time_way("Trackio", folder, rounds, lambda: ask(url, body), points)]


def points(answer: bytes) -> Points:
    rows = [row for row in json.loads(answer)["data"] if LOSS in row]
    return [row["step"] for row in rows], [row[LOSS] for row in rows]


def main() -> None:
    what, data, folder, rounds = sys.argv[1:]
    os.environ |= {"TRACKIO_DIR": folder, "HF_HUB_OFFLINE": "1"}
    found = write(dict(np.load(data)))
    size = sum(file.stat().st_size for file in Path(folder).rglob("*.db*"))
    say(write_s=found, bytes=size, ways=read(Path(folder), int(rounds)) if what == "read" else [])
    os._exit(0)  # its server has threads that do not end


if __name__ == "__main__":
    main()
