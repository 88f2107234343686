/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEAT_FILTER_H
#define LEAT_FILTER_H

#include <leat/error.h>

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What leaves a database: tables, rows, columns. What is not named stays.
 * Immutable once it is made, so that threads may share one.
 */
struct leat_filter;

struct leat_filter_table {
    const char *name;           /* as SQLite compares names: ASCII letters without case */
    const char *where;          /* SQL condition, or NULL: every row */
    const char *const *columns; /* published columns; NULL: all */
    size_t column_count;
    bool omit; /* leave the other columns out of the schema instead of emptying them */
};

/*
 * Make a filter from `count` tables; everything is copied. On success `*ret` is
 * owned by the caller: leat_filter_free(). All that leat_filter_validate()
 * checks is checked here too.
 */
LEAT_PUBLIC int leat_filter_new(const struct leat_filter_table *tables, size_t count,
                                struct leat_filter **ret, struct leat_error *error);

/* The same from `len` bytes of YAML; `origin` names them in messages: "filter.yaml". */
LEAT_PUBLIC int leat_filter_parse(const char *yaml, size_t len, const char *origin,
                                  struct leat_filter **ret, struct leat_error *error);

/* The same from a file. LEAT_ERROR_NOT_FOUND, _SYSTEM when it cannot be read. */
LEAT_PUBLIC int leat_filter_load(const char *path, struct leat_filter **ret,
                                 struct leat_error *error);

/* NULL is fine. */
LEAT_PUBLIC void leat_filter_free(struct leat_filter *filter);

/*
 * Check tables as far as that is possible without a database: names, lists,
 * and that each condition is one expression without parameters.
 * Fails with LEAT_ERROR_CONFIGURATION, _DENIED, _LIMIT, _MEMORY.
 */
LEAT_PUBLIC int leat_filter_validate(const struct leat_filter_table *tables, size_t count,
                                     struct leat_error *error);

/* How a filter fits a table of a database. */
struct leat_filter_fit {
    const char *table; /* as the database spells it; borrowed for the call */
    bool row_local;    /* its condition reads nothing but columns of the row itself */
};

/*
 * Judge a filter against the SQLite database at `path`, which is only read.
 * `on_table`, which may be NULL, is called for each admitted table in the order of names;
 * returning false ends with LEAT_ERROR_CANCELLED.
 * Fails with LEAT_ERROR_DENIED, _CONFIGURATION: the message names table, condition and
 * what is not allowed; and as leat_snapshot_build() for the database.
 */
LEAT_PUBLIC int leat_filter_check(const struct leat_filter *filter, const char *path,
                                  bool (*on_table)(void *ctx, const struct leat_filter_fit *fit),
                                  void *ctx, struct leat_error *error);

#ifdef __cplusplus
}
#endif

#endif
