/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_WORKER_SNAPSHOT_H
#define CLI_CMD_WORKER_SNAPSHOT_H

#include "cli/command.h"

/*
 * leat worker-snapshot: build one snapshot for the process that started this
 * one, and talk to it on descriptor CHILD_FD (wire/job.h).
 */
int cmd_worker_snapshot(const struct command_call *call, struct err *e);

/* The name of the command, for who starts it. */
#define WORKER_SNAPSHOT "worker-snapshot"

#endif
