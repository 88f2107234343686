/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <string.h>

int
secret_set(struct secret *s, const void *data, size_t len)
{
    uint8_t *copy;

    if (len > SECRET_MAX)
        return ERR_LIMIT;
    copy = malloc(len + 1);
    if (!copy)
        return ERR_NOMEM;
    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = 0;
    secret_done(s);
    s->hidden = copy;
    s->len = len;
    return 0;
}

void
secret_done(struct secret *s)
{
    if (s->hidden)
        explicit_bzero(s->hidden, s->len);
    free(s->hidden);
    *s = (struct secret){0};
}

const uint8_t *
secret_bytes(const struct secret *s)
{
    return s->hidden;
}
