/* SPDX-License-Identifier: Apache-2.0 */
/* The workers are this program itself: see fake_worker.h. */
#include "loop_unit.h"

#include "base/str.h"
#include "replica/fake_worker.h"
#include "replica/keeper.h"
#include "wire/frame.h"

#include <stdio.h>
#include <string.h>

static char *const worker_argv[] = {"keeper", "worker", NULL};
static const struct position changed_at = {"f", 7};

struct fixture {
    char dir[64];
    char out[128];
    struct loop *loop;
    struct keeper *keeper;
    int starts, progresses, publications, failures, finals;
    int changes_at_start; /* to make when the first build starts */
    int publications_wanted, failures_wanted;
    bool free_at_start, free_at_progress, free_at_end, stop_at_progress;
    bool started, done, stopped;
    struct position position;
    struct job_result result;
    struct err e;
    int64_t retry_ms[64];
};

static void
on_start(void *ctx, const struct position *position)
{
    struct fixture *x = ctx;

    x->starts++;
    x->started = true;
    x->position = *position;
    while (x->changes_at_start > 0) {
        x->changes_at_start--;
        keeper_changed(x->keeper, &changed_at);
    }
    if (x->free_at_start)
        keeper_free(TAKE(x->keeper));
}

static void
on_progress(void *ctx, const struct job_progress *progress)
{
    struct fixture *x = ctx;

    x->progresses++;
    assert_string_equal(progress->stage, "rows");
    if (x->stop_at_progress)
        keeper_stop(x->keeper);
    if (x->free_at_progress) {
        keeper_free(TAKE(x->keeper));
        x->done = true;
    }
}

static void
on_published(void *ctx, const struct job_result *result)
{
    struct fixture *x = ctx;

    x->publications++;
    x->result = *result;
    x->done = x->publications == x->publications_wanted;
    if (x->free_at_end)
        keeper_free(TAKE(x->keeper));
}

static void
on_failed(void *ctx, const struct err *e, int64_t retry_ms)
{
    struct fixture *x = ctx;

    x->e = *e;
    x->retry_ms[x->failures++ % (int)ARRAY_LEN(x->retry_ms)] = retry_ms;
    x->finals += retry_ms == KEEPER_FINAL;
    x->done = x->failures == x->failures_wanted;
    if (x->free_at_end)
        keeper_free(TAKE(x->keeper));
}

static void
on_stopped(void *ctx)
{
    struct fixture *x = ctx;

    assert_false(x->stopped);
    x->stopped = true;
}

static const struct keeper_ops ops = {on_start, on_progress, on_published, on_failed, on_stopped};

/* As the tests want it: nothing waits long. */
static struct keeper_config
make_config(struct fixture *x, const char *script)
{
    return (struct keeper_config){
        .job = {.source = "back.db", .out = x->out, .filter = script, .timeout_ms = 60000},
        .worker = unit_program(),
        .worker_argv = worker_argv,
        .debounce_ms = 1,
        .max_delay_ms = 5,
        .retry_min_ms = 1,
        .retry_max_ms = 4,
        .seed = 1,
    };
}

static void
setup(struct fixture *x)
{
    struct err e;

    *x = (struct fixture){.dir = "/tmp/leat-keeper-XXXXXX", .publications_wanted = 1};
    assert_non_null(mkdtemp(x->dir));
    (void)snprintf(x->out, sizeof x->out, "%s/public.db", x->dir);
    assert_ok(loop_new(&x->loop, &e), &e);
}

static void
teardown(struct fixture *x)
{
    keeper_free(x->keeper);
    loop_free(x->loop);
    (void)unlink(x->out); /* no worker may have run */
    assert_int_equal(rmdir(x->dir), 0);
}

static void
start_with(struct fixture *x, const struct keeper_config *config)
{
    struct err e;

    assert_ok(keeper_new(x->loop, config, &ops, x, &x->keeper, &e), &e);
}

static void
start(struct fixture *x, const char *script)
{
    const struct keeper_config config = make_config(x, script);

    start_with(x, &config);
}

static void
wait_done(struct fixture *x)
{
    unit_run_until(x->loop, &x->done);
    x->done = false;
}

static void
stop(struct fixture *x)
{
    keeper_stop(x->keeper);
    keeper_stop(x->keeper);
    assert_false(x->stopped);
    unit_run_until(x->loop, &x->stopped);
}

static void
builds_at_the_start_and_then_rests(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    start(&x, "P");
    assert_int_equal(x.starts, 0);
    wait_done(&x);
    assert_int_equal(x.starts, 1);
    assert_string_equal(x.position.incarnation, "");
    assert_int_equal(x.progresses, 2);
    assert_int_equal(x.result.rows, 0);
    assert_string_equal(x.result.meta.position, "f:1");
    loop_run(x.loop); /* returns: there is nothing to wait for */
    assert_int_equal(x.starts, 1);
    stop(&x);
}

static void
builds_once_for_changes_that_come_together(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    start(&x, "R");
    wait_done(&x);
    for (int i = 0; i < 10; i++)
        keeper_changed(x.keeper, &changed_at);
    x.publications_wanted = 2;
    wait_done(&x);
    assert_int_equal(x.position.number, 7);
    loop_run(x.loop);
    assert_int_equal(x.starts, 2);
}

