// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "json.h"
#include "programs.h"

static const char *name_of(const struct kpc_program_account *program)
{
	return *program->name ? program->name : "<...>";
}

void programs_text(struct text *out, const struct account *account)
{
	const struct kpc_event_account *a = account->ledger;

	for (uint32_t i = 0; a && i < a->nr_programs; i++) {
		text_word(out, account->event->name);
		text_string(out, ": the BPF program ");
		text_word(out, name_of(&a->programs[i]));
		text_printf(out,
			    " (id %u, cookie %#" PRIx64 ") ran %" PRIu64
			    " times\n",
			    a->programs[i].id, a->programs[i].cookie,
			    a->programs[i].runs);
	}
}

static void program_json(struct text *out,
			 const struct kpc_program_account *program)
{
	bool first = true;

	text_char(out, '{');
	json_u64(out, &first, "id", program->id);
	json_text(out, &first, "name", program->name);
	json_u64(out, &first, "cookie", program->cookie);
	json_u64(out, &first, "runs", program->runs);
	text_char(out, '}');
}

void programs_json(struct text *out, bool *first, const struct account *account)
{
	const struct kpc_event_account *a = account->ledger;
	bool first_member = true;

	if (!a || (!a->nr_programs && !a->probe.bpf_runs))
		return;
	json_key(out, first, "bpf");
	text_char(out, '{');
	json_u64(out, &first_member, "runs", a->probe.bpf_runs);
	json_u64(out, &first_member, "filtered", a->probe.filtered_bpf);
	json_u64(out, &first_member, "busy", a->probe.bpf_busy);
	json_key(out, &first_member, "programs");
	text_char(out, '[');
	for (uint32_t i = 0; i < a->nr_programs; i++) {
		text_string(out, i ? "," : "");
		program_json(out, &a->programs[i]);
	}
	text_string(out, "]}");
}
