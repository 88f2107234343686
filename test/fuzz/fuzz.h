/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include "base/base.h"

#include <stdio.h>

/*
 * What a fuzz target defines. It is called many times in one process with
 * `len` foreign bytes, checks its properties with FUZZ_CHECK and returns 0.
 * It is deterministic, opens nothing and leaves nothing allocated. `data` is
 * not NUL-terminated, and NULL may come with a length of 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A property that holds for every input; where it does not, the process ends. */
#define FUZZ_CHECK(property)                                                                       \
    do {                                                                                           \
        if (!(property)) {                                                                         \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
