/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "net/frame_fd.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WAIT_MS 60000 /* what has not come by then never will */

static void
make_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static void
hands_out_one_message_after_the_other(void **state)
{
    (void)state;
    int pair[2];
    struct frame f;
    struct err e;

    make_pair(pair);
    CLEANUP(frame_fd_done) struct frame_fd a = FRAME_FD_INIT(pair[0]);
    CLEANUP(frame_fd_done) struct frame_fd b = FRAME_FD_INIT(pair[1]);

    assert_int_equal(frame_fd_recv(&b, 0, &f, &e), 0);
    assert_ok(frame_fd_send(&a, 1, "one", 3, WAIT_MS, &e), &e);
    assert_ok(frame_fd_send(&a, 2, NULL, 0, WAIT_MS, &e), &e);
    assert_int_equal(frame_fd_recv(&b, WAIT_MS, &f, &e), 1);
    assert_int_equal(f.kind, 1);
    assert_int_equal(f.len, 3);
    assert_memory_equal(f.payload, "one", 3);
    assert_int_equal(frame_fd_recv(&b, 0, &f, &e), 1);
    assert_int_equal(f.kind, 2);
    assert_int_equal(frame_fd_recv(&b, 0, &f, &e), 0);
    close(pair[0]);
    assert_int_equal(frame_fd_recv(&b, WAIT_MS, &f, &e), ERR_CANCELLED);
    assert_int_equal(frame_fd_send(&b, 1, "x", 1, WAIT_MS, &e), ERR_CANCELLED);
    close(pair[1]);
}

/* A megabyte does not fit the socket: both ends have to wait for each other. */
static void
carries_the_largest_message_between_processes(void **state)
{
    (void)state;
    CLEANUP(freep) char *payload = malloc(FRAME_MAX);
    int pair[2], status;
    struct frame f;
    struct err e;
    pid_t pid;

    assert_non_null(payload);
    memset(payload, 'x', FRAME_MAX);
    make_pair(pair);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct frame_fd child = FRAME_FD_INIT(pair[1]);

        close(pair[0]);
        _exit(frame_fd_send(&child, 7, payload, FRAME_MAX, WAIT_MS, &e) == 0 ? 0 : 1);
    }
    close(pair[1]);
    CLEANUP(frame_fd_done) struct frame_fd a = FRAME_FD_INIT(pair[0]);

    assert_int_equal(frame_fd_recv(&a, WAIT_MS, &f, &e), 1);
    assert_int_equal(f.kind, 7);
    assert_int_equal(f.len, FRAME_MAX);
    assert_memory_equal(f.payload, payload, FRAME_MAX);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(pair[0]);
}

static void
gives_up_on_a_reader_that_does_not_read(void **state)
{
    (void)state;
    CLEANUP(freep) char *payload = calloc(1, FRAME_MAX);
    int pair[2];
    struct err e;

    assert_non_null(payload);
    make_pair(pair);
    CLEANUP(frame_fd_done) struct frame_fd a = FRAME_FD_INIT(pair[0]);

    assert_int_equal(frame_fd_send(&a, 1, payload, FRAME_MAX, 1, &e), ERR_BUSY);
    assert_non_null(strstr(e.msg, "within 1 ms"));
    close(pair[0]);
    close(pair[1]);
}

static void
refuses_what_is_too_long_or_cut(void **state)
{
    (void)state;
    CLEANUP(freep) char *payload = calloc(1, FRAME_MAX + 1);
    int pair[2];
    struct frame f;
    struct err e;

    assert_non_null(payload);
    make_pair(pair);
    CLEANUP(frame_fd_done) struct frame_fd a = FRAME_FD_INIT(pair[0]);
    CLEANUP(frame_fd_done) struct frame_fd b = FRAME_FD_INIT(pair[1]);

    assert_int_equal(frame_fd_send(&a, 1, payload, FRAME_MAX + 1, WAIT_MS, &e), ERR_LIMIT);
    assert_int_equal(send(pair[0], "\xff\xff\xff\xff\x01", 5, 0), 5);
    assert_int_equal(frame_fd_recv(&b, WAIT_MS, &f, &e), ERR_LIMIT);
    assert_non_null(strstr(e.msg, "4294967295"));
    close(pair[0]);
    close(pair[1]);

    make_pair(pair);
    CLEANUP(frame_fd_done) struct frame_fd c = FRAME_FD_INIT(pair[1]);

    assert_int_equal(send(pair[0], "\0\0\0\3\1ab", 7, 0), 7);
    assert_int_equal(frame_fd_recv(&c, 0, &f, &e), 0);
    close(pair[0]);
    assert_int_equal(frame_fd_recv(&c, WAIT_MS, &f, &e), ERR_PROTO);
    close(pair[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_one_message_after_the_other),
        cmocka_unit_test(carries_the_largest_message_between_processes),
        cmocka_unit_test(gives_up_on_a_reader_that_does_not_read),
        cmocka_unit_test(refuses_what_is_too_long_or_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
