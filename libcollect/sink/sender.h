/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sender - what a socket's sink keeps, and the thread that sends it; for sink_socket.c
 * and resume.c
 *
 * The writer puts bytes into what is retained, and waits when that is full; a
 * thread sends them, takes the receiver's answers and connects again. What the
 * receiver says it has is let go; if it never says anything, what was sent. See
 * "Over a connection" in the schema.
 *
 * The lock guards all but what the thread alone uses. Blocks are freed by the
 * thread only, so that it sends from them without the lock.
 */
#ifndef KPC_SENDER_H
#define KPC_SENDER_H

#include <pthread.h>
#include <stdint.h>

#include "address.h"
#include "peer.h"
#include "retained.h"
#include "sink_ops.h"
#include "thread.h"

#define KPC_CONNECT_MS 5000

struct kpc_sender {
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
	struct kpc_peer peer;
	bool progress;	      /* it took something on this connection */
	struct kpc_buf ahead; /* to be sent before what is kept */
	size_t ahead_sent;
	uint64_t lost_ns; /* when the connection was lost, or 0: not noted */
	int lost_error;
	uint64_t delay_ns;
	uint64_t gap_at; /* told already */
};

/* When all is set that the thread looks at; once it runs it's as well. */
int kpc_sender_start(struct kpc_sender *sender);
/* Waits for the thread's end. If it doesn't run it's as well. */
void kpc_sender_stop(struct kpc_sender *sender);
/* There is more to send. */
void kpc_sender_wake(struct kpc_sender *sender);

/* ---- for the thread ------------------------------------------------------ */

__attribute__((format(printf, 3, 4))) void
kpc_sender_say(struct kpc_sender *sender, enum kpc_log_level level,
	       const char *format, ...);
bool kpc_sender_is_quitting(struct kpc_sender *sender);
/* The receiver has all before @position. Under the lock. */
void kpc_sender_let_go(struct kpc_sender *sender, uint64_t position);
/*
 * Connects again and goes on where the receiver stands: resume.c. 0, or a negative
 * errno, -ECANCELED if it's to quit, without a connection.
 */
int kpc_sender_resume(struct kpc_sender *sender);

#endif /* KPC_SENDER_H */
