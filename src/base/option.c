/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Values as text, in the notation that the command line, the files and the
 * defaults of the tables share:
 *
 *   number     0, or [-]digits without a leading zero, which some would read as octal
 *   duration   number and unit, no space: ms, s, m, h
 *   size       number and unit, no space: none (bytes), KiB, MiB, GiB
 *
 * What is written uses the largest unit that leaves a whole number, so it is
 * read back to the same value.
 */
#include "base/option_impl.h"

#include "base/i18n.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first; the last one fits every value. */
static const struct unit duration_units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
static const struct unit size_units[] = {
    {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}};
static const struct unit int_units[] = {{"", 1}};

static const struct unit *
units_of(enum option_type type, size_t *ret_count)
{
    switch (type) {
    case OPTION_DURATION:
        *ret_count = ARRAY_LEN(duration_units);
        return duration_units;
    case OPTION_SIZE:
        *ret_count = ARRAY_LEN(size_units);
        return size_units;
    default:
        *ret_count = ARRAY_LEN(int_units);
        return int_units;
    }
}

static const char *
kind_of(enum option_type type)
{
    switch (type) {
    case OPTION_DURATION:
        return _("a duration such as 250ms, 30s, 5m or 1h");
    case OPTION_SIZE:
        return _("a size such as 512, 64KiB, 8MiB or 2GiB");
    default:
        return _("a whole number");
    }
}

static int
write_number(enum option_type type, int64_t value, struct buf *ret)
{
    size_t count, i = 0;
    const struct unit *units = units_of(type, &count);

    while (i + 1 < count && (value == 0 || value % units[i].factor != 0))
        i++;
    if (value == 0 && type == OPTION_DURATION)
        return buf_append_str(ret, "0s");
    return buf_printf(ret, "%" PRId64 "%s", value / units[i].factor, units[i].name);
}

/* ERR_PROTO: not of the notation; ERR_LIMIT: of the notation, but over int64_t. */
static int
parse_number(enum option_type type, const char *text, int64_t *ret)
{
    size_t count, digits;
    const struct unit *units = units_of(type, &count);
    bool negative = text[0] == '-', over = false;
    int64_t value = 0;

    text += negative;
    digits = strspn(text, "0123456789");
    if (digits == 0 || (digits > 1 && text[0] == '0'))
        return ERR_PROTO;
    for (size_t i = 0; i < digits; i++) {
        int64_t digit = text[i] - '0';

        over |= __builtin_mul_overflow(value, 10, &value);
        over |= __builtin_add_overflow(value, negative ? -digit : digit, &value);
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(text + digits, units[i].name))
            continue;
        over |= __builtin_mul_overflow(value, units[i].factor, &value);
        *ret = value;
        return over ? ERR_LIMIT : 0;
    }
    return ERR_PROTO;
}

static int
set_number(const struct option *option, const char *text, void *values, struct err *e)
{
    CLEANUP(buf_done) struct buf min = BUF_INIT(64);
    CLEANUP(buf_done) struct buf max = BUF_INIT(64);
    int64_t value = 0;
    int r = parse_number(option->type, text, &value);

    if (r == ERR_PROTO)
        return err_set(e, ERR_CONFIG, _("\"%s\" must be %s, not \"%s\""), option->name,
                       kind_of(option->type), CLIP(text));
    if (r < 0 || value < option->min || value > option->max) {
        if (write_number(option->type, option->min, &min) < 0 ||
            write_number(option->type, option->max, &max) < 0)
            return err_nomem(e);
        return err_set(e, ERR_CONFIG, _("\"%s\" must be from %s to %s, not \"%s\""), option->name,
                       buf_str(&min), buf_str(&max), CLIP(text));
    }
    *(int64_t *)option_member(option, values) = value;
    return 0;
}

static int
write_choices(const struct option *option, struct buf *ret)
{
    int r = 0;

    for (size_t i = 0; r == 0 && option->choices[i]; i++) {
        r = i > 0 ? buf_append_str(ret, ", ") : 0;
        if (r == 0)
            r = buf_append_str(ret, option->choices[i]);
    }
    return r;
}

