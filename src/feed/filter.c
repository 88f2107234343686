/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/filter.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/judge.h"

#include <string.h>

#define FILTER_ARENA_MAX ((size_t)64 << 20) /* bytes of one filter */

static const struct option table_members[] = {
    {
        .name = "name",
        .type = OPTION_STRING,
        .flags = OPTION_REQUIRED,
        .offset = offsetof(struct filter_table, name),
        .help = N_("table to admit, its name as SQLite compares names: case does not matter"),
        .sample = "badges",
    },
    {
        .name = "where",
        .type = OPTION_STRING,
        .flags = OPTION_NO_COMMENT,
        .offset = offsetof(struct filter_table, where),
        .help = N_("SQL condition; rows for which it is true leave, rows for which it is false or "
                   "NULL do not"),
        .sample = "visibility = 'public'",
    },
    {
        .name = "columns",
        .type = OPTION_STRINGS,
        .offset = offsetof(struct filter_table, columns),
        .help = N_("columns to publish; of the others the name and type leave, with NULL, 0 or an "
                   "empty text in every row"),
    },
    {
        .name = "omit",
        .type = OPTION_BOOL,
        .offset = offsetof(struct filter_table, omit),
        .def = "false",
        .help = N_("leave the other columns out of the schema altogether"),
    },
    {.name = NULL},
};

static const struct option_set table_options = {
    .name = "table",
    .size = sizeof(struct filter_table),
    .options = table_members,
};

/* What the file as a whole is read into. */
struct filter_file {
    struct option_sections tables;
};

static const struct option file_members[] = {
    {
        .name = "tables",
        .type = OPTION_SECTIONS,
        .flags = OPTION_REQUIRED,
        .offset = offsetof(struct filter_file, tables),
        .help = N_("tables that leave; what is not listed stays"),
        .sections = &table_options,
    },
    {.name = NULL},
};

const struct option_set filter_options = {
    .name = "filter",
    .size = sizeof(struct filter_file),
    .options = file_members,
};

struct filter {
    struct arena arena;
    struct filter_file file;
};

static int
check_columns(const struct filter_table *t, struct err *e)
{
    const struct option_strings *columns = &t->columns;

    if (columns->count > FILTER_COLUMNS_MAX)
        return err_set(e, ERR_LIMIT, _("table \"%s\": %zu columns, over %d"), CLIP(t->name),
                       columns->count, FILTER_COLUMNS_MAX);
    if (columns->count == 0) {
        /* No column to one reader, all of them to another. */
        if (columns->items)
            return err_set(e, ERR_CONFIG, _("table \"%s\": the list of columns is empty"),
                           CLIP(t->name));
        if (t->omit)
            return err_set(e, ERR_CONFIG,
                           _("table \"%s\": \"omit\" needs \"columns\", which says what is left"),
                           CLIP(t->name));
    }
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->items[i][0] == '\0' || strlen(columns->items[i]) > FILTER_NAME_MAX)
            return err_set(e, ERR_CONFIG,
                           _("table \"%s\": column \"%s\": a name has 1 to %d bytes"),
                           CLIP(t->name), CLIP(columns->items[i]), FILTER_NAME_MAX);
        for (size_t k = 0; k < i; k++) {
            if (str_eq_nocase(columns->items[i], columns->items[k]))
                return err_set(e, ERR_CONFIG, _("table \"%s\": column \"%s\" is listed twice"),
                               CLIP(t->name), CLIP(columns->items[i]));
        }
    }
    return 0;
}

/* All that needs no database. */
static int
check(const struct filter *f, struct err *e)
{
    size_t count;
    const struct filter_table *tables = filter_tables(f, &count);

    if (count > FILTER_TABLES_MAX)
        return err_set(e, ERR_LIMIT, _("%zu tables, over %d"), count, FILTER_TABLES_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct filter_table *t = &tables[i];
        int r;

        if (!t->name || t->name[0] == '\0' || strlen(t->name) > FILTER_NAME_MAX)
            return err_set(e, ERR_CONFIG, _("table \"%s\": a name has 1 to %d bytes"),
                           t->name ? CLIP(t->name) : "", FILTER_NAME_MAX);
        for (size_t k = 0; k < i; k++) {
            if (str_eq_nocase(t->name, tables[k].name))
                return err_set(e, ERR_CONFIG, _("table \"%s\" is listed twice"), CLIP(t->name));
        }
        if (t->where && t->where[0] == '\0')
            return err_set(e, ERR_CONFIG, _("table \"%s\": the condition is empty"), CLIP(t->name));
        r = check_columns(t, e);
        if (r == 0 && t->where)
            r = judge_syntax(t->name, t->where, e);
        if (r < 0)
            return r;
    }
    return 0;
}

static struct filter *
filter_alloc(void)
{
    struct filter *f = malloc(sizeof *f);

    if (!f)
        return NULL;
    *f = (struct filter){.arena = ARENA_INIT(FILTER_ARENA_MAX)};
    option_defaults(&filter_options, &f->file);
    return f;
}

static int
copy_table(struct arena *a, const struct filter_table *from, struct filter_table *to)
{
    *to = (struct filter_table){.omit = from->omit};
    to->name = from->name ? arena_strdup(a, from->name) : NULL;
    to->where = from->where ? arena_strdup(a, from->where) : NULL;
    if ((from->name && !to->name) || (from->where && !to->where))
        return ERR_NOMEM;
    if (!from->columns.items)
        return 0;
    to->columns.items = arena_array(a, from->columns.count + 1, sizeof *to->columns.items);
    if (!to->columns.items)
        return ERR_NOMEM;
    for (size_t i = 0; i < from->columns.count; i++) {
        to->columns.items[i] = arena_strdup(a, from->columns.items[i]);
        if (!to->columns.items[i])
            return ERR_NOMEM;
        to->columns.count++;
    }
    return 0;
}

int
filter_new(const struct filter_table *tables, size_t count, struct filter **ret, struct err *e)
{
    CLEANUP(filter_freep) struct filter *f = filter_alloc();
    struct filter_table *copies;
    int r;

    if (!f)
        return err_nomem(e);
    copies = arena_array(&f->arena, count + 1, sizeof *copies);
    if (!copies)
        return err_nomem(e);
    for (size_t i = 0; i < count; i++) {
        if (copy_table(&f->arena, &tables[i], &copies[i]) < 0)
            return err_nomem(e);
    }
    f->file.tables = (struct option_sections){.items = copies, .count = count};
    r = check(f, e);
    if (r < 0)
        return r;
    *ret = TAKE(f);
    return 0;
}

int
filter_parse(const char *yaml, size_t len, const char *origin, struct filter **ret, struct err *e)
{
    CLEANUP(filter_freep) struct filter *f = filter_alloc();
    int r;

    if (!f)
        return err_nomem(e);
    r = option_read_yaml(&filter_options, yaml, len, origin, &f->arena, &f->file, e);
    if (r < 0)
        return r;
    r = check(f, e);
    if (r < 0)
        return err_wrap(e, "%s", origin);
    *ret = TAKE(f);
    return 0;
}

void
filter_free(struct filter *f)
{
    if (!f)
        return;
    arena_done(&f->arena);
    free(f);
}

const struct filter_table *
filter_tables(const struct filter *f, size_t *ret_count)
{
    *ret_count = f->file.tables.count;
    return f->file.tables.items;
}

int
filter_write(const struct filter *f, struct buf *ret)
{
    return option_write_yaml(&filter_options, &f->file, ret);
}
