/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cli/args.h"
#include "cli/command.h"

#include <string.h>

/* The tables of the program itself keep the rules that the code relies on. */

static void
names_are_one_or_two_words_and_differ(void **state)
{
    (void)state;
    for (const struct command *c = commands; c->name; c++) {
        const char *space = strchr(c->name, ' ');

        assert_true(c->name[0] != '\0' && (!space || !strchr(space + 1, ' ')));
        for (const struct command *d = commands; d != c; d++) {
            /* No command is the first word of another: "leat ca" would be two things. */
            size_t len = MIN(strlen(c->name), strlen(d->name));
            bool starts = strncmp(c->name, d->name, len) == 0;

            assert_false(starts && (c->name[len] == ' ' || d->name[len] == ' '));
            assert_string_not_equal(c->name, d->name);
        }
    }
}

static void
every_command_can_be_explained_and_run(void **state)
{
    (void)state;
    for (const struct command *c = commands; c->name; c++) {
        assert_non_null(c->summary);
        assert_non_null(c->run);
        assert_true(c->args_min <= c->args_max);
        assert_int_equal(c->args != NULL, c->args_max > 0);
    }
}

static void
assert_options_are_sound(const struct option_set *set)
{
    const struct option *end = set->options;
    void *values = calloc(1, set->size);

    assert_non_null(values);
    option_defaults(set, values); /* asserts that each default is valid */
    free(values);
    while (end->name)
        end++;
    assert_true(end - set->options <= OPTION_SET_MAX);
    for (const struct option *o = set->options; o->name; o++) {
        assert_non_null(o->help);
        assert_true(o->offset < set->size);
        assert_true(o->min <= o->max);
        assert_int_equal(o->choices != NULL, o->type == OPTION_CHOICE);
        assert_int_equal(o->sections != NULL, o->type == OPTION_SECTIONS);
        if (o->flags & OPTION_REQUIRED)
            assert_true(o->type == OPTION_STRING || o->type == OPTION_STRINGS ||
                        o->type == OPTION_SECTIONS);
        for (const struct option *p = set->options; p != o; p++)
            assert_string_not_equal(o->name, p->name);
    }
}

/* A command's options, those of every command, --help and --version never collide. */
static void
flags_differ(void **state)
{
    (void)state;
    for (const struct command *c = commands; c->name; c++) {
        if (!c->options)
            continue;
        assert_options_are_sound(c->options);
        for (const struct option *o = c->options->options; o->name; o++) {
            assert_true(o->letter != 'h' && o->letter != 'V' && o->letter != '?');
            assert_string_not_equal(o->name, "help");
            assert_false(o->type == OPTION_BOOL && o->def && strcmp(o->def, "true") == 0);
            for (const struct option *p = c->options->options; p != o; p++)
                assert_true(!o->letter || o->letter != p->letter);
            for (const struct option *p = global_options.options; p->name; p++)
                assert_string_not_equal(o->name, p->name);
        }
    }
    assert_options_are_sound(&global_options);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_one_or_two_words_and_differ),
        cmocka_unit_test(every_command_can_be_explained_and_run),
        cmocka_unit_test(flags_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
