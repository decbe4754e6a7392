/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * definition - a probe's definition as people write it, as the module takes it
 *
 * The module knows the grammar of kprobe_events: registers, offsets, $arg1. On top
 * of that, an argument may be a path of names, resolved by the kernel's BTF:
 *
 *   p vfs_write count file->f_path.dentry->d_name.name
 *   p sys_openat filename flags
 *   r vfs_read ret=$retval file->f_inode->i_ino
 *
 * and $args is all arguments, by their names.
 */
#ifndef KPC_DEFINITION_H
#define KPC_DEFINITION_H

#include "prototype.h"

struct kpc_definition_opts {
	struct kpc_kernel_btf *btf;
	const char *kallsyms;
	const char *tracefs; /* NULL: it is looked for */
};

/* The definition's target, within its text. */
struct kpc_target_name {
	const char *at;	    /* NULL: it has none */
	size_t bytes;	    /* of the symbol, without its module and offset */
	const char *module; /* or NULL */
	size_t module_bytes;
	bool is_return; /* r, or %return */
	bool has_offset;
};

/* Finds it in @text; an address is a target without a symbol: @at is NULL. */
void kpc_definition_target(const char *text, struct kpc_target_name *target);

/*
 * Appends the definition @text to @out with its paths resolved; what it doesn't
 * know stays, for the module to judge. 0, -EINVAL, -ENOENT or -ENODATA (no BTF)
 * with the reason, or -ENOMEM.
 */
int kpc_definition_expand(const struct kpc_definition_opts *opts,
			  const char *text, struct kpc_buf *out, char *error,
			  size_t error_size);

/*
 * Appends " file=$arg1:x64 …", all arguments of @function that are known, to @out;
 * nothing if none is. @module: whose it is, "" for the kernel's own.
 */
void kpc_definition_args(const struct kpc_definition_opts *opts,
			 const char *function, const char *module,
			 struct kpc_buf *out);

/* Puts $args into the definition @text, before its condition if it has one. */
void kpc_definition_all_args(struct kpc_buf *text);

#endif /* KPC_DEFINITION_H */
