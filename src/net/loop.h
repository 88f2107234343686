/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/base.h"
#include "base/err.h"

struct ev_loop;
struct ev_timer;

/*
 * The event loop: one a process, one thread. Modules embed libev watchers in
 * the objects these serve and start them on loop_ev(). The rules that hold on
 * it:
 *
 *   - a callback does bounded work and returns, and never calls back into the
 *     one that is calling: queue and return;
 *   - stopping a watcher takes effect at once, so a callback may free the
 *     object whose watcher called it.
 *
 * libev ends the process when it cannot get the few bytes that a new
 * descriptor or timer needs; everything else here reports ERR_NOMEM.
 */
struct loop;

/* On success `*ret` is owned: loop_free(). Fails with ERR_SYS, ERR_NOMEM. */
int loop_new(struct loop **ret, struct err *e) MUST_CHECK;

/* Every watcher must have been stopped before. NULL is fine. */
void loop_free(struct loop *l);
DEFINE_FREEP(struct loop, loop_free)

/* Turn until loop_stop(), or until no watcher is left to wait for. */
void loop_run(struct loop *l);

/* From a callback: let loop_run() return when this turn is done. */
void loop_stop(struct loop *l);

/*
 * The monotonic clock as it was when this turn began, in nanoseconds. Before
 * the first turn: when the loop was made.
 */
uint64_t loop_now_ns(const struct loop *l);

/* For modules that embed watchers. Borrowed until loop_free(). */
struct ev_loop *loop_ev(struct loop *l);

/*
 * Start an initialised timer to fire once, `delay_ms` from now; a running one
 * is set anew. Zero is the next turn.
 */
void loop_timer_start(struct loop *l, struct ev_timer *timer, uint64_t delay_ms);

/*
 * Call `on_signal` on the loop for SIGINT, SIGTERM and SIGHUP, from now until
 * loop_signals_stop() or loop_free(). One listener at a time; while there is
 * one, loop_run() does not end for want of watchers.
 */
void loop_signals_start(struct loop *l, void (*on_signal)(void *ctx, int signo), void *ctx);
void loop_signals_stop(struct loop *l);

#endif
