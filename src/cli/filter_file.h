/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_FILTER_FILE_H
#define CLI_FILTER_FILE_H

#include "base/buf.h"
#include "base/err.h"

struct filter;

/*
 * Read the filter that the command line names. The text is appended to `yaml`,
 * which has its bound; messages name file, line and column. Whatever is wrong with
 * the file is a matter of configuration: ERR_CONFIG, ERR_DENIED; otherwise
 * ERR_SYS, ERR_NOMEM. On success `*ret` is owned: filter_free().
 */
int filter_file_read(const char *path, struct buf *yaml, struct filter **ret, struct err *e)
    MUST_CHECK;

#endif
