/* SPDX-License-Identifier: Apache-2.0 */
#include "file_unit.h"

#include <sys/file.h>

/* Build, and check what every snapshot must be. */
static void
build(const struct dir *d, const char *yaml)
{
    struct snapshot_result result;
    struct err e = {0};

    assert_ok(dir_build(d, yaml, &result, &e), &e);
    assert_query(d->out, "PRAGMA integrity_check", "ok");
    assert_false(file_contains(d->out, "MARK"));
    assert_query(d->out, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'", "0");
}

#define WITH_DIR                                                                                   \
    CLEANUP(dir_done) struct dir d;                                                                \
    (void)state;                                                                                   \
    dir_init(&d)

static void
nothing_excluded_is_in_the_bytes(void **state)
{
    WITH_DIR;
    file_exec(d.source,
              "PRAGMA secure_delete = OFF;"
              "CREATE TABLE dropped(x); INSERT INTO dropped VALUES('MARK dropped');"
              "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b DEFAULT 'MARK default',"
              " c CHECK(c <> 'MARK check'), d AS ('MARK generated' || b),"
              " CONSTRAINT MARKname CHECK(a <> 'x' OR b = 'MARK') /* MARK comment */);"
              "CREATE TABLE hidden(x); INSERT INTO hidden VALUES('MARK table');"
              "INSERT INTO t(id, a, b, c) VALUES(1, 'x', 'MARK', 1), (2, 'MARK row', 'y', 2);"
              "CREATE INDEX i1 ON t(a) WHERE b = 'MARK index';"
              "CREATE INDEX i2 ON t(b || 'MARK');"
              "CREATE INDEX i3 ON t(a) /* MARK */;"
              "CREATE VIEW v1 AS SELECT b, 'MARK view' FROM t;"
              "CREATE VIEW v2 AS SELECT * FROM hidden WHERE 'MARK' = 1;"
              "CREATE VIEW v3 AS SELECT a FROM t -- MARK\n;"
              "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 'MARK trigger'; END;"
              "CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES('MARK fts');"
              "INSERT INTO t(id, a) VALUES(3, 'MARK deleted'); DELETE FROM t WHERE id = 3;"
              "ANALYZE; DROP TABLE dropped");
    assert_true(file_contains(d.source, "MARK dropped"));
    build(&d, "tables: [{name: t, columns: [id, a], where: \"a = 'x' AND b = 'MA' || 'RK'\"}]");
    assert_query(d.out, "SELECT * FROM t", "1|x|NULL|NULL|NULL");
    assert_query(d.out, "SELECT name FROM sqlite_schema ORDER BY name", "i3\nt\nv3");
}

static void
empties_columns_by_their_type(void **state)
{
    WITH_DIR;
    file_exec(d.source,
              "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b INT, c TEXT NOT NULL,"
              " d INTEGER NOT NULL, e BIGINT NOT NULL, f REAL NOT NULL, g FLOAT NOT NULL,"
              " h DOUBLE PRECISION NOT NULL, i BLOB NOT NULL, j NOT NULL, k BOOLEAN NOT NULL,"
              " l DATETIME NOT NULL, m POINT NOT NULL, n NUMERIC NOT NULL UNIQUE);"
              "INSERT INTO t VALUES(1, 'MARK', 5, 'MARK', 5, 5, 5, 5, 5, 'MARK', 5, 5, 5, 5, 5),"
              " (2, 'MARK', 5, 'MARK', 5, 5, 5, 5, 5, 'MARK', 5, 5, 5, 5, 6);"
              "CREATE TABLE s(id TEXT PRIMARY KEY, a INT NOT NULL, b INTEGER NOT NULL,"
              " c REAL NOT NULL, d TEXT NOT NULL, e BLOB NOT NULL, f ANY NOT NULL, g BLOB)"
              " STRICT, WITHOUT ROWID;"
              "INSERT INTO s VALUES('x', 5, 5, 5, 'MARK', x'4D', 5, x'4D')");
    build(&d, "tables: [{name: t, columns: [id]}, {name: s, columns: [id]}]");
    assert_query(d.out, "SELECT * FROM t WHERE id = 2", "2|NULL|NULL||0|0|0.0|0.0|0.0|||||0|");
    assert_query(d.out, "SELECT typeof(c), typeof(d), typeof(f), typeof(i), typeof(k) FROM t",
                 "text|integer|real|text|text\ntext|integer|real|text|text");
    assert_query(d.out, "SELECT *, typeof(e), typeof(f) FROM s", "x|0|0|0.0||||NULL|blob|text");
    assert_query(d.out, "SELECT strict, wr FROM pragma_table_list WHERE name = 's'", "1|1");
}

static void
leaves_out_columns_when_told(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a, MARKb TEXT NOT NULL, id INTEGER PRIMARY KEY, c UNIQUE,"
                        " d AS (a || c), e AS (a || MARKb) STORED, UNIQUE(a, MARKb), UNIQUE(a, c),"
                        " CHECK(MARKb <> 'x'), CHECK(a <> 'y'));"
                        "INSERT INTO t(a, MARKb, id, c) VALUES('a', 'M', 5, 'c');");
    build(&d, "tables: [{name: t, columns: [a, id, C, d, e], omit: true}]");
    assert_query(d.out, "SELECT * FROM t", "a|5|c|ac|aM");
    assert_query(
        d.out, "SELECT sql FROM sqlite_schema WHERE name = 't'",
        "CREATE TABLE \"t\"(\"a\", \"id\" INTEGER PRIMARY KEY, \"c\" UNIQUE, \"d\" AS(a || "
        "c), \"e\", UNIQUE(a, c), CHECK(a <> 'y'))");
}

