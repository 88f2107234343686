/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One timer, one worker at most, and this table:
 *
 *   state    event               action                                next state
 *   IDLE     change              timer: debounce                       WAITING
 *   WAITING  change              timer: debounce, at most max_delay    WAITING
 *                                after the first change
 *   WAITING  timer               start a worker                        BUILDING
 *   BUILDING change              remember it                           BUILDING
 *   BUILDING RESULT, worker gone on_published                          IDLE, or WAITING when
 *                                                                      something was remembered
 *   BUILDING no RESULT, gone     on_failed; timer: back-off            RETRYING
 *   BUILDING FAILURE for good    on_failed                             FINAL
 *   RETRYING change              - (the retry will read it)            RETRYING
 *   RETRYING timer               start a worker                        BUILDING
 *   FINAL    change              if configured, as in IDLE             WAITING
 *   any      keeper_stop()       CANCEL, or nothing to cancel          STOPPING
 *   STOPPING worker gone, timer  on_stopped                            STOPPED
 *
 * A change during RETRYING does not hurry the retry: with a full disk and a
 * busy source there would be no back-off left.
 *
 * A change during BUILDING is never skipped on the ground that the result's
 * position is behind it: both are wall times of different moments, and the
 * wall clock may have been set back in between.
 *
 * A worker is gone when both its process has ended and its end of the channel
 * has been read to the end: the last words may be read after the exit is known,
 * and the exit may be known after the last words. What it said decides, how it ended
 * only where it said nothing. While BUILDING the timer is the bound: the worker
 * keeps its own, and is stopped when it is overdue by KEEPER_OVERDUE_MS.
 */
#include "replica/keeper.h"

#include "base/i18n.h"
#include "base/str.h"
#include "net/channel.h"
#include "net/child.h"
#include "net/loop.h"
#include "wire/frame.h"

#include <ev.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS           UINT64_C(1000000)
#define KEEPER_ARGS_LEN_MAX ((size_t)1 << 20)  /* bytes of the worker's arguments */
#define KEEPER_QUEUE_MAX    (FRAME_MAX + 1024) /* JOB and CANCEL */

/* A longer bound of a build is this one. */
#define KEEPER_TIMEOUT_MAX_MS (INT64_C(30) * 24 * 3600 * 1000)

enum keeper_state {
    IDLE,
    WAITING,
    BUILDING,
    RETRYING,
    FINAL,
    STOPPING,
    STOPPED,
};

struct keeper {
    struct loop *loop; /* borrowed */
    const struct keeper_ops *ops;
    void *ctx;
    struct keeper_config config; /* worker and worker_argv are in `arena` */
    struct arena arena;
    struct buf job; /* the JOB message's payload */

    enum keeper_state state;
    ev_timer timer;
    struct position position; /* of the last change */
    bool is_changed;          /* since the last build began */
    uint64_t first_ns;        /* the first such change */
    uint64_t last_ns;         /* and the last */
    unsigned failures;        /* in a row */
    uint64_t random;          /* state of the jitter's generator */

    /* The worker, while there is one. */
    struct child *child;     /* owned */
    struct channel *channel; /* owned */
    bool has_exited, has_closed;
    struct child_exit how;
    enum {
        NO_ANSWER,
        RESULT,
        FAILURE,
    } answer;
    struct job_result result;
    struct err failure;
    struct arena scratch; /* of one message */
};

