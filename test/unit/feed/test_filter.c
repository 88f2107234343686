/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "feed/filter.h"

#include <stdio.h>
#include <string.h>

struct refusal {
    const char *text;
    int code;
    const char *says; /* the whole message */
};

static void
reads_the_form_of_the_manual(void **state)
{
    static const char yaml[] = "tables:\n"
                               "  - name: badges                                   # whole table\n"
                               "  - name: engagements\n"
                               "    where: visibility = 'public'\n"
                               "  - name: users\n"
                               "    columns: [user_id, username, display_name]\n"
                               "    omit: true\n"
                               "    where: is_active = 1\n";
    CLEANUP(filter_freep) struct filter *f = NULL;
    const struct filter_table *t;
    size_t count;
    struct err e;

    (void)state;
    assert_ok(filter_parse(yaml, strlen(yaml), "filter.yaml", &f, &e), &e);
    t = filter_tables(f, &count);
    assert_int_equal(count, 3);
    assert_string_equal(t[0].name, "badges");
    assert_null(t[0].where);
    assert_int_equal(t[0].columns.count, 0);
    assert_false(t[0].omit);
    assert_string_equal(t[1].where, "visibility = 'public'");
    assert_int_equal(t[2].columns.count, 3);
    assert_string_equal(t[2].columns.items[2], "display_name");
    assert_true(t[2].omit);
}

static void
an_empty_filter_admits_nothing(void **state)
{
    CLEANUP(filter_freep) struct filter *f = NULL, *g = NULL;
    size_t count = 1;
    struct err e;

    (void)state;
    assert_ok(filter_parse("tables: []", 10, "filter.yaml", &f, &e), &e);
    (void)filter_tables(f, &count);
    assert_int_equal(count, 0);
    assert_ok(filter_new(NULL, 0, &g, &e), &e);
    (void)filter_tables(g, &count);
    assert_int_equal(count, 0);
}

