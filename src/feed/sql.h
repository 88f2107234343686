/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_SQL_H
#define FEED_SQL_H

#include "base/base.h"
#include "base/err.h"

#include <sqlite3.h>

/*
 * Statements on a SQLite connection that somebody else has opened, with our
 * errors and, where wanted, each statement reported to a tracer. All SQL of
 * ours goes through here.
 */
struct sql_tracer {
    void *ctx;
    /* A statement begins, one is over. `text` has no parameter values; `rc` is SQLite's result. */
    uint64_t (*start)(void *ctx);
    void (*finish)(void *ctx, uint64_t started, bool query, const char *text, int rc,
                   const char *message);
};

struct sql {
    sqlite3 *db;                     /* borrowed */
    const struct sql_tracer *tracer; /* borrowed; or NULL */
};

/*
 * Marks text that is SQL and so never translated. A format takes SQLite's
 * %Q (string) and %w (inside double quotes) besides those of printf().
 */
#define SQL(text) text

/*
 * Turn a result code of SQLite into one of ours and describe it. Messages of
 * SQLite on damaged files are replaced, because they can quote what is in them.
 *
 * BUSY, LOCKED -> ERR_BUSY; INTERRUPT -> ERR_CANCELLED; NOMEM -> ERR_NOMEM;
 * CORRUPT, NOTADB -> ERR_PROTO; AUTH -> ERR_DENIED; TOOBIG -> ERR_LIMIT;
 * FULL, IOERR, CANTOPEN, READONLY, PERM -> ERR_SYS; others -> ERR_PROTO.
 */
int sql_err(sqlite3 *db, int rc, struct err *e);

/* Run one statement that returns no row. */
int sql_exec(const struct sql *s, struct err *e, const char *format, ...) MUST_CHECK;

/* One statement being stepped. */
struct sql_query {
    const struct sql *sql;
    sqlite3_stmt *stmt; /* owned */
    uint64_t started;   /* of the tracer */
    int rc;
};

/* Prepare a statement; the query is released with sql_query_done(), also after a failure. */
int sql_query_start(const struct sql *s, struct sql_query *q, struct err *e, const char *format,
                    ...) MUST_CHECK;

/* 1: there is a row; 0: no more rows. */
int sql_query_next(struct sql_query *q, struct err *e) MUST_CHECK;

void sql_query_done(struct sql_query *q);

/* Column `i` of the row as text; "" for NULL. Borrowed until the next step. */
const char *sql_text(const struct sql_query *q, int i);
int64_t sql_int(const struct sql_query *q, int i);

/* The first column of the first row as a number; 0 when there is no row. */
int sql_get_int(const struct sql *s, int64_t *ret, struct err *e, const char *format, ...)
    MUST_CHECK;

#endif
