/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions judged against a database. What is accepted is run as the build
 * runs it, so that what was judged is what runs.
 */
#include "db_unit.h"

#include "base/str.h"

#include <stdio.h>

static const char schema[] =
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, is_active INT, salary INT);"
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, user_id INT, total REAL, note TEXT, private TEXT);"
    "CREATE TABLE tags(tag TEXT PRIMARY KEY) WITHOUT ROWID;"
    "CREATE TABLE one(x);"
    "CREATE TABLE secret(id, token);"
    "CREATE TABLE odd(\"a b\" TEXT COLLATE NOCASE, \"select\" INT, \"c\"\"d\" INT);"
    "CREATE VIEW big AS SELECT * FROM orders WHERE total > 100;"
    "CREATE VIRTUAL TABLE docs USING fts5(title, body);"
    "CREATE TABLE shapes_note(x);"
    "INSERT INTO users VALUES(1, 'ann', 1, 10), (2, 'bob', 0, 20);"
    "INSERT INTO orders VALUES(1, 1, 5, 'n', 'MARK'), (2, 2, 500, 'x--y', 'MARK');"
    "INSERT INTO tags VALUES('a'), ('b');"
    "INSERT INTO one VALUES(1);"
    "INSERT INTO secret VALUES(1, 'MARK');"
    "INSERT INTO odd VALUES('x', 1, 2);"
    "INSERT INTO docs VALUES('t', 'b');";

/* Orders with a condition; users without is_active and salary; secret is not in it. */
static const char filter_form[] = "tables:\n"
                                  "- {name: users, columns: [id, name]}\n"
                                  "- {name: tags}\n"
                                  "- {name: one}\n"
                                  "- {name: odd, columns: [a b]}\n"
                                  "- {name: docs}\n"
                                  "- name: orders\n"
                                  "  columns: [id, user_id, total]\n"
                                  "  where: \"%s\"\n";

static int
judge(sqlite3 *db, const char *where, struct filter **ret_filter, struct plan **ret, struct err *e)
{
    CLEANUP(buf_done) struct buf escaped = BUF_INIT(10000);
    CLEANUP(buf_done) struct buf yaml = BUF_INIT(20000);

    for (const char *c = where; *c; c++)
        assert_int_equal(*c == '"' || *c == '\\' ? buf_printf(&escaped, "\\%c", *c)
                                                 : buf_append_char(&escaped, *c),
                         0);
    assert_int_equal(buf_printf(&yaml, filter_form, buf_str(&escaped)), 0);
    return db_plan(db, buf_str(&yaml), ret_filter, ret, e);
}

static const struct plan_table *
table_of(const struct plan *p, const char *name)
{
    for (size_t i = 0; i < p->table_count; i++) {
        if (strcmp(p->tables[i].name, name) == 0)
            return &p->tables[i];
    }
    fail_msg("no table \"%s\"", name);
    return NULL;
}

struct accepted {
    const char *where;
    bool row_local;
    bool uses_dates;
    int rows; /* of orders */
};

