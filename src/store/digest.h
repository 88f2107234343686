/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include "base/err.h"

#define DIGEST_HEX_LEN 65 /* SHA-256 in hex, and the NUL */

/* Asked every few megabytes; returning false ends the computation. */
struct digest_watch {
    bool (*goes_on)(void *ctx, int64_t done, int64_t size);
    void *ctx;
};

/*
 * SHA-256 of a whole file, from its first byte, in lower-case hex; `ret` has
 * room for DIGEST_HEX_LEN. `watch` may be NULL. The descriptor's offset stays.
 * Fails with ERR_SYS, ERR_CANCELLED.
 */
int digest_file(int fd, const struct digest_watch *watch, char *ret, struct err *e) MUST_CHECK;

#endif
