# SPDX-License-Identifier: Apache-2.0
"""A snapshot equals what the reference makes where that is right, and is right where it is not.

reference() is its method, statement by statement: copy all, drop, delete, overwrite, compact.
Whatever is admitted is carried over as it was.
"""
import contextlib
import itertools
import json
import sqlite3

import pytest
from conftest import make_db
from outputs import (
    OUT, ask, checked, content, names, opened, produced, quoted, snapshot)


def zero(declared, not_null):
    """What the reference writes over an unlisted column."""
    if not not_null:
        return "NULL"
    if "INT" in declared.upper():
        return "0"
    if any(word in declared.upper() for word in ("REAL", "FLOAT", "DOUBLE")):
        return "0.0"
    return "''"


def reference(source, path, full=(), filtered=None, partial=None):
    """The steps 2 to 8 of the reference's production; `partial` is {table: (columns, where)}."""
    filtered, partial = filtered or {}, partial or {}
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.execute("VACUUM INTO ?", (str(path),))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA foreign_keys = OFF")
        listed = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"
                            " AND name NOT LIKE 'sqlite_%'").fetchall()
        for name, in listed:
            if name not in {*full, *filtered, *partial}:
                db.execute(f'DROP TABLE {quoted(name)}')
        for name, where in filtered.items():
            db.execute(f'DELETE FROM {quoted(name)} WHERE NOT ({where})')
        for name, (columns, where) in partial.items():
            if where:
                db.execute(f'DELETE FROM {quoted(name)} WHERE NOT ({where})')
            sets = [
                f'"{column}" = {zero(declared, not_null)}'
                for _, column, declared, not_null, _, _ in db.execute(
                    f'PRAGMA table_info({quoted(name)})') if column not in columns]
            if sets:
                db.execute(f'UPDATE {quoted(name)} SET {", ".join(sets)}')
        db.execute("VACUUM")
    return path


def as_filter(full=(), filtered=None, partial=None):
    """The same, in our words. JSON is YAML."""
    tables = [{"name": name} for name in full]
    tables += [{"name": name, "where": where} for name, where in (filtered or {}).items()]
    for name, (columns, where) in (partial or {}).items():
        tables.append({"name": name, "columns": columns, **({"where": where} if where else {})})
    return json.dumps({"tables": tables})


def compare(leat, source, **spec):
    """Both ways; the path of ours."""
    theirs = reference(source, leat.dir / "reference.db", **spec)
    ours = produced(leat, source, as_filter(**spec))
    assert names(ours) == names(theirs)
    for name in names(ours):
        assert content(ours, quoted(name)) == content(theirs, quoted(name)), name
        assert ask(ours, "SELECT name, type, \"notnull\" FROM pragma_table_info(?)", name) == ask(
            theirs, "SELECT name, type, \"notnull\" FROM pragma_table_info(?)", name)
    for pragma in ("user_version", "application_id", "page_size", "encoding"):
        assert ask(ours, f"PRAGMA {pragma}") == ask(theirs, f"PRAGMA {pragma}"), pragma
    assert ours.read_bytes()[18:20] == theirs.read_bytes()[18:20] == b"\2\2"
    return ours


SITE = """
PRAGMA journal_mode = WAL;
PRAGMA user_version = 12;
CREATE TABLE users(
    user_id TEXT PRIMARY KEY, username TEXT NOT NULL, handle TEXT, display_name TEXT,
    email TEXT, password_hash TEXT NOT NULL, bio TEXT, avatar BLOB, is_active INTEGER NOT NULL,
    created_at INTEGER NOT NULL, score REAL NOT NULL DEFAULT 1.5);
INSERT INTO users VALUES
    ('u1', 'alice', 'alice', 'Alice', 'a@example.org', 'h1', 'hi', x'00ff', 1, 100, 2.5),
    ('u2', 'bob', 'bob', 'Bob', 'b@example.org', 'h2', NULL, NULL, 0, 200, 3);
CREATE TABLE engagements(
    id TEXT PRIMARY KEY, user_id TEXT REFERENCES users(user_id), visibility TEXT);
INSERT INTO engagements VALUES ('e1', 'u1', 'public'), ('e2', 'u2', 'private');
CREATE TABLE templates(id TEXT PRIMARY KEY, body TEXT, blacklisted INTEGER NOT NULL DEFAULT 0);
INSERT INTO templates VALUES ('t1', 'ok', 0), ('t2', 'bad', 1);
CREATE TABLE admin_secrets(k TEXT, v TEXT);
INSERT INTO admin_secrets VALUES ('key', 'value');
CREATE INDEX users_handle ON users(handle);
CREATE INDEX engagements_user ON engagements(user_id);
"""


