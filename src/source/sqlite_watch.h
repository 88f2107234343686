/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SQLITE_WATCH_H
#define SOURCE_SQLITE_WATCH_H

#include "base/base.h"
#include "base/err.h"
#include "feed/position.h"

struct loop;

/*
 * Tells one listener that a SQLite file has changed, for files that others
 * write and we may not. Nothing is ever written: the connection is read-only
 * and never checkpoints. It holds no lock that a reader or writer would meet
 * between two looks; but like any open connection it keeps a source in WAL
 * mode in that mode, and its -wal file in place when the last writer closes. During a look it
 * reads as every reader does, so in a rollback journal mode a writer that
 * waits for nobody (busy timeout 0) may meet it.
 */
struct sqlite_watch;

/* Bounds of the poll, milliseconds, inclusive, and its default. */
#define SQLITE_WATCH_POLL_MIN_MS 10
#define SQLITE_WATCH_POLL_MAX_MS 60000
#define SQLITE_WATCH_POLL_MS     250

/* While the source cannot be read, it is tried again after this many milliseconds at the latest. */
#define SQLITE_WATCH_RETRY_MAX_MS 5000

struct sqlite_watch_config {
    const char *path; /* copied */
    int64_t poll_ms;  /* the slow poll that backs up inotify */
};

struct sqlite_watch_ops {
    /*
     * Something was committed since the last call, and everything committed up
     * to `position` is included. Also called when a source that could not be
     * read can be read again. It may be called without a change, never the reverse.
     */
    void (*on_change)(void *ctx, const struct position *position);

    /*
     * The source cannot be read, once for each reason: ERR_NOTFOUND, ERR_PROTO
     * (not a database, or damaged), ERR_SYS, ERR_NOMEM. The watch goes on.
     */
    void (*on_error)(void *ctx, const struct err *e);
};

/*
 * Start watching. What is committed from now on is reported, so that who reads
 * the source after this call misses nothing; what was there before is not. A
 * source that cannot be read is reported on the loop, not here. A callback
 * may free the watch.
 *
 * On success `*ret` is owned: sqlite_watch_free(). Fails with ERR_CONFIG
 * (poll_ms out of bounds), ERR_NOMEM.
 */
int sqlite_watch_new(struct loop *loop, const struct sqlite_watch_config *config,
                     const struct sqlite_watch_ops *ops, void *ctx, struct sqlite_watch **ret,
                     struct err *e) MUST_CHECK;

/* Stop and release. NULL is fine. */
void sqlite_watch_free(struct sqlite_watch *w);
DEFINE_FREEP(struct sqlite_watch, sqlite_watch_free)

#endif
