/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that reads a database and writes a snapshot, so that whoever
 * runs a loop never waits for a disk. It exits when its one job is done.
 *
 * It ends early when it is told to (CANCEL, SIGTERM) and when the process that
 * started it is gone, and removes what it has begun.
 */
#include "cli/cmd_worker_snapshot.h"

#include "base/i18n.h"
#include "cli/heap.h"
#include "feed/filter.h"
#include "log/log.h"
#include "net/frame_fd.h"
#include "store/meta.h"
#include "store/snapshot.h"
#include "store/trace.h"
#include "wire/frame.h"
#include "wire/job.h"

#include <signal.h>
#include <string.h>

#define SEND_TIMEOUT_MS 10000 /* a parent that takes nothing for so long is given up */
#define JOB_TIMEOUT_MS  10000 /* for the job to arrive */

static volatile sig_atomic_t stopped;

static void
on_sigterm(int signo)
{
    (void)signo;
    stopped = 1;
}

struct worker {
    struct frame_fd link;
    struct buf out; /* one message */
    bool cancelled;
};

static int
send(struct worker *w, enum job_kind kind, int encoded, struct err *e)
{
    int r = encoded;

    if (r < 0)
        return err_set(e, r, "%s", _("could not encode a message"));
    return frame_fd_send(&w->link, (uint8_t)kind, w->out.data, w->out.len, SEND_TIMEOUT_MS, e);
}

/* Whether the parent still wants the snapshot. */
static bool
goes_on(struct worker *w)
{
    struct frame frame;
    int r;

    if (stopped || w->cancelled)
        return false;
    r = frame_fd_recv(&w->link, 0, &frame, NULL);
    if (r < 0 || (r > 0 && frame.kind == JOB_KIND_CANCEL))
        w->cancelled = true;
    return !w->cancelled;
}

static bool
on_progress(void *ctx, const struct snapshot_progress *progress)
{
    struct worker *w = ctx;
    struct job_progress message = {
        .stage = progress->stage,
        .table = progress->table,
        .permille = (int64_t)progress->permille,
    };

    buf_reset(&w->out);
    /* A parent that cannot be told is gone: the next look at the link will say so. */
    if (send(w, JOB_KIND_PROGRESS, job_progress_encode(&message, &w->out), NULL) < 0)
        w->cancelled = true;
    return goes_on(w);
}

static void
on_statement(void *ctx, bool query, const char *text, int64_t duration_us, const char *error)
{
    const char *op = query ? "Query" : "Exec";

    (void)ctx;
    if (error[0])
        log_error(N_("sql: statement failed"), LOG_STR("component", "sql"), LOG_STR("op", op),
                  LOG_STR("query", text), LOG_I64("duration_us", duration_us),
                  LOG_STR("error", error));
    else if (duration_us > TRACE_SLOW_US)
        log_warn(N_("sql: slow statement"), LOG_STR("component", "sql"), LOG_STR("op", op),
                 LOG_STR("query", text), LOG_I64("duration_us", duration_us));
    else
        log_debug(N_("sql: statement"), LOG_STR("component", "sql"), LOG_STR("op", op),
                  LOG_STR("query", text), LOG_I64("duration_us", duration_us));
}

static int
build(struct worker *w, const struct job *job, struct job_result *ret, struct err *e)
{
    CLEANUP(filter_freep) struct filter *filter = NULL;
    struct snapshot_result result;
    struct trace trace;
    int r = filter_parse(job->filter, strlen(job->filter), "filter", &filter, e);

    if (r < 0)
        return r;
    trace_init(&trace, on_statement, NULL);
    if (job->trace_sql)
        log_setup(log_chosen_format(), LOG_LEVEL_DEBUG); /* only statements are logged here */

    struct snapshot_request request = {
        .source = job->source,
        .out = job->out,
        .filter = filter,
        .busy_timeout_ms = job->busy_timeout_ms,
        .timeout_ms = job->timeout_ms,
        .replace = job->replace,
        .tracer = job->trace_sql ? &trace.tracer : NULL,
        .on_progress = on_progress,
        .ctx = w,
    };

    r = heap_explain(snapshot_build(&request, &result, e), e);
    if (r < 0)
        return r;
    *ret = (struct job_result){
        .unchanged = result.unchanged,
        .rows = result.rows,
        .read_ms = result.read_ms,
        .build_ms = result.build_ms,
    };
    meta_to_json(&result.meta, &ret->meta);
    return 0;
}

static int
receive_job(struct worker *w, struct arena *arena, struct job *ret, struct err *e)
{
    struct frame frame;
    int r = frame_fd_recv(&w->link, JOB_TIMEOUT_MS, &frame, e);

    if (r < 0)
        return r;
    if (r == 0 || frame.kind != JOB_KIND_JOB)
        return err_set(e, ERR_PROTO, "%s", _("no job was sent: this command is started by leat"));
    r = job_decode(frame.payload, frame.len, arena, ret);
    return r < 0 ? err_set(e, r, "%s", _("the job is not understood")) : 0;
}

static void
worker_done(struct worker *w)
{
    frame_fd_done(&w->link);
    buf_done(&w->out);
}

int
cmd_worker_snapshot(const struct command_call *call, struct err *e)
{
    CLEANUP(worker_done)
    struct worker w = {.link = FRAME_FD_INIT(FRAME_FD_PARENT), .out = BUF_INIT(FRAME_MAX)};
    struct sigaction action = {.sa_handler = on_sigterm};
    struct job_result result;
    struct job job = {0};
    int r;

    (void)sigaction(SIGTERM, &action, NULL); /* cannot fail for these arguments */
    r = receive_job(&w, call->arena, &job, e);
    if (r < 0)
        return r;
    assert(job.source && job.out && job.filter);
    r = build(&w, &job, &result, e);
    buf_reset(&w.out);
    if (r < 0)
        return send(&w, JOB_KIND_FAILURE, job_failure_encode(e, &w.out), e);
    return send(&w, JOB_KIND_RESULT, job_result_encode(&result, &w.out), e);
}
