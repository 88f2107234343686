/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 65536
#define TIME_LEN       strlen("2026-01-31T09:30:00.123Z")

/* The linker brings each look-up of a translation here: every text has one. */
char *__wrap_dgettext(const char *domain, const char *text);
char *__wrap_dcgettext(const char *domain, const char *text, int category);

static bool translating;

char *
__wrap_dgettext(const char *domain, const char *text)
{
    static char shown[256];

    assert_string_equal(domain, TEXT_DOMAIN);
    if (!translating)
        return (char *)text;
    (void)snprintf(shown, sizeof shown, "<%s>", text);
    return shown;
}

char *
__wrap_dcgettext(const char *domain, const char *text, int category)
{
    (void)category;
    return __wrap_dgettext(domain, text);
}

/* The log writes into a pipe that is read back here. */
static int ends[2];
static char line[LINE_MAX_BYTES];

static int
set_up(void **state)
{
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_to(ends[1]);
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_INFO);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    translating = false;
    log_to(STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* All that was written since the last call; "" where nothing was. */
static const char *
written(void)
{
    ssize_t n = read(ends[0], line, sizeof line - 1);

    line[n > 0 ? n : 0] = '\0';
    return line;
}

/* The same without the time, whose form is checked. */
static const char *
written_text(void)
{
    const char *text = written();

    assert_true(strlen(text) > TIME_LEN + 1);
    for (size_t i = 0; i < TIME_LEN; i++) {
        static const char form[] = "0000-00-00T00:00:00.000Z";
        bool digit = text[i] >= '0' && text[i] <= '9';

        assert_true(form[i] == '0' ? digit : text[i] == form[i]);
    }
    assert_int_equal(text[TIME_LEN], ' ');
    return text + TIME_LEN + 1;
}

static json_t *
written_json(void)
{
    json_t *object = json_loads(written(), JSON_REJECT_DUPLICATES, NULL);

    assert_non_null(object);
    return object;
}

static void
text_is_one_line_of_keys_and_values(void **state)
{
    (void)state;
    log_info(N_("snapshot: published"), LOG_I64("version", -17), LOG_STR("hash", "ab12"),
             LOG_BOOL("same", true));
    assert_string_equal(written_text(),
                        "info  snapshot: published version=-17 hash=ab12 same=true\n");
    log_error(N_("gone"));
    assert_string_equal(written_text(), "error gone\n");
}

static void
quotes_what_is_not_one_plain_word(void **state)
{
    (void)state;
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"plain", "plain"},
        {"127.0.0.1:5433", "127.0.0.1:5433"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {NULL, "\"\""},
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"hi\"", "\"say \\\"hi\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nforged level=error", "\"line\\u000aforged level=error\""},
        {"\x1b[31m", "\"\\u001b[31m\""},
        {"del\x7f", "\"del\\u007f\""},
        {"\xc2\x9b"
         "31m",
         "\"\\u009b31m\""},
        {"\xc2\xa0", "\xc2\xa0"},
        {"cut\xc2", "\"cut\\ufffd\""},
        {"\x9b"
         "31m",
         "\"\\ufffd31m\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char expected[256];

        (void)snprintf(expected, sizeof expected, "info  x k=%s\n", cases[i].shown);
        log_info(N_("x"), LOG_STR("k", cases[i].value));
        assert_string_equal(written_text(), expected);
    }
}

