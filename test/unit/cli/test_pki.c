/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cli/pki.h"
#include "fail_alloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW_US (INT64_C(1800000000) * 1000000)

/* What happens at the n-th step that changes the directory, from 1; 0: nothing ever. */
static unsigned trap_at, steps_done;
static bool trap_kills;

#define KILLED 99 /* exit status of a process that met its trap */

/* The linker sends the calls of pki.c here. */
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_fsync(int fd);
int __real_fsync(int fd);
int __wrap_fchmod(int fd, mode_t mode);
int __real_fchmod(int fd, mode_t mode);
ssize_t __wrap_write(int fd, const void *data, size_t len);
ssize_t __real_write(int fd, const void *data, size_t len);

static bool
step_fails(void)
{
    if (++steps_done != trap_at)
        return false;
    if (trap_kills)
        _exit(KILLED);
    errno = ENOSPC;
    return true;
}

int
__wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return step_fails() ? -1 : __real_renameat(from_dir, from, to_dir, to);
}

int
__wrap_unlinkat(int dir, const char *name, int flags)
{
    return step_fails() ? -1 : __real_unlinkat(dir, name, flags);
}

int
__wrap_fsync(int fd)
{
    return step_fails() ? -1 : __real_fsync(fd);
}

int
__wrap_fchmod(int fd, mode_t mode)
{
    return step_fails() ? -1 : __real_fchmod(fd, mode);
}

ssize_t
__wrap_write(int fd, const void *data, size_t len)
{
    return step_fails() ? -1 : __real_write(fd, data, len);
}

/* A directory for one test, and the one in it that becomes the CA's. */
struct place {
    char root[64];
    char pki[80];
};

static void
remove_all(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    if (dir) {
        while ((entry = readdir(dir)) != NULL) {
            char child[4096];

            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
            remove_all(child);
        }
        closedir(dir);
    }
    remove(path);
}

static void
place_done(struct place *p)
{
    remove_all(p->root);
}

static void
place_init(struct place *p)
{
    trap_at = steps_done = 0;
    strcpy(p->root, "/tmp/leat-pki-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->pki, sizeof p->pki, "%s/pki", p->root);
}

static int
init(const struct place *p, struct pki_files *ret, struct err *e)
{
    struct cert_ca_request request = {.name = "the CA", .days = 1000, .wall_us = NOW_US};

    return pki_init(p->pki, &request, ret, e);
}

static int
issue(const struct place *p, const char *name, bool replace, struct pki_files *ret, struct err *e)
{
    struct cert_request request = {.name = name, .days = 100, .wall_us = NOW_US};

    return pki_issue(p->pki, &request, replace, ret, e);
}

static char *
path_in(const struct place *p, const char *name)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/%s", p->pki, name);
    return path;
}

static int
mode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? -1 : (int)(st.st_mode & 07777);
}

static bool
exists(const struct place *p, const char *name)
{
    return mode_of(path_in(p, name)) >= 0;
}

static unsigned
file_count(const struct place *p)
{
    DIR *dir = opendir(p->pki);
    const struct dirent *entry;
    unsigned count = 0;

    if (!dir)
        return 0;
    while ((entry = readdir(dir)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static size_t
read_whole(const struct place *p, const char *name, const char *suffix, uint8_t data[65536])
{
    char full[100];
    FILE *f;
    size_t len;

    snprintf(full, sizeof full, "%s%s", name, suffix);
    f = fopen(path_in(p, full), "rb");
    assert_non_null(f);
    len = fread(data, 1, 65536, f);
    fclose(f);
    return len;
}

static void
assert_pair_matches(const struct place *p, const char *name)
{
    uint8_t data[65536], crt_id[64], key_id[64];
    size_t crt_id_len = sizeof crt_id, key_id_len = sizeof key_id;
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    gnutls_datum_t pem = {.data = data};

    gnutls_x509_crt_init(&crt);
    gnutls_x509_privkey_init(&key);
    pem.size = (unsigned)read_whole(p, name, ".pem", data);
    assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
    pem.size = (unsigned)read_whole(p, name, ".key", data);
    assert_int_equal(gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM), 0);
    assert_int_equal(gnutls_x509_crt_get_key_id(crt, 0, crt_id, &crt_id_len), 0);
    assert_int_equal(gnutls_x509_privkey_get_key_id(key, 0, key_id, &key_id_len), 0);
    assert_int_equal(crt_id_len, key_id_len);
    assert_memory_equal(crt_id, key_id, key_id_len);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(key);
}

static void
write_file(const struct place *p, const char *name, const char *text, mode_t mode)
{
    FILE *f = fopen(path_in(p, name), "wb");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path_in(p, name), mode), 0);
}

