/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attest/cert_issue.h"
#include "fail_alloc.h"

#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NOW_S  INT64_C(1800000000) /* 2027-01-15 */
#define NOW_US (NOW_S * 1000000)
#define DAY_S  INT64_C(86400)

/* What the verifier takes for now; GnuTLS asks this instead of the clock. */
static time_t verify_at;

static time_t
verify_time(time_t *ret)
{
    if (ret)
        *ret = verify_at;
    return verify_at;
}

static void
make_ca(const char *name, int64_t days, struct cert_issued *ret)
{
    struct err e;
    struct cert_ca_request request = {.name = name, .days = days, .wall_us = NOW_US};

    assert_ok(cert_issue_ca(&request, ret, &e), &e);
}

static struct cert_request
request_for(const struct cert_issued *ca, const char *name, enum cert_role role)
{
    return (struct cert_request){
        .name = name,
        .role = role,
        .days = 365,
        .wall_us = NOW_US,
        .ca_cert = &ca->cert,
        .ca_key = &ca->key,
    };
}

static void
deinit_crt(gnutls_x509_crt_t *crt)
{
    gnutls_x509_crt_deinit(*crt);
}

static gnutls_x509_crt_t
read_crt(const struct cert_issued *issued)
{
    gnutls_x509_crt_t crt;
    gnutls_datum_t pem = {.data = issued->cert.data, .size = (unsigned)issued->cert.len};

    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
    return crt;
}

/* The verdict of GnuTLS: 0, or gnutls_certificate_status_t. `host` may be NULL. */
static unsigned
verdict(const struct cert_issued *ca, const struct cert_issued *leaf, const char *purpose,
        const char *host, int64_t at_s)
{
    gnutls_x509_trust_list_t list;
    gnutls_x509_crt_t anchor = read_crt(ca), crt = read_crt(leaf);
    gnutls_typed_vdata_st vdata[] = {
        {.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose},
        {.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)host},
    };
    unsigned status = 0;

    verify_at = (time_t)at_s;
    gnutls_global_set_time_function(verify_time);
    assert_int_equal(gnutls_x509_trust_list_init(&list, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_cas(list, &anchor, 1, 0), 1);
    assert_int_equal(
        gnutls_x509_trust_list_verify_crt2(list, &crt, 1, vdata, host ? 2 : 1, 0, &status, NULL),
        0);
    gnutls_x509_trust_list_deinit(list, 1);
    gnutls_x509_crt_deinit(crt);
    return status;
}

static void
is_good_for_its_own_role_only(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0};
    static const struct {
        enum cert_role role;
        const char *allowed, *refused;
    } cases[] = {
        {CERT_ROLE_PUBLISHER, GNUTLS_KP_TLS_WWW_CLIENT, GNUTLS_KP_TLS_WWW_SERVER},
        {CERT_ROLE_SUBSCRIBER, GNUTLS_KP_TLS_WWW_SERVER, GNUTLS_KP_TLS_WWW_CLIENT},
    };

    make_ca("the CA", 3650, &ca);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(cert_issued_done) struct cert_issued leaf = {0};
        struct cert_request request = request_for(&ca, "one", cases[i].role);
        struct err e;

        assert_ok(cert_issue(&request, &leaf, &e), &e);
        assert_int_equal(verdict(&ca, &leaf, cases[i].allowed, "one", NOW_S), 0);
        assert_int_equal(verdict(&ca, &leaf, cases[i].refused, "one", NOW_S),
                         GNUTLS_CERT_INVALID | GNUTLS_CERT_PURPOSE_MISMATCH);

        CLEANUP(deinit_crt) gnutls_x509_crt_t crt = read_crt(&leaf);
        char oid[64];
        size_t len = sizeof oid;

        assert_int_equal(gnutls_x509_crt_get_key_purpose_oid(crt, 0, oid, &len, NULL), 0);
        assert_string_equal(oid, cases[i].allowed);
        len = sizeof oid;
        assert_int_equal(gnutls_x509_crt_get_key_purpose_oid(crt, 1, oid, &len, NULL),
                         GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
    }
}

