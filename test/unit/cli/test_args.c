/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cli/args.h"
#include "log/log.h"

#include <string.h>

struct copy_options {
    const char *filter;
    struct option_strings sans;
    int64_t wait_ms;
    bool quiet, json;
};

static const struct option copy_members[] = {
    {.name = "filter",
     .letter = 'f',
     .type = OPTION_STRING,
     .flags = OPTION_REQUIRED,
     .offset = offsetof(struct copy_options, filter),
     .arg = "FILE",
     .help = "what may leave"},
    {.name = "san",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct copy_options, sans),
     .help = "a name"},
    {.name = "wait",
     .letter = 'w',
     .type = OPTION_DURATION,
     .offset = offsetof(struct copy_options, wait_ms),
     .def = "5s",
     .max = 60000,
     .arg = "TIME",
     .help = "how long to wait"},
    {.name = "quiet",
     .letter = 'q',
     .type = OPTION_BOOL,
     .offset = offsetof(struct copy_options, quiet),
     .help = "say nothing"},
    {.name = "json",
     .type = OPTION_BOOL,
     .flags = OPTION_UNLISTED,
     .offset = offsetof(struct copy_options, json),
     .help = "print JSON"},
    {.name = NULL},
};

static const struct option_set copy_set = {"copy", sizeof(struct copy_options), copy_members};

static const struct command list[] = {
    {
        .name = "copy",
        .args = "SOURCE OUT",
        .args_min = 1,
        .args_max = 2,
        .summary = "copy what may leave",
        .description = "A first paragraph.\n\nA second one.",
        .options = &copy_set,
    },
    {.name = "ca init", .args = "DIR", .args_min = 1, .args_max = 1, .summary = "make a CA"},
    {.name = "ca issue", .args = "DIR", .args_min = 1, .args_max = 1, .summary = "make a name"},
    {.name = "work", .summary = "be a worker", .hidden = true},
    {.name = NULL},
};

#define WORDS_MAX 16

/* Read a line of words, split at spaces, as the arguments of `command`. */
static int
read_line(const struct command *command, const char *line, struct arena *arena, struct args *ret,
          struct err *e)
{
    char *copy = arena_strdup(arena, line), *word, *rest = copy;
    char *argv[WORDS_MAX + 1] = {(char *)"leat"};
    int argc = 1;

    assert_non_null(copy);
    while ((word = strsep(&rest, " "))) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = word;
    }
    if (line[0] == '\0')
        argv[argc = 1] = NULL;
    *ret = (struct args){0};
    option_defaults(&global_options, &ret->global);
    if (!command)
        return args_parse_program(argc, argv, arena, ret, e);
    return args_parse(command, argc, argv, arena, ret, e);
}

static void
fills_options_and_arguments(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
    const struct copy_options *o;
    struct err e = {0};
    struct args a;

    assert_ok(read_line(&list[0],
                        "a.db -qf x.yaml --san=a b.db --san b --wait 1m --log-format json", &arena,
                        &a, &e),
              &e);
    o = a.options;
    assert_string_equal(o->filter, "x.yaml");
    assert_int_equal(o->sans.count, 2);
    assert_string_equal(o->sans.items[1], "b");
    assert_int_equal(o->wait_ms, 60000);
    assert_true(o->quiet);
    assert_false(o->json);
    assert_int_equal(a.arg_count, 2);
    assert_string_equal(a.args[0], "a.db");
    assert_string_equal(a.args[1], "b.db");
    assert_null(a.args[2]);
    assert_int_equal(a.global.log_format, LOG_FORMAT_JSON);
    assert_int_equal(a.global.log_level, LOG_LEVEL_INFO);
    assert_false(a.help);
}

static void
what_follows_two_dashes_is_an_argument(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
    struct err e = {0};
    struct args a;

    assert_ok(read_line(&list[0], "-f x -- -q --help", &arena, &a, &e), &e);
    assert_int_equal(a.arg_count, 2);
    assert_string_equal(a.args[0], "-q");
    assert_string_equal(a.args[1], "--help");
    assert_false(a.help);
    assert_ok(read_line(&list[0], "-f x -", &arena, &a, &e), &e);
    assert_string_equal(a.args[0], "-");
}

static void
help_needs_nothing_else(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
    struct err e = {0};
    struct args a;

    assert_ok(read_line(&list[0], "--help", &arena, &a, &e), &e);
    assert_true(a.help);
    assert_ok(read_line(&list[0], "-h --nonsense", &arena, &a, &e), &e);
    assert_true(a.help);
}

