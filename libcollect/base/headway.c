// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "fail.h"
#include "headway.h"

int kpc_headway_init(struct kpc_headway *headway,
		     const struct kpc_file_opts *opts, uint32_t files,
		     char *error, size_t error_size)
{
	struct kpc_file_opts known = { 0 };

	*headway = (struct kpc_headway){ 0 };
	if (!opts)
		return 0;
	if (opts->size < sizeof(opts->size))
		return kpc_fail(error, error_size, -EINVAL,
				"options without a size");
	memcpy(&known, opts,
	       opts->size < sizeof(known) ? opts->size : sizeof(known));
	headway->progress = known.progress;
	headway->ctx = known.progress_ctx;
	headway->so_far.size = sizeof(headway->so_far);
	headway->so_far.files = files;
	return 0;
}

void kpc_headway_stage(struct kpc_headway *headway, enum kpc_stage stage,
		       uint64_t bytes)
{
	struct kpc_progress *so_far = &headway->so_far;

	so_far->stage = stage;
	so_far->bytes = bytes;
	so_far->done_bytes = 0;
	so_far->rows = 0;
}
