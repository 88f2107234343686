/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A condition is accepted when all of this holds.
 *
 *   1. It is one expression. It compiles bare, so "0) AND (0" is not one; and
 *      in parentheses, so "1 -- x", "1 ORDER BY 2" and "1; DROP …" are not.
 *   2. Every name in it is a column of the row, or something that a sub-query
 *      may see. Double-quoted text is never a string, so a misspelt column is
 *      an error and not a constant.
 *   3. Every function in it is one that we know to depend on its arguments only.
 *      The list is positive: what a later SQLite adds is refused until it is
 *      understood. A condition without sub-queries must also be accepted as
 *      the condition of a partial index, where SQLite has the same rule.
 *   4. It has no parameters, and is no longer than FILTER_WHERE_MAX.
 *   5. Compiling it takes bounded time: it has no common table expressions,
 *      which SQLite copies into each place that names them, 2^n places for n of
 *      them; and at most JUDGE_SELECTS_MAX sub-queries.
 *
 * Date functions are deterministic unless one of their arguments is "now",
 * "localtime" or "utc", or the time is left out. A literal is refused here;
 * one that comes out of the data is refused when the condition runs.
 */
#include "feed/judge.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "base/str.h"
#include "feed/filter.h"
#include "feed/sql_token.h"

#include <string.h>

/* The table of judge_syntax() that never exists. */
#define NO_TABLE "leat no table" /* not translated: a name */

/* The schema of the row that is judged; nothing that a condition would name. */
#define ROW_SCHEMA "leat row" /* not translated: a name */

const char *const judge_date_functions[] = {"date",     "time",      "datetime", "julianday",
                                            "strftime", "unixepoch", NULL};

/* Functions of SQLite 3.40 whose result depends on their arguments alone. */
static const char *const known_functions[] = {
    /* core */
    "abs", "char", "coalesce", "format", "glob", "hex", "ifnull", "iif", "instr", "length", "like",
    "likelihood", "likely", "lower", "ltrim", "max", "min", "nullif", "printf", "quote", "replace",
    "round", "rtrim", "sign", "soundex", "substr", "substring", "trim", "typeof", "unicode",
    "unlikely", "upper",
    /* aggregates */
    "avg", "count", "group_concat", "sum", "total",
    /* JSON */
    "->", "->>", "json", "json_array", "json_array_length", "json_extract", "json_object",
    "json_patch", "json_quote", "json_remove", "json_replace", "json_set", "json_insert",
    "json_type", "json_valid",
    /* arithmetic */
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh",
    "degrees", "exp", "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians",
    "sin", "sinh", "sqrt", "tan", "tanh", "trunc", NULL};

/* What the authorizer saw while one statement was compiled. */
struct sighting {
    unsigned selects; /* SELECTs; the condition's own statement is the first */
    bool dates;       /* a date function is called */
    const char *what; /* what was denied first; NULL: nothing */
    char name[160];   /* of it */
};

struct judge {
    sqlite3 *db; /* owned */
    struct sql sql;
    const struct schema *schema;
    const struct judge_table *tables;
    size_t table_count;
    struct sighting seen;
    bool out_of_memory; /* an answer on what is public was a guess */
};

static bool
in_list(const char *const *list, const char *name)
{
    for (; *list; list++) {
        if (str_eq_nocase(*list, name))
            return true;
    }
    return false;
}

static int
deny(struct sighting *seen, const char *what, const char *name)
{
    if (!seen->what) {
        seen->what = what;
        (void)sqlite3_snprintf(sizeof seen->name, seen->name, "%s", name ? name : "");
    }
    return SQLITE_DENY;
}

/* What a sub-query reads: a published column of an admitted table, or only its rows. */
static int
authorize_read(struct judge *j, const char *table, const char *column, const char *database)
{
    char name[160];

    for (size_t i = 0; i < j->table_count; i++) {
        const struct schema_table *t = j->tables[i].table;
        const struct schema_column *c;

        if (!str_eq_nocase(t->object->name, table))
            continue;
        /* Of a table of which only the rows matter, SQLite tells the schema as it was written. */
        if (database ? !str_eq_nocase(database, "temp") : column[0] != '\0')
            continue;
        c = schema_column(t, column);
        if (column[0] == '\0' || (c && j->tables[i].published[c - t->columns]))
            return SQLITE_OK;
        (void)sqlite3_snprintf(sizeof name, name, "%s.%s", table, column);
        return deny(&j->seen, N_("column"), name);
    }
    return deny(&j->seen, N_("table"), table);
}

