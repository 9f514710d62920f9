"""TensorBoard: write the loss of DATA with its own writer, serve it, and ask for the curve as its pages do."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from answers import Points, ask, free_port, say, server, time_way
from tensorboard.summary import Writer

LOSS = "train/loss"


def write(data: dict[str, np.ndarray[Any, Any]], folder: Path) -> float:
    began = time.perf_counter()
    writer = Writer(str(folder / "logs" / "run"))
    for step, (ts, value) in enumerate(zip(data["times"].tolist(), data[LOSS].tolist(), strict=True), 1):
        writer.add_scalar(LOSS, value, step, wall_time=ts)
    writer.close()
    return time.perf_counter() - began


def read(folder: Path, rounds: int, last: int, name: str, options: list[str]) -> dict[str, Any]:
    port = free_port()
    url = f"http://127.0.0.1:{port}/data/plugin/scalars/scalars?run=run&tag=train%2Floss"
    bin_ = Path(sys.executable).parent / "tensorboard"
    logs = ["--logdir", str(folder / "logs"), "--port", str(port), "--host", "127.0.0.1"]
    command = [str(bin_), *logs, "--reload_interval", "1", *options]
    with server(command, url, lambda answer: [last] == points(answer)[0][-1:]) as load_s:
        return {**time_way(name, folder, rounds, lambda: ask(url), points), "load_s": load_s}


def points(answer: bytes) -> Points:
    rows = json.loads(answer)
    return [row[1] for row in rows], [row[2] for row in rows]


def main() -> None:
    _, data_file, folder, rounds = sys.argv[1:]
    data = dict(np.load(data_file))
    write_s = write(data, Path(folder))
    ways = [
        read(Path(folder), int(rounds), len(data[LOSS]), name, options)
        for name, options in (
            ("TensorBoard", []),
            ("TensorBoard told to keep every point", ["--samples_per_plugin", "scalars=100000000"]),
        )
    ]
    say(write_s=write_s, ways=ways)


if __name__ == "__main__":
    main()
