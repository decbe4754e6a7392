// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

int kpc_peer_read(struct kpc_peer *p, struct kpc_have *have)
{
	uint8_t rest[512];
	ssize_t n;

	while (!p->mute) {
		n = p->deaf ? recv(p->fd, rest, sizeof(rest), 0) :
			      recv(p->fd, p->in + p->in_bytes,
				   sizeof(p->in) - p->in_bytes, 0);
		if (!n && p->answers)
			return -EPIPE;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		/* nc -N, say: half of it is closed, and may be all. */
		p->mute = !n;
		if (!n || p->deaf)
			continue;
		p->in_bytes += n;
		if (!kpc_have_begins(p->in, p->in_bytes)) {
			if (p->answers)
				return -EBADMSG;
			/* Somebody types into nc, say. */
			p->deaf = true;
			continue;
		}
		if (p->in_bytes < sizeof(p->in))
			continue;
		p->in_bytes = 0;
		kpc_have_unpack(have, p->in);
		return 1;
	}
	return 0;
}

int kpc_peer_ignore(struct kpc_peer *p)
{
	struct kpc_have have;

	p->deaf = true;
	return kpc_peer_read(p, &have);
}

ssize_t kpc_peer_send(const struct kpc_peer *p, const uint8_t *data,
		      size_t bytes)
{
	ssize_t n;

	do {
		n = send(p->fd, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
	return n;
}

int kpc_peer_error(const struct kpc_peer *p)
{
	socklen_t size = sizeof(int);
	int err = 0;

	return getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &err, &size) ? -errno :
								      -err;
}

int kpc_peer_wait(struct kpc_peer *p, int wake, short events, int timeout_ms)
{
	struct pollfd polls[2] = { { wake, POLLIN, 0 }, { p->fd, events, 0 } };
	uint64_t count;

	if (p->mute)
		polls[1].events &= ~POLLIN;
	if (poll(polls, p->fd < 0 ? 1 : 2, timeout_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	if (polls[0].revents && read(wake, &count, sizeof(count)) < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (p->mute && polls[1].revents & (POLLHUP | POLLERR))
		return kpc_peer_error(p) ?: -EPIPE;
	return 0;
}

uint64_t kpc_peer_unacked(const struct kpc_peer *p)
{
	socklen_t size = sizeof(int);
	int bytes = 0, domain = 0;

	/* A UNIX socket's are with the reader at once. */
	if (getsockopt(p->fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) ||
	    domain == AF_UNIX || ioctl(p->fd, SIOCOUTQ, &bytes))
		return 0;
	return bytes > 1 ? bytes : 0; /* the last is the end itself */
}

void kpc_peer_close(struct kpc_peer *p)
{
	close(p->fd);
	p->fd = -1;
	p->in_bytes = 0;
	p->deaf = false;
	p->mute = false;
}

const char *kpc_peer_error_text(int err)
{
	return err == -EBADMSG ? "it says what makes no sense" :
	       err == -EPIPE   ? "it closed the connection" :
				 strerror(-err);
}
