/* SPDX-License-Identifier: Apache-2.0 */
#include "file_unit.h"

#include "store/digest.h"

/* Source: FIPS 180-4 examples,
 * https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values */
static const struct {
    const char *text;
    size_t times;
    const char *hash;
} vectors[] = {
    {"", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void
digests_known_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        CLEANUP(dir_done) struct dir d;
        CLEANUP(closep) int fd = -1;
        char hash[DIGEST_HEX_LEN];
        struct err e;
        FILE *file;

        dir_init(&d);
        file = fopen(d.out, "w");
        assert_non_null(file);
        for (size_t k = 0; k < vectors[i].times; k++)
            assert_true(fputs(vectors[i].text, file) >= 0);
        assert_int_equal(fclose(file), 0);
        fd = open(d.out, O_RDONLY | O_CLOEXEC);
        assert_int_equal(lseek(fd, 0, SEEK_END),
                         (off_t)(strlen(vectors[i].text) * vectors[i].times));
        assert_ok(digest_file(fd, NULL, hash, &e), &e);
        assert_string_equal(hash, vectors[i].hash);
        /* The offset stays where it was. */
        assert_int_equal(lseek(fd, 0, SEEK_CUR),
                         (off_t)(strlen(vectors[i].text) * vectors[i].times));
    }
}

static bool
stop_at(void *ctx, int64_t done, int64_t size)
{
    int64_t *limit = ctx;

    assert_true(done <= size);
    return done < *limit;
}

static void
ends_when_it_is_told(void **state)
{
    CLEANUP(dir_done) struct dir d;
    CLEANUP(closep) int fd = -1;
    char hash[DIGEST_HEX_LEN] = "untouched";
    int64_t limit = 1;
    struct digest_watch watch = {.goes_on = stop_at, .ctx = &limit};
    struct err e;

    (void)state;
    dir_init(&d);
    fd = open(d.out, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, 3 << 20), 0);
    assert_int_equal(digest_file(fd, &watch, hash, &e), ERR_CANCELLED);
    assert_string_equal(hash, "untouched");
    limit = INT64_MAX;
    assert_ok(digest_file(fd, &watch, hash, &e), &e);
}

static void
says_that_it_cannot_read(void **state)
{
    char hash[DIGEST_HEX_LEN];
    struct err e;

    (void)state;
    assert_int_equal(digest_file(-1, NULL, hash, &e), ERR_SYS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_known_vectors),
        cmocka_unit_test(ends_when_it_is_told),
        cmocka_unit_test(says_that_it_cannot_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
