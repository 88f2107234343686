/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_FEED_DB_UNIT_H
#define TEST_UNIT_FEED_DB_UNIT_H

#include "unit.h"

#include "feed/filter.h"
#include "feed/plan.h"
#include "feed/sql.h"

#include <string.h>

/* A database in memory that `text` fills; it must be SQL that SQLite takes. */
static inline sqlite3 *
db_new(const char *text)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    return db;
}

static inline void
db_closep(sqlite3 **db)
{
    assert_int_equal(sqlite3_close(*db), SQLITE_OK);
}

/* Plan the filter `yaml` against `db`; the code of plan_make(), or of filter_parse(). */
static inline int
db_plan(sqlite3 *db, const char *yaml, struct filter **ret_filter, struct plan **ret, struct err *e)
{
    struct sql s = {.db = db};
    int r = filter_parse(yaml, strlen(yaml), "filter.yaml", ret_filter, e);

    return r < 0 ? r : plan_make(&s, *ret_filter, ret, e);
}

#endif
