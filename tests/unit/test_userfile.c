// SPDX-License-Identifier: GPL-2.0-only
/* test_userfile - which file a name means, and what is said if there is none */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "userfile.h"

static char folder[] = "/tmp/kpc-userfile-XXXXXX";
static char error[1024];

static void put(const char *name, mode_t mode)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	close(fd);
}

static int make(void **state)
{
	char path[512];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/bin", folder);
	assert_int_equal(mkdir(path, 0755), 0);
	put("bin/program", 0755);
	put("bin/text", 0644);
	put("here", 0644);
	snprintf(path, sizeof(path), "/nowhere:%s/bin", folder);
	setenv("PATH", path, 1);
	return chdir(folder);
}

static int unmake(void **state)
{
	(void)state;
	unlink("bin/program");
	unlink("bin/text");
	unlink("here");
	rmdir("bin");
	return chdir("/") || rmdir(folder);
}

static void finds(const char *name, const char *want)
{
	char path[512], *got;

	snprintf(path, sizeof(path), "%s%s", *want == '/' ? "" : folder, want);
	if (*want != '/')
		snprintf(path, sizeof(path), "%s/%s", folder, want);
	assert_int_equal(kpc_userfile_find(name, &got, error, sizeof(error)),
			 0);
	assert_string_equal(got, path);
	free(got);
}

static void refused(const char *name, const char *words)
{
	char *got;

	assert_int_equal(kpc_userfile_find(name, &got, error, sizeof(error)),
			 -ENOENT);
	if (!strstr(error, words))
		fail_msg("%s: no '%s' in: %s", name, words, error);
}

static void paths(void **state)
{
	char path[512];

	(void)state;
	finds("./here", "here");
	finds("././bin/text", "bin/text");
	finds("bin/program", "bin/program");
	/* Links stay: in another namespace they'd lead elsewhere. */
	snprintf(path, sizeof(path), "/proc/self/cwd/here");
	finds(path, path);
	refused("./nothing",
		"what a container sees as that is /proc/PID/root/");
	refused("here/nothing", "there is no file");
}

static void programs(void **state)
{
	(void)state;
	finds("program", "bin/program");
	refused("text", "there is no program text in $PATH");
	refused("here", "is the file here meant? ./here");
	refused("nothing", "give its path");
}

static void libraries(void **state)
{
	char *got;

	(void)state;
	assert_int_equal(kpc_userfile_find("libc", &got, error, sizeof(error)),
			 0);
	assert_non_null(strstr(got, "/libc.so.6"));
	free(got);
	assert_int_equal(
		kpc_userfile_find("libc.so.6", &got, error, sizeof(error)), 0);
	assert_non_null(strstr(got, "/libc.so.6"));
	free(got);
	assert_int_equal(
		kpc_userfile_find("libc.so", &got, error, sizeof(error)), 0);
	assert_non_null(strstr(got, "/libc.so.6"));
	free(got);
	refused("lib", "no shared library of this name");
	refused("libc.so.7", "no shared library of this name");
}

/* This process still has it. */
static void deleted(void **state)
{
	char path[512], want[512];
	void *map;
	int fd;

	(void)state;
	put("gone", 0755);
	snprintf(path, sizeof(path), "%s/gone", folder);
	fd = open(path, O_RDONLY);
	map = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_true(map != MAP_FAILED);
	close(fd);
	unlink(path);
	snprintf(want, sizeof(want), "name it as /proc/%d/map_files/%lx-",
		 getpid(), (unsigned long)map);
	refused(path, want);
	strcat(path, " (deleted)");
	refused(path, want);
	munmap(map, 1);
	refused(path, "was deleted: as long as a process has it mapped");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(programs),
		cmocka_unit_test(libraries),
		cmocka_unit_test(deleted),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
