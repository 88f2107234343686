# SPDX-License-Identifier: Apache-2.0
"""Snapshots of a source that is being written: one consistent state, or "busy"; never a mix."""
import contextlib
import hashlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys

import pytest
from conftest import BOUND, Process, make_db
from outputs import OUT, ask, digest, produced, snapshot, write_filter
from sqlite_writer import ROWS

WRITER = pathlib.Path(__file__).with_name("sqlite_writer.py")

# Rows are wide, so that a snapshot of them takes longer than many transactions.
SOURCE = f"""
PRAGMA journal_mode = %s;
CREATE TABLE a(id INTEGER PRIMARY KEY, v INT, pad TEXT);
CREATE TABLE b(id INTEGER PRIMARY KEY, v INT, pad TEXT);
CREATE TABLE moved(n INT);
CREATE TABLE wide(id INTEGER PRIMARY KEY, pad TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})
    INSERT INTO a SELECT i, 1000, hex(randomblob(2000)) FROM n;
INSERT INTO b SELECT id, 0, hex(randomblob(2000)) FROM a;
INSERT INTO wide SELECT a.id * 10 + b.id, a.pad FROM a, a AS b WHERE b.id < 5;
INSERT INTO moved VALUES (0);
"""

# The sum is over both, so each table is read at another moment; sub-queries look again.
FILTER = f"""
tables:
  - name: a
    where: (SELECT sum(x.v) FROM a x) + (SELECT sum(y.v) FROM b y) = {ROWS * 1000}
  - name: b
  - name: moved
  - name: wide
"""


def assert_consistent(path):
    assert ask(path, "SELECT (SELECT sum(v) FROM a) + (SELECT sum(v) FROM b)") == [(ROWS * 1000,)]
    assert ask(path, "SELECT count(*) FROM a") == [(ROWS,)]
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]
    return ask(path, "SELECT n FROM moved")[0][0]


@contextlib.contextmanager
def writing(path):
    """While another process writes; in the end, what it says of itself."""
    process = Process(
        [sys.executable, WRITER, path], path.parent, {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE)
    told = {}
    try:
        process.wait_line("writing", stream="stdout")
        yield told
        process.popen.stdin.close()
        told |= json.loads(process.wait().stdout.splitlines()[-1])
    finally:
        process.kill()


def files_of(source):
    return {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()
        for p in source.parent.glob(source.name + "*") if not p.name.endswith("-shm")}


def test_a_writer_in_wal_mode_is_never_held_up(leat):
    source = make_db(leat.dir / "in.db", SOURCE % "WAL")
    seen = []
    with writing(source) as told:
        for _ in range(12):
            snapshot(leat, source, FILTER)
            seen.append(assert_consistent(leat.dir / OUT))
    assert told["errors"] == [] and told["busy"] == 0
    assert seen == sorted(seen) and seen[-1] > seen[0]
    # And it was us who read, nobody who wrote: all its commits are there, and nothing else.
    assert ask_live(source, "SELECT n FROM moved") == [(told["commits"],)]


def ask_live(path, sql):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql).fetchall()


def test_a_writer_in_rollback_mode_waits_or_we_do(leat):
    source = make_db(leat.dir / "in.db", SOURCE % "DELETE")
    seen = []
    with writing(source) as told:
        for _ in range(8):
            result = snapshot(leat, source, FILTER, "--busy-timeout", "20s", ok=None)
            if result.code == 0:
                seen.append(assert_consistent(leat.dir / OUT))
            else:
                assert result.code == 1 and "locked" in result.stderr, str(result)
    assert told["errors"] == []
    assert seen and seen == sorted(seen)
    assert ask_live(source, "SELECT n FROM moved") == [(told["commits"],)]


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
def test_the_files_of_the_source_stay_as_they_are(leat, mode):
    """Also with changes in the log that no checkpoint has brought home."""
    source = make_db(leat.dir / "in.db", SOURCE % mode)
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE moved SET n = 5")
        db.commit()
        before = files_of(source)
        assert "in.db-wal" in before or mode != "WAL"
        for command in (["snapshot", source, OUT], ["check", source]):
            leat.run(command[0], "--filter", write_filter(leat, FILTER), *command[1:])
            assert files_of(source) == before
    assert ask(leat.dir / OUT, "SELECT n FROM moved") == [(5,)]
    # Nobody has it open now.
    alone = files_of(source)
    snapshot(leat, source, FILTER)
    after = files_of(source)
    assert after["in.db"] == alone["in.db"]
    assert all((leat.dir / name).stat().st_size == 0 for name in set(after) - set(alone))


