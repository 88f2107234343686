# SPDX-License-Identifier: Apache-2.0
"""What the tests of snapshots share: filters, runs, and what a file holds."""
import contextlib
import hashlib
import sqlite3

OUT = "out.db"


def write_filter(leat, text, name="filter.yaml"):
    """A filter file; its path."""
    path = leat.dir / name
    path.write_text(text)
    return path


def snapshot(leat, source, text, *args, out=OUT, **how):
    """`leat snapshot` of a filter given as text; the Result."""
    return leat.run(
        "snapshot", "--quiet", "--json", "--filter", write_filter(leat, text), *args, source, out,
        **how)


def produced(leat, source, text, *args, out=OUT):
    """Take a snapshot that must succeed and be sound; the path of the output."""
    meta = snapshot(leat, source, text, *args, out=out).json
    path = leat.dir / out
    assert meta["hash"] == digest(path)
    assert meta["size"] == path.stat().st_size
    with opened(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [(b"ok",)]
    return path


def checked(leat, source, text):
    """`leat check --json` of a filter given as text; what it says."""
    return leat.run("check", "--json", "--filter", write_filter(leat, text), source).json


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def opened(path, text=bytes):
    """A connection that reads. Texts arrive as bytes: they need not be valid."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
        db.text_factory = text
        yield db


def ask(path, sql, *values):
    """What a query finds, texts as str."""
    with opened(path, text=str) as db:
        return db.execute(sql, values).fetchall()


def names(path, kind="table"):
    """Objects of a kind, but for SQLite's own and the parts of virtual tables."""
    with opened(path, text=str) as db:
        shadows = {
            name for name, in
            db.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")}
        return [
            name for name, in db.execute(
                "SELECT name FROM sqlite_schema WHERE type = ? ORDER BY name", (kind,))
            if name not in shadows and not name.lower().startswith("sqlite_")]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def content(path, table, columns="*"):
    """Rows of a table with the storage class of every value, in no order that matters."""
    with opened(path) as db:
        found = [
            column[0] for column in
            db.execute(f"SELECT {columns} FROM {table} LIMIT 0").description]
        rows = db.execute(f"SELECT {columns} FROM {table}").fetchall()
        classes = db.execute("SELECT " + ", ".join(
            f"typeof({quoted(column)})" for column in found) + f" FROM {table}").fetchall()
        return sorted(zip(rows, classes), key=repr)