static int
authorize(void *ctx, int action, const char *arg1, const char *arg2, const char *database,
          const char *inner)
{
    struct judge *j = ctx;

    (void)inner;
    switch (action) {
    case SQLITE_SELECT:
        j->seen.selects++;
        return SQLITE_OK;
    case SQLITE_READ:
        if (database && str_eq(database, ROW_SCHEMA))
            return SQLITE_OK;
        return authorize_read(j, arg1, arg2, database);
    case SQLITE_FUNCTION:
        if (in_list(judge_date_functions, arg2))
            j->seen.dates = true;
        else if (!in_list(known_functions, arg2))
            return deny(&j->seen, N_("function"), arg2);
        return SQLITE_OK;
    case SQLITE_RECURSIVE:
        return deny(&j->seen, N_("recursive query"), "WITH RECURSIVE");
    default: /* among them what SQLite does to make a table-valued function known */
        return deny(&j->seen, N_("a table-valued function"), NULL);
    }
}

/* Compile and forget; SQLite's result code, and the message stays with the connection. */
static int
compile(sqlite3 *db, const char *text, int *ret_parameters)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, text, -1, &stmt, NULL);

    if (ret_parameters)
        *ret_parameters = stmt ? sqlite3_bind_parameter_count(stmt) : 0;
    (void)sqlite3_finalize(stmt); /* it never ran */
    return rc;
}

static int
open_memory(sqlite3 **ret, struct err *e)
{
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc != SQLITE_OK) {
        int r = sql_err(db, rc, e);

        (void)sqlite3_close(db); /* was never open */
        return r;
    }
    /* A misspelt name in double quotes is an error, never a string. */
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    *ret = db;
    return 0;
}

static void
db_closep(sqlite3 **db)
{
    (void)sqlite3_close(*db); /* in memory, and all statements are finalized */
}

/* The sentence around every refusal. */
static int
refuse(struct err *e, int code, const char *table, const char *where, const char *why)
{
    return err_set(e, code, _("table \"%s\": condition \"%s\" is refused: %s"), CLIP(table),
                   CLIP(where), why);
}

/* Whether the tokens behind a date function's "(" ask for the current time. */
static bool
asks_for_now(const char *name, const char *text)
{
    size_t depth = 1, args = 0, commas = 0;

    while (depth > 0) {
        struct sql_token t = sql_token_next(&text);

        if (t.kind == SQL_TOKEN_END)
            return false;
        depth += sql_token_is(&t, "(") ? 1 : 0;
        depth -= sql_token_is(&t, ")") ? 1 : 0;
        args += depth > 0;
        commas += depth == 1 && sql_token_is(&t, ",");
        if (t.kind == SQL_TOKEN_STRING &&
            ((t.len == 5 && sqlite3_strnicmp(t.text, "'now'", 5) == 0) ||
             (t.len == 11 && sqlite3_strnicmp(t.text, "'localtime'", 11) == 0) ||
             (t.len == 5 && sqlite3_strnicmp(t.text, "'utc'", 5) == 0)))
            return true;
    }
    /* strftime()'s first argument is the format. */
    return args == 0 || (str_eq_nocase(name, "strftime") && commas == 0);
}

/* A call of a date function for the current time: `t` is its name, `at` what stands behind it. */
static bool
is_call_for_now(const struct sql_token *t, const char *at)
{
    struct sql_token bracket = sql_token_next(&at);
    size_t quote = t->kind == SQL_TOKEN_QUOTED ? 1 : 0;

    if ((t->kind != SQL_TOKEN_WORD && !quote) || !sql_token_is(&bracket, "("))
        return false;
    for (const char *const *name = judge_date_functions; *name; name++) {
        if (t->len - 2 * quote == strlen(*name) &&
            sqlite3_strnicmp(t->text + quote, *name, (int)strlen(*name)) == 0)
            return asks_for_now(*name, at);
    }
    return false;
}

/* "(WITH name": a column of that name would have to be quoted there. */
static bool
is_with(const struct sql_token *t, const char *at)
{
    struct sql_token with = sql_token_next(&at), name = sql_token_next(&at);

    return sql_token_is(t, "(") && sql_token_is(&with, "WITH") && sql_token_is_name(&name);
}

