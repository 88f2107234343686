/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "daemon/shop.h"
#include "daemon/shop_seed.h"
#include "fail_alloc.h"
#include "feed/filter.h"
#include "store/snapshot.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NOW_US (INT64_C(1800000000) * 1000000)

/* A directory for one test, and the shop in it. */
struct place {
    char root[64];
    char db[80];
};

static void
place_init(struct place *p)
{
    strcpy(p->root, "/tmp/leat-shop-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    snprintf(p->db, sizeof p->db, "%s/shop.db", p->root);
}

static void
place_done(struct place *p)
{
    static const char *const names[] = {"shop.db",     "shop.db-wal",     "shop.db-shm",
                                        "shop.db.new", "shop.db.new-wal", "other.db",
                                        "out.db",      "out.db.meta"};
    char path[200];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof path, "%s/%s", p->root, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(p->root), 0); /* nothing else was left */
}

static char *
read_whole(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    char *data;

    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    data = malloc((size_t)st.st_size);
    assert_non_null(data);
    *ret_len = fread(data, 1, (size_t)st.st_size, f);
    assert_int_equal(*ret_len, st.st_size);
    fclose(f);
    return data;
}

/* The first column of the first row, as text in a static buffer. */
static const char *
ask(const char *path, const char *sql)
{
    static char answer[1000];
    sqlite3 *db;
    sqlite3_stmt *stmt;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    answer[0] = '\0';
    if (sqlite3_step(stmt) == SQLITE_ROW)
        snprintf(answer, sizeof answer, "%s", sqlite3_column_text(stmt, 0));
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return answer;
}

static void
assert_sound(const char *path)
{
    assert_string_equal(ask(path, "PRAGMA integrity_check"), "ok");
    assert_string_equal(ask(path, "PRAGMA foreign_key_check"), "");
    assert_string_equal(
        ask(path,
            "INSERT INTO products_search(products_search, rank) VALUES('integrity-check', 1)"),
        "");
}

static void
makes_the_same_shop_each_time(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place a, b;
    CLEANUP(freep) char *first = NULL, *second = NULL;
    size_t first_len, second_len;
    struct err e;

    place_init(&a);
    place_init(&b);
    assert_ok(shop_create(a.db, &e), &e);
    assert_ok(shop_create(b.db, &e), &e);
    first = read_whole(a.db, &first_len);
    second = read_whole(b.db, &second_len);
    assert_int_equal(first_len, second_len);
    assert_memory_equal(first, second, first_len);
    assert_int_equal(first[18], 2); /* WAL mode */
    assert_sound(a.db);
}

