// SPDX-License-Identifier: GPL-2.0-only
/* test_symbols - the kernel's addresses, from kallsyms into a trace and back */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "context.h"
#include "fixture.h"
#include "recordend.h"
#include "unit.h"

#define K 0xffffffff81000000ull

/* Sorted as the kernel's own are, and then modules that aren't. */
static const char kallsyms[] = "0000000000000000 A fixed_percpu_data\n"
			       "ffffffff81000000 T _stext\n"
			       "ffffffff81000000 T _text\n"
			       "ffffffff81000100 t first\n"
			       "ffffffff81000200 T second\n"
			       "ffffffff81000280 a a_number\n"
			       "ffffffff81000300 D data\n"
			       "ffffffff81001000 B _end\n"
			       "ffffffffc0000300 t high\t[mod]\n"
			       "ffffffffc0000100 t low\t[mod]\n"
			       "ffffffffc0000200 t middle\t[mod]\n"
			       "ffffffffc0009000 t bpf_prog_1_x\t[bpf]\n";

static struct kpc_context context;
static struct kpc_address_cache cache;
static struct kpc_writer *writer;
static char *path, *symbols_path, *modules_path;

static void begin(const char *text, const char *modules)
{
	static const struct kpc_session_opts opts;
	struct kpc_header header = { .clock_id = 1 };
	char error[256];

	memset(&cache, 0, sizeof(cache));
	path = fixture_path();
	symbols_path = fixture_path();
	modules_path = fixture_path();
	fixture_store(symbols_path, text, strlen(text));
	fixture_store(modules_path, modules, strlen(modules));
	assert_int_equal(kpc_context_init(&context, &opts), 0);
	context.symbols.path = symbols_path;
	context.modules.list = modules_path;
	context.modules.folder = "/nonexistent";
	assert_int_equal(
		kpc_writer_open(&writer, path, 0, error, sizeof(error)), 0);
	assert_int_equal(kpc_writer_header(writer, &header), 0);
}

static struct kpc_reader *end(void)
{
	struct kpc_reader *reader;
	char error[256];

	assert_int_equal(kpc_writer_finish(writer, KPC_EXIT_COMMAND), 0);
	kpc_writer_free(writer);
	kpc_context_uninit(&context);
	assert_int_equal(kpc_reader_open(&reader, path, error, sizeof(error)),
			 0);
	unlink(path);
	unlink(symbols_path);
	unlink(modules_path);
	free(path);
	free(symbols_path);
	free(modules_path);
	return reader;
}

static void occur(uint64_t address)
{
	kpc_addresses_add(context.addresses, &cache, &address, 1);
}

static void is(struct kpc_reader *reader, uint64_t address, uint64_t time,
	       const char *name, const char *module, uint64_t offset)
{
	struct kpc_kernel_symbol s;

	assert_int_equal(kpc_trace_symbol(kpc_reader_info(reader), address,
					  time, &s),
			 0);
	assert_string_equal(s.name, name);
	assert_string_equal(s.module, module);
	assert_int_equal(s.offset, offset);
	assert_int_equal(s.start, address - offset);
	assert_true(s.offset < s.bytes);
}

static void isnt(struct kpc_reader *reader, uint64_t address)
{
	struct kpc_kernel_symbol s;

	assert_int_equal(kpc_trace_symbol(kpc_reader_info(reader), address, 5,
					  &s),
			 -ENOENT);
}

