/* SPDX-License-Identifier: Apache-2.0 */
/* The workers are this program itself: see replica/fake_worker.h. */
#include "loop_unit.h"

#include "base/str.h"
#include "daemon/watch.h"
#include "replica/fake_worker.h"
#include "source/sqlite_watch.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static char *const worker_argv[] = {"watch", "worker", NULL};

struct fixture {
    char dir[64];
    char source[128], out[128];
    struct loop *loop;
    sqlite3 *writer;
    struct watch *watch;
    int starts, source_errors;
    bool published, failed_at_source, stopped;
    bool writes_at_start;
    struct position position;
    struct err e;
};

static void
sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

static void
open_writer(struct fixture *x)
{
    assert_int_equal(sqlite3_open(x->source, &x->writer), SQLITE_OK);
    sql(x->writer, "PRAGMA journal_mode = WAL; CREATE TABLE t (x)");
}

static void
on_start(void *ctx, const struct position *position)
{
    struct fixture *x = ctx;

    x->starts++;
    x->position = *position;
    if (x->writes_at_start) {
        x->writes_at_start = false;
        sql(x->writer, "INSERT INTO t VALUES (1)");
    }
}

static void
on_published(void *ctx, const struct job_result *result)
{
    struct fixture *x = ctx;

    (void)result;
    x->published = true;
}

static void
on_stopped(void *ctx)
{
    struct fixture *x = ctx;

    x->stopped = true;
}

static void
on_source_error(void *ctx, const struct err *e)
{
    struct fixture *x = ctx;

    x->e = *e;
    x->source_errors++;
    x->failed_at_source = true;
}

static const struct watch_ops ops = {
    .keeper = {.on_start = on_start, .on_published = on_published, .on_stopped = on_stopped},
    .on_source_error = on_source_error,
};

static void
setup(struct fixture *x)
{
    struct err e;

    *x = (struct fixture){.dir = "/tmp/leat-watch-XXXXXX"};
    assert_non_null(mkdtemp(x->dir));
    (void)snprintf(x->source, sizeof x->source, "%s/back.db", x->dir);
    (void)snprintf(x->out, sizeof x->out, "%s/public.db", x->dir);
    assert_ok(loop_new(&x->loop, &e), &e);
}

static void
teardown(struct fixture *x)
{
    char command[128];

    watch_free(x->watch);
    sqlite3_close(x->writer);
    loop_free(x->loop);
    (void)snprintf(command, sizeof command, "rm -rf %s", x->dir);
    assert_int_equal(system(command), 0);
}

static struct watch_config
make_config(const struct fixture *x)
{
    return (struct watch_config){
        .keeper = {.job = {.source = x->source, .out = x->out, .filter = "R", .timeout_ms = 60000},
                   .worker = unit_program(),
                   .worker_argv = worker_argv,
                   .debounce_ms = 1,
                   .max_delay_ms = 5,
                   .retry_min_ms = 1,
                   .retry_max_ms = 5},
        .poll_ms = SQLITE_WATCH_POLL_MAX_MS,
    };
}

static void
start(struct fixture *x)
{
    const struct watch_config config = make_config(x);
    struct err e;

    assert_ok(watch_new(x->loop, &config, &ops, x, &x->watch, &e), &e);
}

static void
wait_published(struct fixture *x)
{
    unit_run_until(x->loop, &x->published);
    x->published = false;
}

static void
builds_at_the_start_and_after_each_commit(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    open_writer(&x);
    start(&x);
    wait_published(&x);
    assert_string_equal(x.position.incarnation, "");
    for (int i = 0; i < 3; i++) {
        sql(x.writer, "INSERT INTO t VALUES (1)");
        wait_published(&x);
    }
    assert_int_equal(x.starts, 4);
    assert_int_equal(strlen(x.position.incarnation), 16);
    assert_int_equal(x.source_errors, 0);
}

static void
misses_nothing_that_is_committed_during_the_first_build(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    open_writer(&x);
    x.writes_at_start = true;
    start(&x);
    wait_published(&x);
    wait_published(&x);
    assert_int_equal(x.starts, 2);
}

static void
builds_when_the_source_comes_back(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    start(&x);
    unit_run_until(x.loop, &x.failed_at_source);
    assert_int_equal(x.e.code, ERR_NOTFOUND);
    wait_published(&x); /* the fake worker needs no source */
    open_writer(&x);
    wait_published(&x);
}

static void
stops_in_order(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    open_writer(&x);
    start(&x);
    wait_published(&x);
    watch_stop(x.watch);
    sql(x.writer, "INSERT INTO t VALUES (1)");
    unit_run_until(x.loop, &x.stopped);
    loop_run(x.loop);
    assert_int_equal(x.starts, 1);
}

static void
refuses_what_its_parts_refuse(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    struct err e;

    setup(&x);
    struct watch_config config = make_config(&x);

    config.poll_ms = 0;
    assert_int_equal(watch_new(x.loop, &config, &ops, &x, &x.watch, &e), ERR_CONFIG);
    config = make_config(&x);
    config.keeper.retry_min_ms = 0;
    assert_int_equal(watch_new(x.loop, &config, &ops, &x, &x.watch, &e), ERR_CONFIG);
    loop_run(x.loop);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_at_the_start_and_after_each_commit),
        cmocka_unit_test(misses_nothing_that_is_committed_during_the_first_build),
        cmocka_unit_test(builds_when_the_source_comes_back),
        cmocka_unit_test(stops_in_order),
        cmocka_unit_test(refuses_what_its_parts_refuse),
    };

    if (argc == 2 && str_eq(argv[1], "worker"))
        return fake_worker();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