static void
carries_over_every_kind_of_table(void **state)
{
    WITH_DIR;
    file_exec(
        d.source,
        "CREATE TABLE plain(a, b); INSERT INTO plain(rowid, a, b) VALUES(-5, 1, x'00ff'),"
        " (9223372036854775807, char(65, 0, 66), NULL), (7, 1.5, -9223372036854775808);"
        "CREATE TABLE r1(rowid TEXT, b); INSERT INTO r1(_rowid_, rowid) VALUES(40, 'a');"
        "CREATE TABLE r2(rowid, _rowid_, b); INSERT INTO r2(oid, rowid) VALUES(50, 'a');"
        "CREATE TABLE r3(rowid, _rowid_, oid); INSERT INTO r3 VALUES(3, 2, 1), (1, 2, 3);"
        "CREATE TABLE r4(rowid, _rowid_ INTEGER PRIMARY KEY, oid); INSERT INTO r4 VALUES(3, 2, 1);"
        "CREATE TABLE w1(a TEXT, b INT, c, PRIMARY KEY(b DESC, a COLLATE NOCASE)) WITHOUT ROWID;"
        "INSERT INTO w1 VALUES('b', 1, 1), ('A', 1, 2), ('a', 2, 3), ('C', 2, 4);"
        "CREATE TABLE dk(a INTEGER PRIMARY KEY DESC, b); INSERT INTO dk VALUES(3, 1), (2, 1);"
        "CREATE TABLE st(a INT, b TEXT, c ANY) STRICT; INSERT INTO st VALUES(1, '2', '3');"
        "CREATE TABLE g(a INT, b INT AS (a * 2) STORED, c INT AS (b + 1) UNIQUE);"
        "INSERT INTO g(a) VALUES(1), (2);"
        "CREATE TABLE \"select \"\"x\"(\"a b\" COLLATE NOCASE UNIQUE, \"c]d\" DEFAULT 'q''r');"
        "INSERT INTO \"select \"\"x\" VALUES('q', 1);"
        "CREATE TABLE empty(a)");
    build(&d, "tables: [{name: PLAIN}, {name: r1}, {name: r2}, {name: r3}, {name: r4}, {name: w1},"
              " {name: dk}, {name: st}, {name: g}, {name: 'select \"x'}, {name: empty}]");
    assert_query(d.out, "SELECT rowid, hex(a), typeof(b), hex(b) FROM plain",
                 "-5|31|blob|00FF\n7|312E35|integer|2D39323233333732303336383534373735383038\n"
                 "9223372036854775807|410042|null|");
    assert_query(d.out, "SELECT _rowid_, rowid FROM r1", "40|a");
    assert_query(d.out, "SELECT oid, rowid FROM r2", "50|a");
    assert_query(d.out, "SELECT * FROM r3", "3|2|1\n1|2|3");
    assert_query(d.out, "SELECT * FROM r4", "3|2|1");
    assert_query(d.out, "SELECT * FROM w1", "a|2|3\nC|2|4\nA|1|2\nb|1|1");
    assert_query(d.out, "SELECT rowid, a FROM dk NOT INDEXED", "1|3\n2|2");
    assert_query(d.out, "SELECT a, typeof(a), typeof(c) FROM st", "1|integer|text");
    assert_query(d.out, "SELECT * FROM g", "1|2|3\n2|4|5");
    assert_query(d.out, "SELECT * FROM \"select \"\"x\" WHERE \"a b\" = 'Q'", "q|1");
    assert_query(d.out, "SELECT count(*) FROM empty", "0");
}

static void
takes_no_column_for_the_rowid(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(id INTEGER PRIMARY KEY, oid INT, a INT, g AS (oid * 2),"
                        " CHECK(oid > 100));"
                        "CREATE INDEX i1 ON t(oid); CREATE INDEX i2 ON t(a) WHERE oid > 1;"
                        "CREATE VIEW v AS SELECT oid FROM t;"
                        "INSERT INTO t(id, oid, a) VALUES(1, 777, 5)");
    build(&d, "tables: [{name: t, columns: [id, a, g], omit: true}]");
    assert_query(d.out, "SELECT * FROM t", "1|5|1554");
    assert_query(d.out, "SELECT name FROM sqlite_schema", "t");
}

static void
counts_of_hidden_rows_do_not_leave(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, p);"
                        "CREATE TABLE u(id INTEGER PRIMARY KEY AUTOINCREMENT);"
                        "INSERT INTO t(p) VALUES(1), (1), (0); INSERT INTO t VALUES(500, 0);"
                        "INSERT INTO u VALUES(9); DELETE FROM u");
    build(&d, "tables: [{name: t, where: p = 1}, {name: u}]");
    assert_query(d.out, "SELECT name, seq FROM sqlite_sequence WHERE seq > 0", "t|2");
}

static void
null_excludes(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 1), (2, NULL), (3, 0)");
    build(&d, "tables: [{name: t, where: b <> 0}]");
    assert_query(d.out, "SELECT a FROM t", "1");
    build(&d, "tables: [{name: t, where: NOT (b = 1)}]");
    assert_query(d.out, "SELECT a FROM t", "3");
}

static void
keeps_constraints_that_are_public(void **state)
{
    WITH_DIR;
    file_exec(d.source,
              "CREATE TABLE p(id INTEGER PRIMARY KEY, code TEXT UNIQUE, secret UNIQUE);"
              "CREATE TABLE h(id INTEGER PRIMARY KEY);"
              "CREATE TABLE c(id INTEGER PRIMARY KEY, a REFERENCES p, b REFERENCES h,"
              " d REFERENCES p(secret), e REFERENCES p(code) ON DELETE CASCADE,"
              " f INT CHECK(f > 0), g CHECK(g <> hid), hid,"
              " FOREIGN KEY(hid) REFERENCES p(id), FOREIGN KEY(f) REFERENCES p(id));"
              "INSERT INTO p VALUES(1, 'x', 'M'); INSERT INTO c VALUES(1, 1, 2, 3, 'x', 1, 2, 3)");
    build(&d, "tables: [{name: p, columns: [id, code]},"
              " {name: c, columns: [id, a, b, d, e, f, g]}]");
    assert_query(d.out, "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list('c')",
                 "f|p|id\ne|p|code\na|p|NULL");
    assert_query(d.out,
                 "SELECT sql LIKE '%CHECK(f > 0)%', sql LIKE '%hid>%' FROM sqlite_schema"
                 " WHERE name = 'c'",
                 "1|0");
    assert_query(d.out, "SELECT count(*) FROM pragma_index_list('p')", "1");
}