static void
is_valid_from_a_little_ago_until_its_last_second(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0};
    CLEANUP(cert_issued_done) struct cert_issued leaf = {0};
    struct cert_request request;
    struct err e;

    make_ca("the CA", 100, &ca);
    assert_int_equal(ca.not_before_s, NOW_S - CERT_CLOCK_SKEW_S);
    assert_int_equal(ca.not_after_s, NOW_S + 100 * DAY_S);
    request = request_for(&ca, "one", CERT_ROLE_SUBSCRIBER);
    request.days = 10;
    assert_ok(cert_issue(&request, &leaf, &e), &e);
    assert_int_equal(leaf.not_before_s, NOW_S - CERT_CLOCK_SKEW_S);
    assert_int_equal(leaf.not_after_s, NOW_S + 10 * DAY_S);

    const char *purpose = GNUTLS_KP_TLS_WWW_SERVER;

    assert_int_equal(verdict(&ca, &leaf, purpose, NULL, leaf.not_before_s - 1),
                     GNUTLS_CERT_INVALID | GNUTLS_CERT_NOT_ACTIVATED);
    assert_int_equal(verdict(&ca, &leaf, purpose, NULL, leaf.not_before_s), 0);
    assert_int_equal(verdict(&ca, &leaf, purpose, NULL, leaf.not_after_s), 0);
    assert_int_equal(verdict(&ca, &leaf, purpose, NULL, leaf.not_after_s + 1),
                     GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED);
}

static void
is_refused_by_another_ca_of_the_same_name(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, other = {0}, leaf = {0};
    struct cert_request request;
    struct err e;

    make_ca("the CA", 100, &ca);
    make_ca("the CA", 100, &other);
    request = request_for(&ca, "one", CERT_ROLE_SUBSCRIBER);
    request.days = 10;
    assert_ok(cert_issue(&request, &leaf, &e), &e);
    assert_int_not_equal(verdict(&other, &leaf, GNUTLS_KP_TLS_WWW_SERVER, NULL, NOW_S), 0);
}

static void
carries_each_name_once(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, leaf = {0};
    struct cert_san sans[6];
    struct cert_request request;
    struct err e;

    assert_ok(cert_san_parse("127.0.0.1", &sans[0], &e), &e);
    assert_ok(cert_san_parse("0:0::0:1", &sans[1], &e), &e);
    assert_string_equal(sans[1].text, "::1");
    assert_ok(cert_san_parse("fo.example.org", &sans[2], &e), &e);
    assert_ok(cert_san_parse("FO.example.ORG", &sans[3], &e), &e); /* there already */
    assert_ok(cert_san_parse("fo-1", &sans[4], &e), &e);           /* the name itself */
    assert_ok(cert_san_parse("::ffff:10.0.0.7", &sans[5], &e), &e);

    make_ca("the CA", 3650, &ca);
    request = request_for(&ca, "fo-1", CERT_ROLE_SUBSCRIBER);
    request.sans = sans;
    request.san_count = ARRAY_LEN(sans);
    assert_ok(cert_issue(&request, &leaf, &e), &e);

    static const char *const hosts[] = {"fo-1", "127.0.0.1", "::1", "fo.example.org"};
    static const char *const others[] = {"fo-2", "127.0.0.2", "::2", "example.org"};

    for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
        assert_int_equal(verdict(&ca, &leaf, GNUTLS_KP_TLS_WWW_SERVER, hosts[i], NOW_S), 0);
        assert_int_not_equal(verdict(&ca, &leaf, GNUTLS_KP_TLS_WWW_SERVER, others[i], NOW_S), 0);
    }

    CLEANUP(deinit_crt) gnutls_x509_crt_t crt = read_crt(&leaf);
    static const struct {
        int type;
        size_t len;
    } want[] = {{GNUTLS_SAN_DNSNAME, 4},
                {GNUTLS_SAN_IPADDRESS, 4},
                {GNUTLS_SAN_IPADDRESS, 16},
                {GNUTLS_SAN_DNSNAME, 14},
                {GNUTLS_SAN_IPADDRESS, 16}};

    for (unsigned i = 0; i < ARRAY_LEN(want); i++) {
        uint8_t san[256];
        size_t len = sizeof san;

        assert_int_equal(gnutls_x509_crt_get_subject_alt_name(crt, i, san, &len, NULL),
                         want[i].type);
        assert_int_equal(len, want[i].len);
    }
    size_t len = 0;

    assert_int_equal(gnutls_x509_crt_get_subject_alt_name(crt, ARRAY_LEN(want), NULL, &len, NULL),
                     GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
}

