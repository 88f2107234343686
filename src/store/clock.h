/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_CLOCK_H
#define STORE_CLOCK_H

#include "base/base.h"

#include <time.h>

/*
 * The clocks of code that blocks and has no loop to read them for it.
 * Nanoseconds: since some fixed moment, and since 1970.
 */
static inline int64_t
clock_ns(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now); /* cannot fail for the two clocks below */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t
clock_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static inline int64_t
clock_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

#endif
