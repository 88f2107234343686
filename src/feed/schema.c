/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/schema.h"

#include "base/buf.h"
#include "base/i18n.h"
#include "base/str.h"
#include "feed/sql_token.h"

#include <string.h>

static int
copy_text(struct arena *a, const struct sql_query *q, int i, const char **ret, struct err *e)
{
    *ret = arena_strdup(a, sql_text(q, i));
    return *ret ? 0 : err_nomem(e);
}

static enum schema_kind
kind_of(const char *type, const char *table_type)
{
    if (str_eq(type, "index"))
        return SCHEMA_INDEX;
    if (str_eq(type, "trigger"))
        return SCHEMA_TRIGGER;
    if (str_eq(type, "view"))
        return SCHEMA_VIEW;
    if (str_eq(table_type, "virtual"))
        return SCHEMA_VIRTUAL;
    return str_eq(table_type, "shadow") ? SCHEMA_SHADOW : SCHEMA_TABLE;
}

static int
read_objects(const struct sql *s, struct arena *a, struct schema *schema, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    int64_t count = 0;
    int r;

    r = sql_get_int(s, &count, e, SQL("SELECT count(*) FROM main.sqlite_schema"));
    if (r < 0)
        return r;
    if (count > SCHEMA_OBJECTS_MAX)
        return err_set(e, ERR_LIMIT, _("it has %lld tables, indexes, views and triggers, over %d"),
                       (long long)count, SCHEMA_OBJECTS_MAX);
    schema->objects = arena_array(a, (size_t)count + 1, sizeof *schema->objects);
    if (!schema->objects)
        return err_nomem(e);

    /* SQLite's own tables begin with "sqlite_"; indexes that it makes by itself have no text. */
    r = sql_query_start(s, &q, e,
                        SQL("SELECT o.type, o.name, o.tbl_name, o.sql, coalesce(t.type, '')"
                            " FROM main.sqlite_schema o LEFT JOIN pragma_table_list t"
                            " ON t.schema = 'main' AND t.name = o.name AND o.type = 'table'"
                            " WHERE o.sql IS NOT NULL"
                            " AND lower(substr(o.name, 1, 7)) IS NOT 'sqlite_'"
                            " ORDER BY o.name"));
    while (r >= 0 && (r = sql_query_next(&q, e)) > 0) {
        struct schema_object *o = &schema->objects[schema->object_count];

        if (schema->object_count++ >= (size_t)count)
            return err_set(e, ERR_PROTO, "%s", _("two of its objects have one name"));
        o->kind = kind_of(sql_text(&q, 0), sql_text(&q, 4));
        r = copy_text(a, &q, 1, &o->name, e);
        if (r == 0)
            r = copy_text(a, &q, 2, &o->table, e);
        if (r == 0)
            r = copy_text(a, &q, 3, &o->sql, e);
    }
    return r;
}

int
schema_read(const struct sql *s, struct arena *a, struct schema *ret, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    struct schema schema = {0};
    int r;

    r = sql_get_int(s, &schema.user_version, e, SQL("PRAGMA main.user_version"));
    if (r == 0)
        r = sql_get_int(s, &schema.application_id, e, SQL("PRAGMA main.application_id"));
    if (r == 0)
        r = sql_query_start(s, &q, e, SQL("PRAGMA main.encoding"));
    if (r == 0)
        r = sql_query_next(&q, e);
    if (r >= 0)
        r = copy_text(a, &q, 0, &schema.encoding, e);
    if (r == 0)
        r = read_objects(s, a, &schema, e);
    if (r < 0)
        return r;
    *ret = schema;
    return 0;
}

const struct schema_object *
schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->object_count; i++) {
        const struct schema_object *o = &schema->objects[i];

        if (o->kind != SCHEMA_INDEX && o->kind != SCHEMA_TRIGGER && str_eq_nocase(o->name, name))
            return o;
    }
    return NULL;
}

