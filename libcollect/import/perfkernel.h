/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perfkernel - the kernel's symbols for a perf.data, which hasn't got them: from the
 * running kernel, if that is the one that was recorded and hasn't been booted since
 */
#ifndef KPC_PERFKERNEL_H
#define KPC_PERFKERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "addresses.h"
#include "perfmeta.h"
#include "writer.h"

/* @text: where the symbol that perf refers to was; 0: not known. */
bool kpc_perfkernel_is_ours(const struct kpc_perfmeta *meta, uint64_t text);
/* Looks the addresses up, and writes what they are. 0 or a negative errno. */
int kpc_perfkernel_write(struct kpc_writer *writer,
			 struct kpc_addresses *addresses, uint64_t time_ns);

#endif /* KPC_PERFKERNEL_H */
