/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/base.h"

/*
 * Text that others may not spell as we do. Nothing here looks at the locale:
 * names in databases and keys in files compare the same everywhere.
 */

bool str_eq(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);

/* ASCII letters compare without case, all other bytes exactly, as SQLite compares names. */
bool str_eq_nocase(const char *a, const char *b);
int str_cmp_nocase(const char *a, const char *b);

/* Whether `len` bytes are well-formed UTF-8 (RFC 3629: shortest form, no surrogates). */
bool str_is_utf8(const void *data, size_t len);

/* Lower-case hex of `len` bytes and a NUL into `ret`, which has room for 2 * len + 1. */
void str_hex(const void *data, size_t len, char *ret);

/* A copy, owned, in which every byte that belongs to no character is '?'; NULL without memory. */
char *str_shown(const char *text) MUST_CHECK;

/*
 * Make `text` safe to show: each control character (C0, DEL, C1) and each byte
 * that is not UTF-8 becomes '?'. Returns `text`, which never grows.
 */
char *str_mask(char *text);

/*
 * Text for a message: at most STR_CLIP_MAX bytes of `text`, cut between
 * characters and marked with "..." when cut, masked as str_mask() does.
 * Returns `ret`, which has room for STR_CLIP_MAX + 4.
 */
#define STR_CLIP_MAX 120
struct str_clip {
    char text[STR_CLIP_MAX + 4];
};
const char *str_clip(const char *text, struct str_clip *ret);

#define CLIP(text) str_clip((text), &(struct str_clip){{0}})

#endif
