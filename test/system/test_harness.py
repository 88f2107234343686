# SPDX-License-Identifier: Apache-2.0
"""The harness itself, with the shell in the place of the program."""
import signal

import pytest
from conftest import Leat, make_db, rows, sqlite_shell


@pytest.fixture
def sh(tmp_path):
    program = Leat("/bin/sh", tmp_path)
    yield program
    program.close()


def test_a_result_has_everything(sh):
    result = sh.run("-c", 'echo \'{"a":1}\'; echo no >&2')
    assert (result.code, result.json, result.stderr) == (0, {"a": 1}, "no\n")
    assert sh.run("-c", "exit 2", ok=False).code == 2


@pytest.mark.parametrize("ok, script", [
    (True, "exit 1"),
    (False, "exit 0"),
    (False, "exit 3"),
    (False, "kill -ABRT $$"),
])
def test_another_end_than_expected_fails(sh, ok, script):
    with pytest.raises(AssertionError, match="stderr\n *why"):
        sh.run("-c", f"echo why >&2; {script}", ok=ok)


def test_lines_and_events_are_waited_for(sh):
    process = sh.start("-c", """
        echo 'listening on 7' >&2; echo out
        echo '{"msg":"published","version":1}' >&2; echo '{"msg":"published","version":2}' >&2
        trap 'echo bye; exit 5' TERM; echo ready >&2; while :; do read x; done
        """, stdin=-1)
    assert process.wait_line(r"on (\d+)")[1] == "7"
    assert process.wait_line("^out$", stream="stdout")
    assert process.wait_event("published", version=2)["version"] == 2
    assert process.wait_line("ready")
    process.send(signal.SIGTERM)
    process.popen.stdin.close()
    assert process.wait_line("bye", stream="stdout")
    assert process.wait().code == 5


def test_waiting_is_bounded_and_says_what_there_was(sh):
    process = sh.start("-c", "echo something >&2; read x", stdin=-1)
    process.wait_line("something")
    with pytest.raises(AssertionError, match="no line like 'nothing' in 0.1 s(.|\n)*something"):
        process.wait_line("nothing", bound=0.1)
    with pytest.raises(AssertionError, match="still running"):
        process.wait(bound=0.1)
    process.popen.stdin.close()
    with pytest.raises(AssertionError, match="ended without"):
        process.wait_line("nothing")


def test_what_a_test_leaves_is_killed(sh):
    process = sh.start("-c", "cat & echo started; exec cat", stdin=-1)
    process.wait_line("started", stream="stdout")
    sh.close()
    assert process.popen.returncode == -signal.SIGKILL
    # Its child held the other ends of the pipes.
    assert not any(reader.is_alive() for reader in process.readers)


def test_database_helpers_agree(tmp_path):
    path = make_db(tmp_path / "a.db", "CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x');")
    assert rows(path, "SELECT * FROM t WHERE a = ?", 1) == [(1, "x")]
    assert sqlite_shell(path, "SELECT * FROM t") == "1|x\n"


def test_real_data_is_there(data):
    assert (data / "sqlite").is_dir()
