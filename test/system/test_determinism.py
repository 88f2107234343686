# SPDX-License-Identifier: Apache-2.0
"""Same content, same bytes: what the filter holds back, and how the source came to be what it is,
does not show. Versions and positions only grow."""
import contextlib
import json
import shutil
import sqlite3

import pytest
from conftest import make_db
from outputs import OUT, ask, digest, produced, snapshot

SOURCE = """
PRAGMA foreign_keys = ON;
CREATE TABLE users(
    id INTEGER PRIMARY KEY, name TEXT, email TEXT, active INT, country TEXT DEFAULT 'ch');
CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, shown INT);
CREATE TABLE pair(a TEXT, b INT, v, hidden, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INT, total INT, hidden INT);
CREATE TABLE private(id INTEGER PRIMARY KEY, v);
CREATE VIRTUAL TABLE fts USING fts5(title, body);
CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);
CREATE INDEX users_name ON users(name);
CREATE INDEX orders_user ON orders(user_id);
CREATE VIEW active AS SELECT id, name FROM users;
"""

ROWS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
    INSERT INTO users SELECT i, 'user ' || (i * 7919 % 300), 'mail', i % 3, 'ch' FROM n;
INSERT INTO auto(id, name, shown) SELECT id, name, active > 0 FROM users WHERE id < 100;
INSERT INTO pair SELECT name, id % 5, id, email FROM users;
INSERT INTO orders SELECT id, id * 31 % 300 + 1, id * 17 % 100, id FROM users;
INSERT INTO private SELECT id, hex(zeroblob(100)) FROM users;
INSERT INTO fts(rowid, title, body) SELECT id, name, 'body of ' || name FROM users;
INSERT INTO box SELECT id, id % 17, id % 17 + 2 FROM users;
"""

FILTER = """
tables:
  - name: users
    columns: [id, name, active, country]
    where: active > 0
  - name: auto
    where: shown
  - name: pair
    columns: [a, b, v]
    where: b <> 2
  - name: orders
    columns: [id, user_id, total]
    where: user_id IN (SELECT u.id FROM users u WHERE u.active > 1)
  - name: fts
    where: rowid % 2
  - name: box
