/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_SNAPSHOT_H
#define CLI_CMD_SNAPSHOT_H

#include "cli/command.h"

/* leat snapshot: one filtered snapshot of a SQLite file, or one that is kept current. */
int cmd_snapshot(const struct command_call *call, struct err *e);
extern const struct option_set cmd_snapshot_options;

#endif
