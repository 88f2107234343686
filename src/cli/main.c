/* SPDX-License-Identifier: Apache-2.0 */

/*
 * leat: find the command, read its arguments, do it, and say what went wrong.
 * Everything a command fails with stops here.
 */
#include "base/i18n.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/heap.h"
#include "cli/nearest.h"
#include "log/log.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>

#define ARENA_MAX ((size_t)16 << 20) /* bytes: arguments, options, what a command keeps */

/* Descriptors 0 to 2 are taken, so that no database is ever opened as one of them. */
static void
fill_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    closep(&fd);
}

/*
 * Only messages and characters follow the environment: numbers in JSON and in
 * files are the same everywhere.
 */
static void
set_up_language(void)
{
    (void)setlocale(LC_CTYPE, ""); /* an unknown locale leaves "C", which works */
    (void)setlocale(LC_MESSAGES, "");
    (void)bindtextdomain(TEXT_DOMAIN, LOCALEDIR);
    (void)textdomain(TEXT_DOMAIN);
}

static void
set_up_log(const struct global_options *global)
{
    if (global->log_format == LOG_FORMAT_JSON)
        (void)setlocale(LC_MESSAGES, "C"); /* JSON is never translated, nor is what it quotes */
    log_setup((enum log_format)global->log_format, (enum log_level)global->log_level);
}

/*
 * Whether the log is to be JSON, before anything was read: what is wrong with
 * the command line is itself told in that form, and may stand in front of it.
 */
static bool
wants_json(int argc, char **argv)
{
    static const char name[] = "--log-format";

    for (int i = 1; i < argc && !str_eq(argv[i], "--"); i++) {
        size_t len = strcspn(argv[i], "=");
        const char *value = argv[i][len] == '=' ? argv[i] + len + 1
                            : i + 1 < argc      ? argv[i + 1]
                                                : "";

        /* As argp, take any beginning that only this option has. */
        if (len >= strlen("--log-f") && len < sizeof name && strncmp(argv[i], name, len) == 0 &&
            str_eq(value, "json"))
            return true;
    }
    return false;
}

/*
 * The command at argv[*at], which may be two words. Moves `at` to the last of
 * them; NULL, and `at` stays, where there is no such command.
 */
static const struct command *
find_command(int argc, char **argv, int *at, struct arena *arena)
{
    const char *one = argv[*at];
    const char *two = *at + 1 < argc ? arena_printf(arena, "%s %s", one, argv[*at + 1]) : NULL;

    for (const struct command *c = commands; c->name; c++) {
        if (two && str_eq(c->name, two)) {
            (*at)++;
            return c;
        }
        if (str_eq(c->name, one))
            return c;
    }
    return NULL;
}

/* Whether `word` is the first of commands of two words. */
static bool
is_family(const char *word)
{
    size_t len = strlen(word);

    for (const struct command *c = commands; c->name; c++) {
        if (str_starts(c->name, word) && c->name[len] == ' ')
            return true;
    }
    return false;
}

/* Whether the word behind a family asks for help. */
static bool
asks_for_help(const char *word)
{
    return word && (str_eq(word, "--help") || str_eq(word, "-h"));
}

static int
refuse_command(char **words, struct arena *arena, struct err *e)
{
    bool family = is_family(words[0]);
    const char *typed = words[0];
    struct nearest nearest;

    if (family && !words[1])
        return err_set(e, ERR_CONFIG, _("\"%s\" is not complete; see \"leat %s --help\""), typed,
                       typed);
    if (family)
        typed = arena_printf(arena, "%s %s", words[0], words[1]);
    if (!typed)
        return err_nomem(e);
    nearest = NEAREST_INIT(typed);
    for (const struct command *c = commands; c->name; c++) {
        if (!c->hidden)
            nearest_offer(&nearest, c->name);
    }
    if (nearest.name)
        return err_set(e, ERR_CONFIG,
                       _("unknown command \"%s\"; did you mean \"%s\"? See \"leat --help\""),
                       CLIP(typed), nearest.name);
    return err_set(e, ERR_CONFIG, _("unknown command \"%s\"; see \"leat --help\""), CLIP(typed));
}

static int
run_command(const struct command *command, int argc, char **argv, struct arena *arena,
            struct args *args, struct err *e)
{
    int r = args_parse(command, argc, argv, arena, args, e);

    set_up_log(&args->global);
    if (r < 0)
        return err_wrap(e, "%s", command->name);
    if (args->help)
        return args_help(command, stdout, arena, e);
    return command->run(&(struct command_call){.command = command,
                                               .options = args->options,
                                               .args = args->args,
                                               .arg_count = args->arg_count,
                                               .arena = arena},
                        e);
}

static int
run(int argc, char **argv, struct arena *arena, struct args *args, struct err *e)
{
    const struct command *command;
    int at = args_parse_program(argc, argv, arena, args, e);

    set_up_log(&args->global);
    if (at < 0)
        return at;
    if (args->version) {
        (void)printf("leat %s\n", LEAT_VERSION); /* main() looks at the stream */
        return 0;
    }
    if (args->help)
        return args_help_program(commands, "", stdout, arena, e);
    if (at == argc)
        return err_set(e, ERR_CONFIG, _("no command is given; see \"leat --help\""));
    if (is_family(argv[at]) && asks_for_help(argv[at + 1])) {
        const char *prefix = arena_printf(arena, "%s ", argv[at]);

        return prefix ? args_help_program(commands, prefix, stdout, arena, e) : err_nomem(e);
    }
    command = find_command(argc, argv, &at, arena);
    if (!command)
        return refuse_command(argv + at, arena, e);
    return run_command(command, argc - at, argv + at, arena, args, e);
}

/* The message may quote names from a database, in which a terminal would find commands. */
static void
report(const struct args *args, struct err *e)
{
    if (args->global.log_format == LOG_FORMAT_JSON)
        log_error(N_("command failed"), LOG_STR("code", err_code_name(e->code)), LOG_ERR(e));
    else
        (void)fprintf(stderr, "leat: %s\n",
                      str_mask(e->msg)); /* nowhere left to say that it failed */
}

int
main(int argc, char **argv)
{
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct args args = {0};
    struct err e = {0};
    int r;

    fill_standard_descriptors();
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error like others */
    (void)signal(SIGXFSZ, SIG_IGN); /* and so is a limit on the size of files */
    heap_bound();
    set_up_language();
    option_defaults(&global_options, &args.global);
    if (wants_json(argc, argv))
        args.global.log_format = LOG_FORMAT_JSON;
    set_up_log(&args.global);

    r = run(argc, argv, &arena, &args, &e);
    if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        r = err_sys(&e, _("could not write to standard output"));
    if (r == 0)
        return EXIT_DONE;
    report(&args, &e);
    return r == ERR_CONFIG || r == ERR_DENIED ? EXIT_USAGE : EXIT_FAILED;
}
