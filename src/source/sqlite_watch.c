/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a change is noticed.
 *
 *   1. inotify on the directory says that the file, its -wal or its -journal
 *      was touched. It may be lost, coalesced or absent (network file systems).
 *   2. A look: is the file the one that is open (inode, birth time), and has
 *      `PRAGMA data_version` on our connection changed? This number changes when
 *      another connection has committed, whatever the journal mode.
 *   3. Looks come 5, 10, 20, ... ms after the last touch until they are as slow as
 *      the poll. The first is often too early: a WAL commit writes its frames, which
 *      inotify sees, then syncs them, and only then the index in shared memory,
 *      which inotify does not see.
 *
 *   state    look says        action                        next state
 *   reading  no change        -                             reading
 *   reading  changed          on_change                     reading
 *   reading  busy             -                             reading
 *   reading  other file       close, open, on_change        reading or failing
 *   reading  error            close, on_error               failing
 *   failing  readable again   on_change                     reading
 *   failing  busy             -                             failing
 *   failing  error            on_error if it is another     failing
 *
 * In `reading` the version may be unknown, because the source was locked when it
 * was opened: the first version that is read is then taken for a change.
 *
 * The position of a change is the wall time after the look that saw it: a
 * reader whose read transaction began at or after that time has the change. It is
 * taken one higher than the last where the wall clock stood still or was set back.
 *
 * POSIX drops all locks of a process on a file when the process closes any
 * descriptor of it. So the file is never opened here except by SQLite, which
 * knows; its identity comes from statx() by name.
 */
#include "source/sqlite_watch.h"

#include "base/i18n.h"
#include "base/str.h"
#include "log/log.h"
#include "net/loop.h"
#include "store/source.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>

#define LOOK_SPACING_MS 5    /* looks are at least this far apart */
#define EVENTS_LEN      4096 /* bytes of inotify events read at once */
#define EVENT_READS_MAX 16   /* reads in one turn */
#define NS_PER_MS       UINT64_C(1000000)

#define TOUCHES                                                                                    \
    (IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE)

struct sqlite_watch {
    struct loop *loop; /* borrowed */
    const struct sqlite_watch_ops *ops;
    void *ctx;
    char *path; /* owned, as it was given */
    int64_t poll_ms;

    /* The file that is open. */
    sqlite3 *db;        /* owned; NULL: failing */
    sqlite3_stmt *stmt; /* owned; PRAGMA data_version */
    struct position_file file;
    bool is_version_known;
    int64_t version;

    /* Touches. */
    int inotify;                 /* owned; -1 where there is none */
    int touches;                 /* the watch on the directory, or -1 */
    char basename[NAME_MAX + 1]; /* of the file in that directory */
    ev_io touched;

    ev_timer look;
    uint64_t looked_ns;  /* the last look */
    int64_t interval_ms; /* to the next look */

    uint64_t last_number;       /* of the last position */
    char reported[ERR_MSG_MAX]; /* the last error; "" when there is none */
};

static int
identify(const char *path, struct position_file *ret, struct err *e)
{
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &st) < 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return err_set(e, ERR_NOTFOUND, "%s", _("it does not exist"));
        return err_sys(e, "%s", _("could not look at it"));
    }
    if (!S_ISREG(st.stx_mode))
        return err_set(e, ERR_PROTO, "%s", _("it is not a regular file"));
    *ret = (struct position_file){.inode = st.stx_ino};
    if (st.stx_mask & STATX_BTIME) {
        ret->born_s = st.stx_btime.tv_sec;
        ret->born_ns = st.stx_btime.tv_nsec;
    }
    return 0;
}

static bool
is_same_file(const struct position_file *a, const struct position_file *b)
{
    return a->inode == b->inode && a->born_s == b->born_s && a->born_ns == b->born_ns;
}

static void
close_source(struct sqlite_watch *w)
{
    (void)sqlite3_finalize(w->stmt); /* repeats the error of the last step */
    (void)sqlite3_close(w->db);      /* nothing is left open on it */
    w->stmt = NULL;
    w->db = NULL;
}

