// SPDX-License-Identifier: GPL-2.0-only
/* Files of defaults. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conffile.h"
#include "unit.h"

static char path[] = "/tmp/test_conffile.XXXXXX";
static char error[512];

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static void put(const char *text, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, bytes), bytes);
	close(fd);
}

static int read_text(struct conf *conf, const char *text)
{
	put(text, strlen(text));
	return conf_read(conf, path, CONF_ANY, error, sizeof(error));
}

static void assert_entry(const struct conf *conf, size_t i, int line,
			 const char *section, const char *name,
			 const char *value)
{
	const struct conf_entry *entry = &conf->entries[i];

	assert_true(i < conf->nr);
	assert_string_equal(entry->file, path);
	assert_int_equal(entry->line, line);
	assert_string_equal(entry->section, section);
	assert_string_equal(entry->name, name);
	if (value)
		assert_string_equal(entry->value, value);
	else
		assert_null(entry->value);
}

static void test_entries(void **state)
{
	struct conf conf = { 0 };

	(void)state;
	assert_int_equal(read_text(&conf,
				   "# words\n"
				   "\n"
				   " [ record ] \n"
				   "ring-size=32M\r\n"
				   "\tevent = p:w vfs_write a=$arg1 # x\n"
				   "; more\n"
				   "callchain\n"
				   "[top]\n"
				   "by ="),
			 0);
	assert_int_equal(conf.nr, 4);
	assert_entry(&conf, 0, 4, "record", "ring-size", "32M");
	assert_entry(&conf, 1, 5, "record", "event",
		     "p:w vfs_write a=$arg1 # x");
	assert_entry(&conf, 2, 7, "record", "callchain", NULL);
	assert_entry(&conf, 3, 9, "top", "by", "");
	assert_int_equal(read_text(&conf, "[dump]\nerrno\n"), 0);
	assert_int_equal(conf.nr, 5);
	assert_entry(&conf, 4, 2, "dump", "errno", NULL);
	conf_uninit(&conf);
}

static void assert_mistake(const char *text, int line, const char *words)
{
	struct conf conf = { 0 };
	char want[512];

	assert_int_equal(read_text(&conf, text), -EINVAL);
	snprintf(want, sizeof(want), "%s:%d: %s", path, line, words);
	assert_string_equal(error, want);
	conf_uninit(&conf);
}

static void test_mistakes(void **state)
{
	struct conf conf = { 0 };

	(void)state;
	assert_mistake("a = b\n", 1,
		       "of which verb? [VERB] goes before 'a = b'");
	assert_mistake("[record]\n\n[top\n", 3,
		       "a section is [VERB], not '[top'");
	assert_mistake("[", 1, "a section is [VERB], not '['");
	assert_mistake("[ ]", 1, "which verb? A section is [VERB]");
	assert_mistake("[a]\n= 1", 2, "which option? A line is NAME = VALUE");
	assert_mistake(
		"[a]\n--ring-size = 1", 2,
		"an option is its long name without --, such as ring-size, not '--ring-size'");
	assert_mistake(
		"[a]\nring size", 2,
		"an option is its long name without --, such as ring-size, not 'ring size'");
	put("[a]\n\0b", 6);
	assert_int_equal(conf_read(&conf, path, CONF_ANY, error, sizeof(error)),
			 -EINVAL);
	conf_uninit(&conf);
}

static void test_large(void **state)
{
	char *text = malloc(70000);
	struct conf conf = { 0 };

	(void)state;
	memset(text, '\n', 70000);
	put(text, 65536);
	assert_int_equal(conf_read(&conf, path, CONF_ANY, error, sizeof(error)),
			 0);
	put(text, 65537);
	assert_int_equal(conf_read(&conf, path, CONF_ANY, error, sizeof(error)),
			 -EFBIG);
	assert_int_equal(conf.nr, 0);
	conf_uninit(&conf);
	free(text);
}

/* What others can write to isn't believed, unless by name. */
static void test_trust(void **state)
{
	struct conf conf = { 0 };

	(void)state;
	assert_int_equal(read_text(&conf, "[a]\nb\n"), 0);
	assert_int_equal(conf_read(&conf, path, CONF_OWN, error, sizeof(error)),
			 0);
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(conf_read(&conf, path, CONF_OWN, error, sizeof(error)),
			 -EPERM);
	assert_non_null(strstr(error, "others may write to it"));
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(conf_read(&conf, path, CONF_OWN, error, sizeof(error)),
			 -EPERM);
	assert_int_equal(conf_read(&conf, path, CONF_ANY, error, sizeof(error)),
			 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(conf.nr, 3);
	assert_int_equal(conf_read(&conf, "/tmp", CONF_ANY, error,
				   sizeof(error)),
			 -EPERM);
	assert_int_equal(conf_read(&conf, "/dev/null", CONF_ANY, error,
				   sizeof(error)),
			 -EPERM);
	assert_int_equal(conf_read(&conf, "/no/such", CONF_OWN, error,
				   sizeof(error)),
			 -ENOENT);
	conf_uninit(&conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
