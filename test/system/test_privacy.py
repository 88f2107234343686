# SPDX-License-Identifier: Apache-2.0
"""Nothing that the filter holds back leaves: not in the output, a file on the way, or a log.

Markers are planted wherever a database keeps text or numbers, and searched in the bytes.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import sqlite3
import struct
import subprocess

import pytest
from conftest import BOUND
from killpoints import KillPoints
from outputs import names, opened, produced, snapshot, write_filter

ENCODINGS = ("UTF-8", "UTF-16le", "UTF-16be")

# What an 8-byte integer of the fixture looks like: never small, never equal to another.
NUMBER_BASE = 0x1A2B3C0000000000


class Markers:
    """Texts and numbers that occur nowhere else. No two texts have a prefix of more than two
    letters in common, because a full-text index stores a common prefix once."""

    def __init__(self):
        self.texts = {}
        self.numbers = {}

    def __getitem__(self, slug):
        if slug not in self.texts:
            digits = hashlib.sha256(slug.encode()).hexdigest()[:20]
            self.texts[slug] = "".join(chr(ord("g") + int(d, 16)) for d in digits)
        return self.texts[slug]

    def number(self, slug):
        digits = hashlib.sha256(slug.encode()).digest()
        return self.numbers.setdefault(slug, NUMBER_BASE + int.from_bytes(digits[:5], "big"))

    def needles(self):
        """(slug, bytes that must not be found); case is folded. The first letters may be shared
        with a neighbour, so they are not part of it."""
        for slug, text in self.texts.items():
            for encoding in ENCODINGS:
                yield slug, text[3:].encode(encoding)
                yield slug, text[3:].encode().hex().encode(encoding)
        for slug, number in self.numbers.items():
            yield slug, struct.pack(">q", number)[2:].lower()
            for encoding in ENCODINGS:
                yield slug, str(number).encode(encoding)

    def found_in(self, data):
        data = data.lower()
        return sorted({slug for slug, needle in self.needles() if needle in data})


def source_sql(m):
    """A database with something private in every corner. Admitted texts say "public"."""
    return f"""
CREATE TABLE people( -- {m['comment in a table']}
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL DEFAULT 'public default' /* {m['comment in a column']} */,
    visible INT,
    "{m['name of an omitted column']}" TEXT,
    email TEXT NOT NULL DEFAULT '{m['default of an omitted column']}' COLLATE NOCASE,
    number INTEGER DEFAULT {m.number('default number of an omitted column')},
    pin BLOB CHECK (pin <> x'{m['blob in a check'].encode().hex()}'),
    email_shown TEXT AS ('<' || email || '{m['text in a generated column']}>') STORED,
    name_shown TEXT AS ('public ' || name) STORED,
    UNIQUE (email),
    CONSTRAINT {m['name of a constraint']} CHECK (name <> email || '{m['text in a check']}'),
    CONSTRAINT {m['name of a kept constraint']} CHECK (length(name) > 0)
);
CREATE TABLE emptied(
    id INTEGER PRIMARY KEY,
    shown TEXT,
    secret TEXT NOT NULL DEFAULT '{m['default of an emptied column']}'
        CHECK (secret <> '{m['text in a check of an emptied column']}') UNIQUE,
    n INTEGER NOT NULL DEFAULT {m.number('default number of an emptied column')},
    derived TEXT AS (secret || '{m['text in a generated emptied column']}'),
    owner INT REFERENCES "{m['name of a private table']}"(id),
    FOREIGN KEY (secret) REFERENCES "{m['name of another private table']}"(x)
);
CREATE TABLE "{m['name of a private table']}"(id INTEGER PRIMARY KEY, x TEXT UNIQUE);
CREATE TABLE "{m['name of another private table']}"(x TEXT PRIMARY KEY) WITHOUT ROWID;
INSERT INTO "{m['name of a private table']}" VALUES (1, '{m['row of a private table']}');
INSERT INTO "{m['name of another private table']}" VALUES ('{m['key of a private table']}');
CREATE TABLE sqlite3_creds(x TEXT DEFAULT '{m['default in sqlite3_creds']}');
INSERT INTO sqlite3_creds VALUES ('{m['row of sqlite3_creds']}');
CREATE TABLE SQLiteBackup AS SELECT '{m['row of SQLiteBackup']}' AS x;
CREATE TABLE log(x);
CREATE TABLE keyed(
    k TEXT COLLATE NOCASE, part INT, shown TEXT, secret TEXT, PRIMARY KEY (k, part)
) WITHOUT ROWID, STRICT;

