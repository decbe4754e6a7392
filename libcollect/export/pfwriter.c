// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "pfwriter.h"
#include "utf8.h"

/* Of what is known by a number: then it is time to forget. */
#define KEPT_MAX    (16u << 20)
#define NUMBERS_MAX (1u << 17)

void kpc_pf_init(struct kpc_pf *pf, struct kpc_outfile *out)
{
	*pf = (struct kpc_pf){ .out = out, .is_new = true };
}

static void forget(struct kpc_pf *pf)
{
	for (uint32_t i = 0; i < pf->numbers.nr; i++)
		free((void *)pf->numbers.entries[i].span.at);
	kpc_intern_reset(&pf->numbers);
	pf->kept = 0;
	pf->generation++;
	pf->is_new = true;
}

void kpc_pf_uninit(struct kpc_pf *pf)
{
	forget(pf);
	kpc_intern_uninit(&pf->numbers);
	kpc_buf_uninit(&pf->sampled);
	kpc_buf_uninit(&pf->packet);
	kpc_buf_uninit(&pf->body);
	kpc_buf_uninit(&pf->note);
	kpc_buf_uninit(&pf->text);
	kpc_buf_uninit(&pf->interned);
	kpc_buf_uninit(&pf->key);
}

void kpc_pf_restart(struct kpc_pf *pf, enum pf_clock clock)
{
	forget(pf);
	pf->clock = clock;
}

static void fail(struct kpc_pf *pf, int err)
{
	if (err && !pf->failed)
		pf->failed = err;
}

/* ---- packets ------------------------------------------------------------- */

void kpc_pf_begin(struct kpc_pf *pf, uint64_t time_ns)
{
	if (pf->kept > KEPT_MAX || pf->numbers.nr > NUMBERS_MAX)
		forget(pf);
	kpc_buf_reset(&pf->body);
	kpc_buf_reset(&pf->interned);
	pf->time_ns = time_ns;
}

static void add_defaults(struct kpc_pf *pf)
{
	struct kpc_buf *packet = &pf->packet;
	size_t begin = kpc_wire_begin(packet, PF_PACKET_DEFAULTS);

	kpc_wire_add_varint(packet, PF_DEFAULTS_CLOCK_ID, pf->clock);
	if (pf->sampled.used)
		kpc_wire_add_bytes(packet, PF_DEFAULTS_PERF_SAMPLE,
				   pf->sampled.data, pf->sampled.used);
	kpc_wire_end(packet, begin);
}

static void write_packet(struct kpc_pf *pf)
{
	uint8_t head[1 + KPC_WIRE_VARINT_BYTES];
	uint8_t *p = head;

	*p++ = PF_TRACE_PACKET << 3 | KPC_WIRE_BYTES;
	p = kpc_wire_store_varint(p, pf->packet.used);
	kpc_outfile_write(pf->out, head, p - head);
	kpc_outfile_write(pf->out, pf->packet.data, pf->packet.used);
}

void kpc_pf_end(struct kpc_pf *pf, uint32_t number)
{
	struct kpc_buf *packet = &pf->packet;

	kpc_buf_reset(packet);
	if (pf->time_ns != KPC_PF_NO_TIME)
		kpc_wire_add_varint(packet, PF_PACKET_TIMESTAMP, pf->time_ns);
	kpc_wire_add_varint(packet, PF_PACKET_SEQUENCE_ID, 1);
	kpc_wire_add_varint(packet, PF_PACKET_SEQUENCE_FLAGS,
			    PF_NEEDS_STATE |
				    (pf->is_new ? PF_STATE_CLEARED : 0));
	if (pf->is_new)
		add_defaults(pf);
	pf->is_new = false;
	if (pf->interned.used)
		kpc_wire_add_bytes(packet, PF_PACKET_INTERNED_DATA,
				   pf->interned.data, pf->interned.used);
	kpc_wire_add_bytes(packet, number, pf->body.data, pf->body.used);
	fail(pf, packet->error ? packet->error : pf->body.error);
	fail(pf, pf->interned.error);
	if (!pf->failed)
		write_packet(pf);
}

