/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"
#include "base/err.h"

/*
 * Memory that is freed all at once: the scratch of one message, or the pieces
 * of one object that live and die with it. Nothing in the arena outlives it.
 *
 *   CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);
 */
struct arena_block;

struct arena {
    struct arena_block *blocks; /* owned; newest first */
    size_t used;                /* bytes handed out, alignment included */
    size_t max;                 /* inclusive bound of used */
};

#define ARENA_INIT(max_) ((struct arena){.max = (max_)})

/* Free everything; the arena may be used again. */
void arena_done(struct arena *a);

/* Forget everything but keep one block for the next message. */
void arena_reset(struct arena *a);

/*
 * Zeroed memory, aligned for any type; NULL when memory or the maximum is
 * exhausted. Borrowed until arena_reset() or arena_done().
 */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* `count` elements of `size` bytes; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size) MUST_CHECK;

/* Copies of text; the second takes `len` bytes and adds the NUL. */
char *arena_strdup(struct arena *a, const char *text) MUST_CHECK;
char *arena_strndup(struct arena *a, const char *text, size_t len) MUST_CHECK;
char *arena_printf(struct arena *a, const char *format, ...) MUST_CHECK PRINTF_LIKE(2, 3);

#endif
