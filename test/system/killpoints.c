/* SPDX-License-Identifier: Apache-2.0 */
#undef _FILE_OFFSET_BITS /* both forms of open() and the rest are defined below */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <dlfcn.h>

/*
 * A library to preload: it numbers the calls by which a program and its
 * children change the files of one directory, and stops the program just
 * before a chosen one, or fails it. killpoints.py is its other half.
 *
 *   LEAT_KILL_DIR     only files below this directory count
 *   LEAT_KILL_COUNT   a file that holds the number of the last call, eight bytes in the machine's
 *                     order, shared with all children; each further process continues the count
 *   LEAT_KILL_AT      SIGKILL the process that makes this call, from 1
 *   LEAT_FAIL_AT      fail this call instead, with
 *   LEAT_FAIL_ERRNO   ENOSPC or EIO
 *
 * Not seen: writes through stdio (they do not leave libc) and through mappings.
 * A program under AddressSanitizer wants ASAN_OPTIONS=verify_asan_link_order=0,
 * because this library comes first; killpoints.py sets it.
 */
#define EXPORT __attribute__((visibility("default")))

/* The function that we stand in front of. */
#define REAL(name)                                                                                 \
    ({                                                                                             \
        static __typeof__(&(name)) real_;                                                          \
        if (!real_)                                                                                \
            real_ = (__typeof__(&(name)))dlsym(RTLD_NEXT, #name);                                  \
        real_;                                                                                     \
    })

static struct {
    char dir[PATH_MAX]; /* resolved; "" until start() has run: nothing counts */
    size_t dir_len;
    _Atomic uint64_t *count;
    uint64_t kill_at, fail_at; /* 0: never */
    int fail_errno;
} points;

static uint64_t
number(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void
start(void)
{
    const char *dir = getenv("LEAT_KILL_DIR"), *file = getenv("LEAT_KILL_COUNT");
    const char *error = getenv("LEAT_FAIL_ERRNO");
    char resolved[PATH_MAX];
    void *page = MAP_FAILED;
    int fd;

    if (!dir || !file)
        return;
    fd = REAL(open)(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && REAL(ftruncate)(fd, sizeof *points.count) == 0)
        page = mmap(NULL, sizeof *points.count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED || !realpath(dir, resolved)) {
        fprintf(stderr, "killpoints: could not use \"%s\" and \"%s\"\n", file, dir);
        abort();
    }
    close(fd);
    points.count = page;
    points.kill_at = number("LEAT_KILL_AT");
    points.fail_at = number("LEAT_FAIL_AT");
    points.fail_errno = error && strcmp(error, "EIO") == 0 ? EIO : ENOSPC;
    points.dir_len = strlen(resolved);
    memcpy(points.dir, resolved, points.dir_len + 1);
}

static bool
below(const char *path)
{
    return points.dir_len > 0 && strncmp(path, points.dir, points.dir_len) == 0 &&
           (path[points.dir_len] == '/' || path[points.dir_len] == '\0');
}

static bool
fd_below(int fd)
{
    char link[40], path[PATH_MAX];
    ssize_t len;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path - 1);
    if (len < 0)
        return false;
    path[len] = '\0';
    return below(path);
}

/* By the directory that holds it, because the file need not exist; or by what it is. */
static bool
path_below(int dirfd, const char *name)
{
    char path[PATH_MAX + 1], resolved[PATH_MAX], *slash;

    if (name[0] == '/' || dirfd == AT_FDCWD)
        snprintf(path, sizeof path, "%s%s", name[0] == '/' ? "" : "./", name);
    else
        snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dirfd, name);
    if (realpath(path, resolved) && below(resolved))
        return true;
    slash = strrchr(path, '/');
    slash[slash == path] = '\0';
    return realpath(path, resolved) && below(resolved);
}

/* One call that counts. Whether it is to be failed; errno is set then. */
static bool
point(void)
{
    uint64_t n = atomic_fetch_add(points.count, 1) + 1;

    if (n == points.kill_at) {
        kill(getpid(), SIGKILL);
        for (;;) /* the signal is on its way */
            pause();
    }
    if (n != points.fail_at)
        return false;
    errno = points.fail_errno;
    return true;
}

static bool
fd_point(int fd)
{
    int saved = errno;
    bool counts = fd_below(fd);

    errno = saved;
    return counts && point();
}

static bool
path_point(int dirfd, const char *path)
{
    int saved = errno;
    bool counts = path_below(dirfd, path);

    errno = saved;
    return counts && point();
}

