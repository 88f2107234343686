/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEAT_SNAPSHOT_H
#define LEAT_SNAPSHOT_H

#include <leat/error.h>
#include <leat/filter.h>

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is known of a snapshot; the same is in "<out>.meta" as JSON. */
struct leat_snapshot_meta {
    int64_t version;   /* grows with every new content of one output; wall clock, ms */
    char hash[65];     /* SHA-256 of the file, lower-case hex */
    int64_t size;      /* bytes */
    int64_t timestamp; /* seconds since 1970 */
    bool compressed;   /* always false on disk */
    char position[64]; /* "<incarnation>:<number>", see doc/filter.md */
};

struct leat_snapshot_progress {
    const char *stage; /* "rows", "indexes", "checksum" */
    const char *table; /* table or index at work, "" if none; borrowed for the call */
    unsigned permille; /* 0 to 1000, never falling */
};

/* One SQL statement that ran. Its text holds no values of parameters. */
struct leat_sql_trace {
    bool query;          /* it returns rows */
    const char *text;    /* borrowed for the call */
    int64_t duration_us; /* microseconds */
    const char *error;   /* "" when it succeeded; borrowed for the call */
};

/* Zero it, set `source`, `out` and `filter`; zeros elsewhere mean the defaults. */
struct leat_snapshot_options {
    const char *source; /* SQLite file to read; never written */
    const char *out;    /* file to replace */
    const struct leat_filter *filter;
    int64_t busy_timeout_ms; /* how long a locked source is waited for; default 10,000 */
    int64_t timeout_ms;      /* bound of the whole build; default 3,600,000 */
    bool replace;            /* replace an output that leat has not made */

    /* Called about ten times a second; returning false ends the build. May be NULL. */
    bool (*on_progress)(void *ctx, const struct leat_snapshot_progress *progress);
    /* Called after every statement, except a PRAGMA that succeeds in under 10 ms. May be NULL. */
    void (*on_sql)(void *ctx, const struct leat_sql_trace *trace);
    void *ctx;
};

struct leat_snapshot_result {
    struct leat_snapshot_meta meta;
    bool unchanged;   /* the output held this content already and was not touched */
    int64_t rows;     /* rows copied */
    int64_t read_ms;  /* duration of the read transaction on the source */
    int64_t build_ms; /* duration of everything */
};

/*
 * Build a filtered snapshot and put it in the place of `out`: atomically,
 * durably, or not at all. Blocks; callbacks run on the calling thread. Calls
 * for different outputs may run in different threads.
 *
 * Fails with LEAT_ERROR_CONFIGURATION, _DENIED (the filter does not fit the
 * database), _BUSY, _CANCELLED, _LIMIT (timeout), _PROTOCOL (not a database, or
 * damaged), _NOT_FOUND, _SYSTEM, _MEMORY. On failure `out` is as it was.
 */
LEAT_PUBLIC int leat_snapshot_build(const struct leat_snapshot_options *options,
                                    struct leat_snapshot_result *ret, struct leat_error *error);

/* What is known of the snapshot at `out`, from "<out>.meta". LEAT_ERROR_NOT_FOUND: nothing. */
LEAT_PUBLIC int leat_snapshot_read_meta(const char *out, struct leat_snapshot_meta *ret,
                                        struct leat_error *error);

#ifdef __cplusplus
}
#endif

#endif
