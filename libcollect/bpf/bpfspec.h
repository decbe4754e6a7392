/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpfspec - what the strings of --bpf ask for
 *
 *   TEXT    = FILE [ ":" PROGRAM ] [ ",cookie=" NUMBER ]
 *   PROGRAM = the name of its section, such as kprobe/vfs_write, or of its
 *             function; none: all that are made for probes
 *   NUMBER  = decimal, or 0x and hexadecimal
 *
 * The first ":" behind ".o" ends the file's name, or the first of all if there
 * is no ".o".
 */
#ifndef KPC_BPFSPEC_H
#define KPC_BPFSPEC_H

#include <stddef.h>
#include <stdint.h>

struct kpc_bpfspec {
	char *path;
	char *program; /* or NULL */
	uint64_t cookie;
};

/* 0, -ENOMEM, or -EINVAL with the reason. For kpc_bpfspec_uninit() anyway. */
int kpc_bpfspec_parse(struct kpc_bpfspec *spec, const char *text, char *error,
		      size_t error_size);
void kpc_bpfspec_uninit(struct kpc_bpfspec *spec);

#endif /* KPC_BPFSPEC_H */
