/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPLICA_KEEPER_H
#define REPLICA_KEEPER_H

#include "base/base.h"
#include "base/err.h"
#include "feed/position.h"
#include "wire/job.h"

struct loop;

/*
 * Keeps one filtered replica file current: builds it at the start and after
 * changes, in a worker process, one at a time.
 */
struct keeper;

/* Bounds of the durations below, milliseconds, inclusive, and their defaults. */
#define KEEPER_DELAY_MAX_MS 3600000
#define KEEPER_DEBOUNCE_MS  200
#define KEEPER_MAX_DELAY_MS 2000
#define KEEPER_RETRY_MIN_MS 1000
#define KEEPER_RETRY_MAX_MS 60000

/* A worker that should have ended by its own bound is stopped this much later. */
#define KEEPER_OVERDUE_MS 5000

/* A worker that was cancelled, or has answered or closed its end, has this long to end. */
#define KEEPER_CANCEL_MS 2000

struct keeper_config {
    struct job job;           /* what to build; copied */
    const char *worker;       /* the worker's program, a path; NULL: this one; copied */
    char *const *worker_argv; /* arguments of the worker, NULL at the end; copied */
    int64_t debounce_ms;      /* quiet time after a change before a build starts */
    int64_t max_delay_ms;     /* at most this long after the first change, however many follow */
    int64_t retry_min_ms;     /* after the first failure; doubles with each that follows */
    int64_t retry_max_ms;
    bool keep_after_final; /* a final failure: try again at the next change, or never */
    uint64_t seed;         /* of the jitter; any number, best one that no other process has */
};

/* Called on the loop. Each may free the keeper. Any may be NULL. */
struct keeper_ops {
    /* A build starts, for changes up to `position`; "" for the first. */
    void (*on_start)(void *ctx, const struct position *position);

    void (*on_progress)(void *ctx, const struct job_progress *progress);

    /* The output is in place, or was found unchanged. */
    void (*on_published)(void *ctx, const struct job_result *result);

    /*
     * A build failed; the output is as it was. `retry_ms` is when the next one
     * starts, or KEEPER_FINAL: ERR_CONFIG and ERR_DENIED do not go away by
     * themselves.
     */
    void (*on_failed)(void *ctx, const struct err *e, int64_t retry_ms);

    /* keeper_stop() is done: no worker is left, and no callback follows. */
    void (*on_stopped)(void *ctx);
};
#define KEEPER_FINAL (-1)

/*
 * Start keeping; the first build starts on the loop. On success `*ret` is
 * owned: keeper_free(). Fails with ERR_CONFIG (a duration out of bounds, or a
 * maximum under its minimum), ERR_LIMIT or ERR_PROTO (the job does not fit one message, or is not
 * UTF-8), ERR_NOMEM.
 */
int keeper_new(struct loop *loop, const struct keeper_config *config, const struct keeper_ops *ops,
               void *ctx, struct keeper **ret, struct err *e) MUST_CHECK;

/*
 * Something was committed to the source up to `position`. A build that runs
 * may or may not have seen it, so one more follows.
 */
void keeper_changed(struct keeper *k, const struct position *position);

/* End in order: cancel the build that runs, wait for its worker, call on_stopped. */
void keeper_stop(struct keeper *k);

/* Release at once; a worker that runs is killed. No callback. NULL is fine. */
void keeper_free(struct keeper *k);
DEFINE_FREEP(struct keeper, keeper_free)

#endif
