/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_FRAME_FD_H
#define NET_FRAME_FD_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "wire/frame.h"

/*
 * Messages over a socket for a process that blocks: a worker that has no loop.
 * Whether the descriptor itself blocks does not matter.
 */
struct frame_fd {
    int fd;        /* borrowed */
    struct buf in; /* what was read and not yet handed out */
    size_t used;   /* bytes of `in` that the last message took */
};

/* The descriptor on which child_start() gives a child its end. */
#define FRAME_FD_PARENT 3

#define FRAME_FD_INIT(fd_)                                                                         \
    ((struct frame_fd){.fd = (fd_), .in = BUF_INIT(FRAME_HEAD_LEN + FRAME_MAX)})

/* Forget what was read; the descriptor stays open. */
void frame_fd_done(struct frame_fd *f);

/*
 * Send one message, waiting at most `timeout_ms` until all of it is taken.
 * Fails with ERR_BUSY (not taken in time: part of it may have been, so the
 * link is of no more use), ERR_LIMIT (payload over FRAME_MAX), ERR_CANCELLED
 * (the other end is closed), ERR_SYS, ERR_NOMEM.
 */
int frame_fd_send(struct frame_fd *f, uint8_t kind, const void *payload, size_t len, int timeout_ms,
                  struct err *e) MUST_CHECK;

/*
 * Receive one message, waiting at most `timeout_ms`; zero only looks. Returns 1
 * with `*ret` borrowed until the next call, or 0 when there is none yet. Fails
 * with ERR_CANCELLED (the other end is closed), ERR_PROTO (it closed inside a
 * message), ERR_LIMIT (a length over FRAME_MAX), ERR_SYS, ERR_NOMEM.
 */
int frame_fd_recv(struct frame_fd *f, int timeout_ms, struct frame *ret, struct err *e) MUST_CHECK;

#endif
