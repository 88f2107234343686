#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""leat snapshot against the method of the reference, driven through the sqlite3 shell.

usage: snapshot.py LEAT [--size BYTES] [--runs N] [--dir DIR]

The reference copies everything (VACUUM INTO), drops and deletes what may not leave, compacts
(VACUUM), and computes the digest. Both end with the result on the disk. The plain copy of the
same bytes is the limit: nothing can be faster than writing the result.
"""

import argparse
import os
import shutil
import subprocess
import tempfile

import harness
import shapes


def reference(source, out, statements):
    script = f"""
set -e
rm -f "{out}.tmp" "{out}.tmp-wal" "{out}.tmp-shm"
sqlite3 "{source}" "VACUUM INTO '{out}.tmp'"
sqlite3 "{out}.tmp" < "{statements}" > /dev/null
sha256sum "{out}.tmp" > /dev/null
sync "{out}.tmp"
mv "{out}.tmp" "{out}"
sync "$(dirname "{out}")"
"""
    return harness.Run(["bash", "-c", script])


def ours(leat, source, out, filter_path):
    for suffix in ("", ".meta"):
        if os.path.exists(out + suffix):
            os.unlink(out + suffix)
    return harness.Run([leat, "snapshot", "--quiet", "--filter", filter_path, source, out],
                       stdout=subprocess.DEVNULL)


def copy(source, out):
    return harness.Run(["bash", "-c", f'cp "{source}" "{out}" && sync "{out}"'])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("leat")
    parser.add_argument("--size", type=int, default=10**9)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dir", help="where the databases are made; a temporary directory")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="leat-bench-", dir=options.dir)
    try:
        bench(options, directory)
    finally:
        shutil.rmtree(directory)


def bench(options, directory):
    source = os.path.join(directory, "source.db")
    print(f"making a source of {options.size / 1e9:g} GB", flush=True)
    shapes.make_source(source, options.size)
    rows = []
    for name, write_filter in (("whole tables", shapes.whole_tables),
                               ("row filters", shapes.row_filters)):
        filter_path = os.path.join(directory, "filter.yaml")
        statements = os.path.join(directory, "reference.sql")
        write_filter(filter_path)
        with open(statements, "w", encoding="utf-8") as file:
            file.write(shapes.reference_statements(name))
        our_out, peer_out = os.path.join(directory, "our.db"), os.path.join(directory, "peer.db")
        ours(options.leat, source, our_out, filter_path)  # warm-up: the source is in memory
        results = harness.in_turn(
            options.runs,
            leat=lambda: ours(options.leat, source, our_out, filter_path),
            reference=lambda: reference(source, peer_out, statements),
            copy=lambda: copy(our_out, os.path.join(directory, "copy.db")),
        )
        for who in ("leat", "reference", "copy"):
            rows.append([name, who, f"{harness.median(results[who], 'wall'):.2f}",
                         f"{harness.median(results[who], 'cpu'):.2f}",
                         f"{harness.median(results[who], 'rss_mib'):.0f}",
                         f"{harness.ratio(results, 'leat', who):.2f}"])
    harness.table("snapshot: medians of whole processes, result on disk",
                  ["filter", "who", "wall s", "cpu s", "RSS MiB", "wall / leat's"], rows)


if __name__ == "__main__":
    main()
