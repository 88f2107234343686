/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_DICE_H
#define DAEMON_DICE_H

#include "base/base.h"

/*
 * Numbers that look random and come again with the same seed: for sample data,
 * never for anything that must not be guessed.
 *
 * Source: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014).
 */
struct dice {
    uint64_t state; /* the seed, at first; every value is a good one */
};

static inline uint64_t
dice_next(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A number from 0 to `sides` - 1; sides > 0. */
static inline int64_t
dice_roll(struct dice *d, int64_t sides)
{
    assert(sides > 0);
    return (int64_t)(dice_next(d) % (uint64_t)sides);
}

/* Marks text that goes into a sample database, and so is never translated. */
#define DATA(...) __VA_ARGS__

#endif