static void
builds_once_more_for_changes_during_a_build(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    x.changes_at_start = 5;
    x.publications_wanted = 2;
    start(&x, "R");
    wait_done(&x);
    loop_run(x.loop);
    assert_int_equal(x.starts, 2);
    assert_int_equal(x.publications, 2);
}

/* A source that is never quiet for the debounce is read all the same. */
struct restless {
    struct fixture x;
    ev_timer timer;
};

static void
on_restless(struct ev_loop *ev, ev_timer *w, int revents)
{
    struct restless *s = w->data;

    (void)ev;
    (void)revents;
    keeper_changed(s->x.keeper, &changed_at);
}

static void
does_not_wait_for_ever_for_quiet(void **state)
{
    (void)state;
    struct restless s;

    setup(&s.x);
    struct keeper_config config = make_config(&s.x, "R");

    config.debounce_ms = 50;
    config.max_delay_ms = 100;
    start_with(&s.x, &config);
    wait_done(&s.x);
    ev_timer_init(&s.timer, on_restless, 0.001, 0.001);
    s.timer.data = &s;
    ev_timer_start(loop_ev(s.x.loop), &s.timer);
    s.x.publications_wanted = 3;
    wait_done(&s.x);
    ev_timer_stop(loop_ev(s.x.loop), &s.timer);
    teardown(&s.x);
}

static void
retries_after_a_failure_and_backs_off(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    struct keeper_config config = make_config(&x, "BXKBBBR");

    config.retry_min_ms = 8;
    config.retry_max_ms = 32;
    start_with(&x, &config);
    wait_done(&x);
    assert_int_equal(x.failures, 6);
    assert_int_equal(x.finals, 0);
    assert_int_equal(x.starts, 7);
    assert_in_range(x.retry_ms[0], 4, 8);
    assert_in_range(x.retry_ms[1], 8, 16);
    for (int i = 2; i < 6; i++)
        assert_in_range(x.retry_ms[i], 16, 32);
}

static void
spreads_its_retries_by_the_seed(void **state)
{
    (void)state;
    int64_t first[2][6];

    for (uint64_t seed = 0; seed < 2; seed++) {
        CLEANUP(teardown) struct fixture x;

        setup(&x);
        struct keeper_config config = make_config(&x, "X");

        config.retry_min_ms = config.retry_max_ms = 100;
        config.seed = seed;
        x.failures_wanted = 6;
        start_with(&x, &config);
        wait_done(&x);
        memcpy(first[seed], x.retry_ms, sizeof first[seed]);
    }
    assert_memory_not_equal(first[0], first[1], sizeof first[0]);
}

/* How a build fails, and what is said about it. */
static void
names_the_reason_of_each_failure(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        int code;
        const char *said;
    } cases[] = {
        {"B", ERR_BUSY, "as told"},
        {"X", ERR_SYS, "without an answer: exit code 3"},
        {"K", ERR_SYS, "without an answer: signal 9 ("},
        {"L", ERR_PROTO, "inside a message"},
        {"G", ERR_PROTO, "could not be understood"},
        {"Z", ERR_PROTO, "could not be understood"},
        {"T", ERR_PROTO, "went on after its answer"},
        {"E", ERR_SYS, "without an answer: signal 15 ("},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(teardown) struct fixture x;

        setup(&x);
        x.failures_wanted = 1;
        start(&x, cases[i].script);
        wait_done(&x);
        assert_int_equal(x.e.code, cases[i].code);
        if (!strstr(x.e.msg, cases[i].said))
            fail_msg("%s: %s", cases[i].script, x.e.msg);
        assert_true(x.retry_ms[0] >= 0);
        stop(&x);
        assert_int_equal(x.publications, 0);
    }
}

static void
ends_for_good_where_a_person_must_act(void **state)
{
    (void)state;
    static const char *const scripts[] = {"DR", "CR"};

    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        CLEANUP(teardown) struct fixture x;

        setup(&x);
        x.failures_wanted = 1;
        start(&x, scripts[i]);
        wait_done(&x);
        assert_int_equal(x.finals, 1);
        assert_string_equal(x.e.msg, "as told");
        keeper_changed(x.keeper, &changed_at);
        loop_run(x.loop);
        assert_int_equal(x.starts, 1);
        stop(&x);
    }
}

static void
tries_again_after_a_change_if_told_to(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    struct keeper_config config = make_config(&x, "DR");

    config.keep_after_final = true;
    x.failures_wanted = 1;
    start_with(&x, &config);
    wait_done(&x);
    loop_run(x.loop);
    assert_int_equal(x.starts, 1);
    keeper_changed(x.keeper, &changed_at);
    wait_done(&x);
    assert_int_equal(x.publications, 1);
}

static void
cancels_the_build_that_runs(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    x.stop_at_progress = true;
    start(&x, "W");
    unit_run_until(x.loop, &x.stopped);
    assert_int_equal(x.starts, 1);
    assert_int_equal(x.publications + x.failures, 0);
    loop_run(x.loop);
    assert_int_equal(x.starts, 1);
}

