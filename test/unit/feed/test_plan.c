/* SPDX-License-Identifier: Apache-2.0 */
/* What is carried over, what is kept back, and why. Building it is tested with store/snapshot. */
#include "db_unit.h"

#include "base/str.h"

static const char schema[] =
    "CREATE TABLE b(id INTEGER PRIMARY KEY, code TEXT UNIQUE, secret INT NOT NULL UNIQUE,"
    " note TEXT DEFAULT 'MARK' COLLATE NOCASE, CHECK(secret > 0));"
    "CREATE TABLE a(id INTEGER PRIMARY KEY, b_id INT REFERENCES b(id),"
    " s INT REFERENCES b(secret) CHECK (s > 1), h REFERENCES hidden, x AS (s + 1),"
    " CONSTRAINT MARK UNIQUE(id, s));"
    "CREATE TABLE hidden(id INTEGER PRIMARY KEY);"
    "CREATE INDEX ia ON a(b_id); CREATE INDEX ib ON b(secret); CREATE INDEX ih ON hidden(id);"
    "CREATE VIEW va AS SELECT id FROM a; CREATE VIEW vb AS SELECT secret FROM b;"
    "CREATE VIEW vc AS SELECT * FROM vb; CREATE VIEW vd AS SELECT id FROM va;"
    "CREATE TRIGGER ta AFTER INSERT ON a BEGIN SELECT 1; END;"
    "CREATE TRIGGER th AFTER INSERT ON hidden BEGIN SELECT 1; END;"
    "CREATE VIRTUAL TABLE f USING fts5(t);";

static const char filter[] = "tables:\n"
                             "- {name: B, columns: [id, code]}\n"
                             "- {name: a, columns: [id, b_id, x], omit: true, where: s > 5}\n";

static bool
is_kept_back(const struct plan *p, const char *kind, const char *name, const char *table)
{
    size_t found = 0;

    for (size_t i = 0; i < p->kept_back_count; i++) {
        const struct plan_kept_back *k = &p->kept_back[i];

        assert_non_null(k->reason);
        found += str_eq(k->kind, kind) && str_eq(k->name, name) && str_eq(k->table, table);
    }
    return found == 1;
}

static void
lists_everything_that_stays(void **state)
{
    CLEANUP(db_closep) sqlite3 *db = db_new(schema);
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct err e;

    (void)state;
    assert_ok(db_plan(db, filter, &f, &p, &e), &e);
    assert_true(is_kept_back(p, "table", "hidden", ""));
    assert_true(is_kept_back(p, "table", "f", ""));
    assert_true(is_kept_back(p, "trigger", "ta", "a"));
    assert_true(is_kept_back(p, "index", "ib", "b"));
    assert_true(is_kept_back(p, "view", "vb", ""));
    assert_true(is_kept_back(p, "view", "vc", ""));
    assert_true(is_kept_back(p, "constraint", "UNIQUE", "b"));
    assert_true(is_kept_back(p, "constraint", "CHECK(secret > 0)", "b"));
    assert_true(is_kept_back(p, "constraint", "AS(s + 1)", "a"));
    assert_true(is_kept_back(p, "constraint", "UNIQUE(id, s)", "a"));
    assert_false(is_kept_back(p, "trigger", "th", "hidden")); /* it goes with its table */
    assert_false(is_kept_back(p, "index", "ih", "hidden"));
    assert_int_equal(p->index_count, 1);
    assert_string_equal(p->indexes[0].name, "ia");
    assert_int_equal(p->view_count, 2);
    assert_string_equal(p->views[0].name, "va");
    assert_string_equal(p->views[1].name, "vd");
}

static void
spells_tables_as_the_source_does_and_in_the_order_of_names(void **state)
{
    CLEANUP(db_closep) sqlite3 *db = db_new(schema);
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct err e;

    (void)state;
    assert_ok(db_plan(db, filter, &f, &p, &e), &e);
    assert_int_equal(p->table_count, 2);
    assert_string_equal(p->tables[0].name, "a");
    assert_string_equal(p->tables[1].name, "b");
    assert_int_equal(p->tables[1].columns[0], PLAN_PUBLISHED);
    assert_int_equal(p->tables[1].columns[2], PLAN_EMPTIED);
    assert_int_equal(p->tables[0].columns[2], PLAN_OMITTED);
    assert_string_equal(p->tables[0].create, "CREATE TABLE out.\"a\"(\"id\" INTEGER PRIMARY KEY, "
                                             "\"b_id\" INT REFERENCES b(id), \"x\")");
    assert_string_equal(p->tables[0].fill,
                        "INSERT OR ABORT INTO out.\"a\"(\"id\", \"b_id\", \"x\") SELECT \"id\", "
                        "\"b_id\", \"x\" FROM main.\"a\" AS \"a\" NOT INDEXED WHERE (s > 5) "
                        "ORDER BY rowid");
    assert_string_equal(p->tables[1].definition,
                        "CREATE TABLE \"b\"(\"id\" INTEGER PRIMARY KEY, \"code\" TEXT UNIQUE, "
                        "\"secret\" INT NOT NULL, \"note\" TEXT)");
}

