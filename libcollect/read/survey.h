/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * survey - all that is in a file: its traces, its good packets, its damage
 */
#ifndef KPC_SURVEY_H
#define KPC_SURVEY_H

#include "collect.h"
#include "load.h"
#include "scan.h"

struct kpc_place { /* a good packet */
	uint64_t offset;
	uint32_t bytes;
	uint32_t kind; /* the field of Head that it has */
	const struct kpc_trace *trace;
	const struct kpc_chunk *chunk; /* NULL: none, or one that can't count */
	bool is_bad;		       /* a chunk that can't be decoded */
	bool is_listed;		       /* in an Index */
};

/* Zeroed is empty. */
struct kpc_survey {
	const char *name;	     /* borrowed */
	struct kpc_headway *headway; /* borrowed */
	struct kpc_input input;
	struct kpc_decompressor *decompressor;
	struct kpc_verify_result result;
	struct kpc_trace **traces;
	uint32_t nr_traces;
	struct kpc_place *places; /* in the file's order */
	uint64_t nr_places;
	uint64_t room;
	uint64_t done_bytes;   /* of chunks that were decoded */
	struct kpc_buf packet; /* of kpc_survey_head() */
};

/*
 * Looks at every packet, and decodes every chunk, in threads. The result is
 * complete then. 0, or as kpc_reader_open(), with the text in @error.
 */
int kpc_survey_run(struct kpc_survey *survey, const char *path,
		   struct kpc_headway *headway, char *error, size_t error_size);
/*
 * Where in survey->places those of @trace begin, and end; those of a few others
 * may be between.
 */
void kpc_survey_range(const struct kpc_survey *survey,
		      const struct kpc_trace *trace, uint64_t *from,
		      uint64_t *to);
/* Reads a good packet again; its bytes are in survey->packet. */
int kpc_survey_packet(struct kpc_survey *survey, const struct kpc_place *place,
		      struct kpc_packet *packet);
void kpc_survey_uninit(struct kpc_survey *survey);

#endif /* KPC_SURVEY_H */
