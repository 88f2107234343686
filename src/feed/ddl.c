/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The definitions in sqlite_schema, taken apart by recursive descent.
 *
 *   CREATE TABLE name ( element {, element} ) options
 *   element   column | table constraint
 *   column    name [type words] [( number [, number] )] {column constraint}
 *
 * The text has been accepted by SQLite, so only its shape has to be found,
 * not its errors. Which words end a column's type is the one subtle thing:
 * SQLite takes any name there except the words that start a constraint.
 * Expressions are never understood, only bracketed: what they refer to is
 * asked of SQLite itself (judge.h).
 */
#include "feed/ddl.h"

#include "base/i18n.h"
#include "base/str.h"
#include "feed/sql_token.h"

#include <string.h>

struct parser {
    struct arena *a;
    struct sql_token *tokens; /* ends with a SQL_TOKEN_END */
    size_t i;
};

static int
misunderstood(struct err *e)
{
    return err_set(e, ERR_PROTO, "%s", _("its definition is not understood"));
}

static int
tokenize(const char *sql, struct arena *a, struct parser *p, struct err *e)
{
    const char *at = sql;
    size_t count = 0;
    struct sql_token t;

    do {
        t = sql_token_next(&at);
        count++;
        if (t.kind == SQL_TOKEN_BAD)
            return misunderstood(e);
        if (count > DDL_TOKENS_MAX)
            return err_set(e, ERR_LIMIT, _("its definition has over %d words"), DDL_TOKENS_MAX);
    } while (t.kind != SQL_TOKEN_END);

    *p = (struct parser){.a = a, .tokens = arena_array(a, count, sizeof *p->tokens)};
    if (!p->tokens)
        return err_nomem(e);
    at = sql;
    for (size_t i = 0; i < count; i++)
        p->tokens[i] = sql_token_next(&at);
    return 0;
}

static const struct sql_token *
peek(const struct parser *p)
{
    return &p->tokens[p->i];
}

static bool
at(const struct parser *p, const char *word)
{
    return sql_token_is(peek(p), word);
}

static bool
at_next(const struct parser *p, const char *word)
{
    return peek(p)->kind != SQL_TOKEN_END && sql_token_is(&p->tokens[p->i + 1], word);
}

static void
skip(struct parser *p)
{
    if (peek(p)->kind != SQL_TOKEN_END)
        p->i++;
}

static bool
take(struct parser *p, const char *word)
{
    if (!at(p, word))
        return false;
    p->i++;
    return true;
}

/* Behind the parenthesis that closes the one at hand. */
static int
skip_brackets(struct parser *p, struct err *e)
{
    size_t depth = 0;

    do {
        if (at(p, "("))
            depth++;
        else if (at(p, ")"))
            depth--;
        else if (peek(p)->kind == SQL_TOKEN_END)
            return misunderstood(e);
        p->i++;
    } while (depth > 0);
    return 0;
}

/* Behind a "+" that begins an argument, "rtree(id, x0, x1, +label)": R-Tree wants no space there.
 */
static bool
is_tight(const struct parser *p, size_t from, size_t i)
{
    return i > from && sql_token_is(&p->tokens[i - 1], "+") &&
           (i - 1 == from || sql_token_is(&p->tokens[i - 2], ",") ||
            sql_token_is(&p->tokens[i - 2], "("));
}

/* The canonical text of tokens [from, to). */
static int
text_of(const struct parser *p, size_t from, size_t to, const char **ret, struct err *e)
{
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)16 << 20);

    for (size_t i = from; i < to; i++) {
        const struct sql_token *t = &p->tokens[i];
        int r = is_tight(p, from, i) ? buf_append(&b, t->text, t->len) : sql_token_append(t, &b);

        if (r < 0)
            return r == ERR_NOMEM ? err_nomem(e)
                                  : err_set(e, r, "%s", _("its definition is too long"));
    }
    *ret = arena_strndup(p->a, buf_str(&b), b.len);
    return *ret ? 0 : err_nomem(e);
}

static int
take_name(struct parser *p, const char **ret, struct err *e)
{
    if (!sql_token_is_name(peek(p)))
        return misunderstood(e);
    *ret = sql_token_name(peek(p), p->a);
    p->i++;
    return *ret ? 0 : err_nomem(e);
}

