/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_DOCS_H
#define CLI_CMD_DOCS_H

#include "cli/command.h"

/*
 * leat docs man, and leat docs sample NAME: what the build makes the manual page
 * and the sample files from. Both come from the tables of commands and options.
 */
int cmd_docs_man(const struct command_call *call, struct err *e);
int cmd_docs_sample(const struct command_call *call, struct err *e);

#endif