INSERT INTO people(id, name, visible, "{m['name of an omitted column']}", email, number, pin) VALUES
    (1, 'public ann', 1, '{m['omitted value']}', '{m['omitted email']}',
        {m.number('omitted number')}, x'{m['omitted blob'].encode().hex()}'),
    (2, '{m['excluded name']}', 0, 'x', 'two', 1, NULL),
    (3, '{m['name excluded by NULL']}', NULL, 'x', 'three', 1, NULL),
    ({m.number('excluded rowid')}, '{m['excluded last name']}', 0, 'x', 'four', 1, NULL);
INSERT INTO emptied(id, shown, secret, n) VALUES
    (1, 'public', '{m['emptied text']}', {m.number('emptied number')}),
    (2, 'public', '{m['other emptied text']}', 7);
INSERT INTO keyed VALUES
    ('public key', 1, 'public', '{m['emptied text of keyed']}'),
    ('{m['excluded key']}', 2, '{m['excluded text of keyed']}', 'x');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
    INSERT INTO log SELECT '{m['row that overflows']}' || hex(zeroblob(5000)) FROM n LIMIT 20;

CREATE INDEX people_email ON people(email);
CREATE INDEX people_secret_condition ON people(name) WHERE email <> '{m['index condition']}';
CREATE INDEX people_expression ON people(email || '{m['index expression']}');
CREATE INDEX "{m['name of a private index']}" ON people(number);
CREATE INDEX people_name /* {m['comment in an index']} */ ON people(name) -- public
    ;
CREATE INDEX emptied_secret ON emptied(secret, shown);
CREATE UNIQUE INDEX emptied_partial ON emptied(shown)
    WHERE secret = '{m['unique index condition']}';

CREATE VIEW shown /* {m['comment in a view']} */ AS SELECT id, name FROM people;
CREATE VIEW "{m['name of a private view']}" AS
    SELECT email FROM people WHERE email <> '{m['text in a view']}';
CREATE VIEW half AS SELECT p.id, x.x FROM people p, "{m['name of a private table']}" x;
CREATE VIEW of_half AS SELECT id, '{m['text in a view of a private view']}' AS t FROM half;
CREATE VIEW quoted AS SELECT name, "email" FROM people WHERE name <> '{m['text in a quoted view']}';

CREATE VIRTUAL TABLE fts_private USING fts5(body, tokenize = 'porter');
INSERT INTO fts_private VALUES ('{m['text of a private full-text table']} word');
CREATE VIRTUAL TABLE fts USING fts5(title, body, author);
INSERT INTO fts(rowid, title, body, author) VALUES
    (1, 'public title', 'public text', '{m['emptied full-text column']}'),
    (2, 'private', '{m['excluded text of a full-text table']}', '{m['excluded author']}'),
    (3, 'private', 'public {m['deleted text of a full-text table']}', 'x');
DELETE FROM fts WHERE rowid = 3;
CREATE VIRTUAL TABLE fts_people USING fts5(name, content = 'people', content_rowid = 'id');
INSERT INTO fts_people(fts_people) VALUES ('rebuild');
CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, +label, +owner);
INSERT INTO places VALUES (1, 0, 1, 'public place', 'ann'),
    (2, 5, 6, '{m['excluded place']}', '{m['excluded owner']}');
CREATE VIRTUAL TABLE places_private USING rtree(id, x0, x1, +label);
INSERT INTO places_private VALUES (1, 0, 1, '{m['private place']}');

-- Freed pages, with what was there.
CREATE TABLE was_dropped(x);
INSERT INTO was_dropped SELECT '{m['row of a dropped table']}' || x FROM log;
DROP TABLE was_dropped;
DELETE FROM log;
INSERT INTO people(name, email) VALUES ('{m['deleted name']}', 'five');
DELETE FROM people WHERE email = 'five';
ALTER TABLE emptied ADD COLUMN late TEXT DEFAULT '{m['default of an added column']}';
ALTER TABLE people ADD COLUMN gone TEXT DEFAULT '{m['default of a removed column']}';
UPDATE people SET gone = '{m['value of a removed column']}';
ALTER TABLE people DROP COLUMN gone;
CREATE TRIGGER {m['name of a trigger']} AFTER DELETE ON people BEGIN
    INSERT INTO emptied(id, shown) VALUES (old.id + 100, '{m['text in a trigger']}' || old.email);
