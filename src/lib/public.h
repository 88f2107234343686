/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_PUBLIC_H
#define LIB_PUBLIC_H

#include "base/err.h"

#include <leat/error.h>

/* Copy an error out to a caller of the library; returns its code. `to` may be NULL. */
int public_error(const struct err *from, struct leat_error *to);

#endif