static void finds_symbols(void **state)
{
	struct kpc_context_info info = { .size = sizeof(info) };
	struct kpc_reader *reader;

	(void)state;
	begin(kallsyms, "mod 1024 0 - Live 0xffffffffc0000000\n"
			"other 4096 1 mod, Live 0xffffffffc0010000 (OE)\n");
	occur(0x1234);	       /* of a program */
	occur(UINT64_MAX - 1); /* a mark */
	occur(K + 0x10);
	occur(K + 0x1ff);
	occur(K + 0x200);
	occur(K + 0x281);
	occur(K + 0x1010); /* behind the kernel */
	occur(0xffffffffc0000350ull);
	occur(0xffffffffc0000500ull); /* behind the module */
	occur(0xffffffffc00001ffull);
	occur(0xffffffffc0009008ull);
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	reader = end();
	is(reader, K, 5, "_stext", "", 0);
	is(reader, K + 0x1ff, 5, "first", "", 0xff);
	is(reader, K + 0x281, 5, "second", "", 0x81);
	is(reader, K + 0x200, 5, "second", "", 0);
	is(reader, 0xffffffffc0000350ull, 5, "high", "mod", 0x50);
	is(reader, 0xffffffffc00001ffull, 5, "low", "mod", 0xff);
	is(reader, 0xffffffffc0009008ull, 5, "bpf_prog_1_x", "bpf", 8);
	/* Of other addresses at most the module is known. */
	is(reader, 0xffffffffc0010800ull, 5, "", "other", 0x800);
	is(reader, 0xffffffffc0000210ull, 5, "", "mod", 0x210);
	isnt(reader, K + 0x310);
	isnt(reader, K + 0x1010);
	isnt(reader, 0xffffffffc0000500ull);
	isnt(reader, 0x1234);
	assert_int_equal(kpc_trace_context(kpc_reader_info(reader), &info), 0);
	assert_int_equal(info.symbols, 6);
	assert_int_equal(info.modules, 2);
	assert_false(info.symbols_denied);
	kpc_reader_close(reader);
}

/* Each symbol once, however often it's looked for; what is known isn't again. */
static void in_several_looks(void **state)
{
	struct kpc_context_info info = { .size = sizeof(info) };
	struct kpc_reader *reader;

	(void)state;
	begin(kallsyms, "");
	for (int i = 0; i < 3; i++) {
		occur(K + 0x100 + i);
		occur(K + 0x200);
		assert_int_equal(kpc_context_finish(&context, writer), 0);
		assert_int_equal(context.symbols.nr, 2);
	}
	assert_int_equal(kpc_context_snapshot(&context, writer), 0);
	reader = end();
	kpc_trace_context(kpc_reader_info(reader), &info);
	assert_int_equal(info.symbols, 4);
	kpc_reader_close(reader);
}

/* A module goes, another comes to its place, between two looks. */
static void modules_change(void **state)
{
	static const char other[] = "ffffffff81000000 T _stext\n"
				    "ffffffffc0000000 t other_fn\t[other]\n"
				    "ffffffffc0000400 t other_end\t[other]\n";
	static const char list[] = "other 1024 0 - Live 0xffffffffc0000000\n";
	struct kpc_reader *reader;
	uint64_t middle;

	(void)state;
	begin(kallsyms, "mod 1024 0 - Live 0xffffffffc0000000\n");
	occur(0xffffffffc0000310ull);
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	middle = context.symbols.looked_ns;
	fixture_store(symbols_path, other, strlen(other));
	fixture_store(modules_path, list, strlen(list));
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	occur(0xffffffffc0000310ull);
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	reader = end();
	is(reader, 0xffffffffc0000310ull, middle, "high", "mod", 0x10);
	is(reader, 0xffffffffc0000310ull, middle + 1, "other_fn", "other",
	   0x310);
	is(reader, 0xffffffffc0000310ull, UINT64_MAX, "other_fn", "other",
	   0x310);
	kpc_reader_close(reader);
}

static unsigned int warnings;

static void on_log(void *ctx, enum kpc_log_level level, const char *text)
{
	(void)ctx;
	warnings += level == KPC_LOG_WARNING && strstr(text, "kptr_restrict");
}

