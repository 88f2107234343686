/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every form of a definition that SQLite takes is executed, read back and
 * compared with what SQLite says of it (schema_read_table() refuses where the
 * two differ); then it is planned, and the table that the plan creates must
 * have the same columns.
 */
#include "db_unit.h"

#include "feed/ddl.h"
#include "feed/schema.h"

static const char *const forms[] = {
    /* names */
    "CREATE TABLE t(a, b)",
    "CREATE TABLE \"t\"(\"a\", \"b\"\"c\", \"d e\", \"\")",
    "CREATE TABLE [t]([a], [b\"c], [d e])",
    "CREATE TABLE `t`(`a`, `b``c`)",
    "CREATE TABLE 't'('a', 'b''c')",
    "CREATE TABLE IF NOT EXISTS t(a)",
    "CREATE TABLE main.t(a)",
    "CREATE TABLE \"main\".[t](a)",
    "CREATE TABLE t(\"primary\", \"check\", [unique], `constraint`, 'foreign', \"as\", \"not\")",
    "CREATE TABLE t(key, generated, always, rowid2, desc, abort, action, end, replace, row, virtual)",
    "CREATE TABLE t(left, cross, natural, inner, outer, full, indexed)",
    "CREATE TABLE t(a\xc3\xa9, \xe4\xb8\xad\xe6\x96\x87 TEXT)",
    "CREATE TABLE t(if, temp, without, strict, type)",
    /* types */
    "CREATE TABLE t(a INTEGER, b TEXT, c BLOB, d REAL, e NUMERIC, f)",
    "CREATE TABLE t(a VARCHAR(20), b DECIMAL (10 , 2), c NUMERIC(+10,-2), d DOUBLE PRECISION)",
    "CREATE TABLE t(a UNSIGNED BIG INT, b NATIVE CHARACTER(70), c LONG VARCHAR (1.5e3))",
    "CREATE TABLE t(a \"quoted type\", b [INT], c 'text', d `BLOB`, e \"a\" INT)",
    "CREATE TABLE t(a ANY, b BOOLEAN, c DATETIME, d generated, e generated foo)",
    "CREATE TABLE t(a \"VARCHAR(20)\", b \"INT\" \"PRIMARY\")",
    "CREATE TABLE t(a replace, b key, c row (3))",
    /* DEFAULT */
    "CREATE TABLE t(a DEFAULT 1, b DEFAULT -1, c DEFAULT +1.5, d DEFAULT - 2, e DEFAULT 0x10)",
    "CREATE TABLE t(a DEFAULT 'x', b DEFAULT \"x\", c DEFAULT x'00', d DEFAULT NULL, e DEFAULT abc)",
    "CREATE TABLE t(a DEFAULT (1 + (2)), b DEFAULT (('a' || 'b')), c DEFAULT (-1))",
    "CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP, b DEFAULT current_date, c DEFAULT CURRENT_TIME)",
    "CREATE TABLE t(a DEFAULT TRUE, b DEFAULT false, c DEFAULT 1.5 NOT NULL, d DEFAULT .5)",
    "CREATE TABLE t(a DEFAULT 1 DEFAULT 2, b DEFAULT 9223372036854775807)",
    "CREATE TABLE t(a INT DEFAULT 1 NOT NULL CHECK(a > 0) UNIQUE COLLATE nocase)",
    "CREATE TABLE t(a TEXT DEFAULT 'a)b', b DEFAULT ('(' || ')'))",
    /* constraints of a column */
    "CREATE TABLE t(a INTEGER PRIMARY KEY)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY ASC ON CONFLICT IGNORE AUTOINCREMENT)",
    "CREATE TABLE t(a INTEGER PRIMARY KEY DESC, b)",
    "CREATE TABLE t(a \"INTEGER\" PRIMARY KEY, b)",
    "CREATE TABLE t(a INT PRIMARY KEY ON CONFLICT REPLACE, b)",
    "CREATE TABLE t(a NOT NULL ON CONFLICT ABORT, b NULL, c NULL ON CONFLICT FAIL, d NOT NULL NULL)",
    "CREATE TABLE t(a UNIQUE ON CONFLICT ROLLBACK CHECK(a <> 'x') CHECK (a IN (1, 2)))",
    "CREATE TABLE t(a CONSTRAINT x NOT NULL CONSTRAINT y UNIQUE CONSTRAINT \"z\" CHECK(a))",
    "CREATE TABLE t(a CONSTRAINT x)",
    "CREATE TABLE t(a CONSTRAINT x, b INT CONSTRAINT y CONSTRAINT z NOT NULL, c)",
    "CREATE TABLE t(a INT CONSTRAINT x DEFAULT 5 CONSTRAINT y)",
    "CREATE TABLE t(a COLLATE NOCASE, b TEXT COLLATE \"rtrim\", c COLLATE binary UNIQUE)",
    "CREATE TABLE t(a REFERENCES p, b REFERENCES p(x), c REFERENCES \"p q\"(x) ON DELETE CASCADE)",
    "CREATE TABLE t(a REFERENCES p ON UPDATE SET NULL ON DELETE SET DEFAULT MATCH FULL NOT NULL)",
    "CREATE TABLE t(a REFERENCES p ON DELETE NO ACTION ON UPDATE RESTRICT DEFERRABLE, b)",
    "CREATE TABLE t(a REFERENCES p NOT DEFERRABLE INITIALLY IMMEDIATE, b)",
    "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT NULL, b)",
    "CREATE TABLE t(a REFERENCES p NOT NULL DEFERRABLE INITIALLY DEFERRED, b)",
    "CREATE TABLE t(a DEFERRABLE, b NOT DEFERRABLE INITIALLY DEFERRED UNIQUE)",
    /* generated columns */
    "CREATE TABLE t(a INT, b INT GENERATED ALWAYS AS (a + 1))",
    "CREATE TABLE t(a INT, b GENERATED ALWAYS AS (a + 1) STORED)",
    "CREATE TABLE t(a INT, b INT AS (a) VIRTUAL NOT NULL, c TEXT AS (a || ')') STORED UNIQUE)",
    "CREATE TABLE t(a, b AS (a), c AS (b + 1), d INT CONSTRAINT x AS (c) CONSTRAINT y CHECK (d))",
    "CREATE TABLE t(b AS (a) , a)",
    "CREATE TABLE t(a INT GENERATED ALWAYS, b)",
    "CREATE TABLE t(a INT GENERATED ALWAYS DEFAULT (5), b)",
    "CREATE TABLE t(a GENERATED ALWAYS NOT NULL, b GENERATED ALWAYS)",
    /* constraints of the table */
    "CREATE TABLE t(a, b, PRIMARY KEY(a))",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY(a))",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY(a AUTOINCREMENT))",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY(a DESC))",
    "CREATE TABLE t(a INTEGER, b, PRIMARY KEY((a)), UNIQUE((\"b\")))",
    "CREATE TABLE t(a, b, PRIMARY KEY(a COLLATE nocase DESC, \"b\" ASC) ON CONFLICT IGNORE)",
    "CREATE TABLE t(a, b, UNIQUE(a, b) ON CONFLICT FAIL, UNIQUE('b'))",
    "CREATE TABLE t(a, b, CHECK(a > b) ON CONFLICT ABORT, CONSTRAINT c CHECK((a) < ('(')))",
    "CREATE TABLE t(a, b, FOREIGN KEY(a) REFERENCES p)",
    "CREATE TABLE t(a, b, FOREIGN KEY(a, b) REFERENCES p(x, y) ON DELETE SET NULL"
    " DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t(a, b, CONSTRAINT f FOREIGN KEY(a) REFERENCES p NOT DEFERRABLE UNIQUE(a)"
    " CHECK(a) CONSTRAINT k PRIMARY KEY(b))",
    "CREATE TABLE t(a, b, CONSTRAINT x)",
    "CREATE TABLE t(a, b, CONSTRAINT x CONSTRAINT y CHECK(a), CONSTRAINT z CONSTRAINT w)",
    "CREATE TABLE t(a, CONSTRAINT x, CONSTRAINT y UNIQUE(a))",
    /* options */
    "CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID",
    "CREATE TABLE t(a TEXT PRIMARY KEY, b INT) STRICT, WITHOUT ROWID",
    "CREATE TABLE t(a TEXT PRIMARY KEY, b ANY) without rowid , strict",
    "CREATE TABLE t(a INT, b INTEGER, c REAL, d TEXT, e BLOB, f ANY) STRICT",
    "CREATE TABLE t(a, b, PRIMARY KEY(b DESC, a COLLATE nocase, b)) WITHOUT ROWID",
    "CREATE TABLE t(rowid, b)",
    "CREATE TABLE t(rowid, _ROWID_, Oid)",
    "CREATE TABLE t(rowid, _rowid_ INTEGER PRIMARY KEY, oid)",
    /* comments and layout */
    "CREATE TABLE/* x */t/* y (a, b) */(a -- it's\n, b /* , c */ INT /* z\n*/ NOT /**/ NULL -- (\n)",
    "CREATE TABLE t(a INT -- last\n)-- behind",
    "CREATE TABLE t\n(\n\ta INT,\r\n\fb \vTEXT\n)\n",
    "CREATE TABLE t(a INT /*/ still a comment */, b)",
    "CREATE TABLE t(\xef\xbb\xbf"
    "a, b\xef\xbb\xbf INT)",
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", NULL AS \"d\"\"e\", 1.5 AS \"select\"",
};

