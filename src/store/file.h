/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_FILE_H
#define STORE_FILE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Append the whole file at `path`; the bound is the buffer's own.
 * Fails with ERR_NOTFOUND, ERR_SYS, ERR_LIMIT, ERR_NOMEM.
 */
int file_read(const char *path, struct buf *ret, struct err *e) MUST_CHECK;

#endif
