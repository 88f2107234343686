# SPDX-License-Identifier: Apache-2.0
"""What `make install` puts on a machine is enough to build a program of one's own."""

import os
import subprocess

import pytest

ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
BUILD = os.environ["LEAT_BUILD"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A directory into which everything was installed, and the environment that finds it."""
    root = tmp_path_factory.mktemp("root")
    subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", root],
                   check=True, stdout=subprocess.DEVNULL)
    (pc,) = root.rglob("leat.pc")
    (library,) = root.rglob("libleat.so")
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(root),
               LD_LIBRARY_PATH=str(library.parent))
    return root, env


def test_a_program_builds_from_headers_and_pkg_config_alone(installed, tmp_path):
    _, env = installed
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "leat"], env=env, check=True,
                           capture_output=True, text=True).stdout.split()
    program = tmp_path / "snapshot"
    compiler = os.environ["LEAT_CC"].split() + os.environ["LEAT_SANITIZE"].split()
    subprocess.run([*compiler, "-Wall", "-Werror", os.path.join(ROOT, "examples/snapshot.c"),
                    "-o", program, *flags], check=True)
    source, filter_path, out = tmp_path / "s.db", tmp_path / "f.yaml", tmp_path / "o.db"
    subprocess.run(["sqlite3", source, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2);"],
                   check=True)
    filter_path.write_text("tables:\n  - name: t\n    where: a > 1\n")
    result = subprocess.run([program, filter_path, source, out], env=env, capture_output=True,
                            text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "1 rows" in result.stdout
    rows = subprocess.run(["sqlite3", out, "SELECT a FROM t"], check=True, capture_output=True,
                          text=True).stdout
    assert rows == "2\n"


def test_pkg_config_finds_it_by_itself(installed):
    root, _ = installed
    (pc,) = root.rglob("leat.pc")
    searched = subprocess.run(["pkg-config", "--variable=pc_path", "pkg-config"], check=True,
                              capture_output=True, text=True).stdout.strip().split(":")
    place = f"/{pc.parent.relative_to(root)}"
    assert place in searched or not place.startswith("/usr/"), (place, searched)


def test_headers_stand_alone_and_are_c_and_cpp(installed, tmp_path):
    root, env = installed
    flags = subprocess.run(["pkg-config", "--cflags", "leat"], env=env, check=True,
                           capture_output=True, text=True).stdout.split()
    headers = sorted(root.rglob("include/leat/*.h"))
    assert len(headers) == 4
    for header in headers:
        for language in ("c", "c++"):
            source = tmp_path / "one.c"
            source.write_text(f"#include <leat/{header.name}>\n")
            subprocess.run(["clang", "-x", language, "-fsyntax-only", "-Wall", "-Werror", *flags, source],
                           check=True)


def test_the_program_and_its_manual_are_there(installed):
    root, env = installed
    (program,) = root.rglob("bin/leat")
    version = subprocess.run([program, "--version"], env=env, check=True, capture_output=True,
                             text=True).stdout
    assert "0.1.0" in version
    assert list(root.rglob("man1/leat.1*"))
    assert list(root.rglob("filter.yaml"))