static const char *const unlike[] = {
    /* Without its comment this type would mean something else, and its values would change. */
    "CREATE TABLE t(a FOO /* CHAR */ BAR)",
};

static void
add_parents(sqlite3 *db)
{
    assert_int_equal(
        sqlite3_exec(db, "CREATE TABLE p(x, y); CREATE TABLE \"p q\"(x)", NULL, NULL, NULL),
        SQLITE_OK);
}

static char *
columns_of(sqlite3 *db, const char *schema)
{
    sqlite3_stmt *stmt = NULL;
    char *text = sqlite3_mprintf(
        "SELECT group_concat(quote(name) || replace(upper(type), ' ', '') || \"notnull\" || pk ||"
        " hidden || coalesce(replace(dflt_value, ' ', ''), '-'), '|')"
        " FROM pragma_table_xinfo('t', %Q)",
        schema);
    char *ret;

    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    ret = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    return ret;
}

static void
reads_every_form(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        CLEANUP(db_closep) sqlite3 *db = db_new(forms[i]);
        CLEANUP(filter_freep) struct filter *f = NULL;
        CLEANUP(plan_freep) struct plan *p = NULL;
        struct err e = {0};
        char *before, *after, *create;

        add_parents(db);
        if (db_plan(db, "tables: [{name: t}, {name: p}, {name: p q}]", &f, &p, &e) < 0) {
            print_error("%s: %s\n", forms[i], e.msg);
            failed++;
            continue;
        }
        assert_int_equal(sqlite3_exec(db, "ATTACH ':memory:' AS out", NULL, NULL, NULL), SQLITE_OK);
        assert_string_equal(p->tables[2].name, "t");
        /* The definition as the snapshot has it in the end, with its keys. */
        create = p->tables[2].definition
                     ? sqlite3_mprintf("CREATE TABLE out.%s",
                                       p->tables[2].definition + strlen("CREATE TABLE "))
                     : sqlite3_mprintf("%s", p->tables[2].create);
        assert_non_null(create);
        if (sqlite3_exec(db, create, NULL, NULL, NULL) != SQLITE_OK ||
            sqlite3_exec(db, p->tables[2].fill, NULL, NULL, NULL) != SQLITE_OK) {
            print_error("%s: %s: %s\n", forms[i], create, sqlite3_errmsg(db));
            sqlite3_free(create);
            failed++;
            continue;
        }
        before = columns_of(db, "main");
        after = columns_of(db, "out");
        if (strcmp(before, after) != 0) {
            print_error("%s: %s, but %s: %s\n", forms[i], before, create, after);
            failed++;
        }
        sqlite3_free(before);
        sqlite3_free(after);
        sqlite3_free(create);
    }
    assert_int_equal(failed, 0);
}

