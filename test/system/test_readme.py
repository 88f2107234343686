# SPDX-License-Identifier: Apache-2.0
"""The documents: what README.md tells a new user to type works and prints what it says, and
nothing that the documents point at is missing."""
import os
import pathlib
import re
import subprocess

import pytest
from conftest import BOUND

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [path.relative_to(ROOT).as_posix()
             for path in [*ROOT.glob("*.md"), *ROOT.glob("doc/**/*.md")]]

# A step of the walk-through: a block of commands marked "run", and what they print.
STEP = re.compile(r"^```sh run\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.M | re.S)

# What differs from run to run: days, digests, times, durations.
VARIES = re.compile(r"\d{4}-\d\d-\d\d|\b[0-9a-f]{64}\b|\b[0-9a-f]{16}:\d+|\b\d{10,}\b|\b\d+ ms\b")

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
PLACE = re.compile(
    r"`((?:src|include|test|tools|doc|examples|bench|po)/(?!\S*[A-Z]{2})[\w./-]*\w|\.ci/run)`")


def test_the_walk_through_prints_what_it_says(tmp_path):
    steps = STEP.findall((ROOT / "README.md").read_text())
    assert len(steps) > 5
    env = dict(os.environ, LC_ALL="C.UTF-8")
    env["PATH"] = f"{pathlib.Path(os.environ['LEAT_BIN']).parent}:{env['PATH']}"
    for commands, printed in steps:
        run = subprocess.run(["sh", "-e"], input=commands, cwd=tmp_path, env=env, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=BOUND)
        assert run.returncode == 0, commands + run.stdout
        if printed:
            assert VARIES.sub("#", run.stdout) == VARIES.sub("#", printed), commands


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_points_at_is_there(name):
    text = (ROOT / name).read_text()
    links = [(ROOT / name).parent / link for link in LINK.findall(text)]
    places = [ROOT / place for place in PLACE.findall(text)]
    assert [str(path) for path in links + places if not path.exists()] == []
