/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_POSITION_H
#define FEED_POSITION_H

#include "base/base.h"

/*
 * A place in the history of a source: the end of a group of whole
 * transactions. Numbers grow within an incarnation; behind a new incarnation
 * (restore, promotion, new file) a reader starts over.
 *
 * A SQLite file that is watched, and not written by us, carries no counter
 * that survives its connections. Its number is the wall time, in microseconds
 * since 1970, at which the read transaction began, and never lower than the
 * last one: whatever committed before it is included. Its incarnation is a digest of the
 * file's identity (inode, birth time).
 */
#define POSITION_INCARNATION_MAX 32 /* characters, [0-9a-z] */

struct position {
    char incarnation[POSITION_INCARNATION_MAX + 1]; /* "" is no position */
    uint64_t number;
};

/* "<incarnation>:<number>" with its NUL, at most. */
#define POSITION_TEXT_MAX (POSITION_INCARNATION_MAX + 1 + 20 + 1)

/* The text form into `ret`, which has room for POSITION_TEXT_MAX; "" for no position. */
void position_format(const struct position *p, char *ret);

/* Read the text form, "" included. Fails with ERR_PROTO; `*ret` is untouched then. */
int position_parse(const char *text, struct position *ret) MUST_CHECK;

/* Whether `p` is of the same incarnation as `q` and at or behind it in history. */
bool position_has_reached(const struct position *p, const struct position *q);

/* What tells one SQLite file from another that has its name: statx() of it. */
struct position_file {
    uint64_t inode;
    int64_t born_s; /* birth time; 0 where the file system keeps none */
    uint32_t born_ns;
};

/* Bytes of the digest of a file's identity that make its incarnation. */
#define POSITION_FILE_DIGEST_LEN 8

/*
 * The position of a watched file at wall time `number`. The incarnation is the start of
 * the SHA-256, in hex, of inode, born_s (8 bytes each) and born_ns (4 bytes), big-endian.
 * Fails with ERR_NOMEM; `*ret` is untouched then.
 */
int position_of_file(const struct position_file *file, uint64_t number, struct position *ret)
    MUST_CHECK;

#endif
