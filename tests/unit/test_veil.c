// SPDX-License-Identifier: GPL-2.0-only
/* test_veil - what is written into an anonymous trace, and what isn't */
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "body_fields.h"
#include "compress.h"
#include "fixture.h"
#include "kprobex.pb-c.h"
#include "maptab.h"
#include "symtab.h"
#include "unit.h"
#include "veilbody.h"

#define GRANULE (1ull << 21)
#define KERNEL	0xffffffff81000000ull

static struct kpc_veil veil;

static int draw(void **state)
{
	(void)state;
	return kpc_veil_draw(&veil);
}

static uint64_t moved(uint64_t address)
{
	return kpc_veil_address(&veil, NULL, address);
}

/* ---- addresses ----------------------------------------------------------- */

static void granules_stay_together(void **state)
{
	static const uint64_t in[] = { KERNEL, 0xffff888100000000ull,
				       0x7f0012200000ull, 0x400000, 0x1000 };
	struct kpc_veil_cache cache = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(*in); i++) {
		uint64_t to = moved(in[i]);

		assert_int_not_equal(to, in[i]);
		assert_int_equal(to >> 63, in[i] >> 63);
		assert_int_equal(to % 4096, in[i] % 4096);
		assert_true(to >= 4096 && to < (uint64_t)PERF_CONTEXT_MAX);
		for (uint64_t by = 0; by < GRANULE - 4096; by += 511) {
			assert_int_equal(moved(in[i] + by), to + by);
			assert_int_equal(kpc_veil_address(&veil, &cache,
							  in[i] + by),
					 to + by);
		}
		assert_int_not_equal(moved(in[i] + GRANULE), to + GRANULE);
	}
	assert_int_equal(moved(4095), 4095);
	assert_int_equal(moved(0), 0);
	/* No machine has such an address: it is hashed, and the same again. */
	assert_int_not_equal(moved(1ull << 60), 1ull << 60);
	assert_int_equal(moved(1ull << 60), moved(1ull << 60));
	assert_int_equal(moved(1ull << 60) >> 62, 1);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A range of any of them is no range of another, not even a page before it. */
static void none_go_where_others_do(void **state)
{
	enum {
		N = 1 << 17
	};
	uint64_t *to = calloc(2 * N, sizeof(*to));

	(void)state;
	assert_non_null(to);
	for (uint64_t i = 0; i < N; i++) {
		to[2 * i] = moved(0x7f0000000000ull + i * GRANULE);
		to[2 * i + 1] = moved(0xffff888000000000ull + i * GRANULE);
	}
	qsort(to, 2 * N, sizeof(*to), by_value);
	for (uint64_t i = 1; i < 2 * N; i++)
		assert_true(to[i] - to[i - 1] >= GRANULE + 4096);
	free(to);
}

/* The last address that there is: where it goes is none of perf's marks. */
static void marks_stay(void **state)
{
	uint64_t frames[] = { PERF_CONTEXT_KERNEL, KERNEL, PERF_CONTEXT_USER,
			      0x7f0000001234ull, UINT64_MAX };
	static const uint64_t last = (uint64_t)PERF_CONTEXT_MAX - 1;

	(void)state;
	kpc_veil_frames(&veil, NULL, frames, 5);
	assert_int_equal(frames[0], (uint64_t)PERF_CONTEXT_KERNEL);
	assert_int_equal(frames[1], moved(KERNEL));
	assert_int_equal(frames[2], (uint64_t)PERF_CONTEXT_USER);
	assert_int_equal(frames[3], moved(0x7f0000001234ull));
	assert_int_equal(frames[4], UINT64_MAX);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(kpc_veil_draw(&veil), 0);
		assert_true(moved(last) < (uint64_t)PERF_CONTEXT_MAX);
		assert_true(moved(0x1fffff) >= 4096);
	}
}

/* ---- fields -------------------------------------------------------------- */

