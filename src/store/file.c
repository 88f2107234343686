/* SPDX-License-Identifier: Apache-2.0 */
#include "store/file.h"

#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>

int
file_read(const char *path, struct buf *ret, struct err *e)
{
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t chunk[4096];

    if (fd < 0) {
        int code = errno == ENOENT ? ERR_NOTFOUND : ERR_SYS;

        (void)err_sys(e, _("could not read \"%s\""), path);
        if (e)
            e->code = code;
        return code;
    }
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        int r;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, _("could not read \"%s\""), path);
        if (n == 0)
            return 0;
        r = buf_append(ret, chunk, (size_t)n);
        if (r == ERR_NOMEM)
            return err_nomem(e);
        if (r < 0)
            return err_set(e, r, _("could not read \"%s\": it has over %zu bytes"), path, ret->max);
    }
}
