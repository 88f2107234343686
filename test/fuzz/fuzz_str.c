/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "base/str.h"

#include <string.h>

/* Text that somebody else wrote, on its way into a message. */

static bool
needs_no_change(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    }
    return strlen(text) <= STR_CLIP_MAX && str_is_utf8(text, strlen(text));
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
    FUZZ_CHECK(str_is_utf8(clip.text, len));
    for (size_t i = 0; i < len; i++)
        FUZZ_CHECK((unsigned char)clip.text[i] >= 0x20 && clip.text[i] != 0x7f);
    if (needs_no_change(text))
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
    check_clip(text);
    FUZZ_CHECK(str_eq_nocase(text, text));
    FUZZ_CHECK(str_starts(text, text));

    str_hex(text, len, hex);
    FUZZ_CHECK(strlen(hex) == 2 * len);
    FUZZ_CHECK(strspn(hex, "0123456789abcdef") == 2 * len);
    return 0;
}
