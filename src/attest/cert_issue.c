/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in the certificates, field by field (X.509 v3, RFC 5280):
 *
 *   field                   CA                          identity
 *   serial number           128 random bits, the highest two 01: positive, never short
 *   signature               ecdsa-with-SHA256
 *   issuer                  itself                      the CA's subject
 *   validity                now - 5 minutes .. now + days; an identity's within the CA's
 *   subject                 CN                          CN = name
 *   public key              P-256                       P-256
 *   basicConstraints   (c)  CA, path length 0           not a CA
 *   keyUsage           (c)  keyCertSign, cRLSign        digitalSignature
 *   extendedKeyUsage        -                           clientAuth or serverAuth, by role
 *   subjectAltName          -                           dns:name and the further names
 *   subjectKeyIdentifier    SHA-1 of the key (RFC 5280, 4.2.1.2, method 1)
 *   authorityKeyIdentifier  -                           the CA's subjectKeyIdentifier
 *
 * (c) is critical. One role, one purpose: the certificate of a publisher can
 * not be used to listen, nor that of a subscriber to push, at any peer that
 * checks purposes, so a front office that is broken into cannot publish.
 */
#include "attest/cert_issue.h"

#include "base/i18n.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SERIAL_LEN  16
#define KEY_ID_MAX  64 /* bytes; SHA-1 makes 20 */
#define DAY_S       ((int64_t)24 * 60 * 60)
#define US_PER_S    ((int64_t)1000 * 1000)
#define WALL_US_MAX (INT64_C(250000000000) * US_PER_S) /* X.509 ends with the year 9999 */

const char *const cert_role_names[] = {
    [CERT_ROLE_PUBLISHER] = "publisher",
    [CERT_ROLE_SUBSCRIBER] = "subscriber",
    NULL,
};

static void
crt_freep(gnutls_x509_crt_t *crt)
{
    if (*crt)
        gnutls_x509_crt_deinit(*crt);
}

static void
key_freep(gnutls_x509_privkey_t *key)
{
    if (*key)
        gnutls_x509_privkey_deinit(*key);
}

/* For what may hold a private key, and for what does not. */
static void
datum_wipep(gnutls_datum_t *d)
{
    if (d->data)
        explicit_bzero(d->data, d->size);
    gnutls_free(d->data);
}

/* A failure of the TLS library as one of ours; `what` is translated. */
static int
err_tls(struct err *e, int r, const char *what)
{
    if (r == GNUTLS_E_MEMORY_ERROR)
        return err_nomem(e);
    if (r == GNUTLS_E_RANDOM_FAILED || r == GNUTLS_E_RANDOM_DEVICE_ERROR)
        return err_set(e, ERR_SYS, "%s: %s", what, gnutls_strerror(r));
    return err_set(e, ERR_PROTO, "%s: %s", what, gnutls_strerror(r));
}

int
cert_role_parse(const char *name, enum cert_role *ret, struct err *e)
{
    for (size_t i = 0; cert_role_names[i]; i++) {
        if (str_eq(name, cert_role_names[i])) {
            *ret = (enum cert_role)i;
            return 0;
        }
    }
    return err_set(e, ERR_CONFIG, _("role \"%s\" is neither \"%s\" nor \"%s\""), CLIP(name),
                   cert_role_names[CERT_ROLE_PUBLISHER], cert_role_names[CERT_ROLE_SUBSCRIBER]);
}

void
cert_issued_done(struct cert_issued *c)
{
    secret_done(&c->key);
    buf_done(&c->cert);
}

static bool
is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Read an address; the number of its bytes, or 0 where it is none. */
static size_t
parse_address(const char *text, uint8_t address[16])
{
    if (inet_pton(AF_INET, text, address) == 1)
        return 4;
    if (inet_pton(AF_INET6, text, address) == 1)
        return 16;
    return 0;
}

/* The labels of a host name; `extra` is one more character that they may hold. */
static int
check_labels(const char *name, char extra, struct err *e)
{
    const char *label = name;

    for (const char *p = name;; p++) {
        size_t len = (size_t)(p - label);

        if (*p != '.' && *p != '\0') {
            if (!is_alnum(*p) && *p != '-' && *p != extra)
                return err_set(e, ERR_CONFIG, _("name \"%s\" has a character that no host has"),
                               CLIP(name));
            continue;
        }
        if (len == 0)
            return err_set(e, ERR_CONFIG, _("name \"%s\" has nothing on one side of a dot"),
                           CLIP(name));
        if (len > CERT_DNS_LABEL_MAX)
            return err_set(e, ERR_CONFIG,
                           _("name \"%s\" has %zu characters between two dots, at most %d"),
                           CLIP(name), len, CERT_DNS_LABEL_MAX);
        if (label[0] == '-' || p[-1] == '-')
            return err_set(e, ERR_CONFIG, _("name \"%s\" has a part that begins or ends with '-'"),
                           CLIP(name));
        if (*p == '\0')
            return 0;
        label = p + 1;
    }
}