/* Keys are made after the rows, by sorting; nobody can tell. */
static void
keys_are_those_that_sqlite_would_have_made(void **state)
{
    static const struct {
        const char *name, *body;
    } samples[] = {
        {"t", "(a TEXT PRIMARY KEY, b)"},
        {"t", "(a, b UNIQUE)"},
        {"t", "(a UNIQUE, b UNIQUE)"},
        {"t", "(a UNIQUE, b UNIQUE, UNIQUE(b), UNIQUE(a), UNIQUE(b, a), UNIQUE(a, b))"},
        {"t", "(a, b, PRIMARY KEY(b DESC, a COLLATE NOCASE), UNIQUE(a COLLATE RTRIM DESC, b))"},
        {"t", "(a PRIMARY KEY UNIQUE, b)"},
        {"t", "(a INTEGER PRIMARY KEY DESC, b UNIQUE)"},
        {"t", "(a INTEGER PRIMARY KEY, b UNIQUE ON CONFLICT IGNORE)"},
        {"t", "(a INTEGER PRIMARY KEY AUTOINCREMENT, b, UNIQUE(a, b))"},
        {"t", "(a INTEGER, b, PRIMARY KEY(a))"},
        {"t", "(a INTEGER PRIMARY KEY UNIQUE, b)"},
        {"t", "(a TEXT COLLATE NOCASE UNIQUE, b, UNIQUE(a, b))"},
        {"t", "(a, b UNIQUE, PRIMARY KEY(a)) WITHOUT ROWID"},
        {"t", "(a TEXT, b TEXT, PRIMARY KEY(b, a), UNIQUE(a, b), UNIQUE(b)) STRICT, WITHOUT ROWID"},
        {"t", "(a TEXT UNIQUE, b TEXT PRIMARY KEY) STRICT"},
        {"t", "(a UNIQUE, b, g AS (a || 'x') UNIQUE, h AS (b) STORED, UNIQUE(g, h, a))"},
        {"t", "(rowid, a, b, PRIMARY KEY(a, rowid))"},
        {"t", "(a, b, CONSTRAINT x UNIQUE(a) ON CONFLICT REPLACE CONSTRAINT y PRIMARY KEY(b))"},
        {"t", "(a UNIQUE REFERENCES t(b), b UNIQUE CHECK(b <> 1), FOREIGN KEY(b) REFERENCES t(a))"},
        {"t \"q", "(\"a\" UNIQUE, [b] UNIQUE, `c d\"e` UNIQUE, PRIMARY KEY(`c d\"e`))"},
        {"\xc3\xa9", "(a UNIQUE, b, PRIMARY KEY(b))"},
        {"leat key 1", "(a UNIQUE, b, PRIMARY KEY(b))"},
        {"a%sb", "(a UNIQUE, b, PRIMARY KEY(b))"},
    };
    static const char *const questions[] = {
        "SELECT type, name, tbl_name, rootpage > 0, sql IS NULL FROM sqlite_schema ORDER BY name",
        "SELECT l.seq, l.name, l.\"unique\", l.origin, x.seqno, x.cid, x.\"desc\", x.coll, x.key"
        " FROM (SELECT DISTINCT tbl_name AS t FROM sqlite_schema), pragma_index_list(t) l,"
        " pragma_index_xinfo(l.name) x",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        CLEANUP(dir_done) struct dir d;
        struct filter_table t = {.name = samples[i].name};
        CLEANUP(filter_freep) struct filter *f = NULL;
        struct snapshot_request request = {
            .source = d.source, .out = d.out, .busy_timeout_ms = 1000, .timeout_ms = 600000};
        struct snapshot_result result;
        struct err e;
        char *text = sqlite3_mprintf("CREATE TABLE \"%w\"%s; WITH c(x) AS (SELECT 1 UNION ALL"
                                     " SELECT x + 1 FROM c WHERE x < 3000)"
                                     " INSERT OR IGNORE INTO \"%w\"(a, b)"
                                     " SELECT (x * 7919) %% 100003, 'v' || ((x * 104729) %% 100019)"
                                     " FROM c",
                                     t.name, samples[i].body, t.name);

        dir_init(&d);
        file_exec(d.source, text);
        sqlite3_free(text);
        assert_ok(filter_new(&t, 1, &f, &e), &e);
        request.filter = f;
        assert_ok(snapshot_build(&request, &result, &e), &e);
        assert_int_equal(result.rows, 3000);
        assert_query(d.out, "PRAGMA integrity_check", "ok");
        for (size_t k = 0; k < ARRAY_LEN(questions); k++) {
            CLEANUP(buf_done) struct buf expected = BUF_INIT(100000);

            file_query(d.source, questions[k], &expected);
            assert_query(d.out, questions[k], buf_str(&expected));
        }
        text = sqlite3_mprintf("ATTACH '%s' AS o; CREATE TEMP TABLE c(x CHECK (x = 0));"
                               "INSERT INTO c SELECT count(*) FROM"
                               " (SELECT * FROM main.\"%w\" EXCEPT SELECT * FROM o.\"%w\");"
                               "REINDEX o.\"%w\"; UPDATE OR REPLACE o.\"%w\" SET a = a + 1;"
                               "INSERT OR REPLACE INTO o.\"%w\"(a, b) VALUES(1, 'v');"
                               "DETACH o",
                               d.out, t.name, t.name, t.name, t.name, t.name);
        file_exec(d.source, text);
        sqlite3_free(text);
        file_exec(d.out, "PRAGMA journal_mode = DELETE"); /* what was written is in the file */
        assert_query(d.out, "PRAGMA integrity_check", "ok");
    }
}

/* Rows that a check would not take today are rows all the same. */
static void
copies_rows_that_break_a_check(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct err e = {0};

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a CHECK(a > 0)); PRAGMA ignore_check_constraints = ON;"
                        "INSERT INTO t VALUES(-1), (1)");
    assert_ok(dir_build(&d, "tables: [{name: t}]", &result, &e), &e);
    assert_query(d.out, "SELECT a FROM t", "-1\n1");
}