static void
writes_files_of_fixed_modes_whatever_the_umask(void **state)
{
    (void)state;
    static const mode_t umasks[] = {0, 022, 0777};
    struct err e;

    for (size_t i = 0; i < ARRAY_LEN(umasks); i++) {
        CLEANUP(place_done) struct place p;
        struct pki_files ca, bo;
        mode_t before;

        place_init(&p);
        before = umask(umasks[i]);
        assert_ok(init(&p, &ca, &e), &e);
        assert_ok(issue(&p, "bo", false, &bo, &e), &e);
        umask(before);
        assert_int_equal(mode_of(p.pki), 0700);
        assert_string_equal(ca.cert, path_in(&p, "ca.pem"));
        assert_int_equal(mode_of(ca.cert), 0644);
        assert_string_equal(ca.key, path_in(&p, "ca.key"));
        assert_int_equal(mode_of(ca.key), 0600);
        assert_string_equal(bo.cert, path_in(&p, "bo.pem"));
        assert_int_equal(mode_of(bo.cert), 0644);
        assert_string_equal(bo.key, path_in(&p, "bo.key"));
        assert_int_equal(mode_of(bo.key), 0600);
        assert_int_equal(file_count(&p), 4);
        assert_int_equal(bo.not_after_s, NOW_US / 1000000 + INT64_C(100) * 86400);
        assert_pair_matches(&p, "ca");
        assert_pair_matches(&p, "bo");
    }
}

static void
leaves_the_mode_of_a_directory_that_was_there(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    struct pki_files files;
    struct err e;

    place_init(&p);
    assert_int_equal(mkdir(p.pki, 0750), 0);
    assert_int_equal(chmod(p.pki, 0750), 0);
    assert_ok(init(&p, &files, &e), &e);
    assert_int_equal(mode_of(p.pki), 0750);
}

static void
assert_says(const struct err *e, const char *says)
{
    if (!strstr(e->msg, says))
        fail_msg("\"%s\" does not say \"%s\"", e->msg, says);
}

static void
overwrites_only_where_it_is_told_to(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    uint8_t before[65536], after[65536];
    size_t len;
    struct pki_files files = {.cert = "untouched"};
    struct err e;

    place_init(&p);
    assert_ok(init(&p, &files, &e), &e);
    len = read_whole(&p, "ca", ".key", before);
    strcpy(files.cert, "untouched");
    assert_int_equal(init(&p, &files, &e), ERR_DENIED);
    assert_says(&e, "there is a CA in");
    assert_string_equal(files.cert, "untouched");
    assert_int_equal(read_whole(&p, "ca", ".key", after), len);
    assert_memory_equal(before, after, len);

    assert_ok(issue(&p, "bo", false, &files, &e), &e);
    len = read_whole(&p, "bo", ".key", before);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_DENIED);
    assert_says(&e, "--replace makes it anew");
    assert_int_equal(read_whole(&p, "bo", ".key", after), len);
    assert_memory_equal(before, after, len);
    assert_ok(issue(&p, "bo", true, &files, &e), &e);
    read_whole(&p, "bo", ".key", after);
    assert_memory_not_equal(before, after, len);
    assert_pair_matches(&p, "bo");
    assert_ok(issue(&p, "new", true, &files, &e), &e); /* nothing to replace is no mistake */
}

