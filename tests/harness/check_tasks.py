"""Checks to test with: their task, started as an agent starts it, and what it has found."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from tests.harness.runs import REPOSITORY, SMALL
from tests.harness.waiting import DEADLINE_S
from trainer.contract.tasks import TASKS, TaskDir
from trainer.preflight.checks import Finding

SLOW_DISK = """import os, time
fsync = os.fsync
os.fsync = lambda fd: (time.sleep(0.4), fsync(fd))"""
"""For `beginning`: what is written lasts only after a while."""

Fact = dict[str, Any]


def make_task(folder: Path, data: Path, limits: dict[str, float] | None = None, **settings: Any) -> TaskDir:
    task = TaskDir(folder / "logs" / TASKS / "check")
    task.path.mkdir(parents=True)
    config = SMALL | {"dataset_base_path": str(data)} | settings
    task.request.write_text(json.dumps({"kind": "check", "config": config, "limits": limits or {}}))
    return task


def beginning(folder: Path, lines: str, after: str | None = "diffsynth.pipelines.wan_video") -> dict[str, str]:
    """Make an environment in which each checker process does these lines of Python once it has imported the module
    `after`; as it begins, if that is None."""
    when = f'after_import("{after}", then)' if after else "then()"
    text = f"""import sys
if "trainer.preflight.checker_process" in sys.orig_argv:
    from tests.harness.after_import import after_import
    def then():
        exec({lines!r}, {{}})
    {when}
"""
    (folder / "sitecustomize.py").write_text(text)
    return {"PYTHONPATH": f"{folder}:{REPOSITORY}"}


@contextmanager
def started(task: TaskDir, environment: dict[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    with open(task.text_log, "wb") as log:
        command = [sys.executable, "-m", "trainer.tasks.runner", str(task.path)]
        given = os.environ | (environment or {})
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=REPOSITORY, env=given)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def done(task: TaskDir, environment: dict[str, str] | None = None) -> dict[str, Fact]:
    """The last fact of each check, by its name, once the task has ended well."""
    with started(task, environment) as process:
        assert process.wait(DEADLINE_S) == 0, task.text_log.read_text()
    facts, _ = task.read()
    assert facts[-1]["type"] == "end"
    assert facts[-1]["reason"] == "succeeded", facts[-1]
    return {fact["name"]: fact for fact in facts if fact["type"] == "check"}


def can_mount() -> bool:
    """Whether a process of ours may have file systems of its own."""
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return shutil.which("unshare") is not None and subprocess.run(command, capture_output=True).returncode == 0


def looked(name: str, logs_dir: Path, config: dict[str, Any], mounts: dict[Path, str]) -> Finding:
    """What a check finds in a process that sees these folders as memory of its own, mounted with these options."""
    lines = [shlex.join(["mount", "-t", "tmpfs", "-o", given, "none", str(folder)]) for folder, given in mounts.items()]
    script = " && ".join([*lines, 'exec "$@"'])
    command = ["unshare", "-rm", "sh", "-c", script, "sh", sys.executable, "-m", "tests.harness.one_check"]
    command += [name, str(logs_dir)]
    done = subprocess.run(command, input=json.dumps(config).encode(), capture_output=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Finding)


def processes(*words: str) -> list[int]:
    """The living processes that have all these words in their command line or environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            with suppress(OSError):
                text = (folder / "cmdline").read_bytes() + b"\0" + (folder / "environ").read_bytes()
                if all(f"{word}\0".encode() in text + b"\0" for word in words):
                    found.append(int(folder.name))
    return found
