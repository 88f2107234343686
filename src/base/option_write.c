/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What is written from the tables: values as YAML, the sample file, and the
 * manual's sections.
 *
 * Every string is written in double quotes with all that YAML could take for
 * something else escaped, so that no value needs thought: quotes, backslashes,
 * control characters (C0, DEL, C1), the line breaks NEL, LS and PS, the byte
 * order mark and the two non-characters that YAML has no room for.
 */
#include "base/option_impl.h"

#include "base/i18n.h"
#include "base/str.h"

#include <string.h>

#define INDENT      2     /* columns of a list in YAML */
#define COMMENT_MAX 96    /* columns of a comment in the sample file */
#define HELP_MAX    16384 /* bytes of the help of one option */

/* Characters beyond ASCII that are escaped, in UTF-8. */
static const struct escape {
    const char *bytes, *escaped;
} escapes[] = {
    {"\xe2\x80\xa8", "\\u2028"}, {"\xe2\x80\xa9", "\\u2029"}, {"\xef\xbb\xbf", "\\ufeff"},
    {"\xef\xbf\xbe", "\\ufffe"}, {"\xef\xbf\xbf", "\\uffff"},
};

static int
write_quoted(const char *text, struct buf *ret)
{
    size_t len = strlen(text);
    int r = buf_append_char(ret, '"');

    if (!str_is_utf8(text, len))
        return ERR_PROTO;
    for (size_t i = 0; r == 0 && i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        const struct escape *found = NULL;

        for (size_t k = 0; k < ARRAY_LEN(escapes) && !found; k++)
            found = str_starts(text + i, escapes[k].bytes) ? &escapes[k] : NULL;
        if (found) {
            r = buf_append_str(ret, found->escaped);
            i += strlen(found->bytes) - 1;
        } else if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0) {
            r = buf_printf(ret, "\\x%02x", (unsigned char)text[++i]);
        } else if (c == '"' || c == '\\') {
            r = buf_printf(ret, "\\%c", c);
        } else if (c == '\n') {
            r = buf_append_str(ret, "\\n");
        } else if (c < 0x20 || c == 0x7f) {
            r = buf_printf(ret, "\\x%02x", c);
        } else {
            r = buf_append(ret, &text[i], 1);
        }
    }
    return r < 0 ? r : buf_append_char(ret, '"');
}

static int
write_indent(int columns, struct buf *ret)
{
    return buf_printf(ret, "%*s", columns, "");
}

static int
write_strings(const struct option_strings *list, struct buf *ret)
{
    int r = buf_append_str(ret, " [");

    for (size_t i = 0; r == 0 && i < list->count; i++) {
        r = i > 0 ? buf_append_str(ret, ", ") : 0;
        if (r == 0)
            r = write_quoted(list->items[i], ret);
    }
    return r < 0 ? r : buf_append_str(ret, "]\n");
}

static int write_map(const struct option_set *set, const void *values, int columns, bool is_item,
                     struct buf *ret);

static int
write_sections(const struct option *option, const struct option_sections *list, int columns,
               struct buf *ret)
{
    int r;

    if (list->count == 0)
        return buf_append_str(ret, " []\n");
    r = buf_append_char(ret, '\n');
    for (size_t i = 0; r == 0 && i < list->count; i++)
        r = write_map(option->sections, (const char *)list->items + i * option->sections->size,
                      columns + INDENT, true, ret);
    return r;
}

static bool
is_given(const struct option *option, const void *values)
{
    const void *member = option_member_const(option, values);

    switch (option->type) {
    case OPTION_STRING:
        return *(const char *const *)member != NULL;
    case OPTION_STRINGS:
        return ((const struct option_strings *)member)->items != NULL;
    case OPTION_SECTIONS:
        return ((const struct option_sections *)member)->items != NULL;
    default:
        return true;
    }
}

static int
write_value(const struct option *option, const void *values, int columns, struct buf *ret)
{
    const void *member = option_member_const(option, values);
    int r;

    switch (option->type) {
    case OPTION_STRINGS:
        return write_strings(member, ret);
    case OPTION_SECTIONS:
        return write_sections(option, member, columns, ret);
    case OPTION_STRING:
    case OPTION_CHOICE:
        /* A choice may be spelt like a null. */
        r = buf_append_char(ret, ' ');
        if (r == 0)
            r = write_quoted(option->type == OPTION_STRING ? *(const char *const *)member
                                                           : option->choices[*(const int *)member],
                             ret);
        break;
    default:
        r = buf_append_char(ret, ' ');
        if (r == 0)
            r = option_write_text(option, values, ret);
        break;
    }
    return r < 0 ? r : buf_append_char(ret, '\n');
}

