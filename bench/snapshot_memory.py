#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Memory of leat snapshot on large sources, and of the sqlite3 shell copying the same.

usage: snapshot_memory.py LEAT [--sizes BYTES,…] [--dir DIR]
"""

import argparse
import os
import shutil
import subprocess
import tempfile

import harness
import shapes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("leat")
    parser.add_argument("--sizes", default="2000000000,8000000000")
    parser.add_argument("--dir", help="where the databases are made; a temporary directory")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="leat-bench-", dir=options.dir)
    rows = []
    try:
        for size in (int(text) for text in options.sizes.split(",")):
            rows += measure(options.leat, directory, size)
    finally:
        shutil.rmtree(directory)
    harness.table("snapshot: peak memory of the largest process, three rows of ten admitted",
                  ["source", "who", "RSS MiB", "wall s"], rows)


def measure(leat, directory, size):
    source, out = os.path.join(directory, f"{size}.db"), os.path.join(directory, "out.db")
    filter_path = os.path.join(directory, "filter.yaml")
    print(f"making a source of {size / 1e9:g} GB", flush=True)
    shapes.make_source(source, size)
    shapes.row_filters(filter_path)
    ours = harness.Run([leat, "snapshot", "--quiet", "--filter", filter_path, source, out],
                       stdout=subprocess.DEVNULL)
    os.unlink(out)
    peer = harness.Run(["sqlite3", source, f"VACUUM INTO '{out}'"])
    label = f"{os.path.getsize(source) / 1e9:.1f} GB"
    os.unlink(out)
    os.unlink(source)
    return [[label, "leat", f"{ours.rss_mib:.0f}", f"{ours.wall:.1f}"],
            [label, "sqlite3 VACUUM INTO", f"{peer.rss_mib:.0f}", f"{peer.wall:.1f}"]]


if __name__ == "__main__":
    main()
