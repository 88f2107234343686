/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "fail_alloc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <sqlite3.h>

/*
 * Two things happen at each allocation while a run is on: it is counted, and
 * refused if its turn has come; and its block is remembered until it is freed,
 * in a list of our own, so that the blocks themselves are what malloc made and
 * the sanitizers see every byte.
 *
 * A block may come from one side and go by the other (SQLite frees our copy of
 * a string through the `free` we gave it): all sides share the list. Blocks
 * that were made while no run was on are not in it, and freeing them is none
 * of our business.
 */
#define BLOCKS_MAX 65536 /* alive at once */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

struct block {
    const void *address;
    size_t number; /* which allocation of the run made it, from 1 */
    size_t size;   /* bytes */
};

static struct {
    bool on;
    bool to_the_end; /* all allocations from fail_at on are refused */
    size_t fail_at;  /* from 1; 0: none */
    size_t count;    /* allocations of this run so far */
    struct block blocks[BLOCKS_MAX];
    size_t block_count;
} run;

/* Count one allocation; whether it is to be refused. */
static bool
refuse(void)
{
    if (!run.on)
        return false;
    run.count++;
    if (run.fail_at == 0 || run.count < run.fail_at)
        return false;
    if (run.count > run.fail_at && !run.to_the_end)
        return false;
    errno = ENOMEM;
    return true;
}

static void *
remember(void *address, size_t size)
{
    if (run.on && address) {
        assert(run.block_count < BLOCKS_MAX);
        run.blocks[run.block_count++] = (struct block){address, run.count, size};
    }
    return address;
}

/* What was made last goes first, mostly: the search is short. */
static void
forget(const void *address)
{
    if (!run.on || !address)
        return;
    for (size_t i = run.block_count; i > 0; i--) {
        if (run.blocks[i - 1].address == address) {
            run.blocks[i - 1] = run.blocks[--run.block_count];
            return;
        }
    }
}

/* What our own objects call; see the --wrap options in meson.build. */
void *
__wrap_malloc(size_t size)
{
    return refuse() ? NULL : remember(__real_malloc(size), size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    return refuse() ? NULL : remember(__real_calloc(count, size), count * size);
}

void *
__wrap_realloc(void *block, size_t size)
{
    void *moved;

    if (refuse())
        return NULL;
    forget(block); /* before it is gone: its address may be given out again */
    moved = __real_realloc(block, size);
    assert(moved || size == 0); /* nobody is really out of memory here */
    return remember(moved, size);
}

void *
__wrap_reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return __wrap_realloc(block, bytes);
}

void
__wrap_free(void *block)
{
    forget(block);
    __real_free(block);
}

char *
__wrap_strdup(const char *text)
{
    return refuse() ? NULL : remember(__real_strdup(text), strlen(text) + 1);
}

char *
__wrap_strndup(const char *text, size_t len)
{
    return refuse() ? NULL : remember(__real_strndup(text, len), strnlen(text, len) + 1);
}

/* SQLite's: its own methods, with ours around them. */
static sqlite3_mem_methods sqlite;

static void *
sqlite_malloc(int size)
{
    return refuse() ? NULL : remember(sqlite.xMalloc(size), (size_t)size);
}

static void *
sqlite_realloc(void *block, int size)
{
    void *moved;

    if (refuse())
        return NULL;
    forget(block);
    moved = sqlite.xRealloc(block, size);
    assert(moved);
    return remember(moved, (size_t)size);
}

static void
sqlite_free(void *block)
{
    forget(block);
    sqlite.xFree(block);
}

__attribute__((constructor)) static void
install(void)
{
    sqlite3_mem_methods ours;
    int r = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite);

    assert(r == SQLITE_OK);
    ours = sqlite;
    ours.xMalloc = sqlite_malloc;
    ours.xRealloc = sqlite_realloc;
    ours.xFree = sqlite_free;
    r = sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
    assert(r == SQLITE_OK);
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
}

/* One run; fails the test unless it ended well. Returns how many allocations it made. */
static size_t
run_once(int (*fn)(void *ctx), void *ctx, size_t fail_at, bool to_the_end)
{
    const char *how = to_the_end ? "and all after it" : "alone";
    int r;

    run.fail_at = fail_at;
    run.to_the_end = to_the_end;
    run.count = run.block_count = 0;
    run.on = true;
    r = fn(ctx);
    run.on = false;

    if (r < 0 && fail_at == 0)
        fail_msg("returned %d although every allocation worked", r);
    if (r < 0 && r != ERR_NOMEM)
        fail_msg("returned %d when allocation %zu %s failed", r, fail_at, how);
    if (run.block_count > 0)
        fail_msg("left %zu blocks, one of them allocation %zu of %zu bytes, when allocation "
                 "%zu %s failed (0: none)",
                 run.block_count, run.blocks[0].number, run.blocks[0].size, fail_at, how);
    return run.count;
}

/* xorshift64*: a sequence that one number decides. */
static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * 0x2545f4914f6cdd1du;
}

void
fail_alloc_every(int (*fn)(void *ctx), void *ctx)
{
    const char *given = getenv("LEAT_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    size_t total;
    int r;

    run.on = false; /* a failed assertion may have left it on */
    r = fn(ctx);
    if (r < 0)
        fail_msg("returned %d although every allocation worked", r);
    total = run_once(fn, ctx, 0, false);
    if (total == 0)
        fail_msg("no allocation was made: nothing is tested");

    for (size_t n = 1; n <= MIN(total, (size_t)FAIL_ALLOC_ALL_MAX); n++) {
        (void)run_once(fn, ctx, n, false); /* how many there were then is of no interest */
        (void)run_once(fn, ctx, n, true);
    }
    if (total <= FAIL_ALLOC_ALL_MAX)
        return;
    seed += seed == 0; /* 0 would stay 0 */
    print_message("LEAT_TEST_SEED=%llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < FAIL_ALLOC_SAMPLES; i++) {
        uint64_t random = next_random(&seed);
        size_t n = FAIL_ALLOC_ALL_MAX + 1 + (size_t)((random >> 1) % (total - FAIL_ALLOC_ALL_MAX));

        (void)run_once(fn, ctx, n, random & 1);
    }
}
