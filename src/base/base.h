/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The handful of macros that every file uses: ownership, attributes, and the
 * conversions between bytes and numbers.
 */

#define MUST_CHECK        __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define UNUSED            __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/*
 * A local that owns something is declared with CLEANUP(f) and initialised on
 * the same line; f gets the address of the local when it goes out of scope.
 */
#define CLEANUP(f) __attribute__((cleanup(f)))

/* Move ownership out of a pointer that has a cleanup: the cleanup sees NULL. */
#define TAKE(p)                                                                                    \
    ({                                                                                             \
        __auto_type p_ = (p);                                                                      \
        (p) = NULL;                                                                                \
        p_;                                                                                        \
    })

/* The same for a descriptor: the cleanup sees -1. */
#define TAKE_FD(fd)                                                                                \
    ({                                                                                             \
        int fd_ = (fd);                                                                            \
        (fd) = -1;                                                                                 \
        fd_;                                                                                       \
    })

/* Define f##p, which applies f (that accepts NULL) to what a local points at. */
#define DEFINE_FREEP(type, f)                                                                      \
    static inline void f##p(type **what)                                                           \
    {                                                                                              \
        f(*what);                                                                                  \
    }

/* Cleanups for what libc owns. */
static inline void
freep(void *what)
{
    free(*(void **)what);
}

static inline void
closep(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Big-endian bytes to numbers and back; the only way bytes become numbers. */
static inline uint16_t
be16(const uint8_t *p)
{
    return (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint32_t
be32(const uint8_t *p)
{
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline void
put_be16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void
put_be32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

#endif
