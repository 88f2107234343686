# SPDX-License-Identifier: Apache-2.0
"""Which filters are accepted, and which are refused, how: exit status 2, and a message that names
file, line and column, or table, condition and what was not allowed."""
import json

import pytest
from conftest import make_db
from outputs import OUT, ask, checked, content, produced, snapshot, write_filter

SOURCE = """
CREATE TABLE users(
    user_id INTEGER PRIMARY KEY, name TEXT, city TEXT, note TEXT, body TEXT, is_active INT,
    last_update INT, needs_update INT, last_exec INT, born TEXT, doc TEXT, secret TEXT);
INSERT INTO users VALUES
    (1, 'Walter White', 'Union Square', 'a;b -- c', 'x', 1, 6, 1, 4, '2024-01-31', '{"a":1}', 's'),
    (2, 'Skyler', 'Elsewhere', 'plain', 'log into x', 0, 5, 0, 3, '1999-01-01', '{}', 's'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INT, total INT, hidden INT);
INSERT INTO orders VALUES (10, 1, 5, 1), (11, 1, 7, 1), (12, 2, 1, 1);
CREATE TABLE private(id INTEGER PRIMARY KEY, x TEXT);
INSERT INTO private VALUES (1, 'x');
CREATE VIEW v AS SELECT * FROM users;
CREATE VIRTUAL TABLE fts USING fts5(body);
CREATE VIRTUAL TABLE bare USING fts5(body, content = '');
CREATE VIRTUAL TABLE outside USING fts5(name, content = 'users', content_rowid = 'user_id');
CREATE VIRTUAL TABLE place USING rtree(id, x0, x1);
CREATE TABLE pair(a TEXT, b TEXT, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
"""

# `secret`, `is_active` and more are not published; conditions of the row itself may read them.
FILTER = """
tables:
  - name: users
    columns: [user_id, name, city, born]
    where: {}
  - name: orders
    columns: [id, user_id, total]
"""


@pytest.fixture
def source(leat):
    return make_db(leat.dir / "in.db", SOURCE)


def refused(result):
    assert result.code == 2, str(result)
    assert result.stdout == ""
    return result.stderr


@pytest.mark.parametrize("where, kept", [
    ("name = 'Walter White'", [1]),
    ("last_update > 5", [1]),
    ("needs_update = 1", [1]),
    ("note LIKE '%--%'", [1]),
    ("note = 'a;b -- c'", [1]),
    ("city = 'Union Square'", [1]),
    ("body != 'log into x'", [1]),
    ("last_exec > 3", [1]),
    ("replace (city,'Union','') = ' Square'", [1]),
    ("is_active = 1", [1]),
    ("is_active", [1]),
    ("NOT is_active", [2]),
    ("is_active IS NULL", [3]),
    ("is_active IS NOT TRUE", [2, 3]),
    ("NOT (secret = 's')", []),
    ("NULL", []),
    ("'text'", []),
    ("0.5", [1, 2, 3]),
    ("1", [1, 2, 3]),
    ("true", [1, 2, 3]),
    ("users.user_id = 2", [2]),
    ("\"users\".\"user_id\" = 2", [2]),
    ("[user_id] = 2", [2]),
    ("`user_id` = 2", [2]),
    ("rowid = 2", [2]),
    ("USER_ID = 2", [2]),
    ("lower(name) GLOB 'w*'", [1]),
    ("born > '2000-01-01'", [1]),
    ("date(born) > '2000-01-01'", [1]),
    ("strftime('%Y', born) = '2024'", [1]),
    ("date(born, '+1 month', 'weekday 0') IS NOT NULL", [1, 2]),
    ("json_extract(doc, '$.a') = 1", [1]),
    ("doc ->> 'a' = 1", [1]),
    ("name IN ('Walter White', 'Jesse')", [1]),
    ("user_id BETWEEN 2 AND 3", [2, 3]),
    ("CASE WHEN is_active THEN 1 ELSE 0 END", [1]),
    ("CAST(is_active AS TEXT) = '1'", [1]),
    ("name COLLATE NOCASE = 'SKYLER'", [2]),
    ("1 /* why not */", [1, 2, 3]),
    ("user_id IN (SELECT user_id FROM orders)", [1, 2]),
    ("user_id IN (SELECT o.user_id FROM orders o WHERE o.total > 5)", [1]),
    ("EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.user_id AND o.total < 3)", [2]),
    ("(SELECT sum(total) FROM orders WHERE orders.user_id = users.user_id) > 10", [1]),
    ("(SELECT count(*) FROM users) = 3", [1, 2, 3]),
    ("user_id = (SELECT max(u.user_id) FROM users u)", [3]),
    ("(SELECT count(*) FROM orders WHERE is_active) > 0", [1]),
    ("EXISTS (SELECT 1 FROM temp.orders)", [1, 2, 3]),
    ("user_id IN (SELECT 1 UNION SELECT 3)", [1, 3]),
    ("user_id IN (VALUES (2))", [2]),
    ("(user_id, name) IN (SELECT user_id, 'Skyler' FROM orders)", [2]),
])
def test_is_accepted_and_keeps(leat, source, where, kept):
    text = FILTER.format(json.dumps(where))
    out = produced(leat, source, text)
    assert ask(out, "SELECT user_id FROM users ORDER BY 1") == [(i,) for i in kept]
    assert ask(out, "SELECT count(*) FROM users WHERE is_active IS NOT NULL") == [(0,)]
    found = checked(leat, source, text)
    assert [(t["name"], t["rows"], t["admitted"]) for t in found["tables"]] == [
        ("orders", 3, 3), ("users", 3, len(kept))]
    users = found["tables"][1]
    assert users["where"] == where
    assert users["row_local"] == (not any(w in where for w in ("SELECT", "VALUES")))