static void
stops_a_worker_that_does_not_listen(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    x.stop_at_progress = true;
    start(&x, "H");
    unit_run_until(x.loop, &x.stopped);
    assert_int_equal(x.publications + x.failures, 0);
}

static void
believes_an_answer_whose_worker_does_not_end(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    start(&x, "O");
    wait_done(&x);
    assert_int_equal(x.failures, 0);
}

static void
stops_a_worker_that_is_overdue(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    struct keeper_config config = make_config(&x, "H");

    config.job.timeout_ms = 0;
    x.failures_wanted = 1;
    start_with(&x, &config);
    wait_done(&x);
    assert_int_equal(x.e.code, ERR_LIMIT);
    assert_string_equal(x.e.msg, "the snapshot worker did not answer within 0 ms");
}

static void
stops_at_any_other_time(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    start(&x, "B");
    stop(&x); /* before the first build */
    assert_int_equal(x.starts, 0);
    keeper_free(TAKE(x.keeper));

    x.stopped = false;
    struct keeper_config config = make_config(&x, "B");

    config.retry_min_ms = config.retry_max_ms = KEEPER_DELAY_MAX_MS;
    x.failures_wanted = 1;
    start_with(&x, &config);
    wait_done(&x);
    stop(&x); /* while it waits for a retry */
    assert_int_equal(x.starts, 1);
    keeper_changed(x.keeper, &changed_at);
    loop_run(x.loop);
    assert_int_equal(x.starts, 1);
}

static void
may_be_freed_by_each_callback(void **state)
{
    (void)state;
    static const char *const scripts[] = {"R", "B", "H", "W"};

    for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
        CLEANUP(teardown) struct fixture x;

        setup(&x);
        x.failures_wanted = 1;
        x.free_at_end = x.free_at_progress = true;
        start(&x, scripts[i]);
        wait_done(&x);
        assert_null(x.keeper);
        loop_run(x.loop);
    }
    CLEANUP(teardown) struct fixture x;

    setup(&x);
    x.free_at_start = true;
    start(&x, "R");
    unit_run_until(x.loop, &x.started);
    assert_null(x.keeper);
    loop_run(x.loop);
}

static void
refuses_a_configuration_out_of_bounds(void **state)
{
    (void)state;
    CLEANUP(teardown) struct fixture x;
    CLEANUP(freep) char *much = malloc(FRAME_MAX + 2);
    struct err e;

    setup(&x);
    struct keeper_config config = make_config(&x, "R");

#define REFUSES(member, value, expected)                                                           \
    do {                                                                                           \
        struct keeper_config bad = config;                                                         \
        bad.member = (value);                                                                      \
        assert_int_equal(keeper_new(x.loop, &bad, &ops, &x, &x.keeper, &e), (expected));           \
    } while (0)

    REFUSES(debounce_ms, -1, ERR_CONFIG);
    REFUSES(debounce_ms, KEEPER_DELAY_MAX_MS + 1, ERR_CONFIG);
    REFUSES(max_delay_ms, 0, ERR_CONFIG);
    assert_string_equal(e.msg, "max-delay of 0 ms is not between 1 and 3600000 ms");
    REFUSES(retry_min_ms, 0, ERR_CONFIG);
    REFUSES(retry_max_ms, 0, ERR_CONFIG);
    REFUSES(job.source, "", ERR_PROTO);
    REFUSES(job.out, "\xff", ERR_PROTO);
    REFUSES(job.busy_timeout_ms, -1, ERR_PROTO);
    assert_non_null(much);
    memset(much, 'x', FRAME_MAX);
    much[FRAME_MAX] = '\0';
    REFUSES(job.filter, much, ERR_LIMIT);
    much[FRAME_MAX] = 'x';
    much[FRAME_MAX + 1] = '\0';
    REFUSES(job.filter, much, ERR_PROTO);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_at_the_start_and_then_rests),
        cmocka_unit_test(builds_once_for_changes_that_come_together),
        cmocka_unit_test(builds_once_more_for_changes_during_a_build),
        cmocka_unit_test(does_not_wait_for_ever_for_quiet),
        cmocka_unit_test(retries_after_a_failure_and_backs_off),
        cmocka_unit_test(spreads_its_retries_by_the_seed),
        cmocka_unit_test(names_the_reason_of_each_failure),
        cmocka_unit_test(ends_for_good_where_a_person_must_act),
        cmocka_unit_test(tries_again_after_a_change_if_told_to),
        cmocka_unit_test(cancels_the_build_that_runs),
        cmocka_unit_test(stops_a_worker_that_does_not_listen),
        cmocka_unit_test(believes_an_answer_whose_worker_does_not_end),
        cmocka_unit_test(stops_a_worker_that_is_overdue),
        cmocka_unit_test(stops_at_any_other_time),
        cmocka_unit_test(may_be_freed_by_each_callback),
        cmocka_unit_test(refuses_a_configuration_out_of_bounds),
    };

    if (argc == 2 && str_eq(argv[1], "worker"))
        return fake_worker();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
