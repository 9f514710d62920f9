"""The UI's build: what is asked of the machine, when it is done again, and what a wheel carries."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loradeck import build

ROOT = Path(__file__).parents[2]


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{says}\n")
    (folder / name).chmod(0o755)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A source tree whose `npm` notes what it was asked and makes a page."""
    frontend = tmp_path / "services/frontend"
    (frontend / "src").mkdir(parents=True)
    (frontend / "src/page.tsx").write_text("page")
    (frontend / "package-lock.json").write_text("{}")
    return tmp_path


@pytest.fixture
def npm(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the fake npm notes its calls."""
    calls = tree / "calls"
    program(tree / "bin", "node", "echo v22.1.0")
    ci = "ci) mkdir -p node_modules; touch node_modules/.package-lock.json;;"
    program(tree / "bin", "npm", f"echo $1 >> {calls}; case $1 in {ci} run) mkdir out; touch out/index.html;; esac")
    monkeypatch.setenv("PATH", f"{tree / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return calls


def test_it_is_built_once_and_again_when_a_source_has_changed(tree: Path, npm: Path) -> None:
    assert build.build_ui(tree)
    assert (tree / "services/backend/ui/index.html").is_file()
    assert not build.build_ui(tree)
    assert npm.read_text().split() == ["ci", "run"]
    (tree / "services/frontend/src/page.tsx").write_text("another")
    assert build.build_ui(tree)
    assert npm.read_text().split() == ["ci", "run", "run"]


def test_tests_and_what_tools_leave_behind_do_not_count(tree: Path, npm: Path) -> None:
    build.build_ui(tree)
    frontend = tree / "services/frontend"
    for name in ("src/page.test.tsx", "next-env.d.ts", "x.tsbuildinfo", "out/y", "node_modules/z"):
        (frontend / name).write_text("")
    assert not build.build_ui(tree)


def test_a_new_lock_file_installs_again(tree: Path, npm: Path) -> None:
    build.build_ui(tree)
    os.utime(tree / "services/frontend/package-lock.json", (2e9, 2e9))
    build.install_packages(tree)
    assert npm.read_text().split() == ["ci", "run", "ci"]


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        (None, "there is no node on the PATH. Install Node.js."),
        ("echo v18.20.4", "/node is v18.20.4. Install a newer one."),
        ("exit 1", "/node is no Node.js. Install a newer one."),
    ],
)
def test_without_a_fitting_node_it_says_so_in_one_sentence(
    tree: Path, monkeypatch: pytest.MonkeyPatch, node: str | None, sentence: str
) -> None:
    (tree / "bin").mkdir()
    if node:
        program(tree / "bin", "node", node)
        program(tree / "bin", "npm", "exit 1")
    monkeypatch.setenv("PATH", str(tree / "bin"))
    with pytest.raises(build.BuildError) as caught:
        build.build_ui(tree)
    assert str(caught.value).startswith("Building the UI needs Node.js 20.9 or newer with npm; ")
    assert str(caught.value).endswith(sentence)


def test_a_failed_build_leaves_the_old_pages(tree: Path, npm: Path) -> None:
    build.build_ui(tree)
    (tree / "services/frontend/src/page.tsx").write_text("broken")
    program(tree / "bin", "npm", "exit 1")
    with pytest.raises(build.BuildError, match="`npm run --silent build` failed"):
        build.build_ui(tree)
    assert (tree / "services/backend/ui/index.html").is_file()


def test_a_source_distribution_needs_no_node(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "services/frontend").rename(tree / "elsewhere")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(build.BuildError, match="get the whole source tree"):
        build.build_ui(tree)
    (tree / "services/backend/ui").mkdir(parents=True)
    (tree / "services/backend/ui/index.html").touch()
    assert not build.build_ui(tree)


def test_the_wheel_carries_the_pages_the_weights_and_the_migrations_but_no_frontend_sources(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(name for name in names if name.endswith("/METADATA"))).decode()
    here = [path.relative_to(ROOT).as_posix() for path in tracked()]
    must = {
        name
        for name in here
        if name.startswith(("trainer/", "services/", "loradeck/")) and not name.startswith("services/frontend/")
    }
    assert must - names == set()
    assert "services/backend/ui/index.html" in names
    assert {name.partition("/")[0] for name in names if ".dist-info" not in name} == {"trainer", "services", "loradeck"}
    assert not [name for name in names if name.startswith("services/frontend") or "__pycache__" in name]
    assert "Requires-Python: >=3.11" in metadata


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).exists()]