static void
has_the_fields_that_its_page_lists(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, leaf = {0};
    struct cert_request request;
    struct err e;
    unsigned usage, critical, bits, is_ca;
    int path_len;
    char name[100];
    uint8_t ca_id[64], id[64], serial[64], ca_serial[64];
    size_t name_len = sizeof name, ca_id_len = sizeof ca_id, id_len = sizeof id;
    size_t serial_len = sizeof serial, ca_serial_len = sizeof ca_serial;

    make_ca("Grüne Wiese", 3650, &ca);
    request = request_for(&ca, "bo", CERT_ROLE_PUBLISHER);
    assert_ok(cert_issue(&request, &leaf, &e), &e);

    CLEANUP(deinit_crt) gnutls_x509_crt_t ca_crt = read_crt(&ca);
    CLEANUP(deinit_crt) gnutls_x509_crt_t crt = read_crt(&leaf);

    assert_int_equal(
        gnutls_x509_crt_get_dn_by_oid(ca_crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &name_len),
        0);
    assert_string_equal(name, "Grüne Wiese");
    assert_int_equal(gnutls_x509_crt_get_basic_constraints(ca_crt, &critical, &is_ca, &path_len),
                     1);
    assert_int_equal(critical, 1);
    assert_int_equal(path_len, 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(ca_crt, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
    assert_int_equal(critical, 1);

    assert_int_equal(gnutls_x509_crt_get_version(crt), 3);
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(crt, &bits), GNUTLS_PK_ECDSA);
    assert_int_equal(bits, 256);
    assert_int_equal(gnutls_x509_crt_get_signature_algorithm(crt), GNUTLS_SIGN_ECDSA_SHA256);
    assert_int_equal(gnutls_x509_crt_get_basic_constraints(crt, &critical, &is_ca, &path_len), 0);
    assert_int_equal(gnutls_x509_crt_get_key_usage(crt, &usage, &critical), 0);
    assert_int_equal(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(critical, 1);
    name_len = sizeof name;
    assert_int_equal(
        gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &name_len), 0);
    assert_string_equal(name, "bo");

    assert_int_equal(gnutls_x509_crt_get_subject_key_id(ca_crt, ca_id, &ca_id_len, NULL), 0);
    assert_int_equal(gnutls_x509_crt_get_authority_key_id(crt, id, &id_len, NULL), 0);
    assert_int_equal(ca_id_len, id_len);
    assert_memory_equal(ca_id, id, id_len);
    id_len = sizeof id;
    assert_int_equal(gnutls_x509_crt_get_subject_key_id(crt, id, &id_len, NULL), 0);
    assert_int_equal(id_len, 20);
    assert_memory_not_equal(ca_id, id, id_len);

    assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &serial_len), 0);
    assert_int_equal(gnutls_x509_crt_get_serial(ca_crt, ca_serial, &ca_serial_len), 0);
    assert_int_equal(serial_len, 16);
    assert_int_equal(ca_serial_len, 16);
    assert_int_equal(serial[0] & 0xc0, 0x40);
    assert_memory_not_equal(serial, ca_serial, 16);
}

