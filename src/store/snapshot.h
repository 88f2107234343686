/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "base/err.h"
#include "feed/filter.h"
#include "feed/position.h"
#include "feed/sql.h"

/* What is known of one snapshot; the keys of its JSON form are the members' names. */
struct snapshot_meta {
    int64_t version;   /* grows with every new content of one output; from the wall clock in ms */
    char hash[65];     /* SHA-256 of the file, lower-case hex */
    int64_t size;      /* bytes of the file */
    int64_t timestamp; /* seconds since 1970 when it was made */
    bool compressed;   /* always false on disk */
    struct position position;
};

/* Progress of a build; `table` is borrowed for the call. */
struct snapshot_progress {
    const char *stage; /* "rows", "indexes", "checksum": constant, not translated */
    const char *table; /* table or index at work, "" if none */
    unsigned permille; /* 0 to 1000 of the whole build, never falling */
};

struct snapshot_request {
    const char *source; /* path of the SQLite file to read */
    const char *out;    /* path of the file to replace */
    const struct filter *filter;
    int64_t busy_timeout_ms;         /* how long a locked source is waited for */
    int64_t timeout_ms;              /* bound of the whole build */
    bool replace;                    /* replace an output that no build of ours has made */
    const struct sql_tracer *tracer; /* told of every statement; or NULL */

    /* Called about ten times a second; returning false ends the build. Or NULL. */
    bool (*on_progress)(void *ctx, const struct snapshot_progress *progress);
    void *ctx;
};

struct snapshot_result {
    struct snapshot_meta meta;
    bool unchanged;   /* the output held this content already and was not touched */
    int64_t rows;     /* rows copied */
    int64_t read_ms;  /* the read transaction on the source */
    int64_t build_ms; /* everything */
};

/*
 * Build the filtered snapshot of `source` and put it in the place of `out`:
 * atomically, durably, or not at all. Blocks. The directory of `out` must be
 * writable; beside it, `out`.meta keeps the meta data of the last build.
 *
 * Fails with ERR_CONFIG, ERR_DENIED (the filter does not fit the database),
 * ERR_BUSY (locked for longer than busy_timeout_ms, or a build of `out` that
 * began later has ended before), ERR_CANCELLED (on_progress),
 * ERR_LIMIT (timeout_ms), ERR_PROTO (not a database, or damaged), ERR_NOTFOUND,
 * ERR_SYS, ERR_NOMEM. On failure `out` is as it was and nothing is left behind; if the disk fails
 * after `out` was replaced, it is the new one, whole.
 */
int snapshot_build(const struct snapshot_request *request, struct snapshot_result *ret,
                   struct err *e) MUST_CHECK;

/* Remove what killed builds of `out` have left. Returns how many files that were. */
int snapshot_sweep(const char *out, struct err *e) MUST_CHECK;

#endif
