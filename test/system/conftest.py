# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: the real program, started as a user would, and database files.

Meson sets LEAT_BIN. LEAT_TEST_DATA is where the real databases and recorded quotes are; tests
that need them skip without it. LEAT_NO_SKIP=1 makes a skipped case a failure. LEAT_TEST_SLOW
multiplies every bound, for builds that are slow on purpose.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

BOUND = 30 * float(os.environ.get("LEAT_TEST_SLOW", "1"))  # seconds; for what takes moments

# A finding of a sanitizer ends the program by a signal, which no test takes for a refusal.
SANITIZERS = "halt_on_error=1:abort_on_error=1"


@dataclasses.dataclass
class Result:
    """A program that has ended. `code` is negative if a signal ended it."""

    args: list
    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        return f"{self.args} -> {self.code}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


class Process:
    """A program that runs. Its lines are collected as they come."""

    def __init__(self, args, cwd, env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
        self.args = [str(arg) for arg in args]
        self.popen = subprocess.Popen(
            self.args, cwd=cwd, env=env, stdin=stdin, stdout=stdout,
            stderr=subprocess.PIPE, text=True, errors="surrogateescape", start_new_session=True)
        self.changed = threading.Condition()
        self.lines = {"stdout": [], "stderr": []}
        self.seen = {"stdout": 0, "stderr": 0}  # lines that a wait_ has passed over
        self.readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True) for name in self.lines]
        for reader in self.readers:
            reader.start()

    def _read(self, name):
        for line in getattr(self.popen, name) or ():  # None if it goes elsewhere
            with self.changed:
                self.lines[name].append(line)
                self.changed.notify_all()
        with self.changed:
            self.lines[name].append(None)  # the end
            self.changed.notify_all()

    def _text(self, name):
        return "".join(line for line in self.lines[name] if line is not None)

    def _result(self, code):
        return Result(self.args, code, self._text("stdout"), self._text("stderr"))

    def _wait_for(self, judge, what, stream, bound):
        """The first thing but None that judge() makes of a line that was not passed over yet."""
        end = time.monotonic() + bound
        with self.changed:
            while True:
                lines = self.lines[stream]
                while self.seen[stream] < len(lines):
                    line = lines[self.seen[stream]]
                    if line is None:
                        raise AssertionError(f"ended without {what}\n{self._result(None)}")
                    self.seen[stream] += 1
                    if (found := judge(line.rstrip("\n"))) is not None:
                        return found
                if not self.changed.wait(end - time.monotonic()):
                    raise AssertionError(f"no {what} in {bound} s\n{self._result(None)}")

    def wait_line(self, pattern, stream="stderr", bound=BOUND):
        """Wait for a line that the pattern is found in; the match. Earlier lines are passed over."""
        return self._wait_for(re.compile(pattern).search, f"line like {pattern!r}", stream, bound)

    def wait_event(self, msg=None, stream="stderr", bound=BOUND, **fields):
        """Wait for a line of JSON (--log-format json) with this "msg" and these members; the
        object. Lines that are not JSON are passed over."""
        wanted = fields if msg is None else {"msg": msg, **fields}

        def judge(line):
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and wanted.items() <= event.items():
                    return event
            return None

        return self._wait_for(judge, f"event {wanted}", stream, bound)

    def send(self, number):
        self.popen.send_signal(number)

    def wait(self, bound=BOUND):
        """Wait for the end; everything it wrote."""
        try:
            code = self.popen.wait(bound)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {bound} s\n{self._result(None)}") from None
        for reader in self.readers:
            reader.join(bound)
        return self._result(code)

    def stop(self, number=signal.SIGTERM, bound=BOUND):
        """Ask it to end, and wait."""
        self.send(number)
        return self.wait(bound)

    def kill(self):
        """End it, and what it may have started, whatever happens."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        for reader in self.readers:
            reader.join(BOUND)
        if not any(reader.is_alive() for reader in self.readers):
            for stream in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
                if stream:
                    stream.close()


class Leat:
    """Starts the program in a directory of its own; `dir`, where relative paths lead."""

    def __init__(self, binary, directory):
        self.binary = binary
        self.dir = directory
        self.prefix = []
        self.processes = []
        (directory / "tmp").mkdir()

    def _env(self, more):
        env = {key: value for key, value in os.environ.items() if not key.startswith("LEAT_")}
        env |= {
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.dir),
            "TMPDIR": str(self.dir / "tmp"),
            "ASAN_OPTIONS": env.get("ASAN_OPTIONS") or SANITIZERS,
            "UBSAN_OPTIONS": env.get("UBSAN_OPTIONS") or SANITIZERS + ":print_stacktrace=1",
        }
        return env | {key: str(value) for key, value in (more or {}).items()}

    @contextlib.contextmanager
    def through(self, *prefix):
        """Start it through another program, which changes what it may do."""
        self.prefix = prefix
        yield
        self.prefix = []

    def start(self, *args, env=None, cwd=None, **streams):
        """Start it; the Process. It is killed at the end of the test if it still runs."""
        process = Process([*self.prefix, self.binary, *args], cwd or self.dir, self._env(env), **streams)
        self.processes.append(process)
        return process

    def run(self, *args, ok=True, env=None, cwd=None, bound=BOUND, **streams):
        """Run it to its end; the Result. It must exit with 0; with ok=False, it must refuse
        (exit with 1 or 2); with ok=None, anything goes."""
        result = self.start(*args, env=env, cwd=cwd, **streams).wait(bound)
        wanted = {True: (0,), False: (1, 2), None: (result.code,)}[ok]
        assert result.code in wanted, str(result)
        return result

    def close(self):
        for process in self.processes:
            process.kill()


@pytest.fixture
def leat(tmp_path):
    program = Leat(os.environ["LEAT_BIN"], tmp_path)
    yield program
    program.close()


@pytest.fixture(scope="session")
def data():
    """The directory of real databases and recorded quotes."""
    path = pathlib.Path(os.environ.get("LEAT_TEST_DATA") or "/nonexistent")
    if not path.is_dir():
        pytest.skip("LEAT_TEST_DATA names no directory")
    return path


def make_db(path, sql):
    """A SQLite file made by a script; its path."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(sql)
    return path


def rows(path, sql, *values):
    """What a query finds in a SQLite file, opened read-only."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute(sql, values).fetchall()


def sqlite_shell(path, *commands):
    """What the sqlite3 shell prints: a second opinion, from a program that is not ours."""
    return subprocess.run(
        ["sqlite3", "-batch", "-bail", path, *commands], stdin=subprocess.DEVNULL, check=True,
        capture_output=True, text=True, errors="surrogateescape", timeout=BOUND).stdout


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("LEAT_NO_SKIP") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, and LEAT_NO_SKIP is set: {report.longrepr}"
