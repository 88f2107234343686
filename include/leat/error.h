/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEAT_ERROR_H
#define LEAT_ERROR_H

#include <leat/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Functions return zero or more on success and one of these on failure. The
 * last argument, a struct leat_error, says why; it may be NULL.
 */
enum leat_error_code {
    LEAT_ERROR_SYSTEM = -1,        /* the operating system or the disk said no */
    LEAT_ERROR_PROTOCOL = -2,      /* bytes that are not what they should be */
    LEAT_ERROR_LIMIT = -3,         /* a bound was reached */
    LEAT_ERROR_DENIED = -4,        /* refused: not allowed, or not understood well enough */
    LEAT_ERROR_MEMORY = -5,        /* out of memory */
    LEAT_ERROR_SHORT = -6,         /* more bytes are needed */
    LEAT_ERROR_CONFIGURATION = -7, /* wrong usage or configuration */
    LEAT_ERROR_BUSY = -8,          /* somebody else holds it for longer than we may wait */
    LEAT_ERROR_CANCELLED = -9,     /* a callback said to stop */
    LEAT_ERROR_NOT_FOUND = -10,    /* it is not there */
};

#define LEAT_ERROR_MESSAGE_MAX 512

/* Never allocates, may be copied. The message is in the language of the process's locale. */
struct leat_error {
    int code;                             /* 0, or one of enum leat_error_code */
    char message[LEAT_ERROR_MESSAGE_MAX]; /* outermost context first, cause last */
};

/* Name of a code, never translated: "denied". Constant, never NULL. */
LEAT_PUBLIC const char *leat_error_name(int code);

#ifdef __cplusplus
}
#endif

#endif
