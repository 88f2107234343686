# SPDX-License-Identifier: Apache-2.0
"""What the tests of `leat snapshot` share: a source, a filter, and an output in a directory that
holds nothing else."""
import contextlib
import hashlib
import json
import os
import select
import signal
import sqlite3

from conftest import BOUND, make_db

FILTER = """\
tables:
  - name: items
    where: is_public = 1
  - name: pace
"""

# Its build takes as many steps as the sixth power of the rows of "pace": long work, small files.
SLOW_FILTER = """\
tables:
  - name: items
    where: >-
      is_public = 1 and
      (select count(*) from pace a, pace b, pace c, pace d, pace e, pace f) > 0
  - name: pace
"""

AT_ONCE, NOTICEABLE, ENDLESS = 1, 11, 1000  # rows of "pace"

SOURCE = """
    CREATE TABLE items(id INTEGER PRIMARY KEY, is_public INT, name TEXT, body BLOB);
    CREATE INDEX items_name ON items(name);
    CREATE TABLE pace(step INT);
    INSERT INTO pace VALUES (1);
    INSERT INTO items VALUES (1, 1, 'first', x'00'), (2, 0, 'hidden', x'01'), (3, 1, 'third', '');
"""

OUTPUT = ["public.db", "public.db.meta"]  # all that a snapshot leaves


class Site:
    """One source and one output."""

    def __init__(self, leat, sql=SOURCE, filter_text=FILTER):
        self.leat = leat
        self.source = make_db(leat.dir / "back.db", sql)
        self.filter = leat.dir / "filter.yaml"
        self.filter.write_text(filter_text)
        self.out_dir = leat.dir / "out"
        self.out_dir.mkdir()
        self.out = self.out_dir / "public.db"

    def args(self, *more, source=None, out=None):
        return ["snapshot", "--filter", self.filter, source or self.source, out or self.out, *more]

    def run(self, *more, source=None, out=None, **options):
        return self.leat.run(*self.args(*more, source=source, out=out), **options)

    def start(self, *more, source=None, **options):
        return self.leat.start(*self.args(*more, source=source), **options)

    def write(self, *statements, path=None):
        """Commit to the source, all of them at once."""
        with contextlib.closing(sqlite3.connect(path or self.source, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            for statement in statements:
                db.execute(statement)
            db.execute("COMMIT")

    def set_pace(self, rows):
        """How long a build with SLOW_FILTER takes."""
        self.write("DELETE FROM pace",
                   "INSERT INTO pace WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                   f"FROM n WHERE i < {rows}) SELECT i FROM n")

    def use_wal(self):
        """Have the source in WAL mode: it can be written while it is read."""
        with contextlib.closing(sqlite3.connect(self.source)) as db:
            assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)

    def listing(self):
        return sorted(file.name for file in self.out_dir.iterdir())

    def content(self):
        """The output and what is told of it: to be compared."""
        return {file.name: file.read_bytes() for file in self.out_dir.iterdir()}

    def meta(self):
        return json.loads(self.out.with_name("public.db.meta").read_text())

    def check_whole(self):
        """The output is a sound database, and the one that its meta data describe."""
        assert self.listing() == OUTPUT
        assert hashlib.sha256(self.out.read_bytes()).hexdigest() == self.meta()["hash"]
        assert query(self.out, "PRAGMA integrity_check") == [("ok",)]

    def names(self):
        """The names of the items that are public."""
        return [name for name, in query(self.out, "SELECT name FROM items ORDER BY id")]


def query(path, sql):
    """What a query finds in a snapshot, which is opened without leaving anything beside it."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        return db.execute(sql).fetchall()


def children(pid):
    """The processes that a process has started and that have not ended."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                found.append(int(name))
    return found


@contextlib.contextmanager
def ending(pid):
    """Wait at the end of the block until the process has ended."""
    fd = os.pidfd_open(pid)
    try:
        yield
        assert select.select([fd], [], [], BOUND)[0], f"process {pid} is still running"
    finally:
        os.close(fd)


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)
