/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cli/worker.h"
#include "log/log.h"

#include <string.h>

/* The arguments, with a space in front of each. */
static const char *
arguments(void)
{
    static char text[256];
    struct worker_argv w;
    char *const *argv = worker_argv(&w, "worker-snapshot");
    size_t len = 0;

    assert_ptr_equal(argv, w.argv);
    for (; *argv; argv++) {
        assert_true(len + strlen(*argv) + 2 <= sizeof text);
        text[len++] = ' ';
        len = (size_t)(stpcpy(text + len, *argv) - text);
    }
    return text;
}

static void
a_worker_logs_as_its_parent(void **state)
{
    (void)state;
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    assert_string_equal(arguments(), " leat worker-snapshot --log-format text --log-level info");
    log_setup(LOG_FORMAT_JSON, LOG_LEVEL_ERROR);
    assert_string_equal(arguments(), " leat worker-snapshot --log-format json --log-level error");
    log_setup(LOG_FORMAT_JSON, LOG_LEVEL_WARN);
    assert_string_equal(arguments(), " leat worker-snapshot --log-format json --log-level warn");
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG);
    assert_string_equal(arguments(), " leat worker-snapshot --log-format text --log-level debug");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_logs_as_its_parent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
