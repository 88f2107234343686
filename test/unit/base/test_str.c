/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

static void
compares_as_sqlite_does(void **state)
{
    (void)state;
    assert_true(str_eq_nocase("Users", "uSERS"));
    assert_false(str_eq_nocase("users", "users2"));
    assert_false(str_eq_nocase("caf\xc3\xa9", "caf\xc3\x89")); /* only ASCII folds */
    assert_true(str_cmp_nocase("a", "B") < 0);
    assert_true(str_starts("sqlite_stat1", "sqlite_"));
    assert_false(str_starts("sqlite3_x", "sqlite_"));
}

static void
knows_well_formed_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {
        {"", true},
        {"leat", true},
        {"\xc3\xa9", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x92\xa7", true},
        {"\xc0\x80", false},         /* not the shortest form */
        {"\xed\xa0\x80", false},     /* a surrogate */
        {"\xf4\x90\x80\x80", false}, /* over U+10FFFF */
        {"\xe2\x82", false},         /* cut */
        {"\x80", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(str_is_utf8(cases[i].text, strlen(cases[i].text)), cases[i].ok);
}

static void
writes_hex(void **state)
{
    (void)state;
    char ret[9];

    str_hex("\x00\x7f\xff\x10", 4, ret);
    assert_string_equal(ret, "007fff10");
}

static void
clips_between_characters(void **state)
{
    (void)state;
    char text[400];

    assert_string_equal(CLIP("a\nb"), "a?b");
    assert_string_equal(CLIP("a\xff"
                             "b"),
                        "a?b");
    for (size_t i = 0; i < 396; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 4);
    assert_true(str_is_utf8(CLIP(text), strlen(CLIP(text))));
    assert_string_equal(CLIP(text) + strlen(CLIP(text)) - 3, "...");
    assert_int_equal(strlen(CLIP(text)), STR_CLIP_MAX + 3);
}

static void
masks_what_a_terminal_would_obey(void **state)
{
    (void)state;
    static const struct {
        const char *text, *masked;
    } cases[] = {
        {"", ""},
        {"plain \"text\"", "plain \"text\""},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\xb5 \xc2\xa0",
         "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8d\xb5 \xc2\xa0"},
        {"\x1b[31mred\a", "?[31mred?"},
        {"two\nlines\r\t\x7f", "two?lines???"},
        {"\xc2\x9b"
         "31m \xc2\x80\xc2\x9f.",
         "?31m ??."}, /* C1, two bytes each */
        {"\x9b"
         "31m \xe2\x82",
         "?31m ??"}, /* no UTF-8 */
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[64];

        (void)snprintf(text, sizeof text, "%s", cases[i].text); /* it fits */
        assert_ptr_equal(str_mask(text), text);
        assert_string_equal(text, cases[i].masked);
        assert_string_equal(CLIP(cases[i].text), cases[i].masked);
    }
}

static void
shows_bytes_that_are_no_text(void **state)
{
    CLEANUP(freep) char *shown = str_shown("a\xff\xe2\x82\xac\n\xe2\x82");

    (void)state;
    assert_string_equal(shown, "a?\xe2\x82\xac\n??");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_as_sqlite_does),
        cmocka_unit_test(knows_well_formed_utf8),
        cmocka_unit_test(writes_hex),
        cmocka_unit_test(clips_between_characters),
        cmocka_unit_test(masks_what_a_terminal_would_obey),
        cmocka_unit_test(shows_bytes_that_are_no_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
