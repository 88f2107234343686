/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "feed/position.h"

#include <string.h>

static void
reads_back_what_it_writes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "0:0",
        "00ff00ff00ff00ff:1700000000000000",
        "abcdefghijklmnopqrstuvwxyz012345:18446744073709551615",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char text[POSITION_TEXT_MAX];
        struct position p = {.number = 5};

        assert_int_equal(position_parse(texts[i], &p), 0);
        position_format(&p, text);
        assert_string_equal(text, texts[i]);
    }
}

static void
refuses_what_is_not_a_position(void **state)
{
    (void)state;
    static const char *const texts[] = {
        ":",
        ":1",
        "a",
        "a:",
        "a1",
        "A:1",
        " a:1",
        "a:1 ",
        "a:-1",
        "a:+1",
        "a:01",
        "a:1:2",
        "a:1x",
        "a-b:1",
        "a:18446744073709551616",
        "a:99999999999999999999",
        "abcdefghijklmnopqrstuvwxyz0123456:1",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct position p = {.incarnation = "kept", .number = 7};

        assert_int_equal(position_parse(texts[i], &p), ERR_PROTO);
        assert_string_equal(p.incarnation, "kept");
        assert_int_equal(p.number, 7);
    }
}

static void
is_reached_only_in_its_own_incarnation(void **state)
{
    (void)state;
    const struct position a1 = {"a", 1}, a2 = {"a", 2}, b3 = {"b", 3};

    assert_true(position_has_reached(&a2, &a1));
    assert_true(position_has_reached(&a1, &a1));
    assert_false(position_has_reached(&a1, &a2));
    assert_false(position_has_reached(&b3, &a1));
}

/* The digest was made with another SHA-256. */
static void
names_a_file_by_inode_and_birth(void **state)
{
    (void)state;
    const struct position_file file = {.inode = 42, .born_s = 1700000000, .born_ns = 123456789};
    struct position_file other;
    struct position p, q;

    assert_int_equal(position_of_file(&file, 9, &p), 0);
    assert_string_equal(p.incarnation, "6b891347e8751b76");
    assert_int_equal(p.number, 9);

    other = file;
    other.inode++;
    assert_int_equal(position_of_file(&other, 9, &q), 0);
    assert_false(position_has_reached(&q, &p));
    other = file;
    other.born_s++;
    assert_int_equal(position_of_file(&other, 9, &q), 0);
    assert_false(position_has_reached(&q, &p));
    other = file;
    other.born_ns++;
    assert_int_equal(position_of_file(&other, 9, &q), 0);
    assert_false(position_has_reached(&q, &p));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_it_writes),
        cmocka_unit_test(refuses_what_is_not_a_position),
        cmocka_unit_test(is_reached_only_in_its_own_incarnation),
        cmocka_unit_test(names_a_file_by_inode_and_birth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
