/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_DATES_H
#define STORE_DATES_H

#include "base/err.h"

#include <sqlite3.h>

/*
 * Put guards in front of SQLite's date functions on this connection: asked
 * for the current time or the time zone of the machine, they fail, whether
 * the word stands in the condition or in the data. A condition that passed
 * through them depends on the row alone.
 *
 * Fails with ERR_NOMEM, ERR_PROTO.
 */
int dates_watch(sqlite3 *db, struct err *e) MUST_CHECK;

#endif
