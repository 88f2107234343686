/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shop_seed.h"

#include "base/i18n.h"
#include "daemon/dice.h"
#include "feed/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SEED          UINT64_C(0x1ea7)
#define SHOP_PATH_MAX 4096 /* bytes with the NUL */

/* The first of January 2026, 09:00 UTC; everything in the seed happens in the year before. */
#define OPENING_S INT64_C(1767258000)
#define YEAR_S    INT64_C(31536000)

const char shop_filter_yaml[] = DATA(
    "# What may leave the back office of the demo's shop. Tables that are not listed stay where\n"
    "# they are: orders, order_items, staff_notes, and views that read them.\n"
    "tables:\n"
    "  - name: categories\n"
    "  - name: products\n"
    "    where: visibility = 'public'\n"
    "    columns: [product_id, category_id, name, description, price_cents, stock]\n"
    "  - name: customers\n"
    "    where: is_active = 1\n"
    "    columns: [customer_id, display_name]\n"
    "    omit: true\n"
    "  - name: reviews\n"
    "    where: status = 'published'\n");

static const char *const schema[] = {
    SQL("CREATE TABLE categories("
        "  category_id INTEGER PRIMARY KEY,"
        "  name TEXT NOT NULL UNIQUE)"),
    SQL("CREATE TABLE products("
        "  product_id INTEGER PRIMARY KEY,"
        "  category_id INTEGER NOT NULL REFERENCES categories,"
        "  name TEXT NOT NULL UNIQUE,"
        "  description TEXT NOT NULL,"
        "  price_cents INTEGER NOT NULL CHECK(price_cents > 0),"
        "  stock INTEGER NOT NULL CHECK(stock >= 0),"
        "  cost_cents INTEGER NOT NULL,"
        "  supplier TEXT NOT NULL,"
        "  visibility TEXT NOT NULL DEFAULT 'hidden' CHECK(visibility IN ('public', 'hidden')))"),
    SQL("CREATE INDEX products_category ON products(category_id, price_cents)"),
    SQL("CREATE INDEX products_supplier ON products(supplier)"),
    SQL("CREATE VIRTUAL TABLE products_search USING fts5("
        "  name, description, content='products', content_rowid='product_id')"),
    SQL("CREATE TRIGGER products_search_insert AFTER INSERT ON products BEGIN"
        "  INSERT INTO products_search(rowid, name, description)"
        "    VALUES(new.product_id, new.name, new.description);"
        "END"),
    SQL("CREATE TRIGGER products_search_delete AFTER DELETE ON products BEGIN"
        "  INSERT INTO products_search(products_search, rowid, name, description)"
        "    VALUES('delete', old.product_id, old.name, old.description);"
        "END"),
    SQL("CREATE TRIGGER products_search_update AFTER UPDATE OF name, description ON products BEGIN"
        "  INSERT INTO products_search(products_search, rowid, name, description)"
        "    VALUES('delete', old.product_id, old.name, old.description);"
        "  INSERT INTO products_search(rowid, name, description)"
        "    VALUES(new.product_id, new.name, new.description);"
        "END"),
    SQL("CREATE TABLE customers("
        "  customer_id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  display_name TEXT NOT NULL,"
        "  name TEXT NOT NULL,"
        "  email TEXT NOT NULL,"
        "  phone TEXT,"
        "  password_hash TEXT NOT NULL,"
        "  is_active INTEGER NOT NULL DEFAULT 1,"
        "  joined_at TEXT NOT NULL)"),
    SQL("CREATE UNIQUE INDEX customers_email ON customers(email COLLATE NOCASE)"),
    SQL("CREATE TABLE orders("
        "  order_id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  customer_id INTEGER NOT NULL REFERENCES customers,"
        "  placed_at TEXT NOT NULL,"
        "  status TEXT NOT NULL CHECK(status IN ('placed', 'sent')))"),
    SQL("CREATE INDEX orders_customer ON orders(customer_id)"),
    SQL("CREATE TABLE order_items("
        "  order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,"
        "  product_id INTEGER NOT NULL REFERENCES products,"
        "  quantity INTEGER NOT NULL CHECK(quantity > 0),"
        "  unit_price_cents INTEGER NOT NULL,"
        "  PRIMARY KEY(order_id, product_id)) WITHOUT ROWID"),
    SQL("CREATE INDEX order_items_product ON order_items(product_id)"),
    SQL("CREATE TABLE reviews("
        "  review_id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  product_id INTEGER NOT NULL REFERENCES products,"
        "  customer_id INTEGER NOT NULL REFERENCES customers,"
        "  rating INTEGER NOT NULL CHECK(rating BETWEEN 1 AND 5),"
        "  body TEXT NOT NULL,"
        "  status TEXT NOT NULL DEFAULT 'pending' CHECK(status IN ('pending', 'published')),"
        "  written_at TEXT NOT NULL)"),
    SQL("CREATE INDEX reviews_product ON reviews(product_id) WHERE status = 'published'"),
    SQL("CREATE INDEX reviews_customer ON reviews(customer_id)"),
    SQL("CREATE TABLE staff_notes("
        "  note_id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  author TEXT NOT NULL,"
        "  body TEXT NOT NULL,"
        "  written_at TEXT NOT NULL)"),
    SQL("CREATE VIEW ratings AS"
        "  SELECT p.product_id, p.name, count(*) AS review_count, round(avg(r.rating), 1) AS rating"
        "  FROM products AS p JOIN reviews AS r USING(product_id)"
        "  WHERE r.status = 'published' GROUP BY p.product_id"),
    SQL("CREATE VIEW bestsellers AS"
        "  SELECT p.product_id, p.name, sum(i.quantity) AS sold"
        "  FROM products AS p JOIN order_items AS i USING(product_id)"
        "  GROUP BY p.product_id ORDER BY sold DESC, p.product_id LIMIT 10"),
};