static void
has_what_a_demo_needs(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    static const struct {
        const char *sql, *answer;
    } cases[] = {
        {"SELECT count(*) FROM categories", "8"},
        {"SELECT count(*) FROM products", "40"},
        {"SELECT count(*) FROM products WHERE visibility = 'hidden'", "5"},
        {"SELECT count(*) FROM customers", "60"},
        {"SELECT count(*) FROM customers WHERE is_active = 0", "6"},
        {"SELECT count(*) FROM orders", "200"},
        {"SELECT count(*) FROM reviews", "90"},
        {"SELECT count(*) FROM reviews WHERE status = 'pending'", "10"},
        {"SELECT count(*) FROM staff_notes", "25"},
        {"SELECT count(*) FROM bestsellers", "10"},
        {"SELECT count(*) > 20 FROM ratings", "1"},
        {"SELECT count(*) FROM products WHERE cost_cents >= price_cents", "0"},
        {"SELECT min(placed_at) >= '2025-01-01' AND max(placed_at) < '2026-01-01T09' FROM orders",
         "1"},
        {"SELECT count(*) FROM products_search WHERE products_search MATCH 'wool'", "2"},
        {"PRAGMA journal_mode", "wal"},
    };
    struct err e;

    place_init(&p);
    assert_ok(shop_create(p.db, &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(ask(p.db, cases[i].sql), cases[i].answer);
}

static void
leaves_a_file_that_is_there_alone(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    char leftover[100], deep[5000];
    FILE *f;
    struct err e;

    place_init(&p);
    f = fopen(p.db, "wb");
    assert_non_null(f);
    fputs("mine", f);
    fclose(f);
    assert_int_equal(shop_create(p.db, &e), ERR_DENIED);
    assert_non_null(strstr(e.msg, "there is a file"));

    /* What a killed run has left is not in the way. */
    assert_int_equal(unlink(p.db), 0);
    snprintf(leftover, sizeof leftover, "%s.new", p.db);
    f = fopen(leftover, "wb");
    assert_non_null(f);
    fputs("half of a database", f);
    fclose(f);
    assert_ok(shop_create(p.db, &e), &e);
    assert_int_equal(access(leftover, F_OK), -1);

    memset(deep, 'a', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_int_equal(shop_create(deep, &e), ERR_LIMIT);
    assert_int_equal(shop_create("/nonexistent/shop.db", &e), ERR_SYS);
    assert_non_null(strstr(e.msg, "could not make the shop \"/nonexistent/shop.db\""));
}

static void
refuses_what_is_no_shop(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    struct shop *s = NULL;
    char other[100];
    sqlite3 *db;
    FILE *f;
    struct err e;

    place_init(&p);
    assert_int_equal(shop_open(p.db, 1, &s, &e), ERR_SYS);
    snprintf(other, sizeof other, "%s/other.db", p.root);
    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE products(a)", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(shop_open(other, 1, &s, &e), ERR_PROTO);
    assert_non_null(strstr(e.msg, "it has not the tables"));
    f = fopen(p.db, "wb");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++)
        fputs("no database ", f);
    fclose(f);
    assert_int_equal(shop_open(p.db, 1, &s, &e), ERR_PROTO);
    assert_null(s);
}

/* What of the shop its filter lets out, as one number. */
static int64_t
public_digest(sqlite3 *db)
{
    /* Sums over each row's text: good enough to see that something has changed. */
    static const char *const texts[] = {
        "SELECT printf('%d %d %s %s %d %d', product_id, category_id, name, description,"
        " price_cents, stock) FROM products WHERE visibility = 'public' ORDER BY 1",
        "SELECT printf('%d %s', customer_id, display_name) FROM customers WHERE is_active = 1"
        " ORDER BY 1",
        "SELECT printf('%d %d %d %d %s %s', review_id, product_id, customer_id, rating, body,"
        " written_at) FROM reviews WHERE status = 'published' ORDER BY 1",
    };
    uint64_t digest = 14695981039346656037U;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        sqlite3_stmt *stmt;

        assert_int_equal(sqlite3_prepare_v2(db, texts[i], -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW)
            for (const unsigned char *c = sqlite3_column_text(stmt, 0);; c++) {
                digest = (digest ^ *c) * 1099511628211U;
                if (*c == '\0')
                    break;
            }
        assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    }
    return (int64_t)digest;
}

static void
tells_what_leaves_from_what_stays(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    CLEANUP(shop_closep) struct shop *s = NULL;
    unsigned seen[SHOP_CHANGE_KIND_COUNT] = {0}, hidden_prices = 0;
    sqlite3 *db;
    struct err e;

    place_init(&p);
    assert_ok(shop_create(p.db, &e), &e);
    assert_ok(shop_open(p.db, 7, &s, &e), &e);
    assert_int_equal(sqlite3_open(p.db, &db), SQLITE_OK);
    for (int i = 0; i < 400; i++) {
        int64_t before = public_digest(db);
        struct shop_change change;

        assert_ok(shop_step(s, NOW_US + i, &change, &e), &e);
        assert_true(change.kind < SHOP_CHANGE_KIND_COUNT);
        seen[change.kind]++;
        hidden_prices += change.kind == SHOP_PRICE && !change.is_public;
        assert_int_not_equal(strlen(change.text), 0);
        if ((public_digest(db) != before) != change.is_public)
            fail_msg("step %d, \"%s\": public is %d", i, change.text, change.is_public);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int kind = 0; kind < SHOP_CHANGE_KIND_COUNT; kind++)
        assert_true(seen[kind] > 0);
    assert_true(hidden_prices > 0);
    assert_sound(p.db);
}

static void
makes_the_same_changes_from_the_same_seed(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place a, b;
    CLEANUP(shop_closep) struct shop *first = NULL, *second = NULL;
    struct err e;

    place_init(&a);
    place_init(&b);
    assert_ok(shop_create(a.db, &e), &e);
    assert_ok(shop_create(b.db, &e), &e);
    assert_ok(shop_open(a.db, 42, &first, &e), &e);
    assert_ok(shop_open(b.db, 42, &second, &e), &e);
    for (int i = 0; i < 50; i++) {
        struct shop_change x, y;

        assert_ok(shop_step(first, NOW_US, &x, &e), &e);
        assert_ok(shop_step(second, NOW_US, &y, &e), &e);
        assert_string_equal(x.text, y.text);
    }
}

static void
repeat(struct shop *s, enum shop_change_kind kind, int count)
{
    for (int i = 0; i < count; i++) {
        struct shop_change change;
        struct err e;

        assert_ok(shop_step_kind(s, kind, NOW_US, &change, &e), &e);
    }
}

static void
stops_growing_at_its_bounds(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    CLEANUP(shop_closep) struct shop *s = NULL;
    struct shop_change change;
    struct err e;

    place_init(&p);
    assert_ok(shop_create(p.db, &e), &e);
    assert_ok(shop_open(p.db, 3, &s, &e), &e);

    repeat(s, SHOP_NOTE, SHOP_NOTES_MAX);
    assert_string_equal(ask(p.db, "SELECT count(*) FROM staff_notes"), "200");
    repeat(s, SHOP_HIDE, SHOP_PRODUCT_COUNT);
    assert_int_equal(shop_step_kind(s, SHOP_HIDE, NOW_US, &change, &e), 0);
    assert_string_equal(ask(p.db, "SELECT count(*) FROM products WHERE visibility = 'public'"),
                        "30");
    repeat(s, SHOP_SHOW, SHOP_PRODUCT_COUNT);
    assert_int_equal(shop_step_kind(s, SHOP_SHOW, NOW_US, &change, &e), 0);
    repeat(s, SHOP_REVIEW, SHOP_PENDING_MAX);
    assert_int_equal(shop_step_kind(s, SHOP_REVIEW, NOW_US, &change, &e), 0);
    for (int i = 0; i < SHOP_PUBLISHED_MAX; i++) {
        repeat(s, SHOP_PUBLISH, 1);
        repeat(s, SHOP_REVIEW, 1);
    }
    assert_string_equal(ask(p.db, "SELECT count(*) FROM reviews WHERE status = 'published'"),
                        "300");
    for (int i = 0; i < 300; i++) {
        repeat(s, SHOP_STOCK, 1);
        repeat(s, SHOP_ORDER, 3);
    }
    assert_string_equal(ask(p.db, "SELECT count(*) FROM orders"), "1000");
    assert_string_equal(ask(p.db, "SELECT count(*) > 0 FROM products WHERE stock < 0"), "0");
    assert_sound(p.db);
}

static void
writes_the_time_that_it_is_given(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    CLEANUP(shop_closep) struct shop *s = NULL;
    struct err e;

    place_init(&p);
    assert_ok(shop_create(p.db, &e), &e);
    assert_ok(shop_open(p.db, 3, &s, &e), &e);
    repeat(s, SHOP_ORDER, 1);
    assert_string_equal(ask(p.db, "SELECT max(placed_at) FROM orders"), "2027-01-15T08:00:00Z");
}

/* The replica is built anew after each change: it differs where the step says so, and only there.
 */
static void
its_filter_lets_out_what_the_steps_say(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    CLEANUP(filter_freep) struct filter *filter = NULL;
    CLEANUP(shop_closep) struct shop *s = NULL;
    CLEANUP(freep) char *data = NULL;
    static const char *const hidden[] = {
        "example.net",  "example.org", "argon2id",    "+44 20",      "Upper Mill",
        "Watering can", "Galvanised",  "staff_notes", "order_items", "bestsellers",
        "better price", "late parcel", "Maud"};
    char out[100];
    struct snapshot_request request = {.busy_timeout_ms = 10000, .timeout_ms = 60000};
    struct snapshot_result result;
    size_t len;
    struct err e;

    place_init(&p);
    snprintf(out, sizeof out, "%s/out.db", p.root);
    assert_ok(shop_create(p.db, &e), &e);
    assert_ok(filter_parse(shop_filter_yaml, strlen(shop_filter_yaml), "filter.yaml", &filter, &e),
              &e);
    request.source = p.db;
    request.out = out;
    request.filter = filter;
    assert_ok(snapshot_build(&request, &result, &e), &e);

    data = read_whole(out, &len);
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
        assert_null(memmem(data, len, hidden[i], strlen(hidden[i])));
    assert_string_equal(ask(out, "SELECT count(*) FROM products"), "35");
    assert_string_equal(ask(out, "SELECT count(*) FROM customers"), "54");
    assert_string_equal(ask(out, "SELECT count(*) FROM reviews"), "80");
    assert_string_equal(ask(out, "SELECT count(*) FROM categories"), "8");
    assert_string_equal(ask(out, "SELECT count(*) > 20 FROM ratings"), "1");
    assert_string_equal(ask(out, "SELECT group_concat(name) FROM pragma_table_info('customers')"),
                        "customer_id,display_name");

    assert_ok(shop_open(p.db, 9, &s, &e), &e);
    for (int i = 0; i < 60; i++) {
        struct shop_change change;

        assert_ok(shop_step(s, NOW_US, &change, &e), &e);
        assert_ok(snapshot_build(&request, &result, &e), &e);
        if (result.unchanged == change.is_public)
            fail_msg("step %d, \"%s\": public is %d", i, change.text, change.is_public);
    }
}

static int
open_and_step(void *ctx)
{
    CLEANUP(shop_closep) struct shop *s = NULL;
    struct shop_change change;
    struct err e;
    int r = shop_open(ctx, 11, &s, &e);

    for (int kind = 0; r >= 0 && kind < SHOP_CHANGE_KIND_COUNT; kind++)
        r = shop_step_kind(s, (enum shop_change_kind)kind, NOW_US, &change, &e);
    return r;
}

static void
survives_every_failed_allocation(void **state)
{
    (void)state;
    CLEANUP(place_done) struct place p;
    struct err e;

    place_init(&p);
    assert_ok(shop_create(p.db, &e), &e);
    fail_alloc_every(open_and_step, p.db);
    assert_sound(p.db);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_the_same_shop_each_time),
        cmocka_unit_test(has_what_a_demo_needs),
        cmocka_unit_test(leaves_a_file_that_is_there_alone),
        cmocka_unit_test(refuses_what_is_no_shop),
        cmocka_unit_test(tells_what_leaves_from_what_stays),
        cmocka_unit_test(makes_the_same_changes_from_the_same_seed),
        cmocka_unit_test(stops_growing_at_its_bounds),
        cmocka_unit_test(writes_the_time_that_it_is_given),
        cmocka_unit_test(its_filter_lets_out_what_the_steps_say),
        cmocka_unit_test(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