/* A name of our own for what a condition cannot name. */
static bool
is_row_schema(const struct sql_token *t, const char *at)
{
    struct sql_token dot = sql_token_next(&at);

    return (t->kind == SQL_TOKEN_QUOTED || t->kind == SQL_TOKEN_STRING) &&
           t->len == sizeof ROW_SCHEMA + 1 && sql_token_is(&dot, ".") &&
           sqlite3_strnicmp(t->text + 1, ROW_SCHEMA, sizeof ROW_SCHEMA - 1) == 0;
}

/* What the tokens alone give away. */
static int
check_tokens(const char *table, const char *where, struct err *e)
{
    const char *at = where;
    size_t selects = 0;

    for (;;) {
        struct sql_token t = sql_token_next(&at);

        switch (t.kind) {
        case SQL_TOKEN_END:
            return 0;
        case SQL_TOKEN_BAD:
            return refuse(e, ERR_CONFIG, table, where,
                          _("a quote is not closed, or a character is not SQL"));
        case SQL_TOKEN_VARIABLE:
            return refuse(e, ERR_DENIED, table, where, _("parameters are not allowed"));
        default:
            break;
        }
        if (sql_token_is(&t, ";"))
            return refuse(e, ERR_DENIED, table, where, _("a second statement is not allowed"));
        if (is_call_for_now(&t, at))
            return refuse(e, ERR_DENIED, table, where,
                          _("it depends on the current time or time zone"));
        if (is_with(&t, at))
            return refuse(e, ERR_DENIED, table, where,
                          _("common table expressions are not allowed"));
        /* SQLite matches columns for them without asking the authorizer. */
        if (sql_token_is(&t, "NATURAL") || sql_token_is(&t, "USING"))
            return refuse(e, ERR_DENIED, table, where,
                          _("NATURAL and USING are not allowed: join with ON"));
        if (is_row_schema(&t, at))
            return refuse(e, ERR_DENIED, table, where, _("it names a schema that is not there"));
        selects += sql_token_is(&t, "SELECT");
        if (selects > JUDGE_SELECTS_MAX) {
            char why[64];

            (void)sqlite3_snprintf(sizeof why, why, _("it has over %d sub-queries"),
                                   JUDGE_SELECTS_MAX);
            return refuse(e, ERR_LIMIT, table, where, why);
        }
    }
}

int
judge_syntax(const char *table, const char *where, struct err *e)
{
    static const char *const forms[] = {SQL("SELECT 1 FROM \"%w\" WHERE %s"),
                                        SQL("SELECT 1 FROM \"%w\" WHERE (%s)")};
    CLEANUP(db_closep) sqlite3 *db = NULL;
    int r;

    if (strlen(where) > FILTER_WHERE_MAX)
        return err_set(e, ERR_LIMIT, _("table \"%s\": condition has %zu bytes, over %d"),
                       CLIP(table), strlen(where), FILTER_WHERE_MAX);
    r = check_tokens(table, where, e);
    if (r == 0)
        r = open_memory(&db, e);
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(forms); i++) {
        char *text = sqlite3_mprintf(forms[i], NO_TABLE, where);
        const char *message;

        if (!text)
            return err_nomem(e);
        /* Where the text parses, the first thing that SQLite misses is the table. */
        (void)compile(db, text, NULL);
        sqlite3_free(text);
        message = sqlite3_errmsg(db);
        if (sqlite3_errcode(db) == SQLITE_NOMEM)
            return err_nomem(e);
        if (!str_eq(message, "no such table: " NO_TABLE))
            r = refuse(e, ERR_CONFIG, table, where,
                       i == 0 ? message : _("it is not one expression"));
    }
    return r;
}

/* "(a TEXT COLLATE NOCASE, …)" of all columns, or of the published ones. */
static int
append_columns(const struct judge_table *t, bool all, struct buf *b)
{
    const char *separator = "";
    int r = 0;

    for (size_t i = 0; r == 0 && i < t->table->column_count; i++) {
        const struct schema_column *c = &t->table->columns[i];

        if (!all && !t->published[i])
            continue;
        r = buf_append_str(b, separator);
        if (r == 0)
            r = sql_name_append(c->name, b);
        if (r == 0 && c->ddl)
            r = buf_printf(b, " %s", c->ddl->type);
        for (size_t k = 0; r == 0 && c->ddl && k < c->ddl->clause_count; k++) {
            if (c->ddl->clauses[k].kind == DDL_COLLATE)
                r = buf_printf(b, " %s", c->ddl->clauses[k].text);
        }
        separator = ", ";
    }
    return r;
}

