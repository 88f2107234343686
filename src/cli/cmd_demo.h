/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_DEMO_H
#define CLI_CMD_DEMO_H

#include "cli/command.h"

/* leat demo: a replica kept current before the reader's eyes, of a shop or of a database of theirs.
 */
int cmd_demo(const struct command_call *call, struct err *e);
extern const struct option_set cmd_demo_options;

#endif
