/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_BASE_OPTION_SAMPLE_H
#define TEST_UNIT_BASE_OPTION_SAMPLE_H

/* A table with every type of option, of the shape that real ones have. */
#include "base/option.h"

struct sample_table {
    const char *name;
    const char *where;
    struct option_strings columns;
    bool omit;
};

struct sample {
    bool quiet;
    int64_t jobs, timeout_ms, room;
    const char *title;
    int level;
    struct option_strings tags;
    struct option_sections tables;
    bool json;
};

static const struct option sample_table_options[] = {
    {.name = "name",
     .type = OPTION_STRING,
     .flags = OPTION_REQUIRED,
     .offset = offsetof(struct sample_table, name),
     .help = "name of the table"},
    {.name = "where",
     .type = OPTION_STRING,
     .flags = OPTION_NO_COMMENT,
     .offset = offsetof(struct sample_table, where),
     .help = "condition of the rows"},
    {.name = "columns",
     .type = OPTION_STRINGS,
     .flags = OPTION_NO_COMMENT,
     .offset = offsetof(struct sample_table, columns),
     .help = "columns to keep"},
    {.name = "omit",
     .type = OPTION_BOOL,
     .offset = offsetof(struct sample_table, omit),
     .help = "leave the other columns out"},
    {.name = NULL},
};

static const struct option_set sample_table_set = {
    .name = "table",
    .size = sizeof(struct sample_table),
    .options = sample_table_options,
};

static const char *const sample_levels[] = {"low", "high", "null", NULL};

static const struct option sample_options[] = {
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_BOOL,
     .offset = offsetof(struct sample, quiet),
     .help = "say nothing"},
    {.name = "jobs",
     .letter = 'j',
     .type = OPTION_INT,
     .offset = offsetof(struct sample, jobs),
     .def = "2",
     .min = -3,
     .max = 16,
     .arg = "N",
     .help = "how many at once"},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .offset = offsetof(struct sample, timeout_ms),
     .def = "5s",
     .max = 3600000,
     .arg = "TIME",
     .help = "how long to wait"},
    {.name = "room",
     .type = OPTION_SIZE,
     .offset = offsetof(struct sample, room),
     .def = "64KiB",
     .min = 512,
     .max = (int64_t)1 << 40,
     .arg = "SIZE",
     .help = "how much to keep"},
    {.name = "title",
     .type = OPTION_STRING,
     .offset = offsetof(struct sample, title),
     .def = "untitled",
     .arg = "TEXT",
     .help = "what it is called"},
    {.name = "level",
     .type = OPTION_CHOICE,
     .offset = offsetof(struct sample, level),
     .def = "high",
     .choices = sample_levels,
     .arg = "LEVEL",
     .help = "how loud"},
    {.name = "tags",
     .letter = 't',
     .type = OPTION_STRINGS,
     .offset = offsetof(struct sample, tags),
     .arg = "TAG",
     .help = "words to go with it"},
    {.name = "tables",
     .type = OPTION_SECTIONS,
     .flags = OPTION_REQUIRED,
     .offset = offsetof(struct sample, tables),
     .sections = &sample_table_set,
     .sample = "- name: badges\n"
               "- name: users\n"
               "  columns: [user_id, name]\n"
               "  where: is_active = 1\n",
     .help = "tables that leave"},
    {.name = "json",
     .type = OPTION_BOOL,
     .flags = OPTION_COMMAND_LINE,
     .offset = offsetof(struct sample, json),
     .help = "print JSON"},
    {.name = NULL},
};

static const struct option_set sample_set = {
    .name = "sample",
    .size = sizeof(struct sample),
    .options = sample_options,
};

#endif
