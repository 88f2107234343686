/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPTION_IMPL_H
#define BASE_OPTION_IMPL_H

#include "base/option.h"

/* What the files of option.h share; nobody else includes this. */

/* The member of `values` that the option describes. */
static inline void *
option_member(const struct option *option, void *values)
{
    return (char *)values + option->offset;
}

static inline const void *
option_member_const(const struct option *option, const void *values)
{
    return (const char *)values + option->offset;
}

/*
 * Append to a list whose array is in `arena`. Fails with ERR_CONFIG (more than
 * OPTION_ITEMS_MAX), ERR_NOMEM. The section is born with its defaults and is
 * borrowed until the next one is added.
 */
int option_add_string(const struct option *option, struct option_strings *list, const char *item,
                      struct arena *arena, struct err *e) MUST_CHECK;
int option_add_section(const struct option *option, struct option_sections *list,
                       struct arena *arena, void **ret, struct err *e) MUST_CHECK;

/* Say that a required option is missing; ERR_CONFIG. */
int option_missing(const struct option_set *set, const struct option *option, struct err *e);

#endif
