/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The YAML reader: libyaml's events, walked from the table.
 *
 * There is no tree. The walk knows at each event which option it is in and so
 * which kind of event may come; any other is refused where it stands, so that
 * input cannot nest deeper than the tables do, nor make us keep what we do not
 * know.
 *
 * libyaml is lenient in places where we are not, and tells us only part of what
 * it saw. What it does not tell is looked up in the text itself, behind or at
 * the place of an event:
 *
 *   - a comment behind a plain value: `where: v <> 'x' #1'` ends at 'x' without a word;
 *   - the tag "!", which is dropped.
 *
 * Its marks count characters, ours bytes: `at` follows the marks through the
 * text. It moves mostly forward, so the whole walk is linear.
 */
#include "base/option_impl.h"

#include "base/i18n.h"
#include "base/str.h"

#include <string.h>
#include <yaml.h>

#define BOM     "\xef\xbb\xbf"
#define BOM_LEN 3

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event; /* `event` is to be released */
    const char *text;
    size_t len; /* bytes */
    const char *origin;
    struct {
        size_t chars, bytes; /* the same place in the text, counted twice */
    } at;
    struct arena *arena;
    struct err *e;
};

static void
reader_done(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
}

/* Put "filter.yaml:3:5" in front of the message that is there. */
static int
locate(struct reader *r, size_t line, size_t column)
{
    return err_wrap(r->e, "%s:%zu:%zu", r->origin, line + 1, column + 1);
}

#define REFUSE(r, mark, ...)                                                                       \
    ((void)err_set((r)->e, ERR_CONFIG, __VA_ARGS__), locate((r), (mark).line, (mark).column))

static bool
is_inside_char(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Byte offset of a mark, at most the length; the text is known to be UTF-8. */
static size_t
byte_of(struct reader *r, yaml_mark_t mark)
{
    while (r->at.chars < mark.index && r->at.bytes < r->len) {
        do
            r->at.bytes++;
        while (r->at.bytes < r->len && is_inside_char(r->text[r->at.bytes]));
        r->at.chars++;
    }
    while (r->at.chars > mark.index) {
        do
            r->at.bytes--;
        while (is_inside_char(r->text[r->at.bytes]));
        r->at.chars--;
    }
    return r->at.bytes;
}

/*
 * Refuse what is no text before libyaml sees it: it would recode UTF-16, and
 * reports bad bytes without line and column, and passes over byte order marks.
 */
static int
check_text(struct reader *r)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0, n; i < r->len; i += n) {
        unsigned char c = (unsigned char)r->text[i];

        for (n = 1; n <= 4 && n <= r->len - i && !str_is_utf8(r->text + i, n);)
            n++;
        if (n > 4 || n > r->len - i)
            return REFUSE(r, mark, _("byte 0x%02x is not UTF-8"), c);
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return REFUSE(r, mark, _("control character 0x%02x is not allowed"), c);
        if (n == BOM_LEN && memcmp(r->text + i, BOM, BOM_LEN) == 0)
            return REFUSE(r, mark, _("a byte order mark is allowed only at the start"));
        mark.column++;
        if (c == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return 0;
}

/* What libyaml itself refuses; its words are not ours to translate. */
static int
refuse_syntax(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    yaml_mark_t mark = p->problem_mark;

    if (p->error == YAML_MEMORY_ERROR)
        return err_nomem(r->e);
    if (p->error == YAML_READER_ERROR) {
        /* Only the offset is known, in bytes. */
        mark = (yaml_mark_t){0};
        for (size_t i = 0; i < MIN(p->problem_offset, r->len); i++) {
            mark.column += !is_inside_char(r->text[i]);
            if (r->text[i] == '\n')
                mark = (yaml_mark_t){.line = mark.line + 1};
        }
    }
    return REFUSE(r, mark, _("not valid YAML: %s"), p->problem ? p->problem : "?");
}

/* The current event is a node; "!" alone tags it without a word from libyaml. */
static bool
starts_with_tag(struct reader *r)
{
    size_t i = byte_of(r, r->event.start_mark);

    return i < r->len && r->text[i] == '!';
}

/* Go to the next event and refuse, once for all kinds, what no place allows. */
static int
next(struct reader *r)
{
    const yaml_event_t *event = &r->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;
    bool is_node = true;

    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = false;
    if (!yaml_parser_parse(&r->parser, &r->event))
        return refuse_syntax(r);
    r->has_event = true;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return REFUSE(r, event->start_mark, _("aliases are not allowed"));
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        is_node = false;
        break;
    }
    if (anchor)
        return REFUSE(r, event->start_mark, _("anchors are not allowed"));
    if (tag || (is_node && starts_with_tag(r)))
        return REFUSE(r, event->start_mark, _("tags are not allowed"));
    return 0;
}

