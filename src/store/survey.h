/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_SURVEY_H
#define STORE_SURVEY_H

#include "base/err.h"
#include "feed/plan.h"
#include "store/source.h"

/*
 * What of a database would leave through a filter, counted on the source
 * itself, without making a snapshot.
 */
struct survey_table {
    int64_t rows;     /* in the source */
    int64_t admitted; /* of them, those that leave */
};

/* Rows that leave and refer by a foreign key to rows that stay. */
struct survey_dangling {
    const char *table;            /* borrowed from the plan, like the others */
    const struct ddl_clause *key; /* the foreign key: its columns, and the table it refers to */
    int64_t rows;
};

struct survey {
    struct plan *plan;           /* owned */
    bool wal;                    /* the source is in WAL mode */
    struct survey_table *tables; /* one a table of the plan; in its arena */
    struct survey_dangling *dangling;
    size_t dangling_count;
};

/*
 * Read everything in one transaction. `filter` is borrowed as long as the
 * survey lives. Fails as plan_make() does, and with what its queries fail with.
 */
int survey_make(struct source *s, const struct filter *filter, struct survey *ret, struct err *e)
    MUST_CHECK;

void survey_done(struct survey *s);

#endif
