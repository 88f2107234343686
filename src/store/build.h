/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_BUILD_H
#define STORE_BUILD_H

#include "base/err.h"
#include "store/snapshot.h"
#include "store/source.h"

/* What a build has found out besides the file it made. */
struct build_result {
    int64_t rows;             /* copied */
    int64_t read_ms;          /* the read transaction on the source */
    struct position position; /* of the file that was read, just before that transaction began */
};

/*
 * Watches over a build from inside SQLite: passes progress on, and ends the
 * build when its caller or its deadline says so.
 */
struct build_watch {
    const struct snapshot_request *request;
    sqlite3 *db;
    int64_t deadline_ns, next_report_ns; /* CLOCK_MONOTONIC */
    int64_t busy_until_ns;               /* of the lock that is waited for */
    struct snapshot_progress progress;
    double done, step;  /* permille: behind us, of the table or index at work */
    double first, span; /* rowids of the table at work; span 0: not known */
    bool cancelled, timed_out;
};

/*
 * Fill the empty file at `path` with the snapshot that `request` describes,
 * header included. The file is complete then, but not durable. The failures
 * are those of snapshot_build().
 */
int build_file(const struct snapshot_request *request, const char *path, struct build_watch *watch,
               struct build_result *ret, struct err *e) MUST_CHECK;

void build_watch_init(struct build_watch *w, const struct snapshot_request *request);

/* Pass on progress if it is time; false when the build shall end. */
bool build_watch_goes_on(struct build_watch *w);

/* Begin a stage, or an object in it, that takes the build to `permille`. */
void build_watch_stage(struct build_watch *w, const char *stage, const char *name, double permille);

/* The error of a build that build_watch_goes_on() has ended. */
int build_watch_err(const struct build_watch *w, struct err *e);

/* Whether the file behind `fd` has the header that build_file() writes. */
bool build_made_it(int fd);

#endif
