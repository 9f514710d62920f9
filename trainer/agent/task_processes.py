"""Run an agent's tasks as child processes that die with it."""

import re
import subprocess
import sys
from pathlib import Path

from trainer.contract.tasks import TASKS, TaskDir
from trainer.supervision.launcher import environment
from trainer.supervision.piped_process import end_all, spawn

LEAVE_S = 5.0
"""From SIGTERM, at which a task keeps what it has found, to SIGKILL."""

_TASK_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


class TaskProcesses:
    """Start and end the tasks of one agent. For one thread."""

    def __init__(self, logs_dir: Path, gpus: list[str]) -> None:
        self._folder, self._gpus = logs_dir / TASKS, gpus
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def alive(self) -> list[str]:
        self._running = {task_id: process for task_id, process in self._running.items() if process.poll() is None}
        return sorted(self._running)

    def start(self, task_id: str) -> str:
        """Start or continue a task. Returns a sentence if it cannot be started, else an empty string."""
        if task_id in self.alive():
            return ""
        folder = TaskDir(self._folder / task_id)
        if not _TASK_ID.fullmatch(task_id) or not folder.request.is_file():
            return f"The backend named a task {task_id!r}, of which there is no folder here."
        try:
            with open(folder.text_log, "ab") as log:
                self._running[task_id] = spawn(
                    command(folder), environment(max(1, len(self._gpus)), self._gpus), stdout=log, stderr=log
                )
        except OSError as error:
            return f"The task {task_id} cannot be started: {error.strerror}."
        print(f"{task_id} started.", flush=True)
        return ""

    def end(self) -> None:
        """Ask all to leave, and kill those that do not."""
        end_all(list(self._running.values()), LEAVE_S)


def command(folder: TaskDir) -> list[str]:
    return [sys.executable, "-m", "trainer.tasks.runner", str(folder.path)]