static void
refuses_yaml_that_could_mean_something_else(void **state)
{
    static const struct refusal refusals[] = {
        {"", ERR_CONFIG, "the file is empty"},
        {"# nothing\n", ERR_CONFIG, "the file is empty"},
        {"tables: [{name: t}]\n---\ntables: []\n", ERR_CONFIG, "second document"},
        {"tables: [{name: t, name: u}]", ERR_CONFIG, "\"name\""},
        {"tables: []\ntables: []", ERR_CONFIG, "\"tables\""},
        {"tables: [{name: t, wheer: a}]", ERR_CONFIG, "\"wheer\""},
        {"table: []", ERR_CONFIG, "\"table\""},
        {"tables: [{where: a}]", ERR_CONFIG, "\"name\""},
        {"{}", ERR_CONFIG, "\"tables\""},
        {"tables:", ERR_CONFIG, "\"tables\""},
        {"tables: [{name: }]", ERR_CONFIG, "\"name\""},
        {"tables: [{name: t, where: }]", ERR_CONFIG, "\"where\""},
        {"tables: [{name: t, where: ''}]", ERR_CONFIG, "\"where\""},
        {"tables: [{name: t, where: ~}]", ERR_CONFIG, "\"where\""},
        {"tables:\n- name: t\n  columns:\n", ERR_CONFIG, "\"columns\""},
        {"tables: [{name: t, columns: []}]", ERR_CONFIG,
         "f.yaml: table \"t\": the list of columns is empty"},
        {"tables: [{name: t, columns: ['']}]", ERR_CONFIG, "\"columns\""},
        {"tables: [{name: t, columns: a}]", ERR_CONFIG, "\"columns\""},
        {"tables: [{name: t, columns: [a], omit: yes}]", ERR_CONFIG, "\"omit\""},
        {"tables: [{name: t, columns: [a], omit: True}]", ERR_CONFIG, "\"omit\""},
        {"tables: [{name: t, columns: [a], omit: 'true'}]", ERR_CONFIG, "\"omit\""},
        {"tables: [{name: t, columns: [a], omit: 1}]", ERR_CONFIG, "\"omit\""},
        {"tables: [{name: t, columns: [a], omit: }]", ERR_CONFIG, "\"omit\""},
        {"tables:\n- name: t\n  where: v <> 'x' # 'y'\n", ERR_CONFIG, "f.yaml:3:"},
        {"tables: [{name: t, omit: true}]", ERR_CONFIG,
         "f.yaml: table \"t\": \"omit\" needs \"columns\", which says what is left"},
        {"tables: [{name: t}, {name: T}]", ERR_CONFIG, "f.yaml: table \"T\" is listed twice"},
        {"tables: [{name: t, columns: [a, b, A]}]", ERR_CONFIG,
         "f.yaml: table \"t\": column \"A\" is listed twice"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct filter *f = NULL;
        struct err e = {0};
        int r = filter_parse(refusals[i].text, strlen(refusals[i].text), "f.yaml", &f, &e);

        if (r != refusals[i].code || f || !strstr(e.msg, refusals[i].says) ||
            strncmp(e.msg, "f.yaml:", 7) != 0)
            fail_msg("%s: %d %s", refusals[i].text, r, e.msg);
    }
}

/* A hash inside a word or behind quotes was meant as it stands. */
static void
takes_hashes_that_are_no_comments(void **state)
{
    static const char *const texts[] = {
        "tables:\n- name: t\n  where: v = 'x#y'\n",
        "tables:\n- name: t\n  where: \"v = 'x # y'\"\n",
        "tables:\n- name: t\n  where: \"v = 1\" # said in quotes\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(filter_freep) struct filter *f = NULL;
        struct err e;

        assert_ok(filter_parse(texts[i], strlen(texts[i]), "f.yaml", &f, &e), &e);
    }
}

static const char *const accepted_conditions[] = {
    "name = 'Walter White'",
    "last_update > 5",
    "note LIKE '%--%'",
    "is_active = 1",
    "1",
    "NULL",
    "a IS NOT NULL AND (b OR c)",
    "(a, b) IN (SELECT c, d FROM e)",
    "EXISTS (SELECT 1 FROM x WHERE x.id = t.id)",
    "note = 'a; b'",
    "note = '?'",
    "\"a;b\" = 1",
    "date(a) = '2024-01-01'",
    "strftime('%Y', a) = '2024'",
    "date = 'now'",
    "utc = 'utc' AND time IN ('now')",
    "a -- a comment that ends\n = 1",
    "a /* b */ = 1",
    "CASE a WHEN 1 THEN 0 ELSE 1 END",
    "a BETWEEN 1 AND 2",
    "a COLLATE NOCASE = 'x'",
    "CAST(a AS TEXT) = '1'",
    "a->>'$.x' = 1",
    "a > 1. AND b",
};

static const struct refusal refused_conditions[] = {
    {"", ERR_CONFIG, "table \"t\": the condition is empty"},
    {" ", ERR_CONFIG, "incomplete input"},
    {"-- a", ERR_CONFIG, "incomplete input"},
    {"1; DROP TABLE t", ERR_DENIED, "a second statement is not allowed"},
    {"1;", ERR_DENIED, "a second statement is not allowed"},
    {"0) AND (0", ERR_CONFIG, "near \")\": syntax error"},
    {"0) OR (1", ERR_CONFIG, "near \")\": syntax error"},
    {"1) UNION SELECT * FROM secret WHERE (1", ERR_CONFIG, "near \")\": syntax error"},
    {"(1", ERR_CONFIG, "incomplete input"},
    {"1)", ERR_CONFIG, "near \")\": syntax error"},
    {"1 ORDER BY 2", ERR_CONFIG, "it is not one expression"},
    {"1 LIMIT 1", ERR_CONFIG, "it is not one expression"},
    {"1 GROUP BY a", ERR_CONFIG, "it is not one expression"},
    {"1 UNION SELECT 2", ERR_CONFIG, "it is not one expression"},
    {"1 WINDOW w AS ()", ERR_CONFIG, "it is not one expression"},
    {"1 -- x", ERR_CONFIG, "it is not one expression"},
    {"1 /* x", ERR_CONFIG, "it is not one expression"},
    {"a = ", ERR_CONFIG, "incomplete input"},
    {"a = 'x", ERR_CONFIG, "a quote is not closed"},
    {"a = \"x", ERR_CONFIG, "a quote is not closed"},
    {"a = [x", ERR_CONFIG, "a quote is not closed"},
    {"a = {x}", ERR_CONFIG, "a character is not SQL"},
    {"a = 1x", ERR_CONFIG, "a character is not SQL"},
    {"?", ERR_DENIED, "parameters are not allowed"},
    {"a = ?1", ERR_DENIED, "parameters are not allowed"},
    {"a = :name", ERR_DENIED, "parameters are not allowed"},
    {"a = @name", ERR_DENIED, "parameters are not allowed"},
    {"a = $name", ERR_DENIED, "parameters are not allowed"},
    {"a > date('now')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > date ( 'NOW' , '-1 day')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > date/**/('now')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > \"date\"('now')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > [Date]('now')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > date()", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > strftime('%s')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > datetime(b, 'localtime')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > julianday(b, 'utc')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > unixepoch('now')", ERR_DENIED, "it depends on the current time or time zone"},
    {"a > time(('now'))", ERR_DENIED, "it depends on the current time or time zone"},
    {"SELECT 1", ERR_CONFIG, "near \"SELECT\": syntax error"},
    {"DROP TABLE t", ERR_CONFIG, "near \"DROP\": syntax error"},
    {"WITH a AS (SELECT 1) SELECT 1", ERR_CONFIG, "near \"a\": syntax error"},
};

static void
accepts_conditions_that_are_one_expression(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accepted_conditions); i++) {
        struct filter_table t = {.name = "t", .where = accepted_conditions[i]};
        CLEANUP(filter_freep) struct filter *f = NULL;
        struct err e;

        assert_ok(filter_new(&t, 1, &f, &e), &e);
    }
}

