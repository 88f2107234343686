/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_worker_shop.h"

#include "base/i18n.h"
#include "daemon/shop.h"
#include "net/frame_fd.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#define SEND_TIMEOUT_MS 10000 /* a parent that takes nothing for so long is given up */

struct worker_shop_options {
    int64_t interval_ms;
    int64_t seed;
};

static const struct option members[] = {
    {
        .name = "interval",
        .type = OPTION_DURATION,
        .offset = offsetof(struct worker_shop_options, interval_ms),
        .def = "1s",
        .min = 1,
        .max = 3600000,
        .arg = N_("TIME"),
        .help = N_("from one change to the next"),
    },
    {
        .name = "seed",
        .type = OPTION_INT,
        .offset = offsetof(struct worker_shop_options, seed),
        .def = "0",
        .min = 0,
        .max = INT64_MAX,
        .arg = N_("NUMBER"),
        .help = N_("the same changes for the same number; 0 takes one at random"),
    },
    {.name = NULL},
};

const struct option_set cmd_worker_shop_options = {
    .name = WORKER_SHOP,
    .size = sizeof(struct worker_shop_options),
    .options = members,
};

/* Wait; 1 when it is time for a change, 0 when it is time to end. */
static int
wait_for_turn(struct frame_fd *link, int timeout_ms, struct err *e)
{
    struct frame frame;
    int r = frame_fd_recv(link, timeout_ms, &frame, e);

    if (r == 0)
        return 1;
    if (r == ERR_CANCELLED) /* nobody is left to tell */
        return 0;
    if (r > 0 && frame.kind != SHOP_MESSAGE_STOP)
        return err_set(e, ERR_PROTO, _("a message of kind %d is not known"), frame.kind);
    return r < 0 ? r : 0;
}

static int
change(struct shop *shop, struct frame_fd *link, struct err *e)
{
    struct shop_change change;
    struct timespec now;
    int r;

    if (clock_gettime(CLOCK_REALTIME, &now) < 0)
        return err_sys(e, "%s", _("could not read the clock"));
    r = shop_step(shop, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, &change, e);
    if (r < 0)
        return r;
    return frame_fd_send(link, change.is_public ? SHOP_MESSAGE_PUBLIC : SHOP_MESSAGE_PRIVATE,
                         change.text, strlen(change.text), SEND_TIMEOUT_MS, e);
}

int
cmd_worker_shop(const struct command_call *call, struct err *e)
{
    const struct worker_shop_options *options = call->options;
    CLEANUP(frame_fd_done) struct frame_fd link = FRAME_FD_INIT(FRAME_FD_PARENT);
    CLEANUP(shop_closep) struct shop *shop = NULL;
    uint64_t seed = (uint64_t)options->seed;
    int r;

    if (seed == 0 && getrandom(&seed, sizeof seed, 0) < 0)
        return err_sys(e, "%s", _("could not get a random number"));
    /* Before anything is opened: without a parent, the database would get its descriptor. */
    r = wait_for_turn(&link, 0, e);
    if (r < 0)
        return err_wrap(e, "%s", _("this command is started by leat"));
    if (r == 0)
        return 0;
    r = shop_open(call->args[0], seed, &shop, e);
    while (r >= 0 && (r = wait_for_turn(&link, (int)options->interval_ms, e)) > 0)
        r = change(shop, &link, e);
    return r == ERR_CANCELLED ? 0 : r; /* it closed while we were telling it */
}
