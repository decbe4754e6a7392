// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <time.h>

#include "fixture.h"
#include "footer.h"
#include "head.h"
#include "packet.h"
#include "scan.h"

#define CHUNKS 6
#define ROWS   20 /* in a chunk */
#define ALL    (CHUNKS * ROWS)

static char *path, *out;
static uint8_t *whole;
static size_t bytes;

static int group_setup(void **state)
{
	(void)state;
	path = fixture_path();
	out = fixture_path();
	fixture_write(path, CHUNKS, ROWS);
	whole = fixture_load(path, &bytes);
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(out);
	free(path);
	free(out);
	free(whole);
	return 0;
}

static void verify(const char *name, struct kpc_verify_result *result)
{
	char error[512];

	*result = (struct kpc_verify_result){ .size = sizeof(*result) };
	assert_int_equal(kpc_verify(name, NULL, result, error, sizeof(error)),
			 0);
}

static int repair(const void *data, size_t n, struct kpc_verify_result *found)
{
	char *name = fixture_path();
	char error[512];
	int err;

	fixture_store(name, data, n);
	*found = (struct kpc_verify_result){ .size = sizeof(*found) };
	err = kpc_repair(name, out, NULL, found, error, sizeof(error));
	unlink(name);
	free(name);
	return err;
}

/* The fixture's account counts all rows for its first event: it says so. */
static void test_verify(void **state)
{
	struct kpc_verify_result r;
	char error[512];

	(void)state;
	verify(path, &r);
	assert_int_equal(r.traces, 1);
	assert_int_equal(r.chunks, CHUNKS);
	assert_int_equal(r.rows, ALL);
	assert_int_equal(r.lost, 9);
	assert_int_equal(r.bad_chunks, 0);
	assert_int_equal(r.index_errors, 0);
	assert_int_equal(r.footer_errors, 0);
	assert_int_equal(r.ledgers, 1);
	assert_int_equal(r.ledger_errors, 2);
	assert_int_equal(r.missing_rows, ALL / 4);
	assert_int_equal(r.verdict, KPC_DAMAGED);
	r.size = 8;
	assert_int_equal(kpc_verify(path, NULL, &r, error, sizeof(error)),
			 -EINVAL);
	r.size = sizeof(r);
	assert_int_equal(kpc_verify("/dev/null", NULL, &r, error,
				    sizeof(error)),
			 -EBADMSG);
	assert_non_null(strstr(error, "empty"));
}

/* ---- an index that lies -------------------------------------------------- */

static void lie_time(Kprobex__Index *index)
{
	index->chunk[2]->last_time_ns++;
}

static void lie_sequence(Kprobex__Index *index)
{
	index->chunk[3]->sequence = 0;
}

static void lie_events(Kprobex__Index *index)
{
	index->chunk[0]->events--;
}

/* Who wants the other of the two events skips it then. */
static void lie_set(Kprobex__Index *index)
{
	index->chunk[1]->event[0] ^= 1;
}

static void lie_no_set(Kprobex__Index *index)
{
	index->chunk[1]->n_event = 0;
	index->chunk[1]->n_event_rows = 0;
}

static void lie_twice(Kprobex__Index *index)
{
	index->chunk[5]->offset = index->chunk[4]->offset;
}

static void lie_not(Kprobex__Index *index)
{
	(void)index;
}

/* The Index and the Footer are the last packets. */
static void write_lie(const char *name, void (*lie)(Kprobex__Index *),
		      struct kpc_footer footer)
{
	struct kpc_decompressor *decompressor;
	struct kpc_buf file = { 0 }, body = { 0 };
	struct kpc_packet packet;
	struct kpc_packer packer;
	Kprobex__Index *index;
	Kprobex__Head *head;
	size_t at = 0, need;

