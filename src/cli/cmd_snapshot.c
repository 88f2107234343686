/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command is a loop and a keeper: the keeper starts a worker process that
 * builds, and this process shows how far it is, prints what came of it, and
 * passes Ctrl-C on. With --watch the keeper is told of every change; without, it
 * is stopped after its first build.
 */
#include "cli/cmd_snapshot.h"

#include "base/i18n.h"
#include "base/str.h"
#include "cli/cmd_worker_snapshot.h"
#include "cli/filter_file.h"
#include "cli/progress.h"
#include "cli/worker.h"
#include "daemon/watch.h"
#include "feed/filter.h"
#include "log/log.h"
#include "net/loop.h"
#include "source/sqlite_watch.h"
#include "store/snapshot.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>

struct snapshot_options {
    const char *filter;
    bool watch, json, quiet, replace, trace_sql;
    int64_t busy_timeout_ms, timeout_ms;
    int64_t poll_ms, debounce_ms, max_delay_ms;
};

static const struct option members[] = {
    {
        .name = "filter",
        .letter = 'f',
        .type = OPTION_STRING,
        .flags = OPTION_REQUIRED,
        .offset = offsetof(struct snapshot_options, filter),
        .arg = N_("FILE"),
        .help = N_("what may leave, as YAML"),
    },
    {
        .name = "watch",
        .letter = 'w',
        .type = OPTION_BOOL,
        .offset = offsetof(struct snapshot_options, watch),
        .def = "false",
        .help = N_("keep the snapshot current as the source changes, until interrupted"),
    },
    {
        .name = "json",
        .type = OPTION_BOOL,
        .offset = offsetof(struct snapshot_options, json),
        .def = "false",
        .help = N_("print one JSON object a snapshot"),
    },
    {
        .name = "quiet",
        .letter = 'q',
        .type = OPTION_BOOL,
        .offset = offsetof(struct snapshot_options, quiet),
        .def = "false",
        .help = N_("show no progress"),
    },
    {
        .name = "replace",
        .type = OPTION_BOOL,
        .offset = offsetof(struct snapshot_options, replace),
        .def = "false",
        .help = N_("replace an output that leat has not made"),
    },
    {
        .name = "busy-timeout",
        .type = OPTION_DURATION,
        .offset = offsetof(struct snapshot_options, busy_timeout_ms),
        .def = "10s",
        .min = 0,
        .max = 3600000,
        .arg = N_("TIME"),
        .help = N_("how long a locked source is waited for"),
    },
    {
        .name = "timeout",
        .type = OPTION_DURATION,
        .offset = offsetof(struct snapshot_options, timeout_ms),
        .def = "1h",
        .min = 1,
        .max = 86400000,
        .arg = N_("TIME"),
        .help = N_("bound of one build"),
    },
    {
        .name = "interval",
        .type = OPTION_DURATION,
        .offset = offsetof(struct snapshot_options, poll_ms),
        .def = "250ms",
        .min = SQLITE_WATCH_POLL_MIN_MS,
        .max = SQLITE_WATCH_POLL_MAX_MS,
        .arg = N_("TIME"),
        .help = N_("with --watch: look at the source this often even if nothing wakes us"),
    },
    {
        .name = "debounce",
        .type = OPTION_DURATION,
        .offset = offsetof(struct snapshot_options, debounce_ms),
        .def = "200ms",
        .min = 0,
        .max = KEEPER_DELAY_MAX_MS,
        .arg = N_("TIME"),
        .help = N_("with --watch: quiet time after a change before a build starts"),
    },
    {
        .name = "max-delay",
        .type = OPTION_DURATION,
        .offset = offsetof(struct snapshot_options, max_delay_ms),
        .def = "2s",
        .min = 0,
        .max = KEEPER_DELAY_MAX_MS,
        .arg = N_("TIME"),
        .help = N_("with --watch: a build starts this long after a change at the latest"),
    },
    {
        .name = "trace-sql",
        .type = OPTION_BOOL,
        .offset = offsetof(struct snapshot_options, trace_sql),
        .def = "false",
        .help = N_("log every SQL statement and how long it took, without parameter values"),
    },
    {.name = NULL},
};

const struct option_set cmd_snapshot_options = {
    .name = "snapshot",
    .size = sizeof(struct snapshot_options),
    .options = members,
};

/* One run of the command. */
struct run {
    const struct snapshot_options *options;
    const char *out;
    struct loop *loop;
    struct keeper *keeper; /* without --watch */
    struct watch *watch;   /* with it */
    struct progress progress;
    bool published, stopping;
    struct err failure; /* why the command fails; code 0: it does not */
};

static void
stop(struct run *run)
{
    if (run->stopping)
        return;
    run->stopping = true;
    if (run->watch)
        watch_stop(run->watch);
    else
        keeper_stop(run->keeper);
}

static void
on_progress(void *ctx, const struct job_progress *progress)
{
    struct run *run = ctx;
    const char *what = progress->stage;

    if (str_eq(what, "rows"))
        what = _("rows");
    else if (str_eq(what, "indexes"))
        what = _("indexes");
    else if (str_eq(what, "checksum"))
        what = _("checksum");
    progress_show(&run->progress, what, progress->table, (unsigned)progress->permille,
                  loop_now_ns(run->loop));
}

static int
print_json(const struct job_meta *meta)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
    int r = job_meta_write_json(meta, &b);

    if (r < 0)
        return r;
    printf("%s\n", buf_str(&b));
    return 0;
}

