/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main job, to look at. Three processes:
 *
 *   worker-shop       writes to the shop, once a second, and says what it did
 *   this one          watches the file; after each build, tells what left (the
 *                     difference to the replica before), what stayed (counted
 *                     on the source) and how long it took
 *   worker-snapshot   builds the replica, one process a build
 *
 * With --source the first is left out: whoever owns the database writes to it.
 */
#include "cli/cmd_demo.h"

#include "base/i18n.h"
#include "base/str.h"
#include "cli/cmd_worker_shop.h"
#include "cli/cmd_worker_snapshot.h"
#include "cli/filter_file.h"
#include "cli/worker.h"
#include "daemon/shop_seed.h"
#include "daemon/watch.h"
#include "feed/filter.h"
#include "log/log.h"
#include "net/channel.h"
#include "net/child.h"
#include "net/loop.h"
#include "source/sqlite_watch.h"
#include "store/diff.h"
#include "store/snapshot.h"
#include "store/survey.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#define DEMO_DEBOUNCE_MS  20
#define DEMO_MAX_DELAY_MS 200
#define DEMO_BUSY_MS      10000
#define DEMO_TIMEOUT_MS   3600000

/* Bytes of a database up to which rows are compared and counted at each change. */
#define DEMO_LOOK_MAX ((int64_t)64 << 20)

struct demo_options {
    const char *dir, *source, *filter;
    int64_t interval_ms, builds;
};

static const struct option members[] = {
    {
        .name = "dir",
        .letter = 'd',
        .type = OPTION_STRING,
        .offset = offsetof(struct demo_options, dir),
        .def = "leat-demo",
        .arg = N_("DIR"),
        .help = N_("directory of the demo, made if it is missing, kept and used again"),
    },
    {
        .name = "source",
        .letter = 's',
        .type = OPTION_STRING,
        .offset = offsetof(struct demo_options, source),
        .arg = N_("FILE"),
        .help = N_("a SQLite file of your own in place of the shop; it is only read"),
    },
    {
        .name = "filter",
        .letter = 'f',
        .type = OPTION_STRING,
        .offset = offsetof(struct demo_options, filter),
        .arg = N_("FILE"),
        .help = N_("with --source: what of it may leave, as YAML"),
    },
    {
        .name = "interval",
        .type = OPTION_DURATION,
        .offset = offsetof(struct demo_options, interval_ms),
        .def = "1s",
        .min = 1,
        .max = 3600000,
        .arg = N_("TIME"),
        .help = N_("from one change of the shop to the next"),
    },
    {
        .name = "builds",
        .type = OPTION_INT,
        .offset = offsetof(struct demo_options, builds),
        .def = "0",
        .min = 0,
        .max = INT64_MAX,
        .arg = N_("NUMBER"),
        .help = N_("end after so many builds; 0: when interrupted"),
    },
    {.name = NULL},
};

const struct option_set cmd_demo_options = {
    .name = "demo",
    .size = sizeof(struct demo_options),
    .options = members,
};

struct demo {
    const struct demo_options *options;
    const char *source, *filter_path, *replica, *previous; /* paths */
    struct filter *filter;                                 /* owned */
    struct loop *loop;                                     /* owned */
    struct watch *watch;                                   /* owned */
    struct child *shop;                                    /* owned; NULL: there is none */
    struct channel *shop_link;                             /* owned */
    uint64_t changed_ns; /* the shop's last change that no build has followed */
    int64_t builds;
    char stays[2048]; /* what stayed, as it was printed last */
    bool stopping;
    struct err failure;
};

static void
demo_done(struct demo *d)
{
    channel_free(d->shop_link);
    child_free(d->shop);
    watch_free(d->watch);
    loop_free(d->loop);
    filter_free(d->filter);
}

static void
stop(struct demo *d)
{
    if (d->stopping)
        return;
    d->stopping = true;
    channel_free(TAKE(d->shop_link));
    if (d->shop)
        child_stop(d->shop);
    watch_stop(d->watch);
}

/* Whether everything has ended that must before the loop does. */
static void
stop_loop_when_done(struct demo *d)
{
    if (d->stopping && !d->shop && !d->watch)
        loop_stop(d->loop);
}

