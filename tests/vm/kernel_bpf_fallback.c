// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel_bpf_fallback 0|1: whether the module's own guard is in the kernel's
 * place, and what is refused for it.
 */
#include "bpf.h"
#include "kernel_targets.h"

#define HITS 500

static int dev;

static int map_of(enum bpf_map_type type, unsigned int key_bytes,
		  unsigned int bytes)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd;

	if (type == BPF_MAP_TYPE_LPM_TRIE)
		opts.map_flags = BPF_F_NO_PREALLOC;
	fd = bpf_map_create(type, "kpx_map", key_bytes, bytes, 16, &opts);
	CHECK(fd >= 0, "a map of type %d: %s", type, strerror(errno));
	return fd;
}

/* A program that has the map, and with @tail calls what is in it. */
static int program_with(int map, int tail)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = 2,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ .code = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
		{ .code = tail ? BPF_JMP | BPF_CALL :
				 BPF_ALU64 | BPF_MOV | BPF_K,
		  .imm = tail ? BPF_FUNC_tail_call : 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "kpx_with", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	CHECK(fd >= 0, "a program with a map: %s", strerror(errno));
	return fd;
}

struct row {
	const char *what;
	enum bpf_map_type type;
	unsigned int key_bytes, bytes;
	int is_tail, is_refused;
};

static const struct row rows[] = {
	{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, 0, 0 },
	{ "per-CPU array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 0, 0 },
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, 0, 1 },
	{ "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 0, 1 },
	{ "LRU hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 0, 1 },
	{ "LRU per-CPU hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 0, 1 },
	{ "LPM trie", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 0, 1 },
	{ "queue", BPF_MAP_TYPE_QUEUE, 0, 8, 0, 1 },
	{ "stack", BPF_MAP_TYPE_STACK, 0, 8, 0, 1 },
	{ "tail call", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 1 },
};

/* By ioctl and with an event. */
static void try_row(const struct row *row, int is_fallback)
{
	unsigned int id = defined(dev, "p:bpf_fall kpxt_f6", 0);
	int map = map_of(row->type, row->key_bytes, row->bytes), event, ret;
	int want = is_fallback && row->is_refused ? -EOPNOTSUPP : 0;
	struct kpx_bpf_attach attach = { .id = id };
	struct perf_event_attr attr = attr_of(id);
	struct event_bpf bpf = {};

	attach.prog_fd = program_with(map, row->is_tail);
	ret = bpf_attach(dev, &attach);
	CHECK(ret == want, "%s: %s, %s", row->what, strerror(-ret),
	      attach.error);
	if (want)
		CHECK(attach.error_code && strstr(attach.error, "guard"),
		      "%s: code %u, '%s'", row->what, attach.error_code,
		      attach.error);
	if (!ret)
		CHECK(!bpf_detach(dev, id, attach.prog_id), "%s: detach",
		      row->what);
	event_bpf_add(&bpf, attach.prog_fd, 0);
	attr.config2 = (uintptr_t)&bpf.head;
	event = perf_open(&attr, 0, -1);
	CHECK(want ? event == want : event >= 0, "%s in config2: %d", row->what,
	      event);
	if (event >= 0) {
		call("f6 %d", HITS);
		CHECK(event_count(event) == HITS, "%s: counted %llu", row->what,
		      ull(event_count(event)));
		close(event);
	}
	close(attach.prog_fd);
	close(map);
	CHECK(!remove_probe(dev, id), "remove");
}

/* A map of maps is one of its inner ones. */
static void try_inner(int is_fallback)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	unsigned int id = defined(dev, "p:bpf_fall kpxt_f6", 0);
	struct kpx_bpf_attach attach = { .id = id };
	int inner = map_of(BPF_MAP_TYPE_LRU_HASH, 4, 8), outer, ret;

	opts.inner_map_fd = inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "kpx_maps", 4, 4, 4,
			       &opts);
	CHECK(outer >= 0, "a map of maps: %s", strerror(errno));
	attach.prog_fd = program_with(outer, 0);
	ret = bpf_attach(dev, &attach);
	CHECK(ret == (is_fallback ? -EOPNOTSUPP : 0), "an array of LRU: %d, %s",
	      ret, attach.error);
	if (!ret)
		CHECK(!bpf_detach(dev, id, attach.prog_id), "detach");
	close(attach.prog_fd);
	close(outer);
	close(inner);
	CHECK(!remove_probe(dev, id), "remove");
}

int main(int argc, char **argv)
{
	int is_fallback = argc > 1 && atoi(argv[1]);
	struct kpx_stats stats;
	unsigned int i;

	bpf_begin();
	dev = device_open();
	CHECK(dev >= 0, "device: %d", dev);
	stats = stats_of(dev, probe_id("vfs_write"));
	CHECK(!(stats.flags & KPX_STATS_BPF_FALLBACK) == !is_fallback,
	      "flags %#x", stats.flags);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		try_row(&rows[i], is_fallback);
	try_inner(is_fallback);
	close(dev);
	return !!failures;
}
