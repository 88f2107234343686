# SPDX-License-Identifier: Apache-2.0
"""The kill points themselves, tried on a small program that replaces a file as one should."""
import errno
import os
import subprocess

import pytest
from conftest import BOUND
from killpoints import KillPoints

CALLS = 12  # as they are numbered in writer.c
IN_CHILD = (9, 10)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path


@pytest.fixture
def points(place):
    return KillPoints(place / "in", place / "count")


def prepare(place):
    for file in (place / "in").iterdir():
        file.unlink()
    (place / "in" / "out").write_text("old")


def write(place, env):
    return subprocess.run(
        [os.environ["LEAT_WRITER"], place / "in", place / "elsewhere"], env=os.environ | env,
        capture_output=True, text=True, timeout=BOUND)


def test_every_change_counts_and_nothing_else(place, points):
    prepare(place)
    done = write(place, points.env())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert points.reached() == CALLS
    assert (place / "in" / "out").read_text() == "new content"


def test_each_call_can_be_the_last(place, points):
    killed = []
    for n, done in points.every(lambda: prepare(place), lambda env: write(place, env)):
        killed.append(n)
        if n in IN_CHILD:
            assert (done.returncode, done.stdout) == (0, "child: signal 9\n")
        else:
            assert done.returncode == -9
            assert points.reached() == n
        # Call 7 is the rename: killed before it, the old content is there.
        assert (place / "in" / "out").read_text() == ("old" if n <= 7 else "new content")
    assert killed == list(range(1, CALLS + 1))


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO])
def test_each_call_can_fail(place, points, error):
    name = errno.errorcode[error]
    for n, done in points.every(lambda: prepare(place), lambda env: write(place, env), error):
        assert done.stdout.endswith(f": {name}\n")
        assert done.returncode == (0 if n in IN_CHILD else 1)


def test_many_calls_are_sampled(place, points, monkeypatch):
    def chosen():
        return [n for n, _ in points.every(
            lambda: prepare(place), lambda env: write(place, env), most=5)]

    monkeypatch.setenv("LEAT_TEST_SEED", "7")
    first = chosen()
    assert len(first) == 5
    assert chosen() == first
