/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_JUDGE_H
#define FEED_JUDGE_H

#include "base/arena.h"
#include "base/err.h"
#include "feed/schema.h"

/*
 * What a condition or a definition may refer to is decided by SQLite itself,
 * never by matching text: it is compiled against a database in memory that
 * has nothing but what the filter admits.
 *
 *   schema "leat row"  the admitted tables with all their columns: what a
 *                      condition sees of its own row
 *   schema "temp"      the same again under the same names: what unqualified
 *                      names in a sub-query resolve to. Only published columns
 *                      may be read there
 *   schema "public"    the published columns as tables: what an index, a
 *                      check, a generated column or a view may refer to
 *
 * A sub-query finds columns that it may not read, so that their names mean what
 * their author meant and are refused, instead of being taken for columns of the
 * row around it. The build evaluates conditions under the same names
 * (plan.h, scopes), so that what was judged is what runs.
 */
struct judge;

/* A published part of a table: which of its columns leave. */
struct judge_table {
    const struct schema_table *table;
    const bool *published; /* one a column */
};

/*
 * Make the databases for `count` tables, borrowed until judge_free().
 * Fails with ERR_NOMEM, ERR_PROTO (a definition SQLite does not take).
 */
int judge_new(const struct schema *schema, const struct judge_table *tables, size_t count,
              struct judge **ret, struct err *e) MUST_CHECK;
void judge_free(struct judge *j);
DEFINE_FREEP(struct judge, judge_free)

/* Sub-queries of one condition, inclusive. */
#define JUDGE_SELECTS_MAX 16

/* What a condition turned out to be. */
struct judge_verdict {
    bool row_local;  /* reads nothing but columns of the row itself */
    bool uses_dates; /* calls a date function, whose arguments must be watched when it runs */
};

/*
 * Judge the condition of a table. Refused with ERR_DENIED or ERR_CONFIG, the
 * message naming the table, the condition and what is not allowed.
 */
int judge_condition(struct judge *j, const char *table, const char *where,
                    struct judge_verdict *ret, struct err *e) MUST_CHECK;

/*
 * The part of judge_condition() that needs no database: it is one expression,
 * in and out of parentheses, without parameters, common table expressions and
 * calls of a date function for the current time, and within its bounds.
 */
int judge_syntax(const char *table, const char *where, struct err *e) MUST_CHECK;

/*
 * What is public. The answer is no where memory is exhausted: judge_check()
 * must be asked when all is done.
 */

/* Whether an expression over the columns of `table` needs published ones only. */
bool judge_expr_is_public(struct judge *j, const char *table, const char *expr);

/* Whether an index with this definition behind its name could be made on published columns. */
bool judge_index_is_public(struct judge *j, const char *tail, bool unique);

/* ERR_NOMEM when one of the answers above and below was not judged. */
int judge_check(const struct judge *j, struct err *e) MUST_CHECK;

/* One column of an index that SQLite makes by itself. */
struct judge_key_column {
    const char *index;     /* name of the index, "sqlite_autoindex_t_1" */
    const char *name;      /* of the column */
    const char *collation; /* by which it is sorted */
    bool is_descending;
};

/*
 * The indexes that SQLite makes by itself for `table`, were it created by
 * `create` in schema "out": their columns, index after index, in `a`. The key by
 * which a WITHOUT ROWID table is stored is not one of them.
 */
int judge_keys(struct judge *j, const char *table, const char *create, struct arena *a,
               struct judge_key_column **ret, size_t *ret_count, struct err *e) MUST_CHECK;

/*
 * Add a view by its definition behind the name; then, when all are added,
 * judge_view_is_public() tells whether everything it reads is published.
 * Views read views: judge again until nothing changes, dropping what fails.
 */
int judge_add_view(struct judge *j, const char *name, const char *tail, struct err *e) MUST_CHECK;
bool judge_view_is_public(struct judge *j, const char *name);
int judge_drop_view(struct judge *j, const char *name, struct err *e) MUST_CHECK;

/* Names of the date functions, NULL at the end: deterministic unless they are asked for "now". */
extern const char *const judge_date_functions[];

#endif
