# SPDX-License-Identifier: Apache-2.0
"""leat check: what is told of a database without making a snapshot."""
import pytest
from conftest import make_db, rows

TABLES = """
CREATE TABLE notes(id INTEGER PRIMARY KEY, day TEXT);
INSERT INTO notes VALUES(1, '2019-05-05'), (2, '2021-05-05');
CREATE VIRTUAL TABLE places USING rtree(id, x0, x1, +label TEXT);
INSERT INTO places VALUES(1, 0, 1, 'near'), (2, 50, 60, 'far');
"""


@pytest.mark.parametrize("table, where", [
    ("notes", "date(day) > '2020-01-01'"),
    ("places", "label = 'near'"),
])
def test_check_counts_what_a_snapshot_holds(leat, table, where):
    source = make_db(leat.dir / "back.db", TABLES)
    (leat.dir / "filter.yaml").write_text(f"tables:\n  - name: {table}\n    where: {where}\n")
    found = leat.run("check", "--filter", "filter.yaml", "--json", source).json["tables"]
    assert [(t["name"], t["rows"], t["admitted"]) for t in found] == [(table, 2, 1)]
    leat.run("snapshot", "--filter", "filter.yaml", source, "public.db")
    assert rows(leat.dir / "public.db", f"SELECT count(*) FROM {table}") == [(1,)]


def test_an_index_over_a_table_counts_what_it_will_index(leat):
    source = make_db(leat.dir / "back.db", TABLES + """
        CREATE VIRTUAL TABLE search USING fts5(day, content=notes, content_rowid=id);
        INSERT INTO search(search) VALUES('rebuild');
        """)
    (leat.dir / "filter.yaml").write_text(
        "tables:\n  - name: search\n  - name: notes\n    where: id = 1\n")
    found = leat.run("check", "--filter", "filter.yaml", "--json", source).json["tables"]
    assert [(t["name"], t["rows"], t["admitted"]) for t in found] == [
        ("notes", 2, 1), ("search", 2, 1)]


# What a terminal takes for commands: CSI as ESC and "[" and as one C1 character, OSC, line breaks.
HOSTILE = """
CREATE TABLE "t\x1b[31m"(id INTEGER PRIMARY KEY, "a\nb" TEXT, "c\x9b1m" TEXT, d INT, "caf\xe9" INT);
INSERT INTO "t\x1b[31m" VALUES(1, 'a', 'c', -9223372036854775808, 1);
CREATE INDEX "i\x1b[1m" ON "t\x1b[31m"(d);
CREATE VIEW "v\r" AS SELECT id, d FROM "t\x1b[31m";
CREATE TABLE "k\x1b]0;x\x07"(a);
CREATE INDEX "kept\x07" ON "t\x1b[31m"("c\x9b1m");
"""


def controls(text):
    return [c for c in text if (c < " " and c != "\n") or "\x7f" <= c < "\xa0"]


def test_names_cannot_command_a_terminal(leat):
    source = make_db(leat.dir / "back.db", HOSTILE)
    (leat.dir / "filter.yaml").write_text("""
        tables:
          - name: "t\\e[31m"
            columns: [id, "a\\nb", d, "caf\xe9"]
            where: |
              d < 0
              AND id = 1
        """)
    result = leat.run("check", "--filter", "filter.yaml", source)
    assert controls(result.stdout) == []
    assert result.stdout.splitlines()[:8] == [
        "leaves",
        "  t?[31m  1 of 1 rows, 4 of 5 columns, where d < 0 AND id = 1",
        "      emptied: c?1m",
        "  index i?[1m",
        "  view v?",
        "stays",
        "  table k?]0;x?: it is not in the filter",
        "  index kept? of t?[31m: it reads columns that are not published",
    ]
    # JSON has them as they are: it has its own way to write them.
    found = leat.run("check", "--filter", "filter.yaml", "--json", source).json["tables"][0]
    assert (found["name"], found["columns"]) == ("t\x1b[31m", ["id", "a\nb", "d", "caf\xe9"])


@pytest.mark.parametrize("command, out", [("check", []), ("snapshot", ["public.db"])])
def test_an_error_cannot_command_a_terminal(leat, command, out):
    source = make_db(leat.dir / "back.db", HOSTILE)
    (leat.dir / "filter.yaml").write_text(
        'tables:\n  - name: "t\\e[31m"\n    where: abs(d) > 0\n')
    result = leat.run(command, "--filter", "filter.yaml", source, *out, ok=False)
    assert result.code == 1
    assert 'table "t?[31m": integer overflow' in result.stderr
    assert controls(result.stderr) == []


def test_names_that_are_no_text_are_shown_in_json(leat):
    source = make_db(leat.dir / "back.db", TABLES + "CREATE TABLE cafX(id);")
    with open(source, "r+b") as file:  # a program of another age has written it
        content = file.read()
        file.seek(0)
        file.write(content.replace(b"cafX", b"caf\xe9"))
    (leat.dir / "filter.yaml").write_text("tables:\n  - name: notes\n")
    found = leat.run("check", "--filter", "filter.yaml", "--json", source).json["kept_back"]
    assert [k["name"] for k in found] == ["caf?", "places"]
