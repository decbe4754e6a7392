// SPDX-License-Identifier: GPL-2.0-only
/*
 * sink_socket.c - a receiver behind a connection
 *
 * The writer puts bytes into what is retained, and waits when that is full; a
 * thread sends them, takes the receiver's answers and connects again. What the
 * receiver says it has is let go; if it never says anything, what was sent. See
 * "Over a connection" in the schema.
 *
 * The lock guards all but what the thread alone uses. Blocks are freed by the
 * thread only, so that it sends from them without the lock.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "have.h"
#include "packet.h"
#include "retained.h"
#include "sink_ops.h"
#include "thread.h"

#define NS_PER_MS   1000000ull
#define GREETING_MS 300 /* for it, when a recording begins */
#define CONNECT_MS  5000
#define ANSWER_NS   (5000 * NS_PER_MS) /* to the question when resuming */
#define DELAY_MIN   (100 * NS_PER_MS)  /* between two tries to connect */
#define DELAY_MAX   (5000 * NS_PER_MS)

struct socket_sink {
	struct kpc_sink sink;
	struct kpc_address address;
	struct kpc_thread thread;
	int wake;    /* eventfd: there is more to send, or quit */
	int quit_fd; /* eventfd: quit */
	pthread_mutex_t lock;
	pthread_cond_t changed; /* room, an end, a failure */

	/* under the lock */
	struct kpc_retained kept;
	bool finishing; /* no more is written */
	bool quit;
	bool has_gap;
	int failed;
	char error[KPC_ERROR_BYTES];

