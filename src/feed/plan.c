/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a filter and a schema to statements.
 *
 * Every definition is written anew from its parts. A part is carried over only
 * if SQLite compiles it against the published columns (judge.h), so a default,
 * a check, an index condition or a comment cannot take along what the filter
 * holds back. The rest is listed in `kept_back`.
 *
 *   column                       what leaves
 *   published                    name, type, NOT NULL, DEFAULT, COLLATE, values
 *     … generated                its expression, if that is public; else the values
 *   not published                name, type, NOT NULL; NULL or the zero value of the type
 *   not published, omit: true    nothing
 *   key of the rows              must be published: a row is known by it
 *
 *   PRIMARY KEY, UNIQUE          leave if all their columns are published
 *   FOREIGN KEY                  likewise, at both ends
 *   CHECK, index, view           leave if they compile against published columns
 *   trigger                      stays: a replica is only read
 *
 * Objects and rows come in the order of their names and keys, so that the
 * same content gives the same file.
 */
#include "feed/plan.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "base/str.h"
#include "feed/judge.h"
#include "feed/sql_token.h"

#include <string.h>

#define PLAN_ARENA_MAX ((size_t)512 << 20) /* bytes of one plan */
#define PLAN_TEXT_MAX  ((size_t)64 << 20)  /* bytes of one statement */

/* A plan being made. */
struct maker {
    const struct sql *sql;
    const struct filter_table *filters;
    size_t filter_count;
    struct plan *plan;
    struct judge *judge;
    const char *key_prefix; /* no object's name starts with it */
    struct err *e;
};

static const struct filter_table *
find_filter(const struct maker *m, const char *name)
{
    for (size_t i = 0; i < m->filter_count; i++) {
        if (str_eq_nocase(m->filters[i].name, name))
            return &m->filters[i];
    }
    return NULL;
}

static struct plan_table *
find_table(const struct maker *m, const char *name)
{
    for (size_t i = 0; i < m->plan->table_count; i++) {
        if (str_eq_nocase(m->plan->tables[i].name, name))
            return &m->plan->tables[i];
    }
    return NULL;
}

static int
refuse_table(struct maker *m, const char *name, const char *why)
{
    return err_set(m->e, ERR_DENIED, _("table \"%s\" is refused: %s"), CLIP(name), why);
}

/* An element behind the last one of a list that doubles inside the arena; NULL: no memory. */
#define PUSH(m, list, count)                                                                       \
    ({                                                                                             \
        if (((count) & ((count)-1)) == 0) {                                                        \
            size_t more_ = (count) ? (count)*2 : 1;                                                \
            __auto_type copy_ = arena_array(&(m)->plan->arena, more_, sizeof *(list));             \
            if (copy_ && (count) > 0)                                                              \
                memcpy(copy_, (list), (count) * sizeof *(list));                                   \
            (list) = copy_;                                                                        \
        }                                                                                          \
        (list) ? &(list)[(count)++] : NULL;                                                        \
    })

static int
keep_back(struct maker *m, const char *kind, const char *name, const char *table,
          const char *reason)
{
    struct plan_kept_back *k = PUSH(m, m->plan->kept_back, m->plan->kept_back_count);

    if (!k)
        return err_nomem(m->e);
    *k = (struct plan_kept_back){.kind = kind, .name = name, .table = table, .reason = reason};
    return 0;
}

/* Move a finished text into the arena. */
static int
keep_text(struct maker *m, const struct buf *b, int r, const char **ret)
{
    if (r < 0)
        return r == ERR_NOMEM ? err_nomem(m->e)
                              : err_set(m->e, r, "%s", _("a definition is too long"));
    *ret = arena_strndup(&m->plan->arena, buf_str(b), b->len);
    return *ret ? 0 : err_nomem(m->e);
}

