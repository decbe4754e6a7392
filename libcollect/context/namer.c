// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "namer.h"

#define FORMAT	  "%pS"
#define PAGE	  4096
#define NAMER_TAG "kpc_namer"

struct kpc_namer_cell {
	uint64_t address;
	char text[1016]; /* KSYM_NAME_LEN, a module, and numbers */
};

/* ---- open and close ------------------------------------------------------ */

static int make_maps(struct kpc_namer *n)
{
	LIBBPF_OPTS(bpf_map_create_opts, out, .map_flags = BPF_F_MMAPABLE);
	LIBBPF_OPTS(bpf_map_create_opts, format,
		    .map_flags = BPF_F_RDONLY_PROG);
	const uint32_t zero = 0;

	n->out_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NAMER_TAG, sizeof(zero),
				   sizeof(*n->cell), 1, &out);
	if (n->out_fd < 0)
		return -errno;
	n->cell = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       n->out_fd, 0);
	if (n->cell == MAP_FAILED) {
		n->cell = NULL;
		return -errno;
	}
	n->format_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NAMER_TAG,
				      sizeof(zero), sizeof(FORMAT), 1, &format);
	if (n->format_fd < 0 ||
	    bpf_map_update_elem(n->format_fd, &zero, FORMAT, 0) ||
	    bpf_map_freeze(n->format_fd))
		return -errno;
	return 0;
}

#define MOVE_IMMEDIATE(reg, value)                                     \
	{                                                              \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), \
		.imm = (value)                                         \
	}
/* A pointer to that byte of the map's only value. */
#define LOAD_VALUE(reg, map, byte)           \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, \
	  .dst_reg = (reg),                  \
	  .src_reg = BPF_PSEUDO_MAP_VALUE,   \
	  .imm = (map) },                    \
	{                                    \
		.imm = (byte)                \
	}

/* bpf_snprintf(text, sizeof(text), "%pS", &address, sizeof(address)) */
static int load_program(struct kpc_namer *n)
{
	const struct bpf_insn code[] = {
		LOAD_VALUE(BPF_REG_1, n->out_fd,
			   offsetof(struct kpc_namer_cell, text)),
		MOVE_IMMEDIATE(BPF_REG_2, sizeof(n->cell->text)),
		LOAD_VALUE(BPF_REG_3, n->format_fd, 0),
		LOAD_VALUE(BPF_REG_4, n->out_fd, 0),
		MOVE_IMMEDIATE(BPF_REG_5, sizeof(n->cell->address)),
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_snprintf },
		MOVE_IMMEDIATE(BPF_REG_0, 0),
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);

	n->program_fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, NAMER_TAG, "GPL",
				      code, sizeof(code) / sizeof(*code),
				      &opts);
	return n->program_fd < 0 ? -errno : 0;
}

int kpc_namer_open(struct kpc_namer *n)
{
	int err;

	*n = (struct kpc_namer){ -1, -1, -1, NULL };
	err = make_maps(n);
	return err ? err : load_program(n);
}

void kpc_namer_close(struct kpc_namer *n)
{
	if (n->cell)
		munmap(n->cell, PAGE);
	if (n->program_fd >= 0)
		close(n->program_fd);
	if (n->format_fd >= 0)
		close(n->format_fd);
	if (n->out_fd >= 0)
		close(n->out_fd);
	*n = (struct kpc_namer){ -1, -1, -1, NULL };
}

/* ---- names --------------------------------------------------------------- */

static bool take_text(char *out, size_t size, const char *text, size_t bytes)
{
	if (!bytes || bytes >= size)
		return false;
	memcpy(out, text, bytes);
	out[bytes] = '\0';
	return true;
}

int kpc_namer_parse(const char *text, uint64_t address, struct kpc_name *name)
{
	const char *plus = strstr(text, "+0x");
	unsigned long long offset;
	char *end;

	/* An address that isn't in a symbol is a number. */
	if (!plus ||
	    !take_text(name->name, sizeof(name->name), text, plus - text))
		return -ENOENT;
	offset = strtoull(plus + 3, &end, 16);
	if (strncmp(end, "/0x", 3) || offset > address)
		return -ENOENT;
	name->start = address - offset;
	name->bytes = strtoull(end + 3, &end, 16);
	name->module[0] = '\0';
	/* The last one's end is the kernel's, which may even be before it. */
	if (offset >= name->bytes || name->bytes > KPC_SYMBOL_MOST)
		return -ENOENT;
	if (!*end)
		return 0;
	return !strncmp(end, " [", 2) &&
			       take_text(name->module, sizeof(name->module),
					 end + 2, strcspn(end + 2, "] ")) ?
		       0 :
		       -ENOENT;
}

int kpc_namer_name(struct kpc_namer *n, uint64_t address, struct kpc_name *name)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	n->cell->address = address;
	n->cell->text[0] = '\0';
	if (bpf_prog_test_run_opts(n->program_fd, &opts))
		return -errno;
	n->cell->text[sizeof(n->cell->text) - 1] = '\0';
	return kpc_namer_parse(n->cell->text, address, name);
}