static const struct accepted accepted[] = {
    {"total > 5", true, false, 1},
    {"private = 'MARK'", true, false, 2}, /* its own columns need not be published */
    {"note LIKE '%--%'", true, false, 1},
    {"orders.private IS NOT NULL", true, false, 2},
    {"ORDERS.Private IS NOT NULL", true, false, 2},
    {"rowid = 1", true, false, 1},
    {"orders.oid = 1", true, false, 1},
    {"NULL", true, false, 0},
    {"total = NULL", true, false, 0},
    {"0", true, false, 0},
    {"'abc'", true, false, 0},
    {"abs(total) > 5 AND length(note) > 1", true, false, 1},
    {"note GLOB 'x*' OR note IN ('n', 'm')", true, false, 2},
    {"(total, note) = (5, 'n')", true, false, 1},
    {"iif(total > 5, 1, 0)", true, false, 1},
    {"CASE WHEN total > 5 THEN private = 'MARK' END", true, false, 1},
    {"json_extract('{\"a\":1}', '$.a') = user_id", true, false, 1},
    {"coalesce(date(note), '') = ''", true, true, 2},
    {"strftime('%Y', '2024-05-01') = '2024'", true, true, 2},
    {"user_id IN (SELECT id FROM users)", false, false, 2},
    {"user_id IN (SELECT users.id FROM users WHERE name = 'ann')", false, false, 1},
    {"EXISTS (SELECT 1 FROM users u WHERE u.id = user_id AND u.name = 'ann')", false, false, 1},
    {"EXISTS (SELECT 1 FROM users WHERE id = orders.user_id AND private = 'MARK')", false, false,
     2}, /* a column of the row around it */
    {"user_id IN one", false, false, 1},
    {"user_id IN (SELECT x FROM one)", false, false, 1},
    {"user_id IN temp.one", false, false, 1},
    {"'a' IN tags", false, false, 2},
    {"(SELECT count(*) FROM users) = 2", false, false, 2},
    {"(SELECT max(name) FROM users) = 'bob'", false, false, 2},
    {"total = (SELECT max(total) FROM orders)", false, false, 1},
    {"total >= (SELECT avg(o.total) FROM orders AS o)", false, false, 1},
    {"(SELECT 1)", false, false, 2},
    {"EXISTS (SELECT 1 FROM (SELECT name FROM users) AS s WHERE s.name = 'ann')", false, false, 2},
    {"EXISTS (SELECT 1 FROM users JOIN one ON users.id = one.x)", false, false, 2},
    {"EXISTS (SELECT 1 FROM odd WHERE \"a b\" = 'X')", false, false,
     2}, /* with the column's collation */
    {"EXISTS (SELECT title FROM docs WHERE docs.title = 't')", false, false, 2},
    {"id IN (SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 1)", false, false, 1},
    {"id IN (VALUES (1), (2))", false, false, 2},
    {"0 AND (SELECT 1 FROM users)", false, false, 0},
};