static void
carries_over_indexes_and_views(void **state)
{
    WITH_DIR;
    file_exec(d.source,
              "CREATE TABLE t(a, b, c); CREATE TABLE hidden(x); INSERT INTO t VALUES(1, 2, 3);"
              "CREATE INDEX i1 ON t(a); CREATE UNIQUE INDEX \"i 2\" ON t(b DESC, a COLLATE NOCASE);"
              "CREATE INDEX i3 ON t(a + b) WHERE b > 1. AND a IS NOT NULL;"
              "CREATE INDEX i4 ON t(c); CREATE INDEX i5 ON t(a) WHERE c = 1;"
              "CREATE INDEX i6 ON t(a, c); CREATE INDEX i7 ON hidden(x);"
              "CREATE VIEW v1(x, y) AS SELECT a, b FROM t;"
              "CREATE VIEW v2 AS SELECT x FROM v1 JOIN t ON v1.x = t.a;"
              "CREATE VIEW v3 AS SELECT c FROM t; CREATE VIEW v4 AS SELECT * FROM v3;"
              "CREATE VIEW v5 AS SELECT * FROM main.t; CREATE VIEW v6 AS SELECT * FROM hidden;"
              "CREATE VIEW v7 AS SELECT 1 AS one; CREATE VIEW v8 AS SELECT a FROM missing;"
              "CREATE VIEW v9 AS WITH q AS (SELECT a FROM t) SELECT a FROM q WHERE a > 0. AND 1;"
              "CREATE VIEW w1 AS SELECT no_such_function(a) FROM t");
    build(&d, "tables: [{name: t, columns: [a, b]}]");
    assert_query(d.out, "SELECT name FROM sqlite_schema WHERE type = 'index' ORDER BY name",
                 "i 2\ni1\ni3");
    assert_query(d.out, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name",
                 "v1\nv2\nv7\nv9");
    assert_query(d.out, "SELECT \"unique\", partial FROM pragma_index_list('t') ORDER BY name",
                 "1|0\n0|0\n0|1");
    assert_query(d.out, "SELECT * FROM v2", "1");
}

static void
handles_full_text_and_rtree_tables(void **state)
{
    CLEANUP(buf_done) struct buf box = BUF_INIT(1000);
    struct snapshot_result result;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source,
              "CREATE VIRTUAL TABLE own USING fts5(title, body, tokenize = 'porter ascii',"
              " prefix='2 3');"
              "INSERT INTO own(rowid, title, body) VALUES(5, 'running', 'MARK'), (9, 'x', 'MARK');"
              "CREATE TABLE post(id INTEGER PRIMARY KEY, title, pub);"
              "INSERT INTO post VALUES(1, 'open words', 1), (2, 'MARK words', 0);"
              "CREATE VIRTUAL TABLE ext USING fts5(title, content='post', content_rowid='id');"
              "INSERT INTO ext(ext) VALUES('rebuild');"
              "CREATE VIRTUAL TABLE bare USING fts5(title, content='');"
              "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1, y0, y1, +note TEXT);"
              "INSERT INTO box VALUES(3, 0.1, 1, 0, 1, 'n'), (4, 9, 10, 9, 10, 'MARK');"
              "CREATE VIRTUAL TABLE ibox USING rtree_i32(id, x0, x1);"
              "INSERT INTO ibox VALUES(1, 2, 3);"
              "CREATE TABLE plain(a)");
    build(&d, "tables: [{name: plain}]");
    assert_query(d.out, "SELECT name FROM sqlite_schema", "plain");
    build(&d, "tables: [{name: own, columns: [title]}, {name: post, where: pub = 1}, {name: ext},"
              " {name: box, where: id = 3}, {name: ibox}]");
    assert_query(d.out, "SELECT rowid, title, body FROM own WHERE own MATCH 'run'",
                 "5|running|NULL");
    assert_query(d.out, "SELECT rowid, title FROM ext WHERE ext MATCH 'words'", "1|open words");
    file_query(d.source, "SELECT * FROM box WHERE id = 3", &box);
    assert_query(d.out, "SELECT * FROM box", buf_str(&box));
    assert_query(d.out, "SELECT * FROM ibox", "1|2|3");
    assert_int_equal(dir_build(&d, "tables: [{name: bare}]", &result, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "table \"bare\" is refused: a contentless full-text index"));
    assert_int_equal(dir_build(&d, "tables: [{name: ext}]", &result, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "it indexes table \"post\", which is not in the filter"));
    assert_int_equal(
        dir_build(&d, "tables: [{name: ext}, {name: post, columns: [id, pub]}]", &result, &e),
        ERR_DENIED);
    assert_non_null(strstr(e.msg, "it indexes column \"title\" of table \"post\""));
    assert_int_equal(dir_build(&d, "tables: [{name: ext, where: 1}, {name: post}]", &result, &e),
                     ERR_DENIED);
    assert_int_equal(dir_build(&d, "tables: [{name: own_content}]", &result, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "it is a part of table \"own\": list that one"));
    assert_int_equal(
        dir_build(&d, "tables: [{name: own, columns: [title], omit: true}]", &result, &e),
        ERR_DENIED);
    assert_int_equal(dir_build(&d, "tables: [{name: box, columns: [id]}]", &result, &e),
                     ERR_DENIED);
}

/* FTS5 takes "c" for "content", and so do we: the index would hold what its table keeps back. */
static void
knows_full_text_options_that_are_cut_short(void **state)
{
    struct snapshot_result result;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE post(id INTEGER PRIMARY KEY, title, pub);"
                        "INSERT INTO post VALUES(1, 'open words', 1), (2, 'MARK words', 0);"
                        "CREATE VIRTUAL TABLE ext USING fts5(title, c='post', Content_r=id);"
                        "INSERT INTO ext(ext) VALUES('rebuild');"
                        "CREATE VIRTUAL TABLE bare USING fts5(title, con='')");
    assert_int_equal(dir_build(&d, "tables: [{name: ext}]", &result, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "it indexes table \"post\", which is not in the filter"));
    assert_int_equal(
        dir_build(&d, "tables: [{name: ext}, {name: post, columns: [title, pub]}]", &result, &e),
        ERR_DENIED);
    assert_int_equal(dir_build(&d, "tables: [{name: bare}]", &result, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "a contentless full-text index"));
    build(&d, "tables: [{name: ext}, {name: post, where: pub = 1}]");
    assert_query(d.out, "SELECT rowid, title FROM ext WHERE ext MATCH 'words'", "1|open words");
}