const struct schema_object *
schema_owner(const struct schema *schema, const struct schema_object *shadow)
{
    const char *end = strrchr(shadow->name, '_');

    for (size_t i = 0; end && i < schema->object_count; i++) {
        const struct schema_object *o = &schema->objects[i];

        if (o->kind == SCHEMA_VIRTUAL && strlen(o->name) == (size_t)(end - shadow->name) &&
            sqlite3_strnicmp(o->name, shadow->name, (int)(end - shadow->name)) == 0)
            return o;
    }
    return NULL;
}

/* Find a name for the rowid that no column has taken. */
static const char *
free_rowid_name(const struct schema_table *t)
{
    static const char *const names[] = {"rowid", "_rowid_", "oid"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!schema_column(t, names[i]))
            return names[i];
    }
    return NULL;
}

static int
read_columns(const struct sql *s, struct arena *a, struct schema_table *t, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    const char *name = t->object->name;
    int64_t count = 0;
    int r;

    r = sql_get_int(s, &count, e, SQL("SELECT count(*) FROM pragma_table_xinfo(%Q, 'main')"), name);
    if (r < 0)
        return r;
    t->columns = arena_array(a, (size_t)count + 1, sizeof *t->columns);
    if (!t->columns)
        return err_nomem(e);
    /* hidden: 1 is a hidden column of a virtual table, 2 and 3 are generated. */
    r = sql_query_start(s, &q, e,
                        SQL("SELECT name, type, \"notnull\", pk, hidden"
                            " FROM pragma_table_xinfo(%Q, 'main') WHERE hidden <> 1 ORDER BY cid"),
                        name);
    while (r >= 0 && (r = sql_query_next(&q, e)) > 0) {
        struct schema_column *c = &t->columns[t->column_count];

        if (t->column_count++ >= (size_t)count)
            return err_set(e, ERR_PROTO, "%s", _("its definition is not understood"));
        *c = (struct schema_column){
            .not_null = sql_int(&q, 2) != 0,
            .pk = (unsigned)sql_int(&q, 3),
            .generated = sql_int(&q, 4) != 0,
        };
        r = copy_text(a, &q, 0, &c->name, e);
        if (r == 0)
            r = copy_text(a, &q, 1, &c->declared, e);
    }
    return r;
}

/* The key of a WITHOUT ROWID table, with the collations and directions of its index. */
static int
read_key_order(const struct sql *s, struct arena *a, struct schema_table *t, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)1 << 20);
    int r;

    r = sql_query_start(
        s, &q, e,
        SQL("SELECT x.name, x.coll, x.\"desc\" FROM pragma_index_list(%Q, 'main') l,"
            " pragma_index_xinfo(l.name, 'main') x"
            " WHERE l.origin = 'pk' AND x.key ORDER BY x.seqno"),
        t->object->name);
    while (r >= 0 && (r = sql_query_next(&q, e)) > 0) {
        r = b.len > 0 ? buf_append_str(&b, ", ") : 0;
        if (r == 0)
            r = sql_name_append(sql_text(&q, 0), &b);
        if (r == 0)
            r = buf_append_str(&b, " COLLATE ");
        if (r == 0)
            r = sql_name_append(sql_text(&q, 1), &b);
        if (r == 0 && sql_int(&q, 2))
            r = buf_append_str(&b, " DESC");
        if (r < 0)
            return err_set(e, r, "%s", _("its primary key is too long"));
    }
    if (r < 0)
        return r;
    t->key_order = b.len > 0 ? arena_strdup(a, buf_str(&b)) : NULL;
    return b.len > 0 && !t->key_order ? err_nomem(e) : 0;
}

/*
 * The rowid is a column where there is a primary key of one column and SQLite
 * made no index for it: its own word for "INTEGER PRIMARY KEY".
 */
