// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "fail.h"

#define UNIX_PREFIX "unix:"
#define TCP_PREFIX  "tcp:"
#define HOST_BYTES  256
#define BACKLOG	    16
/* A peer that is gone without a word is noticed after some 20 s. */
#define SILENCE_S  10
#define PROBE_S	   5
#define PROBES	   2
#define SILENCE_MS (20 * 1000)

static bool begins(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool kpc_address_is(const char *text)
{
	return begins(text, UNIX_PREFIX) || begins(text, TCP_PREFIX);
}

/* ---- parse --------------------------------------------------------------- */

static int parse_unix(struct kpc_address *a, const char *path, char *error,
		      size_t error_size)
{
	if (!*path)
		return kpc_fail(error, error_size, -EINVAL,
				"%s takes a path, as in unix:/run/trace.sock",
				UNIX_PREFIX);
	if (strlen(path) >= sizeof(a->path.sun_path))
		return kpc_fail(
			error, error_size, -ENAMETOOLONG,
			"the path of a socket has at most %zu bytes: %s",
			sizeof(a->path.sun_path) - 1, path);
	a->path.sun_family = AF_UNIX;
	strcpy(a->path.sun_path, path);
	return 0;
}

/* HOST:PORT or [HOST]:PORT into @host; the port, or NULL. */
static const char *split_host(const char *text, char host[HOST_BYTES])
{
	const char *end, *port;

	if (*text == '[') {
		end = strchr(++text, ']');
		if (!end || end[1] != ':')
			return NULL;
		port = end + 2;
	} else {
		end = strchr(text, ':');
		/* An IPv6 address without brackets has more of them. */
		if (!end || strchr(end + 1, ':'))
			return NULL;
		port = end + 1;
	}
	if (end - text >= HOST_BYTES || !*port)
		return NULL;
	memcpy(host, text, end - text);
	host[end - text] = '\0';
	return port;
}

static int parse_tcp(struct kpc_address *a, const char *text, bool listening,
		     char *error, size_t error_size)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = listening ? AI_PASSIVE : 0 };
	char host[HOST_BYTES];
	const char *port = split_host(text, host);
	int err;

	if (!port || (!*host && !listening))
		return kpc_fail(
			error, error_size, -EINVAL,
			"%s takes HOST:PORT, as in tcp:localhost:7007 or tcp:[::1]:7007, not '%s'",
			TCP_PREFIX, text);
	err = getaddrinfo(*host ? host : NULL, port, &hints, &a->hosts);
	if (!err)
		return 0;
	a->hosts = NULL;
	return kpc_fail(error, error_size, err == EAI_MEMORY ? -ENOMEM : -ENXIO,
			"cannot find %s, port %s: %s", *host ? host : "a host",
			port, gai_strerror(err));
}

int kpc_address_parse(struct kpc_address *a, const char *text, bool listening,
		      char *error, size_t error_size)
{
	*a = (struct kpc_address){ 0 };
	if (begins(text, UNIX_PREFIX))
		return parse_unix(a, text + strlen(UNIX_PREFIX), error,
				  error_size);
	if (begins(text, TCP_PREFIX))
		return parse_tcp(a, text + strlen(TCP_PREFIX), listening, error,
				 error_size);
	return kpc_fail(error, error_size, -EINVAL,
			"'%s' is no address: give unix:PATH or tcp:HOST:PORT",
			text);
}

void kpc_address_uninit(struct kpc_address *a)
{
	if (a->hosts)
		freeaddrinfo(a->hosts);
	*a = (struct kpc_address){ 0 };
}

/* ---- connect ------------------------------------------------------------- */

/* 0 when the connection stands, or a negative errno. */
static int wait_connected(int fd, int timeout_ms, int stop_fd)
{
	struct pollfd polls[2] = { { fd, POLLOUT, 0 }, { stop_fd, POLLIN, 0 } };
	socklen_t size = sizeof(int);
	int err = 0, n;

	do {
		n = poll(polls, stop_fd < 0 ? 1 : 2, timeout_ms);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (stop_fd >= 0 && polls[1].revents)
		return -ECANCELED;
	if (!n)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size))
		return -errno;
	return -err;
}

void kpc_address_keep_alive(int fd)
{
	int one = 1, silence_s = SILENCE_S, probe_s = PROBE_S, probes = PROBES;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &silence_s,
		   sizeof(silence_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof(probe_s));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

/* A reader that only pauses would be cut off by this, too. */
void kpc_address_expect_answers(int fd)
{
	unsigned int silence_ms = SILENCE_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence_ms,
		   sizeof(silence_ms));
}

