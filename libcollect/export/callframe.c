// SPDX-License-Identifier: GPL-2.0-only
#include <linux/perf_event.h>

#include "callframe.h"

/*
 * A call may be the last instruction of a function that doesn't return: what is behind
 * it is another's, so the byte before is looked up.
 */
static void look_up_kernel(const struct kpc_callframes *frames,
			   struct kpc_callframe *frame, uint64_t back)
{
	const struct kpc_row *row = frames->row;
	struct kpc_kernel_symbol symbol;

	if (kpc_export_symbol(frames->x, row->info, frame->address - back,
			      row->time_ns, &symbol))
		return;
	frame->name = symbol.name;
	frame->file = symbol.module;
	frame->offset = symbol.offset + back;
	frame->build_id = symbol.build_id;
	frame->build_id_bytes = symbol.build_id_bytes;
}

static void look_up_user(const struct kpc_callframes *frames,
			 struct kpc_callframe *frame, uint64_t back)
{
	const struct kpc_row *row = frames->row;
	struct kpc_mapping mapping;
	const char *name;
	uint64_t offset;

	if (kpc_export_map(frames->x, row->info, row->pid,
			   frame->address - back, row->time_ns, &mapping))
		return;
	frame->file = mapping.path;
	name = kpc_export_function(frames->x, &mapping, &offset);
	frame->name = name ? name : "";
	frame->offset = (name ? offset : mapping.offset) + back;
	frame->build_id = mapping.build_id;
	frame->build_id_bytes = mapping.build_id_bytes;
	frame->map_start = mapping.start;
	frame->map_bytes = mapping.bytes;
	frame->map_offset =
		mapping.offset - (frame->address - back - mapping.start);
}

bool kpc_callframes_next(struct kpc_callframes *frames,
			 struct kpc_callframe *frame)
{
	const struct kpc_row *row = frames->row;
	uint64_t back;

	for (; frames->next < row->stack_depth; frames->next++) {
		uint64_t address = row->stack[frames->next];

		if (address < (uint64_t)PERF_CONTEXT_MAX)
			break;
		frames->is_kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
		frames->is_caller = false;
	}
	if (frames->next >= row->stack_depth)
		return false;
	*frame = (struct kpc_callframe){
		.address = row->stack[frames->next++],
		.is_kernel = frames->is_kernel,
		.name = "",
		.file = "",
	};
	back = frames->is_caller && frame->address;
	frames->is_caller = true;
	if (frame->is_kernel)
		look_up_kernel(frames, frame, back);
	else
		look_up_user(frames, frame, back);
	return true;
}
