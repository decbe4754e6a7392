/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perffile - what a perf.data has around its records
 *
 * A regular file has a header that says where everything is, and so is patched at the
 * end; a pipe has all that in records before the first sample. The numbers are those
 * of perf's file format, which its documentation (perf.data-file-format.txt) has.
 */
#ifndef KPC_PERFFILE_H
#define KPC_PERFFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "collect.h"
#include "outfile.h"
#include "perfevent.h"

#define KPC_PERF_MAGIC	      0x32454c4946524550ull /* "PERFILE2" */
#define KPC_PERF_HEADER_BYTES 104u
#define KPC_PERF_PIPE_BYTES   16u

enum kpc_perf_feature {
	KPC_PERF_TRACING_DATA = 1,
	KPC_PERF_BUILD_ID = 2,
	KPC_PERF_HOSTNAME = 3,
	KPC_PERF_OSRELEASE = 4,
	KPC_PERF_VERSION = 5,
	KPC_PERF_ARCH = 6,
	KPC_PERF_NRCPUS = 7,
	KPC_PERF_CPUDESC = 8,
	KPC_PERF_TOTAL_MEM = 10,
	KPC_PERF_CMDLINE = 11,
	KPC_PERF_EVENT_DESC = 12,
	KPC_PERF_SAMPLE_TIME = 21,
	KPC_PERF_CLOCKID = 23,
	KPC_PERF_COMPRESSED = 27,
	KPC_PERF_CLOCK_DATA = 29,
	KPC_PERF_FEATURES = 256,
};

enum kpc_perf_user_record { /* behind the kernel's types */
	KPC_PERF_RECORD_ATTR = 64,
	KPC_PERF_RECORD_TRACING_DATA = 66,
	KPC_PERF_RECORD_BUILD_ID = 67,
	KPC_PERF_RECORD_ROUND = 68,
	KPC_PERF_RECORD_AUXTRACE = 71,
	KPC_PERF_RECORD_UPDATE = 78,
	KPC_PERF_RECORD_FEATURE = 80,
	KPC_PERF_RECORD_COMPRESSED = 81,
	KPC_PERF_RECORD_COMPRESSED2 = 83,
};

#define KPC_PERF_UPDATE_NAME 2

/* What the features are made of. */
struct kpc_perffile {
	struct kpc_outfile *out;
	bool is_pipe;
	struct kpc_perfevent **events;
	uint32_t nr_events;
	uint32_t nr_written;	  /* of them, in a pipe */
	struct kpc_buf build_ids; /* records of the table */
	const struct kpc_trace_info *info;
	uint32_t clock_id;
	bool has_realtime;    /* the next two are known */
	uint64_t realtime_ns; /* when the clock was */
	uint64_t clock_ns;    /* at this */
	uint64_t first_ns;    /* of the samples */
	uint64_t last_ns;
};

/* Before the first record. 0 or a negative errno, as of the others. */
int kpc_perffile_begin(struct kpc_perffile *file);
/* The events that came since the last call, before their first sample. */
int kpc_perffile_events(struct kpc_perffile *file);
/* An entry of the table of build-ids; @misc: the record's. */
void kpc_perffile_build_id(struct kpc_perffile *file, uint16_t misc,
			   const char *path, const uint8_t *id, uint32_t bytes);
int kpc_perffile_end(struct kpc_perffile *file);
void kpc_perffile_uninit(struct kpc_perffile *file);

#endif /* KPC_PERFFILE_H */
