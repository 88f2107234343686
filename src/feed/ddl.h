/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_DDL_H
#define FEED_DDL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/*
 * A CREATE TABLE statement taken apart, so that it can be written again with
 * fewer columns. The text comes from sqlite_schema: SQLite has accepted it
 * once, and what is read here is compared with what SQLite says of the table.
 */
enum ddl_kind {
    DDL_PRIMARY_KEY,
    DDL_NOT_NULL,
    DDL_UNIQUE,
    DDL_CHECK,
    DDL_DEFAULT,
    DDL_COLLATE,
    DDL_FOREIGN_KEY,
    DDL_GENERATED,
};

/* One constraint, of a column or of the table. Names of constraints are not kept. */
struct ddl_clause {
    enum ddl_kind kind;
    const char *text;     /* canonical; a table's FOREIGN KEY includes its columns */
    const char *expr;     /* CHECK, GENERATED: the expression between the parentheses */
    const char **columns; /* PRIMARY KEY, UNIQUE, FOREIGN KEY: the columns; of a column: itself */
    size_t column_count;
    const char *parent; /* FOREIGN KEY: the table it refers to */
    const char **parent_columns;
    size_t parent_column_count; /* 0: its primary key */
};

struct ddl_column {
    const char *name;
    const char *type; /* canonical, "" without one */
    struct ddl_clause *clauses;
    size_t clause_count;
};

struct ddl_table {
    struct ddl_column *columns;
    size_t column_count;
    struct ddl_clause *clauses;
    size_t clause_count;
    bool without_rowid, strict;
};

/* Tokens of one definition, inclusive. */
#define DDL_TOKENS_MAX 200000

/*
 * Take `sql` apart into `a`. Fails with ERR_PROTO (not understood), ERR_LIMIT,
 * ERR_NOMEM.
 *
 * Source: SQLite 3.40.1, src/parse.y, from "create_table_args" to "conslist".
 */
int ddl_parse_table(const char *sql, struct arena *a, struct ddl_table *ret, struct err *e)
    MUST_CHECK;

/*
 * The text of a CREATE INDEX, VIEW or VIRTUAL TABLE statement behind the name
 * of what it creates, canonical: ` ON "t"("a")`, ` AS SELECT …`, ` USING
 * fts5(…)`. The same failures.
 */
int ddl_parse_tail(const char *sql, struct arena *a, const char **ret, struct err *e) MUST_CHECK;

/* Module of a virtual table and its arguments, each canonical. */
struct ddl_virtual {
    const char *module;
    const char **args;
    size_t arg_count;
};
int ddl_parse_virtual(const char *sql, struct arena *a, struct ddl_virtual *ret, struct err *e)
    MUST_CHECK;

/* Append the same again: ` USING "fts5"(…)`. */
int ddl_virtual_append(const struct ddl_virtual *v, struct buf *ret) MUST_CHECK;

#endif
