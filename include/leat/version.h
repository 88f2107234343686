/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LEAT_VERSION_H
#define LEAT_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* Everything that libleat exports carries this mark. */
#define LEAT_PUBLIC __attribute__((visibility("default")))

/* Version of these headers; the library's own is leat_version(). */
#define LEAT_VERSION_MAJOR 0
#define LEAT_VERSION_MINOR 1
#define LEAT_VERSION_PATCH 0

/* Version of the library that is linked, "0.1.0". Constant. */
LEAT_PUBLIC const char *leat_version(void);

#ifdef __cplusplus
}
#endif

#endif
