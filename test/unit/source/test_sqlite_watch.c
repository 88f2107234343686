/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_unit.h"

#include "base/str.h"
#include "source/sqlite_watch.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A poll so slow that only inotify can be what told us. */
#define SLOW_MS SQLITE_WATCH_POLL_MAX_MS
#define FAST_MS SQLITE_WATCH_POLL_MIN_MS

/* One watched file in a directory of its own, and what was heard about it. */
struct fixture {
    char dir[64];
    char path[128];
    struct loop *loop;
    sqlite3 *writer;
    struct sqlite_watch *watch;
    struct position position;
    int changes, errors;
    bool changed, failed, frees, is_monotonic;
    struct err e;
};

static void
on_change(void *ctx, const struct position *position)
{
    struct fixture *x = ctx;

    if (x->changes > 0 && position->number <= x->position.number)
        x->is_monotonic = false;
    x->position = *position;
    x->changes++;
    x->changed = true;
    if (x->frees)
        sqlite_watch_free(TAKE(x->watch));
}

static void
on_error(void *ctx, const struct err *e)
{
    struct fixture *x = ctx;

    x->e = *e;
    x->errors++;
    x->failed = true;
}

static const struct sqlite_watch_ops ops = {on_change, on_error};

static void
setup(struct fixture *x, const char *name)
{
    struct err e;

    *x = (struct fixture){.dir = "/tmp/leat-watch-XXXXXX", .is_monotonic = true};
    assert_non_null(mkdtemp(x->dir));
    (void)snprintf(x->path, sizeof x->path, "%s/%s", x->dir, name);
    assert_ok(loop_new(&x->loop, &e), &e);
}

static void
teardown(struct fixture *x)
{
    char command[128];

    sqlite_watch_free(x->watch);
    sqlite3_close(x->writer);
    loop_free(x->loop);
    (void)snprintf(command, sizeof command, "rm -rf %s", x->dir);
    assert_int_equal(system(command), 0);
}

static void
sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
}

static sqlite3 *
make_db(const char *path, const char *journal_mode)
{
    char pragma[64];
    sqlite3 *db;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
                     SQLITE_OK);
    (void)snprintf(pragma, sizeof pragma, "PRAGMA journal_mode = %s", journal_mode);
    sql(db, pragma);
    sql(db, "CREATE TABLE IF NOT EXISTS t (x)");
    return db;
}

static void
start(struct fixture *x, int64_t poll_ms)
{
    const struct sqlite_watch_config config = {.path = x->path, .poll_ms = poll_ms};
    struct err e;

    assert_ok(sqlite_watch_new(x->loop, &config, &ops, x, &x->watch, &e), &e);
}

static void
wait_change(struct fixture *x)
{
    unit_run_until(x->loop, &x->changed);
    x->changed = false;
}

static void
wait_error(struct fixture *x)
{
    unit_run_until(x->loop, &x->failed);
    x->failed = false;
}

/* Turn the loop a number of times; with the fast poll, each is a look at least. */
static void
turn(struct fixture *x, int times)
{
    while (times-- > 0)
        ev_run(loop_ev(x->loop), EVRUN_ONCE);
}

static void
tells_of_commits_in_each_journal_mode(void **state)
{
    (void)state;
    static const char *const modes[] = {"WAL", "DELETE", "TRUNCATE", "PERSIST"};

    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        CLEANUP(teardown) struct fixture x;

        setup(&x, "back.db");
        x.writer = make_db(x.path, modes[i]);
        start(&x, SLOW_MS);
        for (int n = 0; n < 5; n++) {
            sql(x.writer, "INSERT INTO t VALUES (1)");
            wait_change(&x);
        }
        assert_true(x.is_monotonic);
        assert_int_equal(strlen(x.position.incarnation), 16);
        assert_int_equal(x.errors, 0);
    }
}

static void
says_nothing_of_what_was_rolled_back_or_there_before(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    x.writer = make_db(x.path, "WAL");
    sql(x.writer, "INSERT INTO t VALUES (1)");
    start(&x, FAST_MS);
    sql(x.writer, "BEGIN; INSERT INTO t VALUES (2); ROLLBACK");
    turn(&x, 10);
    assert_int_equal(x.changes, 0);
    sql(x.writer, "INSERT INTO t VALUES (3)");
    wait_change(&x);
    turn(&x, 10);
    assert_int_equal(x.changes, 1);
}

/* A write through another name of the file is not seen by inotify on our directory. */
static void
polls_where_inotify_is_silent(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    char other[128];

    setup(&x, "back.db");
    sqlite3_close(make_db(x.path, "DELETE"));
    (void)snprintf(other, sizeof other, "%s/other", x.dir);
    assert_int_equal(mkdir(other, 0700), 0);
    (void)snprintf(other, sizeof other, "%s/other/back.db", x.dir);
    assert_int_equal(link(x.path, other), 0);
    start(&x, FAST_MS);
    x.writer = make_db(other, "DELETE");
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);
    assert_int_equal(x.errors, 0);
}

