/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary text as the definition of a table, executed in a database in
 * memory. Where SQLite takes it, it is refused with a reason, or the plan for
 * the whole table makes one with the same columns.
 */
#include "fuzz.h"

#include "feed/plan.h"

#include <string.h>

#define TEXT_MAX 4096

static int
only_tables(void *ctx, int action, const char *a, const char *b, const char *c, const char *d)
{
    (void)ctx;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_CREATE_INDEX:
    case SQLITE_REINDEX:
    case SQLITE_SELECT:
        return SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

/* Names, nullability, keys and generatedness of a table's columns; sqlite3_free(). */
static char *
describe(sqlite3 *db, const char *table, const char *schema)
{
    sqlite3_stmt *stmt = NULL;
    char *text =
        sqlite3_mprintf("SELECT group_concat(quote(name) || \"notnull\" || pk || hidden, '|')"
                        " FROM pragma_table_xinfo(%Q, %Q)",
                        table, schema);
    char *ret = NULL;

    FUZZ_CHECK(text);
    FUZZ_CHECK(sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK);
    FUZZ_CHECK(sqlite3_step(stmt) == SQLITE_ROW);
    ret = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
    FUZZ_CHECK(ret);
    sqlite3_finalize(stmt);
    sqlite3_free(text);
    return ret;
}

static void
check_table(sqlite3 *db, const char *name)
{
    struct filter_table table = {.name = name};
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct sql s = {.db = db};
    struct err e = {0};
    char *before, *after;

    if (filter_new(&table, 1, &f, &e) < 0 || plan_make(&s, f, &p, &e) < 0) {
        FUZZ_CHECK(e.msg[0]);
        return;
    }
    FUZZ_CHECK(p->table_count == 1);
    /* SQLite's own limits, on a definition that has been written out, may be lower. */
    if (sqlite3_exec(db, p->tables[0].create, NULL, NULL, NULL) != SQLITE_OK) {
        if (p->kept_back_count > 0)
            return; /* one of generated columns only, for one */
        fprintf(stderr, "%s: %s\n", p->tables[0].create, sqlite3_errmsg(db));
        abort();
    }
    if (sqlite3_exec(db, p->tables[0].fill, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(db, p->tables[0].count, NULL, NULL, NULL) != SQLITE_OK) {
        if (strncmp(sqlite3_errmsg(db), "generated column loop", 21) == 0)
            return; /* a table that nobody can read or write */
        fprintf(stderr, "%s: %s: %s\n", p->tables[0].create, p->tables[0].fill, sqlite3_errmsg(db));
        abort();
    }
    /* Keys are made after the rows: what the table is in the end, its definition says. */
    if (p->tables[0].definition) {
        char *complete = sqlite3_mprintf("DROP TABLE out.\"%w\"; CREATE TABLE out.%s",
                                         p->tables[0].name, p->tables[0].definition + 13);

        FUZZ_CHECK(complete && sqlite3_exec(db, complete, NULL, NULL, NULL) == SQLITE_OK);
        sqlite3_free(complete);
    }
    before = describe(db, p->tables[0].name, "main");
    after = describe(db, p->tables[0].name, "out");
    if (p->kept_back_count == 0 && strcmp(before, after) != 0) {
        fprintf(stderr, "%s\n%s\n%s\n", p->tables[0].create, before, after);
        abort();
    }
    sqlite3_free(before);
    sqlite3_free(after);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char start[] = "CREATE TABLE ";
    CLEANUP(freep) char *text = calloc(1, sizeof start + len), *name = NULL;
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;

    FUZZ_CHECK(text);
    if (len == 0 || len > TEXT_MAX || memchr(data, 0, len)) /* NULL has no bytes to copy */
        return 0;
    memcpy(text, start, sizeof start - 1);
    memcpy(text + sizeof start - 1, data, len);
    FUZZ_CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 100);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1000000);
    FUZZ_CHECK(sqlite3_exec(db, "ATTACH ':memory:' AS out", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_set_authorizer(db, only_tables, NULL);
    if (sqlite3_prepare_v2(db, text, -1, &stmt, NULL) == SQLITE_OK && stmt)
        (void)sqlite3_step(stmt); /* refused: there is no table then */
    sqlite3_finalize(stmt);
    sqlite3_set_authorizer(db, NULL, NULL);
    if (sqlite3_prepare_v2(db, "SELECT name FROM main.sqlite_schema WHERE type = 'table'", -1,
                           &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0)) {
        name = strdup((const char *)sqlite3_column_text(stmt, 0));
        FUZZ_CHECK(name);
    }
    sqlite3_finalize(stmt);
    if (name)
        check_table(db, name);
    FUZZ_CHECK(sqlite3_close(db) == SQLITE_OK);
    return 0;
}
