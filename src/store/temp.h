/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_TEMP_H
#define STORE_TEMP_H

#include "base/err.h"

/*
 * A file under construction beside the file whose place it will take:
 * ".<name>.<16 hex digits>.tmp". Its maker holds a lock on it, so that what a
 * killed process has left can be told from what is being made.
 */
struct temp {
    int fd;     /* owned; -1: none */
    char *path; /* owned */
};

#define TEMP_NONE ((struct temp){.fd = -1})

/* Create one for `target`. Fails with ERR_SYS, ERR_NOMEM. */
int temp_create(const char *target, struct temp *ret, struct err *e) MUST_CHECK;

/*
 * Finish the content: give it the mode of `target` if that exists, and make it
 * durable. A full disk shows here at the latest. Fails with ERR_SYS.
 */
int temp_seal(struct temp *t, const char *target, struct err *e) MUST_CHECK;

/*
 * Put a sealed file in the place of `target`: rename, fsync of the directory.
 * It is no longer temporary afterwards. Fails with ERR_SYS; `target` is as it
 * was, or, if only the directory could not be made durable, the new one.
 */
int temp_publish(struct temp *t, const char *target, struct err *e) MUST_CHECK;

/* Remove the file if it was not published. For use with CLEANUP. */
void temp_discard(struct temp *t);

/*
 * Remove what killed processes have left for `target`; returns how many files
 * that were. Fails with ERR_SYS when the directory cannot be read.
 */
int temp_sweep(const char *target, struct err *e) MUST_CHECK;

/* The directory of `path`, opened; -1 with errno. */
int temp_open_directory(const char *path);

#endif
