# SPDX-License-Identifier: Apache-2.0
"""What the world does to a snapshot: each fault ends it with a sentence that helps, and leaves
the old output as it was and nothing else."""
import contextlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from conftest import BOUND, make_db, sqlite_shell
from snapshots import OUTPUT, Site, query

PAGE = 4096
ADD = "INSERT INTO items VALUES (10, 1, 'new', '')"  # so that there is something to replace


@pytest.fixture
def site(leat):
    """A site with an output that is older than the source."""
    site = Site(leat)
    site.run()
    site.write(ADD)
    return site


def refused(site, says, *args, code=1, source=None, out=None):
    """It fails with one line, the output is as it was, nothing is left behind."""
    before = site.content()
    result = site.run(*args, source=source, out=out, ok=None)
    assert result.code == code, str(result)
    assert result.stdout == ""
    assert result.stderr.startswith("leat: ") and result.stderr.count("\n") == 1, str(result)
    for text in [says] if isinstance(says, str) else says:
        assert text in result.stderr, str(result)
    assert site.content() == before
    return result


def works_again(site):
    site.run()
    assert "new" in site.names()
    site.check_whole()


# The source.


def test_a_missing_source_is_named(site):
    refused(site, ['"nowhere.db"', "No such file"], source="nowhere.db")
    refused(site, ["back.db/x.db", "Not a directory"], source=site.source / "x.db")
    result = site.leat.run("--log-format", "json", *site.args(source="nowhere.db"), ok=False)
    assert json.loads(result.stderr)["code"] == "not found"


@pytest.mark.parametrize("content, says", [
    (b"", "it is empty"),
    (b"just some text, which is no database\n" * 100, "not a SQLite database, or is encrypted"),
    (b"SQLite format 3\0", "not a SQLite database"),
    (b"SQLite format 3\0" + bytes(100), "not a SQLite database"),
])
def test_a_source_that_is_no_database_is_refused(site, tmp_path, content, says):
    other = tmp_path / "other"
    other.write_bytes(content)
    refused(site, [f'source "{other}"', says], source=other)
    assert says in site.leat.run("check", "--filter", site.filter, other, ok=False).stderr


def test_random_bytes_may_be_an_encrypted_database(site, tmp_path):
    other = tmp_path / "other.db"
    other.write_bytes(os.urandom(4 * PAGE))
    refused(site, [f'source "{other}"', "encrypted"], source=other)


def test_a_source_that_is_no_file_is_refused(site, tmp_path):
    refused(site, "it is not a file", source=tmp_path)
    os.mkfifo(tmp_path / "pipe")
    refused(site, "it is not a file", source=tmp_path / "pipe")


def make_big(path):
    """A database with every kind of page; the number of one page of each kind."""
    make_db(path, """
        CREATE TABLE items(id INTEGER PRIMARY KEY, is_public INT, name TEXT, body BLOB);
        CREATE INDEX items_name ON items(name);
        CREATE TABLE pace(step INT);
        CREATE TABLE gone(x);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
            INSERT INTO items SELECT i, 1, 'name' || i, zeroblob(i % 100 * 100) FROM n;
        INSERT INTO gone SELECT zeroblob(1000) FROM items;
        DROP TABLE gone;
    """)
    # The first of several overflow pages: what is in the last is content alone.
    pages = {
        f"{name} {kind}": page for name, kind, page in query(
            path, "SELECT name, pagetype, pageno FROM dbstat ORDER BY path LIKE '%+000000'")}
    raw = path.read_bytes()
    pages["freelist"] = int.from_bytes(raw[32:36], "big")
    assert pages["freelist"] > 0
    return raw, pages


@pytest.mark.parametrize("kind", [
    "sqlite_schema leaf", "items internal", "items leaf", "items overflow", "header"])
def test_a_damaged_page_is_told(site, tmp_path, kind):
    raw, pages = make_big(tmp_path / "big.db")
    other = tmp_path / "damaged.db"
    start = 0 if kind == "header" else (pages[kind] - 1) * PAGE
    skip = 16 if kind == "header" else 100 if start == 0 else 0  # keep what says what it is
    other.write_bytes(raw[:start + skip] + b"\x5a" * (PAGE - skip) + raw[start + PAGE:])
    says = "not a SQLite database" if kind == "header" else "database is damaged"
    refused(site, [f'source "{other}"', says], source=other)
    if kind != "items overflow":  # which only counting the rows does not read
        assert says in site.leat.run("check", "--filter", site.filter, other, ok=False).stderr