static void hidden_addresses(void **state)
{
	struct kpc_context_info info = { .size = sizeof(info) };
	struct kpc_reader *reader;

	(void)state;
	begin("0000000000000000 T _stext\n0000000000000000 t first\n",
	      "mod 1024 0 - Live 0x0000000000000000\n");
	context.log = on_log;
	warnings = 0;
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	assert_int_equal(warnings, 0); /* nobody asked */
	occur(K + 0x10);
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	occur(K + 0x20);
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	assert_int_equal(warnings, 1);
	reader = end();
	isnt(reader, K + 0x10);
	kpc_trace_context(kpc_reader_info(reader), &info);
	assert_true(info.symbols_denied);
	assert_int_equal(info.modules, 1);
	kpc_reader_close(reader);
}

/* Against a list that is searched from its beginning. */
static void lookup_oracle(void **state)
{
	enum {
		SYMBOLS = 300,
		ADDRESSES = 200
	};
	uint64_t start[SYMBOLS], address[ADDRESSES], seed = 3;
	struct kpc_lookup l;
	char line[64];

	(void)state;
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < ADDRESSES; i++)
			address[i] = K + i * 37 + unit_random(&seed) % 37;
		assert_int_equal(kpc_lookup_begin(&l, "/dev/null", address,
						  ADDRESSES),
				 0);
		for (int i = 0; i < SYMBOLS; i++) {
			/* Half of them in order. */
			start[i] = K + (i < SYMBOLS / 2 ?
						i * 20ull :
						unit_random(&seed) % 8000);
			snprintf(line, sizeof(line), "%llx t s%d%s",
				 (unsigned long long)start[i], i,
				 i % 2 ? "\t[m]" : "");
			kpc_lookup_line(&l, line);
		}
		assert_int_equal(kpc_lookup_step(&l), 0);
		for (int i = 0; i < ADDRESSES; i++) {
			const struct kpc_hit *hit = &l.hits[i];
			int best = -1;
			uint64_t next = UINT64_MAX;

			for (int j = 0; j < SYMBOLS; j++) {
				if (start[j] > address[i] && start[j] < next)
					next = start[j];
				if (start[j] <= address[i] &&
				    (best < 0 || start[j] > start[best]))
					best = j;
			}
			assert_true(best >= 0);
			assert_int_equal(hit->start, start[best]);
			assert_int_equal(hit->end, next);
			snprintf(line, sizeof(line), "s%d", best);
			assert_string_equal(
				(const char *)l.texts.data + hit->name, line);
			assert_string_equal((const char *)l.texts.data +
						    hit->module,
					    best % 2 ? "m" : "");
		}
		kpc_lookup_uninit(&l);
	}
}

static void answers_of_the_namer(void **state)
{
	static const char *const not_symbols[] = {
		"",
		"0xffffffff81000010",
		"+0x1/0x2",
		"a+0x1",
		"a+0x3/0x2",
		"a+0x1/0x",
		"a+0x1/0x2[m]",
		"a+0x1/0x2 []",
		"a+0x1/0x2 m",
		"a+0xffffffffffffffff/0xffffffffffffffff",
		"__stop_last+0x0/0xffffffffff000000",
		"f+0x0/0x1000001",
		"f+0x8cc/0xfffffffffe8d98cc",
	};
	struct kpc_name name;
	char text[1200];

	(void)state;
	assert_int_equal(
		kpc_namer_parse("vfs_write+0x10/0x2f0", K + 0x10, &name), 0);
	assert_string_equal(name.name, "vfs_write");
	assert_string_equal(name.module, "");
	assert_int_equal(name.start, K);
	assert_int_equal(name.bytes, 0x2f0);
	assert_int_equal(kpc_namer_parse("f.cold+0x0/0x1 [a_module]", K, &name),
			 0);
	assert_string_equal(name.module, "a_module");
	assert_int_equal(kpc_namer_parse("f+0x1/0x1000000", K + 1, &name), 0);
	for (size_t i = 0; i < sizeof(not_symbols) / sizeof(*not_symbols); i++)
		assert_int_equal(kpc_namer_parse(not_symbols[i], K, &name),
				 -ENOENT);
	memset(text, 'x', sizeof(text));
	strcpy(text + 600, "+0x1/0x2");
	assert_int_equal(kpc_namer_parse(text, K, &name), -ENOENT);
}