@pytest.mark.parametrize("spec", [
    {"full": ["engagements"], "filtered": {"templates": "blacklisted = 0"},
     "partial": {"users": (["user_id", "username", "handle", "display_name"], "is_active = 1")}},
    {"full": ["engagements", "templates"],
     "partial": {"users": (["user_id", "username", "handle", "display_name", "bio"], None)}},
    {"full": ["engagements"]},
    {"filtered": {"engagements": "visibility = 'public'", "users": "score > 2.7"}},
    {"full": ["users", "engagements", "templates", "admin_secrets"]},
    {},
])
def test_equals_the_reference(leat, spec):
    source = make_db(leat.dir / "in.db", SITE)
    compare(leat, source, **spec)


TYPES = [
    "INT", "INTEGER", "TINYINT", "BIGINT(20)", "UNSIGNED BIG INT", "POINT", "int8", "REAL",
    "DOUBLE", "DOUBLE PRECISION", "FLOAT", "real", "Float(3, 4)", "TEXT", "VARCHAR(30)", "CLOB",
    "BLOB", "NUMERIC", "DECIMAL(10, 5)", "BOOLEAN", "DATE", "DATETIME", "JSON", "REALINT", "",
    "FLOATING POINT"]


def test_emptied_columns_hold_the_zero_values_of_the_reference(leat):
    columns = [
        f'"c{i}" {declared}{" NOT NULL" * not_null}{default}'
        for i, (declared, not_null, default) in enumerate(
            itertools.product(TYPES, (False, True), ("", " DEFAULT 'd'")))]
    source = make_db(leat.dir / "in.db", f"""
        CREATE TABLE t(id INTEGER PRIMARY KEY, {', '.join(columns)});
        INSERT INTO t VALUES (1, {', '.join(['7'] * len(columns))});
        INSERT INTO t VALUES (-5, {', '.join(["'text'"] * len(columns))});
        INSERT INTO t VALUES (9, {', '.join(["x'00'"] * len(columns))});
        """)
    compare(leat, source, partial={"t": (["id"], None)})
    compare(leat, source, partial={"t": (["id", "c3", "c10"], "c0 = 7")})


@pytest.mark.parametrize("declared, value", [
    ("INT", (0, "integer")), ("INTEGER", (0, "integer")), ("REAL", (0.0, "real")),
    ("TEXT", ("", "text")), ("BLOB", (b"", "blob")), ("ANY", ("", "text"))])
def test_strict_tables_can_be_emptied(leat, declared, value):
    """The reference fails on a BLOB: it writes a text."""
    source = make_db(leat.dir / "in.db", f"""
        CREATE TABLE t(id INTEGER PRIMARY KEY, c {declared} NOT NULL, n {declared}) STRICT;
        INSERT INTO t VALUES (1, CAST('7' AS {declared.replace('ANY', 'TEXT')}), NULL);
        """)
    if declared == "BLOB":
        with pytest.raises(sqlite3.IntegrityError):
            reference(source, leat.dir / "reference.db", partial={"t": (["id"], None)})
    out = produced(leat, source, as_filter(partial={"t": (["id"], None)}))
    assert ask(out, "SELECT c, typeof(c), n FROM t") == [(*value, None)]
    assert ask(out, "SELECT strict FROM pragma_table_list('t')") == [(1,)]


def test_null_excludes(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, visibility TEXT);
        INSERT INTO t VALUES (1, 'public'), (2, NULL), (3, 'private');
        """)
    spec = {"filtered": {"t": "visibility = 'public'"}}
    assert len(content(reference(source, leat.dir / "reference.db", **spec), "t")) == 2
    assert ask(produced(leat, source, as_filter(**spec)), "SELECT id FROM t") == [(1,)]


def test_names_like_those_of_sqlite_are_not_special(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE sqlite3_creds(x); INSERT INTO sqlite3_creds VALUES (1);
        CREATE TABLE SQLiteBackup(x); INSERT INTO SQLiteBackup VALUES (2);
        CREATE TABLE t(x);
        """)
    spec = {"full": ["t"]}
    assert "sqlite3_creds" in names(reference(source, leat.dir / "reference.db", **spec))
    assert names(produced(leat, source, as_filter(**spec))) == ["t"]
    out = produced(leat, source, as_filter(full=["sqlite3_creds", "SQLiteBackup"]))
    assert names(out) == ["SQLiteBackup", "sqlite3_creds"]
    assert ask(out, "SELECT x FROM sqlite3_creds UNION SELECT x FROM sqlitebackup") == [(1,), (2,)]