static struct kpc_span blob(enum kpc_content content, const char *text,
			    size_t bytes, uint8_t *room)
{
	struct kpc_span span = { (const uint8_t *)text, bytes };

	return kpc_veil_blob(&veil, content, span, room);
}

static void strings_become_tokens(void **state)
{
	uint8_t room[KPC_TOKEN_BYTES], again[KPC_TOKEN_BYTES];
	char token[KPC_TOKEN_BYTES];
	struct kpc_span got, other;

	(void)state;
	got = blob(KPC_CONTENT_STRING, "secret", 6, room);
	kpc_token_text(&veil.names, "secret", 6, token);
	assert_int_equal(got.bytes, 13);
	assert_memory_equal(got.at, token, 13);
	other = blob(KPC_CONTENT_STRING, "secret", 6, again);
	assert_memory_equal(got.at, other.at, 13);
	other = blob(KPC_CONTENT_STRING, "secreu", 6, again);
	assert_memory_not_equal(got.at, other.at, 13);
	/* A fault, and an empty string. */
	assert_int_equal(blob(KPC_CONTENT_STRING, "x", 0, room).bytes, 0);
	got = blob(KPC_CONTENT_STRING, "", 1, room);
	assert_int_equal(got.bytes, 1);
	assert_int_equal(*got.at, 0);
	got = blob(KPC_CONTENT_BYTES, "secretbytes", 11, room);
	assert_int_equal(got.bytes, 8);
	assert_memory_not_equal(got.at, "secretby", 8);
	/* The first byte says nothing of bytes. */
	assert_int_equal(blob(KPC_CONTENT_BYTES, "\0s", 2, room).bytes, 8);
}