static void
refuses_conditions_that_are_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused_conditions); i++) {
        const struct refusal *no = &refused_conditions[i];
        struct filter_table t = {.name = "t", .where = no->text};
        struct filter *f = NULL;
        struct err e = {0};
        char start[200];
        int r = filter_new(&t, 1, &f, &e);

        (void)snprintf(start, sizeof start, "table \"t\": condition \"%s\" is refused: ", no->text);
        if (r != no->code || f || !strstr(e.msg, no->says) ||
            (no->text[0] && strncmp(e.msg, start, strlen(start)) != 0))
            fail_msg("%s: %d %s", no->text, r, e.msg);
    }
}

/* The conditions of the table above, in quotes, through YAML: the same answers. */
static void
judges_conditions_in_yaml_alike(void **state)
{
    (void)state;
    for (size_t i = 1; i < ARRAY_LEN(refused_conditions); i++) {
        const struct refusal *no = &refused_conditions[i];
        struct filter *f = NULL;
        struct err e = {0};
        char yaml[400], *out;
        int r;

        out = yaml + sprintf(yaml, "tables:\n  - name: t\n    where: '");
        for (const char *c = no->text; *c; c++) {
            *out++ = *c;
            if (*c == '\'')
                *out++ = '\'';
        }
        (void)strcpy(out, "'\n");
        r = filter_parse(yaml, strlen(yaml), "f.yaml", &f, &e);
        if (r != no->code || f || !strstr(e.msg, no->says) ||
            strncmp(e.msg, "f.yaml: table \"t\": ", 19) != 0)
            fail_msg("%s: %d %s", no->text, r, e.msg);
    }
}

static void
bounds_names_lists_and_conditions(void **state)
{
    char name[FILTER_NAME_MAX + 2], where[FILTER_WHERE_MAX + 2];
    const char *column = name;
    struct filter_table t = {.name = name};
    struct filter *f = NULL;
    struct err e;

    (void)state;
    memset(name, 'a', sizeof name);
    name[FILTER_NAME_MAX] = '\0';
    assert_ok(filter_new(&t, 1, &f, &e), &e);
    filter_free(TAKE(f));
    name[FILTER_NAME_MAX] = 'a';
    name[FILTER_NAME_MAX + 1] = '\0';
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "a name has 1 to 1024 bytes"));

    t = (struct filter_table){.name = "t", .columns = {.items = &column, .count = 1}};
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "table \"t\": column \"aaa"));

    t = (struct filter_table){.name = ""};
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_CONFIG);
    t = (struct filter_table){.name = NULL};
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_CONFIG);

    memset(where, ' ', sizeof where);
    where[FILTER_WHERE_MAX - 1] = '1';
    where[FILTER_WHERE_MAX] = '\0';
    t = (struct filter_table){.name = "t", .where = where};
    assert_ok(filter_new(&t, 1, &f, &e), &e);
    filter_free(TAKE(f));
    where[FILTER_WHERE_MAX] = ' ';
    where[FILTER_WHERE_MAX + 1] = '\0';
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_LIMIT);
    assert_string_equal(e.msg, "table \"t\": condition has 4097 bytes, over 4096");
}