/* Whether open() has a third argument. O_TMPFILE is two bits, one of them O_DIRECTORY. */
static bool
makes_file(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

/* The calls on a descriptor are all alike; so are those on a name. */
#define ON_FD(type, name, fd, params, ...)                                                         \
    EXPORT type name params                                                                        \
    {                                                                                              \
        return fd_point(fd) ? -1 : REAL(name)(__VA_ARGS__);                                        \
    }

#define ON_PATH(name, dirfd, path, params, ...)                                                    \
    EXPORT int name params                                                                         \
    {                                                                                              \
        return path_point(dirfd, path) ? -1 : REAL(name)(__VA_ARGS__);                             \
    }

#define ON_OPEN(name, dirfd, params, ...)                                                          \
    EXPORT int name params                                                                         \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
                                                                                                   \
        if (makes_file(flags)) {                                                                   \
            va_list args;                                                                          \
                                                                                                   \
            va_start(args, flags);                                                                 \
            mode = va_arg(args, mode_t);                                                           \
            va_end(args);                                                                          \
        }                                                                                          \
        if ((makes_file(flags) || (flags & O_TRUNC)) && path_point(dirfd, path))                   \
            return -1;                                                                             \
        return REAL(name)(__VA_ARGS__, mode);                                                      \
    }

/* clang-format off */
ON_OPEN(open, AT_FDCWD, (const char *path, int flags, ...), path, flags)
ON_OPEN(open64, AT_FDCWD, (const char *path, int flags, ...), path, flags)
ON_OPEN(openat, at, (int at, const char *path, int flags, ...), at, path, flags)
ON_OPEN(openat64, at, (int at, const char *path, int flags, ...), at, path, flags)

ON_FD(ssize_t, write, fd, (int fd, const void *data, size_t len), fd, data, len)
ON_FD(ssize_t, writev, fd, (int fd, const struct iovec *v, int n), fd, v, n)
ON_FD(ssize_t, pwrite, fd, (int fd, const void *data, size_t len, off_t at), fd, data, len, at)
ON_FD(ssize_t, pwrite64, fd, (int fd, const void *data, size_t len, off64_t at), fd, data, len, at)
ON_FD(ssize_t, pwritev, fd, (int fd, const struct iovec *v, int n, off_t at), fd, v, n, at)
ON_FD(ssize_t, pwritev64, fd, (int fd, const struct iovec *v, int n, off64_t at), fd, v, n, at)
ON_FD(ssize_t, copy_file_range, out, (int in, off64_t *in_at, int out, off64_t *out_at, size_t len, unsigned flags), in, in_at, out, out_at, len, flags)
ON_FD(ssize_t, sendfile, out, (int out, int in, off_t *at, size_t len), out, in, at, len)
ON_FD(ssize_t, sendfile64, out, (int out, int in, off64_t *at, size_t len), out, in, at, len)
ON_FD(int, ftruncate, fd, (int fd, off_t len), fd, len)
ON_FD(int, ftruncate64, fd, (int fd, off64_t len), fd, len)
ON_FD(int, fallocate, fd, (int fd, int mode, off_t at, off_t len), fd, mode, at, len)
ON_FD(int, fallocate64, fd, (int fd, int mode, off64_t at, off64_t len), fd, mode, at, len)
ON_FD(int, fsync, fd, (int fd), fd)
ON_FD(int, fdatasync, fd, (int fd), fd)
ON_FD(int, sync_file_range, fd, (int fd, off64_t at, off64_t len, unsigned flags), fd, at, len, flags)
ON_FD(int, fchmod, fd, (int fd, mode_t mode), fd, mode)
ON_FD(int, fchown, fd, (int fd, uid_t user, gid_t group), fd, user, group)

ON_PATH(rename, AT_FDCWD, to, (const char *from, const char *to), from, to)
ON_PATH(renameat, to_at, to, (int from_at, const char *from, int to_at, const char *to), from_at, from, to_at, to)
ON_PATH(renameat2, to_at, to, (int from_at, const char *from, int to_at, const char *to, unsigned flags), from_at, from, to_at, to, flags)
ON_PATH(link, AT_FDCWD, to, (const char *from, const char *to), from, to)
ON_PATH(linkat, to_at, to, (int from_at, const char *from, int to_at, const char *to, int flags), from_at, from, to_at, to, flags)
ON_PATH(symlink, AT_FDCWD, to, (const char *from, const char *to), from, to)
ON_PATH(unlink, AT_FDCWD, path, (const char *path), path)
ON_PATH(unlinkat, at, path, (int at, const char *path, int flags), at, path, flags)
ON_PATH(mkdir, AT_FDCWD, path, (const char *path, mode_t mode), path, mode)
ON_PATH(mkdirat, at, path, (int at, const char *path, mode_t mode), at, path, mode)
ON_PATH(rmdir, AT_FDCWD, path, (const char *path), path)
ON_PATH(truncate, AT_FDCWD, path, (const char *path, off_t len), path, len)
ON_PATH(truncate64, AT_FDCWD, path, (const char *path, off64_t len), path, len)
ON_PATH(chmod, AT_FDCWD, path, (const char *path, mode_t mode), path, mode)
