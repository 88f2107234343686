/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/option.h"
#include "option_sample.h"

#include <string.h>

#define ARENA_MAX ((size_t)8 << 20)

static int
read_text(const char *text, size_t len, struct arena *arena, struct sample *ret, struct err *e)
{
    option_defaults(&sample_set, ret);
    return option_read_yaml(&sample_set, text, len, "f.yaml", arena, ret, e);
}

static void
reads_every_type(void **state)
{
    (void)state;
    static const char text[] = "quiet: true\n"
                               "jobs: -3\n"
                               "timeout: 250ms\n"
                               "room: '512'\n"
                               "title: yes, it is \\n\n"
                               "level: \"low\"\n"
                               "tags: [a, 'b c', \"d\\n\\u00e9\"]\n"
                               "tables:\n"
                               "  - name: badges   # a whole table\n"
                               "  - name: engagements\n"
                               "    where: visibility = 'public'\n"
                               "  - name: users\n"
                               "    columns: [user_id, username]\n"
                               "    where: a = 1\n"
                               "      and b <> 'x#y'\n"
                               "    omit: true # said\n";
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    const struct sample_table *t;
    struct err e = {0};
    struct sample s;

    assert_ok(read_text(text, strlen(text), &arena, &s, &e), &e);
    assert_true(s.quiet);
    assert_int_equal(s.jobs, -3);
    assert_int_equal(s.timeout_ms, 250);
    assert_int_equal(s.room, 512);
    assert_string_equal(s.title, "yes, it is \\n");
    assert_int_equal(s.level, 0);
    assert_int_equal(s.tags.count, 3);
    assert_string_equal(s.tags.items[2], "d\n\xc3\xa9");
    assert_int_equal(s.tables.count, 3);
    t = s.tables.items;
    assert_string_equal(t[0].name, "badges");
    assert_null(t[0].where);
    assert_null(t[0].columns.items);
    assert_string_equal(t[1].where, "visibility = 'public'");
    assert_string_equal(t[2].where, "a = 1 and b <> 'x#y'");
    assert_string_equal(t[2].columns.items[1], "username");
    assert_true(t[2].omit);
}

/* What differs only in form is accepted; what YAML reads as text stays as it is written. */
static void
accepts_other_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "tables: []",
        "{tables: []}",
        "\"tables\": []\n",
        "---\ntables: []\n...\n",
        "%YAML 1.1\n---\ntables: []\n",
        "\xef\xbb\xbftables: []\n", /* byte order mark */
        "tables: []\r\n# end\r\n",
        "tables: [{name: a}]",
        "tables:\n- name: a\n  where: 'v <> 1' # quoted\n",
        "tables:\n- name: a\n  where: \"v <> 1\" # quoted\n",
        "tables:\n- name: a\n  where: | # a block\n    v = '#1'\n",
        "tables:\n- name: a\n  where: v = '#1'\n",
        "tables:\n- name: a\n  where: v = 1\n  # a line of its own\n",
        "tables:\n- name: a\n  columns:\n  - 'b' # quoted\n",
        "tables:\n- name: a\n  columns: []\n",
        "tables:\n- {name: 'null'}\n",
        "tables: []\njobs:\n  5\n",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
        struct err e = {0};
        struct sample s;

        assert_ok(read_text(texts[i], strlen(texts[i]), &arena, &s, &e), &e);
        assert_non_null(s.tables.items);
    }
}

#define BROKEN_COMMENT                                                                             \
    " is followed by a comment, which may have been meant as part of it; put the value in "        \
    "quotes or the comment on a line of its own"

