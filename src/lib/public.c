/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/public.h"

#include <leat/version.h>

#include <string.h>

/* The public numbers are ours. */
_Static_assert((int)LEAT_ERROR_SYSTEM == (int)ERR_SYS, "public error codes");
_Static_assert((int)LEAT_ERROR_PROTOCOL == (int)ERR_PROTO, "public error codes");
_Static_assert((int)LEAT_ERROR_LIMIT == (int)ERR_LIMIT, "public error codes");
_Static_assert((int)LEAT_ERROR_DENIED == (int)ERR_DENIED, "public error codes");
_Static_assert((int)LEAT_ERROR_MEMORY == (int)ERR_NOMEM, "public error codes");
_Static_assert((int)LEAT_ERROR_SHORT == (int)ERR_SHORT, "public error codes");
_Static_assert((int)LEAT_ERROR_CONFIGURATION == (int)ERR_CONFIG, "public error codes");
_Static_assert((int)LEAT_ERROR_BUSY == (int)ERR_BUSY, "public error codes");
_Static_assert((int)LEAT_ERROR_CANCELLED == (int)ERR_CANCELLED, "public error codes");
_Static_assert((int)LEAT_ERROR_NOT_FOUND == (int)ERR_NOTFOUND, "public error codes");
_Static_assert((int)LEAT_ERROR_MESSAGE_MAX == (int)ERR_MSG_MAX, "public error messages");

int
public_error(const struct err *from, struct leat_error *to)
{
    if (to) {
        to->code = from->code;
        memcpy(to->message, from->msg, sizeof to->message);
    }
    return from->code;
}

const char *
leat_version(void)
{
    return LEAT_VERSION;
}

const char *
leat_error_name(int code)
{
    return err_code_name(code);
}
