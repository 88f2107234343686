/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include "cli/command.h"

#include <stdio.h>

/*
 * The command line of one command, read by argp from the option tables, and
 * its --help, written by argp from the same tables.
 */

/* What every command knows. */
struct global_options {
    int log_format; /* enum log_format */
    int log_level;  /* enum log_level */
};

extern const struct option_set global_options;

struct args {
    struct global_options global;
    void *options; /* the struct of command->options, in the arena; NULL without them */
    char **args;   /* in the arena, NULL at the end; the texts are those of argv */
    size_t arg_count;
    bool help;    /* --help was given; nothing behind it was looked at */
    bool version; /* the same for --version, which only "leat" itself knows */
};

/*
 * Read argv[1] and on for `command`. `ret->global` is what was chosen so far:
 * option_defaults() at first. Fails with ERR_CONFIG (an unknown, ambiguous or
 * incomplete option, a value out of its bounds, too few or too many arguments,
 * a required option missing), ERR_NOMEM; of `ret` only `global` may have
 * changed then.
 */
int args_parse(const struct command *command, int argc, char **argv, struct arena *arena,
               struct args *ret, struct err *e) MUST_CHECK;

/*
 * Read the options of "leat" itself, which stand before the command. Returns the
 * index in argv of the command, or `argc` where there is none; fails as
 * args_parse() does.
 */
int args_parse_program(int argc, char **argv, struct arena *arena, struct args *ret, struct err *e)
    MUST_CHECK;

/* Print the help of a command. Fails with ERR_NOMEM; whoever owns `out` checks it for errors. */
int args_help(const struct command *command, FILE *out, struct arena *arena, struct err *e)
    MUST_CHECK;

/*
 * Print the help of "leat" itself: `list`, and where `prefix` is not "", only the
 * commands that start with it ("ca ").
 */
int args_help_program(const struct command *list, const char *prefix, FILE *out,
                      struct arena *arena, struct err *e) MUST_CHECK;

#endif