static void
refuses_what_it_would_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unlike); i++) {
        CLEANUP(db_closep) sqlite3 *db = db_new(unlike[i]);
        CLEANUP(filter_freep) struct filter *f = NULL;
        CLEANUP(plan_freep) struct plan *p = NULL;
        struct err e = {0};

        assert_int_equal(db_plan(db, "tables: [{name: t}]", &f, &p, &e), ERR_PROTO);
        assert_string_equal(e.msg, "table \"t\": its definition is not understood");
    }
}

static void
refuses_what_is_no_definition(void **state)
{
    static const char *const texts[] = {
        "",
        "CREATE",
        "CREATE TABLE",
        "CREATE TABLE t",
        "CREATE TABLE t(",
        "CREATE TABLE t(a",
        "CREATE TABLE t(a,",
        "CREATE TABLE t(a DEFAULT",
        "CREATE TABLE t(a DEFAULT (",
        "CREATE TABLE t(a CHECK",
        "CREATE TABLE t(a CHECK a)",
        "CREATE TABLE t(a REFERENCES",
        "CREATE TABLE t(a REFERENCES p(",
        "CREATE TABLE t(a CONSTRAINT",
        "CREATE TABLE t(a GENERATED ALWAYS AS",
        "CREATE TABLE t(a NOT",
        "CREATE TABLE t(a, PRIMARY KEY",
        "CREATE TABLE t(a, PRIMARY KEY(",
        "CREATE TABLE t(a, FOREIGN KEY(a)",
        "CREATE TABLE t(a, FOREIGN KEY(a) REFERENCES",
        "CREATE TABLE t(a, UNIQUE a)",
        "CREATE TABLE t(a, CHECK(a), b)",
        "CREATE TABLE t(a) WITHOUT",
        "CREATE TABLE t(a) ANYTHING",
        "CREATE TABLE t(a 'open)",
        "CREATE TABLE t(?)",
        "CREATE TABLE 5(a)",
        "( TABLE t(a)",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);
        struct ddl_table t = {.column_count = 77};
        struct err e = {0};

        if (ddl_parse_table(texts[i], &a, &t, &e) != ERR_PROTO)
            fail_msg("%s", texts[i]);
        assert_string_equal(e.msg, "its definition is not understood");
        assert_int_equal(t.column_count, 77);
    }
}

