/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_check.h"

#include "base/i18n.h"
#include "base/str.h"
#include "cli/filter_file.h"
#include "cli/heap.h"
#include "feed/filter.h"
#include "feed/sql_token.h"
#include "store/survey.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct check_options {
    const char *filter;
    bool json;
    int64_t busy_timeout_ms;
};

static const struct option members[] = {
    {
        .name = "filter",
        .letter = 'f',
        .type = OPTION_STRING,
        .flags = OPTION_REQUIRED,
        .offset = offsetof(struct check_options, filter),
        .arg = N_("FILE"),
        .help = N_("what may leave, as YAML"),
    },
    {
        .name = "json",
        .type = OPTION_BOOL,
        .offset = offsetof(struct check_options, json),
        .def = "false",
        .help = N_("print one JSON object"),
    },
    {
        .name = "busy-timeout",
        .type = OPTION_DURATION,
        .offset = offsetof(struct check_options, busy_timeout_ms),
        .def = "10s",
        .min = 0,
        .max = 3600000,
        .arg = N_("TIME"),
        .help = N_("how long a locked source is waited for"),
    },
    {.name = NULL},
};

const struct option_set cmd_check_options = {
    .name = "check",
    .size = sizeof(struct check_options),
    .options = members,
};

/* Whether the column of this table ended up as `what`. */
static size_t
count_columns(const struct plan_table *t, enum plan_column what)
{
    size_t count = 0;

    for (size_t i = 0; i < t->source->column_count; i++)
        count += t->columns[i] == what;
    return count;
}

static void
print_columns(const struct plan_table *t, enum plan_column what, const char *heading)
{
    const char *separator = " ";

    if (count_columns(t, what) == 0)
        return;
    printf("      %s", heading);
    for (size_t i = 0; i < t->source->column_count; i++) {
        if (t->columns[i] == what) {
            printf("%s%s", separator, CLIP(t->source->columns[i].name));
            separator = ", ";
        }
    }
    printf("\n");
}

/* The condition, in one line whatever the lines of the file are. */
static void
print_where(const char *where)
{
    /* A space before and a '0' behind every byte is the most that the canonical form adds. */
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)3 * FILTER_WHERE_MAX);

    if (sql_token_canonical(where, strlen(where), &b) < 0)
        printf(_(", where %s"), CLIP(where)); /* there is no memory for more */
    else
        printf(_(", where %s"), str_mask((char *)b.data));
}

static void
print_table(const struct plan_table *t, const struct survey_table *count, int width)
{
    size_t published = count_columns(t, PLAN_PUBLISHED);

    printf("  %-*s  ", width, CLIP(t->name));
    printf(_("%" PRId64 " of %" PRId64 " rows"), count->admitted, count->rows);
    printf(", ");
    if (published == t->source->column_count)
        printf("%s", _("all columns"));
    else
        printf(_("%zu of %zu columns"), published, t->source->column_count);
    if (t->filter->where)
        print_where(t->filter->where);
    printf("\n");
    print_columns(t, PLAN_EMPTIED, _("emptied:"));
    print_columns(t, PLAN_OMITTED, _("left out:"));
}

/* Names are clipped: a database may hold any bytes in them, JSON has them whole. */
/* Rows that leave and refer to rows that stay: "orders(customer_id)". */
static void
print_dangling(const struct survey_dangling *d)
{
    char columns[256] = "";

    /* A key too long for the line is cut, which is seen. */
    for (size_t i = 0; i < d->key->column_count; i++) {
        size_t len = strlen(columns);

        (void)snprintf(columns + len, sizeof columns - len, "%s%s", i > 0 ? ", " : "",
                       CLIP(d->key->columns[i]));
    }
    printf(P_("note: %" PRId64 " row of %s(%s) refers to a row of %s that stays\n",
              "note: %" PRId64 " rows of %s(%s) refer to rows of %s that stay\n", d->rows),
           d->rows, CLIP(d->table), columns, CLIP(d->key->parent));
}

static void
print_text(const struct survey *v)
{
    const struct plan *p = v->plan;
    int width = 0;

    for (size_t i = 0; i < p->table_count; i++)
        width = MAX(width, (int)MIN(strlen(p->tables[i].name), (size_t)40));
    printf("%s\n", _("leaves"));
    for (size_t i = 0; i < p->table_count; i++)
        print_table(&p->tables[i], &v->tables[i], width);
    for (size_t i = 0; i < p->index_count; i++)
        printf("  index %s\n", CLIP(p->indexes[i].name)); /* not translated: SQL's word */
    for (size_t i = 0; i < p->view_count; i++)
        printf("  view %s\n", CLIP(p->views[i].name)); /* not translated: SQL's word */
    if (p->table_count == 0)
        printf("  %s\n", _("nothing"));
    printf("%s\n", _("stays"));
    for (size_t i = 0; i < p->kept_back_count; i++) {
        const struct plan_kept_back *k = &p->kept_back[i];

        printf("  %s %s", k->kind, CLIP(k->name));
        if (k->table[0])
            printf(_(" of %s"), CLIP(k->table));
        printf(": %s\n", _(k->reason));
    }
    if (p->kept_back_count == 0)
        printf("  %s\n", _("no object; rows and columns as counted above"));
    for (size_t i = 0; i < v->dangling_count; i++)
        print_dangling(&v->dangling[i]);
    if (!v->wal)
        printf("%s\n", _("note: the source is not in WAL mode: while a snapshot reads it, its "
                         "writers wait"));
}