/* ---- numbers ------------------------------------------------------------- */

uint64_t kpc_pf_number(struct kpc_pf *pf, uint32_t kind, const void *key,
		       size_t nr, bool *added)
{
	struct kpc_buf *buf = &pf->key;
	uint8_t kind_byte = kind;
	int64_t number;
	uint8_t *copy;

	*added = false;
	kpc_buf_reset(buf);
	kpc_buf_add(buf, &kind_byte, 1);
	kpc_buf_add(buf, key, nr);
	fail(pf, buf->error);
	if (pf->failed)
		return 1;
	number = kpc_intern_add(&pf->numbers,
				(struct kpc_span){ buf->data, buf->used });
	if (number < 0) {
		fail(pf, number);
		return 1;
	}
	*added = number + 1 == pf->numbers.nr &&
		 pf->numbers.entries[number].span.at == buf->data;
	if (!*added)
		return number + 1;
	copy = malloc(buf->used);
	pf->numbers.entries[number].span.at = copy;
	if (!copy) {
		pf->numbers.entries[number].span.bytes = 0;
		fail(pf, -ENOMEM);
		return 1;
	}
	memcpy(copy, buf->data, buf->used);
	pf->kept += buf->used;
	return number + 1;
}

uint64_t kpc_pf_bytes(struct kpc_pf *pf, uint32_t kind, const void *bytes,
		      size_t nr)
{
	bool added;
	uint64_t number = kpc_pf_number(pf, kind, bytes, nr, &added);
	struct kpc_buf *buf = &pf->interned;
	size_t begin;

	if (!added)
		return number;
	begin = kpc_wire_begin(buf, kind);
	kpc_wire_add_varint(buf, PF_ENTRY_IID, number);
	kpc_wire_add_bytes(buf, PF_ENTRY_NAME, bytes, nr);
	kpc_wire_end(buf, begin);
	return number;
}

uint64_t kpc_pf_name(struct kpc_pf *pf, uint32_t kind, const char *name)
{
	kpc_buf_reset(&pf->text);
	kpc_utf8_add(&pf->text, name, strlen(name));
	fail(pf, pf->text.error);
	return kpc_pf_bytes(pf, kind, pf->text.data, pf->text.used);
}

/* ---- text and annotations ------------------------------------------------ */

void kpc_pf_add_text(struct kpc_pf *pf, struct kpc_buf *buf, uint32_t number,
		     const void *bytes, size_t nr)
{
	kpc_buf_reset(&pf->text);
	kpc_utf8_add(&pf->text, bytes, nr);
	fail(pf, pf->text.error);
	kpc_wire_add_bytes(buf, number, pf->text.data, pf->text.used);
}

void kpc_pf_add_string(struct kpc_pf *pf, struct kpc_buf *buf, uint32_t number,
		       const char *text)
{
	kpc_pf_add_text(pf, buf, number, text, strlen(text));
}

static void note_end(struct kpc_pf *pf)
{
	fail(pf, pf->note.error);
	kpc_wire_add_bytes(&pf->body, PF_EVENT_ANNOTATION, pf->note.data,
			   pf->note.used);
}

void kpc_pf_note_number(struct kpc_pf *pf, uint64_t name, uint32_t type,
			uint64_t value)
{
	kpc_buf_reset(&pf->note);
	kpc_wire_add_varint(&pf->note, PF_NOTE_NAME, name);
	kpc_wire_add_varint(&pf->note, type, value);
	note_end(pf);
}

void kpc_pf_note_text(struct kpc_pf *pf, uint64_t name, const void *bytes,
		      size_t nr)
{
	kpc_buf_reset(&pf->note);
	kpc_wire_add_varint(&pf->note, PF_NOTE_NAME, name);
	kpc_pf_add_text(pf, &pf->note, PF_NOTE_STRING, bytes, nr);
	note_end(pf);
}
