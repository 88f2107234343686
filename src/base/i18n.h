/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_I18N_H
#define BASE_I18N_H

#include <libintl.h>

/*
 * Every sentence a person reads goes through one of these two.
 *
 *   _("text")   is translated here and now;
 *   N_("text")  marks a constant that is translated where it is shown: the
 *               sentences of option tables and the texts of the log.
 *
 * Log keys, JSON, SQL and file formats are never translated. The domain is
 * named at each call, so that the library's sentences are found whatever the
 * program that links it has chosen for its own.
 */
#define TEXT_DOMAIN "leat"

#define _(text)  dgettext(TEXT_DOMAIN, text)
#define N_(text) text

/* For a count: the singular or the plural form, as the language wants it. */
#define P_(one, many, n) dngettext(TEXT_DOMAIN, one, many, (unsigned long)(n))

#endif