static void
keeps_the_parts_of_a_foreign_key(void **state)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);
    const struct ddl_clause *c;
    struct ddl_table t;
    struct err e;

    (void)state;
    assert_ok(
        ddl_parse_table("CREATE TABLE t(a, b, FOREIGN KEY([b], \"a\") REFERENCES 'p'(x, `y z`)"
                        " ON DELETE CASCADE)",
                        &a, &t, &e),
        &e);
    assert_int_equal(t.clause_count, 1);
    c = &t.clauses[0];
    assert_int_equal(c->kind, DDL_FOREIGN_KEY);
    assert_int_equal(c->column_count, 2);
    assert_string_equal(c->columns[0], "b");
    assert_string_equal(c->columns[1], "a");
    assert_string_equal(c->parent, "p");
    assert_int_equal(c->parent_column_count, 2);
    assert_string_equal(c->parent_columns[1], "y z");
}

static void
drops_names_of_constraints(void **state)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);
    struct ddl_table t;
    struct err e;

    (void)state;
    assert_ok(ddl_parse_table("CREATE TABLE t(a CONSTRAINT secret CHECK(a), "
                              "CONSTRAINT secret2 CHECK(a > 1))",
                              &a, &t, &e),
              &e);
    assert_string_equal(t.columns[0].clauses[0].text, "CHECK(a)");
    assert_string_equal(t.columns[0].clauses[0].expr, "a");
    assert_string_equal(t.clauses[0].text, "CHECK(a > 1)");
}