@pytest.mark.parametrize("where, why", [
    # What the filter does not admit to a sub-query.
    ("user_id IN (SELECT id FROM private)", ["private", "only tables that the filter lists"]),
    ("user_id IN (SELECT hidden FROM orders)", ["orders.hidden", "not published"]),
    ("user_id IN (SELECT user_id FROM orders WHERE hidden = 1)", ["orders.hidden"]),
    ("user_id IN (SELECT user_id FROM orders ORDER BY hidden)", ["orders.hidden"]),
    ("user_id IN (SELECT user_id FROM orders GROUP BY hidden)", ["orders.hidden"]),
    ("user_id IN (SELECT user_id FROM orders GROUP BY 1 HAVING max(hidden))", ["orders.hidden"]),
    ("(SELECT count(*) FROM (SELECT * FROM orders)) > 0", ["orders.hidden"]),
    ("EXISTS (SELECT 1 FROM users u WHERE u.secret = 's')", ["users.secret"]),
    ("EXISTS (SELECT 1 FROM orders JOIN users u ON u.secret = 's')", ["users.secret"]),
    ("EXISTS (SELECT 1 FROM orders JOIN users USING (secret))", ["USING"]),
    ("EXISTS (SELECT 1 FROM orders NATURAL JOIN users)", ["NATURAL"]),
    ("EXISTS (WITH t(x) AS (SELECT user_id FROM orders) SELECT x FROM t)", ["common table"]),
    ("(SELECT count(*) FROM private) > 0", ["private"]),
    ("user_id IN (SELECT user_id FROM v)", ["v"]),
    ("user_id IN private", ["private"]),
    ("user_id IN orders", [""]),
    ("(SELECT count(*) FROM sqlite_master) > 0", ["sqlite_master"]),
    ("(SELECT count(*) FROM sqlite_schema) > 0", ["sqlite_"]),
    ("(SELECT count(*) FROM sqlite_sequence) > 0", ["sqlite_sequence"]),
    ("(SELECT count(*) FROM main.orders) > 0", ["main.orders"]),
    ("(SELECT count(*) FROM main.private) > 0", ["main.private"]),
    ("(SELECT count(*) FROM fts) > 0", ["fts"]),
    ("(SELECT count(*) FROM fts_content) > 0", ["fts_content"]),
    # Not one expression.
    ("1; DROP TABLE users", ["second statement"]),
    ("1;", ["second statement"]),
    ("0) AND (0", [""]),
    ("1) OR (1", [""]),
    ("0) UNION SELECT * FROM private --", [""]),
    ("1=1 UNION SELECT * FROM admin", [""]),
    ("1=1 UNION\r\nSELECT 1", [""]),
    ("delete\tx", [""]),
    ("1 ORDER BY secret", [""]),
    ("1 LIMIT 1", [""]),
    ("1 GROUP BY 1", [""]),
    ("1 WINDOW w AS ()", [""]),
    ("1=1 -- comment", [""]),
    ("1 /* comment", [""]),
    ("1, 2", [""]),
    ("SELECT 1", [""]),
    ("user_id = 'x", ["quote"]),
    ("user_id = \"x", ["quote"]),
    ("user_id = \\ 1", ["not SQL"]),
    (")", [""]),
    ("user_id =", [""]),
    # Names that are not there.
    ('"is_actve" = 0', ["is_actve"]),
    ("is_actve = 0", ["is_actve"]),
    ("user_id IN (SELECT id FROM nowhere)", ["nowhere"]),
    ("orders.total > 0", ["orders.total"]),
    ("name = \"Walter White\"", ["Walter White"]),
    ("name COLLATE nowhere = 'x'", ["nowhere"]),
    # Parameters.
    ("user_id = ?1", ["parameter"]),
    ("user_id = ?", ["parameter"]),
    ("user_id = :a", ["parameter"]),
    ("user_id = @a", ["parameter"]),
    ("user_id = $a", ["parameter"]),
    # What depends on more than its arguments.
    ("random() > 0", ["random"]),
    ("randomblob(1000000000) IS NULL", ["randomblob"]),
    ("born > date('now')", ["time"]),
    ("born > date()", ["time"]),
    ("born > DATE ( 'NOW' )", ["time"]),
    ("born > datetime('now', '-1 day')", ["time"]),
    ("born > strftime('%Y')", ["time"]),
    ("born > time('12:00', 'localtime')", ["time"]),
    ("born > julianday('now')", ["time"]),
    ("born > unixepoch('now')", ["time"]),
    ("born > CURRENT_DATE", ["current_date"]),
    ("born > CURRENT_TIMESTAMP", ["current_timestamp"]),
    ("last_insert_rowid() = 1", ["last_insert_rowid"]),
    ("changes() = 0", ["changes"]),
    ("total_changes() = 0", ["total_changes"]),
    ("sqlite_version() > '3'", ["sqlite_version"]),
    ("sqlite_source_id() > '3'", ["sqlite_source_id"]),
    # What reaches beyond the row.
    ("load_extension('x')", ["load_extension"]),
    ("readfile('x') = 1", ["readfile"]),
    ("writefile('x', 1) = 1", ["writefile"]),
    ("fts3_tokenizer('x') = 1", ["fts3_tokenizer"]),
    ("sqlite_compileoption_used('x')", ["sqlite_compileoption_used"]),
    ("(SELECT count(*) FROM pragma_table_info('users')) > 0", [""]),
    ("'users' IN (SELECT name FROM pragma_table_list)", [""]),
    ("(SELECT count(*) FROM pragma_database_list) > 0", [""]),
    ("(SELECT count(*) FROM json_each('[1]')) > 0", [""]),
    ("(SELECT count(*) FROM dbstat) > 0", [""]),
    ("(SELECT count(*) FROM sqlite_dbpage) > 0", [""]),
    ("no_such_function(1)", ["no_such_function"]),
    ("RAISE(IGNORE)", ["RAISE"]),
    ("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n) = 1",
     ["common table"]),
    ("sum(user_id) > 1", ["sum"]),
    ("row_number() OVER () = 1", ["row_number"]),
    ("name MATCH 'x'", ["match"]),
    ("name REGEXP 'x'", ["regexp"]),
])
def test_condition_is_refused(leat, source, where, why):
    said = refused(snapshot(leat, source, FILTER.format(json.dumps(where)), ok=False))
    assert '"users"' in said, said
    # As it was written, but for what a terminal should not be sent.
    assert f'"{where}"' in said or "\r" in where or "\t" in where, said
    for word in why:
        assert word.lower() in said.split("is refused:")[1].lower(), said
    assert sorted(p.name for p in leat.dir.iterdir()) == ["filter.yaml", "in.db", "tmp"]


