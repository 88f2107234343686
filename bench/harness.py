# SPDX-License-Identifier: Apache-2.0
"""What the benches share: run whole commands in turn, compare medians, print one table.

A figure alone says little on a machine whose speed drifts. So the commands that are compared
run in turn, A B A B, and what is quoted is the median of the ratios of neighbours.
"""

import os
import statistics
import subprocess
import sys
import time


class Run:
    """One finished command: wall and processor seconds, and peak memory of its largest process."""

    def __init__(self, argv, **options):
        start = time.monotonic()
        process = subprocess.Popen(argv, **options)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{argv[0]} failed with {process.returncode}: {' '.join(argv)}")
        self.wall = time.monotonic() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss_mib = usage.ru_maxrss / 1024


def in_turn(runs, **commands):
    """Run each command (a function that returns a Run) `runs` times, in turn."""
    results = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            results[name].append(command())
    return results


def ratio(results, ours, peer):
    """How many times our wall time the peer takes: the median over the rounds."""
    return statistics.median(p.wall / o.wall for o, p in zip(results[ours], results[peer]))


def median(runs, figure):
    return statistics.median(getattr(run, figure) for run in runs)


def table(title, header, rows):
    """Print rows of text under a header, columns aligned."""
    cells = [header] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))
    sys.stdout.flush()
