// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "signals.h"
#include "source.h"
#include "tail.h"

#define QUIET_MS 1500
#define PAUSE_MS 200 /* between two looks, however often it is written to */

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
	caught = signal;
}

int tail_begin(const char *path)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (inotify_add_watch(fd, path, IN_MODIFY | IN_CLOSE_WRITE) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	signals_catch(on_signal);
	return fd;
}

static void take_all(int tail)
{
	char events[4096];

	while (read(tail, events, sizeof(events)) > 0)
		;
}

/* A signal that comes before the wait is seen after it: that isn't long. */
enum tail_news tail_wait(int tail)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	struct pollfd fd = { .fd = tail, .events = POLLIN };
	int nr = caught ? 0 : poll(&fd, 1, QUIET_MS);

	if (nr > 0 && !caught)
		nanosleep(&pause, NULL);
	take_all(tail);
	return caught ? TAIL_STOP : nr > 0 ? TAIL_GREW : TAIL_QUIET;
}

bool tail_pause(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };

	if (!caught)
		nanosleep(&pause, NULL);
	return !caught;
}

void tail_end(int tail)
{
	close(tail);
}

/* A trace has its Header, and the Header its packet, in less than this. */
#define BEGUN_BYTES 4096

static bool is_begun(const char *path)
{
	struct stat st;

	return stat(path, &st) || st.st_size >= BEGUN_BYTES;
}

struct kpc_reader *tail_open(int tail, const char *verb, const char *path)
{
	struct kpc_reader *reader;
	char error[512];

	while (!is_begun(path)) {
		if (!kpc_reader_open(&reader, path, error, sizeof(error)))
			return reader;
		if (tail_wait(tail) == TAIL_STOP)
			break;
	}
	return source_open(verb, path);
}
