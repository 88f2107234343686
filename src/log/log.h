/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "base/base.h"
#include "base/err.h"
#include "base/i18n.h"

/*
 * The log: one line an event, on standard error.
 *
 *   text   2026-01-31T09:30:00.123Z info  snapshot: published version=17 hash=ab12
 *   json   {"time":"2026-01-31T09:30:00.123Z","level":"info","msg":"snapshot: published",...}
 *
 * The text is a constant, marked with N_() and translated in text form only;
 * what varies is in the fields, whose keys are never translated. Row contents,
 * parameters, keys and tokens are never logged: lengths and digests are.
 *
 *   log_info(N_("snapshot: published"), LOG_I64("version", v), LOG_STR("hash", h));
 *
 *   error   a person must act
 *   warn    something failed and we carried on; says how
 *   info    start, stop, connect, configuration change
 *   debug   anything; never by default
 */
enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARN,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG,
};

enum log_format {
    LOG_FORMAT_TEXT,
    LOG_FORMAT_JSON,
};

struct log_field {
    const char *key; /* NULL ends a list of fields */
    enum {
        LOG_FIELD_STR,
        LOG_FIELD_I64,
        LOG_FIELD_BOOL,
    } type;
    const char *str; /* borrowed; NULL is shown as "" */
    int64_t i64;
};

#define LOG_STR(key_, value)                                                                       \
    ((struct log_field){.key = (key_), .type = LOG_FIELD_STR, .str = (value)})
#define LOG_I64(key_, value)                                                                       \
    ((struct log_field){.key = (key_), .type = LOG_FIELD_I64, .i64 = (value)})
#define LOG_BOOL(key_, value)                                                                      \
    ((struct log_field){.key = (key_), .type = LOG_FIELD_BOOL, .i64 = (value)})
#define LOG_ERR(e) LOG_STR("error", (e)->msg)

/* Fields of one line, at most; more are a mistake of ours. */
#define LOG_FIELDS_MAX 16

/* Choose what is written and how. Until it is called: text, info and above, standard error. */
void log_setup(enum log_format format, enum log_level level);

/* What was chosen, for a process that starts another. */
enum log_format log_chosen_format(void);
enum log_level log_chosen_level(void);

/* Write to another descriptor (borrowed for ever), for tests. */
void log_to(int fd);

/* Whether a line of this level would be written. */
bool log_is_on(enum log_level level);

/* Use the macros below. `fields` ends with a field without a key. */
void log_write(enum log_level level, const char *text, const struct log_field *fields);

#define LOG_AT(level, text, ...)                                                                   \
    do {                                                                                           \
        if (log_is_on(level))                                                                      \
            log_write(level, text,                                                                 \
                      (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.key = NULL}});        \
    } while (0)

#define log_error(text, ...) LOG_AT(LOG_LEVEL_ERROR, text, __VA_ARGS__)
#define log_warn(text, ...)  LOG_AT(LOG_LEVEL_WARN, text, __VA_ARGS__)
#define log_info(text, ...)  LOG_AT(LOG_LEVEL_INFO, text, __VA_ARGS__)
#define log_debug(text, ...) LOG_AT(LOG_LEVEL_DEBUG, text, __VA_ARGS__)

#endif
