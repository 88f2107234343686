/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cli/nearest.h"

#include <string.h>

static const char *
nearest_of(const char *typed, const char *const *names)
{
    struct nearest n = NEAREST_INIT(typed);

    for (; *names; names++)
        nearest_offer(&n, *names);
    return n.name;
}

static void
finds_slips(void **state)
{
    (void)state;
    static const char *const names[] = {"snapshot", "check", "ca init", "ca issue", "run", NULL};

    assert_string_equal(nearest_of("snapshto", names), "snapshot");  /* swapped */
    assert_string_equal(nearest_of("snapsot", names), "snapshot");   /* dropped */
    assert_string_equal(nearest_of("snapshoot", names), "snapshot"); /* added */
    assert_string_equal(nearest_of("xnapshot", names), "snapshot");  /* changed */
    assert_string_equal(nearest_of("chekc", names), "check");
    assert_string_equal(nearest_of("ca inti", names), "ca init");
    assert_string_equal(nearest_of("rum", names), "run");
    assert_string_equal(nearest_of("check", names), "check");
}

static void
another_word_is_not_near(void **state)
{
    (void)state;
    static const char *const names[] = {"snapshot", "check", "run", NULL};

    assert_null(nearest_of("publish", names));
    assert_null(nearest_of("", names));
    assert_null(nearest_of("ax", names));
    assert_null(nearest_of("snap", names));
}

static void
the_first_of_equals_is_kept(void **state)
{
    (void)state;
    static const char *const names[] = {"log-levex", "log-levey", NULL};

    assert_string_equal(nearest_of("log-level", names), "log-levex");
}

static void
long_names_are_never_near(void **state)
{
    (void)state;
    char a[NEAREST_NAME_MAX + 2], b[NEAREST_NAME_MAX + 2];
    const char *const names[] = {b, NULL};

    memset(a, 'a', sizeof a - 1);
    a[sizeof a - 1] = '\0';
    memcpy(b, a, sizeof b);
    assert_null(nearest_of(a, names));
    a[NEAREST_NAME_MAX] = b[NEAREST_NAME_MAX] = '\0';
    assert_ptr_equal(nearest_of(a, names), b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_slips),
        cmocka_unit_test(another_word_is_not_near),
        cmocka_unit_test(the_first_of_equals_is_kept),
        cmocka_unit_test(long_names_are_never_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
