// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* accept4() */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "fail.h"
#include "receive.h"

#define NS_PER_S	1000000000ull
#define CONNECTIONS_MAX 64
#define SILENCE_NS	(10 * NS_PER_S) /* a connection without a trace */
#define OPEN_MAX	65536u
#define POLL_MS		1000
#define MODE		0600

struct kpc_receiver {
	struct kpc_receiver_opts opts; /* its strings are gone after new */
	char *output;
	struct kpc_address address;
	int stop_fd;
	int fds[KPC_ADDRESS_FDS_MAX]; /* that listen */
	int nr_fds;
	struct stat socket; /* the UNIX one's file */
	struct kpc_connection *connections[CONNECTIONS_MAX];
	uint32_t nr;
	struct kpc_connection_ops ops;
	struct kpc_receiver_result result;
	struct kpc_buf open; /* uuids of the traces that haven't ended */
	bool begun;	     /* the single trace */
	uint8_t uuid[16];    /* … is this one */
	bool done;
	char error[KPC_ERROR_BYTES];
};

__attribute__((format(printf, 3, 4))) static void
say(struct kpc_receiver *r, enum kpc_log_level level, const char *format, ...)
{
	char text[KPC_ERROR_BYTES];
	va_list args;

	if (!r->opts.log)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	r->opts.log(r->opts.log_ctx, level, text);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- connections --------------------------------------------------------- */

static void close_connection(struct kpc_receiver *r, uint32_t i)
{
	struct kpc_connection *c = r->connections[i];

	kpc_connection_uninit(c);
	free(c);
	r->connections[i] = r->connections[--r->nr];
}

/* Says why, if there's something to be said, and closes it. */
static void end_connection(struct kpc_receiver *r, uint32_t i, int ret)
{
	const struct kpc_connection *c = r->connections[i];
	const char *path = c->inbox.path ? c->inbox.path : "a connection";

	if (ret < 0)
		say(r, KPC_LOG_WARNING, "%s: ended: %s", path,
		    *c->error ? c->error : strerror(-ret));
	else if (c->inbox.fd >= 0)
		say(r, KPC_LOG_WARNING,
		    "%s: the sender has gone; %" PRIu64
		    " bytes are there, and it may go on with them",
		    path, c->inbox.bytes);
	close_connection(r, i);
}

static void displace(void *ctx, struct kpc_connection *by,
		     const uint8_t uuid[16])
{
	struct kpc_receiver *r = ctx;

	for (uint32_t i = 0; i < r->nr; i++) {
		struct kpc_connection *c = r->connections[i];

		if (c == by || c->inbox.fd < 0 ||
		    memcmp(c->inbox.uuid, uuid, 16))
			continue;
		close_connection(r, i--);
	}
}

static void note_open(struct kpc_receiver *r, const uint8_t uuid[16])
{
	if (r->open.used < OPEN_MAX * 16)
		kpc_buf_add(&r->open, uuid, 16);
}

static void note_closed(struct kpc_receiver *r, const uint8_t uuid[16])
{
	for (size_t at = 0; at < r->open.used; at += 16)
		if (!memcmp(r->open.data + at, uuid, 16)) {
			r->open.used -= 16;
			memmove(r->open.data + at, r->open.data + r->open.used,
				16);
			return;
		}
}

static char *name_file(void *ctx, const Kprobex__Header *header, bool *replace)
{
	struct kpc_receiver *r = ctx;

	if (!r->opts.single)
		return kpc_inbox_name(r->output, header);
	if (r->begun && memcmp(r->uuid, header->uuid.data, 16))
		return NULL;
	r->begun = true;
	memcpy(r->uuid, header->uuid.data, 16);
	*replace = true;
	return strdup(r->output);
}

static void begun(void *ctx, struct kpc_connection *c, bool resumed)
{
	struct kpc_receiver *r = ctx;

	note_closed(r, c->inbox.uuid);
	if (!c->inbox.whole)
		note_open(r, c->inbox.uuid);
	else
		r->done = r->opts.single;
	if (resumed && c->inbox.bytes)
		say(r, KPC_LOG_INFO, "%s: goes on at byte %" PRIu64,
		    c->inbox.path, c->inbox.bytes);
	else
		say(r, KPC_LOG_INFO, "%s: begins", c->inbox.path);
}

static void finished(void *ctx, struct kpc_connection *c)
{
	struct kpc_receiver *r = ctx;

	note_closed(r, c->inbox.uuid);
	r->result.whole++;
	r->done = r->opts.single;
	say(r, KPC_LOG_INFO, "%s: whole, %" PRIu64 " bytes", c->inbox.path,
	    c->inbox.bytes);
}

static void accept_one(struct kpc_receiver *r, int listening)
{
	int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct kpc_connection *c;

	if (fd < 0)
		return;
	c = malloc(sizeof(*c));
	if (!c) {
		close(fd);
		return;
	}
	/* Connections are few, and who goes on with a trace is another one. */
	kpc_address_keep_alive(fd);
	kpc_connection_init(c, fd, now_ns());
	r->connections[r->nr++] = c;
	/* The greeting, before anything else. */
	if (kpc_connection_answer(c))
		close_connection(r, r->nr - 1);
}

/* ---- run ----------------------------------------------------------------- */

/* All that is waited for; the number of entries. */
static uint32_t fill_polls(const struct kpc_receiver *r, struct pollfd *polls)
{
	uint32_t n = 0;

	polls[n++] = (struct pollfd){ r->stop_fd, POLLIN, 0 };
	for (int i = 0; i < r->nr_fds; i++)
		polls[n++] = (struct pollfd){
			r->nr < CONNECTIONS_MAX ? r->fds[i] : -1, POLLIN, 0
		};
	for (uint32_t i = 0; i < r->nr; i++)
		polls[n++] = (struct pollfd){ r->connections[i]->fd,
					      kpc_connection_waits(
						      r->connections[i]) ?
						      POLLIN | POLLOUT :
						      POLLIN,
					      0 };
	return n;
}

static void serve(struct kpc_receiver *r, int fd, short events)
{
	uint32_t i;
	int ret = 0;

	/* One that came before it may have displaced it. */
	for (i = 0; i < r->nr && r->connections[i]->fd != fd; i++)
		;
	if (i == r->nr)
		return;
	if (events & POLLOUT)
		ret = kpc_connection_answer(r->connections[i]);
	if (!ret && events & (POLLIN | POLLHUP | POLLERR))
		ret = kpc_connection_read(r->connections[i], &r->ops);
	if (ret)
		for (i = 0; i < r->nr; i++)
			if (r->connections[i]->fd == fd) {
				end_connection(r, i, ret);
				return;
			}
}

/* Connections are few: those that nobody uses make room. */
static void close_silent(struct kpc_receiver *r)
{
	uint64_t now = now_ns();

	for (uint32_t i = 0; i < r->nr; i++)
		if (!r->connections[i]->started &&
		    now - r->connections[i]->since_ns >= SILENCE_NS)
			close_connection(r, i--);
}

/* The single trace is whole, and its sender was told. */
static bool is_done(const struct kpc_receiver *r)
{
	if (!r->done)
		return false;
	for (uint32_t i = 0; i < r->nr; i++)
		if (kpc_connection_waits(r->connections[i]))
			return false;
	return true;
}

int kpc_receiver_run(struct kpc_receiver *r)
{
	struct pollfd polls[1 + KPC_ADDRESS_FDS_MAX + CONNECTIONS_MAX];
	uint32_t nr, first = 1 + r->nr_fds;

	while (!is_done(r)) {
		nr = fill_polls(r, polls);
		if (poll(polls, nr, POLL_MS) < 0 && errno != EINTR)
			return kpc_fail(r->error, sizeof(r->error), -errno,
					"cannot wait: %s", strerror(errno));
		if (polls[0].revents)
			break;
		for (uint32_t i = first; i < nr; i++)
			if (polls[i].revents)
				serve(r, polls[i].fd, polls[i].revents);
		for (uint32_t i = 1; i < first; i++)
			if (polls[i].revents && r->nr < CONNECTIONS_MAX)
				accept_one(r, polls[i].fd);
		close_silent(r);
	}
	while (r->nr)
		end_connection(r, 0, 0);
	return 0;
}

void kpc_receiver_stop(struct kpc_receiver *r)
{
	uint64_t one = 1;
	int saved = errno; /* of whom the signal interrupted */

	if (write(r->stop_fd, &one, sizeof(one)) < 0)
		errno = saved;
	errno = saved;
}

/* ---- new and free -------------------------------------------------------- */

static int copy_opts(struct kpc_receiver *r,
		     const struct kpc_receiver_opts *opts, char *error,
		     size_t error_size)
{
	const uint8_t *bytes = (const uint8_t *)opts;
	size_t known = sizeof(r->opts);

	if (opts->size < offsetof(struct kpc_receiver_opts, log_ctx))
		return kpc_fail(error, error_size, -EINVAL,
				"the options' size isn't set");
	for (size_t i = known; i < opts->size; i++)
		if (bytes[i])
			return kpc_fail(error, error_size, -E2BIG,
					"the program wants a newer libcollect");
	memcpy(&r->opts, opts, opts->size < known ? opts->size : known);
	if (!r->opts.address || !r->opts.output || !*r->opts.output)
		return kpc_fail(
			error, error_size, -EINVAL,
			"no address to listen at, or no file, was named");
	if (!r->opts.mode)
		r->opts.mode = MODE;
	r->output = strdup(r->opts.output);
	return r->output ?
		       0 :
		       kpc_fail(error, error_size, -ENOMEM, "out of memory");
}

static int start(struct kpc_receiver *r, char *error, size_t error_size)
{
	char text[256];
	int err = kpc_address_parse(&r->address, r->opts.address, true, error,
				    error_size);

	if (err)
		return err;
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->stop_fd < 0)
		return kpc_fail(error, error_size, -errno,
				"cannot make an eventfd: %s", strerror(errno));
	err = kpc_address_listen(&r->address, r->opts.mode, r->fds, error,
				 error_size);
	if (err < 0)
		return err;
	r->nr_fds = err;
	if (r->address.path.sun_family)
		lstat(r->address.path.sun_path, &r->socket);
	for (int i = 0; i < r->nr_fds; i++) {
		kpc_address_text(r->fds[i], text, sizeof(text));
		say(r, KPC_LOG_INFO, "listening at %s", text);
	}
	return 0;
}