static void
runs_what_it_accepts(void **state)
{
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted); i++) {
        const struct accepted *a = &accepted[i];
        CLEANUP(db_closep) sqlite3 *db = db_new(schema);
        CLEANUP(filter_freep) struct filter *f = NULL;
        CLEANUP(plan_freep) struct plan *p = NULL;
        const struct plan_table *t;
        struct err e = {0};

        if (judge(db, a->where, &f, &p, &e) < 0) {
            print_error("%s: %s\n", a->where, e.msg);
            failed++;
            continue;
        }
        t = table_of(p, "orders");
        /* One that is never compiled reads nothing: 0 AND (...). */
        if ((t->row_local != a->row_local && strncmp(a->where, "0 AND", 5) != 0) ||
            t->uses_dates != a->uses_dates) {
            print_error("%s: row_local %d, uses_dates %d\n", a->where, t->row_local, t->uses_dates);
            failed++;
        }
        assert_int_equal(sqlite3_exec(db, "ATTACH ':memory:' AS out", NULL, NULL, NULL), 0);
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
        for (size_t k = 0; k < p->scope_count; k++)
            assert_int_equal(sqlite3_exec(db, p->scopes[k], NULL, NULL, NULL), 0);
        if (sqlite3_exec(db, t->create, NULL, NULL, NULL) ||
            sqlite3_exec(db, t->fill, NULL, NULL, NULL) ||
            sqlite3_exec(db, t->count, NULL, NULL, NULL)) {
            print_error("%s: %s: %s\n", a->where, t->fill, sqlite3_errmsg(db));
            failed++;
            continue;
        }
        struct sql s = {.db = db};
        int64_t rows = 0;

        assert_ok(sql_get_int(&s, &rows, &e, "SELECT count(*) FROM out.orders"), &e);
        if (rows != a->rows) {
            print_error("%s: %d rows\n", a->where, (int)rows);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

static const struct {
    const char *where, *says;
} refused[] = {
    /* names that are not there, or not for sub-queries */
    {"missing = 1", "no such column: missing"},
    {"users.id = 1", "no such column: users.id"},
    {"\"is_actve\" = 0", "no such column: is_actve"},
    {"note = \"text\"", "no such column: text"},
    {"id IN (SELECT id FROM secret)", "no such table: secret"},
    {"id IN secret", "no such table: secret"},
    {"EXISTS (SELECT 1 FROM secret)", "a sub-query may read only tables that the filter lists"},
    {"EXISTS (SELECT 1 FROM users, secret)", "no such table: secret"},
    {"0 OR (SELECT token FROM secret) IS NULL", "no such table: secret"},
    {"id IN (SELECT missing FROM users)", "no such column: missing"},
    {"id IN (SELECT salary FROM users)", "column \"users.salary\" is not published"},
    {"EXISTS (SELECT 1 FROM users WHERE is_active = 1)", "column \"users.is_active\""},
    {"EXISTS (SELECT 1 FROM users ORDER BY salary)", "column \"users.salary\""},
    {"EXISTS (SELECT 1 FROM users GROUP BY salary)", "column \"users.salary\""},
    {"EXISTS (SELECT 1 FROM users GROUP BY name HAVING max(salary) > 1)", "\"users.salary\""},
    {"EXISTS (SELECT * FROM users)", "is not published, so no sub-query may read it"},
    {"EXISTS (SELECT u.* FROM users u)", "is not published, so no sub-query may read it"},
    {"EXISTS (SELECT 1 FROM users NATURAL JOIN (SELECT 1 AS salary))", "join with ON"},
    {"EXISTS (SELECT 1 FROM users JOIN (SELECT 1 AS salary) USING (salary))", "join with ON"},
    {"total <= (SELECT private FROM orders WHERE id = 1)", "column \"orders.private\""},
    {"EXISTS (SELECT 1 FROM orders WHERE private = 'MARK')", "column \"orders.private\""},
    {"EXISTS (SELECT 1 FROM orders o WHERE o.note = orders.note)", "column \"orders.note\""},
    {"id IN (SELECT max(total) FROM orders GROUP BY note)", "column \"orders.note\""},
    {"EXISTS (SELECT 1 FROM users WHERE rowid = 1)", "is not published"},
    {"EXISTS (SELECT 1 FROM users ORDER BY _rowid_)", "is not published"},
    {"(SELECT \"select\" FROM odd) = 1", "column \"odd.select\""},
    {"id IN (SELECT id FROM big)", "no such table: big"},
    /* schemas by name */
    {"main.orders.id = 1", "no such column"},
    {"EXISTS (SELECT 1 FROM main.orders)", "no such table: main.orders"},
    {"EXISTS (SELECT 1 FROM main.secret)", "no such table: main.secret"},
    {"EXISTS (SELECT 1 FROM out.orders)", "no such table: out.orders"},
    {"EXISTS (SELECT 1 FROM source.orders)", "no such table: source.orders"},
    {"EXISTS (SELECT id FROM public.orders)", "is not allowed"},
    {"EXISTS (SELECT id FROM \"leat row\".orders)", "it names a schema that is not there"},
    {"\"leat row\".orders.id = 1", "it names a schema that is not there"},
    {"EXISTS (SELECT 1 FROM temp.secret)", "no such table: temp.secret"},
    {"EXISTS (SELECT 1 FROM sqlite_schema)", "is not allowed"},
    {"EXISTS (SELECT 1 FROM sqlite_master)", "is not allowed"},
    {"EXISTS (SELECT 1 FROM sqlite_temp_master)", "is not allowed"},
    {"EXISTS (SELECT sql FROM main.sqlite_schema)", "is not allowed"},
    {"EXISTS (SELECT 1 FROM docs_content)", "table \"docs_content\" is not allowed"},
    {"EXISTS (SELECT 1 FROM docs WHERE docs MATCH 't')", "function \"match\" is not allowed"},
    /* table-valued functions */
    {"EXISTS (SELECT 1 FROM pragma_table_info('secret'))", "is not allowed"},
    {"EXISTS (SELECT count(*) FROM pragma_table_list)", "is not allowed"},
    {"EXISTS (SELECT count(*) FROM pragma_database_list())", "is not allowed"},
    {"EXISTS (SELECT 1 FROM json_each(note))", "is not allowed"},
    {"EXISTS (SELECT 1 FROM json_tree('[1]'))", "is not allowed"},
    {"EXISTS (SELECT 1 FROM dbstat)", ""},
    {"EXISTS (SELECT 1 FROM generate_series(1, 2))", "no such table"},
    /* functions */
    {"random() > 0", "function \"random\" is not allowed"},
    {"randomblob(4) IS NOT NULL", "function \"randomblob\" is not allowed"},
    {"load_extension('x')", "function \"load_extension\" is not allowed"},
    {"id = last_insert_rowid()", "function \"last_insert_rowid\" is not allowed"},
    {"changes() = 0", "function \"changes\" is not allowed"},
    {"total_changes() = 0", "function \"total_changes\" is not allowed"},
    {"sqlite_version() = '3'", "function \"sqlite_version\" is not allowed"},
    {"sqlite_source_id() = ''", "function \"sqlite_source_id\" is not allowed"},
    {"note < CURRENT_TIMESTAMP", "function \"current_timestamp\" is not allowed"},
    {"note < current_date", "function \"current_date\" is not allowed"},
    {"nothing_like_it(id)", "no such function: nothing_like_it"},
    {"date('now') > note", "it depends on the current time or time zone"},
    {"id IN (SELECT random())", "function \"random\" is not allowed"},
    {"EXISTS (SELECT row_number() OVER () FROM users)", "function \"row_number\" is not allowed"},
    {"note MATCH 'x'", "not allowed"},
    {"note REGEXP 'x'", "no such function: REGEXP"},
    {"RAISE(IGNORE)", "RAISE() may only be used within a trigger-program"},
    /* aggregates have no place in a row */
    {"count(*) > 1", "misuse of aggregate"},
    {"total = (SELECT max(orders.total) FROM users)", "misuse of aggregate"},
    {"sum(total) OVER () > 1", ""},
    /* common table expressions */
    {"id IN (WITH c(x) AS (SELECT 1) SELECT x FROM c)", "common table expressions"},
    {"1 IN (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c)",
     "common table expressions"},
    /* shapes */
    {"1, 2", "syntax error"},
    {"(1, 2)", "row value misused"},
    {"(SELECT 1, 2)", "sub-select returns 2 columns"},
    {"id IN (SELECT 1, 2)", "sub-select returns 2 columns"},
    {"*", "syntax error"},
    {"orders.*", "syntax error"},
    {"note COLLATE missing = 'x'", "no such collation sequence: missing"},
};

static void
refuses_with_table_condition_and_reason(void **state)
{
    CLEANUP(db_closep) sqlite3 *db = db_new(schema);
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        CLEANUP(filter_freep) struct filter *f = NULL;
        struct plan *p = NULL;
        struct err e = {0};
        struct str_clip clip;
        char start[400];
        int r = judge(db, refused[i].where, &f, &p, &e);

        (void)snprintf(start, sizeof start, "table \"orders\": condition \"%s\" is refused: ",
                       str_clip(refused[i].where, &clip));
        if ((r != ERR_DENIED && r != ERR_CONFIG) || p || !strstr(e.msg, start) ||
            !strstr(e.msg, refused[i].says)) {
            print_error("%s: %d %s\n", refused[i].where, r, e.msg);
            plan_free(p);
            failed++;
        }
    }
    assert_int_equal(failed, 0);
}

/* Names of tables decide nothing, not even those of the schemas. */
static void
takes_tables_of_any_name(void **state)
{
    static const char *const names[] = {"main",
                                        "temp",
                                        "out",
                                        "public",
                                        "source",
                                        "leat row",
                                        "leat no table",
                                        "sqlite3_x",
                                        "json_each",
                                        "select",
                                        "a\"b",
                                        "a'b",
                                        "a.b",
                                        "a%sb",
                                        "t-1",
                                        "\xc3\xa9",
                                        "rowid",
                                        "x y",
                                        "pragma_table_info",
                                        "date",
                                        "excluded",
                                        "new"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct filter_table tables[] = {
            {.name = names[i], .where = "a > 1 AND a < (SELECT max(a) + 1 FROM u)"},
            {.name = "u"},
        };
        CLEANUP(filter_freep) struct filter *f = NULL;
        CLEANUP(plan_freep) struct plan *p = NULL;
        char *text = sqlite3_mprintf("CREATE TABLE \"%w\"(a, b); INSERT INTO \"%w\" VALUES(1, 2),"
                                     " (2, 3); CREATE TABLE u(a); INSERT INTO u VALUES(9)",
                                     names[i], names[i]);
        CLEANUP(db_closep) sqlite3 *db = db_new(text);
        struct sql s = {.db = db};
        const struct plan_table *t;
        struct err e;

        sqlite3_free(text);
        assert_ok(filter_new(tables, ARRAY_LEN(tables), &f, &e), &e);
        assert_ok(plan_make(&s, f, &p, &e), &e);
        t = table_of(p, names[i]);
        assert_ok(sql_exec(&s, &e, "ATTACH ':memory:' AS out"), &e);
        for (size_t k = 0; k < p->scope_count; k++)
            assert_ok(sql_exec(&s, &e, "%s", p->scopes[k]), &e);
        assert_ok(sql_exec(&s, &e, "%s", t->create), &e);
        assert_ok(sql_exec(&s, &e, "%s", t->fill), &e);
        assert_int_equal(sqlite3_changes(db), 1);
    }
}

/* Names in a sub-query mean the same with and without their table around them. */
static void
what_was_judged_is_what_runs(void **state)
{
    CLEANUP(db_closep)
    sqlite3 *db = db_new("CREATE TABLE a(id INTEGER PRIMARY KEY, x, hidden); CREATE TABLE b(y, z);"
                         "INSERT INTO a VALUES(1, 1, 'MARK'), (2, 5, 'MARK');"
                         "INSERT INTO b VALUES(1, 'MARK')");
    CLEANUP(filter_freep) struct filter *f = NULL;
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct sql s = {.db = db};
    struct err e = {0};

    (void)state;
    /* "z" is in b, but not for a sub-query: it must not become anything else. */
    assert_int_equal(db_plan(db,
                             "tables: [{name: a, where: \"x IN (SELECT y FROM b WHERE z = "
                             "'MARK')\"}, {name: b, columns: [y]}]",
                             &f, &p, &e),
                     ERR_DENIED);
    filter_free(TAKE(f));
    assert_ok(db_plan(db,
                      "tables: [{name: a, where: \"x IN (SELECT y FROM b WHERE hidden = 'MARK')\"},"
                      " {name: b, columns: [y]}]",
                      &f, &p, &e),
              &e);
    assert_ok(sql_exec(&s, &e, "ATTACH ':memory:' AS out"), &e);
    for (size_t k = 0; k < p->scope_count; k++)
        assert_ok(sql_exec(&s, &e, "%s", p->scopes[k]), &e);
    assert_ok(sql_exec(&s, &e, "%s", p->tables[0].create), &e);
    assert_ok(sql_exec(&s, &e, "%s", p->tables[0].fill), &e);
    assert_int_equal(sqlite3_changes(db), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_what_it_accepts),
        cmocka_unit_test(refuses_with_table_condition_and_reason),
        cmocka_unit_test(takes_tables_of_any_name),
        cmocka_unit_test(what_was_judged_is_what_runs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
