// SPDX-License-Identifier: GPL-2.0-only
#include <capstone/capstone.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "probesite.h"

#define LINES	   6 /* instructions that are shown */
#define BYTES_MAX  (LINES * 15)
#define JUMP_BYTES 5 /* what a jump of the kernel's takes */

#define OPTIMIZATION "/proc/sys/debug/kprobes-optimization"

/* enum kpx_mode, as kpc_probe.mechanisms has them */
#define BY_RETURN (1u << 0)
#define BY_INT3	  (1u << 1)
#define BY_JUMP	  (1u << 2)
#define BY_FTRACE (1u << 3)

struct site {
	struct kpc_kernel_place place;
	int no_place; /* a negative errno: the place isn't known */
	uint8_t bytes[BYTES_MAX];
	int nr_bytes; /* or a negative errno */
};

static uint64_t address_of(const struct kpc_kernel_place *place)
{
	return place->start + place->offset;
}

static void find(struct site *s, const struct kpc_probe *probe)
{
	s->place.size = sizeof(s->place);
	s->no_place = kpc_probe_place(probe, &s->place);
	s->nr_bytes = s->no_place ? s->no_place :
				    kpc_kernel_text(address_of(&s->place),
						    s->bytes, sizeof(s->bytes));
}

/* ---- instructions -------------------------------------------------------- */

/* Calls @fn for each; false from it ends that. @nr: how many at most. */
static void disassemble(const struct site *s, size_t nr,
			bool (*fn)(void *ctx, csh handle, const cs_insn *insn),
			void *ctx)
{
	cs_insn *insn;
	csh handle;
	size_t got;

	if (s->nr_bytes <= 0 ||
	    cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
		return;
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	got = cs_disasm(handle, s->bytes, s->nr_bytes, address_of(&s->place),
			nr, &insn);
	for (size_t i = 0; i < got; i++)
		if (!fn(ctx, handle, &insn[i]))
			break;
	cs_free(insn, got);
	cs_close(&handle);
}

/* Where a direct call or jump leads; 0: it's something else. */
static uint64_t leads_to(csh handle, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;

	if (!cs_insn_group(handle, insn, CS_GRP_CALL) &&
	    !cs_insn_group(handle, insn, CS_GRP_JUMP))
		return 0;
	return x86->op_count == 1 && x86->operands[0].type == X86_OP_IMM ?
		       (uint64_t)x86->operands[0].imm :
		       0;
}

static void print_place(struct text *out, const struct kpc_kernel_place *place)
{
	text_string(out, place->symbol);
	if (place->offset)
		text_printf(out, "+%#" PRIx64, place->offset);
	if (*place->module)
		text_printf(out, " [%s]", place->module);
}

static void print_address(struct text *out, uint64_t address)
{
	struct kpc_kernel_place place = { .size = sizeof(place) };

	if (kpc_kernel_place(address, &place))
		text_printf(out, "%#" PRIx64 ", which has no name", address);
	else
		print_place(out, &place);
}

struct listing {
	struct text *out;
	const struct site *site;
	const struct kpc_probe *probe;
};

/* Behind it is the rest of what it was put over, which isn't code by itself. */
static bool is_patch(const struct site *s, const struct kpc_probe *probe,
		     const cs_insn *insn)
{
	return insn->id == X86_INS_INT3 ||
	       (probe->mechanisms & BY_JUMP &&
		insn->address == address_of(&s->place));
}

static bool print_instruction(void *ctx, csh handle, const cs_insn *insn)
{
	const struct listing *l = ctx;
	const struct kpc_kernel_place *place = &l->site->place;
	uint64_t to = leads_to(handle, insn);
	char bytes[3 * 15 + 1] = "";

	if (place->bytes && insn->address >= place->start + place->bytes)
		return false;
	for (size_t i = 0; i < insn->size && i < 15; i++)
		snprintf(bytes + 3 * i, 4, "%02x ", insn->bytes[i]);
	text_printf(l->out, "    +%#-6" PRIx64 " %-24s %s %s",
		    insn->address - place->start, bytes, insn->mnemonic,
		    insn->op_str);
	if (to) {
		text_string(l->out, "  # ");
		print_address(l->out, to);
	}
	text_char(l->out, '\n');
	return !is_patch(l->site, l->probe, insn);
}

/* ---- why not quicker ----------------------------------------------------- */

/* What the kernel would have to move elsewhere to put a jump there. */
struct window {
	size_t bytes;
	bool branches;
};

static bool look_at(void *ctx, csh handle, const cs_insn *insn)
{
	struct window *w = ctx;

	if (w->bytes >= JUMP_BYTES)
		return false;
	/* the int3 itself stands for what was there */
	if (w->bytes && (cs_insn_group(handle, insn, CS_GRP_CALL) ||
			 cs_insn_group(handle, insn, CS_GRP_JUMP) ||
			 cs_insn_group(handle, insn, CS_GRP_RET)))
		w->branches = true;
	w->bytes += insn->size;
	return true;
}

static bool is_off(const char *path)
{
	FILE *file = fopen(path, "re");
	int c = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	return c == '0';
}

static const char *why_int3(const struct site *s)
{
	struct window w = { 0 };

	if (is_off(OPTIMIZATION))
		return "no jump: jumps are off (sysctl "
		       "debug.kprobes-optimization=1 allows them)";
	if (s->place.bytes && s->place.offset + JUMP_BYTES > s->place.bytes)
		return "no jump: the function ends within the 5 bytes that it "
		       "takes";
	disassemble(s, LINES, look_at, &w);
	if (w.branches)
		return "no jump: the 5 bytes that it takes have another "
		       "instruction that branches";
	return "no jump: the kernel makes it within a second or not at all: a "
	       "jump that leads there, a branch by a register, an entry of the "
	       "exception table, or another probe forbids it";
}

static const char *why(const struct site *s, const struct kpc_probe *probe)
{
	if (probe->mechanisms & BY_INT3)
		return why_int3(s);
	if (probe->mechanisms & BY_JUMP)
		return "no ftrace: it calls at a function's first instruction "
		       "only";
	if (probe->mechanisms & BY_FTRACE)
		return "nothing is quicker";
	return NULL;
}

/* ---- the way of a hit ---------------------------------------------------- */

static bool print_step(void *ctx, csh handle, const cs_insn *insn)
{
	struct text *out = ctx;
	uint64_t to = leads_to(handle, insn);

	if (to) {
		text_printf(out, "%s ", insn->mnemonic);
		print_address(out, to);
		text_string(out, " -> ");
	} else if (insn->id == X86_INS_INT3) {
		text_string(out, "int3 -> the exception's handler -> ");
	}
	return false;
}

static const char *end_of(uint32_t mechanisms)
{
	if (mechanisms & BY_FTRACE)
		return "ftrace's callback";
	if (mechanisms & (BY_JUMP | BY_INT3))
		return "the kprobe's handler";
	if (mechanisms & BY_RETURN)
		return "a hook that has the function return to it";
	return "not to the module: no event is open";
}

static void print_path(struct text *out, const struct site *s,
		       const struct kpc_probe *probe)
{
	text_printf(out, "  %-14s ", "path");
	print_place(out, &s->place);
	text_string(out, ": ");
	disassemble(s, 1, print_step, out);
	text_string(out, end_of(probe->mechanisms));
	if (probe->mechanisms)
		text_string(out, " -> kprobex -> the events' rings");
	text_char(out, '\n');
}

/* ---- all ----------------------------------------------------------------- */

static const char *no_bytes(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return "it takes root, and no kernel lockdown";
	case -ENOENT:
		return "this kernel has no /proc/kcore";
	default:
		return "/proc/kcore doesn't have it";
	}
}