static void
refuses_what_does_not_fit_the_database(void **state)
{
    static const struct {
        const char *yaml, *says;
    } samples[] = {
        {"tables: [{name: nothing}]", "table \"nothing\" is refused: there is no such table"},
        {"tables: [{name: v}]", "table \"v\" is refused: it is a view"},
        {"tables: [{name: i}]", "table \"i\" is refused: there is no such table"},
        {"tables: [{name: sqlite_schema}]", "tables of SQLite's own are not carried over"},
        {"tables: [{name: sqlite_sequence}]", "tables of SQLite's own are not carried over"},
        {"tables: [{name: t, columns: [a, nothing]}]", "table \"t\" has no column \"nothing\""},
        {"tables: [{name: t, columns: [rowid]}]", "table \"t\" has no column \"rowid\""},
        {"tables: [{name: k, columns: [b]}]",
         "column \"a\" is the key by which its rows are known"},
        {"tables: [{name: w, columns: [a, c]}]", "column \"b\" is the key"},
        {"tables: [{name: t, where: missing = 1}]", "no such column"},
    };
    CLEANUP(dir_done) struct dir d;

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a, b); CREATE VIEW v AS SELECT 1; CREATE INDEX i ON t(a);"
                        "CREATE TABLE k(a INTEGER PRIMARY KEY AUTOINCREMENT, b);"
                        "CREATE TABLE w(a, b, c, PRIMARY KEY(a, b)) WITHOUT ROWID");
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        struct snapshot_result result;
        struct err e = {0};
        int r = dir_build(&d, samples[i].yaml, &result, &e);

        if ((r != ERR_DENIED && r != ERR_CONFIG) || !strstr(e.msg, samples[i].says))
            fail_msg("%s: %d %s", samples[i].yaml, r, e.msg);
        assert_int_equal(dir_count(&d), 1);
    }
}

static void
carries_over_the_properties_of_the_file(void **state)
{
    static const char *const encodings[] = {"UTF-8", "UTF-16le", "UTF-16be"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        for (int page = 512; page <= 65536; page *= 2) {
            CLEANUP(dir_done) struct dir d;
            char text[600], expected[100];

            dir_init(&d);
            (void)snprintf(text, sizeof text,
                           "PRAGMA encoding = '%s'; PRAGMA page_size = %d;"
                           "CREATE TABLE t\xc3\xa9(a TEXT, b UNIQUE); PRAGMA user_version = -7;"
                           "PRAGMA application_id = 1234567; INSERT INTO t\xc3\xa9 VALUES"
                           "('\xe4\xb8\xad' || char(128512), 2), (hex(zeroblob(40000)), 3);",
                           encodings[i], page);
            file_exec(d.source, text);
            build(&d, "tables: [{name: t\xc3\xa9, where: \"a <> '0' AND b IN (2, 3)\"}]");
            assert_query(d.out, "PRAGMA encoding", encodings[i]);
            (void)snprintf(expected, sizeof expected, "%d", page);
            assert_query(d.out, "PRAGMA page_size", expected);
            assert_query(d.out, "PRAGMA user_version", "-7");
            assert_query(d.out, "PRAGMA application_id", "1234567");
            assert_query(d.out, "SELECT length(a), b FROM t\xc3\xa9", "2|2\n80000|3");
            assert_query(d.out, "SELECT unicode(substr(a, 2)) FROM t\xc3\xa9 WHERE b = 2",
                         "128512");
        }
    }
}

static void
an_empty_filter_gives_an_empty_database(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a); INSERT INTO t VALUES('MARK')");
    build(&d, "tables: []");
    assert_query(d.out, "SELECT count(*) FROM sqlite_schema", "0");
}

/* The same content, made in other ways, elsewhere, with other things around it. */
static void
same_content_gives_same_bytes(void **state)
{
    static const char *const ways[] = {
        "CREATE TABLE a(id INTEGER PRIMARY KEY, x TEXT, n INT DEFAULT 5);"
        "CREATE TABLE b(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
        "CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT, v);"
        "CREATE INDEX ai ON a(x); CREATE INDEX bi ON b(v);"
        "CREATE VIRTUAL TABLE f USING fts5(x);"
        "INSERT INTO a VALUES(1, 'one', 5), (2, 'two', 5), (3, 'three', 6);"
        "INSERT INTO b VALUES('x', 1.0), ('y', NULL); INSERT INTO c VALUES(1, 'c');"
        "INSERT INTO f(rowid, x) VALUES(1, 'some words'), (2, 'more words')",
        /* other order, a private table, ADD COLUMN, ANALYZE, VACUUM, hidden inserts, WAL */
        "PRAGMA journal_mode = WAL; PRAGMA auto_vacuum = FULL; PRAGMA user_version = 3;"
        "CREATE TABLE private(x); INSERT INTO private VALUES(zeroblob(100000));"
        "CREATE VIRTUAL TABLE f USING fts5(x);"
        "INSERT INTO f(rowid, x) VALUES(2, 'other'); INSERT INTO f(rowid, x) VALUES(1, 'x');"
        "CREATE TABLE c(id INTEGER PRIMARY KEY AUTOINCREMENT, v);"
        "INSERT INTO c VALUES(1, 'c'), (77, 'hidden'); DELETE FROM c WHERE id = 77;"
        "CREATE TABLE b(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
        "INSERT INTO b VALUES('y', NULL), ('x', 1.0), ('z', 3); DELETE FROM b WHERE k = 'z';"
        "CREATE TABLE a(id INTEGER PRIMARY KEY, /* old */ x TEXT);"
        "INSERT INTO a VALUES(3, 'three'), (2, 'tw'), (1, 'one');"
        "ALTER TABLE a ADD COLUMN n INT DEFAULT 5;"
        "UPDATE a SET n = 6 WHERE id = 3; UPDATE a SET x = 'two' WHERE id = 2;"
        "UPDATE f SET x = 'some words' WHERE rowid = 1;"
        "UPDATE f SET x = 'more words' WHERE rowid = 2; INSERT INTO f(f) VALUES('optimize');"
        "DROP TABLE private; CREATE INDEX bi ON b(v); CREATE INDEX ai ON a(x); ANALYZE; VACUUM;"
        "PRAGMA user_version = 0; CREATE TABLE private(x);"
        "CREATE TRIGGER tr AFTER INSERT ON a BEGIN DELETE FROM a; END;"
        "CREATE INDEX pi ON private(x)",
    };
    CLEANUP(buf_done) struct buf first = BUF_INIT((size_t)1 << 20);

    (void)state;
    for (size_t i = 0; i < 2 * ARRAY_LEN(ways); i++) {
        CLEANUP(buf_done) struct buf bytes = BUF_INIT((size_t)1 << 20);
        CLEANUP(dir_done) struct dir d;
        struct err e;

        dir_init(&d);
        file_exec(d.source, ways[i % ARRAY_LEN(ways)]);
        build(&d, "tables: [{name: f}, {name: A}, {name: b}, {name: c}]");
        assert_ok(file_read(d.out, i == 0 ? &first : &bytes, &e), &e);
        if (i > 0) {
            assert_int_equal(bytes.len, first.len);
            assert_memory_equal(bytes.data, first.data, first.len);
        }
    }
}

