/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include "base/str.h"
#include "log/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define BAR_WIDTH 30 /* characters */

void
progress_init(struct progress *p, bool quiet, uint64_t now_ns)
{
    *p = (struct progress){
        .quiet = quiet,
        .terminal = isatty(STDERR_FILENO) == 1,
        .next_ns = now_ns + (uint64_t)PROGRESS_LINE_MS * 1000000,
    };
}

static void
draw(struct progress *p, const char *what, const char *name, unsigned permille)
{
    struct winsize size;
    unsigned filled = permille * BAR_WIDTH / 1000;
    int columns =
        ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
    char line[256];
    int len;

    (void)snprintf(line, sizeof line, "[%.*s%*s] %3u%% %s %s", (int)filled,
                   "##############################", (int)(BAR_WIDTH - filled), "", permille / 10,
                   what, CLIP(name));
    len = MIN(columns - 1, (int)strlen(line));
    while (len > 0 && (line[len] & 0xc0) == 0x80)
        len--; /* cut between characters */
    fprintf(stderr, "\r%.*s\033[K", len, line);
    fflush(stderr);
    p->drawn = true;
}

void
progress_show(struct progress *p, const char *what, const char *name, unsigned permille,
              uint64_t now_ns)
{
    if (p->quiet)
        return;
    if (p->terminal) {
        draw(p, what, name, permille);
    } else if (now_ns >= p->next_ns) {
        p->next_ns = now_ns + (uint64_t)PROGRESS_LINE_MS * 1000000;
        log_info(N_("snapshot: working"), LOG_STR("stage", what), LOG_STR("name", name),
                 LOG_I64("percent", permille / 10));
    }
}

void
progress_clear(struct progress *p)
{
    if (!p->drawn)
        return;
    fprintf(stderr, "\r\033[K");
    fflush(stderr);
    p->drawn = false;
}
