/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/base.h"

#include <stdarg.h>

/*
 * Failure as a value. A function returns zero or more on success and one of
 * these on failure; the last argument, where there is one, says why.
 *
 * The numbers are those of include/leat/error.h: they are public.
 */
enum err_code {
    ERR_SYS = -1,       /* the operating system or the disk said no */
    ERR_PROTO = -2,     /* bytes that are not what they should be */
    ERR_LIMIT = -3,     /* a bound was reached */
    ERR_DENIED = -4,    /* refused: not allowed, or not understood well enough to allow */
    ERR_NOMEM = -5,     /* out of memory */
    ERR_SHORT = -6,     /* a prefix: more bytes are needed */
    ERR_CONFIG = -7,    /* wrong usage or configuration; a person must change something */
    ERR_BUSY = -8,      /* somebody else holds it, for longer than we may wait */
    ERR_CANCELLED = -9, /* we were told to stop */
    ERR_NOTFOUND = -10, /* it is not there */
};

#define ERR_MSG_MAX 512

/* What went wrong. Never allocates, may be copied. */
struct err {
    int code;              /* 0, or one of enum err_code */
    char msg[ERR_MSG_MAX]; /* outermost context first, cause last; never empty on failure */
};

/*
 * Set the code and the message; return the code. `e` may be NULL for callers
 * that only want the code. The format is already translated: err_set(e,
 * ERR_LIMIT, _("...")).
 */
int err_set(struct err *e, int code, const char *format, ...) PRINTF_LIKE(3, 4);
int err_setv(struct err *e, int code, const char *format, va_list args) PRINTF_LIKE(3, 0);

/* The same for a failed system call: ERR_SYS, and strerror(errno) is appended. */
int err_sys(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same, with the sentence that every failed allocation gets. */
int err_nomem(struct err *e);

/*
 * Put context in front of the message that is there: "context: message". Where
 * both do not fit, the context is cut, because the cause is what is needed.
 * Returns the code that is there, so `e` is needed: a function that wraps is
 * never called without one.
 */
int err_wrap(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

/* Name of a code as it appears in JSON and in the log: "denied". Never NULL. */
const char *err_code_name(int code);

#endif
