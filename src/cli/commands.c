/* SPDX-License-Identifier: Apache-2.0 */
#include "base/i18n.h"
#include "cli/cmd_ca.h"
#include "cli/cmd_docs.h"
#include "cli/command.h"

const struct command commands[] = {
    {
        .name = "ca init",
        .args = N_("DIR"),
        .args_min = 1,
        .args_max = 1,
        .summary = N_("make a development CA in a directory"),
        .options = &cmd_ca_init_options,
        .run = cmd_ca_init,
    },
    {
        .name = "ca issue",
        .args = N_("DIR NAME"),
        .args_min = 2,
        .args_max = 2,
        .summary = N_("issue an identity of the development CA"),
        .options = &cmd_ca_issue_options,
        .run = cmd_ca_issue,
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
