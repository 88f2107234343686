/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "feed/sql_token.h"

#include <string.h>

#include <sqlite3.h>

struct sample {
    const char *text;
    enum sql_token_kind kind;
    size_t len;
};

static void
cuts_each_kind(void **state)
{
    static const struct sample samples[] = {
        {"", SQL_TOKEN_END, 0},
        {" \t\n\f\r", SQL_TOKEN_END, 0},
        {"abc ", SQL_TOKEN_WORD, 3},
        {"a$1_\xc3\xa9+", SQL_TOKEN_WORD, 6},
        {"xyz", SQL_TOKEN_WORD, 3},
        {"\"a\"\"b\"c", SQL_TOKEN_QUOTED, 6},
        {"`a``b`c", SQL_TOKEN_QUOTED, 6},
        {"[a\"b]]", SQL_TOKEN_QUOTED, 5},
        {"'it''s' x", SQL_TOKEN_STRING, 7},
        {"'a", SQL_TOKEN_BAD, 1},
        {"\"a\"\"", SQL_TOKEN_BAD, 1},
        {"[a", SQL_TOKEN_BAD, 1},
        {"x'00fF' ", SQL_TOKEN_BLOB, 7},
        {"X''", SQL_TOKEN_BLOB, 3},
        {"x'0'", SQL_TOKEN_BAD, 1},
        {"x'0g'", SQL_TOKEN_BAD, 1},
        {"12 ", SQL_TOKEN_NUMBER, 2},
        {"0x1fG", SQL_TOKEN_BAD, 4},
        {"0x1F,", SQL_TOKEN_NUMBER, 4},
        {"1.5e+10)", SQL_TOKEN_NUMBER, 7},
        {"1.", SQL_TOKEN_NUMBER, 2},
        {".5", SQL_TOKEN_NUMBER, 2},
        {"1e5", SQL_TOKEN_NUMBER, 3},
        {"1e", SQL_TOKEN_BAD, 1},
        {"1a", SQL_TOKEN_BAD, 1},
        {"?12", SQL_TOKEN_VARIABLE, 3},
        {":name", SQL_TOKEN_VARIABLE, 5},
        {"@a", SQL_TOKEN_VARIABLE, 2},
        {"$a", SQL_TOKEN_VARIABLE, 2},
        {"->>'a'", SQL_TOKEN_OPERATOR, 3},
        {"->'a'", SQL_TOKEN_OPERATOR, 2},
        {"||a", SQL_TOKEN_OPERATOR, 2},
        {"<>", SQL_TOKEN_OPERATOR, 2},
        {"-1", SQL_TOKEN_OPERATOR, 1},
        {".a", SQL_TOKEN_OPERATOR, 1},
        {"-- all of it", SQL_TOKEN_END, 0},
        {"-- one line\na", SQL_TOKEN_WORD, 1},
        {"/* b */c", SQL_TOKEN_WORD, 1},
        {"/**/c", SQL_TOKEN_WORD, 1},
        {"/*/ b */c", SQL_TOKEN_WORD, 1},
        {"/* never ends", SQL_TOKEN_END, 0},
        {"/*", SQL_TOKEN_OPERATOR, 1},
        {" \vb", SQL_TOKEN_WORD, 1},
        {"\xef\xbb\xbf"
         "b",
         SQL_TOKEN_WORD, 1},
        {"!", SQL_TOKEN_BAD, 1},
        {"\x01", SQL_TOKEN_BAD, 1},
        {"{", SQL_TOKEN_BAD, 1},
        {"^", SQL_TOKEN_BAD, 1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const char *at = samples[i].text;
        struct sql_token t = sql_token_next(&at);

        if (t.kind != samples[i].kind || t.len != samples[i].len)
            fail_msg("\"%s\": kind %d, %zu bytes", samples[i].text, (int)t.kind, t.len);
        assert_ptr_equal(at, t.text + t.len);
    }
}

static void
stays_at_the_end(void **state)
{
    const char *at = "a";

    (void)state;
    assert_int_equal(sql_token_next(&at).kind, SQL_TOKEN_WORD);
    assert_int_equal(sql_token_next(&at).kind, SQL_TOKEN_END);
    assert_int_equal(sql_token_next(&at).kind, SQL_TOKEN_END);
}

static void
compares_words_without_case_and_never_quoted(void **state)
{
    static const struct {
        const char *text, *word;
        bool same;
    } samples[] = {
        {"select", "SELECT", true},
        {"SeLeCt", "select", true},
        {"sel", "select", false},
        {"selects", "select", false},
        {"\"select\"", "select", false},
        {"'select'", "select", false},
        {"(", "(", true},
        {"\xc3\xa9", "\xc3\x89", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const char *at = samples[i].text;
        struct sql_token t = sql_token_next(&at);

        assert_int_equal(sql_token_is(&t, samples[i].word), samples[i].same);
    }
}

static void
takes_quotes_off_names(void **state)
{
    static const char *const samples[][2] = {
        {"a", "a"},          {"\"a\"\"b\"", "a\"b"}, {"`a``b`", "a`b"}, {"[a b]", "a b"},
        {"'it''s'", "it's"}, {"\"\"", ""},           {"[]", ""},        {"\"[x]\"", "[x]"},
    };
    CLEANUP(arena_done) struct arena a = ARENA_INIT(4096);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        const char *at = samples[i][0];
        struct sql_token t = sql_token_next(&at);

        assert_true(sql_token_is_name(&t));
        assert_string_equal(sql_token_name(&t, &a), samples[i][1]);
    }
}

static void
writes_one_canonical_form(void **state)
{
    static const char *const samples[][2] = {
        {"a", "a"},
        {" a  /* secret */ =\n1 -- secret", "a = 1"},
        {"main . t . a", "main.t.a"},
        {"f ( a,b )", "f(a, b)"},
        {"- -1", "- - 1"},
        {"a - - 1", "a - - 1"},
        {"x IN(1,2)", "x IN(1, 2)"},
        {"a > 1. AND b", "a > 1.0 AND b"},
        {"1 .5", "1 .5"},
        {"'a -- b'", "'a -- b'"},
        {"a/ *b", "a / * b"},
        {"\"a\"(b)", "\"a\" (b)"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
        CLEANUP(buf_done) struct buf again = BUF_INIT(1000);

        assert_int_equal(sql_token_canonical(samples[i][0], strlen(samples[i][0]), &b), 0);
        assert_string_equal(buf_str(&b), samples[i][1]);
        assert_int_equal(sql_token_canonical(buf_str(&b), b.len, &again), 0);
        assert_string_equal(buf_str(&again), samples[i][1]);
    }
}

static void
refuses_what_is_no_token_and_what_is_too_long(void **state)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT(4);

    (void)state;
    assert_int_equal(sql_token_canonical("'", 1, &b), ERR_PROTO);
    assert_int_equal(sql_token_canonical("abcde", 5, &b), ERR_LIMIT);
}

/* SQLite reads back what was put in quotes, whatever the name. */
static void
quotes_names(void **state)
{
    static const char *const names[] = {"a", "a\"b", "\"\"", "a'b", "[", "a b", "\xc3\xa9", "a\nb"};
    sqlite3 *db = NULL;

    (void)state;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(1000);
        sqlite3_stmt *stmt = NULL;

        assert_int_equal(buf_append_str(&b, "SELECT 1 AS "), 0);
        assert_int_equal(sql_name_append(names[i], &b), 0);
        assert_int_equal(sqlite3_prepare_v2(db, buf_str(&b), -1, &stmt, NULL), SQLITE_OK);
        assert_string_equal(sqlite3_column_name(stmt, 0), names[i]);
        sqlite3_finalize(stmt);
    }
    sqlite3_close(db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_each_kind),
        cmocka_unit_test(stays_at_the_end),
        cmocka_unit_test(compares_words_without_case_and_never_quoted),
        cmocka_unit_test(takes_quotes_off_names),
        cmocka_unit_test(writes_one_canonical_form),
        cmocka_unit_test(refuses_what_is_no_token_and_what_is_too_long),
        cmocka_unit_test(quotes_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
