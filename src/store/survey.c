/* SPDX-License-Identifier: Apache-2.0 */
#include "store/survey.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/sql_token.h"
#include "store/dates.h"

#define SURVEY_TEXT_MAX        ((size_t)1 << 20) /* bytes of one query */
#define SURVEY_KEY_COLUMNS_MAX 64 /* of one foreign key; a longer one is not checked */

static int
count_rows(struct source *s, struct survey *v, struct err *e)
{
    const struct plan *p = v->plan;

    for (size_t i = 0; i < p->table_count; i++) {
        CLEANUP(sql_query_done) struct sql_query q = {0};
        int r = sql_query_start(&s->sql, &q, e, "%s", p->tables[i].count);

        if (r == 0)
            r = sql_query_next(&q, e);
        if (r < 0)
            return err_wrap(e, _("table \"%s\""), p->tables[i].name);
        v->tables[i] = (struct survey_table){.rows = sql_int(&q, 0), .admitted = sql_int(&q, 1)};
    }
    return 0;
}

static const struct plan_table *
find_table(const struct plan *p, const char *name)
{
    for (size_t i = 0; i < p->table_count; i++) {
        if (str_eq_nocase(p->tables[i].name, name))
            return &p->tables[i];
    }
    return NULL;
}

/* The parent's columns that a foreign key names, or its primary key. */
static const char *
parent_column(const struct plan_table *parent, const struct ddl_clause *key, size_t i)
{
    if (key->parent_column_count > 0)
        return i < key->parent_column_count ? key->parent_columns[i] : NULL;
    for (size_t k = 0; k < parent->source->column_count; k++) {
        if (parent->source->columns[k].pk == i + 1)
            return parent->source->columns[k].name;
    }
    return NULL;
}

/*
 * The two sides of a foreign key. A condition's sub-query is inside of them,
 * and must not take them for tables of its own.
 */
#define CHILD  "\"leat child\""  /* not translated: a name */
#define PARENT "\"leat parent\"" /* not translated: a name */

/* name AS (SELECT "a" AS c0, … FROM main."t" AS "t" [WHERE (…)]) */
static int
append_side(struct buf *b, const char *name, const struct plan_table *t, const char *const *columns,
            size_t count)
{
    int r = buf_printf(b, "%s AS (SELECT ", name);

    for (size_t i = 0; r == 0 && i < count; i++) {
        r = i > 0 ? buf_append_str(b, ", ") : 0;
        if (r == 0)
            r = sql_name_append(columns[i], b);
        if (r == 0)
            r = buf_printf(b, " AS c%zu", i);
    }
    if (r == 0)
        r = buf_append_str(b, SQL(" FROM main."));
    if (r == 0)
        r = sql_name_append(t->name, b);
    if (r == 0)
        r = buf_append_str(b, " AS ");
    if (r == 0)
        r = sql_name_append(t->name, b);
    if (r == 0 && t->filter->where)
        r = buf_printf(b, SQL(" WHERE (%s)"), t->filter->where);
    return r < 0 ? r : buf_append_str(b, ")");
}

/* How many admitted rows of `t` refer through `key` to a row that stays. */
static int
count_dangling(struct source *s, const struct plan *p, const struct plan_table *t,
               const struct ddl_clause *key, int64_t *ret, struct err *e)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(SURVEY_TEXT_MAX);
    const struct plan_table *parent = find_table(p, key->parent);
    const char *columns[SURVEY_KEY_COLUMNS_MAX];
    int r;

    *ret = 0;
    if (!parent || key->column_count == 0 || key->column_count > ARRAY_LEN(columns))
        return 0;
    for (size_t i = 0; i < key->column_count; i++) {
        columns[i] = parent_column(parent, key, i);
        if (!columns[i])
            return 0;
    }
    r = buf_append_str(&b, SQL("WITH "));
    if (r == 0)
        r = append_side(&b, CHILD, t, key->columns, key->column_count);
    if (r == 0)
        r = buf_append_str(&b, ", ");
    if (r == 0)
        r = append_side(&b, PARENT, parent, columns, key->column_count);
    if (r == 0)
        r = buf_append_str(&b, SQL(" SELECT count(*) FROM " CHILD " AS child WHERE "));
    for (size_t i = 0; r == 0 && i < key->column_count; i++)
        r = buf_printf(&b, SQL("child.c%zu IS NOT NULL AND "), i);
    if (r == 0)
        r = buf_append_str(&b, SQL("NOT EXISTS (SELECT 1 FROM " PARENT " AS parent WHERE "));
    for (size_t i = 0; r == 0 && i < key->column_count; i++)
        r = buf_printf(&b, "%sparent.c%zu = child.c%zu", i > 0 ? " AND " : "", i, i);
    if (r == 0)
        r = buf_append_str(&b, ")");
    if (r < 0)
        return err_set(e, r, _("table \"%s\": its foreign key is too long"), t->name);
    return sql_get_int(&s->sql, ret, e, "%s", buf_str(&b));
}

