/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_FILTER_H
#define FEED_FILTER_H

#include "base/err.h"
#include "base/option.h"

/*
 * What a feed admits, as its author wrote it: the public/private boundary.
 * Tables that are not named stay where they are; so do rows whose condition
 * is not true, and columns that are not named. How it fits a given
 * database is judged by plan.h.
 */
struct filter_table {
    const char *name;  /* compared as SQLite compares names: ASCII letters without case */
    const char *where; /* SQL condition, or NULL: every row */
    struct option_strings columns; /* items NULL: every column; an empty list is refused */
    bool omit; /* leave other columns out of the schema instead of emptying them */
};

/* Owned, and immutable once it is made. One filter may serve many threads. */
struct filter;

#define FILTER_TABLES_MAX  10000 /* tables of one filter, inclusive */
#define FILTER_COLUMNS_MAX 2000  /* columns of one table, inclusive; SQLite's default limit */
#define FILTER_WHERE_MAX   4096  /* bytes of one condition, inclusive */
#define FILTER_NAME_MAX    1024  /* bytes of a name, inclusive */

/* The table that describes the YAML form; for the sample file and the manual. */
extern const struct option_set filter_options;

/*
 * Make a filter from `count` tables, copied, and check all that needs no
 * database (filter_check_syntax). Fails with ERR_CONFIG, ERR_DENIED, ERR_LIMIT,
 * ERR_NOMEM.
 */
int filter_new(const struct filter_table *tables, size_t count, struct filter **ret, struct err *e)
    MUST_CHECK;

/* The same from `len` bytes of YAML; `origin` is the file's name for messages. */
int filter_parse(const char *yaml, size_t len, const char *origin, struct filter **ret,
                 struct err *e) MUST_CHECK;

void filter_free(struct filter *f);
DEFINE_FREEP(struct filter, filter_free)

/* The tables, in the order of the file. Borrowed until filter_free(). */
const struct filter_table *filter_tables(const struct filter *f, size_t *ret_count);

/* Append the filter as YAML that filter_parse() reads back. */
int filter_write(const struct filter *f, struct buf *ret) MUST_CHECK;

#endif