static void
follows_a_link_to_where_the_wal_is(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    char real[128];

    setup(&x, "link.db");
    (void)snprintf(real, sizeof real, "%s/real", x.dir);
    assert_int_equal(mkdir(real, 0700), 0);
    (void)snprintf(real, sizeof real, "%s/real/back.db", x.dir);
    x.writer = make_db(real, "WAL");
    assert_int_equal(symlink("real/back.db", x.path), 0);
    start(&x, SLOW_MS);
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);
}

static void
waits_for_a_locked_source_without_complaint(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    x.writer = make_db(x.path, "DELETE");
    start(&x, FAST_MS);
    sql(x.writer, "BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)");
    turn(&x, 10);
    assert_int_equal(x.changes, 0);
    assert_int_equal(x.errors, 0);
    sql(x.writer, "COMMIT");
    wait_change(&x);
}

/* What it was before is not known then, so the first look that succeeds is a change. */
static void
takes_a_source_that_was_locked_at_first_for_changed(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    x.writer = make_db(x.path, "DELETE");
    sql(x.writer, "BEGIN EXCLUSIVE");
    start(&x, FAST_MS);
    turn(&x, 10);
    assert_int_equal(x.changes + x.errors, 0);
    sql(x.writer, "ROLLBACK");
    wait_change(&x);
    assert_int_equal(x.errors, 0);
}

static void
never_holds_up_the_writer(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    x.writer = make_db(x.path, "DELETE");
    start(&x, FAST_MS);
    for (int n = 0; n < 20; n++) {
        sql(x.writer, "BEGIN EXCLUSIVE; INSERT INTO t VALUES (1); COMMIT");
        turn(&x, 1);
    }
    assert_true(x.changes > 0);
}

static void
waits_for_a_source_that_is_not_there(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    start(&x, FAST_MS);
    assert_int_equal(x.errors, 0);
    wait_error(&x);
    assert_int_equal(x.e.code, ERR_NOTFOUND);
    assert_non_null(strstr(x.e.msg, x.path));
    turn(&x, 5);
    assert_int_equal(x.errors, 1);
    x.writer = make_db(x.path, "WAL");
    wait_change(&x);
}

static void
reports_a_source_that_goes_and_one_that_comes(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    sqlite3_close(make_db(x.path, "DELETE"));
    start(&x, SLOW_MS);
    assert_int_equal(unlink(x.path), 0);
    wait_error(&x);
    assert_int_equal(x.e.code, ERR_NOTFOUND);
    x.writer = make_db(x.path, "DELETE");
    wait_change(&x);
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);

    /* The same complaint again is news again. */
    sqlite3_close(TAKE(x.writer));
    assert_int_equal(unlink(x.path), 0);
    wait_error(&x);
    assert_int_equal(x.errors, 2);
}

static void
gives_a_replaced_source_a_new_incarnation(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    struct position before;
    char other[128];

    setup(&x, "back.db");
    x.writer = make_db(x.path, "DELETE");
    start(&x, SLOW_MS);
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);
    before = x.position;
    sqlite3_close(TAKE(x.writer));

    (void)snprintf(other, sizeof other, "%s/restored.db", x.dir);
    sqlite3_close(make_db(other, "DELETE"));
    assert_int_equal(rename(other, x.path), 0);
    wait_change(&x);
    assert_false(position_has_reached(&x.position, &before));
    assert_true(x.position.number > before.number);
    assert_int_equal(x.errors, 0);

    x.writer = make_db(x.path, "DELETE");
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);
}

static void
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void
reports_what_is_not_a_database(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    write_file(x.path, "this is a text that is long enough to be read as the header of a file, "
                       "which has to have one hundred bytes before anybody looks at it");
    start(&x, SLOW_MS);
    wait_error(&x);
    assert_int_equal(x.e.code, ERR_PROTO);
    assert_int_equal(unlink(x.path), 0);
    wait_error(&x);
    assert_int_equal(x.e.code, ERR_NOTFOUND);
    assert_int_equal(mkdir(x.path, 0700), 0);
    wait_error(&x);
    assert_int_equal(x.e.code, ERR_PROTO);
    assert_int_equal(rmdir(x.path), 0);
    x.writer = make_db(x.path, "WAL");
    wait_change(&x);
}

/* Where the directory goes as well, there is nothing left for inotify to see. */
static void
finds_a_source_whose_directory_was_made_anew(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    char dir[128], moved[128];

    setup(&x, "d/back.db");
    (void)snprintf(dir, sizeof dir, "%s/d", x.dir);
    (void)snprintf(moved, sizeof moved, "%s/moved", x.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    sqlite3_close(make_db(x.path, "DELETE"));
    start(&x, FAST_MS);
    assert_int_equal(rename(dir, moved), 0);
    wait_error(&x);
    assert_int_equal(mkdir(dir, 0700), 0);
    x.writer = make_db(x.path, "DELETE");
    wait_change(&x);
}

static void
reads_a_name_as_a_name(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "a?mode=rwc#b%41 \xff&'.db");
    x.writer = make_db(x.path, "WAL");
    start(&x, SLOW_MS);
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);
    assert_int_equal(x.errors, 0);
}

