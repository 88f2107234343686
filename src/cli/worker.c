/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/worker.h"

#include "base/base.h"
#include "log/log.h"

char *const *
worker_argv(struct worker_argv *w, const char *name)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    static const char *const formats[] = {"text", "json"};

    /* exec() takes pointers to non-const and does not write. */
    *w = (struct worker_argv){{
        (char *)"leat",
        (char *)name,
        (char *)"--log-format",
        (char *)formats[log_chosen_format()],
        (char *)"--log-level",
        (char *)levels[log_chosen_level()],
        NULL,
    }};
    return w->argv;
}

void
worker_add(struct worker_argv *w, const char *arg)
{
    size_t count = 0;

    while (w->argv[count])
        count++;
    assert(count + 1 < ARRAY_LEN(w->argv));
    w->argv[count] = (char *)arg;
}
