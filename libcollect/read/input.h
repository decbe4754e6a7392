/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * input - a trace file's bytes, read through one window, or anywhere
 *
 * pread(2) and not mmap(2): a file that is cut while it is read then gives
 * short reads and no SIGBUS.
 */
#ifndef KPC_INPUT_H
#define KPC_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "headway.h"

struct kpc_input {
	int fd;
	uint64_t size;
	uint8_t *window;
	size_t room;
	bool is_sparse; /* what follows what is read isn't wanted */
	uint64_t at;	/* of the window in the file */
	size_t have;
};

/*
 * Opens @path; "-" and what can't seek is copied to a temporary file first, which
 * @headway is told. Fills @input in any case, for kpc_input_close().
 */
int kpc_input_open(struct kpc_input *input, const char *path,
		   struct kpc_headway *headway, char *error, size_t error_size);
/* Looks again how large the file is. 0 or a negative errno. */
int kpc_input_refresh(struct kpc_input *input);
/*
 * Points @data at @bytes bytes from @offset, or at as many as the file has.
 * Returns their number or a negative errno; valid until the next call.
 */
ssize_t kpc_input_read(struct kpc_input *input, uint64_t offset, size_t bytes,
		       const uint8_t **data);
/*
 * Reads @bytes from @offset, or as many as the file has, into @buf. Their number
 * or a negative errno. From any thread.
 */
ssize_t kpc_input_pread(const struct kpc_input *input, uint64_t offset,
			size_t bytes, uint8_t *buf);
void kpc_input_close(struct kpc_input *input);

#endif /* KPC_INPUT_H */