/* Read the version: 1, or 0 when the source is locked and it is not known. */
static int
read_version(struct sqlite_watch *w, int64_t *ret, struct err *e)
{
    int rc = sqlite3_step(w->stmt);

    if (rc == SQLITE_ROW) {
        *ret = sqlite3_column_int64(w->stmt, 0);
        (void)sqlite3_reset(w->stmt); /* a row was read: it cannot fail */
        return 1;
    }
    rc = sqlite3_reset(w->stmt);
    if ((rc & 0xff) == SQLITE_BUSY)
        return 0;
    return sql_err(w->db, rc, e);
}

/*
 * Have inotify follow the directory that holds the file, or, while there is
 * no file, would. Where that fails the poll is all there is.
 */
static void
follow_directory(struct sqlite_watch *w)
{
    CLEANUP(freep) char *real = realpath(w->path, NULL); /* -wal is beside what a link names */
    const char *path = real ? real : w->path;
    const char *slash = strrchr(path, '/');
    CLEANUP(freep) char *dir = NULL;
    int touches = -1;

    dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!dir)
        return;
    (void)snprintf(w->basename, sizeof w->basename, "%s",
                   slash ? slash + 1 : path); /* none is longer */
    if (w->inotify >= 0)
        touches = inotify_add_watch(w->inotify, dir, TOUCHES | IN_ONLYDIR);
    if (w->touches >= 0 && w->touches != touches)
        (void)inotify_rm_watch(w->inotify, w->touches); /* it may have gone by itself */
    w->touches = touches;
}

