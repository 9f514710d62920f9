import csv
import io
import math

import pyarrow as pa
from pyarrow import parquet

from tests.harness.backend import Backend, LogFile
from trainer.contract import events


def logged(backend: Backend) -> None:
    """Two attempts: the second went back to step 3, and its third step has no finite loss."""
    folder = backend.folder("table")
    log = LogFile(folder).header().steps(1, 4)
    log.write(events.Eval, step=4, epoch=0, values={"eval/loss": 0.5})
    again = LogFile(folder, attempt=2, log_id="log-2").header().steps(3, 4)
    again.step(5, values={"train/lr": 1e-4}, nonfinite={"train/loss": "-inf"})
    again.write(events.System, values={"step": 7.0})
    backend.wait_for("table", attempt=2, step=5)


def test_csv_has_every_point_of_every_attempt(backend: Backend) -> None:
    logged(backend)
    answer = backend.http.get("/api/runs/table/export")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="table.csv"'
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["attempt", "type", "step", "ts", "eval/loss", "step", "train/loss", "train/lr"]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        *(("1", "step", str(step)) for step in (1, 2, 3, 4)),
        ("1", "eval", "4"),
        *(("2", "step", str(step)) for step in (3, 4, 5)),
        ("2", "system", "5"),
    ]
    assert [float(row[6]) if row[6] else None for row in rows] == [
        1.0,
        0.5,
        1 / 3,
        0.25,
        None,
        1 / 3,
        0.25,
        -math.inf,
        None,
    ]
    assert rows[4][4] == "0.5"
    assert rows[-1][5] == "7"


def test_parquet_of_some_metrics(backend: Backend) -> None:
    logged(backend)
    found = backend.http.get("/api/runs/table/export", params={"format": "parquet", "keys": ["train/lr", "no/such"]})
    table = parquet.read_table(pa.BufferReader(found.content))
    assert table.column_names == ["attempt", "type", "step", "ts", "train/lr"]
    assert table["train/lr"].to_pylist() == [1e-4] * 4 + [None] + [1e-4] * 3 + [None]


def test_a_long_run_comes_in_pieces(backend: Backend) -> None:
    LogFile(backend.folder("long")).header().steps(1, 12_000)
    backend.wait_for("long", step=12_000)
    rows = list(csv.reader(io.StringIO(backend.http.get("/api/runs/long/export").text)))
    assert [int(row[2]) for row in rows[1:]] == list(range(1, 12_001))
    assert [float(row[4]) for row in rows[1:]] == [1 / step for step in range(1, 12_001)]


def test_a_run_that_is_not_there(backend: Backend) -> None:
    answer = backend.http.get("/api/runs/nobody/export")
    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")


def test_a_run_without_points_is_a_table_without_rows(backend: Backend) -> None:
    LogFile(backend.folder("empty")).header()
    backend.wait_for("empty")
    assert backend.http.get("/api/runs/empty/export").text.strip() == '"attempt","type","step","ts"'
