/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot is built, not cut down: nothing that the filter holds back is
 * ever written.
 *
 *   1. One connection: the source, read-only, is "main"; the empty file is "out".
 *   2. BEGIN. The plan is made and the rows are copied in one read
 *      transaction. Temporary storage stays in memory, because a sub-query's
 *      holds values of rows that may not leave.
 *   3. COMMIT: the source is free again. Indexes, those of keys too, are made
 *      from what is in the snapshot; their sorting may use files.
 *   4. The header's counters, which tell how the file was made, are fixed.
 *
 * Why the bytes depend on the content alone: objects are created in the order
 * of their names and rows arrive in the order of their keys, so pages are
 * allocated in one order; every row is decoded and encoded again, so a record
 * that ADD COLUMN left short is not seen; AUTOINCREMENT counters follow from
 * the rows. A page is zeroed by SQLite before it is used.
 *
 * The header, 100 bytes, big-endian. Source: https://sqlite.org/fileformat2.html, 1.3.
 *
 *   18, 19  write and read version   2: the reference subscriber opens it in WAL mode
 *   24      file change counter      1
 *   40      schema cookie            1
 *   92      version-valid-for        1: equal to the change counter, as it must be
 *   96      library version          fixed: the file does not tell whose library made it
 *
 * A journal is not needed: the file has another name until it is whole.
 */
#include "store/build.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/plan.h"
#include "feed/sql_token.h"
#include "store/clock.h"
#include "store/dates.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define BUILD_CACHE_KIB 16384 /* page cache of the snapshot */
#define BUILD_STEPS_PER_CHECK                                                                      \
    20000 /* instructions of SQLite between two looks at the clock: about 1 ms */
#define BUILD_TIMEOUT_MAX_MS   (INT64_C(1) << 42) /* more than a century: nanoseconds still fit */
#define BUILD_REPORT_MS        100                /* progress is passed on this often */
#define BUILD_BUSY_STEP_MS     10                 /* between two tries at a locked source */
#define BUILD_ROWS_PERMILLE    800.0
#define BUILD_INDEXES_PERMILLE 900.0

#define HEADER_LEN             100
#define HEADER_JOURNAL_WAL     2
#define HEADER_COUNTER         1
#define HEADER_LIBRARY_VERSION 3040001

void
build_watch_init(struct build_watch *w, const struct snapshot_request *request)
{
    *w = (struct build_watch){.request = request, .progress = {.stage = "rows", .table = ""}};
    w->deadline_ns =
        clock_monotonic_ns() + MIN(request->timeout_ms, (int64_t)BUILD_TIMEOUT_MAX_MS) * 1000000;
}

bool
build_watch_goes_on(struct build_watch *w)
{
    int64_t now = clock_monotonic_ns();
    double part = 0;

    if (w->cancelled || w->timed_out)
        return false;
    if (now > w->deadline_ns)
        w->timed_out = true;
    if (now < w->next_report_ns || w->timed_out)
        return !w->timed_out;
    w->next_report_ns = now + (int64_t)BUILD_REPORT_MS * 1000000;
    /* The rowid written last tells how far a copy in the order of rowids has come. */
    if (w->span > 0)
        part = ((double)sqlite3_last_insert_rowid(w->db) - w->first) / w->span;
    part = part < 0 ? 0 : part > 1 ? 1 : part;
    w->progress.permille = MAX(w->progress.permille, (unsigned)(w->done + part * w->step));
    if (w->request->on_progress && !w->request->on_progress(w->request->ctx, &w->progress))
        w->cancelled = true;
    return !w->cancelled;
}

void
build_watch_stage(struct build_watch *w, const char *stage, const char *name, double permille)
{
    w->done += w->step;
    w->step = permille - w->done;
    w->span = 0;
    w->progress.stage = stage;
    w->progress.table = name;
}

int
build_watch_err(const struct build_watch *w, struct err *e)
{
    if (w->timed_out)
        return err_set(e, ERR_LIMIT, _("not done after %lld ms"),
                       (long long)w->request->timeout_ms);
    return err_set(e, ERR_CANCELLED, "%s", _("interrupted"));
}

static int
on_steps(void *ctx)
{
    return build_watch_goes_on(ctx) ? 0 : 1;
}