static const char *const categories[SHOP_CATEGORY_COUNT] = {
    "Flour", "Bread", "Tea", "Kitchen", "Garden", "Books", "Lamps", "Wool",
};

/* Five for each category, in its order. */
static const struct {
    const char *name, *description;
    int64_t price_cents;
} products[SHOP_PRODUCT_COUNT] = DATA({
    {"Strong white flour", "Stoneground wheat for bread, 1.5 kg", 340},
    {"Wholemeal rye flour", "Dark rye, ground on the day it is sent, 1 kg", 290},
    {"Spelt flour", "Old wheat with a nutty taste, 1 kg", 410},
    {"Buckwheat flour", "For pancakes; holds no gluten, 500 g", 320},
    {"Oat bran", "For porridge and crumbles, 750 g", 250},
    {"Miller's loaf", "Sourdough of wheat and rye, 900 g", 520},
    {"Seeded rolls", "Six rolls with poppy and sunflower", 380},
    {"Oat biscuits", "Thin and salty, to eat with cheese", 290},
    {"Ginger cake", "Dark, sticky, better on the third day", 640},
    {"Rye crispbread", "Baked twice, keeps for months", 350},
    {"Breakfast tea", "A strong blend, 250 g of leaves", 790},
    {"Smoked black tea", "Dried over pine fires, 100 g", 860},
    {"Green tea", "Steamed leaves of the first picking, 100 g", 990},
    {"Mint leaves", "From the garden behind the mill, 50 g", 420},
    {"Camomile flowers", "Whole flowers, 50 g", 450},
    {"Enamel teapot", "Holds one litre, blue rim", 2450},
    {"Bread tin", "Blued steel, for a loaf of 900 g", 1890},
    {"Proving basket", "Cane, round, for a kilogram of dough", 1690},
    {"Dough scraper", "Steel blade, beech handle", 980},
    {"Rolling pin", "Maple, without handles, 45 cm", 1750},
    {"Garden twine", "Jute, green, 200 m", 640},
    {"Pruning knife", "Folding, with a curved blade", 3200},
    {"Watering can", "Galvanised, 7 litres, brass rose", 4600},
    {"Seed box", "Twelve drawers of tin", 3850},
    {"Clay pots", "Five pots of 12 cm", 1450},
    {"The Water Mill", "How mills were built, with 80 drawings", 2900},
    {"Bread at Home", "Forty loaves for small ovens", 2200},
    {"A Year of Soups", "One for each week", 1950},
    {"Kitchen Herbs", "Growing, drying and using them", 1600},
    {"Rivers on Foot", "Walks along twelve small rivers", 1850},
    {"Storm lantern", "For oil, burns for 20 hours", 3400},
    {"Reading lamp", "Brass arm, linen shade", 7900},
    {"Beeswax candles", "Six, dipped by hand", 1350},
    {"Window star", "Folded paper, with a small bulb", 1990},
    {"Workshop lamp", "Enamel shade, 30 cm", 5600},
    {"Grey wool blanket", "Woven in twill, 140 by 200 cm", 8900},
    {"Walking socks", "Wool with a little nylon, three sizes", 1490},
    {"Felt slippers", "Thick soles, for cold floors", 3900},
    {"Fisherman's jumper", "Close knit, navy blue", 11900},
    {"Knitting yarn", "Undyed, 100 g", 1150},
});

