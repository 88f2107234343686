/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_CHECK_H
#define CLI_CMD_CHECK_H

#include "cli/command.h"

/* leat check: what of a database would leave through a filter, and what stays. */
int cmd_check(const struct command_call *call, struct err *e);
extern const struct option_set cmd_check_options;

#endif
