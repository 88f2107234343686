/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTEST_CERT_ISSUE_H
#define ATTEST_CERT_ISSUE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/secret.h"

/*
 * Certificates of the development CA: the CA itself, and one identity for each
 * end of a link. Request and time in, PEM out; the one thing taken from
 * outside is randomness, for keys and serial numbers. cert_issue.c lists every
 * field.
 *
 * Source: RFC 5280, sections 4.1 and 4.2; RFC 5480 (P-256).
 */

/* What an identity does on a link, and so what its certificate allows. */
enum cert_role {
    CERT_ROLE_PUBLISHER,  /* dials: clientAuth and nothing else */
    CERT_ROLE_SUBSCRIBER, /* listens: serverAuth and nothing else */
};

/* Names of the roles by number, NULL at the end: "publisher", "subscriber". */
extern const char *const cert_role_names[];

/* The role of that name. Fails with ERR_CONFIG, the message naming those there are. */
int cert_role_parse(const char *name, enum cert_role *ret, struct err *e) MUST_CHECK;

#define CERT_NAME_MAX      64   /* bytes of a common name, inclusive (ub-common-name) */
#define CERT_DNS_NAME_MAX  253  /* characters of a host name, inclusive */
#define CERT_DNS_LABEL_MAX 63   /* characters between its dots, inclusive */
#define CERT_SANS_MAX      100  /* further names of one identity, inclusive */
#define CERT_DAYS_MAX      3650 /* life of an identity, inclusive */
#define CERT_CA_DAYS_MAX   7300 /* life of a CA, inclusive */
#define CERT_CLOCK_SKEW_S  300  /* valid from so long ago: clocks differ */
#define CERT_PEM_MAX       ((size_t)64 << 10) /* bytes of a certificate or key, inclusive */

/* A subject alternative name: an address or a host name. */
struct cert_san {
    char text[CERT_DNS_NAME_MAX + 1]; /* as it is shown; addresses in their shortest form */
    uint8_t address[16];
    size_t address_len; /* bytes of `address`: 4, 16, or 0 for a host name */
};

/*
 * Read a name as --san gives it: an IPv4 or IPv6 address, else a host name of
 * letters, digits and inner hyphens. Fails with ERR_CONFIG, the message naming
 * the rule: wildcards, empty and overlong labels, a last label of digits only,
 * a final dot, ports, brackets and zones are refused.
 */
int cert_san_parse(const char *text, struct cert_san *ret, struct err *e) MUST_CHECK;

/*
 * Whether an identity may be called `name`: 1 to CERT_NAME_MAX letters,
 * digits, '.', '_' and '-'; dots separate labels of 1 to CERT_DNS_LABEL_MAX that neither
 * begin nor end with '-'; not "ca", and not an address. Fails with ERR_CONFIG.
 */
int cert_check_name(const char *name, struct err *e) MUST_CHECK;

/* A certificate and its private key, both PEM. */
struct cert_issued {
    struct secret key;    /* owned; PKCS#8, not encrypted */
    struct buf cert;      /* owned */
    int64_t not_before_s; /* seconds since 1970, inclusive */
    int64_t not_after_s;  /* seconds since 1970, inclusive */
};

/* Release and wipe; zeroed and half-filled ones are fine. */
void cert_issued_done(struct cert_issued *c);

struct cert_ca_request {
    const char *name;         /* common name: 1 to CERT_NAME_MAX bytes of printable UTF-8 */
    int64_t days;             /* 1 to CERT_CA_DAYS_MAX */
    const struct secret *key; /* a P-256 key to use, PEM; NULL: make one */
    int64_t wall_us;          /* now, microseconds since 1970 */
};

/*
 * Make a CA: a self-signed certificate that may sign identities and revocation
 * lists, and no further CA.
 *
 * On success `*ret` is owned by the caller: cert_issued_done(). Fails with
 * ERR_CONFIG (name, days), ERR_PROTO (the key given), ERR_DENIED (the clock, a key of
 * another kind), ERR_SYS (no randomness), ERR_NOMEM.
 */
int cert_issue_ca(const struct cert_ca_request *request, struct cert_issued *ret, struct err *e)
    MUST_CHECK;

struct cert_request {
    const char *name; /* see cert_check_name(); becomes the common name and a DNS name */
    enum cert_role role;
    const struct cert_san *sans; /* further names; those there already are passed over */
    size_t san_count;
    int64_t days;             /* 1 to CERT_DAYS_MAX */
    const struct secret *key; /* as above */
    int64_t wall_us;          /* now, microseconds since 1970 */

    const struct buf *ca_cert;   /* PEM, borrowed for the call */
    const struct secret *ca_key; /* PEM, borrowed for the call */
};

/*
 * Whether further name `i` of the request is in the certificate at all:
 * it is neither the identity's own name nor one of those before it.
 */
bool cert_san_is_first(const struct cert_request *request, size_t i);

/*
 * Issue an identity. It never outlives the CA: more days than that has left
 * are refused, not cut.
 *
 * On success `*ret` is owned by the caller: cert_issued_done(). Fails with
 * ERR_CONFIG (name, role, days), ERR_LIMIT (names), ERR_PROTO (PEM that is
 * none), ERR_DENIED (not a CA, key of another certificate, the CA has ended or
 * ends too early, a name that is the CA's), ERR_SYS (no randomness), ERR_NOMEM.
 */
int cert_issue(const struct cert_request *request, struct cert_issued *ret, struct err *e)
    MUST_CHECK;

#endif
