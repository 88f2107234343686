/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/watch.h"

#include "source/sqlite_watch.h"

struct watch {
    const struct watch_ops *ops;
    void *ctx;
    struct sqlite_watch *source; /* owned; NULL once it is stopped */
    struct keeper *keeper;       /* owned */
};

static void
on_change(void *ctx, const struct position *position)
{
    struct watch *w = ctx;

    keeper_changed(w->keeper, position);
}

static void
on_error(void *ctx, const struct err *e)
{
    struct watch *w = ctx;

    if (w->ops->on_source_error)
        w->ops->on_source_error(w->ctx, e);
}

static const struct sqlite_watch_ops source_ops = {.on_change = on_change, .on_error = on_error};

int
watch_new(struct loop *loop, const struct watch_config *config, const struct watch_ops *ops,
          void *ctx, struct watch **ret, struct err *e)
{
    CLEANUP(watch_freep) struct watch *w = calloc(1, sizeof *w);
    const struct sqlite_watch_config source = {.path = config->keeper.job.source,
                                               .poll_ms = config->poll_ms};
    int r;

    if (!w)
        return err_nomem(e);
    w->ops = ops;
    w->ctx = ctx;
    r = sqlite_watch_new(loop, &source, &source_ops, w, &w->source, e);
    if (r < 0)
        return r;
    r = keeper_new(loop, &config->keeper, &ops->keeper, ctx, &w->keeper, e);
    if (r < 0)
        return r;
    *ret = TAKE(w);
    return 0;
}

void
watch_stop(struct watch *w)
{
    sqlite_watch_free(TAKE(w->source));
    keeper_stop(w->keeper);
}

void
watch_free(struct watch *w)
{
    if (!w)
        return;
    sqlite_watch_free(w->source);
    keeper_free(w->keeper);
    free(w);
}
