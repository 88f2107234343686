/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a child is announced by SIGCHLD, and each child asks for its own.
 * A descriptor of the process (pidfd_open) would need no signal, but valgrind
 * 3.19, under which our tests run, does not know it.
 */
#include "net/child.h"

#include "base/i18n.h"
#include "net/frame_fd.h"
#include "net/loop.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

struct child {
    struct loop *loop; /* borrowed */
    pid_t pid;         /* and the number of its process group; ours until it is reaped */
    bool is_reaped;
    ev_signal ended;
    ev_timer grace;
    void (*on_exit)(void *ctx, const struct child_exit *how);
    void *ctx;
};

const char *
child_exit_text(const struct child_exit *how, char *ret)
{
    if (how->is_signal)
        (void)snprintf(ret, CHILD_EXIT_TEXT_MAX, _("signal %d (%s)"), how->code,
                       strsignal(how->code));
    else
        (void)snprintf(ret, CHILD_EXIT_TEXT_MAX, _("exit code %d"), how->code);
    return ret;
}

/*
 * In the child, between fork and exec: system calls only, because the parent
 * may have held any lock when it forked.
 */
static _Noreturn void
become(const char *program, char *const argv[], int fd, pid_t parent)
{
    struct sigaction def = {.sa_handler = SIG_DFL};
    sigset_t none;
    int null;

    /* Handlers would be reset by exec; what is ignored would stay so. */
    for (int signo = 1; signo < NSIG; signo++)
        (void)sigaction(signo, &def, NULL); /* SIGKILL and the libc's own refuse, rightly */
    if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
        _exit(CHILD_NO_EXEC);
    if (getppid() != parent)
        _exit(CHILD_NO_EXEC); /* it died before the line above */
    /* The socket first: where we run with a closed standard input, it may be descriptor 0. */
    if (fd == FRAME_FD_PARENT ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, FRAME_FD_PARENT) < 0)
        _exit(CHILD_NO_EXEC);
    null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        _exit(CHILD_NO_EXEC);
    if (close_range(FRAME_FD_PARENT + 1, UINT_MAX, 0) < 0)
        _exit(CHILD_NO_EXEC);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL); /* cannot fail */
    execv(program, argv);
    _exit(CHILD_NO_EXEC);
}

/* Wait for what has ended, or is about to. */
static void
reap(struct child *c, struct child_exit *ret)
{
    siginfo_t info = {0};
    int r;

    /* While the leader is not reaped, its number names its group and nobody else's. */
    (void)kill(-c->pid, SIGKILL); /* nobody is left in it, as a rule */
    do
        r = waitid(P_PID, (id_t)c->pid, &info, WEXITED);
    while (r < 0 && errno == EINTR);
    c->is_reaped = true;
    *ret = (struct child_exit){.is_signal = info.si_code != CLD_EXITED, .code = info.si_status};
}

/* Some child has ended: this one? */
static void
on_ended(struct ev_loop *ev, ev_signal *w, int revents)
{
    struct child *c = w->data;
    struct child_exit how;
    siginfo_t info = {0};

    (void)revents;
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return;
    reap(c, &how);
    ev_signal_stop(ev, &c->ended);
    ev_timer_stop(ev, &c->grace);
    c->on_exit(c->ctx, &how);
}

static void
on_grace_over(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct child *c = w->data;

    (void)ev;
    (void)revents;
    (void)kill(-c->pid, SIGKILL); /* on_ended tells */
}

/* Fork with every signal blocked: libev's handlers in the child would write to our loop. */
static pid_t
fork_quietly(const char *program, char *const argv[], int fd)
{
    pid_t parent = getpid(), pid;
    sigset_t all, before;

    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before); /* cannot fail */
    pid = fork();
    if (pid == 0)
        become(program, argv, fd, parent);
    (void)sigprocmask(SIG_SETMASK, &before, NULL); /* cannot fail */
    return pid;
}

int
child_start(struct loop *loop, const char *program, char *const argv[],
            void (*on_exit)(void *ctx, const struct child_exit *how), void *ctx, int *ret_fd,
            struct child **ret, struct err *e)
{
    CLEANUP(child_freep) struct child *c = calloc(1, sizeof *c);
    CLEANUP(closep) int ours = -1;
    CLEANUP(closep) int theirs = -1;
    int pair[2];

    if (!c)
        return err_nomem(e);
    *c = (struct child){.loop = loop, .is_reaped = true, .on_exit = on_exit, .ctx = ctx};
    ev_signal_init(&c->ended, on_ended, SIGCHLD);
    ev_timer_init(&c->grace, on_grace_over, 0., 0.);
    c->ended.data = c->grace.data = c;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_sys(e, "%s", _("could not make a pair of sockets"));
    ours = pair[0];
    theirs = pair[1];
    ev_signal_start(loop_ev(loop), &c->ended); /* before there is anything to miss */
    c->pid = fork_quietly(program ? program : "/proc/self/exe", argv, theirs);
    if (c->pid < 0)
        return err_sys(e, "%s", _("could not start a process"));
    c->is_reaped = false;
    (void)setpgid(c->pid, c->pid); /* the child does it too: whoever comes first */
    *ret_fd = TAKE_FD(ours);
    *ret = TAKE(c);
    return 0;
}

void
child_stop(struct child *c)
{
    if (c->is_reaped || ev_is_active(&c->grace))
        return;
    (void)kill(-c->pid, SIGTERM); /* one that has just ended is told about anyway */
    loop_timer_start(c->loop, &c->grace, CHILD_GRACE_MS);
}

void
child_free(struct child *c)
{
    struct child_exit how;

    if (!c)
        return;
    if (!c->is_reaped)
        reap(c, &how);
    ev_signal_stop(loop_ev(c->loop), &c->ended);
    ev_timer_stop(loop_ev(c->loop), &c->grace);
    free(c);
}

pid_t
child_pid(const struct child *c)
{
    return c->pid;
}
