/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

/*
 * A main() for fuzz targets in ordinary builds: every file of the directories
 * named on the command line is one input. No input at all is a failure.
 */
#define INPUT_MAX ((size_t)1 << 20)

static void
feed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    /* One byte more than needed, so that a full read shows that the file is too long; then
     * exactly the input, so that a sanitizer sees a read behind its end. */
    CLEANUP(freep) uint8_t *whole = malloc(INPUT_MAX + 1), *input = NULL;
    size_t len;

    if (!file || !whole) {
        fprintf(stderr, "could not read \"%s\"\n", path);
        exit(1);
    }
    len = fread(whole, 1, INPUT_MAX + 1, file);
    if (ferror(file) || len > INPUT_MAX) {
        fprintf(stderr, "could not read \"%s\", or it is over %zu bytes\n", path, INPUT_MAX);
        exit(1);
    }
    (void)fclose(file); /* it was only read */
    input = malloc(MAX(len, (size_t)1));
    if (!input)
        exit(1);
    memcpy(input, whole, len);
    fprintf(stderr, "%s\n", path); /* the last line tells which one it was */
    LLVMFuzzerTestOneInput(input, len);
}

static size_t
feed_directory(const char *name)
{
    DIR *dir = opendir(name);
    struct dirent *entry;
    char path[4096];
    size_t count = 0;

    if (!dir) {
        fprintf(stderr, "could not open \"%s\"\n", name);
        exit(1);
    }
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(path, sizeof path, "%s/%s", name, entry->d_name) >= (int)sizeof path)
            exit(1);
        feed_file(path);
        count++;
    }
    closedir(dir);
    return count;
}

int
main(int argc, char **argv)
{
    size_t count = 0;

    LLVMFuzzerTestOneInput(NULL, 0);
    for (int i = 1; i < argc; i++)
        count += feed_directory(argv[i]);
    printf("%zu inputs\n", count);
    return count > 0 ? 0 : 1;
}