static int
add_dangling(struct source *s, struct survey *v, const struct plan_table *t,
             const struct ddl_clause *key, struct err *e)
{
    int64_t rows;
    int r;

    if (key->kind != DDL_FOREIGN_KEY)
        return 0;
    r = count_dangling(s, v->plan, t, key, &rows, e);
    if (r == 0 && rows > 0)
        v->dangling[v->dangling_count++] =
            (struct survey_dangling){.table = t->name, .key = key, .rows = rows};
    return r;
}

static int
find_dangling(struct source *s, struct survey *v, struct err *e)
{
    const struct plan *p = v->plan;
    size_t keys = 0;
    int r = 0;

    for (size_t i = 0; i < p->table_count; i++) {
        const struct ddl_table *ddl = &p->tables[i].source->ddl;

        keys += ddl->clause_count;
        for (size_t k = 0; k < ddl->column_count; k++)
            keys += ddl->columns[k].clause_count;
    }
    v->dangling = arena_array(&v->plan->arena, keys + 1, sizeof *v->dangling);
    if (!v->dangling)
        return err_nomem(e);
    for (size_t i = 0; r == 0 && i < p->table_count; i++) {
        const struct plan_table *t = &p->tables[i];
        const struct ddl_table *ddl = &t->source->ddl;

        for (size_t k = 0; r == 0 && k < ddl->clause_count; k++)
            r = add_dangling(s, v, t, &ddl->clauses[k], e);
        for (size_t k = 0; r == 0 && k < ddl->column_count; k++) {
            for (size_t c = 0; r == 0 && c < ddl->columns[k].clause_count; c++)
                r = add_dangling(s, v, t, &ddl->columns[k].clauses[c], e);
        }
        if (r < 0)
            return err_wrap(e, _("table \"%s\""), t->name);
    }
    return 0;
}

static int
read_journal_mode(struct source *s, bool *ret_wal, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    int r = sql_query_start(&s->sql, &q, e, SQL("PRAGMA main.journal_mode"));

    if (r == 0)
        r = sql_query_next(&q, e);
    if (r < 0)
        return r;
    *ret_wal = str_eq(sql_text(&q, 0), "wal");
    return 0;
}

static int
survey(struct source *s, const struct filter *filter, struct survey *v, struct err *e)
{
    int r;

    /* What conditions leave in temporary storage stays in memory, as in a build. */
    r = sql_exec(&s->sql, e, SQL("PRAGMA temp_store = MEMORY"));
    if (r == 0)
        r = source_begin(s, e);
    if (r == 0)
        r = plan_make(&s->sql, filter, &v->plan, e);
    if (r == 0)
        r = read_journal_mode(s, &v->wal, e);
    if (r < 0)
        return r;
    assert(v->plan);
    v->tables = arena_array(&v->plan->arena, v->plan->table_count + 1, sizeof *v->tables);
    if (!v->tables)
        return err_nomem(e);
    for (size_t i = 0; r == 0 && i < v->plan->scope_count; i++)
        r = sql_exec(&s->sql, e, "%s", v->plan->scopes[i]);
    /* No statement may be open when a function is replaced. */
    for (size_t i = 0; r == 0 && i < v->plan->table_count; i++)
        r = v->plan->tables[i].uses_dates ? dates_watch(s->sql.db, e) : 0;
    if (r == 0)
        r = count_rows(s, v, e);
    return r < 0 ? r : find_dangling(s, v, e);
}

int
survey_make(struct source *s, const struct filter *filter, struct survey *ret, struct err *e)
{
    struct survey v = {0};
    int r = survey(s, filter, &v, e);

    if (r < 0) {
        survey_done(&v);
        return r;
    }
    *ret = v;
    return 0;
}

void
survey_done(struct survey *s)
{
    plan_free(s->plan);
    *s = (struct survey){0};
}
