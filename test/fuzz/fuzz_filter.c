/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arbitrary bytes as a filter. What is accepted can be written, and what was
 * written is accepted and says the same.
 */
#include "fuzz.h"

#include "feed/filter.h"

#include <string.h>

static bool
same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool
same_table(const struct filter_table *a, const struct filter_table *b)
{
    if (!same_text(a->name, b->name) || !same_text(a->where, b->where) || a->omit != b->omit ||
        a->columns.count != b->columns.count)
        return false;
    for (size_t i = 0; i < a->columns.count; i++) {
        if (!same_text(a->columns.items[i], b->columns.items[i]))
            return false;
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    CLEANUP(filter_freep) struct filter *once = NULL, *twice = NULL;
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)64 << 20);
    const struct filter_table *first, *second;
    size_t first_count, second_count;
    struct err e = {0};
    int r = filter_parse((const char *)data, len, "fuzz.yaml", &once, &e);

    FUZZ_CHECK((r < 0) == (once == NULL));
    if (r < 0) {
        FUZZ_CHECK(e.code == r && e.msg[0]);
        return 0;
    }
    r = filter_write(once, &b);
    FUZZ_CHECK(r == 0);
    r = filter_parse(buf_str(&b), b.len, "fuzz.yaml", &twice, &e);
    FUZZ_CHECK(r == 0);
    first = filter_tables(once, &first_count);
    second = filter_tables(twice, &second_count);
    FUZZ_CHECK(first_count == second_count);
    for (size_t i = 0; i < first_count; i++)
        FUZZ_CHECK(same_table(&first[i], &second[i]));
    return 0;
}
