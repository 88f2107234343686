/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FEED_SCHEMA_H
#define FEED_SCHEMA_H

#include "base/arena.h"
#include "base/err.h"
#include "feed/ddl.h"
#include "feed/sql.h"

/*
 * What a SQLite database says of itself, read within the caller's read
 * transaction. Everything is borrowed from the arena it was read into.
 */
enum schema_kind {
    SCHEMA_TABLE,
    SCHEMA_VIRTUAL,
    SCHEMA_SHADOW, /* holds the content of a virtual table */
    SCHEMA_VIEW,
    SCHEMA_INDEX,
    SCHEMA_TRIGGER,
};

/* One row of sqlite_schema. */
struct schema_object {
    enum schema_kind kind;
    const char *name;
    const char *table; /* the table that an index or trigger belongs to; else the name */
    const char *sql;
};

struct schema {
    struct schema_object *objects; /* in the order of their names, byte by byte */
    size_t object_count;
    const char *encoding; /* "UTF-8", "UTF-16le", "UTF-16be" */
    int64_t user_version, application_id;
};

/* Objects of one database, inclusive. */
#define SCHEMA_OBJECTS_MAX 100000

int schema_read(const struct sql *s, struct arena *a, struct schema *ret, struct err *e) MUST_CHECK;

/* The table, virtual table, shadow table or view of this name, in SQLite's sense; or NULL. */
const struct schema_object *schema_find(const struct schema *schema, const char *name);

/* The virtual table that a shadow table belongs to; or NULL. */
const struct schema_object *schema_owner(const struct schema *schema,
                                         const struct schema_object *shadow);

struct schema_column {
    const char *name;
    const char *declared; /* type as it was declared, "" without one */
    bool not_null;
    unsigned pk;                  /* place in the primary key, from 1; 0: not in it */
    bool generated;               /* computed from other columns */
    const struct ddl_column *ddl; /* NULL in a virtual table */
};

struct schema_table {
    const struct schema_object *object;
    struct schema_column *columns; /* without the hidden ones of virtual tables */
    size_t column_count;
    bool without_rowid, strict;
    const struct schema_column *rowid_column; /* INTEGER PRIMARY KEY; or NULL */
    const char *rowid_name; /* a name by which the rowid is reached; NULL: there is none, or
                               columns hide all three */
    const char *key_order;  /* ORDER BY terms of the key in which the rows are stored; or NULL */
    struct ddl_table ddl;   /* empty for a virtual table */
};

/* Read what there is to know of one table or virtual table. */
int schema_read_table(const struct sql *s, struct arena *a, const struct schema_object *object,
                      struct schema_table *ret, struct err *e) MUST_CHECK;

/* The column of this name, in SQLite's sense; or NULL. */
const struct schema_column *schema_column(const struct schema_table *t, const char *name);

#endif