static void
an_unchanged_content_is_left_alone(void **state)
{
    struct snapshot_result first, second, third;
    struct stat before, after;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a, p); INSERT INTO t VALUES(1, 0), (2, 1)");
    assert_ok(dir_build(&d, "tables: [{name: t, where: p = 1}]", &first, &e), &e);
    assert_false(first.unchanged);
    assert_int_equal(first.rows, 1);
    assert_int_equal(stat(d.out, &before), 0);
    file_exec(d.source, "INSERT INTO t VALUES(3, 0)");
    assert_ok(dir_build(&d, "tables: [{name: t, where: p = 1}]", &second, &e), &e);
    assert_int_equal(stat(d.out, &after), 0);
    assert_true(second.unchanged);
    assert_int_equal(second.meta.version, first.meta.version);
    assert_string_equal(second.meta.hash, first.meta.hash);
    assert_int_equal(before.st_ino, after.st_ino);
    file_exec(d.source, "UPDATE t SET p = 1");
    assert_ok(dir_build(&d, "tables: [{name: t, where: p = 1}]", &third, &e), &e);
    assert_false(third.unchanged);
    assert_true(third.meta.version > first.meta.version);
    assert_int_equal(third.rows, 3);
    assert_int_equal(dir_count(&d), 3); /* source, output, meta */
}

/* A word that asks for the clock may also come out of a row. */
static void
a_row_cannot_ask_for_the_time(void **state)
{
    static const char *const values[] = {"'now'", "'NoW'", "x'6e6f77'"};
    static const char *const conditions[] = {
        "date(v) > '2000-01-01'",
        "strftime('%s', v) > 0",
        "datetime('2024-01-01', m) > '2000'",
        "v IN (SELECT julianday(v) FROM t)",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        for (size_t k = 0; k < ARRAY_LEN(conditions); k++) {
            CLEANUP(dir_done) struct dir d;
            struct snapshot_result result;
            struct err e = {0};
            char text[300];

            dir_init(&d);
            (void)snprintf(text, sizeof text,
                           "CREATE TABLE t(v, m); INSERT INTO t VALUES"
                           "('2024-05-05', '+1 day'), (%s, CAST('localtime' AS BLOB))",
                           values[i]);
            file_exec(d.source, text);
            (void)snprintf(text, sizeof text, "tables: [{name: t, where: \"%s\"}]", conditions[k]);
            if (dir_build(&d, text, &result, &e) != ERR_PROTO ||
                !strstr(e.msg, "the condition depends on the current time or time zone"))
                fail_msg("%s, %s: %s", values[i], conditions[k], e.msg);
            assert_int_equal(dir_count(&d), 1);
        }
    }
}

static void
dates_of_rows_are_computed(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(v); INSERT INTO t VALUES('2024-05-05'), ('1999-01-01'),"
                        " (NULL), (2460000.5), (0), ('nonsense')");
    build(&d, "tables: [{name: t, where: \"date(v, '+1 day', 'start of month') > '2000'"
              " AND strftime('%Y', v) < '2025' AND unixepoch(v) > 5 AND time(v) = '00:00:00'\"}]");
    assert_query(d.out, "SELECT v FROM t", "2024-05-05\n2460000.5");
}

/* What SQLite says of a value stays with the value. */
static void
messages_do_not_quote_rows(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct err e = {0};

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(doc, path); INSERT INTO t VALUES('{}', 'MARK'),"
                        " ('MARK', '$.x')");
    assert_int_equal(
        dir_build(&d, "tables: [{name: t, where: \"json_extract(doc, path) = 1\"}]", &result, &e),
        ERR_PROTO);
    assert_null(strstr(e.msg, "MARK"));
    assert_non_null(strstr(e.msg, "table \"t\": JSON path error"));
}

static void
does_not_replace_what_it_has_not_made(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct err e = {0};

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a)");
    file_exec(d.out, "CREATE TABLE precious(a)");
    assert_int_equal(dir_build(&d, "tables: [{name: t}]", &result, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "was not made by leat, or was written to since"));
    assert_query(d.out, "SELECT name FROM sqlite_schema", "precious");
    memcpy(d.out, d.source, sizeof d.out);
    assert_int_equal(dir_build(&d, "tables: [{name: t}]", &result, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "is the source itself"));
    /* A file of this name would be taken for changes of the source that must be undone. */
    (void)snprintf(d.out, sizeof d.out, "%s/./source.db-journal", d.path);
    assert_int_equal(dir_build(&d, "tables: [{name: t}]", &result, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "is a name of SQLite's own beside the source"));
    (void)snprintf(d.out, sizeof d.out, "%s", d.path);
    assert_int_equal(dir_build(&d, "tables: [{name: t}]", &result, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "is not a file"));
}

