/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf - the BPF programs of a recording: the objects that they are in, loaded
 * with libbpf, the maps through which they give records, and the links that keep
 * them on probes
 */
#ifndef KPC_BPF_H
#define KPC_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <bpf/libbpf.h>

#include "bpflog.h"
#include "bpfmap.h"
#include "kprobex.h"

struct kpc_bpf_object {
	char *path; /* as it was written first */
	dev_t dev;
	ino_t ino;
	struct bpf_object *object;
};

/* One that was asked for. */
struct kpc_bpf_program {
	struct bpf_program *program;
	uint32_t object;
	uint64_t cookie;
	uint32_t id; /* the kernel's, once attached */
};

/* A probe that they go to. */
struct kpc_bpf_probe {
	uint32_t id;
	bool is_return;
	const char *name; /* of an event of it */
};

struct kpc_bpf {
	struct kpc_bpf_object *object;
	uint32_t nr_objects;
	struct kpc_bpf_program *program; /* in the order asked for */
	uint32_t nr_programs;
	struct kpc_bpfmaps maps;
	int *link; /* descriptors */
	uint32_t nr_links;
	struct kpc_bpflog log; /* the first two members are the caller's */
};

/*
 * Opens the objects of the --bpf strings @texts (NULL-terminated), each file
 * once, chooses the programs, and loads all that libbpf would of such an object:
 * programs may call each other. 0 or a negative errno with the reason; @bpf is
 * for kpc_bpf_uninit() in any case.
 */
int kpc_bpf_load(struct kpc_bpf *bpf, const char *const *texts, char *error,
		 size_t error_size);
/*
 * Attaches them to the @nr probes, all different. With programs for entries and
 * for returns, and probes of both kinds, each goes to its kind; otherwise each
 * goes to every probe.
 */
int kpc_bpf_attach(struct kpc_bpf *bpf, const struct kpc_kprobex *k,
		   const struct kpc_bpf_probe *probes, uint32_t nr, char *error,
		   size_t error_size);
/*
 * The kernel keeps 15 bytes of a program's name: gives those of @programs that
 * are ours the whole one. 0 or -ENOMEM.
 */
int kpc_bpf_name(const struct kpc_bpf *bpf,
		 struct kpc_program_account *programs, uint32_t nr);
/* Takes them off the probes. */
void kpc_bpf_detach(struct kpc_bpf *bpf);
void kpc_bpf_uninit(struct kpc_bpf *bpf);

/* The section is for the return of a function. */
bool kpc_bpf_is_return(const char *section);
/* The section is for a probe of the kernel: kprobe, kretprobe, ksyscall, … */
bool kpc_bpf_is_for_probes(const char *section);

#endif /* KPC_BPF_H */
