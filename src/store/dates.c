/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dates.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/judge.h"
#include "feed/sql.h"

#include <string.h>

#define DATES_ARGS_MAX 16 /* format or time, and modifiers */

/* Asks a connection of its own, where the functions are SQLite's. Freed with the guarded one. */
struct dates {
    sqlite3 *db;
    unsigned users; /* functions that point here */
};

struct guard {
    struct dates *dates; /* shared; each guard holds a count */
    const char *name;
};

static void
dates_free(struct dates *d)
{
    if (!d || --d->users > 0)
        return;
    (void)sqlite3_close(d->db); /* in memory, and its statements are finalized at each call */
    free(d);
}

static void
guard_free(void *what)
{
    struct guard *g = what;

    dates_free(g->dates);
    free(g);
}

/*
 * What makes a date function ask the clock or the time zone: no time, or one
 * of three words, which a BLOB may hold as well as a text.
 *
 * Source: SQLite 3.40.1, src/date.c, isDate() and parseModifier().
 */
static bool
asks_the_machine(const struct guard *g, int argc, sqlite3_value **argv)
{
    static const char *const words[] = {"now", "localtime", "utc"};

    if (argc == 0 || (argc == 1 && str_eq(g->name, "strftime")))
        return true;
    for (int i = 0; i < argc; i++) {
        const char *text = NULL;
        size_t len;

        if (sqlite3_value_type(argv[i]) == SQLITE_TEXT)
            text = (const char *)sqlite3_value_text(argv[i]);
        else if (sqlite3_value_type(argv[i]) == SQLITE_BLOB)
            text = sqlite3_value_blob(argv[i]);
        len = text ? strnlen(text, (size_t)sqlite3_value_bytes(argv[i])) : 0;
        for (size_t k = 0; k < ARRAY_LEN(words); k++) {
            if (len == strlen(words[k]) && sqlite3_strnicmp(text, words[k], (int)len) == 0)
                return true;
        }
    }
    return false;
}

static void
guarded(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
    static const char marks[] = "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?";
    struct guard *g = sqlite3_user_data(ctx);
    sqlite3_stmt *stmt = NULL;
    char text[128];
    int rc;

    if (asks_the_machine(g, argc, argv)) {
        sqlite3_result_error(ctx, _("the condition depends on the current time or time zone"), -1);
        return;
    }
    if (argc > DATES_ARGS_MAX) {
        sqlite3_result_error_toobig(ctx);
        return;
    }
    (void)sqlite3_snprintf(sizeof text, text, SQL("SELECT %s(%.*s)"), g->name, 2 * argc - 1, marks);
    rc = sqlite3_prepare_v2(g->dates->db, text, -1, &stmt, NULL);
    for (int i = 0; rc == SQLITE_OK && i < argc; i++)
        rc = sqlite3_bind_value(stmt, i + 1, argv[i]);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        sqlite3_result_value(ctx, sqlite3_column_value(stmt, 0));
    else
        sqlite3_result_error_code(ctx, rc);
    (void)sqlite3_finalize(stmt); /* its failure was passed on */
}

int
dates_watch(sqlite3 *db, struct err *e)
{
    struct dates *d = calloc(1, sizeof *d);
    int rc;

    if (!d)
        return err_nomem(e);
    d->users = 1;
    rc = sqlite3_open_v2(":memory:", &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    for (const char *const *name = judge_date_functions; rc == SQLITE_OK && *name; name++) {
        struct guard *g = malloc(sizeof *g);

        if (!g) {
            rc = SQLITE_NOMEM;
            break;
        }
        *g = (struct guard){.dates = d, .name = *name};
        d->users++;
        /* On failure SQLite has called guard_free() already. */
        rc = sqlite3_create_function_v2(db, *name, -1,
                                        SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, g,
                                        guarded, NULL, NULL, guard_free);
    }
    dates_free(d);
    return rc == SQLITE_OK ? 0 : sql_err(NULL, rc, e);
}
