/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements for one table: its definition written anew, its keys, the copying
 * of its rows. What leaves and what stays is in plan.c.
 */
#include "feed/plan_maker.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/sql_token.h"

static bool
all_published(const struct plan_table *t, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!maker_is_published(t, columns[i]))
            return false;
    }
    return true;
}

/* A foreign key leaves if both its ends do. */
static bool
foreign_key_is_public(struct maker *m, const struct plan_table *t, const struct ddl_clause *c)
{
    const struct plan_table *parent = maker_find_table(m, c->parent);

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

/* SQLite has no table of generated columns alone; the values of these are copied then. */
static bool
has_stored_column(const struct plan_table *t)
{
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (t->columns[i] != PLAN_OMITTED && !t->source->columns[i].generated)
            return true;
    }
    return false;
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
    case DDL_GENERATED:
        return has_stored_column(t) && judge_expr_is_public(m->judge, t->name, c->expr);
    case DDL_CHECK:
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
            r = maker_keep_back(m, "constraint", clause->text, t->name,
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
            r = maker_keep_back(m, "constraint", clause->text, t->name,
                                N_("it refers to what is not published"));
    }
    if (r == 0)
        r = buf_append_str(&b, ")");
    if (r == 0 && ddl->without_rowid)
        r = buf_append_str(&b, " WITHOUT ROWID");
    if (r == 0 && ddl->strict)
        r = buf_append_str(&b, ddl->without_rowid ? ", STRICT" : " STRICT");
    return maker_keep_text(m, &b, r, ret);
}

/* Keys have names of their own until they get those of SQLite. */
int
plan_key_prefix(struct maker *m)
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
    return maker_keep_text(m, &b, r, &key->create);
}

/* The definition of an ordinary table, and the keys that are made after its rows. */
int
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

int
plan_fill(struct maker *m, struct plan_table *t)
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
        return maker_keep_text(m, &into, r, &t->fill);

    /* OR ABORT: a conflict clause of the table's own could drop rows without a word. */
    CLEANUP(buf_done) struct buf b = BUF_INIT(2 * PLAN_TEXT_MAX);

    r = buf_append_str(&b, SQL("INSERT OR ABORT INTO out."));
    if (r == 0)
        r = sql_name_append(t->name, &b);
    if (r == 0)
        r = buf_printf(&b, "(%s) SELECT %s", buf_str(&into), buf_str(&from));
    return maker_keep_text(m, &b, r, &t->fill);
}

/* Two numbers of one scan: how many rows of `of` there are, and how many of them leave. */
int
plan_count(struct maker *m, const struct plan_table *of, const char **ret)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PLAN_TEXT_MAX);
    int r = buf_append_str(&b, SQL("SELECT (SELECT count(*) FROM main."));

    if (r == 0)
        r = sql_name_append(of->name, &b);
    if (r == 0)
        r = buf_append_str(&b, "), count(*)");
    if (r == 0)
        r = append_from(of, &b);
    return maker_keep_text(m, &b, r, ret);
}