int kpc_receiver_new(struct kpc_receiver **out,
		     const struct kpc_receiver_opts *opts, char *error,
		     size_t error_size)
{
	struct kpc_receiver *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	r->stop_fd = -1;
	r->ops = (struct kpc_connection_ops){
		.displace = displace,
		.name = name_file,
		.begun = begun,
		.finished = finished,
		.ctx = r,
	};
	err = copy_opts(r, opts, error, error_size);
	if (!err)
		err = start(r, error, error_size);
	if (err) {
		kpc_receiver_free(r);
		return err;
	}
	*out = r;
	return 0;
}

/* Unless somebody else has put another one there. */
static void remove_socket(const struct kpc_receiver *r)
{
	struct stat now;

	if (r->socket.st_ino && !lstat(r->address.path.sun_path, &now) &&
	    now.st_ino == r->socket.st_ino && now.st_dev == r->socket.st_dev)
		unlink(r->address.path.sun_path);
}

void kpc_receiver_free(struct kpc_receiver *r)
{
	if (!r)
		return;
	while (r->nr)
		close_connection(r, 0);
	if (r->nr_fds)
		remove_socket(r);
	for (int i = 0; i < r->nr_fds; i++)
		close(r->fds[i]);
	if (r->stop_fd >= 0)
		close(r->stop_fd);
	kpc_address_uninit(&r->address);
	kpc_buf_uninit(&r->open);
	free(r->output);
	free(r);
}

/* ---- what it says -------------------------------------------------------- */

int kpc_receiver_result(const struct kpc_receiver *r,
			struct kpc_receiver_result *result)
{
	struct kpc_receiver_result now = r->result;
	size_t size = result->size;

	if (size < sizeof(now.size))
		return -EINVAL;
	now.size = size;
	now.cut = r->open.used / 16;
	memset(result, 0, size);
	memcpy(result, &now, size < sizeof(now) ? size : sizeof(now));
	return 0;
}

const char *kpc_receiver_error(const struct kpc_receiver *r)
{
	return r->error;
}
