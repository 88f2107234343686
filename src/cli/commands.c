/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "cli/cmd_ca.h"
#include "cli/cmd_check.h"
#include "cli/cmd_demo.h"
#include "cli/cmd_docs.h"
#include "cli/cmd_snapshot.h"
#include "cli/cmd_worker_shop.h"
#include "cli/cmd_worker_snapshot.h"
#include "cli/command.h"

const struct command commands[] = {
    {
        .name = "snapshot",
        .args = N_("SOURCE OUT"),
        .args_min = 2,
        .args_max = 2,
        .summary = N_("make a filtered copy of a SQLite file"),
        .description = N_("OUT holds what the filter admits of SOURCE and nothing else; it is "
                          "replaced as a whole, or not at all. SOURCE is never written. With "
                          "--watch OUT is kept current until the program is interrupted."),
        .options = &cmd_snapshot_options,
        .run = cmd_snapshot,
    },
    {
        .name = "check",
        .args = N_("[SOURCE]"),
        .args_min = 0,
        .args_max = 1,
        .summary = N_("show what would leave a SQLite file, and what would stay"),
        .description =
            N_("Counts on SOURCE itself, which is only read, what would leave through the filter: "
               "rows and columns of each table, indexes, views. Lists what stays and why, and rows "
               "whose foreign keys refer to rows that stay.\n\n"
               "Without SOURCE, checks what needs no database and prints the filter as it is "
               "understood."),
        .options = &cmd_check_options,
        .run = cmd_check,
    },
    {
        .name = "demo",
        .summary = N_("keep a replica current before your eyes"),
        .description =
            N_("Makes a small shop in a directory of its own and keeps a filtered replica of it "
               "current, while a second process writes to the shop. Prints every change, what of "
               "it left and what stayed, and how long that took.\n\n"
               "With --source and --filter it does the same with a database of your own, which is "
               "only read."),
        .options = &cmd_demo_options,
        .run = cmd_demo,
    },
    {
        .name = "ca init",
        .args = N_("DIR"),
        .args_min = 1,
        .args_max = 1,
        .summary = N_("make a development CA in a directory"),
        .description = N_("Writes the certificate of a new CA and its key, which is not encrypted, "
                          "to DIR/ca.pem and DIR/ca.key. A CA that is there is never replaced."),
        .options = &cmd_ca_init_options,
        .run = cmd_ca_init,
    },
    {
        .name = "ca issue",
        .args = N_("DIR NAME"),
        .args_min = 2,
        .args_max = 2,
        .summary = N_("issue an identity of the development CA"),
        .description = N_("Makes a key and a certificate for NAME, signed by the CA in DIR, and "
                          "writes them to DIR/NAME.pem and DIR/NAME.key. The certificate allows "
                          "one role on a link and no other, and holds NAME and what --san adds."),
        .options = &cmd_ca_issue_options,
        .run = cmd_ca_issue,
    },
    {
        .name = WORKER_SHOP,
        .args = N_("DB"),
        .args_min = 1,
        .args_max = 1,
        .summary = N_("change the shop of the demo for the process that started this one"),
        .options = &cmd_worker_shop_options,
        .hidden = true,
        .run = cmd_worker_shop,
    },
    {
        .name = WORKER_SNAPSHOT,
        .summary = N_("build a snapshot for the process that started this one"),
        .hidden = true,
        .run = cmd_worker_snapshot,
    },
    {
        .name = "docs man",
        .summary = N_("print the source of the manual page"),
        .hidden = true,
        .run = cmd_docs_man,
    },
    {
        .name = "docs sample",
        .args = N_("NAME"),
        .args_min = 1,
        .args_max = 1,
        .summary = N_("print a sample file"),
        .hidden = true,
        .run = cmd_docs_sample,
    },
    {.name = NULL},
};