/* Which columns leave. Names are found as SQLite finds them; unknown ones are refused. */
static int
choose_columns(struct maker *m, struct plan_table *t)
{
    const struct filter_table *f = t->filter;
    enum plan_column *columns;

    columns = arena_array(&m->plan->arena, t->source->column_count + 1, sizeof *columns);
    if (!columns)
        return err_nomem(m->e);
    for (size_t i = 0; i < f->columns.count; i++) {
        if (!schema_column(t->source, f->columns.items[i]))
            return err_set(m->e, ERR_DENIED, _("table \"%s\" has no column \"%s\""), CLIP(t->name),
                           CLIP(f->columns.items[i]));
    }
    for (size_t i = 0; i < t->source->column_count; i++) {
        const struct schema_column *c = &t->source->columns[i];
        bool is_key = c == t->source->rowid_column || (t->source->without_rowid && c->pk > 0);
        bool listed = f->columns.count == 0;

        for (size_t k = 0; k < f->columns.count; k++)
            listed = listed || str_eq_nocase(f->columns.items[k], c->name);
        columns[i] = listed ? PLAN_PUBLISHED : f->omit ? PLAN_OMITTED : PLAN_EMPTIED;
        if (!listed && is_key)
            return err_set(m->e, ERR_DENIED,
                           _("table \"%s\": column \"%s\" is the key by which its rows are known, "
                             "and must be published"),
                           CLIP(t->name), CLIP(c->name));
    }
    t->columns = columns;
    return 0;
}

static bool
is_published(const struct plan_table *t, const char *column)
{
    const struct schema_column *c = schema_column(t->source, column);

    return c && t->columns[c - t->source->columns] == PLAN_PUBLISHED;
}

static bool
all_published(const struct plan_table *t, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_published(t, columns[i]))
            return false;
    }
    return true;
}

/* A foreign key leaves if both its ends do. */
static bool
foreign_key_is_public(struct maker *m, const struct plan_table *t, const struct ddl_clause *c)
{
    const struct plan_table *parent = find_table(m, c->parent);

    if (!parent || !all_published(t, c->columns, c->column_count))
        return false;
    if (c->parent_column_count > 0)
        return all_published(parent, c->parent_columns, c->parent_column_count);
    for (size_t i = 0; i < parent->source->column_count; i++) {
        if (parent->source->columns[i].pk > 0 && parent->columns[i] != PLAN_PUBLISHED)
            return false;
    }
    return true;
}

static bool
clause_is_public(struct maker *m, const struct plan_table *t, const struct ddl_clause *c)
{
    switch (c->kind) {
    case DDL_NOT_NULL:
    case DDL_DEFAULT:
    case DDL_COLLATE:
        return true; /* they are of a published column */
    case DDL_PRIMARY_KEY:
    case DDL_UNIQUE:
        return all_published(t, c->columns, c->column_count);
    case DDL_FOREIGN_KEY:
        return foreign_key_is_public(m, t, c);
    case DDL_CHECK:
    case DDL_GENERATED:
        return judge_expr_is_public(m->judge, t->name, c->expr);
    }
    return false;
}

/* Whether the column's values are computed in the snapshot too. */
static bool
stays_generated(struct maker *m, const struct plan_table *t, size_t i)
{
    const struct ddl_column *c = t->source->columns[i].ddl;

    for (size_t k = 0; c && k < c->clause_count; k++) {
        if (c->clauses[k].kind == DDL_GENERATED)
            return t->columns[i] == PLAN_PUBLISHED && clause_is_public(m, t, &c->clauses[k]);
    }
    return false;
}

/* Whether SQLite makes an index by itself for the constraint. */
static bool
makes_index(const struct plan_table *t, const struct ddl_clause *c)
{
    return c->kind == DDL_UNIQUE ||
           (c->kind == DDL_PRIMARY_KEY && !t->source->rowid_column && !t->source->without_rowid);
}

/* A table's definition, whole or without the keys whose indexes are made later. */
enum create_form {
    CREATE_WHOLE,
    CREATE_WITHOUT_KEYS,
};

static int
append_column(struct maker *m, const struct plan_table *t, size_t i, enum create_form form,
              struct buf *b)
{
    const struct ddl_column *c = t->source->columns[i].ddl;
    bool published = t->columns[i] == PLAN_PUBLISHED;
    int r = sql_name_append(c->name, b);