def test_names_are_compared_as_sqlite_compares_them(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE Users(Id INTEGER PRIMARY KEY, Name TEXT, x);
        INSERT INTO Users VALUES (1, 'a', 2);
        """)
    out = produced(leat, source, as_filter(partial={"uSERS": (["ID", "nAME"], "X = 2")}))
    assert names(out) == ["Users"]
    assert ask(out, "SELECT * FROM users") == [(1, "a", None)]


def test_triggers_never_fire_and_stay(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, secret TEXT);
        CREATE TABLE log(v TEXT);
        INSERT INTO t VALUES (1, 'a', 's'), (2, 'b', 's');
        CREATE TRIGGER a AFTER DELETE ON t BEGIN INSERT INTO log VALUES (old.v); END;
        CREATE TRIGGER b AFTER UPDATE ON t BEGIN
            UPDATE t SET secret = 'back' WHERE id = new.id; END;
        CREATE TRIGGER c BEFORE INSERT ON t BEGIN SELECT RAISE(ABORT, 'no'); END;
        CREATE VIEW v AS SELECT id FROM t;
        CREATE TRIGGER d INSTEAD OF DELETE ON v BEGIN SELECT 1; END;
        """)
    text = as_filter(full=["log"], partial={"t": (["id", "v"], "v = 'a'")})
    out = produced(leat, source, text)
    assert ask(out, "SELECT * FROM t") == [(1, "a", None)]
    assert content(out, "log") == []
    assert names(out, "trigger") == []
    kept = [k["name"] for k in checked(leat, source, text)["kept_back"] if k["kind"] == "trigger"]
    assert kept[:3] == ["a", "b", "c"]


VIRTUAL = """
CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT);
INSERT INTO t VALUES (1, 'one fish'), (2, 'two fish'), (5, 'red bird');
CREATE VIRTUAL TABLE fts USING fts5(title, body, tokenize = 'porter unicode61', prefix = '2 3');
INSERT INTO fts(rowid, title, body) VALUES
    (3, 'fishing', 'one'), (-2, 'bird', 'fishes'), (9223372036854775807, 'cat', 'fish');
CREATE VIRTUAL TABLE fts_t USING fts5(v, content = 't', content_rowid = 'id', detail = column);
INSERT INTO fts_t(fts_t) VALUES ('rebuild');
CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1, +label TEXT, +note BLOB);
INSERT INTO box VALUES (7, 0.1, 1, 0, 1, 'a', x'00'), (3, 5, 6.25, 5, 6, 'b', NULL);
CREATE VIRTUAL TABLE ibox USING rtree_i32(id, x0, x1);
INSERT INTO ibox VALUES (1, -5, 5), (2, 2147483646, 2147483647);
"""


def test_unlisted_virtual_tables_do_not_matter(leat):
    source = make_db(leat.dir / "in.db", VIRTUAL)
    with pytest.raises(sqlite3.DatabaseError):
        reference(source, leat.dir / "reference.db", full=["t"])
    out = produced(leat, source, as_filter(full=["t"]))
    assert ask(out, "SELECT name FROM sqlite_schema") == [("t",)]
    assert len(content(out, "t")) == 3