/* What it says is what kallsyms does. */
static void namer_agrees_with_kallsyms(void **state)
{
	uint64_t list[] = { 0, 0 };
	struct kpc_lookup l;
	struct kpc_namer n;
	struct kpc_name name;
	char line[256];
	FILE *file;
	int checked = 0;

	(void)state;
	if (kpc_namer_open(&n)) {
		kpc_namer_close(&n);
		skip();
	}
	file = fopen(KPC_KALLSYMS, "r");
	assert_non_null(file);
	for (int i = 0; fgets(line, sizeof(line), file); i++) {
		unsigned long long start;
		char type;

		if (i % 20011 != 5000 ||
		    sscanf(line, "%llx %c", &start, &type) != 2 ||
		    (type != 't' && type != 'T') || start < K)
			continue;
		list[0] = start + 1;
		assert_int_equal(kpc_lookup_begin(&l, KPC_KALLSYMS, list, 1),
				 0);
		while (kpc_lookup_step(&l) > 0)
			;
		if (!kpc_namer_name(&n, list[0], &name)) {
			assert_int_equal(name.start, l.hits[0].start);
			assert_int_equal(name.start + name.bytes,
					 l.hits[0].end);
			assert_string_equal(name.name,
					    (const char *)l.texts.data +
						    l.hits[0].name);
			checked++;
		}
		kpc_lookup_uninit(&l);
	}
	fclose(file);
	kpc_namer_close(&n);
	if (!checked)
		skip(); /* addresses are hidden */
}

static void hostile_lines(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"ffffffff81000000",
		"ffffffff81000000 ",
		"ffffffff81000000 t",
		"ffffffff81000000 t ",
		"x t y",
		"ffffffff81000000  t x",
		"ffffffff81000000 t \t[m]",
		"ffffffffffffffffffff81000000 t x [",
		"ffffffff81000000 t x\t[",
	};
	const uint64_t address = K + 1;
	struct kpc_lookup l;
	char line[2000];

	(void)state;
	assert_int_equal(kpc_lookup_begin(&l, "/dev/null", &address, 1), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		strcpy(line, lines[i]);
		kpc_lookup_line(&l, line);
	}
	memset(line, 'x', sizeof(line));
	memcpy(line, "ffffffff81000000 t ", 19);
	line[sizeof(line) - 1] = '\0';
	kpc_lookup_line(&l, line);
	memset(line, 'y', sizeof(line));
	memcpy(line, "ffffffff81000001 t a [", 22);
	line[sizeof(line) - 1] = '\0';
	kpc_lookup_line(&l, line);
	assert_int_equal(kpc_lookup_step(&l), 0);
	kpc_lookup_uninit(&l);
	assert_int_equal(kpc_lookup_begin(&l, "/nonexistent", &address, 1),
			 -ENOENT);
	kpc_lookup_uninit(&l);
}

static void too_many_addresses(void **state)
{
	struct kpc_addresses *a;
	uint64_t v[1024], *list;
	uint32_t nr;

	(void)state;
	memset(&cache, 0, sizeof(cache));
	assert_int_equal(kpc_addresses_new(&a), 0);
	for (uint64_t i = 0; i < KPC_ADDRESSES_MAX + 2048; i += 1024) {
		for (int j = 0; j < 1024; j++)
			v[j] = K + i + j;
		kpc_addresses_add(a, &cache, v, 1024);
		kpc_addresses_add(a, &cache, v, 1024);
	}
	assert_true(kpc_addresses_lost(a) >= 2048);
	kpc_addresses_take(a, &list, &nr);
	assert_int_equal(nr, KPC_ADDRESSES_MAX);
	for (uint32_t i = 0; i < nr; i++)
		assert_int_equal(list[i], K + i);
	free(list);
	/* What is forgotten is new again, in spite of the cache. */
	kpc_addresses_forget(a, K, K + 5);
	v[0] = K + 4;
	v[1] = K + 5;
	kpc_addresses_add(a, &cache, v, 2);
	kpc_addresses_take(a, &list, &nr);
	assert_int_equal(nr, 1);
	assert_int_equal(list[0], K + 4);
	free(list);
	kpc_addresses_free(a);
}

