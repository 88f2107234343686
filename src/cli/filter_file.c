/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/filter_file.h"

#include "feed/filter.h"
#include "store/file.h"

int
filter_file_read(const char *path, struct buf *yaml, struct filter **ret, struct err *e)
{
    int r = file_read(path, yaml, e);

    if (r == 0)
        r = filter_parse(buf_str(yaml), yaml->len, path, ret, e);
    if (r == ERR_LIMIT || r == ERR_NOTFOUND)
        r = e->code = ERR_CONFIG;
    return r;
}
