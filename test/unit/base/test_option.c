/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/option.h"
#include "option_sample.h"

#include <stdio.h>
#include <string.h>

static const struct option *
find(const char *name)
{
    const struct option *o = sample_options;

    while (strcmp(o->name, name) != 0)
        o++;
    return o;
}

static void
defaults_come_from_the_table(void **state)
{
    (void)state;
    struct sample s;

    memset(&s, 0xee, sizeof s);
    option_defaults(&sample_set, &s);
    assert_false(s.quiet);
    assert_int_equal(s.jobs, 2);
    assert_int_equal(s.timeout_ms, 5000);
    assert_int_equal(s.room, 65536);
    assert_string_equal(s.title, "untitled");
    assert_int_equal(s.level, 1);
    assert_null(s.tags.items);
    assert_null(s.tables.items);
}

static void
reads_every_notation(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        int64_t value;
    } cases[] = {
        {"jobs", "0", 0},          {"jobs", "16", 16},
        {"jobs", "-3", -3},        {"timeout", "0s", 0},
        {"timeout", "250ms", 250}, {"timeout", "30s", 30000},
        {"timeout", "5m", 300000}, {"timeout", "1h", 3600000},
        {"room", "512", 512},      {"room", "64KiB", 65536},
        {"room", "8MiB", 8388608}, {"room", "2GiB", INT64_C(2147483648)},
    };
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(4096);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct option *o = find(cases[i].name);
        struct err e = {0};
        struct sample s;

        option_defaults(&sample_set, &s);
        assert_ok(option_set_text(o, cases[i].text, &arena, &s, &e), &e);
        assert_int_equal(*(int64_t *)((char *)&s + o->offset), cases[i].value);
    }
}

static void
refuses_with_name_value_and_bound(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *message;
    } cases[] = {
        {"quiet", "yes", "\"quiet\" must be true or false, not \"yes\""},
        {"quiet", "True", "\"quiet\" must be true or false, not \"True\""},
        {"jobs", "", "\"jobs\" must be a whole number, not \"\""},
        {"jobs", "-", "\"jobs\" must be a whole number, not \"-\""},
        {"jobs", "+1", "\"jobs\" must be a whole number, not \"+1\""},
        {"jobs", "010", "\"jobs\" must be a whole number, not \"010\""},
        {"jobs", "0x10", "\"jobs\" must be a whole number, not \"0x10\""},
        {"jobs", "1_0", "\"jobs\" must be a whole number, not \"1_0\""},
        {"jobs", " 1", "\"jobs\" must be a whole number, not \" 1\""},
        {"jobs", "1.5", "\"jobs\" must be a whole number, not \"1.5\""},
        {"jobs", "17", "\"jobs\" must be from -3 to 16, not \"17\""},
        {"jobs", "-4", "\"jobs\" must be from -3 to 16, not \"-4\""},
        {"jobs", "9223372036854775808",
         "\"jobs\" must be from -3 to 16, not \"9223372036854775808\""},
        {"timeout", "5", "\"timeout\" must be a duration such as 250ms, 30s, 5m or 1h, not \"5\""},
        {"timeout", "5 s",
         "\"timeout\" must be a duration such as 250ms, 30s, 5m or 1h, not \"5 s\""},
        {"timeout", "1d",
         "\"timeout\" must be a duration such as 250ms, 30s, 5m or 1h, not \"1d\""},
        {"timeout", "61m", "\"timeout\" must be from 0s to 1h, not \"61m\""},
        {"timeout", "-1s", "\"timeout\" must be from 0s to 1h, not \"-1s\""},
        {"timeout", "9223372036854775807h",
         "\"timeout\" must be from 0s to 1h, not \"9223372036854775807h\""},
        {"room", "1kb", "\"room\" must be a size such as 512, 64KiB, 8MiB or 2GiB, not \"1kb\""},
        {"room", "511", "\"room\" must be from 512 to 1024GiB, not \"511\""},
        {"title", "", "\"title\" must not be empty"},
        {"tags", "", "\"tags\" must not be empty"},
        {"level", "loud", "\"level\" must be one of low, high, null, not \"loud\""},
        {"level", "", "\"level\" must be one of low, high, null, not \"\""},
    };
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(4096);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        struct sample s, before;

        option_defaults(&sample_set, &s);
        before = s;
        assert_int_equal(option_set_text(find(cases[i].name), cases[i].text, &arena, &s, &e),
                         ERR_CONFIG);
        assert_string_equal(e.msg, cases[i].message);
        assert_memory_equal(&s, &before, sizeof s);
    }
}

