/* SPDX-License-Identifier: Apache-2.0 */

/*
 * argp does the work; this file gives it its tables and says in our words what
 * went wrong.
 *
 * argp prints errors itself or not at all. We choose not at all, because an
 * error is a value here and may have to be JSON. What it then does not say is
 * which word of the command line it stumbled over. It reads the words in order
 * (ARGP_IN_ORDER), and each successful step tells how far it came (state->next),
 * so it is the word behind the last success: `next`.
 */
#include "cli/args.h"

#include "base/i18n.h"
#include "base/str.h"
#include "cli/nearest.h"
#include "log/log.h"

/* argp.h brings getopt's "struct option", which has nothing to do with ours. */
#define option getopt_option
#include <argp.h>
#undef option
#include <errno.h>
#include <string.h>

enum {
    KEY_HELP = 'h',
    KEY_VERSION = 'V',
    KEY_COMMAND = 0x1000, /* + index: an option of the command without a letter */
    KEY_GLOBAL = 0x2000,  /* + index: an option that every command knows */
};

/* Groups of --help, in their order. */
enum {
    GROUP_COMMAND = 1,
    GROUP_GLOBAL,
};

#define HELP_MAX 16384 /* bytes of the help of one option */

static const char *const formats[] = {[LOG_FORMAT_TEXT] = "text", [LOG_FORMAT_JSON] = "json", NULL};

static const char *const levels[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
    NULL,
};

static const struct option global_members[] = {
    {
        .name = "log-format",
        .type = OPTION_CHOICE,
        .offset = offsetof(struct global_options, log_format),
        .def = "text",
        .choices = formats,
        .arg = N_("FORMAT"),
        .help = N_("form of the log on standard error; json is never translated"),
    },
    {
        .name = "log-level",
        .type = OPTION_CHOICE,
        .offset = offsetof(struct global_options, log_level),
        .def = "info",
        .choices = levels,
        .arg = N_("LEVEL"),
        .help = N_("what is logged: this level and those above it"),
    },
    {.name = NULL},
};

const struct option_set global_options = {
    .name = "leat",
    .size = sizeof(struct global_options),
    .options = global_members,
};

/* "leat" itself: it has no options of its own, and its argument is a command. */
static const struct command program = {.name = "", .args_max = SIZE_MAX};

/* One run of argp. */
struct parse {
    const struct command *command;
    struct argp_option *table; /* in the arena */
    struct arena *arena;
    struct args *args; /* being filled */
    int argc;
    char **argv;
    int next;    /* index of the word behind the last success */
    int stopped; /* index of the command, for "leat" itself */
    int result;  /* < 0: what a callback failed with, and `e` says why */
    struct err *e;
};

static size_t
option_count(const struct option_set *set)
{
    size_t n = 0;

    while (set && set->options[n].name)
        n++;
    return n;
}

static int
key_of(const struct option *option, size_t i, int base)
{
    return option->letter ? option->letter : base + (int)i;
}

/* The option that argp means, and the struct it is for. */
static const struct option *
find_key(struct parse *p, int key, void **ret_values)
{
    const struct option_set *set = p->command->options;

    for (size_t i = 0; i < option_count(set); i++) {
        if (key_of(&set->options[i], i, KEY_COMMAND) == key) {
            *ret_values = p->args->options;
            return &set->options[i];
        }
    }
    for (size_t i = 0; i < option_count(&global_options); i++) {
        if (key_of(&global_members[i], i, KEY_GLOBAL) == key) {
            *ret_values = &p->args->global;
            return &global_members[i];
        }
    }
    return NULL;
}

static error_t
on_option(struct parse *p, int key, const char *text)
{
    void *values = NULL;
    const struct option *option = find_key(p, key, &values);

    if (!option)
        return ARGP_ERR_UNKNOWN;
    p->result = option_set_text(option, option->type == OPTION_BOOL ? "true" : text, p->arena,
                                values, p->e);
    return p->result < 0 ? EINVAL : 0;
}