int
cert_san_parse(const char *text, struct cert_san *ret, struct err *e)
{
    struct cert_san san = {0};
    const char *last;
    int r;

    san.address_len = parse_address(text, san.address);
    if (san.address_len > 0) {
        if (!inet_ntop(san.address_len == 4 ? AF_INET : AF_INET6, san.address, san.text,
                       sizeof san.text))
            return err_sys(e, _("could not write address \"%s\""), CLIP(text));
        *ret = san;
        return 0;
    }

    if (text[0] == '\0')
        return err_set(e, ERR_CONFIG, "%s", _("name is empty"));
    if (strlen(text) > CERT_DNS_NAME_MAX)
        return err_set(e, ERR_CONFIG, _("name \"%s\" has %zu characters, at most %d"), CLIP(text),
                       strlen(text), CERT_DNS_NAME_MAX);
    if (strchr(text, '*'))
        return err_set(e, ERR_CONFIG,
                       _("name \"%s\" is a wildcard: an identity names each of its hosts"),
                       CLIP(text));
    r = check_labels(text, '-', e);
    if (r < 0)
        return r;
    last = strrchr(text, '.');
    last = last ? last + 1 : text;
    /* Half of the world reads "10.1" as an address, and nobody as a host. */
    if (last[strspn(last, "0123456789")] == '\0')
        return err_set(e, ERR_CONFIG, _("name \"%s\" ends in a number and is no address"),
                       CLIP(text));
    memcpy(san.text, text, strlen(text) + 1);
    *ret = san;
    return 0;
}

int
cert_check_name(const char *name, struct err *e)
{
    uint8_t address[16];

    if (name[0] == '\0')
        return err_set(e, ERR_CONFIG, "%s", _("name is empty"));
    if (strlen(name) > CERT_NAME_MAX)
        return err_set(e, ERR_CONFIG, _("name \"%s\" has %zu characters, at most %d"), CLIP(name),
                       strlen(name), CERT_NAME_MAX);
    if (str_eq(name, "ca"))
        return err_set(e, ERR_CONFIG, _("name \"%s\" is taken by the CA itself"), name);
    if (parse_address(name, address) > 0)
        return err_set(e, ERR_CONFIG,
                       _("name \"%s\" is an address: name the machine and give this with --san"),
                       name);
    return check_labels(name, '_', e);
}

/* A CA's name is shown to people: any text that prints. */
static int
check_ca_name(const char *name, struct err *e)
{
    size_t len = strlen(name);

    if (len == 0)
        return err_set(e, ERR_CONFIG, "%s", _("name of the CA is empty"));
    if (len > CERT_NAME_MAX)
        return err_set(e, ERR_CONFIG, _("name of the CA \"%s\" has %zu bytes, at most %d"),
                       CLIP(name), len, CERT_NAME_MAX);
    if (!str_is_utf8(name, len))
        return err_set(e, ERR_CONFIG, "%s", _("name of the CA is not UTF-8"));
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return err_set(e, ERR_CONFIG, _("name of the CA \"%s\" has a control character"),
                           CLIP(name));
    return 0;
}

static int
check_days(int64_t days, int64_t max, struct err *e)
{
    if (days < 1 || days > max)
        return err_set(e, ERR_CONFIG, _("%" PRId64 " days of validity: must be 1 to %" PRId64),
                       days, max);
    return 0;
}

/* A machine without a battery begins in 1970, and would sign for that. */
static int
check_clock(int64_t wall_us, struct err *e)
{
    if (wall_us < CERT_CLOCK_SKEW_S * US_PER_S || wall_us > WALL_US_MAX)
        return err_set(e, ERR_DENIED, _("clock says %" PRId64 " seconds since 1970: set it"),
                       wall_us / US_PER_S);
    return 0;
}

