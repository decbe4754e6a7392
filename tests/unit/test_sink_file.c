// SPDX-License-Identifier: GPL-2.0-only
/* A device that takes nothing now, behind a descriptor that doesn't block. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "sink_ops.h"
#include "unit.h"

#define BYTES (1u << 20)

static int terminal; /* our end */
static uint8_t data[BYTES];

/* @opened: by its path, else of a descriptor that we have. */
static struct kpc_sink *sink_new(bool opened)
{
	struct kpc_sink *sink;
	struct termios raw;
	char error[512];
	int fd;

	terminal = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(terminal >= 0);
	assert_int_equal(grantpt(terminal), 0);
	assert_int_equal(unlockpt(terminal), 0);
	fd = open(ptsname(terminal), O_WRONLY | O_NOCTTY | O_NONBLOCK);
	assert_true(fd >= 0);
	assert_int_equal(tcgetattr(fd, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(fd, TCSANOW, &raw), 0);
	if (opened) {
		assert_int_equal(kpc_sink_open(&sink, ptsname(terminal), error,
					       sizeof(error)),
				 0);
		close(fd);
	} else {
		assert_int_equal(kpc_sink_file_new(&sink, fd), 0);
		sink->name = strdup("terminal");
	}
	for (size_t i = 0; i < BYTES; i++)
		data[i] = i * 7 + (i >> 8);
	return sink;
}

static bool count(void *ctx)
{
	int *asked = ctx;

	return ++*asked > 3;
}

/* Whoever waits asks now and then, and doesn't try again and again meanwhile. */
static void test_stall(void **state)
{
	(void)state;
	for (int opened = 0; opened < 2; opened++) {
		struct kpc_sink *sink = sink_new(opened);
		int asked = 0;

		/* If it were to spin, or to block, this would end it. */
		alarm(60);
		kpc_sink_give_up_when(sink, count, &asked);
		assert_int_equal(kpc_sink_write(sink, data, BYTES), -ETIMEDOUT);
		assert_non_null(
			strstr(kpc_sink_error(sink), "stopped reading"));
		kpc_sink_free(sink);
		close(terminal);
		alarm(0);
	}
}

static void *read_all(void *ctx)
{
	static uint8_t got[BYTES];
	size_t have = 0;
	ssize_t n;

	while (have < BYTES &&
	       (n = read(terminal, got + have, BYTES - have)) > 0)
		have += n;
	*(bool *)ctx = have == BYTES && !memcmp(got, data, BYTES);
	return NULL;
}

static void test_all(void **state)
{
	struct kpc_sink *sink = sink_new(false);
	bool same = false;
	pthread_t reader;

	(void)state;
	assert_int_equal(pthread_create(&reader, NULL, read_all, &same), 0);
	assert_int_equal(kpc_sink_write(sink, data, BYTES), 0);
	pthread_join(reader, NULL);
	assert_true(same);
	assert_int_equal(kpc_sink_finish(sink), 0);
	kpc_sink_free(sink);
	close(terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