	for (;; at += packet.bytes) {
		assert_int_equal(kpc_packet_parse(&packet, whole + at,
						  bytes - at, &need),
				 0);
		head = kpc_head_unpack(packet.head);
		if (head->kind_case == KPROBEX__HEAD__KIND_INDEX)
			break;
		kpc_head_free(head);
	}
	assert_int_equal(kpc_decompressor_new(&decompressor), 0);
	assert_int_equal(kpc_packer_init(&packer, 0, packet.trace), 0);
	assert_int_equal(kpc_scan_body(decompressor, head, &packet, &body), 0);
	index = kprobex__index__unpack(NULL, body.used, body.data);
	lie(index);
	kpc_buf_reserve(&packer.body, kprobex__index__get_packed_size(index));
	packer.body.used = kprobex__index__pack(index, packer.body.data);
	kprobex__index__free_unpacked(index, NULL);
	assert_int_equal(kpc_packer_body(&packer, head), 0);
	kpc_head_free(head);
	kpc_buf_add(&file, whole, at);
	kpc_buf_add(&file, packer.packet.data, packer.packet.used);
	footer.index_offset += at;
	footer.total_bytes = file.used + KPC_FOOTER_BYTES;
	assert_int_equal(kpc_footer_pack(&footer, &packer), 0);
	kpc_buf_add(&file, packer.packet.data, packer.packet.used);
	fixture_store(name, file.data, file.used);
	kpc_packer_uninit(&packer);
	kpc_decompressor_free(decompressor);
	kpc_buf_uninit(&file);
	kpc_buf_uninit(&body);
}

/* Whoever reads by such an index lacks rows: it isn't that of a whole file. */
static void test_verify_index(void **state)
{
	static void (*const lies[])(Kprobex__Index *) = {
		lie_time, lie_sequence, lie_events,
		lie_set,  lie_no_set,	lie_twice,
	};
	struct kpc_footer footer = { .events = ALL };
	struct kpc_verify_result r;
	char *name = fixture_path();

	(void)state;
	write_lie(name, lie_not, footer);
	verify(name, &r);
	assert_int_equal(r.index_errors + r.footer_errors, 0);
	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		write_lie(name, lies[i], footer);
		verify(name, &r);
		if (!r.index_errors)
			fail_msg("lie %zu", i);
		assert_int_equal(r.verdict, KPC_DAMAGED);
	}
	footer.index_offset = 1; /* beside it */
	write_lie(name, lie_not, footer);
	verify(name, &r);
	assert_int_equal(r.footer_errors, 1);
	unlink(name);
	free(name);
}

/* The whole file, but that the head of a chunk says it lost one less. */
static void write_lost(const char *name, uint64_t lost)
{
	struct kpc_packer packer;
	struct kpc_decompressor *decompressor;
	struct kpc_packet packet;
	Kprobex__Head *head;
	size_t at, need;

	for (at = 0;; at += packet.bytes) {
		assert_int_equal(kpc_packet_parse(&packet, whole + at,
						  bytes - at, &need),
				 0);
		head = kpc_head_unpack(packet.head);
		assert_non_null(head);
		if (head->kind_case == KPROBEX__HEAD__KIND_CHUNK &&
		    head->chunk->lost)
			break;
		kpc_head_free(head);
	}
	head->chunk->lost = lost;
	assert_int_equal(kpc_decompressor_new(&decompressor), 0);
	assert_int_equal(kpc_packer_init(&packer, 0, packet.trace), 0);
	assert_int_equal(
		kpc_scan_body(decompressor, head, &packet, &packer.body), 0);
	assert_int_equal(kpc_packer_body(&packer, head), 0);
	assert_int_equal(packer.packet.used, packet.bytes);
	memcpy(whole + at, packer.packet.data, packet.bytes);
	fixture_store(name, whole, bytes);
	kpc_head_free(head);
	kpc_packer_uninit(&packer);
	kpc_decompressor_free(decompressor);
}

/* What a chunk lost is in its head, for who doesn't decode it, and its batch. */
static void test_verify_lost(void **state)
{
	struct kpc_verify_result r;
	char *name = fixture_path();

	(void)state;
	write_lost(name, 8);
	verify(name, &r);
	assert_int_equal(r.index_errors, 1);
	write_lost(name, 9);
	verify(name, &r);
	assert_int_equal(r.index_errors, 0);
	assert_int_equal(r.lost, 9);
	unlink(name);
	free(name);
}

/* ---- repair -------------------------------------------------------------- */

/* A whole file comes out as it went in. */
static void test_repair_whole(void **state)
{
	struct kpc_verify_result found;
	uint8_t *copy;
	size_t n;

	(void)state;
	assert_int_equal(repair(whole, bytes, &found), 0);
	copy = fixture_load(out, &n);
	assert_int_equal(n, bytes);
	assert_memory_equal(copy, whole, bytes);
	free(copy);
}