/* Every refusal, with its place. */
static void
refuses_with_line_and_column(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        /* nothing, or too much of it */
        {"", "f.yaml:1:1: the file is empty"},
        {"# a comment\n", "f.yaml:1:1: the file is empty"},
        {"\xef\xbb\xbf", "f.yaml:1:1: the file is empty"},
        {"---\n", "f.yaml:2:1: \"sample\" must be keys and values"},
        {"tables: []\n---\n", "f.yaml:2:1: a second document is not allowed"},
        {"tables: []\n...\n---\ntables: []\n", "f.yaml:3:1: a second document is not allowed"},

        /* keys */
        {"tables: []\nmore: 1\n",
         "f.yaml:2:1: unknown key \"more\" in \"sample\", which knows quiet, jobs, timeout, room, "
         "title, level, tags, tables"},
        {"tables:\n- nmae: a\n",
         "f.yaml:2:3: unknown key \"nmae\" in \"table\", which knows name, where, columns, omit"},
        {"json: true\n",
         "f.yaml:1:1: unknown key \"json\" in \"sample\", which knows quiet, jobs, timeout, room, "
         "title, level, tags, tables"},
        {"<<: {tables: []}\n",
         "f.yaml:1:1: unknown key \"<<\" in \"sample\", which knows quiet, jobs, timeout, room, "
         "title, level, tags, tables"},
        {"jobs: 1\njobs: 1\n", "f.yaml:2:1: \"jobs\" is given twice"},
        {"tables:\n- name: a\n  \"name\": b\n", "f.yaml:3:3: \"name\" is given twice"},
        {"? [a]\n: b\n", "f.yaml:1:3: a key must be one word"},
        {"\"jo\\0bs\": 1\n", "f.yaml:1:1: a key holds a NUL"},
        {"jobs: 1\n", "f.yaml:1:1: \"tables\" is missing in \"sample\""},
        {"tables:\n- name: a\n- where: b\n", "f.yaml:3:3: \"name\" is missing in \"table\""},
        {"tables:\n- {}\n", "f.yaml:2:3: \"name\" is missing in \"table\""},

        /* kinds */
        {"- a\n", "f.yaml:1:1: \"sample\" must be keys and values"},
        {"just text\n", "f.yaml:1:1: \"sample\" must be keys and values"},
        {"tables: x\n", "f.yaml:1:9: \"tables\" must be a list"},
        {"tables:\n", "f.yaml:1:8: \"tables\" must be a list"},
        {"tables: {}\n", "f.yaml:1:9: \"tables\" must be a list"},
        {"tables: [a]\n", "f.yaml:1:10: \"table\" must be keys and values"},
        {"tables:\n-\n", "f.yaml:2:2: \"table\" must be keys and values"},
        {"tags: a\n", "f.yaml:1:7: \"tags\" must be a list"},
        {"tags: [[a]]\n", "f.yaml:1:8: \"tags\" must be one value, not a list or keys"},
        {"tags: [a: b]\n", "f.yaml:1:8: \"tags\" must be one value, not a list or keys"},
        {"title: [a]\n", "f.yaml:1:8: \"title\" must be one value, not a list or keys"},
        {"title: {a: b}\n", "f.yaml:1:8: \"title\" must be one value, not a list or keys"},

        /* present but empty */
        {"title:\n", "f.yaml:1:7: \"title\" is present but empty; give it a value or leave it out"},
        {"title: ~\n",
         "f.yaml:1:8: \"title\" is present but empty; give it a value or leave it out"},
        {"title: null\n",
         "f.yaml:1:8: \"title\" is present but empty; give it a value or leave it out"},
        {"jobs:\ntables: []\n",
         "f.yaml:1:6: \"jobs\" is present but empty; give it a value or leave it out"},
        {"title: \"\"\n", "f.yaml:1:8: \"title\" must not be empty"},
        {"tags:\n- a\n-\n",
         "f.yaml:3:2: \"tags\" is present but empty; give it a value or leave it out"},
        {"tags: ['']\n", "f.yaml:1:8: \"tags\" must not be empty"},

        /* values */
        {"quiet: yes\n", "f.yaml:1:8: \"quiet\" must be true or false, not \"yes\""},
        {"quiet: on\n", "f.yaml:1:8: \"quiet\" must be true or false, not \"on\""},
        {"quiet: True\n", "f.yaml:1:8: \"quiet\" must be true or false, not \"True\""},
        {"quiet: 1\n", "f.yaml:1:8: \"quiet\" must be true or false, not \"1\""},
        {"quiet: \"true\"\n", "f.yaml:1:8: \"quiet\" must not be in quotes"},
        {"jobs: '1'\n", "f.yaml:1:7: \"jobs\" must not be in quotes"},
        {"jobs: 17\n", "f.yaml:1:7: \"jobs\" must be from -3 to 16, not \"17\""},
        {"jobs: 010\n", "f.yaml:1:7: \"jobs\" must be a whole number, not \"010\""},
        {"title: \"a\\0b\"\n", "f.yaml:1:8: \"title\" holds a NUL"},

        /* what only libyaml's whole language has a use for */
        {"tags: &a [b]\n", "f.yaml:1:7: anchors are not allowed"},
        {"title: &a b\n", "f.yaml:1:8: anchors are not allowed"},
        {"&a tables: []\n", "f.yaml:1:1: anchors are not allowed"},
        {"&a\ntables: []\n", "f.yaml:1:1: anchors are not allowed"},
        {"title: *a\n", "f.yaml:1:8: aliases are not allowed"},
        {"*a : b\n", "f.yaml:1:1: aliases are not allowed"},
        {"title: !!str a\n", "f.yaml:1:8: tags are not allowed"},
        {"title: !x a\n", "f.yaml:1:8: tags are not allowed"},
        {"title: ! a\n", "f.yaml:1:8: tags are not allowed"},
        {"\xc3\xa9: b\n",
         "f.yaml:1:1: unknown key \"\xc3\xa9\" in \"sample\", which knows quiet, jobs, timeout, "
         "room, title, level, tags, tables"},
        {"title: \xc3\xa9\ntags: [\xe2\x82\xac, ! a]\n", "f.yaml:2:11: tags are not allowed"},
        {"tables: !!seq []\n", "f.yaml:1:9: tags are not allowed"},
        {"!!map\ntables: []\n", "f.yaml:1:1: tags are not allowed"},
        {"title:\n\tb\n",
         "f.yaml:2:1: not valid YAML: found character that cannot start any token"},
        {"tags: [a\n", "f.yaml:2:1: not valid YAML: did not find expected ',' or ']'"},
        {"title: a: b\n",
         "f.yaml:1:9: not valid YAML: mapping values are not allowed in this context"},

        /* text */
        {"tables: []\ntitle: a\xff\n", "f.yaml:2:9: byte 0xff is not UTF-8"},
        {"title: \xc3\xa9\xc0\x80\n", "f.yaml:1:9: byte 0xc0 is not UTF-8"},
        {"title: \xe2\x82", "f.yaml:1:8: byte 0xe2 is not UTF-8"},
        {"\xff\xfet\0", "f.yaml:1:1: byte 0xff is not UTF-8"},
        {"title: a\x01\n", "f.yaml:1:9: control character 0x01 is not allowed"},
        {"title: a\n\xef\xbb\xbftags: []\n",
         "f.yaml:2:1: a byte order mark is allowed only at the start"},
        {"\xef\xbb\xbf\xef\xbb\xbftables: []\n",
         "f.yaml:1:1: a byte order mark is allowed only at the start"},
        {"title: a\xc2\x80\n", "f.yaml:1:9: not valid YAML: control characters are not allowed"},
        {"tables: []\ntitle: \xc3\xa9\xef\xbf\xbe\n",
         "f.yaml:2:9: not valid YAML: control characters are not allowed"},

        /* comments where a part of the value may have been meant */
        {"tables:\n- name: a\n  where: v <> 'x' # c\n", "f.yaml:3:18: \"where\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  where: v <> 'x #1'\n", "f.yaml:3:17: \"where\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  where: v <> '\xc3\xa9 #1'\n",
         "f.yaml:3:17: \"where\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  where: v <> 'x'\t#\n", "f.yaml:3:18: \"where\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  where: v = 1 #", "f.yaml:3:15: \"where\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  where: v = 1\n    and w = 2 # c\n",
         "f.yaml:4:14: \"where\"" BROKEN_COMMENT},
        {"tables: [{name: a, where: v = 1 # c\n}]\n", "f.yaml:1:32: \"where\"" BROKEN_COMMENT},
        {"tables: [{name: a, where: v = 1}] # c\n", "f.yaml:1:32: \"where\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  columns: [b, c #d\n  ]\n",
         "f.yaml:3:17: \"columns\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  columns:\n  - b #c\n", "f.yaml:4:6: \"columns\"" BROKEN_COMMENT},
        {"tables:\n- name: a\n  where: v = 1\n    # c\n    and w = 2\n",
         "f.yaml:5:5: not valid YAML: did not find expected key"},
        {"tables:\n- name: a\n  where: v = 1 # c\n    and w = 2\n",
         "f.yaml:3:15: \"where\"" BROKEN_COMMENT},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
        struct err e = {0};
        struct sample s;
        int r = read_text(cases[i].text, strlen(cases[i].text), &arena, &s, &e);

        if (r != ERR_CONFIG)
            fail_msg("case %zu: accepted, or failed otherwise: %s", i, cases[i].text);
        assert_string_equal(e.msg, cases[i].message);
        assert_int_equal(e.code, ERR_CONFIG);
    }
}

