/* SPDX-License-Identifier: Apache-2.0 */
#include "net/frame_fd.h"

#include "base/i18n.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#define READ_LEN ((size_t)16384) /* bytes asked for at once */

static int64_t
clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait until the socket has `events`; 1, or 0 when `until_ms` has come. */
static int
wait_for(int fd, short events, int64_t until_ms, struct err *e)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = events};
        int64_t left_ms = until_ms - clock_ms();
        int n = poll(&p, 1, (int)MAX(left_ms, 0));

        if (n > 0)
            return 1;
        if (n == 0 && left_ms <= 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_sys(e, "%s", _("could not wait for the other process"));
    }
}

static int
closed(struct err *e)
{
    return err_set(e, ERR_CANCELLED, "%s", _("the other process has closed its end"));
}

void
frame_fd_done(struct frame_fd *f)
{
    buf_done(&f->in);
    f->used = 0;
}

int
frame_fd_send(struct frame_fd *f, uint8_t kind, const void *payload, size_t len, int timeout_ms,
              struct err *e)
{
    CLEANUP(buf_done) struct buf out = BUF_INIT(FRAME_HEAD_LEN + FRAME_MAX);
    int64_t until_ms = clock_ms() + timeout_ms;
    int r = frame_encode(&out, kind, payload, len);

    if (r == ERR_LIMIT)
        return err_set(e, r, _("a message of %zu bytes is over the maximum of %zu"), len,
                       FRAME_MAX);
    if (r < 0)
        return err_nomem(e);
    for (size_t done = 0; done < out.len;) {
        ssize_t n = send(f->fd, out.data + done, out.len - done, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n >= 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN) {
            r = wait_for(f->fd, POLLOUT, until_ms, e);
            if (r < 0)
                return r;
            if (r == 0)
                return err_set(e, ERR_BUSY,
                               _("the other process did not take a message within %d ms"),
                               timeout_ms);
        } else if (errno == EPIPE || errno == ECONNRESET) {
            return closed(e);
        } else if (errno != EINTR) {
            return err_sys(e, "%s", _("could not send to the other process"));
        }
    }
    return 0;
}

/* Read what is there; 1 when that was anything, 0 when it was nothing. */
static int
read_some(struct frame_fd *f, struct err *e)
{
    ssize_t n;
    size_t room;

    if (buf_reserve(&f->in, MIN(READ_LEN, f->in.max - f->in.len)) < 0)
        return err_nomem(e);
    room = MIN(READ_LEN, f->in.max - f->in.len);
    assert(room > 0); /* a full buffer holds a message */
    do
        n = recv(f->fd, f->in.data + f->in.len, room, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n < 0 && errno != ECONNRESET)
        return err_sys(e, "%s", _("could not receive from the other process"));
    if (n <= 0 && f->in.len > 0)
        return err_set(e, ERR_PROTO, "%s", _("the other process closed its end inside a message"));
    if (n <= 0)
        return closed(e);
    f->in.len += (size_t)n;
    f->in.data[f->in.len] = '\0';
    return 1;
}

int
frame_fd_recv(struct frame_fd *f, int timeout_ms, struct frame *ret, struct err *e)
{
    int64_t until_ms = clock_ms() + timeout_ms;

    buf_consume(&f->in, f->used);
    f->used = 0;
    for (;;) {
        int r = frame_decode(f->in.data, f->in.len, ret);

        if (r >= 0) {
            f->used = (size_t)r;
            return 1;
        }
        if (r == ERR_LIMIT)
            return err_set(e, r, _("a message of %zu bytes is over the maximum of %zu"),
                           (size_t)be32(f->in.data), FRAME_MAX);
        r = read_some(f, e);
        if (r < 0)
            return r;
        if (r == 0) {
            r = wait_for(f->fd, POLLIN, until_ms, e);
            if (r <= 0)
                return r;
        }
    }
}
