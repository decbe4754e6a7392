/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perftell - tells perf what it has to know before a sample: threads' names, mappings
 * of user space, symbols of the kernel, cgroups' names; each once, until it is something
 * else
 *
 * Of the kernel's symbols perf is told by PERF_RECORD_KSYMBOL, each as an object of its
 * own: it takes no others from a file, but wants the kernel's image or kallsyms, which
 * another machine hasn't.
 */
#ifndef KPC_PERFTELL_H
#define KPC_PERFTELL_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"
#include "lives.h"
#include "names.h"
#include "perffile.h"
#include "perfknown.h"
#include "perfrecord.h"

#define KPC_PERF_CONTEXTS (-4095ull) /* and above: marks in call chains */

/* Zeroed but for @file it was told nothing. */
struct kpc_perftell {
	struct kpc_perffile *file; /* to which it writes */
	struct kpc_perfrecord record;
	struct kpc_perfknown known;
	struct kpc_names cgroups;
};

/* All return 0 or a negative errno. */

/*
 * Without any map of the kernel perf report warns that it was hidden from who recorded.
 * This one has no address that anything is at: symbols are told one by one.
 */
int kpc_perftell_kernel(struct kpc_perftell *t);
/* What a sample of @row needs, which happened at @ip, of @user space or the kernel. */
int kpc_perftell_row(struct kpc_perftell *t, struct kpc_export *x,
		     const struct kpc_row *row, uint64_t ip, bool user,
		     const struct kpc_perfrecord_trailer *trailer);
/*
 * perf has one name for an id, and the ids of several traces have nothing to do with
 * each other: a row's cgroup gets the id that is returned. 0: not known.
 */
int64_t kpc_perftell_cgroup(struct kpc_perftell *t, const struct kpc_row *row,
			    const struct kpc_perfrecord_trailer *trailer);
/* A thread began or ended, at @time_ns of the file. */
int kpc_perftell_life(struct kpc_perftell *t, const struct kpc_life *life,
		      uint64_t time_ns);
void kpc_perftell_uninit(struct kpc_perftell *t);

#endif /* KPC_PERFTELL_H */
