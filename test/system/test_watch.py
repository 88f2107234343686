# SPDX-License-Identifier: Apache-2.0
"""`leat snapshot --watch`: the output follows the source, whatever happens to it, to us, and to
the process that builds."""
import contextlib
import json
import os
import signal
import sqlite3
import threading

import pytest
from conftest import make_db
from snapshots import AT_ONCE, ENDLESS, SLOW_FILTER, SOURCE, Site, children, ending, kill

QUICK = ["--watch", "--interval", "20ms", "--debounce", "0s"]


@pytest.fixture
def site(leat):
    return Site(leat)


@pytest.fixture
def slow(leat):
    """A site whose build ends when the table "pace" says so."""
    site = Site(leat, filter_text=SLOW_FILTER)
    site.use_wal()
    return site


def published(watch):
    """Wait for a version that is new."""
    return watch.wait_line(r": version (\d+)", stream="stdout")[1]


def ends_well(site, watch, number=signal.SIGTERM):
    result = watch.stop(number)
    assert (result.code, result.stderr) == (0, ""), str(result)
    site.check_whole()


def until_building(process, builds=1):
    """Wait until this build is about to copy rows; it was started with --trace-sql."""
    for _ in range(builds):
        process.wait_line(r"query=\"CREATE TABLE .*\bitems\b")


# The source changes.


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_change_from_another_process_is_published(site, journal):
    if journal == "WAL":
        site.use_wal()
    watch = site.start(*QUICK)
    published(watch)
    for i in range(3):
        site.write(f"INSERT INTO items VALUES ({10 + i}, 1, 'item {i}', '')")
        published(watch)
        assert site.names()[-1] == f"item {i}"
    site.write("DELETE FROM items WHERE id > 1")
    published(watch)
    assert site.names() == ["first"]
    ends_well(site, watch)


