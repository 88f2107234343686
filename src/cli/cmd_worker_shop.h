/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CMD_WORKER_SHOP_H
#define CLI_CMD_WORKER_SHOP_H

#include "cli/command.h"

/*
 * leat worker-shop DB: make one change to the shop of the demo each interval,
 * and tell the process that started this one of each, on descriptor
 * FRAME_FD_PARENT. Ends when it is told to or when the other end closes; a
 * database that stays locked, or anything else that fails, ends it with an error.
 */
extern const struct option_set cmd_worker_shop_options;

int cmd_worker_shop(const struct command_call *call, struct err *e);

/* The name of the command, for who starts it. */
#define WORKER_SHOP "worker-shop"

/* The messages. A change comes when it is committed; its payload is shop_change.text. */
enum shop_message {
    SHOP_MESSAGE_PUBLIC = 1,  /* from the worker: a change that touches what is public */
    SHOP_MESSAGE_PRIVATE = 2, /* from the worker: one that does not */
    SHOP_MESSAGE_STOP = 3,    /* to the worker; no payload */
};

#endif
