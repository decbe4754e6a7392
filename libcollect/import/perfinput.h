/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfinput - the records of a perf.data, one after the other, be they compressed or
 * not; and its sections, which a file has and a pipe hasn't
 */
#ifndef KPC_PERFINPUT_H
#define KPC_PERFINPUT_H

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "input.h"

#define KPC_PERFINPUT_FEATURES 64u	   /* that are known of 256 */
#define KPC_PERFINPUT_SECTION  (64u << 20) /* bytes that are read of one */

struct kpc_perfsection {
	uint64_t offset;
	uint64_t bytes;
};

struct kpc_perfinput {
	struct kpc_input input;
	bool is_pipe;
	bool is_cut;	     /* it ends before it says, or in a record */
	bool is_damaged;     /* what followed couldn't be read */
	uint64_t attr_bytes; /* of an attr and where its ids are */
	struct kpc_perfsection attrs;
	uint64_t feature_bits;
	struct kpc_perfsection feature[KPC_PERFINPUT_FEATURES];
	uint64_t at; /* of the next record */
	uint64_t end;
	uint64_t aux_bytes; /* that were passed over */

	/* of compressed records */
	struct kpc_buf packed; /* the last one's, as far as it isn't unpacked */
	size_t packed_at;
	struct kpc_buf plain; /* unpacked, and not given yet */
	size_t plain_at;
	bool has_more; /* there was no room for all that was unpacked */
	void *stream;

	uint64_t *record; /* room for the longest */
};

/*
 * As kpc_input_open(); -EBADMSG: it is no perf.data, or one of another byte order, with
 * the reason. @in is for close in any case.
 */
int kpc_perfinput_open(struct kpc_perfinput *in, const char *path,
		       struct kpc_headway *headway, char *error,
		       size_t error_size);
/*
 * The next record, whole, valid until the next call. 1; 0: that was the last; or a
 * negative errno. Compressed ones are taken apart, what is AUX data is passed over.
 */
int kpc_perfinput_next(struct kpc_perfinput *in,
		       const struct perf_event_header **record);
/*
 * Reads a section, or as much of it as there is; at most KPC_PERFINPUT_SECTION bytes.
 * 0 or a negative errno.
 */
int kpc_perfinput_section(struct kpc_perfinput *in,
			  const struct kpc_perfsection *section,
			  struct kpc_buf *buf);
/* In a pipe: so many bytes that follow the record given last. */
int kpc_perfinput_behind(struct kpc_perfinput *in, uint64_t bytes,
			 struct kpc_buf *buf);
void kpc_perfinput_close(struct kpc_perfinput *in);

#endif /* KPC_PERFINPUT_H */
