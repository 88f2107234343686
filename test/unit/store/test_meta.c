/* SPDX-License-Identifier: Apache-2.0 */
#include "file_unit.h"

#include "store/meta.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
write_meta(const struct dir *d, const struct snapshot_meta *meta)
{
    CLEANUP(temp_discard) struct temp t = TEMP_NONE;
    struct err e;

    assert_ok(meta_prepare(d->out, meta, &t, &e), &e);
    assert_ok(meta_publish(d->out, &t, &e), &e);
}

static void
write_meta_text(const struct dir *d, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s.meta", d->out);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
reads_what_it_writes(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_meta meta = {.version = INT64_MAX, .hash = HASH, .size = 12, .timestamp = 34};
    struct snapshot_meta read = {0};
    struct err e;

    (void)state;
    dir_init(&d);
    assert_int_equal(
        position_of_file(&(struct position_file){.inode = 5, .born_s = 6}, 77, &meta.position), 0);
    write_meta(&d, &meta);
    assert_int_equal(dir_count(&d), 1);
    assert_ok(meta_read(d.out, &read, &e), &e);
    assert_true(read.version == INT64_MAX);
    assert_string_equal(read.hash, HASH);
    assert_int_equal(read.size, 12);
    assert_int_equal(read.timestamp, 34);
    assert_false(read.compressed);
    assert_string_equal(read.position.incarnation, meta.position.incarnation);
    assert_int_equal(read.position.number, 77);
}

static void
refuses_what_it_has_not_written(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "nonsense",
        "{\"version\":1,\"hash\":\"" HASH "\",\"size\":1,\"timestamp\":1,\"compressed\":false}",
        "{\"version\":1,\"hash\":\"short\",\"size\":1,\"timestamp\":1,\"compressed\":false,"
        "\"position\":\"a:1\"}",
        "{\"version\":-1,\"hash\":\"" HASH "\",\"size\":1,\"timestamp\":1,\"compressed\":false,"
        "\"position\":\"a:1\"}",
        "{\"version\":1,\"hash\":\"" HASH "\",\"size\":1,\"timestamp\":1,\"compressed\":false,"
        "\"position\":\"no number\"}",
    };
    CLEANUP(dir_done) struct dir d;
    struct snapshot_meta meta = {.version = 5};
    char big[5000];
    struct err e;

    (void)state;
    dir_init(&d);
    assert_int_equal(meta_read(d.out, &meta, &e), ERR_NOTFOUND);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        write_meta_text(&d, texts[i]);
        assert_int_equal(meta_read(d.out, &meta, &e), ERR_PROTO);
        assert_non_null(strstr(e.msg, "is damaged; remove it"));
        assert_int_equal(meta.version, 5);
    }
    memset(big, ' ', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    write_meta_text(&d, big);
    assert_int_equal(meta_read(d.out, &meta, &e), ERR_PROTO);
}

/* Versions grow whatever the clock says, and stop where they must. */
static void
versions_only_grow(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result result;
    struct snapshot_meta meta;
    struct err e = {0};

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a)");
    assert_ok(dir_build(&d, "tables: []", &result, &e), &e);
    assert_ok(meta_read(d.out, &meta, &e), &e);
    meta.version += 1000000000;
    write_meta(&d, &meta);
    assert_ok(dir_build(&d, "tables: [{name: t}]", &result, &e), &e);
    assert_true(result.meta.version == meta.version + 1);
    meta.version = INT64_MAX;
    write_meta(&d, &meta);
    assert_int_equal(dir_build(&d, "tables: []", &result, &e), ERR_LIMIT);
    assert_non_null(strstr(e.msg, "no version is left"));
}

/* What a build that was killed between the two files has left is noticed. */
static void
meta_of_another_content_is_not_believed(void **state)
{
    CLEANUP(dir_done) struct dir d;
    struct snapshot_result first, second;
    struct err e = {0};

    (void)state;
    dir_init(&d);
    file_exec(d.source, "CREATE TABLE t(a)");
    assert_ok(dir_build(&d, "tables: [{name: t}]", &first, &e), &e);
    assert_int_equal(truncate(d.out, first.meta.size / 2), 0);
    assert_ok(dir_build(&d, "tables: [{name: t}]", &second, &e), &e);
    assert_false(second.unchanged);
    assert_true(second.meta.version > first.meta.version);
    assert_string_equal(second.meta.hash, first.meta.hash);
    assert_query(d.out, "PRAGMA integrity_check", "ok");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(refuses_what_it_has_not_written),
        cmocka_unit_test(versions_only_grow),
        cmocka_unit_test(meta_of_another_content_is_not_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