static bool
is_plain(const yaml_event_t *event)
{
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* A plain value that YAML reads as "nothing": `key:`, `key: ~`, `key: null`. */
static bool
is_null(const yaml_event_t *event)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; is_plain(event) && i < ARRAY_LEN(words); i++) {
        if (str_eq((const char *)event->data.scalar.value, words[i]))
            return true;
    }
    return false;
}

/*
 * Whether a '#' follows a plain value on its line. What may stand between them
 * are blanks and the ends of the lists and maps that hold the value.
 */
static bool
has_comment(struct reader *r)
{
    size_t i = byte_of(r, r->event.end_mark);

    while (i < r->len && strchr(" \t,]}", r->text[i]))
        i++;
    return i < r->len && r->text[i] == '#';
}

/* The current event is a value, or an item of a list, that is one text. */
static int
read_scalar(struct reader *r, const struct option *option, void *values)
{
    const yaml_event_t *event = &r->event;
    const char *text;
    int result;

    if (event->type != YAML_SCALAR_EVENT)
        return REFUSE(r, event->start_mark, _("\"%s\" must be one value, not a list or keys"),
                      option->name);
    text = (const char *)event->data.scalar.value;
    if (is_null(event))
        return REFUSE(r, event->start_mark,
                      _("\"%s\" is present but empty; give it a value or leave it out"),
                      option->name);
    if (strlen(text) != event->data.scalar.length)
        return REFUSE(r, event->start_mark, _("\"%s\" holds a NUL"), option->name);
    if (!is_plain(event) && (option->type == OPTION_BOOL || option->type == OPTION_INT))
        return REFUSE(r, event->start_mark, _("\"%s\" must not be in quotes"), option->name);
    if ((option->flags & OPTION_NO_COMMENT) && is_plain(event) && has_comment(r))
        return REFUSE(r, event->end_mark,
                      _("\"%s\" is followed by a comment, which may have been meant as part of it; "
                        "put the value in quotes or the comment on a line of its own"),
                      option->name);
    result = option_set_text(option, text, r->arena, values, r->e);
    return result == ERR_CONFIG ? locate(r, event->start_mark.line, event->start_mark.column)
                                : result;
}

static int read_map(struct reader *r, const struct option_set *set, void *values);

/* The current event is an item of a list of sections. */
static int
read_section(struct reader *r, const struct option *option, struct option_sections *list)
{
    yaml_mark_t mark = r->event.start_mark;
    void *section = NULL;
    int result = option_add_section(option, list, r->arena, &section, r->e);

    if (result == ERR_CONFIG)
        return locate(r, mark.line, mark.column);
    return result < 0 ? result : read_map(r, option->sections, section);
}

/* The current event is the value of an option that is a list; what was there is replaced. */
static int
read_list(struct reader *r, const struct option *option, void *values)
{
    bool is_sections = option->type == OPTION_SECTIONS;
    struct option_strings *strings = is_sections ? NULL : option_member(option, values);
    struct option_sections *sections = is_sections ? option_member(option, values) : NULL;

    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return REFUSE(r, r->event.start_mark, _("\"%s\" must be a list"), option->name);

    /* Given, even if it stays empty. */
    if (is_sections)
        *sections = (struct option_sections){.items = arena_alloc(r->arena, 0)};
    else
        *strings = (struct option_strings){.items = arena_alloc(r->arena, 0)};
    if (is_sections ? !sections->items : !strings->items)
        return err_nomem(r->e);
    for (;;) {
        int result = next(r);

        if (result < 0 || r->event.type == YAML_SEQUENCE_END_EVENT)
            return result;
        result = is_sections ? read_section(r, option, sections) : read_scalar(r, option, values);
        if (result < 0)
            return result;
    }
}

static int
refuse_unknown(struct reader *r, const struct option_set *set, const char *key)
{
    CLEANUP(buf_done) struct buf known = BUF_INIT(ERR_MSG_MAX);

    for (const struct option *o = set->options; o->name; o++) {
        if (o->flags & (OPTION_UNLISTED | OPTION_COMMAND_LINE))
            continue;
        if (buf_printf(&known, "%s%s", known.len > 0 ? ", " : "", o->name) < 0)
            break; /* a list cut short still helps */
    }
    return REFUSE(r, r->event.start_mark, _("unknown key \"%s\" in \"%s\", which knows %s"),
                  CLIP(key), set->name, buf_str(&known));
}