static void
finds_the_tail_of_indexes_and_views(void **state)
{
    static const char *const samples[][2] = {
        {"CREATE INDEX i ON t(a)", "ON t(a)"},
        {"CREATE UNIQUE INDEX \"i j\" ON \"t\"(\"a\" COLLATE nocase DESC) WHERE a > 1. AND b",
         "ON \"t\" (\"a\" COLLATE nocase DESC) WHERE a > 1.0 AND b"},
        {"CREATE INDEX main.i ON t(a) -- secret", "ON t(a)"},
        {"CREATE VIEW v AS SELECT 1 /* secret */", "AS SELECT 1"},
        {"CREATE VIEW v(a, b) AS SELECT 1, 2", "(a, b) AS SELECT 1, 2"},
        {"CREATE VIEW \"index\" AS SELECT 1", "AS SELECT 1"},
        {"CREATE VIEW IF NOT EXISTS v AS SELECT 1", "AS SELECT 1"},
        {"CREATE INDEX IF NOT EXISTS i ON t(a)", "ON t(a)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);
        const char *tail = NULL;
        struct err e;

        assert_ok(ddl_parse_tail(samples[i][0], &a, &tail, &e), &e);
        assert_string_equal(tail, samples[i][1]);
    }
}

static void
takes_virtual_tables_apart(void **state)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);
    struct ddl_virtual v;
    struct err e;

    (void)state;
    assert_ok(ddl_parse_virtual("CREATE VIRTUAL TABLE \"f\" USING fts5(a, \"b c\" UNINDEXED, "
                                "tokenize = \"unicode61 tokenchars '-_'\", prefix='2 3')",
                                &a, &v, &e),
              &e);
    assert_string_equal(v.module, "fts5");
    assert_int_equal(v.arg_count, 4);
    assert_string_equal(v.args[1], "\"b c\" UNINDEXED");
    assert_string_equal(v.args[3], "prefix = '2 3'");
    assert_ok(ddl_parse_virtual("CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +label TEXT)", &a,
                                &v, &e),
              &e);
    assert_string_equal(v.args[3], "+label TEXT");
    assert_ok(ddl_parse_virtual("CREATE VIRTUAL TABLE x USING bare", &a, &v, &e), &e);
    assert_int_equal(v.arg_count, 0);
    assert_ok(ddl_parse_virtual("CREATE VIRTUAL TABLE x USING m((a, b), c)", &a, &v, &e), &e);
    assert_int_equal(v.arg_count, 2);
    assert_int_equal(ddl_parse_virtual("CREATE VIRTUAL TABLE x", &a, &v, &e), ERR_PROTO);
    assert_int_equal(ddl_parse_virtual("CREATE VIRTUAL TABLE x USING m(a", &a, &v, &e), ERR_PROTO);
    assert_int_equal(ddl_parse_virtual("CREATE VIRTUAL TABLE x USING", &a, &v, &e), ERR_PROTO);
}

static void
refuses_endless_definitions(void **state)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT((size_t)64 << 20);
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)4 << 20);
    struct ddl_table t;
    struct err e;

    (void)state;
    assert_int_equal(buf_append_str(&b, "CREATE TABLE t(a"), 0);
    for (int i = 0; i < DDL_TOKENS_MAX / 2; i++)
        assert_int_equal(buf_append_str(&b, ", a"), 0);
    assert_int_equal(buf_append_str(&b, ")"), 0);
    assert_int_equal(ddl_parse_table(buf_str(&b), &a, &t, &e), ERR_LIMIT);
    assert_string_equal(e.msg, "its definition has over 200000 words");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(refuses_what_it_would_change),
        cmocka_unit_test(refuses_what_is_no_definition),
        cmocka_unit_test(keeps_the_parts_of_a_foreign_key),
        cmocka_unit_test(drops_names_of_constraints),
        cmocka_unit_test(finds_the_tail_of_indexes_and_views),
        cmocka_unit_test(takes_virtual_tables_apart),
        cmocka_unit_test(refuses_endless_definitions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
