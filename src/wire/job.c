/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table a message: its keys, where their values live in the struct, and
 * what is allowed. Encoder and decoder walk the same table, so they cannot
 * disagree, and every message is as strict as every other.
 *
 *   type    struct member           JSON                        bounds
 *   TEXT    const char *            string                      min..max bytes
 *   SHOWN   const char *            string, with '?' for bytes  min..max bytes
 *                                   that are no UTF-8
 *   HEX     char[max + 1]           string                      exactly max of [0-9a-f]
 *   POS     char[max + 1]           string                      at most max of [0-9a-z:]
 *   CODE    int                     string                      a name of enum err_code
 *   I64     int64_t                 integer                     min..max
 *   BOOL    bool                    true, false
 *   OBJECT  a struct                object                      its own table
 *
 * Decoding never leaves half a struct behind: it fills a copy, which the
 * public functions hand over when the last key has been accepted.
 */
#include "wire/job.h"

#include "base/str.h"

#include <jansson.h>
#include <string.h>

struct field {
    const char *key; /* NULL ends a table */
    enum {
        TEXT,
        SHOWN,
        HEX,
        POS,
        CODE,
        I64,
        BOOL,
        OBJECT,
    } type;
    size_t offset;
    int64_t min, max;
    const struct field *fields; /* OBJECT */
};

/* A path or a filter is as long as its frame allows; the frame is the bound. */
#define TEXT_MAX ((int64_t)1 << 20)

static const struct field job_fields[] = {
    {"source", TEXT, offsetof(struct job, source), 1, JOB_PATH_MAX, NULL},
    {"out", TEXT, offsetof(struct job, out), 1, JOB_PATH_MAX, NULL},
    {"filter", TEXT, offsetof(struct job, filter), 0, TEXT_MAX, NULL},
    {"busy_timeout_ms", I64, offsetof(struct job, busy_timeout_ms), 0, INT64_MAX, NULL},
    {"timeout_ms", I64, offsetof(struct job, timeout_ms), 0, INT64_MAX, NULL},
    {"replace", BOOL, offsetof(struct job, replace), 0, 0, NULL},
    {"trace_sql", BOOL, offsetof(struct job, trace_sql), 0, 0, NULL},
    {NULL},
};

static const struct field progress_fields[] = {
    {"stage", TEXT, offsetof(struct job_progress, stage), 1, JOB_STAGE_MAX, NULL},
    {"table", SHOWN, offsetof(struct job_progress, table), 0, TEXT_MAX, NULL},
    {"permille", I64, offsetof(struct job_progress, permille), 0, 1000, NULL},
    {NULL},
};

static const struct field meta_fields[] = {
    {"version", I64, offsetof(struct job_meta, version), 0, INT64_MAX, NULL},
    {"hash", HEX, offsetof(struct job_meta, hash), 0, JOB_HASH_LEN, NULL},
    {"size", I64, offsetof(struct job_meta, size), 0, INT64_MAX, NULL},
    {"timestamp", I64, offsetof(struct job_meta, timestamp), 0, INT64_MAX, NULL},
    {"compressed", BOOL, offsetof(struct job_meta, compressed), 0, 0, NULL},
    {"position", POS, offsetof(struct job_meta, position), 0, JOB_POSITION_MAX, NULL},
    {NULL},
};

static const struct field result_fields[] = {
    {"meta", OBJECT, offsetof(struct job_result, meta), 0, 0, meta_fields},
    {"unchanged", BOOL, offsetof(struct job_result, unchanged), 0, 0, NULL},
    {"rows", I64, offsetof(struct job_result, rows), 0, INT64_MAX, NULL},
    {"read_ms", I64, offsetof(struct job_result, read_ms), 0, INT64_MAX, NULL},
    {"build_ms", I64, offsetof(struct job_result, build_ms), 0, INT64_MAX, NULL},
    {NULL},
};

/* struct err, with its message as text of any length. */
struct failure {
    int code;
    const char *msg;
};

static const struct field failure_fields[] = {
    {"code", CODE, offsetof(struct failure, code), 0, 0, NULL},
    {"msg", SHOWN, offsetof(struct failure, msg), 1, ERR_MSG_MAX - 1, NULL},
    {NULL},
};

