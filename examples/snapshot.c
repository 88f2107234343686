/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A filtered snapshot from a program of one's own:
 *
 *   cc snapshot.c $(pkg-config --cflags --libs leat) -o snapshot
 *   ./snapshot filter.yaml back.db public.db
 */
#include <leat/snapshot.h>

#include <inttypes.h>
#include <stdio.h>

static bool
on_table(void *ctx, const struct leat_filter_fit *fit)
{
    (void)ctx;
    printf("table %s%s\n", fit->table, fit->row_local ? "" : " (its condition reads other rows)");
    return true;
}

int
main(int argc, char **argv)
{
    struct leat_filter *filter = NULL;
    struct leat_snapshot_result result;
    struct leat_error error;
    int status = 1;

    if (argc != 4) {
        fprintf(stderr, "usage: snapshot FILTER SOURCE OUT\n");
        return 2;
    }
    if (leat_filter_load(argv[1], &filter, &error) < 0 ||
        leat_filter_check(filter, argv[2], on_table, NULL, &error) < 0)
        goto out;

    struct leat_snapshot_options options = {
        .source = argv[2],
        .out = argv[3],
        .filter = filter,
    };

    if (leat_snapshot_build(&options, &result, &error) < 0)
        goto out;
    printf("version %" PRId64 "%s, %" PRId64 " rows, %" PRId64 " bytes, sha256 %s\n",
           result.meta.version, result.unchanged ? " (unchanged)" : "", result.rows,
           result.meta.size, result.meta.hash);
    status = 0;
out:
    if (status != 0)
        fprintf(stderr, "snapshot: %s: %s\n", leat_error_name(error.code), error.message);
    leat_filter_free(filter);
    return status;
}
