/* SPDX-License-Identifier: Apache-2.0 */
#include "store/trace.h"

#include "base/str.h"
#include "store/clock.h"

static uint64_t
start(void *ctx)
{
    (void)ctx;
    return (uint64_t)clock_monotonic_ns();
}

static void
finish(void *ctx, uint64_t started, bool query, const char *text, int rc, const char *message)
{
    const struct trace *t = ctx;
    int64_t duration_us = (clock_monotonic_ns() - (int64_t)started) / 1000;

    if (rc == SQLITE_OK && duration_us < TRACE_PRAGMA_US && str_starts(text, "PRAGMA "))
        return;
    t->on_statement(t->ctx, query, text, duration_us, message);
}

void
trace_init(struct trace *t,
           void (*on_statement)(void *ctx, bool query, const char *text, int64_t duration_us,
                                const char *error),
           void *ctx)
{
    *t = (struct trace){
        .tracer = {.ctx = t, .start = start, .finish = finish},
        .on_statement = on_statement,
        .ctx = ctx,
    };
}
