/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include "base/i18n.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
err_setv(struct err *e, int code, const char *format, va_list args)
{
    assert(code < 0);
    if (!e)
        return code;
    e->code = code;
    (void)vsnprintf(e->msg, sizeof e->msg, format, args); /* a cut message is still a message */
    assert(e->msg[0] != '\0');
    return code;
}

int
err_set(struct err *e, int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    err_setv(e, code, format, args);
    va_end(args);
    return code;
}

int
err_sys(struct err *e, const char *format, ...)
{
    int saved = errno;
    va_list args;

    if (!e)
        return ERR_SYS;
    va_start(args, format);
    err_setv(e, ERR_SYS, format, args);
    va_end(args);

    size_t len = strlen(e->msg);

    (void)snprintf(e->msg + len, sizeof e->msg - len, ": %s", strerror(saved));
    return ERR_SYS;
}

int
err_nomem(struct err *e)
{
    return err_set(e, ERR_NOMEM, "%s", _("out of memory"));
}

int
err_wrap(struct err *e, const char *format, ...)
{
    char cause[ERR_MSG_MAX];
    va_list args;
    size_t cause_len, context_len;

    assert(e && e->code < 0);
    cause_len = strlen(e->msg);
    memcpy(cause, e->msg, cause_len + 1);

    va_start(args, format);
    (void)vsnprintf(e->msg, sizeof e->msg, format, args);
    va_end(args);

    /* ": ", the cause and the NUL must fit behind the context. */
    cause_len = MIN(cause_len, sizeof e->msg - 3);
    context_len = MIN(strlen(e->msg), sizeof e->msg - 3 - cause_len);
    memcpy(e->msg + context_len, ": ", 2);
    memcpy(e->msg + context_len + 2, cause, cause_len);
    e->msg[context_len + 2 + cause_len] = '\0';
    return e->code;
}

const char *
err_code_name(int code)
{
    switch (code) {
    case ERR_SYS:
        return "system";
    case ERR_PROTO:
        return "protocol";
    case ERR_LIMIT:
        return "limit";
    case ERR_DENIED:
        return "denied";
    case ERR_NOMEM:
        return "memory";
    case ERR_SHORT:
        return "short";
    case ERR_CONFIG:
        return "configuration";
    case ERR_BUSY:
        return "busy";
    case ERR_CANCELLED:
        return "cancelled";
    case ERR_NOTFOUND:
        return "not found"; /* not translated: a name in JSON */
    default:
        return "unknown";
    }
}