def test_a_log_that_was_left_behind_is_read_and_left(leat):
    """As a writer that was killed leaves it: the last commits are in the log alone."""
    live = make_db(leat.dir / "live.db", SOURCE % "WAL")
    with contextlib.closing(sqlite3.connect(live)) as db:
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("UPDATE moved SET n = 77")
        db.commit()
        for suffix in ("", "-wal"):
            shutil.copy(f"{live}{suffix}", leat.dir / f"in.db{suffix}")
    source = leat.dir / "in.db"
    before = files_of(source)
    produced(leat, source, FILTER)
    assert ask(leat.dir / OUT, "SELECT n FROM moved") == [(77,)]
    assert files_of(source) == before


@pytest.mark.parametrize("mode, lock", [
    ("DELETE", "BEGIN EXCLUSIVE"),
    ("WAL", "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE"),
])
@pytest.mark.parametrize("command", ["snapshot", "check"])
def test_a_source_that_stays_locked_is_busy(leat, command, mode, lock):
    source = make_db(leat.dir / "in.db", SOURCE % mode)
    produced(leat, source, FILTER)
    before = digest(leat.dir / OUT)
    with contextlib.closing(sqlite3.connect(source, isolation_level=None)) as db:
        for statement in lock.split("; "):
            db.execute(statement)
        db.execute("UPDATE moved SET n = 1")
        out = [OUT] if command == "snapshot" else []
        result = leat.run(
            command, "--busy-timeout", "10ms", "--filter", leat.dir / "filter.yaml", source, *out,
            ok=False)
        assert result.code == 1
        assert "locked" in result.stderr and "in.db" in result.stderr
        db.execute("ROLLBACK")
    assert digest(leat.dir / OUT) == before
    assert not [p for p in leat.dir.iterdir() if p.name.endswith(".tmp")]
    snapshot(leat, source, FILTER)


def test_a_lock_that_is_released_is_waited_for(leat):
    source = make_db(leat.dir / "in.db", SOURCE % "DELETE")
    path = write_filter(leat, FILTER)
    with contextlib.closing(sqlite3.connect(source, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        db.execute("UPDATE moved SET n = 9")
        process = leat.start(
            "snapshot", "--json", "--busy-timeout", f"{int(BOUND)}s", "--filter", path, source, OUT)
        # It has begun once its file is there; from then on it waits.
        while not list(leat.dir.glob(f".{OUT}.*.tmp")):
            assert process.popen.poll() is None, process.wait()
        db.execute("COMMIT")
        assert process.wait().code == 0
    assert assert_consistent(leat.dir / OUT) == 9


def test_snapshots_to_one_output_at_a_time(leat):
    """Both succeed, or one says why not; the output is whole and is what its .meta says."""
    source = make_db(leat.dir / "in.db", SOURCE % "WAL")
    path = write_filter(leat, FILTER)
    out = leat.dir / OUT
    with writing(source) as told:
        for _ in range(3):
            several = [
                leat.start("snapshot", "--json", "--filter", path, source, OUT) for _ in range(4)]
            results = [process.wait() for process in several]
            for result in results:
                assert result.code == 0 or "leat: " in result.stderr, str(result)
            assert any(result.code == 0 for result in results)
            assert_consistent(out)
            meta = json.loads((leat.dir / f"{OUT}.meta").read_text())
            assert (meta["hash"], meta["size"]) == (digest(out), out.stat().st_size)
            versions = [r.json["version"] for r in results if r.code == 0]
            assert meta["version"] == max(versions)
            # One version names one content.
            contents = {(r.json["version"], r.json["hash"]) for r in results if r.code == 0}
            assert len(contents) == len(set(versions))
    assert told["errors"] == [] and told["busy"] == 0
    assert not [p for p in leat.dir.iterdir() if p.name.endswith(".tmp")]
