/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void
carries_code_and_message(void **state)
{
    (void)state;
    struct err e = {0};

    assert_int_equal(err_set(&e, ERR_LIMIT, "%d is over %d", 7, 5), ERR_LIMIT);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_string_equal(e.msg, "7 is over 5");
    assert_int_equal(err_set(NULL, ERR_PROTO, "nobody asks"), ERR_PROTO);
}

static void
names_the_system_error(void **state)
{
    (void)state;
    struct err e = {0};

    errno = ENOENT;
    assert_int_equal(err_sys(&e, "could not open \"%s\"", "a"), ERR_SYS);
    assert_string_equal(e.msg, "could not open \"a\": No such file or directory");
}

static void
wraps_outermost_first(void **state)
{
    (void)state;
    struct err e = {0};

    (void)err_set(&e, ERR_PROTO, "header is 1 byte");
    assert_int_equal(err_wrap(&e, "snapshot \"%s\"", "a"), ERR_PROTO);
    assert_string_equal(e.msg, "snapshot \"a\": header is 1 byte");
}

/* Whatever the lengths, the message ends with the cause and stays in bounds. */
static void
keeps_the_cause_when_too_long(void **state)
{
    (void)state;
    for (size_t cause_len = 1; cause_len < ERR_MSG_MAX - 3; cause_len += 7) {
        for (size_t context_len = 1; context_len < 2 * ERR_MSG_MAX; context_len += 13) {
            char cause[ERR_MSG_MAX], context[2 * ERR_MSG_MAX];
            struct err e = {0};

            memset(cause, 'c', cause_len);
            cause[cause_len] = '\0';
            memset(context, 'x', context_len);
            context[context_len] = '\0';
            (void)err_set(&e, ERR_SYS, "%s", cause);
            (void)err_wrap(&e, "%s", context);
            assert_true(strlen(e.msg) < ERR_MSG_MAX);
            assert_string_equal(e.msg + strlen(e.msg) - cause_len, cause);
        }
    }
}

static void
every_code_has_a_name(void **state)
{
    (void)state;
    for (int code = ERR_SYS; code >= ERR_NOTFOUND; code--)
        assert_string_not_equal(err_code_name(code), "unknown");
    assert_string_equal(err_code_name(0), "unknown");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_code_and_message), cmocka_unit_test(names_the_system_error),
        cmocka_unit_test(wraps_outermost_first),    cmocka_unit_test(keeps_the_cause_when_too_long),
        cmocka_unit_test(every_code_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
