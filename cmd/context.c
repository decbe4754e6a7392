// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>

#include "context.h"
#include "json.h"

/* ---- report -------------------------------------------------------------- */

static void machine_text(struct text *text, const struct kpc_host_info *host)
{
	const char *between = "";

	text_string(text, "machine: ");
	if (*host->os_release) {
		text_escaped(text, (const uint8_t *)host->os_release,
			     strlen(host->os_release), "");
		between = ", ";
	}
	if (*host->cpu_model) {
		text_string(text, between);
		text_escaped(text, (const uint8_t *)host->cpu_model,
			     strlen(host->cpu_model), "");
		between = ", ";
	}
	if (host->cpus_possible)
		text_printf(text, "%s%u CPUs (%u cores, %u NUMA nodes)",
			    between, host->cpus_possible, host->cpu_cores,
			    host->numa_nodes);
	text_printf(text, ", %.1f GiB", host->memory_bytes / 1073741824.0);
	if (host->kernel_build_id_bytes) {
		text_string(text, ", kernel build-id ");
		text_hex_bytes(text, host->kernel_build_id,
			       host->kernel_build_id_bytes);
	}
	text_char(text, '\n');
}

static bool has_any(const struct kpc_context_info *c)
{
	return c->symbols || c->symbols_denied || c->modules || c->ksymbols ||
	       c->text_pokes || c->maps || c->cgroups;
}

void context_text(struct text *text, const struct kpc_trace_info *info,
		  const struct kpc_context_info *c)
{
	if (info->host->memory_bytes)
		machine_text(text, info->host);
	if (!has_any(c))
		return;
	text_printf(text,
		    "context: %" PRIu64 " kernel symbols%s, %" PRIu64
		    " modules (%" PRIu64 " with build-ids), %" PRIu64
		    " mappings (%" PRIu64 " with build-ids)",
		    c->symbols,
		    c->symbols_denied ?
			    " (hidden from the collector by kptr_restrict)" :
			    "",
		    c->modules, c->modules_with_build_id, c->maps,
		    c->maps_with_build_id);
	if (c->ksymbols || c->text_pokes)
		text_printf(text,
			    ", %" PRIu64 " BPF and other symbols that came or "
			    "went, %" PRIu64 " text patches",
			    c->ksymbols, c->text_pokes);
	if (c->cgroups)
		text_printf(text, ", %" PRIu64 " control groups", c->cgroups);
	if (c->symbols_lost || c->maps_lost)
		text_printf(text,
			    "; left out: %" PRIu64 " addresses, %" PRIu64
			    " mappings",
			    c->symbols_lost, c->maps_lost);
	text_char(text, '\n');
}

static void host_json(struct text *text, const struct kpc_host_info *host)
{
	bool first = true;

	text_char(text, '{');
	json_text(text, &first, "os_release", host->os_release);
	json_text(text, &first, "kernel_options", host->kernel_options);
	json_text(text, &first, "cpu_model", host->cpu_model);
	json_text(text, &first, "clocksource", host->clocksource);
	json_text(text, &first, "hypervisor", host->hypervisor);
	json_key(text, &first, "kernel_build_id");
	text_char(text, '"');
	text_hex_bytes(text, host->kernel_build_id,
		       host->kernel_build_id_bytes);
	text_char(text, '"');
	json_key(text, &first, "boot_id");
	text_char(text, '"');
	text_hex_bytes(text, host->boot_id, sizeof(host->boot_id));
	text_char(text, '"');
	json_u64(text, &first, "cpus_possible", host->cpus_possible);
	json_u64(text, &first, "cpu_sockets", host->cpu_sockets);
	json_u64(text, &first, "cpu_cores", host->cpu_cores);
	json_u64(text, &first, "numa_nodes", host->numa_nodes);
	json_u64(text, &first, "memory_bytes", host->memory_bytes);
	if (host->kptr_restrict != INT32_MIN) {
		json_key(text, &first, "perf_event_paranoid");
		text_s64(text, host->perf_event_paranoid);
		json_key(text, &first, "kptr_restrict");
		text_s64(text, host->kptr_restrict);
	}
	text_char(text, '}');
}

