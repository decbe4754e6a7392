/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * facts - what the checks have in common: who we are, where, with which limits,
 * and the files that tell the rest
 */
#ifndef KPC_FACTS_H
#define KPC_FACTS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Newer than some headers. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

struct kpc_facts {
	const char *root; /* "" but in tests: where /proc and so on are */
	bool is_live;	  /* … and the running kernel may be asked, too */
	const char *sudo; /* before a command that takes root: "sudo ", or "" */
	char release[128];
	char machine[65];
	uint64_t caps;	   /* effective ones, of the machine's: 1 << CAP_… */
	bool in_namespace; /* those we have are of a user namespace's */
	bool in_container;
	bool is_filtered;	/* a seccomp filter may refuse system calls */
	uint64_t memlock_bytes; /* soft limits; UINT64_MAX: none */
	uint64_t files;
	uint64_t files_most; /* the hard one */
	uint64_t rtprio;
	uint32_t cpus; /* that are online */
};

/* What can't be read is as if there were none. @root borrowed. */
void kpc_facts_read(struct kpc_facts *facts, const char *root);

static inline bool kpc_facts_can(const struct kpc_facts *facts, int cap)
{
	return facts->caps >> cap & 1;
}

/* CAP_SYS_ADMIN has all that CAP_PERFMON has. */
static inline bool kpc_facts_can_probe(const struct kpc_facts *facts)
{
	return kpc_facts_can(facts, CAP_PERFMON) ||
	       kpc_facts_can(facts, CAP_SYS_ADMIN);
}

/* @path below the root, in @full of PATH_MAX bytes, which it returns. */
const char *kpc_facts_path(const struct kpc_facts *facts, const char *path,
			   char *full);
bool kpc_facts_has(const struct kpc_facts *facts, const char *path);
/* 0 or a negative errno. */
int kpc_facts_number(const struct kpc_facts *facts, const char *path,
		     int64_t *number);
/* The file's first line, cut to @size. 0 or a negative errno. */
int kpc_facts_line(const struct kpc_facts *facts, const char *path, char *line,
		   size_t size);

#endif /* KPC_FACTS_H */