"""


def make(path, before="", after="", schema=SOURCE, rows=ROWS):
    return make_db(path, f"PRAGMA synchronous = OFF; {before}; {schema}; {rows}; {after}")


@pytest.fixture
def source(leat):
    return make(leat.dir / "in.db")


def hash_of(leat, path, text=FILTER, out=OUT):
    return digest(produced(leat, path, text, out=out))


PRIVATE_CHANGES = {
    "an excluded row changes": "UPDATE users SET name = 'x' WHERE active = 0",
    "an excluded row is added": "INSERT INTO users VALUES (0, 'x', 'x', 0, 'x')",
    "an excluded row with the highest key is added":
        "INSERT INTO users VALUES (9223372036854775807, 'x', 'x', 0, 'x')",
    "an excluded row is removed": "DELETE FROM users WHERE id = 3",
    "a row excluded by NULL is added": "INSERT INTO users VALUES (1000, 'x', 'x', NULL, 'x')",
    "an unpublished column changes": "UPDATE users SET email = 'new' || id",
    "an unpublished column grows": "UPDATE users SET email = hex(randomblob(5000))",
    "an unpublished column of a keyed table changes": "UPDATE pair SET hidden = randomblob(10)",
    "a private table changes": "DELETE FROM private; INSERT INTO private VALUES (5, 'x')",
    "a private table is created": "CREATE TABLE more(x); INSERT INTO more VALUES (1)",
    "a private table is dropped": "DROP TABLE private",
    "an unpublished column is indexed": "CREATE INDEX users_email ON users(email)",
    "an index with a private condition is created":
        "CREATE INDEX i ON users(name) WHERE email = 'x'",
    "a private table is indexed": "CREATE INDEX i ON private(v)",
    "a private view is created": "CREATE VIEW v AS SELECT email FROM users",
    "a trigger is created":
        "CREATE TRIGGER g AFTER UPDATE ON users BEGIN DELETE FROM private; END",
    "a private full-text table is created":
        "CREATE VIRTUAL TABLE f2 USING fts5(x); INSERT INTO f2 VALUES ('x')",
    "a hidden row of AUTOINCREMENT comes and goes":
        "INSERT INTO auto VALUES (5000, 'x', 1); DELETE FROM auto WHERE id = 5000",
    "hidden rows of AUTOINCREMENT are added":
        "INSERT INTO auto(name, shown) VALUES ('x', 0), ('y', NULL)",
    "the counter of AUTOINCREMENT is set": "UPDATE sqlite_sequence SET seq = 12345",
    "the counter of AUTOINCREMENT is gone": "DELETE FROM sqlite_sequence",
    "ANALYZE": "ANALYZE",
    "ANALYZE, with an index of a column that is not published":
        "CREATE INDEX i ON orders(hidden, user_id, id); ANALYZE",
    "VACUUM": "VACUUM",
    "VACUUM after much was removed": "DELETE FROM private; VACUUM",
    "REINDEX": "REINDEX",
    "a full-text index is merged": "INSERT INTO fts(fts) VALUES ('optimize')",
    "a full-text index is rebuilt": "INSERT INTO fts(fts) VALUES ('rebuild')",
    "admitted rows are written again":
        "CREATE TEMP TABLE t AS SELECT * FROM users; DELETE FROM users;"
        " INSERT INTO users SELECT * FROM t ORDER BY id DESC",
    "admitted rows of a keyed table are written again":
        "CREATE TEMP TABLE t AS SELECT * FROM pair; DELETE FROM pair;"
        " INSERT INTO pair SELECT * FROM t ORDER BY random()",
    "admitted rows grow and shrink":
        "UPDATE users SET name = name || hex(zeroblob(3000));"
        " UPDATE users SET name = replace(name, hex(zeroblob(3000)), '')",
    "an index is dropped and created":
        "DROP INDEX users_name; CREATE INDEX users_name ON users(name)",
    "an index is written in another way":
        "DROP INDEX users_name; CREATE INDEX IF NOT EXISTS users_name -- again\n"
        "ON users ( /* all */ name )",
    "a view is written in another way":
        "DROP VIEW active; CREATE VIEW active AS /* all */ SELECT id,name FROM users",
    "WAL": "PRAGMA journal_mode = WAL",
    "auto_vacuum": "PRAGMA auto_vacuum = FULL; VACUUM",
    "the schema is changed and changed back": "ALTER TABLE private RENAME TO p2",
}


def test_private_changes_and_history_do_not_show(leat, source):
    wanted = hash_of(leat, source)
    meta = (leat.dir / f"{OUT}.meta").read_bytes()
    seen = {}
    for name, sql in PRIVATE_CHANGES.items():
        changed = leat.dir / "changed.db"
        shutil.copy(source, changed)
        with contextlib.closing(sqlite3.connect(changed, isolation_level=None)) as db:
            db.executescript(f"PRAGMA synchronous = OFF; {sql}")
        seen[name] = hash_of(leat, changed, out="changed-out.db")
        for left in leat.dir.glob("changed*"):
            left.unlink()
    assert {name for name, found in seen.items() if found != wanted} == set()
    assert (leat.dir / f"{OUT}.meta").read_bytes() == meta


ADMITTED_CHANGES = {
    "a value": "UPDATE users SET name = 'x' WHERE id = 1",
    "a value to NULL": "UPDATE users SET name = NULL WHERE id = 1",
    "a storage class": "UPDATE pair SET v = CAST(v AS TEXT) WHERE v = 1",
    "a value that a condition reads": "UPDATE users SET active = 1 WHERE id = 3",
    "a value that a sub-query reads": "UPDATE users SET active = 2 WHERE id = 1",
    "a new row": "INSERT INTO users VALUES (1000, 'x', 'x', 1, 'x')",
    "a removed row": "DELETE FROM users WHERE id = 1",
    "a key": "UPDATE users SET id = -1 WHERE id = 1",
    "a row of a full-text table": "UPDATE fts SET body = 'x' WHERE rowid = 1",
    "a row of an R-Tree": "UPDATE box SET x1 = 99 WHERE id = 1",
    "a new index": "CREATE INDEX i ON users(country)",
    "a removed index": "DROP INDEX users_name",
    "a new view": "CREATE VIEW w AS SELECT id FROM orders",
    "user_version": "PRAGMA user_version = 1",
    "application_id": "PRAGMA application_id = 1",
    "a new column": "ALTER TABLE box RENAME TO box_; CREATE VIRTUAL TABLE box USING"
                    " rtree(id, x0, x1, +label); INSERT INTO box(id, x0, x1) SELECT * FROM box_",
    "a default": "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql ="
                 " replace(sql, '''ch''', '''de''') WHERE name = 'users'",
}


def test_admitted_changes_show(leat, source):
    seen = {"nothing": hash_of(leat, source)}
    for name, sql in ADMITTED_CHANGES.items():
        changed = leat.dir / "changed.db"
        shutil.copy(source, changed)
        with contextlib.closing(sqlite3.connect(changed, isolation_level=None)) as db:
            db.executescript(f"PRAGMA synchronous = OFF; {sql}")
        seen[name] = hash_of(leat, changed, out="changed-out.db")
        for left in leat.dir.glob("changed*"):
            left.unlink()
    assert len(set(seen.values())) == len(seen), seen


def test_added_columns_do_not_show(leat):
    """SQLite does not write a new column's default into old rows; a copy has it in all."""
    text = "tables: [{name: t}]"
    late = make_db(leat.dir / "late.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT);
        INSERT INTO t VALUES (1, 'x'), (2, 'y');
        ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'b';
        ALTER TABLE t ADD COLUMN c INT;
        INSERT INTO t VALUES (3, 'z', 'b', NULL);
        """)
    written = make_db(leat.dir / "written.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT NOT NULL DEFAULT 'b', c INT);
        INSERT INTO t VALUES (3, 'z', 'b', NULL), (1, 'x', 'b', NULL), (2, 'y', 'b', NULL);
        """)
    dropped = make_db(leat.dir / "dropped.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, gone BLOB, b TEXT NOT NULL DEFAULT 'b',
            c INT);
        INSERT INTO t VALUES (3, 'z', 1, 'b', NULL), (1, 'x', x'00', 'b', NULL),
            (2, 'y', '3', 'b', NULL);
        ALTER TABLE t DROP COLUMN gone;
        """)
    assert len({hash_of(leat, path, text) for path in (late, written, dropped)}) == 1


def test_how_the_source_was_made_does_not_show(leat):
    """Schemas in another order and other words, rows in another order, pages in another."""
    first = make(leat.dir / "first.db")
    statements = [s for s in SOURCE.split(";") if "CREATE" in s]
    schema = ";".join(
        [s for s in statements if "TABLE" in s][::-1]
        + [s for s in statements if "TABLE" not in s][::-1])
    rows = ROWS.replace("FROM users;", "FROM users ORDER BY random();")
    second = make(
        leat.dir / "second.db", schema=schema, rows=rows,
        before="CREATE TABLE filler(x); INSERT INTO filler VALUES (zeroblob(300000))",
        after="DELETE FROM filler; INSERT INTO private VALUES (5000, zeroblob(100000))")
    elsewhere = leat.dir / "else where?#%"
    elsewhere.mkdir()
    third = elsewhere / "a copy.db"
    shutil.copy(first, third)
    wanted = hash_of(leat, first)
    assert hash_of(leat, second) == wanted
    assert hash_of(leat, third, out=elsewhere / "other name.db") == wanted


def test_the_order_of_the_filter_does_not_show(leat, source):
    tables = {
        "tables": [
            {"name": "users", "columns": ["id", "name"]}, {"name": "orders"}, {"name": "fts"}]}
    first = hash_of(leat, source, json.dumps(tables))
    tables["tables"].reverse()
    tables["tables"][2]["columns"].reverse()
    tables["tables"][2]["name"] = "USERS"
    assert hash_of(leat, source, json.dumps(tables)) == first


def test_the_header_tells_nothing(leat, source):
    header = produced(leat, source, FILTER).read_bytes()[:100]
    assert header[18:20] == b"\2\2"
    assert header[24:28] == header[40:44] == header[92:96] == b"\0\0\0\1"  # counters
    assert header[32:40] == bytes(8)  # no free pages
    assert header[72:92] == bytes(20)


def meta_of(leat):
    return json.loads((leat.dir / f"{OUT}.meta").read_text())


def change(source, i):
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.execute("UPDATE users SET name = ? WHERE id = 1", (f"name {i}",))
        db.commit()


def number(meta):
    return int(meta["position"].split(":")[1])


def test_the_version_stays_while_nothing_changes(leat, source):
    first = snapshot(leat, source, FILTER).json
    stat = (leat.dir / OUT).stat()
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.executescript("DELETE FROM private")
    second = snapshot(leat, source, FILTER).json
    assert {k: v for k, v in second.items() if k != "position"} == {
        k: v for k, v in first.items() if k != "position"}
    assert number(second) > number(first)
    assert (leat.dir / OUT).stat().st_ino == stat.st_ino
    assert second["position"].split(":")[0] == first["position"].split(":")[0]


def test_version_and_position_grow_with_every_change(leat, source):
    seen = []
    for i in range(10):
        change(source, i)
        seen.append(snapshot(leat, source, FILTER).json)
        assert meta_of(leat) == seen[-1]
    for before, after in zip(seen, seen[1:]):
        assert after["version"] > before["version"]
        assert number(after) > number(before)
        assert after["hash"] != before["hash"]


def test_they_grow_when_the_clock_has_gone_back(leat, source):
    """What is on disk says that the last one was made in the future."""
    snapshot(leat, source, FILTER)
    future = meta_of(leat)
    future["version"] += 10**12
    future["timestamp"] += 10**9
    incarnation, position = future["position"].split(":")
    future["position"] = f"{incarnation}:{int(position) + 10**15}"
    (leat.dir / f"{OUT}.meta").write_text(json.dumps(future) + "\n")
    same = snapshot(leat, source, FILTER).json
    assert same["version"] == future["version"] and number(same) > number(future)
    for i in range(3):
        change(source, i)
        before, after = meta_of(leat), snapshot(leat, source, FILTER).json
        assert after["version"] == before["version"] + 1
        assert number(after) > int(position) + 10**15


def test_a_version_is_not_given_twice(leat, source):
    """Back to an earlier content is a new version; so is an output that somebody changed."""
    first = snapshot(leat, source, FILTER).json
    change(source, 1)
    second = snapshot(leat, source, FILTER).json
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.executescript("UPDATE users SET name = 'user ' || (7919 % 300) WHERE id = 1")
    third = snapshot(leat, source, FILTER).json
    assert third["hash"] == first["hash"] != second["hash"]
    assert third["version"] > second["version"] > first["version"]
    out = leat.dir / OUT
    whole = out.read_bytes()
    out.write_bytes(whole[:-1] + b"x")
    fourth = snapshot(leat, source, FILTER).json
    assert fourth["version"] > third["version"] and out.read_bytes() == whole
    out.unlink()
    assert snapshot(leat, source, FILTER).json["version"] > fourth["version"]
    assert out.read_bytes() == whole


def test_another_source_is_another_incarnation(leat, source):
    first = snapshot(leat, source, FILTER).json
    other = leat.dir / "restored.db"
    shutil.copy(source, other)
    second = snapshot(leat, other, FILTER).json
    assert second["hash"] == first["hash"]
    assert second["position"].split(":")[0] != first["position"].split(":")[0]
    assert ask(leat.dir / OUT, "SELECT count(*) FROM users") == [(200,)]
