// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "head.h"
#include "load.h"
#include "packet.h"
#include "scan.h"

static int read_packet(struct kpc_load *load, const struct kpc_input *input,
		       const struct kpc_chunk *chunk, struct kpc_packet *packet)
{
	uint8_t *data;
	size_t need;
	ssize_t n;

	kpc_buf_reset(&load->packet);
	data = kpc_buf_reserve(&load->packet, chunk->bytes);
	if (!data)
		return -ENOMEM;
	n = kpc_input_pread(input, chunk->offset, chunk->bytes, data);
	if (n < 0)
		return n;
	if (kpc_packet_parse(packet, data, n, &need) ||
	    packet->bytes != chunk->bytes)
		return -EBADMSG;
	return 0;
}

static bool is_same(const Kprobex__Head *head, const struct kpc_packet *packet,
		    const struct kpc_trace *trace,
		    const struct kpc_chunk *chunk)
{
	const Kprobex__Chunk *found = head->chunk;

	return head->kind_case == KPROBEX__HEAD__KIND_CHUNK &&
	       packet->trace == trace->id && found->ring == chunk->ring &&
	       found->sequence == chunk->sequence &&
	       found->events == chunk->events &&
	       found->first_time_ns == chunk->first_time_ns &&
	       found->last_time_ns == chunk->last_time_ns;
}

static int load(struct kpc_load *load, const struct kpc_input *input,
		struct kpc_decompressor *decompressor,
		const struct kpc_trace *trace, const struct kpc_chunk *chunk,
		enum kpc_rows_want want)
{
	struct kpc_packet packet;
	Kprobex__Head *head;
	struct kpc_wire body;
	int err = read_packet(load, input, chunk, &packet);

	if (err)
		return err;
	head = kpc_head_unpack(packet.head);
	if (!head)
		return -EBADMSG;
	if (!is_same(head, &packet, trace, chunk))
		err = -EBADMSG;
	else if (head->required_features & ~KPC_FEATURES)
		err = -EOPNOTSUPP;
	else
		err = kpc_scan_body(decompressor, head, &packet, &load->body);
	kpc_head_free(head);
	if (err)
		return err;
	body.at = load->body.data;
	body.end = body.at + load->body.used;
	return kpc_rows_load_some(&load->rows, body, chunk->events,
				  trace->events, trace->nr_events, want);
}

int kpc_load_run(struct kpc_load *l, const struct kpc_input *input,
		 struct kpc_decompressor *decompressor,
		 const struct kpc_trace *trace, const struct kpc_chunk *chunk,
		 enum kpc_rows_want want)
{
	l->err = load(l, input, decompressor, trace, chunk, want);
	return l->err;
}

size_t kpc_load_bytes(const struct kpc_load *load)
{
	return load->packet.size + load->body.size +
	       kpc_rows_bytes(&load->rows);
}

void kpc_load_uninit(struct kpc_load *load)
{
	kpc_buf_uninit(&load->packet);
	kpc_buf_uninit(&load->body);
	kpc_rows_uninit(&load->rows);
}