/* "10:31:02  left    " */
static void
print_head(const char *what)
{
    time_t now = time(NULL);
    struct tm tm;
    char text[16];

    localtime_r(&now, &tm);
    strftime(text, sizeof text, "%H:%M:%S", &tm);
    printf("%s  %-8s ", text, what);
}

static bool
is_small(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && st.st_size <= DEMO_LOOK_MAX;
}

struct difference {
    unsigned tables;
    char text[1024];
};

static void
on_difference(void *ctx, const struct diff_table *t)
{
    struct difference *d = ctx;
    size_t len = strlen(d->text);
    char counts[128] = "";
    const struct {
        int64_t count;
        const char *what;
    } parts[] = {{t->added, _("added")}, {t->changed, _("changed")}, {t->removed, _("removed")}};

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        size_t used = strlen(counts);

        if (parts[i].count > 0)
            (void)snprintf(counts + used, sizeof counts - used, "%s%" PRId64 " %s",
                           used > 0 ? ", " : "", parts[i].count, parts[i].what);
    }
    /* Where there is no more room the line is cut, which is seen. */
    (void)snprintf(d->text + len, sizeof d->text - len, "%s%s: %s", d->tables > 0 ? "; " : "",
                   CLIP(t->name), counts);
    d->tables++;
}

/* What left: the replica compared with the one before, of which a link was kept. */
static void
print_left(const struct demo *d, const struct job_result *result, int64_t after_ms)
{
    struct difference difference = {0};
    struct stat st;
    bool has_previous = stat(d->previous, &st) == 0;
    struct err e = {0};

    print_head(_("left"));
    if (!is_small(d->replica))
        printf(_("%" PRId64 " rows"), result->rows);
    else if (diff_snapshots(has_previous ? d->previous : NULL, d->replica, on_difference,
                            &difference, &e) < 0)
        printf("%s", str_mask(e.msg));
    else
        printf("%s", difference.tables > 0 ? difference.text : _("a definition, but no row"));
    printf(_("; version %" PRId64 ", %" PRId64 " bytes, built in %" PRId64 " ms"),
           result->meta.version, result->meta.size, result->build_ms);
    if (after_ms >= 0)
        printf(_(", in place %" PRId64 " ms after the commit"), after_ms);
    printf("\n");
}

static void
append(char *text, size_t size, const char *separator, const char *more)
{
    size_t len = strlen(text);

    (void)snprintf(text + len, size - len, "%s%s", len > 0 ? separator : "", more);
}

/* What stays, counted on the source: tables, rows, columns. */
static void
describe_stays(const struct survey *v, char *ret, size_t size)
{
    const struct plan *p = v->plan;
    char tables[512] = "", part[256];

    ret[0] = '\0';
    for (size_t i = 0; i < p->table_count; i++) {
        const struct plan_table *t = &p->tables[i];
        int64_t rows = v->tables[i].rows - v->tables[i].admitted;
        unsigned columns = 0;

        for (size_t k = 0; k < t->source->column_count; k++)
            columns += t->columns[k] != PLAN_PUBLISHED;
        if (rows == 0 && columns == 0)
            continue;
        if (columns == 0)
            (void)snprintf(part, sizeof part, _("%" PRId64 " of %" PRId64 " rows of %s"), rows,
                           v->tables[i].rows, CLIP(t->name));
        else
            (void)snprintf(part, sizeof part,
                           _("%" PRId64 " of %" PRId64 " rows and %u of %zu columns of %s"), rows,
                           v->tables[i].rows, columns, t->source->column_count, CLIP(t->name));
        append(ret, size, ", ", part);
    }
    for (size_t i = 0; i < p->kept_back_count; i++) {
        if (str_eq(p->kept_back[i].kind, "table"))
            append(tables, sizeof tables, ", ", CLIP(p->kept_back[i].name));
    }
    if (tables[0]) {
        append(ret, size, "; ", _("tables "));
        append(ret, size, "", tables);
    }
    if (!ret[0])
        append(ret, size, "", _("nothing"));
}

/* Print what stays, if that has changed since it was printed. */
static void
print_stays(struct demo *d)
{
    CLEANUP(source_close) struct source s = {0};
    CLEANUP(survey_done) struct survey v = {0};
    char text[sizeof d->stays];
    struct err e = {0};

    if (!is_small(d->source))
        return;
    if (source_open(d->source, DEMO_BUSY_MS, NULL, &s, &e) < 0 ||
        survey_make(&s, d->filter, &v, &e) < 0) {
        log_warn(N_("demo: could not count what stays"), LOG_ERR(&e));
        return;
    }
    describe_stays(&v, text, sizeof text);
    if (str_eq(text, d->stays))
        return;
    memcpy(d->stays, text, sizeof text);
    print_head(_("stays"));
    printf("%s\n", text);
}

