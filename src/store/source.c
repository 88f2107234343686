/* SPDX-License-Identifier: Apache-2.0 */
#include "store/source.h"

#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

char *
source_uri(const char *path, const char *query)
{
    /* Worst case: every byte becomes three. */
    char *uri = sqlite3_malloc64(5 + 3 * strlen(path) + strlen(query) + 1);
    char *out = uri;

    if (!uri)
        return NULL;
    out = stpcpy(out, "file:");
    for (; *path; path++) {
        /* Two slashes at the start would name a host. */
        if (strchr("%?#", *path) || (*path == '/' && path[1] == '/'))
            out += sqlite3_snprintf(4, out, "%%%02X", (unsigned char)*path) ? 3 : 0;
        else
            *out++ = *path;
    }
    (void)stpcpy(out, query); /* fits by the size above */
    return uri;
}

/* The failure of a look at the file, from errno. */
static int
not_there(const char *path, struct err *e)
{
    int code = errno == ENOENT || errno == ENOTDIR ? ERR_NOTFOUND : ERR_SYS;

    (void)err_sys(e, _("could not open source \"%s\""), path);
    if (e)
        e->code = code;
    return code;
}

static int
configure(sqlite3 *db, int64_t busy_timeout_ms)
{
    static const struct {
        int option, value;
    } settings[] = {
        /* What conditions were judged under holds when they run. */
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        /* Nothing in somebody's schema runs with our rights. */
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        /* Rows arrive table by table, and some refer to rows that stay. */
        {SQLITE_DBCONFIG_ENABLE_FKEY, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        int rc = sqlite3_db_config(db, settings[i].option, settings[i].value, NULL);

        if (rc != SQLITE_OK)
            return rc;
    }
    return sqlite3_busy_timeout(db, (int)MIN(busy_timeout_ms, (int64_t)INT32_MAX));
}

int
source_open(const char *path, int64_t busy_timeout_ms, const struct sql_tracer *tracer,
            struct source *ret, struct err *e)
{
    CLEANUP(sqlite_freep) char *uri = NULL;
    sqlite3 *db = NULL;
    struct stat st;
    int rc;

    if (stat(path, &st) < 0)
        return not_there(path, e);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_SYS, _("could not open source \"%s\": it is not a file"), path);
    if (st.st_size == 0)
        return err_set(e, ERR_PROTO, _("could not open source \"%s\": it is empty"), path);
    uri = source_uri(path, "?mode=ro");
    if (!uri)
        return err_nomem(e);
    /*
     * The connection may write, so that a snapshot can be attached to it; the
     * URI says that this file may not be.
     */
    rc = sqlite3_open_v2(
        uri, &db,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = configure(db, busy_timeout_ms);
    if (rc == SQLITE_OK)
        (void)sqlite3_extended_result_codes(db, 1); /* cannot fail */
    if (rc == SQLITE_OK && sqlite3_db_readonly(db, "main") != 1)
        rc = SQLITE_MISUSE;
    if (rc != SQLITE_OK) {
        (void)sql_err(db, rc, e);
        (void)sqlite3_close(db); /* nothing was begun on it */
        return err_wrap(e, _("could not open source \"%s\""), path);
    }
    *ret = (struct source){.sql = {.db = db, .tracer = tracer}, .busy_timeout_ms = busy_timeout_ms};
    return 0;
}

void
source_close(struct source *s)
{
    (void)sqlite3_close(s->sql.db); /* all statements are finalized by then */
    s->sql.db = NULL;
}

int
source_check(struct source *s, struct err *e)
{
    int64_t ignored;
    /* It needs the schema, unlike most, so a damaged one is found here. */
    int r = sql_get_int(&s->sql, &ignored, e, SQL("PRAGMA main.page_count"));

    if (r == ERR_BUSY)
        return err_set(e, r, _("busy: another program has kept it locked for over %lld ms"),
                       (long long)s->busy_timeout_ms);
    return r;
}

int
source_begin(struct source *s, struct err *e)
{
    int r = sql_exec(&s->sql, e, SQL("BEGIN"));

    /* The transaction starts with the first read. */
    return r < 0 ? r : source_check(s, e);
}

int
source_end(struct source *s, struct err *e)
{
    return sql_exec(&s->sql, e, SQL("COMMIT"));
}

int
source_incarnation(const char *path, struct position *ret, struct err *e)
{
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &st) < 0)
        return not_there(path, e);
    /* A file system without birth times leaves them zero. */
    if (position_of_file(&(struct position_file){.inode = st.stx_ino,
                                                 .born_s = st.stx_btime.tv_sec,
                                                 .born_ns = st.stx_btime.tv_nsec},
                         0, ret) < 0)
        return err_nomem(e);
    return 0;
}
