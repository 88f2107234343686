/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_TRACE_H
#define STORE_TRACE_H

#include "feed/sql.h"

/*
 * A tracer that takes the time of each statement and passes on what is worth
 * seeing: all but a "PRAGMA " that succeeds in under 10 ms.
 *
 * Source: the reference's tracing driver, which skips the same.
 */
#define TRACE_PRAGMA_US 10000  /* a faster PRAGMA is not worth a line */
#define TRACE_SLOW_US   100000 /* a slower statement is worth a warning */

struct trace {
    struct sql_tracer tracer; /* give its address to who runs statements */
    void (*on_statement)(void *ctx, bool query, const char *text, int64_t duration_us,
                         const char *error); /* error: "" on success */
    void *ctx;
};

void trace_init(struct trace *t,
                void (*on_statement)(void *ctx, bool query, const char *text, int64_t duration_us,
                                     const char *error),
                void *ctx);

#endif
