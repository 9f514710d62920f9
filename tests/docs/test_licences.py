"""Every direct dependency is in docs/licences.md, with the licence that its metadata names."""

import json
import re
import tomllib
from importlib import metadata

from tests.docs import pages
from tests.docs.sources import ROOT

LISTED = {cells[0].strip("`"): cells[1].strip("`") for cells in pages.rows("docs/licences.md") if len(cells) == 4}


def test_of_every_python_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for group in groups for line in group} - {project["name"]}
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s+]+)", _constraints(), re.MULTILINE))
    assert names <= LISTED.keys()
    # Another version, as for V100s, may name its licence otherwise.
    tested = {name for name in names if metadata.version(name).partition("+")[0] == pinned.get(name)}
    assert len(tested) > 0.9 * len(names)
    assert {name: LISTED[name] for name in tested} == {name: _licence(name) for name in tested}


def test_of_every_package_of_the_pages() -> None:
    folder = ROOT / "services/frontend"
    package = json.loads((folder / "package.json").read_text())
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    names = package["dependencies"] | package["devDependencies"]
    assert {name: LISTED.get(name) for name in names} == {
        name: locked[f"node_modules/{name}"]["license"] for name in names
    }


def _constraints() -> str:
    return "".join((ROOT / name).read_text() for name in ("constraints-base.txt", "constraints.txt"))


def _licence(name: str) -> str:
    """The expression of newer metadata, else the first line of the older field, else its classifiers."""
    found = metadata.metadata(name)
    said = found.get("License-Expression") or (found.get("License") or "").strip().partition("\n")[0]
    classifiers = [line for line in found.get_all("Classifier", []) if line.startswith("License ::")]
    return said or ", ".join(line.rpartition("::")[2].strip() for line in classifiers)
