/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/base.h"

/*
 * Progress of long work for the person who waits: a bar where standard error
 * is a terminal, a line of the log every few seconds elsewhere.
 */
struct progress {
    bool quiet, terminal, drawn;
    uint64_t next_ns; /* when the next line is due */
};

#define PROGRESS_LINE_MS 3000 /* between two lines; work that is done sooner gets none */

void progress_init(struct progress *p, bool quiet, uint64_t now_ns);

/* Show `permille` (0 to 1000) of the work done; `what` says which part, `name` on what ("" if
 * none). */
void progress_show(struct progress *p, const char *what, const char *name, unsigned permille,
                   uint64_t now_ns);

/* Take the bar away, before anything else is printed. */
void progress_clear(struct progress *p);

#endif
