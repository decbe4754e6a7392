// SPDX-License-Identifier: GPL-2.0-only
/*
 * One argument: [NAME=]FETCH[:TYPE]. Where kprobe_events finds an error, we
 * find it too, at the same byte.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/thread_info.h>

#include "parser.h"

/* As kprobe_events: 16 steps, of which the first and the last aren't ours. */
#define DEREFS_MAX  14
#define STACK_WORDS (THREAD_SIZE / sizeof(long))

/* A dereference that was opened: its inner text is what it applies to. */
struct level {
	s64 offset;
	bool is_user;
	struct kpx_slice inner;
};

/* One argument being parsed. */
struct draft {
	struct kpx_parser *p;
	struct kpx_spec_arg *arg;
	struct kpx_fetch_arg *fetch;
	struct kpx_slice type; /* as given; s is NULL if it isn't */
	struct kpx_slice body; /* the argument without its name */
	struct level levels[DEREFS_MAX + 2]; /* outermost first */
	unsigned int nr_levels;
};

static int fail(const struct draft *d, enum kpx_error_code code,
		struct kpx_slice at)
{
	return kpx_parser_fail(d->p, code, at);
}

/* ---- name ---------------------------------------------------------------- */

static bool is_reserved(struct kpx_slice name)
{
	static const char *const names[] = {
		"common_type",	 "common_flags",   "common_preempt_count",
		"common_pid",	 "common_tgid",	   "__probe_ip",
		"__probe_func",	 "__probe_ret_ip", "__weight",
		"__duration_ns", "__retval",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (kpx_slice_eq(name, names[i]))
			return true;
	return false;
}

static int set_name(const struct draft *d, struct kpx_slice name,
		    struct kpx_slice at)
{
	const struct kpx_spec_arg *other;

	if (name.len >= KPX_NAME_SIZE)
		return fail(d, KPX_ERR_ARG_NAME_TOO_LONG, at);
	if (is_reserved(name))
		return fail(d, KPX_ERR_RESERVED_ARG, at);
	for (other = d->p->spec->args; other < d->arg; other++)
		if (kpx_slice_eq(name, other->name))
			return fail(d, KPX_ERR_USED_ARG, at);
	memcpy(d->arg->name, name.s, name.len);
	d->arg->name[name.len] = '\0';
	return 0;
}

/* "arg" and @n, from 1, as kprobe_events names what has no name. */
static int set_auto_name(const struct draft *d, unsigned int n,
			 struct kpx_slice at)
{
	char name[KPX_NAME_SIZE];

	snprintf(name, sizeof(name), "arg%u", n);
	return set_name(d, kpx_slice(name, strlen(name)), at);
}

/* Takes NAME= off @token; the rest is the body. */
static int parse_name(struct draft *d, struct kpx_slice token)
{
	size_t equals = kpx_slice_find(token, '=');
	struct kpx_slice name = kpx_slice_sub(token, 0, equals);

	d->body = token;
	if (equals == token.len)
		return set_auto_name(d, d->p->spec->nr_args + 1, token);
	d->body = kpx_slice_sub(token, equals + 1, token.len);
	if (!name.len)
		return fail(d, KPX_ERR_NO_ARG_NAME, token);
	if (!kpx_slice_is_identifier(name))
		return fail(d, KPX_ERR_BAD_ARG_NAME, name);
	return set_name(d, name, name);
}

/* ---- type ---------------------------------------------------------------- */

static bool is_text(struct kpx_slice fetch)
{
	return kpx_slice_eq(fetch, "$comm") || kpx_slice_eq(fetch, "$COMM") ||
	       kpx_slice_starts(fetch, "\\\"");
}

/* Takes :TYPE off the body, which is left as *@fetch. */
static int parse_type(struct draft *d, struct kpx_slice *fetch)
{
	size_t colon = kpx_slice_find(d->body, ':');
	struct kpx_slice type = kpx_slice_sub(d->body, colon + 1, d->body.len);
	bool given = colon < d->body.len;

	if (!d->body.len)
		return fail(d, KPX_ERR_NO_FETCH, d->body);
	*fetch = kpx_slice_sub(d->body, 0, colon);
	if (given)
		d->type = type;
	if (is_text(*fetch)) {
		if (given && !kpx_slice_eq(type, "string"))
			return fail(d, KPX_ERR_NEED_STRING, type);
		type = kpx_slice("string", 6);
	} else if (!given) {
		d->arg->type.base = kpx_type_default();
		return 0;
	}
	return kpx_type_parse(d->p->text, type, &d->arg->type, d->p->err);
}

/* Where it goes in the record. */
static int place(struct draft *d)
{
	unsigned int bytes = d->arg->type.base->bytes;
	unsigned int start = ALIGN(d->p->end, bytes);
	unsigned int end = start + bytes * (d->arg->type.count ?: 1);

	if (end > KPX_RECORD_ARGS + KPX_STATIC_MAX)
		return fail(d, KPX_ERR_RECORD_TOO_BIG, d->body);
	d->fetch->offset = start;
	d->fetch->bytes = bytes;
	d->fetch->count = d->arg->type.count;
	d->fetch->is_signed = d->arg->type.base->is_signed;
	d->fetch->is_big = d->arg->type.base->kind == KPX_TYPE_BIG;
	d->p->end = end;
	return 0;
}

/* ---- what a chain begins with -------------------------------------------- */

static void set_reg(struct draft *d, const struct kpx_reg *reg)
{
	d->fetch->base = KPX_BASE_REG;
	d->fetch->index = reg->offset;
	if (!reg->is_cheap)
		d->p->spec->fetch.wants_all_regs = true;
}

static void add_deref(struct draft *d, s64 offset, bool is_user)
{
	struct kpx_fetch_deref *deref = d->p->deref++;

	deref->offset = offset;
	deref->is_user = is_user;
	if (!d->fetch->nr_derefs++)
		d->fetch->derefs = deref;
}

/* A return probe's: what is at @from at entry is kept until the return. */
static void set_entry(struct draft *d, u16 from)
{
	struct kpx_spec *spec = d->p->spec;
	u16 i = 0;

	while (i < spec->nr_entry && d->p->entry[i] != from)
		i++;
	if (i == spec->nr_entry)
		d->p->entry[spec->nr_entry++] = from;
	d->fetch->base = KPX_BASE_ENTRY;
	d->fetch->index = i;
}

static void set_arg(struct draft *d, unsigned int n)
{
	const struct kpx_reg_syscall *syscall = d->p->syscall;
	const struct kpx_reg *reg = kpx_reg_by_arg(syscall ? 1 : n);
	bool is_return = d->p->spec->is_return;

	d->arg->source = KPX_SOURCE_ARG;
	d->arg->number = n;
	if (reg && is_return) {
		set_entry(d, reg->offset);
	} else if (reg) {
		set_reg(d, reg);
	} else if (is_return) {
		set_entry(d, KPX_ENTRY_STACK | kpx_reg_stack_arg(n));
	} else {
		d->fetch->base = KPX_BASE_STACK;
		d->fetch->reg = d->p->spec->stack_reg;
		d->fetch->index = kpx_reg_stack_arg(n);
	}
	if (syscall) {
		/* a stub's one argument points to the caller's registers */
		add_deref(d, syscall->args[n - 1], false);
		d->arg->hidden_derefs = 1;
	}
}

static int parse_arg_number(struct draft *d, struct kpx_slice fetch)
{
	u64 n, max = d->p->syscall ? KPX_REG_ARGS : STACK_WORDS;

	if (kpx_slice_decimal(kpx_slice_sub(fetch, 4, fetch.len), max, &n) ||
	    !n)
		return fail(d, KPX_ERR_BAD_ARG_NUM, fetch);
	if (!d->p->spec->at_entry)
		return fail(d, KPX_ERR_ARG_NOT_ENTRY, fetch);
	set_arg(d, n);
	return 0;
}

static int parse_stack(struct draft *d, struct kpx_slice fetch)
{
	struct kpx_slice digits = kpx_slice_sub(fetch, 6, fetch.len);
	u64 n;
	int ret;

	if (!digits.len) {
		d->arg->source = KPX_SOURCE_STACK;
		set_reg(d, kpx_reg_stack());
		return 0;
	}
	ret = kpx_slice_decimal(digits, STACK_WORDS, &n);
	if (ret)
		return fail(d,
			    ret == -ERANGE ? KPX_ERR_BAD_STACK_NUM :
					     KPX_ERR_BAD_FETCH,
			    fetch);
	d->arg->source = KPX_SOURCE_STACK_WORD;
	d->arg->number = n;
	d->fetch->base = KPX_BASE_STACK;
	d->fetch->reg = d->p->spec->stack_reg;
	d->fetch->index = n;
	return 0;
}

static int parse_variable(struct draft *d, struct kpx_slice fetch)
{
	bool is_return = d->p->spec->is_return;

	if (kpx_slice_eq(fetch, "$retval")) {
		if (!is_return)
			return fail(d, KPX_ERR_RETVAL_ON_ENTRY, fetch);
		d->arg->source = KPX_SOURCE_RETVAL;
		set_reg(d, kpx_reg_return());
		return 0;
	}
	if (kpx_slice_eq(fetch, "$duration")) {
		if (!is_return)
			return fail(d, KPX_ERR_DURATION_ON_ENTRY, fetch);
		d->arg->source = KPX_SOURCE_DURATION;
		d->fetch->base = KPX_BASE_DURATION;
		d->p->spec->uses_duration = true;
		return 0;
	}
	if (kpx_slice_eq(fetch, "$comm") || kpx_slice_eq(fetch, "$COMM")) {
		d->arg->source = KPX_SOURCE_COMM;
		d->fetch->base = KPX_BASE_COMM;
		return 0;
	}
	if (kpx_slice_starts(fetch, "$stack"))
		return parse_stack(d, fetch);
	if (kpx_slice_starts(fetch, "$arg") && fetch.len > 4 &&
	    kpx_is_digit(fetch.s[4]))
		return parse_arg_number(d, fetch);
	return fail(d, KPX_ERR_BAD_FETCH, fetch);
}

static int parse_register(struct draft *d, struct kpx_slice fetch)
{
	const struct kpx_reg *reg =
		kpx_reg_by_name(kpx_slice_sub(fetch, 1, fetch.len));

	if (!reg)
		return fail(d, KPX_ERR_BAD_REG, fetch);
	d->arg->source = KPX_SOURCE_REG;
	d->arg->reg = reg;
	set_reg(d, reg);
	return 0;
}

static int parse_data_symbol(struct draft *d, struct kpx_slice symbol,
			     struct kpx_slice fetch)
{
	struct kpx_spec *spec = d->p->spec;
	struct kpx_spec_symbol *to = &spec->symbols[spec->nr_symbols];
	size_t sign = kpx_slice_find(symbol, '+');
	size_t minus = kpx_slice_find(symbol, '-');

	if (minus < sign)
		sign = minus;
	if (!kpx_parser_is_symbol(kpx_slice_sub(symbol, 0, sign)))
		return fail(d, KPX_ERR_BAD_MEMORY, fetch);
	if (sign > KPX_SYMBOL_MAX)
		return fail(d, KPX_ERR_SYMBOL_TOO_LONG, fetch);
	if (sign < symbol.len &&
	    kpx_slice_signed(kpx_slice_sub(symbol, sign, symbol.len),
			     &to->offset))
		return fail(d, KPX_ERR_BAD_MEMORY, fetch);
	to->name = kpx_parser_copy(d->p, kpx_slice_sub(symbol, 0, sign));
	to->at = symbol.s - d->p->text.s;
	to->len = symbol.len;
	to->arg = spec->nr_args;
	d->arg->source = KPX_SOURCE_SYMBOL;
	d->arg->number = spec->nr_symbols++;
	d->fetch->value = to->offset;
	return 0;
}

/* @ADDRESS, @SYMBOL+OFFSET: a value with a dereference of its own */
static int parse_memory(struct draft *d, struct kpx_slice fetch)
{
	struct kpx_slice from = kpx_slice_sub(fetch, 1, fetch.len);
	u64 address;
	int ret;

	if (kpx_slice_starts(from, "+"))
		return fail(d, KPX_ERR_FILE_OFFSET, fetch);
	d->fetch->base = KPX_BASE_VALUE;
	if (from.len && kpx_is_digit(from.s[0])) {
		if (kpx_slice_number(from, U64_MAX, &address))
			return fail(d, KPX_ERR_BAD_MEMORY, fetch);
		d->arg->source = KPX_SOURCE_ADDRESS;
		d->fetch->value = address;
	} else {
		ret = parse_data_symbol(d, from, fetch);
		if (ret)
			return ret;
	}
	add_deref(d, 0, false);
	return 0;
}

/* \NUMBER, \"TEXT" */
static int parse_value(struct draft *d, struct kpx_slice fetch)
{
	struct kpx_slice from = kpx_slice_sub(fetch, 1, fetch.len);
	struct kpx_slice text = kpx_slice_sub(fetch, 2, fetch.len);
	s64 value;
	int ret;

	if (kpx_slice_starts(from, "\"")) {
		if (!text.len || text.s[text.len - 1] != '"')
			return fail(d, KPX_ERR_TEXT_OPEN,
				    kpx_slice_sub(text, text.len, text.len));
		d->arg->source = KPX_SOURCE_TEXT;
		d->fetch->base = KPX_BASE_TEXT;
		d->fetch->index = text.len;
		d->fetch->text = kpx_parser_copy(
			d->p, kpx_slice_sub(text, 0, text.len - 1));
		return 0;
	}
	if (from.len && kpx_is_digit(from.s[0])) {
		ret = kpx_slice_number(from, U64_MAX, &d->fetch->value);
	} else {
		ret = from.len && (from.s[0] == '-' || from.s[0] == '+') ?
			      kpx_slice_signed(from, &value) :
			      -EINVAL;
		if (!ret)
			d->fetch->value = (u64)value;
	}
	if (ret)
		return fail(d, KPX_ERR_BAD_NUMBER, from);
	d->arg->source = KPX_SOURCE_VALUE;
	d->fetch->base = KPX_BASE_VALUE;
	return 0;
}

static int parse_base(struct draft *d, struct kpx_slice fetch)
{
	switch (fetch.len ? fetch.s[0] : '\0') {
	case '$':
		return parse_variable(d, fetch);
	case '%':
		return parse_register(d, fetch);
	case '@':
		return parse_memory(d, fetch);
	case '\\':
		return parse_value(d, fetch);
	default:
		return fail(d, KPX_ERR_BAD_FETCH, fetch);
	}
}

/* ---- dereferences -------------------------------------------------------- */

/* +|-[u]OFFSET(INNER): opens a level; *@fetch becomes INNER. */
static int parse_level(struct draft *d, struct kpx_slice *fetch)
{
	size_t open = kpx_slice_find(*fetch, '(');
	bool is_user = fetch->len > 1 && fetch->s[1] == 'u';
	struct kpx_slice number = kpx_slice_sub(*fetch, 1 + is_user, open);
	struct kpx_slice inner = kpx_slice_sub(*fetch, open + 1, fetch->len);
	size_t close = kpx_slice_find_last(inner, ')');
	struct level *level = &d->levels[d->nr_levels];
	bool minus = fetch->s[0] == '-';
	s64 offset;

	if (open == fetch->len)
		return fail(d, KPX_ERR_DEREF_BRACE, *fetch);
	/* a '+' is skipped, and "+-8(" is -8; "-u8(" has its sign in front */
	if (minus && (!number.len || !kpx_is_digit(number.s[0])))
		return fail(d, KPX_ERR_DEREF_OFFSET, *fetch);
	if (kpx_slice_signed(number, &offset))
		return fail(d, KPX_ERR_DEREF_OFFSET, *fetch);
	if (close == inner.len)
		return fail(d, KPX_ERR_DEREF_OPEN,
			    kpx_slice_sub(inner, inner.len, inner.len));
	if (close + 1 < inner.len)
		return fail(d, KPX_ERR_DEREF_TRAILING,
			    kpx_slice_sub(inner, close + 1, inner.len));
	level->offset = minus ? -offset : offset;
	level->is_user = is_user;
	level->inner = kpx_slice_sub(inner, 0, close);
	*fetch = level->inner;
	if (++d->nr_levels == ARRAY_SIZE(d->levels))
		return fail(d, KPX_ERR_DEREF_DEEP, d->levels[0].inner);
	return 0;
}

static int parse_fetch(struct draft *d, struct kpx_slice fetch)
{
	unsigned int i, derefs, max = DEREFS_MAX;
	int ret;

	while (kpx_slice_starts(fetch, "+") || kpx_slice_starts(fetch, "-")) {
		ret = parse_level(d, &fetch);
		if (ret)
			return ret;
	}
	ret = parse_base(d, fetch);
	if (ret || !d->nr_levels)
		return ret;
	if (d->fetch->base == KPX_BASE_COMM || d->fetch->base == KPX_BASE_TEXT)
		return fail(d, KPX_ERR_DEREF_TEXT, fetch);
	derefs = d->fetch->nr_derefs - d->arg->hidden_derefs + d->nr_levels;
	if (d->arg->source == KPX_SOURCE_SYMBOL)
		max--;
	if (derefs > max)
		return fail(d, KPX_ERR_DEREF_DEEP,
			    d->levels[derefs - max - 1].inner);
	for (i = d->nr_levels; i--;)
		add_deref(d, d->levels[i].offset, d->levels[i].is_user);
	return 0;
}

/* ---- what a chain ends with ---------------------------------------------- */

/* The last dereference reads what is stored; false: there's none to take. */
static bool take_last(struct draft *d)
{
	struct kpx_fetch_arg *fetch = d->fetch;

	if (fetch->nr_derefs == d->arg->hidden_derefs)
		return false;
	fetch->nr_derefs--;
	fetch->last = fetch->derefs[fetch->nr_derefs].offset;
	fetch->is_user = fetch->derefs[fetch->nr_derefs].is_user;
	d->arg->is_memory = true;
	return true;
}

static int finish_symstr(struct draft *d, struct kpx_slice type)
{
	const struct kpx_fetch_arg *fetch = d->fetch;
	bool is_user = fetch->nr_derefs &&
		       fetch->derefs[fetch->nr_derefs - 1].is_user;

	if (fetch->count)
		return fail(d, KPX_ERR_BAD_STRING, type);
	if (is_user ||
	    (!fetch->nr_derefs && (d->arg->source == KPX_SOURCE_VALUE ||
				   d->arg->source == KPX_SOURCE_STACK ||
				   d->arg->source == KPX_SOURCE_DURATION)))
		return fail(d, KPX_ERR_BAD_SYMSTR, type);
	d->fetch->store = KPX_STORE_SYMBOL;
	return 0;
}

static int finish_string(struct draft *d, struct kpx_slice type)
{
	struct kpx_fetch_arg *fetch = d->fetch;
	bool is_ustring = d->arg->type.base->kind == KPX_TYPE_USTRING;

	fetch->store = KPX_STORE_STRING;
	if (fetch->count) {
		/* the dereference reads pointers */
		if (fetch->nr_derefs == d->arg->hidden_derefs)
			return fail(d, KPX_ERR_BAD_STRING, type);
		fetch->is_user = is_ustring;
		return 0;
	}
	if (!take_last(d) && d->arg->source != KPX_SOURCE_VALUE &&
	    fetch->base != KPX_BASE_COMM && fetch->base != KPX_BASE_TEXT)
		return fail(d, KPX_ERR_BAD_STRING, type);
	fetch->is_user |= is_ustring;
	return 0;
}

static int parse_bits(struct draft *d, struct kpx_slice type)
{
	unsigned int size = 8 * d->fetch->bytes;
	int ret;

	ret = kpx_type_parse_bits(d->p->text, type, &d->arg->type, d->p->err);
	if (ret)
		return ret;
	d->fetch->left = size - (d->arg->type.width + d->arg->type.shift);
	d->fetch->right = size - d->arg->type.width;
	return 0;
}

static int finish_number(struct draft *d, struct kpx_slice type)
{
	if (take_last(d))
		d->fetch->store = KPX_STORE_MEMORY;
	else if (d->fetch->count)
		return fail(d, KPX_ERR_BAD_STRING, type);
	if (!d->arg->type.is_bits)
		return 0;
	return parse_bits(d, type);
}

static int finish(struct draft *d)
{
	/* without a type the errors are about the whole */
	struct kpx_slice type = d->type.s ? d->type : d->body;
	int ret;

	if (d->arg->type.base->kind == KPX_TYPE_SYMSTR)
		ret = finish_symstr(d, type);
	else if (kpx_type_is_string(d->arg->type.base))
		ret = finish_string(d, type);
	else
		ret = finish_number(d, d->type);
	if (ret)
		return ret;
	kpx_type_print(&d->arg->type, d->arg->type_text);
	d->p->spec->nr_args++;
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

static bool is_all_args(struct kpx_slice token)
{
	return kpx_slice_eq(token, "$args") || kpx_slice_eq(token, "$arg*");
}

unsigned int kpx_arg_count(struct kpx_slice token)
{
	return is_all_args(token) ? KPX_REG_ARGS : 1;
}

static void draft_init(struct draft *d, struct kpx_parser *p)
{
	memset(d, 0, sizeof(*d));
	d->p = p;
	d->arg = &p->spec->args[p->spec->nr_args];
	d->fetch = &p->fetch[p->spec->nr_args];
}

/* $args: arg1=$arg1 … arg6=$arg6 */
static int parse_all_args(struct kpx_parser *p, struct kpx_slice token)
{
	unsigned int n;
	struct draft d;
	int ret = 0;

	if (!p->spec->at_entry)
		return kpx_parser_fail(p, KPX_ERR_ARG_NOT_ENTRY, token);
	for (n = 1; n <= KPX_REG_ARGS && !ret; n++) {
		draft_init(&d, p);
		d.body = token;
		d.arg->type.base = kpx_type_default();
		ret = set_auto_name(&d, n, token);
		if (!ret)
			ret = place(&d);
		if (!ret) {
			set_arg(&d, n);
			ret = finish(&d);
		}
	}
	return ret;
}

int kpx_arg_parse(struct kpx_parser *p, struct kpx_slice token)
{
	struct kpx_slice fetch = {};
	struct draft d;
	int ret;

	if (p->spec->nr_args + kpx_arg_count(token) > KPX_ARGS_MAX)
		return kpx_parser_fail(p, KPX_ERR_TOO_MANY_ARGS, token);
	if (is_all_args(token))
		return parse_all_args(p, token);
	draft_init(&d, p);
	ret = parse_name(&d, token);
	if (!ret)
		ret = parse_type(&d, &fetch);
	if (!ret)
		ret = place(&d);
	if (!ret)
		ret = parse_fetch(&d, fetch);
	if (!ret)
		ret = finish(&d);
	return ret;
}
