// SPDX-License-Identifier: GPL-2.0-only
/* lookups.c - what a trace knows besides rows: see "context" in collect.h */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "collect.h"
#include "trace.h"

/* Every info that callers have is a trace's. */
static struct kpc_trace *trace_of(const struct kpc_trace_info *info)
{
	return (struct kpc_trace *)((char *)info -
				    offsetof(struct kpc_trace, info));
}

int kpc_trace_symbol(const struct kpc_trace_info *info, uint64_t address,
		     uint64_t time_ns, struct kpc_kernel_symbol *symbol)
{
	if (!kpc_symtab_find(&trace_of(info)->symtab, address, time_ns, symbol))
		return -ENOENT;
	if (!*symbol->module) {
		symbol->build_id = info->host->kernel_build_id;
		symbol->build_id_bytes = info->host->kernel_build_id_bytes;
	}
	return 0;
}

int kpc_trace_map(const struct kpc_trace_info *info, uint32_t pid,
		  uint64_t address, uint64_t time_ns,
		  struct kpc_mapping *mapping)
{
	return kpc_maptab_find(&trace_of(info)->maptab, pid, address, time_ns,
			       mapping) ?
		       0 :
		       -ENOENT;
}

int kpc_trace_thread(const struct kpc_trace_info *info, uint32_t tid,
		     uint64_t time_ns, struct kpc_thread_info *thread)
{
	const struct kpc_task *task =
		kpc_tasks_find(&trace_of(info)->tasks, tid, time_ns);

	if (!task)
		return -ENOENT;
	*thread = (struct kpc_thread_info){ task->pid, task->comm };
	return 0;
}

int kpc_trace_realtime(const struct kpc_trace_info *info, uint64_t time_ns,
		       int64_t *realtime_ns)
{
	if (!info->has_realtime)
		return -ENOENT;
	*realtime_ns = kpc_clockmap_realtime(&trace_of(info)->clocks, time_ns);
	return 0;
}

const struct kpc_ledger *kpc_trace_ledger(const struct kpc_trace_info *info)
{
	const struct kpc_trace *trace = trace_of(info);

	return trace->has_ledger ? &trace->ledger : NULL;
}

const struct kpc_clockmap *kpc_trace_clocks(const struct kpc_trace_info *info)
{
	return &trace_of(info)->clocks;
}

const struct kpc_lives *kpc_trace_lives(const struct kpc_trace_info *info)
{
	return &trace_of(info)->lives;
}

int kpc_trace_context(const struct kpc_trace_info *trace_info,
		      struct kpc_context_info *context)
{
	const struct kpc_trace *trace = trace_of(trace_info);
	const struct kpc_symtab *s = &trace->symtab;
	const struct kpc_maptab *m = &trace->maptab;
	struct kpc_context_info info = { .size = context->size };

	if (context->size < sizeof(context->size))
		return -EINVAL;
	info.symbols = s->symbols.nr;
	info.symbols_denied = s->denied;
	info.symbols_lost = s->lost;
	info.modules = s->nr_modules;
	for (uint32_t i = 0; i < s->nr_modules; i++)
		info.modules_with_build_id += s->module[i].build_id_bytes != 0;
	info.ksymbols = s->ksymbols.nr;
	info.text_pokes = s->text_pokes;
	info.maps = m->nr;
	info.maps_lost = m->lost;
	for (uint32_t i = 0; i < m->nr; i++)
		info.maps_with_build_id +=
			m->file[m->entry[i].file].build_id_bytes != 0;
	info.clock_snapshots = trace->nr_clocks;
	info.cgroups = trace->cgroups.nr;
	info.cgroups_lost = trace->cgroups.lost;
	memset(context, 0, context->size);
	memcpy(context, &info,
	       info.size < sizeof(info) ? info.size : sizeof(info));
	return 0;
}