    if (r == 0 && c->type[0])
        r = buf_printf(b, " %s", c->type);
    for (size_t k = 0; r == 0 && k < c->clause_count; k++) {
        const struct ddl_clause *clause = &c->clauses[k];

        if (form == CREATE_WITHOUT_KEYS && makes_index(t, clause))
            continue;
        if (published ? clause_is_public(m, t, clause) : clause->kind == DDL_NOT_NULL)
            r = buf_printf(b, " %s", clause->text);
        else if (form == CREATE_WHOLE && clause->kind != DDL_DEFAULT && clause->kind != DDL_COLLATE)
            r = keep_back(m, "constraint", clause->text, t->name,
                          N_("it refers to what is not published"));
    }
    return r;
}

static int
write_create(struct maker *m, struct plan_table *t, enum create_form form, const char **ret)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
    const struct ddl_table *ddl = &t->source->ddl;
    const char *separator = "";
    int r = buf_append_str(&b, SQL("CREATE TABLE out."));

    if (r == 0)
        r = sql_name_append(t->name, &b);
    if (r == 0)
        r = buf_append_str(&b, "(");
    for (size_t i = 0; r == 0 && i < t->source->column_count; i++) {
        if (t->columns[i] == PLAN_OMITTED)
            continue;
        r = buf_append_str(&b, separator);
        if (r == 0)
            r = append_column(m, t, i, form, &b);
        separator = ", ";
    }
    for (size_t i = 0; r == 0 && i < ddl->clause_count; i++) {
        const struct ddl_clause *clause = &ddl->clauses[i];

        if (form == CREATE_WITHOUT_KEYS && makes_index(t, clause))
            continue;
        if (clause_is_public(m, t, clause))
            r = buf_printf(&b, ", %s", clause->text);
        else if (form == CREATE_WHOLE)
            r = keep_back(m, "constraint", clause->text, t->name,
                          N_("it refers to what is not published"));
    }
    if (r == 0)
        r = buf_append_str(&b, ")");
    if (r == 0 && ddl->without_rowid)
        r = buf_append_str(&b, " WITHOUT ROWID");
    if (r == 0 && ddl->strict)
        r = buf_append_str(&b, ddl->without_rowid ? ", STRICT" : " STRICT");
    return keep_text(m, &b, r, ret);
}

/* Keys have names of their own until they get those of SQLite. */
static int
choose_key_prefix(struct maker *m)
{
    const struct schema *schema = &m->plan->schema;

    m->key_prefix = SQL("leat key ");
    for (size_t i = 0; i < schema->object_count;) {
        if (sqlite3_strnicmp(schema->objects[i].name, m->key_prefix, (int)strlen(m->key_prefix)) !=
            0) {
            i++;
            continue;
        }
        m->key_prefix = arena_printf(&m->plan->arena, "%s ", m->key_prefix);
        if (!m->key_prefix)
            return err_nomem(m->e);
    }
    return 0;
}

/* CREATE UNIQUE INDEX out."…" ON "t"("a" COLLATE "BINARY", …), of `count` columns of one index. */
static int
plan_key(struct maker *m, const struct plan_table *t, const struct judge_key_column *columns,
         size_t count)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
    struct plan *p = m->plan;
    struct plan_key *key = PUSH(m, p->keys, p->key_count);
    int r;

    if (!key)
        return err_nomem(m->e);
    key->name = columns[0].index;
    key->temporary = arena_printf(&p->arena, "%s%zu", m->key_prefix, p->key_count);
    if (!key->temporary)
        return err_nomem(m->e);
    r = buf_printf(&b, SQL("CREATE UNIQUE INDEX out.\"%s\" ON "), key->temporary);
    if (r == 0)
        r = sql_name_append(t->name, &b);
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = buf_append_str(&b, i > 0 ? ", " : "(");
        if (r == 0)
            r = sql_name_append(columns[i].name, &b);
        if (r == 0)
            r = buf_append_str(&b, " COLLATE ");
        if (r == 0)
            r = sql_name_append(columns[i].collation, &b);
        if (r == 0 && columns[i].is_descending)
            r = buf_append_str(&b, " DESC");
    }
    if (r == 0)
        r = buf_append_str(&b, ")");
    return keep_text(m, &b, r, &key->create);
}