def test_listed_virtual_tables_work_and_are_filtered(leat):
    source = make_db(leat.dir / "in.db", VIRTUAL)
    out = produced(leat, source, as_filter(
        full=["box", "ibox", "fts", "fts_t"], filtered={"t": "v LIKE '%fish'"}))
    assert ask(out, "SELECT rowid, title FROM fts('fish') ORDER BY rowid") == [
        (-2, "bird"), (3, "fishing"), (9223372036854775807, "cat")]
    assert ask(out, "SELECT rowid FROM fts('ca*')") == [(9223372036854775807,)]
    assert ask(out, "SELECT rowid, v FROM fts_t('fish') ORDER BY rowid") == [
        (1, "one fish"), (2, "two fish")]
    assert ask(out, "SELECT count(*) FROM fts_t('bird')") == [(0,)]
    assert content(out, "box") == content(source, "box")
    assert content(out, "ibox") == content(source, "ibox")
    assert ask(out, "SELECT label FROM box WHERE x0 > 2 AND y1 < 8") == [("b",)]
    with contextlib.closing(sqlite3.connect(out)) as db:
        for name in ("fts", "fts_t"):
            db.execute(f"INSERT INTO {name}({name}, rank) VALUES ('integrity-check', 1)")
        for name in ("box", "ibox"):
            assert db.execute("SELECT rtreecheck(?)", (name,)).fetchall() == [("ok",)]
    (leat.dir / OUT).unlink()
    for left in leat.dir.glob(OUT + "?*"):
        left.unlink()
    out = produced(leat, source, json.dumps({"tables": [
        {"name": "fts", "columns": ["title"], "where": "body <> 'one'"},
        {"name": "box", "where": "label = 'b'"}]}))
    assert ask(out, "SELECT rowid, title, body FROM fts ORDER BY rowid") == [
        (-2, "bird", None), (9223372036854775807, "cat", None)]
    assert ask(out, "SELECT count(*) FROM fts('fish')") == [(0,)]
    assert ask(out, "SELECT id, label FROM box") == [(3, "b")]


def test_keys_and_unique_columns_can_be_emptied(leat):
    """UNIQUE NOT NULL with many rows: the reference fails on the second."""
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE t(code TEXT PRIMARY KEY, n INT NOT NULL UNIQUE, a, b,
            UNIQUE (a, b), CHECK (n > 0), CHECK (length(b) > 0), CHECK (a <> b));
        INSERT INTO t VALUES ('x', 1, 'a', 'b'), ('y', 2, 'c', 'd'), ('z', 3, 'e', 'f');
        CREATE UNIQUE INDEX t_b ON t(b);
        CREATE UNIQUE INDEX t_a ON t(a);
        """)
    with pytest.raises(sqlite3.IntegrityError):
        reference(source, leat.dir / "reference.db", partial={"t": (["a"], None)})
    out = produced(leat, source, as_filter(partial={"t": (["a"], None)}))
    assert ask(out, "SELECT * FROM t ORDER BY a") == [
        (None, 0, "a", None), (None, 0, "c", None), (None, 0, "e", None)]
    assert names(out, "index") == ["t_a"]
    # What can be kept of the constraints is kept.
    out = produced(leat, source, as_filter(partial={"t": (["code", "a", "b"], None)}))
    with contextlib.closing(sqlite3.connect(out)) as db:
        for values in ("('x', 0, 'p', 'q')", "('w', 0, 'a', 'b')", "('w', 0, 'p', 'p')",
                       "('w', 0, 'p', '')"):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(f"INSERT INTO t VALUES {values}")


def test_dangling_references_are_reported(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE parent(id INTEGER PRIMARY KEY, ok INT);
        INSERT INTO parent VALUES (1, 1), (2, 0);
        CREATE TABLE private(id INTEGER PRIMARY KEY);
        INSERT INTO private VALUES (1);
        CREATE TABLE child(id INTEGER PRIMARY KEY, p INT REFERENCES parent, q INT,
            r INT REFERENCES private(id), FOREIGN KEY (q) REFERENCES parent(id) ON DELETE CASCADE);
        INSERT INTO child VALUES (1, 1, 1, 1), (2, 2, 1, 1), (3, 2, 2, NULL), (4, NULL, NULL, 1);
        """)
    text = as_filter(full=["child"], filtered={"parent": "ok"})
    found = checked(leat, source, text)
    assert sorted((d["table"], d["columns"], d["parent"], d["rows"]) for d in found["dangling"]) == [
        ("child", ["p"], "parent", 2), ("child", ["q"], "parent", 1)]
    assert [k for k in found["kept_back"] if k["kind"] == "constraint"]
    out = produced(leat, source, text)
    assert len(ask(out, "PRAGMA foreign_key_check")) == 3
    assert [row[2] for row in ask(out, "PRAGMA foreign_key_list(child)")] == ["parent", "parent"]
    # With the condition on the child too, none is left.
    text = as_filter(filtered={
        "parent": "ok", "child": "(p IS NULL OR p IN (SELECT id FROM parent WHERE ok))"
                                 " AND (q IS NULL OR q = 1)"})
    assert checked(leat, source, text)["dangling"] == []
    assert ask(produced(leat, source, text), "PRAGMA foreign_key_check") == []


