/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes: the decoder never takes more than there are; what it accepts
 * encodes to the same bytes; every proper prefix of that asks for more.
 */
#include "wire/frame.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    while (size > 0) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_HEAD_LEN + FRAME_MAX);
        struct frame f = {.kind = 0};
        int r = frame_decode(data, size, &f);

        if (r < 0) {
            assert(r == ERR_SHORT || r == ERR_LIMIT);
            assert(f.payload == NULL);
            return 0;
        }
        assert((size_t)r <= size && (size_t)r == FRAME_HEAD_LEN + f.len);
        if (frame_encode(&b, f.kind, f.payload, f.len) < 0)
            return 0; /* out of memory */
        assert(b.len == (size_t)r && memcmp(b.data, data, b.len) == 0);
        for (size_t n = 0; n < (size_t)r; n++) {
            struct frame prefix;

            assert(frame_decode(data, n, &prefix) == ERR_SHORT);
        }
        data += r;
        size -= (size_t)r;
    }
    return 0;
}