/* What is repaired has all good rows, and nothing that is wrong any more. */
static void assert_repaired(const struct kpc_verify_result *found)
{
	struct kpc_verify_result r;

	verify(out, &r);
	assert_int_equal(r.rows, found->rows);
	assert_int_equal(r.chunks, found->chunks - found->bad_chunks);
	assert_int_equal(r.health.damaged_packets, 0);
	assert_int_equal(r.health.damaged_bytes, 0);
	assert_false(r.health.cut);
	assert_int_equal(r.bad_chunks, 0);
	assert_int_equal(r.index_errors, 0);
	assert_int_equal(r.footer_errors, 0);
}

static void test_repair_cut(void **state)
{
	(void)state;
	for (size_t n = 1; n < bytes; n += 3 + n % 5) {
		struct kpc_verify_result found;
		int err = repair(whole, n, &found);

		if (err == -EBADMSG)
			continue; /* not even the Header is there */
		assert_int_equal(err, 0);
		assert_true(found.health.cut);
		assert_int_equal(
			found.health.cut_at + found.health.damaged_bytes, n);
		assert_repaired(&found);
	}
}

static void test_repair_flips(void **state)
{
	uint8_t *copy = malloc(bytes);
	uint64_t seed = 5;

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct kpc_verify_result found;

		memcpy(copy, whole, bytes);
		for (int i = 0; i <= round % 3; i++)
			copy[unit_random(&seed) % bytes] ^=
				1 << unit_random(&seed) % 8;
		if (repair(copy, bytes, &found))
			continue;
		assert_repaired(&found);
	}
	free(copy);
}

/* Both descriptions of an event are damaged: the account speaks of it alone. */
static void test_repair_account(void **state)
{
	static const char name[] = "sys:other";
	struct kpc_verify_result found;
	uint8_t *copy = malloc(bytes), *at = copy;
	int nr = 0;

	(void)state;
	memcpy(copy, whole, bytes);
	while ((at = memmem(at, copy + bytes - at, name, strlen(name)))) {
		*at++ ^= 1;
		nr++;
	}
	assert_int_equal(nr, 2);
	assert_int_equal(repair(copy, bytes, &found), 0);
	assert_repaired(&found);
	free(copy);
}

static void test_repair_itself(void **state)
{
	struct kpc_verify_result found = { .size = sizeof(found) };
	uint8_t *copy;
	char error[512];
	size_t n;

	(void)state;
	assert_int_equal(kpc_repair(path, path, NULL, &found, error,
				    sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "another file"));
	copy = fixture_load(path, &n);
	assert_int_equal(n, bytes);
	free(copy);
}

/* ---- many traces --------------------------------------------------------- */

static void add_head(struct kpc_buf *file, uint64_t trace, bool header)
{
	Kprobex__Head head = KPROBEX__HEAD__INIT;
	Kprobex__Header begins = KPROBEX__HEADER__INIT;
	Kprobex__ClockSnapshot clock = KPROBEX__CLOCK_SNAPSHOT__INIT;
	uint64_t uuid[2] = { trace };
	struct kpc_buf bytes_of = { 0 };
	struct kpc_framer framer;

	begins.version = 1;
	begins.uuid.data = (uint8_t *)uuid;
	begins.uuid.len = sizeof(uuid);
	head.kind_case = header ? KPROBEX__HEAD__KIND_HEADER :
				  KPROBEX__HEAD__KIND_CLOCK;
	if (header)
		head.header = &begins;
	else
		head.clock = &clock;
	assert_int_equal(kpc_head_pack(&bytes_of, &head), 0);
	kpc_framer_begin(&framer, file, trace, bytes_of.data, bytes_of.used);
	assert_int_equal(kpc_framer_end(&framer), 0);
	kpc_buf_uninit(&bytes_of);
}

/* Time grows with the file, not with its square. */
static void test_many_traces(void **state)
{
	const uint32_t traces = 20000, strays = 60000;
	struct kpc_verify_result r;
	struct kpc_buf file = { 0 };
	clock_t start = clock();

	(void)state;
	for (uint32_t i = 1; i <= traces; i++)
		add_head(&file, i, true);
	/* Of traces whose Headers are lost: as many as may be, and then more. */
	for (uint32_t i = 1; i <= strays; i++)
		add_head(&file, traces + (i < 20 ? i : 20), false);
	assert_int_equal(repair(file.data, file.used, &r), 0);
	assert_int_equal(r.traces, traces);
	assert_int_equal(r.health.damaged_packets, strays);
	verify(out, &r);
	assert_int_equal(r.traces, traces);
	assert_int_equal(r.verdict, KPC_WHOLE);
	/* Else it's minutes. */
	assert_true(clock() - start < 15 * CLOCKS_PER_SEC);
	kpc_buf_uninit(&file);
}