	/* the thread's */
	int fd;	       /* -1: not connected */
	bool answers;  /* the receiver speaks our language */
	bool deaf;     /* it says something else */
	bool mute;     /* it will say nothing, and only reads */
	bool progress; /* it took something on this connection */
	uint8_t in[KPC_HAVE_BYTES];
	size_t in_bytes;
	struct kpc_buf ahead; /* to be sent before what is kept */
	size_t ahead_sent;
	uint64_t lost_ns; /* when the connection was lost, or 0 */
	uint64_t delay_ns;
	uint64_t gap_at; /* told already */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

__attribute__((format(printf, 3, 4))) static void
say(struct socket_sink *s, enum kpc_log_level level, const char *format, ...)
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
fail(struct socket_sink *s, int err, const char *format, ...)
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

static bool is_quitting(struct socket_sink *s)
{
	bool quit;

	pthread_mutex_lock(&s->lock);
	quit = s->quit || s->failed;
	pthread_mutex_unlock(&s->lock);
	return quit;
}

/* ---- answers ------------------------------------------------------------- */

/* The receiver has all before @position. */
static void let_go(struct socket_sink *s, uint64_t position)
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
static int take_have(struct socket_sink *s, const struct kpc_have *have)
{
	uint64_t position;
	int err = 0;

	if (!s->answers)
		kpc_address_expect_answers(s->fd);
	s->answers = true;
	if (kpc_have_is_greeting(have))
		return 0;
	pthread_mutex_lock(&s->lock);
	switch (kpc_retained_find(&s->kept, have->uuid, have->bytes,
				  &position)) {
	case KPC_RETAINED_HERE:
		if ((int64_t)(position - s->kept.sent) > 0)
			err = -EBADMSG;
		else
			let_go(s, position);
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

/*
 * Reads what the receiver says: 1 and fills @have, 0 if there's nothing whole
 * yet, or the errno of a connection that is at its end.
 */
static int read_have(struct socket_sink *s, struct kpc_have *have)
{
	uint8_t rest[512];
	ssize_t n;

	while (!s->mute) {
		n = s->deaf ? recv(s->fd, rest, sizeof(rest), 0) :
			      recv(s->fd, s->in + s->in_bytes,
				   sizeof(s->in) - s->in_bytes, 0);
		if (!n && s->answers)
			return -EPIPE;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		/* nc -N, say: half of it is closed, and may be all. */
		s->mute = !n;
		if (!n || s->deaf)
			continue;
		s->in_bytes += n;
		if (!kpc_have_begins(s->in, s->in_bytes)) {
			if (s->answers)
				return -EBADMSG;
			/* Somebody types into nc, say. */
			s->deaf = true;
			continue;
		}
		if (s->in_bytes < sizeof(s->in))
			continue;
		s->in_bytes = 0;
		kpc_have_unpack(have, s->in);
		return 1;
	}
	return 0;
}

static int take_answers(struct socket_sink *s)
{
	struct kpc_have have;
	int ret;

	while ((ret = read_have(s, &have)) > 0) {
		ret = take_have(s, &have);
		if (ret)
			return ret;
	}
	return ret;
}

/* ---- sending ------------------------------------------------------------- */

/* Some of it: how much, 0 if there's no room now, or a negative errno. */
static ssize_t send_some(int fd, const uint8_t *data, size_t bytes)
{
	ssize_t n;

	do {
		n = send(fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	return n;
}

/* The repeat, after a gap: 1 when it's out. */
static int send_ahead(struct socket_sink *s)
{
	while (s->ahead_sent < s->ahead.used) {
		ssize_t n = send_some(s->fd, s->ahead.data + s->ahead_sent,
				      s->ahead.used - s->ahead_sent);

		if (n <= 0)
			return n;
		s->ahead_sent += n;
		kpc_sink_moved(&s->sink);
	}
	return 1;
}

/* What there is, as far as there's room; @more: there isn't enough. */
static int send_kept(struct socket_sink *s, bool *more)
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
		n = send_some(s->fd, data, bytes);
		if (n <= 0)
			return n;
		kpc_sink_moved(&s->sink);
		pthread_mutex_lock(&s->lock);
		kpc_retained_sent(&s->kept, n);
		if (!s->answers)
			let_go(s, s->kept.sent);
		pthread_mutex_unlock(&s->lock);
	}
}

/* ---- connections --------------------------------------------------------- */

/* That nobody has been told of yet. */
static int socket_error(int fd)
{
	socklen_t size = sizeof(int);
	int err = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size) ? -errno :
								   -err;
}

/*
 * A wake-up is taken: 0 if it's time, or a negative errno, of poll(2) or of a
 * connection that reading it wouldn't tell of.
 */
static int wait_for(struct socket_sink *s, short events, int timeout_ms)
{
	struct pollfd polls[2] = { { s->wake, POLLIN, 0 },
				   { s->fd, events, 0 } };
	uint64_t count;

	if (s->mute)
		polls[1].events &= ~POLLIN;
	if (poll(polls, s->fd < 0 ? 1 : 2, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (polls[0].revents && read(s->wake, &count, sizeof(count)) < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (s->mute && polls[1].revents & (POLLHUP | POLLERR))
		return socket_error(s->fd) ?: -EPIPE;
	return 0;
}

static void disconnect(struct socket_sink *s)
{
	close(s->fd);
	s->fd = -1;
	s->in_bytes = 0;
	s->deaf = false;
	s->mute = false;
}

static uint64_t reconnect_s(const struct socket_sink *s)
{
	return s->sink.reconnect_ns / (1000 * NS_PER_MS);
}

static const char *error_text(int err)
{
	return err == -EBADMSG ? "it says what makes no sense" :
	       err == -EPIPE   ? "it closed the connection" :
				 strerror(-err);
}

/* Not longer than that, and not ever faster. */
static void slow_down(struct socket_sink *s, int err)
{
	s->delay_ns *= 2;
	if (s->delay_ns > DELAY_MAX)
		s->delay_ns = DELAY_MAX;
	if (now_ns() - s->lost_ns >= s->sink.reconnect_ns)
		fail(s, -ETIMEDOUT,
		     "cannot write %s: %s, for %" PRIu64
		     " s now; start collect receive there, or choose another place with -o",
		     s->sink.name, error_text(err), reconnect_s(s));
}

/* It has all, and may go before we do. */
static bool is_over(struct socket_sink *s)
{
	bool over;

	pthread_mutex_lock(&s->lock);
	over = s->finishing && !s->kept.kept;
	pthread_mutex_unlock(&s->lock);
	return over;
}

static void lose(struct socket_sink *s, int err)
{
	bool again = s->lost_ns && !s->progress;

	disconnect(s);
	s->progress = false;
	if (is_over(s))
		return;
	if (!s->answers || !s->sink.reconnect_ns) {
		fail(s, err == -EBADMSG ? -EPROTO : err,
		     "cannot write %s: %s%s", s->sink.name, error_text(err),
		     s->answers ?
			     "" :
			     ", and is none that can go on with a trace, as collect receive can");
	} else if (again) {
		slow_down(s, err);
	} else {
		s->lost_ns = now_ns();
		s->delay_ns = DELAY_MIN;
		say(s, KPC_LOG_WARNING,
		    "lost %s: %s; trying again for %" PRIu64
		    " s, and keeping up to %" PRIu64 " MiB meanwhile",
		    s->sink.name, error_text(err), reconnect_s(s),
		    s->sink.memory_bytes >> 20);
	}
}

/* The question: the Header of the first trace, marked. 0 or -EPROTO. */
static int question(struct socket_sink *s, struct kpc_buf *out,
		    uint8_t uuid[16])
{
	const struct kpc_retained_trace *trace;
	struct kpc_packet packet;
	size_t need;
	int err = -EPROTO;

	pthread_mutex_lock(&s->lock);
	trace = s->kept.trace;
	if (trace && !kpc_packet_parse(&packet, trace->repeat.data,
				       trace->repeat.used, &need)) {
		memcpy(uuid, trace->uuid, 16);
		kpc_buf_add(out, trace->repeat.data, packet.bytes);
		err = out->error;
	}
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* Sends all of it before @until_ns. */
static int send_all(struct socket_sink *s, const struct kpc_buf *out,
		    uint64_t until_ns)
{
	size_t at = 0;

	while (at < out->used) {
		ssize_t n = send_some(s->fd, out->data + at, out->used - at);

		if (n < 0)
			return n;
		at += n;
		if (is_quitting(s))
			return -ECANCELED;
		if (now_ns() >= until_ns)
			return -ETIMEDOUT;
		if (!n)
			wait_for(s, POLLOUT, KPC_SINK_WAIT_MS);
	}
	return 0;
}

/* What the receiver has of the trace @uuid. */
static int await_answer(struct socket_sink *s, const uint8_t uuid[16],
			uint64_t until_ns, uint64_t *bytes)
{
	struct kpc_have have;
	int ret;

	for (;;) {
		ret = read_have(s, &have);
		if (ret < 0)
			return ret;
		if (ret && !memcmp(have.uuid, uuid, sizeof(have.uuid))) {
			*bytes = have.bytes;
			return 0;
		}
		if (ret)
			continue;
		if (is_quitting(s))
			return -ECANCELED;
		if (s->deaf || now_ns() >= until_ns)
			return -ETIMEDOUT;
		wait_for(s, POLLIN, KPC_SINK_WAIT_MS);
	}
}

/* Goes on where the receiver stands. */
static int resume_at(struct socket_sink *s, const uint8_t uuid[16],
		     uint64_t bytes)
{
	uint64_t position, missing = 0;
	int err = 0;

	kpc_buf_reset(&s->ahead);
	s->ahead_sent = 0;
	pthread_mutex_lock(&s->lock);
	switch (kpc_retained_find(&s->kept, uuid, bytes, &position)) {
	case KPC_RETAINED_HERE:
		kpc_retained_seek(&s->kept, position);
		let_go(s, position);
		s->progress |= !s->kept.kept;
		break;
	case KPC_RETAINED_GONE:
		position = kpc_retained_first(&s->kept);
		missing = position - s->kept.trace->origin - bytes;
		s->has_gap = true;
		kpc_buf_add(&s->ahead, s->kept.trace->repeat.data,
			    s->kept.trace->repeat.used);
		err = s->ahead.error;
		kpc_retained_skip(&s->kept, bytes);
		kpc_retained_seek(&s->kept, position);
		break;
	default:
		err = -EBADMSG;
	}
	pthread_mutex_unlock(&s->lock);
	if (missing && s->gap_at != position)
		say(s, KPC_LOG_WARNING,
		    "%s lacks %" PRIu64
		    " bytes that are not kept any more: the trace will have a gap there, and say so",
		    s->sink.name, missing);
	if (missing)
		s->gap_at = position;
	return err;
}

static int reconnect_once(struct socket_sink *s)
{
	uint64_t until_ns = now_ns() + ANSWER_NS;
	struct kpc_buf out = { 0 };
	uint8_t uuid[16];
	uint64_t bytes;
	int err;

	s->fd = kpc_address_connect(&s->address, CONNECT_MS, s->quit_fd);
	if (s->fd < 0)
		return s->fd;
	kpc_address_expect_answers(s->fd);
	err = question(s, &out, uuid);
	if (!err)
		err = send_all(s, &out, until_ns);
	if (!err)
		err = await_answer(s, uuid, until_ns, &bytes);
	if (!err)
		err = resume_at(s, uuid, bytes);
	kpc_buf_uninit(&out);
	if (err)
		disconnect(s);
	return err;
}

/* One try, when it's time for it. */
static void reconnect(struct socket_sink *s)
{
	uint64_t next_ns = now_ns() + s->delay_ns;
	int err;

	for (uint64_t now; (now = now_ns()) < next_ns && !is_quitting(s);)
		wait_for(s, 0, (next_ns - now) / NS_PER_MS + 1);
	if (is_quitting(s))
		return;
	err = reconnect_once(s);
	if (!err) {
		say(s, KPC_LOG_INFO, "connected to %s again", s->sink.name);
		return;
	}
	if (err != -ECANCELED)
		slow_down(s, err);
}

static void run(void *ctx)
{
	struct socket_sink *s = ctx;
	bool more;
	int err;

	kpc_thread_ready(&s->thread);
	while (!is_quitting(s)) {
		if (s->fd < 0) {
			if (is_over(s))
				wait_for(s, 0, KPC_SINK_WAIT_MS);
			else
				reconnect(s);
			continue;
		}
		err = take_answers(s);
		if (!err)
			err = send_kept(s, &more);
		if (!err)
			err = wait_for(s, more ? POLLIN | POLLOUT : POLLIN, -1);
		if (err)
			lose(s, err);
	}
}

/* ---- the sink ------------------------------------------------------------ */

static void wake(int fd)
{
	uint64_t one = 1;

	/* It is full: it was woken often enough. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

/* What the thread said, as the sink's. Under the lock. */
static int sink_failed(struct socket_sink *s)
{
	return kpc_fail(s->sink.error, sizeof(s->sink.error), s->failed, "%s",
			s->error);
}

static int not_arrived(struct socket_sink *s, uint64_t bytes)
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
static int wait_changed(struct socket_sink *s)
{
	struct timespec until;
	uint64_t at = now_ns() + KPC_SINK_WAIT_MS * NS_PER_MS;

	until.tv_sec = at / 1000000000ull;
	until.tv_nsec = at % 1000000000ull;
	pthread_cond_timedwait(&s->changed, &s->lock, &until);
	if (!s->failed && s->kept.kept && kpc_sink_gives_up(&s->sink))
		return not_arrived(s, s->kept.kept);
	return s->failed ? sink_failed(s) : 0;
}

/* When all is set that the thread looks at. */
static int start(struct socket_sink *s)
{
	int err;

	if (s->thread.tid)
		return 0;
	err = kpc_thread_start(&s->thread, run, s);
	s->sink.thread = s->thread.tid;
	return err;
}

static int keep(struct socket_sink *s, const struct iovec *piece)
{
	int err = start(s);

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
	struct socket_sink *s = (struct socket_sink *)sink;
	int err = 0;

	for (uint32_t i = 0; !err && i < nr; i++) {
		err = keep(s, &pieces[i]);
		if (!err)
			*written += pieces[i].iov_len;
		/* There may be no room for the next before this one is out. */
		wake(s->wake);
	}
	return err;
}

static int socket_begin(struct kpc_sink *sink, const uint8_t uuid[16])
{
	struct socket_sink *s = (struct socket_sink *)sink;
	int err = start(s);

	pthread_mutex_lock(&s->lock);
	if (!err)
		err = kpc_retained_begin(&s->kept, uuid);
	s->has_gap = false;
	pthread_mutex_unlock(&s->lock);
	return err;
}

static int socket_repeat(struct kpc_sink *sink, const void *data, size_t bytes)
{
	struct socket_sink *s = (struct socket_sink *)sink;
	int err;

	pthread_mutex_lock(&s->lock);
	err = kpc_retained_repeat(&s->kept, data, bytes);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static bool socket_has_gap(struct kpc_sink *sink)
{
	struct socket_sink *s = (struct socket_sink *)sink;
	bool gap;

	pthread_mutex_lock(&s->lock);
	gap = s->has_gap;
	pthread_mutex_unlock(&s->lock);
	return gap;
}

static void stop(struct socket_sink *s)
{
	if (!s->thread.tid)
		return;
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_mutex_unlock(&s->lock);
	wake(s->quit_fd);
	wake(s->wake);
	kpc_thread_join(&s->thread);
}

/* Bytes that weren't acknowledged; a UNIX socket's are with the reader at once. */
static uint64_t on_the_way(const struct socket_sink *s)
{
	int bytes = 0;

	if (s->address.path.sun_family || ioctl(s->fd, SIOCOUTQ, &bytes))
		return 0;
	return bytes > 1 ? bytes : 0; /* the last is the end itself */
}

/* Until a reader that doesn't say what it has has all. */
static int await_taken(struct socket_sink *s)
{
	uint64_t left = UINT64_MAX, now;

	for (int ms = 1; (now = on_the_way(s)) != 0; ms = KPC_SINK_WAIT_MS) {
		struct pollfd pollfd = { s->mute ? -1 : s->fd, POLLIN, 0 };
		int err = s->mute ? socket_error(s->fd) : read_have(s, NULL);

		if (err)
			return kpc_fail(s->sink.error, sizeof(s->sink.error),
					err,
					"cannot write %s: %s: %" PRIu64
					" bytes have not arrived",
					s->sink.name, error_text(err), now);
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
static int close_gently(struct socket_sink *s)
{
	int err = 0;

	shutdown(s->fd, SHUT_WR);
	/* What it said and nobody read would make the end of ours be lost. */
	s->deaf = true;
	if (!s->answers)
		err = await_taken(s);
	read_have(s, NULL);
	disconnect(s);
	return err;
}

static int socket_finish(struct kpc_sink *sink)
{
	struct socket_sink *s = (struct socket_sink *)sink;
	int err;

	pthread_mutex_lock(&s->lock);
	s->finishing = true;
	err = s->failed ? sink_failed(s) : 0;
	while (!err && s->kept.kept)
		err = wait_changed(s);
	pthread_mutex_unlock(&s->lock);
	stop(s);
	return s->fd >= 0 && !err ? close_gently(s) : err;
}

static void socket_free(struct kpc_sink *sink)
{
	struct socket_sink *s = (struct socket_sink *)sink;

	stop(s);
	if (s->fd >= 0)
		close(s->fd);
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

static int connect_first(struct socket_sink *s, const char *name, char *error,
			 size_t error_size)
{
	int err =
		kpc_address_parse(&s->address, name, false, error, error_size);
	struct pollfd pollfd;

	if (err)
		return err;
	s->fd = kpc_address_connect(&s->address, CONNECT_MS, -1);
	if (s->fd < 0)
		return kpc_fail(error, error_size, s->fd,
				"cannot connect to %s: %s; %s", name,
				strerror(-s->fd), connect_hint(-s->fd));
	/* If it answers at all, it does so at once: then it's known from here. */
	pollfd = (struct pollfd){ s->fd, POLLIN, 0 };
	poll(&pollfd, 1, GREETING_MS);
	return 0;
}

static void init_locks(struct socket_sink *s)
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
	struct socket_sink *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	s->sink.ops = &socket_ops;
	s->sink.memory_bytes = KPC_SINK_MEMORY;
	s->sink.reconnect_ns = KPC_RECONNECT_NS;
	s->fd = -1;
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
