# SPDX-License-Identifier: Apache-2.0
"""leat demo: a replica that follows before the reader's eyes."""

import sqlite3


def read(path, query):
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as db:
        return db.execute(query).fetchall()


def test_tells_of_every_change_what_left_and_what_stayed(leat, tmp_path):
    directory = tmp_path / "demo"
    process = leat.start("demo", "--dir", directory, "--interval", "100ms")
    # The first thing that leaves is everything that may.
    first = process.wait_line(r"^[\d:]{8}  left ", stream="stdout").string
    assert "categories: 8 added" in first
    # The others come in any order, and again and again.
    for line in (r"stays ", r"shop ", r"stayed ", r"left .* ms after the commit"):
        process.wait_line(r"^[\d:]{8}  " + line, stream="stdout")
    assert process.stop().code == 0
    assert {path.name for path in directory.iterdir()} >= {"shop.db", "filter.yaml", "public.db",
                                                          "public.db.meta"}
    assert not list(directory.glob(".*"))

    shop, public = directory / "shop.db", directory / "public.db"
    assert read(public, "SELECT count(*) FROM sqlite_schema WHERE name IN ('orders', 'staff_notes')") \
        == [(0,)]
    # The shop may have gone on since the last build: build once more, of what is there now.
    leat.run("snapshot", "--filter", str(directory / "filter.yaml"), str(shop), str(public))
    with sqlite3.connect(shop) as db:
        hidden = {row[0] for row in
                  db.execute("SELECT product_id FROM products WHERE visibility <> 'public'")}
        emails = [row[0] for row in db.execute("SELECT email FROM customers")]
    assert hidden and not hidden & {row[0] for row in read(public, "SELECT product_id FROM products")}
    content = public.read_bytes()
    assert emails and not any(email.encode() in content for email in emails)


def test_is_kept_and_used_again(leat, tmp_path):
    arguments = ["demo", "--dir", str(tmp_path), "--interval", "20ms", "--builds", "3"]
    leat.run(*arguments)
    (tmp_path / "filter.yaml").write_text("tables:\n  - name: categories\n")
    leat.run(*arguments)
    tables = read(tmp_path / "public.db", "SELECT name FROM sqlite_schema WHERE type = 'table'")
    assert tables == [("categories",)]


def test_works_with_a_database_of_ones_own_and_does_not_write_it(leat, tmp_path):
    source, filter_path = tmp_path / "mine.db", tmp_path / "mine.yaml"
    with sqlite3.connect(source) as db:
        db.executescript("CREATE TABLE t(id INTEGER PRIMARY KEY, open INTEGER, text TEXT);"
                         "INSERT INTO t VALUES (1, 1, 'shown'), (2, 0, 'hidden');")
    filter_path.write_text("tables:\n  - name: t\n    where: open = 1\n")
    before = source.read_bytes()
    process = leat.start("demo", "--dir", str(tmp_path / "d"), "--source", str(source), "--filter",
                         str(filter_path))
    process.wait_line(r" left +t: 1 added", stream="stdout")
    process.wait_line(r" stays +1 of 2 rows of t", stream="stdout")
    assert source.read_bytes() == before
    with sqlite3.connect(source) as db:
        db.execute("UPDATE t SET text = 'still hidden' WHERE id = 2")
    process.wait_line(r" stayed +the replica is unchanged", stream="stdout")
    with sqlite3.connect(source) as db:
        db.execute("UPDATE t SET text = 'changed' WHERE id = 1")
    process.wait_line(r" left +t: 1 changed", stream="stdout")
    assert process.stop().code == 0


def test_source_and_filter_go_together(leat, tmp_path):
    result = leat.run("demo", "--dir", str(tmp_path / "d"), "--source", "mine.db", ok=False)
    assert result.code == 2
    assert "--source and --filter are given together" in result.stderr
    assert not (tmp_path / "d").exists()


def test_names_cannot_command_a_terminal(leat, tmp_path):
    source, filter_path = tmp_path / "mine.db", tmp_path / "mine.yaml"
    with sqlite3.connect(source) as db:
        db.executescript('CREATE TABLE "t\x1b[31m"(id INTEGER PRIMARY KEY);'
                         'INSERT INTO "t\x1b[31m" VALUES (1), (2);'
                         'CREATE TABLE "k\x1b]0;x\x07"(a);')
    filter_path.write_text('tables:\n  - name: "t\\e[31m"\n    where: id = 1\n')
    result = leat.run("demo", "--dir", str(tmp_path / "d"), "--source", str(source), "--filter",
                      str(filter_path), "--builds", "1")
    assert " left     t?[31m: 1 added; " in result.stdout
    assert " stays    1 of 2 rows of t?[31m; tables k?]0;x?\n" in result.stdout
    assert not any(c < " " and c != "\n" or "\x7f" <= c < "\xa0" for c in result.stdout)
