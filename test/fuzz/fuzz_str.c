/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/str.h"

#include <string.h>

/* Text that somebody else wrote, on its way into a message. */

static bool
needs_no_change(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f ||
            ((unsigned char)*p == 0xc2 && (unsigned char)p[1] < 0xa0))
            return false;
    }
    return str_is_utf8(text, strlen(text));
}

/* Well-formed, of one line and without a control character, and unchanged if it was so before. */
static void
check_mask(const char *text)
{
    CLEANUP(freep) char *masked = strdup(text);

    if (!masked)
        return;
    FUZZ_CHECK(str_mask(masked) == masked);
    FUZZ_CHECK(strlen(masked) <= strlen(text));
    FUZZ_CHECK(needs_no_change(masked));
    if (needs_no_change(text))
        FUZZ_CHECK(str_eq(masked, text));
}

/* Whatever it was, it is short, well-formed and harmless now; and unchanged if it could be. */
static void
check_clip(const char *text)
{
    struct str_clip clip;
    size_t len;

    FUZZ_CHECK(str_clip(text, &clip) == clip.text);
    len = strnlen(clip.text, sizeof clip.text);
    FUZZ_CHECK(len <= STR_CLIP_MAX + 3);
    FUZZ_CHECK(needs_no_change(clip.text));
    if (needs_no_change(text) && strlen(text) <= STR_CLIP_MAX)
        FUZZ_CHECK(str_eq(clip.text, text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    CLEANUP(freep) char *text = malloc(len + 1);
    CLEANUP(freep) char *hex = malloc(2 * len + 1);

    if (!text || !hex)
        return 0;
    if (len > 0)
        memcpy(text, data, len);
    text[len] = '\0';

    /* A tail of well-formed text is well-formed where it starts with a character, only there. */
    if (str_is_utf8(text, len)) {
        for (size_t i = 0; i < MIN(len, (size_t)200); i++)
            FUZZ_CHECK(str_is_utf8(text + i, len - i) == (((uint8_t)text[i] & 0xc0) != 0x80));
    }
    check_mask(text);
    check_clip(text);
    FUZZ_CHECK(str_eq_nocase(text, text));
    FUZZ_CHECK(str_starts(text, text));

    str_hex(text, len, hex);
    FUZZ_CHECK(strlen(hex) == 2 * len);
    FUZZ_CHECK(strspn(hex, "0123456789abcdef") == 2 * len);
    return 0;
}
