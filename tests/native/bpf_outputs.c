// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_outputs OBJECT TRACE N - records what the program of OBJECT writes at N
 * calls of getppid(2), as a session would that has it on a probe: through the
 * parts of the library, because this kernel may have tracepoints only
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf.h"
#include "outputs.h"
#include "trace_clock.h"
#include "writer.h"

#define MAGIC 0x6b70786d61676963ull
#define SKIP  77

static char error[1024];

static void check(int err, const char *what)
{
	if (err >= 0)
		return;
	printf("%s: %s: %s\n", what, error, strerror(-err));
	exit(err == -EPERM || err == -EACCES || err == -ENOSYS ? SKIP : 1);
}

static struct kpc_bpfmaps maps;
static struct kpc_outputs outputs;
static struct kpc_book book;
static struct kpc_share share;
static struct kpc_batch *batch;
static struct kpc_writer *writer;
static struct kpc_event events[16];

static void open_writer(const char *path)
{
	struct kpc_ring_desc rings[256];
	struct kpc_header header = {
		.rings = rings,
		.nr_rings = kpc_outputs_nr_rings(&outputs),
		.clock_id = KPC_TRACE_CLOCK,
		.start_ns = kpc_trace_clock(),
	};
	struct kpc_outputs_sink sink = {
		.share = &share,
		.flush_ns = 20 * KPC_NS_PER_MS,
	};

	for (uint32_t i = 0; i < maps.nr; i++) {
		events[i] = maps.map[i].event;
		events[i].id = i;
	}
	for (uint32_t i = 0; i < header.nr_rings && i < 256; i++)
		rings[i] = kpc_outputs_ring(&outputs, i);
	check(kpc_book_init(&book, maps.nr, header.nr_rings), "book");
	check(kpc_share_init(&share, &book), "share");
	check(kpc_batch_new(&batch, events, maps.nr), "batch");
	check(kpc_writer_open(&writer, path, 0, error, sizeof(error)), "file");
	check(kpc_writer_header(writer, &header), "header");
	for (uint32_t i = 0; i < maps.nr; i++)
		check(kpc_writer_event(writer, &events[i]), "event");
	sink.batch = batch;
	sink.writer = writer;
	check(kpc_outputs_into(&outputs, &sink), "outputs");
}

static void call(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		syscall(SYS_getppid, MAGIC, i);
		if (i % 512 == 511) /* as a session's loop would */
			check(kpc_outputs_pass(&outputs, kpc_trace_clock(),
					       false),
			      "pass");
	}
}

static struct bpf_link *attach(const struct bpf_object *object)
{
	struct bpf_program *program = bpf_object__next_program(object, NULL);
	struct bpf_link *link = bpf_program__attach(program);

	check(link ? 0 : -errno, "attach");
	return link;
}

int main(int argc, char **argv)
{
	struct kpc_outputs_opts opts = {
		.ring_bytes = 1 << 20,
		.watermark_bytes = 1 << 18,
	};
	struct bpf_object *object;
	struct bpf_link *link;

	if (argc != 4)
		return 2;
	object = bpf_object__open_file(argv[1], NULL);
	check(object ? 0 : -errno, argv[1]);
	check(kpc_bpfmaps_add(&maps, object, error, sizeof(error)), "maps");
	check(bpf_object__load(object), "load");
	kpc_bpfmaps_loaded(&maps);
	check(kpc_outputs_open(&outputs, &maps, &opts, error, sizeof(error)),
	      "open");
	open_writer(argv[2]);
	link = attach(object);
	/* Of what comes before the start nothing is kept. */
	for (int i = 0; i < 7; i++)
		syscall(SYS_getppid, MAGIC, 1000000);
	check(kpc_outputs_start(&outputs, NULL, true), "start");
	call(strtoul(argv[3], NULL, 10));
	bpf_link__destroy(link);
	kpc_outputs_stop(&outputs);
	while (kpc_outputs_pass(&outputs, kpc_trace_clock(), true) > 0)
		;
	kpc_outputs_count(&outputs);
	book.ledger.final = true;
	book.ledger.time_ns = kpc_trace_clock();
	check(kpc_writer_ledger(writer, &book.ledger), "ledger");
	check(kpc_writer_finish(writer, KPC_EXIT_COMMAND), "end");
	kpc_writer_free(writer);
	kpc_batch_free(batch);
	kpc_share_uninit(&share);
	kpc_book_uninit(&book);
	kpc_outputs_uninit(&outputs);
	kpc_bpfmaps_uninit(&maps);
	bpf_object__close(object);
	return 0;
}
