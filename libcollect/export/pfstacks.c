// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "callframe.h"
#include "pfstacks.h"

void kpc_pf_stacks_uninit(struct kpc_pf_stacks *stacks)
{
	kpc_buf_uninit(&stacks->key);
	kpc_buf_uninit(&stacks->frames);
}

/* ---- frames -------------------------------------------------------------- */

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static uint64_t function_name(struct kpc_pf *pf,
			      const struct kpc_callframe *frame)
{
	char name[256];

	if (*frame->name)
		return kpc_pf_name(pf, PF_INTERNED_FUNCTION_NAMES, frame->name);
	if (*frame->file)
		snprintf(name, sizeof(name), "%.200s+0x%" PRIx64,
			 base_of(frame->file), frame->offset);
	else
		snprintf(name, sizeof(name), "0x%" PRIx64, frame->address);
	return kpc_pf_name(pf, PF_INTERNED_FUNCTION_NAMES, name);
}

/* Of the kernel itself, one of its modules, or a program. 0: not known. */
static uint64_t mapping(struct kpc_pf *pf, const struct kpc_callframe *frame)
{
	const char *path = frame->file;
	uint64_t key[2] = { 0 };
	uint64_t number;
	size_t begin;
	bool added;

	if (frame->is_kernel && !*path)
		path = "[kernel.kallsyms]";
	if (!*path)
		return 0;
	key[0] = kpc_pf_name(pf, PF_INTERNED_MAPPING_PATHS, path);
	if (frame->build_id_bytes)
		key[1] = kpc_pf_bytes(pf, PF_INTERNED_BUILD_IDS,
				      frame->build_id, frame->build_id_bytes);
	number = kpc_pf_number(pf, PF_INTERNED_MAPPINGS, key, sizeof(key),
			       &added);
	if (!added)
		return number;
	begin = kpc_wire_begin(&pf->interned, PF_INTERNED_MAPPINGS);
	kpc_wire_add_varint(&pf->interned, PF_ENTRY_IID, number);
	kpc_wire_add_varint(&pf->interned, PF_MAPPING_PATH, key[0]);
	if (key[1])
		kpc_wire_add_varint(&pf->interned, PF_MAPPING_BUILD_ID, key[1]);
	kpc_wire_end(&pf->interned, begin);
	return number;
}

/* Where it is in the file that a debugger would look at. */
static uint64_t place(const struct kpc_callframe *frame)
{
	if (frame->is_kernel || !frame->map_bytes)
		return frame->address;
	return frame->address - frame->map_start + frame->map_offset;
}

static uint64_t frame_number(struct kpc_pf *pf,
			     const struct kpc_callframe *frame)
{
	uint64_t key[3] = { function_name(pf, frame), mapping(pf, frame),
			    place(frame) };
	uint64_t number;
	size_t begin;
	bool added;

	number =
		kpc_pf_number(pf, PF_INTERNED_FRAMES, key, sizeof(key), &added);
	if (!added)
		return number;
	begin = kpc_wire_begin(&pf->interned, PF_INTERNED_FRAMES);
	kpc_wire_add_varint(&pf->interned, PF_ENTRY_IID, number);
	kpc_wire_add_varint(&pf->interned, PF_FRAME_FUNCTION_NAME, key[0]);
	if (key[1])
		kpc_wire_add_varint(&pf->interned, PF_FRAME_MAPPING, key[1]);
	kpc_wire_add_varint(&pf->interned, PF_FRAME_REL_PC, key[2]);
	kpc_wire_end(&pf->interned, begin);
	return number;
}

/* ---- chains -------------------------------------------------------------- */

/* The same addresses are the same functions in one program of one process. */
static void set_key(struct kpc_buf *key, const struct kpc_row *row)
{
	kpc_buf_reset(key);
	kpc_buf_add(key, &row->info, sizeof(row->info));
	kpc_buf_add(key, &row->pid, sizeof(row->pid));
	kpc_buf_add(key, row->comm, strlen(row->comm) + 1);
	kpc_buf_add(key, row->stack, row->stack_depth * sizeof(*row->stack));
}

static void add_frames(struct kpc_pf_stacks *stacks, const struct kpc_row *row)
{
	struct kpc_callframes walk = { stacks->x, row };
	struct kpc_callframe frame;

	kpc_buf_reset(&stacks->frames);
	while (kpc_callframes_next(&walk, &frame)) {
		uint64_t number = frame_number(stacks->pf, &frame);

		kpc_buf_add(&stacks->frames, &number, sizeof(number));
	}
}

/* Outermost first, as Perfetto has it. */
static void add_stack(struct kpc_pf_stacks *stacks, uint64_t number)
{
	struct kpc_buf *buf = &stacks->pf->interned;
	size_t at = stacks->frames.used;
	size_t begin = kpc_wire_begin(buf, PF_INTERNED_CALLSTACKS);
	uint64_t frame;

	kpc_wire_add_varint(buf, PF_ENTRY_IID, number);
	while (at) {
		at -= sizeof(frame);
		memcpy(&frame, stacks->frames.data + at, sizeof(frame));
		kpc_wire_add_varint(buf, PF_CALLSTACK_FRAMES, frame);
	}
	kpc_wire_end(buf, begin);
}

uint64_t kpc_pf_stack(struct kpc_pf_stacks *stacks, const struct kpc_row *row)
{
	struct kpc_pf *pf = stacks->pf;
	uint64_t number;
	bool added;

	if (!row->stack_depth)
		return 0;
	set_key(&stacks->key, row);
	if (stacks->key.error)
		return 0;
	number = kpc_pf_number(pf, PF_INTERNED_CALLSTACKS, stacks->key.data,
			       stacks->key.used, &added);
	if (added) {
		add_frames(stacks, row);
		add_stack(stacks, number);
	}
	return number;
}
