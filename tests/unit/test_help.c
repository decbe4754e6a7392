// SPDX-License-Identifier: GPL-2.0-only
/* What a verb's help says, for programs. */
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "unit.h"

static const char text[] =
	"usage: collect try [OPTION]... FILE\n"
	"\n"
	"Words of -x, --words and the like are none:\n"
	"--column is in the first column\n"
	"  SECONDS.NANOS\n"
	"\n"
	"  -e, --event EVENT    what\n"
	"                         kprobex/NAME/  more\n"
	"  -q, --quiet          only errors\n"
	"      --reconnect TIME a receiver that is lost\n"
	"      --flush-interval TIME\n"
	"                       events are in the file\n"
	"      --call-graph fp|kernel\n"
	"                       the same\n"
	"      --trigger 'EVENT [if EXPR]'\n"
	"                       the first\n"
	"      --exactly-so-lo a flag whose words are close\n"
	"      --chains[=N]     the commonest\n"
	"  -1, --one            digit\n"
	"      --last";

static void assert_option(const struct help *help, const char *name,
			  char letter, const char *value, const char *words)
{
	const struct help_option *option = help_long(help, name, strlen(name));

	assert_non_null(option);
	assert_int_equal(option->letter, letter);
	assert_string_equal(option->words, words);
	if (value)
		assert_string_equal(option->value, value);
	else
		assert_null(option->value);
}

static void test_options(void **state)
{
	struct help *help = help_parse(text);

	(void)state;
	assert_non_null(help);
	assert_string_equal(help->text, text);
	assert_int_equal(help->nr, 10);
	assert_option(help, "event", 'e', "EVENT", "what");
	assert_option(help, "quiet", 'q', NULL, "only errors");
	assert_option(help, "reconnect", 0, "TIME", "a receiver that is lost");
	assert_option(help, "flush-interval", 0, "TIME",
		      "events are in the file");
	assert_option(help, "call-graph", 0, "fp|kernel", "the same");
	assert_option(help, "trigger", 0, "'EVENT [if EXPR]'", "the first");
	assert_option(help, "chains", 0, NULL, "the commonest");
	assert_option(help, "exactly-so-lo", 0, NULL,
		      "a flag whose words are close");
	assert_option(help, "one", '1', NULL, "digit");
	assert_option(help, "last", 0, NULL, "");
	assert_null(help_long(help, "words", 5));
	assert_null(help_long(help, "column", 6));
	assert_null(help_long(help, "eventual", 8));
	help_free(help);
}

static void test_letters(void **state)
{
	struct help *help = help_parse(text);
	const char *value = NULL;

	(void)state;
	assert_non_null(help);
	assert_ptr_equal(help_letters(help, "-qe", &value),
			 help_letter(help, 'e'));
	assert_string_equal(value, "");
	assert_ptr_equal(help_letters(help, "-q1eq", &value),
			 help_letter(help, 'e'));
	assert_string_equal(value, "q");
	assert_null(help_letters(help, "-q1", &value));
	assert_null(help_letters(help, "-", &value));
	assert_null(help_letter(help, 0));
	help_free(help);
}

static void test_empty(void **state)
{
	struct help *help = help_parse("");

	(void)state;
	assert_non_null(help);
	assert_int_equal(help->nr, 0);
	help_free(help);
	help_free(NULL);
}

static int print_one(int argc, char **argv)
{
	assert_int_equal(argc, 2);
	assert_string_equal(argv[1], "--help");
	puts("  -a, --all  of it");
	return 0;
}

static int fail_to_print(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("  -a, --all  of it");
	return 1;
}

static void test_verb(void **state)
{
	const struct verb good = { "good", print_one, "" };
	const struct verb bad = { "bad", fail_to_print, "" };
	struct help *help = help_of(&good);

	(void)state;
	assert_non_null(help);
	assert_option(help, "all", 'a', NULL, "of it");
	help_free(help);
	assert_null(help_of(&bad));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_verb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
