// SPDX-License-Identifier: GPL-2.0-only
#include <stdint.h>
#include <string.h>

#include "recordend.h"

struct ksymbol {
	struct perf_event_header header;
	uint64_t address;
	uint32_t bytes;
	uint16_t type, flags;
	char name[]; /* with its NUL, padded to 8 */
};

struct bpf_event {
	struct perf_event_header header;
	uint16_t type, flags;
	uint32_t id;
	uint8_t tag[8];
};

struct text_poke {
	struct perf_event_header header;
	uint64_t address;
	uint16_t old_bytes, new_bytes;
	uint8_t code[]; /* old, new; padded to 8 */
};

static size_t padded(size_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

static size_t ksymbol_members(const struct perf_event_header *record)
{
	const struct ksymbol *r = (const void *)record;
	size_t name = record->size > sizeof(*r) ?
			      strnlen(r->name, record->size - sizeof(*r)) :
			      0;

	return padded(sizeof(*r) + name + 1);
}

static size_t poke_members(const struct perf_event_header *record)
{
	const struct text_poke *r = (const void *)record;
	const size_t begin = offsetof(struct text_poke, code);

	if (record->size < begin)
		return begin;
	return padded(begin + r->old_bytes + r->new_bytes);
}

size_t kpc_recordend(const struct perf_event_header *record, size_t trailer)
{
	size_t end = record->size - trailer, members = end;

	switch (record->type) {
	case PERF_RECORD_KSYMBOL:
		members = ksymbol_members(record);
		break;
	case PERF_RECORD_BPF_EVENT:
		members = sizeof(struct bpf_event);
		break;
	case PERF_RECORD_TEXT_POKE:
		members = poke_members(record);
		break;
	}
	return members < end ? members : end;
}
