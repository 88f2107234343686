/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_unit.h"

#include "base/buf.h"
#include "net/channel.h"

#include <string.h>
#include <sys/socket.h>

#define OUT_MAX ((size_t)4 << 20)

/* One end, and what was heard there. */
struct end {
    struct channel *channel;
    size_t messages, bytes;
    uint8_t last_kind;
    size_t stop_after; /* messages; 0: never */
    bool pauses, frees, is_closed, has_error, is_drained, done;
    struct err e;
};

static void
on_message(void *ctx, const struct frame *frame)
{
    struct end *end = ctx;

    end->messages++;
    end->bytes += frame->len;
    end->last_kind = frame->kind;
    if (end->messages != end->stop_after)
        return;
    end->done = true;
    if (end->pauses)
        channel_pause(end->channel);
    if (end->frees) {
        channel_free(end->channel);
        end->channel = NULL;
    }
}

static void
on_close(void *ctx, const struct err *e)
{
    struct end *end = ctx;

    assert_false(end->is_closed);
    end->is_closed = end->done = true;
    end->has_error = e != NULL;
    if (e)
        end->e = *e;
    if (end->frees) {
        channel_free(end->channel);
        end->channel = NULL;
    }
}

static void
on_drained(void *ctx)
{
    struct end *end = ctx;

    end->is_drained = true;
}

static const struct channel_ops ops = {on_message, on_close, on_drained};

struct fixture {
    struct loop *loop;
    struct end a, b;
    int b_fd; /* while there is no channel on it */
};

static void
setup(struct fixture *x, bool both)
{
    struct err e;
    int pair[2];

    *x = (struct fixture){.b_fd = -1};
    assert_ok(loop_new(&x->loop, &e), &e);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_ok(channel_new(x->loop, pair[0], OUT_MAX, &ops, &x->a, &x->a.channel, &e), &e);
    if (both)
        assert_ok(channel_new(x->loop, pair[1], OUT_MAX, &ops, &x->b, &x->b.channel, &e), &e);
    else
        x->b_fd = pair[1];
}

static void
teardown(struct fixture *x)
{
    channel_free(x->a.channel);
    channel_free(x->b.channel);
    if (x->b_fd >= 0)
        close(x->b_fd);
    loop_free(x->loop);
}

static void
delivers_messages_in_order_and_then_the_end(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    CLEANUP(freep) char *payload = calloc(1, FRAME_MAX);

    assert_non_null(payload);
    setup(&x, true);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(channel_send(x.a.channel, (uint8_t)i, payload, (size_t)i), 0);
    assert_int_equal(channel_send(x.a.channel, 200, payload, FRAME_MAX), 0);
    assert_true(channel_queued(x.a.channel) > FRAME_MAX);
    x.b.stop_after = 1001;
    unit_run_until(x.loop, &x.b.done);
    assert_int_equal(x.b.last_kind, 200);
    assert_int_equal(x.b.bytes, 999 * 1000 / 2 + FRAME_MAX);
    assert_true(x.a.is_drained);
    assert_int_equal(channel_queued(x.a.channel), 0);

    x.b.done = false;
    channel_free(TAKE(x.a.channel));
    unit_run_until(x.loop, &x.b.done);
    assert_true(x.b.is_closed);
    assert_false(x.b.has_error);
    assert_int_equal(channel_send(x.b.channel, 1, "x", 1), ERR_CANCELLED);
}

static void
refuses_to_queue_more_than_its_maximum(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    CLEANUP(freep) char *payload = calloc(1, FRAME_MAX + 1);
    size_t queued;

    assert_non_null(payload);
    setup(&x, true);
    assert_int_equal(channel_send(x.a.channel, 1, payload, FRAME_MAX + 1), ERR_LIMIT);
    while (channel_send(x.a.channel, 1, payload, FRAME_MAX) == 0)
        ;
    queued = channel_queued(x.a.channel);
    assert_int_equal(queued, 3 * (FRAME_HEAD_LEN + FRAME_MAX));
    assert_int_equal(channel_send(x.a.channel, 1, payload, FRAME_MAX), ERR_LIMIT);
    assert_int_equal(channel_queued(x.a.channel), queued);
    unit_run_until(x.loop, &x.a.is_drained);
    assert_int_equal(channel_send(x.a.channel, 1, payload, FRAME_MAX), 0);
}

static void
keeps_what_a_pause_has_left(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, true);
    for (int i = 1; i <= 5; i++)
        assert_int_equal(channel_send(x.a.channel, (uint8_t)i, "x", 1), 0);
    x.b.stop_after = 2;
    x.b.pauses = true;
    unit_run_until(x.loop, &x.b.done);
    channel_free(TAKE(x.a.channel));
    assert_int_equal(x.b.messages, 2);

    /* The loop has nothing to do while it is paused. */
    loop_run(x.loop);
    assert_int_equal(x.b.messages, 2);
    assert_false(x.b.is_closed);

    x.b.done = false;
    channel_resume(x.b.channel);
    assert_int_equal(x.b.messages, 2);
    unit_run_until(x.loop, &x.b.is_closed);
    assert_int_equal(x.b.messages, 5);
    assert_int_equal(x.b.last_kind, 5);
    assert_false(x.b.has_error);
}

static void
may_be_freed_by_its_callbacks(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(channel_send(x.a.channel, 1, "x", 1), 0);
    x.b.stop_after = 2;
    x.a.frees = x.b.frees = true;
    unit_run_until(x.loop, &x.b.done);
    assert_int_equal(x.b.messages, 2);
    unit_run_until(x.loop, &x.a.done);
    assert_null(x.a.channel);
    assert_true(x.a.is_closed);
    assert_false(x.a.has_error);
}

static void
hears_what_was_said_before_a_failed_write(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, false);
    assert_int_equal(send(x.b_fd, "\0\0\0\2\3hi", 7, 0), 7);
    close(TAKE_FD(x.b_fd));
    assert_int_equal(channel_send(x.a.channel, 1, "x", 1), 0);
    unit_run_until(x.loop, &x.a.is_closed);
    assert_int_equal(x.a.messages, 1);
    assert_int_equal(x.a.last_kind, 3);
    assert_false(x.a.has_error);
}

static void
reports_an_end_inside_a_message(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, false);
    assert_int_equal(send(x.b_fd, "\0\0\0\2\3h", 6, 0), 6);
    close(TAKE_FD(x.b_fd));
    unit_run_until(x.loop, &x.a.is_closed);
    assert_int_equal(x.a.e.code, ERR_PROTO);
    assert_int_equal(x.a.messages, 0);
}

static void
refuses_a_length_over_the_maximum(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x, false);
    assert_int_equal(send(x.b_fd, "\0\0\0\0\3\0\x10\0\1\1", 10, 0), 10);
    unit_run_until(x.loop, &x.a.is_closed);
    assert_int_equal(x.a.messages, 1);
    assert_int_equal(x.a.e.code, ERR_LIMIT);
    assert_non_null(strstr(x.a.e.msg, "1048577"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_messages_in_order_and_then_the_end),
        cmocka_unit_test(refuses_to_queue_more_than_its_maximum),
        cmocka_unit_test(keeps_what_a_pause_has_left),
        cmocka_unit_test(may_be_freed_by_its_callbacks),
        cmocka_unit_test(hears_what_was_said_before_a_failed_write),
        cmocka_unit_test(reports_an_end_inside_a_message),
        cmocka_unit_test(refuses_a_length_over_the_maximum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