/* A lock is waited for, but not past the build's own end. */
static int
on_busy(void *ctx, int tries)
{
    struct build_watch *w = ctx;
    int64_t now = clock_monotonic_ns();

    if (tries == 0)
        w->busy_until_ns = now + w->request->busy_timeout_ms * 1000000;
    if (now >= w->busy_until_ns || !build_watch_goes_on(w))
        return 0;
    (void)sqlite3_sleep(BUILD_BUSY_STEP_MS);
    return 1;
}

/* Attach the file and prepare it. Page size and encoding cannot be changed later. */
static int
attach_out(struct source *s, const char *path, const char *out, struct err *e)
{
    CLEANUP(sqlite_freep) char *uri = source_uri(path, "?mode=rw");
    int r;

    if (!uri)
        return err_nomem(e);
    r = sql_exec(&s->sql, e, SQL("ATTACH %Q AS out"), uri);
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.cache_size = -%d"), BUILD_CACHE_KIB);
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.journal_mode = OFF"));
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.synchronous = OFF"));
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.locking_mode = EXCLUSIVE"));
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA temp_store = MEMORY"));
    /* A row that the source holds is copied, whatever was checked when it was written. */
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA ignore_check_constraints = ON"));
    /* SQLite falls back to reading: a umask may forbid us to write what we have created. */
    if (r == 0 && sqlite3_db_readonly(s->sql.db, "out") == 1)
        r = err_set(e, ERR_SYS, "%s", _("it can only be read"));
    return r < 0 ? err_wrap(e, _("could not create a file beside \"%s\""), out) : 0;
}

/* Rowids of a table tell its share of the work; 1 where it has none to tell. */
static double
weigh(struct source *s, const struct plan_table *t, double *ret_first)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};

    *ret_first = 0;
    if (t->source->object->kind != SCHEMA_TABLE || t->source->without_rowid ||
        !t->source->key_order)
        return 1;
    /* Failing here only makes the progress less even; the copy will tell. */
    if (sql_query_start(
            &s->sql, &q, NULL,
            SQL("SELECT (SELECT min(%s) FROM main.\"%w\"), (SELECT max(%s) FROM main.\"%w\")"),
            t->source->key_order, t->name, t->source->key_order, t->name) < 0 ||
        sql_query_next(&q, NULL) <= 0)
        return 1;
    *ret_first = (double)sql_int(&q, 0);
    return (double)sql_int(&q, 1) - *ret_first + 1;
}

/* What was refused inside SQLite on our word gets our words. */
static int
explain(const struct build_watch *w, int r, struct err *e)
{
    return r < 0 && (w->cancelled || w->timed_out) ? build_watch_err(w, e) : r;
}

static int
fill_tables(struct source *s, const struct plan *p, struct build_watch *w, int64_t *ret_rows,
            struct err *e)
{
    CLEANUP(freep) double *weights = calloc(p->table_count + 1, sizeof *weights);
    CLEANUP(freep) double *firsts = calloc(p->table_count + 1, sizeof *firsts);
    double total = 0, done = 0;
    int64_t rows = 0;
    int r = 0;

    if (!weights || !firsts)
        return err_nomem(e);
    for (size_t i = 0; i < p->table_count; i++) {
        weights[i] = weigh(s, &p->tables[i], &firsts[i]);
        total += weights[i];
    }
    for (int last = 0; last <= 1; last++) {
        for (size_t i = 0; r == 0 && i < p->table_count; i++) {
            const struct plan_table *t = &p->tables[i];

            if (t->fill_last != (last == 1))
                continue;
            done += weights[i];
            build_watch_stage(w, "rows", t->name, BUILD_ROWS_PERMILLE * done / total);
            w->first = firsts[i];
            w->span = weights[i];
            sqlite3_set_last_insert_rowid(s->sql.db, (sqlite3_int64)firsts[i]);
            r = sql_exec(&s->sql, e, "%s", t->fill);
            if (r < 0)
                return explain(w, err_wrap(e, _("table \"%s\""), t->name), e);
            if (!t->fill_last)
                rows += sqlite3_changes64(s->sql.db);
        }
    }
    *ret_rows = rows;
    return 0;
}

