/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/arena.h"
#include "base/option.h"

/*
 * The command line as a table: leat COMMAND [OPTIONS] ARGUMENTS. Each command
 * has a file of its own, cmd_NAME.c, and a row in commands.c.
 */
struct command_call {
    const struct command *command;
    const void *options; /* the struct that command->options describes, filled */
    char **args;         /* arguments that are not options; borrowed, NULL at the end */
    size_t arg_count;
    struct arena *arena; /* lives as long as the call */
};

struct command {
    const char *name;                 /* "snapshot", "ca issue" */
    const char *args;                 /* "SOURCE OUT" for --help, or NULL */
    size_t args_min, args_max;        /* inclusive */
    const char *summary;              /* one line, N_() */
    const char *description;          /* paragraphs for --help and the manual, N_(); or NULL */
    const struct option_set *options; /* or NULL */
    bool hidden;                      /* not in --help: the worker processes */

    /*
     * Do it. Results go to standard output. Returns 0 or, with `e` set, an error
     * that main() prints; ERR_CONFIG and ERR_DENIED exit with 2, others with 1.
     */
    int (*run)(const struct command_call *call, struct err *e);
};

/* All commands, NULL name at the end. */
extern const struct command commands[];

enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
};

#endif