/* splitmix64 (Steele, Lea, Flood 2014): spreads retries, keeps no secrets. */
static uint64_t
next_random(struct keeper *k)
{
    uint64_t z = k->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Somewhere between half of the back-off and all of it. */
static int64_t
retry_delay_ms(struct keeper *k)
{
    int64_t delay_ms = k->config.retry_min_ms;

    for (unsigned i = 1; i < k->failures && delay_ms < k->config.retry_max_ms; i++)
        delay_ms *= 2;
    delay_ms = MIN(delay_ms, k->config.retry_max_ms);
    return delay_ms - (int64_t)(next_random(k) % (uint64_t)(delay_ms / 2 + 1));
}

/* Wait until the source has been quiet, but not for ever. */
static void
wait_for_quiet(struct keeper *k)
{
    uint64_t quiet_ns = k->last_ns + (uint64_t)k->config.debounce_ms * NS_PER_MS;
    uint64_t latest_ns = k->first_ns + (uint64_t)k->config.max_delay_ms * NS_PER_MS;
    uint64_t due_ns = MIN(quiet_ns, latest_ns), now_ns = loop_now_ns(k->loop);

    k->state = WAITING;
    loop_timer_start(k->loop, &k->timer,
                     due_ns > now_ns ? (due_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS : 0);
}

static void
let_worker_go(struct keeper *k)
{
    channel_free(TAKE(k->channel));
    child_free(TAKE(k->child));
    ev_timer_stop(loop_ev(k->loop), &k->timer);
}

/* A build has failed, for the reason in k->failure. The callback is the last thing done. */
static void
fail(struct keeper *k)
{
    const struct err e = k->failure;
    bool is_final = k->answer == FAILURE && (e.code == ERR_CONFIG || e.code == ERR_DENIED);
    int64_t retry_ms = KEEPER_FINAL;

    k->failures++;
    if (is_final) {
        k->state = FINAL;
        if (k->is_changed && k->config.keep_after_final)
            wait_for_quiet(k);
    } else {
        k->state = RETRYING;
        retry_ms = retry_delay_ms(k);
        loop_timer_start(k->loop, &k->timer, (uint64_t)retry_ms);
    }
    if (k->ops->on_failed)
        k->ops->on_failed(k->ctx, &e, retry_ms);
}

static void
stopped(struct keeper *k)
{
    k->state = STOPPED;
    if (k->ops->on_stopped)
        k->ops->on_stopped(k->ctx);
}

/* The worker has ended and been heard out. */
static void
finish(struct keeper *k)
{
    const struct job_result result = k->result;
    char text[CHILD_EXIT_TEXT_MAX];

    let_worker_go(k);
    if (k->state == STOPPING) {
        stopped(k);
    } else if (k->answer == RESULT) {
        k->failures = 0;
        if (k->is_changed)
            wait_for_quiet(k);
        else
            k->state = IDLE;
        if (k->ops->on_published)
            k->ops->on_published(k->ctx, &result);
    } else {
        if (k->failure.code == 0)
            err_set(&k->failure, ERR_SYS, _("the snapshot worker ended without an answer: %s"),
                    child_exit_text(&k->how, text));
        fail(k);
    }
}

static void
finish_when_gone(struct keeper *k)
{
    if (k->has_exited && k->has_closed)
        finish(k);
}

/* The worker does not keep to the protocol: nothing more that it says counts. */
static void
refuse(struct keeper *k, const char *why)
{
    err_set(&k->failure, ERR_PROTO, _("the snapshot worker does not make sense: %s"), why);
    k->answer = NO_ANSWER;
    channel_free(TAKE(k->channel));
    k->has_closed = true;
    child_stop(k->child);
}

static void
on_message(void *ctx, const struct frame *frame)
{
    struct keeper *k = ctx;
    struct job_progress progress;
    int r = 0;

    arena_reset(&k->scratch);
    if (k->answer != NO_ANSWER) {
        refuse(k, _("it went on after its answer"));
        return;
    }
    switch (frame->kind) {
    case JOB_KIND_PROGRESS:
        r = job_progress_decode(frame->payload, frame->len, &k->scratch, &progress);
        if (r == 0 && k->state == BUILDING && k->ops->on_progress) {
            k->ops->on_progress(k->ctx, &progress);
            return;
        }
        break;
    case JOB_KIND_RESULT:
        r = job_result_decode(frame->payload, frame->len, &k->result);
        if (r == 0)
            k->answer = RESULT;
        break;
    case JOB_KIND_FAILURE:
        r = job_failure_decode(frame->payload, frame->len, &k->failure);
        if (r == 0)
            k->answer = FAILURE;
        break;
    default:
        r = ERR_PROTO;
        break;
    }
    if (r == 0 && k->answer != NO_ANSWER && k->state == BUILDING)
        loop_timer_start(k->loop, &k->timer, KEEPER_CANCEL_MS); /* now it has only to end */
    if (r < 0)
        refuse(k, _("its message could not be understood"));
}

static void
on_close(void *ctx, const struct err *e)
{
    struct keeper *k = ctx;

    k->has_closed = true;
    if (e && k->answer == NO_ANSWER) {
        k->failure = *e;
        err_wrap(&k->failure, "%s", _("the snapshot worker"));
    }
    if (!k->has_exited && k->state == BUILDING)
        loop_timer_start(k->loop, &k->timer, KEEPER_CANCEL_MS);
    finish_when_gone(k);
}

static void
on_exit_of_worker(void *ctx, const struct child_exit *how)
{
    struct keeper *k = ctx;

    k->has_exited = true;
    k->how = *how;
    finish_when_gone(k);
}

static const struct channel_ops channel_ops = {.on_message = on_message, .on_close = on_close};

static int
start_worker(struct keeper *k, struct err *e)
{
    int fd = -1, r;

    r = child_start(k->loop, k->config.worker, k->config.worker_argv, on_exit_of_worker, k, &fd,
                    &k->child, e);
    if (r < 0)
        return r;
    r = channel_new(k->loop, fd, KEEPER_QUEUE_MAX, &channel_ops, k, &k->channel, e);
    if (r < 0)
        return r;
    r = channel_send(k->channel, JOB_KIND_JOB, k->job.data, k->job.len);
    return r < 0 ? err_nomem(e) : 0; /* there is room for it, and the channel is new */
}

static void
build(struct keeper *k)
{
    int64_t bound_ms = MIN(k->config.job.timeout_ms, KEEPER_TIMEOUT_MAX_MS) + KEEPER_OVERDUE_MS;

    k->is_changed = k->has_exited = k->has_closed = false;
    k->answer = NO_ANSWER;
    k->failure.code = 0;
    if (start_worker(k, &k->failure) < 0) {
        let_worker_go(k);
        fail(k);
        return;
    }
    k->state = BUILDING;
    loop_timer_start(k->loop, &k->timer, (uint64_t)bound_ms);
    if (k->ops->on_start)
        k->ops->on_start(k->ctx, &k->position);
}

/* The worker is overdue: with its answer, with its end, or with ending when cancelled. */
static void
hurry_worker(struct keeper *k)
{
    if (k->state == BUILDING && !k->has_closed && k->answer == NO_ANSWER)
        err_set(&k->failure, ERR_LIMIT, _("the snapshot worker did not answer within %lld ms"),
                (long long)k->config.job.timeout_ms);
    if (k->has_exited) {
        finish(k); /* something else has kept its socket open */
        return;
    }
    child_stop(k->child);
    loop_timer_start(k->loop, &k->timer, KEEPER_CANCEL_MS); /* look again */
}

static void
on_timer(struct ev_loop *ev, ev_timer *timer, int revents)
{
    struct keeper *k = timer->data;

    (void)ev;
    (void)revents;
    switch (k->state) {
    case WAITING:
    case RETRYING:
        build(k);
        break;
    case BUILDING:
        hurry_worker(k);
        break;
    case STOPPING:
        if (k->child)
            hurry_worker(k);
        else
            stopped(k);
        break;
    case IDLE:
    case FINAL:
    case STOPPED:
        break;
    }
}

static int
check_duration(const char *name, int64_t ms, int64_t min_ms, struct err *e)
{
    if (ms < min_ms || ms > KEEPER_DELAY_MAX_MS)
        return err_set(e, ERR_CONFIG, _("%s of %lld ms is not between %lld and %d ms"), name,
                       (long long)ms, (long long)min_ms, KEEPER_DELAY_MAX_MS);
    return 0;
}

static int
check_config(const struct keeper_config *config, struct err *e)
{
    int r = check_duration("debounce", config->debounce_ms, 0, e);

    if (r == 0)
        r = check_duration("max-delay", config->max_delay_ms, config->debounce_ms, e);
    if (r == 0)
        r = check_duration("retry-min", config->retry_min_ms, 1, e);
    if (r == 0)
        r = check_duration("retry-max", config->retry_max_ms, config->retry_min_ms, e);
    return r;
}

static int
copy_worker(struct keeper *k, const char *program, char *const *argv)
{
    size_t count = 0;
    char **copy;

    if (program) {
        k->config.worker = arena_strdup(&k->arena, program);
        if (!k->config.worker)
            return ERR_NOMEM;
    }
    while (argv[count])
        count++;
    copy = arena_array(&k->arena, count + 1, sizeof *copy);
    if (!copy)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        copy[i] = arena_strdup(&k->arena, argv[i]);
        if (!copy[i])
            return ERR_NOMEM;
    }
    k->config.worker_argv = copy;
    return 0;
}

int
keeper_new(struct loop *loop, const struct keeper_config *config, const struct keeper_ops *ops,
           void *ctx, struct keeper **ret, struct err *e)
{
    CLEANUP(keeper_freep) struct keeper *k = NULL;
    int r = check_config(config, e);

    if (r < 0)
        return r;
    k = calloc(1, sizeof *k);
    if (!k)
        return err_nomem(e);
    k->loop = loop;
    k->ops = ops;
    k->ctx = ctx;
    k->config = *config;
    k->random = config->seed;
    k->arena = ARENA_INIT(KEEPER_ARGS_LEN_MAX);
    k->scratch = ARENA_INIT(2 * FRAME_MAX);
    k->job = BUF_INIT(FRAME_MAX);
    ev_timer_init(&k->timer, on_timer, 0., 0.);
    k->timer.data = k;
    if (copy_worker(k, config->worker, config->worker_argv) < 0)
        return err_nomem(e);
    r = job_encode(&config->job, &k->job);
    if (r == ERR_NOMEM)
        return err_nomem(e);
    if (r == ERR_LIMIT)
        return err_set(e, r, _("filter and paths do not fit a message of %zu bytes"), FRAME_MAX);
    if (r < 0)
        return err_set(e, r, "%s",
                       _("a path is empty or too long, a bound is negative, or text is not UTF-8"));
    k->config.job = (struct job){.timeout_ms = config->job.timeout_ms}; /* its text was borrowed */
    k->state = WAITING;
    loop_timer_start(loop, &k->timer, 0);
    *ret = TAKE(k);
    return 0;
}

void
keeper_changed(struct keeper *k, const struct position *position)
{
    bool is_first = !k->is_changed;

    k->is_changed = true;
    k->position = *position;
    k->last_ns = loop_now_ns(k->loop);
    if (is_first)
        k->first_ns = k->last_ns;
    if (k->state == WAITING && is_first)
        return; /* the build at the start is about to begin, and will read it */
    if (k->state == IDLE || k->state == WAITING ||
        (k->state == FINAL && k->config.keep_after_final))
        wait_for_quiet(k);
}

void
keeper_stop(struct keeper *k)
{
    if (k->state == STOPPING || k->state == STOPPED)
        return;
    k->state = STOPPING;
    if (!k->child) {
        loop_timer_start(k->loop, &k->timer, 0);
        return;
    }
    if (k->channel && channel_send(k->channel, JOB_KIND_CANCEL, NULL, 0) < 0)
        child_stop(k->child); /* it no longer listens */
    loop_timer_start(k->loop, &k->timer, KEEPER_CANCEL_MS);
}

void
keeper_free(struct keeper *k)
{
    if (!k)
        return;
    let_worker_go(k);
    arena_done(&k->arena);
    arena_done(&k->scratch);
    buf_done(&k->job);
    free(k);
}