static void
json_is_one_object_a_line(void **state)
{
    (void)state;
    struct err e = {0};
    json_t *o;

    (void)err_set(&e, ERR_SYS, "could not open \"%s\"", "a\tb");
    log_setup(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_warn(N_("snapshot: failed"), LOG_ERR(&e), LOG_I64("big", INT64_MAX),
             LOG_BOOL("again", false), LOG_STR("none", NULL));
    o = written_json();
    assert_string_equal(json_string_value(json_object_get(o, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(o, "msg")), "snapshot: failed");
    assert_string_equal(json_string_value(json_object_get(o, "error")), "could not open \"a\tb\"");
    assert_true(json_integer_value(json_object_get(o, "big")) == INT64_MAX);
    assert_true(json_is_false(json_object_get(o, "again")));
    assert_string_equal(json_string_value(json_object_get(o, "none")), "");
    assert_int_equal(strlen(json_string_value(json_object_get(o, "time"))), TIME_LEN);
    assert_int_equal(json_object_size(o), 7);
    json_decref(o);
    assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
}

/* Bytes that are not UTF-8 cost themselves, and neither their neighbours nor the line. */
static void
json_replaces_what_is_not_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *value, *shown;
    } cases[] = {
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xc3\xa9\xc3", "\xc3\xa9\xef\xbf\xbd"},
        {"\xc2\x85", "\xc2\x85"}, /* well-formed: escaped, and so the same */
        {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xf0\x9f\x92\xa7\x80", "\xf0\x9f\x92\xa7\xef\xbf\xbd"},
        {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx"},
    };

    log_setup(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        json_t *o;

        log_info(N_("x"), LOG_STR("k", cases[i].value));
        o = written_json();
        assert_string_equal(json_string_value(json_object_get(o, "k")), cases[i].shown);
        json_decref(o);
    }
}

static void
only_the_text_of_the_text_form_is_translated(void **state)
{
    (void)state;
    json_t *o;

    translating = true;
    log_info(N_("started"), LOG_STR("key", "value"));
    assert_string_equal(written_text(), "info  <started> key=value\n");
    log_setup(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_info(N_("started"), LOG_STR("key", "value"));
    o = written_json();
    assert_string_equal(json_string_value(json_object_get(o, "level")), "info");
    assert_string_equal(json_string_value(json_object_get(o, "msg")), "started");
    assert_string_equal(json_string_value(json_object_get(o, "key")), "value");
    json_decref(o);
}

/* A line that is too long loses its fields, not its text, and stays one line. */
static void
too_long_a_line_keeps_its_text(void **state)
{
    (void)state;
    CLEANUP(freep) char *text = malloc(20001);
    json_t *o;

    assert_non_null(text);
    memset(text, 'x', 20000);
    text[20000] = '\0';
    log_info(N_("long"), LOG_STR("k", text));
    assert_string_equal(written_text(), "info  long\n");
    log_setup(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_info(N_("long"), LOG_STR("k", text));
    o = written_json();
    assert_string_equal(json_string_value(json_object_get(o, "msg")), "long");
    assert_null(json_object_get(o, "k"));
    json_decref(o);
}

static void
levels_below_the_chosen_one_are_silent(void **state)
{
    (void)state;
    for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
        int lines = 0;

        log_setup(LOG_FORMAT_TEXT, (enum log_level)level);
        log_error(N_("x"));
        log_warn(N_("x"));
        log_info(N_("x"));
        log_debug(N_("x"));
        for (const char *p = written(); (p = strchr(p, '\n')); p++)
            lines++;
        assert_int_equal(lines, level + 1);
        assert_int_equal(log_is_on(LOG_LEVEL_DEBUG), level == LOG_LEVEL_DEBUG);
    }
}

static void
a_silent_line_is_not_even_made(void **state)
{
    (void)state;
    int asked = 0;

    log_debug(N_("x"), LOG_I64("k", ++asked));
    assert_int_equal(asked, 0);
    assert_string_equal(written(), "");
}

static void
a_log_that_cannot_be_written_harms_nobody(void **state)
{
    (void)state;
    log_to(-1);
    errno = ERANGE;
    log_error(N_("x"));
    assert_int_equal(errno, ERANGE);
}

/* A reader that is gone would otherwise be written to for ever. */
static void
a_full_pipe_ends_the_line(void **state)
{
    (void)state;
    char block[4096] = {0};

    while (write(ends[1], block, sizeof block) > 0)
        ;
    log_error(N_("x"));
    assert_int_equal(poll(&(struct pollfd){.fd = ends[1], .events = POLLOUT}, 1, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_is_one_line_of_keys_and_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quotes_what_is_not_one_plain_word, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_is_one_object_a_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_replaces_what_is_not_utf8, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_the_text_of_the_text_form_is_translated, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(too_long_a_line_keeps_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(levels_below_the_chosen_one_are_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_line_is_not_even_made, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_that_cannot_be_written_harms_nobody, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_pipe_ends_the_line, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
