/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PKI_H
#define CLI_PKI_H

#include "attest/cert_issue.h"

/*
 * The directory of a development CA:
 *
 *   DIR/ca.pem     certificate of the CA, to be given to everybody
 *   DIR/ca.key     its private key, mode 0600
 *   DIR/NAME.pem   certificate of an identity
 *   DIR/NAME.key   its private key, mode 0600
 *
 * Files appear whole or not at all, the key before its certificate: what has
 * no certificate does not exist yet. A key that stands alone is what a killed
 * run left behind, and the next run completes it. Modes do not depend on the
 * umask. Calls for one directory wait for each other.
 */
#define PKI_PATH_MAX 4096 /* bytes of a path with its NUL, inclusive */

/* What was written. */
struct pki_files {
    char cert[PKI_PATH_MAX]; /* path: DIR as it was given, and the file's name */
    char key[PKI_PATH_MAX];
    int64_t not_after_s; /* last second of validity, since 1970 */
};

/*
 * Make a CA in `dir`, which is created with mode 0700 where it is missing (its
 * parent must be there). `request->key` must be NULL. Never overwrites.
 *
 * Fails with ERR_DENIED (there is a CA already; a lone ca.key that others may
 * read), ERR_CONFIG (path), ERR_SYS, and as cert_issue_ca() does.
 */
int pki_init(const char *dir, const struct cert_ca_request *request, struct pki_files *ret,
             struct err *e) MUST_CHECK;

/*
 * Issue an identity into `dir`; `request->ca_cert`, `ca_key` and `key` must be
 * NULL. An identity that exists is refused, or replaced, key and all, where
 * `replace` says so: then a crash leaves the old pair, or no certificate, or
 * the new pair, never one that does not match.
 *
 * Fails with ERR_NOTFOUND (no CA), ERR_DENIED (the identity exists; a key that
 * others may read), ERR_CONFIG (path), ERR_LIMIT (a file too big to be one of
 * ours), ERR_SYS, and as cert_issue() does.
 */
int pki_issue(const char *dir, const struct cert_request *request, bool replace,
              struct pki_files *ret, struct err *e) MUST_CHECK;

#endif
