/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * peer - the other end of a sender's connection: a receiver, which answers with what
 * it has, or anything that only reads
 *
 * One thread at a time uses it. Nothing blocks but kpc_peer_wait().
 */
#ifndef KPC_PEER_H
#define KPC_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "have.h"

struct kpc_peer {
	int fd;	      /* -1: not connected */
	bool answers; /* it speaks our language, or who was there before did */
	bool deaf;    /* it says something else */
	bool mute;    /* it will say nothing, and only reads */
	uint8_t in[KPC_HAVE_BYTES];
	size_t in_bytes;
};

/*
 * Reads what it says: 1 and fills @have, 0 if there's nothing whole yet, or the
 * negative errno of a connection that is at its end.
 */
int kpc_peer_read(struct kpc_peer *peer, struct kpc_have *have);
/* Reads on, and forgets what it says from now on: 0 or a negative errno. */
int kpc_peer_ignore(struct kpc_peer *peer);
/* Some of it: how much, 0 if there's no room now, or a negative errno. */
ssize_t kpc_peer_send(const struct kpc_peer *peer, const uint8_t *data,
		      size_t bytes);
/* That nobody has been told of yet: 0 or a negative errno. */
int kpc_peer_error(const struct kpc_peer *peer);
/*
 * Until the connection, if there is one, has @events, or the eventfd @wake was
 * written to, which is taken: 0 if it's time, or a negative errno, of poll(2) or of a
 * connection that reading it wouldn't tell of.
 */
int kpc_peer_wait(struct kpc_peer *peer, int wake, short events,
		  int timeout_ms);
/* Bytes that were sent, and that its kernel hasn't got yet. */
uint64_t kpc_peer_unacked(const struct kpc_peer *peer);
/* That it answers is remembered. */
void kpc_peer_close(struct kpc_peer *peer);
const char *kpc_peer_error_text(int err);

#endif /* KPC_PEER_H */