static void
print_text(const struct run *run, const struct job_result *result)
{
    const struct job_meta *meta = &result->meta;

    if (result->unchanged)
        printf(_("%s: unchanged, version %" PRId64 ", %" PRId64 " ms\n"), run->out, meta->version,
               result->build_ms);
    else
        printf(P_("%s: version %" PRId64 ", %" PRId64 " row, %" PRId64 " bytes, sha256 %s, %" PRId64
                  " ms\n",
                  "%s: version %" PRId64 ", %" PRId64 " rows, %" PRId64
                  " bytes, sha256 %s, %" PRId64 " ms\n",
                  result->rows),
               run->out, meta->version, result->rows, meta->size, meta->hash, result->build_ms);
}

static void
on_published(void *ctx, const struct job_result *result)
{
    struct run *run = ctx;

    run->published = true;
    progress_clear(&run->progress);
    progress_init(&run->progress, run->options->quiet, loop_now_ns(run->loop));
    if (!run->options->json)
        print_text(run, result);
    else if (print_json(&result->meta) < 0)
        (void)err_nomem(&run->failure);
    fflush(stdout);
    if (!run->options->watch || run->failure.code < 0)
        stop(run);
}

/* A first build that fails for good ends the command; later ones, and what may pass, do not. */
static void
on_failed(void *ctx, const struct err *e, int64_t retry_ms)
{
    struct run *run = ctx;
    bool final = retry_ms == KEEPER_FINAL || e->code == ERR_NOTFOUND || e->code == ERR_PROTO;

    progress_clear(&run->progress);
    if (run->stopping)
        return;
    if (!run->options->watch || (final && !run->published)) {
        run->failure = *e;
        stop(run);
    } else if (retry_ms == KEEPER_FINAL) {
        log_error(N_("snapshot: failed, waiting for the next change"), LOG_ERR(e));
    } else {
        log_warn(N_("snapshot: failed, trying again"), LOG_ERR(e), LOG_I64("retry_ms", retry_ms));
    }
}

static void
on_stopped(void *ctx)
{
    struct run *run = ctx;

    loop_stop(run->loop);
}

static void
on_source_error(void *ctx, const struct err *e)
{
    const struct run *run = ctx;

    if (run->published) /* until then the build tells, and may end the command */
        log_warn(N_("snapshot: source cannot be read, waiting for it"), LOG_ERR(e));
}

static const struct watch_ops ops = {
    .keeper =
        {
            .on_progress = on_progress,
            .on_published = on_published,
            .on_failed = on_failed,
            .on_stopped = on_stopped,
        },
    .on_source_error = on_source_error,
};

static void
on_signal(void *ctx, int signo)
{
    struct run *run = ctx;

    if (signo == SIGHUP)
        return; /* nothing to reload: the filter belongs to the command line */
    progress_clear(&run->progress);
    /* Asked to end, a watch has done its work; a single snapshot has not. */
    if (!run->options->watch && !run->published && !run->stopping)
        (void)err_set(&run->failure, ERR_CANCELLED, "%s", _("interrupted"));
    stop(run);
}

static int
start(struct run *run, const char *source, const char *yaml, struct err *e)
{
    const struct snapshot_options *o = run->options;
    struct worker_argv worker;
    struct watch_config config = {
        .keeper =
            {
                .job =
                    {
                        .source = source,
                        .out = run->out,
                        .filter = yaml,
                        .busy_timeout_ms = o->busy_timeout_ms,
                        .timeout_ms = o->timeout_ms,
                        .replace = o->replace,
                        .trace_sql = o->trace_sql,
                    },
                .worker_argv = worker_argv(&worker, WORKER_SNAPSHOT),
                .debounce_ms = o->debounce_ms,
                .max_delay_ms = MAX(o->max_delay_ms, o->debounce_ms),
                .retry_min_ms = KEEPER_RETRY_MIN_MS,
                .retry_max_ms = KEEPER_RETRY_MAX_MS,
                .keep_after_final = true,
            },
        .poll_ms = o->poll_ms,
    };

    if (getrandom(&config.keeper.seed, sizeof config.keeper.seed, 0) !=
        (ssize_t)sizeof config.keeper.seed)
        return err_sys(e, "%s", _("could not get random bytes"));
    loop_signals_start(run->loop, on_signal, run);
    if (o->watch)
        return watch_new(run->loop, &config, &ops, run, &run->watch, e);
    return keeper_new(run->loop, &config.keeper, &ops.keeper, run, &run->keeper, e);
}

static void
run_done(struct run *run)
{
    watch_free(run->watch);
    keeper_free(run->keeper);
    loop_free(run->loop);
}

int
cmd_snapshot(const struct command_call *call, struct err *e)
{
    CLEANUP(run_done) struct run run = {.options = call->options, .out = call->args[1]};
    CLEANUP(buf_done) struct buf yaml = BUF_INIT(OPTION_YAML_MAX);
    CLEANUP(filter_freep) struct filter *filter = NULL;
    struct err sweep = {0};
    /* Read here for its messages; judged, against the source, by the worker. */
    int r = filter_file_read(run.options->filter, &yaml, &filter, e);

    if (r == 0)
        r = loop_new(&run.loop, e);
    if (r < 0)
        return r;
    progress_init(&run.progress, run.options->quiet, loop_now_ns(run.loop));
    r = start(&run, call->args[0], buf_str(&yaml), e);
    if (r < 0)
        return r;
    loop_run(run.loop);
    progress_clear(&run.progress);
    /* A worker that had to be killed has left its file; the next build gets what we cannot. */
    if (snapshot_sweep(run.out, &sweep) < 0)
        log_debug(N_("snapshot: could not clean up"), LOG_ERR(&sweep));
    if (run.failure.code < 0)
        *e = run.failure;
    return run.failure.code;
}