/* Nothing above and below is looked up: that takes reading all of kallsyms. */
static void no_addresses(void **state)
{
	const uint64_t v[] = {
		0xffffffff80000000ull,
		0xfffffffffeffffffull, /* these are */
		0xffffffff7fffffffull,
		0xffffffffff000000ull,
		0xffffffffff600000ull,
		0xfffffffffffff000ull,
		UINT64_MAX,
		0,
	};
	struct kpc_addresses *a;
	uint64_t *list;
	uint32_t nr;

	(void)state;
	memset(&cache, 0, sizeof(cache));
	assert_int_equal(kpc_addresses_new(&a), 0);
	kpc_addresses_add(a, &cache, v, 8);
	kpc_addresses_take(a, &list, &nr);
	assert_int_equal(nr, 2);
	assert_int_equal(list[0], v[0]);
	assert_int_equal(list[1], v[1]);
	free(list);
	kpc_addresses_free(a);
}

struct ksymbol {
	struct perf_event_header header;
	uint64_t address;
	uint32_t bytes;
	uint16_t type, flags;
	char name[8];
	uint64_t time;
};

struct poke {
	struct perf_event_header header;
	uint64_t address;
	uint16_t old_bytes, new_bytes;
	uint8_t code[12];
	uint64_t time;
};

/* Too large a record, with old bytes at its end: others were told of it before. */
static void record_longer(const struct perf_event_header *record, size_t more)
{
	uint64_t longer[32];
	struct perf_event_header *header = (void *)longer;

	assert_true(record->size + more <= sizeof(longer));
	memset(longer, 0xa5, sizeof(longer));
	memcpy(longer, record, record->size);
	header->size += more;
	assert_int_equal(kpc_ksymbols_record(&context.ksymbols, header), 0);
}

static void feed_ksymbol(uint64_t time, uint64_t address, const char *name,
			 bool gone)
{
	struct ksymbol r = { .header = { .type = PERF_RECORD_KSYMBOL,
					 .size = sizeof(r) },
			     .address = address,
			     .bytes = 64,
			     .type = 1,
			     .flags = gone,
			     .time = time };

	snprintf(r.name, sizeof(r.name), "%s", name);
	record_longer(&r.header, 0);
	r.address += 0x1000;
	record_longer(&r.header, 16);
}

static void text_comes_and_goes(void **state)
{
	struct poke poke = { .header = { .type = PERF_RECORD_TEXT_POKE,
					 .size = sizeof(poke) },
			     .old_bytes = 5,
			     .new_bytes = 5,
			     .time = 3 };
	struct kpc_context_info info = { .size = sizeof(info) };
	struct kpc_kernel_symbol s;
	struct kpc_reader *reader;

	(void)state;
	begin(kallsyms, "");
	feed_ksymbol(300, K + 0x1000, "two", false);
	feed_ksymbol(100, K + 0x1000, "one", false);
	feed_ksymbol(200, K + 0x1000, "one", true);
	record_longer(&poke.header, 0);
	record_longer(&poke.header, 8);
	assert_int_equal(kpc_context_finish(&context, writer), 0);
	assert_int_equal(context.ksymbols.nr_live, 2);
	reader = end();
	assert_int_equal(kpc_trace_symbol(kpc_reader_info(reader), K + 0x1001,
					  99, &s),
			 -ENOENT);
	is(reader, K + 0x1001, 100, "one", "bpf", 1);
	is(reader, K + 0x2001, 100, "one", "bpf", 1);
	assert_int_equal(kpc_trace_symbol(kpc_reader_info(reader), K + 0x1001,
					  200, &s),
			 -ENOENT);
	is(reader, K + 0x1001, 9999, "two", "bpf", 1);
	is(reader, K + 0x2001, 9999, "two", "bpf", 1);
	kpc_trace_context(kpc_reader_info(reader), &info);
	assert_int_equal(info.ksymbols, 6);
	assert_int_equal(info.text_pokes, 2);
	kpc_reader_close(reader);
}

