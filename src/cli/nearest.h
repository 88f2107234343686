/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

#include "base/base.h"

/*
 * The name that was probably meant by a mistyped one. Names are offered one
 * after the other; the first of the nearest is kept, if it is near at all.
 */
struct nearest {
    const char *typed; /* borrowed */
    const char *name;  /* borrowed; NULL while nothing is near */
    size_t distance;   /* letters to change, add, drop or swap with their neighbour */
};

#define NEAREST_NAME_MAX 64 /* bytes; longer names are never near */

#define NEAREST_INIT(typed_) ((struct nearest){.typed = (typed_)})

void nearest_offer(struct nearest *n, const char *name);

#endif
