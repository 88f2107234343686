/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_HEAP_H
#define CLI_HEAP_H

#include "base/err.h"

/*
 * The memory that SQLite may use in a process of ours. A build needs under
 * 32 MiB; what a sub-query of the filter collects comes on top, and must not
 * take the machine's.
 */
#define HEAP_MAX ((int64_t)512 << 20) /* bytes, inclusive */

/* Bound it, before SQLite is used. The library leaves this to whoever links it. */
void heap_bound(void);

/* The code `r` again; where it is a want of memory that the bound has made, `e` says so. */
int heap_explain(int r, struct err *e);

#endif
