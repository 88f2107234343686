#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write to a database until standard input ends, then say how it went.

    sqlite_writer.py DATABASE

Each transaction moves an amount from a row of one table to a row of another, so that the sum over
both is always the same, and adds one to the number in a third. Prints "writing" after the first
transaction, and at the end {"commits": N, "busy": N, "errors": [...]}; one that was refused
because the database is locked is tried again.
"""
import json
import random
import select
import sqlite3
import sys

ROWS = 200


def main():
    db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
    db.execute("PRAGMA synchronous = OFF")
    commits, busy, errors = 0, 0, []
    pick = random.Random(1)
    while not select.select([sys.stdin], [], [], 0)[0]:
        amount, a, b = pick.randint(1, 9), pick.randint(1, ROWS), pick.randint(1, ROWS)
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("UPDATE a SET v = v - ? WHERE id = ?", (amount, a))
            db.execute("UPDATE moved SET n = n + 1")
            db.execute("UPDATE b SET v = v + ? WHERE id = ?", (amount, b))
            db.execute("COMMIT")
            commits += 1
            if commits == 1:
                print("writing", flush=True)
        except sqlite3.OperationalError as e:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if "locked" in str(e):
                busy += 1
            else:
                errors.append(str(e))
    print(json.dumps({"commits": commits, "busy": busy, "errors": errors}), flush=True)


if __name__ == "__main__":
    main()