def test_a_long_condition_is_refused_and_named_in_short(leat, source):
    said = snapshot(
        leat, source, FILTER.format(json.dumps("1 OR " * 20000 + "0")), ok=False).stderr
    assert '"users"' in said and "bytes" in said and len(said) < 1000


def test_a_deep_condition_is_refused(leat, source):
    said = refused(snapshot(leat, source, FILTER.format("(" * 2000 + "1" + ")" * 2000), ok=False))
    assert '"users"' in said and len(said) < 1000


@pytest.mark.parametrize("tables, why", [
    ("[{name: nowhere}]", ['"nowhere"', "no such table"]),
    ("[{name: users, columns: [user_id, nmae]}]", ['"users"', '"nmae"']),
    ("[{name: users, columns: [name]}]", ['"users"', '"user_id"', "key"]),
    ("[{name: pair, columns: [b, c]}]", ['"pair"', '"a"', "key"]),
    ("[{name: users, omit: true}]", ['"users"', "omit"]),
    ("[{name: users, columns: [user_id, USER_ID]}]", ['"users"', '"USER_ID"', "twice"]),
    ("[{name: users}, {name: Users}]", ['"Users"', "twice"]),
    ("[{name: v}]", ['"v"', "view"]),
    ("[{name: sqlite_master}]", ['"sqlite_master"']),
    ("[{name: sqlite_sequence}]", ['"sqlite_sequence"']),
    ("[{name: fts_content}]", ['"fts_content"', '"fts"']),
    ("[{name: fts}, {name: fts_data, where: 1}]", ['"fts_data"', '"fts"']),
    ("[{name: bare}]", ['"bare"', "contentless"]),
    ("[{name: outside}]", ['"outside"', '"users"']),
    ("[{name: outside}, {name: users, columns: [user_id]}]", ['"outside"', '"name"']),
    ("[{name: outside, where: 1}, {name: users}]", ['"outside"', '"users"']),
    ("[{name: fts, columns: [body], omit: true}]", ['"fts"', "omit"]),
    ("[{name: place, columns: [id, x0]}]", ['"place"', "R-Tree"]),
    ("[{name: place, columns: [id], omit: true}]", ['"place"', "R-Tree"]),
])
@pytest.mark.parametrize("command", ["snapshot", "check"])
def test_tables_are_refused(leat, source, command, tables, why):
    path = write_filter(leat, f"tables: {tables}")
    out = [leat.dir / OUT] if command == "snapshot" else []
    said = refused(leat.run(command, "--filter", path, source, *out, ok=False))
    for word in why:
        assert word in said
    assert sorted(p.name for p in leat.dir.iterdir()) == ["filter.yaml", "in.db", "tmp"]


