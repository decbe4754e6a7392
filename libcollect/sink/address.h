/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * address - unix:PATH and tcp:HOST:PORT, to connect to and to listen at
 *
 * HOST is a name or an address, an IPv6 one in brackets; PORT is a number or
 * a service's name. Names are looked up once, when the address is parsed.
 */
#ifndef KPC_ADDRESS_H
#define KPC_ADDRESS_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#define KPC_ADDRESS_FDS_MAX 8

struct kpc_address {
	struct sockaddr_un path; /* sun_family is 0: it is of TCP */
	struct addrinfo *hosts;
};

/* It begins as one does; any other text is a file's name. */
bool kpc_address_is(const char *text);

/*
 * 0, or a negative errno with the reason. @listening: an empty HOST is all of
 * this machine's. For kpc_address_uninit() in any case; zeroed is fine.
 */
int kpc_address_parse(struct kpc_address *address, const char *text,
		      bool listening, char *error, size_t error_size);
void kpc_address_uninit(struct kpc_address *address);

/*
 * A connected socket that doesn't block, or a negative errno. It is tried for
 * @timeout_ms at each of the host's addresses, if @stop_fd (-1: none) isn't
 * readable before: then -ECANCELED.
 */
int kpc_address_connect(const struct kpc_address *address, int timeout_ms,
			int stop_fd);

/*
 * Of a connection that was accepted (connect does it): a TCP peer that is gone without
 * a word is noticed, some 20 s after it was last heard of. Nothing for other sockets.
 */
void kpc_address_keep_alive(int fd);
/*
 * Who is connected there says what it has: a TCP connection on which it doesn't take
 * anything for long ends.
 */
void kpc_address_expect_answers(int fd);

/*
 * Sockets that listen at it and don't block, at most KPC_ADDRESS_FDS_MAX in
 * @fds: their number, or a negative errno with the reason. A UNIX socket is
 * made with @mode; one that nobody listens at any more is replaced.
 */
int kpc_address_listen(const struct kpc_address *address, mode_t mode, int *fds,
		       char *error, size_t error_size);
/* What a listening socket is bound to, in the form that is parsed. */
void kpc_address_text(int fd, char *text, size_t size);

#endif /* KPC_ADDRESS_H */
