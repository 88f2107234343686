/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "wire/frame.h"

#include <string.h>

/* The example from doc/protocol/frame.md, byte for byte. */
static const uint8_t example[] = {0, 0, 0, 0, 5, 0, 0, 0, 2, 1, '{', '}'};

static void
decodes_the_example(void **state)
{
    (void)state;
    struct frame f;

    assert_int_equal(frame_decode(example, sizeof example, &f), 5);
    assert_int_equal(f.kind, 5);
    assert_int_equal(f.len, 0);
    assert_int_equal(frame_decode(example + 5, sizeof example - 5, &f), 7);
    assert_int_equal(f.kind, 1);
    assert_int_equal(f.len, 2);
    assert_memory_equal(f.payload, "{}", 2);
}

static void
encodes_the_example(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(sizeof example);

    assert_int_equal(frame_encode(&b, 5, NULL, 0), 0);
    assert_int_equal(frame_encode(&b, 1, "{}", 2), 0);
    assert_int_equal(b.len, sizeof example);
    assert_memory_equal(b.data, example, sizeof example);
}

/* Every prefix asks for more and leaves the result alone. */
static void
asks_for_more(void **state)
{
    (void)state;
    for (size_t n = 0; n < 7; n++) {
        struct frame f = {.kind = 0xee};

        assert_int_equal(frame_decode(example + 5, n, &f), ERR_SHORT);
        assert_int_equal(f.kind, 0xee);
    }
}

static void
refuses_a_length_over_the_maximum(void **state)
{
    (void)state;
    const uint8_t over[] = {0, 0x10, 0, 1};
    const uint8_t most[] = {0, 0x10, 0, 0};
    const uint8_t all[] = {0xff, 0xff, 0xff, 0xff, 1};
    struct frame f = {.kind = 0xee};

    assert_int_equal(frame_decode(over, sizeof over, &f), ERR_LIMIT);
    assert_int_equal(frame_decode(all, sizeof all, &f), ERR_LIMIT);
    assert_int_equal(frame_decode(most, sizeof most, &f), ERR_SHORT);
    assert_int_equal(f.kind, 0xee);
}

static void
carries_the_largest_payload(void **state)
{
    (void)state;
    CLEANUP(freep) uint8_t *payload = calloc(1, FRAME_MAX + 1);
    CLEANUP(buf_done) struct buf b = BUF_INIT(2 * FRAME_MAX);
    struct frame f;

    assert_non_null(payload);
    memset(payload, 'x', FRAME_MAX + 1);
    assert_int_equal(frame_encode(&b, 9, payload, FRAME_MAX + 1), ERR_LIMIT);
    assert_int_equal(b.len, 0);
    assert_int_equal(frame_encode(&b, 9, payload, FRAME_MAX), 0);
    assert_int_equal(frame_decode(b.data, b.len, &f), (int)(FRAME_HEAD_LEN + FRAME_MAX));
    assert_int_equal(f.len, FRAME_MAX);
    assert_memory_equal(f.payload, payload, FRAME_MAX);
}

static void
appends_nothing_to_a_full_buffer(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(12);

    assert_int_equal(frame_encode(&b, 1, "abc", 3), 0);
    assert_int_equal(frame_encode(&b, 1, "", 0), ERR_LIMIT);
    assert_int_equal(b.len, 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_the_example),
        cmocka_unit_test(encodes_the_example),
        cmocka_unit_test(asks_for_more),
        cmocka_unit_test(refuses_a_length_over_the_maximum),
        cmocka_unit_test(carries_the_largest_payload),
        cmocka_unit_test(appends_nothing_to_a_full_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
