/* SPDX-License-Identifier: Apache-2.0 */
#include "store/digest.h"

#include "base/i18n.h"
#include "base/str.h"

#include <errno.h>
#include <gnutls/crypto.h>
#include <sys/stat.h>

#define DIGEST_CHUNK ((size_t)256 * 1024) /* bytes; fits the processor's cache */

static void
hash_freep(gnutls_hash_hd_t *hash)
{
    if (*hash)
        gnutls_hash_deinit(*hash, NULL);
}

int
digest_file(int fd, const struct digest_watch *watch, char *ret, struct err *e)
{
    CLEANUP(hash_freep) gnutls_hash_hd_t hash = NULL;
    CLEANUP(freep) uint8_t *chunk = malloc(DIGEST_CHUNK);
    uint8_t digest[32];
    int64_t done = 0;
    struct stat st;

    if (!chunk)
        return err_nomem(e);
    if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) < 0)
        return err_set(e, ERR_SYS, "%s", _("could not compute a digest"));
    if (fstat(fd, &st) < 0)
        return err_sys(e, "%s", _("could not read a file again"));
    for (;;) {
        ssize_t n = pread(fd, chunk, DIGEST_CHUNK, done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, "%s", _("could not read a file again"));
        if (n == 0)
            break;
        if (gnutls_hash(hash, chunk, (size_t)n) < 0)
            return err_set(e, ERR_SYS, "%s", _("could not compute a digest"));
        done += n;
        if (watch && !watch->goes_on(watch->ctx, done, st.st_size))
            return err_set(e, ERR_CANCELLED, "%s", _("interrupted"));
    }
    gnutls_hash_output(hash, digest);
    str_hex(digest, sizeof digest, ret);
    return 0;
}
