/* SPDX-License-Identifier: Apache-2.0 */
#include "loop_unit.h"

#include <signal.h>
#include <time.h>

struct heard {
    struct loop *loop;
    int signos[8];
    size_t count;
};

static void
on_signal(void *ctx, int signo)
{
    struct heard *h = ctx;

    h->signos[h->count++] = signo;
    if (h->count == 3)
        loop_stop(h->loop);
}

static void
delivers_each_signal_on_the_loop(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct heard h = {0};
    struct err e;
    int seen = 0;

    assert_ok(loop_new(&loop, &e), &e);
    h.loop = loop;
    loop_signals_start(loop, on_signal, &h);
    assert_int_equal(raise(SIGHUP), 0);
    assert_int_equal(raise(SIGINT), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(h.count, 0);
    loop_run(loop);
    assert_int_equal(h.count, 3);
    for (size_t i = 0; i < h.count; i++)
        seen |= h.signos[i] == SIGHUP ? 1 : h.signos[i] == SIGINT ? 2 : 4;
    assert_int_equal(seen, 7);
}

static void
ends_when_nothing_is_left_to_wait_for(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct heard h = {0};
    struct err e;

    assert_ok(loop_new(&loop, &e), &e);
    loop_run(loop);
    loop_signals_start(loop, on_signal, &h);
    loop_signals_stop(loop);
    loop_run(loop);
}

struct turns {
    struct loop *loop;
    ev_timer first, second;
    uint64_t first_ns, second_ns;
    bool done;
};

static uint64_t
clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
on_second(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct turns *t = w->data;

    (void)ev;
    (void)revents;
    t->second_ns = loop_now_ns(t->loop);
    t->done = true;
}

static void
on_first(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct turns *t = w->data;
    uint64_t start_ns = clock_now();

    (void)ev;
    (void)revents;
    t->first_ns = loop_now_ns(t->loop);
    while (clock_now() == start_ns)
        ;
    assert_true(loop_now_ns(t->loop) == t->first_ns);
    loop_timer_start(t->loop, &t->second, 0);
}

static void
reads_the_clock_once_a_turn(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct turns t = {0};
    uint64_t before_ns = clock_now();
    struct err e;

    assert_ok(loop_new(&loop, &e), &e);
    assert_true(loop_now_ns(loop) >= before_ns);
    t.loop = loop;
    ev_timer_init(&t.first, on_first, 0., 0.);
    ev_timer_init(&t.second, on_second, 0., 0.);
    t.first.data = t.second.data = &t;
    loop_timer_start(loop, &t.first, 1);
    unit_run_until(loop, &t.done);
    assert_true(t.first_ns >= before_ns);
    assert_true(t.second_ns > t.first_ns);
    assert_true(t.second_ns <= clock_now());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivers_each_signal_on_the_loop),
        cmocka_unit_test(ends_when_nothing_is_left_to_wait_for),
        cmocka_unit_test(reads_the_clock_once_a_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
