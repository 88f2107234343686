/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_META_H
#define STORE_META_H

#include "base/err.h"
#include "store/snapshot.h"
#include "store/temp.h"
#include "wire/job.h"

/*
 * What is known of an output, beside it in "<out>.meta": the JSON object of
 * wire/job.h. It carries the version over restarts.
 */

/* The form that is written to files and sent between processes. */
void meta_to_json(const struct snapshot_meta *meta, struct job_meta *ret);

/* Fails with ERR_NOTFOUND, ERR_SYS, ERR_PROTO (not what we write), ERR_NOMEM. */
int meta_read(const char *out, struct snapshot_meta *ret, struct err *e) MUST_CHECK;

/*
 * Replace it, atomically and durably: write the new one beside it, then, when the output is in
 * its place, publish it. A full disk is met before the output is touched. Both fail
 * with ERR_SYS, ERR_NOMEM.
 */
int meta_prepare(const char *out, const struct snapshot_meta *meta, struct temp *ret, struct err *e)
    MUST_CHECK;
int meta_publish(const char *out, struct temp *t, struct err *e) MUST_CHECK;

/* Remove what killed processes have left of it; returns how many files. */
int meta_sweep(const char *out, struct err *e) MUST_CHECK;

#endif
