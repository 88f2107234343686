/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"
#include "fail_alloc.h"

#include <string.h>

#include <jansson.h>
#include <sqlite3.h>

/* Growth that fails leaves the content alone and the buffer usable. */
static int
grow_buffer(void *ctx)
{
    (void)ctx;
    CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
    int r;

    for (int i = 0; i < 1000; i++) {
        size_t len = b.len;

        r = buf_printf(&b, "%d,", i % 10);
        if (r < 0) {
            assert_int_equal(b.len, len);
            assert_int_equal(strlen(buf_str(&b)), len);
            return r;
        }
    }
    return 0;
}

static void
buffer_survives(void **state)
{
    (void)state;
    fail_alloc_every(grow_buffer, NULL);
}

static int
fill_arena(void *ctx)
{
    (void)ctx;
    CLEANUP(arena_done) struct arena a = ARENA_INIT(1 << 20);

    for (int i = 0; i < 20; i++) {
        size_t used = a.used;

        if (!arena_array(&a, 100, 8) || !arena_strdup(&a, "abc") || !arena_printf(&a, "%d", i) ||
            !arena_alloc(&a, 10000)) {
            assert_true(a.used >= used);
            return ERR_NOMEM;
        }
        if (i == 10)
            arena_reset(&a);
    }
    return 0;
}

static void
arena_survives(void **state)
{
    (void)state;
    fail_alloc_every(fill_arena, NULL);
}

/* A secret that could not be replaced is still the old one. */
static int
replace_secret(void *ctx)
{
    (void)ctx;
    CLEANUP(secret_done) struct secret s = {0};
    int r = secret_set(&s, "old", 3);

    if (r < 0)
        return r;
    r = secret_set(&s, "newer", 5);
    if (r < 0) {
        assert_int_equal(s.len, 3);
        assert_memory_equal(secret_bytes(&s), "old", 3);
    }
    return r;
}

static void
secret_survives(void **state)
{
    (void)state;
    fail_alloc_every(replace_secret, NULL);
}

/* The harness itself: allocations inside SQLite and Jansson are seen and refused too. */
static size_t refused;

static int
use_sqlite(void *ctx)
{
    (void)ctx;
    sqlite3 *db = NULL;
    char *copy = strdup("a text that SQLite will own");
    sqlite3_stmt *stmt = NULL;
    int r = SQLITE_NOMEM;

    if (copy)
        r = sqlite3_open(":memory:", &db);
    if (r == SQLITE_OK)
        r = sqlite3_prepare_v2(db, "SELECT upper(?1)", -1, &stmt, NULL);
    if (r == SQLITE_OK) {
        r = sqlite3_bind_text(stmt, 1, copy, -1, free); /* taken, also on failure */
        copy = NULL;
    }
    if (r == SQLITE_OK)
        r = sqlite3_step(stmt) == SQLITE_ROW ? SQLITE_OK : SQLITE_NOMEM;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    free(copy);
    refused += r == SQLITE_NOMEM;
    return r == SQLITE_OK ? 0 : r == SQLITE_NOMEM ? ERR_NOMEM : ERR_PROTO;
}

static void
sees_into_sqlite(void **state)
{
    (void)state;
    refused = 0;
    fail_alloc_every(use_sqlite, NULL);
    assert_true(refused > 10);
}

static int
use_jansson(void *ctx)
{
    (void)ctx;
    json_t *object = json_pack("{s:[i,i,s]}", "list", 1, 2, "three");
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

    json_decref(object);
    if (!text) {
        refused++;
        return ERR_NOMEM;
    }
    assert_string_equal(text, "{\"list\":[1,2,\"three\"]}");
    free(text);
    return 0;
}

static void
sees_into_jansson(void **state)
{
    (void)state;
    refused = 0;
    fail_alloc_every(use_jansson, NULL);
    assert_true(refused > 5);
}

static int
allocate_often(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < FAIL_ALLOC_ALL_MAX * 2; i++) {
        void *volatile p = malloc(10); /* volatile: or the compiler does without */

        if (!p) {
            refused++;
            return ERR_NOMEM;
        }
        free(p);
    }
    return 0;
}

static void
samples_what_is_too_much(void **state)
{
    (void)state;
    refused = 0;
    fail_alloc_every(allocate_often, NULL);
    assert_int_equal(refused, 2 * FAIL_ALLOC_ALL_MAX + FAIL_ALLOC_SAMPLES);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_survives),   cmocka_unit_test(arena_survives),
        cmocka_unit_test(secret_survives),   cmocka_unit_test(sees_into_sqlite),
        cmocka_unit_test(sees_into_jansson), cmocka_unit_test(samples_what_is_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
