/* SPDX-License-Identifier: Apache-2.0 */
#include "store/meta.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "wire/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define META_LEN_MAX 4096 /* bytes of the file */

static char *
meta_path(const char *out)
{
    char *path;

    return asprintf(&path, "%s.meta", out) < 0 ? NULL : path;
}

int
meta_read(const char *out, struct snapshot_meta *ret, struct err *e)
{
    CLEANUP(freep) char *path = meta_path(out);
    CLEANUP(closep) int fd = -1;
    struct snapshot_meta meta;
    struct job_meta json;
    char text[META_LEN_MAX];
    ssize_t len;
    int r;

    if (!path)
        return err_nomem(e);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND, _("there is no \"%s\""), path);
    if (fd < 0 || (len = read(fd, text, sizeof text)) < 0)
        return err_sys(e, _("could not read \"%s\""), path);
    r = len < (ssize_t)sizeof text ? job_meta_read_json(text, (size_t)len, &json) : ERR_LIMIT;
    if (r == 0)
        r = position_parse(json.position, &meta.position);
    if (r == ERR_NOMEM)
        return err_nomem(e);
    if (r < 0)
        return err_set(e, ERR_PROTO,
                       _("\"%s\" is damaged; remove it, and the next snapshot makes it again"),
                       path);
    meta.version = json.version;
    meta.size = json.size;
    meta.timestamp = json.timestamp;
    meta.compressed = json.compressed;
    memcpy(meta.hash, json.hash, sizeof meta.hash);
    *ret = meta;
    return 0;
}

void
meta_to_json(const struct snapshot_meta *meta, struct job_meta *ret)
{
    *ret = (struct job_meta){
        .version = meta->version,
        .size = meta->size,
        .timestamp = meta->timestamp,
        .compressed = meta->compressed,
    };
    memcpy(ret->hash, meta->hash, sizeof ret->hash);
    position_format(&meta->position, ret->position);
}

int
meta_prepare(const char *out, const struct snapshot_meta *meta, struct temp *ret, struct err *e)
{
    CLEANUP(freep) char *path = meta_path(out);
    CLEANUP(buf_done) struct buf b = BUF_INIT(META_LEN_MAX);
    CLEANUP(temp_discard) struct temp temp = TEMP_NONE;
    struct job_meta json;
    int r;

    if (!path)
        return err_nomem(e);
    meta_to_json(meta, &json);
    r = job_meta_write_json(&json, &b);
    if (r == 0)
        r = buf_append_char(&b, '\n');
    if (r < 0)
        return err_set(e, r, _("could not write \"%s\""), path);
    r = temp_create(path, &temp, e);
    if (r < 0)
        return r;
    errno = ENOSPC; /* of a write that is only cut short */
    if (write(temp.fd, b.data, b.len) != (ssize_t)b.len)
        return err_sys(e, _("could not write the new \"%s\""), path);
    r = temp_seal(&temp, path, e);
    if (r < 0)
        return r;
    *ret = (struct temp){.fd = TAKE_FD(temp.fd), .path = TAKE(temp.path)};
    return 0;
}

int
meta_publish(const char *out, struct temp *t, struct err *e)
{
    CLEANUP(freep) char *path = meta_path(out);

    return path ? temp_publish(t, path, e) : err_nomem(e);
}

int
meta_sweep(const char *out, struct err *e)
{
    CLEANUP(freep) char *path = meta_path(out);

    return path ? temp_sweep(path, e) : err_nomem(e);
}