static int
set_choice(const struct option *option, const char *text, void *values, struct err *e)
{
    CLEANUP(buf_done) struct buf names = BUF_INIT(ERR_MSG_MAX);

    for (int i = 0; option->choices[i]; i++) {
        if (str_eq(text, option->choices[i])) {
            *(int *)option_member(option, values) = i;
            return 0;
        }
    }
    if (write_choices(option, &names) < 0)
        return err_nomem(e);
    return err_set(e, ERR_CONFIG, _("\"%s\" must be one of %s, not \"%s\""), option->name,
                   buf_str(&names), CLIP(text));
}

static int
set_bool(const struct option *option, const char *text, void *values, struct err *e)
{
    if (!str_eq(text, "true") && !str_eq(text, "false"))
        return err_set(e, ERR_CONFIG, _("\"%s\" must be true or false, not \"%s\""), option->name,
                       CLIP(text));
    *(bool *)option_member(option, values) = str_eq(text, "true");
    return 0;
}

/* Without an arena the string is borrowed. */
static int
set_string(const struct option *option, const char *text, struct arena *arena, void *values,
           struct err *e)
{
    const char *copy = text;

    if (text[0] == '\0')
        return err_set(e, ERR_CONFIG, _("\"%s\" must not be empty"), option->name);
    if (arena)
        copy = arena_strdup(arena, text);
    if (!copy)
        return err_nomem(e);
    if (option->type == OPTION_STRINGS)
        return option_add_string(option, option_member(option, values), copy, arena, e);
    *(const char **)option_member(option, values) = copy;
    return 0;
}

static int
set_text(const struct option *option, const char *text, struct arena *arena, void *values,
         struct err *e)
{
    switch (option->type) {
    case OPTION_BOOL:
        return set_bool(option, text, values, e);
    case OPTION_INT:
    case OPTION_DURATION:
    case OPTION_SIZE:
        return set_number(option, text, values, e);
    case OPTION_CHOICE:
        return set_choice(option, text, values, e);
    case OPTION_STRING:
    case OPTION_STRINGS:
        return set_string(option, text, arena, values, e);
    case OPTION_SECTIONS:
        break;
    }
    assert(!"sections have no text form");
    return ERR_CONFIG;
}

/*
 * Room for one more item behind `count`: the array doubles whenever the count is
 * a power of two, so the capacity need not be kept anywhere.
 */
static int
grow(const struct option *option, void **items, size_t count, size_t size, struct arena *arena,
     struct err *e)
{
    void *more;

    if (count >= OPTION_ITEMS_MAX)
        return err_set(e, ERR_CONFIG, _("\"%s\" has more than %d items"), option->name,
                       OPTION_ITEMS_MAX);
    if (count > 0 && (count & (count - 1)) != 0)
        return 0;
    more = arena_array(arena, MAX(2 * count, (size_t)1), size);
    if (!more)
        return err_nomem(e);
    if (count > 0)
        memcpy(more, *items, count * size);
    *items = more;
    return 0;
}

int
option_add_string(const struct option *option, struct option_strings *list, const char *item,
                  struct arena *arena, struct err *e)
{
    void *items = list->items;
    int r = grow(option, &items, list->count, sizeof *list->items, arena, e);

    if (r < 0)
        return r;
    list->items = items;
    list->items[list->count++] = item;
    return 0;
}

int
option_add_section(const struct option *option, struct option_sections *list, struct arena *arena,
                   void **ret, struct err *e)
{
    size_t size = option->sections->size;
    int r = grow(option, &list->items, list->count, size, arena, e);

    if (r < 0)
        return r;
    *ret = (char *)list->items + list->count * size;
    option_defaults(option->sections, *ret);
    list->count++;
    return 0;
}

int
option_missing(const struct option_set *set, const struct option *option, struct err *e)
{
    return err_set(e, ERR_CONFIG, _("\"%s\" is missing in \"%s\""), option->name, set->name);
}

