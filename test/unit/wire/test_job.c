/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "wire/frame.h"
#include "wire/job.h"

#include <jansson.h>
#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define META                                                                                       \
    "{\"version\":17,\"hash\":\"" HASH "\",\"size\":4096,\"timestamp\":1700000000,"                \
    "\"compressed\":false,\"position\":\"00ff00ff00ff00ff:1700000000000000\"}"

static const struct job_meta meta = {.version = 17,
                                     .hash = HASH,
                                     .size = 4096,
                                     .timestamp = 1700000000,
                                     .position = "00ff00ff00ff00ff:1700000000000000"};

/* The example from doc/protocol/job.md, byte for byte. */
static const uint8_t example[] = {0x00, 0x00, 0x00, 0x2f, 0x02, 0x7b, 0x22, 0x73, 0x74, 0x61, 0x67,
                                  0x65, 0x22, 0x3a, 0x22, 0x72, 0x6f, 0x77, 0x73, 0x22, 0x2c, 0x22,
                                  0x74, 0x61, 0x62, 0x6c, 0x65, 0x22, 0x3a, 0x22, 0x75, 0x73, 0x65,
                                  0x72, 0x73, 0x22, 0x2c, 0x22, 0x70, 0x65, 0x72, 0x6d, 0x69, 0x6c,
                                  0x6c, 0x65, 0x22, 0x3a, 0x35, 0x30, 0x30, 0x7d};

static void
decodes_and_encodes_the_example(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 16);
    CLEANUP(buf_done) struct buf payload = BUF_INIT(FRAME_MAX);
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct job_progress p;
    struct frame f;

    assert_int_equal(frame_decode(example, sizeof example, &f), sizeof example);
    assert_int_equal(f.kind, JOB_KIND_PROGRESS);
    assert_int_equal(job_progress_decode(f.payload, f.len, &a, &p), 0);
    assert_string_equal(p.stage, "rows");
    assert_string_equal(p.table, "users");
    assert_int_equal(p.permille, 500);
    assert_int_equal(job_progress_encode(&p, &payload), 0);
    assert_int_equal(frame_encode(&b, JOB_KIND_PROGRESS, payload.data, payload.len), 0);
    assert_int_equal(b.len, sizeof example);
    assert_memory_equal(b.data, example, sizeof example);
}

static void
carries_a_job_exactly(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 16);
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    const struct job in = {.source = "/data/\"back\" \\ \xc3\xbc.db",
                           .out = "public.db",
                           .filter = "tables:\n  - name: users\n    where: v <> 'x'\n",
                           .busy_timeout_ms = 9007199254740993,
                           .timeout_ms = INT64_MAX,
                           .replace = true};
    struct job out;

    assert_int_equal(job_encode(&in, &b), 0);
    assert_int_equal(job_decode(b.data, b.len, &a, &out), 0);
    assert_string_equal(out.source, in.source);
    assert_string_equal(out.out, in.out);
    assert_string_equal(out.filter, in.filter);
    assert_true(out.busy_timeout_ms == in.busy_timeout_ms);
    assert_true(out.timeout_ms == in.timeout_ms);
    assert_true(out.replace);
    assert_false(out.trace_sql);
}

static void
carries_a_result_exactly(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    const struct job_result in = {
        .meta = meta, .unchanged = true, .rows = INT64_MAX, .read_ms = 3, .build_ms = 4};
    struct job_result out;

    assert_int_equal(job_result_encode(&in, &b), 0);
    assert_int_equal(job_result_decode(b.data, b.len, &out), 0);
    assert_string_equal(out.meta.hash, HASH);
    assert_string_equal(out.meta.position, meta.position);
    assert_int_equal(out.meta.version, 17);
    assert_int_equal(out.meta.size, 4096);
    assert_int_equal(out.meta.timestamp, 1700000000);
    assert_false(out.meta.compressed);
    assert_true(out.unchanged);
    assert_true(out.rows == INT64_MAX);
    assert_int_equal(out.read_ms, 3);
    assert_int_equal(out.build_ms, 4);
}

static void
carries_every_failure(void **state)
{
    (void)state;
    for (int code = ERR_SYS; code >= ERR_NOTFOUND; code--) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
        struct err in, out;

        err_set(&in, code, "table \"%s\": no", "x");
        assert_int_equal(job_failure_encode(&in, &b), 0);
        assert_int_equal(job_failure_decode(b.data, b.len, &out), 0);
        assert_int_equal(out.code, code);
        assert_string_equal(out.msg, in.msg);
    }
}

