/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reading - the state of a reader, for those that read its trace in one order or
 * another: roworder.c and readtables.c
 */
#ifndef KPC_READING_H
#define KPC_READING_H

#include "ahead.h"
#include "filter.h"
#include "headway.h"
#include "input.h"
#include "reader.h"
#include "trace.h"

struct kpc_reading_ring {
	struct kpc_trace *trace;
	const struct kpc_filter *filter;
	uint32_t number; /* in its trace */
	uint32_t next;	 /* of its jobs, to be asked for */
	uint32_t end;
	struct kpc_load *load; /* the current chunk; NULL: none yet, or no more */
	const struct kpc_chunk *chunk; /* what that is of */
	size_t memory;		       /* counted for it */
};

struct kpc_soonest { /* of a ring: what its next row is sorted by */
	uint64_t key;
	uint32_t ring;
};

enum kpc_reading {
	KPC_READING_NOT,
	KPC_READING_ROWS,
	KPC_READING_TABLES,
};

struct kpc_reader {
	struct kpc_input input;
	struct kpc_decompressor *decompressor;
	struct kpc_reader_health health;
	struct kpc_trace **traces;
	uint32_t nr_traces;
	uint32_t trace;	    /* the current one */
	uint32_t nr_joined; /* traces from it on that are read as one */
	bool joined;	    /* by realtime, then */
	int threads;
	struct kpc_choice choice;
	struct kpc_expr *expr; /* or NULL */
	uint64_t seek_ns;

	/* Of a file that is followed: rows before given_ns were given, */
	bool following;
	uint64_t given_ns;
	uint64_t until_ns; /* … and those before this are to be */

	/* of the current trace */
	struct kpc_filter *filters; /* of each joined one */
	uint32_t nr_filters;
	struct kpc_ahead *ahead;
	enum kpc_reading reading;
	struct kpc_reading_ring *rings;
	uint32_t nr_rings;
	uint32_t *ring_jobs;	  /* jobs by ring */
	struct kpc_soonest *heap; /* rings that have a row, soonest first */
	uint32_t nr_heap;
	uint64_t memory;
	struct kpc_value *values; /* of the row given last */
	struct kpc_load *load;	  /* whose tables are being given */
	uint32_t job;		  /* to be asked for next */
	uint32_t table;		  /* to be given next */
	struct kpc_table_column *columns;

	uint64_t job_bytes;  /* of the chunks that are to be read, */
	uint64_t read_bytes; /* and of those that were */
	struct kpc_headway headway;

	int failed;
	char *name;
	char error[KPC_ERROR_BYTES];
};

static inline struct kpc_trace *
kpc_reading_trace(const struct kpc_reader *reader)
{
	return reader->traces[reader->trace];
}

/* One of those that are read as one; often there is one only. */
static inline struct kpc_trace *
kpc_reading_joined(const struct kpc_reader *reader, uint32_t i)
{
	return reader->traces[reader->trace + i];
}

static inline uint64_t kpc_reading_from_ns(const struct kpc_reader *reader)
{
	return reader->seek_ns > reader->choice.from_ns ?
		       reader->seek_ns :
		       reader->choice.from_ns;
}

/* What a time is sorted and selected by. No clock was before 1970. */
static inline uint64_t kpc_reading_key(const struct kpc_reader *reader,
				       struct kpc_trace *trace,
				       uint64_t time_ns)
{
	int64_t realtime;

	if (!reader->joined)
		return time_ns;
	realtime = kpc_clockmap_realtime(&trace->clocks, time_ns);
	return realtime < 0 ? 0 : realtime;
}

/*
 * May a chunk with rows of keys in [@first, @last] have one that's to be given now? One
 * that isn't in order isn't held back, so that it need not be looked at again.
 */
static inline bool kpc_reading_is_due(const struct kpc_reader *reader,
				      const struct kpc_trace *trace,
				      const struct kpc_chunk *chunk,
				      uint64_t first, uint64_t last)
{
	if (!reader->following)
		return true;
	if (!kpc_filter_is_ordered(trace, chunk))
		return chunk->is_new;
	return first < reader->until_ns &&
	       (chunk->is_new || last >= reader->given_ns);
}

/* All say what they return in reader->error. */
int kpc_reading_no_memory(struct kpc_reader *reader);
/* Only one way of reading at a time. 0, or the failure that ended it. */
int kpc_reading_check(struct kpc_reader *reader, enum kpc_reading reading);
/* 1: @load is good; 0: it can't be read, and is counted; or a negative errno. */
int kpc_reading_check_load(struct kpc_reader *reader, const struct kpc_job *job,
			   const struct kpc_load *load);
/* Loads the chunks that may have selected rows ahead, in the order of @compare. */
int kpc_reading_make_jobs(struct kpc_reader *reader, enum kpc_rows_want want,
			  int (*compare)(const void *, const void *));
int kpc_reading_by_need(const void *left, const void *right);
int kpc_reading_by_offset(const void *left, const void *right);
/* Of an event, and one: never none. */
size_t kpc_reading_most_fields(const struct kpc_reader *reader);

/* Those that are about the rows, or the tables, of the current trace. */
void kpc_roworder_uninit(struct kpc_reader *reader);
void kpc_readtables_uninit(struct kpc_reader *reader);

#endif /* KPC_READING_H */
