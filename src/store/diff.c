/* SPDX-License-Identifier: Apache-2.0 */
#include "store/diff.h"

#include "base/arena.h"
#include "base/i18n.h"
#include "base/str.h"
#include "store/source.h"

#define DIFF_ARENA_MAX ((size_t)16 << 20) /* bytes of names */

/* Immutable: no lock is taken and nothing is made beside the files. */
static int
attach(const struct sql *s, const char *path, const char *schema, struct err *e)
{
    CLEANUP(sqlite_freep) char *uri = source_uri(path, "?mode=ro&immutable=1");
    int r = uri ? sql_exec(s, e, SQL("ATTACH %Q AS \"%w\""), uri, schema) : err_nomem(e);

    return r < 0 ? err_wrap(e, _("could not open \"%s\""), path) : 0;
}

/* Whether the table has the same columns on both sides. */
static int
is_comparable(const struct sql *s, const char *name, int64_t *ret, struct err *e)
{
    return sql_get_int(s, ret, e,
                       SQL("SELECT (SELECT group_concat(name || ' ' || type) FROM"
                           " pragma_table_info(%Q, 'old')) IS"
                           " (SELECT group_concat(name || ' ' || type) FROM"
                           " pragma_table_info(%Q, 'new'))"
                           " AND EXISTS (SELECT 1 FROM old.sqlite_schema WHERE name = %Q)"),
                       name, name, name);
}

/* Rows of one side that are not, with all their values, on the other. */
static int
count_except(const struct sql *s, const char *what, const char *name, const char *in,
             const char *other, int64_t *ret, struct err *e)
{
    return sql_get_int(s, ret, e,
                       SQL("SELECT count(*) FROM (SELECT %s FROM \"%w\".\"%w\""
                           " EXCEPT SELECT %s FROM \"%w\".\"%w\")"),
                       what, in, name, what, other, name);
}

static int
compare(const struct sql *s, bool has_old, const char *name, bool has_rowid, struct diff_table *ret,
        struct err *e)
{
    struct diff_table t = {.name = name};
    int64_t comparable = 0, differing = 0;
    int r = has_old ? is_comparable(s, name, &comparable, e) : 0;

    if (r == 0 && !comparable) {
        r = sql_get_int(s, &t.added, e, SQL("SELECT count(*) FROM new.\"%w\""), name);
    } else if (r == 0 && has_rowid) {
        r = count_except(s, "rowid", name, "new", "old", &t.added, e);
        if (r == 0)
            r = count_except(s, "rowid", name, "old", "new", &t.removed, e);
        if (r == 0)
            r = count_except(s, "rowid, *", name, "new", "old", &differing, e);
        t.changed = differing - t.added;
    } else if (r == 0) {
        r = count_except(s, "*", name, "new", "old", &t.added, e);
        if (r == 0)
            r = count_except(s, "*", name, "old", "new", &t.removed, e);
    }
    *ret = t;
    return r < 0 ? err_wrap(e, _("table \"%s\""), name) : 0;
}

static int
compare_all(const struct sql *s, bool has_old,
            void (*on_table)(void *ctx, const struct diff_table *table), void *ctx, struct err *e)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT(DIFF_ARENA_MAX);
    CLEANUP(sql_query_done) struct sql_query q = {0};
    int r = sql_query_start(s, &q, e,
                            SQL("SELECT name, NOT wr FROM pragma_table_list WHERE schema = 'new'"
                                " AND type = 'table' AND name NOT LIKE 'sqlite\\_%%' ESCAPE '\\'"
                                " ORDER BY name"));

    while (r >= 0 && (r = sql_query_next(&q, e)) > 0) {
        const char *name = arena_strdup(&a, sql_text(&q, 0));
        struct diff_table t;

        if (!name)
            return err_nomem(e);
        r = compare(s, has_old, name, sql_int(&q, 1) != 0, &t, e);
        if (r == 0 && (t.added > 0 || t.changed > 0 || t.removed > 0))
            on_table(ctx, &t);
    }
    return r;
}

static void
db_closep(sqlite3 **db)
{
    (void)sqlite3_close(*db); /* only read */
}

int
diff_snapshots(const char *old, const char *new,
               void (*on_table)(void *ctx, const struct diff_table *table), void *ctx,
               struct err *e)
{
    CLEANUP(db_closep) sqlite3 *db = NULL;
    struct sql s;
    int r,
        rc = sqlite3_open_v2(":memory:", &db,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc != SQLITE_OK)
        return sql_err(db, rc, e);
    s = (struct sql){.db = db};
    r = attach(&s, new, "new", e);
    if (r == 0 && old)
        r = attach(&s, old, "old", e);
    return r < 0 ? r : compare_all(&s, old != NULL, on_table, ctx, e);
}
