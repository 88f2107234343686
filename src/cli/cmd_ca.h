/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_CA_H
#define CLI_CMD_CA_H

#include "cli/command.h"

/* leat ca init DIR, and leat ca issue DIR NAME --role ROLE: the development CA. */
extern const struct option_set cmd_ca_init_options;
extern const struct option_set cmd_ca_issue_options;

int cmd_ca_init(const struct command_call *call, struct err *e);
int cmd_ca_issue(const struct command_call *call, struct err *e);

#endif
