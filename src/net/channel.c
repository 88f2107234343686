/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two watchers on one descriptor, because either direction stops alone:
 *
 *   state      read   write  left by
 *   open       on     queue  pause; end of input; failed write
 *   paused     off    queue  resume
 *   deaf       on     off    end of input: a write failed, but what the other end had
 *                            said before it went is still in the socket
 *   closed     off    off    channel_free()
 *
 * A turn reads at most CHANNEL_TURN_LEN bytes and delivers the messages that
 * are complete by then, so a busy peer waits for its next turn like all the
 * others. Messages left behind by a pause are delivered from a timer when the
 * channel resumes, never from inside channel_resume().
 */
#include "net/channel.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "net/loop.h"

#include <errno.h>
#include <ev.h>
#include <sys/socket.h>

#define CHANNEL_TURN_LEN ((size_t)65536) /* bytes read in one turn */

struct channel {
    struct loop *loop; /* borrowed */
    const struct channel_ops *ops;
    void *ctx;
    int fd; /* owned */
    struct buf in, out;
    ev_io readable, writable;
    ev_timer kick; /* delivers what a pause has left in `in` */
    bool is_paused, is_deaf, is_closed;
    bool *freed; /* set by channel_free() for the callback that is running */
};

static void
close_with(struct channel *c, const struct err *e)
{
    struct ev_loop *ev = loop_ev(c->loop);

    ev_io_stop(ev, &c->readable);
    ev_io_stop(ev, &c->writable);
    ev_timer_stop(ev, &c->kick);
    c->is_closed = true;
    c->ops->on_close(c->ctx, e);
}

/*
 * Deliver the complete messages. Returns 0, 1 when the channel was freed or
 * closed meanwhile, or the decoder's refusal.
 */
static int
deliver(struct channel *c)
{
    bool freed = false;
    size_t used = 0;
    int r = 0;

    c->freed = &freed;
    while (!c->is_paused) {
        struct frame frame;

        r = frame_decode(c->in.data + used, c->in.len - used, &frame);
        if (r < 0)
            break;
        used += (size_t)r;
        c->ops->on_message(c->ctx, &frame);
        if (freed)
            return 1;
    }
    c->freed = NULL;
    buf_consume(&c->in, used);
    return r == ERR_LIMIT ? r : 0;
}

static void
deliver_or_close(struct channel *c)
{
    struct err e;

    if (deliver(c) == ERR_LIMIT) {
        err_set(&e, ERR_LIMIT, _("a message of %zu bytes is over the maximum of %zu"),
                (size_t)be32(c->in.data), FRAME_MAX);
        close_with(c, &e);
    }
}

static void
on_kick(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct channel *c = w->data;

    (void)revents;
    ev_io_start(ev, &c->readable);
    deliver_or_close(c);
}

static void
on_readable(struct ev_loop *ev, ev_io *w, int revents)
{
    struct channel *c = w->data;
    size_t room = MIN(CHANNEL_TURN_LEN, c->in.max - c->in.len);
    struct err e;
    ssize_t n;

    (void)ev;
    (void)revents;
    assert(room > 0); /* a full buffer holds a message, which was delivered */
    if (buf_reserve(&c->in, room) < 0) {
        (void)err_nomem(&e);
        close_with(c, &e);
        return;
    }
    n = recv(c->fd, c->in.data + c->in.len, room, MSG_DONTWAIT);
    if (n > 0) {
        c->in.len += (size_t)n;
        c->in.data[c->in.len] = '\0';
        deliver_or_close(c);
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0 && errno != ECONNRESET) { /* reset: it went without reading what we sent */
        err_sys(&e, "%s", _("could not receive from the other process"));
        close_with(c, &e);
    } else if (c->in.len > 0) {
        err_set(&e, ERR_PROTO, "%s", _("the other process closed its end inside a message"));
        close_with(c, &e);
    } else {
        close_with(c, NULL);
    }
}

static void
on_writable(struct ev_loop *ev, ev_io *w, int revents)
{
    struct channel *c = w->data;
    ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);

    (void)revents;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        c->is_deaf = true;
        buf_reset(&c->out);
        ev_io_stop(ev, &c->writable);
        return;
    }
    buf_consume(&c->out, (size_t)n);
    if (c->out.len > 0)
        return;
    ev_io_stop(ev, &c->writable);
    if (c->ops->on_drained)
        c->ops->on_drained(c->ctx);
}

int
channel_new(struct loop *loop, int fd, size_t out_max, const struct channel_ops *ops, void *ctx,
            struct channel **ret, struct err *e)
{
    struct channel *c = calloc(1, sizeof *c);

    if (!c) {
        close(fd);
        return err_nomem(e);
    }
    c->loop = loop;
    c->ops = ops;
    c->ctx = ctx;
    c->fd = fd;
    c->in = BUF_INIT(FRAME_HEAD_LEN + FRAME_MAX);
    c->out = BUF_INIT(out_max);
    ev_io_init(&c->readable, on_readable, fd, EV_READ);
    ev_io_init(&c->writable, on_writable, fd, EV_WRITE);
    ev_timer_init(&c->kick, on_kick, 0., 0.);
    c->readable.data = c->writable.data = c->kick.data = c;
    ev_io_start(loop_ev(loop), &c->readable);
    *ret = c;
    return 0;
}

void
channel_free(struct channel *c)
{
    if (!c)
        return;
    if (c->freed)
        *c->freed = true;
    ev_io_stop(loop_ev(c->loop), &c->readable);
    ev_io_stop(loop_ev(c->loop), &c->writable);
    ev_timer_stop(loop_ev(c->loop), &c->kick);
    close(c->fd);
    buf_done(&c->in);
    buf_done(&c->out);
    free(c);
}

int
channel_send(struct channel *c, uint8_t kind, const void *payload, size_t len)
{
    int r;

    if (c->is_deaf || c->is_closed)
        return ERR_CANCELLED;
    r = frame_encode(&c->out, kind, payload, len);
    if (r == 0)
        ev_io_start(loop_ev(c->loop), &c->writable);
    return r;
}

size_t
channel_queued(const struct channel *c)
{
    return c->out.len;
}

void
channel_pause(struct channel *c)
{
    c->is_paused = true;
    ev_io_stop(loop_ev(c->loop), &c->readable);
    ev_timer_stop(loop_ev(c->loop), &c->kick);
}

void
channel_resume(struct channel *c)
{
    if (!c->is_paused || c->is_closed)
        return;
    c->is_paused = false;
    if (c->in.len > 0)
        loop_timer_start(c->loop, &c->kick, 0); /* reading waits: `in` may be full */
    else
        ev_io_start(loop_ev(c->loop), &c->readable);
}
