/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include "base/base.h"
#include "base/buf.h"

/* Payload bytes of one message, inclusive, and the bytes in front of them. */
#define FRAME_MAX      ((size_t)1 << 20)
#define FRAME_HEAD_LEN ((size_t)5)

/* One message between two of our processes; what the kinds mean is not the frame's business. */
struct frame {
    uint8_t kind;
    const uint8_t *payload; /* borrowed from the bytes that were decoded */
    size_t len;             /* bytes of payload, at most FRAME_MAX */
};

/*
 * Decode the message at the start of `len` bytes. Returns how many of them it
 * takes. Fails with ERR_SHORT (a prefix) and ERR_LIMIT (the length is over
 * FRAME_MAX: nothing that follows can be trusted); `*ret` is untouched then.
 *
 * Source: doc/protocol/frame.md.
 */
int frame_decode(const void *bytes, size_t len, struct frame *ret) MUST_CHECK;

/*
 * Append one message. Fails with ERR_LIMIT (payload over FRAME_MAX, or the
 * buffer is full) and ERR_NOMEM; nothing was appended then.
 */
int frame_encode(struct buf *ret, uint8_t kind, const void *payload, size_t len) MUST_CHECK;

#endif