static void
bounds_the_number_of_tables_and_columns(void **state)
{
    static struct filter_table tables[FILTER_TABLES_MAX + 1];
    static char names[FILTER_TABLES_MAX + 1][8];
    static const char *columns[FILTER_COLUMNS_MAX + 1];
    struct filter *f = NULL;
    struct filter_table t = {.name = "t", .columns = {.items = columns}};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        (void)sprintf(names[i], "t%zu", i);
        tables[i].name = names[i];
    }
    for (size_t i = 0; i < ARRAY_LEN(columns); i++)
        columns[i] = names[i];
    assert_int_equal(filter_new(tables, ARRAY_LEN(tables), &f, &e), ERR_LIMIT);
    assert_string_equal(e.msg, "10001 tables, over 10000");
    t.columns.count = FILTER_COLUMNS_MAX + 1;
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_LIMIT);
    assert_string_equal(e.msg, "table \"t\": 2001 columns, over 2000");
    t.columns.count = FILTER_COLUMNS_MAX;
    assert_ok(filter_new(&t, 1, &f, &e), &e);
    filter_free(f);
}

/* A list that is there and empty means no column to one reader, all of them to another. */
static void
refuses_an_empty_list_of_columns(void **state)
{
    const char *columns[1] = {"a"};
    struct filter_table t = {.name = "t", .columns = {.items = columns, .count = 0}};
    struct filter *f = NULL;
    struct err e;

    (void)state;
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "table \"t\": the list of columns is empty");
}

/* A condition cannot make its own compilation endless. */
static void
bounds_the_work_of_compiling(void **state)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(FILTER_WHERE_MAX);
    struct filter_table t = {.name = "t"};
    struct filter *f = NULL;
    struct err e;

    (void)state;
    assert_int_equal(buf_append_str(&b, "1 IN (WITH c0 AS (SELECT 1 AS x)"), 0);
    for (int i = 1; i <= 40; i++)
        assert_int_equal(buf_printf(&b, ", c%d AS (SELECT 1 FROM c%d, c%d AS b)", i, i - 1, i - 1),
                         0);
    assert_int_equal(buf_append_str(&b, " SELECT 1 FROM c40)"), 0);
    t.where = buf_str(&b);
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "is refused: common table expressions are not allowed"));

    buf_reset(&b);
    assert_int_equal(buf_append_str(&b, "1"), 0);
    for (int i = 0; i <= 16; i++)
        assert_int_equal(buf_append_str(&b, " OR 1 IN (SELECT 1)"), 0);
    t.where = buf_str(&b);
    assert_int_equal(filter_new(&t, 1, &f, &e), ERR_LIMIT);
    assert_non_null(strstr(e.msg, "is refused: it has over 16 sub-queries"));
}

static void
writes_what_it_reads(void **state)
{
    const char *columns[] = {"a: b", "#", "'", "true", "\xc3\xa9"};
    struct filter_table tables[] = {
        {.name = "t", .where = "a = 'x # y' -- z\n"},
        {.name = "null", .columns = {.items = columns, .count = ARRAY_LEN(columns)}, .omit = true},
        {.name = "- [", .where = " a = ': \"\\ ' "},
    };
    CLEANUP(filter_freep) struct filter *f = NULL, *g = NULL;
    CLEANUP(buf_done) struct buf b = BUF_INIT(10000);
    const struct filter_table *t;
    size_t count;
    struct err e;

    (void)state;
    assert_ok(filter_new(tables, ARRAY_LEN(tables), &f, &e), &e);
    assert_int_equal(filter_write(f, &b), 0);
    assert_ok(filter_parse(buf_str(&b), b.len, "f.yaml", &g, &e), &e);
    t = filter_tables(g, &count);
    assert_int_equal(count, ARRAY_LEN(tables));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(t[i].name, tables[i].name);
        if (tables[i].where)
            assert_string_equal(t[i].where, tables[i].where);
        else
            assert_null(t[i].where);
        assert_int_equal(t[i].omit, tables[i].omit);
        assert_int_equal(t[i].columns.count, tables[i].columns.count);
        for (size_t k = 0; k < t[i].columns.count; k++)
            assert_string_equal(t[i].columns.items[k], columns[k]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_form_of_the_manual),
        cmocka_unit_test(an_empty_filter_admits_nothing),
        cmocka_unit_test(refuses_yaml_that_could_mean_something_else),
        cmocka_unit_test(takes_hashes_that_are_no_comments),
        cmocka_unit_test(accepts_conditions_that_are_one_expression),
        cmocka_unit_test(refuses_conditions_that_are_not),
        cmocka_unit_test(judges_conditions_in_yaml_alike),
        cmocka_unit_test(bounds_names_lists_and_conditions),
        cmocka_unit_test(bounds_the_number_of_tables_and_columns),
        cmocka_unit_test(refuses_an_empty_list_of_columns),
        cmocka_unit_test(bounds_the_work_of_compiling),
        cmocka_unit_test(writes_what_it_reads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