EVERYTHING = """
CREATE TABLE plain(a, b TEXT, c INTEGER, d REAL, e BLOB, f NUMERIC);
INSERT INTO plain(rowid, a, b, c, d, e, f) VALUES
    (-9223372036854775808, NULL, 'a', 1, 1.5, x'00', 1),
    (-7, 9223372036854775807, 'nul' || char(0) || 'nul', -9223372036854775808, -0.0, x'', '12x'),
    (3, 1.7976931348623157e308, '', 'not a number', 4.9e-324, zeroblob(70000), 1e400),
    (5000000000, -1e999, '😀' || char(0), 5.0, 5, 'text', '007'),
    (9223372036854775807, x'ff00', CAST(x'c328ff' AS TEXT), x'31', 'x', 0, 0.1);
CREATE TABLE byrow(rowid_is_free TEXT);
INSERT INTO byrow(rowid, rowid_is_free) VALUES (10, 'x'), (2, 'y'), (-1, 'z');
CREATE TABLE taken(rowid TEXT, _rowid_ TEXT, oid TEXT);
INSERT INTO taken VALUES ('a', 'b', 'c'), ('d', 'e', 'f');
CREATE TABLE half_taken(rowid TEXT, oid TEXT);
INSERT INTO half_taken(_rowid_, rowid, oid) VALUES (77, 'a', 'b'), (-77, 'c', 'd');
CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
INSERT INTO auto VALUES (5, 'x'), (70, 'y');
CREATE TABLE "odd ""name""; --"("a ""b"" 'c'" TEXT DEFAULT 'it''s', "select" INT, [from] INT,
    `group by` TEXT, "" TEXT, 'quoted' TEXT);
INSERT INTO "odd ""name""; --" VALUES ('1', 2, 3, '4', '5', '6');
CREATE TABLE wr(a TEXT COLLATE NOCASE, b INT, c BLOB, PRIMARY KEY (b DESC, a COLLATE RTRIM))
    WITHOUT ROWID;
INSERT INTO wr VALUES ('x', 1, x'01'), ('X', 2, NULL), ('y', 1, 'text'), ('z ', -3, 5);
CREATE TABLE wr1(k TEXT PRIMARY KEY, v ANY) WITHOUT ROWID, STRICT;
INSERT INTO wr1 VALUES ('b', 1), ('B', '1'), ('a', x'31'), ('', NULL);
CREATE TABLE strict(i INT, j INTEGER, r REAL, t TEXT, b BLOB, x ANY) STRICT;
INSERT INTO strict VALUES (1, -1, 2, '3', x'04', '05'), (NULL, NULL, NULL, NULL, NULL, 0.5);
CREATE TABLE gen(a INT, v INT AS (a * 2), s TEXT GENERATED ALWAYS AS ('<' || a || '>') STORED,
    n INT NOT NULL AS (a + v) VIRTUAL, UNIQUE (s), CHECK (v >= a));
INSERT INTO gen(a) VALUES (1), (5);
CREATE TABLE collated(b TEXT COLLATE BINARY UNIQUE, n TEXT COLLATE NOCASE UNIQUE,
    r TEXT COLLATE RTRIM, PRIMARY KEY (n, r));
INSERT INTO collated VALUES ('a', 'a', 'a  '), ('A', 'b', 'a');
CREATE TABLE defaults(a DEFAULT 1, b DEFAULT -1.5e3, c DEFAULT 'x''y', d DEFAULT (1 + 2),
    e DEFAULT CURRENT_TIMESTAMP, f DEFAULT x'00', g DEFAULT NULL, h DEFAULT TRUE, i DEFAULT +5);
INSERT INTO defaults DEFAULT VALUES;
CREATE TABLE conflicts(a UNIQUE ON CONFLICT REPLACE, b NOT NULL ON CONFLICT IGNORE,
    c CHECK (c > 0), PRIMARY KEY (b) ON CONFLICT IGNORE);
INSERT INTO conflicts VALUES (NULL, 1, 1), (NULL, 2, 2), (3, 3, 3);
CREATE TABLE refs(id INTEGER PRIMARY KEY, w REFERENCES wr1 ON DELETE SET NULL ON UPDATE CASCADE
    DEFERRABLE INITIALLY DEFERRED, a INT, FOREIGN KEY (a) REFERENCES auto(id) ON DELETE RESTRICT);
INSERT INTO refs VALUES (1, 'a', 5), (2, NULL, NULL);
CREATE TABLE added(id INTEGER PRIMARY KEY);
INSERT INTO added VALUES (1), (2);
ALTER TABLE added ADD COLUMN late TEXT DEFAULT 'late';
ALTER TABLE added ADD COLUMN later INT NOT NULL DEFAULT 5;
ALTER TABLE added ADD COLUMN computed INT AS (later + id);
ALTER TABLE added RENAME COLUMN late TO "re named";
INSERT INTO added VALUES (3, 'x', 6);
CREATE TABLE made_from AS SELECT 1 AS one, 'x' AS "two words", NULL AS nil;
CREATE TABLE empty(x);
CREATE TABLE wide(%s);
INSERT INTO wide(c0, c999) VALUES (1, 2);
""" % ", ".join(f"c{i}" for i in range(1000)) + """
CREATE INDEX i_plain ON plain(b COLLATE NOCASE DESC, c);
CREATE UNIQUE INDEX i_partial ON plain(c) WHERE c > 0 AND b IS NOT NULL;
CREATE INDEX i_expression ON plain(lower(b), c + 1);
CREATE INDEX "i odd" ON "odd ""name""; --"("select", "a ""b"" 'c'");
CREATE INDEX i_gen ON gen(v, n);
CREATE INDEX IF NOT EXISTS i_wr ON wr(c);
CREATE VIEW v_plain AS SELECT rowid AS r, b, c FROM plain WHERE c IS NOT NULL;
CREATE VIEW v_nested(x, y) AS SELECT v.r, a.v FROM v_plain v JOIN auto a ON a.id = 5;
CREATE VIEW a_view_of_views AS WITH t(i) AS (SELECT x FROM v_nested)
    SELECT i, count(*) OVER () AS n FROM t UNION ALL SELECT id, 0 FROM auto ORDER BY 1;
CREATE TEMP TABLE not_there(x);
"""