END;
CREATE TRIGGER copies BEFORE UPDATE ON emptied BEGIN
    INSERT INTO log VALUES (old.secret);
END;

ANALYZE;
INSERT INTO sqlite_stat1 VALUES ('people', 'people_name', '1 {m['text in sqlite_stat1']}');
"""


def stat4_sql(m):
    """sqlite_stat4 as a library that keeps it would leave it behind."""
    return f"""
PRAGMA writable_schema = ON;
CREATE TABLE IF NOT EXISTS stat4_like(tbl, idx, neq, nlt, ndlt, sample);
INSERT INTO stat4_like VALUES ('people', 'people_name', 1, 1, 1, '{m['sample in sqlite_stat4']}');
UPDATE sqlite_schema SET name = 'sqlite_stat4', tbl_name = 'sqlite_stat4',
    sql = 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)' WHERE name = 'stat4_like';
"""


FILTER = """
tables:
  - name: people
    columns: [id, name, visible, name_shown]
    omit: true
    where: visible = 1
  - name: emptied
    columns: [id, shown]
  - name: keyed
    columns: [k, part, shown]
    where: k LIKE 'public%'
  - name: fts
    columns: [title, body]
    where: title <> 'private'
  - name: fts_people
  - name: places
    where: label LIKE 'public%'