/* "( name [COLLATE x] [ASC|DESC] , … )": the names. */
static int
take_columns(struct parser *p, const char ***ret, size_t *ret_count, struct err *e)
{
    size_t start = p->i, end, count = 0;
    const char **names;
    int r = skip_brackets(p, e);

    if (r < 0)
        return r;
    end = p->i;
    names = arena_array(p->a, end - start, sizeof *names);
    if (!names)
        return err_nomem(e);
    p->i = start + 1;
    while (p->i < end - 1) {
        while (take(p, "("))
            ; /* SQLite lets a column of a key stand in parentheses */
        r = take_name(p, &names[count], e);
        if (r < 0)
            return r;
        count++;
        while (p->i < end - 1 && !take(p, ","))
            p->i++;
    }
    p->i = end;
    *ret = names;
    *ret_count = count;
    return 0;
}

static void
skip_conflict(struct parser *p)
{
    if (at(p, "ON") && at_next(p, "CONFLICT")) {
        p->i += 2;
        skip(p);
    }
}

static bool
at_deferrable(const struct parser *p)
{
    return at(p, "DEFERRABLE") || (at(p, "NOT") && at_next(p, "DEFERRABLE"));
}

/* [NOT] DEFERRABLE [INITIALLY …] */
static void
skip_deferrable(struct parser *p)
{
    (void)take(p, "NOT"); /* optional */
    skip(p);
    if (take(p, "INITIALLY"))
        skip(p);
}

/* REFERENCES parent [(columns)] {ON … | MATCH …} [[NOT] DEFERRABLE [INITIALLY …]] */
static int
take_references(struct parser *p, struct ddl_clause *c, struct err *e)
{
    int r;

    skip(p);
    r = take_name(p, &c->parent, e);
    if (r == 0 && at(p, "("))
        r = take_columns(p, &c->parent_columns, &c->parent_column_count, e);
    while (r == 0) {
        if (take(p, "ON")) {
            skip(p);                                 /* DELETE, UPDATE */
            (void)(take(p, "SET") || take(p, "NO")); /* the first of two words */
            skip(p);                                 /* NULL, DEFAULT; ACTION; CASCADE; RESTRICT */
        } else if (take(p, "MATCH")) {
            skip(p);
        } else if (at_deferrable(p)) {
            skip_deferrable(p);
        } else {
            break;
        }
    }
    return r;
}

/* The expression in parentheses that comes next, without them. */
static int
take_expr(struct parser *p, const char **ret, struct err *e)
{
    size_t start = p->i;
    int r;

    if (!at(p, "("))
        return misunderstood(e);
    r = skip_brackets(p, e);
    return r < 0 ? r : text_of(p, start + 1, p->i - 1, ret, e);
}

static int
take_default(struct parser *p, struct err *e)
{
    if (at(p, "("))
        return skip_brackets(p, e);
    if (at(p, "+") || at(p, "-"))
        p->i++;
    if (peek(p)->kind == SQL_TOKEN_END)
        return misunderstood(e);
    p->i++;
    return 0;
}

/*
 * One constraint behind a column's type: 1 and `c` is filled, or 0 when the
 * clause says nothing: a bare name, NULL, and DEFERRABLE away from the foreign
 * key that it is about, which makes no difference to who only reads.
 */
static int
take_column_clause(struct parser *p, struct ddl_column *column, struct ddl_clause *c, struct err *e)
{
    size_t start;
    int r = 0;

    if (take(p, "CONSTRAINT")) {
        r = sql_token_is_name(peek(p)) ? 0 : misunderstood(e);
        skip(p);
        return r;
    }
    if (at_deferrable(p)) {
        skip_deferrable(p);
        return 0;
    }
    start = p->i;
    *c = (struct ddl_clause){.columns = &column->name, .column_count = 1};
    if (take(p, "PRIMARY")) {
        c->kind = DDL_PRIMARY_KEY;
        skip(p);
        if (!take(p, "ASC"))
            (void)take(p, "DESC"); /* both optional */
        skip_conflict(p);
        (void)take(p, "AUTOINCREMENT"); /* optional */
    } else if (at(p, "NOT") && at_next(p, "NULL")) {
        c->kind = DDL_NOT_NULL;
        p->i += 2;
        skip_conflict(p);
    } else if (take(p, "NULL")) {
        skip_conflict(p);
        return 0;
    } else if (take(p, "UNIQUE")) {
        c->kind = DDL_UNIQUE;
        skip_conflict(p);
    } else if (take(p, "CHECK")) {
        c->kind = DDL_CHECK;
        r = take_expr(p, &c->expr, e);
    } else if (take(p, "DEFAULT")) {
        c->kind = DDL_DEFAULT;
        r = take_default(p, e);
    } else if (take(p, "COLLATE")) {
        c->kind = DDL_COLLATE;
        skip(p);
    } else if (at(p, "REFERENCES")) {
        c->kind = DDL_FOREIGN_KEY;
        r = take_references(p, c, e);
    } else if (at(p, "GENERATED") || at(p, "AS")) {
        c->kind = DDL_GENERATED;
        if (take(p, "GENERATED")) {
            skip(p); /* ALWAYS */
            if (!at(p, "AS"))
                return 0; /* SQLite takes the words alone, without a meaning */
        }
        skip(p); /* AS */
        r = take_expr(p, &c->expr, e);
        if (r == 0 && !take(p, "STORED"))
            (void)take(p, "VIRTUAL"); /* optional, and the default */
    } else {
        return misunderstood(e);
    }
    if (r == 0)
        r = text_of(p, start, p->i, &c->text, e);
    return r < 0 ? r : 1;
}

