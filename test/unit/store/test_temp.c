/* SPDX-License-Identifier: Apache-2.0 */
#include "file_unit.h"

#include "store/temp.h"

#include <sys/file.h>

#define WITH_DIR                                                                                   \
    CLEANUP(dir_done) struct dir d;                                                                \
    (void)state;                                                                                   \
    dir_init(&d)

static void
write_file(const struct dir *d, const char *name, const char *text)
{
    char path[200];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", d->path, name);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void
takes_the_place_of_the_target(void **state)
{
    struct temp t = TEMP_NONE;
    CLEANUP(buf_done) struct buf b = BUF_INIT(100);
    struct stat st;
    struct err e;

    WITH_DIR;
    write_file(&d, "out.db", "old");
    assert_int_equal(chmod(d.out, 0640), 0);
    assert_ok(temp_create(d.out, &t, &e), &e);
    assert_int_equal(dir_count(&d), 2);
    assert_int_equal(write(t.fd, "new", 3), 3);
    assert_int_equal(file_read(d.out, &b, &e), 0);
    assert_string_equal(buf_str(&b), "old");
    assert_ok(temp_seal(&t, d.out, &e), &e);
    assert_ok(temp_publish(&t, d.out, &e), &e);
    assert_int_equal(t.fd, -1);
    assert_null(t.path);
    temp_discard(&t); /* nothing is left to discard */
    buf_reset(&b);
    assert_int_equal(file_read(d.out, &b, &e), 0);
    assert_string_equal(buf_str(&b), "new");
    assert_int_equal(stat(d.out, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(dir_count(&d), 1);
}

static void
is_gone_when_it_is_discarded(void **state)
{
    struct temp t = TEMP_NONE;
    struct err e;

    WITH_DIR;
    temp_discard(&t); /* none is fine */
    assert_ok(temp_create(d.out, &t, &e), &e);
    temp_discard(&t);
    assert_int_equal(t.fd, -1);
    assert_int_equal(dir_count(&d), 0);
    temp_discard(&t);
}

static void
sweeps_the_dead_and_spares_the_living(void **state)
{
    CLEANUP(temp_discard) struct temp live = TEMP_NONE;
    static const char *const others[] = {
        ".other.db.0123456789abcdef.tmp",    ".out.db.0123456789abcde.tmp",
        ".out.db.0123456789abcdeg.tmp",      ".out.db.0123456789ABCDEF.tmp",
        ".out.db.0123456789abcdef.tmp2",     "out.db.0123456789abcdef.tmp",
        ".out.db.0123456789abcdef",          ".out.dbx0123456789abcdef.tmp",
        ".out.db.meta.0123456789abcdef.tmp",
    };
    struct err e;

    WITH_DIR;
    assert_int_equal(temp_sweep(d.out, &e), 0);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        write_file(&d, others[i], "x");
    assert_ok(temp_create(d.out, &live, &e), &e);
    write_file(&d, ".out.db.0123456789abcdef.tmp", "dead");
    write_file(&d, ".out.db.00000000deadbeef.tmp", "dead");
    assert_int_equal(temp_sweep(d.out, &e), 2);
    assert_int_equal(dir_count(&d), (int)ARRAY_LEN(others) + 1);
    assert_int_equal(access(live.path, F_OK), 0);
    assert_int_equal(temp_sweep(d.out, &e), 0);
    temp_discard(&live);
}

/* A link of that name is not followed, and what it stands for is not touched. */
static void
sweeps_no_links(void **state)
{
    char path[200];
    struct err e;

    WITH_DIR;
    write_file(&d, "precious", "x");
    (void)snprintf(path, sizeof path, "%s/.out.db.0123456789abcdef.tmp", d.path);
    assert_int_equal(symlink("precious", path), 0);
    assert_int_equal(temp_sweep(d.out, &e), 0);
    assert_int_equal(dir_count(&d), 2);
}

static void
works_in_the_working_directory(void **state)
{
    CLEANUP(closep) int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(temp_discard) struct temp t = TEMP_NONE;
    struct err e;

    WITH_DIR;
    assert_true(before >= 0);
    assert_int_equal(chdir(d.path), 0);
    assert_ok(temp_create("plain", &t, &e), &e);
    assert_ok(temp_seal(&t, "plain", &e), &e);
    assert_ok(temp_publish(&t, "plain", &e), &e);
    assert_int_equal(temp_sweep("plain", &e), 0);
    assert_int_equal(dir_count(&d), 1);
    assert_int_equal(fchdir(before), 0);
}

static void
says_what_it_could_not_do(void **state)
{
    struct temp t = TEMP_NONE;
    char path[200];
    struct err e;

    WITH_DIR;
    (void)snprintf(path, sizeof path, "%s/none/out.db", d.path);
    assert_int_equal(temp_create(path, &t, &e), ERR_SYS);
    assert_non_null(strstr(e.msg, "could not create a file beside \""));
    assert_non_null(strstr(e.msg, "No such file or directory"));
    assert_int_equal(temp_sweep(path, &e), ERR_SYS);
    assert_non_null(strstr(e.msg, "could not read the directory of \""));
    assert_int_equal(temp_open_directory(path), -1);
    assert_int_equal(mkdir(d.out, 0777), 0);
    assert_ok(temp_create(d.out, &t, &e), &e);
    assert_int_equal(temp_publish(&t, d.out, &e), ERR_SYS);
    assert_non_null(strstr(e.msg, "could not replace \""));
    temp_discard(&t);
    assert_int_equal(rmdir(d.out), 0);
}

static mode_t
mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

/* Both while it is made and in its place, the file has the mode of the one before. */
static void
is_open_to_nobody_else(void **state)
{
    char directory[] = "/tmp/leat-temp-XXXXXX", target[64];
    struct temp temp = TEMP_NONE;
    struct err e;
    mode_t mask = umask(0);
    int fd;

    (void)state;
    (void)umask(mask);
    assert_non_null(mkdtemp(directory));
    (void)snprintf(target, sizeof target, "%s/out", directory);
    fd = open(target, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);

    assert_ok(temp_create(target, &temp, &e), &e);
    assert_int_equal(mode_of(temp.path), 0600 & ~mask);
    assert_int_equal(chmod(target, 0440), 0);
    assert_ok(temp_seal(&temp, target, &e), &e);
    assert_int_equal(mode_of(target), 0440); /* the old one is still in its place */
    assert_ok(temp_publish(&temp, target, &e), &e);
    assert_int_equal(mode_of(target), 0440);

    /* It is written all the same. */
    assert_ok(temp_create(target, &temp, &e), &e);
    assert_int_equal(mode_of(temp.path), 0640 & ~mask);
    temp_discard(&temp);
    assert_int_equal(unlink(target), 0);
    assert_int_equal(rmdir(directory), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_place_of_the_target),
        cmocka_unit_test(is_gone_when_it_is_discarded),
        cmocka_unit_test(sweeps_the_dead_and_spares_the_living),
        cmocka_unit_test(sweeps_no_links),
        cmocka_unit_test(works_in_the_working_directory),
        cmocka_unit_test(says_what_it_could_not_do),
        cmocka_unit_test(is_open_to_nobody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
