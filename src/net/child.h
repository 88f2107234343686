/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_CHILD_H
#define NET_CHILD_H

#include "base/base.h"
#include "base/err.h"

#include <sys/types.h>

struct loop;

/*
 * A process of our own: as a rule this program, started again with other
 * arguments.
 *
 * It begins with its end of a socketpair on descriptor 3, nothing on standard
 * input, our standard output and error, no other descriptor, all signals at
 * their defaults and unblocked, and a process group of its own: Ctrl-C reaches
 * us alone, and we tell it. It gets SIGTERM when we die. When it ends, what it
 * has started in its group ends with it.
 */
struct child;

/* SIGTERM comes first, SIGKILL this much later, milliseconds. */
#define CHILD_GRACE_MS 5000

/* How a child ended. */
struct child_exit {
    bool is_signal;
    int code; /* exit code, or the signal's number */
};

/* "exit code 3", "signal 9 (Killed)"; `ret` has room for CHILD_EXIT_TEXT_MAX. */
#define CHILD_EXIT_TEXT_MAX 128
const char *child_exit_text(const struct child_exit *how, char *ret);

/*
 * Start `program`, a path; NULL is this one, whatever stands in its place on disk
 * by now. `argv` is borrowed for the call, with NULL at the end; argv[0] is
 * only a name. `on_exit` is called on the loop when it has ended,
 * and may free the child. A program that could not be executed ends with exit
 * code CHILD_NO_EXEC.
 *
 * On success `*ret` is owned: child_free(); `*ret_fd` is our end of the
 * socketpair, owned. Fails with ERR_SYS, ERR_NOMEM.
 */
#define CHILD_NO_EXEC 127
int child_start(struct loop *loop, const char *program, char *const argv[],
                void (*on_exit)(void *ctx, const struct child_exit *how), void *ctx, int *ret_fd,
                struct child **ret, struct err *e) MUST_CHECK;

/* Ask it to end: SIGTERM now, SIGKILL after CHILD_GRACE_MS. on_exit tells when it has. */
void child_stop(struct child *c);

/*
 * Let go of it. One that still runs is killed and waited for, which takes as
 * long as its last system call. No callback. NULL is fine.
 */
void child_free(struct child *c);
DEFINE_FREEP(struct child, child_free)

/* Its process id, for the log. */
pid_t child_pid(const struct child *c);

#endif
