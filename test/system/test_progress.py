# SPDX-License-Identifier: Apache-2.0
"""What is shown while a snapshot is made: a bar on a terminal, lines elsewhere, statements on
demand."""
import contextlib
import fcntl
import json
import os
import select
import signal
import sqlite3
import struct
import subprocess
import termios

import pytest
from conftest import BOUND
from snapshots import ENDLESS, NOTICEABLE, SLOW_FILTER, Site

CLEAR = "\r\x1b[K"


@pytest.fixture
def site(leat):
    site = Site(leat, filter_text=SLOW_FILTER)
    site.use_wal()
    return site


class Terminal:
    """A program whose standard error is a terminal."""

    def __init__(self, args, env, columns):
        self.ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        try:
            self.popen = subprocess.Popen(
                [str(arg) for arg in args], env=env, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=theirs, text=True)
        finally:
            os.close(theirs)
        self.text = ""

    def read(self):
        """More of what it shows; False at the end."""
        assert select.select([self.ours], [], [], BOUND)[0], self.text
        try:
            more = os.read(self.ours, 65536)
        except OSError:  # the other end is closed
            more = b""
        self.text += more.decode()
        return more != b""

    def wait_for(self, text):
        while text not in self.text:
            assert self.read(), self.text

    def wait(self):
        while self.read():
            pass
        stdout = self.popen.communicate(timeout=BOUND)[0]
        return self.popen.returncode, stdout

    def close(self):
        self.popen.kill()
        self.popen.communicate()
        os.close(self.ours)


@contextlib.contextmanager
def terminal(site, *more, columns=80):
    program = Terminal([site.leat.binary, *site.args(*more)], site.leat._env(None), columns)
    try:
        yield program
    finally:
        program.close()


def test_a_bar_is_shown_on_a_terminal_and_taken_away(site):
    site.set_pace(NOTICEABLE)
    with terminal(site) as shown:
        code, stdout = shown.wait()
    assert code == 0 and ": version" in stdout
    bar, *_, rest = shown.text.split(CLEAR)
    assert "\r[" in bar and "%" in bar and "items" in shown.text
    assert rest == ""  # nothing but what the terminal had before


def test_a_bar_is_taken_away_before_an_error(site):
    site.set_pace(ENDLESS)
    with terminal(site) as shown:
        shown.wait_for("%")
        shown.popen.send_signal(signal.SIGINT)
        assert shown.wait() == (1, "")
    assert shown.text.endswith(f"{CLEAR}leat: interrupted\r\n")


def test_waiting_for_a_lock_is_shown_and_can_be_interrupted(leat):
    site = Site(leat)
    with contextlib.closing(sqlite3.connect(site.source, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        with terminal(site, "--busy-timeout", "1h") as shown:
            shown.wait_for("%")
            shown.popen.send_signal(signal.SIGINT)
            assert shown.wait() == (1, "")
    assert shown.text.endswith(f"{CLEAR}leat: interrupted\r\n")
    assert site.listing() == []


def test_a_bar_fits_the_terminal(site):
    site.set_pace(NOTICEABLE)
    with terminal(site, columns=20) as shown:
        assert shown.wait()[0] == 0
    bars = [part.rpartition("\r")[2] for part in shown.text.split("\x1b[K")]
    assert max(map(len, bars)) == 19


def test_quiet_shows_no_bar(site):
    site.set_pace(NOTICEABLE)
    with terminal(site, "--quiet") as shown:
        code, stdout = shown.wait()
    assert (code, shown.text) == (0, "") and ": version" in stdout


def test_short_work_is_not_commented(site):
    assert site.run().stderr == ""


def test_long_work_is_logged_where_there_is_no_terminal(site):
    site.set_pace(ENDLESS)
    quiet = site.start("--quiet", source=site.source)
    site.out = site.out_dir / "second.db"
    loud = site.start("--log-format", "json")
    event = loud.wait_event("snapshot: working", bound=2 * BOUND)
    assert (event["level"], event["stage"], event["name"]) == ("info", "rows", "items")
    assert 0 <= event["percent"] <= 100
    results = [process.stop(signal.SIGINT) for process in (loud, quiet)]
    assert [result.code for result in results] == [1, 1]
    assert [json.loads(line)["msg"] for line in results[0].stderr.splitlines()][-1] == \
        "command failed"
    assert results[1].stderr == "leat: interrupted\n"  # though it worked longer
    assert site.listing() == []


# --trace-sql


def statements(result):
    events = [json.loads(line) for line in result.stderr.splitlines()]
    assert {event["component"] for event in events} == {"sql"}
    return events


def test_statements_are_traced_on_demand(site):
    site.write("INSERT INTO items VALUES (10, 1, 'planted-value', x'00')")
    result = site.run("--trace-sql")
    assert "planted-value" not in result.stderr
    result = site.leat.run(
        "--log-format", "json", *site.args("--trace-sql", "--replace"))
    assert "planted-value" not in result.stderr
    events = statements(result)
    assert {event["msg"] for event in events} <= {"sql: statement", "sql: slow statement"}
    for event in events:
        assert event["op"] in ("Exec", "Query")
        assert event["duration_us"] >= 0
        assert "error" not in event
        assert not (event["query"].startswith("PRAGMA ") and event["duration_us"] < 10000)
        assert event["level"] == ("warn" if event["duration_us"] > 100000 else "debug")
    texts = " ".join(event["query"] for event in events)
    for text in ("BEGIN", "ATTACH", "CREATE TABLE", "INSERT", "CREATE INDEX", "COMMIT"):
        assert text in texts


def test_a_slow_statement_is_a_warning(site):
    site.set_pace(18)
    events = statements(site.leat.run("--log-format", "json", *site.args("--trace-sql")))
    slow = [event for event in events if event["level"] == "warn"]
    assert slow and all(event["msg"] == "sql: slow statement" for event in slow)
    assert all(event["duration_us"] > 100000 for event in slow)


def test_a_failed_statement_is_an_error(site):
    site.set_pace(ENDLESS)
    result = site.leat.run(
        "--log-format", "json", *site.args("--trace-sql", "--timeout", "50ms"), ok=False)
    *traced, last = [json.loads(line) for line in result.stderr.splitlines()]
    failed = [event for event in traced if event["level"] == "error"]
    assert failed[0]["msg"] == "sql: statement failed" and failed[0]["component"] == "sql"
    assert failed[0]["query"].startswith("INSERT ") and failed[0]["error"] == "interrupted"
    assert last["msg"] == "command failed" and "not done after 50 ms" in last["error"]


def test_without_it_nothing_is_traced(site):
    result = site.leat.run("--log-level", "debug", *site.args())
    assert "sql" not in result.stderr