static void
says_what_is_wrong_with_a_source(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct err e = {0};
    FILE *file;

    (void)state;
    dir_init(&d);
    assert_int_equal(dir_build(&d, "tables: []", &result, &e), ERR_NOTFOUND);
    file = fopen(d.source, "w");
    assert_non_null(file);
    (void)fclose(file);
    assert_int_equal(dir_build(&d, "tables: []", &result, &e), ERR_PROTO);
    assert_non_null(strstr(e.msg, "it is empty"));
    file = fopen(d.source, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fputs("not a database at all ", file);
    (void)fclose(file);
    assert_int_equal(dir_build(&d, "tables: []", &result, &e), ERR_PROTO);
    assert_non_null(strstr(e.msg, "file is not a SQLite database, or is encrypted"));
    assert_int_equal(dir_count(&d), 1);
}

/* A writer in the middle of a commit is waited for, and no longer than told. */
static void
a_locked_source_is_busy(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct filter *f = NULL;
    struct snapshot_request request = {.source = d.source, .out = d.out, .busy_timeout_ms = 1};
    struct err e = {0};
    sqlite3 *db = NULL;

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a)");
    assert_ok(filter_parse("tables: []", 10, "f.yaml", &f, &e), &e);
    request.filter = f;
    request.timeout_ms = 600000;
    assert_int_equal(sqlite3_open(d.source, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(snapshot_build(&request, &result, &e), ERR_BUSY);
    assert_non_null(strstr(e.msg, "busy: another program has kept it locked for over 1 ms"));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    filter_free(f);
}

/* A build that is overtaken while it reads no more from the source. */
struct race {
    const struct dir *d;
    const char *change; /* of the source, before the other build */
    struct snapshot_request request;
    struct snapshot_result later;
    bool is_over;
};

static uint64_t
no_clock(void *ctx)
{
    (void)ctx;
    return 0;
}

static void
overtake(void *ctx, uint64_t started, bool query, const char *text, int rc, const char *message)
{
    struct race *race = ctx;
    struct err e = {0};

    (void)started;
    (void)query;
    (void)rc;
    (void)message;
    if (race->is_over || strcmp(text, "COMMIT") != 0)
        return;
    race->is_over = true;
    file_exec(race->d->source, race->change);
    race->request.tracer = NULL;
    assert_ok(snapshot_build(&race->request, &race->later, &e), &e);
}

static void
a_slower_build_does_not_replace_a_later_state(void **state)
{
    struct filter_table t = {.name = "t"};
    struct snapshot_result result;
    struct race race = {0};
    struct sql_tracer tracer = {.ctx = &race, .start = no_clock, .finish = overtake};
    struct filter *f = NULL;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    assert_ok(filter_new(&t, 1, &f, &e), &e);
    for (int round = 0; round < 2; round++) { /* without an output, and with one */
        struct snapshot_request request = {
            .source = d.source, .out = d.out, .filter = f, .timeout_ms = 600000};

        race = (struct race){.d = &d, .change = "INSERT INTO t VALUES(2)", .request = request};
        request.tracer = &tracer;
        assert_int_equal(snapshot_build(&request, &result, &e), ERR_BUSY);
        assert_non_null(strstr(e.msg, "that began later was done first"));
        assert_int_equal(race.later.rows, 2 + round);
        assert_query(d.out, "SELECT count(*) FROM t", round == 0 ? "2" : "3");
        assert_int_equal(dir_count(&d), 3); /* the source, the output, what is known of it */
    }
    filter_free(f);
}

static void
an_unchanged_replica_moves_on_with_its_source(void **state)
{
    struct filter_table t = {.name = "t"};
    struct snapshot_result first, result;
    struct race race = {0};
    struct sql_tracer tracer = {.ctx = &race, .start = no_clock, .finish = overtake};
    struct filter *f = NULL;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    assert_ok(filter_new(&t, 1, &f, &e), &e);

    struct snapshot_request request = {
        .source = d.source, .out = d.out, .filter = f, .timeout_ms = 600000};

    assert_ok(snapshot_build(&request, &first, &e), &e);
    file_exec(d.source, "INSERT INTO t VALUES(2)");
    race = (struct race){.d = &d, .change = "DELETE FROM t WHERE a = 2", .request = request};
    request.tracer = &tracer;
    assert_int_equal(snapshot_build(&request, &result, &e), ERR_BUSY);
    assert_non_null(strstr(e.msg, "that began later was done first"));
    assert_true(race.later.unchanged);
    assert_int_equal(race.later.meta.version, first.meta.version);
    assert_true(race.later.meta.position.number > first.meta.position.number);
    assert_query(d.out, "SELECT count(*) FROM t", "1");

    /* What is known of the output says the same; who comes late and has nothing new is not told
     * off. */
    request.tracer = NULL;
    assert_ok(snapshot_build(&request, &result, &e), &e);
    assert_true(result.unchanged);
    assert_true(result.meta.position.number > race.later.meta.position.number);
    filter_free(f);
}

/* Behind the first statement the path names another file. */
static void
swap(void *ctx, uint64_t started, bool query, const char *text, int rc, const char *message)
{
    struct race *race = ctx;
    char other[120];

    (void)started;
    (void)query;
    (void)text;
    (void)rc;
    (void)message;
    if (race->is_over)
        return;
    race->is_over = true;
    (void)snprintf(other, sizeof other, "%s.new", race->d->source);
    file_exec(other, "CREATE TABLE t(a)");
    assert_int_equal(rename(other, race->d->source), 0);
}

static void
a_source_that_is_swapped_while_it_is_opened_is_busy(void **state)
{
    struct filter_table t = {.name = "t"};
    struct snapshot_result result;
    struct race race = {0};
    struct sql_tracer tracer = {.ctx = &race, .start = no_clock, .finish = swap};
    struct filter *f = NULL;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    assert_ok(filter_new(&t, 1, &f, &e), &e);

    struct snapshot_request request = {
        .source = d.source, .out = d.out, .filter = f, .timeout_ms = 600000, .tracer = &tracer};

    race.d = &d;
    assert_int_equal(snapshot_build(&request, &result, &e), ERR_BUSY);
    assert_non_null(strstr(e.msg, "another file took its place"));
    assert_int_equal(dir_count(&d), 1);
    filter_free(f);
}

/* Numbers behind which none can come would end in an overflow. */
static void
refuses_what_is_known_where_nothing_can_follow(void **state)
{
    static const char *const numbers[][2] = {{"9223372036854775807", "1"},
                                             {"1", "18446744073709551615"}};
    CLEANUP(dir_done) struct dir d;

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a)");
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct snapshot_result result;
        struct err e = {0};
        char path[120];
        FILE *file;

        (void)snprintf(path, sizeof path, "%s.meta", d.out);
        file = fopen(path, "w");
        assert_non_null(file);
        (void)fprintf(file,
                      "{\"version\":%s,\"hash\":\"%064d\",\"size\":1,\"timestamp\":1,"
                      "\"compressed\":false,\"position\":\"a:%s\"}",
                      numbers[i][0], 0, numbers[i][1]);
        assert_int_equal(fclose(file), 0);
        assert_int_equal(dir_build(&d, "tables: [{name: t}]", &result, &e), ERR_LIMIT);
        assert_non_null(strstr(e.msg, "no version is left"));
    }
}

