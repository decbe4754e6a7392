/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prototype - what the kernel's BTF says of a function: its arguments and types
 *
 * No debug information is needed: the kernel has its BTF, and each module its own
 * on top of that, in /sys/kernel/btf.
 */
#ifndef KPC_PROTOTYPE_H
#define KPC_PROTOTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>

#include "buf.h"

#define KPC_PROTOTYPE_ARGS 12 /* of a function, at most */
#define KPC_ARGUMENT_NAME  56

/* Zeroed is fine; a kernel's is read when it's first needed. */
struct kpc_kernel_btf {
	const char *dir; /* NULL: /sys/kernel/btf */
	struct btf *vmlinux;
	uint32_t *index; /* vmlinux' functions by name, or NULL */
	uint32_t nr_index;
	struct btf *module;	  /* the last one that was asked for, */
	char *module_name;	  /* and its name */
	struct btf_dump *dump;	  /* that printed last, */
	const struct btf *dumped; /* of this */
	struct kpc_buf *dump_to;
};

void kpc_kernel_btf_uninit(struct kpc_kernel_btf *kernel);
/* The kernel's own, or NULL if it can't be read. */
const struct btf *kpc_kernel_btf_own(struct kpc_kernel_btf *kernel);
/* For who asks for many functions: sorts them. What fails is found out later. */
void kpc_kernel_btf_index(struct kpc_kernel_btf *kernel);

struct kpc_argument {
	char name[KPC_ARGUMENT_NAME]; /* the BTF's; argN if it has none */
	uint32_t type;
	uint32_t number; /* $argN of its first word, from 1 */
	uint32_t words;	 /* of 8 bytes, that many from there */
};

struct kpc_prototype {
	const struct btf *btf; /* the kernel's */
	uint32_t id;	       /* of its BTF_KIND_FUNC_PROTO */
	uint32_t returns;      /* type; 0: void */
	struct kpc_argument args[KPC_PROTOTYPE_ARGS];
	uint32_t nr;
	bool variadic;
};

/*
 * Finds the function called @name; @module: whose it is, NULL for the kernel's
 * own. Valid as long as @kernel, and until another module is asked for. -ENOENT
 * its BTF has none of the name; -ENODATA there is no BTF; -EINVAL functions of the
 * name differ, or one has more arguments than this is for; with the reason.
 */
int kpc_prototype_find(struct kpc_kernel_btf *kernel, const char *name,
		       const char *module, struct kpc_prototype *prototype,
		       char *error, size_t error_size);

/* The argument called that, or NULL. */
const struct kpc_argument *
kpc_prototype_argument(const struct kpc_prototype *prototype, const char *name,
		       size_t bytes);

/*
 * Appends what a definition has for all arguments, as " file=$arg1:x64
 * count=$arg3:u64"; a struct in two registers is NAME and NAME_2, one in memory is
 * left out.
 */
void kpc_prototype_args(const struct kpc_prototype *prototype,
			struct kpc_buf *text);
/* Appends it as C has it: "ssize_t vfs_write(struct file *file, …)". */
void kpc_prototype_print(struct kpc_kernel_btf *kernel,
			 const struct kpc_prototype *prototype,
			 const char *name, struct kpc_buf *text);

/* Without typedefs and qualifiers; NULL if it makes no sense. */
const struct btf_type *kpc_btf_strip(const struct btf *btf, uint32_t id);
/*
 * What a definition calls a number of that type: u8 to u64, s8 to s64, be16 and be32
 * for what the kernel declares so, x64 for a pointer; NULL if it is none.
 */
const char *kpc_btf_fetch_type(const struct btf *btf, uint32_t id);

#endif /* KPC_PROTOTYPE_H */
