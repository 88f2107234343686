/* SPDX-License-Identifier: Apache-2.0 */
#include "log/log.h"

#include "base/buf.h"
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define LOG_LINE_MAX 16384 /* bytes; a longer line is cut */

/* What log_setup() and log_to() chose: the one global of the program besides its configuration. */
static struct {
    enum log_format format;
    enum log_level level;
    int fd;
} config = {.format = LOG_FORMAT_TEXT, .level = LOG_LEVEL_INFO, .fd = STDERR_FILENO};

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void
log_setup(enum log_format format, enum log_level level)
{
    config.format = format;
    config.level = level;
}

enum log_format
log_chosen_format(void)
{
    return config.format;
}

enum log_level
log_chosen_level(void)
{
    return config.level;
}

void
log_to(int fd)
{
    config.fd = fd;
}

bool
log_is_on(enum log_level level)
{
    return level <= config.level;
}

static int
put_time(struct buf *b)
{
    struct timespec now;
    struct tm tm;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    return buf_printf(b, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/* A JSON string. Bytes that are not UTF-8 become U+FFFD, so that the line always parses. */
static int
put_json_string(struct buf *b, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    int r = buf_append_char(b, '"');

    while (r == 0 && *p) {
        size_t n = 1;

        if (*p == '"' || *p == '\\') {
            r = buf_printf(b, "\\%c", *p);
        } else if (*p < 0x20 || *p == 0x7f) {
            r = buf_printf(b, "\\u%04x", *p);
        } else if (*p < 0x80) {
            r = buf_append(b, p, 1);
        } else {
            while (n < 4 && (p[n] & 0xc0) == 0x80)
                n++;
            while (n > 1 && !str_is_utf8(p, n))
                n--;
            if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
                r = buf_printf(b, "\\u%04x", p[1]); /* a control character, too */
            else
                r = n > 1 ? buf_append(b, p, n) : buf_append_str(b, "\\ufffd");
        }
        p += n;
    }
    return r < 0 ? r : buf_append_char(b, '"');
}

/* Whether a terminal shows the text as it is, and the eye takes it for one value. */
static bool
is_plain_word(const char *text)
{
    const unsigned char *p = (const unsigned char *)text;

    for (; *p; p++) {
        if (*p <= 0x20 || *p == 0x7f || strchr("\"\\=", *p) || (*p == 0xc2 && p[1] < 0xa0))
            return false;
    }
    return text[0] && str_is_utf8(text, strlen(text));
}

/* A value of a text line. */
static int
put_text_string(struct buf *b, const char *text)
{
    return is_plain_word(text) ? buf_append_str(b, text) : put_json_string(b, text);
}

static int
put_value(struct buf *b, const struct log_field *f)
{
    const char *str = f->str ? f->str : "";

    switch (f->type) {
    case LOG_FIELD_I64:
        return buf_printf(b, "%" PRId64, f->i64);
    case LOG_FIELD_BOOL:
        return buf_append_str(b, f->i64 ? "true" : "false");
    case LOG_FIELD_STR:
        break;
    }
    return config.format == LOG_FORMAT_JSON ? put_json_string(b, str) : put_text_string(b, str);
}

static int
put_line(struct buf *b, enum log_level level, const char *text, const struct log_field *fields)
{
    bool json = config.format == LOG_FORMAT_JSON;
    int r;

    r = json ? buf_append_str(b, "{\"time\":\"") : 0;
    if (r == 0)
        r = put_time(b);
    if (r == 0 && json)
        r = buf_printf(b, "\",\"level\":\"%s\",\"msg\":", level_names[level]);
    else if (r == 0)
        r = buf_printf(b, " %-5s %s", level_names[level], _(text));
    if (r == 0 && json)
        r = put_json_string(b, text);
    for (size_t i = 0; r == 0 && fields[i].key; i++) {
        assert(i < LOG_FIELDS_MAX);
        r = buf_printf(b, json ? ",\"%s\":" : " %s=", fields[i].key);
        if (r == 0)
            r = put_value(b, &fields[i]);
    }
    if (r == 0 && json)
        r = buf_append_char(b, '}');
    return r;
}

void
log_write(enum log_level level, const char *text, const struct log_field *fields)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(LOG_LINE_MAX);
    int saved = errno;

    if (put_line(&b, level, text, fields) < 0) {
        /* Too long, or no memory: the text alone is better than silence. */
        buf_reset(&b);
        if (put_line(&b, level, text, (const struct log_field[]){{.key = NULL}}) < 0)
            return;
    }
    b.data[b.len] =
        '\n'; /* in place of the NUL: one write, so that lines of processes do not mix */

    size_t done = 0;

    while (done < b.len + 1) {
        ssize_t n = write(config.fd, b.data + done, b.len + 1 - done);

        if (n < 0 && errno != EINTR)
            break; /* nowhere left to say it */
        done += n > 0 ? (size_t)n : 0;
    }
    errno = saved;
}
