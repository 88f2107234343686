/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages between our own processes over a stream socket.
 *
 *   offset  bytes  content
 *   0       4      length of the payload, big-endian, 0 to FRAME_MAX (1,048,576)
 *   4       1      kind, any value; its reader refuses those it does not know
 *   5       length payload
 *
 * The length does not count the five bytes before the payload. A message is
 * complete when all of it is there, so a reader keeps what it has until
 * frame_decode() says how much it took; it never needs more than
 * FRAME_HEAD_LEN + FRAME_MAX bytes to get one message, and that is the bound
 * of every input buffer. A length over the maximum is seen with its fourth
 * byte, before anything is allocated. It cannot be skipped: either the writer
 * is not ours or the stream has lost its place, and the link is closed.
 *
 * There is no checksum and no version: both ends are the same binary on the
 * same machine, and the kernel does not lose bytes of a socketpair.
 */
#include "wire/frame.h"

int
frame_decode(const void *bytes, size_t len, struct frame *ret)
{
    const uint8_t *p = bytes;
    size_t payload_len;

    if (len < 4)
        return ERR_SHORT;
    payload_len = be32(p);
    if (payload_len > FRAME_MAX)
        return ERR_LIMIT;
    if (len < FRAME_HEAD_LEN + payload_len)
        return ERR_SHORT;
    *ret = (struct frame){.kind = p[4], .payload = p + FRAME_HEAD_LEN, .len = payload_len};
    return (int)(FRAME_HEAD_LEN + payload_len);
}

int
frame_encode(struct buf *ret, uint8_t kind, const void *payload, size_t len)
{
    uint8_t head[FRAME_HEAD_LEN];
    int r;

    if (len > FRAME_MAX)
        return ERR_LIMIT;
    r = buf_reserve(ret, FRAME_HEAD_LEN + len);
    if (r < 0)
        return r;
    put_be32(head, (uint32_t)len);
    head[4] = kind;
    r = buf_append(ret, head, sizeof head);
    if (r == 0)
        r = buf_append(ret, payload, len);
    assert(r == 0); /* the room was made above */
    return 0;
}
