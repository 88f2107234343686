/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_PLAN_MAKER_H
#define FEED_PLAN_MAKER_H

#include "base/buf.h"
#include "feed/judge.h"
#include "feed/plan.h"

#include <string.h>

/*
 * What the files that make a plan share; nobody else includes this. plan.c calls plan_table.c
 * and plan_virtual.c, these call plan_maker.c.
 */

#define PLAN_TEXT_MAX ((size_t)64 << 20) /* bytes of one statement */

/* A plan being made. */
struct maker {
    const struct sql *sql;
    const struct filter_table *filters;
    size_t filter_count;
    struct plan *plan;
    struct judge *judge;
    const char *key_prefix; /* no object's name starts with it */
    struct err *e;
};

/* An element behind the last one of a list that doubles inside the arena; NULL: no memory. */
#define PUSH(m, list, count)                                                                       \
    ({                                                                                             \
        if (((count) & ((count)-1)) == 0) {                                                        \
            size_t more_ = (count) ? (count)*2 : 1;                                                \
            __auto_type copy_ = arena_array(&(m)->plan->arena, more_, sizeof *(list));             \
            if (copy_ && (count) > 0)                                                              \
                memcpy(copy_, (list), (count) * sizeof *(list));                                   \
            (list) = copy_;                                                                        \
        }                                                                                          \
        (list) ? &(list)[(count)++] : NULL;                                                        \
    })

/*
 * Common to all: functions that fail set m->e. What they keep lives in the
 * plan's arena.
 */

/* The filter's entry, or the plan's table, of this name; NULL: there is none. */
const struct filter_table *maker_find_filter(const struct maker *m, const char *name);
struct plan_table *maker_find_table(const struct maker *m, const char *name);

/* ERR_DENIED, with the sentence around every refusal of a table. */
int maker_refuse_table(struct maker *m, const char *name, const char *why);

/* Note something that stays; see struct plan_kept_back. */
int maker_keep_back(struct maker *m, const char *kind, const char *name, const char *table,
                    const char *reason) MUST_CHECK;

/* Move a finished text into the arena; `r` is what making it has returned. */
int maker_keep_text(struct maker *m, const struct buf *b, int r, const char **ret) MUST_CHECK;

/* Whether the values of a column leave. */
bool maker_is_published(const struct plan_table *t, const char *column);

/* plan_table.c: the definition of an ordinary table, and the keys that are made after its rows. */
int plan_definition(struct maker *m, struct plan_table *t) MUST_CHECK;

/* plan_table.c: the statement that copies the rows. */
int plan_fill(struct maker *m, struct plan_table *t) MUST_CHECK;

/* plan_table.c: two numbers of one scan: how many rows of `of` there are, and how many leave. */
int plan_count(struct maker *m, const struct plan_table *of, const char **ret) MUST_CHECK;

/* plan_table.c: keys have names of their own until they get those of SQLite. */
int plan_key_prefix(struct maker *m) MUST_CHECK;

/* plan_virtual.c: a virtual table of a module that is known. */
int plan_virtual(struct maker *m, struct plan_table *t) MUST_CHECK;
bool plan_is_fts5(const struct ddl_virtual *v);
bool plan_is_rtree(const struct ddl_virtual *v);

#endif