/* Where the time is in records of right and wrong sizes. */
static void ends_of_records(void **state)
{
	struct ksymbol symbol = { .header.type = PERF_RECORD_KSYMBOL,
				  .name = "one" };
	struct poke poke = { .header.type = PERF_RECORD_TEXT_POKE,
			     .old_bytes = 5,
			     .new_bytes = 5 };
	uint64_t bpf[6] = { 0 }, comm[6] = { 0 };
	struct perf_event_header *h;

	(void)state;
	for (uint16_t more = 0; more <= 16; more += 8) {
		struct {
			struct ksymbol symbol;
			uint64_t old[2];
		} s = { .symbol = symbol, .old = { ~0ull, ~0ull } };
		struct {
			struct poke poke;
			uint64_t old[2];
		} p = { .poke = poke, .old = { ~0ull, ~0ull } };

		s.symbol.header.size = sizeof(symbol) + more;
		assert_int_equal(kpc_recordend(&s.symbol.header, 8),
				 offsetof(struct ksymbol, time));
		p.poke.header.size = sizeof(poke) + more;
		assert_int_equal(kpc_recordend(&p.poke.header, 8),
				 offsetof(struct poke, time));
		h = (void *)bpf;
		*h = (struct perf_event_header){
			.type = PERF_RECORD_BPF_EVENT,
			.size = 24 + 8 + more,
		};
		assert_int_equal(kpc_recordend(h, 8), 24);
		h = (void *)comm; /* which the kernel has right */
		*h = (struct perf_event_header){ .type = PERF_RECORD_COMM,
						 .size = 24 + more };
		assert_int_equal(kpc_recordend(h, 8), 16 + more);
	}
	/* Members that would be longer than the record end where it ends. */
	memset(symbol.name, 'x', sizeof(symbol.name));
	symbol.header.size = offsetof(struct ksymbol, time);
	assert_int_equal(kpc_recordend(&symbol.header, 8),
			 offsetof(struct ksymbol, name));
	poke.header.size = sizeof(poke);
	poke.new_bytes = UINT16_MAX;
	assert_int_equal(kpc_recordend(&poke.header, 8),
			 offsetof(struct poke, time));
}

static void hostile_records(void **state)
{
	static const uint32_t types[] = { PERF_RECORD_KSYMBOL,
					  PERF_RECORD_TEXT_POKE,
					  PERF_RECORD_LOST, 99 };
	struct kpc_ksymbols k = { 0 };
	uint64_t seed = 7;

	(void)state;
	for (int n = 0; n < 20000; n++) {
		size_t size = 8 + unit_random(&seed) % 12 * 8;
		uint8_t *bytes = malloc(size);
		struct perf_event_header *r = (void *)bytes;
		int err;

		for (size_t i = 0; i < size; i++)
			bytes[i] = unit_random(&seed) % 3 ? 0 :
							    unit_random(&seed);
		r->type = types[n % 4];
		r->size = size;
		err = kpc_ksymbols_record(&k, r);
		assert_true(err == 0 || err == -EBADMSG);
		free(bytes);
	}
	kpc_ksymbols_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_symbols),
		cmocka_unit_test(in_several_looks),
		cmocka_unit_test(modules_change),
		cmocka_unit_test(hidden_addresses),
		cmocka_unit_test(lookup_oracle),
		cmocka_unit_test(answers_of_the_namer),
		cmocka_unit_test(namer_agrees_with_kallsyms),
		cmocka_unit_test(hostile_lines),
		cmocka_unit_test(too_many_addresses),
		cmocka_unit_test(no_addresses),
		cmocka_unit_test(text_comes_and_goes),
		cmocka_unit_test(ends_of_records),
		cmocka_unit_test(hostile_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
