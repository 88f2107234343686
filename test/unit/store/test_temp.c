/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "store/temp.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_open_to_nobody_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