TABLES = [
    "plain", "byrow", "taken", "half_taken", "auto", 'odd "name"; --', "wr", "wr1", "strict", "gen",
    "collated", "defaults", "conflicts", "refs", "added", "made_from", "empty", "wide"]


def make(path, sql, encoding="UTF-8", page_size=4096, more=""):
    return make_db(path, f"PRAGMA synchronous = OFF; PRAGMA page_size = {page_size};"
                         f"PRAGMA encoding = '{encoding}'; {sql}; {more}")


@pytest.mark.parametrize("encoding, page_size", [
    *itertools.product(["UTF-8"], [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536]),
    ("UTF-16le", 4096), ("UTF-16be", 1024)])
def test_everything_is_carried_over(leat, encoding, page_size):
    source = make(leat.dir / "in.db", EVERYTHING, encoding, page_size,
                  "PRAGMA user_version = -3; PRAGMA application_id = -2147483648")
    out = compare(leat, source, full=TABLES)
    assert ask(out, "PRAGMA user_version") == [(-3,)]
    assert ask(out, "PRAGMA application_id") == [(-2147483648,)]
    with opened(source) as theirs, opened(out) as ours:
        for name in TABLES:
            # Every value, of generated columns too, with its storage class and in its order.
            q = quoted(name)
            columns = [r[0].decode() for r in theirs.execute(
                "SELECT name FROM pragma_table_xinfo(?)", (name,))]
            if name not in ("wr", "wr1", "taken"):
                columns.append("_rowid_")
            listed = ", ".join(f"{quoted(c)}, typeof({quoted(c)})" for c in columns)
            if len(columns) < 500:
                assert theirs.execute(f"SELECT {listed} FROM {q}").fetchall() == ours.execute(
                    f"SELECT {listed} FROM {q}").fetchall()
            for pragma in ("table_xinfo", "foreign_key_list"):
                assert described(theirs, pragma, name) == described(ours, pragma, name)
            # Indexes, by what they are: their order is that of their names.
            assert indexes(theirs, name) == indexes(ours, name)
            wanted = theirs.execute("SELECT type, ncol, wr, strict FROM pragma_table_list(?)", (
                name,)).fetchall()
            assert wanted == ours.execute(
                "SELECT type, ncol, wr, strict FROM pragma_table_list(?)", (name,)).fetchall()
        for view in ("v_plain", "v_nested", "a_view_of_views"):
            assert theirs.execute(f"SELECT * FROM {view}").fetchall() == ours.execute(
                f"SELECT * FROM {view}").fetchall()
        assert ours.execute("PRAGMA foreign_key_check").fetchall() == []
    assert checked(leat, source, as_filter(full=TABLES))["kept_back"] == []