static int
key_import(const struct secret *pem, gnutls_x509_privkey_t *ret, struct err *e)
{
    CLEANUP(key_freep) gnutls_x509_privkey_t key = NULL;
    /* The library takes no const, and does not write. */
    gnutls_datum_t data = {.data = (unsigned char *)secret_bytes(pem), .size = (unsigned)pem->len};
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    int r;

    r = gnutls_x509_privkey_init(&key);
    if (r >= 0)
        r = gnutls_x509_privkey_import(key, &data, GNUTLS_X509_FMT_PEM);
    if (r < 0)
        return err_tls(e, r, _("could not read the private key"));
    if (gnutls_x509_privkey_get_pk_algorithm(key) != GNUTLS_PK_ECDSA ||
        gnutls_x509_privkey_export_ecc_raw(key, &curve, NULL, NULL, NULL) < 0 ||
        curve != GNUTLS_ECC_CURVE_SECP256R1)
        return err_set(e, ERR_DENIED, "%s", _("private key is not ECDSA on the curve P-256"));
    *ret = TAKE(key);
    return 0;
}

/* The key that was given, or a new one. */
static int
key_get(const struct secret *pem, gnutls_x509_privkey_t *ret, struct err *e)
{
    CLEANUP(key_freep) gnutls_x509_privkey_t key = NULL;
    int r;

    if (pem)
        return key_import(pem, ret, e);
    r = gnutls_x509_privkey_init(&key);
    if (r >= 0)
        r = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (r < 0)
        return err_tls(e, r, _("could not make a private key"));
    *ret = TAKE(key);
    return 0;
}

/* A certificate with what the CA and identities have in common. */
static int
crt_begin(const char *name, gnutls_x509_privkey_t key, int64_t not_before_s, int64_t not_after_s,
          gnutls_x509_crt_t *ret, struct err *e)
{
    CLEANUP(crt_freep) gnutls_x509_crt_t crt = NULL;
    uint8_t serial[SERIAL_LEN], id[KEY_ID_MAX];
    size_t id_len = sizeof id;
    int r;

    r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    if (r < 0)
        return err_tls(e, r, _("could not make a serial number"));
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40);

    if ((r = gnutls_x509_crt_init(&crt)) < 0 || (r = gnutls_x509_crt_set_version(crt, 3)) < 0 ||
        (r = gnutls_x509_crt_set_serial(crt, serial, sizeof serial)) < 0 ||
        (r = gnutls_x509_crt_set_activation_time(crt, not_before_s)) < 0 ||
        (r = gnutls_x509_crt_set_expiration_time(crt, not_after_s)) < 0 ||
        (r = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                           (unsigned)strlen(name))) < 0 ||
        (r = gnutls_x509_crt_set_key(crt, key)) < 0 ||
        (r = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &id_len)) < 0 ||
        (r = gnutls_x509_crt_set_subject_key_id(crt, id, id_len)) < 0)
        return err_tls(e, r, _("could not make the certificate"));
    *ret = TAKE(crt);
    return 0;
}

/* Sign, and write both as PEM. */
static int
crt_finish(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, gnutls_x509_crt_t issuer,
           gnutls_x509_privkey_t issuer_key, struct cert_issued *ret, struct err *e)
{
    CLEANUP(cert_issued_done) struct cert_issued out = {.cert = BUF_INIT(CERT_PEM_MAX)};
    CLEANUP(datum_wipep) gnutls_datum_t cert_pem = {0};
    CLEANUP(datum_wipep) gnutls_datum_t key_pem = {0};
    int r;

    r = gnutls_x509_crt_sign2(crt, issuer, issuer_key, GNUTLS_DIG_SHA256, 0);
    if (r < 0)
        return err_tls(e, r, _("could not sign the certificate"));
    if ((r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &cert_pem)) < 0 ||
        (r = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                               &key_pem)) < 0)
        return err_tls(e, r, _("could not write the certificate"));
    r = buf_append(&out.cert, cert_pem.data, cert_pem.size);
    if (r >= 0)
        r = secret_set(&out.key, key_pem.data, key_pem.size);
    if (r == ERR_NOMEM)
        return err_nomem(e);
    if (r < 0)
        return err_set(e, r, _("certificate has %u bytes, at most %zu"), cert_pem.size,
                       CERT_PEM_MAX);

    out.not_before_s = gnutls_x509_crt_get_activation_time(crt);
    out.not_after_s = gnutls_x509_crt_get_expiration_time(crt);
    *ret = out;
    out = (struct cert_issued){0}; /* the cleanup has nothing left */
    return 0;
}

