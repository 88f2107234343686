/* SPDX-License-Identifier: Apache-2.0 */
/* The library through its public headers, linked as a program outside would be. */
#include <leat/error.h>
#include <leat/filter.h>
#include <leat/snapshot.h>
#include <leat/version.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char directory[64], source[96], out[96], meta[112];

static int
set_up(void **state)
{
    sqlite3 *db = NULL;

    (void)state;
    strcpy(directory, "/tmp/leat-lib-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    (void)snprintf(source, sizeof source, "%s/source.db", directory);
    (void)snprintf(out, sizeof out, "%s/out.db", directory);
    (void)snprintf(meta, sizeof meta, "%s/out.db.meta", directory);
    if (sqlite3_open(source, &db) ||
        sqlite3_exec(db,
                     "CREATE TABLE b(id INTEGER PRIMARY KEY, p, x);"
                     "CREATE TABLE A(id INTEGER PRIMARY KEY, b_id);"
                     "WITH c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000)"
                     " INSERT INTO b SELECT i, i % 2, 'text' FROM c;"
                     "INSERT INTO A VALUES(1, 1)",
                     NULL, NULL, NULL))
        return -1;
    return sqlite3_close(db);
}

static int
tear_down(void **state)
{
    (void)state;
    (void)unlink(source);
    (void)unlink(out);
    (void)unlink(meta);
    return rmdir(directory);
}

static const char *const columns[] = {"id", "p"};

static const struct leat_filter_table tables[] = {
    {.name = "a", .where = "b_id IN (SELECT id FROM b WHERE p = 1)"},
    {.name = "B", .where = "p = 1 AND x = 'text'", .columns = columns, .column_count = 2},
};

static struct leat_filter *
new_filter(void)
{
    struct leat_filter *f = NULL;
    struct leat_error e;

    if (leat_filter_new(tables, 2, &f, &e) < 0)
        fail_msg("%s", e.message);
    return f;
}

static void
names_its_version_and_its_errors(void **state)
{
    char version[32];

    (void)state;
    (void)snprintf(version, sizeof version, "%d.%d.%d", LEAT_VERSION_MAJOR, LEAT_VERSION_MINOR,
                   LEAT_VERSION_PATCH);
    assert_string_equal(leat_version(), version);
    for (int code = LEAT_ERROR_NOT_FOUND; code < 0; code++) {
        assert_non_null(leat_error_name(code));
        assert_true(strlen(leat_error_name(code)) > 0);
        for (int other = LEAT_ERROR_NOT_FOUND; other < code; other++)
            assert_string_not_equal(leat_error_name(code), leat_error_name(other));
    }
    assert_string_equal(leat_error_name(LEAT_ERROR_DENIED), "denied");
    assert_non_null(leat_error_name(12345));
}

static void
makes_filters_of_three_kinds(void **state)
{
    static const char yaml[] = "tables: [{name: b, where: p = 1}]";
    char path[128];
    struct leat_filter *f = NULL;
    struct leat_error e;
    FILE *file;

    (void)state;
    leat_filter_free(NULL);
    leat_filter_free(new_filter());
    assert_int_equal(leat_filter_new(NULL, 0, &f, NULL), 0);
    leat_filter_free(f);
    assert_int_equal(leat_filter_parse(yaml, strlen(yaml), "f.yaml", &f, &e), 0);
    leat_filter_free(f);
    (void)snprintf(path, sizeof path, "%s/f.yaml", directory);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(yaml, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(leat_filter_load(path, &f, &e), 0);
    leat_filter_free(f);
    assert_int_equal(unlink(path), 0);

    f = NULL;
    assert_int_equal(leat_filter_load(path, &f, &e), LEAT_ERROR_NOT_FOUND);
    assert_int_equal(e.code, LEAT_ERROR_NOT_FOUND);
    assert_non_null(strstr(e.message, "No such file or directory"));
    assert_int_equal(leat_filter_load(directory, &f, NULL), LEAT_ERROR_SYSTEM);
    assert_int_equal(leat_filter_parse("tables:", 7, "f.yaml", &f, &e), LEAT_ERROR_CONFIGURATION);
    assert_int_equal(strncmp(e.message, "f.yaml:", 7), 0);
    assert_int_equal(leat_filter_parse("", 0, "f.yaml", &f, NULL), LEAT_ERROR_CONFIGURATION);
    assert_null(f);
}

static void
validates_without_a_database(void **state)
{
    struct leat_filter_table t = {.name = "t", .where = "0) AND (0"};
    const char *none[1] = {NULL};
    struct leat_error e;

    (void)state;
    assert_int_equal(leat_filter_validate(tables, 2, &e), 0);
    assert_int_equal(leat_filter_validate(NULL, 0, NULL), 0);
    assert_int_equal(leat_filter_validate(&t, 1, &e), LEAT_ERROR_CONFIGURATION);
    assert_int_equal(leat_filter_validate(&t, 1, NULL), LEAT_ERROR_CONFIGURATION);
    t.where = "a = ?1";
    assert_int_equal(leat_filter_validate(&t, 1, &e), LEAT_ERROR_DENIED);
    assert_string_equal(e.message, "table \"t\": condition \"a = ?1\" is refused: parameters are "
                                   "not allowed");
    t = (struct leat_filter_table){.name = NULL};
    assert_int_equal(leat_filter_validate(&t, 1, &e), LEAT_ERROR_CONFIGURATION);
    t = (struct leat_filter_table){.name = "t", .columns = none, .column_count = 0};
    assert_int_equal(leat_filter_validate(&t, 1, &e), LEAT_ERROR_CONFIGURATION);
    t = (struct leat_filter_table){.name = "t", .columns = NULL, .column_count = 3};
    assert_int_equal(leat_filter_validate(&t, 1, &e), 0); /* no list: all columns */
}

struct seen {
    int calls, stop_after;
    char names[64];
    bool row_local[4];
};

static bool
on_table(void *ctx, const struct leat_filter_fit *fit)
{
    struct seen *s = ctx;

    strcat(strcat(s->names, fit->table), " ");
    s->row_local[s->calls++] = fit->row_local;
    return s->calls != s->stop_after;
}

static void
tells_how_a_filter_fits(void **state)
{
    struct leat_filter *f = new_filter();
    struct seen seen = {0};
    struct leat_filter_table wrong = {.name = "nothing"};
    struct leat_error e;

    (void)state;
    assert_int_equal(leat_filter_check(f, source, on_table, &seen, &e), 0);
    assert_string_equal(seen.names, "A b ");
    assert_false(seen.row_local[0]);
    assert_true(seen.row_local[1]);
    assert_int_equal(leat_filter_check(f, source, NULL, NULL, NULL), 0);
    seen = (struct seen){.stop_after = 1};
    assert_int_equal(leat_filter_check(f, source, on_table, &seen, &e), LEAT_ERROR_CANCELLED);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(leat_filter_check(f, directory, NULL, NULL, &e), LEAT_ERROR_SYSTEM);
    assert_int_equal(leat_filter_check(f, out, NULL, NULL, &e), LEAT_ERROR_NOT_FOUND);
    leat_filter_free(f);
    assert_int_equal(leat_filter_new(&wrong, 1, &f, &e), 0);
    assert_int_equal(leat_filter_check(f, source, NULL, NULL, &e), LEAT_ERROR_DENIED);
    assert_non_null(strstr(e.message, "table \"nothing\" is refused: there is no such table"));
    leat_filter_free(f);
}

struct heard {
    int progress, statements, pragmas, stop_after;
    unsigned permille;
    bool falling;
};

static bool
on_progress(void *ctx, const struct leat_snapshot_progress *p)
{
    struct heard *h = ctx;

    h->falling = h->falling || p->permille < h->permille || p->permille > 1000;
    h->permille = p->permille;
    assert_non_null(p->stage);
    assert_non_null(p->table);
    return ++h->progress != h->stop_after;
}

static void
on_sql(void *ctx, const struct leat_sql_trace *t)
{
    struct heard *h = ctx;

    h->statements++;
    h->pragmas += strncmp(t->text, "PRAGMA ", 7) == 0 && t->duration_us < 10000 && !t->error[0];
    assert_true(t->duration_us >= 0);
    assert_string_equal(t->error, "");
}

static void
builds_and_describes_a_snapshot(void **state)
{
    struct leat_filter *f = new_filter();
    struct heard heard = {0};
    struct leat_snapshot_options o = {.source = source,
                                      .out = out,
                                      .filter = f,
                                      .on_progress = on_progress,
                                      .on_sql = on_sql,
                                      .ctx = &heard};
    struct leat_snapshot_result first, second;
    struct leat_snapshot_meta read;
    struct leat_error e;
    struct stat st;

    (void)state;
    assert_int_equal(leat_snapshot_read_meta(out, &read, &e), LEAT_ERROR_NOT_FOUND);
    assert_int_equal(leat_snapshot_read_meta(out, &read, NULL), LEAT_ERROR_NOT_FOUND);
    if (leat_snapshot_build(&o, &first, &e) < 0)
        fail_msg("%s", e.message);
    assert_false(first.unchanged);
    assert_int_equal(first.rows, 501);
    assert_true(heard.statements > 5);
    assert_int_equal(heard.pragmas, 0);
    assert_true(heard.progress > 0);
    assert_false(heard.falling);
    assert_int_equal(stat(out, &st), 0);
    assert_int_equal(st.st_size, first.meta.size);
    assert_int_equal(leat_snapshot_read_meta(out, &read, &e), 0);
    assert_int_equal(read.version, first.meta.version);
    assert_string_equal(read.hash, first.meta.hash);
    assert_string_equal(read.position, first.meta.position);
    assert_int_equal(strlen(read.hash), 64);
    assert_non_null(strchr(read.position, ':'));
    o = (struct leat_snapshot_options){.source = source,
                                       .out = out,
                                       .filter = f,
                                       .timeout_ms = INT64_MAX,
                                       .busy_timeout_ms = INT64_MAX};
    assert_int_equal(leat_snapshot_build(&o, &second, NULL), 0);
    assert_true(second.unchanged);
    assert_int_equal(second.meta.version, first.meta.version);
    leat_filter_free(f);
}

static void
ends_when_a_callback_says_so(void **state)
{
    struct leat_filter *f = new_filter();
    struct heard heard = {.stop_after = 1};
    struct leat_snapshot_options o = {
        .source = source, .out = out, .filter = f, .on_progress = on_progress, .ctx = &heard};
    struct leat_snapshot_result result = {.rows = -5};
    struct leat_error e;

    (void)state;
    (void)unlink(out);
    (void)unlink(meta);
    assert_int_equal(leat_snapshot_build(&o, &result, &e), LEAT_ERROR_CANCELLED);
    assert_int_equal(heard.progress, 1);
    assert_int_equal(result.rows, -5);
    assert_int_equal(access(out, F_OK), -1);
    assert_int_equal(access(meta, F_OK), -1);
    leat_filter_free(f);
}

static void
refuses_requests_that_make_no_sense(void **state)
{
    struct leat_filter *f = new_filter();
    struct leat_snapshot_options o = {.source = source, .out = out, .filter = f};
    struct leat_snapshot_options bad[5] = {o, o, o, o, o};
    struct leat_snapshot_result result;
    struct leat_error e;

    (void)state;
    bad[0].source = NULL;
    bad[1].out = NULL;
    bad[2].filter = NULL;
    bad[3].timeout_ms = -1;
    bad[4].busy_timeout_ms = -1;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(leat_snapshot_build(&bad[i], &result, &e), LEAT_ERROR_CONFIGURATION);
        assert_true(strlen(e.message) > 0);
        assert_int_equal(leat_snapshot_build(&bad[i], &result, NULL), LEAT_ERROR_CONFIGURATION);
    }
    o.source = out;
    (void)unlink(out);
    assert_int_equal(leat_snapshot_build(&o, &result, &e), LEAT_ERROR_NOT_FOUND);
    leat_filter_free(f);
}

static void
does_not_replace_what_is_not_its_own_unless_told(void **state)
{
    struct leat_filter *f = new_filter();
    struct leat_snapshot_options o = {.source = source, .out = out, .filter = f};
    struct leat_snapshot_result result;
    struct leat_error e;
    FILE *file = fopen(out, "w");

    (void)state;
    assert_non_null(file);
    assert_true(fputs("precious", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(leat_snapshot_build(&o, &result, &e), LEAT_ERROR_CONFIGURATION);
    assert_non_null(strstr(e.message, "was not made by leat"));
    o.replace = true;
    assert_int_equal(leat_snapshot_build(&o, &result, &e), 0);
    leat_filter_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_its_version_and_its_errors),
        cmocka_unit_test(makes_filters_of_three_kinds),
        cmocka_unit_test(validates_without_a_database),
        cmocka_unit_test(tells_how_a_filter_fits),
        cmocka_unit_test(builds_and_describes_a_snapshot),
        cmocka_unit_test(ends_when_a_callback_says_so),
        cmocka_unit_test(refuses_requests_that_make_no_sense),
        cmocka_unit_test(does_not_replace_what_is_not_its_own_unless_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
