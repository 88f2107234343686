# SPDX-License-Identifier: Apache-2.0
"""The command line as a whole: what holds before any command does its work."""
import re

import pytest


def test_version_is_one_line(leat):
    result = leat.run("--version")
    assert re.fullmatch(r"leat \d+\.\d+\.\d+\n", result.stdout)
    assert result.stderr == ""


def test_help_goes_to_standard_output_and_names_the_commands(leat):
    result = leat.run("--help")
    for command in ("snapshot", "check", "ca init", "ca issue", "demo"):
        assert re.search(rf"^ +{command}\b", result.stdout, re.M), command
    assert result.stderr == ""


def test_every_command_that_help_names_has_help(leat):
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", leat.run("--help").stdout, re.M)
    assert commands
    for command in commands:
        assert command.split()[-1] in leat.run(*command.split(), "--help").stdout


@pytest.mark.parametrize("args, complaint", [
    ([], "command"),
    (["frobnicate"], '"frobnicate"'),
    (["--frobnicate"], "frobnicate"),
    (["snapshot", "--frobnicate"], "frobnicate"),
    (["snapshot", "--filter", "f.yaml", "back.db", ""], "argument 2 is empty"),
])
def test_wrong_usage_exits_with_2_and_says_what_was_wrong(leat, args, complaint):
    result = leat.run(*args, ok=False)
    assert result.code == 2
    assert complaint in result.stderr
    assert result.stdout == ""


def test_a_closed_standard_output_is_a_failure(leat):
    with open("/dev/full", "w") as full:
        result = leat.run("--help", ok=False, stdout=full)
    assert result.code == 1