static error_t
on_key(int key, char *text, struct argp_state *state)
{
    struct parse *p = state->input;
    error_t result = 0;

    switch (key) {
    case KEY_HELP:
        p->args->help = true;
        state->next = state->argc;
        break;
    case KEY_VERSION:
        if (p->command != &program)
            return on_option(p, key, text);
        p->args->version = true;
        state->next = state->argc;
        break;
    case ARGP_KEY_ARG:
        if (p->command == &program) {
            p->stopped = state->next - 1;
            state->next = state->argc;
        } else {
            p->args->args[p->args->arg_count++] = text;
        }
        break;
    case ARGP_KEY_INIT:
    case ARGP_KEY_ARGS:
    case ARGP_KEY_NO_ARGS:
    case ARGP_KEY_END:
    case ARGP_KEY_SUCCESS:
    case ARGP_KEY_ERROR:
    case ARGP_KEY_FINI:
        return ARGP_ERR_UNKNOWN;
    default:
        result = on_option(p, key, text);
        break;
    }
    p->next = state->next;
    return result;
}

/* The help of an option as one text in the arena; NULL without memory. */
static char *
option_doc(const struct option *option, struct arena *arena)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(HELP_MAX);

    return option_write_help(option, &b) < 0 ? NULL : arena_strdup(arena, buf_str(&b));
}

/* Rows for the options of a set from `at` on. Returns the end of them; NULL without memory. */
static struct argp_option *
add_options(const struct option_set *set, int base, int group, struct arena *arena,
            struct argp_option *at)
{
    for (size_t i = 0; i < option_count(set); i++) {
        const struct option *option = &set->options[i];
        const char *arg = option->arg ? option->arg : N_("VALUE");

        if (option->type == OPTION_SECTIONS)
            continue; /* it has no form on the command line */
        *at = (struct argp_option){
            .name = option->name,
            .key = key_of(option, i, base),
            .arg = option->type == OPTION_BOOL ? NULL : _(arg),
            .flags = option->flags & OPTION_UNLISTED ? OPTION_HIDDEN : 0,
            .doc = option_doc(option, arena),
            .group = group,
        };
        if (!at->doc)
            return NULL;
        at++;
    }
    return at;
}

/*
 * The options of a command, those of every command and --help, as argp wants
 * them; with `extra` empty rows behind, the last of which ends the table. NULL
 * without memory.
 */
static struct argp_option *
make_table(const struct command *command, size_t extra, struct arena *arena,
           struct argp_option **ret_end)
{
    size_t count = option_count(command->options) + option_count(&global_options) + 3 + extra;
    struct argp_option *table = arena_array(arena, count, sizeof *table), *at = table;

    if (at && command->options)
        at = add_options(command->options, KEY_COMMAND, GROUP_COMMAND, arena, at);
    if (!at)
        return NULL;
    *at++ = (struct argp_option){.doc = _("Options of every command:"), .group = GROUP_GLOBAL};
    at = add_options(&global_options, KEY_GLOBAL, GROUP_GLOBAL, arena, at);
    if (!at)
        return NULL;
    *at++ = (struct argp_option){
        .name = "help", .key = KEY_HELP, .doc = _("show this help"), .group = GROUP_GLOBAL};
    if (command == &program)
        *at++ = (struct argp_option){.name = "version",
                                     .key = KEY_VERSION,
                                     .doc = _("show the version"),
                                     .group = GROUP_GLOBAL};
    *ret_end = at;
    return table;
}

static bool
is_end(const struct argp_option *o)
{
    return !o->name && !o->key && !o->doc;
}

static int
refuse_value(const char *dashes, const char *name, size_t len, bool needs, struct err *e)
{
    if (needs)
        return err_set(e, ERR_CONFIG, _("option \"%s%.*s\" needs a value"), dashes, (int)len, name);
    return err_set(e, ERR_CONFIG, _("option \"%s%.*s\" takes no value"), dashes, (int)len, name);
}

