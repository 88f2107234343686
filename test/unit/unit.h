/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_UNIT_UNIT_H
#define TEST_UNIT_UNIT_H

/* What every unit test includes, in the order that cmocka wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/err.h"

/* A call that must work; the message of its error is shown where it did not. */
#define assert_ok(call, e)                                                                         \
    do {                                                                                           \
        int r_ = (call);                                                                           \
        if (r_ < 0)                                                                                \
            fail_msg("%s: %s", #call, (e)->msg);                                                   \
    } while (0)

#endif