static void
json_freep(json_t **json)
{
    json_decref(*json);
}

static bool
is_made_of(const char *text, size_t len, const char *allowed)
{
    return strspn(text, allowed) == len;
}

static int
code_by_name(const char *name)
{
    for (int code = ERR_SYS; code >= ERR_NOTFOUND; code--) {
        if (str_eq(err_code_name(code), name))
            return code;
    }
    return 0;
}

/* Whether text of `len` bytes may stand in the field, in either direction. */
static bool
text_is_allowed(const struct field *f, const char *text, size_t len)
{
    if ((int64_t)len < f->min || (f->type != CODE && (int64_t)len > f->max))
        return false;
    switch (f->type) {
    case HEX:
        return (int64_t)len == f->max && is_made_of(text, len, "0123456789abcdef");
    case POS:
        return is_made_of(text, len, "0123456789abcdefghijklmnopqrstuvwxyz:");
    case CODE:
        return code_by_name(text) < 0;
    default:
        return strlen(text) == len && str_is_utf8(text, len);
    }
}

static const char *
field_text(const struct field *f, const void *value)
{
    switch (f->type) {
    case HEX:
    case POS:
        return value;
    case CODE:
        return err_code_name(*(const int *)value);
    default:
        return *(const char *const *)value;
    }
}

static int encode_object(const struct field *fields, const void *values, json_t **ret);

static int
encode_field(const struct field *f, const void *value, json_t **ret)
{
    CLEANUP(freep) char *shown = NULL;
    const char *text;

    switch (f->type) {
    case I64:
        if (*(const int64_t *)value < f->min || *(const int64_t *)value > f->max)
            return ERR_PROTO;
        *ret = json_integer(*(const int64_t *)value);
        break;
    case BOOL:
        *ret = json_boolean(*(const bool *)value);
        break;
    case OBJECT:
        return encode_object(f->fields, value, ret);
    default:
        text = field_text(f, value);
        if (f->type == SHOWN) {
            text = shown = str_shown(text);
            if (!shown)
                return ERR_NOMEM;
        }
        if (!text_is_allowed(f, text, strlen(text)))
            return ERR_PROTO;
        *ret = json_string(text);
        break;
    }
    return *ret ? 0 : ERR_NOMEM;
}

static int
encode_object(const struct field *fields, const void *values, json_t **ret)
{
    CLEANUP(json_freep) json_t *object = json_object();

    if (!object)
        return ERR_NOMEM;
    for (const struct field *f = fields; f->key; f++) {
        json_t *value = NULL;
        int r = encode_field(f, (const char *)values + f->offset, &value);

        if (r < 0)
            return r;
        if (json_object_set_new(object, f->key, value) < 0) /* takes the value, even on failure */
            return ERR_NOMEM;
    }
    *ret = TAKE(object);
    return 0;
}

struct sink {
    struct buf *buf;
    int r;
};

static int
put_bytes(const char *bytes, size_t len, void *data)
{
    struct sink *sink = data;

    sink->r = buf_append(sink->buf, bytes, len);
    return sink->r;
}

static int
encode(const struct field *fields, const void *values, struct buf *ret)
{
    CLEANUP(json_freep) json_t *object = NULL;
    struct sink sink = {.buf = ret};
    size_t start = ret->len;
    int r = encode_object(fields, values, &object);

    if (r < 0)
        return r;
    if (json_dump_callback(object, put_bytes, &sink, JSON_COMPACT) < 0) {
        if (ret->data)
            ret->data[start] = '\0';
        ret->len = start;
        return sink.r < 0 ? sink.r : ERR_NOMEM;
    }
    return 0;
}

static int decode_object(const struct field *fields, const json_t *object, struct arena *a,
                         void *ret);

static int
decode_text(const struct field *f, const json_t *value, struct arena *a, void *ret)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    char *copy;

    if (!text || !text_is_allowed(f, text, len))
        return ERR_PROTO;
    switch (f->type) {
    case HEX:
    case POS:
        memcpy(ret, text, len + 1);
        return 0;
    case CODE:
        *(int *)ret = code_by_name(text);
        return 0;
    default:
        copy = arena_strndup(a, text, len);
        if (!copy)
            return ERR_NOMEM;
        *(const char **)ret = copy;
        return 0;
    }
}