/* Open the source and read its version, if it is not locked. */
static int
open_source(struct sqlite_watch *w, struct err *e)
{
    CLEANUP(sqlite_freep) char *uri = NULL;
    int r, rc;

    follow_directory(w);
    r = identify(w->path, &w->file, e);
    if (r < 0)
        return r;
    uri = source_uri(w->path, "?mode=ro");
    if (!uri)
        return err_nomem(e);
    rc = sqlite3_open_v2(uri, &w->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                         NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_extended_result_codes(w->db, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_db_config(w->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(w->db, "PRAGMA mmap_size = 0", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v2(w->db, "PRAGMA data_version", -1, &w->stmt, NULL);
    if (rc != SQLITE_OK)
        return sql_err(w->db, rc, e);
    r = read_version(w, &w->version, e);
    if (r < 0)
        return r;
    w->is_version_known = r > 0;
    return 0;
}

/*
 * One look: 1 when there was a change, 0 when there was none or nobody can tell now. On
 * failure the source is closed.
 */
static int
look(struct sqlite_watch *w, struct err *e)
{
    struct position_file file = {0};
    int64_t version = 0;
    int r;

    if (w->db) {
        r = identify(w->path, &file, e);
        if (r == 0 && is_same_file(&file, &w->file)) {
            r = read_version(w, &version, e);
            if (r == 0)
                return 0;
            if (r > 0) {
                bool changed = !w->is_version_known || version != w->version;

                w->version = version;
                w->is_version_known = true;
                return changed;
            }
        }
        close_source(w);
        if (r < 0)
            return r;
    }
    r = open_source(w, e);
    if (r < 0)
        close_source(w);
    if (r == ERR_BUSY)
        return 0;
    return r < 0 ? r : w->is_version_known;
}

static int
make_position(struct sqlite_watch *w, struct position *ret, struct err *e)
{
    struct timespec now;
    uint64_t now_us;

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    w->last_number = MAX(w->last_number + 1, now_us);
    if (position_of_file(&w->file, w->last_number, ret) < 0) {
        w->is_version_known = false; /* so that the change is told by the next look */
        return err_nomem(e);
    }
    return 0;
}

static void
report(struct sqlite_watch *w, struct err *e)
{
    err_wrap(e, _("source \"%s\""), CLIP(w->path));
    if (str_eq(e->msg, w->reported))
        return;
    memcpy(w->reported, e->msg, sizeof w->reported);
    w->ops->on_error(w->ctx, e);
}

static void
on_look(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct sqlite_watch *w = timer->data;
    struct position position;
    struct err e;
    int r;

    (void)ev;
    (void)revents;
    w->looked_ns = loop_now_ns(w->loop);
    if (w->touches < 0)
        follow_directory(w);
    r = look(w, &e);
    w->interval_ms = MIN(w->interval_ms, r < 0 ? SQLITE_WATCH_RETRY_MAX_MS : w->poll_ms);
    loop_timer_start(w->loop, &w->look, (uint64_t)w->interval_ms);
    w->interval_ms *= 2;
    if (r > 0) {
        r = make_position(w, &position, &e);
        if (r == 0)
            r = 1;
    }
    if (r < 0) {
        report(w, &e);
    } else if (r > 0) {
        w->reported[0] = '\0';
        w->ops->on_change(w->ctx, &position);
    }
}

/* Whether an event is about the file, or says that events were lost. */
static bool
is_touch(struct sqlite_watch *w, const struct inotify_event *event)
{
    size_t len = strlen(w->basename);

    if (event->mask & (IN_IGNORED | IN_UNMOUNT)) {
        if (event->wd != w->touches)
            return false;
        w->touches = -1; /* the directory is gone; the next look follows the new one */
        return true;
    }
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    if (event->len == 0 || strncmp(event->name, w->basename, len) != 0)
        return false;
    return event->name[len] == '\0' || str_eq(event->name + len, "-wal") ||
           str_eq(event->name + len, "-journal");
}

static void
on_touched(struct ev_loop *ev, ev_io *io, int revents)
{
    _Alignas(struct inotify_event) char events[EVENTS_LEN];
    struct sqlite_watch *w = io->data;
    bool touched = false;
    ssize_t n;

    (void)ev;
    (void)revents;
    for (int i = 0; i < EVENT_READS_MAX; i++) {
        n = read(w->inotify, events, sizeof events);
        if (n <= 0)
            break; /* no more of them; the poll stands in for whatever else it is */
        for (const char *p = events; p < events + n;) {
            const struct inotify_event *event = (const void *)p;

            touched |= is_touch(w, event);
            p += sizeof *event + event->len;
        }
    }
    if (touched) {
        uint64_t due_ns = w->looked_ns + LOOK_SPACING_MS * NS_PER_MS;
        uint64_t now_ns = loop_now_ns(w->loop);

        w->interval_ms = LOOK_SPACING_MS;
        loop_timer_start(w->loop, &w->look,
                         due_ns > now_ns ? (due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0);
    }
}

int
sqlite_watch_new(struct loop *loop, const struct sqlite_watch_config *config,
                 const struct sqlite_watch_ops *ops, void *ctx, struct sqlite_watch **ret,
                 struct err *e)
{
    CLEANUP(sqlite_watch_freep) struct sqlite_watch *w = NULL;
    struct err ignored;
    int r;

    if (config->poll_ms < SQLITE_WATCH_POLL_MIN_MS || config->poll_ms > SQLITE_WATCH_POLL_MAX_MS)
        return err_set(e, ERR_CONFIG, _("a poll of %lld ms is not between %d and %d ms"),
                       (long long)config->poll_ms, SQLITE_WATCH_POLL_MIN_MS,
                       SQLITE_WATCH_POLL_MAX_MS);
    w = calloc(1, sizeof *w);
    if (!w)
        return err_nomem(e);
    w->loop = loop;
    w->ops = ops;
    w->ctx = ctx;
    w->poll_ms = w->interval_ms = config->poll_ms;
    w->inotify = w->touches = -1;
    ev_timer_init(&w->look, on_look, 0., 0.);
    w->look.data = w;
    w->path = strdup(config->path);
    if (!w->path)
        return err_nomem(e);

    w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->inotify >= 0) {
        ev_io_init(&w->touched, on_touched, w->inotify, EV_READ);
        w->touched.data = w;
        ev_io_start(loop_ev(loop), &w->touched);
    } else {
        log_debug(N_("source: no inotify, polling"));
    }

    /* The version of now is what later ones are compared with. A failure is met again by the look.
     */
    r = open_source(w, &ignored);
    if (r < 0)
        close_source(w);
    w->looked_ns = loop_now_ns(loop);
    loop_timer_start(loop, &w->look, r < 0 ? 0 : (uint64_t)w->poll_ms);
    *ret = TAKE(w);
    return 0;
}

void
sqlite_watch_free(struct sqlite_watch *w)
{
    if (!w)
        return;
    ev_timer_stop(loop_ev(w->loop), &w->look);
    if (w->inotify >= 0) {
        ev_io_stop(loop_ev(w->loop), &w->touched);
        close(w->inotify);
    }
    close_source(w);
    free(w->path);
    free(w);
}