static void
copy_file(const char *from, const char *to)
{
    char command[512];

    (void)snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

static void
assert_same_files(const char *a, const char *b)
{
    char command[512];

    (void)snprintf(command, sizeof command, "cmp '%s' '%s'", a, b);
    assert_int_equal(system(command), 0);
}

/* A database as a crashed writer leaves it, with everything still in the WAL. */
static void
writes_neither_the_file_nor_its_wal(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    char live[128], wal[140], live_wal[140], kept[140], kept_wal[140];

    setup(&x, "back.db");
    (void)snprintf(live, sizeof live, "%s/live.db", x.dir);
    (void)snprintf(live_wal, sizeof live_wal, "%s-wal", live);
    (void)snprintf(wal, sizeof wal, "%s-wal", x.path);
    (void)snprintf(kept, sizeof kept, "%s/kept", x.dir);
    (void)snprintf(kept_wal, sizeof kept_wal, "%s/kept-wal", x.dir);
    x.writer = make_db(live, "WAL");
    copy_file(live, x.path);
    copy_file(live_wal, wal);
    copy_file(x.path, kept);
    copy_file(wal, kept_wal);

    start(&x, FAST_MS);
    turn(&x, 5);
    assert_int_equal(x.errors, 0);
    sqlite_watch_free(TAKE(x.watch));
    assert_same_files(x.path, kept);
    assert_same_files(wal, kept_wal);
}

/* The journal of a transaction that was cut: only a writer may roll it back. */
static void
waits_for_a_writer_to_recover_the_source(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    char live[128], live_journal[140], journal[140];

    setup(&x, "back.db");
    (void)snprintf(live, sizeof live, "%s/live.db", x.dir);
    (void)snprintf(live_journal, sizeof live_journal, "%s-journal", live);
    (void)snprintf(journal, sizeof journal, "%s-journal", x.path);
    x.writer = make_db(live, "DELETE");
    sql(x.writer, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                  "INSERT INTO t SELECT randomblob(4000) FROM n");
    sql(x.writer, "PRAGMA cache_size = 1; BEGIN; UPDATE t SET x = randomblob(4000)");
    copy_file(live, x.path);
    copy_file(live_journal, journal);
    sql(x.writer, "ROLLBACK");
    sqlite3_close(TAKE(x.writer));

    start(&x, FAST_MS);
    wait_error(&x);
    assert_int_equal(x.e.code, ERR_SYS);
    assert_non_null(strstr(x.e.msg, "must be recovered first"));
    x.writer = make_db(x.path, "DELETE");
    sql(x.writer, "SELECT count(*) FROM t");
    wait_change(&x);
}

static void
may_be_freed_by_its_callback(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, "back.db");
    x.writer = make_db(x.path, "WAL");
    x.frees = true;
    start(&x, SLOW_MS);
    sql(x.writer, "INSERT INTO t VALUES (1)");
    wait_change(&x);
    assert_null(x.watch);
    loop_run(x.loop);
}

static void
refuses_a_poll_out_of_bounds(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    const int64_t bad[] = {-1, 0, FAST_MS - 1, SLOW_MS + 1};
    struct err e;

    setup(&x, "back.db");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct sqlite_watch_config config = {.path = x.path, .poll_ms = bad[i]};

        assert_int_equal(sqlite_watch_new(x.loop, &config, &ops, &x, &x.watch, &e), ERR_CONFIG);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_of_commits_in_each_journal_mode),
        cmocka_unit_test(says_nothing_of_what_was_rolled_back_or_there_before),
        cmocka_unit_test(polls_where_inotify_is_silent),
        cmocka_unit_test(follows_a_link_to_where_the_wal_is),
        cmocka_unit_test(waits_for_a_locked_source_without_complaint),
        cmocka_unit_test(takes_a_source_that_was_locked_at_first_for_changed),
        cmocka_unit_test(never_holds_up_the_writer),
        cmocka_unit_test(waits_for_a_source_that_is_not_there),
        cmocka_unit_test(reports_a_source_that_goes_and_one_that_comes),
        cmocka_unit_test(gives_a_replaced_source_a_new_incarnation),
        cmocka_unit_test(reports_what_is_not_a_database),
        cmocka_unit_test(finds_a_source_whose_directory_was_made_anew),
        cmocka_unit_test(reads_a_name_as_a_name),
        cmocka_unit_test(writes_neither_the_file_nor_its_wal),
        cmocka_unit_test(waits_for_a_writer_to_recover_the_source),
        cmocka_unit_test(may_be_freed_by_its_callback),
        cmocka_unit_test(refuses_a_poll_out_of_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
