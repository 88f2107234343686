#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Read a replica until standard input ends, as a reader of the reference would.

    sqlite_reader.py DATABASE anew|held

Opens it each time anew, or once for several reads. Prints "reading" after the first one, and at
the end {"reads": N, "seen": [versions in order], "errors": [...]}.
"""
import contextlib
import json
import select
import sqlite3
import sys

READS_HELD = 20


def subscribe(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    for pragma in ("busy_timeout = 5000", "foreign_keys = 1", "journal_mode = WAL"):
        db.execute(f"PRAGMA {pragma}").fetchall()
    return db


def read(db):
    """The number that all rows of both tables carry."""
    found = db.execute("SELECT n FROM item UNION SELECT n FROM again").fetchall()
    if len(found) != 1:
        raise ValueError(f"torn: {found}")
    if db.execute("SELECT count(*) FROM item").fetchall() != [(150,)]:
        raise ValueError("not whole")
    return found[0][0]


def main():
    path, how = sys.argv[1:]
    reads, seen, errors = 0, [], []
    while not errors and not select.select([sys.stdin], [], [], 0)[0]:
        try:
            with contextlib.closing(subscribe(path)) as db:
                first = read(db)
                for _ in range(READS_HELD if how == "held" else 0):
                    reads += 1
                    if read(db) != first:
                        raise ValueError("a held connection changed its version")
        except (sqlite3.Error, ValueError) as e:
            errors.append(str(e))
            break
        reads += 1
        if not seen or seen[-1] != first:
            seen.append(first)
        if reads and len(seen) == 1 and reads < 50:
            print("reading", flush=True)
    print(json.dumps({"reads": reads, "seen": seen, "errors": errors}), flush=True)


if __name__ == "__main__":
    main()
