# SPDX-License-Identifier: Apache-2.0
"""The foreign peer of the format: a subscriber of the reference opens the output as a URI with
mode=ro, then sets a busy timeout, foreign keys and WAL, and pings; and its readers go on reading
while the file is replaced under them."""
import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys

import pytest
from conftest import Process, make_db, sqlite_shell
from outputs import OUT, produced, snapshot, write_filter

READER = pathlib.Path(__file__).with_name("sqlite_reader.py")

SOURCE = """
CREATE TABLE item(id INTEGER PRIMARY KEY, n INT, pad TEXT);
CREATE TABLE again(id INTEGER PRIMARY KEY, n INT, pad TEXT);
CREATE TABLE private(x);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 150)
    INSERT INTO item SELECT i, 0, hex(zeroblob(100)) FROM c;
INSERT INTO again SELECT * FROM item;
INSERT INTO private VALUES (1);
"""

FILTER = "tables: [{name: item}, {name: again}]"


def subscribe(path):
    """Open as the reference's subscriber does."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    db.execute("PRAGMA busy_timeout = 5000")
    db.execute("PRAGMA foreign_keys = 1")
    assert db.execute("PRAGMA journal_mode = WAL").fetchall() == [("wal",)]
    db.execute("SELECT 1").fetchall()
    return db


def test_opens_as_the_reference_opens_it(leat):
    source = make_db(leat.dir / "in.db", SOURCE)
    out = produced(leat, source, FILTER)
    before = out.read_bytes()
    with contextlib.closing(subscribe(out)) as db:
        assert db.execute("SELECT count(*), sum(n) FROM item").fetchall() == [(150, 0)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            db.execute("DELETE FROM item")
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            db.execute("SELECT * FROM private")
    assert out.read_bytes() == before
    # What the reader leaves beside it is no obstacle to the next one.
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.execute("UPDATE item SET n = 1")
        db.commit()
    produced(leat, source, FILTER)
    with contextlib.closing(subscribe(out)) as db:
        assert db.execute("SELECT sum(n) FROM item").fetchall() == [(150,)]


@pytest.mark.parametrize("sql", [
    "",
    "CREATE TABLE empty(x)",
    "PRAGMA page_size = 512; CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(100000))",
    "PRAGMA page_size = 65536; CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(100000))",
    "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(x); INSERT INTO t VALUES ('x')",
    "PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES ('x')",
    "PRAGMA auto_vacuum = 1; CREATE TABLE t(x); INSERT INTO t VALUES ('x')",
])
def test_every_kind_of_source_gives_what_it_can_open(leat, sql):
    source = make_db(leat.dir / "in.db", sql + "; CREATE TABLE always(x)")
    listed = sqlite_shell(source, "SELECT name FROM sqlite_schema WHERE type = 'table'").split()
    out = produced(leat, source, json.dumps({"tables": [{"name": name} for name in listed]}))
    with contextlib.closing(subscribe(out)) as db:
        assert sorted(n for n, in db.execute("SELECT name FROM sqlite_schema")) == sorted(listed)
        for name in listed:
            db.execute(f"SELECT * FROM {name}").fetchall()


def test_a_snapshot_of_nothing_can_be_opened(leat):
    source = make_db(leat.dir / "in.db", SOURCE)
    out = produced(leat, source, "tables: []")
    with contextlib.closing(subscribe(out)) as db:
        assert db.execute("SELECT * FROM sqlite_schema").fetchall() == []


def test_a_held_connection_keeps_its_version(leat):
    source = make_db(leat.dir / "in.db", SOURCE)
    out = produced(leat, source, FILTER)
    with contextlib.ExitStack() as held:
        for version in range(20):
            db = held.enter_context(contextlib.closing(subscribe(out)))
            assert db.execute("SELECT DISTINCT n FROM item").fetchall() == [(version,)]
            with contextlib.closing(sqlite3.connect(source)) as writer:
                writer.executescript("UPDATE item SET n = n + 1; UPDATE again SET n = n + 1;"
                                     "INSERT INTO item SELECT max(id) + 1, max(n), '' FROM item")
            snapshot(leat, source, FILTER)
            # It goes on with what it has opened, statement after statement.
            assert db.execute(
                "SELECT DISTINCT n FROM item UNION SELECT DISTINCT n FROM again").fetchall() == [
                    (version,)]
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_readers_see_whole_versions_over_200_replacements(leat):
    """Some hold a connection for a while, some open anew each time; none sees an error."""
    versions = []
    source = leat.dir / "in.db"
    make_db(source, SOURCE)
    place = leat.dir / "place"
    place.mkdir()
    path = write_filter(leat, FILTER)
    process = None
    readers = []
    try:
        process = leat.start(
            "snapshot", "--watch", "--json", "--interval", "10ms", "--debounce", "0s",
            "--filter", path, source, place / OUT)
        versions.append(process.wait_event(stream="stdout", compressed=False)["version"])
        readers = [
            Process([sys.executable, READER, place / OUT, how], place,
                    {"PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.PIPE)
            for how in ("anew", "held", "anew")]
        for reader in readers:
            reader.wait_line("reading", stream="stdout")
        with contextlib.closing(sqlite3.connect(source)) as writer:
            writer.execute("PRAGMA synchronous = OFF")
            for n in range(1, 201):
                writer.execute("UPDATE item SET n = ?", (n,))
                writer.execute("UPDATE again SET n = ?", (n,))
                writer.commit()
                versions.append(
                    process.wait_event(stream="stdout", compressed=False)["version"])
        for reader in readers:
            reader.popen.stdin.close()
        told = [json.loads(reader.wait().stdout.splitlines()[-1]) for reader in readers]
        assert process.stop().code == 0
    finally:
        for reader in readers:
            reader.kill()
    assert versions == sorted(set(versions)) and len(versions) >= 201
    for reader in told:
        assert reader["errors"] == []
        assert reader["reads"] > 0 and reader["seen"] == sorted(set(reader["seen"]))
        assert len(reader["seen"]) > 5
    assert sqlite_shell(place / OUT, "SELECT DISTINCT n FROM item") == "200\n"
