/* SPDX-License-Identifier: Apache-2.0 */
/* The children are this program itself: main() looks at its arguments. */
#include "loop_unit.h"

#include "base/str.h"
#include "net/child.h"
#include "net/frame_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct ended {
    struct child *child;
    struct child_exit how;
    bool done, frees;
};

static void
on_exit_of(void *ctx, const struct child_exit *how)
{
    struct ended *x = ctx;

    assert_false(x->done);
    x->how = *how;
    x->done = true;
    if (x->frees) {
        child_free(x->child);
        x->child = NULL;
    }
}

static void
start(struct loop *loop, const char *what, struct ended *x, int *ret_fd)
{
    char *argv[] = {"child", (char *)what, NULL};
    struct err e;

    assert_ok(child_start(loop, unit_program(), argv, on_exit_of, x, ret_fd, &x->child, &e), &e);
}

/* Wait until the child says that it has come as far as it means to. */
static void
wait_ready(int fd)
{
    CLEANUP(frame_fd_done) struct frame_fd f = FRAME_FD_INIT(fd);
    struct frame frame;
    struct err e;

    assert_int_equal(frame_fd_recv(&f, 60000, &frame, &e), 1);
}

static void
tells_the_exit_code(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    char text[CHILD_EXIT_TEXT_MAX];
    struct ended x = {.frees = true};
    struct err e;
    int fd;

    assert_ok(loop_new(&loop, &e), &e);
    start(loop, "seven", &x, &fd);
    unit_run_until(loop, &x.done);
    assert_null(x.child);
    assert_false(x.how.is_signal);
    assert_int_equal(x.how.code, 7);
    assert_string_equal(child_exit_text(&x.how, text), "exit code 7");
    close(fd);
}

static void
tells_the_signal(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    char text[CHILD_EXIT_TEXT_MAX];
    struct ended x = {0};
    struct err e;
    int fd;

    assert_ok(loop_new(&loop, &e), &e);
    start(loop, "wait", &x, &fd);
    wait_ready(fd);
    assert_int_equal(kill(child_pid(x.child), SIGKILL), 0);
    unit_run_until(loop, &x.done);
    assert_true(x.how.is_signal);
    assert_int_equal(x.how.code, SIGKILL);
    assert_true(str_starts(child_exit_text(&x.how, text), "signal 9 ("));
    child_stop(x.child);
    child_free(x.child);
    close(fd);
}

static void
stops_when_asked(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct ended x = {.frees = true};
    struct err e;
    int fd;

    assert_ok(loop_new(&loop, &e), &e);
    start(loop, "wait", &x, &fd);
    wait_ready(fd);
    child_stop(x.child);
    child_stop(x.child);
    unit_run_until(loop, &x.done);
    assert_true(x.how.is_signal);
    assert_int_equal(x.how.code, SIGTERM);
    close(fd);
}

static void
kills_what_does_not_stop(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct ended x = {.frees = true};
    struct err e;
    int fd;

    assert_ok(loop_new(&loop, &e), &e);
    start(loop, "stubborn", &x, &fd);
    wait_ready(fd);
    child_stop(x.child);
    unit_run_until(loop, &x.done);
    assert_true(x.how.is_signal);
    assert_int_equal(x.how.code, SIGKILL);
    close(fd);
}

/* The end of the stream comes although a grandchild holds the socket, and without a callback. */
static void
leaves_nothing_running_when_freed(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct ended x = {0};
    struct err e;
    char byte;
    int fd;

    assert_ok(loop_new(&loop, &e), &e);
    start(loop, "parent", &x, &fd);
    wait_ready(fd);
    child_free(x.child);
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    loop_run(loop);
    assert_false(x.done);
    close(fd);
}

static void
tells_of_a_program_that_cannot_be_executed(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    char *argv[] = {"child", NULL};
    struct ended x = {.frees = true};
    struct err e;
    int fd;

    assert_ok(loop_new(&loop, &e), &e);
    assert_ok(child_start(loop, "/dev/null", argv, on_exit_of, &x, &fd, &x.child, &e), &e);
    unit_run_until(loop, &x.done);
    assert_false(x.how.is_signal);
    assert_int_equal(x.how.code, CHILD_NO_EXEC);
    close(fd);
}

/* Each child hears of its own end, in whatever order they come. */
static void
tells_children_apart(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct ended stays = {0}, goes = {.frees = true};
    struct err e;
    int fd[2];

    assert_ok(loop_new(&loop, &e), &e);
    start(loop, "wait", &stays, &fd[0]);
    start(loop, "seven", &goes, &fd[1]);
    unit_run_until(loop, &goes.done);
    assert_int_equal(goes.how.code, 7);
    assert_false(stays.done);
    child_free(stays.child);
    close(fd[0]);
    close(fd[1]);
}

static void
gives_the_child_a_clean_start(void **state)
{
    (void)state;
    CLEANUP(loop_freep) struct loop *loop = NULL;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct ended x = {.frees = true};
    sigset_t usr1, mask;
    struct err e;
    int fd, leak;

    assert_ok(loop_new(&loop, &e), &e);
    assert_int_equal(sigaction(SIGPIPE, &ignore, &before), 0);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    assert_int_equal(sigprocmask(SIG_BLOCK, &usr1, &mask), 0);
    leak = dup(STDERR_FILENO); /* not close-on-exec, as a careless library would */
    start(loop, "clean", &x, &fd);
    unit_run_until(loop, &x.done);
    assert_false(x.how.is_signal);
    assert_int_equal(x.how.code, 0);
    close(leak);
    close(fd);
    assert_int_equal(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
}

static void
say_ready(void)
{
    struct frame_fd f = FRAME_FD_INIT(FRAME_FD_PARENT);
    struct err e;

    if (frame_fd_send(&f, 1, NULL, 0, 60000, &e) < 0)
        _exit(99);
}

/* 0, or the number of what is not as child.h says. */
static int
clean(void)
{
    struct sigaction act;
    sigset_t mask;
    char byte;

    for (int fd = 4; fd < 64; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            return 1;
    }
    if (fcntl(FRAME_FD_PARENT, F_GETFD) != 0)
        return 2;
    if (read(STDIN_FILENO, &byte, 1) != 0)
        return 3;
    if (sigaction(SIGPIPE, NULL, &act) < 0 || act.sa_handler != SIG_DFL)
        return 4;
    if (sigprocmask(SIG_SETMASK, NULL, &mask) < 0 || sigismember(&mask, SIGUSR1))
        return 5;
    if (getpgrp() != getpid())
        return 6;
    return 0;
}

static int
be_child(const char *what)
{
    if (str_eq(what, "seven"))
        return 7;
    if (str_eq(what, "clean"))
        return clean();
    if (str_eq(what, "stubborn"))
        signal(SIGTERM, SIG_IGN);
    if (!str_eq(what, "parent") || fork() > 0)
        say_ready();
    for (;;)
        pause();
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_the_exit_code),
        cmocka_unit_test(tells_the_signal),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test(kills_what_does_not_stop),
        cmocka_unit_test(leaves_nothing_running_when_freed),
        cmocka_unit_test(tells_of_a_program_that_cannot_be_executed),
        cmocka_unit_test(tells_children_apart),
        cmocka_unit_test(gives_the_child_a_clean_start),
    };

    if (argc == 2)
        return be_child(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