/* Keep a link to the replica, to compare the next one with. */
static void
keep_previous(const struct demo *d)
{
    if ((unlink(d->previous) < 0 && errno != ENOENT) || link(d->replica, d->previous) < 0) {
        struct err e = {0};

        (void)err_sys(&e, _("could not link \"%s\""), d->previous);
        log_warn(N_("demo: could not keep the replica to compare the next one with"), LOG_ERR(&e));
    }
}

static void
on_published(void *ctx, const struct job_result *result)
{
    struct demo *d = ctx;
    int64_t after_ms = -1;

    if (d->changed_ns > 0)
        after_ms = (int64_t)(loop_now_ns(d->loop) - d->changed_ns) / 1000000;
    d->changed_ns = 0;
    if (result->unchanged) {
        print_head(_("stayed"));
        printf(_("the replica is unchanged; looked at in %" PRId64 " ms\n"), result->build_ms);
    } else {
        print_left(d, result, after_ms);
        keep_previous(d);
    }
    print_stays(d);
    fflush(stdout);
    d->builds++;
    if (d->options->builds > 0 && d->builds >= d->options->builds)
        stop(d);
}

static void
on_failed(void *ctx, const struct err *e, int64_t retry_ms)
{
    struct demo *d = ctx;

    if (d->stopping)
        return;
    if (d->builds > 0 && retry_ms != KEEPER_FINAL) {
        log_warn(N_("demo: build failed, trying again"), LOG_ERR(e), LOG_I64("retry_ms", retry_ms));
    } else {
        d->failure = *e;
        stop(d);
    }
}

static void
on_watch_stopped(void *ctx)
{
    struct demo *d = ctx;

    watch_free(TAKE(d->watch));
    stop_loop_when_done(d);
}

static void
on_source_error(void *ctx, const struct err *e)
{
    (void)ctx;
    log_warn(N_("demo: source cannot be read, waiting for it"), LOG_ERR(e));
}

static const struct watch_ops watch_ops = {
    .keeper = {.on_published = on_published,
               .on_failed = on_failed,
               .on_stopped = on_watch_stopped},
    .on_source_error = on_source_error,
};

static void
on_shop_message(void *ctx, const struct frame *frame)
{
    struct demo *d = ctx;

    d->changed_ns = loop_now_ns(d->loop);
    print_head(_("shop"));
    printf("%.*s%s\n", (int)frame->len, (const char *)frame->payload,
           frame->kind == SHOP_MESSAGE_PUBLIC ? "" : _(" (private)"));
    fflush(stdout);
}

static void
on_shop_close(void *ctx, const struct err *e)
{
    struct demo *d = ctx;

    if (e)
        log_warn(N_("demo: lost the shop's process"), LOG_ERR(e));
    channel_free(TAKE(d->shop_link));
}

static const struct channel_ops shop_ops = {
    .on_message = on_shop_message,
    .on_close = on_shop_close,
};

static void
on_shop_exit(void *ctx, const struct child_exit *how)
{
    struct demo *d = ctx;
    char text[CHILD_EXIT_TEXT_MAX];

    child_free(TAKE(d->shop));
    if (!d->stopping) {
        (void)err_set(&d->failure, ERR_SYS, _("the shop's process ended by itself: %s"),
                      child_exit_text(how, text));
        stop(d);
    }
    stop_loop_when_done(d);
}

static void
on_signal(void *ctx, int signo)
{
    (void)signo;
    stop(ctx);
}

static int
start_shop(struct demo *d, struct err *e)
{
    struct worker_argv worker;
    char interval[32];
    int fd, r;

    (void)snprintf(interval, sizeof interval, "--interval=%" PRId64 "ms", d->options->interval_ms);
    (void)worker_argv(&worker, WORKER_SHOP);
    worker_add(&worker, interval);
    worker_add(&worker, d->source);
    r = child_start(d->loop, NULL, worker.argv, on_shop_exit, d, &fd, &d->shop, e);
    if (r < 0)
        return r;
    return channel_new(d->loop, fd, 4096, &shop_ops, d, &d->shop_link, e);
}

