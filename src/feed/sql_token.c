/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/sql_token.h"

#include "base/str.h"

#include <string.h>

/* Bytes of a name: letters, digits, '_', '$', and everything outside ASCII. */
static bool
is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/*
 * Behind white space and comments. A block comment may end with the text, as in
 * SQLite; a vertical tab is white space only behind other; a byte order mark
 * is white space where a token could start.
 */
static const char *
skip_blank(const char *p)
{
    for (;;) {
        if (is_space(*p)) {
            while (is_space(*p) || *p == '\v')
                p++;
        } else if (str_starts(p, "\xef\xbb\xbf")) {
            p += 3;
        } else if (p[0] == '-' && p[1] == '-') {
            p += strcspn(p, "\n");
        } else if (p[0] == '/' && p[1] == '*' && p[2]) {
            const char *end = strstr(p + 2, "*/");

            p = end ? end + 2 : p + strlen(p);
        } else {
            return p;
        }
    }
}

/* Length of the quoted run at p, doubled quotes included; 0 when it does not end. */
static size_t
quoted_len(const char *p)
{
    char close = *p;

    if (close == '[')
        close = ']';
    for (size_t i = 1; p[i]; i++) {
        if (p[i] != close)
            continue;
        if (close != ']' && p[i + 1] == close)
            i++;
        else
            return i + 1;
    }
    return 0;
}

static size_t
name_len(const char *p)
{
    size_t n = 0;

    while (is_name_byte(p[n]))
        n++;
    return n;
}

static size_t
number_len(const char *p)
{
    size_t n = 0;

    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && is_hex(p[2])) {
        for (n = 2; is_hex(p[n]);)
            n++;
        return n;
    }
    while (is_digit(p[n]))
        n++;
    if (p[n] == '.') {
        for (n++; is_digit(p[n]);)
            n++;
    }
    if (p[n] == 'e' || p[n] == 'E') {
        size_t sign = p[n + 1] == '+' || p[n + 1] == '-';

        if (is_digit(p[n + 1 + sign])) {
            for (n += 1 + sign; is_digit(p[n]);)
                n++;
        }
    }
    return n;
}

static size_t
operator_len(const char *p)
{
    static const char *const longer[] = {"->>", "->", "||", "<=", "<>",
                                         "<<",  ">=", ">>", "==", "!="};

    for (size_t i = 0; i < ARRAY_LEN(longer); i++) {
        if (str_starts(p, longer[i]))
            return strlen(longer[i]);
    }
    return strchr("-+*/%(),.;=<>&|~", *p) ? 1 : 0;
}

struct sql_token
sql_token_next(const char **text)
{
    const char *p = skip_blank(*text);
    struct sql_token t = {.kind = SQL_TOKEN_BAD, .text = p, .len = 1};

    if (*p == '\0') {
        t.kind = SQL_TOKEN_END;
        t.len = 0;
    } else if (*p == '\'' || *p == '"' || *p == '`' || *p == '[') {
        size_t n = quoted_len(p);

        if (n > 0) {
            t.kind = *p == '\'' ? SQL_TOKEN_STRING : SQL_TOKEN_QUOTED;
            t.len = n;
        }
    } else if ((*p == 'x' || *p == 'X') && p[1] == '\'') {
        size_t n = 2;

        while (is_hex(p[n]))
            n++;
        if (p[n] == '\'' && n % 2 == 0) {
            t.kind = SQL_TOKEN_BLOB;
            t.len = n + 1;
        }
    } else if (is_digit(*p) || (*p == '.' && is_digit(p[1]))) {
        t.len = number_len(p);
        t.kind = is_name_byte(p[t.len]) ? SQL_TOKEN_BAD : SQL_TOKEN_NUMBER;
    } else if (*p == '?' || *p == '$' || *p == '@' || *p == ':' || *p == '#') {
        t.kind = SQL_TOKEN_VARIABLE;
        t.len = 1 + name_len(p + 1);
    } else if (is_name_byte(*p)) {
        t.kind = SQL_TOKEN_WORD;
        t.len = name_len(p);
    } else if (operator_len(p) > 0) {
        t.kind = SQL_TOKEN_OPERATOR;
        t.len = operator_len(p);
    }
    *text = p + t.len;
    return t;
}

bool
sql_token_is(const struct sql_token *t, const char *word)
{
    if ((t->kind != SQL_TOKEN_WORD && t->kind != SQL_TOKEN_OPERATOR) || t->len != strlen(word))
        return false;
    for (size_t i = 0; i < t->len; i++) {
        char a = t->text[i], b = word[i];

        if ((a >= 'a' && a <= 'z' ? a - 32 : a) != (b >= 'a' && b <= 'z' ? b - 32 : b))
            return false;
    }
    return true;
}

bool
sql_token_is_name(const struct sql_token *t)
{
    return t->kind == SQL_TOKEN_WORD || t->kind == SQL_TOKEN_QUOTED || t->kind == SQL_TOKEN_STRING;
}

char *
sql_token_name(const struct sql_token *t, struct arena *a)
{
    char close, *name, *out;

    if (t->kind == SQL_TOKEN_WORD)
        return arena_strndup(a, t->text, t->len);
    name = out = arena_alloc(a, t->len + 1);
    if (!name)
        return NULL;
    close = t->text[t->len - 1];
    for (size_t i = 1; i + 1 < t->len; i++) {
        *out++ = t->text[i];
        if (t->text[i] == close && close != ']')
            i++;
    }
    return name;
}

/*
 * A space goes between any two tokens except inside parentheses and lists and
 * around a dot. Operators are never joined: "- -1" must not become a comment.
 * A number does not end in a dot: what follows would become a part of it.
 */
int
sql_token_append(const struct sql_token *t, struct buf *ret)
{
    char before = *(ret->len > 0 ? (const char *)ret->data + ret->len - 1 : "(");
    bool tight = before == '(' || before == '.' || sql_token_is(t, ")") || sql_token_is(t, ",") ||
                 sql_token_is(t, ".") || (sql_token_is(t, "(") && is_name_byte(before));
    int r = tight ? 0 : buf_append_char(ret, ' ');

    if (r == 0)
        r = buf_append(ret, t->text, t->len);
    if (r == 0 && t->kind == SQL_TOKEN_NUMBER && t->text[t->len - 1] == '.')
        r = buf_append_char(ret, '0');
    return r;
}

int
sql_token_canonical(const char *text, size_t len, struct buf *ret)
{
    const char *p = text;

    for (;;) {
        struct sql_token t = sql_token_next(&p);
        int r;

        if (t.kind == SQL_TOKEN_END || t.text >= text + len)
            return 0;
        if (t.kind == SQL_TOKEN_BAD)
            return ERR_PROTO;
        r = sql_token_append(&t, ret);
        if (r < 0)
            return r;
    }
}

int
sql_name_append(const char *name, struct buf *ret)
{
    int r = buf_append_char(ret, '"');

    for (; r == 0 && *name; name++)
        r = *name == '"' ? buf_append_str(ret, "\"\"") : buf_append_char(ret, *name);
    return r < 0 ? r : buf_append_char(ret, '"');
}