/* Nothing that stays is named in a statement that leaves a trace in the output. */
static void
writes_no_word_of_what_stays(void **state)
{
    CLEANUP(db_closep) sqlite3 *db = db_new(schema);
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct err e;

    (void)state;
    assert_ok(db_plan(db, filter, &f, &p, &e), &e);
    for (size_t i = 0; i < p->table_count; i++) {
        assert_null(strstr(p->tables[i].create, "MARK"));
        assert_null(strstr(p->tables[i].create, "hidden"));
        if (p->tables[i].definition)
            assert_null(strstr(p->tables[i].definition, "MARK"));
    }
}

static void
a_whole_table_keeps_nothing_back(void **state)
{
    CLEANUP(db_closep)
    sqlite3 *db =
        db_new("CREATE TABLE t(a PRIMARY KEY, b UNIQUE CHECK(b > 0) DEFAULT (1 + 1), c AS (b),"
               " d REFERENCES t(a), CHECK(a <> b), FOREIGN KEY(b) REFERENCES t(a));"
               "CREATE INDEX i ON t(c, b) WHERE a > 1; CREATE VIEW v AS SELECT * FROM t");
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct err e;

    (void)state;
    assert_ok(db_plan(db, "tables: [{name: t}]", &f, &p, &e), &e);
    assert_int_equal(p->kept_back_count, 0);
    assert_int_equal(p->index_count, 1);
    assert_int_equal(p->view_count, 1);
    assert_true(p->tables[0].row_local);
    assert_int_equal(p->scope_count, 0);
}

/* A filter is judged whole: one bad table, and there is no plan. */
static void
one_refusal_refuses_all(void **state)
{
    CLEANUP(db_closep) sqlite3 *db = db_new(schema);
    CLEANUP(filter_freep) struct filter *f = NULL;
    struct plan *p = NULL;
    struct err e;

    (void)state;
    assert_int_equal(db_plan(db, "tables: [{name: a}, {name: b, where: missing = 1}]", &f, &p, &e),
                     ERR_DENIED);
    assert_null(p);
    assert_string_equal(e.msg, "table \"b\": condition \"missing = 1\" is refused: no such column: "
                               "missing");
}

static void
says_who_cannot_follow(void **state)
{
    static const struct {
        const char *schema, *yaml, *says;
    } samples[] = {
        {"CREATE TABLE t(a, b); CREATE VIRTUAL TABLE f USING fts5(b, content=t)",
         "tables: [{name: f}, {name: t, columns: [a]}]",
         "table \"f\" is refused: it indexes column \"b\" of table \"t\", which is not published"},
        {"CREATE TABLE t(id INTEGER PRIMARY KEY, b);"
         "CREATE VIRTUAL TABLE f USING fts5(b, content = \"t\", content_rowid=id)",
         "tables: [{name: f}, {name: t, columns: [id]}]", "it indexes column \"b\""},
        {"CREATE VIEW t AS SELECT 1 AS b; CREATE VIRTUAL TABLE f USING fts5(b, content='t')",
         "tables: [{name: f}]", "it indexes table \"t\", which is not in the filter"},
        {"CREATE VIRTUAL TABLE f USING fts5(b, content='', contentless_delete=0)",
         "tables: [{name: f}]", ""},
        {"CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
         "tables: [{name: r, columns: [id, a], omit: true}]", "all columns of an R-Tree"},
        {"CREATE VIRTUAL TABLE r USING rtree(id, a, b)", "tables: [{name: r_node}]",
         "it is a part of table \"r\": list that one"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        sqlite3 *db = NULL;
        CLEANUP(filter_freep) struct filter *f = NULL;
        struct plan *p = NULL;
        struct err e = {0};
        int r;

        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        if (sqlite3_exec(db, samples[i].schema, NULL, NULL, NULL) == SQLITE_OK) {
            r = db_plan(db, samples[i].yaml, &f, &p, &e);
            if (r != ERR_DENIED || p || !strstr(e.msg, samples[i].says))
                fail_msg("%s: %d %s", samples[i].schema, r, e.msg);
        }
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

/* Tables of generated columns only are none; one of them is filled like any other. */
static void
a_table_needs_a_column_that_is_stored(void **state)
{
    CLEANUP(db_closep) sqlite3 *db = db_new("CREATE TABLE t(a, g AS (5), h AS (a))");
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct sql s = {.db = db};
    struct err e;

    (void)state;
    assert_ok(db_plan(db, "tables: [{name: t, columns: [g], omit: true}]", &f, &p, &e), &e);
    assert_ok(sql_exec(&s, &e, "ATTACH ':memory:' AS out"), &e);
    assert_ok(sql_exec(&s, &e, "%s", p->tables[0].create), &e);
    assert_ok(sql_exec(&s, &e, "%s", p->tables[0].fill), &e);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_everything_that_stays),
        cmocka_unit_test(spells_tables_as_the_source_does_and_in_the_order_of_names),
        cmocka_unit_test(writes_no_word_of_what_stays),
        cmocka_unit_test(a_whole_table_keeps_nothing_back),
        cmocka_unit_test(one_refusal_refuses_all),
        cmocka_unit_test(says_who_cannot_follow),
        cmocka_unit_test(a_table_needs_a_column_that_is_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