static bool
ends_type(const struct parser *p)
{
    static const char *const words[] = {"CONSTRAINT", "PRIMARY", "NOT",       "NULL",
                                        "UNIQUE",     "CHECK",   "DEFAULT",   "COLLATE",
                                        "REFERENCES", "AS",      "DEFERRABLE"};

    if (!sql_token_is_name(peek(p)) || (at(p, "GENERATED") && at_next(p, "ALWAYS")))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (at(p, words[i]))
            return true;
    }
    return false;
}

/* Add a clause to a list that grows by doubling inside the arena. */
static int
add_clause(struct arena *a, struct ddl_clause **list, size_t *count, const struct ddl_clause *c,
           struct err *e)
{
    if ((*count & (*count - 1)) == 0) {
        struct ddl_clause *more = arena_array(a, *count ? *count * 2 : 1, sizeof *more);

        if (!more)
            return err_nomem(e);
        if (*count > 0)
            memcpy(more, *list, *count * sizeof *more);
        *list = more;
    }
    (*list)[(*count)++] = *c;
    return 0;
}

static int
take_column(struct parser *p, struct ddl_column *column, struct err *e)
{
    size_t start;
    int r = take_name(p, &column->name, e);

    if (r < 0)
        return r;
    start = p->i;
    while (!ends_type(p))
        p->i++;
    if (p->i > start && at(p, "("))
        r = skip_brackets(p, e);
    if (r == 0)
        r = text_of(p, start, p->i, &column->type, e);
    while (r >= 0 && !at(p, ",") && !at(p, ")")) {
        struct ddl_clause c;

        r = take_column_clause(p, column, &c, e);
        if (r > 0)
            r = add_clause(p->a, &column->clauses, &column->clause_count, &c, e);
    }
    return r < 0 ? r : 0;
}

static bool
at_table_clause(const struct parser *p)
{
    return at(p, "CONSTRAINT") || at(p, "PRIMARY") || at(p, "UNIQUE") || at(p, "CHECK") ||
           at(p, "FOREIGN");
}

static int
take_table_clause(struct parser *p, struct ddl_table *t, struct err *e)
{
    struct ddl_clause c = {0};
    size_t start;
    int r;

    if (take(p, "CONSTRAINT")) {
        r = sql_token_is_name(peek(p)) ? 0 : misunderstood(e);
        skip(p);
        return r; /* without a constraint behind it, it says nothing */
    }
    start = p->i;
    if (take(p, "PRIMARY") || take(p, "FOREIGN")) {
        c.kind = sql_token_is(&p->tokens[start], "PRIMARY") ? DDL_PRIMARY_KEY : DDL_FOREIGN_KEY;
        skip(p); /* KEY */
        r = at(p, "(") ? take_columns(p, &c.columns, &c.column_count, e) : misunderstood(e);
        if (r == 0 && c.kind == DDL_FOREIGN_KEY)
            r = at(p, "REFERENCES") ? take_references(p, &c, e) : misunderstood(e);
    } else if (take(p, "UNIQUE")) {
        c.kind = DDL_UNIQUE;
        r = at(p, "(") ? take_columns(p, &c.columns, &c.column_count, e) : misunderstood(e);
    } else {
        skip(p); /* CHECK */
        c.kind = DDL_CHECK;
        r = take_expr(p, &c.expr, e);
    }
    if (r < 0)
        return r;
    skip_conflict(p);
    r = text_of(p, start, p->i, &c.text, e);
    return r < 0 ? r : add_clause(p->a, &t->clauses, &t->clause_count, &c, e);
}

/* Behind "CREATE … name", wherever the name may be qualified. */
static int
take_head(struct parser *p, const char *kind, struct err *e)
{
    while (!at(p, kind)) {
        if (peek(p)->kind != SQL_TOKEN_WORD)
            return misunderstood(e);
        p->i++;
    }
    p->i++;
    if (at(p, "IF") && at_next(p, "NOT"))
        p->i += 3;
    if (!sql_token_is_name(peek(p)))
        return misunderstood(e);
    p->i++;
    if (take(p, "."))
        skip(p);
    return 0;
}