/* Everything that needs the source. */
static int
copy_rows(struct source *s, struct plan *p, struct build_watch *w, int64_t *ret_rows, struct err *e)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < p->scope_count; i++)
        r = sql_exec(&s->sql, e, "%s", p->scopes[i]);
    for (size_t i = 0; r == 0 && i < p->table_count; i++) {
        r = sql_exec(&s->sql, e, "%s", p->tables[i].create);
        if (r < 0)
            return err_wrap(e, _("table \"%s\" could not be created"), p->tables[i].name);
        if (p->tables[i].uses_dates)
            r = dates_watch(s->sql.db, e);
    }
    return r < 0 ? r : fill_tables(s, p, w, ret_rows, e);
}

static int
make_index(struct source *s, struct build_watch *w, const char *name, const char *create,
           double permille, struct err *e)
{
    int r;

    build_watch_stage(w, "indexes", name, permille);
    r = sql_exec(&s->sql, e, "%s", create);
    return r < 0 ? explain(w, err_wrap(e, _("index \"%s\""), name), e) : 0;
}

static int
make_indexes(struct source *s, const struct plan *p, struct build_watch *w, struct err *e)
{
    double step = (BUILD_INDEXES_PERMILLE - BUILD_ROWS_PERMILLE) /
                  (double)(p->key_count + p->index_count + 1);
    double permille = BUILD_ROWS_PERMILLE;
    int r = 0;

    for (size_t i = 0; r == 0 && i < p->key_count; i++)
        r = make_index(s, w, p->keys[i].name, p->keys[i].create, permille += step, e);
    for (size_t i = 0; r == 0 && i < p->index_count; i++)
        r = make_index(s, w, p->indexes[i].name, p->indexes[i].create, permille += step, e);
    return r;
}

/*
 * Give deferred keys the names, and their tables the definitions, that SQLite
 * reads as "made by itself". The schema of this connection is stale from then on.
 */
static int
adopt_keys(struct source *s, const struct plan *p, struct err *e)
{
    int r;

    if (p->key_count == 0)
        return 0;
    r = sql_exec(&s->sql, e, SQL("PRAGMA writable_schema = ON"));
    for (size_t i = 0; r == 0 && i < p->table_count; i++) {
        if (p->tables[i].definition)
            r = sql_exec(&s->sql, e,
                         SQL("UPDATE out.sqlite_schema SET sql = %Q"
                             " WHERE type = 'table' AND name = %Q"),
                         p->tables[i].definition, p->tables[i].name);
    }
    for (size_t i = 0; r == 0 && i < p->key_count; i++)
        r = sql_exec(&s->sql, e,
                     SQL("UPDATE out.sqlite_schema SET name = %Q, sql = NULL"
                         " WHERE type = 'index' AND name = %Q"),
                     p->keys[i].name, p->keys[i].temporary);
    return r;
}

/* Everything that is made from the snapshot itself. */
static int
finish(struct source *s, const struct plan *p, struct build_watch *w, struct err *e)
{
    /* Only what may leave is sorted here, so it may go through files: memory stays bounded. */
    int r = sql_exec(&s->sql, e, SQL("PRAGMA temp_store = FILE"));

    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("BEGIN"));
    if (r == 0)
        r = make_indexes(s, p, w, e);
    for (size_t i = 0; r == 0 && i < p->view_count; i++) {
        r = sql_exec(&s->sql, e, "%s", p->views[i].create);
        if (r < 0)
            return err_wrap(e, _("view \"%s\""), p->views[i].name);
    }
    /* These also make the first page of a snapshot without tables. */
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.user_version = %lld"), p->schema.user_version);
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.application_id = %lld"), p->schema.application_id);
    if (r == 0)
        r = adopt_keys(s, p, e);
    return r < 0 ? r : sql_exec(&s->sql, e, SQL("COMMIT"));
}

static int
fix_header(const char *path, struct err *e)
{
    CLEANUP(closep) int fd = open(path, O_RDWR | O_CLOEXEC);
    uint8_t h[HEADER_LEN];

    if (fd < 0 || pread(fd, h, sizeof h, 0) != (ssize_t)sizeof h)
        return err_sys(e, _("could not read \"%s\" again"), path);
    h[18] = h[19] = HEADER_JOURNAL_WAL;
    put_be32(h + 24, HEADER_COUNTER);
    put_be32(h + 40, HEADER_COUNTER);
    put_be32(h + 92, HEADER_COUNTER);
    put_be32(h + 96, HEADER_LIBRARY_VERSION);
    if (pwrite(fd, h, sizeof h, 0) != (ssize_t)sizeof h)
        return err_sys(e, _("could not write \"%s\""), path);
    return 0;
}

