/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_FILTER_H
#define LIB_FILTER_H

#include <leat/filter.h>

struct filter;

/* What is inside the public handle. Borrowed. */
const struct filter *lib_filter(const struct leat_filter *f);

#endif
