/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_docs.h"

#include "base/i18n.h"
#include "base/str.h"
#include "cli/args.h"
#include "feed/filter.h"

#define PAGE_MAX ((size_t)1 << 20) /* bytes of the manual page, or of a sample */

/* The files that a person writes: each has a section of the manual, and a sample. */
static const struct file {
    const struct option_set *set;
    const char *heading, *intro;
} files[] = {
    {
        &filter_options,
        N_("FILTER FILE"),
        N_("A filter is a YAML file that lists what may leave. What is not named stays: tables, "
           "rows whose condition is not true, columns, and all that is made from them. Unknown and "
           "duplicate keys, empty values, anchors, aliases, tags and a comment behind a condition "
           "that is not in quotes are refused, with line and column."),
    },
};

/* What to type, for what. */
static const struct example {
    const char *what, *text;
} examples[] = {
    {
        N_("See what would leave a database, and what would stay:"),
        "leat check --filter filter.yaml back.db", /* not translated: typed */
    },
    {
        N_("Make a filtered copy, once, and tell a program about it:"),
        "leat snapshot --filter filter.yaml --json back.db public.db", /* not translated: typed */
    },
    {
        N_("Keep it current as the database changes:"),
        "leat snapshot --filter filter.yaml --watch back.db public.db", /* not translated: typed */
    },
    {
        N_("A filter that admits one whole table, some rows of another, and of a third some rows "
           "and some columns:"),
        "tables:\n" /* not translated: typed */
        "  - name: badges\n"
        "  - name: engagements\n"
        "    where: visibility = 'public'\n"
        "  - name: users\n"
        "    columns: [user_id, username]\n"
        "    where: is_active = 1",
    },
    {
        N_("A development CA, an identity that dials and one that listens:"),
        "leat ca init pki\n" /* not translated: typed */
        "leat ca issue pki bo --role publisher\n"
        "leat ca issue pki fo-1 --role subscriber --san 127.0.0.1",
    },
};

static int
print(const struct buf *b, struct err *e)
{
    if (fwrite(b->data, 1, b->len, stdout) < b->len)
        return err_sys(e, _("could not write to standard output"));
    return 0;
}

static int
write_heading(const char *marks, const char *text, struct buf *ret)
{
    int r = buf_printf(ret, "%s ", marks);

    if (r == 0)
        r = option_write_scdoc_text(text, ret);
    return r < 0 ? r : buf_append_str(ret, "\n\n");
}

static int
write_paragraph(const char *text, struct buf *ret)
{
    int r = option_write_scdoc_text(text, ret);

    return r < 0 ? r : buf_append_str(ret, "\n\n");
}

/* A word, and what it means. */
static int
write_entry(const char *word, const char *text, struct buf *ret)
{
    int r = buf_append_char(ret, '*');

    if (r == 0)
        r = option_write_scdoc_text(word, ret);
    if (r == 0)
        r = buf_append_str(ret, "*\n\t");
    return r < 0 ? r : write_paragraph(text, ret);
}

static int
write_command(const struct command *c, struct buf *ret)
{
    int r = write_heading("##", c->name, ret);

    if (r == 0)
        r = buf_printf(ret, "*leat %s* [OPTION...]", c->name);
    if (r == 0 && c->args) {
        r = buf_append_str(ret, " _");
        if (r == 0)
            r = option_write_scdoc_text(_(c->args), ret);
        if (r == 0)
            r = buf_append_char(ret, '_');
    }
    if (r == 0)
        r = buf_append_str(ret, "\n\n");
    if (r == 0)
        r = write_paragraph(_(c->summary), ret);
    if (r == 0 && c->description)
        r = write_paragraph(_(c->description), ret);
    if (r == 0 && c->options)
        r = option_write_scdoc(c->options, false, ret);
    return r;
}

static int
write_file(const struct file *file, struct buf *ret)
{
    int r = write_heading("#", _(file->heading), ret);

    if (r == 0)
        r = write_paragraph(_(file->intro), ret);
    if (r == 0)
        r = option_write_scdoc(file->set, true, ret);
    return r;
}

static int
write_start(struct buf *ret)
{
    int r = buf_printf(ret, "leat(1) \"leat %s\"\n\n", LEAT_VERSION);

    if (r == 0)
        r = write_heading("#", _("NAME"), ret);
    if (r == 0)
        r = buf_printf(ret, "leat - %s\n\n",
                       _("carry committed changes of a database to the places that need them"));
    if (r == 0)
        r = write_heading("#", _("SYNOPSIS"), ret);
    if (r == 0)
        r = buf_append_str(ret, "*leat* _COMMAND_ [OPTION...] [ARGUMENT...]++\n"
                                "*leat* *--help*++\n"
                                "*leat* _COMMAND_ *--help*++\n"
                                "*leat* *--version*\n\n");
    if (r == 0)
        r = write_heading("#", _("DESCRIPTION"), ret);
    if (r == 0)
        r = write_paragraph(
            _("Leat builds copies of a SQLite database that hold what a filter admits, and nothing "
              "else, and keeps them current. A copy is replaced as a whole and durably, or not at "
              "all; the same content gives the same bytes. Results go to standard output; "
              "progress, log and errors go to standard error."),
            ret);
    return r;
}