def described(db, pragma, table):
    """What a pragma says of a table; a default may have been written with other spaces."""
    return [
        tuple(v.replace(b" ", b"") if isinstance(v, bytes) and pragma == "table_xinfo" and i == 4
              else v for i, v in enumerate(row))
        for row in db.execute(f"PRAGMA {pragma}({quoted(table)})")]


def indexes(db, table):
    found = [
        (origin, unique, partial, db.execute(
            "SELECT name, \"desc\", coll, key FROM pragma_index_xinfo(?)", (name,)).fetchall())
        for name, unique, origin, partial in db.execute(
            "SELECT name, \"unique\", origin, partial FROM pragma_index_list(?)", (table,))]
    return sorted(found, key=repr)


QUERIES = [
    ("SELECT * FROM plain WHERE b = 'A' COLLATE NOCASE AND c > 5", "i_plain"),
    ("SELECT * FROM plain WHERE c = 5 AND c > 0 AND b IS NOT NULL", "i_partial"),
    ("SELECT * FROM plain WHERE lower(b) = 'a' AND c + 1 = 2", "i_expression"),
    ("SELECT v, n FROM gen WHERE v = 2", "i_gen"),
    ("SELECT * FROM wr WHERE c = x'01'", "i_wr"),
    ("SELECT * FROM wr WHERE b = 1 AND a = 'x' COLLATE RTRIM", "PRIMARY KEY"),
    ("SELECT * FROM wr1 WHERE k = 'b'", "PRIMARY KEY"),
    ("SELECT * FROM collated WHERE n = 'A'", "sqlite_autoindex_collated"),
    ("SELECT * FROM gen WHERE s = '<1>'", "sqlite_autoindex_gen"),
    ("SELECT * FROM auto WHERE id = 5", "INTEGER PRIMARY KEY"),
]


def test_indexes_are_used(leat):
    source = make(leat.dir / "in.db", EVERYTHING)
    out = produced(leat, source, as_filter(full=TABLES))
    for query, index in QUERIES:
        plan = ask(out, f"EXPLAIN QUERY PLAN {query}")
        assert any("SEARCH" in step and index in step for *_, step in plan), plan
        assert ask(out, query) == ask(source, query)


def test_constraints_hold_in_the_output(leat):
    source = make(leat.dir / "in.db", EVERYTHING)
    out = produced(leat, source, as_filter(full=TABLES))
    with contextlib.closing(sqlite3.connect(out)) as db:
        db.execute("PRAGMA foreign_keys = ON")
        for statement in (
                "INSERT INTO collated VALUES ('q', 'A', 'a')",
                "INSERT INTO strict(i) VALUES ('x')",
                "INSERT INTO plain(b, c) VALUES ('x', 1)",
                "INSERT INTO refs VALUES (9, NULL, 9)",
                "DELETE FROM auto WHERE id = 5"):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)
        assert db.execute("INSERT INTO auto(v) VALUES ('z') RETURNING id").fetchall() == [(71,)]
        db.execute("INSERT INTO defaults DEFAULT VALUES")
        distinct = db.execute("SELECT DISTINCT a, b, c, d, f, g, h, i FROM defaults").fetchall()
        assert len(distinct) == 1


