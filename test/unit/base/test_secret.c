/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/secret.h"

#include <string.h>

static void
keeps_a_copy(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret s = {0};
    char text[] = "hush";

    assert_int_equal(secret_set(&s, text, 4), 0);
    memset(text, 'x', 4);
    assert_int_equal(s.len, 4);
    assert_memory_equal(secret_bytes(&s), "hush", 5); /* and a NUL behind it */
}

static void
a_new_value_replaces_the_old(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret s = {0};

    assert_int_equal(secret_set(&s, "first", 5), 0);
    assert_int_equal(secret_set(&s, "2", 1), 0);
    assert_int_equal(s.len, 1);
    assert_memory_equal(secret_bytes(&s), "2", 2);

    /* Even when the new value is a part of the old. */
    assert_int_equal(secret_set(&s, "abcdef", 6), 0);
    assert_int_equal(secret_set(&s, secret_bytes(&s) + 3, 3), 0);
    assert_memory_equal(secret_bytes(&s), "def", 4);
}

static void
may_be_empty(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret s = {0};

    assert_int_equal(secret_set(&s, NULL, 0), 0);
    assert_int_equal(s.len, 0);
    assert_non_null(secret_bytes(&s));
}

static void
refuses_too_much_and_keeps_the_old(void **state)
{
    (void)state;
    CLEANUP(secret_done) struct secret s = {0};

    assert_int_equal(secret_set(&s, "old", 3), 0);
    assert_int_equal(secret_set(&s, "?", SECRET_MAX + 1), ERR_LIMIT);
    assert_memory_equal(secret_bytes(&s), "old", 4);
}

static void
releasing_forgets(void **state)
{
    (void)state;
    struct secret s = {0};

    secret_done(&s); /* half-built is fine */
    assert_int_equal(secret_set(&s, "old", 3), 0);
    secret_done(&s);
    assert_null(secret_bytes(&s));
    assert_int_equal(s.len, 0);
    secret_done(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_copy),      cmocka_unit_test(a_new_value_replaces_the_old),
        cmocka_unit_test(may_be_empty),      cmocka_unit_test(refuses_too_much_and_keeps_the_old),
        cmocka_unit_test(releasing_forgets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
