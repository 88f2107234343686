#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The program itself: exit status, where errors go, and which language they are in.

    test_main.py PROGRAM POT LOCALEDIR VERSION

PROGRAM looks for its translations in LOCALEDIR. There this puts a language in which every
sentence is its English form between "<" and ">", made from POT by gettext's own tools.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

PROGRAM, POT, LOCALEDIR, VERSION = sys.argv[1:]
ENGLISH = {"LC_ALL": "C"}
# C.UTF-8 is a locale like others: only "C" itself keeps LANGUAGE from being looked at.
PSEUDO = {"LC_ALL": "C.UTF-8", "LANGUAGE": "xx"}


def run(*args, env=ENGLISH, **more):
    return subprocess.run(
        [PROGRAM, *args], env={"PATH": os.environ["PATH"], **env}, text=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=more.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
    )


def make_language():
    """Every sentence between "<" and ">"; a trailing newline stays where msgfmt wants it."""
    folder = pathlib.Path(LOCALEDIR, "xx", "LC_MESSAGES")
    folder.mkdir(parents=True, exist_ok=True)
    header, entries = pathlib.Path(POT).read_text().split("\n\n", 1)
    header = header.replace("nplurals=INTEGER; plural=EXPRESSION", "nplurals=2; plural=n != 1")
    header = header.replace("#, fuzzy\n", "")
    out = [header]
    for entry in entries.strip("\n").split("\n\n"):
        comments = re.findall(r"^#.*\n", entry, re.M)
        texts = re.findall(r'^(msgid|msgid_plural) ((?:".*"\n?)+)', entry, re.M)
        lines = comments
        for key, text in texts:
            lines.append(f"{key} {text.strip()}\n")
        for i, (_, text) in enumerate(texts):
            one = "".join(re.findall(r'^"(.*)"$', text, re.M))
            tail = "\\n" if one.endswith("\\n") else ""
            head = "\\n" if one.startswith("\\n") else ""
            one = one[len(head):len(one) - len(tail)] if tail else one[len(head):]
            index = f"[{i}]" if len(texts) > 1 else ""
            lines.append(f'msgstr{index} "{head}<{one}>{tail}"\n')
        out.append("".join(lines))
    subprocess.run(
        ["msgfmt", "--check", "-o", str(folder / "leat.mo"), "-"],
        input="\n\n".join(out) + "\n", text=True, check=True,
    )


def results_go_to_standard_output():
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"leat {VERSION}\n", ""), done
    done = run("--help")
    assert done.returncode == 0 and not done.stderr, done
    assert done.stdout.startswith("Usage: leat [OPTION...] COMMAND [ARGUMENT...]\n"), done
    done = run("docs", "sample", "--help")
    assert done.returncode == 0 and "Usage: leat docs sample [OPTION...] NAME\n" in done.stdout


def wrong_usage_is_told_in_one_line():
    for args, message in [
        ([], 'no command is given; see "leat --help"'),
        (["frobnicate"], 'unknown command "frobnicate"; see "leat --help"'),
        (["docs"], '"docs" is not complete; see "leat docs --help"'),
        (["docs", "women"], 'unknown command "docs women"; see "leat --help"'),
        (["--nonsense"], 'unknown option "--nonsense"'),
        (["docs", "man", "--hlep"],
         'docs man: unknown option "--hlep"; did you mean "--help"?'),
        (["docs", "man", "x"], 'docs man: unexpected argument "x"'),
        (["docs", "sample", "a\nb"], 'no file is called "a?b"'),
        (["--log-level", "loud", "docs", "man"],
         '"log-level" must be one of error, warn, info, debug, not "loud"'),
    ]:
        done = run(*args)
        assert done.returncode == 2 and not done.stdout, done
        assert done.stderr == f"leat: {message}\n", done


def errors_are_json_where_asked_for():
    for args in [
        ["--log-format=json", "docs", "man", "x"],
        ["--log-format", "json", "docs", "man", "x"],
        ["docs", "man", "x", "--log-format", "json"],
        ["docs", "man", "x", "--log-f=json"],
        ["--nonsense", "--log-format", "json"],
        ["docs", "man", "--nonsense", "--log-format=json"],
    ]:
        for env in (ENGLISH, PSEUDO):
            done = run(*args, env=env)
            assert done.returncode == 2 and not done.stdout, done
            line = json.loads(done.stderr)
            assert (line["level"], line["msg"]) == ("error", "command failed"), line
            assert line["code"] == "configuration", line
            assert "<" not in done.stderr, line
    done = run("docs", "man", "x", "--", "--log-format=json")
    assert done.stderr.startswith("leat: "), done


def a_full_disk_and_a_lost_reader_are_failures():
    with open("/dev/full", "w") as full:
        done = run("docs", "man", stdout=full)
    assert done.returncode == 1, done
    assert done.stderr == (
        "leat: could not write to standard output: No space left on device\n"), done
    reader, writer = os.pipe()
    os.close(reader)
    done = run("docs", "man", stdout=writer)
    os.close(writer)
    assert done.returncode == 1, done
    assert done.stderr == "leat: could not write to standard output: Broken pipe\n", done


def speaks_the_language_of_the_reader():
    done = run("--help", env=PSEUDO)
    assert done.returncode == 0, done
    for text in [
        "<Usage:> leat< [OPTION...]> <COMMAND [ARGUMENT...]>\n",
        "<Leat carries every committed change",
        "--log-level=<LEVEL>",
        "<Options of every command:>",
        "<show this help>",
        "(<default info>, <one of error, warn,",
    ]:
        assert " ".join(text.split()) in " ".join(done.stdout.split()), (text, done.stdout)
    done = run("frobnicate", env=PSEUDO)
    assert done.stderr == 'leat: <unknown command "frobnicate"; see "leat --help">\n', done


def numbers_and_names_are_the_same_in_every_language():
    english, pseudo = run("docs", "sample", "filter"), run("docs", "sample", "filter", env=PSEUDO)
    assert english.returncode == pseudo.returncode == 0, (english, pseudo)
    assert english.stdout != pseudo.stdout
    keys = [re.sub("(?m)^#.*\n", "", done.stdout) for done in (english, pseudo)]
    assert keys[0] == keys[1] != "", keys


def the_template_is_the_same_everywhere():
    text = pathlib.Path(POT).read_text()
    assert "POT-Creation-Date" not in text
    for line in re.findall("^#: (.*)$", text, re.M):
        assert all(re.fullmatch(r"src/[\w/]+\.[ch]", place) for place in line.split()), line


def main():
    make_language()
    tests = [
        results_go_to_standard_output,
        wrong_usage_is_told_in_one_line,
        errors_are_json_where_asked_for,
        a_full_disk_and_a_lost_reader_are_failures,
        speaks_the_language_of_the_reader,
        numbers_and_names_are_the_same_in_every_language,
        the_template_is_the_same_everywhere,
    ]
    for test in tests:
        test()
        print("ok", test.__name__)


if __name__ == "__main__":
    main()
