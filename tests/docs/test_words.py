"""What a person meets by name (codes, events, variables, settings, commands, targets) has its place in a page, and
what the pages name is there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from services.backend.settings import Settings
from tests.docs import codes, pages
from tests.docs.sources import ROOT, files, python_files, tree
from trainer.contract import events, scan
from trainer.contract.config import RunConfig

CODE = python_files("trainer", "services/backend", "loradeck")
VARIABLE = re.compile(r"LORADECK_[A-Z0-9_]*[A-Z0-9]")
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=).*$", re.MULTILINE)


def test_every_error_code_is_explained_and_no_other() -> None:
    explained = {re.sub("<.*>", "<...>", code) for code in pages.first_cells("docs/errors.md")}
    named = collected()
    # The text of `exit_<n>` is that of `exit`.
    elsewhere = {*scan.DAMAGES, *(code.removesuffix("_<...>") for code in explained)}
    unexplained = named.keys() - explained - elsewhere
    missing = {code: sorted(str(path.relative_to(ROOT)) for path in named[code]) for code in unexplained}
    assert missing == {}, "add them to docs/errors.md"
    assert explained - named.keys() - codes.words(CODE) == set(), "no code says these"


def test_codes_are_collected() -> None:
    """From each way in which the sources hand them over; should this find few, the test above says nothing."""
    assert len(collected()) > 200


@pytest.mark.parametrize("kind", get_args(events.Event), ids=lambda kind: kind.__name__)
def test_every_event_type_is_explained_with_its_fields(kind: type[events.Event]) -> None:
    explained = {cells[0].strip("`"): cells[-1] for cells in pages.rows("docs/events.md")}
    fields = set(kind.__struct_fields__) - {"seq", "ts"}
    assert fields <= set(re.findall(r"`(\w+)`", explained[str(kind.__struct_config__.tag)]))


def test_every_damage_is_explained() -> None:
    assert set(scan.DAMAGES) <= set(pages.spans("docs/measures.md"))


def test_every_variable_is_explained_and_no_other() -> None:
    named = {f"LORADECK_{name.upper()}" for name in Settings.model_fields}
    for path in files():
        if path.suffix != ".md" and path.parent != ROOT / "tests/docs" and path.stat().st_size < 1_000_000:
            named |= set(VARIABLE.findall(path.read_text(errors="replace")))
    explained = set(VARIABLE.findall(" ".join(pages.spans("docs/environment.md"))))
    assert explained == named


def test_every_setting_of_a_run_is_explained() -> None:
    assert set(RunConfig.model_fields) <= pages.first_cells("docs/config.md")


def test_every_subcommand_and_option_is_explained() -> None:
    page = pages.text("docs/commands.md")
    found = list(commands())
    assert len(found) >= 2
    for program, names, options in found:
        assert [name for name in names if not re.search(rf"`{program} {name}[ `]", page)] == []
        assert [option for option in options if f"`{option}`" not in page] == []


def test_every_target_of_make_is_explained_and_no_other() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    shown = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert shown <= {cell.removeprefix("make ") for cell in pages.first_cells("docs/commands.md")}
    for page in pages.pages():
        for span in [*pages.spans(page), *re.findall(r"^\$ (make .*)$", pages.text(page), re.MULTILINE)]:
            for target in re.findall(r"\bmake ([a-z][a-z-]*)", span):
                assert target in targets, f"{page.relative_to(ROOT)}: {span}"


@cache
def collected() -> dict[str, set[Path]]:
    return codes.codes(CODE)


def commands() -> Iterator[tuple[str, list[str], list[str]]]:
    """Each program with subcommands that is called by its name: its subcommands, and all its options."""
    for path in CODE:
        calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        programs = [
            keyword.value.value
            for call in calls
            if _called(call) == "ArgumentParser"
            for keyword in call.keywords
            if keyword.arg == "prog" and isinstance(keyword.value, ast.Constant)
        ]
        names, options = (
            [
                str(argument.value)
                for call in calls
                if _called(call) == method
                for argument in call.args
                if isinstance(argument, ast.Constant) and str(argument.value).startswith(prefix)
            ]
            for method, prefix in (("add_parser", ""), ("add_argument", "--"))
        )
        if programs and names:
            yield str(programs[0]), names, options


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "id", getattr(call.func, "attr", "")))
