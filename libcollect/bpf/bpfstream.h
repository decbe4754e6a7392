/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfstream - from a BPF ring buffer into the file, as drain does from perf rings
 *
 * Its records have neither time nor thread. By convention a member "time_ns" of
 * 8 bytes is the time, as bpf_ktime_get_ns() gives it, and "tid" of 4 bytes the
 * thread, as the lower half of bpf_get_current_pid_tgid(). Without, or if the
 * time isn't within the recording, a row's time is when its record was first seen
 * here, written or just reserved: at most a few milliseconds after it was
 * reserved, while we come to run.
 */
#ifndef KPC_BPFSTREAM_H
#define KPC_BPFSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "bpfring.h"
#include "self.h"
#include "share.h"
#include "writer.h"

#define KPC_BPFSTREAM_MARKS 256
/* A record that has more couldn't be sure of a place in a packet. */
#define KPC_BPFSTREAM_RECORD_MAX (8u << 20)

/* All records before @at were there at @time_ns, or reserved. */
struct kpc_bpfstream_mark {
	uint64_t at;
	uint64_t time_ns;
};

struct kpc_bpfstream {
	struct kpc_bpfring ring;
	int fd;		  /* of the map, to poll */
	uint32_t event;	  /* the trace's */
	uint32_t number;  /* of the ring in the trace */
	uint32_t bytes;	  /* of a record that can be split; 0: none can be */
	uint32_t time_at; /* + 1: where it has its time, or 0 */
	uint32_t tid_at;  /* + 1 … its thread */
	const struct kpc_self *self; /* their records are left out; NULL ok */
	uint64_t start_ns;
	uint64_t clock_ns; /* as last read for the sake of a record's time */
	uint64_t since_ns; /* first seen waiting, or 0 */
	uint64_t flush_ns;
	struct kpc_bpfstream_mark mark[KPC_BPFSTREAM_MARKS];
	uint32_t nr_marks;
	uint32_t at_mark; /* that the record read last is before */
	struct kpc_share *share;
	struct kpc_batch *batch;
	struct kpc_writer *writer;
};

/* From now on: what was written before is left out. */
void kpc_bpfstream_start(struct kpc_bpfstream *stream);
/*
 * Writes at most one chunk, if there is enough for one, if something has waited
 * for flush_ns, or if @all. Returns 1 if there is more to do at once, 0 if not,
 * or the writer's errno.
 */
int kpc_bpfstream_pass(struct kpc_bpfstream *stream, uint64_t now_ns, bool all);
/*
 * Sets the event's account, of what was entered in the book. The program lost @lost,
 * all that it knows of, or (NULL) doesn't say.
 */
void kpc_bpfstream_count(struct kpc_bpfstream *stream, const uint64_t *lost);

#endif /* KPC_BPFSTREAM_H */
