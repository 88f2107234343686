/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_STORE_FILE_UNIT_H
#define TEST_UNIT_STORE_FILE_UNIT_H

#include "unit.h"

#include "base/buf.h"
#include "feed/filter.h"
#include "store/file.h"
#include "store/snapshot.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

/* A directory of the test's own, with a source and an output in it. */
struct dir {
    char path[64], source[96], out[96];
};

static inline void
dir_init(struct dir *d)
{
    (void)snprintf(d->path, sizeof d->path, "/tmp/leat-test-XXXXXX");
    assert_non_null(mkdtemp(d->path));
    (void)snprintf(d->source, sizeof d->source, "%s/source.db", d->path);
    (void)snprintf(d->out, sizeof d->out, "%s/out.db", d->path);
}

/* Remove it and the files in it. */
static inline void
dir_done(struct dir *d)
{
    DIR *all = opendir(d->path);
    struct dirent *entry;

    while (all && (entry = readdir(all)))
        (void)unlinkat(dirfd(all), entry->d_name, 0); /* "." and ".." stay */
    if (all)
        closedir(all);
    assert_int_equal(rmdir(d->path), 0);
}

/* Files in the directory. */
static inline int
dir_count(const struct dir *d)
{
    DIR *all = opendir(d->path);
    struct dirent *entry;
    int count = 0;

    assert_non_null(all);
    while ((entry = readdir(all)))
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(all);
    return count;
}

/* Run SQL on the database file at `path`, made if there is none. */
static inline void
file_exec(const char *path, const char *text)
{
    sqlite3 *db = NULL;
    char *message = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* All rows of a query on a file that nobody writes as text, as the shell shows them. */
static inline void
file_query(const char *path, const char *query, struct buf *ret)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3 *db = NULL;
    char uri[160];
    int rc;

    buf_reset(ret);
    (void)snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
    assert_int_equal(sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL), 0);
    if (sqlite3_prepare_v2(db, query, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (ret->len > 0)
            assert_int_equal(buf_append_char(ret, '\n'), 0);
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
            const char *text = (const char *)sqlite3_column_text(stmt, i);

            assert_int_equal(buf_printf(ret, "%s%s", i ? "|" : "", text ? text : "NULL"), 0);
        }
    }
    if (rc != SQLITE_DONE)
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* What a query answers. */
static inline void
assert_query(const char *path, const char *query, const char *answer)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)1 << 20);

    file_query(path, query, &b);
    if (strcmp(buf_str(&b), answer) != 0)
        fail_msg("%s: \"%s\", not \"%s\"", query, buf_str(&b), answer);
}

static inline bool
file_contains(const char *path, const char *needle)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)256 << 20);
    struct err e;

    assert_ok(file_read(path, &b, &e), &e);
    return memmem(b.data, b.len, needle, strlen(needle));
}

/* Build the snapshot of the directory's source by a filter in YAML. */
static inline int
dir_build(const struct dir *d, const char *yaml, struct snapshot_result *ret, struct err *e)
{
    CLEANUP(filter_freep) struct filter *f = NULL;
    struct snapshot_request request = {
        .source = d->source, .out = d->out, .busy_timeout_ms = 1000, .timeout_ms = 600000};
    int r = filter_parse(yaml, strlen(yaml), "filter.yaml", &f, e);

    if (r < 0)
        return r;
    request.filter = f;
    return snapshot_build(&request, ret, e);
}

#endif