def test_shadow_tables_listed_with_their_owner_are_understood(leat, source):
    """As a filter for the reference has to list them."""
    out = produced(leat, source, "tables: [" + ", ".join(
        f"{{name: fts{part}}}"
        for part in ("", "_data", "_idx", "_content", "_docsize", "_config")) + "]")
    assert content(out, "fts") == []


@pytest.mark.parametrize("text, place, why", [
    ("tables:\n  - name: users\n    where: name <> 'x' # but not x\n", "3:", "comment"),
    ("tables:\n  - name: users\n    where: name <> 'x'# kept\n", None, None),
    ("tables:\n  - name: users\n    where:\n", "3:", '"where"'),
    ("tables:\n  - name: users\n    where: ''\n", "", '"where"'),
    ("tables:\n  - name: users\n    where: ~\n", "", None),
    ("tables:\n  - name: users\n    columns:\n", "3:", '"columns"'),
    ("tables:\n  - name: users\n    columns: []\n", "", "columns"),
    ("tables:\n  - name: users\n    columns: ['']\n", "", "column"),
    ("tables:\n  - name: users\n    columns: [user_id, ]\n", None, None),
    ("tables:\n  - name: users\n    columns: user_id\n", "3:", '"columns"'),
    ("tables:\n  - name: users\n    columns: [[user_id]]\n", "3:", '"columns"'),
    ("tables:\n  - name: users\n    omit: yes\n    columns: [user_id]\n", "3:", '"yes"'),
    ("tables:\n  - name: users\n    omit: True\n    columns: [user_id]\n", "3:", '"True"'),
    ("tables:\n  - name: users\n    omit: 1\n    columns: [user_id]\n", "3:", '"1"'),
    ("tables:\n  - name: users\n    omit: 'true'\n    columns: [user_id]\n", "3:", "quotes"),
    ("tables:\n  - name: users\n    name: users\n", "3:5", '"name" is given twice'),
    ("tables:\n  - name: users\ntables:\n  - name: orders\n", "3:1", '"tables" is given twice'),
    ("tables:\n  - name: users\n    were: 1\n", "3:5", '"were"'),
    ("tables:\n  - name: users\nother: 1\n", "3:1", '"other"'),
    ("tables:\n  - where: 1\n", "2:", '"name"'),
    ("tables:\n  - name:\n", "2:", '"name"'),
    ("tables:\n  - users\n", "2:", ""),
    ("tables:\n", "1:", '"tables"'),
    ("tables: users\n", "1:", '"tables"'),
    ("- name: users\n", "1:", ""),
    ("{}\n", "1:", '"tables"'),
    ("", "", "empty"),
    ("# nothing\n", "", "empty"),
    ("---\n", "", "empty"),
    ("tables: [{name: users}]\n---\ntables: [{name: orders}]\n", "2:", "second document"),
    ("tables: [{name: users}]\n---\n", "2:", "second document"),
    ("tables: [{name: &a users}, {name: *a}]\n", "1:", "anchors"),
    ("tables: [{name: !!str users}]\n", "1:", "tags"),
    ("tables: [{name: users]\n", "1:", "YAML"),
    ("tables:\n\t- name: users\n", "2:", "YAML"),
    ("tables: [{name: \"us\\0ers\"}]\n", "1:", "NUL"),
    ("tables: [{name: users, where: {a: b}}]\n", "1:", '"where"'),
    ("tables: [{name: users, <<: {where: 1}}]\n", "1:", "<<"),
])
def test_yaml(leat, source, text, place, why):
    path = write_filter(leat, text)
    if place is None:
        assert leat.run("snapshot", "--filter", path, source, OUT, ok=None).code in (0, 2)
        return
    for command in (["snapshot", "--filter", path, source, OUT], ["check", "-f", path, source]):
        said = refused(leat.run(*command, ok=False))
        assert f"{path}:{place}" in said if place else str(path) in said, said
        assert (why or "") in said, said
    assert not (leat.dir / OUT).exists()


