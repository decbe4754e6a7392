// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink_socket.c - a receiver behind a connection, see sender.h
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sender.h"

#define GREETING_MS 300 /* for it, when a recording begins */

/* ---- the sink ------------------------------------------------------------ */

/* What the thread said, as the sink's. Under the lock. */
static int sink_failed(struct kpc_sender *s)
{
	return kpc_fail(s->sink.error, sizeof(s->sink.error), s->failed, "%s",
			s->error);
}

static int not_arrived(struct kpc_sender *s, uint64_t bytes)
{
	return kpc_fail(
		s->sink.error, sizeof(s->sink.error), -ETIMEDOUT,
		"cannot write %s: its reader has stopped reading, or is too slow, or not there: %" PRIu64
		" bytes have not arrived",
		s->sink.name, bytes);
}

/*
 * Sleeps until something changed. 0, the thread's failure, or -ETIMEDOUT: whoever
 * is asked says that it has been too long. Under the lock.
 */
static int wait_changed(struct kpc_sender *s)
{
	struct timespec until;
	uint64_t at = kpc_trace_clock() + KPC_SINK_WAIT_MS * KPC_NS_PER_MS;

	until.tv_sec = at / KPC_NS_PER_S;
	until.tv_nsec = at % KPC_NS_PER_S;
	pthread_cond_timedwait(&s->changed, &s->lock, &until);
	if (!s->failed && s->kept.kept && kpc_sink_gives_up(&s->sink))
		return not_arrived(s, s->kept.kept);
	return s->failed ? sink_failed(s) : 0;
}

static int keep(struct kpc_sender *s, const struct iovec *piece)
{
	int err = kpc_sender_start(s);

	pthread_mutex_lock(&s->lock);
	if (!err && s->failed)
		err = sink_failed(s);
	while (!err && s->kept.kept &&
	       s->kept.kept + piece->iov_len > s->sink.memory_bytes)
		err = wait_changed(s);
	if (!err)
		err = kpc_retained_add(&s->kept, piece->iov_base,
				       piece->iov_len);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static int socket_writev(struct kpc_sink *sink, struct iovec *pieces,
			 uint32_t nr, size_t *written)
{
	struct kpc_sender *s = (struct kpc_sender *)sink;
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		err = keep(s, &pieces[i]);
		if (!err)
			*written += pieces[i].iov_len;
		/* There may be no room for the next before this one is out. */
		kpc_sender_wake(s);
	}
	return err;
}

static int socket_begin(struct kpc_sink *sink, const uint8_t uuid[16])
{
	struct kpc_sender *s = (struct kpc_sender *)sink;
	int err = kpc_sender_start(s);

	pthread_mutex_lock(&s->lock);
	if (!err)
		err = kpc_retained_begin(&s->kept, uuid);
	s->has_gap = false;
	pthread_mutex_unlock(&s->lock);
	return err;
}