void
option_defaults(const struct option_set *set, void *values)
{
    memset(values, 0, set->size);
    for (const struct option *o = set->options; o->name; o++) {
        int r;

        if (!o->def)
            continue;
        assert(o->type != OPTION_STRINGS && o->type != OPTION_SECTIONS);
        r = set_text(o, o->def, NULL, values, NULL);
        assert(r == 0); /* the table contradicts itself */
    }
}

int
option_set_text(const struct option *option, const char *text, struct arena *arena, void *values,
                struct err *e)
{
    assert(arena);
    return set_text(option, text, arena, values, e);
}

int
option_check_required(const struct option_set *set, const void *values, struct err *e)
{
    for (const struct option *o = set->options; o->name; o++) {
        const void *member = option_member_const(o, values);
        bool missing = false;

        if (!(o->flags & OPTION_REQUIRED))
            continue;
        if (o->type == OPTION_STRING)
            missing = *(const char *const *)member == NULL;
        else if (o->type == OPTION_STRINGS)
            missing = ((const struct option_strings *)member)->items == NULL;
        else if (o->type == OPTION_SECTIONS)
            missing = ((const struct option_sections *)member)->items == NULL;
        else
            assert(!"an option of this type always has a value");
        if (missing)
            return option_missing(set, o, e);
    }
    return 0;
}

int
option_write_text(const struct option *option, const void *values, struct buf *ret)
{
    const void *member = option_member_const(option, values);

    switch (option->type) {
    case OPTION_BOOL:
        return buf_append_str(ret, *(const bool *)member ? "true" : "false");
    case OPTION_INT:
    case OPTION_DURATION:
    case OPTION_SIZE:
        return write_number(option->type, *(const int64_t *)member, ret);
    case OPTION_CHOICE:
        return buf_append_str(ret, option->choices[*(const int *)member]);
    case OPTION_STRING:
        return buf_append_str(ret, *(const char *const *)member);
    case OPTION_STRINGS:
    case OPTION_SECTIONS:
        break;
    }
    assert(!"lists have no text form");
    return ERR_PROTO;
}

/* "default 5s", "from 0s to 10m", "one of text, json", "required", joined by commas. */
static int
write_facts(const struct option *option, struct buf *ret)
{
    CLEANUP(buf_done) struct buf min = BUF_INIT(64);
    CLEANUP(buf_done) struct buf max = BUF_INIT(64);
    CLEANUP(buf_done) struct buf names = BUF_INIT(4096);
    const char *comma = "";
    int r = 0;

    if (option->flags & OPTION_REQUIRED) {
        r = buf_append_str(ret, _("required"));
        comma = ", ";
    } else if (option->def && option->type != OPTION_BOOL) {
        r = buf_printf(ret, _("default %s"), option->def);
        comma = ", ";
    }
    switch (option->type) {
    case OPTION_INT:
    case OPTION_DURATION:
    case OPTION_SIZE:
        if (r == 0)
            r = write_number(option->type, option->min, &min);
        if (r == 0)
            r = write_number(option->type, option->max, &max);
        if (r == 0)
            r = buf_append_str(ret, comma);
        return r < 0 ? r : buf_printf(ret, _("from %s to %s"), buf_str(&min), buf_str(&max));
    case OPTION_CHOICE:
        if (r == 0)
            r = write_choices(option, &names);
        if (r == 0)
            r = buf_append_str(ret, comma);
        return r < 0 ? r : buf_printf(ret, _("one of %s"), buf_str(&names));
    default:
        return r;
    }
}

int
option_write_help(const struct option *option, struct buf *ret)
{
    CLEANUP(buf_done) struct buf facts = BUF_INIT(8192);
    int r = write_facts(option, &facts);

    if (r == 0)
        r = buf_append_str(ret, _(option->help));
    if (r == 0 && facts.len > 0)
        r = buf_printf(ret, " (%s)", buf_str(&facts));
    return r;
}
