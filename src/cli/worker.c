/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/worker.h"

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
