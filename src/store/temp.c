/* SPDX-License-Identifier: Apache-2.0 */
#include "store/temp.h"

#include "base/i18n.h"
#include "base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#define TEMP_TRIES  16 /* names tried before we give up */
#define TEMP_DIGITS 16 /* hex digits in a name */
#define TEMP_SUFFIX ".tmp"

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* "dir/", or "" for the working directory; owned. */
static char *
directory_of(const char *path)
{
    return strndup(path, (size_t)(base_name(path) - path));
}

int
temp_open_directory(const char *path)
{
    CLEANUP(freep) char *directory = directory_of(path);

    if (!directory) {
        errno = ENOMEM;
        return -1;
    }
    return open(directory[0] ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Whether the path still names the file of the descriptor. */
static bool
is_still_there(int fd, const char *path)
{
    struct stat by_fd, by_path;

    return fstat(fd, &by_fd) == 0 && stat(path, &by_path) == 0 && by_fd.st_ino == by_path.st_ino &&
           by_fd.st_dev == by_path.st_dev;
}

/* While it is being made, a file is open to nobody to whom its target is closed. */
static mode_t
mode_for(const char *target)
{
    struct stat st;

    return stat(target, &st) == 0 ? (st.st_mode & 0666) | 0600 : 0666;
}

int
temp_create(const char *target, struct temp *ret, struct err *e)
{
    CLEANUP(freep) char *directory = directory_of(target);
    mode_t mode = mode_for(target);

    if (!directory)
        return err_nomem(e);
    for (int i = 0; i < TEMP_TRIES; i++) {
        CLEANUP(freep) char *path = NULL;
        CLEANUP(closep) int fd = -1;
        char digits[TEMP_DIGITS + 1];
        uint8_t random[TEMP_DIGITS / 2];

        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
            return err_sys(e, "%s", _("could not get random bytes"));
        str_hex(random, sizeof random, digits);
        if (asprintf(&path, "%s.%s.%s" TEMP_SUFFIX, directory, base_name(target), digits) < 0) {
            path = NULL;
            return err_nomem(e);
        }
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST)
            return err_sys(e, _("could not create a file beside \"%s\""), target);
        /* A sweep may have seen the file before it was locked, and taken it for a left-over. */
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || !is_still_there(fd, path))
            continue;
        *ret = (struct temp){.fd = TAKE_FD(fd), .path = TAKE(path)};
        return 0;
    }
    return err_set(e, ERR_SYS, _("could not create a file beside \"%s\": no name is free"), target);
}

static int
sync_directory(const char *path, struct err *e)
{
    CLEANUP(closep) int fd = temp_open_directory(path);

    if (fd < 0 || fsync(fd) < 0)
        return err_sys(e, _("could not make the directory of \"%s\" durable"), path);
    return 0;
}

int
temp_seal(struct temp *t, const char *target, struct err *e)
{
    struct stat st;

    if (stat(target, &st) == 0 && fchmod(t->fd, st.st_mode & 07777) < 0)
        return err_sys(e, _("could not set the mode of the new \"%s\""), target);
    if (fsync(t->fd) < 0)
        return err_sys(e, _("could not make the new \"%s\" durable"), target);
    return 0;
}

int
temp_publish(struct temp *t, const char *target, struct err *e)
{
    if (rename(t->path, target) < 0)
        return err_sys(e, _("could not replace \"%s\""), target);
    free(TAKE(t->path)); /* it is the target's now: nothing to discard */
    close(TAKE_FD(t->fd));
    return sync_directory(target, e);
}

void
temp_discard(struct temp *t)
{
    if (t->path)
        (void)unlink(t->path); /* a sweep gets what we cannot */
    free(TAKE(t->path));
    closep(&t->fd);
    t->fd = -1;
}

/* Whether `name` is that of a temporary file for `target`. */
static bool
is_temp_name(const char *name, const char *target)
{
    size_t len = strlen(target);

    return name[0] == '.' && strncmp(name + 1, target, len) == 0 && name[1 + len] == '.' &&
           strspn(name + len + 2, "0123456789abcdef") == TEMP_DIGITS &&
           str_eq(name + len + 2 + TEMP_DIGITS, TEMP_SUFFIX);
}

static void
closedirp(DIR **d)
{
    if (*d)
        closedir(*d);
}

int
temp_sweep(const char *target, struct err *e)
{
    CLEANUP(freep) char *directory = directory_of(target);
    CLEANUP(closedirp) DIR *d = NULL;
    const struct dirent *entry;
    int count = 0;

    if (!directory)
        return err_nomem(e);
    d = opendir(directory[0] ? directory : ".");
    if (!d)
        return err_sys(e, _("could not read the directory of \"%s\""), target);
    while ((entry = readdir(d))) {
        CLEANUP(closep) int fd = -1;

        if (!is_temp_name(entry->d_name, base_name(target)))
            continue;
        fd = openat(dirfd(d), entry->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        /* Whoever holds the lock is alive. */
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
            unlinkat(dirfd(d), entry->d_name, 0) == 0)
            count++;
    }
    return count;
}