def test_what_nobody_may_see_changes_nothing(site):
    watch = site.start(*QUICK)
    published(watch)
    before, meta = os.stat(site.out), site.meta()
    site.write("UPDATE items SET name = 'still hidden' WHERE id = 2",
               "CREATE TABLE private(x)", "INSERT INTO private VALUES (1)")
    watch.wait_line("unchanged", stream="stdout")
    now = os.stat(site.out)
    assert (now.st_ino, now.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    # Only how current it is, is known better.
    position = site.meta()["position"]
    assert int(position.split(":")[1]) > int(meta["position"].split(":")[1])
    assert dict(meta, position=position) == site.meta()
    ends_well(site, watch)


def test_many_changes_at_once_are_one_build(site):
    site.use_wal()
    watch = site.start("--watch", "--debounce", "500ms", "--max-delay", "1h")
    published(watch)
    for i in range(100):
        site.write(f"INSERT INTO items VALUES ({10 + i}, 1, 'item {i}', '')")
    while "item 99" not in site.names():
        published(watch)
    result = watch.stop()
    assert result.stdout.count(": version") < 50, str(result)


def test_changes_that_never_cease_are_published_all_the_same(site):
    site.use_wal()
    watch = site.start("--watch", "--debounce", "500ms", "--max-delay", "500ms")
    published(watch)
    enough = threading.Event()

    def write():
        with contextlib.closing(sqlite3.connect(site.source, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            while not enough.is_set():
                db.execute("UPDATE items SET name = name || '.' WHERE id = 1")
                db.execute("UPDATE items SET name = 'first' WHERE length(name) > 1000")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        published(watch)
        published(watch)
    finally:
        enough.set()
        writer.join()
    ends_well(site, watch)


def test_a_source_replaced_by_another_file_is_followed(site):
    watch = site.start(*QUICK)
    published(watch)
    incarnation = site.meta()["position"].split(":")[0]
    for i in range(2):
        other = make_db(site.leat.dir / "other.db", SOURCE + f"""
            INSERT INTO items VALUES (10, 1, 'of file {i}', '');""")
        other.rename(site.source)
        published(watch)
        assert site.names()[-1] == f"of file {i}"
        assert site.meta()["position"].split(":")[0] != incarnation
    site.write("INSERT INTO items VALUES (11, 1, 'later', '')")
    published(watch)
    assert site.names()[-1] == "later"
    ends_well(site, watch)


def test_a_filter_that_does_not_fit_for_a_while(site):
    watch = site.start(*QUICK)
    published(watch)
    before = site.content()
    site.write("ALTER TABLE items RENAME TO gone")
    watch.wait_line(r'failed, waiting for the next change.*table \\"items\\" is refused')
    assert site.content() == before
    site.write("ALTER TABLE gone RENAME TO items", "UPDATE items SET name = 'again' WHERE id = 3")
    published(watch)
    assert site.names() == ["first", "again"]
    assert watch.stop().code == 0
    site.check_whole()


def test_a_filter_that_never_fitted_ends_it(site):
    site.write("DROP TABLE items")
    result = site.run("--watch", ok=False)
    assert result.code == 2
    assert '"items"' in result.stderr and result.stderr.startswith("leat: ")
    assert site.listing() == []


def test_json_is_one_object_a_line(site):
    watch = site.start(*QUICK, "--json")
    watch.wait_line("{", stream="stdout")
    for i in range(2):
        site.write(f"INSERT INTO items VALUES ({10 + i}, 1, 'item {i}', '')")
        watch.wait_line("{", stream="stdout")
    site.write("UPDATE items SET name = 'still hidden' WHERE id = 2")
    watch.wait_line("{", stream="stdout")
    result = watch.stop()
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(told) == 4
    for meta in told:
        assert list(meta) == ["version", "hash", "size", "timestamp", "compressed", "position"]
        assert meta["compressed"] is False
    assert told[-1] == site.meta()
    assert told[-1] == told[-2] | {"position": told[-1]["position"]}  # the same, seen later
    assert [meta["version"] for meta in told[:3]] == sorted({meta["version"] for meta in told})


# Ending.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_ends_when_it_is_told_to(site, number):
    watch = site.start(*QUICK)
    published(watch)
    ends_well(site, watch, number)
    assert children(watch.popen.pid) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_watch_that_builds_ends_without_it(slow, number):
    watch = slow.start(*QUICK, "--trace-sql")
    published(watch)
    before = slow.content()
    slow.set_pace(ENDLESS)
    until_building(watch, builds=2)
    assert watch.stop(number).code == 0
    assert slow.content() == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_single_snapshot_is_interrupted(slow, number):
    slow.run()
    before = slow.content()
    slow.set_pace(ENDLESS)
    snapshot = slow.start("--trace-sql")
    until_building(snapshot)
    result = snapshot.stop(number)
    assert result.code == 1
    assert result.stderr.endswith("\nleat: interrupted\n"), str(result)
    assert result.stdout == ""
    assert slow.content() == before


def test_a_hangup_changes_nothing(site):
    watch = site.start(*QUICK)
    published(watch)
    watch.send(signal.SIGHUP)
    site.write("INSERT INTO items VALUES (10, 1, 'later', '')")
    published(watch)
    ends_well(site, watch)


# Processes die.


def test_a_worker_that_was_killed_is_told_and_tried_again(slow):
    watch = slow.start(*QUICK, "--trace-sql")
    published(watch)
    before = slow.content()
    slow.set_pace(ENDLESS)
    until_building(watch, builds=2)
    worker, = children(watch.popen.pid)
    kill(worker)
    assert "signal 9 (Killed)" in watch.wait_line("failed, trying again").string
    assert slow.out.read_bytes() == before["public.db"]
    slow.write("DELETE FROM pace WHERE step > 1", "INSERT INTO items VALUES (10, 1, 'later', '')")
    published(watch)
    assert slow.names()[-1] == "later"
    assert watch.stop().code == 0
    slow.check_whole()  # what the dead worker left is gone, too


def test_a_worker_that_was_killed_ends_a_single_snapshot(slow):
    slow.set_pace(ENDLESS)
    snapshot = slow.start("--trace-sql")
    until_building(snapshot)
    worker, = children(snapshot.popen.pid)
    kill(worker, signal.SIGUSR1)
    result = snapshot.wait()
    assert result.code == 1
    assert "ended without an answer: signal 10 (User defined signal 1)" in result.stderr
    assert slow.listing() == []


def test_no_worker_outlives_the_one_who_started_it(slow):
    slow.set_pace(ENDLESS)
    snapshot = slow.start("--trace-sql")
    until_building(snapshot)
    worker, = children(snapshot.popen.pid)
    with ending(worker):
        kill(snapshot.popen.pid)
    assert slow.listing() == []


def test_what_was_left_is_removed_by_the_next_snapshot(slow):
    slow.set_pace(ENDLESS)
    snapshot = slow.start("--trace-sql")
    until_building(snapshot)
    worker, = children(snapshot.popen.pid)
    kill(snapshot.popen.pid, signal.SIGSTOP)
    with ending(worker):
        kill(worker)
    kill(snapshot.popen.pid)
    snapshot.wait()
    left, = slow.listing()
    assert left.startswith(".public.db.") and left.endswith(".tmp")
    slow.set_pace(AT_ONCE)
    slow.run()
    slow.check_whole()


def test_a_snapshot_leaves_the_work_of_another_alone(slow):
    """The file of a build that runs is not taken for one that was left."""
    slow.set_pace(ENDLESS)
    watch = slow.start(*QUICK, "--trace-sql")
    until_building(watch)
    (slow.leat.dir / "quick.yaml").write_text("tables: [{name: items}]\n")
    slow.leat.run("snapshot", "--filter", "quick.yaml", slow.source, slow.out)
    assert len(slow.listing()) == 3
    assert watch.stop().code == 0
    slow.check_whole()