/* The definition of an ordinary table, and the keys that are made after its rows. */
static int
plan_definition(struct maker *m, struct plan_table *t)
{
    struct judge_key_column *columns = NULL;
    size_t count = 0;
    const char *whole;
    int r = write_create(m, t, CREATE_WHOLE, &whole);

    if (r == 0)
        r = judge_keys(m->judge, t->name, whole, &m->plan->arena, &columns, &count, m->e);
    if (r < 0)
        return err_wrap(m->e, _("table \"%s\""), CLIP(t->name));
    t->create = whole;
    if (count == 0)
        return 0;
    /* SQLite keeps the text from the name on, behind these two words. */
    t->definition = arena_printf(&m->plan->arena, SQL("CREATE TABLE %s"),
                                 whole + strlen(SQL("CREATE TABLE out.")));
    if (!t->definition)
        return err_nomem(m->e);
    for (size_t i = 0, next; r == 0 && i < count; i = next) {
        for (next = i + 1; next < count && str_eq(columns[next].index, columns[i].index);)
            next++;
        r = plan_key(m, t, &columns[i], next - i);
    }
    return r < 0 ? r : write_create(m, t, CREATE_WITHOUT_KEYS, &t->create);
}

static bool
contains_nocase(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (; strlen(text) >= len; text++) {
        if (sqlite3_strnicmp(text, word, (int)len) == 0)
            return true;
    }
    return false;
}

/*
 * What an emptied column holds.
 *
 * Source: the overwrite values of dbsync, by declared type, first match wins;
 * but a STRICT table takes no text in a BLOB.
 */
static const char *
empty_value(const struct plan_table *t, const struct schema_column *c)
{
    if (!c->not_null)
        return "NULL";
    if (contains_nocase(c->declared, "INT"))
        return "0";
    if (contains_nocase(c->declared, "REAL") || contains_nocase(c->declared, "FLOAT") ||
        contains_nocase(c->declared, "DOUBLE"))
        return "0.0";
    return t->source->strict && str_eq_nocase(c->declared, "BLOB") ? "x''" : "''";
}

/* FROM main."t" AS "t" [NOT INDEXED] [WHERE (…)] */
static int
append_from(const struct plan_table *t, struct buf *b)
{
    int r = buf_append_str(b, " FROM main.");

    if (r == 0)
        r = sql_name_append(t->name, b);
    if (r == 0)
        r = buf_append_str(b, " AS ");
    if (r == 0)
        r = sql_name_append(t->name, b);
    /*
     * A scan in the order of the key needs no sorting: the choice of an index
     * would depend on statistics, and the sort could spill to a file.
     */
    if (r == 0 && t->source->object->kind == SCHEMA_TABLE)
        r = buf_append_str(b, " NOT INDEXED");
    if (r == 0 && t->filter->where)
        r = buf_printf(b, " WHERE (%s)", t->filter->where);
    return r;
}

static int
write_fill(struct maker *m, struct plan_table *t)
{
    CLEANUP(buf_done) struct buf into = BUF_INIT(PLAN_TEXT_MAX);
    CLEANUP(buf_done) struct buf from = BUF_INIT(PLAN_TEXT_MAX);
    const struct schema_table *source = t->source;
    const char *separator = "";
    int r = 0;

    if (!source->without_rowid && !source->rowid_column && source->rowid_name) {
        r = buf_append_str(&into, source->rowid_name);
        if (r == 0)
            r = buf_append_str(&from, source->rowid_name);
        separator = ", ";
    }
    for (size_t i = 0; r == 0 && i < source->column_count; i++) {
        if (t->columns[i] == PLAN_OMITTED || stays_generated(m, t, i))
            continue;
        r = buf_append_str(&into, separator);
        if (r == 0)
            r = sql_name_append(source->columns[i].name, &into);
        if (r == 0)
            r = buf_append_str(&from, separator);
        if (r == 0 && t->columns[i] == PLAN_PUBLISHED)
            r = sql_name_append(source->columns[i].name, &from);
        else if (r == 0)
            r = buf_append_str(&from, empty_value(t, &source->columns[i]));
        separator = ", ";
    }
    if (r == 0)
        r = append_from(t, &from);
    if (r == 0 && source->key_order)
        r = buf_printf(&from, " ORDER BY %s", source->key_order);
    if (r < 0)
        return keep_text(m, &into, r, &t->fill);

    /* OR ABORT: a conflict clause of the table's own could drop rows without a word. */
    CLEANUP(buf_done) struct buf b = BUF_INIT(2 * PLAN_TEXT_MAX);

    r = buf_append_str(&b, SQL("INSERT OR ABORT INTO out."));
    if (r == 0)
        r = sql_name_append(t->name, &b);
    if (r == 0)
        r = buf_printf(&b, "(%s) SELECT %s", buf_str(&into), buf_str(&from));
    return keep_text(m, &b, r, &t->fill);
}

