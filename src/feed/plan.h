/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_PLAN_H
#define FEED_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "feed/filter.h"
#include "feed/schema.h"

/*
 * A filter and a database together: the statements that build a snapshot, and
 * what is kept back. Made within the read transaction in which the statements
 * will run, so that nothing can change in between.
 *
 * The statements know the source as schema "main" and the snapshot as "out".
 */
enum plan_column {
    PLAN_PUBLISHED, /* its values leave */
    PLAN_EMPTIED,   /* its name and type leave, with the same empty value in every row */
    PLAN_OMITTED,   /* nothing of it leaves */
};

struct plan_table {
    const char *name; /* as the source spells it */
    const struct schema_table *source;
    const struct filter_table *filter;
    const enum plan_column *columns; /* one a column of source */
    const char *create;              /* statement that creates it, without deferred keys */
    const char *definition; /* its text in sqlite_schema with them; NULL: none is deferred */
    const char *fill;       /* statement that copies its rows */
    const char *count;      /* query: rows in all, rows admitted */
    bool row_local;         /* its condition reads nothing but the row itself */
    bool uses_dates;        /* its condition calls a date function */
    bool fill_last;         /* computed from other tables of the snapshot */
};

/* An index or a view that is carried over. */
struct plan_object {
    const char *name;
    const char *create;
};

/*
 * The index that SQLite makes by itself for a PRIMARY KEY or UNIQUE. Filled row
 * by row, in the order of the rows, it is written in random order, all of it again and
 * again once it outgrows the cache. So its table is created without the constraint,
 * the index is made when the rows are there, by sorting, and sqlite_schema is
 * given the texts that SQLite itself would have written.
 */
struct plan_key {
    const char *name;      /* "sqlite_autoindex_t_1" */
    const char *temporary; /* name under which `create` makes it */
    const char *create;
};

/* Something of the source that stays. */
struct plan_kept_back {
    const char *kind;   /* "table", "index", "view", "trigger", "constraint": not translated */
    const char *name;   /* of it; of a constraint, its text */
    const char *table;  /* that it belongs to, or "" */
    const char *reason; /* N_() */
};

struct plan {
    struct arena arena; /* everything below lives in it */
    struct schema schema;
    struct plan_table *tables; /* in the order of their names */
    size_t table_count;
    struct plan_key *keys;
    size_t key_count;
    struct plan_object *indexes;
    size_t index_count;
    struct plan_object *views;
    size_t view_count;
    struct plan_kept_back *kept_back;
    size_t kept_back_count;
    /* Temporary views that conditions with sub-queries read in place of the tables. */
    const char **scopes;
    size_t scope_count;
};

/*
 * Fit `filter`, borrowed as long as the plan lives, to the database of `s`,
 * which must be in a read transaction. Fails with ERR_DENIED or ERR_CONFIG,
 * naming table, column or condition and what is not allowed; ERR_PROTO,
 * ERR_BUSY, ERR_NOMEM.
 */
int plan_make(const struct sql *s, const struct filter *filter, struct plan **ret, struct err *e)
    MUST_CHECK;

void plan_free(struct plan *p);
DEFINE_FREEP(struct plan, plan_free)

#endif