static void
refuses_what_is_no_ca(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    char long_dir[PKI_PATH_MAX + 1];
    struct cert_ca_request request = {.name = "the CA", .days = 1000, .wall_us = NOW_US};
    struct pki_files files;
    struct err e;

    place_init(&p);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_NOTFOUND);
    assert_says(&e, "there is no CA in");
    assert_int_equal(mkdir(p.pki, 0700), 0);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_NOTFOUND);
    assert_says(&e, "there is no CA in");
    assert_int_equal(issue(&p, "../bo", false, &files, &e), ERR_CONFIG);
    assert_int_equal(file_count(&p), 0);

    assert_int_equal(pki_init("", &request, &files, &e), ERR_CONFIG);
    assert_says(&e, "name of the directory is empty");
    memset(long_dir, 'a', sizeof long_dir - 1);
    long_dir[sizeof long_dir - 1] = '\0';
    assert_int_equal(pki_init(long_dir, &request, &files, &e), ERR_CONFIG);
    assert_says(&e, "more than 4095 bytes");
    assert_int_equal(pki_init(path_in(&p, "not/there"), &request, &files, &e), ERR_SYS);
    assert_says(&e, "could not create directory");
    write_file(&p, "file", "", 0600);
    assert_int_equal(pki_init(path_in(&p, "file"), &request, &files, &e), ERR_SYS);
    assert_says(&e, "could not open directory");

    assert_ok(init(&p, &files, &e), &e);
    assert_int_equal(chmod(files.key, 0640), 0);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_DENIED);
    assert_says(&e, "\"ca.key\"");
    assert_says(&e, "has mode 0640 and is open to others: set 0600");
    assert_int_equal(unlink(path_in(&p, "ca.key")), 0);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_NOTFOUND);
    assert_says(&e, "there is no \"ca.key\" in directory");
    assert_int_equal(mkdir(path_in(&p, "ca.key"), 0700), 0);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_DENIED);
    assert_says(&e, "is not a file");
    assert_int_equal(rmdir(path_in(&p, "ca.key")), 0);
    write_file(&p, "ca.key", "", 0600);
    assert_int_equal(truncate(path_in(&p, "ca.key"), CERT_PEM_MAX + 1), 0);
    assert_int_equal(issue(&p, "bo", false, &files, &e), ERR_LIMIT);
    assert_says(&e, "has 65537 bytes, at most 65536");
    assert_false(exists(&p, "bo.key"));
}

static void
completes_a_key_that_stands_alone(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    uint8_t before[65536], after[65536];
    size_t len;
    struct pki_files files;
    struct err e;

    place_init(&p);
    assert_ok(init(&p, &files, &e), &e);
    len = read_whole(&p, "ca", ".key", before);
    assert_int_equal(unlink(path_in(&p, "ca.pem")), 0);
    assert_ok(init(&p, &files, &e), &e);
    assert_int_equal(read_whole(&p, "ca", ".key", after), len);
    assert_memory_equal(before, after, len);
    assert_pair_matches(&p, "ca");

    /* But not one that others have read. */
    assert_int_equal(unlink(path_in(&p, "ca.pem")), 0);
    assert_int_equal(chmod(path_in(&p, "ca.key"), 0644), 0);
    assert_int_equal(init(&p, &files, &e), ERR_DENIED);
    assert_says(&e, "is open to others");
}

/* The three calls, each from a place where it can be killed. */
enum call {
    CALL_INIT,
    CALL_ISSUE,
    CALL_REPLACE,
};

static int
call(const struct place *p, enum call which, struct err *e)
{
    struct pki_files files;

    if (which == CALL_INIT)
        return init(p, &files, e);
    return issue(p, "bo", which == CALL_REPLACE, &files, e);
}