static void numbers_stay(void **state)
{
	static const struct {
		const char *type;
		enum kpc_field_kind kind;
		uint64_t v;
		bool stays;
	} cases[] = {
		{ "u64", KPC_FIELD_UNSIGNED, 0x7f0000001234ull, true },
		{ "u64", KPC_FIELD_UNSIGNED, KERNEL, false },
		{ "s64", KPC_FIELD_SIGNED, (uint64_t)-11, true },
		{ "unsigned long", KPC_FIELD_UNSIGNED, 0x7f0000001234ull,
		  false },
		{ "unsigned long", KPC_FIELD_UNSIGNED, 4096, true },
		{ "const char *", KPC_FIELD_HEX, 0x401000, false },
		{ "void *", KPC_FIELD_HEX, 0, true },
		{ "x64", KPC_FIELD_HEX, 0x80000000, true },
		{ "x64", KPC_FIELD_HEX, 0x123456789abcdeull, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kpc_field field = { .name = (char *)"f",
					   .type = (char *)cases[i].type,
					   .bytes = 8,
					   .kind = cases[i].kind };
		uint64_t v = kpc_veil_value(&veil, NULL, kpc_content_of(&field),
					    cases[i].v);

		assert_int_equal(v == cases[i].v, cases[i].stays);
	}
}

/* ---- bodies -------------------------------------------------------------- */

static struct kpc_wire wire_of(const struct kpc_buf *buf)
{
	return (struct kpc_wire){ buf->data, buf->data + buf->used };
}

static void pack_varint(struct kpc_buf *body, uint32_t number, uint64_t v)
{
	size_t begin = kpc_wire_begin(body, number);

	kpc_wire_put_varint(body, v);
	kpc_wire_end(body, begin);
}

static void pack_fixed(struct kpc_buf *body, uint32_t number, uint64_t v)
{
	kpc_wire_add_bytes(body, number, &v, sizeof(v));
}

static void fill_map(struct kpc_buf *body, const char *path, uint64_t start,
		     uint64_t bytes)
{
	size_t file = kpc_wire_begin(body, MAPS_FILE);

	kpc_wire_add_bytes(body, FILE_PATH, path, strlen(path));
	kpc_wire_add_bytes(body, FILE_BUILD_ID, "12345678", 8);
	kpc_wire_add_varint(body, FILE_INODE, 77);
	kpc_wire_end(body, file);
	pack_varint(body, MAPS_WHAT, 1);
	pack_varint(body, MAPS_TIME, 5);
	pack_varint(body, MAPS_PID, 9);
	pack_fixed(body, MAPS_START, start);
	pack_varint(body, MAPS_BYTES, bytes);
	pack_varint(body, MAPS_OFFSET, 0x3000);
	pack_varint(body, MAPS_FILE_INDEX, 0);
}

/* Every address is at its offset in the file, whose name is a token. */
static void maps_go_along(void **state)
{
	static const uint64_t start = 0x7f00001ff000ull, bytes = 3 * GRANULE;
	struct kpc_context_head head = { .entries = 1 };
	struct kpc_maptab maptab = { 0 };
	struct kpc_mapping mapping;
	struct kpc_buf body = { 0 };
	char token[KPC_TOKEN_BYTES];

	(void)state;
	fill_map(&body, "/secret/file", start, bytes);
	assert_int_equal(kpc_veil_body(&veil, KPC_CONTEXT_MAPS, &head, &body),
			 0);
	assert_int_equal(head.entries, 4);
	assert_int_equal(head.lost, 0);
	assert_int_equal(kpc_maptab_add(&maptab, wire_of(&body)), 0);
	kpc_maptab_finish(&maptab);
	kpc_token_text(&veil.names, "/secret/file", 12, token);
	for (uint64_t by = 0; by < bytes; by += 4093) {
		assert_true(kpc_maptab_find(&maptab, 9, moved(start + by), 6,
					    &mapping));
		assert_int_equal(mapping.offset, 0x3000 + by);
		assert_string_equal(mapping.path, token);
		assert_int_equal(mapping.build_id_bytes, 0);
	}
	assert_false(
		kpc_maptab_find(&maptab, 9, moved(start + bytes), 6, &mapping));
	assert_false(
		kpc_maptab_find(&maptab, 9, moved(start) - 1, 6, &mapping));
	kpc_maptab_uninit(&maptab);
	kpc_buf_uninit(&body);
}

/* What a process reserves for code may be huge; what isn't a file has no secret. */
static void maps_are_bounded(void **state)
{
	struct kpc_context_head head = { .entries = 1 };
	struct kpc_maptab maptab = { 0 };
	struct kpc_mapping mapping;
	struct kpc_buf body = { 0 };

	(void)state;
	fill_map(&body, "//anon", 0x10000000, 1ull << 46);
	assert_int_equal(kpc_veil_body(&veil, KPC_CONTEXT_MAPS, &head, &body),
			 0);
	assert_int_equal(head.entries, 512);
	assert_int_equal(head.lost, 1);
	assert_true(body.used < 65536);
	assert_int_equal(kpc_maptab_add(&maptab, wire_of(&body)), 0);
	kpc_maptab_finish(&maptab);
	assert_true(
		kpc_maptab_find(&maptab, 9, moved(0x10000000), 6, &mapping));
	assert_string_equal(mapping.path, "//anon");
	kpc_maptab_uninit(&maptab);
	/* It must make sense. */
	kpc_buf_reset(&body);
	pack_fixed(&body, MAPS_START, 1);
	assert_int_equal(kpc_veil_body(&veil, KPC_CONTEXT_MAPS, &head, &body),
			 -EINVAL);
	kpc_buf_uninit(&body);
}

static void fill_symbol(struct kpc_buf *body, uint64_t start, uint64_t bytes)
{
	kpc_wire_add_varint(body, SYMBOLS_TIME, 50);
	pack_fixed(body, SYMBOLS_START, start);
	pack_varint(body, SYMBOLS_BYTES, bytes);
	pack_varint(body, SYMBOLS_MODULE, 1);
	pack_varint(body, SYMBOLS_NAME_BYTES, 3);
	kpc_wire_add_bytes(body, SYMBOLS_NAMES, "fun", 3);
	kpc_wire_add_bytes(body, SYMBOLS_MODULE_NAME, "mod", 3);
}

static void check_symbol(const struct kpc_symtab *symtab, uint64_t start,
			 uint64_t bytes)
{
	struct kpc_kernel_symbol symbol;

	for (uint64_t by = 0; by < bytes; by += 15) {
		assert_true(kpc_symtab_find(symtab, moved(start + by), 60,
					    &symbol));
		assert_string_equal(symbol.name, "fun");
		assert_int_equal(symbol.offset, by);
	}
	assert_false(
		kpc_symtab_find(symtab, moved(start + bytes), 60, &symbol));
}

static void symbols_go_along(void **state)
{
	static const uint64_t start = KERNEL + GRANULE - 0x40, bytes = 0x100;
	struct kpc_context_head head = { .entries = 1 };
	struct kpc_symtab symtab = { 0 };
	struct kpc_kernel_symbol symbol;
	struct kpc_buf body = { 0 };

	(void)state;
	fill_symbol(&body, start, bytes);
	assert_int_equal(
		kpc_veil_body(&veil, KPC_CONTEXT_SYMBOLS, &head, &body), 0);
	assert_int_equal(head.entries, 2);
	assert_int_equal(kpc_symtab_add_symbols(&symtab, wire_of(&body)), 0);
	kpc_symtab_finish(&symtab);
	check_symbol(&symtab, start, bytes);
	assert_true(kpc_symtab_find(&symtab, moved(start), 60, &symbol));
	assert_string_equal(symbol.module, "mod");
	kpc_symtab_uninit(&symtab);
	kpc_buf_uninit(&body);
}

static void ksymbols_go_along(void **state)
{
	static const uint64_t start = KERNEL + GRANULE - 0x40, bytes = 0x100;
	struct kpc_context_head head = { .entries = 1 };
	struct kpc_symtab symtab = { 0 };
	struct kpc_buf body = { 0 };
	size_t begin;

	(void)state;
	begin = kpc_wire_begin(&body, KSYMBOLS_SYMBOL);
	kpc_wire_add_varint(&body, KSYMBOL_TIME, 55);
	kpc_wire_add_fixed64(&body, KSYMBOL_ADDRESS, start);
	kpc_wire_add_varint(&body, KSYMBOL_BYTES, bytes);
	kpc_wire_add_bytes(&body, KSYMBOL_NAME, "fun", 3);
	kpc_wire_end(&body, begin);
	assert_int_equal(
		kpc_veil_body(&veil, KPC_CONTEXT_KSYMBOLS, &head, &body), 0);
	assert_int_equal(head.entries, 2);
	assert_int_equal(kpc_symtab_add_ksymbols(&symtab, wire_of(&body)), 0);
	kpc_symtab_finish(&symtab);
	check_symbol(&symtab, start, bytes);
	kpc_symtab_uninit(&symtab);
	kpc_buf_uninit(&body);
}

static bool has(const struct kpc_buf *body, const void *what, size_t bytes)
{
	return body->used && memmem(body->data, body->used, what, bytes);
}

static void add_cgroup(struct kpc_buf *body, uint64_t id, const char *path)
{
	size_t begin = kpc_wire_begin(body, CGROUPS_CGROUP);

	kpc_wire_add_varint(body, CGROUP_ID, id);
	kpc_wire_add_bytes(body, CGROUP_PATH, path, strlen(path));
	kpc_wire_end(body, begin);
}

static void cgroups_have_tokens(void **state)
{
	struct kpc_context_head head = { .entries = 2 };
	struct kpc_buf body = { 0 };
	char token[KPC_TOKEN_BYTES];
	Kprobex__Cgroups *m;

	(void)state;
	add_cgroup(&body, 1, "/");
	add_cgroup(&body, 77, "/a/secret");
	assert_int_equal(
		kpc_veil_body(&veil, KPC_CONTEXT_CGROUPS, &head, &body), 0);
	m = kprobex__cgroups__unpack(NULL, body.used, body.data);
	assert_non_null(m);
	assert_int_equal(m->n_cgroup, 2);
	assert_int_equal(m->cgroup[0]->id, 1);
	assert_int_equal(m->cgroup[0]->path.len, 1);
	assert_int_equal(m->cgroup[1]->id, 77);
	kpc_token_text(&veil.names, "/a/secret", 9, token);
	assert_int_equal(m->cgroup[1]->path.len, strlen(token));
	assert_memory_equal(m->cgroup[1]->path.data, token, strlen(token));
	kprobex__cgroups__free_unpacked(m, NULL);

	/* What isn't one isn't written. */
	kpc_buf_reset(&body);
	kpc_buf_add(&body, "\x0a\xff", 2);
	assert_int_equal(kpc_veil_body(&veil, KPC_CONTEXT_CGROUPS, &head,
				       &body),
			 -EINVAL);
	kpc_buf_uninit(&body);
}

static void modules_and_code(void **state)
{
	static const uint64_t address = KERNEL + 0x1230;
	struct kpc_context_head head = { .entries = 1 };
	const uint64_t to = moved(address);
	struct kpc_buf body = { 0 };
	size_t begin;

	(void)state;
	begin = kpc_wire_begin(&body, MODULES_MODULE);
	kpc_wire_add_bytes(&body, MODULE_NAME, "mod", 3);
	kpc_wire_add_fixed64(&body, MODULE_ADDRESS, address);
	kpc_wire_add_varint(&body, MODULE_BYTES, 0x100);
	kpc_wire_add_bytes(&body, MODULE_BUILD_ID, "12345678", 8);
	kpc_wire_end(&body, begin);
	assert_int_equal(
		kpc_veil_body(&veil, KPC_CONTEXT_MODULES, &head, &body), 0);
	assert_true(has(&body, "mod", 3));
	assert_true(has(&body, &to, sizeof(to)));
	assert_false(has(&body, &address, sizeof(address)));
	assert_false(has(&body, "12345678", 8));

	kpc_buf_reset(&body);
	begin = kpc_wire_begin(&body, POKES_POKE);
	kpc_wire_add_fixed64(&body, POKE_ADDRESS, address);
	kpc_wire_add_bytes(&body, POKE_OLD, "\xe8wxyz", 5);
	kpc_wire_add_bytes(&body, POKE_NEW, "\xe9mnop", 5);
	kpc_wire_end(&body, begin);
	assert_int_equal(
		kpc_veil_body(&veil, KPC_CONTEXT_TEXT_POKES, &head, &body), 0);
	assert_true(has(&body, &to, sizeof(to)));
	assert_false(has(&body, &address, sizeof(address)));
	assert_false(has(&body, "wxyz", 4) || has(&body, "mnop", 4));
	assert_true(has(&body, "\0\0\0\0\0", 5));
	/* Of what nobody knows nothing is written. */
	assert_int_equal(kpc_veil_body(&veil, 40, &head, &body), -EINVAL);
	kpc_buf_uninit(&body);
}

/* ---- a trace ------------------------------------------------------------- */

static void write_trace(const char *path, bool anonymous)
{
	struct kpc_ring_desc ring = { 0, 4096 };
	char *argv[] = { (char *)"collect", (char *)"secretword", NULL };
	struct kpc_header header = { .rings = &ring,
				     .nr_rings = 1,
				     .argv = argv,
				     .clock_id = 1 };
	const struct kpc_task_event task = { KPC_TASK_EXISTS, 5, 100, 100, 0,
					     "secretcomm" };
	struct kpc_event events[FIXTURE_EVENTS];
	struct kpc_batch *batch;
	struct kpc_writer *w;

	memcpy(events, fixture_events, sizeof(events));
	events[1].source = KPC_SOURCE_UPROBE;
	events[1].name = (char *)"secretfile:main";
	assert_int_equal(kpc_writer_open(&w, path, KPC_LEVEL_NONE, NULL, 0), 0);
	if (anonymous)
		assert_int_equal(kpc_writer_anonymize(w), 0);
	assert_int_equal(kpc_batch_new(&batch, events, FIXTURE_EVENTS), 0);
	assert_int_equal(kpc_writer_header(w, &header), 0);
	for (int i = 0; i < FIXTURE_EVENTS; i++)
		assert_int_equal(kpc_writer_event(w, &events[i]), 0);
	assert_int_equal(kpc_writer_tasks(w, &task, 1), 0);
	for (uint32_t i = 0; i < 200; i++)
		fixture_add(batch, i);
	kpc_batch_add_unparsed(batch, "secretrecord", 12);
	assert_int_equal(kpc_writer_chunk(w, 0, batch), 0);
	/* Once more, with one row of each: constants. */
	for (uint32_t i = 3; i < 5; i++)
		fixture_add(batch, i);
	assert_int_equal(kpc_writer_chunk(w, 0, batch), 0);
	assert_int_equal(kpc_writer_finish(w, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(w);
	kpc_batch_free(batch);
}

static bool file_has(const char *path, const void *what, size_t bytes)
{
	size_t n;
	uint8_t *data = fixture_load(path, &n);
	bool found = memmem(data, n, what, bytes);

	free(data);
	return found;
}

static void nothing_is_in_a_file(void **state)
{
	static const char *const secrets[] = { "secretword", "secretcomm",
					       "secretfile", "secretrecord",
					       "p:vfs_write" };
	static const uint64_t addresses[] = { 0xffff888100000040ull,
					      0xffffffff81000030ull };
	char *path = fixture_path(), hostname[256];
	struct kpc_reader *reader;
	struct kpc_row row;
	uint32_t rows = 0;

	(void)state;
	assert_int_equal(gethostname(hostname, sizeof(hostname)), 0);
	for (int anonymous = 0; anonymous < 2; anonymous++) {
		write_trace(path, anonymous);
		for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
			assert_int_equal(file_has(path, secrets[i],
						  strlen(secrets[i])),
					 !anonymous);
		/* A short one may be there by chance. */
		assert_true(strlen(hostname) < 6 ||
			    file_has(path, hostname, strlen(hostname)) !=
				    anonymous);
	}
	/* As numbers they are in columns, of whatever encoding. */
	assert_int_equal(kpc_reader_open(&reader, path, NULL, 0), 0);
	assert_true(kpc_reader_info(reader)->anonymous);
	assert_int_equal(kpc_reader_info(reader)->argv_omitted, 2);
	while (kpc_reader_next(reader, &row) == 1) {
		rows++;
		for (uint32_t i = 0; i < row.stack_depth; i++)
			for (int a = 0; a < 2; a++)
				assert_int_not_equal(row.stack[i],
						     addresses[a]);
		if (row.payload) {
			assert_int_equal(row.payload_bytes, 8);
		} else if (!row.event->id) {
			assert_int_not_equal(row.values[2].u >> 40, 0xffff88);
			assert_int_equal(row.values[4].blob_bytes, 13);
			assert_int_equal(row.values[5].blob_bytes, 13);
		} else {
			assert_int_equal(row.values[0].blob_bytes, 8);
		}
	}
	assert_int_equal(rows, 202);
	kpc_reader_close(reader);
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(granules_stay_together),
		cmocka_unit_test(none_go_where_others_do),
		cmocka_unit_test(marks_stay),
		cmocka_unit_test(strings_become_tokens),
		cmocka_unit_test(numbers_stay),
		cmocka_unit_test(maps_go_along),
		cmocka_unit_test(maps_are_bounded),
		cmocka_unit_test(symbols_go_along),
		cmocka_unit_test(ksymbols_go_along),
		cmocka_unit_test(cgroups_have_tokens),
		cmocka_unit_test(modules_and_code),
		cmocka_unit_test(nothing_is_in_a_file),
	};

	return cmocka_run_group_tests(tests, draw, NULL);
}
