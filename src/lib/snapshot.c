/* SPDX-License-Identifier: Apache-2.0 */
#include "store/snapshot.h"

#include "base/i18n.h"
#include "lib/filter.h"
#include "lib/public.h"
#include "store/meta.h"
#include "store/trace.h"

#include <leat/snapshot.h>

#include <string.h>

#define BUSY_TIMEOUT_MS 10000   /* where the caller names none */
#define TIMEOUT_MS      3600000 /* likewise */

static bool
on_progress(void *ctx, const struct snapshot_progress *progress)
{
    const struct leat_snapshot_options *options = ctx;

    return options->on_progress(options->ctx, &(struct leat_snapshot_progress){
                                                  .stage = progress->stage,
                                                  .table = progress->table,
                                                  .permille = progress->permille,
                                              });
}

static void
on_statement(void *ctx, bool query, const char *text, int64_t duration_us, const char *error)
{
    const struct leat_snapshot_options *options = ctx;

    options->on_sql(options->ctx, &(struct leat_sql_trace){
                                      .query = query,
                                      .text = text,
                                      .duration_us = duration_us,
                                      .error = error,
                                  });
}

static void
to_public_meta(const struct snapshot_meta *from, struct leat_snapshot_meta *to)
{
    _Static_assert(sizeof to->position >= POSITION_TEXT_MAX, "public position");
    *to = (struct leat_snapshot_meta){
        .version = from->version,
        .size = from->size,
        .timestamp = from->timestamp,
        .compressed = from->compressed,
    };
    memcpy(to->hash, from->hash, sizeof to->hash);
    position_format(&from->position, to->position);
}

int
leat_snapshot_build(const struct leat_snapshot_options *options, struct leat_snapshot_result *ret,
                    struct leat_error *error)
{
    struct leat_snapshot_options copy = *options;
    struct snapshot_request request = {
        .source = options->source,
        .out = options->out,
        .filter = lib_filter(options->filter),
        .busy_timeout_ms = options->busy_timeout_ms ? options->busy_timeout_ms : BUSY_TIMEOUT_MS,
        .timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS,
        .replace = options->replace,
        .on_progress = options->on_progress ? on_progress : NULL,
        .ctx = &copy,
    };
    struct snapshot_result result;
    struct trace trace;
    struct err e = {0};

    if (!options->source || !options->out || !options->filter) {
        (void)err_set(&e, ERR_CONFIG, "%s", _("a snapshot needs a source, an output and a filter"));
        return public_error(&e, error);
    }
    if (options->busy_timeout_ms < 0 || options->timeout_ms < 0) {
        (void)err_set(&e, ERR_CONFIG, _("a timeout of %lld ms is below 0"),
                      (long long)MIN(options->busy_timeout_ms, options->timeout_ms));
        return public_error(&e, error);
    }
    trace_init(&trace, on_statement, &copy);
    if (options->on_sql)
        request.tracer = &trace.tracer;
    if (snapshot_build(&request, &result, &e) < 0)
        return public_error(&e, error);
    to_public_meta(&result.meta, &ret->meta);
    ret->unchanged = result.unchanged;
    ret->rows = result.rows;
    ret->read_ms = result.read_ms;
    ret->build_ms = result.build_ms;
    return 0;
}

int
leat_snapshot_read_meta(const char *out, struct leat_snapshot_meta *ret, struct leat_error *error)
{
    struct snapshot_meta meta;
    struct err e = {0};

    if (meta_read(out, &meta, &e) < 0)
        return public_error(&e, error);
    to_public_meta(&meta, ret);
    return 0;
}
