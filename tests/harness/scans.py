"""Scans to test with: their folders, their processes, and what they have found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.harness.runs import REPOSITORY
from tests.harness.waiting import DEADLINE_S
from trainer.contract.media import is_image
from trainer.contract.scan import ITEMS, media_key
from trainer.contract.tasks import TaskDir

Fact = dict[str, Any]


def make_scan(folder: Path, files: Iterable[Path], captions: Iterable[str] = ("a cat",), **request: Any) -> TaskDir:
    """A scan's folder. There is a row for each file, with the captions in turn."""
    folder.mkdir(parents=True)
    task = TaskDir(folder)
    task.request.write_text(json.dumps({"kind": "scan"} | request))
    texts = list(captions)
    with open(folder / ITEMS, "w") as items:
        for number, path in enumerate(files):
            status = path.lstat()
            row = [str(path), is_image(path.name), status.st_size, status.st_mtime_ns, texts[number % len(texts)]]
            items.write(json.dumps(row) + "\n")
    return task


def start(task: TaskDir) -> subprocess.Popen[bytes]:
    environment = {"DIFFSYNTH_SKIP_DOWNLOAD": "true"} | os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with open(task.text_log, "ab") as log:
        command = [sys.executable, "-m", "trainer.tasks.runner", str(task.path)]
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=REPOSITORY)


def finish(task: TaskDir, process: subprocess.Popen[bytes]) -> Fact:
    """Wait for the process to leave by itself. The scan's end."""
    assert process.wait(DEADLINE_S) == 0, task.text_log.read_text()
    end = facts(task)[-1]
    assert end["type"] == "end", task.text_log.read_text()
    return end


def scan(task: TaskDir) -> None:
    end = finish(task, start(task))
    assert end["reason"] == "succeeded", f"{end} {task.text_log.read_text()}"


def facts(task: TaskDir, kind: str | None = None) -> list[Fact]:
    found, _ = task.read(limit_bytes=1 << 28)
    return [fact for fact in found if kind is None or fact["type"] == kind]


def media(task: TaskDir) -> dict[str, Fact]:
    """By path the last word on each file."""
    last = {fact["key"]: fact for fact in facts(task, "media")}
    return {row[0]: last[media_key(row[0], row[2], row[3])] for row in rows(task)}


def rows(task: TaskDir) -> list[list[Any]]:
    return [json.loads(line) for line in (task.path / ITEMS).read_text().splitlines()]


def workers(process: subprocess.Popen[bytes]) -> list[int]:
    """The process ids of the scan's workers."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