static void
refuses_a_nul_in_the_text(void **state)
{
    (void)state;
    static const char text[] = "tables: []\n\0jobs: 99\n";
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct err e = {0};
    struct sample s;

    assert_int_equal(read_text(text, sizeof text - 1, &arena, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "f.yaml:2:1: control character 0x00 is not allowed");
}

static void
refuses_too_many_items(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);
    struct err e = {0};
    struct sample s;

    assert_int_equal(buf_append_str(&b, "tables:\n"), 0);
    for (int i = 0; i < OPTION_ITEMS_MAX; i++)
        assert_int_equal(buf_append_str(&b, "- name: a\n"), 0);
    assert_ok(read_text(buf_str(&b), b.len, &arena, &s, &e), &e);
    assert_int_equal(s.tables.count, OPTION_ITEMS_MAX);
    assert_int_equal(buf_append_str(&b, "- name: a\n"), 0);
    assert_int_equal(read_text(buf_str(&b), b.len, &arena, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "f.yaml:10002:3: \"tables\" has more than 10000 items");
}

static void
refuses_too_long_a_file(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    CLEANUP(freep) char *text = malloc(OPTION_YAML_MAX + 1);
    struct err e = {0};
    struct sample s;

    assert_non_null(text);
    memset(text, '#', OPTION_YAML_MAX + 1);
    memcpy(text, "tables: []\n", 11);
    assert_ok(read_text(text, OPTION_YAML_MAX, &arena, &s, &e), &e);
    assert_int_equal(read_text(text, OPTION_YAML_MAX + 1, &arena, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "f.yaml: file is 262145 bytes, at most 262144 are allowed");
}

/* Nesting is refused at its first level that the table does not have, however deep it goes. */
static void
refuses_depth_at_once(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    CLEANUP(freep) char *text = malloc(100000);
    struct err e = {0};
    struct sample s;

    assert_non_null(text);
    memset(text, '[', 100000);
    assert_int_equal(read_text(text, 100000, &arena, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "f.yaml:1:1: \"sample\" must be keys and values");
    memcpy(text, "tables: ", 8);
    assert_int_equal(read_text(text, 100000, &arena, &s, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "f.yaml:1:10: \"table\" must be keys and values");
}

static void
a_full_arena_is_no_memory(void **state)
{
    (void)state;
    static const char text[] = "tags: [a, b]\ntables: [{name: abc, columns: [d]}]\n";
    size_t max = 0;

    for (;; max += 16) {
        CLEANUP(arena_done) struct arena arena = ARENA_INIT(max);
        struct err e = {0};
        struct sample s;

        if (read_text(text, strlen(text), &arena, &s, &e) == 0)
            break;
        assert_int_equal(e.code, ERR_NOMEM);
        assert_true(max < 4096);
    }
    assert_true(max > 0);
}

static void
a_caller_may_not_care_why(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    struct sample s;

    assert_int_equal(read_text("jobs: 17\n", 9, &arena, &s, NULL), ERR_CONFIG);
    assert_int_equal(read_text("more: 17\n", 9, &arena, &s, NULL), ERR_CONFIG);
}

static void
assert_same(const struct sample *a, const struct sample *b)
{
    const struct sample_table *t = a->tables.items, *u = b->tables.items;

    assert_int_equal(a->quiet, b->quiet);
    assert_int_equal(a->jobs, b->jobs);
    assert_int_equal(a->timeout_ms, b->timeout_ms);
    assert_int_equal(a->room, b->room);
    assert_string_equal(a->title, b->title);
    assert_int_equal(a->level, b->level);
    assert_int_equal(a->tags.items == NULL, b->tags.items == NULL);
    assert_int_equal(a->tags.count, b->tags.count);
    for (size_t i = 0; i < a->tags.count; i++)
        assert_string_equal(a->tags.items[i], b->tags.items[i]);
    assert_int_equal(a->tables.count, b->tables.count);
    for (size_t i = 0; i < a->tables.count; i++) {
        assert_string_equal(t[i].name, u[i].name);
        assert_int_equal(t[i].where == NULL, u[i].where == NULL);
        if (t[i].where)
            assert_string_equal(t[i].where, u[i].where);
        assert_int_equal(t[i].columns.items == NULL, u[i].columns.items == NULL);
        assert_int_equal(t[i].columns.count, u[i].columns.count);
        assert_int_equal(t[i].omit, u[i].omit);
    }
}

/* Every byte and every awkward text comes back as it was. */
static void
what_is_written_is_read_back(void **state)
{
    (void)state;
    static const char *const awkward[] = {
        "plain",
        "null",
        "~",
        "true",
        "- a",
        "a: b",
        "a #b",
        "'single' \"double\" \\back",
        "  spaces  ",
        "\n",
        "line\nline\r\n\ttab\n",
        "%d {[&*!|>@`",
        "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xa7",
        "\xc2\x80 nel \xc2\x85 \xc2\x9f nbsp \xc2\xa0",
        "ls \xe2\x80\xa8 ps \xe2\x80\xa9",
        "\xef\xbb\xbf bom \xef\xbb\xbf",
        "\xef\xbf\xbd \xef\xbf\xbe \xef\xbf\xbf \xf4\x8f\xbf\xbf",
        "---",
        "...",
    };
    char all[128];
    const char *texts[ARRAY_LEN(awkward) + 1];
    struct sample_table tables[] = {
        {.name = "a", .columns = {texts, ARRAY_LEN(texts)}, .omit = true},
        {.name = "b", .where = "v <> 'x' # no comment"},
        {.name = "c", .columns = {texts, 0}},
    };
    struct sample s = {
        .quiet = true,
        .jobs = -1,
        .timeout_ms = 1500,
        .room = 1000,
        .title = all,
        .level = 2, /* spelt "null" */
        .tags = {texts, ARRAY_LEN(texts)},
        .tables = {tables, ARRAY_LEN(tables)},
    };
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(ARENA_MAX);
    CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);
    struct err e = {0};
    struct sample back;

    for (int c = 1; c < 128; c++)
        all[c - 1] = (char)c;
    all[127] = '\0';
    memcpy(texts, awkward, sizeof awkward);
    texts[ARRAY_LEN(awkward)] = all;

    assert_int_equal(option_write_yaml(&sample_set, &s, &b), 0);
    assert_ok(read_text(buf_str(&b), b.len, &arena, &back, &e), &e);
    assert_same(&s, &back);
}

static void
writes_what_a_person_can_read(void **state)
{
    (void)state;
    struct sample_table tables[] = {{.name = "a", .where = "v = 1"}, {0}};
    struct sample s;
    CLEANUP(buf_done) struct buf b = BUF_INIT(4096);

    option_defaults(&sample_set, &s);
    s.tables = (struct option_sections){tables, 2};
    assert_int_equal(option_write_yaml(&sample_set, &s, &b), 0);
    assert_string_equal(buf_str(&b), "quiet: false\n"
                                     "jobs: 2\n"
                                     "timeout: 5s\n"
                                     "room: 64KiB\n"
                                     "title: \"untitled\"\n"
                                     "level: \"high\"\n"
                                     "tables:\n"
                                     "  - name: \"a\"\n"
                                     "    where: \"v = 1\"\n"
                                     "    omit: false\n"
                                     "  - omit: false\n");
}

static void
a_map_of_nothing_is_still_a_map(void **state)
{
    (void)state;
    static const struct option options[] = {
        {.name = "a", .type = OPTION_STRING, .offset = 0, .help = "a"},
        {.name = NULL},
    };
    static const struct option_set inner = {"inner", sizeof(const char *), options};
    static const struct option outer_options[] = {
        {.name = "list", .type = OPTION_SECTIONS, .sections = &inner, .offset = 0, .help = "b"},
        {.name = NULL},
    };
    static const struct option_set outer = {"outer", sizeof(struct option_sections), outer_options};
    const char *nothing = NULL;
    struct option_sections list = {&nothing, 1};
    CLEANUP(arena_done) struct arena arena = ARENA_INIT(4096);
    CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
    struct err e = {0};

    assert_int_equal(option_write_yaml(&inner, &nothing, &b), 0);
    assert_string_equal(buf_str(&b), "{}\n");
    assert_ok(option_read_yaml(&inner, buf_str(&b), b.len, "f", &arena, &nothing, &e), &e);
    buf_reset(&b);
    assert_int_equal(option_write_yaml(&outer, &list, &b), 0);
    assert_string_equal(buf_str(&b), "list:\n  - {}\n");
    assert_ok(option_read_yaml(&outer, buf_str(&b), b.len, "f", &arena, &list, &e), &e);
    assert_int_equal(list.count, 1);
}

static void
does_not_write_what_it_could_not_read(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
    struct sample s;

    option_defaults(&sample_set, &s);
    s.title = "a\xff";
    assert_int_equal(option_write_yaml(&sample_set, &s, &b), ERR_PROTO);
    s.title = "much longer than that";
    b.max = 20;
    buf_reset(&b);
    assert_int_equal(option_write_yaml(&sample_set, &s, &b), ERR_LIMIT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(accepts_other_forms),
        cmocka_unit_test(refuses_with_line_and_column),
        cmocka_unit_test(refuses_a_nul_in_the_text),
        cmocka_unit_test(refuses_too_many_items),
        cmocka_unit_test(refuses_too_long_a_file),
        cmocka_unit_test(refuses_depth_at_once),
        cmocka_unit_test(a_full_arena_is_no_memory),
        cmocka_unit_test(a_caller_may_not_care_why),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(writes_what_a_person_can_read),
        cmocka_unit_test(a_map_of_nothing_is_still_a_map),
        cmocka_unit_test(does_not_write_what_it_could_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