static void
a_list_grows_to_its_bound(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(4 << 20);
    struct err e = {0};
    struct sample s;

    option_defaults(&sample_set, &s);
    for (int i = 0; i < OPTION_ITEMS_MAX; i++) {
        char text[16];

        (void)snprintf(text, sizeof text, "t%d", i);
        assert_ok(option_set_text(find("tags"), text, &arena, &s, &e), &e);
    }
    assert_int_equal(s.tags.count, OPTION_ITEMS_MAX);
    assert_string_equal(s.tags.items[0], "t0");
    assert_string_equal(s.tags.items[OPTION_ITEMS_MAX - 1], "t9999");
    assert_int_equal(option_set_text(find("tags"), "more", &arena, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "\"tags\" has more than 10000 items");
}

static void
a_full_arena_is_no_memory(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(16);
    struct err e = {0};
    struct sample s;

    option_defaults(&sample_set, &s);
    assert_int_equal(option_set_text(find("title"), "longer than sixteen", &arena, &s, &e),
                     ERR_NOMEM);
    assert_string_equal(s.title, "untitled");
}

static void
names_what_is_missing(void **state)
{
    (void)state;
    struct sample_table table = {0};
    struct err e = {0};
    struct sample s;

    option_defaults(&sample_set, &s);
    assert_int_equal(option_check_required(&sample_set, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "\"tables\" is missing in \"sample\"");
    s.tables.items = &table;
    assert_ok(option_check_required(&sample_set, &s, &e), &e);
    assert_int_equal(option_check_required(&sample_table_set, &table, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "\"name\" is missing in \"table\"");
}

static void
writes_the_largest_unit(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t value;
        const char *text;
    } cases[] = {
        {"timeout", 0, "0s"},      {"timeout", 1500, "1500ms"},
        {"timeout", 90000, "90s"}, {"timeout", 7200000, "2h"},
        {"room", 0, "0"},          {"room", 1000, "1000"},
        {"room", 3 << 20, "3MiB"}, {"jobs", -3, "-3"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(64);
        const struct option *o = find(cases[i].name);
        struct sample s = {0};

        *(int64_t *)((char *)&s + o->offset) = cases[i].value;
        assert_int_equal(option_write_text(o, &s, &b), 0);
        assert_string_equal(buf_str(&b), cases[i].text);
    }
}

static void
help_tells_default_and_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name, *help;
    } cases[] = {
        {"quiet", "say nothing"},
        {"jobs", "how many at once (default 2, from -3 to 16)"},
        {"timeout", "how long to wait (default 5s, from 0s to 1h)"},
        {"title", "what it is called (default untitled)"},
        {"level", "how loud (default high, one of low, high, null)"},
        {"tables", "tables that leave (required)"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(256);

        assert_int_equal(option_write_help(find(cases[i].name), &b), 0);
        assert_string_equal(buf_str(&b), cases[i].help);
    }
}

static void
sample_is_read_back(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(8192);
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(8192);
    const struct sample_table *tables;
    struct err e = {0};
    struct sample s;

    assert_int_equal(option_write_sample(&sample_set, &b), 0);
    assert_non_null(strstr(buf_str(&b), "# how long to wait (default 5s, from 0s to 1h)\n"
                                        "#timeout: 5s\n"));
    assert_non_null(strstr(buf_str(&b), "#   where: condition of the rows\n"));
    assert_null(strstr(buf_str(&b), "json"));
    option_defaults(&sample_set, &s);
    assert_ok(option_read_yaml(&sample_set, buf_str(&b), b.len, "sample", &arena, &s, &e), &e);
    tables = s.tables.items;
    assert_int_equal(s.tables.count, 2);
    assert_string_equal(tables[1].where, "is_active = 1");
    assert_int_equal(tables[1].columns.count, 2);
}

static void
manual_escapes_what_scdoc_would_take_for_markup(void **state)
{
    (void)state;
    static const struct option options[] = {
        {.name = "a_b",
         .letter = 'a',
         .type = OPTION_BOOL,
         .offset = 0,
         .help = "one *star* and #5"},
        {.name = "secret", .type = OPTION_BOOL, .flags = OPTION_UNLISTED, .offset = 0, .help = "x"},
        {.name = NULL},
    };
    static const struct option_set set = {"s", sizeof(bool), options};
    CLEANUP(buf_done) struct buf b = BUF_INIT(8192);

    assert_int_equal(option_write_scdoc(&set, false, &b), 0);
    assert_string_equal(buf_str(&b), "*-a*, *--a\\_b*\n\tone \\*star\\* and \\#5\n\n");
    buf_reset(&b);
    assert_int_equal(option_write_scdoc(&sample_set, true, &b), 0);
    assert_non_null(strstr(buf_str(&b), "*tables*\n\ttables that leave (required)\n\n"
                                        "\t*name*\n\t\tname of the table (required)\n\n"));
    assert_null(strstr(buf_str(&b), "json"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_come_from_the_table),
        cmocka_unit_test(reads_every_notation),
        cmocka_unit_test(refuses_with_name_value_and_bound),
        cmocka_unit_test(a_list_grows_to_its_bound),
        cmocka_unit_test(a_full_arena_is_no_memory),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(writes_the_largest_unit),
        cmocka_unit_test(help_tells_default_and_bounds),
        cmocka_unit_test(sample_is_read_back),
        cmocka_unit_test(manual_escapes_what_scdoc_would_take_for_markup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