/* Names and definitions of a database may be any bytes; JSON is not. */
static json_t *
text_json(const char *text)
{
    CLEANUP(freep) char *shown = str_shown(text);

    return shown ? json_string(shown) : NULL;
}

static json_t *
columns_json(const struct plan_table *t, enum plan_column what)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < t->source->column_count; i++) {
        if (t->columns[i] == what &&
            json_array_append_new(list, text_json(t->source->columns[i].name)) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *
table_json(const struct plan_table *t, const struct survey_table *count)
{
    return json_pack("{s:o, s:I, s:I, s:o, s:o, s:o, s:s?, s:b}", "name", text_json(t->name),
                     "rows", (json_int_t)count->rows, "admitted", (json_int_t)count->admitted,
                     "columns", columns_json(t, PLAN_PUBLISHED), "emptied",
                     columns_json(t, PLAN_EMPTIED), "omitted", columns_json(t, PLAN_OMITTED),
                     "where", t->filter->where, "row_local", t->row_local);
}

static json_t *
kept_back_json(const struct plan_kept_back *k)
{
    return json_pack("{s:s, s:o, s:o, s:s}", "kind", k->kind, "name", text_json(k->name), "table",
                     text_json(k->table), "reason", k->reason);
}

/* Append to a list that may be NULL for want of memory; then it stays NULL. */
static void
add_json(json_t **list, json_t *item)
{
    if (*list && json_array_append_new(*list, item) < 0) {
        json_decref(*list);
        *list = NULL;
    }
}

static json_t *
dangling_json(const struct survey_dangling *d)
{
    json_t *columns = json_array();

    for (size_t i = 0; i < d->key->column_count; i++)
        add_json(&columns, text_json(d->key->columns[i]));
    return json_pack("{s:o, s:o, s:o, s:I}", "table", text_json(d->table), "columns", columns,
                     "parent", text_json(d->key->parent), "rows", (json_int_t)d->rows);
}

static int
print_json(const struct survey *v, struct err *e)
{
    const struct plan *p = v->plan;
    json_t *tables = json_array(), *indexes = json_array(), *views = json_array();
    json_t *kept_back = json_array(), *dangling = json_array(), *all;
    int r;

    for (size_t i = 0; i < p->table_count; i++)
        add_json(&tables, table_json(&p->tables[i], &v->tables[i]));
    for (size_t i = 0; i < p->index_count; i++)
        add_json(&indexes, text_json(p->indexes[i].name));
    for (size_t i = 0; i < p->view_count; i++)
        add_json(&views, text_json(p->views[i].name));
    for (size_t i = 0; i < p->kept_back_count; i++)
        add_json(&kept_back, kept_back_json(&p->kept_back[i]));
    for (size_t i = 0; i < v->dangling_count; i++)
        add_json(&dangling, dangling_json(&v->dangling[i]));
    all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b}", "tables", tables, "indexes", indexes, "views",
                    views, "kept_back", kept_back, "dangling", dangling, "wal", v->wal);
    if (!all)
        return err_set(e, ERR_NOMEM, "%s", _("the result cannot be written as JSON"));
    r = json_dumpf(all, stdout, JSON_COMPACT);
    json_decref(all);
    printf("\n");
    return r < 0 ? err_set(e, ERR_NOMEM, "%s", _("the result cannot be written as JSON")) : 0;
}

/* Without a database: what the filter says, its defaults included. */
static int
print_filter(const struct filter *filter, const struct check_options *o, struct err *e)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)16 << 20);
    int r;

    if (o->json)
        return err_set(e, ERR_CONFIG, "%s", _("--json counts rows, and needs a SOURCE to do it"));
    r = filter_write(filter, &b);
    if (r < 0)
        return err_set(e, r, "%s", _("the filter is too long to be written"));
    printf("%s", buf_str(&b));
    return 0;
}

int
cmd_check(const struct command_call *call, struct err *e)
{
    const struct check_options *o = call->options;
    CLEANUP(buf_done) struct buf yaml = BUF_INIT(OPTION_YAML_MAX);
    CLEANUP(filter_freep) struct filter *filter = NULL;
    CLEANUP(source_close) struct source s = {0};
    CLEANUP(survey_done) struct survey v = {0};
    int r = filter_file_read(o->filter, &yaml, &filter, e);

    if (r == 0 && call->arg_count == 0)
        return print_filter(filter, o, e);
    if (r == 0)
        r = source_open(call->args[0], o->busy_timeout_ms, NULL, &s, e);
    if (r == 0) {
        r = heap_explain(survey_make(&s, filter, &v, e), e);
        if (r < 0)
            return err_wrap(e, _("source \"%s\""), call->args[0]);
    }
    if (r == 0 && o->json)
        r = print_json(&v, e);
    else if (r == 0)
        print_text(&v);
    return r;
}
