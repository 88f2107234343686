/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <string.h>

static unsigned char
lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c + ('a' - 'A')) : c;
}

bool
str_eq(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool
str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

int
str_cmp_nocase(const char *a, const char *b)
{
    const unsigned char *p = (const unsigned char *)a, *q = (const unsigned char *)b;

    while (*p && lower(*p) == lower(*q)) {
        p++;
        q++;
    }
    return (int)lower(*p) - (int)lower(*q);
}

bool
str_eq_nocase(const char *a, const char *b)
{
    return str_cmp_nocase(a, b) == 0;
}

/* Length of the well-formed character at p, which has `len` bytes; 0 if there is none. */
static size_t
utf8_char(const uint8_t *p, size_t len)
{
    size_t n;

    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        n = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        n = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        n = 4;
    else
        return 0;
    if (len < n)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

bool
str_is_utf8(const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len > 0) {
        size_t n = utf8_char(p, len);

        if (n == 0)
            return false;
        p += n;
        len -= n;
    }
    return true;
}

void
str_hex(const void *data, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digits[p[i] >> 4];
        ret[2 * i + 1] = digits[p[i] & 15];
    }
    ret[2 * len] = '\0';
}

/*
 * The character at p, as a terminal may be shown it: `ret_len` is its length, 1
 * for a byte that is none. False for what it must not be shown: a byte outside
 * UTF-8, and a control character, of which C1 has two bytes.
 */
static bool
is_shown(const uint8_t *p, size_t len, size_t *ret_len)
{
    size_t n = utf8_char(p, len);

    *ret_len = MAX(n, (size_t)1);
    if (n == 2)
        return p[0] != 0xc2 || p[1] >= 0xa0;
    return n > 1 || (n == 1 && p[0] >= 0x20 && p[0] != 0x7f);
}

char *
str_mask(char *text)
{
    size_t len = strlen(text), n, out = 0;

    for (size_t i = 0; i < len; i += n) {
        if (is_shown((const uint8_t *)text + i, len - i, &n)) {
            memmove(text + out, text + i, n);
            out += n;
        } else {
            text[out++] = '?';
        }
    }
    text[out] = '\0';
    return text;
}

const char *
str_clip(const char *text, struct str_clip *ret)
{
    size_t len = strlen(text), out = 0;
    const uint8_t *p = (const uint8_t *)text;

    while (len > 0) {
        size_t n;
        bool shown = is_shown(p, len, &n);

        if (out + n > STR_CLIP_MAX) {
            memcpy(ret->text + out, "...", 3);
            out += 3;
            break;
        }
        if (shown)
            memcpy(ret->text + out, p, n);
        else
            ret->text[out] = '?';
        out += shown ? n : 1;
        p += n;
        len -= n;
    }
    ret->text[out] = '\0';
    return ret->text;
}

char *
str_shown(const char *text)
{
    char *copy = strdup(text);
    size_t len = strlen(text), n;

    for (char *p = copy; p && len > 0; p += n, len -= n) {
        n = utf8_char((const uint8_t *)p, len);
        if (n == 0) {
            *p = '?';
            n = 1;
        }
    }
    return copy;
}
