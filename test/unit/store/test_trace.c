/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "store/trace.h"

#include <string.h>

struct heard {
    int count;
    bool query;
    char text[200], error[200];
    int64_t duration_us;
};

static void
on_statement(void *ctx, bool query, const char *text, int64_t duration_us, const char *error)
{
    struct heard *h = ctx;

    h->count++;
    h->query = query;
    h->duration_us = duration_us;
    (void)sqlite3_snprintf(sizeof h->text, h->text, "%s", text);
    (void)sqlite3_snprintf(sizeof h->error, h->error, "%s", error);
}

static void
hears_of_every_statement_but_quick_pragmas(void **state)
{
    struct heard h = {0};
    struct trace t;
    sqlite3 *db = NULL;
    struct sql s;
    int64_t number;
    struct err e;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    trace_init(&t, on_statement, &h);
    s = (struct sql){.db = db, .tracer = &t.tracer};
    assert_ok(sql_exec(&s, &e, "CREATE TABLE t(a UNIQUE)"), &e);
    assert_int_equal(h.count, 1);
    assert_false(h.query);
    assert_string_equal(h.text, "CREATE TABLE t(a UNIQUE)");
    assert_string_equal(h.error, "");
    assert_true(h.duration_us >= 0);
    assert_ok(sql_get_int(&s, &number, &e, "SELECT count(*) FROM %s", "t"), &e);
    assert_int_equal(h.count, 2);
    assert_true(h.query);
    assert_string_equal(h.text, "SELECT count(*) FROM t");
    assert_ok(sql_exec(&s, &e, "PRAGMA user_version = 5"), &e);
    assert_ok(sql_get_int(&s, &number, &e, "PRAGMA user_version"), &e);
    assert_int_equal(h.count, 2);
    assert_int_equal(number, 5);

    assert_true(sql_exec(&s, &e, "INSERT INTO t VALUES(1), (1)") < 0);
    assert_int_equal(h.count, 3);
    assert_string_equal(h.error, "UNIQUE constraint failed: t.a");
    assert_true(sql_exec(&s, &e, "SELECT nonsense") < 0);
    assert_int_equal(h.count, 4);
    assert_string_equal(h.text, "SELECT nonsense");
    assert_string_equal(h.error, "no such column: nonsense");
    assert_true(sql_exec(&s, &e, "PRAGMA nothing.user_version") < 0);
    assert_int_equal(h.count, 5); /* one that fails is worth a line */
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A statement that is left before its last row has not failed. */
static void
hears_of_statements_that_were_left_early(void **state)
{
    struct heard h = {0};
    struct trace t;
    sqlite3 *db = NULL;
    struct err e;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    trace_init(&t, on_statement, &h);
    {
        struct sql s = {.db = db, .tracer = &t.tracer};
        CLEANUP(sql_query_done) struct sql_query q = {0};

        assert_ok(sql_query_start(&s, &q, &e, "VALUES (1), (2)"), &e);
        assert_int_equal(sql_query_next(&q, &e), 1);
        assert_int_equal(sql_int(&q, 0), 1);
        assert_int_equal(h.count, 0);
    }
    assert_int_equal(h.count, 1);
    assert_string_equal(h.error, "");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hears_of_every_statement_but_quick_pragmas),
        cmocka_unit_test(hears_of_statements_that_were_left_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
