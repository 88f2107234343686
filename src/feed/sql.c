/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/sql.h"

#include "base/i18n.h"
#include "base/str.h"

#include <string.h>

static void
sql_freep(char **what)
{
    sqlite3_free(*what);
}

/*
 * SQLite's message, which is logged: never with what a row or the definition
 * of something private holds. A damaged definition is quoted by SQLite, and so
 * is a JSON path, which may come from a column. Of the functions that a
 * condition may call, no other quotes its arguments.
 *
 * Source: SQLite 3.40.1, corruptSchema() in src/prepare.c, jsonPathSyntaxError()
 * in src/json.c.
 */
static const char *
message_of(sqlite3 *db, int rc)
{
    static const char path[] = "JSON path error"; /* not translated: SQLite says it */
    const char *message = db && (rc & 0xff) != SQLITE_CORRUPT ? sqlite3_errmsg(db) : NULL;

    if (!message)
        return sqlite3_errstr(rc);
    return str_starts(message, path) ? path : message;
}

int
sql_err(sqlite3 *db, int rc, struct err *e)
{
    const char *message = message_of(db, rc);

    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return err_set(e, ERR_BUSY, "%s", _("database is locked"));
    case SQLITE_INTERRUPT:
        return err_set(e, ERR_CANCELLED, "%s", _("interrupted"));
    case SQLITE_NOMEM:
        return err_nomem(e);
    case SQLITE_NOTADB:
        return err_set(e, ERR_PROTO, "%s", _("file is not a SQLite database, or is encrypted"));
    case SQLITE_CORRUPT:
        return err_set(e, ERR_PROTO, "%s", _("database is damaged (see PRAGMA integrity_check)"));
    case SQLITE_AUTH:
        return err_set(e, ERR_DENIED, "%s", message);
    case SQLITE_TOOBIG:
        return err_set(e, ERR_LIMIT, "%s", message);
    case SQLITE_FULL:
        return err_set(e, ERR_SYS, "%s", _("disk is full"));
    case SQLITE_READONLY:
        if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY)
            return err_set(e, ERR_SYS, "%s",
                           _("database was not closed cleanly and must be recovered first: open it "
                             "once with a program that may write it"));
        if (rc == SQLITE_READONLY_CANTINIT || rc == SQLITE_READONLY_DIRECTORY)
            return err_set(e, ERR_SYS, "%s",
                           _("database is in WAL mode, and its -shm file could not be made: let "
                             "us write its directory, or have its writer keep it open"));
        return err_set(e, ERR_SYS, "%s", message);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (db && sqlite3_system_errno(db) != 0)
            return err_set(e, ERR_SYS, "%s: %s", message, strerror(sqlite3_system_errno(db)));
        return err_set(e, ERR_SYS, "%s", message);
    case SQLITE_PERM:
        return err_set(e, ERR_SYS, "%s", message);
    default:
        return err_set(e, ERR_PROTO, "%s", message);
    }
}

static int
start_v(const struct sql *s, struct sql_query *q, struct err *e, const char *format, va_list args)
{
    CLEANUP(sql_freep) char *text = sqlite3_vmprintf(format, args);
    int rc;

    *q = (struct sql_query){.sql = s, .rc = SQLITE_OK};
    if (!text)
        return err_nomem(e);
    if (s->tracer)
        q->started = s->tracer->start(s->tracer->ctx);
    rc = sqlite3_prepare_v2(s->db, text, -1, &q->stmt, NULL);
    if (rc != SQLITE_OK) {
        if (s->tracer)
            s->tracer->finish(s->tracer->ctx, q->started, false, text, rc, message_of(s->db, rc));
        return sql_err(s->db, rc, e);
    }
    return 0;
}

int
sql_query_start(const struct sql *s, struct sql_query *q, struct err *e, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = start_v(s, q, e, format, args);
    va_end(args);
    return r;
}

int
sql_query_next(struct sql_query *q, struct err *e)
{
    q->rc = sqlite3_step(q->stmt);
    if (q->rc == SQLITE_ROW)
        return 1;
    if (q->rc == SQLITE_DONE)
        return 0;
    return sql_err(q->sql->db, q->rc, e);
}

void
sql_query_done(struct sql_query *q)
{
    if (!q->stmt)
        return;
    if (q->sql->tracer) {
        const struct sql_tracer *t = q->sql->tracer;
        bool failed = q->rc != SQLITE_OK && q->rc != SQLITE_ROW && q->rc != SQLITE_DONE;

        t->finish(t->ctx, q->started, sqlite3_column_count(q->stmt) > 0, sqlite3_sql(q->stmt),
                  failed ? q->rc : SQLITE_OK, failed ? message_of(q->sql->db, q->rc) : "");
    }
    (void)sqlite3_finalize(q->stmt); /* repeats the failure of the last step, which was reported */
    q->stmt = NULL;
}

int
sql_exec(const struct sql *s, struct err *e, const char *format, ...)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    va_list args;
    int r;

    va_start(args, format);
    r = start_v(s, &q, e, format, args);
    va_end(args);
    while (r >= 0 && (r = sql_query_next(&q, e)) > 0)
        ; /* a PRAGMA may answer with a row */
    return r;
}

const char *
sql_text(const struct sql_query *q, int i)
{
    const unsigned char *text = sqlite3_column_text(q->stmt, i);

    return text ? (const char *)text : "";
}

int64_t
sql_int(const struct sql_query *q, int i)
{
    return sqlite3_column_int64(q->stmt, i);
}

int
sql_get_int(const struct sql *s, int64_t *ret, struct err *e, const char *format, ...)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    va_list args;
    int r;

    va_start(args, format);
    r = start_v(s, &q, e, format, args);
    va_end(args);
    if (r >= 0)
        r = sql_query_next(&q, e);
    if (r >= 0)
        *ret = r > 0 ? sql_int(&q, 0) : 0;
    return r < 0 ? r : 0;
}
