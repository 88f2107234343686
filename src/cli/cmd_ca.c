/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_ca.h"

#include "base/i18n.h"
#include "base/str.h"
#include "cli/pki.h"

#include <jansson.h>
#include <stdio.h>
#include <time.h>

struct ca_init_options {
    const char *name;
    int64_t days;
    bool json;
};

static const struct option init_options[] = {
    {
        .name = "name",
        .type = OPTION_STRING,
        .offset = offsetof(struct ca_init_options, name),
        .def = "leat development CA",
        .arg = N_("NAME"),
        .help = N_("common name of the CA"),
    },
    {
        .name = "days",
        .type = OPTION_INT,
        .offset = offsetof(struct ca_init_options, days),
        .def = "3650",
        .min = 1,
        .max = CERT_CA_DAYS_MAX,
        .arg = N_("DAYS"),
        .help = N_("how long the CA is valid"),
    },
    {
        .name = "json",
        .type = OPTION_BOOL,
        .offset = offsetof(struct ca_init_options, json),
        .help = N_("print what was written as JSON"),
    },
    {.name = NULL},
};

const struct option_set cmd_ca_init_options = {
    .name = "ca init",
    .size = sizeof(struct ca_init_options),
    .options = init_options,
};

struct ca_issue_options {
    const char *role;
    struct option_strings sans;
    int64_t days;
    bool replace;
    bool json;
};

static const struct option issue_options[] = {
    {
        .name = "role",
        .type = OPTION_STRING,
        .flags = OPTION_REQUIRED,
        .offset = offsetof(struct ca_issue_options, role),
        .arg = N_("ROLE"),
        .help = N_("\"publisher\", which dials, or \"subscriber\", which listens"),
    },
    {
        .name = "san",
        .type = OPTION_STRINGS,
        .offset = offsetof(struct ca_issue_options, sans),
        .arg = N_("HOST"),
        .help = N_("a further host name or address of the identity; may be repeated"),
    },
    {
        .name = "days",
        .type = OPTION_INT,
        .offset = offsetof(struct ca_issue_options, days),
        .def = "365",
        .min = 1,
        .max = CERT_DAYS_MAX,
        .arg = N_("DAYS"),
        .help = N_("how long the identity is valid; never longer than its CA"),
    },
    {
        .name = "replace",
        .type = OPTION_BOOL,
        .offset = offsetof(struct ca_issue_options, replace),
        .help = N_("make an identity that exists anew, key and all"),
    },
    {
        .name = "json",
        .type = OPTION_BOOL,
        .offset = offsetof(struct ca_issue_options, json),
        .help = N_("print what was written as JSON"),
    },
    {.name = NULL},
};

const struct option_set cmd_ca_issue_options = {
    .name = "ca issue",
    .size = sizeof(struct ca_issue_options),
    .options = issue_options,
};

static int
wall_now(int64_t *ret_us, struct err *e)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
        return err_sys(e, _("could not read the clock"));
    *ret_us = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
    return 0;
}

/* What was written, for machines; `more` is taken, and NULL when memory ran out. */
static int
print_json(const char *name, const struct pki_files *files, json_t *more, struct err *e)
{
    CLEANUP(json_decrefp) json_t *rest = more;
    CLEANUP(json_decrefp)
    json_t *out =
        json_pack("{s:s, s:s, s:s}", "certificate", files->cert, "key", files->key, "name", name);

    /* The one text that may not be UTF-8 is the path, and JSON has no other. */
    if (!out)
        return err_set(e, ERR_CONFIG, _("path \"%s\" is not UTF-8 and has no form in JSON"),
                       CLIP(files->cert));
    if (!rest || json_object_update(out, rest) < 0 ||
        json_object_set_new(out, "not_after", json_integer(files->not_after_s)) < 0)
        return err_nomem(e);
    if (json_dumpf(out, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF)
        return err_sys(e, _("could not write to standard output"));
    return 0;
}

/* The same for people, below a first line that the caller has printed. */
static int
print_text(const struct pki_files *files, struct err *e)
{
    time_t not_after = (time_t)files->not_after_s;
    struct tm tm;
    char day[32];

    if (!gmtime_r(&not_after, &tm) || strftime(day, sizeof day, "%Y-%m-%d", &tm) == 0)
        return err_set(e, ERR_SYS, "%s", _("could not write a date"));
    if (printf(_("  certificate  %s\n  key          %s\n  valid until  %s\n"), files->cert,
               files->key, day) < 0)
        return err_sys(e, _("could not write to standard output"));
    return 0;
}

int
cmd_ca_init(const struct command_call *call, struct err *e)
{
    const struct ca_init_options *options = call->options;
    struct cert_ca_request request = {.name = options->name, .days = options->days};
    struct pki_files files;
    int r;

    r = wall_now(&request.wall_us, e);
    if (r >= 0)
        r = pki_init(call->args[0], &request, &files, e);
    if (r < 0)
        return r;
    if (options->json)
        return print_json(options->name, &files, json_object(), e);
    printf(_("CA \"%s\"\n"), options->name);
    return print_text(&files, e);
}

/* The names that the certificate has, as text: its own, then the others, each once. */
static json_t *
json_names(const struct cert_request *request)
{
    CLEANUP(json_decrefp) json_t *names = json_array();

    if (!names || json_array_append_new(names, json_string(request->name)) < 0)
        return NULL;
    for (size_t i = 0; i < request->san_count; i++)
        if (cert_san_is_first(request, i) &&
            json_array_append_new(names, json_string(request->sans[i].text)) < 0)
            return NULL;
    return TAKE(names);
}

int
cmd_ca_issue(const struct command_call *call, struct err *e)
{
    const struct ca_issue_options *options = call->options;
    struct cert_request request = {.name = call->args[1], .days = options->days};
    struct cert_san *sans;
    struct pki_files files;
    int r;

    r = cert_role_parse(options->role, &request.role, e);
    if (r < 0)
        return r;
    sans = arena_array(call->arena, options->sans.count, sizeof *sans);
    if (!sans && options->sans.count > 0)
        return err_nomem(e);
    for (size_t i = 0; i < options->sans.count; i++) {
        r = cert_san_parse(options->sans.items[i], &sans[i], e);
        if (r < 0)
            return err_wrap(e, "%s", "--san");
    }
    request.sans = sans;
    request.san_count = options->sans.count;
    r = wall_now(&request.wall_us, e);
    if (r >= 0)
        r = pki_issue(call->args[0], &request, options->replace, &files, e);
    if (r < 0)
        return r;

    if (options->json)
        return print_json(
            request.name, &files,
            json_pack("{s:s, s:o}", "role", options->role, "sans", json_names(&request)), e);
    if (request.role == CERT_ROLE_PUBLISHER)
        printf(_("identity \"%s\" of a publisher\n"), request.name);
    else
        printf(_("identity \"%s\" of a subscriber\n"), request.name);
    return print_text(&files, e);
}