static int
add_table(struct judge *j, const struct judge_table *t, struct err *e)
{
    CLEANUP(buf_done) struct buf all = BUF_INIT((size_t)16 << 20);
    CLEANUP(buf_done) struct buf published = BUF_INIT((size_t)16 << 20);
    const char *name = t->table->object->name;
    int r = append_columns(t, true, &all);

    if (r == 0)
        r = append_columns(t, false, &published);
    if (r < 0)
        return err_set(e, r, _("table \"%s\": its definition is too long"), name);
    r = sql_exec(&j->sql, e, SQL("CREATE TABLE \"" ROW_SCHEMA "\".\"%w\"(%s)"), name,
                 buf_str(&all));
    if (r == 0)
        r = sql_exec(&j->sql, e, SQL("CREATE TEMP TABLE \"%w\"(%s)"), name, buf_str(&all));
    if (r == 0 && t->table->object->kind == SCHEMA_VIRTUAL) {
        CLEANUP(arena_done) struct arena a = ARENA_INIT((size_t)16 << 20);
        CLEANUP(buf_done) struct buf module = BUF_INIT((size_t)16 << 20);
        struct ddl_virtual v;

        r = ddl_parse_virtual(t->table->object->sql, &a, &v, e);
        if (r == 0 && ddl_virtual_append(&v, &module) < 0)
            r = err_nomem(e);
        if (r == 0)
            r = sql_exec(&j->sql, e, SQL("CREATE VIRTUAL TABLE public.\"%w\"%s"), name,
                         buf_str(&module));
    } else if (r == 0) {
        r = sql_exec(&j->sql, e, SQL("CREATE TABLE public.\"%w\"(%s)"), name, buf_str(&published));
    }
    return r < 0 ? err_wrap(e, _("table \"%s\""), name) : 0;
}

int
judge_new(const struct schema *schema, const struct judge_table *tables, size_t count,
          struct judge **ret, struct err *e)
{
    CLEANUP(judge_freep) struct judge *j = calloc(1, sizeof *j);
    int r;

    if (!j)
        return err_nomem(e);
    *j = (struct judge){.schema = schema, .tables = tables, .table_count = count};
    r = open_memory(&j->db, e);
    if (r < 0)
        return r;
    j->sql = (struct sql){.db = j->db};
    r = sql_exec(&j->sql, e, SQL("ATTACH ':memory:' AS \"" ROW_SCHEMA "\""));
    if (r == 0)
        r = sql_exec(&j->sql, e, SQL("ATTACH ':memory:' AS public"));
    if (r == 0)
        r = sql_exec(&j->sql, e, SQL("ATTACH ':memory:' AS out"));
    if (r == 0)
        r = sql_exec(&j->sql, e, SQL("BEGIN"));
    for (size_t i = 0; r == 0 && i < count; i++)
        r = add_table(j, &tables[i], e);
    if (r == 0)
        r = sql_exec(&j->sql, e, SQL("COMMIT"));
    if (r < 0)
        return r;
    *ret = TAKE(j);
    return 0;
}

void
judge_free(struct judge *j)
{
    if (!j)
        return;
    db_closep(&j->db);
    free(j);
}

/* A table that was not found may well be there, and only not be admitted. */
static const char *
explain_missing(const struct judge *j, const char *message)
{
    static const char prefix[] = "no such table: "; /* not translated: SQLite says it */

    if (str_starts(message, prefix) && schema_find(j->schema, message + strlen(prefix)))
        return _("a sub-query may read only tables that the filter lists");
    return "";
}

