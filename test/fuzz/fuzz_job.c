/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first byte is the kind of message, the rest its payload. What a decoder
 * accepts, its encoder writes, and that decodes and encodes to the same bytes.
 */
#include "wire/frame.h"
#include "wire/job.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decode `len` bytes as a message of this kind and encode it; 0, or the refusal. */
static int
recode(uint8_t kind, const void *text, size_t len, struct buf *ret)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT((size_t)8 << 20);
    struct job_progress progress;
    struct job_result result;
    struct job_meta meta;
    struct err failure;
    struct job job;
    int r;

    switch (kind) {
    case JOB_KIND_JOB:
        r = job_decode(text, len, &a, &job);
        return r < 0 ? r : job_encode(&job, ret);
    case JOB_KIND_PROGRESS:
        r = job_progress_decode(text, len, &a, &progress);
        return r < 0 ? r : job_progress_encode(&progress, ret);
    case JOB_KIND_RESULT:
        r = job_result_decode(text, len, &result);
        return r < 0 ? r : job_result_encode(&result, ret);
    case JOB_KIND_FAILURE:
        r = job_failure_decode(text, len, &failure);
        return r < 0 ? r : job_failure_encode(&failure, ret);
    default:
        r = job_meta_read_json(text, len, &meta);
        return r < 0 ? r : job_meta_write_json(&meta, ret);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(buf_done) struct buf once = BUF_INIT(8 * FRAME_MAX);
    CLEANUP(buf_done) struct buf twice = BUF_INIT(8 * FRAME_MAX);

    if (size == 0 || size > FRAME_MAX || recode(data[0], data + 1, size - 1, &once) < 0)
        return 0;
    if (recode(data[0], once.data, once.len, &twice) < 0)
        abort();
    assert(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
    return 0;
}
