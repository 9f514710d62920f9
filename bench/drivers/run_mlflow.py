"""MLflow: write the loss of DATA to its SQLite store in the largest batches it takes, serve it, and ask for the curve:
sampled as its pages do, and whole."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from answers import Points, ask, free_port, say, server, time_way

LOSS = "train/loss"
BATCH = 1000
SAMPLED = 2500
"""The most points that the query behind its charts answers with."""


def write(data: dict[str, np.ndarray[Any, Any]], store: str) -> tuple[str, float]:
    from mlflow.entities import Metric
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=store)
    run_id = client.create_run(client.create_experiment("bench")).info.run_id
    rows = list(enumerate(zip(data["times"].tolist(), data[LOSS].tolist(), strict=True), 1))
    began = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        batch = [Metric(LOSS, value, int(ts * 1000), step) for step, (ts, value) in rows[at : at + BATCH]]
        client.log_batch(run_id, metrics=batch, synchronous=True)
    client.set_terminated(run_id)
    return run_id, time.perf_counter() - began


def read(folder: Path, rounds: int, run_id: str, store: str) -> list[dict[str, Any]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store, "--port", str(port)]
    command += ["--host", "127.0.0.1", "--workers", "1", "--default-artifact-root", str(folder / "artifacts")]
    asked = {"metric_key": LOSS}
    sampled = urlencode({**asked, "run_ids": run_id, "max_results": SAMPLED})
    whole = urlencode({**asked, "run_id": run_id})
    with server(command, f"{url}/health", lambda answer: True):
        return [
            time_way(
                "MLflow",
                folder,
                rounds,
                lambda: ask(f"{url}/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?{sampled}"),
                points,
            ),
            time_way(
                "MLflow asked for every point",
                folder,
                1,
                lambda: ask(f"{url}/api/2.0/mlflow/metrics/get-history?{whole}"),
                points,
            ),
        ]


def points(answer: bytes) -> Points:
    rows = json.loads(answer)["metrics"]
    return [int(row["step"]) for row in rows], [row["value"] for row in rows]


def main() -> None:
    _, data_file, folder, rounds = sys.argv[1:]
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    store = f"sqlite:///{folder}/mlflow.db"
    run_id, write_s = write(dict(np.load(data_file)), store)
    say(write_s=write_s, ways=read(Path(folder), int(rounds), run_id, store))


if __name__ == "__main__":
    main()
