/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The distance is that of Damerau and Levenshtein in its restricted form: the
 * least number of letters to change, add, drop, or swap with their neighbour,
 * no letter touched twice. Three rows of the usual table are enough.
 */
#include "cli/nearest.h"

#include <string.h>

static size_t
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAREST_NAME_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    for (size_t k = 0; k <= b_len; k++)
        above[k] = k;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *spare = before;

        row[0] = i;
        for (size_t k = 1; k <= b_len; k++) {
            size_t change = above[k - 1] + (a[i - 1] != b[k - 1]);

            row[k] = MIN(change, MIN(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = MIN(row[k], before[k - 2] + 1);
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b_len];
}

void
nearest_offer(struct nearest *n, const char *name)
{
    size_t typed_len = strlen(n->typed), name_len = strlen(name);
    size_t d;

    if (typed_len > NEAREST_NAME_MAX || name_len > NEAREST_NAME_MAX)
        return;
    d = distance(n->typed, typed_len, name, name_len);

    /* A third of the letters wrong is a slip; more is another word. */
    if (d > MAX(name_len / 3, (size_t)1) || (n->name && d >= n->distance))
        return;
    n->name = name;
    n->distance = d;
}
