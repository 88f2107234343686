/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_SHOP_SEED_H
#define DAEMON_SHOP_SEED_H

#include "base/base.h"
#include "base/err.h"

/*
 * The database of the demo: a small shop with public and private tables, rows
 * and columns, in WAL mode, always the same one, byte for byte with one
 * version of SQLite.
 *
 *   categories       public
 *   products         public where visible; cost and supplier are not
 *   products_search  FTS5 index over the products, kept by triggers; stays behind
 *   customers        identifier and display name of those who are active
 *   reviews          public when published
 *   orders, order_items, staff_notes   private
 *   ratings          view of products and reviews: leaves with them
 *   bestsellers      view over the orders: stays behind with them
 */
#define SHOP_CATEGORY_COUNT 8
#define SHOP_PRODUCT_COUNT  40
#define SHOP_CUSTOMER_COUNT 60
#define SHOP_ORDER_COUNT    200
#define SHOP_REVIEW_COUNT   90
#define SHOP_NOTE_COUNT     25

/*
 * Make the database at `path`: whole, or not at all. What a killed run left
 * beside it (`path`.new) is removed. Fails with ERR_DENIED (there is a file
 * already, which is left alone), ERR_LIMIT (the path is too long), ERR_SYS,
 * ERR_NOMEM.
 */
int shop_create(const char *path, struct err *e) MUST_CHECK;

/* The filter that says the above, as YAML with comments. */
extern const char shop_filter_yaml[];

#endif
