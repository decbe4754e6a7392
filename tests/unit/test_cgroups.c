// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_cgroups - names of control groups: from folders and records into a trace, and
 * back to rows
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "body_fields.h"
#include "cgroups.h"
#include "cgrouptab.h"
#include "fixture.h"
#include "wire.h"

#define KEEP 10 /* ns */

static char top[5000];
static char *path;
static struct kpc_writer *writer;
static struct kpc_batch *batch;
static struct kpc_cgroups cgroups;

static const char *below(const char *name)
{
	static char whole[8192];

	snprintf(whole, sizeof(whole), "%s%s", top, name);
	return whole;
}

static uint64_t id_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(below(name), &st), 0);
	return st.st_ino;
}

static void make(const char *name)
{
	assert_int_equal(mkdir(below(name), 0700), 0);
}

static void unmake(const char *name)
{
	assert_int_equal(rmdir(below(name)), 0);
}

static int begin_folders(void **state)
{
	(void)state;
	snprintf(top, 4096, "%s/kpc-cgroups.XXXXXX", fixture_dir());
	return !mkdtemp(top);
}

static int end_folders(void **state)
{
	(void)state;
	return rmdir(top);
}

static void begin_trace(void)
{
	struct kpc_ring_desc ring = { 0, 4096 };
	struct kpc_header header = { .clock_id = 1,
				     .nr_rings = 1,
				     .rings = &ring };
	struct kpc_event event = fixture_events[0];
	char error[256];

	event.cgroup = true;
	path = fixture_path();
	assert_int_equal(
		kpc_writer_open(&writer, path, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
	assert_int_equal(kpc_writer_event(writer, &event), 0);
	assert_int_equal(kpc_batch_new(&batch, fixture_events, 1), 0);
}

static struct kpc_reader *open_trace(void)
{
	struct kpc_reader *reader;
	char error[256];

	if (kpc_reader_open(&reader, path, error, sizeof(error)))
		fail_msg("%s", error);
	return reader;
}

/* With a row of each of these. */
static struct kpc_reader *end_trace(const uint64_t *ids, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		fixture_add_of(batch, i * 4, ids[i]);
	assert_int_equal(kpc_writer_chunk(writer, 0, batch), 0);
	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(writer);
	kpc_batch_free(batch);
	return open_trace();
}

static void close_trace(struct kpc_reader *reader)
{
	kpc_reader_close(reader);
	kpc_cgroups_uninit(&cgroups);
	unlink(path);
	free(path);
}

static void next_is(struct kpc_reader *reader, const char *want)
{
	struct kpc_row row;

	assert_int_equal(kpc_reader_next(reader, &row), 1);
	assert_string_equal(row.cgroup_path, want);
}

struct record {
	struct perf_event_header header;
	uint64_t id;
	char path[24];
	uint64_t time;
};

static void feed(uint64_t id, const char *name)
{
	struct record r = {
		.header = { .type = PERF_RECORD_CGROUP, .size = sizeof(r) },
		.id = id,
		.time = UINT64_MAX,
	};

	memcpy(r.path, name, strlen(name));
	assert_int_equal(
		kpc_cgroups_record(&cgroups, &r.header, sizeof(r.time)), 0);
}

/* Those that are there, deep ones too, and those that come; each once. */
static void test_names(void **state)
{
	uint64_t ids[6];
	struct kpc_reader *reader;

	(void)state;
	make("/a");
	make("/a/b c");
	begin_trace();
	assert_int_equal(kpc_cgroups_look(&cgroups, top, 100), 0);
	assert_int_equal(cgroups.nr, 3);
	assert_int_equal(kpc_cgroups_write(&cgroups, writer), 0);
	assert_int_equal(kpc_cgroups_pending(&cgroups), 0);
	feed(1ull << 63, "/without an end in it..."); /* 24 bytes: no NUL */
	feed(id_of("/a"), "/again");
	feed(0, "/none");
	assert_int_equal(kpc_cgroups_pending(&cgroups), 1);
	/* What went keeps its name. */
	ids[0] = id_of("");
	ids[1] = id_of("/a");
	ids[2] = id_of("/a/b c");
	ids[3] = 1ull << 63;
	ids[4] = 0;
	ids[5] = 4242424242424242ull;
	unmake("/a/b c");
	unmake("/a");
	assert_int_equal(kpc_cgroups_write(&cgroups, writer), 0);
	reader = end_trace(ids, 6);
	next_is(reader, "/");
	next_is(reader, "/a");
	next_is(reader, "/a/b c");
	next_is(reader, "/without an end in it...");
	next_is(reader, "");
	next_is(reader, "#4242424242424242");
	close_trace(reader);
}

/* A trace that begins anew gets what there is, and what may still come. */
static void test_snapshot(void **state)
{
	struct kpc_reader *reader;
	uint64_t ids[3], now;
	char text[32];

	(void)state;
	cgroups.keep_ns = KEEP;
	make("/stays");
	make("/goes");
	ids[0] = id_of("/stays");
	ids[1] = id_of("/goes");
	ids[2] = 77;
	begin_trace();
	assert_int_equal(kpc_cgroups_look(&cgroups, top, 100), 0);
	feed(77, "/came");
	assert_int_equal(kpc_cgroups_write(&cgroups, writer), 0);
	feed(78, "/isn't written");
	unmake("/goes");
	/* As long as its rows may come, and then no more. */
	for (int part = 0; part < 2; part++) {
		reader = end_trace(ids, 3);
		next_is(reader, "/stays");
		next_is(reader, "/goes");
		next_is(reader, "/came");
		kpc_reader_close(reader);
		unlink(path);
		free(path);
		begin_trace();
		now = 200 + part * KEEP;
		assert_int_equal(kpc_cgroups_look(&cgroups, top, now), 0);
		assert_int_equal(kpc_cgroups_snapshot(&cgroups, writer, now),
				 0);
		assert_int_equal(kpc_cgroups_pending(&cgroups), 1);
	}
	reader = end_trace(ids, 3);
	next_is(reader, "/stays");
	snprintf(text, sizeof(text), "#%llu", (unsigned long long)ids[1]);
	next_is(reader, text);
	next_is(reader, "#77");
	close_trace(reader);
	unmake("/stays");
}

/* Which rows a filter lets in; in a trace without cgroups it makes no sense. */
static void test_filter(void **state)
{
	static const uint64_t ids[] = { 7, 8, 0, 7, 9 };
	static const struct {
		const char *text;
		uint32_t rows;
	} cases[] = {
		{ "cgroup == '/x.slice/y'", 2 },
		{ "cgroup != '/x.slice/y'", 2 },
		{ "cgroup ~ '/x.slice/*'", 3 },
		{ "cgroup ~ '/x*' && !(cgroup ~ '*z')", 2 },
		{ "cgroup == '#9'", 1 },
		{ "event == vfs_write || cgroup == x", 5 },
	};
	struct kpc_reader *reader;
	struct kpc_row row;

	(void)state;
	begin_trace();
	feed(7, "/x.slice/y");
	feed(8, "/x.slice/z");
	assert_int_equal(kpc_cgroups_write(&cgroups, writer), 0);
	reader = end_trace(ids, 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t rows = 0;

		if (kpc_reader_filter(reader, cases[i].text))
			fail_msg("%s", kpc_reader_error(reader));
		while (kpc_reader_next(reader, &row) > 0)
			rows++;
		if (rows != cases[i].rows)
			fail_msg("%s: %u rows", cases[i].text, rows);
	}
	assert_int_equal(kpc_reader_filter(reader, "cgroup > 5"), -EINVAL);
	close_trace(reader);

	path = fixture_path();
	fixture_write(path, 1, 10);
	reader = open_trace();
	assert_int_equal(kpc_reader_filter(reader, "pid == 1 || cgroup == x"),
			 -ENOENT);
	assert_non_null(strstr(kpc_reader_error(reader),
			       "collect record --all-cgroups"));
	close_trace(reader);
}

/* ---- what nobody made ---------------------------------------------------- */

static void test_hostile_records(void **state)
{
	static const uint32_t types[] = { PERF_RECORD_CGROUP,
					  PERF_RECORD_LOST };
	uint64_t seed = 7;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		size_t size = 8 + unit_random(&seed) % 12 * 8;
		uint32_t trailer = unit_random(&seed) % 4 * 8;
		uint8_t *bytes = malloc(size);
		struct perf_event_header *r = (void *)bytes;
		int err;

		for (size_t i = 0; i < size; i++)
			bytes[i] = unit_random(&seed) % 3 ? 0 :
							    unit_random(&seed);
		r->type = types[n % 2];
		r->size = size;
		err = kpc_cgroups_record(&cgroups, r, trailer);
		assert_true(err == 0 || err == -EBADMSG);
		free(bytes);
	}
	assert_true(cgroups.nr > 1000);
	kpc_cgroups_uninit(&cgroups);
}

/* More of them than are kept, and longer: counted. */
static void test_too_many(void **state)
{
	struct perf_event_header *r = calloc(1, 4096);
	uint64_t id;

	(void)state;
	assert_non_null(r);
	memset(r + 2, 'x', 4096 - 2 * sizeof(*r));
	*r = (struct perf_event_header){ PERF_RECORD_CGROUP, 0, 4096 };
	for (id = 1; id <= KPC_CGROUPS_MAX; id++) {
		memcpy(r + 1, &id, sizeof(id));
		assert_int_equal(kpc_cgroups_record(&cgroups, r, 0), 0);
	}
	assert_true(cgroups.nr < KPC_CGROUPS_MAX);
	assert_int_equal(cgroups.nr + cgroups.lost, KPC_CGROUPS_MAX);
	assert_true(cgroups.paths.used <= KPC_CGROUPS_BYTES);
	kpc_cgroups_uninit(&cgroups);
	r->size = 24;
	for (id = 1; id <= KPC_CGROUPS_MAX + 5; id++) {
		memcpy(r + 1, &id, sizeof(id));
		assert_int_equal(kpc_cgroups_record(&cgroups, r, 0), 0);
	}
	assert_int_equal(cgroups.nr, KPC_CGROUPS_MAX);
	assert_int_equal(cgroups.lost, 5);
	kpc_cgroups_uninit(&cgroups);
	free(r);
}

static void add_name(struct kpc_buf *body, uint64_t id, const void *name,
		     size_t bytes)
{
	size_t begin = kpc_wire_begin(body, CGROUPS_CGROUP);

	kpc_wire_add_varint(body, CGROUP_ID, id);
	kpc_wire_add_bytes(body, CGROUP_PATH, name, bytes);
	kpc_wire_end(body, begin);
}

static int add_body(struct kpc_cgrouptab *tab, const struct kpc_buf *body)
{
	return kpc_cgrouptab_add(
		tab, (struct kpc_wire){ body->data, body->data + body->used });
}

/* The last one counts, also of what is added later; nothing of what is damaged. */
static void test_tab(void **state)
{
	static const char longest[4096];
	struct kpc_cgrouptab tab = { 0 };
	struct kpc_buf body = { 0 };

	(void)state;
	assert_string_equal(kpc_cgrouptab_find(&tab, 5), "#5");
	assert_string_equal(kpc_cgrouptab_find(&tab, 0), "");
	add_name(&body, 5, "/first", 6);
	add_name(&body, 0, "/nobody's", 9);
	add_name(&body, UINT64_MAX, "/large", 6);
	add_name(&body, 5, "/second", 7);
	add_name(&body, 6, "/a\0b", 4);
	add_name(&body, 7, longest, sizeof(longest));
	assert_int_equal(add_body(&tab, &body), 0);
	kpc_cgrouptab_finish(&tab);
	assert_string_equal(kpc_cgrouptab_find(&tab, 5), "/second");
	assert_string_equal(kpc_cgrouptab_find(&tab, 0), "");
	assert_string_equal(kpc_cgrouptab_find(&tab, UINT64_MAX), "/large");
	assert_string_equal(kpc_cgrouptab_find(&tab, 6), "/a");
	kpc_buf_reset(&body);
	add_name(&body, 5, "/third", 6);
	add_name(&body, 9, longest, sizeof(longest));
	body.data[body.used++] = 0x0a; /* another, which isn't there */
	assert_int_equal(add_body(&tab, &body), -EBADMSG);
	kpc_cgrouptab_finish(&tab);
	assert_string_equal(kpc_cgrouptab_find(&tab, 5), "/second");
	body.used--;
	assert_int_equal(add_body(&tab, &body), 0);
	kpc_cgrouptab_finish(&tab);
	assert_string_equal(kpc_cgrouptab_find(&tab, 5), "/third");
	kpc_buf_reset(&body);
	add_name(&body, 5, top, sizeof(longest) + 1);
	assert_int_equal(add_body(&tab, &body), -EBADMSG);
	kpc_cgrouptab_uninit(&tab);
	kpc_buf_uninit(&body);
}

static void test_hostile_tab(void **state)
{
	struct kpc_cgrouptab tab = { 0 };
	uint64_t seed = 11;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		struct kpc_buf body = { 0 };
		uint8_t *exact;
		int err;

		add_name(&body, unit_random(&seed) % 300, "/some/path", 10);
		add_name(&body, unit_random(&seed), "/other", 6);
		if (n % 2)
			body.data[unit_random(&seed) % body.used] =
				unit_random(&seed);
		body.used -= unit_random(&seed) % 3;
		exact = malloc(body.used);
		memcpy(exact, body.data, body.used);
		err = kpc_cgrouptab_add(
			&tab, (struct kpc_wire){ exact, exact + body.used });
		assert_true(err == 0 || err == -EBADMSG);
		free(exact);
		kpc_buf_uninit(&body);
	}
	kpc_cgrouptab_finish(&tab);
	for (uint32_t i = 1; i < tab.nr; i++)
		assert_true(tab.entry[i - 1].id < tab.entry[i].id);
	kpc_cgrouptab_uninit(&tab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_hostile_records),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_tab),
		cmocka_unit_test(test_hostile_tab),
	};

	return cmocka_run_group_tests(tests, begin_folders, end_folders);
}
