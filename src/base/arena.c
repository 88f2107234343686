/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARENA_BLOCK 4096 /* bytes of an ordinary block; a larger request gets its own */
#define ARENA_ALIGN alignof(max_align_t)

struct arena_block {
    struct arena_block *next;
    size_t len, cap;
    alignas(max_align_t) uint8_t data[];
};

void
arena_done(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;

        a->blocks = b->next;
        free(b);
    }
    a->used = 0;
}

void
arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    if (!keep)
        return;
    a->blocks = keep->next;
    arena_done(a);
    keep->next = NULL;
    keep->len = 0;
    a->blocks = keep;
}

void *
arena_alloc(struct arena *a, size_t size)
{
    struct arena_block *b = a->blocks;
    void *p;

    if (size > a->max - a->used)
        return NULL;
    size = (MAX(size, (size_t)1) + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
    if (size > a->max - a->used)
        return NULL;
    if (!b || size > b->cap - b->len) {
        size_t cap = MAX(size, (size_t)ARENA_BLOCK);

        b = malloc(sizeof *b + cap);
        if (!b)
            return NULL;
        *b = (struct arena_block){.next = a->blocks, .cap = cap};
        a->blocks = b;
    }
    p = b->data + b->len;
    b->len += size;
    a->used += size;
    return memset(p, 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return arena_alloc(a, bytes);
}

char *
arena_strndup(struct arena *a, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? arena_alloc(a, len + 1) : NULL;

    if (copy && len > 0)
        memcpy(copy, text, len);
    return copy;
}

char *
arena_strdup(struct arena *a, const char *text)
{
    return arena_strndup(a, text, strlen(text));
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
    va_list args;
    int len;
    char *text;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return NULL;
    text = arena_alloc(a, (size_t)len + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args); /* it fits */
    va_end(args);
    return text;
}