static int connect_one(const struct sockaddr *to, socklen_t size,
		       int timeout_ms, int stop_fd)
{
	int fd = socket(to->sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, to, size))
		/* A UNIX socket whose backlog is full says EAGAIN. */
		err = errno == EINPROGRESS ?
			      wait_connected(fd, timeout_ms, stop_fd) :
			      -errno;
	if (err) {
		close(fd);
		return err;
	}
	kpc_address_keep_alive(fd);
	return fd;
}

int kpc_address_connect(const struct kpc_address *a, int timeout_ms,
			int stop_fd)
{
	int fd = -EADDRNOTAVAIL;

	if (a->path.sun_family)
		return connect_one((const struct sockaddr *)&a->path,
				   sizeof(a->path), timeout_ms, stop_fd);
	for (const struct addrinfo *i = a->hosts; i; i = i->ai_next) {
		fd = connect_one(i->ai_addr, i->ai_addrlen, timeout_ms,
				 stop_fd);
		if (fd >= 0 || fd == -ECANCELED)
			return fd;
	}
	return fd;
}

/* ---- listen -------------------------------------------------------------- */

/* A socket's file that nobody listens at is in the way only. */
static int remove_stale(const struct kpc_address *a)
{
	struct stat st;
	int fd;

	if (lstat(a->path.sun_path, &st))
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = connect_one((const struct sockaddr *)&a->path, sizeof(a->path), 0,
			 -1);
	if (fd >= 0) {
		close(fd);
		return -EADDRINUSE;
	}
	if (fd != -ECONNREFUSED)
		return fd == -EAGAIN ? -EADDRINUSE : fd;
	return unlink(a->path.sun_path) ? -errno : 0;
}

static int bind_fd(int fd, const struct sockaddr *to, socklen_t size,
		   mode_t mode)
{
	int one = 1, err;
	mode_t mask;

	if (to->sa_family == AF_UNIX) {
		/* From its first moment on. */
		mask = umask(~mode & 0777);
		err = bind(fd, to, size) ? -errno : 0;
		umask(mask);
		return err;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (to->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	return bind(fd, to, size) ? -errno : 0;
}

static int listen_one(const struct sockaddr *to, socklen_t size, mode_t mode)
{
	int fd = socket(to->sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = bind_fd(fd, to, size, mode);
	if (!err && listen(fd, BACKLOG))
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

static const char *listen_hint(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "; somebody listens there already";
	case EEXIST:
		return ", and isn't a socket: choose another path";
	case EADDRNOTAVAIL:
		return "; the address is none of this machine's";
	case EACCES:
	case EPERM:
		return "; no permission for that path or port";
	}
	return "";
}

int kpc_address_listen(const struct kpc_address *a, mode_t mode, int *fds,
		       char *error, size_t error_size)
{
	int fd = -EADDRNOTAVAIL, n = 0;

	if (a->path.sun_family) {
		fd = remove_stale(a);
		if (!fd)
			fd = listen_one((const struct sockaddr *)&a->path,
					sizeof(a->path), mode);
		if (fd >= 0)
			fds[n++] = fd;
	}
	/* Without IPv6, say, one of several fails; that's no failure. */
	for (const struct addrinfo *i = a->hosts; i && n < KPC_ADDRESS_FDS_MAX;
	     i = i->ai_next) {
		fd = listen_one(i->ai_addr, i->ai_addrlen, mode);
		if (fd >= 0)
			fds[n++] = fd;
	}
	if (n)
		return n;
	return kpc_fail(error, error_size, fd, "cannot listen%s%s: %s%s",
			a->path.sun_family ? " at " : "",
			a->path.sun_family ? a->path.sun_path : "",
			strerror(-fd), listen_hint(-fd));
}

void kpc_address_text(int fd, char *text, size_t size)
{
	struct sockaddr_storage name;
	socklen_t bytes = sizeof(name);
	char host[HOST_BYTES], port[32];
	const struct sockaddr *sa = (const struct sockaddr *)&name;

	if (getsockname(fd, (struct sockaddr *)&name, &bytes))
		snprintf(text, size, "?");
	else if (sa->sa_family == AF_UNIX)
		snprintf(text, size, UNIX_PREFIX "%s",
			 ((const struct sockaddr_un *)sa)->sun_path);
	else if (getnameinfo(sa, bytes, host, sizeof(host), port, sizeof(port),
			     NI_NUMERICHOST | NI_NUMERICSERV))
		snprintf(text, size, "?");
	else
		snprintf(text, size,
			 strchr(host, ':') ? TCP_PREFIX "[%s]:%s" :
					     TCP_PREFIX "%s:%s",
			 host, port);
}