int
cert_issue_ca(const struct cert_ca_request *request, struct cert_issued *ret, struct err *e)
{
    CLEANUP(key_freep) gnutls_x509_privkey_t key = NULL;
    CLEANUP(crt_freep) gnutls_x509_crt_t crt = NULL;
    int64_t now_s = request->wall_us / US_PER_S;
    int r;

    r = check_clock(request->wall_us, e);
    if (r < 0)
        return r;
    r = check_ca_name(request->name, e);
    if (r < 0)
        return r;
    r = check_days(request->days, CERT_CA_DAYS_MAX, e);
    if (r < 0)
        return r;
    r = key_get(request->key, &key, e);
    if (r < 0)
        return r;
    r = crt_begin(request->name, key, now_s - CERT_CLOCK_SKEW_S, now_s + request->days * DAY_S,
                  &crt, e);
    if (r < 0)
        return r;
    if ((r = gnutls_x509_crt_set_basic_constraints(crt, 1, 0)) < 0 ||
        (r = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)) <
            0)
        return err_tls(e, r, _("could not make the certificate"));
    return crt_finish(crt, key, crt, key, ret, e);
}

/* Read the CA and see that it is one, that key and certificate belong together. */
static int
ca_import(const struct buf *cert_pem, const struct secret *key_pem, gnutls_x509_crt_t *ret_crt,
          gnutls_x509_privkey_t *ret_key, struct err *e)
{
    CLEANUP(key_freep) gnutls_x509_privkey_t key = NULL;
    CLEANUP(crt_freep) gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t data = {.data = cert_pem->data, .size = (unsigned)cert_pem->len};
    uint8_t crt_id[KEY_ID_MAX], key_id[KEY_ID_MAX];
    size_t crt_id_len = sizeof crt_id, key_id_len = sizeof key_id;
    unsigned usage = 0;
    int r;

    assert(cert_pem->len <= CERT_PEM_MAX && key_pem->len <= CERT_PEM_MAX);
    r = gnutls_x509_crt_init(&crt);
    if (r >= 0)
        r = gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM);
    if (r < 0)
        return err_tls(e, r, _("could not read the certificate of the CA"));
    if (gnutls_x509_crt_get_ca_status(crt, NULL) <= 0 ||
        gnutls_x509_crt_get_key_usage(crt, &usage, NULL) < 0 || !(usage & GNUTLS_KEY_KEY_CERT_SIGN))
        return err_set(e, ERR_DENIED, "%s", _("certificate is not that of a CA"));
    r = key_import(key_pem, &key, e);
    if (r < 0)
        return err_wrap(e, "%s", _("key of the CA"));
    if ((r = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, crt_id, &crt_id_len)) < 0 ||
        (r = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, key_id, &key_id_len)) < 0)
        return err_tls(e, r, _("could not compare key and certificate of the CA"));
    if (crt_id_len != key_id_len || memcmp(crt_id, key_id, key_id_len) != 0)
        return err_set(e, ERR_DENIED, "%s", _("key and certificate of the CA do not match"));
    *ret_crt = TAKE(crt);
    *ret_key = TAKE(key);
    return 0;
}

/* An identity lives within the life of its CA. */
static int
check_life(gnutls_x509_crt_t ca, int64_t now_s, int64_t days, struct err *e)
{
    int64_t begin_s = gnutls_x509_crt_get_activation_time(ca);
    int64_t end_s = gnutls_x509_crt_get_expiration_time(ca);
    int64_t left = (end_s - now_s) / DAY_S;

    if (now_s < begin_s)
        return err_set(e, ERR_DENIED, _("CA is not valid yet: it begins in %" PRId64 " seconds"),
                       begin_s - now_s);
    if (now_s > end_s)
        return err_set(e, ERR_DENIED, "%s", _("CA is not valid any more: make a new one"));
    if (left < 1)
        return err_set(e, ERR_DENIED, "%s", _("CA ends in less than a day: make a new one"));
    if (days > left)
        return err_set(e, ERR_DENIED,
                       _("%" PRId64 " days are more than the CA has left, at most %" PRId64), days,
                       left);
    return 0;
}

