/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shop.h"

#include "base/i18n.h"
#include "base/str.h"
#include "daemon/dice.h"
#include "feed/sql.h"

#include <stdio.h>
#include <string.h>

struct shop {
    struct sql sql; /* sql.db is owned */
    struct dice dice;
    int64_t wall_s; /* of the step at work */
};

#define TEXT_OF_(what) #what
#define TEXT_OF(what)  TEXT_OF_(what)
#define STOCK_MIN      TEXT_OF(SHOP_STOCK_MIN)

/* The time of a step, inside a statement; takes shop->wall_s. */
#define AT "strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', %lld, 'unixepoch')"

static const char *const review_bodies[] =
    DATA({"Arrived quickly and well packed.", "Does what it should.", "I would buy it again.",
          "The colour is darker than shown.", "My mother wants one too."});
static const char *const note_bodies[] =
    DATA({"Supplier raises prices next month.", "Customer asked for an invoice by post.",
          "Two parcels came back, addresses unknown.", "Move the slow sellers to the back room."});

#define PICK(s, list) ((list)[dice_roll(&(s)->dice, (int64_t)ARRAY_LEN(list))])

/* One product, as the sentences speak of it. */
struct product {
    int64_t id, price_cents, stock;
    bool is_public;
    char label[STR_CLIP_MAX + 8]; /* its name in quotes; of a hidden one only the number */
};

/* An identifier among what "FROM `from`" holds: 1, or 0 where that is nothing. */
static int
pick_id(struct shop *s, const char *column, const char *from, int64_t *ret, struct err *e)
{
    int64_t count = 0;
    int r = sql_get_int(&s->sql, &count, e, SQL("SELECT count(*) FROM %s"), from);

    if (r < 0)
        return r;
    if (count == 0)
        return 0;
    r = sql_get_int(&s->sql, ret, e, SQL("SELECT %s FROM %s ORDER BY 1 LIMIT 1 OFFSET %lld"),
                    column, from, (long long)dice_roll(&s->dice, count));
    return r < 0 ? r : 1;
}

static int
load_product(struct shop *s, int64_t id, struct product *ret, struct err *e)
{
    CLEANUP(sql_query_done) struct sql_query q = {0};
    int r = sql_query_start(&s->sql, &q, e,
                            SQL("SELECT name, price_cents, stock, visibility = 'public'"
                                " FROM products WHERE product_id = %lld"),
                            (long long)id);

    if (r >= 0)
        r = sql_query_next(&q, e);
    if (r <= 0)
        return r;
    ret->id = id;
    ret->price_cents = sql_int(&q, 1);
    ret->stock = sql_int(&q, 2);
    ret->is_public = sql_int(&q, 3) != 0;
    /* Both fit; a translation that does not is shown in part. */
    if (ret->is_public)
        (void)snprintf(ret->label, sizeof ret->label, "\"%s\"", CLIP(sql_text(&q, 0)));
    else
        (void)snprintf(ret->label, sizeof ret->label, _("hidden product %lld"), (long long)id);
    return 1;
}

/* A product among what "FROM `from`" holds: 1, or 0 where that is nothing. */
static int
pick_product(struct shop *s, const char *from, struct product *ret, struct err *e)
{
    int64_t id;
    int r = pick_id(s, "product_id", from, &id, e);

    return r > 0 ? load_product(s, id, ret, e) : r;
}

static void PRINTF_LIKE(3, 4)
    describe(struct shop_change *ret, bool is_public, const char *format, ...)
{
    va_list args;

    size_t len;

    ret->is_public = is_public;
    va_start(args, format);
    (void)vsnprintf(ret->text, sizeof ret->text, format, args); /* cut where it does not fit */
    va_end(args);
    /* But not inside a character. */
    for (len = strlen(ret->text); len > 0 && !str_is_utf8(ret->text, len); len--)
        ret->text[len - 1] = '\0';
}

/*
 * The kinds of change, one function each: 1 when it was made, 0 when there is
 * nothing to make it of.
 */
