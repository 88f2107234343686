/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a pair gets into its directory, so that a crash between any two steps
 * leaves something that the next run can work with:
 *
 *   1  lock the directory; all steps work relative to its descriptor
 *   2  write .NAME.key.new and .NAME.pem.new, each synced
 *   3  replacing: remove NAME.pem, sync the directory
 *   4  rename the key, rename the certificate, sync the directory
 *
 * Names with a dot in front belong to nobody else (no identity begins with
 * one), so what a killed run left under them is removed by the next.
 */
#include "cli/pki.h"

#include "base/i18n.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define CERT_MODE 0644
#define KEY_MODE  0600
#define DIR_MODE  0700

/* ".", a name, ".key.new" and the NUL. */
#define FILE_NAME_MAX (CERT_NAME_MAX + 16)

/* One of the pairs in a directory. */
struct pair {
    int dirfd;       /* borrowed */
    const char *dir; /* for messages */
    char cert[FILE_NAME_MAX], cert_new[FILE_NAME_MAX];
    char key[FILE_NAME_MAX], key_new[FILE_NAME_MAX];
};

static void
pair_init(struct pair *p, int dirfd, const char *dir, const char *name)
{
    assert(strlen(name) <= CERT_NAME_MAX);
    p->dirfd = dirfd;
    p->dir = dir;
    /* They fit: see FILE_NAME_MAX. */
    (void)snprintf(p->cert, sizeof p->cert, "%s.pem", name);
    (void)snprintf(p->cert_new, sizeof p->cert_new, ".%s.pem.new", name);
    (void)snprintf(p->key, sizeof p->key, "%s.key", name);
    (void)snprintf(p->key_new, sizeof p->key_new, ".%s.key.new", name);
}

static int
write_path(const char *dir, const char *name, char ret[PKI_PATH_MAX], struct err *e)
{
    size_t len = strlen(dir);
    const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";

    if (len == 0)
        return err_set(e, ERR_CONFIG, "%s", _("name of the directory is empty"));
    if (snprintf(ret, PKI_PATH_MAX, "%s%s%s", dir, slash, name) >= PKI_PATH_MAX)
        return err_set(e, ERR_CONFIG, _("path of \"%s\" has more than %d bytes"), name,
                       PKI_PATH_MAX - 1);
    return 0;
}

/* Open and lock. The lock lasts as long as the descriptor. */
static int
dir_open(const char *dir, bool create, struct err *e)
{
    CLEANUP(closep) int fd = -1;

    if (create && mkdir(dir, DIR_MODE) == 0) {
        if (chmod(dir, DIR_MODE) < 0)
            return err_sys(e, _("could not set the mode of directory \"%s\""), dir);
    } else if (create && errno != EEXIST) {
        return err_sys(e, _("could not create directory \"%s\""), dir);
    }
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND,
                       _("there is no CA in \"%s\": make one with \"leat ca init\" first"), dir);
    if (fd < 0)
        return err_sys(e, _("could not open directory \"%s\""), dir);
    /* Whoever holds it needs milliseconds. */
    if (flock(fd, LOCK_EX) < 0)
        return err_sys(e, _("could not lock directory \"%s\""), dir);
    return TAKE_FD(fd);
}

