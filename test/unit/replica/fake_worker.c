/* SPDX-License-Identifier: Apache-2.0 */
#include "replica/fake_worker.h"

#include "base/arena.h"
#include "base/buf.h"
#include "net/frame_fd.h"
#include "wire/job.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#define WAIT_MS 60000

/* The number of this run, from 0. */
static size_t
count_run(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct stat st;

    if (fd < 0 || write(fd, "x", 1) != 1 || fstat(fd, &st) < 0)
        _exit(90);
    close(fd);
    return (size_t)st.st_size - 1;
}

static void
send_frame(struct frame_fd *link, uint8_t kind, const void *payload, size_t len)
{
    struct err e;

    if (frame_fd_send(link, kind, payload, len, WAIT_MS, &e) < 0)
        _exit(91);
}

static void
send_result(struct frame_fd *link, size_t run)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct job_result result = {.meta = {.version = (int64_t)run + 1, .position = "f:1"},
                                .rows = (int64_t)run};

    memset(result.meta.hash, 'a', JOB_HASH_LEN);
    if (job_result_encode(&result, &b) < 0)
        _exit(92);
    send_frame(link, JOB_KIND_RESULT, b.data, b.len);
}

static void
send_progress(struct frame_fd *link, int64_t permille)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    const struct job_progress progress = {.stage = "rows", .table = "t", .permille = permille};

    if (job_progress_encode(&progress, &b) < 0)
        _exit(93);
    send_frame(link, JOB_KIND_PROGRESS, b.data, b.len);
}

static void
send_failure(struct frame_fd *link, int code)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct err failure;

    err_set(&failure, code, "as told");
    if (job_failure_encode(&failure, &b) < 0)
        _exit(94);
    send_frame(link, JOB_KIND_FAILURE, b.data, b.len);
}

static _Noreturn void
hang(void)
{
    for (;;)
        pause();
}

static void
wait_for_cancel(struct frame_fd *link)
{
    struct frame frame;
    struct err e;
    int r = frame_fd_recv(link, WAIT_MS, &frame, &e);

    if (r != ERR_CANCELLED && (r != 1 || frame.kind != JOB_KIND_CANCEL))
        _exit(95);
}

static int
act(struct frame_fd *link, char action, size_t run)
{
    switch (action) {
    case 'P':
        send_progress(link, 0);
        send_progress(link, 500);
        send_result(link, run);
        break;
    case 'R':
        send_result(link, run);
        break;
    case 'T':
        send_result(link, run);
        send_result(link, run);
        break;
    case 'O':
        send_result(link, run);
        hang();
    case 'B':
        send_failure(link, ERR_BUSY);
        break;
    case 'D':
        send_failure(link, ERR_DENIED);
        break;
    case 'C':
        send_failure(link, ERR_CONFIG);
        break;
    case 'X':
        return 3;
    case 'K':
        return raise(SIGKILL);
    case 'L':
        return write(link->fd, "\0\0\0\5\2{", 6) == 6 ? 0 : 96;
    case 'G':
        send_frame(link, JOB_KIND_RESULT, "{}", 2);
        hang();
    case 'Z':
        send_frame(link, 99, "", 0);
        hang();
    case 'W':
        send_progress(link, 0);
        wait_for_cancel(link);
        send_failure(link, ERR_CANCELLED);
        break;
    case 'E':
        close(link->fd);
        hang();
    case 'H':
        send_progress(link, 0);
        hang();
    default:
        return 97;
    }
    return 0;
}

int
fake_worker(void)
{
    CLEANUP(frame_fd_done) struct frame_fd link = FRAME_FD_INIT(FRAME_FD_PARENT);
    CLEANUP(arena_done) struct arena a = ARENA_INIT(FRAME_MAX);
    struct frame frame;
    struct job job;
    struct err e;
    size_t run;

    if (frame_fd_recv(&link, WAIT_MS, &frame, &e) != 1 || frame.kind != JOB_KIND_JOB ||
        job_decode(frame.payload, frame.len, &a, &job) < 0 || job.filter[0] == '\0')
        return 98;
    run = count_run(job.out);
    return act(&link, job.filter[MIN(run, strlen(job.filter) - 1)], run);
}
