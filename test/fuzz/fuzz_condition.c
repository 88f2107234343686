/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary text as the condition of a table, in a database with a secret
 * table and with columns that are not published. What is accepted compiles
 * as the build compiles it, reads nothing of the secret table, and nothing but
 * published columns through a sub-query; and no row leaves twice or changed.
 */
#include "fuzz.h"

#include "feed/plan.h"
#include "store/dates.h"

#include <string.h>

static const char schema[] =
    "CREATE TABLE a(id INTEGER PRIMARY KEY, b TEXT, hidden TEXT);"
    "CREATE TABLE u(id, name, oid, salary, hidden);"
    "CREATE TABLE one(x);"
    "CREATE TABLE w(k TEXT PRIMARY KEY, v, hidden) WITHOUT ROWID;"
    "CREATE TABLE secret(id, token);"
    "CREATE INDEX ui ON u(salary);"
    "CREATE VIEW v AS SELECT token FROM secret;"
    "INSERT INTO a VALUES(1, 'x', 'MARK'), (2, 'y', 'MARK'), (3, NULL, 'MARK');"
    "INSERT INTO u VALUES(1, 'x', 7, 10, 'MARK'), (2, 'z', 8, 20, 'MARK');"
    "INSERT INTO one VALUES(1);"
    "INSERT INTO w VALUES('x', 1, 'MARK');"
    "INSERT INTO secret VALUES(1, 'MARK');"
    "ATTACH ':memory:' AS out;";

static const char *const published[][2] = {
    {"a", "id"}, {"a", "b"}, {"u", "id"}, {"u", "name"}, {"one", "x"}, {"w", "k"}, {"w", "v"},
};

/*
 * After a first byte of 1, every byte is one of these: random bytes are
 * hardly ever SQL, random words are it now and then.
 */
static const char *const words[] = {
    "a",
    "u",
    "one",
    "w",
    "secret",
    "v",
    "id",
    "b",
    "hidden",
    "name",
    "oid",
    "salary",
    "x",
    "k",
    "rowid",
    "a.id",
    "a.hidden",
    "u.id",
    "u.salary",
    "u.name",
    "s",
    "s.id",
    "s.name",
    "s.x",
    "token",
    "secret.token",
    "main",
    "temp",
    "out",
    "public",
    "\"leat row\"",
    ".",
    "(",
    ")",
    "(",
    ")",
    ",",
    "*",
    "=",
    "<",
    "<>",
    "IN",
    "NOT",
    "IN (SELECT",
    "(SELECT",
    "EXISTS (SELECT",
    "SELECT",
    "FROM",
    "WHERE",
    "AS s",
    "AS",
    "JOIN",
    "LEFT JOIN",
    "ON",
    "CROSS",
    "FULL",
    "GROUP BY",
    "ORDER BY",
    "HAVING",
    "LIMIT 1",
    "UNION",
    "UNION ALL",
    "EXCEPT",
    "INTERSECT",
    "VALUES",
    "AND",
    "OR",
    "IS",
    "NULL",
    "CASE",
    "WHEN",
    "THEN",
    "ELSE",
    "END",
    "BETWEEN",
    "LIKE",
    "COLLATE NOCASE",
    "CAST(",
    "AS TEXT)",
    "count(*)",
    "max(",
    "min(",
    "count(",
    "length(",
    "date(",
    "strftime(",
    "coalesce(",
    "1",
    "2",
    "'x'",
    "'%Y'",
    "'now'",
    "0",
    "-",
    "+",
    "||",
    "DISTINCT",
    "FILTER (WHERE",
    "OVER ()",
    "WINDOW",
    "PARTITION BY",
    "NOT INDEXED",
    "INDEXED BY ui",
    "ASC",
    "DESC",
    "ISNULL",
    "NOTNULL",
    "json_extract(",
    "->",
    "->>",
    "MATERIALIZED",
    "1=1",
    "u AS a",
    "a AS u",
    "one AS a",
    "FROM u",
    "FROM one",
    "FROM w",
    "FROM a",
    "FROM u, a",
    "FROM u AS s",
    "SELECT id FROM u",
    "SELECT 1 FROM u",
    "group_concat(",
    "RAISE(ABORT, 'x')",
    "ROW",
    "true",
    "false",
    "IS NOT",
    "IS DISTINCT FROM",
    "sqlite_master",
    "pragma_table_list",
    "json_each(",
    "u.*",
    "s.*",
};