static void
refuses_names_that_no_host_has(void **state)
{
    (void)state;
    static const struct {
        const char *san, *says;
    } cases[] = {
        {"", "is empty"},
        {"*.example.org", "is a wildcard"},
        {"fo.*.org", "is a wildcard"},
        {"fo..org", "nothing on one side of a dot"},
        {".org", "nothing on one side of a dot"},
        {"fo.org.", "nothing on one side of a dot"},
        {"-fo.org", "begins or ends with '-'"},
        {"fo-.org", "begins or ends with '-'"},
        {"fo_1.org", "a character that no host has"},
        {"fo org", "a character that no host has"},
        {"fo.org:9443", "a character that no host has"},
        {"[::1]", "a character that no host has"},
        {"fe80::1%eth0", "a character that no host has"},
        {"https://fo.org", "a character that no host has"},
        {"gr\xc3\xbcn.org", "a character that no host has"},
        {"127.0.0.1\n", "a character that no host has"},
        {"127.0.0.256", "ends in a number and is no address"},
        {"10.1", "ends in a number and is no address"},
        {"1234", "ends in a number and is no address"},
        {"a123456789b123456789c123456789d123456789e123456789f123456789.x1.example", NULL},
        {"a123456789b123456789c123456789d123456789e123456789f1234567890123.example",
         "64 characters between two dots, at most 63"},
    };
    char longest[256];
    struct cert_san san;
    struct err e;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        san = (struct cert_san){.text = "before"};
        if (!cases[i].says) {
            assert_ok(cert_san_parse(cases[i].san, &san, &e), &e);
            continue;
        }
        assert_int_equal(cert_san_parse(cases[i].san, &san, &e), ERR_CONFIG);
        assert_non_null(strstr(e.msg, cases[i].says));
        assert_string_equal(san.text, "before");
    }
    for (size_t i = 0; i < sizeof longest; i++)
        longest[i] = i % 50 == 49 ? '.' : 'a';
    longest[253] = '\0';
    assert_ok(cert_san_parse(longest, &san, &e), &e);
    longest[253] = 'a';
    longest[254] = '\0';
    assert_int_equal(cert_san_parse(longest, &san, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "has 254 characters, at most 253"));
}

static void
refuses_identities_that_are_no_file_name(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
    } cases[] = {
        {"", "is empty"},
        {"ca", "taken by the CA itself"},
        {".bo", "nothing on one side of a dot"},
        {"..", "nothing on one side of a dot"},
        {"bo.", "nothing on one side of a dot"},
        {"-bo", "begins or ends with '-'"},
        {"bo/1", "a character that no host has"},
        {"../bo", "nothing on one side of a dot"},
        {"bo 1", "a character that no host has"},
        {"b\xc3\xb6", "a character that no host has"},
        {"127.0.0.1", "is an address"},
    };
    static const char *const good[] = {"b", "bo", "fo-1", "fo_1", "CA", "1", "fo-1.example.org"};
    char longest[66];
    struct err e;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(cert_check_name(cases[i].name, &e), ERR_CONFIG);
        assert_non_null(strstr(e.msg, cases[i].says));
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_ok(cert_check_name(good[i], &e), &e);
    memset(longest, 'a', sizeof longest);
    longest[40] = '.';
    longest[64] = '\0';
    assert_ok(cert_check_name(longest, &e), &e);
    longest[64] = 'a';
    longest[65] = '\0';
    assert_int_equal(cert_check_name(longest, &e), ERR_CONFIG);
    assert_non_null(strstr(e.msg, "has 65 characters, at most 64"));
}