/* An item of a list starts with "- " in the place of the last two columns of its indent. */
static int
write_map(const struct option_set *set, const void *values, int columns, bool is_item,
          struct buf *ret)
{
    int inner = columns + (is_item ? INDENT : 0);
    bool first = true;
    int r = 0;

    for (const struct option *o = set->options; r == 0 && o->name; o++) {
        if ((o->flags & OPTION_COMMAND_LINE) || !is_given(o, values))
            continue;
        if (first && is_item) {
            r = write_indent(columns, ret);
            if (r == 0)
                r = buf_append_str(ret, "- ");
        } else {
            r = write_indent(inner, ret);
        }
        first = false;
        if (r == 0)
            r = buf_printf(ret, "%s:", o->name);
        if (r == 0)
            r = write_value(o, values, inner, ret);
    }
    if (r < 0 || !first)
        return r;
    return buf_printf(ret, "%*s%s\n", columns, "", is_item ? "- {}" : "{}");
}

int
option_write_yaml(const struct option_set *set, const void *values, struct buf *ret)
{
    return write_map(set, values, 0, false, ret);
}

/* Text as comment lines, each starting with `start` and broken between words. */
static int
write_comment(const char *start, const char *text, struct buf *ret)
{
    size_t used = strlen(start);
    int r = buf_append_str(ret, start);

    while (r == 0 && *text) {
        size_t len = strcspn(text, " ");

        if (used > strlen(start) && used + 1 + len > COMMENT_MAX) {
            r = buf_printf(ret, "\n%s", start);
            used = strlen(start);
        }
        if (r == 0)
            r = buf_append_char(ret, ' ');
        if (r == 0)
            r = buf_append(ret, text, len);
        used += 1 + len;
        text += len + strspn(text + len, " ");
    }
    return r < 0 ? r : buf_append_char(ret, '\n');
}

static bool
is_in_file(const struct option *option)
{
    return !(option->flags & (OPTION_UNLISTED | OPTION_COMMAND_LINE));
}

/* The keys of one item of a list, described above the list. */
static int
write_sample_section(const struct option_set *set, struct buf *ret)
{
    int r = 0;

    for (const struct option *o = set->options; r == 0 && o->name; o++) {
        CLEANUP(buf_done) struct buf help = BUF_INIT(HELP_MAX);

        if (!is_in_file(o))
            continue;
        r = buf_printf(&help, "%s: ", o->name);
        if (r == 0)
            r = option_write_help(o, &help);
        if (r == 0)
            r = write_comment("#  ", buf_str(&help), ret);
        if (r == 0 && o->type == OPTION_SECTIONS)
            r = write_sample_section(o->sections, ret);
    }
    return r;
}

/* The lines of `text`, indented as items of a list are. */
static int
write_sample_lines(const char *text, struct buf *ret)
{
    int r = 0;

    while (r == 0 && *text) {
        size_t len = strcspn(text, "\n");

        r = write_indent(len > 0 ? INDENT : 0, ret);
        if (r == 0)
            r = buf_append(ret, text, len);
        if (r == 0)
            r = buf_append_char(ret, '\n');
        text += len + (text[len] == '\n');
    }
    return r;
}

/* "#key: default" */
static int
write_unset(int columns, const struct option *option, struct buf *ret)
{
    const char *def = option->def ? option->def : "";

    return buf_printf(ret, "%*s#%s:%s%s\n", columns, "", option->name, def[0] ? " " : "", def);
}

/* One item of a list, from the samples of its keys; the keys without one as comments. */
static int
write_sample_item(const struct option_set *set, struct buf *ret)
{
    bool first = true;
    int r = 0;

    for (int given = 1; given >= 0; given--) {
        for (const struct option *o = set->options; r == 0 && o->name; o++) {
            if (!is_in_file(o) || (o->sample != NULL) != given)
                continue;
            if (given)
                r = buf_printf(ret, "%*s%s%s: %s\n", INDENT, "", first ? "- " : "  ", o->name,
                               o->sample);
            else
                r = write_unset(2 * INDENT, o, ret);
            first = false;
        }
    }
    return r;
}

