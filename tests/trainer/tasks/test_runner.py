"""A task's process, with a handler of the test's own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.harness.runs import REPOSITORY
from tests.harness.waiting import DEADLINE_S, until
from trainer.contract.tasks import Facts, TaskDir


@pytest.fixture
def run(tmp_path: Path) -> Any:
    folder = TaskDir(tmp_path / "task")
    folder.path.mkdir()

    def run(**request: Any) -> tuple[TaskDir, "subprocess.Popen[bytes]"]:
        folder.request.write_text(json.dumps({"kind": "scan", **request}))
        command = [sys.executable, "-m", "tests.harness.task_of_tests", str(folder.path)]
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        with open(folder.text_log, "ab") as log:
            return folder, subprocess.Popen(command, cwd=REPOSITORY, env=env, stderr=log)

    return run


def ended(folder: TaskDir, process: "subprocess.Popen[bytes]") -> list[dict[str, Any]]:
    assert process.wait(DEADLINE_S) == 0
    return folder.read()[0]


def test_its_end_is_its_last_fact(run: Any) -> None:
    facts = ended(*run(what="nothing"))
    assert [(fact["type"], fact.get("reason")) for fact in facts] == [("progress", None), ("end", "succeeded")]
    assert (facts[0]["phase"], facts[0]["total"]) == ("counting", 3)


def test_a_problem_and_a_mistake_of_ours_are_said(run: Any) -> None:
    folder, process = run(what="problem")
    end = ended(folder, process)[-1]
    assert (end["reason"], end["code"], end["message"], end["hint"]) == (
        "failed", "no_luck", "There is none.", "Try again.",
    )  # fmt: skip
    end = ended(*run(what="bug"))[-1]
    assert (end["reason"], end["code"]) == ("failed", "internal")
    assert "KeyError" in folder.text_log.read_text()


def test_an_unknown_kind(run: Any) -> None:
    assert ended(*run(what="", kind="dance"))[-1]["code"] == "unknown_kind"


def test_asked_by_its_file_it_stops_and_by_a_signal_it_goes_on_another_time(run: Any) -> None:
    folder, process = run(what="wait")
    until(lambda: folder.read()[0])
    process.send_signal(signal.SIGTERM)
    assert [fact["type"] for fact in ended(folder, process)] == ["progress"]
    folder, process = run(what="wait")
    until(lambda: len(folder.read()[0]) == 2)
    folder.stop.touch()
    assert ended(folder, process)[-1]["reason"] == "stopped"


def test_only_one_process_at_a_time(run: Any) -> None:
    folder, first = run(what="wait")
    until(lambda: folder.read()[0])
    _, second = run(what="nothing")
    assert second.wait(DEADLINE_S) == 1
    first.terminate()
    assert [fact["type"] for fact in ended(folder, first)] == ["progress"]


def test_facts_go_on_after_a_torn_line_and_are_read_from_an_offset(tmp_path: Path) -> None:
    folder = TaskDir(tmp_path)
    assert folder.read() == ([], 0)
    folder.facts.write_bytes(b'{"a":1}\n{"b":')
    assert folder.read() == ([{"a": 1}], 8)
    facts = Facts(folder)
    facts.write({"c": 3}, {"d": 4})
    facts.close()
    found, offset = folder.read(8)
    assert found == [{"c": 3}, {"d": 4}]
    assert folder.read(offset) == ([], offset)
    assert offset == folder.facts.stat().st_size