static int
change_price(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int64_t price;
    int r = pick_product(s, "products", &p, e);

    if (r <= 0)
        return r;
    /* Between 90 and 110 percent, another price than before, and never nothing. */
    price = p.price_cents * (90 + dice_roll(&s->dice, 21)) / 100;
    price = MAX(price / 5 * 5, (int64_t)5);
    if (price == p.price_cents)
        price += 5;
    r = sql_exec(&s->sql, e, SQL("UPDATE products SET price_cents = %lld WHERE product_id = %lld"),
                 (long long)price, (long long)p.id);
    describe(ret, p.is_public, _("the price of %s goes from %lld.%02lld to %lld.%02lld"), p.label,
             (long long)p.price_cents / 100, (long long)p.price_cents % 100, (long long)price / 100,
             (long long)price % 100);
    return r < 0 ? r : 1;
}

static int
change_stock(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int64_t more = 20 + dice_roll(&s->dice, 60), stock;
    int r = pick_product(s, SQL("products WHERE stock = (SELECT min(stock) FROM products)"), &p, e);

    if (r <= 0)
        return r;
    r = sql_exec(&s->sql, e,
                 SQL("UPDATE products SET stock = stock + %lld WHERE product_id = %lld"),
                 (long long)more, (long long)p.id);
    stock = p.stock + more;
    describe(ret, p.is_public,
             P_("%lld piece of %s arrives, %lld are in stock",
                "%lld pieces of %s arrive, %lld are in stock", more),
             (long long)more, p.label, (long long)stock);
    return r < 0 ? r : 1;
}

static int
change_order(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int64_t customer, order, quantity = 1 + dice_roll(&s->dice, 3);
    int r = pick_id(s, "customer_id", SQL("customers WHERE is_active = 1"), &customer, e);

    if (r > 0)
        r = pick_product(s, SQL("products WHERE visibility = 'public' AND stock >= " STOCK_MIN), &p,
                         e);
    if (r <= 0)
        return r;
    r = sql_exec(
        &s->sql, e,
        SQL("INSERT INTO orders(customer_id, placed_at, status) VALUES(%lld, " AT ", 'placed')"),
        (long long)customer, (long long)s->wall_s);
    order = sqlite3_last_insert_rowid(s->sql.db);
    if (r >= 0)
        r = sql_exec(&s->sql, e, SQL("INSERT INTO order_items VALUES(%lld, %lld, %lld, %lld)"),
                     (long long)order, (long long)p.id, (long long)quantity,
                     (long long)p.price_cents);
    if (r >= 0)
        r = sql_exec(&s->sql, e,
                     SQL("UPDATE products SET stock = stock - %lld WHERE product_id = %lld"),
                     (long long)quantity, (long long)p.id);
    if (r >= 0)
        r = sql_exec(
            &s->sql, e,
            SQL("DELETE FROM orders WHERE order_id IN"
                " (SELECT order_id FROM orders ORDER BY order_id DESC LIMIT -1 OFFSET %d)"),
            SHOP_ORDERS_MAX);
    describe(ret, true,
             P_("a customer orders %lld piece of %s, %lld are left in stock",
                "a customer orders %lld pieces of %s, %lld are left in stock", quantity),
             (long long)quantity, p.label, (long long)(p.stock - quantity));
    return r < 0 ? r : 1;
}

static int
change_publish(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int64_t review, product = 0;
    int r = pick_id(s, "review_id", SQL("reviews WHERE status = 'pending'"), &review, e);

    if (r <= 0)
        return r;
    r = sql_get_int(&s->sql, &product, e,
                    SQL("SELECT product_id FROM reviews WHERE review_id = %lld"),
                    (long long)review);
    if (r >= 0)
        r = load_product(s, product, &p, e);
    if (r <= 0)
        return r;
    r = sql_exec(&s->sql, e, SQL("UPDATE reviews SET status = 'published' WHERE review_id = %lld"),
                 (long long)review);
    if (r >= 0)
        r = sql_exec(&s->sql, e,
                     SQL("DELETE FROM reviews WHERE review_id IN"
                         " (SELECT review_id FROM reviews WHERE status = 'published'"
                         "  ORDER BY review_id DESC LIMIT -1 OFFSET %d)"),
                     SHOP_PUBLISHED_MAX);
    describe(ret, true, _("a review of %s is published"), p.label);
    return r < 0 ? r : 1;
}