static int
write_examples(struct buf *ret)
{
    int r = write_heading("#", _("EXAMPLES"), ret);

    for (size_t i = 0; r == 0 && i < ARRAY_LEN(examples); i++) {
        r = write_paragraph(_(examples[i].what), ret);
        if (r == 0)
            r = buf_printf(ret, "```\n%s\n```\n\n", examples[i].text);
    }
    return r;
}

/* A section of words and what they mean. */
struct entry {
    const char *word, *text;
};

static int
write_entries(const char *heading, const struct entry *entries, size_t count, struct buf *ret)
{
    int r = write_heading("#", heading, ret);

    for (size_t i = 0; r == 0 && i < count; i++)
        r = write_entry(entries[i].word, _(entries[i].text), ret);
    return r;
}

static const struct entry paths[] = {
    {"OUT.meta",
     N_("what is known of OUT, as --json prints it; carries the version from one snapshot to the "
        "next")},
    {".OUT.XXXXXXXXXXXXXXXX.tmp",
     N_("a snapshot being built, beside OUT, where there must be room for it; what a killed "
        "process has left is removed by the next")},
    {"DIR/ca.pem, DIR/ca.key", /* not translated: paths */
     N_("the development CA; who reads the key can issue identities")},
    {"DIR/NAME.pem, DIR/NAME.key", /* not translated: paths */
     N_("an identity, its certificate and its key")},
};

static const struct entry signals[] = {
    {"SIGINT, SIGTERM", /* not translated: names */
     N_("end. A snapshot that is being built is given up, and nothing of it is left; --watch and "
        "the demo then end with status 0")},
    {"SIGHUP", N_("leat snapshot goes on: there is nothing to read again")},
};

static const struct entry statuses[] = {
    {"0", N_("done")},
    {"1", N_("it failed, and may succeed another time; standard error says why")},
    {"2", N_("wrong usage or configuration, or what was asked for is refused: something must be "
             "changed")},
};

static const struct entry variables[] = {
    {"LANGUAGE, LC_ALL, LC_MESSAGES, LANG", /* not translated: names */
     N_("the language of help and messages; JSON and the keys of the log are the same in every "
        "language")},
    {"SQLITE_TMPDIR, TMPDIR", /* not translated: names */
     N_("where SQLite sorts indexes that are too large for memory; nothing but what leaves is "
        "sorted there")},
};

static int
write_end(struct buf *ret)
{
    int r = write_examples(ret);

    if (r == 0)
        r = write_entries(_("FILES"), paths, ARRAY_LEN(paths), ret);
    if (r == 0)
        r = write_entries(_("SIGNALS"), signals, ARRAY_LEN(signals), ret);
    if (r == 0)
        r = write_entries(_("EXIT STATUS"), statuses, ARRAY_LEN(statuses), ret);
    if (r == 0)
        r = write_entries(_("ENVIRONMENT"), variables, ARRAY_LEN(variables), ret);
    if (r == 0)
        r = write_heading("#", _("SEE ALSO"), ret);
    if (r == 0)
        r = buf_append_str(ret, "*sqlite3*(1)\n\n");
    if (r == 0)
        r = write_paragraph(_("The complete reference of the filter, doc/filter.md, and a sample, "
                              "examples/filter.yaml, are in share/doc/leat."),
                            ret);
    return r;
}

int
cmd_docs_man(const struct command_call *call, struct err *e)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(PAGE_MAX);
    int r = write_start(&b);

    (void)call;
    if (r == 0)
        r = write_heading("#", _("COMMANDS"), &b);
    for (const struct command *c = commands; r == 0 && c->name; c++)
        r = c->hidden ? 0 : write_command(c, &b);
    if (r == 0)
        r = write_heading("#", _("OPTIONS OF EVERY COMMAND"), &b);
    if (r == 0)
        r = option_write_scdoc(&global_options, false, &b);
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(files); i++)
        r = write_file(&files[i], &b);
    if (r == 0)
        r = write_end(&b);
    if (r < 0)
        return err_set(e, r, _("could not write the manual page in %zu bytes"), PAGE_MAX);
    return print(&b, e);
}

int
cmd_docs_sample(const struct command_call *call, struct err *e)
{
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(PAGE_MAX);
        int r;

        if (!str_eq(files[i].set->name, call->args[0]))
            continue;
        r = option_write_sample(files[i].set, &b);
        if (r < 0)
            return err_set(e, r, _("could not write the sample in %zu bytes"), PAGE_MAX);
        return print(&b, e);
    }
    return err_set(e, ERR_CONFIG, _("no file is called \"%s\""), CLIP(call->args[0]));
}