static void
refuses_a_ca_of_no_sensible_name_or_life(void **state)
{
    (void)state;
    static const struct {
        struct cert_ca_request request;
        int code;
        const char *says;
    } cases[] = {
        {{.name = "", .days = 1, .wall_us = NOW_US}, ERR_CONFIG, "is empty"},
        {{.name = "a\nb", .days = 1, .wall_us = NOW_US}, ERR_CONFIG, "control character"},
        {{.name = "\xff", .days = 1, .wall_us = NOW_US}, ERR_CONFIG, "not UTF-8"},
        {{.name = "a2345678901234567890123456789012345678901234567890123456789012345",
          .days = 1,
          .wall_us = NOW_US},
         ERR_CONFIG,
         "has 65 bytes, at most 64"},
        {{.name = "a", .days = 0, .wall_us = NOW_US}, ERR_CONFIG, "must be 1 to 7300"},
        {{.name = "a", .days = 7301, .wall_us = NOW_US}, ERR_CONFIG, "must be 1 to 7300"},
        {{.name = "a", .days = 1, .wall_us = 0}, ERR_DENIED, "clock says 0 seconds"},
        {{.name = "a", .days = 1, .wall_us = INT64_MAX}, ERR_DENIED, "clock says"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(cert_issued_done) struct cert_issued ca = {0};
        struct err e;

        assert_int_equal(cert_issue_ca(&cases[i].request, &ca, &e), cases[i].code);
        assert_non_null(strstr(e.msg, cases[i].says));
        assert_null(ca.key.hidden);
        assert_null(ca.cert.data);
    }
}

static void
assert_refused(const struct cert_request *request, int code, const char *says)
{
    CLEANUP(cert_issued_done) struct cert_issued leaf = {0};
    struct err e;

    assert_int_equal(cert_issue(request, &leaf, &e), code);
    if (!strstr(e.msg, says))
        fail_msg("\"%s\" does not say \"%s\"", e.msg, says);
    assert_null(leaf.key.hidden);
    assert_null(leaf.cert.data);
}

static void
knows_two_roles_by_name(void **state)
{
    (void)state;
    enum cert_role role = CERT_ROLE_PUBLISHER;
    struct err e;

    assert_ok(cert_role_parse("subscriber", &role, &e), &e);
    assert_int_equal(role, CERT_ROLE_SUBSCRIBER);
    assert_int_equal(cert_role_parse("Publisher", &role, &e), ERR_CONFIG);
    assert_string_equal(e.msg, "role \"Publisher\" is neither \"publisher\" nor \"subscriber\"");
    assert_int_equal(role, CERT_ROLE_SUBSCRIBER);
    assert_ok(cert_role_parse("publisher", &role, &e), &e);
    assert_int_equal(role, CERT_ROLE_PUBLISHER);
}

static void
refuses_what_an_identity_cannot_be(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0};
    const struct cert_request good = {.name = "one", .days = 10, .wall_us = NOW_US};
    static const struct cert_san many[CERT_SANS_MAX + 1] = {{.text = "a"}};
    struct cert_request r = good;

    make_ca("root", 20, &ca);
    r.ca_cert = &ca.cert;
    r.ca_key = &ca.key;
    const struct cert_request base = r;

    r.name = "../one";
    assert_refused(&r, ERR_CONFIG, "\"../one\"");
    r.name = "root";
    assert_refused(&r, ERR_DENIED, "\"root\" is that of the CA");
    r = base;
    r.role = (enum cert_role)2;
    assert_refused(&r, ERR_CONFIG, "no role 2");
    r = base;
    r.days = 0;
    assert_refused(&r, ERR_CONFIG, "must be 1 to 3650");
    r.days = CERT_DAYS_MAX + 1;
    assert_refused(&r, ERR_CONFIG, "must be 1 to 3650");
    r = base;
    r.sans = many;
    r.san_count = ARRAY_LEN(many);
    assert_refused(&r, ERR_LIMIT, "101 further names, at most 100");
    r = base;
    r.wall_us = 0;
    assert_refused(&r, ERR_DENIED, "clock says");
}

static void
never_outlives_its_ca(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, leaf = {0};
    struct cert_request r;
    struct err e;

    make_ca("root", 20, &ca);
    r = request_for(&ca, "one", CERT_ROLE_PUBLISHER);
    r.days = 21;
    assert_refused(&r, ERR_DENIED, "21 days are more than the CA has left, at most 20");
    r.days = 20;
    assert_ok(cert_issue(&r, &leaf, &e), &e);
    assert_int_equal(leaf.not_after_s, ca.not_after_s);

    r.wall_us = NOW_US + 1000000;
    assert_refused(&r, ERR_DENIED, "at most 19");
    r.days = 1;
    r.wall_us = (ca.not_after_s - DAY_S + 1) * 1000000;
    assert_refused(&r, ERR_DENIED, "ends in less than a day");
    r.wall_us = (ca.not_after_s + 1) * 1000000;
    assert_refused(&r, ERR_DENIED, "not valid any more");
    r.wall_us = (ca.not_before_s - 1) * 1000000;
    assert_refused(&r, ERR_DENIED, "not valid yet: it begins in 1 seconds");

    /* And does not begin before it. */
    CLEANUP(cert_issued_done) struct cert_issued early = {0};

    r.wall_us = ca.not_before_s * 1000000;
    assert_ok(cert_issue(&r, &early, &e), &e);
    assert_int_equal(early.not_before_s, ca.not_before_s);
}