static int
read_rowid(const struct sql *s, struct arena *a, struct schema_table *t, struct err *e)
{
    size_t keys = 0;
    int64_t indexed = 0;
    int r;

    r = sql_get_int(s, &indexed, e,
                    SQL("SELECT count(*) FROM pragma_index_list(%Q, 'main') WHERE origin = 'pk'"),
                    t->object->name);
    if (r < 0)
        return r;
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].pk > 0 && !indexed)
            t->rowid_column = &t->columns[i];
        keys += t->columns[i].pk > 0;
    }
    if (keys > 1)
        t->rowid_column = NULL;
    t->rowid_name = free_rowid_name(t);
    if (t->rowid_name) {
        t->key_order = t->rowid_name;
    } else if (t->rowid_column) {
        CLEANUP(buf_done) struct buf b = BUF_INIT((size_t)1 << 20);

        r = sql_name_append(t->rowid_column->name, &b);
        t->key_order = r == 0 ? arena_strdup(a, buf_str(&b)) : NULL;
        if (!t->key_order)
            return err_nomem(e);
    }
    return 0;
}

/*
 * Which conversion SQLite applies to values of a type: it looks for parts of
 * words anywhere in the text.
 *
 * Source: https://sqlite.org/datatype3.html, 3.1.
 */
static char
affinity_of(const char *type)
{
    static const struct {
        const char *part;
        char affinity;
    } rules[] = {
        {"int", 'i'},  {"char", 't'}, {"clob", 't'}, {"text", 't'},
        {"blob", 'b'}, {"real", 'r'}, {"floa", 'r'}, {"doub", 'r'},
    };

    if (type[0] == '\0')
        return 'b';
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        for (const char *at = type; *at; at++) {
            if (sqlite3_strnicmp(at, rules[i].part, (int)strlen(rules[i].part)) == 0)
                return rules[i].affinity;
        }
    }
    return 'n';
}

/* A type loses the comments between its words, in which SQLite reads too. */
static bool
same_type(const char *declared, const char *read)
{
    return (!strstr(declared, "--") && !strstr(declared, "/*")) ||
           affinity_of(declared) == affinity_of(read);
}

/* Whether we have read the definition as SQLite has. */
static int
match_ddl(struct schema_table *t, struct err *e)
{
    bool same = t->ddl.column_count == t->column_count &&
                t->ddl.without_rowid == t->without_rowid && t->ddl.strict == t->strict;

    for (size_t i = 0; same && i < t->column_count; i++) {
        same = str_eq(t->ddl.columns[i].name, t->columns[i].name) &&
               same_type(t->columns[i].declared, t->ddl.columns[i].type);
        t->columns[i].ddl = &t->ddl.columns[i];
    }
    return same ? 0 : err_set(e, ERR_PROTO, "%s", _("its definition is not understood"));
}

int
schema_read_table(const struct sql *s, struct arena *a, const struct schema_object *object,
                  struct schema_table *ret, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    struct schema_table t = {.object = object};
    int r = sql_query_start(s, &q, e,
                            SQL("SELECT wr, strict FROM pragma_table_list"
                                " WHERE schema = 'main' AND name = %Q"),
                            object->name);

    if (r == 0)
        r = sql_query_next(&q, e);
    if (r > 0) {
        t.without_rowid = sql_int(&q, 0) != 0;
        t.strict = sql_int(&q, 1) != 0;
    }
    if (r >= 0)
        r = read_columns(s, a, &t, e);
    if (r == 0 && object->kind == SCHEMA_TABLE) {
        r = ddl_parse_table(object->sql, a, &t.ddl, e);
        if (r == 0)
            r = match_ddl(&t, e);
    }
    if (r == 0 && t.without_rowid)
        r = read_key_order(s, a, &t, e);
    else if (r == 0)
        r = read_rowid(s, a, &t, e);
    if (r < 0)
        return err_wrap(e, _("table \"%s\""), object->name);
    *ret = t;
    return 0;
}

const struct schema_column *
schema_column(const struct schema_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++) {
        if (str_eq_nocase(t->columns[i].name, name))
            return &t->columns[i];
    }
    return NULL;
}
