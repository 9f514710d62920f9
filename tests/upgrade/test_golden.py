"""A database, a run folder and a data set that version 0.1 left are opened by this checkout's code, and read anew.

golden/README.md says what they are.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.upgrade.answers import answers, assert_kept, of_dataset
from tests.upgrade.code import Code
from tests.upgrade.installation import Installation
from tests.upgrade.make_golden import GOLDEN, bring_back
from tests.upgrade.run_folder import RunFolder

OLD_REVISION = "0005"


def revision(database: Path) -> str:
    with closing(sqlite3.connect(database)) as sql:
        return str(sql.execute("SELECT version_num FROM alembic_version").fetchone()[0])


@pytest.mark.parametrize("rebuilt", [False, True], ids=["opened", "rebuilt"])
def test_the_api_says_what_the_old_one_said(new: Code, deck: Installation, rebuilt: bool) -> None:
    bring_back(GOLDEN, deck.folder)
    said = json.loads((GOLDEN / "answers.json").read_text())
    if rebuilt:
        deck.rebuild(new)
        del said["/api/datasets/1"]["scan"]  # what it found stays, but a rebuild forgets tasks
    deck.start_backend(new)
    assert_kept(said, {**answers(deck.get), **of_dataset(deck.get, 1)})
    (run_id,) = (path.name for path in (GOLDEN / "logs").glob("golden-*"))
    logged = RunFolder(GOLDEN / "logs" / run_id).logged(2)
    assert [step for _, step, _ in logged] == list(range(1, 13))
    assert deck.served(run_id) == logged
    if not rebuilt:
        copies = [path.name for path in deck.state_dir.glob("loradeck.db.before-*")]
        migrated = revision(deck.state_dir / "loradeck.db") != OLD_REVISION
        assert copies == [f"loradeck.db.before-{OLD_REVISION}"] * migrated