static int
check_not_ca_name(gnutls_x509_crt_t ca, const char *name, struct err *e)
{
    char ca_name[4 * CERT_NAME_MAX + 1];
    size_t len = sizeof ca_name;
    int r = gnutls_x509_crt_get_dn_by_oid(ca, GNUTLS_OID_X520_COMMON_NAME, 0, 0, ca_name, &len);

    if (r < 0)
        return err_tls(e, r, _("could not read the name of the CA"));
    /* Issuer and subject would be equal, which says "signed by itself". */
    if (str_eq(name, ca_name))
        return err_set(e, ERR_DENIED, _("name \"%s\" is that of the CA"), name);
    return 0;
}

static int
san_add(gnutls_x509_crt_t crt, const struct cert_san *san, struct err *e)
{
    int r;

    if (san->address_len > 0)
        r = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, san->address,
                                                 (unsigned)san->address_len, GNUTLS_FSAN_APPEND);
    else
        r = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, san->text,
                                                 (unsigned)strlen(san->text), GNUTLS_FSAN_APPEND);
    if (r < 0)
        return err_tls(e, r, _("could not add a name to the certificate"));
    return 0;
}

bool
cert_san_is_first(const struct cert_request *request, size_t i)
{
    const char *text = request->sans[i].text;

    if (str_eq_nocase(text, request->name))
        return false;
    for (size_t k = 0; k < i; k++)
        if (str_eq_nocase(text, request->sans[k].text))
            return false;
    return true;
}

static int
sans_add(gnutls_x509_crt_t crt, const struct cert_request *request, struct err *e)
{
    struct cert_san own = {0};
    int r;

    memcpy(own.text, request->name, strlen(request->name) + 1);
    r = san_add(crt, &own, e);
    for (size_t i = 0; r >= 0 && i < request->san_count; i++)
        if (cert_san_is_first(request, i))
            r = san_add(crt, &request->sans[i], e);
    return r;
}

int
cert_issue(const struct cert_request *request, struct cert_issued *ret, struct err *e)
{
    CLEANUP(key_freep) gnutls_x509_privkey_t ca_key = NULL;
    CLEANUP(key_freep) gnutls_x509_privkey_t key = NULL;
    CLEANUP(crt_freep) gnutls_x509_crt_t ca = NULL;
    CLEANUP(crt_freep) gnutls_x509_crt_t crt = NULL;
    int64_t now_s = request->wall_us / US_PER_S, not_before_s;
    const char *purpose;
    uint8_t id[KEY_ID_MAX];
    size_t id_len = sizeof id;
    int r;

    r = check_clock(request->wall_us, e);
    if (r < 0)
        return r;
    r = cert_check_name(request->name, e);
    if (r < 0)
        return r;
    r = check_days(request->days, CERT_DAYS_MAX, e);
    if (r < 0)
        return r;
    if (request->san_count > CERT_SANS_MAX)
        return err_set(e, ERR_LIMIT, _("%zu further names, at most %d"), request->san_count,
                       CERT_SANS_MAX);
    switch (request->role) {
    case CERT_ROLE_PUBLISHER:
        purpose = GNUTLS_KP_TLS_WWW_CLIENT;
        break;
    case CERT_ROLE_SUBSCRIBER:
        purpose = GNUTLS_KP_TLS_WWW_SERVER;
        break;
    default:
        return err_set(e, ERR_CONFIG, _("there is no role %d"), (int)request->role);
    }

    r = ca_import(request->ca_cert, request->ca_key, &ca, &ca_key, e);
    if (r < 0)
        return r;
    r = check_life(ca, now_s, request->days, e);
    if (r < 0)
        return r;
    r = check_not_ca_name(ca, request->name, e);
    if (r < 0)
        return r;

    r = key_get(request->key, &key, e);
    if (r < 0)
        return r;
    not_before_s = MAX(now_s - CERT_CLOCK_SKEW_S, (int64_t)gnutls_x509_crt_get_activation_time(ca));
    r = crt_begin(request->name, key, not_before_s, now_s + request->days * DAY_S, &crt, e);
    if (r < 0)
        return r;
    if ((r = gnutls_x509_crt_set_basic_constraints(crt, 0, -1)) < 0 ||
        (r = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0 ||
        (r = gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0)) < 0 ||
        (r = gnutls_x509_crt_get_subject_key_id(ca, id, &id_len, NULL)) < 0 ||
        (r = gnutls_x509_crt_set_authority_key_id(crt, id, id_len)) < 0)
        return err_tls(e, r, _("could not make the certificate"));
    r = sans_add(crt, request, e);
    if (r < 0)
        return r;
    return crt_finish(crt, key, ca, ca_key, ret, e);
}