/* ---- merge --------------------------------------------------------------- */

struct snapshot {
	uint64_t trace_ns;
	int64_t realtime_ns;
};

/* The fixture as of another recording, or part, whose clocks showed this. */
static void craft_part(const char *name, uint8_t id, uint8_t part,
		       const struct snapshot *clocks, uint32_t nr)
{
	struct kpc_buf file = { 0 }, head_bytes = { 0 };
	struct kpc_packet packet;
	size_t need;

	for (size_t at = 0; at < bytes; at += packet.bytes) {
		struct kpc_framer framer;
		Kprobex__Head *head;
		bool clock;

		assert_int_equal(kpc_packet_parse(&packet, whole + at,
						  bytes - at, &need),
				 0);
		head = kpc_head_unpack(packet.head);
		clock = head->kind_case == KPROBEX__HEAD__KIND_CLOCK;
		if (head->kind_case == KPROBEX__HEAD__KIND_HEADER) {
			head->header->uuid.data[0] = id;
			head->header->uuid.data[15] = part;
		}
		for (uint32_t i = 0; i < (clock ? nr : 1); i++) {
			if (clock) {
				head->clock->trace_ns = clocks[i].trace_ns;
				head->clock->realtime_ns =
					clocks[i].realtime_ns;
				head->clock->uncertainty_ns = 100 + id;
			}
			assert_int_equal(kpc_head_pack(&head_bytes, head), 0);
			if (head->kind_case == KPROBEX__HEAD__KIND_FOOTER) {
				/* protobuf-c leaves its zeros out */
				kpc_buf_reset(&head_bytes);
				kpc_buf_add(&head_bytes, packet.head.at,
					    kpc_wire_left(&packet.head));
			}
			kpc_framer_begin(&framer, &file,
					 (packet.trace & ~255ull) | id,
					 head_bytes.data, head_bytes.used);
			if (packet.data.at) {
				kpc_framer_data(&framer);
				kpc_buf_add(&file, packet.data.at,
					    kpc_wire_left(&packet.data));
			}
			assert_int_equal(kpc_framer_end(&framer), 0);
		}
		kpc_head_free(head);
	}
	fixture_store(name, file.data, file.used);
	kpc_buf_uninit(&file);
	kpc_buf_uninit(&head_bytes);
}

static void craft(const char *name, uint8_t id, const struct snapshot *clocks,
		  uint32_t nr)
{
	craft_part(name, id, 0, clocks, nr);
}

#define S 1000000000ll
/* Row i is at 1 s + i µs of its trace's clock. */
static const struct snapshot ahead[] = { { 1 * S, 100 * S + 500 } };
/* Goes 0.05 % faster than the trace's clock from the middle on. */
static const struct snapshot drifts[] = { { 1 * S + 60000, 100 * S + 60000 },
					  { 2 * S, 101 * S + 500000 } };
/* Was set back by ten seconds in between. */
static const struct snapshot set[] = { { 1 * S, 100 * S + 250 },
				       { 1 * S + 70000, 90 * S + 70250 } };

static int64_t drifted(uint64_t time_ns)
{
	int64_t t = time_ns - S - 60000;
	int64_t span = S - 60000;

	return 99 * S + (int64_t)time_ns + (t > 0 ? 500000 * t / span : 0);
}

static void merge(const char *const *in, struct kpc_merge_result *result)
{
	char error[512];

	*result = (struct kpc_merge_result){ .size = sizeof(*result) };
	if (kpc_merge(in, out, NULL, result, error, sizeof(error)))
		fail_msg("%s", error);
}