/* Anybody who may read a directory may lock it. */
static void
a_locked_directory_is_not_waited_for_longer_than_told(void **state)
{
    struct filter_table t = {.name = "t"};
    struct snapshot_result result;
    struct filter *f = NULL;
    struct err e = {0};
    int fd;

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a)");
    assert_ok(filter_new(&t, 1, &f, &e), &e);
    fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);

    struct snapshot_request request = {
        .source = d.source, .out = d.out, .filter = f, .timeout_ms = 300};

    assert_int_equal(snapshot_build(&request, &result, &e), ERR_LIMIT);
    assert_int_equal(dir_count(&d), 1);
    (void)close(fd);
    filter_free(f);
}

static void
ends_when_the_time_is_over(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct filter_table t = {.name = "t",
                             .where = "(SELECT count(*) FROM t a, t b, t c, t d, t e) > 0"};
    struct filter *f = NULL;
    struct snapshot_request request = {.source = d.source, .out = d.out, .timeout_ms = 1};
    struct err e = {0};

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a); WITH c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c"
                        " WHERE x < 1000) INSERT INTO t SELECT x FROM c");
    assert_ok(filter_new(&t, 1, &f, &e), &e);
    request.filter = f;
    assert_int_equal(snapshot_build(&request, &result, &e), ERR_LIMIT);
    assert_non_null(strstr(e.msg, "not done after 1 ms"));
    assert_int_equal(dir_count(&d), 1);
    filter_free(f);
}

/* Tables of modules that this program does not know hurt only who asks for them. */
static void
unknown_modules_do_not_matter(void **state)
{
    struct snapshot_result result;
    struct err e = {0};

    WITH_DIR;
    file_exec(d.source, "CREATE TABLE t(a); PRAGMA writable_schema = ON;"
                        "INSERT INTO sqlite_schema VALUES('table', 'alien', 'alien', 0,"
                        " 'CREATE VIRTUAL TABLE alien USING nothing_known(a)')");
    build(&d, "tables: [{name: t}]");
    assert_int_equal(dir_build(&d, "tables: [{name: alien}]", &result, &e), ERR_DENIED);
    assert_non_null(
        strstr(e.msg, "virtual tables of module \"nothing_known\" are not carried over"));
}

static void
tables_named_almost_like_those_of_sqlite_are_ordinary(void **state)
{
    WITH_DIR;
    file_exec(d.source, "CREATE TABLE sqlite3_x(a); CREATE TABLE sqlitey(a); CREATE TABLE"
                        " \"main\"(a, b); INSERT INTO sqlite3_x VALUES(1);"
                        "INSERT INTO main.main VALUES(1, 2); CREATE TABLE \"out\"(a);"
                        "INSERT INTO \"out\" VALUES(5)");
    build(&d, "tables: [{name: sqlite3_x}, {name: sqlitey}, {name: main, where: main.a = 1},"
              " {name: out, where: out.a IN (SELECT a + 4 FROM sqlite3_x)}]");
    assert_query(d.out, "SELECT * FROM sqlite3_x", "1");
    assert_query(d.out, "SELECT * FROM \"main\".\"main\"", "1|2");
    assert_query(d.out, "SELECT * FROM \"out\"", "5");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_excluded_is_in_the_bytes),
        cmocka_unit_test(empties_columns_by_their_type),
        cmocka_unit_test(leaves_out_columns_when_told),
        cmocka_unit_test(carries_over_every_kind_of_table),
        cmocka_unit_test(takes_no_column_for_the_rowid),
        cmocka_unit_test(counts_of_hidden_rows_do_not_leave),
        cmocka_unit_test(null_excludes),
        cmocka_unit_test(keeps_constraints_that_are_public),
        cmocka_unit_test(keys_are_those_that_sqlite_would_have_made),
        cmocka_unit_test(copies_rows_that_break_a_check),
        cmocka_unit_test(carries_over_indexes_and_views),
        cmocka_unit_test(handles_full_text_and_rtree_tables),
        cmocka_unit_test(knows_full_text_options_that_are_cut_short),
        cmocka_unit_test(refuses_what_does_not_fit_the_database),
        cmocka_unit_test(carries_over_the_properties_of_the_file),
        cmocka_unit_test(an_empty_filter_gives_an_empty_database),
        cmocka_unit_test(same_content_gives_same_bytes),
        cmocka_unit_test(an_unchanged_content_is_left_alone),
        cmocka_unit_test(a_row_cannot_ask_for_the_time),
        cmocka_unit_test(dates_of_rows_are_computed),
        cmocka_unit_test(messages_do_not_quote_rows),
        cmocka_unit_test(does_not_replace_what_it_has_not_made),
        cmocka_unit_test(says_what_is_wrong_with_a_source),
        cmocka_unit_test(a_locked_source_is_busy),
        cmocka_unit_test(a_slower_build_does_not_replace_a_later_state),
        cmocka_unit_test(an_unchanged_replica_moves_on_with_its_source),
        cmocka_unit_test(a_source_that_is_swapped_while_it_is_opened_is_busy),
        cmocka_unit_test(refuses_what_is_known_where_nothing_can_follow),
        cmocka_unit_test(a_locked_directory_is_not_waited_for_longer_than_told),
        cmocka_unit_test(ends_when_the_time_is_over),
        cmocka_unit_test(unknown_modules_do_not_matter),
        cmocka_unit_test(tables_named_almost_like_those_of_sqlite_are_ordinary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