/* 1: there is such a file, 0: there is not. */
static int
file_is_there(const struct pair *p, const char *name, struct err *e)
{
    struct stat st;

    if (fstatat(p->dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 1;
    if (errno == ENOENT)
        return 0;
    return err_sys(e, _("could not look for \"%s\" in directory \"%s\""), name, p->dir);
}

/* Read a whole file into `data`; its length. One that is `hidden` must be its owner's alone. */
static int
file_read(const struct pair *p, const char *name, bool hidden, uint8_t data[CERT_PEM_MAX],
          struct err *e)
{
    CLEANUP(closep) int fd = openat(p->dirfd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    size_t len = 0;

    if (fd < 0 && errno == ENOENT)
        return err_set(e, ERR_NOTFOUND, _("there is no \"%s\" in directory \"%s\""), name, p->dir);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_sys(e, _("could not open \"%s\" in directory \"%s\""), name, p->dir);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_DENIED, _("\"%s\" in directory \"%s\" is not a file"), name, p->dir);
    if (hidden && (st.st_mode & 077) != 0)
        return err_set(
            e, ERR_DENIED,
            _("\"%s\" in directory \"%s\" has mode %04o and is open to others: set 0600"), name,
            p->dir, (unsigned)(st.st_mode & 07777));
    if (st.st_size > (off_t)CERT_PEM_MAX)
        return err_set(e, ERR_LIMIT, _("\"%s\" in directory \"%s\" has %lld bytes, at most %zu"),
                       name, p->dir, (long long)st.st_size, CERT_PEM_MAX);
    while (len < CERT_PEM_MAX) {
        ssize_t n = read(fd, data + len, CERT_PEM_MAX - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, _("could not read \"%s\" in directory \"%s\""), name, p->dir);
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (int)len;
}

static int
cert_read(const struct pair *p, struct buf *ret, struct err *e)
{
    uint8_t data[CERT_PEM_MAX];
    int len = file_read(p, p->cert, false, data, e);

    if (len < 0)
        return len;
    if (buf_append(ret, data, (size_t)len) < 0)
        return err_nomem(e);
    return 0;
}

static int
key_read(const struct pair *p, struct secret *ret, struct err *e)
{
    uint8_t data[CERT_PEM_MAX];
    int len = file_read(p, p->key, true, data, e);
    int r = len < 0 ? len : secret_set(ret, data, (size_t)len);

    explicit_bzero(data, sizeof data);
    if (len >= 0 && r < 0)
        return err_nomem(e);
    return r;
}

/* The key that stands alone in the place of a pair that is to be made; `*ret` is empty if none. */
static int
key_read_lone(const struct pair *p, struct secret *ret, struct err *e)
{
    int r = file_is_there(p, p->key, e);

    return r > 0 ? key_read(p, ret, e) : r;
}

/* Write a new file, and have it on the disk when this returns. */
static int
file_write(const struct pair *p, const char *name, mode_t mode, const uint8_t *data, size_t len,
           struct err *e)
{
    CLEANUP(closep) int fd = -1;

    if (unlinkat(p->dirfd, name, 0) < 0 && errno != ENOENT)
        return err_sys(e, _("could not remove \"%s\" in directory \"%s\""), name, p->dir);
    fd = openat(p->dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, KEY_MODE);
    if (fd < 0)
        return err_sys(e, _("could not create \"%s\" in directory \"%s\""), name, p->dir);
    if (fchmod(fd, mode) < 0)
        return err_sys(e, _("could not set the mode of \"%s\" in directory \"%s\""), name, p->dir);
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, _("could not write \"%s\" in directory \"%s\""), name, p->dir);
        data += n;
        len -= (size_t)n;
    }
    if (fsync(fd) < 0)
        return err_sys(e, _("could not write \"%s\" in directory \"%s\""), name, p->dir);
    return 0;
}

static int
dir_sync(const struct pair *p, struct err *e)
{
    if (fsync(p->dirfd) < 0)
        return err_sys(e, _("could not sync directory \"%s\""), p->dir);
    return 0;
}

static int
file_rename(const struct pair *p, const char *from, const char *to, struct err *e)
{
    if (renameat(p->dirfd, from, p->dirfd, to) < 0)
        return err_sys(e, _("could not rename \"%s\" to \"%s\" in directory \"%s\""), from, to,
                       p->dir);
    return 0;
}

static int
pair_publish(const struct pair *p, const struct cert_issued *issued, struct err *e)
{
    int r;

    r = file_write(p, p->key_new, KEY_MODE, secret_bytes(&issued->key), issued->key.len, e);
    if (r >= 0)
        r = file_write(p, p->cert_new, CERT_MODE, issued->cert.data, issued->cert.len, e);
    if (r < 0)
        return r;
    /* From here to the last rename there is no identity, rather than a false one. */
    if (unlinkat(p->dirfd, p->cert, 0) == 0)
        r = dir_sync(p, e);
    else if (errno != ENOENT)
        r = err_sys(e, _("could not remove \"%s\" in directory \"%s\""), p->cert, p->dir);
    if (r >= 0)
        r = file_rename(p, p->key_new, p->key, e);
    if (r >= 0)
        r = file_rename(p, p->cert_new, p->cert, e);
    if (r >= 0)
        r = dir_sync(p, e);
    return r;
}

/* Put both into their places, or leave nothing of them. */
static int
pair_write(const struct pair *p, const struct cert_issued *issued, struct err *e)
{
    int r = pair_publish(p, issued, e);

    if (r < 0) {
        /* What could not be removed now is removed by the next run. */
        (void)unlinkat(p->dirfd, p->key_new, 0);
        (void)unlinkat(p->dirfd, p->cert_new, 0);
    }
    return r;
}

int
pki_init(const char *dir, const struct cert_ca_request *request, struct pki_files *ret,
         struct err *e)
{
    CLEANUP(closep) int dirfd = -1;
    CLEANUP(secret_done) struct secret key = {0};
    CLEANUP(cert_issued_done) struct cert_issued issued = {0};
    struct cert_ca_request full = *request;
    struct pki_files files = {0};
    struct pair pair;
    int r;

    assert(!request->key);
    pair_init(&pair, -1, dir, "ca");
    if ((r = write_path(dir, pair.cert, files.cert, e)) < 0 ||
        (r = write_path(dir, pair.key, files.key, e)) < 0)
        return r;
    pair.dirfd = dirfd = dir_open(dir, true, e);
    if (dirfd < 0)
        return dirfd;
    r = file_is_there(&pair, pair.cert, e);
    if (r > 0)
        return err_set(e, ERR_DENIED,
                       _("there is a CA in \"%s\" already, and identities that rest on it: choose "
                         "another directory, or remove this one"),
                       dir);
    if (r >= 0)
        r = key_read_lone(&pair, &key, e);
    if (r < 0)
        return r;
    full.key = key.hidden ? &key : NULL;
    r = cert_issue_ca(&full, &issued, e);
    if (r >= 0)
        r = pair_write(&pair, &issued, e);
    if (r < 0)
        return r;
    files.not_after_s = issued.not_after_s;
    *ret = files;
    return 0;
}

int
pki_issue(const char *dir, const struct cert_request *request, bool replace, struct pki_files *ret,
          struct err *e)
{
    CLEANUP(closep) int dirfd = -1;
    CLEANUP(buf_done) struct buf ca_cert = BUF_INIT(CERT_PEM_MAX);
    CLEANUP(secret_done) struct secret ca_key = {0};
    CLEANUP(secret_done) struct secret key = {0};
    CLEANUP(cert_issued_done) struct cert_issued issued = {0};
    struct cert_request full = *request;
    struct pki_files files = {0};
    struct pair ca, pair;
    int r;

    assert(!request->key && !request->ca_cert && !request->ca_key);
    r = cert_check_name(request->name, e); /* before it becomes part of a path */
    if (r < 0)
        return r;
    pair_init(&pair, -1, dir, request->name);
    if ((r = write_path(dir, pair.cert, files.cert, e)) < 0 ||
        (r = write_path(dir, pair.key, files.key, e)) < 0)
        return r;
    pair.dirfd = dirfd = dir_open(dir, false, e);
    if (dirfd < 0)
        return dirfd;
    pair_init(&ca, dirfd, dir, "ca");

    r = cert_read(&ca, &ca_cert, e);
    if (r == ERR_NOTFOUND)
        return err_set(e, r, _("there is no CA in \"%s\": make one with \"leat ca init\" first"),
                       dir);
    if (r >= 0)
        r = key_read(&ca, &ca_key, e);
    if (r < 0)
        return r;
    r = file_is_there(&pair, pair.cert, e);
    if (r > 0 && !replace)
        return err_set(e, ERR_DENIED,
                       _("there is an identity \"%s\" in \"%s\" already: --replace makes it anew"),
                       request->name, dir);
    if (r == 0 && !replace)
        r = key_read_lone(&pair, &key, e);
    if (r < 0)
        return r;

    full.ca_cert = &ca_cert;
    full.ca_key = &ca_key;
    full.key = key.hidden ? &key : NULL;
    r = cert_issue(&full, &issued, e);
    if (r >= 0)
        r = pair_write(&pair, &issued, e);
    if (r < 0)
        return r;
    files.not_after_s = issued.not_after_s;
    *ret = files;
    return 0;
}
