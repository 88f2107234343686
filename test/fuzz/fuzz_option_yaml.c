/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "../unit/base/option_sample.h"
#include "base/option.h"
#include "base/str.h"

#include <string.h>

/*
 * A configuration file that somebody else wrote. What is refused is refused
 * with a place and a reason; what is accepted is written as YAML that is
 * accepted again and written the same.
 */
#define ARENA_MAX ((size_t)64 << 20)

static int
read_text(const void *text, size_t len, struct arena *arena, struct sample *ret, struct err *e)
{
    option_defaults(&sample_set, ret);
    return option_read_yaml(&sample_set, text, len, "f", arena, ret, e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    CLEANUP(arena_done) struct arena arena2 = ARENA_INIT(ARENA_MAX);
    CLEANUP(buf_done) struct buf once = BUF_INIT((size_t)4 * OPTION_YAML_MAX);
    CLEANUP(buf_done) struct buf twice = BUF_INIT((size_t)4 * OPTION_YAML_MAX);
    struct sample s, back;
    struct err e = {0};
    int r = read_text(data ? data : (const uint8_t *)"", len, &arena, &s, &e);

    if (r < 0) {
        FUZZ_CHECK(r == ERR_CONFIG && e.code == r);
        FUZZ_CHECK(str_starts(e.msg, "f:"));
        return 0;
    }
    FUZZ_CHECK(option_check_required(&sample_set, &s, &e) == 0);
    FUZZ_CHECK(s.jobs >= -3 && s.jobs <= 16);
    FUZZ_CHECK(option_write_yaml(&sample_set, &s, &once) == 0);
    if (once.len > OPTION_YAML_MAX)
        return 0; /* quoting made it too long to be a file */
    FUZZ_CHECK(read_text(once.data, once.len, &arena2, &back, &e) == 0);
    FUZZ_CHECK(option_write_yaml(&sample_set, &back, &twice) == 0);
    FUZZ_CHECK(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    return 0;
}