static const char *const first_names[] = {
    "Ada",   "Bruno",  "Clara", "David", "Edith", "Felix",  "Greta", "Hugo",   "Ines",
    "Jonas", "Katja",  "Leon",  "Mira",  "Nils",  "Olga",   "Pavel", "Rosa",   "Simon",
    "Tilda", "Viktor", "Wanda", "Yusuf", "Zora",  "Amelie", "Bela",  "Corinne"};
static const char *const last_names[] = {
    "Abbot",  "Berger", "Carver", "Draper", "Eriksen", "Fuchs", "Garland", "Holm",  "Irving",
    "Jansen", "Keller", "Lorenz", "Mason",  "Nowak",   "Olsen", "Palmer",  "Quist", "Rossi",
    "Sawyer", "Thorn",  "Umber",  "Visser", "Weaver",  "Young", "Zeller"};
static const char *const suppliers[] =
    DATA({"Upper Mill", "Harbour Traders", "Hill Farm", "Oak & Sons", "Northern Wool"});
static const char *const staff[] = {"Maud", "Ernst", "Lior"};
static const char *const praise[] = DATA(
    {"Just what I was looking for.", "Good, though it took a week to arrive.",
     "The second one I have bought.", "Smaller than it looks, but well made.",
     "A present, and it was liked.", "Not for me; the return was easy.", "Used every day since."});
static const char *const notes[] =
    DATA({"Ask the supplier for a better price.", "Customer called twice about a late parcel.",
          "Count the shelf again before Friday.", "Do not promise delivery before the holidays.",
          "Margin is too thin, look at it in spring."});

#define PICK(d, list) ((list)[dice_roll((d), (int64_t)ARRAY_LEN(list))])