static void test_merge(void **state)
{
	char *a = fixture_path(), *b = fixture_path();
	const char *in[] = { a, b, NULL };
	uint32_t rows[2] = { 0 };
	struct kpc_merge_result result;
	struct kpc_reader *reader;
	struct kpc_verify_result r;
	struct kpc_row row;
	int64_t last = 0;
	char error[512];

	(void)state;
	craft(a, 1, ahead, 1);
	craft(b, 2, drifts, 2);
	merge(in, &result);
	assert_int_equal(result.traces, 2);
	assert_int_equal(result.uncertainty_ns, 102);
	assert_int_equal(result.steps, 0);
	verify(out, &r);
	assert_int_equal(r.rows, ALL * 2);
	assert_int_equal(r.index_errors + r.footer_errors, 0);
	assert_int_equal(kpc_reader_open(&reader, out, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_join(reader), 2);
	while (kpc_reader_next(reader, &row) > 0) {
		int which = row.info->uuid[0] - 1;
		uint64_t time = S + rows[which] * 1000ull;

		assert_true(which == 0 || which == 1);
		assert_true(row.info->merged);
		/* Each trace's rows in its order, at the time it says. */
		assert_int_equal(row.time_ns, time);
		assert_int_equal(row.realtime_ns,
				 which ? drifted(time) :
					 99 * S + 500 + (int64_t)time);
		assert_true(row.realtime_ns >= last);
		last = row.realtime_ns;
		rows[which]++;
	}
	assert_int_equal(rows[0], ALL);
	assert_int_equal(rows[1], ALL);
	assert_int_equal(kpc_reader_next_trace(reader), 0);
	/* By realtime now; without joining, one after the other. */
	assert_int_equal(kpc_reader_seek(reader, last), 0);
	assert_int_equal(kpc_reader_next(reader, &row), 1);
	assert_int_equal(row.realtime_ns, last);
	kpc_reader_close(reader);
	unlink(a);
	unlink(b);
	free(a);
	free(b);
}

/* A clock that was set: every row is there, each ring in its order, and said. */
static void test_merge_step(void **state)
{
	char *a = fixture_path(), *b = fixture_path();
	const char *in[] = { a, b, NULL };
	uint64_t last[2][FIXTURE_RINGS] = { { 0 } };
	struct kpc_merge_result result;
	struct kpc_reader *reader;
	struct kpc_row row;
	char error[512];
	uint32_t rows = 0;

	(void)state;
	craft(a, 1, ahead, 1);
	craft(b, 2, set, 2);
	merge(in, &result);
	assert_int_equal(result.steps, 1);
	assert_int_equal(kpc_reader_open(&reader, out, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_join(reader), 2);
	for (; kpc_reader_next(reader, &row) > 0; rows++) {
		uint64_t *before = &last[row.info->uuid[0] - 1][row.ring];

		assert_true(row.time_ns > *before);
		*before = row.time_ns;
		if (row.info->uuid[0] == 2)
			assert_int_equal(row.realtime_ns,
					 (row.time_ns < S + 70000 ? 99 * S :
								    89 * S) +
						 250 + (int64_t)row.time_ns);
	}
	assert_int_equal(rows, ALL * 2);
	kpc_reader_close(reader);
	/* A merged file may be merged again, but not with what is in it. */
	assert_int_equal(kpc_merge((const char *[]){ a, a, NULL }, out, NULL,
				   &result, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, "there already"));
	unlink(a);
	unlink(b);
	free(a);
	free(b);
}

/* The parts of a series have the same Packet.trace, and are no repetitions. */
static void test_merge_parts(void **state)
{
	char *a = fixture_path(), *b = fixture_path();
	const char *in[] = { a, b, NULL };
	struct kpc_merge_result result;
	struct kpc_verify_result r;
	struct kpc_reader *reader;
	struct kpc_row row;
	char error[512];
	uint32_t rows = 0;

	(void)state;
	craft_part(a, 1, 1, ahead, 1);
	craft_part(b, 1, 2, ahead, 1);
	merge(in, &result);
	assert_int_equal(result.traces, 2);
	verify(out, &r);
	assert_int_equal(r.rows, ALL * 2);
	assert_int_equal(r.health.damaged_packets + r.index_errors, 0);
	assert_int_equal(kpc_reader_open(&reader, out, error, sizeof(error)),
			 0);
	assert_int_equal(kpc_reader_join(reader), 2);
	while (kpc_reader_next(reader, &row) > 0)
		rows++;
	assert_int_equal(rows, ALL * 2);
	kpc_reader_close(reader);
	unlink(a);
	unlink(b);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_verify_index),
		cmocka_unit_test(test_verify_lost),
		cmocka_unit_test(test_repair_whole),
		cmocka_unit_test(test_repair_cut),
		cmocka_unit_test(test_repair_flips),
		cmocka_unit_test(test_repair_account),
		cmocka_unit_test(test_repair_itself),
		cmocka_unit_test(test_many_traces),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_step),
		cmocka_unit_test(test_merge_parts),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