static void
shows_what_is_not_text(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 16);
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct err in = {.code = ERR_SYS, .msg = "caf\xe9 \xc3\xa9 \xe2\x82"}, out;
    struct job_progress p = {.stage = "rows", .table = "\xff\xfe", .permille = 1};

    assert_int_equal(job_failure_encode(&in, &b), 0);
    assert_int_equal(job_failure_decode(b.data, b.len, &out), 0);
    assert_string_equal(out.msg, "caf? \xc3\xa9 ??");
    buf_reset(&b);
    assert_int_equal(job_progress_encode(&p, &b), 0);
    assert_int_equal(job_progress_decode(b.data, b.len, &a, &p), 0);
    assert_string_equal(p.table, "??");
}

static void
carries_the_longest_message(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct err in = {.code = ERR_PROTO}, out;

    memset(in.msg, '\1', sizeof in.msg - 1);
    assert_int_equal(job_failure_encode(&in, &b), 0);
    assert_int_equal(job_failure_decode(b.data, b.len, &out), 0);
    assert_string_equal(out.msg, in.msg);
}

static void
writes_meta_data_as_promised(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct job_meta out;

    assert_int_equal(job_meta_write_json(&meta, &b), 0);
    assert_string_equal(buf_str(&b), META);
    assert_int_equal(job_meta_read_json(b.data, b.len, &out), 0);
    assert_memory_equal(&out, &meta, sizeof meta);
}

