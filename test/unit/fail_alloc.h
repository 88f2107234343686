/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_FAIL_ALLOC_H
#define TEST_UNIT_FAIL_ALLOC_H

#include <stddef.h>

/*
 * Fail every allocation, one after the other.
 *
 *   static int
 *   build(void *ctx)
 *   {
 *       CLEANUP(thing_freep) struct thing *t = NULL;
 *
 *       return thing_new(&t, NULL);
 *   }
 *   ...
 *   fail_alloc_every(build, NULL);
 *
 * `fn` does something from beginning to end, releases what it made and returns
 * what it got. It must work when nothing fails, and it must be able to run
 * many times. It runs once to warm up what lives as long as the process, once
 * to count, and then for each allocation twice: with this one failing, and
 * with this one and all after it failing. Each time `fn` must return
 * ERR_NOMEM, or 0 or more where the code can do without, and every block that
 * was allocated must have been freed. Anything else fails the test.
 *
 * Where there are more than FAIL_ALLOC_ALL_MAX allocations, the rest is
 * sampled: FAIL_ALLOC_SAMPLES of them, by a seed that is printed and can be
 * given in LEAT_TEST_SEED.
 *
 * Seen are the allocations of our own objects (the linker wraps them), of
 * SQLite and of Jansson (by their hooks, set before main). Other libraries and
 * libc allocate as they like. Between the runs, everything behaves as usual.
 * One thread at a time. Programs that use it are linked with fail_alloc_dep.
 */
void fail_alloc_every(int (*fn)(void *ctx), void *ctx);

#define FAIL_ALLOC_ALL_MAX 1000
#define FAIL_ALLOC_SAMPLES 500

#endif
