/* SPDX-License-Identifier: Apache-2.0 */
#include "net/loop.h"

#include "base/i18n.h"

#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

static const int loop_signos[] = {SIGINT, SIGTERM, SIGHUP};

struct loop {
    struct ev_loop *ev; /* owned */
    uint64_t now_ns;
    ev_check turn; /* first callback of each turn: reads the clock */
    ev_signal signals[ARRAY_LEN(loop_signos)];
    void (*on_signal)(void *ctx, int signo); /* NULL: not listening */
    void *ctx;
};

/* libev's own time is that of the wall, which may be set back; ours may not. */
static uint64_t
clock_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void
on_turn(struct ev_loop *ev, ev_check *w, int revents)
{
    struct loop *l = w->data;

    (void)ev;
    (void)revents;
    l->now_ns = clock_ns();
}

static void
on_ev_signal(struct ev_loop *ev, ev_signal *w, int revents)
{
    struct loop *l = w->data;

    (void)ev;
    (void)revents;
    l->on_signal(l->ctx, w->signum);
}

int
loop_new(struct loop **ret, struct err *e)
{
    CLEANUP(loop_freep) struct loop *l = calloc(1, sizeof *l);

    if (!l)
        return err_nomem(e);
    errno = ENOSYS; /* libev says only that no way of waiting works */
    l->ev = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOENV);
    if (!l->ev)
        return err_sys(e, "%s", _("could not start the event loop"));
    l->now_ns = clock_ns();
    ev_check_init(&l->turn, on_turn);
    ev_set_priority(&l->turn, EV_MAXPRI);
    l->turn.data = l;
    ev_check_start(l->ev, &l->turn);
    ev_unref(l->ev); /* the clock alone is nothing to wait for */
    *ret = TAKE(l);
    return 0;
}

void
loop_free(struct loop *l)
{
    if (!l)
        return;
    if (l->ev) {
        loop_signals_stop(l);
        ev_ref(l->ev);
        ev_check_stop(l->ev, &l->turn);
        ev_loop_destroy(l->ev);
    }
    free(l);
}

void
loop_run(struct loop *l)
{
    ev_run(l->ev, 0);
}

void
loop_stop(struct loop *l)
{
    ev_break(l->ev, EVBREAK_ALL);
}

uint64_t
loop_now_ns(const struct loop *l)
{
    return l->now_ns;
}

struct ev_loop *
loop_ev(struct loop *l)
{
    return l->ev;
}

void
loop_timer_start(struct loop *l, struct ev_timer *timer, uint64_t delay_ms)
{
    ev_timer_stop(l->ev, timer);
    ev_timer_set(timer, (double)delay_ms / 1e3, 0.);
    ev_timer_start(l->ev, timer);
}

void
loop_signals_start(struct loop *l, void (*on_signal)(void *ctx, int signo), void *ctx)
{
    assert(!l->on_signal);
    l->on_signal = on_signal;
    l->ctx = ctx;
    for (size_t i = 0; i < ARRAY_LEN(loop_signos); i++) {
        ev_signal_init(&l->signals[i], on_ev_signal, loop_signos[i]);
        l->signals[i].data = l;
        ev_signal_start(l->ev, &l->signals[i]);
    }
}

void
loop_signals_stop(struct loop *l)
{
    if (!l->on_signal)
        return;
    for (size_t i = 0; i < ARRAY_LEN(loop_signos); i++)
        ev_signal_stop(l->ev, &l->signals[i]);
    l->on_signal = NULL;
}
