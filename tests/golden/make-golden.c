// SPDX-License-Identifier: GPL-2.0-only
/*
 * make-golden - writes the golden traces: one for each way to encode a column,
 * by hand and not by the writer, so that a writer and a reader that are wrong
 * in the same way don't agree on it
 *
 * usage: make-golden DIRECTORY
 *
 * The files are committed: a reader must read what was once written. Run it to
 * add one; never to change one.
 */
#include <stdio.h>
#include <string.h>

#include "head.h"
#include "packet.h"

#define TRACE 0x8877665544332211ull
#define ROWS  6

#define FIELDS_MAX 4

/* A column's bytes, in the schema's numbers. */
struct bytes {
	const char *data;
	size_t n;
};
#define BYTES(_literal)                        \
	{                                      \
		_literal, sizeof(_literal) - 1 \
	}

static const struct golden {
	const char *name;
	Kprobex__Field__Kind kind;
	struct bytes column;
	struct bytes table; /* more of the Table */
	struct bytes batch; /* more of the Batch */
	uint32_t elements;  /* "v" is an array of so many; 0: it isn't one */
	bool faults;
	uint64_t features; /* that it takes to read it */
	bool cgroups;	   /* their names */
} goldens[] = {
	/* six rows; 42 in each */
	{ "constant", KPROBEX__FIELD__KIND__KIND_UNSIGNED, BYTES("\x10\x2a") },
	{ "absent", KPROBEX__FIELD__KIND__KIND_UNSIGNED, BYTES("") },
	/* 0 1 127 128 300 2^64-1 */
	{ "varint", KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  BYTES("\x1a\x11\x00\x01\x7f\x80\x01\xac\x02"
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	/* 0 -1 1 -2 150 -2^63 */
	{ "zigzag", KPROBEX__FIELD__KIND__KIND_SIGNED,
	  BYTES("\x22\x10\x00\x01\x02\x03\xac\x02"
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	/* 100 101 99 99 98 162 */
	{ "delta", KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  BYTES("\x2a\x08\xc8\x01\x02\x03\x00\x01\x80\x01") },
	/* 0xffff888100000000 + 0 1 2 3 4 0xffffffff */
	{ "offset", KPROBEX__FIELD__KIND__KIND_HEX,
	  BYTES("\x31\x00\x00\x00\x00\x81\x88\xff\xff\x3a\x18"
		"\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00"
		"\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\xff\xff") },
	{ "raw", KPROBEX__FIELD__KIND__KIND_HEX,
	  BYTES("\x42\x30\x01\x00\x00\x00\x00\x00\x00\x80"
		"\xff\xff\xff\xff\xff\xff\xff\xff"
		"\x00\x00\x00\x00\x00\x00\x00\x00"
		"\xef\xcd\xab\x89\x67\x45\x23\x01"
		"\x10\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x81\x88\xff\xff") },
	/* entries 7 and -7; 7 7 -7 7 -7 -7 */
	{ "dict", KPROBEX__FIELD__KIND__KIND_SIGNED,
	  BYTES("\x4a\x10\x07\x00\x00\x00\x00\x00\x00\x00"
		"\xf9\xff\xff\xff\xff\xff\xff\xff"
		"\x52\x06\x00\x00\x01\x00\x01\x01") },
	/* 1 five once, then four nines, then one five */
	{ "runs", KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  BYTES("\x4a\x18\x05\x00\x00\x00\x00\x00\x00\x00"
		"\x09\x00\x00\x00\x00\x00\x00\x00"
		"\x05\x00\x00\x00\x00\x00\x00\x00"
		"\x5a\x03\x01\x04\x01") },
	{ "row-tid", KPROBEX__FIELD__KIND__KIND_SIGNED, BYTES("\x70\x01") },
	/* a, "", bc, quote backslash, NUL 0xff, blank tab */
	{ "blob", KPROBEX__FIELD__KIND__KIND_STRING,
	  BYTES("\x62\x06\x01\x00\x02\x02\x02\x02"
		"\x6a\x09"
		"abc\"\\\x00\xff \t") },
	{ "blob-dict", KPROBEX__FIELD__KIND__KIND_STRING,
	  BYTES("\x52\x06\x01\x00\x01\x02\x00\x01"
		"\x62\x03\x03\x02\x00\x6a\x05"
		"onetw") },
	{ "blob-runs", KPROBEX__FIELD__KIND__KIND_BYTES,
	  BYTES("\x5a\x02\x02\x04\x62\x02\x02\x03\x6a\x05"
		"\x00\x01\xfe\xff\x7f") },
	{ "blob-absent", KPROBEX__FIELD__KIND__KIND_STRING, BYTES("") },
	/* chains 0 (empty) and 1 (two frames): 0 1 0 1 1 0 */
	{ "stack", KPROBEX__FIELD__KIND__KIND_UNSIGNED, BYTES("\x10\x2a"),
	  BYTES("\x22\x08\x1a\x06\x00\x01\x00\x01\x01\x00"),
	  BYTES("\x42\x18\x0a\x02\x00\x02\x12\x12\x42\x10"
		"\x80\xff\xff\xff\xff\xff\xff\xff"
		"\x10\x00\x00\x81\xff\xff\xff\xff") },
	/* whole records: 61, none, 6263, 64, 65, 66 */
	{ "payload",
	  KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  { 0 },
	  BYTES("\x2a\x10\x62\x06\x01\x00\x02\x01\x01\x01"
		"\x6a\x06"
		"abcdef") },
	/* 1; -1 0 1 0 1 -1; absent */
	{ "array", KPROBEX__FIELD__KIND__KIND_SIGNED, BYTES("\x10\x01"),
	  BYTES("\x1a\x0a\x08\x01\x22\x06\x01\x00\x02\x00\x02\x01"),
	  .elements = 3 },
	/* not to be read, "", a, "", bc, (fault) as text */
	{ "faults", KPROBEX__FIELD__KIND__KIND_STRING,
	  BYTES("\x62\x06\x00\x01\x01\x01\x02\x07"
		"\x6a\x0c"
		"\x00"
		"a\x00"
		"bc(fault)"),
	  .faults = true },
	/* x x - - "" ""; all unreadable */
	{ "strings", KPROBEX__FIELD__KIND__KIND_STRING,
	  BYTES("\x52\x06\x00\x00\x01\x01\x02\x02\x62\x03\x01\x00\x01"
		"\x6a\x02"
		"x\x00"),
	  .elements = 2, .faults = true },
	/* 1 1 2 2 3 300 << 12 | 0 1 2 127 300 5 << 3 */
	{ "split", KPROBEX__FIELD__KIND__KIND_HEX,
	  BYTES("\x7a\x09\x1a\x07\x01\x01\x02\x02\x03\xac\x02"
		"\x82\x01\x07\x00\x01\x02\x7f\xac\x02\x05"
		"\x88\x01\x0c\x90\x01\x03"),
	  .features = 2 },
	/* entries 5 300 7: new, new, last, last but one, new, the third last */
	{ "back", KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  BYTES("\x9a\x01\x06\x00\x00\x01\x02\x00\x03"
		"\xa2\x01\x06\x1a\x04\x05\xac\x02\x07"),
	  .features = 2 },
	/* records 9 and 300: 0 1 0 1 1 0 */
	{ "distinct", KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  BYTES("\x1a\x03\x09\xac\x02"),
	  BYTES("\x38\x02\x42\x08\x1a\x06\x00\x01\x00\x01\x01\x00"),
	  .features = 1 },
	/* 7 7 8, not known, 7 8 */
	{ "cgroup", KPROBEX__FIELD__KIND__KIND_UNSIGNED, BYTES("\x10\x2a"),
	  BYTES(""),
	  BYTES("\x5a\x22\x4a\x18\x07\x00\x00\x00\x00\x00\x00\x00"
		"\x08\x00\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00\x00\x00\x00"
		"\x52\x06\x00\x00\x01\x02\x00\x01"),
	  .cgroups = true },
	/* what a newer writer may add: members that nobody knows yet */
	{ "unknown-members", KPROBEX__FIELD__KIND__KIND_UNSIGNED,
	  BYTES("\x10\x2a\xf8\x07\x01"), BYTES("\xf8\x07\x01"),
	  BYTES("\xfa\x07\x03new") },
};

static void add_packet(struct kpc_buf *out, Kprobex__Head *head,
		       const struct kpc_buf *body)
{
	struct kpc_framer framer;
	struct kpc_buf bytes = { 0 };

	if (body)
		head->data_bytes = body->used;
	kpc_head_pack(&bytes, head);
	kpc_framer_begin(&framer, out, TRACE, bytes.data, bytes.used);
	if (body) {
		kpc_framer_data(&framer);
		kpc_buf_add(out, body->data, body->used);
	}
	kpc_framer_end(&framer);
	kpc_buf_uninit(&bytes);
}

static void add_header(struct kpc_buf *out)
{
	static uint8_t uuid[16] = "\x11\x22\x33\x44\x55\x66\x77\x88golden!";
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__Header header = KPROBEX__HEADER__INIT;
	Kprobex__Ring ring = KPROBEX__RING__INIT;
	Kprobex__Ring *rings[] = { &ring };

	ring.cpu = 2;
	header.version = 1;
	header.uuid.data = uuid;
	header.uuid.len = sizeof(uuid);
	header.writer = (char *)"make-golden";
	header.clock_id = 1;
	header.n_ring = 1;
	header.ring = rings;
	head.kind_case = KPROBEX__HEAD__KIND_HEADER;
	head.header = &header;
	add_packet(out, &head, NULL);
}

static void add_event(struct kpc_buf *out, const struct golden *golden)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__EventDesc desc = KPROBEX__EVENT_DESC__INIT;
	Kprobex__Field field[FIELDS_MAX];
	Kprobex__Field *fields[FIELDS_MAX];
	uint32_t n = golden->elements ? golden->elements : 1;

	for (uint32_t i = 0; i < n; i++) {
		field[i] = (Kprobex__Field)KPROBEX__FIELD__INIT;
		field[i].name = kpc_head_text("v");
		field[i].type = kpc_head_text("golden");
		field[i].bytes = 8;
		field[i].kind = golden->kind;
		field[i].faults = golden->faults;
		fields[i] = &field[i];
	}
	field[0].elements = golden->elements;
	desc.name = kpc_head_text(golden->name);
	desc.cgroup = golden->cgroups;
	desc.n_field = n;
	desc.field = fields;
	head.kind_case = KPROBEX__HEAD__KIND_EVENT;
	head.event = &desc;
	add_packet(out, &head, NULL);
}

static void add_tasks(struct kpc_buf *out)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__TasksHead tasks = KPROBEX__TASKS_HEAD__INIT;
	struct kpc_buf body = { 0 };
	size_t begin = kpc_wire_begin(&body, 1);

	kpc_wire_add_varint(&body, 3, 11);
	kpc_wire_add_varint(&body, 4, 12);
	kpc_wire_add_bytes(&body, 5, "two words", 9);
	kpc_wire_end(&body, begin);
	tasks.events = 1;
	head.kind_case = KPROBEX__HEAD__KIND_TASKS;
	head.tasks = &tasks;
	add_packet(out, &head, &body);
	kpc_buf_uninit(&body);
}

/* Times 1 s, then 1, 127, 128, 129 and 1 000 000 ns later each. */
static void add_chunk(struct kpc_buf *out, const struct golden *golden)
{
	static const char lo[] = "\x1a\x06\x00\x01\x7f\x00\x01\x40";
	static const char hi[] = "\x1a\x07\x00\x00\x00\x01\x01\x84\x3d";
	static const char tid[] = "\x1a\x06\x0b\x0c\x0b\x0c\x00\x0c";
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__Chunk chunk = KPROBEX__CHUNK__INIT;
	struct kpc_buf body = { 0 };
	size_t begin;

	kpc_wire_add_fixed64(&body, 1, 1000000000);
	kpc_wire_add_bytes(&body, 2, lo, sizeof(lo) - 1);
	kpc_wire_add_bytes(&body, 3, hi, sizeof(hi) - 1);
	kpc_wire_add_bytes(&body, 5, tid, sizeof(tid) - 1);
	begin = kpc_wire_begin(&body, 6);
	kpc_wire_add_varint(&body, 2, ROWS);
	if (golden->column.data)
		kpc_wire_add_bytes(&body, 3, golden->column.data,
				   golden->column.n);
	kpc_buf_add(&body, golden->table.data, golden->table.n);
	kpc_wire_end(&body, begin);
	kpc_buf_add(&body, golden->batch.data, golden->batch.n);
	chunk.events = ROWS;
	chunk.first_time_ns = 1000000000;
	chunk.last_time_ns = 1001000385;
	head.kind_case = KPROBEX__HEAD__KIND_CHUNK;
	head.required_features = golden->features;
	head.chunk = &chunk;
	add_packet(out, &head, &body);
	kpc_buf_uninit(&body);
}

/* The names of 7, twice, and of one that isn't there; 8 has none. */
static void add_cgroups(struct kpc_buf *out)
{
	static const char names[] = "\x0a\x06\x08\x07\x12\x02/x"
				    "\x0a\x09\x08\x07\x12\x05/a \"b"
				    "\x0a\x06\x08\x09\x12\x02/c";
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__ContextHead cgroups = KPROBEX__CONTEXT_HEAD__INIT;
	struct kpc_buf body = { 0 };

	kpc_buf_add(&body, names, sizeof(names) - 1);
	cgroups.entries = 3;
	head.kind_case = KPROBEX__HEAD__KIND_CGROUPS;
	head.cgroups = &cgroups;
	add_packet(out, &head, &body);
	kpc_buf_uninit(&body);
}

static void add_footer(struct kpc_buf *out)
{
	struct kpc_buf footer = { 0 };
	struct kpc_buf head = { 0 };
	struct kpc_framer framer;

	kpc_wire_add_fixed64(&footer, 1, 0);
	kpc_wire_add_fixed64(&footer, 2, out->used + KPC_FOOTER_BYTES);
	kpc_wire_add_fixed64(&footer, 3, ROWS);
	kpc_wire_add_fixed32(&footer, 4, 0);
	kpc_wire_add_fixed32(&footer, 5, 0x3158504b);
	kpc_wire_add_bytes(&head, 23, footer.data, footer.used);
	kpc_framer_begin(&framer, out, TRACE, head.data, head.used);
	kpc_framer_end(&framer);
	kpc_buf_uninit(&footer);
	kpc_buf_uninit(&head);
}

static int write_golden(const char *directory, const struct golden *golden)
{
	struct kpc_buf out = { 0 };
	char path[4096];
	FILE *file;
	int err;

	add_header(&out);
	add_event(&out, golden);
	add_tasks(&out);
	add_chunk(&out, golden);
	if (golden->cgroups)
		add_cgroups(&out);
	add_footer(&out);
	snprintf(path, sizeof(path), "%s/%s.pb", directory, golden->name);
	file = fopen(path, "wb");
	if (!file) {
		perror(path);
		return 1;
	}
	err = out.error || fwrite(out.data, 1, out.used, file) != out.used;
	err |= fclose(file);
	kpc_buf_uninit(&out);
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: make-golden DIRECTORY\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++)
		if (write_golden(argv[1], &goldens[i]))
			return 1;
	return 0;
}
