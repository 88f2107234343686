/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * writer DIR ELSEWHERE: replaces DIR/out as one should, through 12 calls that
 * count, two of them in a child. What killpoints.c is tried on.
 */
static void
must(int ok, const char *what)
{
    if (ok)
        return;
    printf("%s: %s\n", what, strerrorname_np(errno));
    exit(1);
}

static void
child(const char *elsewhere)
{
    int fd = open("mark", O_WRONLY | O_CREAT | O_EXCL, 0600); /* 9 */

    must(fd >= 0, "open mark");
    must(unlink("../in/mark") == 0, "unlink mark"); /* 10 */
    close(fd);
    fd = open(elsewhere, O_WRONLY | O_CREAT | O_TRUNC, 0600); /* these two do not count */
    must(fd >= 0 && write(fd, "x", 1) == 1, "write elsewhere");
    exit(0);
}

int
main(int argc, char **argv)
{
    int fd, dir, status;
    pid_t pid;

    if (argc != 3 || chdir(argv[1]) != 0)
        return 2;
    fd = open("out.tmp", O_RDWR | O_CREAT | O_TRUNC, 0600); /* 1 */
    must(fd >= 0, "open out.tmp");
    must(write(fd, "new ", 4) == 4, "write");         /* 2 */
    must(pwrite(fd, "content", 7, 4) == 7, "pwrite"); /* 3 */
    must(ftruncate(fd, 11) == 0, "ftruncate");        /* 4 */
    must(fchmod(fd, 0644) == 0, "fchmod");            /* 5 */
    must(fsync(fd) == 0, "fsync");                    /* 6 */
    close(fd);
    must(rename("out.tmp", "out") == 0, "rename");        /* 7 */
    dir = open(".", O_RDONLY | O_DIRECTORY);              /* reads only */
    must(dir >= 0 && fsync(dir) == 0, "fsync directory"); /* 8 */

    pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0)
        child(argv[2]);
    must(waitpid(pid, &status, 0) == pid, "wait");
    if (WIFSIGNALED(status))
        printf("child: signal %d\n", WTERMSIG(status));
    must(linkat(dir, "out", dir, "out.1", 0) == 0, "link"); /* 11 */
    must(unlinkat(dir, "out.1", 0) == 0, "unlink");         /* 12 */
    close(dir);
    return 0;
}
