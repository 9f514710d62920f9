import sqlite3
from pathlib import Path

import pytest

from services.backend.datasets.manifest import manifest, migration
from services.backend.datasets.manifest.manifest import Manifest, opened
from services.backend.errors import Conflict
from tests.harness.backend import open_files


def test_what_is_put_is_kept_and_a_write_that_fails_is_not(tmp_path: Path) -> None:
    made = Manifest.new(tmp_path / "1.db")
    before = manifest.version(made.sql)
    with made.write() as sql:
        manifest.put(sql, rules={"target": [480, 832]})
    after = manifest.version(made.sql)
    assert after != before
    with pytest.raises(TypeError), made.write() as sql:
        manifest.put(sql, rules={}, odd=object())
    assert manifest.get(made.sql, "rules", None) == {"target": [480, 832]}
    assert manifest.version(made.sql) == after
    assert manifest.get(made.sql, "gone", 7) == 7
    made.close()


def test_a_newer_and_a_broken_one_are_named(tmp_path: Path) -> None:
    Manifest.new(tmp_path / "1.db").close()
    with sqlite3.connect(tmp_path / "1.db") as sql:
        sql.execute(f"PRAGMA user_version = {migration.VERSION + 1}")
    sql.close()
    (tmp_path / "2.db").write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    before = open_files()
    for name, code in (("1.db", "manifest_newer"), ("2.db", "manifest_broken")):
        with pytest.raises(Conflict, match=name) as caught, opened(tmp_path / name):
            pass
        assert caught.value.body.code == code
        assert caught.value.body.hint
    assert open_files() == before


def test_a_page_that_is_damaged_is_found_when_it_is_read(tmp_path: Path) -> None:
    made = Manifest.new(tmp_path / "1.db")
    with made.write() as sql:
        sql.executemany("INSERT INTO fault VALUES (?, 'c', ?)", [(line, "m" * 500) for line in range(1000)])
    made.close()
    content = bytearray((tmp_path / "1.db").read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    (tmp_path / "1.db").write_bytes(content)
    with pytest.raises(Conflict, match="malformed") as caught, opened(tmp_path / "1.db") as found, found.read() as sql:
        sql.execute("SELECT SUM(LENGTH(message)) FROM fault").fetchall()
    assert caught.value.body.code == "manifest_broken"
    kept = manifest.set_aside(tmp_path / "1.db")
    assert kept.exists()
    assert not (tmp_path / "1.db").exists()


def test_keys_as_numbers() -> None:
    assert manifest.number("ffffffffffffffff") == -1
    for wrong in ("", "ff", "g" * 16, "0" * 18):
        with pytest.raises(ValueError, match=r"."):
            manifest.number(wrong)
