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

#include "base/i18n.h"
#include "base/str.h"
#include "feed/plan_maker.h"
#include "feed/sql_token.h"

#define PLAN_ARENA_MAX ((size_t)512 << 20) /* bytes of one plan */

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
        r = plan_fill(m, t);
    return r < 0 || t->count ? r : plan_count(m, t, &t->count);
}

/* What the filter names must be there, and be something that can be admitted. */
static int
check_names(struct maker *m)
{
    for (size_t i = 0; i < m->filter_count; i++) {
        const struct filter_table *f = &m->filters[i];
        const struct schema_object *o = schema_find(&m->plan->schema, f->name), *owner;

        if (!o && sqlite3_strnicmp(f->name, "sqlite_", 7) == 0)
            return maker_refuse_table(m, f->name, _("tables of SQLite's own are not carried over"));
        if (!o)
            return maker_refuse_table(m, f->name, _("there is no such table"));
        if (o->kind == SCHEMA_VIEW)
            return maker_refuse_table(
                m, f->name,
                _("it is a view; a view leaves by itself when all that it reads "
                  "is published"));
        if (o->kind != SCHEMA_SHADOW)
            continue;
        owner = schema_owner(&m->plan->schema, o);
        if (!owner || !maker_find_filter(m, owner->name) || f->where || f->columns.count > 0)
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
    if (plan_is_fts5(&v) || plan_is_rtree(&v))
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
        const struct filter_table *f = maker_find_filter(m, o->name);
        struct schema_table *source;
        struct plan_table *t;
        int r;

        if (o->kind != SCHEMA_TABLE && o->kind != SCHEMA_VIRTUAL)
            continue;
        if (!f) {
            r = maker_keep_back(m, "table", o->name, "", N_("it is not in the filter"));
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

    if (!maker_find_table(m, o->table))
        return 0;              /* it goes with its table */
    (void)sql_token_next(&at); /* CREATE */
    second = sql_token_next(&at);
    unique = sql_token_is(&second, "UNIQUE");
    r = ddl_parse_tail(o->sql, &m->plan->arena, &tail, m->e);
    if (r < 0)
        return err_wrap(m->e, _("index \"%s\""), CLIP(o->name));
    if (!judge_index_is_public(m->judge, tail, unique))
        return maker_keep_back(m, "index", o->name, o->table,
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
    return maker_keep_text(m, &b, r, &index->create);
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
            r = maker_keep_back(m, "view", schema->objects[i].name, "",
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
                r = maker_keep_back(m, "view", o->name, "", N_("it reads what is not published"));
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
        r = maker_keep_text(m, &b, r, &view->create);
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
        r = maker_keep_text(m, &b, r, &p->scopes[p->scope_count++]);
    }
    return r;
}

static int
make(struct maker *m)
{
    struct plan *p = m->plan;
    int r = schema_read(m->sql, &p->arena, &p->schema, m->e);

    if (r == 0)
        r = plan_key_prefix(m);
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
        else if (o->kind == SCHEMA_TRIGGER && maker_find_table(m, o->table))
            r = maker_keep_back(m, "trigger", o->name, o->table, N_("a replica is only read"));
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