static int
decode_field(const struct field *f, const json_t *value, struct arena *a, void *ret)
{
    switch (f->type) {
    case I64:
        if (!json_is_integer(value) || json_integer_value(value) < f->min ||
            json_integer_value(value) > f->max)
            return ERR_PROTO;
        *(int64_t *)ret = json_integer_value(value);
        return 0;
    case BOOL:
        if (!json_is_boolean(value))
            return ERR_PROTO;
        *(bool *)ret = json_is_true(value);
        return 0;
    case OBJECT:
        return decode_object(f->fields, value, a, ret);
    default:
        return decode_text(f, value, a, ret);
    }
}

static int
decode_object(const struct field *fields, const json_t *object, struct arena *a, void *ret)
{
    size_t count = 0;

    if (!json_is_object(object))
        return ERR_PROTO;
    for (const struct field *f = fields; f->key; f++, count++) {
        const json_t *value = json_object_get(object, f->key);
        int r = value ? decode_field(f, value, a, (char *)ret + f->offset) : ERR_PROTO;

        if (r < 0)
            return r;
    }
    /* Each key of the table was there once; one more is one that we do not know. */
    return json_object_size(object) == count ? 0 : ERR_PROTO;
}

static int
decode(const struct field *fields, const void *text, size_t len, struct arena *a, void *ret)
{
    CLEANUP(json_freep) json_t *object = NULL;
    json_error_t error = {.text = ""};

    object = json_loadb(len > 0 ? text : "", len, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        /* jansson takes some failed allocations for bad input: refused all the same. */
        return json_error_code(&error) == json_error_out_of_memory ? ERR_NOMEM : ERR_PROTO;
    }
    return decode_object(fields, object, a, ret);
}

int
job_encode(const struct job *job, struct buf *ret)
{
    return encode(job_fields, job, ret);
}

int
job_decode(const void *payload, size_t len, struct arena *a, struct job *ret)
{
    struct job job = {0};
    int r = decode(job_fields, payload, len, a, &job);

    if (r < 0)
        return r;
    *ret = job;
    return 0;
}

int
job_progress_encode(const struct job_progress *progress, struct buf *ret)
{
    return encode(progress_fields, progress, ret);
}

int
job_progress_decode(const void *payload, size_t len, struct arena *a, struct job_progress *ret)
{
    struct job_progress progress = {0};
    int r = decode(progress_fields, payload, len, a, &progress);

    if (r < 0)
        return r;
    *ret = progress;
    return 0;
}

int
job_result_encode(const struct job_result *result, struct buf *ret)
{
    return encode(result_fields, result, ret);
}

int
job_result_decode(const void *payload, size_t len, struct job_result *ret)
{
    struct job_result result = {0};
    int r = decode(result_fields, payload, len, NULL, &result); /* its text is in place */

    if (r < 0)
        return r;
    *ret = result;
    return 0;
}

int
job_failure_encode(const struct err *failure, struct buf *ret)
{
    return encode(failure_fields, &(struct failure){failure->code, failure->msg}, ret);
}

int
job_failure_decode(const void *payload, size_t len, struct err *ret)
{
    CLEANUP(arena_done) struct arena a = ARENA_INIT((size_t)4 * ERR_MSG_MAX);
    struct failure failure = {0};
    int r = decode(failure_fields, payload, len, &a, &failure);

    if (r < 0)
        return r;
    ret->code = failure.code;
    memcpy(ret->msg, failure.msg, strlen(failure.msg) + 1); /* the table bounds it */
    return 0;
}

int
job_meta_write_json(const struct job_meta *meta, struct buf *ret)
{
    return encode(meta_fields, meta, ret);
}

int
job_meta_read_json(const void *text, size_t len, struct job_meta *ret)
{
    struct job_meta meta = {0};
    int r = decode(meta_fields, text, len, NULL, &meta);

    if (r < 0)
        return r;
    *ret = meta;
    return 0;
}