"""


def make_source(path, m, encoding="UTF-8", page_size=4096, wal=False):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(
            f"PRAGMA page_size = {page_size}; PRAGMA encoding = '{encoding}';"
            "PRAGMA secure_delete = OFF; PRAGMA auto_vacuum = NONE;")
        db.executescript(source_sql(m))
        db.executescript(stat4_sql(m))
        if wal:
            db.execute("PRAGMA journal_mode = WAL")
    return path


@pytest.fixture
def markers():
    return Markers()


def files_below(directory, *but):
    return [p for p in pathlib.Path(directory).rglob("*") if p.is_file() and p.name not in but]


def assert_clean(markers, what, data):
    assert markers.found_in(data) == [], what


# A source that holds the markers at all: what the search must be able to find.
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_search_finds_what_the_source_holds(leat, markers, encoding):
    source = make_source(leat.dir / "in.db", markers, encoding)
    missing = set(markers.texts) | set(markers.numbers)
    missing -= set(markers.found_in(source.read_bytes()))
    # SQLite wrote its pages anew when the column was removed.
    assert missing <= {"default of a removed column", "value of a removed column"}


@pytest.mark.parametrize("encoding, page_size, wal", [
    ("UTF-8", 4096, False),
    ("UTF-8", 512, True),
    ("UTF-16le", 1024, False),
    ("UTF-16be", 65536, True),
])
def test_what_is_held_back_is_in_no_file(leat, markers, encoding, page_size, wal):
    source = make_source(leat.dir / "in.db", markers, encoding, page_size, wal)
    out = produced(leat, source, FILTER)
    for path in files_below(leat.dir, "in.db", "in.db-wal", "in.db-shm"):
        assert_clean(markers, path, path.read_bytes())
        assert_clean(markers, path, str(path).encode())
    # And what is admitted is there: the search was not clean for want of content.
    assert names(out) == ["emptied", "fts", "fts_people", "keyed", "people", "places"]
    assert names(out, "index") == ["people_name"]
    assert names(out, "view") == ["shown"]
    assert names(out, "trigger") == []
    with opened(out, text=str) as db:
        assert db.execute("SELECT * FROM people").fetchall() == [
            (1, "public ann", 1, "public public ann")]
        assert db.execute("SELECT * FROM emptied").fetchall() == [
            (1, "public", "", 0, None, None, None), (2, "public", "", 0, None, None, None)]
        assert db.execute("SELECT * FROM keyed").fetchall() == [("public key", 1, "public", None)]
        assert db.execute("SELECT title, body FROM fts('text')").fetchall() == [
            ("public title", "public text")]
        assert db.execute("SELECT rowid FROM fts_people('ann')").fetchall() == [(1,)]
        assert db.execute("SELECT label FROM places WHERE x0 < 3").fetchall() == [
            ("public place",)]
        assert db.execute("SELECT * FROM sqlite_sequence").fetchall() == [("people", 1)]


def test_a_whole_table_takes_along_only_itself(leat, markers):
    """Without columns or a condition, freed pages and other tables still stay."""
    source = make_source(leat.dir / "in.db", markers)
    with contextlib.closing(sqlite3.connect(source)) as db:
        db.executescript("CREATE TABLE plain(a); INSERT INTO plain VALUES ('public');")
    out = produced(leat, source, "tables: [{name: plain}, {name: log}]")
    assert_clean(markers, out, out.read_bytes())
    assert names(out) == ["log", "plain"]


def logged(result):
    return (result.stdout + result.stderr).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_held_back_is_in_no_log(leat, markers, form):
    source = make_source(leat.dir / "in.db", markers)
    result = leat.run(
        "snapshot", "--log-level", "debug", "--log-format", form, "--trace-sql", "--filter",
        write_filter(leat, FILTER), source, "out.db")
    assert "INSERT" in result.stderr
    assert_clean(markers, result, logged(result))


@pytest.mark.parametrize("sql, where, says", [
    # A function that fails on a value of a row, admitted or not.
    ("UPDATE t SET secret = '{0} not JSON'", "json_extract(secret, '$.a') = 1", "JSON"),
    ("UPDATE t SET secret = '{0}', doc = '{{}}'", "json_extract(doc, secret) = 1", "path"),
    ("UPDATE t SET secret = '[{0}', doc = '{{}}'", "json_type(doc, secret) = 1", None),
    ("UPDATE t SET secret = '[{0}', doc = '{{}}'", "json_set(doc, secret, 1) = 1", None),
    ("UPDATE t SET secret = '[{0}', doc = '{{}}'", "json_remove(doc, secret) = 1", None),
    ("UPDATE t SET secret = '[{0}', doc = '{{}}'", "json_replace(doc, secret, 1) = 1", None),
    ("UPDATE t SET secret = '[{0}', doc = '{{}}'", "json_insert(doc, secret, 1) = 1", None),
    ("UPDATE t SET secret = '[{0}', doc = '{{}}'", "json_array_length(doc, secret) = 1", None),
    ("UPDATE t SET secret = '{0}'", "name LIKE 'a' ESCAPE secret", "ESCAPE"),
    ("UPDATE t SET secret = '{0}' || hex(zeroblob(30000))", "name LIKE secret", "complex"),
    ("UPDATE t SET secret = -9223372036854775808", "abs(secret) = 1", "overflow"),
    ("UPDATE t SET secret = 'now', doc = '{0}'", "date(secret) = doc", "time"),
    ("UPDATE t SET secret = '{0}'", "json_object(secret) = 1", None),
    ("UPDATE t SET doc = x'00', secret = '{0}'", "json_array(doc, secret) = 1", "JSON"),
    # A sub-query that fails.
    ("UPDATE t SET name = '{0}'", "(SELECT json_extract(name, '$') FROM t) = 1", "JSON"),
    ("UPDATE t SET name = '{0}'", "(SELECT json_extract('[]', name) FROM t) = 1", "path"),
    # A row that its own table does not take.
    ("PRAGMA ignore_check_constraints = 1; UPDATE t SET n = -1, secret = '{0}'", "1", None),
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql ="
     " replace(sql, 'name TEXT', 'name TEXT NOT NULL') WHERE name = 't';"
     " UPDATE t SET name = NULL, secret = '{0}'", "1", "NOT NULL"),
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql ="
     " replace(sql, 'name TEXT', 'name TEXT UNIQUE') WHERE name = 't';"
     " INSERT INTO t SELECT NULL, name, '{0}', doc, n FROM t", "1", None),
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = sql || ' STRICT' WHERE"
     " name = 't'; UPDATE t SET n = '{0}'", "1", None),
    # A definition that cannot be read.
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = 'CREATE TABLE other({0} {0},,)'"
     " WHERE name = 'other'", "1", None),
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql ="
     " 'CREATE VIEW v AS SELECT {0} FROM , other' WHERE name = 'v'", "1", None),
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 9999,"
     " sql = 'CREATE TABLE other({0})' WHERE name = 'other'", "1", None),
    ("DROP VIEW v; PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql ="
     " 'CREATE VIRTUAL TABLE other USING no_such_module({0})', rootpage = 0"
     " WHERE name = 'other'", "1", None),
    ("PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql ="
     " 'CREATE INDEX i ON t({0} {0}' WHERE name = 'i'", "1", None),
])
def test_what_is_held_back_is_in_no_error(leat, markers, sql, where, says):
    """Whether it fails or not: what it says is clean, and nothing is left behind."""
    path = leat.dir / "in.db"
    marker = markers["in an error"]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript("""
            CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, secret, doc, n CHECK (n > 0));
            INSERT INTO t VALUES (1, 'public', 'x', '{}', 1);
            CREATE INDEX i ON t(doc);
            CREATE TABLE other(x);
            CREATE VIEW v AS SELECT * FROM other;
            """)
        for statement in sql.format(marker).split("; "):
            db.execute(statement.strip())
    text = f"tables:\n  - name: t\n    columns: [id, name, n]\n    where: {json.dumps(where)}\n"
    for more in ((), ("--trace-sql", "--log-level", "debug")):
        result = snapshot(leat, path, text, *more, ok=None)
        assert result.code in (0, 1, 2), str(result)
        assert_clean(markers, str(result), logged(result))
        if says:
            assert result.code != 0 and says.lower() in result.stderr.lower(), str(result)
        for left in files_below(leat.dir, "in.db"):
            assert_clean(markers, left, left.read_bytes())
            assert result.code == 0 or left.name == "filter.yaml", left
    # `check` shows the owner of the source what stays, but no row of it.
    result = leat.run("check", "--filter", leat.dir / "filter.yaml", path, ok=None)
    if "schema" not in sql:
        assert_clean(markers, str(result), logged(result))


def test_a_damaged_source_is_not_quoted(leat, markers):
    """Each page in turn is overwritten: no message or file shows what is on the others."""
    source = make_source(leat.dir / "in.db", markers, page_size=1024)
    whole = source.read_bytes()
    failed = 0
    pages = len(whole) // 1024
    for page in range(1, pages, max(1, pages // 20)):
        damaged = bytearray(whole)
        damaged[page * 1024:page * 1024 + 200] = b"\x02\xff" * 100
        source.write_bytes(damaged)
        result = snapshot(leat, source, FILTER, "--trace-sql", ok=None)
        assert result.code in (0, 1), str(result)
        failed += result.code
        assert_clean(markers, f"page {page}: {result}", logged(result))
        for left in files_below(leat.dir, "in.db"):
            assert_clean(markers, f"page {page}: {left}", left.read_bytes())
        (leat.dir / "out.db").unlink(missing_ok=True)
        (leat.dir / "out.db.meta").unlink(missing_ok=True)
    assert failed > 0


def test_a_kill_leaves_nothing_private_behind(leat, markers):
    source = make_source(leat.dir / "in.db", markers)
    place = leat.dir / "place"
    place.mkdir()
    (place / "sqlite-tmp").mkdir()
    (place / "tmp").mkdir()
    out = place / "out.db"
    write_filter(leat, FILTER)
    points = KillPoints(place, leat.dir / "count")

    def prepare():
        for path in files_below(place):
            path.unlink()

    def run(env):
        return leat.run(
            "snapshot", "--quiet", "--filter", "filter.yaml", source, out, ok=None,
            env={**env, "TMPDIR": place / "tmp", "SQLITE_TMPDIR": place / "sqlite-tmp"})

    for n, result in points.every(prepare, run, most=40):
        for path in files_below(place):
            assert_clean(markers, f"killed at {n}: {path}", path.read_bytes())
        assert_clean(markers, f"killed at {n}", logged(result))
    prepare()
    run({})
    assert sorted(p.name for p in files_below(place)) == ["out.db", "out.db.meta"]


BIG_ROWS = 6000


def make_big(path, marker):
    """Sub-queries over this need more room than SQLite keeps in memory by itself."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(f"""
            CREATE TABLE big(id INTEGER PRIMARY KEY, k TEXT, v TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {BIG_ROWS})
                INSERT INTO big
                    SELECT i, i || '{marker}' || hex(zeroblob(300)), i * 7 % 1000 FROM n;
            CREATE TABLE item(id INTEGER PRIMARY KEY, k TEXT, pad TEXT);
            INSERT INTO item SELECT id, 'public ' || k, 'public padding ' || id || hex(zeroblob(60))
                FROM big;
            UPDATE item SET k = replace(k, '{marker}', '');
            CREATE INDEX item_pad ON item(pad);
            CREATE INDEX item_k ON item(k, pad);
            """)
    return path


BIG_WHERE = (
    "k NOT IN (SELECT k FROM big) AND k NOT IN (SELECT DISTINCT lower(k) FROM big ORDER BY v, k)"
    " AND (SELECT count(*) FROM (SELECT k, count(*) AS c FROM big GROUP BY k ORDER BY c, v))"
    " > id % 10 AND id NOT IN (SELECT id FROM big WHERE id > 4500 UNION SELECT id + 1 FROM big"
    " WHERE id > 5900 ORDER BY 1)")

WRITES = "write,pwrite64,pwritev,pwritev2,writev,sendmsg,sendto,copy_file_range,sendfile,splice"


def written(leat, *command, env):
    """Run a command under strace: the lines about files, and all bytes it gave to the kernel."""
    trace = leat.dir / "trace"
    done = subprocess.run(
        ["strace", "-f", "--seccomp-bpf", "-qq", "-xx", "-s", "1000000", "-o", trace, "-e",
         f"trace={WRITES},openat,open,creat,memfd_create", *map(str, command)],
        cwd=leat.dir, env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=BOUND)
    assert done.returncode == 0, done.stderr
    opens, data = [], bytearray()
    for line in trace.read_bytes().splitlines():
        texts = line.split(b'"')[1::2]  # each byte as \x00: there are no quotes inside
        decoded = [bytes.fromhex(t.replace(b"\\x", b"").decode()) for t in texts]
        if re.search(rb"\b(openat|open|creat|memfd_create)\(", line):
            if not re.search(rb" = -1 ", line) and re.search(
                    rb"O_WRONLY|O_RDWR|creat|memfd", line):
                opens.append(decoded[0].decode())
        else:
            data += b"\n".join(decoded) + b"\n"
    return opens, bytes(data)


def test_sub_queries_leave_nothing_in_temporary_files(leat, markers):
    source = make_big(leat.dir / "in.db", markers["row that only a sub-query reads"])
    (leat.dir / "sqlite-tmp").mkdir()
    env = {"SQLITE_TMPDIR": str(leat.dir / "sqlite-tmp"), "TMPDIR": str(leat.dir / "tmp"),
           "LC_ALL": "C.UTF-8", "HOME": str(leat.dir),
           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    # Left to itself, SQLite does write such rows to a file: the search would find them.
    opens, data = written(
        leat, "sqlite3", "-batch", source,
        f"PRAGMA temp_store = FILE; SELECT count(*) FROM item WHERE {BIG_WHERE}", env=env)
    assert any("sqlite-tmp" in path for path in opens)
    assert markers.found_in(data)

    path = write_filter(leat, "tables: [{name: big, where: id < 0}, {name: item, where: "
                        + json.dumps(BIG_WHERE) + "}]")
    opens, data = written(
        leat, leat.binary, "snapshot", "--filter", path, "--log-level", "debug", "--trace-sql",
        source, "out.db", env=env)
    assert len(data) > (leat.dir / "out.db").stat().st_size
    assert_clean(markers, "what was written", data)
    for name in opens:
        assert re.search(r"^/dev/|/sqlite-tmp/|/\.out\.db(\.meta)?\.[0-9a-f]{16}\.tmp$|^\.out\.db",
                         name), name
    assert not files_below(leat.dir / "sqlite-tmp") and not files_below(leat.dir / "tmp")
    # `check` runs the same conditions.
    opens, data = written(leat, leat.binary, "check", "--filter", path, source, env=env)
    assert_clean(markers, "what was written", data)
    assert all(name.startswith("/dev/") for name in opens), opens