def test_generated_columns_in_every_state(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE g(id INTEGER PRIMARY KEY, a INT, b INT, v INT AS (a + b),
            s TEXT AS (a || '!') STORED, w INT AS (v * 2), n TEXT NOT NULL AS ('n' || b));
        INSERT INTO g(id, a, b) VALUES (1, 2, 3), (2, 20, 30);
        CREATE INDEX g_v ON g(v);
        CREATE INDEX g_w ON g(w) WHERE v > 5;
        """)
    cases = [
        # Published, with all that it is computed from: computed again.
        (["id", "a", "b", "v", "s", "w", "n"], False, (2, 20, 30, 50, "20!", 100, "n30"), 4),
        # Published, but not what it is computed from: the values, as of a column like others.
        (["id", "v", "s", "w", "n"], False, (2, None, None, 50, "20!", 100, "n30"), 1),
        (["id", "v", "w", "n"], True, (2, 50, 100, "n30"), 1),
        # Not published.
        (["id", "a", "b"], False, (2, 20, 30, None, None, None, ""), 0),
        (["id", "a", "s"], True, (2, 20, "20!"), 1),
    ]
    for columns, omit, row, generated in cases:
        text = json.dumps({"tables": [{"name": "g", "columns": columns, "omit": omit}]})
        out = produced(leat, source, text)
        assert ask(out, "SELECT * FROM g WHERE id = 2") == [row], columns
        assert ask(out, "SELECT count(*) FROM pragma_table_xinfo('g') WHERE hidden IN (2, 3)") == [
            (generated,)], columns


def test_omitted_columns_are_not_in_the_schema(leat):
    source = make_db(leat.dir / "in.db", SITE)
    text = json.dumps({"tables": [
        {"name": "users", "columns": ["user_id", "handle", "score"], "omit": True},
        {"name": "engagements"}]})
    out = produced(leat, source, text)
    assert ask(out, "SELECT * FROM users") == [("u1", "alice", 2.5), ("u2", "bob", 3.0)]
    assert [row[1] for row in ask(out, "PRAGMA table_info(users)")] == [
        "user_id", "handle", "score"]
    assert names(out, "index") == ["engagements_user", "users_handle"]
    assert ask(out, "PRAGMA foreign_key_check") == []
    assert len(ask(out, "PRAGMA foreign_key_list(engagements)")) == 1


def test_views_leave_if_all_that_they_read_does(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, shown, hidden);
        CREATE TABLE u(id INTEGER PRIMARY KEY);
        CREATE TABLE private(id INTEGER PRIMARY KEY);
        INSERT INTO t VALUES (1, 'a', 'b');
        CREATE VIEW b_ok AS SELECT id, shown FROM t;
        CREATE VIEW a_of_ok AS SELECT * FROM b_ok, u;
        CREATE VIEW hidden_column AS SELECT hidden FROM t;
        CREATE VIEW hidden_condition AS SELECT id FROM t WHERE hidden = 1;
        CREATE VIEW hidden_order AS SELECT id FROM t ORDER BY hidden;
        CREATE VIEW hidden_star AS SELECT id FROM (SELECT * FROM t) ORDER BY hidden;
        CREATE VIEW private_table AS SELECT id FROM t WHERE id IN (SELECT id FROM private);
        CREATE VIEW of_private AS SELECT * FROM private_table;
        CREATE VIEW a_of_of_private AS SELECT 1 FROM of_private;
        CREATE VIEW union_private AS SELECT id FROM t UNION SELECT id FROM private;
        CREATE VIEW exists_private AS SELECT id FROM t WHERE EXISTS (SELECT 1 FROM private);
        CREATE VIEW broken AS SELECT x FROM nowhere;
        CREATE VIEW constant AS SELECT 1 AS one;
        CREATE VIEW qualified AS SELECT main.t.id FROM main.t;
        """)
    text = as_filter(full=["u"], partial={"t": (["id", "shown"], None)})
    out = produced(leat, source, text)
    assert [v for v in names(out, "view") if v != "qualified"] == ["a_of_ok", "b_ok", "constant"]
    assert ask(out, "SELECT * FROM b_ok") == [(1, "a")]
    kept = {k["name"] for k in checked(leat, source, text)["kept_back"] if k["kind"] == "view"}
    assert kept - {"qualified"} == {
        "hidden_column", "hidden_condition", "hidden_order", "hidden_star", "private_table",
        "of_private", "a_of_of_private", "union_private", "exists_private", "broken"}


def test_large_values_and_many_rows(leat):
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE big(id INTEGER PRIMARY KEY, t TEXT, b BLOB);
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
            INSERT INTO big SELECT i * 3 - 1000, 'row ' || i, CAST(i AS BLOB) FROM n;
        INSERT INTO big VALUES (-5000000000, hex(zeroblob(2000000)), zeroblob(5000000));
        CREATE INDEX big_t ON big(t);
        DELETE FROM big WHERE id % 5 = 0;
        """)
    out = compare(leat, source, full=["big"])
    assert len(content(out, "big", "id")) >= 24000


def test_a_row_that_breaks_a_check_is_carried_over(leat):
    """As some tool may have left it: a copy is no judge of it."""
    source = make_db(leat.dir / "in.db", """
        CREATE TABLE t(id INTEGER PRIMARY KEY, n INT CHECK (n > 0));
        PRAGMA ignore_check_constraints = ON;
        INSERT INTO t VALUES (1, -1);
        """)
    snapshot(leat, source, as_filter(full=["t"]))
    assert ask(leat.dir / OUT, "SELECT * FROM t") == [(1, -1)]