static int socket_repeat(struct kpc_sink *sink, const void *data, size_t bytes)
{
	struct kpc_sender *s = (struct kpc_sender *)sink;
	int err;

	pthread_mutex_lock(&s->lock);
	err = kpc_retained_repeat(&s->kept, data, bytes);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static bool socket_has_gap(struct kpc_sink *sink)
{
	struct kpc_sender *s = (struct kpc_sender *)sink;
	bool gap;

	pthread_mutex_lock(&s->lock);
	gap = s->has_gap;
	pthread_mutex_unlock(&s->lock);
	return gap;
}

/* Until a reader that doesn't say what it has has all. */
static int await_taken(struct kpc_sender *s)
{
	uint64_t left = UINT64_MAX, now;

	for (int ms = 1; (now = kpc_peer_unacked(&s->peer)) != 0;
	     ms = KPC_SINK_WAIT_MS) {
		struct pollfd pollfd = { s->peer.mute ? -1 : s->peer.fd, POLLIN,
					 0 };
		int err = s->peer.mute ? kpc_peer_error(&s->peer) :
					 kpc_peer_ignore(&s->peer);

		if (err)
			return kpc_fail(s->sink.error, sizeof(s->sink.error),
					err,
					"cannot write %s: %s: %" PRIu64
					" bytes have not arrived",
					s->sink.name, kpc_peer_error_text(err),
					now);
		if (now < left)
			kpc_sink_moved(&s->sink);
		left = now;
		if (kpc_sink_gives_up(&s->sink))
			return not_arrived(s, left);
		poll(&pollfd, 1, ms);
	}
	return 0;
}

/* All was sent, and who answers has it. */
static int close_gently(struct kpc_sender *s)
{
	int err = 0;

	shutdown(s->peer.fd, SHUT_WR);
	if (!s->peer.answers)
		err = await_taken(s);
	/* What it said and nobody read would make the end of ours be lost. */
	kpc_peer_ignore(&s->peer);
	kpc_peer_close(&s->peer);
	return err;
}

static int socket_finish(struct kpc_sink *sink)
{
	struct kpc_sender *s = (struct kpc_sender *)sink;
	int err;

	pthread_mutex_lock(&s->lock);
	s->finishing = true;
	err = s->failed ? sink_failed(s) : 0;
	while (!err && s->kept.kept)
		err = wait_changed(s);
	pthread_mutex_unlock(&s->lock);
	kpc_sender_stop(s);
	return s->peer.fd >= 0 && !err ? close_gently(s) : err;
}

static void socket_free(struct kpc_sink *sink)
{
	struct kpc_sender *s = (struct kpc_sender *)sink;

	kpc_sender_stop(s);
	if (s->peer.fd >= 0)
		close(s->peer.fd);
	if (s->wake >= 0)
		close(s->wake);
	if (s->quit_fd >= 0)
		close(s->quit_fd);
	kpc_address_uninit(&s->address);
	kpc_retained_uninit(&s->kept);
	kpc_buf_uninit(&s->ahead);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static const struct kpc_sink_ops socket_ops = {
	.writev = socket_writev,
	.begin = socket_begin,
	.repeat = socket_repeat,
	.has_gap = socket_has_gap,
	.finish = socket_finish,
	.free = socket_free,
};

/* ---- new ----------------------------------------------------------------- */

static const char *connect_hint(int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return "nothing listens there: start collect receive first";
	case EACCES:
	case EPERM:
		return "no permission for that socket";
	}
	return "is that the right place?";
}

static int connect_first(struct kpc_sender *s, const char *name, char *error,
			 size_t error_size)
{
	int err =
		kpc_address_parse(&s->address, name, false, error, error_size);
	struct pollfd pollfd;

	if (err)
		return err;
	s->peer.fd = kpc_address_connect(&s->address, KPC_CONNECT_MS, -1);
	if (s->peer.fd < 0)
		return kpc_fail(error, error_size, s->peer.fd,
				"cannot connect to %s: %s; %s", name,
				strerror(-s->peer.fd),
				connect_hint(-s->peer.fd));
	/* If it answers at all, it does so at once: then it's known from here. */
	pollfd = (struct pollfd){ s->peer.fd, POLLIN, 0 };
	poll(&pollfd, 1, GREETING_MS);
	return 0;
}

static void init_locks(struct kpc_sender *s)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&s->lock, NULL);
}

int kpc_sink_socket_new(struct kpc_sink **out, const char *address, char *error,
			size_t error_size)
{
	struct kpc_sender *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	s->sink.ops = &socket_ops;
	s->sink.memory_bytes = KPC_SINK_MEMORY;
	s->sink.reconnect_ns = KPC_RECONNECT_NS;
	s->peer.fd = -1;
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->quit_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	init_locks(s);
	err = s->wake < 0 || s->quit_fd < 0 ?
		      kpc_fail(error, error_size, -errno,
			       "cannot make an eventfd: %s", strerror(errno)) :
		      connect_first(s, address, error, error_size);
	if (!err) {
		s->sink.name = strdup(address);
		if (!s->sink.name)
			err = kpc_fail(error, error_size, -ENOMEM,
				       "out of memory");
	}
	if (err) {
		free(s->sink.name);
		socket_free(&s->sink);
		return err;
	}
	*out = &s->sink;
	return 0;
}
