/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/base.h"
#include "base/err.h"

/*
 * Bytes that must not be seen: keys and tokens. Wiped when released. There is
 * no function that formats one, and the bytes are reached only by name, so
 * that a review finds every place that does.
 */
struct secret {
    uint8_t *hidden; /* owned; see secret_bytes() */
    size_t len;      /* bytes */
};

#define SECRET_MAX ((size_t)1 << 20)

/* Copy `len` bytes (at most SECRET_MAX). Fails with ERR_NOMEM, ERR_LIMIT. */
int secret_set(struct secret *s, const void *data, size_t len) MUST_CHECK;

/* Wipe and free. */
void secret_done(struct secret *s);

/* The bytes. Borrowed until secret_done(). Not for logs, messages or arguments. */
const uint8_t *secret_bytes(const struct secret *s);

#endif