/* A second of the year before the opening, as SQLite reads it back. */
static void
some_time(struct dice *d, char ret[32])
{
    time_t at = (time_t)(OPENING_S - 1 - dice_roll(d, YEAR_S));
    struct tm tm;

    (void)gmtime_r(&at, &tm); /* a constant range, and it fits */
    (void)strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static int
fill_products(const struct sql *s, struct dice *d, struct err *e)
{
    int r = 0;

    for (int64_t i = 0; r >= 0 && i < SHOP_CATEGORY_COUNT; i++)
        r = sql_exec(s, e, SQL("INSERT INTO categories VALUES(%lld, %Q)"), (long long)i + 1,
                     categories[i]);
    for (int64_t i = 0; r >= 0 && i < SHOP_PRODUCT_COUNT; i++) {
        int64_t price = products[i].price_cents;
        int64_t cost = price * (45 + dice_roll(d, 25)) / 100;
        const char *supplier = PICK(d, suppliers);

        r = sql_exec(
            s, e, SQL("INSERT INTO products VALUES(%lld, %lld, %Q, %Q, %lld, %lld, %lld, %Q, %Q)"),
            (long long)i + 1, (long long)(i / (SHOP_PRODUCT_COUNT / SHOP_CATEGORY_COUNT)) + 1,
            products[i].name, products[i].description, (long long)price,
            (long long)dice_roll(d, 120) + 15, (long long)cost, supplier,
            i % 8 == 6 ? "hidden" : "public");
    }
    return r;
}

static int
fill_customers(const struct sql *s, struct dice *d, struct err *e)
{
    int r = 0;

    for (int64_t i = 0; r >= 0 && i < SHOP_CUSTOMER_COUNT; i++) {
        const char *first = PICK(d, first_names), *last = PICK(d, last_names);
        uint64_t salt = dice_next(d), hash = dice_next(d);
        char joined[32];

        some_time(d, joined);
        r = sql_exec(
            s, e,
            SQL("INSERT INTO customers(display_name, name, email, phone, password_hash,"
                "  is_active, joined_at)"
                "VALUES('%q %c.', '%q %q', lower('%q.%q.%lld@example.net'),"
                "  '+44 20 7946 0%03lld', '$argon2id$v=19$m=65536,t=3,p=4$%016llx$%016llx',"
                "  %d, %Q)"),
            first, last[0], first, last, first, last, (long long)i + 1,
            (long long)dice_roll(d, 1000), (unsigned long long)salt, (unsigned long long)hash,
            i % 10 == 9 ? 0 : 1, joined);
    }
    return r;
}

static int
fill_orders(const struct sql *s, struct dice *d, struct err *e)
{
    int r = 0;

    for (int64_t i = 1; r >= 0 && i <= SHOP_ORDER_COUNT; i++) {
        int64_t count = 1 + dice_roll(d, 4), first = dice_roll(d, SHOP_PRODUCT_COUNT);
        char placed[32];

        some_time(d, placed);
        r = sql_exec(s, e, SQL("INSERT INTO orders VALUES(%lld, %lld, %Q, %Q)"), (long long)i,
                     (long long)dice_roll(d, SHOP_CUSTOMER_COUNT) + 1, placed,
                     i % 9 == 0 ? "placed" : "sent");
        for (int64_t k = 0; r >= 0 && k < count; k++) {
            int64_t product = (first + 7 * k) % SHOP_PRODUCT_COUNT;

            r = sql_exec(s, e, SQL("INSERT INTO order_items VALUES(%lld, %lld, %lld, %lld)"),
                         (long long)i, (long long)product + 1, (long long)dice_roll(d, 3) + 1,
                         (long long)products[product].price_cents);
        }
    }
    return r;
}

static int
fill_reviews_and_notes(const struct sql *s, struct dice *d, struct err *e)
{
    char at[32];
    int r = 0;

    for (int64_t i = 0; r >= 0 && i < SHOP_REVIEW_COUNT; i++) {
        int64_t product = dice_roll(d, SHOP_PRODUCT_COUNT) + 1;
        int64_t customer = dice_roll(d, SHOP_CUSTOMER_COUNT) + 1;
        int64_t rating = dice_roll(d, 7) + 1;
        const char *body = PICK(d, praise);

        some_time(d, at);
        r = sql_exec(s, e,
                     SQL("INSERT INTO reviews(product_id, customer_id, rating, body, status,"
                         "  written_at) VALUES(%lld, %lld, %lld, %Q, %Q, %Q)"),
                     (long long)product, (long long)customer, (long long)MIN(rating, 5), body,
                     i % 9 == 8 ? "pending" : "published", at);
    }
    for (int64_t i = 0; r >= 0 && i < SHOP_NOTE_COUNT; i++) {
        const char *author = PICK(d, staff), *body = PICK(d, notes);

        some_time(d, at);
        r = sql_exec(s, e,
                     SQL("INSERT INTO staff_notes(author, body, written_at) VALUES(%Q, %Q, %Q)"),
                     author, body, at);
    }
    return r;
}

static int
fill(const struct sql *s, struct err *e)
{
    struct dice dice = {.state = SEED};
    int r = sql_exec(s, e, SQL("PRAGMA foreign_keys = ON"));

    if (r >= 0)
        r = sql_exec(s, e, SQL("BEGIN"));
    for (size_t i = 0; r >= 0 && i < ARRAY_LEN(schema); i++)
        r = sql_exec(s, e, "%s", schema[i]);
    if (r >= 0)
        r = fill_products(s, &dice, e);
    if (r >= 0)
        r = fill_customers(s, &dice, e);
    if (r >= 0)
        r = fill_orders(s, &dice, e);
    if (r >= 0)
        r = fill_reviews_and_notes(s, &dice, e);
    if (r >= 0)
        r = sql_exec(s, e, SQL("COMMIT"));
    if (r >= 0)
        r = sql_exec(s, e, SQL("PRAGMA journal_mode = WAL"));
    return r;
}

/* Remove what a run has left under `path`. */
static int
sweep(const char *path, struct err *e)
{
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    char name[SHOP_PATH_MAX];

    for (size_t i = 0; i < ARRAY_LEN(endings); i++) {
        if (snprintf(name, sizeof name, "%s%s", path, endings[i]) >= (int)sizeof name)
            return err_set(e, ERR_LIMIT, _("path \"%s\" is too long"), path);
        if (unlink(name) < 0 && errno != ENOENT)
            return err_sys(e, _("could not remove \"%s\""), name);
    }
    return 0;
}

static int
build(const char *path, struct err *e)
{
    struct sql s = {0};
    int rc = sqlite3_open_v2(
        path, &s.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    int r;

    if (rc == SQLITE_OK) {
        (void)sqlite3_extended_result_codes(s.db, 1); /* cannot fail */
        r = fill(&s, e);
    } else {
        r = sql_err(s.db, rc, e);
    }
    rc = sqlite3_close(s.db);
    if (r >= 0 && rc != SQLITE_OK)
        r = sql_err(NULL, rc, e);
    return r;
}

/* Make a rename last: sync the directory of `path`. */
static int
sync_directory(const char *path, struct err *e)
{
    char dir[SHOP_PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    CLEANUP(closep) int fd = -1;

    if (slash)
        (void)snprintf(dir, sizeof dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) < 0)
        return err_sys(e, _("could not sync directory \"%s\""), dir);
    return 0;
}

int
shop_create(const char *path, struct err *e)
{
    char new[SHOP_PATH_MAX - 16]; /* SQLite and sweep() append to it */
    struct stat st;
    int r;

    if (snprintf(new, sizeof new, "%s.new", path) >= (int)sizeof new)
        return err_set(e, ERR_LIMIT, _("path \"%s\" is too long"), path);
    if (lstat(path, &st) == 0)
        return err_set(e, ERR_DENIED, _("there is a file \"%s\" already"), path);
    if (errno != ENOENT)
        return err_sys(e, _("could not look for \"%s\""), path);
    r = sweep(new, e);
    if (r < 0)
        return r;
    r = build(new, e);
    if (r >= 0 && rename(new, path) < 0)
        r = err_sys(e, _("could not rename \"%s\""), new);
    if (r < 0) {
        (void)sweep(new, NULL); /* the failure that is reported came first */
        return err_wrap(e, _("could not make the shop \"%s\""), path);
    }
    return sync_directory(path, e);
}
