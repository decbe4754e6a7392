// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fail.h"
#include "head.h"
#include "packet.h"
#include "receive.h"

#define READ_BYTES  (256u << 10)
#define HEAD_KINDS  16 /* kinds of a Head begin here */
#define HEAD_HEADER 16
#define HEAD_FOOTER 23

__attribute__((format(printf, 3, 4))) static int
refuse(struct kpc_connection *c, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->error, sizeof(c->error), format, args);
	va_end(args);
	return err;
}

/* ---- answers ------------------------------------------------------------- */

void kpc_connection_init(struct kpc_connection *c, int fd, uint64_t now_ns)
{
	struct kpc_have greeting = { 0 };

	*c = (struct kpc_connection){
		.fd = fd,
		.since_ns = now_ns,
		.inbox.fd = -1,
		.out_left = KPC_HAVE_BYTES,
	};
	kpc_have_pack(c->out, &greeting);
}

static void pack_answer(struct kpc_connection *c)
{
	struct kpc_have have = { .bytes = c->inbox.bytes };

	memcpy(have.uuid, c->inbox.uuid, sizeof(have.uuid));
	kpc_have_pack(c->out, &have);
	c->out_left = KPC_HAVE_BYTES;
	c->owes = false;
}

int kpc_connection_answer(struct kpc_connection *c)
{
	for (;;) {
		ssize_t n;

		if (!c->out_left && c->owes)
			pack_answer(c);
		if (!c->out_left)
			return 0;
		n = send(c->fd, c->out + KPC_HAVE_BYTES - c->out_left,
			 c->out_left, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		c->out_left -= n;
	}
}

bool kpc_connection_waits(const struct kpc_connection *c)
{
	return c->out_left || c->owes;
}

/* ---- packets ------------------------------------------------------------- */

/* The number of the Head's kind, which is its last member; 0: none. */
static uint32_t head_kind(struct kpc_wire head)
{
	struct kpc_wire_field field;
	uint32_t kind = 0;

	while (kpc_wire_next(&head, &field) > 0)
		if (field.number >= HEAD_KINDS)
			kind = field.number;
	return kind;
}

/* Opens the trace's file; in the case of a question (@resume) to go on. */
static int open_inbox(struct kpc_connection *c,
		      const struct kpc_connection_ops *ops,
		      const Kprobex__Header *header, bool resume)
{
	const uint8_t *uuid = header->uuid.data;
	bool replace = false;
	char *path;
	int err;

	if (header->uuid.len != 16)
		return refuse(c, -EBADMSG, "a Header without a proper uuid");
	ops->displace(ops->ctx, c, uuid);
	path = ops->name(ops->ctx, header, &replace);
	if (!path)
		return refuse(c, -EBUSY, "there is no place for its trace");
	kpc_inbox_uninit(&c->inbox);
	err = resume ? kpc_inbox_resume(&c->inbox, path, uuid, replace) :
		       kpc_inbox_create(&c->inbox, path, uuid, replace);
	if (err == -EEXIST)
		refuse(c, err, "%s is there, and of another trace", path);
	else if (err)
		refuse(c, err, "cannot write %s: %s", path, strerror(-err));
	if (!err)
		ops->begun(ops->ctx, c, resume);
	return err;
}

static int take_header(struct kpc_connection *c,
		       const struct kpc_connection_ops *ops,
		       const struct kpc_packet *packet, bool *is_part)
{
	Kprobex__Head *head = kpc_head_unpack(packet->head);
	const Kprobex__Header *header;
	int err = 0;

	if (!head || head->kind_case != KPROBEX__HEAD__KIND_HEADER ||
	    head->header->uuid.len != 16 ||
	    kpc_load64(head->header->uuid.data) != packet->trace) {
		kpc_head_free(head);
		return refuse(c, -EBADMSG, "a Header that makes no sense");
	}
	header = head->header;
	*is_part = true;
	if (!header->repeat) {
		err = open_inbox(c, ops, header, false);
	} else if (!c->started) {
		*is_part = false;
		err = open_inbox(c, ops, header, true);
		c->owes = true;
	}
	kpc_head_free(head);
	return err;
}

/* What the bytes that are good so far amount to. */
struct run {
	const uint8_t *at;
	size_t bytes;
};

static int flush(struct kpc_connection *c, struct run *run)
{
	int err;

	if (!run->bytes)
		return 0;
	err = kpc_inbox_append(&c->inbox, run->at, run->bytes);
	run->bytes = 0;
	c->owes = true;
	if (err)
		return refuse(c, err, "cannot write %s: %s%s", c->inbox.path,
			      strerror(-err),
			      err == -ENOSPC ? "; free some space" : "");
	return 0;
}

static int take_footer(struct kpc_connection *c,
		       const struct kpc_connection_ops *ops, struct run *run)
{
	int err = flush(c, run);

	if (err)
		return err;
	err = kpc_inbox_finish(&c->inbox);
	if (err)
		return refuse(c, err, "cannot write %s: %s", c->inbox.path,
			      strerror(-err));
	ops->finished(ops->ctx, c);
	return 0;
}

static int take_packet(struct kpc_connection *c,
		       const struct kpc_connection_ops *ops,
		       const struct kpc_packet *packet, const uint8_t *at,
		       struct run *run)
{
	uint32_t kind = head_kind(packet->head);
	bool is_part = true;
	int err;

	if (kind == HEAD_HEADER) {
		err = flush(c, run);
		if (!err)
			err = take_header(c, ops, packet, &is_part);
		c->started = true;
		if (err || !is_part)
			return err;
	}
	if (c->inbox.fd < 0 || packet->trace != kpc_load64(c->inbox.uuid))
		return refuse(c, -EBADMSG, "a packet of no trace that began");
	if (!run->bytes)
		run->at = at;
	run->bytes += packet->bytes;
	return kind == HEAD_FOOTER ? take_footer(c, ops, run) : 0;
}

static int take_packets(struct kpc_connection *c,
			const struct kpc_connection_ops *ops)
{
	const uint8_t *at = c->in.data;
	size_t left = c->in.used;
	struct run run = { 0 };
	struct kpc_packet packet;
	int err = 0;

	c->need = 0;
	while (!err && left) {
		err = kpc_packet_parse(&packet, at, left, &c->need);
		if (err == -EBADMSG)
			refuse(c, err,
			       c->started ? "a damaged packet" :
					    "it sends no trace");
		if (err)
			break;
		err = take_packet(c, ops, &packet, at, &run);
		at += packet.bytes;
		left -= packet.bytes;
	}
	if (err == -EAGAIN)
		err = 0;
	/* What was good is kept, whatever came then. */
	if (run.bytes && c->inbox.fd >= 0) {
		int failed = flush(c, &run);

		err = err ? err : failed;
	}
	memmove(c->in.data, at, left);
	c->in.used = left;
	return err;
}

int kpc_connection_read(struct kpc_connection *c,
			const struct kpc_connection_ops *ops)
{
	for (;;) {
		size_t room = READ_BYTES;
		uint8_t *to = kpc_buf_reserve(&c->in, room);
		ssize_t n;
		int err;

		if (!to)
			return refuse(c, -ENOMEM, "out of memory");
		n = recv(c->fd, to, room, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return 0;
		if (n < 0)
			return refuse(c, -errno, "%s", strerror(errno));
		if (!n)
			return 1;
		c->in.used += n;
		if (c->in.used < c->need)
			continue;
		err = take_packets(c, ops);
		if (!err)
			err = kpc_connection_answer(c);
		if (err)
			return *c->error ? err :
					   refuse(c, err, "%s", strerror(-err));
		/* Others are waiting, too. */
		return 0;
	}
}

void kpc_connection_uninit(struct kpc_connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	kpc_buf_uninit(&c->in);
	kpc_inbox_uninit(&c->inbox);
}