static bool
has_sample(const struct option_set *set)
{
    for (const struct option *o = set->options; o->name; o++) {
        if (o->sample)
            return true;
    }
    return false;
}

static int
write_sample_option(const struct option *option, struct buf *ret)
{
    CLEANUP(buf_done) struct buf help = BUF_INIT(HELP_MAX);
    bool sections = option->type == OPTION_SECTIONS;
    int r = option_write_help(option, &help);

    if (r == 0)
        r = write_comment("#", buf_str(&help), ret);
    if (r == 0 && sections)
        r = write_sample_section(option->sections, ret);
    if (r < 0)
        return r;
    if (!option->sample && !(sections && has_sample(option->sections)))
        return write_unset(0, option, ret);
    if (!sections)
        return buf_printf(ret, "%s: %s\n", option->name, option->sample);
    r = buf_printf(ret, "%s:\n", option->name);
    if (r < 0)
        return r;
    return option->sample ? write_sample_lines(option->sample, ret)
                          : write_sample_item(option->sections, ret);
}

int
option_write_sample(const struct option_set *set, struct buf *ret)
{
    bool first = true;
    int r = 0;

    for (const struct option *o = set->options; r == 0 && o->name; o++) {
        if (!is_in_file(o))
            continue;
        r = first ? 0 : buf_append_char(ret, '\n');
        if (r == 0)
            r = write_sample_option(o, ret);
        first = false;
    }
    return r;
}

static int write_scdoc_set(const struct option_set *set, bool as_file, int tabs, struct buf *ret);

/* "*-f*, *--filter* _FILE_" or "*where* _SQL_". */
static int
write_scdoc_name(const struct option *option, bool as_file, struct buf *ret)
{
    int r = 0;

    if (!as_file && option->letter)
        r = buf_printf(ret, "*-%c*, ", option->letter);
    if (r == 0)
        r = buf_append_str(ret, as_file ? "*" : "*--");
    if (r == 0)
        r = option_write_scdoc_text(option->name, ret);
    if (r == 0)
        r = buf_append_char(ret, '*');
    if (r == 0 && option->arg) {
        r = buf_append_str(ret, " _");
        if (r == 0)
            r = option_write_scdoc_text(_(option->arg), ret);
        if (r == 0)
            r = buf_append_char(ret, '_');
    }
    return r < 0 ? r : buf_append_char(ret, '\n');
}

static int
write_tabs(int tabs, struct buf *ret)
{
    int r = 0;

    for (int i = 0; r == 0 && i < tabs; i++)
        r = buf_append_char(ret, '\t');
    return r;
}

static int
write_scdoc_option(const struct option *option, bool as_file, int tabs, struct buf *ret)
{
    CLEANUP(buf_done) struct buf help = BUF_INIT(HELP_MAX);
    int r = write_tabs(tabs, ret);

    if (r == 0)
        r = write_scdoc_name(option, as_file, ret);
    if (r == 0)
        r = write_tabs(tabs + 1, ret);
    if (r == 0)
        r = option_write_help(option, &help);
    if (r == 0)
        r = option_write_scdoc_text(buf_str(&help), ret);
    if (r == 0)
        r = buf_append_str(ret, "\n\n");
    if (r == 0 && option->type == OPTION_SECTIONS)
        r = write_scdoc_set(option->sections, as_file, tabs + 1, ret);
    return r;
}

static int
write_scdoc_set(const struct option_set *set, bool as_file, int tabs, struct buf *ret)
{
    int r = 0;

    for (const struct option *o = set->options; r == 0 && o->name; o++) {
        if (o->flags & OPTION_UNLISTED)
            continue;
        if (as_file ? (o->flags & OPTION_COMMAND_LINE) != 0 : o->type == OPTION_SECTIONS)
            continue;
        r = write_scdoc_option(o, as_file, tabs, ret);
    }
    return r;
}

int
option_write_scdoc(const struct option_set *set, bool as_file, struct buf *ret)
{
    return write_scdoc_set(set, as_file, 0, ret);
}

int
option_write_scdoc_text(const char *text, struct buf *ret)
{
    int r = 0;

    for (; r == 0 && *text; text++) {
        if (strchr("\\*_`#[]|<>~", *text))
            r = buf_append_char(ret, '\\');
        if (r == 0)
            r = buf_append_char(ret, *text);
    }
    return r;
}
