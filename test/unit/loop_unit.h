/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_LOOP_UNIT_H
#define TEST_UNIT_LOOP_UNIT_H

#include "unit.h"

#include "net/loop.h"

#include <ev.h>

/*
 * Tests on the loop wait for events, and no longer than this: what has not come
 * by then never will.
 */
#define UNIT_WATCHDOG_S 60.

static inline void
unit_watchdog_bites(struct ev_loop *ev, ev_timer *w, int revents)
{
    (void)w;
    (void)revents;
    ev_break(ev, EVBREAK_ALL);
}

/* Turn the loop until `*done`; fail where that does not come. */
static inline void
unit_run_until(struct loop *loop, const bool *done)
{
    ev_timer watchdog;

    ev_timer_init(&watchdog, unit_watchdog_bites, UNIT_WATCHDOG_S, 0.);
    ev_timer_start(loop_ev(loop), &watchdog);
    while (!*done && ev_is_active(&watchdog))
        ev_run(loop_ev(loop), EVRUN_ONCE);
    ev_timer_stop(loop_ev(loop), &watchdog);
    assert_true(*done);
}

/*
 * The path of the test itself, which plays its own children; static. By name,
 * because valgrind is what /proc/self/exe would start.
 */
static inline const char *
unit_program(void)
{
    static char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    assert_true(len > 0);
    path[len] = '\0';
    return path;
}

#endif