/* The condition that the bytes stand for; owned. */
static char *
condition(const uint8_t *data, size_t len)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(16 * FILTER_WHERE_MAX);
    bool by_words = len > 1 && data[0] == 1;

    FUZZ_CHECK(buf_append(&b, by_words ? "" : (const char *)data, by_words ? 0 : len) == 0);
    for (size_t i = 1; by_words && i < len; i++)
        FUZZ_CHECK(buf_printf(&b, "%s ", words[data[i] % ARRAY_LEN(words)]) == 0);
    return strdup(buf_str(&b));
}

/* What SQLite reads for the fill: columns of the row by themselves, others through scopes. */
static int
watch(void *ctx, int action, const char *a, const char *b, const char *schema_name,
      const char *view)
{
    (void)ctx;
    if (action != SQLITE_READ)
        return action == SQLITE_SELECT || action == SQLITE_FUNCTION || action == SQLITE_INSERT
                   ? SQLITE_OK
                   : SQLITE_DENY;
    FUZZ_CHECK(strcmp(a, "secret") != 0 && strcmp(a, "v") != 0);
    if (b[0] == '\0')
        return SQLITE_OK; /* rows are counted */
    if (schema_name && strcmp(schema_name, "main") == 0 && !view) {
        FUZZ_CHECK(strcmp(a, "a") == 0); /* the row itself */
        return SQLITE_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        if (strcmp(a, published[i][0]) == 0 && sqlite3_stricmp(b, published[i][1]) == 0)
            return SQLITE_OK;
    }
    fprintf(stderr, "reads %s.%s of %s through %s\n", a, b, schema_name, view ? view : "-");
    abort();
}

static int
too_long(void *ctx)
{
    return ++*(int *)ctx > 200;
}

static void
run(sqlite3 *db, const struct plan *p)
{
    const struct plan_table *t = &p->tables[0];
    sqlite3_stmt *stmt = NULL;
    int steps = 0;
    struct err e;

    for (size_t i = 0; i < p->scope_count; i++)
        FUZZ_CHECK(sqlite3_exec(db, p->scopes[i], NULL, NULL, NULL) == SQLITE_OK);
    FUZZ_CHECK(sqlite3_exec(db, t->create, NULL, NULL, NULL) == SQLITE_OK);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    if (t->uses_dates)
        FUZZ_CHECK(dates_watch(db, &e) == 0);
    sqlite3_set_authorizer(db, watch, NULL);
    if (sqlite3_prepare_v2(db, t->fill, -1, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", t->fill, sqlite3_errmsg(db));
        abort();
    }
    sqlite3_set_authorizer(db, NULL, NULL);
    sqlite3_progress_handler(db, 1000, too_long, &steps);
    (void)sqlite3_step(stmt); /* an expression may fail on a value */
    sqlite3_finalize(stmt);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    FUZZ_CHECK(sqlite3_prepare_v2(db,
                                  "SELECT id, b, hidden FROM out.a EXCEPT"
                                  " SELECT id, b, NULL FROM main.a",
                                  -1, &stmt, NULL) == SQLITE_OK);
    FUZZ_CHECK(sqlite3_step(stmt) == SQLITE_DONE);
    sqlite3_finalize(stmt);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *a[] = {"id", "b"}, *u[] = {"id", "name"}, *w[] = {"k", "v"};
    CLEANUP(freep) char *where = NULL;
    struct filter_table tables[] = {
        {.name = "a", .columns = {.items = a, .count = 2}},
        {.name = "u", .columns = {.items = u, .count = 2}, .omit = true},
        {.name = "one"},
        {.name = "w", .columns = {.items = w, .count = 2}},
    };
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct err e = {0};
    sqlite3 *db = NULL;
    struct sql s;
    int r;

    if (len == 0 || len > FILTER_WHERE_MAX || memchr(data, 0, len))
        return 0;
    where = condition(data, len);
    FUZZ_CHECK(where);
    tables[0].where = where;
    if (filter_new(tables, ARRAY_LEN(tables), &f, &e) < 0) {
        FUZZ_CHECK(e.msg[0]);
        return 0;
    }
    FUZZ_CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    FUZZ_CHECK(sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK);
    s = (struct sql){.db = db};
    r = plan_make(&s, f, &p, &e);
    FUZZ_CHECK(r == 0 || e.msg[0]);
    if (r == 0)
        run(db, p);
    FUZZ_CHECK(sqlite3_close(db) == SQLITE_OK);
    return 0;
}