/* Say what the authorizer denied. */
static int
refuse_seen(const struct sighting *seen, const char *table, const char *where, struct err *e)
{
    char why[256];

    if (str_eq(seen->what, "column"))
        (void)sqlite3_snprintf(sizeof why, why,
                               _("column \"%s\" is not published, so no sub-query may read it"),
                               seen->name);
    else if (seen->name[0] == '\0')
        (void)sqlite3_snprintf(sizeof why, why, _("%s is not allowed"), _(seen->what));
    else
        (void)sqlite3_snprintf(sizeof why, why, _("%s \"%s\" is not allowed"), _(seen->what),
                               seen->name);
    return refuse(e, ERR_DENIED, table, where, why);
}

/* Compile a condition in one of its forms under the authorizer. */
static int
judge_form(struct judge *j, const char *format, const char *table, const char *where, struct err *e)
{
    char *text = sqlite3_mprintf(format, table, table, where);
    char why[256];
    int rc, parameters;

    if (!text)
        return err_nomem(e);
    j->seen = (struct sighting){0};
    (void)sqlite3_set_authorizer(j->db, authorize, j); /* cannot fail on an open connection */
    rc = compile(j->db, text, &parameters);
    (void)sqlite3_set_authorizer(j->db, NULL, NULL);
    sqlite3_free(text);
    if (rc == SQLITE_NOMEM)
        return err_nomem(e);
    if (j->seen.what)
        return refuse_seen(&j->seen, table, where, e);
    if (rc != SQLITE_OK) {
        const char *message = sqlite3_errmsg(j->db), *hint = explain_missing(j, message);

        (void)sqlite3_snprintf(sizeof why, why, hint[0] ? "%s: %s" : "%s", message, hint);
        return refuse(e, ERR_DENIED, table, where, why);
    }
    if (parameters > 0)
        return refuse(e, ERR_DENIED, table, where, _("parameters are not allowed"));
    return 0;
}

/* SQLite's own opinion on whether the condition depends on the row alone. */
static int
judge_as_index(struct judge *j, const struct judge_table *t, const char *where, struct err *e)
{
    const char *name = t->table->object->name;
    char *text =
        sqlite3_mprintf(SQL("CREATE INDEX \"" ROW_SCHEMA "\".\"%w\" ON \"%w\"(\"%w\") WHERE (%s)"),
                        NO_TABLE, name, t->table->columns[0].name, where);
    int rc;

    if (!text)
        return err_nomem(e);
    rc = compile(j->db, text, NULL);
    sqlite3_free(text);
    if (rc == SQLITE_NOMEM)
        return err_nomem(e);
    return rc == SQLITE_OK ? 0 : refuse(e, ERR_DENIED, name, where, sqlite3_errmsg(j->db));
}

int
judge_condition(struct judge *j, const char *table, const char *where, struct judge_verdict *ret,
                struct err *e)
{
    const struct judge_table *t = NULL;
    struct judge_verdict verdict;
    int r = judge_syntax(table, where, e);

    for (size_t i = 0; i < j->table_count; i++) {
        if (str_eq_nocase(j->tables[i].table->object->name, table))
            t = &j->tables[i];
    }
    assert(t);
    if (r == 0)
        r = judge_form(j, SQL("SELECT 1 FROM \"" ROW_SCHEMA "\".\"%w\" AS \"%w\" WHERE %s"), table,
                       where, e);
    if (r == 0)
        r = judge_form(j, SQL("SELECT 1 FROM \"" ROW_SCHEMA "\".\"%w\" AS \"%w\" WHERE (%s)"),
                       table, where, e);
    if (r < 0)
        return r;
    verdict = (struct judge_verdict){
        .row_local = j->seen.selects == 1,
        .uses_dates = j->seen.dates,
    };
    if (verdict.row_local && t->table->object->kind == SCHEMA_TABLE)
        r = judge_as_index(j, t, where, e);
    if (r < 0)
        return r;
    *ret = verdict;
    return 0;
}

/* A column that is not published must not be taken for the rowid, which has the same names. */
static int
authorize_public(void *ctx, int action, const char *table, const char *column, const char *database,
                 const char *inner)
{
    const struct judge *j = ctx;

    (void)database;
    (void)inner;
    if (action != SQLITE_READ || !str_eq_nocase(column, "ROWID"))
        return SQLITE_OK;
    for (size_t i = 0; i < j->table_count; i++) {
        const struct judge_table *t = &j->tables[i];

        if (!str_eq_nocase(t->table->object->name, table))
            continue;
        for (size_t k = 0; k < t->table->column_count; k++) {
            const char *name = t->table->columns[k].name;

            if (!t->published[k] && (str_eq_nocase(name, "rowid") ||
                                     str_eq_nocase(name, "_rowid_") || str_eq_nocase(name, "oid")))
                return SQLITE_DENY;
        }
    }
    return SQLITE_OK;
}

