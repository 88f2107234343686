/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of one snapshot, and what is on disk after each of them.
 *
 *   1. sweep     what killed builds have left is removed
 *   2. create    ".out.<16 hex>.tmp", locked
 *   3. build     build.c
 *   4. digest    SHA-256 of every byte; meanwhile the kernel writes them back
 *   5. compare   under a lock of the directory. Same content as "out" already:
 *                remove the new file, and only 8, the position, is left to do.
 *                Another content, but a build that began later was done first: end
 *   6. seal      fsync; ".out.meta.<16 hex>.tmp", fsync: now the disk has room for all
 *   7. publish   rename to "out", fsync of the directory
 *   8. meta      "out.meta" in the same way
 *
 * Killed before 7, "out" is the old file; from then on it is the new one. Killed
 * between 7 and 8, "out.meta" is that of the old file; the next build notices
 * that the content differs from what it says, and takes a higher version.
 */
#include "store/snapshot.h"

#include "base/i18n.h"
#include "base/str.h"
#include "store/build.h"
#include "store/clock.h"
#include "store/digest.h"
#include "store/meta.h"
#include "store/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_STEP_MS 10 /* between two tries at a locked directory */

/* The file that a symbolic link stands for, so that the link is not replaced; owned. */
static int
resolve_out(const char *out, char **ret, struct err *e)
{
    struct stat st;
    char *path;

    if (lstat(out, &st) == 0 && S_ISLNK(st.st_mode)) {
        path = realpath(out, NULL);
        if (!path)
            return err_sys(e, _("could not follow the link \"%s\""), out);
    } else {
        path = strdup(out);
        if (!path)
            return err_nomem(e);
    }
    *ret = path;
    return 0;
}

/* Whether `out` is where SQLite looks for the log or the journal of `source`. */
static bool
is_beside_source(const char *source, const char *out)
{
    static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
    CLEANUP(closep) int source_directory = temp_open_directory(source);
    CLEANUP(closep) int out_directory = temp_open_directory(out);
    const char *source_slash = strrchr(source, '/'), *out_slash = strrchr(out, '/');
    const char *source_name = source_slash ? source_slash + 1 : source;
    const char *out_name = out_slash ? out_slash + 1 : out;
    struct stat a, b;

    if (!str_starts(out_name, source_name) || source_directory < 0 || out_directory < 0 ||
        fstat(source_directory, &a) < 0 || fstat(out_directory, &b) < 0 || a.st_ino != b.st_ino ||
        a.st_dev != b.st_dev)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (str_eq(out_name + strlen(source_name), suffixes[i]))
            return true;
    }
    return false;
}

/* Nothing but an output of ours is replaced: swapped arguments must not cost a database. */
static int
check_out(const struct snapshot_request *request, const char *out, struct err *e)
{
    CLEANUP(closep) int fd = -1;
    struct stat st, source;

    if (is_beside_source(request->source, out))
        return err_set(e, ERR_CONFIG, _("\"%s\" is a name of SQLite's own beside the source"), out);
    /* Without O_NONBLOCK a named pipe would wait for its writer. */
    fd = open(out, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : err_sys(e, _("could not open \"%s\""), out);
    if (fstat(fd, &st) < 0)
        return err_sys(e, _("could not open \"%s\""), out);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_CONFIG, _("\"%s\" is not a file"), out);
    if (stat(request->source, &source) == 0 && source.st_ino == st.st_ino &&
        source.st_dev == st.st_dev)
        return err_set(e, ERR_CONFIG, _("\"%s\" is the source itself"), out);
    if (st.st_size == 0 || request->replace || build_made_it(fd))
        return 0;
    return err_set(e, ERR_CONFIG,
                   _("\"%s\" was not made by leat, or was written to since, and would be lost; to "
                     "replace it, say --replace"),
                   out);
}

/* What a writer has left beside the output would be applied to the new file by its next reader. */
static int
check_no_writer(const char *out, struct err *e)
{
    static const char *const suffixes[] = {"-wal", "-journal"};

    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        CLEANUP(freep) char *path = NULL;
        struct stat st;

        if (asprintf(&path, "%s%s", out, suffixes[i]) < 0) {
            path = NULL;
            return err_nomem(e);
        }
        if (stat(path, &st) == 0 && st.st_size > 0)
            return err_set(e, ERR_DENIED,
                           _("a program has written to \"%s\" and left \"%s\": a snapshot is only "
                             "read; end that program and remove both files"),
                           out, path);
    }
    return 0;
}

/* Whether `out` holds just the bytes that `meta` describes. */
static bool
holds(const char *out, const struct snapshot_meta *meta)
{
    CLEANUP(closep) int fd = open(out, O_RDONLY | O_CLOEXEC);
    struct stat st;
    char hash[DIGEST_HEX_LEN];

    return fd >= 0 && fstat(fd, &st) == 0 && st.st_size == meta->size &&
           digest_file(fd, NULL, hash, NULL) == 0 && str_eq(hash, meta->hash);
}

/* What is known of the output; version 0: nothing. */
static int
read_known(const char *out, struct snapshot_meta *ret, struct err *e)
{
    struct snapshot_meta known = {0};
    int r = meta_read(out, &known, e);

    if (r < 0 && r != ERR_NOTFOUND)
        return r;
    *ret = known;
    return 0;
}

