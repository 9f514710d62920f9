"""The collector of codes, on sources as they might be."""

from pathlib import Path

import pytest

from tests.docs.codes import codes


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("class Problem:\n def __init__(self, code, message): ...\nraise Problem('by_place', '')", {"by_place"}),
        ("class Problem:\n code: str\n text: str\nProblem(text='', code='by_name')", {"by_name"}),
        (
            "class Problem:\n def __init__(self, message, code): ...\nclass Mine(Problem): ...\nMine('', 'inherited')",
            {"inherited"},
        ),
        (
            "class Problem:\n def __init__(self, code): ...\n"
            "class Own(Problem):\n def __init__(self, message):\n  super().__init__('own')\nOwn('not_one')",
            {"own"},
        ),
        (
            "class Log:\n def warning(self, code, message): ...\ndef f(log):\n log.warning('of_a_method', '')",
            {"of_a_method"},
        ),
        ("def f(full, log):\n code = 'one' if full else 'other'\n log.write(code=code)", {"one", "other"}),
        ("NAME = 'constant'\ndef f(log):\n log.write(code=NAME)", {"constant"}),
        ("def f(task):\n task.ended, task.code = 1, 'kept'", {"kept"}),
        ("def end(x):\n return 'returned', 1\ndef f(x):\n code, said = end(x)", {"returned"}),
        ("def f(status):\n code = f'exit_{status}'", {"exit_<...>"}),
        ("class Bad:\n def __init__(self, code='usual'): ...", {"usual"}),
        ("def outer():\n def reject(code, why): ...\n return reject('inner', '')", {"inner"}),
        ("raise Problem(message('of_a_message.variant', count=1))", {"of_a_message"}),
        ("raise Problem(message(f'of_a_message.{variant}'))", {"of_a_message"}),
        ("ok(message('check.disk'))", set()),
        ("def say(subject): ...\nsay('no_code')", set()),
        ("import logging\nlogging.warning('A sentence is no code.')", set()),
    ],
)
def test_a_code_is_found(tmp_path: Path, source: str, found: set[str]) -> None:
    path = tmp_path / "module.py"
    path.write_text(source)
    assert set(codes([path])) == found


def test_a_module_s_own_function_is_not_another_s(tmp_path: Path) -> None:
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text("def say(code): ...\nsay('a_code')")
    other.write_text("def say(subject): ...\nsay('no_code')")
    assert set(codes([one, other])) == {"a_code"}
