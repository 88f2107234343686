# SPDX-License-Identifier: Apache-2.0
"""Source databases of a given size, and the filters that the benches put on them."""

import subprocess

TABLES = 10
ROW_BYTES = 329  # of a source, for each row: its record and its index entry


def make_source(path, size):
    """Ten tables of about `size` bytes in all; three rows of ten are public."""
    rows = size // TABLES // ROW_BYTES
    script = ["PRAGMA journal_mode=WAL;", "PRAGMA synchronous=OFF;"]
    for i in range(TABLES):
        script.append(
            f"CREATE TABLE t{i}(id INTEGER PRIMARY KEY, owner TEXT NOT NULL,"
            f" visibility TEXT NOT NULL, score REAL, created INTEGER, body TEXT);"
            f"BEGIN; INSERT INTO t{i} SELECT value, 'owner ' || (value % 1000),"
            f" CASE WHEN (value * 7919) % 10 < 3 THEN 'public' ELSE 'private' END, value * 0.5,"
            f" 1700000000 + value, hex(randomblob(130)) FROM generate_series(1, {rows}); COMMIT;"
            f"CREATE INDEX t{i}_created ON t{i}(created);"
        )
    subprocess.run(["sqlite3", path], input="\n".join(script), text=True, check=True,
                   stdout=subprocess.DEVNULL)


def whole_tables(path):
    """A filter that admits three of the ten tables."""
    write(path, "".join(f"  - name: t{i}\n" for i in range(3)))


def row_filters(path):
    """A filter that admits three rows of ten in every table."""
    write(path, "".join(f"  - name: t{i}\n    where: visibility = 'public'\n"
                        for i in range(TABLES)))


def write(path, tables):
    with open(path, "w", encoding="utf-8") as file:
        file.write("tables:\n" + tables)


def reference_statements(filter_name):
    """What the reference does to its copy, for the sqlite3 shell."""
    opening = ("PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA foreign_keys=OFF;"
               " PRAGMA synchronous=NORMAL;\n")
    if filter_name == "whole tables":
        steps = [f"DROP TABLE t{i};" for i in range(3, TABLES)]
    else:
        steps = [f"BEGIN IMMEDIATE; DELETE FROM t{i} WHERE NOT (visibility = 'public'); COMMIT;"
                 for i in range(TABLES)]
    return opening + "\n".join(steps) + "\nVACUUM;\n"