/* Whoever may read the directory may lock it: the build's bound holds here too. */
static int
lock_directory(int fd, const char *out, struct build_watch *watch, struct err *e)
{
    while (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (fd < 0 || (errno != EWOULDBLOCK && errno != EINTR))
            return err_sys(e, _("could not lock the directory of \"%s\""), out);
        if (!build_watch_goes_on(watch)) {
            (void)build_watch_err(watch, e);
            return err_wrap(e, _("another program keeps the directory of \"%s\" locked"), out);
        }
        (void)sqlite3_sleep(LOCK_STEP_MS);
    }
    return 0;
}

/*
 * Steps 5 to 8, one process at a time. `before` is what was known when the
 * build began: a build that began later may have been faster.
 */
static int
publish(struct temp *temp, const char *out, const struct snapshot_meta *before,
        struct build_watch *watch, struct snapshot_meta *meta, bool *ret_unchanged, struct err *e)
{
    CLEANUP(closep) int directory = temp_open_directory(out);
    CLEANUP(temp_discard) struct temp meta_temp = TEMP_NONE;
    struct snapshot_meta old;
    int64_t wall_ns = clock_wall_ns();
    bool same_source, is_overtaken;
    int r = lock_directory(directory, out, watch, e);

    if (r == 0)
        r = check_no_writer(out, e);
    if (r < 0)
        return r;
    r = read_known(out, &old, e);
    if (r < 0)
        return r;
    same_source = str_eq(old.position.incarnation, meta->position.incarnation);
    is_overtaken =
        same_source && old.position.number >= meta->position.number &&
        (old.version != before->version || old.position.number != before->position.number);
    *ret_unchanged = old.version > 0 && str_eq(old.hash, meta->hash) && holds(out, &old);
    if (is_overtaken && !*ret_unchanged)
        return err_set(e, ERR_BUSY, _("a build of \"%s\" that began later was done first"), out);
    if (old.version == INT64_MAX || old.position.number == UINT64_MAX)
        return err_set(e, ERR_LIMIT, _("no version is left for \"%s\"; remove \"%s.meta\""), out,
                       out);
    meta->version = *ret_unchanged ? old.version : MAX(old.version + 1, wall_ns / 1000000);
    meta->timestamp = *ret_unchanged ? old.timestamp : wall_ns / 1000000000;
    if (same_source)
        meta->position.number = MAX(meta->position.number, old.position.number + 1);
    r = *ret_unchanged ? 0 : temp_seal(temp, out, e);
    if (r == 0)
        r = meta_prepare(out, meta, &meta_temp, e);
    if (r == 0 && !*ret_unchanged)
        r = temp_publish(temp, out, e);
    return r < 0 ? r : meta_publish(out, &meta_temp, e);
}

static bool
digest_goes_on(void *ctx, int64_t done, int64_t size)
{
    struct build_watch *w = ctx;

    (void)done;
    (void)size;
    return build_watch_goes_on(w);
}

static int
build(const struct snapshot_request *request, const char *out, struct snapshot_result *ret,
      struct err *e)
{
    CLEANUP(temp_discard) struct temp temp = TEMP_NONE;
    struct snapshot_result result = {0};
    struct snapshot_meta before;
    struct build_result built;
    struct build_watch watch;
    struct stat st;
    int r = temp_create(out, &temp, e);

    if (r < 0)
        return r;
    r = read_known(out, &before, e);
    if (r < 0)
        return r;
    build_watch_init(&watch, request);
    r = build_file(request, temp.path, &watch, &built, e);
    if (r < 0)
        return r;
    /* The disk works while the processor computes the digest; fsync() waits for it later. */
    (void)sync_file_range(temp.fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only a hint */
    build_watch_stage(&watch, "checksum", "", 1000);
    r = digest_file(temp.fd, &(struct digest_watch){.goes_on = digest_goes_on, .ctx = &watch},
                    result.meta.hash, e);
    if (r == ERR_CANCELLED)
        return build_watch_err(&watch, e);
    if (r < 0)
        return r;
    if (fstat(temp.fd, &st) < 0)
        return err_sys(e, _("could not read \"%s\" again"), temp.path);
    result.meta.size = st.st_size;
    result.meta.position = built.position;
    result.rows = built.rows;
    result.read_ms = built.read_ms;
    r = publish(&temp, out, &before, &watch, &result.meta, &result.unchanged, e);
    if (r < 0)
        return r;
    *ret = result;
    return 0;
}

static int
sweep(const char *out, struct err *e)
{
    int files = temp_sweep(out, e), meta = files < 0 ? files : meta_sweep(out, e);

    return meta < 0 ? meta : files + meta;
}

int
snapshot_build(const struct snapshot_request *request, struct snapshot_result *ret, struct err *e)
{
    CLEANUP(freep) char *out = NULL;
    int64_t started_ns = clock_monotonic_ns();
    int r = resolve_out(request->out, &out, e);

    if (r < 0)
        return r;
    assert(out);
    r = check_out(request, out, e);
    if (r < 0)
        return r;
    r = sweep(out, e);
    if (r < 0)
        return r;
    r = build(request, out, ret, e);
    if (r < 0)
        return r;
    ret->build_ms = (clock_monotonic_ns() - started_ns) / 1000000;
    return 0;
}

int
snapshot_sweep(const char *out, struct err *e)
{
    CLEANUP(freep) char *path = NULL;
    int r = resolve_out(out, &path, e);

    return r < 0 ? r : sweep(path, e);
}