static void
refuses_a_ca_that_is_none(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, other = {0}, leaf = {0};
    CLEANUP(buf_done) struct buf junk = BUF_INIT(100);
    CLEANUP(secret_done) struct secret junk_key = {0};
    struct cert_request r;
    struct err e;

    make_ca("root", 2000, &ca);
    make_ca("root", 2000, &other);
    r = request_for(&ca, "one", CERT_ROLE_PUBLISHER);
    assert_ok(cert_issue(&r, &leaf, &e), &e);
    const struct cert_request base = r;

    assert_int_equal(buf_append_str(&junk, "not a certificate"), 0);
    assert_int_equal(secret_set(&junk_key, "not a key", 9), 0);
    r.ca_cert = &junk;
    assert_refused(&r, ERR_PROTO, "could not read the certificate of the CA");
    r = base;
    r.ca_key = &junk_key;
    assert_refused(&r, ERR_PROTO, "key of the CA: could not read the private key");
    r.ca_key = &other.key;
    assert_refused(&r, ERR_DENIED, "do not match");
    r.ca_cert = &leaf.cert;
    r.ca_key = &leaf.key;
    assert_refused(&r, ERR_DENIED, "not that of a CA");
}

static void
takes_a_key_that_is_there(void **state)
{
    (void)state;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, again = {0}, leaf = {0};
    struct cert_ca_request request = {.name = "root", .days = 2000, .wall_us = NOW_US};
    struct cert_request r;
    struct err e;

    make_ca("root", 2000, &ca);
    request.key = &ca.key;
    assert_ok(cert_issue_ca(&request, &again, &e), &e);
    assert_int_equal(again.key.len, ca.key.len);
    assert_memory_equal(secret_bytes(&again.key), secret_bytes(&ca.key), ca.key.len);

    /* What the first has signed, the second vouches for. */
    r = request_for(&ca, "one", CERT_ROLE_PUBLISHER);
    assert_ok(cert_issue(&r, &leaf, &e), &e);
    assert_int_equal(verdict(&again, &leaf, GNUTLS_KP_TLS_WWW_CLIENT, NULL, NOW_S), 0);

    /* A key of another kind is refused. */
    static const struct {
        gnutls_pk_algorithm_t algorithm;
        unsigned bits;
    } kinds[] = {
        {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)},
        {GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        CLEANUP(secret_done) struct secret pem = {0};
        CLEANUP(cert_issued_done) struct cert_issued none = {0};
        gnutls_x509_privkey_t key;
        gnutls_datum_t out;

        assert_int_equal(gnutls_x509_privkey_init(&key), 0);
        assert_int_equal(gnutls_x509_privkey_generate(key, kinds[i].algorithm, kinds[i].bits, 0),
                         0);
        assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                                           GNUTLS_PKCS_PLAIN, &out),
                         0);
        assert_int_equal(secret_set(&pem, out.data, out.size), 0);
        gnutls_free(out.data);
        gnutls_x509_privkey_deinit(key);
        request.key = &pem;
        assert_int_equal(cert_issue_ca(&request, &none, &e), ERR_DENIED);
        assert_non_null(strstr(e.msg, "not ECDSA on the curve P-256"));
    }
}

static int
issue_both(void *ctx)
{
    (void)ctx;
    CLEANUP(cert_issued_done) struct cert_issued ca = {0}, leaf = {0};
    struct cert_ca_request request = {.name = "root", .days = 2000, .wall_us = NOW_US};
    struct cert_request r;
    int got = cert_issue_ca(&request, &ca, NULL);

    if (got < 0)
        return got;
    r = request_for(&ca, "one", CERT_ROLE_PUBLISHER);
    return cert_issue(&r, &leaf, NULL);
}

static void
survives_every_failed_allocation(void **state)
{
    (void)state;
    fail_alloc_every(issue_both, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_good_for_its_own_role_only),
        cmocka_unit_test(is_valid_from_a_little_ago_until_its_last_second),
        cmocka_unit_test(is_refused_by_another_ca_of_the_same_name),
        cmocka_unit_test(carries_each_name_once),
        cmocka_unit_test(has_the_fields_that_its_page_lists),
        cmocka_unit_test(refuses_names_that_no_host_has),
        cmocka_unit_test(refuses_identities_that_are_no_file_name),
        cmocka_unit_test(refuses_a_ca_of_no_sensible_name_or_life),
        cmocka_unit_test(knows_two_roles_by_name),
        cmocka_unit_test(refuses_what_an_identity_cannot_be),
        cmocka_unit_test(never_outlives_its_ca),
        cmocka_unit_test(refuses_a_ca_that_is_none),
        cmocka_unit_test(takes_a_key_that_is_there),
        cmocka_unit_test(survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