/* Two numbers of one scan: how many rows of `of` there are, and how many of them leave. */
static int
write_count(struct maker *m, const struct plan_table *of, const char **ret)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
    int r = buf_append_str(&b, SQL("SELECT (SELECT count(*) FROM main."));

    if (r == 0)
        r = sql_name_append(of->name, &b);
    if (r == 0)
        r = buf_append_str(&b, "), count(*)");
    if (r == 0)
        r = append_from(of, &b);
    return keep_text(m, &b, r, ret);
}

static bool
is_fts5(const struct ddl_virtual *v)
{
    return str_eq_nocase(v->module, "fts5");
}

static bool
is_rtree(const struct ddl_virtual *v)
{
    return str_eq_nocase(v->module, "rtree") || str_eq_nocase(v->module, "rtree_i32");
}

/* Value of the option `key` among the arguments of an FTS5 table, without quotes; or NULL. */
static const char *
fts5_option(struct maker *m, const struct ddl_virtual *v, const char *key)
{
    for (size_t i = 0; i < v->arg_count; i++) {
        const char *at = v->args[i];
        struct sql_token name = sql_token_next(&at), equals = sql_token_next(&at), value;

        if (!sql_token_is(&name, key) || !sql_token_is(&equals, "="))
            continue;
        value = sql_token_next(&at);
        return sql_token_is_name(&value) ? sql_token_name(&value, &m->plan->arena) : "";
    }
    return NULL;
}

/*
 * A full-text index over another table holds no text of its own: it is built
 * again from what that table holds in the snapshot.
 */
static int
plan_fts5(struct maker *m, struct plan_table *t, const struct ddl_virtual *v)
{
    const char *content = fts5_option(m, v, "content");
    const char *rowid = fts5_option(m, v, "content_rowid");
    const struct plan_table *of;

    if (!content)
        return 0;
    if (content[0] == '\0')
        return refuse_table(m, t->name,
                            _("a contentless full-text index cannot be filtered: it does not hold "
                              "the text of its rows"));
    of = find_table(m, content);
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
        if (!is_published(of, t->source->columns[i].name))
            return err_set(m->e, ERR_DENIED,
                           _("table \"%s\" is refused: it indexes column \"%s\" of table \"%s\", "
                             "which is not published"),
                           CLIP(t->name), CLIP(t->source->columns[i].name), CLIP(content));
    }
    if (rowid && !is_published(of, rowid) && !str_eq_nocase(rowid, "rowid"))
        return err_set(m->e, ERR_DENIED,
                       _("table \"%s\" is refused: it indexes column \"%s\" of table \"%s\", which "
                         "is not published"),
                       CLIP(t->name), CLIP(rowid), CLIP(content));
    t->fill_last = true;
    return write_count(m, of, &t->count); /* what it indexes, not what it indexed in the source */
}