int
ddl_parse_table(const char *sql, struct arena *a, struct ddl_table *ret, struct err *e)
{
    struct ddl_table t = {0};
    struct parser p = {0};
    size_t elements = 1;
    int r = tokenize(sql, a, &p, e);

    if (r < 0)
        return r;
    assert(p.tokens);
    r = take_head(&p, "TABLE", e);
    if (r == 0 && !take(&p, "("))
        r = misunderstood(e);
    if (r < 0)
        return r;
    for (size_t i = p.i; p.tokens[i].kind != SQL_TOKEN_END; i++)
        elements += sql_token_is(&p.tokens[i], ",");
    t.columns = arena_array(a, elements, sizeof *t.columns);
    if (!t.columns)
        return err_nomem(e);
    while (r == 0 && !at(&p, ")")) {
        if (at_table_clause(&p))
            r = take_table_clause(&p, &t, e);
        else if (t.clause_count == 0 && t.column_count < elements)
            r = take_column(&p, &t.columns[t.column_count++], e);
        else
            r = misunderstood(e);
        (void)take(&p, ","); /* SQLite lets constraints of a table follow each other without one */
    }
    if (r < 0)
        return r;
    p.i++;
    while (peek(&p)->kind != SQL_TOKEN_END) {
        if (take(&p, "WITHOUT") && take(&p, "ROWID"))
            t.without_rowid = true;
        else if (take(&p, "STRICT"))
            t.strict = true;
        else if (!take(&p, ","))
            return misunderstood(e);
    }
    *ret = t;
    return 0;
}

/* Which of the words that a definition may create comes first. */
static const char *
kind_of(const struct parser *p)
{
    for (size_t i = 0; p->tokens[i].kind == SQL_TOKEN_WORD; i++) {
        if (sql_token_is(&p->tokens[i], "INDEX"))
            return "INDEX";
        if (sql_token_is(&p->tokens[i], "VIEW"))
            return "VIEW";
        if (sql_token_is(&p->tokens[i], "TABLE"))
            return "TABLE";
    }
    return "TABLE";
}

int
ddl_parse_tail(const char *sql, struct arena *a, const char **ret, struct err *e)
{
    struct parser p = {0};
    int r = tokenize(sql, a, &p, e);
    size_t end;

    if (r < 0)
        return r;
    assert(p.tokens);
    r = take_head(&p, kind_of(&p), e);
    if (r < 0)
        return r;
    for (end = p.i; p.tokens[end].kind != SQL_TOKEN_END;)
        end++;
    return text_of(&p, p.i, end, ret, e);
}

int
ddl_parse_virtual(const char *sql, struct arena *a, struct ddl_virtual *ret, struct err *e)
{
    struct ddl_virtual v = {0};
    struct parser p = {0};
    size_t start, depth = 0;
    int r = tokenize(sql, a, &p, e);

    if (r < 0)
        return r;
    assert(p.tokens);
    r = take_head(&p, "TABLE", e);
    if (r == 0 && !take(&p, "USING"))
        r = misunderstood(e);
    if (r == 0)
        r = take_name(&p, &v.module, e);
    if (r < 0)
        return r;
    if (!take(&p, "(")) {
        *ret = v;
        return 0;
    }
    for (size_t i = p.i; p.tokens[i].kind != SQL_TOKEN_END; i++)
        v.arg_count++; /* more than enough */
    v.args = arena_array(a, v.arg_count + 1, sizeof *v.args);
    if (!v.args)
        return err_nomem(e);
    v.arg_count = 0;
    for (start = p.i; peek(&p)->kind != SQL_TOKEN_END; p.i++) {
        if (depth == 0 && (at(&p, ",") || at(&p, ")"))) {
            r = text_of(&p, start, p.i, &v.args[v.arg_count++], e);
            if (r < 0)
                return r;
            start = p.i + 1;
            if (at(&p, ")")) {
                *ret = v;
                return 0;
            }
        }
        depth += at(&p, "(") ? 1 : 0;
        depth -= at(&p, ")") ? 1 : 0;
    }
    return misunderstood(e);
}

int
ddl_virtual_append(const struct ddl_virtual *v, struct buf *ret)
{
    int r = buf_append_str(ret, " USING ");

    if (r == 0)
        r = sql_name_append(v->module, ret);
    if (r == 0)
        r = buf_append_char(ret, '(');
    for (size_t i = 0; r == 0 && i < v->arg_count; i++)
        r = buf_printf(ret, "%s%s", i > 0 ? ", " : "", v->args[i]);
    return r < 0 ? r : buf_append_char(ret, ')');
}