static int
start(struct demo *d, const char *yaml, struct err *e)
{
    struct worker_argv worker;
    struct watch_config config = {
        .keeper =
            {
                .job =
                    {
                        .source = d->source,
                        .out = d->replica,
                        .filter = yaml,
                        .busy_timeout_ms = DEMO_BUSY_MS,
                        .timeout_ms = DEMO_TIMEOUT_MS,
                    },
                .worker_argv = worker_argv(&worker, WORKER_SNAPSHOT),
                .debounce_ms = DEMO_DEBOUNCE_MS,
                .max_delay_ms = DEMO_MAX_DELAY_MS,
                .retry_min_ms = KEEPER_RETRY_MIN_MS,
                .retry_max_ms = KEEPER_RETRY_MAX_MS,
                .keep_after_final = true,
            },
        .poll_ms = SQLITE_WATCH_POLL_MS,
    };
    int r;

    if (getrandom(&config.keeper.seed, sizeof config.keeper.seed, 0) !=
        (ssize_t)sizeof config.keeper.seed)
        return err_sys(e, "%s", _("could not get random bytes"));
    loop_signals_start(d->loop, on_signal, d);
    r = watch_new(d->loop, &config, &watch_ops, d, &d->watch, e);
    if (r == 0 && !d->options->source)
        r = start_shop(d, e);
    return r;
}

/* Write `text` to a file that is not there yet. */
static int
write_new(const char *path, const char *text, struct err *e)
{
    CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0 && errno == EEXIST)
        return 0;
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        return err_sys(e, _("could not write \"%s\""), path);
    return 0;
}

/* Choose the paths, and make what is missing of the demo's own. */
static int
prepare(struct demo *d, struct arena *arena, struct err *e)
{
    const struct demo_options *o = d->options;
    struct stat st;
    int r;

    if (!o->source != !o->filter)
        return err_set(e, ERR_CONFIG, "%s", _("--source and --filter are given together"));
    d->source = o->source ? o->source : arena_printf(arena, "%s/shop.db", o->dir);
    d->filter_path = o->filter ? o->filter : arena_printf(arena, "%s/filter.yaml", o->dir);
    d->replica = arena_printf(arena, "%s/public.db", o->dir);
    d->previous = arena_printf(arena, "%s/.previous.db", o->dir);
    if (!d->source || !d->filter_path || !d->replica || !d->previous)
        return err_nomem(e);
    if (mkdir(o->dir, 0777) < 0 && errno != EEXIST)
        return err_sys(e, _("could not make the directory \"%s\""), o->dir);
    if (o->source)
        return 0;
    r = stat(d->source, &st) == 0 ? 0 : shop_create(d->source, e);
    return r < 0 ? r : write_new(d->filter_path, shop_filter_yaml, e);
}

static void
print_introduction(const struct demo *d)
{
    printf("  %-24s %s\n", d->source,
           d->options->source ? _("your database; it is only read")
                              : _("a shop; a second process writes to it"));
    printf("  %-24s %s\n", d->filter_path, _("what of it may leave"));
    printf("  %-24s %s\n", d->replica, _("what has left: replaced, atomically, at each change"));
    printf(_("Look into the replica with: sqlite3 -readonly %s\n"), d->replica);
    printf("%s\n\n", _("Ctrl-C ends the demo; everything stays where it is."));
    fflush(stdout);
}

int
cmd_demo(const struct command_call *call, struct err *e)
{
    CLEANUP(demo_done) struct demo d = {.options = call->options};
    CLEANUP(buf_done) struct buf yaml = BUF_INIT(OPTION_YAML_MAX);
    int r = prepare(&d, call->arena, e);

    if (r < 0)
        return r;
    assert(d.source && d.filter_path && d.replica && d.previous);
    r = filter_file_read(d.filter_path, &yaml, &d.filter, e);
    if (r == 0)
        r = loop_new(&d.loop, e);
    if (r < 0)
        return r;
    print_introduction(&d);
    r = start(&d, buf_str(&yaml), e);
    if (r < 0)
        return r;
    loop_run(d.loop);
    (void)unlink(d.previous); /* it was only there to compare with */
    if (d.failure.code < 0) {
        *e = d.failure;
        return e->code;
    }
    return 0;
}