static void
finds_the_command_behind_the_options_of_the_program(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
    struct err e = {0};
    struct args a;

    assert_int_equal(read_line(NULL, "--log-level debug copy --filter x", &arena, &a, &e), 3);
    assert_int_equal(a.global.log_level, LOG_LEVEL_DEBUG);
    assert_int_equal(read_line(NULL, "copy", &arena, &a, &e), 1);
    assert_int_equal(read_line(NULL, "", &arena, &a, &e), 1);
    assert_int_equal(read_line(NULL, "--version", &arena, &a, &e), 2);
    assert_true(a.version);
}

static void
says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"-f x", "arguments are missing; needed are SOURCE OUT"},
        {"-f x a b c", "unexpected argument \"c\""},
        {"a", "\"filter\" is missing in \"copy\""},
        {"a --filter", "option \"--filter\" needs a value"},
        {"a -f", "option \"-f\" needs a value"},
        {"a -qf", "option \"-f\" needs a value"},
        {"a --filter=", "\"filter\" must not be empty"},
        {"a --quiet=true", "option \"--quiet\" takes no value"},
        {"a --nonsense", "unknown option \"--nonsense\""},
        {"a --nonsense=5", "unknown option \"--nonsense\""},
        {"--fliter x a", "unknown option \"--fliter\"; did you mean \"--filter\"?"},
        {"--json5 a", "unknown option \"--json5\""},
        {"a -x", "unknown option \"-x\""},
        {"a -qx", "unknown option \"-x\""},
        {"a b -q -x c", "unknown option \"-x\""},
        {"--version", "unknown option \"--version\""},
        {"-V", "unknown option \"-V\""},
        {"--log x", "option \"--log\" could be \"--log-format\" or \"--log-level\""},
        {"a -w 5", "\"wait\" must be a duration such as 250ms, 30s, 5m or 1h, not \"5\""},
        {"a -w 61s", "\"wait\" must be from 0s to 1m, not \"61s\""},
        {"--log-level loud", "\"log-level\" must be one of error, warn, info, debug, not \"loud\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
        struct err e = {0};
        struct args a;

        assert_int_equal(read_line(&list[0], cases[i].line, &arena, &a, &e), ERR_CONFIG);
        assert_string_equal(e.msg, cases[i].message);
        assert_null(a.options);
    }
}

static void
a_full_arena_is_no_memory(void **state)
{
    (void)state;
    static const char *const argv[] = {"leat", "a", "-f", "x", NULL};
    size_t max = 0;

    for (;; max += 256) {
        CLEANUP(arena_done) struct arena arena = ARENA_INIT(max);
        struct err e = {0};
        struct args a = {0};

        if (args_parse(&list[0], 4, (char **)argv, &arena, &a, &e) == 0)
            break;
        assert_int_equal(e.code, ERR_NOMEM);
        assert_true(max < 65536);
    }
}

static char *
help_of(const struct command *command, const char *prefix, struct arena *arena)
{
    struct err e = {0};
    char *text = NULL, *copy;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    if (command)
        assert_ok(args_help(command, out, arena, &e), &e);
    else
        assert_ok(args_help_program(list, prefix, out, arena, &e), &e);
    assert_int_equal(fclose(out), 0);
    copy = arena_strdup(arena, text);
    free(text);
    assert_non_null(copy);
    return copy;
}

static void
help_comes_from_the_tables(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
    const char *text = help_of(&list[0], NULL, &arena);

    assert_non_null(strstr(text, "Usage: leat copy [OPTION...] SOURCE OUT\n"));
    assert_non_null(strstr(text, "A first paragraph.\n\nA second one.\n"));
    assert_non_null(strstr(text, "-f, --filter=FILE"));
    assert_non_null(strstr(text, "what may leave (required)"));
    assert_non_null(strstr(text, "how long to wait (default 5s, from 0s to"));
    assert_non_null(strstr(text, "--san=VALUE"));
    assert_non_null(strstr(text, "--log-format=FORMAT"));
    assert_non_null(strstr(text, "-h, --help"));
    assert_null(strstr(text, "--json"));
    assert_null(strstr(text, "Mandatory"));
}

static void
help_lists_the_commands(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(1 << 20);
    const char *text = help_of(NULL, "", &arena);

    assert_non_null(strstr(text, "Usage: leat [OPTION...] COMMAND [ARGUMENT...]\n"));
    assert_non_null(strstr(text, "copy what may leave\n"));
    assert_non_null(strstr(text, "ca issue"));
    assert_null(strstr(text, "worker"));
    text = help_of(NULL, "ca ", &arena);
    assert_non_null(strstr(text, "ca init"));
    assert_null(strstr(text, "copy"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_options_and_arguments),
        cmocka_unit_test(what_follows_two_dashes_is_an_argument),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(finds_the_command_behind_the_options_of_the_program),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(a_full_arena_is_no_memory),
        cmocka_unit_test(help_comes_from_the_tables),
        cmocka_unit_test(help_lists_the_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
