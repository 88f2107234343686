/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/position.h"

#include "base/err.h"
#include "base/str.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
position_format(const struct position *p, char *ret)
{
    if (p->incarnation[0] == '\0')
        ret[0] = '\0';
    else
        (void)snprintf(ret, POSITION_TEXT_MAX, "%s:%" PRIu64, p->incarnation, p->number);
}

/* Decimal digits without a leading zero, and nothing behind them. */
static int
parse_number(const char *text, uint64_t *ret)
{
    uint64_t number = 0;

    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return ERR_PROTO;
    for (; *text; text++) {
        unsigned digit = (unsigned)(unsigned char)*text - '0';

        if (digit > 9 || __builtin_mul_overflow(number, UINT64_C(10), &number) ||
            __builtin_add_overflow(number, (uint64_t)digit, &number))
            return ERR_PROTO;
    }
    *ret = number;
    return 0;
}

int
position_parse(const char *text, struct position *ret)
{
    struct position p = {.number = 0};
    size_t len = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz");
    int r;

    if (text[0] == '\0') {
        *ret = p;
        return 0;
    }
    if (len == 0 || len > POSITION_INCARNATION_MAX || text[len] != ':')
        return ERR_PROTO;
    memcpy(p.incarnation, text, len);
    r = parse_number(text + len + 1, &p.number);
    if (r < 0)
        return r;
    *ret = p;
    return 0;
}

bool
position_has_reached(const struct position *p, const struct position *q)
{
    return str_eq(p->incarnation, q->incarnation) && p->number >= q->number;
}

static void
put_be64(uint8_t *p, uint64_t v)
{
    put_be32(p, (uint32_t)(v >> 32));
    put_be32(p + 4, (uint32_t)v);
}

int
position_of_file(const struct position_file *file, uint64_t number, struct position *ret)
{
    uint8_t identity[20], digest[32];

    put_be64(identity, file->inode);
    put_be64(identity + 8, (uint64_t)file->born_s);
    put_be32(identity + 16, file->born_ns);
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, identity, sizeof identity, digest) < 0)
        return ERR_NOMEM;
    *ret = (struct position){.number = number};
    str_hex(digest, POSITION_FILE_DIGEST_LEN, ret->incarnation);
    return 0;
}
