/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every allocation fails in turn: of reading a filter, of fitting it to a
 * database, and of building a snapshot. Nothing leaks, nothing is left behind,
 * and what is made in spite of it is what is made otherwise.
 */
#include "file_unit.h"

#include "fail_alloc.h"
#include "feed/plan.h"
#include "store/digest.h"
#include "store/source.h"

static const char schema[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT UNIQUE COLLATE NOCASE DEFAULT 'x', b, secret,"
    " g AS (a || b), CHECK(b > 0), CHECK(secret > 0), FOREIGN KEY(b) REFERENCES u(k));"
    "CREATE TABLE u(k TEXT PRIMARY KEY, v, w) WITHOUT ROWID; CREATE TABLE hidden(x);"
    "CREATE INDEX i1 ON t(b); CREATE INDEX i2 ON t(secret); CREATE INDEX i3 ON t(a) WHERE b > 1;"
    "CREATE VIEW v1 AS SELECT a FROM t; CREATE VIEW v2 AS SELECT secret FROM t;"
    "CREATE VIEW v3 AS SELECT * FROM v2; CREATE VIRTUAL TABLE f USING fts5(x);"
    "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END;"
    "INSERT INTO t(id, a, b, secret) VALUES(1, 'p', 2, 3), (2, 'q', 3, 4);"
    "INSERT INTO u VALUES('2', 3, 4); INSERT INTO f VALUES('some text')";

static const char yaml[] = "tables:\n"
                           "- name: t\n"
                           "  columns: [id, a, b, g]\n"
                           "  where: b IN (SELECT k FROM u) OR date(a) > '2000-01-01'\n"
                           "- {name: u, columns: [k, v], omit: true, where: v > 1}\n"
                           "- name: f\n";

/* Not the full-text table: SQLite 3.40 loses one whose creation runs out of memory. */
static const char to_build[] = "tables:\n"
                               "- name: t\n"
                               "  columns: [id, a, b, g]\n"
                               "  where: b IN (SELECT k FROM u) OR date(a) > '2000-01-01'\n"
                               "- {name: u, columns: [k, v], omit: true, where: v > 1}\n";

static int
parse(void *ctx)
{
    CLEANUP(filter_freep) struct filter *f = NULL;
    struct err e = {0};
    int r = filter_parse(yaml, strlen(yaml), "filter.yaml", &f, &e);

    (void)ctx;
    if (r < 0)
        assert_int_equal(e.code, r);
    return r;
}

static void
reading_a_filter_survives(void **state)
{
    (void)state;
    fail_alloc_every(parse, NULL);
}

struct fixture {
    struct dir d;
    char meta[128];
    struct filter *to_plan, *to_build;
    char hash[DIGEST_HEX_LEN]; /* of the snapshot made in peace */
};

static int
plan(void *ctx)
{
    const struct fixture *x = ctx;
    CLEANUP(source_close) struct source s = {0};
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct err e = {0};
    int r = source_open(x->d.source, 0, NULL, &s, &e);

    if (r == 0)
        r = source_begin(&s, &e);
    if (r == 0)
        r = plan_make(&s.sql, x->to_plan, &p, &e);
    if (r == 0) {
        assert_int_equal(p->table_count, 3);
        assert_int_equal(p->index_count, 2);
        assert_int_equal(p->view_count, 1);
    } else {
        assert_int_equal(e.code, r);
    }
    return r;
}

static int
build(void *ctx)
{
    const struct fixture *x = ctx;
    struct snapshot_request request = {
        .source = x->d.source, .out = x->d.out, .filter = x->to_build, .timeout_ms = 600000};
    struct snapshot_result result;
    struct err e = {0};
    int r = snapshot_build(&request, &result, &e);

    /* SQLite and Jansson take some failed allocations for bad input, and errno says others. */
    if (r < 0) {
        assert_int_equal(e.code, r);
        r = ERR_NOMEM;
    }
    if (r == 0)
        assert_string_equal(result.meta.hash, x->hash);
    assert_int_equal(dir_count(&x->d), 3);      /* source, output, meta */
    assert_int_equal(truncate(x->d.out, 0), 0); /* all of it again the next time */
    return r;
}

static int
set_up(void **state)
{
    static struct fixture x;
    struct snapshot_result result;
    struct err e;

    dir_init(&x.d);
    (void)snprintf(x.meta, sizeof x.meta, "%s.meta", x.d.out);
    file_exec(x.d.source, schema);
    assert_ok(filter_parse(yaml, strlen(yaml), "f.yaml", &x.to_plan, &e), &e);
    assert_ok(filter_parse(to_build, strlen(to_build), "f.yaml", &x.to_build, &e), &e);
    assert_ok(dir_build(&x.d, to_build, &result, &e), &e);
    memcpy(x.hash, result.meta.hash, sizeof x.hash);
    *state = &x;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *x = *state;

    filter_free(x->to_plan);
    filter_free(x->to_build);
    dir_done(&x->d);
    return 0;
}

static void
planning_survives(void **state)
{
    fail_alloc_every(plan, *state);
}

static void
building_survives(void **state)
{
    fail_alloc_every(build, *state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_filter_survives),
        cmocka_unit_test(planning_survives),
        cmocka_unit_test(building_survives),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
