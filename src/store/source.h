/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_SOURCE_H
#define STORE_SOURCE_H

#include "base/err.h"
#include "feed/position.h"
#include "feed/sql.h"

/*
 * A source opened for reading: a SQLite file that is never written by us,
 * beyond what any reader does to its -shm. It is schema "main".
 */
struct source {
    struct sql sql; /* sql.db is owned */
    int64_t busy_timeout_ms;
};

/* Owned strings that SQLite allocated. */
static inline void
sqlite_freep(char **what)
{
    sqlite3_free(*what);
}

/*
 * Open the file. A locked one is waited for `busy_timeout_ms` at each access;
 * `tracer` is borrowed for as long as the source is open, or NULL. Other
 * files may be attached to the connection for writing.
 *
 * Fails with ERR_NOTFOUND, ERR_SYS, ERR_PROTO (empty), ERR_NOMEM. What is in
 * the file is not looked at yet.
 */
int source_open(const char *path, int64_t busy_timeout_ms, const struct sql_tracer *tracer,
                struct source *ret, struct err *e) MUST_CHECK;

/* Close; NULL handles are fine. */
void source_close(struct source *s);

/*
 * The first look at the content. ERR_PROTO when it is not a database or
 * damaged, ERR_BUSY
 * when a writer holds it for longer than the source was opened for.
 */
int source_check(struct source *s, struct err *e) MUST_CHECK;

/*
 * Begin the read transaction, in which the file does not change for us.
 * ERR_BUSY when a writer holds the file for longer than the source was opened for.
 */
int source_begin(struct source *s, struct err *e) MUST_CHECK;

/* End it. */
int source_end(struct source *s, struct err *e) MUST_CHECK;

/* "file:" and the path with everything escaped that a URI gives a meaning; sqlite3_free(). */
char *source_uri(const char *path, const char *query);

/*
 * Incarnation of the file at `path` into `ret->incarnation` (position.h).
 * Fails with ERR_SYS, ERR_NOTFOUND.
 */
int source_incarnation(const char *path, struct position *ret, struct err *e) MUST_CHECK;

#endif