/* The current event is a key: find its option. */
static int
read_key(struct reader *r, const struct option_set *set, const struct option **ret)
{
    const yaml_event_t *event = &r->event;
    const char *key;

    if (event->type != YAML_SCALAR_EVENT)
        return REFUSE(r, event->start_mark, _("a key must be one word"));
    key = (const char *)event->data.scalar.value;
    if (strlen(key) != event->data.scalar.length)
        return REFUSE(r, event->start_mark, _("a key holds a NUL"));
    for (const struct option *o = set->options; o->name; o++) {
        if (!(o->flags & OPTION_COMMAND_LINE) && str_eq(o->name, key)) {
            *ret = o;
            return 0;
        }
    }
    return refuse_unknown(r, set, key);
}

/* The current event is where a map must start. Recursion is as deep as the tables. */
static int
read_map(struct reader *r, const struct option_set *set, void *values)
{
    yaml_mark_t start = r->event.start_mark;
    uint64_t seen = 0;

    if (r->event.type != YAML_MAPPING_START_EVENT)
        return REFUSE(r, start, _("\"%s\" must be keys and values"), set->name);
    for (;;) {
        const struct option *option = NULL;
        uint64_t bit;
        int result = next(r);

        if (result < 0)
            return result;
        if (r->event.type == YAML_MAPPING_END_EVENT)
            break;
        result = read_key(r, set, &option);
        if (result < 0)
            return result;
        assert(option && option - set->options < OPTION_SET_MAX);
        bit = UINT64_C(1) << (option - set->options);
        if (seen & bit)
            return REFUSE(r, r->event.start_mark, _("\"%s\" is given twice"), option->name);
        seen |= bit;
        result = next(r);
        if (result < 0)
            return result;
        if (option->type == OPTION_STRINGS || option->type == OPTION_SECTIONS)
            result = read_list(r, option, values);
        else
            result = read_scalar(r, option, values);
        if (result < 0)
            return result;
    }
    for (const struct option *o = set->options; o->name; o++) {
        if ((o->flags & OPTION_REQUIRED) && !(seen & UINT64_C(1) << (o - set->options))) {
            (void)option_missing(set, o, r->e);
            return locate(r, start.line, start.column);
        }
    }
    return 0;
}

static int
read_document(struct reader *r, const struct option_set *set, void *values)
{
    int result = next(r);

    if (result == 0) {
        assert(r->event.type == YAML_STREAM_START_EVENT);
        result = next(r);
    }
    if (result == 0 && r->event.type == YAML_STREAM_END_EVENT)
        return REFUSE(r, (yaml_mark_t){0}, _("the file is empty"));
    if (result == 0)
        result = next(r);
    if (result == 0)
        result = read_map(r, set, values);
    if (result == 0) {
        result = next(r);
        assert(result < 0 || r->event.type == YAML_DOCUMENT_END_EVENT);
    }
    if (result == 0)
        result = next(r);
    if (result == 0 && r->event.type != YAML_STREAM_END_EVENT)
        return REFUSE(r, r->event.start_mark, _("a second document is not allowed"));
    return result;
}

int
option_read_yaml(const struct option_set *set, const char *text, size_t len, const char *origin,
                 struct arena *arena, void *values, struct err *e)
{
    struct err unused = {0};
    CLEANUP(reader_done)
    struct reader r = {.text = text, .len = len, .origin = origin, .arena = arena};
    int result;

    r.e = e ? e : &unused;
    if (len > OPTION_YAML_MAX)
        return err_set(e, ERR_CONFIG, _("%s: file is %zu bytes, at most %zu are allowed"), origin,
                       len, OPTION_YAML_MAX);
    if (len >= BOM_LEN && memcmp(text, BOM, BOM_LEN) == 0) {
        r.text += BOM_LEN;
        r.len -= BOM_LEN;
    }
    result = check_text(&r);
    if (result < 0)
        return result;
    if (!yaml_parser_initialize(&r.parser))
        return err_nomem(e);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    /* An empty text may come without an address, which libyaml does not take. */
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(r.len > 0 ? r.text : ""),
                                 r.len);
    return read_document(&r, set, values);
}
