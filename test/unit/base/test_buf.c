/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/buf.h"

#include <string.h>

static void
grows_to_its_maximum_and_no_further(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(1000);

    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf_append_char(&b, (char)('a' + i % 26)), 0);
    assert_int_equal(b.len, 1000);
    assert_true(b.cap <= 1001);
    assert_int_equal(buf_append_char(&b, '!'), ERR_LIMIT);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_int_equal(b.len, 1000);
    assert_int_equal(strlen(buf_str(&b)), 1000);
}

static void
refuses_sizes_that_would_overflow(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(100);

    assert_int_equal(buf_append_str(&b, "x"), 0);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), ERR_LIMIT);
    assert_int_equal(buf_reserve(&b, 100), ERR_LIMIT);
    assert_int_equal(buf_reserve(&b, 99), 0);
    assert_string_equal(buf_str(&b), "x");
}

static void
formats_consumes_and_resets(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(64);

    assert_string_equal(buf_str(&b), "");
    assert_int_equal(buf_printf(&b, "%s-%d", "abc", 12), 0);
    assert_string_equal(buf_str(&b), "abc-12");
    buf_consume(&b, 4);
    assert_string_equal(buf_str(&b), "12");
    assert_int_equal(buf_printf(&b, "%0100d", 1), ERR_LIMIT);
    assert_string_equal(buf_str(&b), "12");
    buf_reset(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(buf_str(&b), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_maximum_and_no_further),
        cmocka_unit_test(refuses_sizes_that_would_overflow),
        cmocka_unit_test(formats_consumes_and_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
