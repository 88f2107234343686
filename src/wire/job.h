/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_JOB_H
#define WIRE_JOB_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * What a process and its snapshot worker say to each other, one JSON object a
 * frame. The one that runs the loop sends JOB once, and CANCEL when it must end; the
 * worker sends any number of PROGRESS, then RESULT or FAILURE, and exits.
 *
 * Decoders refuse with ERR_PROTO: bytes that are not one JSON object, unknown,
 * missing and duplicate keys, values of the wrong type or out of range,
 * numbers that are not exact 64-bit integers, text that holds a NUL. They fail
 * with ERR_NOMEM otherwise; `*ret` is written only on success. Text goes into
 * the arena.
 *
 * Encoders append to a buffer, or fail with ERR_LIMIT (the buffer is full: give it
 * FRAME_MAX), ERR_PROTO (a value that its decoder would refuse), ERR_NOMEM; then nothing
 * was appended.
 *
 * Source: doc/protocol/job.md.
 */
enum job_kind {
    JOB_KIND_JOB = 1,
    JOB_KIND_PROGRESS = 2,
    JOB_KIND_RESULT = 3,
    JOB_KIND_FAILURE = 4,
    JOB_KIND_CANCEL = 5, /* no payload */
};

#define JOB_PATH_MAX     4095 /* bytes of a path, inclusive */
#define JOB_STAGE_MAX    32   /* bytes of a stage's name, inclusive */
#define JOB_POSITION_MAX 64   /* characters of a position, inclusive */
#define JOB_HASH_LEN     64   /* characters: SHA-256 in hex */

/* Build one filtered snapshot. Borrowed text, UTF-8. */
struct job {
    const char *source; /* path of the database to read, not empty */
    const char *out;    /* path of the file to replace, not empty */
    const char *filter; /* the filter as YAML */
    int64_t busy_timeout_ms;
    int64_t timeout_ms; /* of the whole build */
    bool replace;
    bool trace_sql;
};

struct job_progress {
    const char *stage; /* not empty */
    const char *table; /* "" if none */
    int64_t permille;  /* 0 to 1000 */
};

/* What is known of one snapshot file. */
struct job_meta {
    int64_t version;
    char hash[JOB_HASH_LEN + 1]; /* lower-case hex */
    int64_t size;                /* bytes */
    int64_t timestamp;           /* seconds since 1970 */
    bool compressed;
    char position[JOB_POSITION_MAX + 1]; /* "" if there is none */
};

struct job_result {
    struct job_meta meta;
    bool unchanged;
    int64_t rows;
    int64_t read_ms;
    int64_t build_ms;
};

/* FAILURE carries a struct err: the code by its name, and the message. */

int job_encode(const struct job *job, struct buf *ret) MUST_CHECK;
int job_decode(const void *payload, size_t len, struct arena *a, struct job *ret) MUST_CHECK;

/* Bytes of a table's name that are not UTF-8 are sent as '?'; the same for a failure's message. */
int job_progress_encode(const struct job_progress *progress, struct buf *ret) MUST_CHECK;
int job_progress_decode(const void *payload, size_t len, struct arena *a, struct job_progress *ret)
    MUST_CHECK;

int job_result_encode(const struct job_result *result, struct buf *ret) MUST_CHECK;
int job_result_decode(const void *payload, size_t len, struct job_result *ret) MUST_CHECK;

/* `failure->code` is one of enum err_code. */
int job_failure_encode(const struct err *failure, struct buf *ret) MUST_CHECK;
int job_failure_decode(const void *payload, size_t len, struct err *ret) MUST_CHECK;

/*
 * The meta data alone: what is printed with --json and kept beside the output.
 * No whitespace, and the keys in this order:
 *
 *   {"version":1,"hash":"…","size":1,"timestamp":1,"compressed":false,"position":"…"}
 *
 * The reader takes the keys in any order and refuses all that the decoders do.
 */
int job_meta_write_json(const struct job_meta *meta, struct buf *ret) MUST_CHECK;
int job_meta_read_json(const void *text, size_t len, struct job_meta *ret) MUST_CHECK;

#endif
