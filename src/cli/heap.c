/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/heap.h"

#include "base/i18n.h"

#include <sqlite3.h>

void
heap_bound(void)
{
    (void)sqlite3_hard_heap_limit64(HEAP_MAX); /* returns the limit before */
}

int
heap_explain(int r, struct err *e)
{
    /* What did not fit was often a large piece: the heap need not have been full. */
    if (r != ERR_NOMEM || sqlite3_memory_highwater(0) <= HEAP_MAX / 2)
        return r;
    return err_set(e, ERR_LIMIT,
                   _("more than the %lld MiB of memory that may be used are needed; a sub-query of "
                     "the filter collects too much"),
                   (long long)(HEAP_MAX >> 20));
}
