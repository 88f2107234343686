/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_WORKER_H
#define CLI_WORKER_H

/* Arguments with which this program starts itself as a worker, NULL at the end. */
struct worker_argv {
    char *argv[12];
};

/*
 * Fill `w` for the hidden command `name`, which is borrowed; the worker logs as
 * this process does. Returns w->argv.
 */
char *const *worker_argv(struct worker_argv *w, const char *name);

/* Add an argument of the command's own, borrowed; there is room for five. */
void worker_add(struct worker_argv *w, const char *arg);

#endif
