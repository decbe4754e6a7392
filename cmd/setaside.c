// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "quantity.h"
#include "setaside.h"

static int saved[3] = { -1, -1, -1 };
static int output[2] = { -1, -1 }; /* a pipe; its reader is the thread */
static int stop_fd = -1;	   /* an eventfd */
static pthread_t thread;
static bool is_read;

static char kept[SETASIDE_BYTES]; /* the last of it: byte N is at N % its size */
static uint64_t total;

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the thread ---------------------------------------------------------- */

/* What there is. False: nothing more comes. */
static bool take(void)
{
	size_t at = total % sizeof(kept);
	ssize_t n = read(output[0], kept + at, sizeof(kept) - at);

	if (n > 0)
		total += n;
	return n > 0 || (n < 0 && errno == EINTR);
}

/* Who was stopped may write on and on. */
static void take_rest(void)
{
	uint64_t end = total + sizeof(kept);

	fcntl(output[0], F_SETFL, O_NONBLOCK);
	while (total < end && take())
		;
}

static void *take_all(void *unused)
{
	struct pollfd fds[] = {
		{ .fd = output[0], .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
	};

	(void)unused;
	for (;;) {
		poll(fds, 2, -1);
		if (fds[1].revents) {
			take_rest();
			return NULL;
		}
		if (fds[0].revents && !take())
			return NULL;
	}
}

/* Signals are for others. */
static void start(void)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	is_read = !pthread_create(&thread, NULL, take_all, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!is_read)
		close_one(&output[0]); /* who writes isn't to wait for ever */
}

/* ---- descriptors --------------------------------------------------------- */

static void replace(int fd, int by)
{
	if (by < 0 || !isatty(fd))
		return;
	saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (saved[fd] >= 0)
		dup2(by, fd);
}

void setaside_begin(void)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	replace(STDIN_FILENO, nothing);
	close_one(&nothing);
	stop_fd = eventfd(0, EFD_CLOEXEC);
	if (stop_fd < 0 || pipe2(output, O_CLOEXEC))
		return;
	replace(STDOUT_FILENO, output[1]);
	replace(STDERR_FILENO, output[1]);
}

void setaside_end(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (saved[fd] < 0)
			continue;
		dup2(saved[fd], fd);
		close_one(&saved[fd]);
	}
	/* From here on only what was forked writes there. */
	close_one(&output[1]);
	if (output[0] >= 0)
		start();
}

/* ---- printing ------------------------------------------------------------ */

/* Where what is kept begins: with a line, if it is cut. */
static uint64_t beginning(void)
{
	uint64_t at = total - sizeof(kept);

	if (total <= sizeof(kept))
		return 0;
	for (uint64_t i = at; i < total; i++)
		if (kept[i % sizeof(kept)] == '\n')
			return i + 1;
	return at;
}

static void print(void)
{
	uint64_t at = beginning();
	char left[QUANTITY_TEXT];

	if (at)
		printf("(%s of the command's output are left out)\n",
		       quantity_bytes(at, left));
	while (at < total) {
		size_t n = sizeof(kept) - at % sizeof(kept);

		if (n > total - at)
			n = total - at;
		if (fwrite(kept + at % sizeof(kept), 1, n, stdout) != n)
			break;
		at += n;
	}
	fflush(stdout);
}

void setaside_print(void)
{
	if (is_read) {
		eventfd_write(stop_fd, 1);
		pthread_join(thread, NULL);
		print();
	}
	is_read = false;
	close_one(&output[0]);
	close_one(&stop_fd);
}
