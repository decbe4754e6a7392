// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* pipe2() */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "workload.h"

#define EXIT_CANNOT    126 /* as shells say it */
#define EXIT_NOT_FOUND 127

void kpc_workload_init(struct kpc_workload *w)
{
	*w = (struct kpc_workload){ .pidfd = -1, .hold = -1, .failed = -1 };
}

/* In the child: waits for the byte, then becomes the command. */
static void child(int hold, int failed, char *const *argv)
{
	char byte;
	ssize_t got;
	int err;

	do {
		got = read(hold, &byte, 1);
	} while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(EXIT_FAILURE); /* the recording won't begin */
	execvp(argv[0], argv);
	err = errno;
	got = write(failed, &err, sizeof(err));
	_exit(err == ENOENT || got < 0 ? EXIT_NOT_FOUND : EXIT_CANNOT);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int kpc_workload_fork(struct kpc_workload *w, char *const *argv, char *error,
		      size_t error_size)
{
	int hold[2] = { -1, -1 }, failed[2] = { -1, -1 };
	int err;

	/* A socket, because writing to one need not raise SIGPIPE. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, hold) ||
	    pipe2(failed, O_CLOEXEC))
		goto err_errno;
	w->pid = fork();
	if (w->pid < 0)
		goto err_errno;
	if (!w->pid) {
		/* Or it would not see our end being closed. */
		close(hold[1]);
		close(failed[0]);
		child(hold[0], failed[1], argv);
	}
	close(hold[0]);
	close(failed[1]);
	w->hold = hold[1];
	w->failed = failed[0];
	w->pidfd = syscall(SYS_pidfd_open, w->pid, 0);
	if (w->pidfd >= 0)
		return 0;
	err = -errno;
	kpc_workload_uninit(w);
	return kpc_fail(error, error_size, err,
			"cannot watch %s: %s (Linux "
			"5.3 is needed)",
			argv[0], strerror(-err));

err_errno:
	err = -errno;
	w->pid = 0;
	close_fd(&hold[0]);
	close_fd(&hold[1]);
	close_fd(&failed[0]);
	close_fd(&failed[1]);
	return kpc_fail(error, error_size, err, "cannot fork for %s: %s",
			argv[0], strerror(-err));
}

/* Waits for the end. */
static void reap(struct kpc_workload *w)
{
	while (waitpid(w->pid, &w->status, 0) < 0)
		if (errno != EINTR)
			return;
	w->ended = true;
}

int kpc_workload_start(struct kpc_workload *w)
{
	ssize_t got;
	int err;

	/* It waits there, or was killed: then there's nobody to read. */
	got = send(w->hold, "", 1, MSG_NOSIGNAL);
	close_fd(&w->hold);
	if (got < 0)
		return 0;
	do {
		got = read(w->failed, &err, sizeof(err));
	} while (got < 0 && errno == EINTR);
	close_fd(&w->failed);
	if (got != sizeof(err))
		return 0; /* closed by its exec */
	reap(w);
	return -err;
}

bool kpc_workload_poll(struct kpc_workload *w)
{
	if (w->pid && !w->ended &&
	    waitpid(w->pid, &w->status, WNOHANG) == w->pid)
		w->ended = true;
	return w->pid && w->ended;
}

void kpc_workload_uninit(struct kpc_workload *w)
{
	bool held = w->hold >= 0;

	close_fd(&w->hold);
	close_fd(&w->failed);
	close_fd(&w->pidfd);
	if (w->pid && held && !w->ended)
		reap(w);
	w->pid = 0;
}
