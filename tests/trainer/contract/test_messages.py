"""Check the table of messages, and the linter that holds the code to it."""

import subprocess
import sys
from pathlib import Path

import pytest

from trainer.contract.messages import Message, message, parameters, sentence, texts

ROOT = Path(__file__).parents[3]


def test_a_message_has_a_code_its_parameters_and_its_texts() -> None:
    said = message("does_not_fit.frames", least_gb=40.25, card_gb=31.7, frames=17)
    assert said == Message(
        code="does_not_fit",
        message="A step takes about 40.2 GB even with every block recomputed, and the GPU has 31.7 GB.",
        hint="Use at most 17 frames, or a smaller size.",
        params={"variant": "frames", "least_gb": 40.25, "card_gb": 31.7, "frames": 17},
    )


@pytest.mark.parametrize(("seconds", "hint"), [(1, "1 second."), (2, "2 seconds."), (1200, "1,200 seconds.")])
def test_a_number_chooses_its_form(seconds: int, hint: str) -> None:
    assert message("too_many_tries", seconds=seconds).hint == f"Try again in {hint}"


def test_a_parameter_is_never_taken_for_a_text(tmp_path: Path) -> None:
    path = tmp_path / "{0} {path.parent}"
    assert sentence("config_missing", path=path) == f"There is no config at {path}. Check the path."


def test_an_unknown_key_or_a_missing_parameter_is_an_error() -> None:
    with pytest.raises(KeyError):
        message("no_such_code")
    with pytest.raises(KeyError):
        message("config_missing")


@pytest.mark.parametrize("key", texts())
def test_a_text_is_well_formed(key: str) -> None:
    text = texts()[key]
    assert text.message.strip()
    assert all(name.isidentifier() for name in parameters(text))


PLANTED = {
    "sentence": ('print("This is told to a person.")', "a sentence in code"),
    "fstring": ('name = 1\nprint(f"There is no file {name}, look again.")', "a sentence in code"),
    "key": ('from trainer.contract.messages import message\nmessage("no_such_key")', "there is no message no_such_key"),
    "parameter": (
        'from trainer.contract.messages import message\nmessage("config_missing", file=1)',
        "config_missing takes ['path'], not ['file']",
    ),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_the_linter_sees_what_is_not_in_the_table(kind: str, tmp_path: Path) -> None:
    code, finding = PLANTED[kind]
    planted = tmp_path / "planted.py"
    planted.write_text(code)
    done = subprocess.run(
        [sys.executable, "scripts/check_messages.py", str(planted)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert finding in done.stdout


def test_the_linter_passes_what_is_not_for_people(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text('"""This docstring is a sentence."""\nassert True, "This is for a developer."\nx = "a_word"\n')
    done = subprocess.run(
        [sys.executable, "scripts/check_messages.py", str(planted)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
