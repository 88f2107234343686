/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

static void
hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);

    for (size_t size = 0; size < 9000; size += 97) {
        uint8_t *p = arena_alloc(&a, size);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xaa, size);
    }
}

static void
stops_at_its_maximum(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(100);

    assert_non_null(arena_alloc(&a, 96));
    assert_null(arena_alloc(&a, 16));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 16));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(arena_strndup(&a, "x", SIZE_MAX));
}

static void
copies_text(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(4096);

    assert_string_equal(arena_strdup(&a, "water"), "water");
    assert_string_equal(arena_strndup(&a, "water", 2), "wa");
    assert_string_equal(arena_printf(&a, "%d mills", 3), "3 mills");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_aligned_memory),
        cmocka_unit_test(stops_at_its_maximum),
        cmocka_unit_test(copies_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
