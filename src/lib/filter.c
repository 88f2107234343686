/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/filter.h"

#include "base/i18n.h"
#include "feed/filter.h"
#include "feed/plan.h"
#include "lib/public.h"
#include "store/file.h"
#include "store/source.h"

#include <leat/filter.h>

#define CHECK_BUSY_TIMEOUT_MS 10000 /* how long leat_filter_check() waits for a locked source */

/* The handle is the filter itself; only the name is public. */
struct leat_filter;

const struct filter *
lib_filter(const struct leat_filter *f)
{
    return (const struct filter *)f;
}

static int
to_filter(const struct leat_filter_table *tables, size_t count, struct filter **ret, struct err *e)
{
    CLEANUP(freep) struct filter_table *ours = calloc(count + 1, sizeof *ours);

    if (!ours)
        return err_nomem(e);
    for (size_t i = 0; i < count; i++)
        ours[i] = (struct filter_table){
            .name = tables[i].name,
            .where = tables[i].where,
            /* Only read: filter_new() copies. */
            .columns = {.items = (const char **)tables[i].columns,
                        .count = tables[i].columns ? tables[i].column_count : 0},
            .omit = tables[i].omit,
        };
    return filter_new(ours, count, ret, e);
}

int
leat_filter_new(const struct leat_filter_table *tables, size_t count, struct leat_filter **ret,
                struct leat_error *error)
{
    struct filter *f = NULL;
    struct err e = {0};

    if (to_filter(tables, count, &f, &e) < 0)
        return public_error(&e, error);
    *ret = (struct leat_filter *)f;
    return 0;
}

int
leat_filter_parse(const char *yaml, size_t len, const char *origin, struct leat_filter **ret,
                  struct leat_error *error)
{
    struct filter *f = NULL;
    struct err e = {0};

    if (filter_parse(yaml, len, origin, &f, &e) < 0)
        return public_error(&e, error);
    *ret = (struct leat_filter *)f;
    return 0;
}

int
leat_filter_load(const char *path, struct leat_filter **ret, struct leat_error *error)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(OPTION_YAML_MAX);
    struct err e = {0};

    if (file_read(path, &b, &e) < 0)
        return public_error(&e, error);
    return leat_filter_parse(buf_str(&b), b.len, path, ret, error);
}

void
leat_filter_free(struct leat_filter *filter)
{
    filter_free((struct filter *)filter);
}

int
leat_filter_validate(const struct leat_filter_table *tables, size_t count, struct leat_error *error)
{
    CLEANUP(filter_freep) struct filter *f = NULL;
    struct err e = {0};

    return to_filter(tables, count, &f, &e) < 0 ? public_error(&e, error) : 0;
}

static int
check(const struct filter *filter, const char *path,
      bool (*on_table)(void *ctx, const struct leat_filter_fit *fit), void *ctx, struct err *e)
{
    CLEANUP(source_close) struct source s = {0};
    CLEANUP(plan_freep) struct plan *p = NULL;
    int r = source_open(path, CHECK_BUSY_TIMEOUT_MS, NULL, &s, e);

    if (r < 0)
        return r;
    r = source_begin(&s, e);
    if (r == 0)
        r = plan_make(&s.sql, filter, &p, e);
    if (r < 0)
        return err_wrap(e, _("source \"%s\""), path);
    for (size_t i = 0; r == 0 && on_table && i < p->table_count; i++) {
        struct leat_filter_fit fit = {.table = p->tables[i].name,
                                      .row_local = p->tables[i].row_local};

        if (!on_table(ctx, &fit))
            r = err_set(e, ERR_CANCELLED, "%s", _("interrupted"));
    }
    return r;
}

int
leat_filter_check(const struct leat_filter *filter, const char *path,
                  bool (*on_table)(void *ctx, const struct leat_filter_fit *fit), void *ctx,
                  struct leat_error *error)
{
    struct err e = {0};

    return check(lib_filter(filter), path, on_table, ctx, &e) < 0 ? public_error(&e, error) : 0;
}