bool
build_made_it(int fd)
{
    uint8_t h[HEADER_LEN];

    return pread(fd, h, sizeof h, 0) == (ssize_t)sizeof h &&
           memcmp(h, "SQLite format 3", 16) == 0 && h[18] == HEADER_JOURNAL_WAL &&
           h[19] == HEADER_JOURNAL_WAL && be32(h + 24) == HEADER_COUNTER &&
           be32(h + 40) == HEADER_COUNTER && be32(h + 92) == HEADER_COUNTER &&
           be32(h + 96) == HEADER_LIBRARY_VERSION;
}

/* Begin to read. The path may name another file by now than the one that was opened. */
static int
begin(struct source *s, const char *path, struct position *position, struct err *e)
{
    struct position now;
    int r;

    position->number = (uint64_t)(clock_wall_ns() / 1000);
    r = source_begin(s, e);
    if (r == 0)
        r = source_incarnation(path, &now, e);
    if (r == 0 && !str_eq(now.incarnation, position->incarnation))
        r = err_set(e, ERR_BUSY, "%s", _("busy: another file took its place while it was opened"));
    return r;
}

static int
build_attached(struct source *s, const struct snapshot_request *request, struct build_watch *w,
               struct build_result *ret, struct err *e)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    int64_t started = clock_monotonic_ns(), page_size = 0;
    int r;

    r = begin(s, request->source, &ret->position, e);
    if (r == 0)
        r = sql_get_int(&s->sql, &page_size, e, SQL("PRAGMA main.page_size"));
    /* Before the plan: its questions about tables look into every schema, and that fixes it. */
    if (r == 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA out.page_size = %lld"), page_size);
    if (r == 0)
        r = plan_make(&s->sql, request->filter, &p, e);
    if (r == 0)
        r = copy_rows(s, p, w, &ret->rows, e);
    if (r == 0)
        r = source_end(s, e);
    if (r < 0)
        return explain(w, r, e);
    assert(p);
    ret->read_ms = (clock_monotonic_ns() - started) / 1000000;
    return explain(w, finish(s, p, w, e), e);
}

/* Say whose fault it was: the source is only read, the new file is only written. */
static int
blame(struct source *s, const struct snapshot_request *request, int r, struct err *e)
{
    int cause = 0;

    switch (sqlite3_extended_errcode(s->sql.db)) {
    case SQLITE_FULL:
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
        if (r != ERR_SYS)
            break;
        /* A COMMIT does not tell its connection; the file knows. */
        (void)sqlite3_file_control(s->sql.db, "out", SQLITE_FCNTL_LAST_ERRNO, &cause);
        if (cause == 0)
            return err_wrap(e, _("could not write the new \"%s\""), request->out);
        errno = cause;
        return err_sys(e, _("could not write the new \"%s\""), request->out);
    default:
        break;
    }
    return err_wrap(e, _("source \"%s\""), request->source);
}

int
build_file(const struct snapshot_request *request, const char *path, struct build_watch *watch,
           struct build_result *ret, struct err *e)
{
    CLEANUP(source_close) struct source s = {0};
    struct build_result result = {0};
    int r = source_incarnation(request->source, &result.position, e);

    if (r == 0)
        r = source_open(request->source, request->busy_timeout_ms, request->tracer, &s, e);
    if (r < 0)
        return r;
    watch->db = s.sql.db;
    sqlite3_progress_handler(s.sql.db, BUILD_STEPS_PER_CHECK, on_steps, watch);
    (void)sqlite3_busy_handler(s.sql.db, on_busy, watch); /* cannot fail */
    r = source_check(&s, e); /* attaching would meet its faults, and blame the new file */
    if (r < 0)
        return blame(&s, request, explain(watch, r, e), e);
    r = attach_out(&s, path, request->out, e);
    if (r < 0)
        return r;
    r = build_attached(&s, request, watch, &result, e);
    if (r < 0)
        return blame(&s, request, r, e);
    source_close(&s); /* before the header: SQLite would write it again */
    r = fix_header(path, e);
    if (r < 0)
        return r;
    *ret = result;
    return 0;
}
