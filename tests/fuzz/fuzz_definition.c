// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a definition: parsed, printed, parsed again, and a record of it
 * fetched at every kind of limit. The first byte has flags and seeds registers
 * and memory; the rest is the text.
 *
 * Built as the kernel's suites are: tests/shim, kernel/core and this file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/slab.h>

#include "tests/fake_memory.h"

#include "core/expr.h"
#include "core/fetch.h"
#include "core/name.h"
#include "core/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#condition);                               \
			abort();                                           \
		}                                                          \
	} while (0)

static u32 seed;

static u32 draw(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* A pointer that leads somewhere, more often than not. */
static u64 draw_word(void)
{
	switch (draw() % 4) {
	case 0:
		return FAKE_KERNEL + draw() % (FAKE_BYTES + 8);
	case 1:
		return FAKE_USER + draw() % (FAKE_BYTES + 8);
	case 2:
		return draw() % 256;
	default:
		return (u64)draw() << 40 | draw();
	}
}

static void fill(void *to, size_t bytes)
{
	size_t i;

	for (i = 0; i + sizeof(u64) <= bytes; i += sizeof(u64)) {
		u64 word = draw_word();

		memcpy((char *)to + i, &word, sizeof(word));
	}
}

/* A string's word is about bytes of the record's dynamic part, NUL included. */
static void check_string(const struct kpx_spec_field *field, const u8 *record,
			 unsigned int start, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < field->bytes / sizeof(u32); i++) {
		u32 word = *(const u32 *)(record + field->offset + 4 * i);
		unsigned int at = word & 0xffff, len = word >> 16;

		CHECK(at >= start && at < bytes && at + len <= bytes);
		if (len)
			CHECK(strnlen((const char *)record + at, len) ==
			      len - 1);
		else
			CHECK(!record[at]);
	}
}

static void check_record(const struct kpx_spec *spec,
			 const struct kpx_fetch_source *source,
			 unsigned int unit, unsigned int limit)
{
	unsigned int tail_bytes = kpx_spec_tail_bytes(unit), bytes, i;
	unsigned int start = spec->fetch.static_bytes + tail_bytes;
	u8 *record = malloc(limit + 4); /* what may be written, and no more */
	bool truncated = false;

	CHECK(record);
	memset(record, 0xaa, limit + 4);
	bytes = kpx_fetch_record(&spec->fetch, source, tail_bytes, limit,
				 record, &truncated);
	CHECK(bytes % 8 == 4 && bytes <= limit);
	CHECK(truncated || bytes <= spec->fetch.max_bytes + tail_bytes + 8);
	for (i = 0; i < kpx_spec_nr_fields(spec, unit); i++) {
		struct kpx_spec_field field = kpx_spec_field(spec, unit, i);

		CHECK(field.offset + field.bytes <= bytes);
		CHECK(strlen(field.type) < KPX_TYPE_SIZE);
		if (field.flags & KPX_FIELD_STRING)
			check_string(&field, record, start, bytes);
	}
	if (spec->condition)
		kpx_expr_eval(spec->condition, record);
	free(record);
}

static void check_fetch(struct kpx_spec *spec)
{
	u64 *entry = calloc(spec->nr_entry + 1, sizeof(*entry));
	struct pt_regs regs;
	struct kpx_fetch_source source = { .regs = &regs, .entry = entry };
	unsigned int i, unit, least = spec->fetch.static_bytes + 8;

	CHECK(entry);
	fill(&regs, sizeof(regs));
	fill(fake.kernel, FAKE_BYTES);
	fill(fake.user, FAKE_BYTES);
	fill(fake.comm, sizeof(fake.comm));
	for (i = 0; i < spec->nr_symbols; i++)
		kpx_spec_set_symbol(spec, i, draw_word());
	kpx_fetch_entry(spec, &regs, entry);
	for (unit = 0; unit < 3; unit++) {
		unsigned int tail_bytes = kpx_spec_tail_bytes(unit);

		for (i = 0; i < 10; i++)
			check_record(spec, &source, unit,
				     least + tail_bytes + i);
		check_record(spec, &source, unit, KPX_RECORD_MAX);
	}
	for (i = 0; i < spec->nr_args; i++)
		kpx_fetch_value(&spec->fetch, i, &source);
	free(entry);
}

static void check_print(const struct kpx_spec *spec, unsigned int flags)
{
	static char a[KPX_DEFINITION_SIZE], b[KPX_DEFINITION_SIZE];
	size_t len = kpx_spec_print(spec, a, sizeof(a));
	struct kpx_error err = {};
	struct kpx_spec *again;

	CHECK(len < sizeof(a) && strlen(a) == len);
	CHECK(!kpx_spec_parse(kpx_slice(a, len), flags, &again, &err));
	CHECK(kpx_spec_print(again, b, sizeof(b)) == len && !strcmp(a, b));
	CHECK(again->fetch.max_bytes == spec->fetch.max_bytes);
	CHECK(again->fetch.is_plain == spec->fetch.is_plain);
	CHECK(again->nr_symbols == spec->nr_symbols);
	CHECK(!again->condition == !spec->condition);
	kpx_spec_free(again);
}

static void check_text(const char *text, size_t size, unsigned int flags)
{
	struct kpx_error err = {};
	struct kpx_spec *spec;
	char name[KPX_NAME_SIZE];

	if (kpx_command_is_remove(kpx_slice(text, size)))
		kpx_command_parse_remove(kpx_slice(text, size), name, &err);
	memset(&err, 0, sizeof(err));
	if (kpx_spec_parse(kpx_slice(text, size), flags, &spec, &err)) {
		CHECK(err.code && err.offset <= size);
		CHECK(strnlen(err.text, sizeof(err.text)) < sizeof(err.text));
		return;
	}
	check_print(spec, flags);
	check_fetch(spec);
	kpx_spec_free(spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	seed = data[0];
	/* a buffer of just this size: a byte read behind it is a report */
	text = malloc(size);
	CHECK(text);
	memcpy(text, data + 1, size - 1);
	check_text(text, size - 1, data[0] & 3);
	free(text);
	return 0;
}