static int
explain_long(const struct parse *p, const char *name, struct err *e)
{
    size_t len = strcspn(name, "="), matches = 0;
    char *typed = arena_strndup(p->arena, name, len);
    const struct argp_option *match = NULL, *other = NULL;
    struct nearest nearest = NEAREST_INIT(typed);

    if (!typed)
        return err_nomem(e);
    for (const struct argp_option *o = p->table; !is_end(o); o++) {
        if (!o->name || o->flags & OPTION_HIDDEN)
            continue;
        nearest_offer(&nearest, o->name);
        if (!str_starts(o->name, typed))
            continue;
        other = match;
        match = o;
        if (str_eq(o->name, typed)) {
            matches = 1;
            break;
        }
        matches++;
    }
    if (matches == 1)
        return refuse_value("--", match->name, strlen(match->name), match->arg != NULL, e);
    if (matches > 1)
        return err_set(e, ERR_CONFIG, _("option \"--%s\" could be \"--%s\" or \"--%s\""),
                       CLIP(typed), other->name, match->name);
    if (nearest.name)
        return err_set(e, ERR_CONFIG, _("unknown option \"--%s\"; did you mean \"--%s\"?"),
                       CLIP(typed), nearest.name);
    return err_set(e, ERR_CONFIG, _("unknown option \"--%s\""), CLIP(typed));
}

/* The first letter that is unknown, or lacks its value. */
static int
explain_short(const struct parse *p, const char *letters, struct err *e)
{
    for (; *letters; letters++) {
        const struct argp_option *o = p->table;

        while (!is_end(o) && o->key != (unsigned char)*letters)
            o++;
        if (is_end(o))
            break;
        if (o->arg)
            return refuse_value("-", letters, 1, true, e);
    }
    return err_set(e, ERR_CONFIG, _("unknown option \"-%s\""), CLIP(((char[]){*letters, '\0'})));
}

/* Say which word argp did not like, and why. */
static int
explain(const struct parse *p, struct err *e)
{
    const char *word = p->argv[p->next];

    assert(p->next < p->argc);
    if (str_starts(word, "--"))
        return explain_long(p, word + 2, e);
    return explain_short(p, word + (word[0] == '-'), e);
}

static int
run_argp(struct parse *p)
{
    struct argp argp = {.options = p->table, .parser = on_key};
    error_t result =
        argp_parse(&argp, p->argc, p->argv,
                   ARGP_NO_HELP | ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_IN_ORDER, NULL, p);

    if (p->result < 0)
        return p->result;
    if (result == ENOMEM)
        return err_nomem(p->e);
    return result != 0 ? explain(p, p->e) : 0;
}

static int
check_count(const struct command *command, const struct args *args, struct err *e)
{
    const char *names = command->args ? _(command->args) : "";

    if (args->arg_count > command->args_max)
        return err_set(e, ERR_CONFIG, _("unexpected argument \"%s\""),
                       CLIP(args->args[command->args_max]));
    if (args->arg_count < command->args_min)
        return err_set(e, ERR_CONFIG, _("arguments are missing; needed are %s"), names);
    for (size_t i = 0; i < args->arg_count; i++) {
        if (args->args[i][0] == '\0')
            return err_set(e, ERR_CONFIG, _("argument %zu is empty; needed are %s"), i + 1, names);
    }
    return 0;
}

static int
parse(const struct command *command, int argc, char **argv, struct arena *arena, struct args *ret,
      int *ret_stopped, struct err *e)
{
    struct args args = {.global = ret->global};
    struct parse p = {.command = command,
                      .arena = arena,
                      .args = &args,
                      .argc = argc,
                      .argv = argv,
                      .next = 1,
                      .stopped = argc,
                      .e = e};
    struct argp_option *end;
    int r;

    p.table = make_table(command, 1, arena, &end);
    if (!p.table)
        return err_nomem(e);
    args.args = arena_array(arena, (size_t)argc + 1, sizeof *args.args);
    if (!args.args)
        return err_nomem(e);
    if (command->options) {
        args.options = arena_alloc(arena, command->options->size);
        if (!args.options)
            return err_nomem(e);
        option_defaults(command->options, args.options);
    }
    r = run_argp(&p);
    ret->global = args.global;
    if (r == 0 && !args.help && !args.version) {
        r = check_count(command, &args, e);
        if (r == 0 && command->options)
            r = option_check_required(command->options, args.options, e);
    }
    if (r < 0)
        return r;
    *ret_stopped = p.stopped;
    *ret = args;
    return 0;
}