/* Whether a text, taken, compiles against what is published. */
static bool
is_public(struct judge *j, char *text)
{
    int rc = SQLITE_NOMEM;

    if (text) {
        (void)sqlite3_set_authorizer(j->db, authorize_public, j); /* cannot fail */
        rc = compile(j->db, text, NULL);
        (void)sqlite3_set_authorizer(j->db, NULL, NULL);
    }
    sqlite3_free(text);
    j->out_of_memory = j->out_of_memory || rc == SQLITE_NOMEM;
    return rc == SQLITE_OK;
}

bool
judge_expr_is_public(struct judge *j, const char *table, const char *expr)
{
    return is_public(j, sqlite3_mprintf(SQL("SELECT (%s) FROM public.\"%w\""), expr, table));
}

bool
judge_index_is_public(struct judge *j, const char *tail, bool unique)
{
    return is_public(j, sqlite3_mprintf(SQL("CREATE %sINDEX public.\"%w\" %s"),
                                        unique ? "UNIQUE " : "", NO_TABLE, tail));
}

static int
read_keys(struct judge *j, const char *table, struct arena *a, struct judge_key_column **ret,
          size_t *ret_count, struct err *e)
{
    static const char columns[] =
        SQL(" FROM pragma_index_list(%Q, 'out') l, pragma_index_xinfo(l.name, 'out') x"
            " JOIN out.sqlite_schema s ON s.name = l.name WHERE l.origin <> 'c' AND x.key");
    CLEANUP(sql_query_done) struct sql_query q = {0};
    struct judge_key_column *list;
    char *count_text = sqlite3_mprintf(SQL("SELECT count(*)%s"), columns);
    char *text = sqlite3_mprintf(
        SQL("SELECT l.name, x.name, x.coll, x.\"desc\"%s ORDER BY s.rowid, x.seqno"), columns);
    int64_t count = 0;
    size_t i = 0;
    int r;

    r = count_text && text ? sql_get_int(&j->sql, &count, e, count_text, table) : err_nomem(e);
    if (r == 0)
        r = sql_query_start(&j->sql, &q, e, text, table);
    sqlite3_free(count_text);
    sqlite3_free(text);
    if (r < 0)
        return r;
    list = arena_array(a, (size_t)count + 1, sizeof *list);
    if (!list)
        return err_nomem(e);
    while ((r = sql_query_next(&q, e)) > 0 && i < (size_t)count) {
        list[i] = (struct judge_key_column){
            .index = arena_strdup(a, sql_text(&q, 0)),
            .name = arena_strdup(a, sql_text(&q, 1)),
            .collation = arena_strdup(a, sql_text(&q, 2)),
            .is_descending = sql_int(&q, 3) != 0,
        };
        if (!list[i].index || !list[i].name || !list[i].collation)
            return err_nomem(e);
        i++;
    }
    *ret = list;
    *ret_count = i;
    return r < 0 ? r : 0;
}

int
judge_keys(struct judge *j, const char *table, const char *create, struct arena *a,
           struct judge_key_column **ret, size_t *ret_count, struct err *e)
{
    int r = sql_exec(&j->sql, e, "%s", create);

    if (r == 0)
        r = read_keys(j, table, a, ret, ret_count, e);
    return r < 0 ? r : sql_exec(&j->sql, e, SQL("DROP TABLE out.\"%w\""), table);
}

int
judge_add_view(struct judge *j, const char *name, const char *tail, struct err *e)
{
    return sql_exec(&j->sql, e, SQL("CREATE VIEW public.\"%w\" %s"), name, tail);
}

bool
judge_view_is_public(struct judge *j, const char *name)
{
    return is_public(j, sqlite3_mprintf(SQL("SELECT * FROM public.\"%w\""), name));
}

int
judge_drop_view(struct judge *j, const char *name, struct err *e)
{
    return sql_exec(&j->sql, e, SQL("DROP VIEW public.\"%w\""), name);
}

int
judge_check(const struct judge *j, struct err *e)
{
    return j->out_of_memory ? err_nomem(e) : 0;
}