static int
plan_virtual(struct maker *m, struct plan_table *t)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
    struct schema_table *source = (struct schema_table *)t->source; /* ours, in our arena */
    struct ddl_virtual v;
    bool fts5, rtree;
    int r = ddl_parse_virtual(source->object->sql, &m->plan->arena, &v, m->e);

    if (r < 0)
        return err_wrap(m->e, _("table \"%s\""), CLIP(t->name));
    fts5 = is_fts5(&v);
    rtree = is_rtree(&v);
    if (t->filter->omit || (rtree && t->filter->columns.count > 0))
        return refuse_table(m, t->name,
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
    r = keep_text(m, &b, r, &t->create);
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

/* A condition of the filter; by then the judge knows all tables. */
static int
plan_condition(struct maker *m, struct plan_table *t)
{
    struct judge_verdict verdict;
    int r;

    t->row_local = true;
    if (!t->filter->where)
        return 0;
    r = judge_condition(m->judge, t->name, t->filter->where, &verdict, m->e);
    if (r < 0)
        return r;
    t->row_local = verdict.row_local;
    t->uses_dates = verdict.uses_dates;
    return 0;
}

static int
plan_table_texts(struct maker *m, struct plan_table *t)
{
    int r = plan_condition(m, t);

    if (r == 0)
        r = t->source->object->kind == SCHEMA_VIRTUAL ? plan_virtual(m, t) : plan_definition(m, t);
    if (r == 0 && !t->fill)
        r = write_fill(m, t);
    return r < 0 || t->count ? r : write_count(m, t, &t->count);
}

/* What the filter names must be there, and be something that can be admitted. */
static int
check_names(struct maker *m)
{
    for (size_t i = 0; i < m->filter_count; i++) {
        const struct filter_table *f = &m->filters[i];
        const struct schema_object *o = schema_find(&m->plan->schema, f->name), *owner;

        if (!o && sqlite3_strnicmp(f->name, "sqlite_", 7) == 0)
            return refuse_table(m, f->name, _("tables of SQLite's own are not carried over"));
        if (!o)
            return refuse_table(m, f->name, _("there is no such table"));
        if (o->kind == SCHEMA_VIEW)
            return refuse_table(m, f->name,
                                _("it is a view; a view leaves by itself when all that it reads "
                                  "is published"));
        if (o->kind != SCHEMA_SHADOW)
            continue;
        owner = schema_owner(&m->plan->schema, o);
        if (!owner || !find_filter(m, owner->name) || f->where || f->columns.count > 0)
            return err_set(
                m->e, ERR_DENIED,
                _("table \"%s\" is refused: it is a part of table \"%s\": list that one"),
                CLIP(f->name), owner ? CLIP(owner->name) : "?");
    }
    return 0;
}

/* Only modules that we know; of others SQLite may not even know the columns. */
static int
check_module(struct maker *m, const struct schema_object *o)
{
    struct ddl_virtual v;
    int r = ddl_parse_virtual(o->sql, &m->plan->arena, &v, m->e);

    if (r < 0)
        return err_wrap(m->e, _("table \"%s\""), CLIP(o->name));
    if (is_fts5(&v) || is_rtree(&v))
        return 0;
    return err_set(
        m->e, ERR_DENIED,
        _("table \"%s\" is refused: virtual tables of module \"%s\" are not carried over"),
        CLIP(o->name), CLIP(v.module));
}

/* Find the tables of the filter, in the order of their names; list the others. */
static int
collect_tables(struct maker *m)
{
    struct plan *p = m->plan;

    p->tables = arena_array(&p->arena, m->filter_count + 1, sizeof *p->tables);
    if (!p->tables)
        return err_nomem(m->e);
    for (size_t i = 0; i < p->schema.object_count; i++) {
        const struct schema_object *o = &p->schema.objects[i];
        const struct filter_table *f = find_filter(m, o->name);
        struct schema_table *source;
        struct plan_table *t;
        int r;

        if (o->kind != SCHEMA_TABLE && o->kind != SCHEMA_VIRTUAL)
            continue;
        if (!f) {
            r = keep_back(m, "table", o->name, "", N_("it is not in the filter"));
            if (r < 0)
                return r;
            continue;
        }
        r = o->kind == SCHEMA_VIRTUAL ? check_module(m, o) : 0;
        if (r < 0)
            return r;
        assert(p->table_count < m->filter_count);
        source = arena_alloc(&p->arena, sizeof *source);
        if (!source)
            return err_nomem(m->e);
        t = &p->tables[p->table_count++];
        *t = (struct plan_table){.name = o->name, .source = source, .filter = f};
        r = schema_read_table(m->sql, &p->arena, o, source, m->e);
        if (r == 0)
            r = choose_columns(m, t);
        if (r < 0)
            return r;
    }
    return 0;
}

static int
make_judge(struct maker *m)
{
    struct plan *p = m->plan;
    struct judge_table *tables = arena_array(&p->arena, p->table_count + 1, sizeof *tables);

    if (!tables)
        return err_nomem(m->e);
    for (size_t i = 0; i < p->table_count; i++) {
        const struct plan_table *t = &p->tables[i];
        bool *published = arena_array(&p->arena, t->source->column_count + 1, sizeof *published);

        if (!published)
            return err_nomem(m->e);
        for (size_t k = 0; k < t->source->column_count; k++)
            published[k] = t->columns[k] == PLAN_PUBLISHED;
        tables[i] = (struct judge_table){.table = t->source, .published = published};
    }
    return judge_new(&p->schema, tables, p->table_count, &m->judge, m->e);
}

static int
plan_index(struct maker *m, const struct schema_object *o)
{
    struct plan_object *index;
    const char *tail, *at = o->sql;
    struct sql_token second;
    bool unique;
    int r;

    if (!find_table(m, o->table))
        return 0;              /* it goes with its table */
    (void)sql_token_next(&at); /* CREATE */
    second = sql_token_next(&at);
    unique = sql_token_is(&second, "UNIQUE");
    r = ddl_parse_tail(o->sql, &m->plan->arena, &tail, m->e);
    if (r < 0)
        return err_wrap(m->e, _("index \"%s\""), CLIP(o->name));
    if (!judge_index_is_public(m->judge, tail, unique))
        return keep_back(m, "index", o->name, o->table,
                         N_("it reads columns that are not published"));
    index = PUSH(m, m->plan->indexes, m->plan->index_count);
    if (!index)
        return err_nomem(m->e);
    index->name = o->name;

    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);

    r = buf_printf(&b, SQL("CREATE %sINDEX out."), unique ? "UNIQUE " : "");
    if (r == 0)
        r = sql_name_append(o->name, &b);
    if (r == 0)
        r = buf_printf(&b, " %s", tail);
    return keep_text(m, &b, r, &index->create);
}

