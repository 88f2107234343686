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
