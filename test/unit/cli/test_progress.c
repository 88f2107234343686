/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cli/progress.h"
#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define MS    UINT64_C(1000000)
#define CLEAR "\r\033[K"

/* Standard error is a terminal or a pipe, which is read back here. */
static int ours = -1, kept = -1;
static char shown[4096];

static void
redirect(int theirs)
{
    kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && theirs >= 0);
    assert_int_equal(dup2(theirs, STDERR_FILENO), STDERR_FILENO);
    close(theirs);
}

static void
open_terminal(unsigned short columns)
{
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    struct termios mode;
    int theirs;

    ours = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0);
    theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
    assert_true(theirs >= 0 && tcgetattr(theirs, &mode) == 0);
    cfmakeraw(&mode);
    assert_int_equal(tcsetattr(theirs, TCSANOW, &mode), 0);
    assert_int_equal(ioctl(theirs, TIOCSWINSZ, &size), 0);
    redirect(theirs);
}

static void
open_pipe(void)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    ours = ends[0];
    redirect(ends[1]);
}

/* What was written since the last look. */
static const char *
look(void)
{
    struct pollfd fd = {.fd = ours, .events = POLLIN};
    size_t len = 0;

    while (poll(&fd, 1, 0) == 1 && len < sizeof shown - 1) {
        ssize_t n = read(ours, shown + len, sizeof shown - 1 - len);

        if (n <= 0)
            break;
        len += (size_t)n;
    }
    shown[len] = '\0';
    return shown;
}

static int
restore(void **state)
{
    (void)state;
    if (kept >= 0)
        dup2(kept, STDERR_FILENO);
    close(kept);
    close(ours);
    ours = kept = -1;
    return 0;
}

static void
draws_a_bar_and_takes_it_away(void **state)
{
    struct progress p;

    (void)state;
    open_terminal(80);
    progress_init(&p, false, 0);
    progress_clear(&p);
    assert_string_equal(look(), ""); /* there is none yet */
    progress_show(&p, "rows", "items", 0, 1);
    assert_string_equal(look(), "\r[                              ]   0% rows items\033[K");
    progress_show(&p, "rows", "items", 505, 2);
    assert_string_equal(look(), "\r[###############               ]  50% rows items\033[K");
    progress_show(&p, "checksum", "", 1000, 3);
    assert_string_equal(look(), "\r[##############################] 100% checksum \033[K");
    progress_clear(&p);
    assert_string_equal(look(), CLEAR);
    progress_clear(&p);
    assert_string_equal(look(), "");
}

static void
a_bar_fits_its_line(void **state)
{
    struct progress p;

    (void)state;
    open_terminal(48);
    progress_init(&p, false, 0);
    progress_show(&p, "rows", "a long name of a table", 0, 0);
    assert_string_equal(look(), "\r[                              ]   0% rows a lo\033[K");
    /* Cut between characters: four bytes are left for the name. */
    progress_show(&p, "rows", "ab\xc3\xa4\xc3\xb6\xc3\xbc", 0, 0);
    assert_string_equal(look(), "\r[                              ]   0% rows ab\xc3\xa4\033[K");
    progress_show(&p, "rows", "abc\xc3\xa4\xc3\xb6", 0, 0);
    assert_string_equal(look(), "\r[                              ]   0% rows abc\033[K");
}

static void
a_terminal_without_a_width_has_eighty_columns(void **state)
{
    struct progress p;
    char name[101] = "";

    (void)state;
    open_terminal(0);
    memset(name, 'x', sizeof name - 1);
    progress_init(&p, false, 0);
    progress_show(&p, "rows", name, 0, 0);
    assert_int_equal(strlen(look()), 1 + 79 + strlen("\033[K"));
}

static void
names_do_not_steer_the_terminal(void **state)
{
    struct progress p;

    (void)state;
    open_terminal(80);
    progress_init(&p, false, 0);
    progress_show(&p, "rows", "a\033[2Jb\nc", 0, 0);
    assert_string_equal(look(), "\r[                              ]   0% rows a?[2Jb?c\033[K");
}

static void
elsewhere_a_line_is_logged_now_and_then(void **state)
{
    const uint64_t start = 1000 * MS, step = PROGRESS_LINE_MS * MS;
    struct progress p;

    (void)state;
    open_pipe();
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    progress_init(&p, false, start);
    progress_show(&p, "rows", "items", 10, start);
    progress_show(&p, "rows", "items", 20, start + step - 1);
    assert_string_equal(look(), ""); /* what is done soon is not commented */
    progress_show(&p, "rows", "items", 239, start + step);
    assert_non_null(strstr(look(), "info  snapshot: working stage=rows name=items percent=23\n"));
    progress_show(&p, "rows", "items", 300, start + step + 1);
    progress_show(&p, "rows", "items", 300, start + 2 * step - 1);
    assert_string_equal(look(), "");
    progress_show(&p, "indexes", "i", 850, start + 2 * step);
    assert_non_null(strstr(look(), "stage=indexes name=i percent=85\n"));
    progress_clear(&p);
    assert_string_equal(look(), ""); /* there is no bar */
}

static void
the_quiet_are_told_nothing(void **state)
{
    struct progress p;

    (void)state;
    open_terminal(80);
    progress_init(&p, true, 0);
    progress_show(&p, "rows", "items", 500, UINT64_MAX);
    progress_clear(&p);
    assert_string_equal(look(), "");
    (void)restore(NULL);
    open_pipe();
    progress_init(&p, true, 0);
    progress_show(&p, "rows", "items", 500, UINT64_MAX);
    assert_string_equal(look(), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(draws_a_bar_and_takes_it_away, restore),
        cmocka_unit_test_teardown(a_bar_fits_its_line, restore),
        cmocka_unit_test_teardown(a_terminal_without_a_width_has_eighty_columns, restore),
        cmocka_unit_test_teardown(names_do_not_steer_the_terminal, restore),
        cmocka_unit_test_teardown(elsewhere_a_line_is_logged_now_and_then, restore),
        cmocka_unit_test_teardown(the_quiet_are_told_nothing, restore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
