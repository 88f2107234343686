/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_CHANNEL_H
#define NET_CHANNEL_H

#include "base/base.h"
#include "base/err.h"
#include "wire/frame.h"

struct loop;

/*
 * Messages (wire/frame.h) over one stream socket on the loop. Sending queues
 * and returns; the queue has a maximum, and a full one is the sender's
 * business: pause the input that fills it, resume on on_drained.
 *
 * Any callback may free the channel.
 */
struct channel;

struct channel_ops {
    /* One message, borrowed for the call. */
    void (*on_message)(void *ctx, const struct frame *frame);

    /*
     * The end, once: no callback follows. `e` is NULL where the other end closed between
     * messages. What could still be read was delivered before.
     */
    void (*on_close)(void *ctx, const struct err *e);

    /* The output queue has become empty. Or NULL. */
    void (*on_drained)(void *ctx);
};

/*
 * Start talking over `fd`, which is taken. `out_max` bounds the output queue, bytes,
 * heads included. On success `*ret` is owned: channel_free(). Fails with
 * ERR_NOMEM; the descriptor is closed then.
 */
int channel_new(struct loop *loop, int fd, size_t out_max, const struct channel_ops *ops, void *ctx,
                struct channel **ret, struct err *e) MUST_CHECK;

/* Close at once; what is queued is lost. No callback. NULL is fine. */
void channel_free(struct channel *c);
DEFINE_FREEP(struct channel, channel_free)

/*
 * Queue one message. Fails with ERR_LIMIT (no room for it now, or payload over
 * FRAME_MAX), ERR_CANCELLED (the other end no longer reads), ERR_NOMEM;
 * nothing was queued then.
 */
int channel_send(struct channel *c, uint8_t kind, const void *payload, size_t len) MUST_CHECK;

/* Bytes queued and not yet taken by the kernel. */
size_t channel_queued(const struct channel *c);

/* Stop and start reading. A paused channel delivers nothing, not even its end. */
void channel_pause(struct channel *c);
void channel_resume(struct channel *c);

#endif
