// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "sender.h"
#include "trace_clock.h"

#define DELAY_MIN (100 * KPC_NS_PER_MS) /* between two tries to connect */
#define DELAY_MAX (5000 * KPC_NS_PER_MS)

void kpc_sender_say(struct kpc_sender *s, enum kpc_log_level level,
		    const char *format, ...)
{
	char text[KPC_ERROR_BYTES];
	va_list args;

	if (!s->sink.log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	s->sink.log(s->sink.log_ctx, level, text);
}

/* Keeps the first. */
__attribute__((format(printf, 3, 4))) static void
fail(struct kpc_sender *s, int err, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&s->lock);
	if (!s->failed) {
		s->failed = err;
		va_start(args, format);
		vsnprintf(s->error, sizeof(s->error), format, args);
		va_end(args);
	}
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

bool kpc_sender_is_quitting(struct kpc_sender *s)
{
	bool quit;

	pthread_mutex_lock(&s->lock);
	quit = s->quit || s->failed;
	pthread_mutex_unlock(&s->lock);
	return quit;
}

/* ---- answers ------------------------------------------------------------- */

void kpc_sender_let_go(struct kpc_sender *s, uint64_t position)
{
	uint64_t before = kpc_retained_first(&s->kept);

	kpc_retained_drop(&s->kept, position);
	if (kpc_retained_first(&s->kept) != before) {
		s->progress = true;
		kpc_sink_moved(&s->sink);
		pthread_cond_broadcast(&s->changed);
	}
}

/* 0, or -EBADMSG: it has what was never sent. */
static int take_have(struct kpc_sender *s, const struct kpc_have *have)
{
	uint64_t position;
	int err = 0;

	if (!s->peer.answers)
		kpc_address_expect_answers(s->peer.fd);
	s->peer.answers = true;
	if (kpc_have_is_greeting(have))
		return 0;
	pthread_mutex_lock(&s->lock);
	switch (kpc_retained_find(&s->kept, have->uuid, have->bytes,
				  &position)) {
	case KPC_RETAINED_HERE:
		if ((int64_t)(position - s->kept.sent) > 0)
			err = -EBADMSG;
		else
			kpc_sender_let_go(s, position);
		break;
	case KPC_RETAINED_NEVER:
		err = -EBADMSG;
		break;
	default: /* what it said late */
		break;
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}

static int take_answers(struct kpc_sender *s)
{
	struct kpc_have have;
	int ret;

	while ((ret = kpc_peer_read(&s->peer, &have)) > 0) {
		ret = take_have(s, &have);
		if (ret)
			return ret;
	}
	return ret;
}

/* ---- sending ------------------------------------------------------------- */

/* The repeat, after a gap: 1 when it's out. */
static int send_ahead(struct kpc_sender *s)
{
	while (s->ahead_sent < s->ahead.used) {
		ssize_t n = kpc_peer_send(&s->peer,
					  s->ahead.data + s->ahead_sent,
					  s->ahead.used - s->ahead_sent);

		if (n <= 0)
			return n;
		s->ahead_sent += n;
		kpc_sink_moved(&s->sink);
	}
	return 1;
}

/* What there is, as far as there's room; @more: there isn't enough. */
static int send_kept(struct kpc_sender *s, bool *more)
{
	const uint8_t *data;
	size_t bytes;
	ssize_t n = send_ahead(s);

	*more = true;
	if (n <= 0)
		return n;
	for (;;) {
		pthread_mutex_lock(&s->lock);
		data = kpc_retained_next(&s->kept, &bytes);
		pthread_mutex_unlock(&s->lock);
		*more = data;
		if (!data)
			return 0;
		n = kpc_peer_send(&s->peer, data, bytes);
		if (n <= 0)
			return n;
		kpc_sink_moved(&s->sink);
		pthread_mutex_lock(&s->lock);
		kpc_retained_sent(&s->kept, n);
		if (!s->peer.answers)
			kpc_sender_let_go(s, s->kept.sent);
		pthread_mutex_unlock(&s->lock);
	}
}

/* ---- connections --------------------------------------------------------- */

static uint64_t reconnect_s(const struct kpc_sender *s)
{
	return s->sink.reconnect_ns / (1000 * KPC_NS_PER_MS);
}

/* Not longer than that, and not ever faster. */
static void slow_down(struct kpc_sender *s, int err)
{
	s->delay_ns *= 2;
	if (s->delay_ns > DELAY_MAX)
		s->delay_ns = DELAY_MAX;
	if (kpc_trace_clock() - s->lost_ns >= s->sink.reconnect_ns)
		fail(s, -ETIMEDOUT,
		     "cannot write %s: %s, for %" PRIu64
		     " s now; start collect receive there, or choose another place with -o",
		     s->sink.name, kpc_peer_error_text(err), reconnect_s(s));
}

static bool has_kept(struct kpc_sender *s)
{
	bool kept;

	pthread_mutex_lock(&s->lock);
	kept = s->kept.kept;
	pthread_mutex_unlock(&s->lock);
	return kept;
}

/* It has all, and may go before we do. */
static bool is_over(struct kpc_sender *s)
{
	bool over;

	pthread_mutex_lock(&s->lock);
	over = s->finishing && !s->kept.kept;
	pthread_mutex_unlock(&s->lock);
	return over;
}

static void lose(struct kpc_sender *s, int err)
{
	bool again = s->lost_ns && !s->progress;

	kpc_peer_close(&s->peer);
	s->progress = false;
	if (is_over(s))
		return;
	if (!s->peer.answers) {
		fail(s, err,
		     "cannot write %s: %s, and is none that can go on with a trace, as collect receive can",
		     s->sink.name, kpc_peer_error_text(err));
	} else if (again) {
		slow_down(s, err);
	} else {
		s->lost_ns = 0;
		s->lost_error = err;
	}
}

/* It's a loss if there is something to send: who has all may go. */
static void note_loss(struct kpc_sender *s)
{
	int err = s->lost_error;

	s->lost_ns = kpc_trace_clock();
	s->delay_ns = DELAY_MIN;
	if (!s->sink.reconnect_ns)
		fail(s, err == -EBADMSG ? -EPROTO : err, "cannot write %s: %s",
		     s->sink.name, kpc_peer_error_text(err));
	else
		kpc_sender_say(s, KPC_LOG_WARNING,
			       "lost %s: %s; trying again for %" PRIu64
			       " s, and keeping up to %" PRIu64
			       " MiB meanwhile",
			       s->sink.name, kpc_peer_error_text(err),
			       reconnect_s(s), s->sink.memory_bytes >> 20);
}

/* One try, when it's time for it. */
static void reconnect(struct kpc_sender *s)
{
	uint64_t next_ns;
	int err;

	if (!s->lost_ns)
		note_loss(s);
	next_ns = kpc_trace_clock() + s->delay_ns;
	for (uint64_t now;
	     (now = kpc_trace_clock()) < next_ns && !kpc_sender_is_quitting(s);)
		kpc_peer_wait(&s->peer, s->wake, 0,
			      (next_ns - now) / KPC_NS_PER_MS + 1);
	if (kpc_sender_is_quitting(s))
		return;
	err = kpc_sender_resume(s);
	if (!err) {
		kpc_sender_say(s, KPC_LOG_INFO, "connected to %s again",
			       s->sink.name);
		return;
	}
	if (err != -ECANCELED)
		slow_down(s, err);
}

/* ---- the thread ---------------------------------------------------------- */

static void run(void *ctx)
{
	struct kpc_sender *s = ctx;
	bool more;
	int err;

	kpc_thread_ready(&s->thread);
	while (!kpc_sender_is_quitting(s)) {
		if (s->peer.fd < 0) {
			if (!has_kept(s))
				kpc_peer_wait(&s->peer, s->wake, 0,
					      KPC_SINK_WAIT_MS);
			else
				reconnect(s);
			continue;
		}
		err = take_answers(s);
		if (!err)
			err = send_kept(s, &more);
		if (!err)
			err = kpc_peer_wait(&s->peer, s->wake,
					    more ? POLLIN | POLLOUT : POLLIN,
					    -1);
		if (err)
			lose(s, err);
	}
}

static void wake(int fd)
{
	uint64_t one = 1;

	/* It is full: it was woken often enough. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void kpc_sender_wake(struct kpc_sender *s)
{
	wake(s->wake);
}

int kpc_sender_start(struct kpc_sender *s)
{
	int err;

	if (s->thread.tid)
		return 0;
	err = kpc_thread_start(&s->thread, run, s);
	s->sink.thread = s->thread.tid;
	return err;
}

void kpc_sender_stop(struct kpc_sender *s)
{
	if (!s->thread.tid)
		return;
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_mutex_unlock(&s->lock);
	wake(s->quit_fd);
	kpc_sender_wake(s);
	kpc_thread_join(&s->thread);
}