def test_a_source_that_was_cut_is_told(site, tmp_path):
    raw, _ = make_big(tmp_path / "big.db")
    other = tmp_path / "cut.db"
    other.write_bytes(raw[:len(raw) // 2 // PAGE * PAGE])
    refused(site, [f'source "{other}"', "database is damaged"], source=other)


@pytest.mark.parametrize("kind", ["freelist", "items_name leaf"])
def test_damage_of_what_is_not_read_does_not_matter(site, tmp_path, kind):
    raw, pages = make_big(tmp_path / "big.db")
    site.run("--replace", source=tmp_path / "big.db")
    wanted = site.out.read_bytes()
    other = tmp_path / "damaged.db"
    start = (pages[kind] - 1) * PAGE
    other.write_bytes(raw[:start] + b"\x5a" * PAGE + raw[start + PAGE:])
    site.run(source=other)
    assert site.out.read_bytes() == wanted
    site.check_whole()


def python(script, *args):
    """A process of another program; it says a line when it is ready, and ends with its input."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, args)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@contextlib.contextmanager
def running(script, *args):
    process = python(script, *args)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=BOUND)


def test_a_hot_journal_must_be_recovered_first(site):
    before = site.source.read_bytes()
    with running("""
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("PRAGMA cache_size = 1")
            db.execute("BEGIN")
            db.executemany("INSERT INTO items VALUES (?, 1, 'torn', zeroblob(3000))",
                           ((i,) for i in range(100, 200)))
            print("ready", flush=True)
            sys.stdin.read()
            """, site.source) as writer:
        refused(site, ["busy", "locked"], "--busy-timeout", "100ms")
        writer.kill()
    assert site.source.read_bytes() != before  # pages of the transaction that never ended
    says = ["was not closed cleanly", "recovered", "open it once"]
    refused(site, [f'source "{site.source}"', *says])
    checked = site.leat.run("check", "--filter", site.filter, site.source, ok=False)
    assert all(text in checked.stderr for text in says)
    assert sqlite_shell(site.source, "SELECT count(*) FROM items WHERE name = 'torn'") == "0\n"
    works_again(site)
    assert "torn" not in site.names()


@pytest.fixture
def powerless(leat):
    """The modes of files count for the program, even if we are root."""
    if os.geteuid() != 0:
        yield
    else:
        with leat.through("setpriv", "--bounding-set=-all", "--inh-caps=-all"):
            yield


@contextlib.contextmanager
def mode(path, value):
    old = path.stat().st_mode
    path.chmod(value)
    try:
        yield
    finally:
        path.chmod(old)


def test_a_wal_source_in_a_directory_that_we_may_not_write(site, powerless, tmp_path):
    directory = tmp_path / "sealed"
    directory.mkdir()
    sealed = directory / "back.db"
    site.use_wal()
    shutil.copy(site.source, sealed)
    with mode(directory, 0o555):
        refused(site, [f'source "{sealed}"', "WAL mode", "-shm", "let us write its directory"],
                source=sealed)
        assert os.listdir(directory) == ["back.db"]
    # As the message says: while its writer keeps it open, it can be read.
    with contextlib.closing(sqlite3.connect(sealed)) as db:
        db.execute("INSERT INTO items VALUES (11, 1, 'in the log', '')")
        db.commit()
        with mode(directory, 0o555), mode(directory / "back.db-shm", 0o444):
            site.run(source=sealed)
    assert site.names()[-1] == "in the log"


def test_a_source_that_we_may_not_read(site, powerless):
    with mode(site.source, 0):
        refused(site, [f'source "{site.source}"', "unable to open", "Permission denied"])


@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
def test_a_source_locked_for_ever_is_busy(site, journal):
    with running("""
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
            db.execute("BEGIN EXCLUSIVE")
            db.execute("INSERT INTO items VALUES (20, 1, 'not committed', '')")
            print("ready", flush=True)
            sys.stdin.read()
            """, site.source, journal):
        refused(site, [f'source "{site.source}"', "busy", "another program", "50 ms"],
                "--busy-timeout", "50ms")
        # The bound of the whole build ends the wait, too.
        refused(site, "not done after 60 ms", "--timeout", "60ms")
        checked = site.leat.run(
            "check", "--filter", site.filter, site.source, "--busy-timeout", "50ms", ok=False)
        assert "busy" in checked.stderr and checked.code == 1
        result = site.leat.run("--log-format", "json", *site.args("--busy-timeout", "0s"), ok=False)
        assert json.loads(result.stderr)["code"] == "busy"
    works_again(site)


def test_a_source_that_vanishes_under_a_watch_is_waited_for(site):
    watch = site.start("--watch", "--interval", "20ms", "--debounce", "0s")
    watch.wait_line("version", stream="stdout")
    before = site.content()
    away = site.source.rename(site.source.with_name("away.db"))
    assert "does not exist" in watch.wait_line("source cannot be read").string
    assert site.content() == before
    site.write("INSERT INTO items VALUES (11, 1, 'back again', '')", path=away)
    away.rename(site.source)
    watch.wait_line(": version", stream="stdout")
    assert "back again" in site.names()
    result = watch.stop()
    assert result.code == 0, str(result)
    site.check_whole()


def test_a_watch_without_a_source_does_not_begin(site):
    site.source.unlink()
    refused(site, ['back.db"', "No such file"], "--watch")


# The output.


@pytest.mark.parametrize("limit", [0, 4096, 12288, 65536])
def test_a_limit_on_the_size_of_files_is_an_error(site, limit):
    site.write("INSERT INTO items SELECT 1000 + id, 1, 'big', zeroblob(40000) FROM items")
    with site.leat.through("prlimit", f"--fsize={limit}"):
        refused(site, [f'could not write the new "{site.out}"', "File too large"])
    site.run()


def test_a_directory_that_we_may_not_write(site, powerless):
    with mode(site.out_dir, 0o555):
        refused(site, [f'beside "{site.out}"', "Permission denied"])
    works_again(site)


def test_a_umask_that_lets_nobody_write(site, powerless):
    prefix = site.leat.prefix
    with site.leat.through(*prefix, "sh", "-c", 'umask 0222; exec "$0" "$@"'):
        refused(site, [f'beside "{site.out}"', "only be read"])


def test_a_directory_that_is_not_there(site, tmp_path):
    refused(site, ["directory", '"nowhere/public.db"', "No such file"], out="nowhere/public.db")
    assert not (tmp_path / "nowhere").exists()


def test_an_output_that_is_no_file_is_refused(site):
    refused(site, ["is not a file", f'"{site.out_dir}"'], code=2, out=site.out_dir)
    os.mkfifo(site.leat.dir / "pipe")
    refused(site, ["is not a file", "pipe"], code=2, out="pipe")
    refused(site, ["is not a file", "null"], "--replace", code=2, out="/dev/null")


def test_the_source_is_never_the_output(site):
    before = site.source.read_bytes()
    (site.leat.dir / "link").symlink_to("back.db")
    os.link(site.source, site.leat.dir / "other name")
    for out in (site.source, "back.db", "link", "other name"):
        refused(site, "is the source itself", "--replace", code=2, out=out)
    assert site.source.read_bytes() == before


def test_swapped_arguments_cost_nothing(site):
    before = site.source.read_bytes()
    refused(site, ["back.db", "was not made by leat", "--replace"], code=2,
            source=site.out, out=site.source)
    assert site.source.read_bytes() == before


@pytest.mark.parametrize("content", [b"somebody's notes\n", None])
def test_a_file_that_leat_has_not_made_is_replaced_on_demand_only(site, content):
    other = site.out_dir / "other.db"
    if content:
        other.write_bytes(content)
    else:
        make_db(other, "CREATE TABLE precious(x); INSERT INTO precious VALUES (1);")
    refused(site, ["other.db", "was not made by leat", "would be lost", "--replace"], code=2,
            out=other)
    site.run("--replace", out=other)
    assert query(other, "SELECT name FROM items WHERE id = 10") == [("new",)]
    assert site.listing() == sorted(OUTPUT + ["other.db", "other.db.meta"])


def test_an_empty_file_is_nothing_to_lose(site):
    site.out.write_bytes(b"")
    works_again(site)


def test_a_link_as_output_stays_a_link(site, tmp_path):
    link = tmp_path / "current.db"
    link.symlink_to(pathlib.Path("out") / "public.db")
    site.run(out=link)
    assert link.is_symlink() and "new" in site.names()
    site.check_whole()
    assert not (tmp_path / "current.db.meta").exists()


def test_a_link_to_nothing_is_refused(site, tmp_path):
    link = tmp_path / "current.db"
    link.symlink_to("nowhere.db")
    refused(site, ["could not follow the link", "current.db"], out=link)
    assert link.is_symlink() and not (tmp_path / "nowhere.db").exists()


@pytest.mark.parametrize("damage", [
    lambda text: text[:len(text) // 2],
    lambda text: "",
    lambda text: "[]",
    lambda text: text.replace('"version"', '"versoin"'),
    lambda text: text.replace('"position":"', '"position":"?'),
    lambda text: text + " " * 5000,
    lambda text: "\x7fELF",
])
def test_damaged_meta_data_are_not_guessed(site, damage):
    version = site.meta()["version"]
    meta = site.out_dir / "public.db.meta"
    meta.write_text(damage(meta.read_text()))
    refused(site, ['public.db.meta" is damaged', "remove it"])
    meta.unlink()
    works_again(site)
    assert site.meta()["version"] > version


@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_an_output_that_somebody_writes_to_is_not_touched(site, journal):
    """Changes that were left beside it would be applied to the new file."""
    with running("""
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.execute(f"PRAGMA journal_mode = {sys.argv[2]}")
            db.execute("PRAGMA cache_size = 1")
            if sys.argv[2] == "DELETE":
                db.execute("BEGIN")
            db.executemany("INSERT INTO items VALUES (?, 1, 'mine', zeroblob(3000))",
                           ((i,) for i in range(100, 120)))
            print("ready", flush=True)
            sys.stdin.read()
            """, site.out, journal) as writer:
        writer.kill()
    left = f"public.db-{'wal' if journal == 'WAL' else 'journal'}"
    assert left in site.listing()
    says = ["has written to", left, "only read", "remove both"]
    refused(site, says, "--replace", code=2)
    site.write("DELETE FROM items WHERE id = 10")  # and even if there is nothing to do
    refused(site, says, "--replace", code=2)
    site.write(ADD)
    for name in site.listing():
        if name != "public.db.meta":
            (site.out_dir / name).unlink()
    works_again(site)


def test_what_somebody_wrote_to_the_output_does_not_stay(site):
    with contextlib.closing(sqlite3.connect(site.out)) as db, db:
        db.execute("INSERT INTO items VALUES (100, 1, 'mine', '')")
        db.execute("CREATE TABLE also_mine(x)")
    refused(site, ["written to since", "--replace"], code=2)
    site.run("--replace")
    works_again(site)
    assert "mine" not in site.names()


@pytest.mark.parametrize("command, out", [("snapshot", ["public.db"]), ("check", [])])
def test_a_sub_query_that_collects_too_much_is_refused(leat, command, out):
    """Six hundred texts of a megabyte each: more than a build may use."""
    source = make_db(leat.dir / "back.db", """
        CREATE TABLE u(x INTEGER PRIMARY KEY);
        WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 600)
        INSERT INTO u SELECT x FROM n;
        CREATE TABLE t(a TEXT);
        INSERT INTO t VALUES('1');
        """)
    (leat.dir / "filter.yaml").write_text(
        "tables:\n  - name: u\n  - name: t\n"
        "    where: a NOT IN (SELECT printf('%1000000d', x) FROM u)\n")
    result = leat.run(command, "--filter", "filter.yaml", source, *out, ok=False)
    assert result.code == 1
    assert "more than the 512 MiB of memory" in result.stderr
    assert not list(leat.dir.glob("*public.db*"))