static void
prepare(const struct place *p, enum call which)
{
    struct pki_files files;
    struct err e;

    if (which >= CALL_ISSUE)
        assert_ok(init(p, &files, &e), &e);
    if (which == CALL_REPLACE)
        assert_ok(issue(p, "bo", false, &files, &e), &e);
}

static void
assert_whole_or_absent(const struct place *p, enum call which)
{
    const char *name = which == CALL_INIT ? "ca" : "bo";
    char cert[10];

    snprintf(cert, sizeof cert, "%s.pem", name);
    if (exists(p, cert))
        assert_pair_matches(p, name);
}

static void
leaves_whole_pairs_wherever_it_is_killed(void **state)
{
    (void)state;
    for (enum call which = CALL_INIT; which <= CALL_REPLACE; which++) {
        for (unsigned n = 1;; n++) {
            CLEANUP(place_done) struct place p;
            struct err e;
            pid_t pid;
            int status;

            place_init(&p);
            prepare(&p, which);
            pid = fork();
            assert_true(pid >= 0);
            if (pid == 0) {
                steps_done = 0;
                trap_at = n;
                trap_kills = true;
                _exit(call(&p, which, &e) < 0);
            }
            assert_int_equal(waitpid(pid, &status, 0), pid);
            assert_true(WIFEXITED(status));
            if (WEXITSTATUS(status) == 0) {
                assert_true(n > 8); /* the traps were met */
                break;
            }
            assert_int_equal(WEXITSTATUS(status), KILLED);
            assert_whole_or_absent(&p, which);

            /* The same again finishes it, unless it was finished, and clears up. */
            const char *cert = which == CALL_INIT ? "ca.pem" : "bo.pem";

            if (which == CALL_REPLACE || !exists(&p, cert))
                assert_ok(call(&p, which, &e), &e);
            assert_pair_matches(&p, which == CALL_INIT ? "ca" : "bo");
            assert_int_equal(file_count(&p), which == CALL_INIT ? 2 : 4);
        }
    }
}

static void
reports_a_full_disk_at_every_step(void **state)
{
    (void)state;
    for (enum call which = CALL_INIT; which <= CALL_REPLACE; which++) {
        for (unsigned n = 1;; n++) {
            CLEANUP(place_done) struct place p;
            struct err e = {0};
            int r;

            place_init(&p);
            prepare(&p, which);
            steps_done = 0;
            trap_at = n;
            trap_kills = false;
            r = call(&p, which, &e);
            trap_at = 0;
            if (r == 0) {
                assert_true(n > 8);
                break;
            }
            assert_int_equal(r, ERR_SYS);
            assert_says(&e, strerror(ENOSPC));
            assert_whole_or_absent(&p, which);
            /* Nothing new with a dot in front. */
            for (const char *const *name =
                     (const char *const[]){".ca.key.new", ".ca.pem.new", ".bo.key.new",
                                           ".bo.pem.new", NULL};
                 *name; name++)
                assert_false(exists(&p, *name));
        }
    }
}

static int
issue_anew(void *ctx)
{
    struct pki_files files;

    return issue(ctx, "bo", true, &files, NULL);
}

static void
survives_every_failed_allocation(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    struct pki_files files;
    struct err e;

    place_init(&p);
    assert_ok(init(&p, &files, &e), &e);
    fail_alloc_every(issue_anew, &p);
    assert_pair_matches(&p, "bo");
    assert_int_equal(file_count(&p), 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_files_of_fixed_modes_whatever_the_umask),
        cmocka_unit_test(leaves_the_mode_of_a_directory_that_was_there),
        cmocka_unit_test(overwrites_only_where_it_is_told_to),
        cmocka_unit_test(refuses_what_is_no_ca),
        cmocka_unit_test(completes_a_key_that_stands_alone),
        cmocka_unit_test(leaves_whole_pairs_wherever_it_is_killed),
        cmocka_unit_test(reports_a_full_disk_at_every_step),
        cmocka_unit_test(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