int
args_parse(const struct command *command, int argc, char **argv, struct arena *arena,
           struct args *ret, struct err *e)
{
    int stopped;

    return parse(command, argc, argv, arena, ret, &stopped, e);
}

int
args_parse_program(int argc, char **argv, struct arena *arena, struct args *ret, struct err *e)
{
    int stopped = argc;
    int r = parse(&program, argc, argv, arena, ret, &stopped, e);

    return r < 0 ? r : stopped;
}

/*
 * One help to print. argp filters its texts only while it parses, so the help is
 * printed in the course of parsing nothing.
 */
struct help {
    const char *name;
    unsigned flags; /* ARGP_HELP_ */
    FILE *out;
};

/* argp's remark on the arguments of long and short options tells nobody anything. */
static char *
filter_help(int key, const char *text, void *input)
{
    (void)input;
    return key == ARGP_KEY_HELP_DUP_ARGS_NOTE ? NULL : (char *)text;
}

static error_t
on_nothing(int key, char *text, struct argp_state *state)
{
    const struct help *h = state->input;

    (void)text;
    if (key != ARGP_KEY_NO_ARGS)
        return ARGP_ERR_UNKNOWN;
    state->name = (char *)h->name;
    argp_state_help(state, h->out, h->flags);
    return 0;
}

static int
print_help(const struct argp *argp, struct help *h, struct err *e)
{
    char *argv[] = {(char *)h->name, NULL};

    if (argp_parse(argp, 1, argv, ARGP_NO_HELP | ARGP_NO_EXIT, NULL, h) != 0)
        return err_nomem(e);
    return 0;
}

/*
 * argp looks for "Usage:" and "[OPTION...]" in the current domain, which is ours:
 * name them so that translators find them.
 */
static const char *const argp_texts[] UNUSED = {N_("Usage:"), N_(" [OPTION...]"), N_("  or: ")};

int
args_help(const struct command *command, FILE *out, struct arena *arena, struct err *e)
{
    struct argp argp = {.parser = on_nothing,
                        .args_doc = command->args ? _(command->args) : NULL,
                        .help_filter = filter_help};
    struct argp_option *end, *table = make_table(command, 1, arena, &end);
    char *name = arena_printf(arena, "leat %s", command->name);
    char *doc = command->description
                    ? arena_printf(arena, "%s\n\n%s", _(command->summary), _(command->description))
                    : arena_printf(arena, "%s", _(command->summary));

    if (!table || !name || !doc)
        return err_nomem(e);
    argp.options = table;
    argp.doc = doc;
    return print_help(
        &argp,
        &(struct help){name, ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG, out}, e);
}

int
args_help_program(const struct command *list, const char *prefix, FILE *out, struct arena *arena,
                  struct err *e)
{
    struct argp argp = {
        .parser = on_nothing, .args_doc = _("COMMAND [ARGUMENT...]"), .help_filter = filter_help};
    struct argp_option *table, *at;
    size_t count = 0;

    /* argp prints what follows the \v below the options. */
    argp.doc = arena_printf(
        arena, "%s\v%s",
        _("Leat carries every committed change of a database to the places that need it."),
        _("\"leat COMMAND --help\" tells more about one command."));
    if (!argp.doc)
        return err_nomem(e);
    while (list[count].name)
        count++;
    table = make_table(&program, count + 2, arena, &at);
    if (!table)
        return err_nomem(e);
    *at++ = (struct argp_option){.doc = _("Commands:"), .group = GROUP_COMMAND};
    for (size_t i = 0; i < count; i++) {
        if (list[i].hidden || !str_starts(list[i].name, prefix))
            continue;
        *at++ = (struct argp_option){.name = list[i].name,
                                     .flags = OPTION_DOC,
                                     .doc = _(list[i].summary),
                                     .group = GROUP_COMMAND};
    }
    argp.options = table;
    argp_help(&argp, out,
              ARGP_HELP_SHORT_USAGE | ARGP_HELP_PRE_DOC | ARGP_HELP_LONG | ARGP_HELP_POST_DOC,
              "leat");
    return 0;
}
