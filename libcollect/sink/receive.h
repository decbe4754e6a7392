/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * receive - one connection of a receiver: from bytes to files
 *
 * The peer may be anybody: nothing that it sends makes us keep more than a packet,
 * open a file but that of its trace's uuid, or write what isn't a good packet.
 */
#ifndef KPC_RECEIVE_H
#define KPC_RECEIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "collect.h"
#include "have.h"
#include "inbox.h"

struct kpc_connection {
	int fd;
	uint64_t since_ns; /* accepted */
	struct kpc_buf in; /* received, and not yet a whole packet */
	size_t need;	   /* bytes of the packet at its start, if known */
	struct kpc_inbox inbox;
	bool started;		     /* its first packet came */
	uint8_t out[KPC_HAVE_BYTES]; /* an answer on its way */
	size_t out_left;
	bool owes;	 /* an answer */
	char error[512]; /* why it ended */
};

/* What happens to all connections; the receiver's. */
struct kpc_connection_ops {
	/*
	 * Another connection has this trace, and is closed now: the new one is
	 * that which is alive. @path may be there again after this.
	 */
	void (*displace)(void *ctx, struct kpc_connection *by,
			 const uint8_t uuid[16]);
	/* Its file's name, allocated, or NULL; sets @replace if it may be there. */
	char *(*name)(void *ctx, const Kprobex__Header *header, bool *replace);
	void (*begun)(void *ctx, struct kpc_connection *connection,
		      bool resumed);
	void (*finished)(void *ctx, struct kpc_connection *connection);
	void *ctx;
};

void kpc_connection_init(struct kpc_connection *connection, int fd,
			 uint64_t now_ns);
/*
 * Reads what there is, and answers. 0; 1: the peer closed it; or a negative errno
 * with the reason in error: then it should be closed.
 */
int kpc_connection_read(struct kpc_connection *connection,
			const struct kpc_connection_ops *ops);
/* Sends what answer is due, as far as there is room. 0 or a negative errno. */
int kpc_connection_answer(struct kpc_connection *connection);
/* An answer waits for room. */
bool kpc_connection_waits(const struct kpc_connection *connection);
void kpc_connection_uninit(struct kpc_connection *connection);

#endif /* KPC_RECEIVE_H */
