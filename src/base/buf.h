/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"
#include "base/err.h"

/*
 * A growing run of bytes that knows its maximum from birth. The bytes are
 * always followed by a NUL that is not counted, so `data` may be read as a
 * string once something was appended.
 *
 *   struct buf b = BUF_INIT(64 * 1024);   CLEANUP(buf_done)
 */
struct buf {
    uint8_t *data; /* owned; NULL until the first append */
    size_t len;    /* bytes in use */
    size_t cap;    /* bytes allocated, including the NUL */
    size_t max;    /* inclusive bound of len, bytes */
};

#define BUF_INIT(max_) ((struct buf){.max = (max_)})

/* Release the bytes; the buffer may be used again. */
void buf_done(struct buf *b);

/* Forget the content, keep the memory. */
void buf_reset(struct buf *b);

/* Drop the first `len` bytes; len <= b->len. */
void buf_consume(struct buf *b, size_t len);

/*
 * Make room for `len` more bytes behind b->len. Fails with ERR_LIMIT (over the
 * maximum) or ERR_NOMEM; the content is untouched then.
 */
int buf_reserve(struct buf *b, size_t len) MUST_CHECK;

/* Append; the same failures, and then nothing was appended. */
int buf_append(struct buf *b, const void *data, size_t len) MUST_CHECK;
int buf_append_str(struct buf *b, const char *text) MUST_CHECK;
int buf_append_char(struct buf *b, char c) MUST_CHECK;
int buf_printf(struct buf *b, const char *format, ...) MUST_CHECK PRINTF_LIKE(2, 3);

/* The content as a string; "" while nothing was appended. Borrowed until the next change. */
const char *buf_str(const struct buf *b);

#endif