/* Each of these is one step away from META, and the result stays as it was. */
static void
refuses_meta_data_that_is_not_exact(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        META META,
        META ",",
        "[" META "]",
        /* missing, unknown, duplicate */
        "{\"version\":17,\"hash\":\"" HASH "\",\"size\":1,\"timestamp\":1,\"compressed\":false}",
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\",\"more\":1}",
        "{\"version\":17,\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        /* numbers */
        "{\"version\":17.0,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        "{\"version\":1e2,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        "{\"version\":9223372036854775808,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        "{\"version\":\"17\",\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        "{\"version\":null,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":-1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        /* text */
        "{\"version\":17,\"hash\":\"" HASH
        "0\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"\"}",
        "{\"version\":17,\"hash\":\"\",\"size\":1,\"timestamp\":1,\"compressed\":false,"
        "\"position\":\"\"}",
        "{\"version\":17,\"hash\":1,\"size\":1,\"timestamp\":1,\"compressed\":false,"
        "\"position\":\"\"}",
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"A:1\"}",
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"a\\u0000\"}",
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":false,\"position\":\"" HASH "1\"}",
        /* booleans */
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":0,\"position\":\"\"}",
        "{\"version\":17,\"hash\":\"" HASH
        "\",\"size\":1,\"timestamp\":1,\"compressed\":\"false\",\"position\":\"\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct job_meta out = {.version = 99};

        assert_int_equal(job_meta_read_json(bad[i], strlen(bad[i]), &out), ERR_PROTO);
        assert_int_equal(out.version, 99);
    }
    for (size_t n = 0; n < strlen(META); n++) {
        struct job_meta out;

        assert_int_equal(job_meta_read_json(META, n, &out), ERR_PROTO);
    }
}

static void
takes_meta_data_in_any_order(void **state)
{
    (void)state;
    static const char text[] = "{ \"position\" : \"\", \"compressed\" : true, \"timestamp\" : 1,\n"
                               "\"size\" : 0, \"hash\" : \"" HASH "\", \"version\" : 0 }\n";
    struct job_meta out;

    assert_int_equal(job_meta_read_json(text, sizeof text - 1, &out), 0);
    assert_true(out.compressed);
    assert_string_equal(out.position, "");
}

static void
refuses_other_messages_that_are_not_exact(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 16);
    static const char no_code[] = "{\"code\":\"fine\",\"msg\":\"x\"}";
    static const char no_msg[] = "{\"code\":\"denied\",\"msg\":\"\"}";
    static const char much[] = "{\"stage\":\"rows\",\"table\":\"\",\"permille\":1001}";
    static const char no_stage[] = "{\"stage\":\"\",\"table\":\"\",\"permille\":1}";
    static const char flat[] = "{\"meta\":1,\"unchanged\":false,\"rows\":1,\"read_ms\":1,"
                               "\"build_ms\":1}";
    static const char no_source[] = "{\"source\":\"\",\"out\":\"o\",\"filter\":\"\","
                                    "\"busy_timeout_ms\":1,\"timeout_ms\":1,\"replace\":false,"
                                    "\"trace_sql\":false}";
    struct job_progress p;
    struct job_result result;
    struct job job;
    struct err failure;

    assert_int_equal(job_failure_decode(no_code, sizeof no_code - 1, &failure), ERR_PROTO);
    assert_int_equal(job_failure_decode(no_msg, sizeof no_msg - 1, &failure), ERR_PROTO);
    assert_int_equal(job_progress_decode(much, sizeof much - 1, &a, &p), ERR_PROTO);
    assert_int_equal(job_progress_decode(no_stage, sizeof no_stage - 1, &a, &p), ERR_PROTO);
    assert_int_equal(job_result_decode(flat, sizeof flat - 1, &result), ERR_PROTO);
    assert_int_equal(job_decode(no_source, sizeof no_source - 1, &a, &job), ERR_PROTO);
}

static void
encodes_nothing_that_it_would_refuse(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);
    struct job job = {.source = "a", .out = "b", .filter = ""};
    struct job_meta m = meta;

    job.timeout_ms = -1;
    assert_int_equal(job_encode(&job, &b), ERR_PROTO);
    job.timeout_ms = 1;
    job.out = "";
    assert_int_equal(job_encode(&job, &b), ERR_PROTO);
    job.out = "\xff.db";
    assert_int_equal(job_encode(&job, &b), ERR_PROTO);
    m.hash[0] = 'A';
    assert_int_equal(job_meta_write_json(&m, &b), ERR_PROTO);
    assert_int_equal(b.len, 0);
}

static void
appends_nothing_to_a_full_buffer(void **state)
{
    (void)state;
    CLEANUP(buf_done) struct buf b = BUF_INIT(sizeof META);

    assert_int_equal(buf_append_str(&b, "ab"), 0);
    assert_int_equal(job_meta_write_json(&meta, &b), ERR_LIMIT);
    assert_string_equal(buf_str(&b), "ab");
    assert_int_equal(b.len, 2);
}

/* What jansson may still allocate; the n-th allocation fails. */
static long allocations_left;

static void *
counted_malloc(size_t size)
{
    return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void
survives_each_failed_allocation(void **state)
{
    (void)state;
    int r = ERR_NOMEM;

    json_set_alloc_funcs(counted_malloc, free);
    for (long n = 0; r < 0; n++) {
        CLEANUP(buf_done) struct buf b = BUF_INIT(FRAME_MAX);

        allocations_left = n;
        r = job_meta_write_json(&meta, &b);
        assert_true(r == 0 || r == ERR_NOMEM);
        assert_int_equal(b.len, r < 0 ? 0 : sizeof META - 1);
        assert_true(n < 1000);
    }
    r = ERR_NOMEM;
    for (long n = 0; r < 0; n++) {
        struct job_meta out = {.version = 99};

        allocations_left = n;
        r = job_meta_read_json(META, sizeof META - 1, &out);
        assert_true(r == 0 || r == ERR_NOMEM || r == ERR_PROTO);
        assert_int_equal(out.version, r < 0 ? 99 : 17);
        assert_true(n < 1000);
    }
    json_set_alloc_funcs(malloc, free);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_and_encodes_the_example),
        cmocka_unit_test(carries_a_job_exactly),
        cmocka_unit_test(carries_a_result_exactly),
        cmocka_unit_test(carries_every_failure),
        cmocka_unit_test(shows_what_is_not_text),
        cmocka_unit_test(carries_the_longest_message),
        cmocka_unit_test(writes_meta_data_as_promised),
        cmocka_unit_test(refuses_meta_data_that_is_not_exact),
        cmocka_unit_test(takes_meta_data_in_any_order),
        cmocka_unit_test(refuses_other_messages_that_are_not_exact),
        cmocka_unit_test(encodes_nothing_that_it_would_refuse),
        cmocka_unit_test(appends_nothing_to_a_full_buffer),
        cmocka_unit_test(survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