/*
 * Views read views, so those that do not compile go one after the other until
 * the rest does.
 */
static int
plan_views(struct maker *m)
{
    const struct schema *schema = &m->plan->schema;
    bool *gone = arena_array(&m->plan->arena, schema->object_count + 1, sizeof *gone);
    const char **tails = arena_array(&m->plan->arena, schema->object_count + 1, sizeof *tails);
    bool changed = true;
    int r = 0;

    if (!gone || !tails)
        return err_nomem(m->e);
    for (size_t i = 0; r == 0 && i < schema->object_count; i++) {
        if (schema->objects[i].kind != SCHEMA_VIEW)
            continue;
        r = ddl_parse_tail(schema->objects[i].sql, &m->plan->arena, &tails[i], m->e);
        if (r < 0)
            return err_wrap(m->e, _("view \"%s\""), CLIP(schema->objects[i].name));
        /* One that says "main.t" cannot stand anywhere but in a schema of that name. */
        r = judge_add_view(m->judge, schema->objects[i].name, tails[i], m->e);
        if (r == ERR_PROTO) {
            gone[i] = true;
            r = keep_back(m, "view", schema->objects[i].name, "",
                          N_("it reads what is not published"));
        }
    }
    if (r < 0)
        return r;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < schema->object_count; i++) {
            const struct schema_object *o = &schema->objects[i];

            if (o->kind != SCHEMA_VIEW || gone[i] || judge_view_is_public(m->judge, o->name))
                continue;
            gone[i] = changed = true;
            r = judge_drop_view(m->judge, o->name, m->e);
            if (r == 0)
                r = keep_back(m, "view", o->name, "", N_("it reads what is not published"));
            if (r < 0)
                return r;
        }
    }
    for (size_t i = 0; r == 0 && i < schema->object_count; i++) {
        struct plan_object *view;
        CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);

        if (schema->objects[i].kind != SCHEMA_VIEW || gone[i])
            continue;
        view = PUSH(m, m->plan->views, m->plan->view_count);
        if (!view)
            return err_nomem(m->e);
        view->name = schema->objects[i].name;
        r = buf_append_str(&b, SQL("CREATE VIEW out."));
        if (r == 0)
            r = sql_name_append(view->name, &b);
        if (r == 0)
            r = buf_printf(&b, " %s", tails[i]);
        r = keep_text(m, &b, r, &view->create);
    }
    return r;
}