void context_json(struct text *text, bool *first,
		  const struct kpc_trace_info *info,
		  const struct kpc_context_info *c)
{
	bool inner = true;

	json_key(text, first, "host");
	host_json(text, info->host);
	json_key(text, first, "context");
	text_char(text, '{');
	json_u64(text, &inner, "symbols", c->symbols);
	json_u64(text, &inner, "symbols_lost", c->symbols_lost);
	json_bool(text, &inner, "symbols_denied", c->symbols_denied);
	json_u64(text, &inner, "modules", c->modules);
	json_u64(text, &inner, "modules_with_build_id",
		 c->modules_with_build_id);
	json_u64(text, &inner, "ksymbols", c->ksymbols);
	json_u64(text, &inner, "text_pokes", c->text_pokes);
	json_u64(text, &inner, "cgroups", c->cgroups);
	json_u64(text, &inner, "cgroups_lost", c->cgroups_lost);
	json_u64(text, &inner, "maps", c->maps);
	json_u64(text, &inner, "maps_with_build_id", c->maps_with_build_id);
	json_u64(text, &inner, "maps_lost", c->maps_lost);
	json_u64(text, &inner, "clock_snapshots", c->clock_snapshots);
	text_char(text, '}');
}

/* ---- frames -------------------------------------------------------------- */

static void offset_text(struct text *text, const char *name, uint64_t offset)
{
	text_char(text, ' ');
	text_word(text, name);
	text_char(text, '+');
	text_hex(text, offset);
}

static void kernel_frame(struct text *text, const struct kpc_row *row,
			 uint64_t address)
{
	struct kpc_kernel_symbol symbol;

	if (kpc_trace_symbol(row->info, address, row->time_ns, &symbol))
		return;
	/* Where only the module is known, the offset is from its start. */
	offset_text(text, *symbol.name ? symbol.name : symbol.module,
		    symbol.offset);
	if (!*symbol.module)
		return;
	text_string(text, " [");
	text_word(text, symbol.module);
	text_char(text, ']');
}

static void user_frame(struct text *text, const struct kpc_row *row,
		       uint64_t address)
{
	struct kpc_mapping mapping;

	if (!kpc_trace_map(row->info, row->pid, address, row->time_ns,
			   &mapping))
		offset_text(text, mapping.path, mapping.offset);
}

void context_frames(struct text *text, const struct kpc_row *row)
{
	bool kernel = false;

	for (uint32_t i = 0; i < row->stack_depth; i++) {
		uint64_t address = row->stack[i];

		if (address >= (uint64_t)PERF_CONTEXT_MAX) {
			kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
			continue;
		}
		text_char(text, '\t');
		text_hex(text, address);
		if (kernel)
			kernel_frame(text, row, address);
		else
			user_frame(text, row, address);
		text_char(text, '\n');
	}
}

/* ---- frames as JSON ------------------------------------------------------ */

static void kernel_members(struct text *text, const struct kpc_row *row,
			   uint64_t address)
{
	struct kpc_kernel_symbol symbol;
	bool first = false;

	if (kpc_trace_symbol(row->info, address, row->time_ns, &symbol))
		return;
	if (*symbol.name)
		json_text(text, &first, "symbol", symbol.name);
	if (*symbol.module)
		json_text(text, &first, "module", symbol.module);
	json_u64(text, &first, "offset", symbol.offset);
}

static void user_members(struct text *text, const struct kpc_row *row,
			 uint64_t address)
{
	struct kpc_mapping mapping;
	bool first = false;

	if (kpc_trace_map(row->info, row->pid, address, row->time_ns, &mapping))
		return;
	json_text(text, &first, "file", mapping.path);
	json_u64(text, &first, "offset", mapping.offset);
}

void context_frames_json(struct text *text, const struct kpc_row *row,
			 bool with_names)
{
	const char *between = "";
	bool kernel = false;

	text_char(text, '[');
	for (uint32_t i = 0; i < row->stack_depth; i++) {
		uint64_t address = row->stack[i];

		if (address >= (uint64_t)PERF_CONTEXT_MAX) {
			kernel = address == (uint64_t)PERF_CONTEXT_KERNEL;
			continue;
		}
		text_string(text, between);
		between = ",";
		text_string(text, with_names ? "{\"address\":\"" : "\"");
		text_hex(text, address);
		text_char(text, '"');
		if (!with_names)
			continue;
		if (kernel)
			kernel_members(text, row, address);
		else
			user_members(text, row, address);
		text_char(text, '}');
	}
	text_char(text, ']');
}
