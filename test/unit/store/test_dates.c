/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "feed/sql.h"
#include "store/dates.h"

#include <string.h>

/* The first column of the first row; the message where it fails. */
static const char *
ask(sqlite3 *db, const char *query, char *ret, size_t len)
{
    sqlite3_stmt *stmt = NULL;
    const char *text;

    if (sqlite3_prepare_v2(db, query, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        text = (const char *)sqlite3_column_text(stmt, 0);
        (void)sqlite3_snprintf((int)len, ret, "%s", text ? text : "NULL");
    } else {
        (void)sqlite3_snprintf((int)len, ret, "failed: %s", sqlite3_errmsg(db));
    }
    sqlite3_finalize(stmt);
    return ret;
}

/* Where the arguments say it all, the answers are those of SQLite. */
static void
answers_as_sqlite_does(void **state)
{
    static const char *const queries[] = {
        "SELECT date('2024-02-30')",
        "SELECT date('2024-01-31', '+1 month')",
        "SELECT datetime(0, 'unixepoch', '+5 days', 'weekday 1')",
        "SELECT time('12:34')",
        "SELECT julianday('2024-01-01')",
        "SELECT typeof(julianday('2024-01-01'))",
        "SELECT typeof(unixepoch('2024-01-01'))",
        "SELECT strftime('%Y-%m %s', '2024-01-01')",
        "SELECT strftime(NULL, '2024-01-01')",
        "SELECT date(NULL)",
        "SELECT date('nonsense')",
        "SELECT date('')",
        "SELECT date('nowhere')",
        "SELECT date(' now')",
        "SELECT date(2460000.5)",
        "SELECT date(x'323032342d30312d3031')",
        "SELECT date('2024-01-01', 'no modifier')",
        "SELECT date('2024-01-01', '+1 day', '+1 day', '+1 day', '+1 day', '+1 day', '+1 day')",
    };
    sqlite3 *guarded = NULL, *plain = NULL;
    struct err e;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &guarded), SQLITE_OK);
    assert_int_equal(sqlite3_open(":memory:", &plain), SQLITE_OK);
    assert_ok(dates_watch(guarded, &e), &e);
    assert_ok(dates_watch(guarded, &e), &e); /* twice is fine */
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        char a[200], b[200];

        assert_string_equal(ask(guarded, queries[i], a, sizeof a),
                            ask(plain, queries[i], b, sizeof b));
    }
    assert_int_equal(sqlite3_close(guarded), SQLITE_OK);
    assert_int_equal(sqlite3_close(plain), SQLITE_OK);
}

static void
refuses_to_ask_the_machine(void **state)
{
    static const char *const queries[] = {
        "SELECT date('now')",
        "SELECT date()",
        "SELECT time(lower('NOW'))",
        "SELECT datetime(CAST('now' AS BLOB))",
        "SELECT date('n' || 'ow', '+1 day')",
        "SELECT strftime('%s')",
        "SELECT strftime('%s', 'Now')",
        "SELECT unixepoch('now')",
        "SELECT julianday(substr('know', 2))",
        "SELECT datetime('2024-01-01', 'localtime')",
        "SELECT datetime('2024-01-01', 'UTC')",
        "SELECT datetime('2024-01-01', CAST('utc' AS BLOB))",
        "SELECT date('now' || char(0) || 'x')",
    };
    sqlite3 *db = NULL;
    struct err e;

    (void)state;
    for (int utf16 = 0; utf16 <= 1; utf16++) {
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        if (utf16)
            assert_int_equal(sqlite3_exec(db, "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a)",
                                          NULL, NULL, NULL),
                             SQLITE_OK);
        assert_ok(dates_watch(db, &e), &e);
        for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
            char answer[200];

            if (strcmp(ask(db, queries[i], answer, sizeof answer),
                       "failed: the condition depends on the current time or time zone") != 0 &&
                !(utf16 && strstr(queries[i], "BLOB"))) /* its bytes are no such word there */
                fail_msg("%s: %s", queries[i], answer);
        }
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
}

static void
bounds_the_number_of_arguments(void **state)
{
    char answer[200];
    sqlite3 *db = NULL;
    struct err e;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_ok(dates_watch(db, &e), &e);
    assert_string_equal(ask(db, "SELECT date(0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5)", answer, 200),
                        "NULL");
    assert_non_null(
        strstr(ask(db, "SELECT date(0,1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6)", answer, 200), "failed: "));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_sqlite_does),
        cmocka_unit_test(refuses_to_ask_the_machine),
        cmocka_unit_test(bounds_the_number_of_arguments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
