/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_DIFF_H
#define STORE_DIFF_H

#include "base/err.h"

/* How the rows of one table differ between two snapshots. */
struct diff_table {
    const char *name; /* borrowed for the call */
    int64_t added, changed, removed;
};

/*
 * Compare two snapshots, neither of which may change meanwhile; `old` may be NULL:
 * everything is added. `on_table` is called for each table with a difference, in the
 * order of names. A table whose columns differ counts as removed and added.
 * Reads both files wholly. Fails with ERR_NOTFOUND, ERR_SYS, ERR_PROTO, ERR_NOMEM.
 */
int diff_snapshots(const char *old, const char *new,
                   void (*on_table)(void *ctx, const struct diff_table *table), void *ctx,
                   struct err *e) MUST_CHECK;

#endif