/*
 * A condition with a sub-query runs on the source, but must see there what it
 * was judged by: under each table's name a view of its published columns.
 */
static int
plan_scopes(struct maker *m)
{
    struct plan *p = m->plan;
    bool needed = false;
    int r = 0;

    for (size_t i = 0; i < p->table_count; i++)
        needed = needed || !p->tables[i].row_local;
    if (!needed)
        return 0;
    p->scopes = arena_array(&p->arena, p->table_count, sizeof *p->scopes);
    if (!p->scopes)
        return err_nomem(m->e);
    for (size_t i = 0; r == 0 && i < p->table_count; i++) {
        const struct plan_table *t = &p->tables[i];
        CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
        const char *separator = " AS SELECT ";

        r = buf_append_str(&b, SQL("CREATE TEMP VIEW "));
        if (r == 0)
            r = sql_name_append(t->name, &b);
        for (size_t k = 0; r == 0 && k < t->source->column_count; k++) {
            if (t->columns[k] != PLAN_PUBLISHED)
                continue;
            r = buf_append_str(&b, separator);
            if (r == 0)
                r = sql_name_append(t->source->columns[k].name, &b);
            separator = ", ";
        }
        if (r == 0)
            r = buf_append_str(&b, " FROM main.");
        if (r == 0)
            r = sql_name_append(t->name, &b);
        r = keep_text(m, &b, r, &p->scopes[p->scope_count++]);
    }
    return r;
}

static int
make(struct maker *m)
{
    struct plan *p = m->plan;
    int r = schema_read(m->sql, &p->arena, &p->schema, m->e);

    if (r == 0)
        r = choose_key_prefix(m);
    if (r == 0)
        r = check_names(m);
    if (r == 0)
        r = collect_tables(m);
    if (r == 0)
        r = make_judge(m);
    for (size_t i = 0; r == 0 && i < p->table_count; i++)
        r = plan_table_texts(m, &p->tables[i]);
    for (size_t i = 0; r == 0 && i < p->schema.object_count; i++) {
        const struct schema_object *o = &p->schema.objects[i];

        if (o->kind == SCHEMA_INDEX)
            r = plan_index(m, o);
        else if (o->kind == SCHEMA_TRIGGER && find_table(m, o->table))
            r = keep_back(m, "trigger", o->name, o->table, N_("a replica is only read"));
    }
    if (r == 0)
        r = plan_views(m);
    if (r == 0)
        r = judge_check(m->judge, m->e);
    return r < 0 ? r : plan_scopes(m);
}

int
plan_make(const struct sql *s, const struct filter *filter, struct plan **ret, struct err *e)
{
    CLEANUP(plan_freep) struct plan *p = malloc(sizeof *p);
    struct maker m = {.sql = s, .plan = p, .e = e};
    int r;

    if (!p)
        return err_nomem(e);
    *p = (struct plan){.arena = ARENA_INIT(PLAN_ARENA_MAX)};
    m.filters = filter_tables(filter, &m.filter_count);
    r = make(&m);
    judge_free(m.judge);
    if (r < 0)
        return r;
    *ret = TAKE(p);
    return 0;
}

void
plan_free(struct plan *p)
{
    if (!p)
        return;
    arena_done(&p->arena);
    free(p);
}
