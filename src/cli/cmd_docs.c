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
        N_("A filter is a YAML file that lists what may leave. Tables that are not listed stay. "
           "Unknown and duplicate keys, empty values, anchors, aliases, tags and a comment behind "
           "a condition that is not in quotes are refused, with line and column."),
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

/* "*word* _PLACEHOLDERS_" and what it means. */
static int
write_entry(const char *word, const char *text, struct buf *ret)
{
    int r = buf_printf(ret, "*%s*\n\t", word);

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
            _("Leat publishes what a filter admits of a database, and nothing else. Results go to "
              "standard output, the log and errors to standard error. Secrets never come from "
              "arguments: files, the environment or systemd credentials hold them."),
            ret);
    return r;
}

static int
write_end(struct buf *ret)
{
    int r = write_heading("#", _("EXIT STATUS"), ret);

    if (r == 0)
        r = write_entry("0", _("done"), ret);
    if (r == 0)
        r = write_entry("1", _("it failed; standard error says why"), ret);
    if (r == 0)
        r = write_entry("2", _("wrong usage or configuration, or what was asked for is refused"),
                        ret);
    if (r == 0)
        r = write_heading("#", _("ENVIRONMENT"), ret);
    if (r == 0)
        r = write_entry("LANGUAGE, LC_ALL, LC_MESSAGES, LANG", /* not translated: names */
                        _("the language of help and messages; JSON and the keys of the log are the "
                          "same in every language"),
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