void probesite_print(struct text *out, const struct kpc_probe *probe, bool path)
{
	struct site s = { 0 };
	struct listing listing = { out, &s, probe };
	const char *reason;

	find(&s, probe);
	reason = why(&s, probe);
	if (reason)
		text_printf(out, "  %-14s %s\n", "", reason);
	text_printf(out, "  %-14s ", "site");
	if (s.no_place) {
		text_string(out, s.no_place == -EACCES ?
					 "the kernel hides its addresses: it "
					 "takes root (kernel.kptr_restrict)\n" :
					 "not in the kernel's symbols now\n");
		return;
	}
	text_printf(out, "%#" PRIx64 "  ", address_of(&s.place));
	print_place(out, &s.place);
	if (probe->targets > 1)
		text_printf(out, ", the first of %u", probe->targets);
	text_char(out, '\n');
	if (s.nr_bytes <= 0)
		text_printf(out, "    its code can't be shown: %s\n",
			    no_bytes(s.nr_bytes));
	disassemble(&s, LINES, print_instruction, &listing);
	if (path && s.nr_bytes > 0)
		print_path(out, &s, probe);
}

void probesite_json(struct text *out, bool *first,
		    const struct kpc_probe *probe)
{
	char bytes[2 * BYTES_MAX + 1] = "";
	struct site s = { 0 };
	const char *reason;

	find(&s, probe);
	if (s.no_place)
		return;
	json_u64(out, first, "address", address_of(&s.place));
	json_text(out, first, "symbol", s.place.symbol);
	if (*s.place.module)
		json_text(out, first, "module", s.place.module);
	json_u64(out, first, "offset", s.place.offset);
	for (int i = 0; i < s.nr_bytes; i++)
		snprintf(bytes + 2 * i, 3, "%02x", s.bytes[i]);
	if (*bytes)
		json_text(out, first, "code", bytes);
	reason = why(&s, probe);
	if (reason)
		json_text(out, first, "why", reason);
}