static int
change_hide(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int64_t visible = 0;
    int r = sql_get_int(&s->sql, &visible, e,
                        SQL("SELECT count(*) FROM products WHERE visibility = 'public'"));

    if (r < 0)
        return r;
    if (visible <= SHOP_VISIBLE_MIN)
        return 0;
    r = pick_product(s, SQL("products WHERE visibility = 'public'"), &p, e);
    if (r <= 0)
        return r;
    r = sql_exec(&s->sql, e,
                 SQL("UPDATE products SET visibility = 'hidden' WHERE product_id = %lld"),
                 (long long)p.id);
    describe(ret, true, _("%s is taken off sale"), p.label);
    return r < 0 ? r : 1;
}

static int
change_show(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int r = pick_product(s, SQL("products WHERE visibility = 'hidden'"), &p, e);

    if (r <= 0)
        return r;
    r = sql_exec(&s->sql, e,
                 SQL("UPDATE products SET visibility = 'public' WHERE product_id = %lld"),
                 (long long)p.id);
    describe(ret, true, _("%s goes on sale"), p.label);
    return r < 0 ? r : 1;
}

static int
change_review(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int64_t customer, rating, pending = 0;
    const char *body;
    int r = sql_get_int(&s->sql, &pending, e,
                        SQL("SELECT count(*) FROM reviews WHERE status = 'pending'"));

    if (r < 0)
        return r;
    if (pending >= SHOP_PENDING_MAX)
        return 0;
    r = pick_id(s, "customer_id", SQL("customers WHERE is_active = 1"), &customer, e);
    if (r > 0)
        r = pick_product(s, SQL("products WHERE visibility = 'public'"), &p, e);
    if (r <= 0)
        return r;
    rating = dice_roll(&s->dice, 5) + 1;
    body = PICK(s, review_bodies);
    r = sql_exec(&s->sql, e,
                 SQL("INSERT INTO reviews(product_id, customer_id, rating, body, written_at)"
                     " VALUES(%lld, %lld, %lld, %Q, " AT ")"),
                 (long long)p.id, (long long)customer, (long long)rating, body,
                 (long long)s->wall_s);
    describe(ret, false, _("a review of %s comes in and waits"), p.label);
    return r < 0 ? r : 1;
}

static int
change_cost(struct shop *s, struct shop_change *ret, struct err *e)
{
    struct product p;
    int r = pick_product(s, "products", &p, e);

    if (r <= 0)
        return r;
    r = sql_exec(&s->sql, e,
                 SQL("UPDATE products SET cost_cents = cost_cents + %lld WHERE product_id = %lld"),
                 (long long)dice_roll(&s->dice, 40) + 1, (long long)p.id);
    describe(ret, false, _("the supplier asks more for %s"), p.label);
    return r < 0 ? r : 1;
}

static int
change_email(struct shop *s, struct shop_change *ret, struct err *e)
{
    int64_t customer;
    int r = pick_id(s, "customer_id", "customers", &customer, e);

    if (r <= 0)
        return r;
    r = sql_exec(&s->sql, e,
                 SQL("UPDATE customers SET email = 'mail-%lld-%lld@example.org'"
                     " WHERE customer_id = %lld"),
                 (long long)customer, (long long)dice_roll(&s->dice, INT64_C(1) << 40),
                 (long long)customer);
    describe(ret, false, _("customer %lld has a new e-mail address"), (long long)customer);
    return r < 0 ? r : 1;
}

static int
change_note(struct shop *s, struct shop_change *ret, struct err *e)
{
    int r = sql_exec(&s->sql, e,
                     SQL("INSERT INTO staff_notes(author, body, written_at)"
                         " VALUES('Maud', %Q, " AT ")"),
                     PICK(s, note_bodies), (long long)s->wall_s);

    if (r >= 0)
        r = sql_exec(&s->sql, e,
                     SQL("DELETE FROM staff_notes WHERE note_id IN"
                         " (SELECT note_id FROM staff_notes ORDER BY note_id DESC"
                         "  LIMIT -1 OFFSET %d)"),
                     SHOP_NOTES_MAX);
    describe(ret, false, "%s", _("the staff leave each other a note"));
    return r < 0 ? r : 1;
}

static int (*const changes[])(struct shop *s, struct shop_change *ret, struct err *e) = {
    [SHOP_PRICE] = change_price,     [SHOP_STOCK] = change_stock, [SHOP_ORDER] = change_order,
    [SHOP_PUBLISH] = change_publish, [SHOP_HIDE] = change_hide,   [SHOP_SHOW] = change_show,
    [SHOP_REVIEW] = change_review,   [SHOP_COST] = change_cost,   [SHOP_EMAIL] = change_email,
    [SHOP_NOTE] = change_note,
};

