/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_SQL_TOKEN_H
#define FEED_SQL_TOKEN_H

#include "base/arena.h"
#include "base/buf.h"

/*
 * SQL text cut into tokens as SQLite cuts it. White space and comments
 * disappear here, so a definition written back from its tokens carries no
 * comment and no layout of its author.
 *
 * Source: SQLite 3.40.1, src/tokenize.c, sqlite3GetToken(); check it again
 * when the language gains a token (3.46: "_" between digits).
 */
enum sql_token_kind {
    SQL_TOKEN_END,      /* the text is over */
    SQL_TOKEN_WORD,     /* name or keyword without quotes */
    SQL_TOKEN_QUOTED,   /* name in "", [] or `` */
    SQL_TOKEN_STRING,   /* text in '' */
    SQL_TOKEN_BLOB,     /* x'..' */
    SQL_TOKEN_NUMBER,   /* decimal or 0x */
    SQL_TOKEN_VARIABLE, /* ?, ?1, :a, @a, $a, #1 */
    SQL_TOKEN_OPERATOR, /* anything else, of one to three characters */
    SQL_TOKEN_BAD,      /* not SQL: a quote or comment that does not end, a stray character */
};

struct sql_token {
    enum sql_token_kind kind;
    const char *text; /* borrowed from the text that is scanned */
    size_t len;       /* bytes */
};

/* The token at `*text`, which moves behind it. At the end it stays where it is. */
struct sql_token sql_token_next(const char **text);

/* Whether the token is this keyword or operator; letters without case, never a quoted name. */
bool sql_token_is(const struct sql_token *t, const char *word);

/* Whether the token can stand for a name; SQLite takes a string where it expects one. */
bool sql_token_is_name(const struct sql_token *t);

/* The name without its quotes, in `a`; NULL when memory is exhausted. */
char *sql_token_name(const struct sql_token *t, struct arena *a) MUST_CHECK;

/*
 * Append the tokens of `text` one after the other, with one space where a
 * space is needed: the canonical form of an expression or definition.
 * Fails with ERR_PROTO (a bad token), ERR_LIMIT, ERR_NOMEM.
 */
int sql_token_canonical(const char *text, size_t len, struct buf *ret) MUST_CHECK;

/* Append one token to such a text. */
int sql_token_append(const struct sql_token *t, struct buf *ret) MUST_CHECK;

/* Append `name` in double quotes. */
int sql_name_append(const char *name, struct buf *ret) MUST_CHECK;

#endif
