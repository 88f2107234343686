/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMON_SHOP_H
#define DAEMON_SHOP_H

#include "base/base.h"
#include "base/err.h"

/*
 * Life in the shop of the demo (shop_seed.h): one committed change a step. The
 * tables stop growing at the bounds below; what is oldest goes.
 */
#define SHOP_VISIBLE_MIN   30   /* products; no more are hidden then */
#define SHOP_ORDERS_MAX    1000 /* inclusive, like those that follow */
#define SHOP_NOTES_MAX     200
#define SHOP_PENDING_MAX   20  /* reviews that wait */
#define SHOP_PUBLISHED_MAX 300 /* reviews */
#define SHOP_STOCK_MIN     10  /* pieces; what has fewer is not sold */

enum shop_change_kind {
    SHOP_PRICE,   /* a product costs more or less */
    SHOP_STOCK,   /* a delivery */
    SHOP_ORDER,   /* a customer buys: the order is private, the stock is public */
    SHOP_PUBLISH, /* a review is let through */
    SHOP_HIDE,    /* a product is taken off sale */
    SHOP_SHOW,    /* and comes back */
    SHOP_REVIEW,  /* a review comes in, and waits */
    SHOP_COST,    /* what a product costs us */
    SHOP_EMAIL,   /* of a customer */
    SHOP_NOTE,    /* among the staff */
    SHOP_CHANGE_KIND_COUNT,
};

#define SHOP_TEXT_MAX 256 /* bytes with the NUL */

/* What a step has changed. */
struct shop_change {
    enum shop_change_kind kind;
    bool is_public;           /* the filter of the demo lets some of it out */
    char text[SHOP_TEXT_MAX]; /* a sentence in UTF-8, translated, with nothing private in it */
};

/* An open shop. One thread at a time. */
struct shop;

/*
 * Open the shop at `path`; the same seed makes the same changes. On success
 * `*ret` is owned by the caller: shop_close(). Fails with ERR_SYS, ERR_PROTO
 * (not a database, or not a shop of ours), ERR_BUSY, ERR_NOMEM.
 */
int shop_open(const char *path, uint64_t seed, struct shop **ret, struct err *e) MUST_CHECK;

/* NULL is fine. */
void shop_close(struct shop *s);
DEFINE_FREEP(struct shop, shop_close)

/*
 * Make one change and commit it. `wall_us` is now, microseconds since 1970: the
 * time that is written into the rows. Blocks while another connection writes,
 * for SHOP_BUSY_TIMEOUT_MS at most.
 *
 * Fails with ERR_BUSY, ERR_SYS (disk), ERR_PROTO (damaged), ERR_NOMEM; nothing
 * was changed then.
 */
#define SHOP_BUSY_TIMEOUT_MS 10000
int shop_step(struct shop *s, int64_t wall_us, struct shop_change *ret, struct err *e) MUST_CHECK;

/* The same for a change of a certain kind: 1, or 0 where the shop has no room for one now. */
int shop_step_kind(struct shop *s, enum shop_change_kind kind, int64_t wall_us,
                   struct shop_change *ret, struct err *e) MUST_CHECK;

#endif