def test_a_filter_that_is_not_there_or_too_long_is_refused(leat, source):
    result = leat.run("snapshot", "--filter", "nowhere.yaml", source, OUT, ok=False)
    assert "nowhere.yaml" in result.stderr
    path = write_filter(leat, "tables: [{name: users}]\n" + "# more\n" * 400000)
    assert "bytes" in leat.run("snapshot", "--filter", path, source, OUT, ok=False).stderr
    path.write_bytes(b"tables: [{name: us\xffers}]\n")
    assert "UTF-8" in refused(leat.run("snapshot", "--filter", path, source, OUT, ok=False))
    path.write_bytes("tables: [{name: users}]\n".encode("utf-16"))
    assert leat.run("snapshot", "--filter", path, source, OUT, ok=None).code in (0, 2)


def test_an_output_is_not_a_database_of_somebody_else(leat, source):
    path = write_filter(leat, "tables: [{name: users}]")
    other = make_db(leat.dir / "other.db", "CREATE TABLE mine(x);")
    before = other.read_bytes(), source.read_bytes()
    for out, why in ((other, "--replace"), (source, "source itself"), (leat.dir, "not a file")):
        assert why in refused(leat.run("snapshot", "-f", path, source, out, ok=False))
    (leat.dir / "link.db").symlink_to("in.db")
    refused(leat.run("snapshot", "-f", path, source, "link.db", ok=False))
    # Source and output swapped: the snapshot is a good source, the source no output.
    produced(leat, source, "tables: [{name: users}]")
    refused(leat.run("snapshot", "-f", path, OUT, source, ok=False))
    assert (other.read_bytes(), source.read_bytes()) == before
    leat.run("snapshot", "-f", path, "--replace", source, other)
    assert ask(other, "SELECT count(*) FROM users") == [(3,)]
