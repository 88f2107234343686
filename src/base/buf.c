/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUF_FIRST 64 /* bytes of the first allocation */

void
buf_done(struct buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
}

void
buf_reset(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void
buf_consume(struct buf *b, size_t len)
{
    assert(len <= b->len);
    if (len == 0)
        return;
    memmove(b->data, b->data + len, b->len - len + 1);
    b->len -= len;
}

int
buf_reserve(struct buf *b, size_t len)
{
    size_t cap = b->cap;
    uint8_t *data;

    assert(b->max < SIZE_MAX / 2);
    if (len > b->max - b->len)
        return ERR_LIMIT;
    if (b->len + len + 1 <= cap)
        return 0;
    if (cap == 0)
        cap = BUF_FIRST;
    while (cap < b->len + len + 1)
        cap *= 2;
    cap = MIN(cap, b->max + 1);
    data = realloc(b->data, cap);
    if (!data)
        return ERR_NOMEM;
    data[b->len] = '\0';
    b->data = data;
    b->cap = cap;
    return 0;
}

int
buf_append(struct buf *b, const void *data, size_t len)
{
    int r = buf_reserve(b, len);

    if (r < 0)
        return r;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
    return 0;
}

int
buf_append_str(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

int
buf_append_char(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

int
buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    int len, r;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return ERR_PROTO;
    r = buf_reserve(b, (size_t)len);
    if (r < 0)
        return r;
    va_start(args, format);
    (void)vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args); /* it fits */
    va_end(args);
    b->len += (size_t)len;
    return 0;
}

const char *
buf_str(const struct buf *b)
{
    return b->data ? (const char *)b->data : "";
}
