/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual tables: FTS5 and R-Tree, whose content can be copied by rows or made
 * again. Other modules are refused.
 */
#include "feed/plan_maker.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/sql_token.h"

bool
plan_is_fts5(const struct ddl_virtual *v)
{
    return str_eq_nocase(v->module, "fts5");
}

bool
plan_is_rtree(const struct ddl_virtual *v)
{
    return str_eq_nocase(v->module, "rtree") || str_eq_nocase(v->module, "rtree_i32");
}

/*
 * The option that FTS5 takes `name` for: it may be cut short, and the first
 * one of this list that begins with it counts; NULL: none.
 *
 * Source: SQLite 3.40.1, ext/fts5/fts5_config.c, fts5ConfigParseSpecial(); a later
 * release adds more behind these.
 */
static const char *
fts5_option_of(const struct sql_token *name)
{
    static const char *const options[] = {"prefix",        "tokenize",   "content",
                                          "content_rowid", "columnsize", "detail"};

    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (sqlite3_strnicmp(options[i], name->text, (int)name->len) == 0)
            return options[i];
    }
    return NULL;
}

/* Value of the option `key` among the arguments of an FTS5 table, without quotes; or NULL. */
static int
fts5_option(struct maker *m, const struct ddl_virtual *v, const char *key, const char **ret)
{
    *ret = NULL;
    for (size_t i = 0; i < v->arg_count; i++) {
        const char *at = v->args[i], *option;
        struct sql_token name = sql_token_next(&at), equals = sql_token_next(&at), value;

        if (name.kind != SQL_TOKEN_WORD || !sql_token_is(&equals, "="))
            continue;
        option = fts5_option_of(&name);
        if (!option || !str_eq(option, key))
            continue;
        value = sql_token_next(&at);
        *ret = sql_token_is_name(&value) ? sql_token_name(&value, &m->plan->arena) : "";
        return *ret ? 0 : err_nomem(m->e);
    }
    return 0;
}

/*
 * A full-text index over another table holds no text of its own: it is built
 * again from what that table holds in the snapshot.
 */
static int
plan_fts5(struct maker *m, struct plan_table *t, const struct ddl_virtual *v)
{
    const char *content, *rowid;
    const struct plan_table *of;
    int r = fts5_option(m, v, "content", &content);

    if (r < 0 || !content)
        return r;
    r = fts5_option(m, v, "content_rowid", &rowid);
    if (r < 0)
        return r;
    if (content[0] == '\0')
        return maker_refuse_table(
            m, t->name,
            _("a contentless full-text index cannot be filtered: it does not hold "
              "the text of its rows"));
    of = maker_find_table(m, content);
    if (!of || of->source->object->kind != SCHEMA_TABLE)
        return err_set(m->e, ERR_DENIED,
                       _("table \"%s\" is refused: it indexes table \"%s\", which is not in the "
                         "filter"),
                       CLIP(t->name), CLIP(content));
    if (t->filter->where || t->filter->columns.count > 0)
        return err_set(m->e, ERR_DENIED,
                       _("table \"%s\" is refused: it indexes table \"%s\" and follows its filter; "
                         "it cannot have one of its own"),
                       CLIP(t->name), CLIP(content));
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (!maker_is_published(of, t->source->columns[i].name))
            return err_set(m->e, ERR_DENIED,
                           _("table \"%s\" is refused: it indexes column \"%s\" of table \"%s\", "
                             "which is not published"),
                           CLIP(t->name), CLIP(t->source->columns[i].name), CLIP(content));
    }
    if (rowid && !maker_is_published(of, rowid) && !str_eq_nocase(rowid, "rowid"))
        return err_set(m->e, ERR_DENIED,
                       _("table \"%s\" is refused: it indexes column \"%s\" of table \"%s\", which "
                         "is not published"),
                       CLIP(t->name), CLIP(rowid), CLIP(content));
    t->fill_last = true;
    return plan_count(m, of, &t->count); /* what it indexes, not what it indexed in the source */
}

int
plan_virtual(struct maker *m, struct plan_table *t)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
    struct schema_table *source = (struct schema_table *)t->source; /* ours, in our arena */
    struct ddl_virtual v;
    bool fts5, rtree;
    int r = ddl_parse_virtual(source->object->sql, &m->plan->arena, &v, m->e);

    if (r < 0)
        return err_wrap(m->e, _("table \"%s\""), CLIP(t->name));
    fts5 = plan_is_fts5(&v);
    rtree = plan_is_rtree(&v);
    if (t->filter->omit || (rtree && t->filter->columns.count > 0))
        return maker_refuse_table(m, t->name,
                                  fts5 ? _("no column of a full-text table can be left out of its "
                                           "schema: list it without \"omit\"")
                                       : _("all columns of an R-Tree are its key: list it without "
                                           "\"columns\""));
    if (rtree) {
        source->rowid_name = NULL; /* its first column is the rowid */
        source->key_order = "1";
    }
    r = fts5 ? plan_fts5(m, t, &v) : 0;
    if (r < 0)
        return r;
    r = buf_append_str(&b, SQL("CREATE VIRTUAL TABLE out."));
    if (r == 0)
        r = sql_name_append(t->name, &b);
    if (r == 0)
        r = ddl_virtual_append(&v, &b);
    r = maker_keep_text(m, &b, r, &t->create);
    if (r < 0 || !t->fill_last)
        return r;

    char *rebuild =
        sqlite3_mprintf(SQL("INSERT INTO out.\"%w\"(\"%w\") VALUES('rebuild')"), t->name, t->name);

    if (!rebuild)
        return err_nomem(m->e);
    t->fill = arena_strdup(&m->plan->arena, rebuild);
    sqlite3_free(rebuild);
    return t->fill ? 0 : err_nomem(m->e);
}
