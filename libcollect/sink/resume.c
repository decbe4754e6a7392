// SPDX-License-Identifier: GPL-2.0-only
/*
 * resume.c - a sender that goes on where a receiver stands: it asks with the Header
 * of the first trace that it keeps, and the answer says how much of that is there.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "packet.h"
#include "sender.h"
#include "trace_clock.h"

#define ANSWER_NS (5000 * KPC_NS_PER_MS) /* to the question */

/* The question: the Header of the first trace, marked. 0 or -EPROTO. */
static int question(struct kpc_sender *s, struct kpc_buf *out, uint8_t uuid[16])
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
static int send_all(struct kpc_sender *s, const struct kpc_buf *out,
		    uint64_t until_ns)
{
	size_t at = 0;

	while (at < out->used) {
		ssize_t n =
			kpc_peer_send(&s->peer, out->data + at, out->used - at);

		if (n < 0)
			return n;
		at += n;
		if (kpc_sender_is_quitting(s))
			return -ECANCELED;
		if (kpc_trace_clock() >= until_ns)
			return -ETIMEDOUT;
		if (!n)
			kpc_peer_wait(&s->peer, s->wake, POLLOUT,
				      KPC_SINK_WAIT_MS);
	}
	return 0;
}

/* What the receiver has of the trace @uuid. */
static int await_answer(struct kpc_sender *s, const uint8_t uuid[16],
			uint64_t until_ns, uint64_t *bytes)
{
	struct kpc_have have;
	int ret;

	for (;;) {
		ret = kpc_peer_read(&s->peer, &have);
		if (ret < 0)
			return ret;
		if (ret && !memcmp(have.uuid, uuid, sizeof(have.uuid))) {
			*bytes = have.bytes;
			return 0;
		}
		if (ret)
			continue;
		if (kpc_sender_is_quitting(s))
			return -ECANCELED;
		if (s->peer.deaf || kpc_trace_clock() >= until_ns)
			return -ETIMEDOUT;
		kpc_peer_wait(&s->peer, s->wake, POLLIN, KPC_SINK_WAIT_MS);
	}
}

/* Goes on where the receiver stands. */
static int resume_at(struct kpc_sender *s, const uint8_t uuid[16],
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
		kpc_sender_let_go(s, position);
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
		kpc_sender_say(
			s, KPC_LOG_WARNING,
			"%s lacks %" PRIu64
			" bytes that are not kept any more: the trace will have a gap there, and say so",
			s->sink.name, missing);
	if (missing)
		s->gap_at = position;
	return err;
}

int kpc_sender_resume(struct kpc_sender *s)
{
	uint64_t until_ns = kpc_trace_clock() + ANSWER_NS;
	struct kpc_buf out = { 0 };
	uint8_t uuid[16];
	uint64_t bytes;
	int err;

	s->peer.fd =
		kpc_address_connect(&s->address, KPC_CONNECT_MS, s->quit_fd);
	if (s->peer.fd < 0)
		return s->peer.fd;
	kpc_address_expect_answers(s->peer.fd);
	err = question(s, &out, uuid);
	if (!err)
		err = send_all(s, &out, until_ns);
	if (!err)
		err = await_answer(s, uuid, until_ns, &bytes);
	if (!err)
		err = resume_at(s, uuid, bytes);
	kpc_buf_uninit(&out);
	if (err)
		kpc_peer_close(&s->peer);
	return err;
}
