/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "base/base.h"
#include "base/err.h"
#include "replica/keeper.h"

struct loop;

/*
 * A SQLite file watched, and its filtered replica kept current: what source and
 * replica do when they are introduced to each other.
 */
struct watch;

struct watch_config {
    struct keeper_config keeper; /* keeper.job.source is the file that is watched */
    int64_t poll_ms;             /* SQLITE_WATCH_POLL_MIN_MS to SQLITE_WATCH_POLL_MAX_MS */
};

/* Called on the loop; each may free the watch. Any may be NULL. */
struct watch_ops {
    struct keeper_ops keeper;

    /* The source cannot be read, once for each reason; the watch goes on. */
    void (*on_source_error)(void *ctx, const struct err *e);
};

/*
 * Start. Watching begins before the first build does, so no change falls
 * between the two. On success `*ret` is owned: watch_free(). Fails as
 * sqlite_watch_new() and keeper_new() do. `ops` is borrowed as long as the watch lives.
 */
int watch_new(struct loop *loop, const struct watch_config *config, const struct watch_ops *ops,
              void *ctx, struct watch **ret, struct err *e) MUST_CHECK;

/* End in order; keeper.on_stopped tells when. */
void watch_stop(struct watch *w);

/* Release at once, without a callback; a worker that runs is killed. NULL is fine. */
void watch_free(struct watch *w);
DEFINE_FREEP(struct watch, watch_free)

#endif
