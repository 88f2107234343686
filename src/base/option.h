/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * Options as one table. A table describes the members of a plain struct; the
 * YAML reader, the command line, --help, the effective configuration, the
 * sample file and the manual all come from it, so they cannot disagree.
 */
enum option_type {
    OPTION_BOOL,     /* bool; "true" or "false", a bare flag on the command line */
    OPTION_INT,      /* int64_t, min..max inclusive */
    OPTION_DURATION, /* int64_t milliseconds: "250ms", "30s", "5m", "1h"; min..max in ms */
    OPTION_SIZE,     /* int64_t bytes: "512", "64KiB", "8MiB", "2GiB"; min..max in bytes */
    OPTION_STRING,   /* const char *; NULL where it was not given, never empty */
    OPTION_CHOICE,   /* int, index into `choices` */
    OPTION_STRINGS,  /* struct option_strings; a YAML list, or the flag repeated */
    OPTION_SECTIONS, /* struct option_sections; a YAML list of maps that `sections` describes */
};

/* Of both, `items` is NULL where the list was not given; one that was given may be empty. */
struct option_strings {
    const char **items;
    size_t count;
};

struct option_sections {
    void *items; /* count structs of sections->size bytes each */
    size_t count;
};

enum {
    OPTION_REQUIRED = 1 << 0,     /* STRING, STRINGS, SECTIONS: must be given, has no default */
    OPTION_NO_COMMENT = 1 << 1,   /* YAML: a comment behind a plain value is refused, because its
                                     author may have meant the '#' to be part of the value */
    OPTION_UNLISTED = 1 << 2,     /* not in --help, the sample or the manual */
    OPTION_COMMAND_LINE = 1 << 3, /* has no place in a file */
};

struct option_set;

struct option {
    const char *name; /* "busy-timeout": --busy-timeout on the command line, the key in YAML */
    char letter;      /* -f, or 0 */
    enum option_type type;
    unsigned flags;
    size_t offset;              /* of the member in the struct */
    const char *def;            /* default in the option's own notation; NULL: zero, NULL;
                                   lists have none */
    int64_t min, max;           /* INT, DURATION, SIZE: inclusive */
    const char *const *choices; /* CHOICE: names, NULL at the end */
    const char *arg;            /* placeholder in --help: N_("FILE") */
    const char *help;           /* one sentence, N_(), lower case, no full stop */
    const char
        *sample; /* YAML in the sample file; NULL: the default, commented out. SECTIONS: whole
                    lines, not indented; NULL: one item, from the samples of its keys */
    const struct option_set *sections; /* SECTIONS: what one item holds */
};

struct option_set {
    const char *name;             /* "filter": for messages and headings */
    size_t size;                  /* of the struct, bytes */
    const struct option *options; /* ends with a NULL name */
};

/* Options of one set, items of any list, and bytes of any file; all inclusive. */
#define OPTION_SET_MAX   64
#define OPTION_ITEMS_MAX 10000
#define OPTION_YAML_MAX  ((size_t)256 << 10)

/* Fill `*values` with the defaults; strings borrow from the table. */
void option_defaults(const struct option_set *set, void *values);

/*
 * Set one option from its text, as the command line gives it (a list grows by
 * one; not for SECTIONS). Strings go into `arena` as they are, UTF-8 or not: file
 * names may be anything. Fails with ERR_CONFIG, the message naming option, value
 * and bound; ERR_NOMEM. The value is untouched then.
 */
int option_set_text(const struct option *option, const char *text, struct arena *arena,
                    void *values, struct err *e) MUST_CHECK;

/*
 * Read one YAML document of `len` bytes into `*values`, which option_defaults()
 * has filled. `origin` is the file's name for messages: "filter.yaml:3:5: ...",
 * line and column from 1. Everything is in `arena` then.
 *
 * Refused with ERR_CONFIG: an empty file, a second document, unknown and
 * duplicate keys, keys or values of the wrong kind, present but empty values
 * ("where:", "where: ~", "where: ''"), booleans other than a plain true and
 * false, numbers in quotes, anchors, aliases, tags, text that is not UTF-8 or
 * holds a NUL, a missing required key, too many items, too long a file, and what
 * OPTION_NO_COMMENT says. A byte order mark is skipped. An explicitly empty list
 * ("tables: []") is a list. Also fails with ERR_NOMEM, memory or arena.
 *
 * Source: YAML 1.1 as libyaml 0.2.5 parses it.
 */
int option_read_yaml(const struct option_set *set, const char *text, size_t len, const char *origin,
                     struct arena *arena, void *values, struct err *e) MUST_CHECK;

/* Whether every OPTION_REQUIRED option has a value; ERR_CONFIG names the first that has not. */
int option_check_required(const struct option_set *set, const void *values, struct err *e)
    MUST_CHECK;

/*
 * Append the values as YAML that option_read_yaml() reads back to the same
 * values: every option that has a place in a file, defaults included, except
 * strings and lists that were not given. Fails with ERR_PROTO (a string is not
 * UTF-8), ERR_LIMIT, ERR_NOMEM; part may have been appended then.
 */
int option_write_yaml(const struct option_set *set, const void *values, struct buf *ret) MUST_CHECK;

/*
 * Append a commented sample file, in the language of the reader. Where at least
 * one option has a sample, option_read_yaml() accepts it.
 */
int option_write_sample(const struct option_set *set, struct buf *ret) MUST_CHECK;

/*
 * Append the options as a section of a manual page in scdoc's notation: keys of
 * a file or, without `as_file`, flags of the command line.
 */
int option_write_scdoc(const struct option_set *set, bool as_file, struct buf *ret) MUST_CHECK;

/* Append text with a backslash before what scdoc would take for markup. */
int option_write_scdoc_text(const char *text, struct buf *ret) MUST_CHECK;

/*
 * Append what one option means, in the language of the reader: "how long to wait
 * for a lock (default 5s, from 0s to 10m)".
 */
int option_write_help(const struct option *option, struct buf *ret) MUST_CHECK;

/* Append one value as option_set_text() takes it; not for STRINGS and SECTIONS. */
int option_write_text(const struct option *option, const void *values, struct buf *ret) MUST_CHECK;

#endif
