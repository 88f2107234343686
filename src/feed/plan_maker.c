/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/plan_maker.h"

#include "base/i18n.h"
#include "base/str.h"

const struct filter_table *
maker_find_filter(const struct maker *m, const char *name)
{
    for (size_t i = 0; i < m->filter_count; i++) {
        if (str_eq_nocase(m->filters[i].name, name))
            return &m->filters[i];
    }
    return NULL;
}

struct plan_table *
maker_find_table(const struct maker *m, const char *name)
{
    for (size_t i = 0; i < m->plan->table_count; i++) {
        if (str_eq_nocase(m->plan->tables[i].name, name))
            return &m->plan->tables[i];
    }
    return NULL;
}

int
maker_refuse_table(struct maker *m, const char *name, const char *why)
{
    return err_set(m->e, ERR_DENIED, _("table \"%s\" is refused: %s"), CLIP(name), why);
}

int
maker_keep_back(struct maker *m, const char *kind, const char *name, const char *table,
                const char *reason)
{
    struct plan_kept_back *k = PUSH(m, m->plan->kept_back, m->plan->kept_back_count);

    if (!k)
        return err_nomem(m->e);
    *k = (struct plan_kept_back){.kind = kind, .name = name, .table = table, .reason = reason};
    return 0;
}

int
maker_keep_text(struct maker *m, const struct buf *b, int r, const char **ret)
{
    if (r < 0)
        return r == ERR_NOMEM ? err_nomem(m->e)
                              : err_set(m->e, r, "%s", _("a definition is too long"));
    *ret = arena_strndup(&m->plan->arena, buf_str(b), b->len);
    return *ret ? 0 : err_nomem(m->e);
}

bool
maker_is_published(const struct plan_table *t, const char *column)
{
    const struct schema_column *c = schema_column(t->source, column);

    return c && t->columns[c - t->source->columns] == PLAN_PUBLISHED;
}