/* How often each kind comes, among the sum of all. */
static const int weights[] = {
    [SHOP_PRICE] = 5, [SHOP_STOCK] = 2,  [SHOP_ORDER] = 6, [SHOP_PUBLISH] = 3, [SHOP_HIDE] = 1,
    [SHOP_SHOW] = 1,  [SHOP_REVIEW] = 3, [SHOP_COST] = 3,  [SHOP_EMAIL] = 3,   [SHOP_NOTE] = 3,
};

_Static_assert(ARRAY_LEN(changes) == SHOP_CHANGE_KIND_COUNT, "each kind has its function");
_Static_assert(ARRAY_LEN(weights) == SHOP_CHANGE_KIND_COUNT, "each kind has its weight");

void
shop_close(struct shop *s)
{
    if (!s)
        return;
    (void)sqlite3_close(s->sql.db); /* no statement is open, so it closes */
    free(s);
}

int
shop_open(const char *path, uint64_t seed, struct shop **ret, struct err *e)
{
    CLEANUP(shop_closep) struct shop *s = calloc(1, sizeof *s);
    int64_t tables = 0;
    int rc, r;

    if (!s)
        return err_nomem(e);
    s->dice.state = seed;
    rc = sqlite3_open_v2(path, &s->sql.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_extended_result_codes(s->sql.db, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(s->sql.db, SHOP_BUSY_TIMEOUT_MS);
    r = rc == SQLITE_OK ? 0 : sql_err(s->sql.db, rc, e);
    if (r >= 0)
        r = sql_exec(&s->sql, e, SQL("PRAGMA foreign_keys = ON"));
    if (r >= 0)
        r = sql_get_int(&s->sql, &tables, e,
                        SQL("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN"
                            " ('products', 'customers', 'orders', 'order_items', 'reviews',"
                            "  'staff_notes')"));
    if (r >= 0 && tables != 6)
        r = err_set(e, ERR_PROTO, "%s", _("it has not the tables of the demo's shop"));
    if (r < 0)
        return err_wrap(e, _("could not open the shop \"%s\""), path);
    *ret = TAKE(s);
    return 0;
}

/* End the transaction, if one is left: a full disk ends it by itself. */
static int
roll_back(struct shop *s, struct err *e)
{
    return sqlite3_get_autocommit(s->sql.db) ? 0 : sql_exec(&s->sql, e, SQL("ROLLBACK"));
}

int
shop_step_kind(struct shop *s, enum shop_change_kind kind, int64_t wall_us, struct shop_change *ret,
               struct err *e)
{
    struct shop_change change = {.kind = kind};
    int r;

    assert(kind >= 0 && kind < SHOP_CHANGE_KIND_COUNT);
    s->wall_s = wall_us / 1000000;
    r = roll_back(s, e); /* what memory did not suffice for last time */
    /* IMMEDIATE: what is read first must still hold when it is written. */
    if (r >= 0)
        r = sql_exec(&s->sql, e, SQL("BEGIN IMMEDIATE"));
    if (r < 0)
        return r;
    r = changes[kind](s, &change, e);
    if (r > 0) {
        int committed = sql_exec(&s->sql, e, SQL("COMMIT"));

        r = committed < 0 ? committed : r;
    }
    if (r == 0)
        return roll_back(s, e);
    if (r < 0) {
        (void)roll_back(s, NULL); /* the failure that is reported came first; see above */
        return r;
    }
    *ret = change;
    return 1;
}

int
shop_step(struct shop *s, int64_t wall_us, struct shop_change *ret, struct err *e)
{
    int sum = 0, at, kind = 0, r = 0;

    for (size_t i = 0; i < ARRAY_LEN(weights); i++)
        sum += weights[i];
    at = (int)dice_roll(&s->dice, sum);
    while (at >= weights[kind])
        at -= weights[kind++];
    /* Where that kind is not possible now, one of the others is: there is always room for a note.
     */
    for (int i = 0; i < SHOP_CHANGE_KIND_COUNT && r == 0; i++)
        r = shop_step_kind(s, (enum shop_change_kind)((kind + i) % SHOP_CHANGE_KIND_COUNT), wall_us,
                           ret, e);
    assert(r != 0);
    return r < 0 ? r : 0;
}
