// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* vasprintf(), qsort_r() */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "prototype.h"

#define KERNEL_BTF "/sys/kernel/btf"
#define CHAIN_MAX  32 /* of typedefs and qualifiers */
#define WORD	   8
#define REGISTERS  6 /* that arguments are passed in */
#define NAME_BYTES 64

/* ---- the kernel's BTF ---------------------------------------------------- */

void kpc_kernel_btf_uninit(struct kpc_kernel_btf *k)
{
	btf_dump__free(k->dump);
	btf__free(k->module);
	btf__free(k->vmlinux);
	free(k->module_name);
	free(k->index);
	*k = (struct kpc_kernel_btf){ .dir = k->dir };
}

static int load(struct btf **out, const struct kpc_kernel_btf *k,
		const char *name, struct btf *base, char *error,
		size_t error_size)
{
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%s", k->dir ? k->dir : KERNEL_BTF,
		 name);
	*out = btf__parse_raw_split(path, base);
	if (*out)
		return 0;
	err = -errno;
	if (err == -ENOENT)
		return kpc_fail(error, error_size, -ENODATA,
				"%s isn't there: this kernel%s has no BTF "
				"(CONFIG_DEBUG_INFO_BTF%s), so arguments have "
				"no names; use $arg1, $arg2 …",
				path, base ? "'s module" : "",
				base ? "_MODULES" : "");
	return kpc_fail(error, error_size, err, "cannot read the BTF in %s: %s",
			path, strerror(-err));
}

static int load_vmlinux(struct kpc_kernel_btf *k, char *error,
			size_t error_size)
{
	return k->vmlinux ?
		       0 :
		       load(&k->vmlinux, k, "vmlinux", NULL, error, error_size);
}

const struct btf *kpc_kernel_btf_own(struct kpc_kernel_btf *k)
{
	return load_vmlinux(k, NULL, 0) ? NULL : k->vmlinux;
}

static int load_module(struct kpc_kernel_btf *k, const char *name, char *error,
		       size_t error_size)
{
	struct btf *btf;
	int err;

	if (k->module && !strcmp(k->module_name, name))
		return 0;
	err = load(&btf, k, name, k->vmlinux, error, error_size);
	if (err)
		return err;
	if (k->dumped == k->module) {
		btf_dump__free(k->dump);
		k->dump = NULL;
	}
	btf__free(k->module);
	free(k->module_name);
	k->module = btf;
	k->module_name = strdup(name);
	if (k->module_name)
		return 0;
	btf__free(k->module);
	k->module = NULL;
	return kpc_fail(error, error_size, -ENOMEM, "out of memory");
}

static const char *name_of(const struct btf *btf, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	const char *name = type ? btf__name_by_offset(btf, type->name_off) :
				  NULL;

	return name ? name : "";
}

static int by_name(const void *a, const void *b, void *btf)
{
	return strcmp(name_of(btf, *(const uint32_t *)a),
		      name_of(btf, *(const uint32_t *)b));
}

void kpc_kernel_btf_index(struct kpc_kernel_btf *k)
{
	uint32_t nr = 0, end;

	if (k->index || load_vmlinux(k, NULL, 0))
		return;
	end = btf__type_cnt(k->vmlinux);
	k->index = calloc(end, sizeof(*k->index));
	if (!k->index)
		return;
	for (uint32_t id = 1; id < end; id++)
		if (btf_is_func(btf__type_by_id(k->vmlinux, id)))
			k->index[nr++] = id;
	k->nr_index = nr;
	qsort_r(k->index, nr, sizeof(*k->index), by_name, k->vmlinux);
}

/* ---- types --------------------------------------------------------------- */

const struct btf_type *kpc_btf_strip(const struct btf *btf, uint32_t id)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!type)
			return NULL;
		if (!btf_is_mod(type) && !btf_is_typedef(type) &&
		    !btf_is_type_tag(type))
			return type;
		id = type->type;
	}
	return NULL;
}

/* Big-endian, as the name of a typedef of the kernel's says; or NULL. */
static const char *big_endian_type(const struct btf *btf, uint32_t id)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!type || (!btf_is_mod(type) && !btf_is_typedef(type) &&
			      !btf_is_type_tag(type)))
			return NULL;
		name = btf__name_by_offset(btf, type->name_off);
		if (btf_is_typedef(type) && name && !strcmp(name, "__be16"))
			return "be16";
		if (btf_is_typedef(type) && name && !strcmp(name, "__be32"))
			return "be32";
		id = type->type;
	}
	return NULL;
}

const char *kpc_btf_fetch_type(const struct btf *btf, uint32_t id)
{
	static const char *const types[2][4] = {
		{ "u8", "u16", "u32", "u64" },
		{ "s8", "s16", "s32", "s64" },
	};
	const struct btf_type *type = kpc_btf_strip(btf, id);
	const char *big_endian = big_endian_type(btf, id);
	bool is_signed;

	if (!type || big_endian)
		return type ? big_endian : NULL;
	if (btf_is_ptr(type))
		return "x64";
	if (btf_is_int(type))
		is_signed = btf_int_encoding(type) & BTF_INT_SIGNED;
	else if (btf_is_any_enum(type))
		is_signed = btf_kflag(type);
	else
		return NULL;
	switch (type->size) {
	case 1:
		return types[is_signed][0];
	case 2:
		return types[is_signed][1];
	case 4:
		return types[is_signed][2];
	case 8:
		return types[is_signed][3];
	}
	return NULL;
}

/* ---- arguments ----------------------------------------------------------- */

/*
 * Where x86-64's System V ABI has them: what has one or two words goes to registers
 * if there are as many left, the rest to the stack.
 */
struct places {
	uint32_t registers; /* taken */
	uint32_t stack;	    /* words of it */
};

static void place(struct places *p, struct kpc_argument *arg, uint64_t bytes)
{
	arg->words = (bytes + WORD - 1) / WORD;
	if (arg->words <= 2 && p->registers + arg->words <= REGISTERS) {
		arg->number = p->registers + 1;
		p->registers += arg->words;
	} else {
		arg->number = REGISTERS + p->stack + 1;
		p->stack += arg->words;
	}
}

static int take_argument(struct kpc_prototype *p, struct places *places,
			 const struct btf_param *param)
{
	struct kpc_argument *arg = &p->args[p->nr];
	const struct btf_type *type = kpc_btf_strip(p->btf, param->type);
	int64_t bytes = btf__resolve_size(p->btf, param->type);
	const char *name = btf__name_by_offset(p->btf, param->name_off);

	if (!type || bytes < 0)
		return -EINVAL;
	if (name && *name)
		snprintf(arg->name, sizeof(arg->name), "%s", name);
	else
		snprintf(arg->name, sizeof(arg->name), "arg%u", p->nr + 1);
	arg->type = param->type;
	place(places, arg, bytes);
	p->nr++;
	return 0;
}

static bool returns_in_memory(const struct kpc_prototype *p)
{
	const struct btf_type *type =
		p->returns ? kpc_btf_strip(p->btf, p->returns) : NULL;

	return type && btf_is_composite(type) && type->size > 2 * WORD;
}

static int load_prototype(struct kpc_prototype *p, const struct btf *btf,
			  uint32_t id)
{
	const struct btf_type *proto = btf__type_by_id(btf, id);
	struct places places = { 0 };
	const struct btf_param *param;
	uint32_t nr;
	int err = 0;

	if (!proto || !btf_is_func_proto(proto))
		return -EINVAL;
	param = btf_params(proto);
	nr = btf_vlen(proto);
	*p = (struct kpc_prototype){
		.btf = btf,
		.id = id,
		.returns = proto->type,
		.variadic = nr && !param[nr - 1].type,
	};
	/* Where to put what is too large for registers is a first argument. */
	if (returns_in_memory(p))
		places.registers = 1;
	nr -= p->variadic;
	if (nr > KPC_PROTOTYPE_ARGS)
		return -E2BIG;
	for (uint32_t i = 0; !err && i < nr; i++)
		err = take_argument(p, &places, &param[i]);
	return err;
}

/* ---- finding ------------------------------------------------------------- */

/* As far as arguments go: what they return is the first one's, then. */
static bool same_arguments(const struct kpc_prototype *a,
			   const struct kpc_prototype *b)
{
	if (a->nr != b->nr || a->variadic != b->variadic)
		return false;
	for (uint32_t i = 0; i < a->nr; i++)
		if (a->args[i].type != b->args[i].type ||
		    strcmp(a->args[i].name, b->args[i].name))
			return false;
	return true;
}

/* The function @id, one more if @found already. 1, or a negative errno. */
static int take_function(const struct btf *btf, uint32_t id, bool found,
			 struct kpc_prototype *out)
{
	uint32_t proto = btf__type_by_id(btf, id)->type;
	struct kpc_prototype other;
	int err = load_prototype(found ? &other : out, btf, proto);

	if (!err && found && !same_arguments(&other, out))
		err = -ENOTUNIQ;
	return err ? err : 1;
}

/* Of the types from @first on; 1: found, 0, or a negative errno. */
static int find_in(const struct btf *btf, uint32_t first, const char *name,
		   struct kpc_prototype *out)
{
	uint32_t end = btf__type_cnt(btf);
	int got = 0;

	for (uint32_t id = first; got >= 0 && id < end; id++)
		if (btf_is_func(btf__type_by_id(btf, id)) &&
		    !strcmp(name_of(btf, id), name))
			got = take_function(btf, id, got, out);
	return got;
}

/* The same by the index. */
static int find_indexed(const struct kpc_kernel_btf *k, const char *name,
			struct kpc_prototype *out)
{
	uint32_t low = 0, high = k->nr_index;
	int got = 0;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcmp(name_of(k->vmlinux, k->index[middle]), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; got >= 0 && low < k->nr_index &&
	       !strcmp(name_of(k->vmlinux, k->index[low]), name);
	     low++)
		got = take_function(k->vmlinux, k->index[low], got, out);
	return got;
}

int kpc_prototype_find(struct kpc_kernel_btf *k, const char *name,
		       const char *module, struct kpc_prototype *p, char *error,
		       size_t error_size)
{
	int err = load_vmlinux(k, error, error_size);

	if (!err && module)
		err = load_module(k, module, error, error_size);
	if (err)
		return err;
	if (module)
		err = find_in(k->module, btf__type_cnt(k->vmlinux), name, p);
	else if (k->index)
		err = find_indexed(k, name, p);
	else
		err = find_in(k->vmlinux, 1, name, p);
	if (err > 0)
		return 0;
	if (!err)
		return kpc_fail(error, error_size, -ENOENT,
				"the BTF of %s has no function %s: the "
				"compiler changed its arguments, it's written "
				"in assembly, or there is none; use $arg1, "
				"$arg2 …",
				module ? module : "the kernel", name);
	if (err == -ENOTUNIQ)
		return kpc_fail(error, error_size, -EINVAL,
				"there are several functions called %s with "
				"different arguments; use $arg1, $arg2 …",
				name);
	return kpc_fail(error, error_size, -EINVAL,
			"the BTF of %s makes no sense, or has more than %d "
			"arguments; use $arg1, $arg2 …",
			name, KPC_PROTOTYPE_ARGS);
}

const struct kpc_argument *kpc_prototype_argument(const struct kpc_prototype *p,
						  const char *name,
						  size_t bytes)
{
	for (uint32_t i = 0; i < p->nr; i++)
		if (!strncmp(p->args[i].name, name, bytes) &&
		    !p->args[i].name[bytes])
			return &p->args[i];
	return NULL;
}

/* ---- as text ------------------------------------------------------------- */

static void add_text(struct kpc_buf *to, const char *text)
{
	kpc_buf_add(to, text, strlen(text));
}

/* Names that records have already. */
static bool is_reserved(const char *name)
{
	return !strncmp(name, "common_", 7) || !strncmp(name, "__probe_", 8) ||
	       !strcmp(name, "duration_ns") || !strcmp(name, "weight");
}

static void add_fetch(struct kpc_buf *text, const struct kpc_argument *arg,
		      uint32_t word, const char *type)
{
	char fetch[NAME_BYTES];

	add_text(text, " ");
	add_text(text, arg->name);
	if (is_reserved(arg->name))
		add_text(text, "_");
	if (word)
		add_text(text, "_2");
	snprintf(fetch, sizeof(fetch), "=$arg%u:%s", arg->number + word, type);
	add_text(text, fetch);
}

void kpc_prototype_args(const struct kpc_prototype *p, struct kpc_buf *text)
{
	for (uint32_t i = 0; i < p->nr; i++) {
		const struct kpc_argument *arg = &p->args[i];
		const char *type = kpc_btf_fetch_type(p->btf, arg->type);

		if (type && arg->words == 1)
			add_fetch(text, arg, 0, type);
		else if (arg->words <= 2)
			for (uint32_t j = 0; j < arg->words; j++)
				add_fetch(text, arg, j, "x64");
	}
}

/* The numbers that libbpf gives to types of the same name: it's C that it makes. */
static void drop_numbers(char *text)
{
	char *to = text;

	while (*text) {
		size_t digits = !strncmp(text, "___", 3) ?
					strspn(text + 3, "0123456789") :
					0;

		if (digits && !isalnum((unsigned char)text[3 + digits]) &&
		    text[3 + digits] != '_')
			text += 3 + digits;
		else
			*to++ = *text++;
	}
	*to = '\0';
}

__attribute__((format(printf, 2, 0))) static void
print(void *ctx, const char *format, va_list args)
{
	struct kpc_kernel_btf *k = ctx;
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return;
	drop_numbers(text);
	add_text(k->dump_to, text);
	free(text);
}

/* Making one takes a look at all types: it's kept. */
static struct btf_dump *need_dump(struct kpc_kernel_btf *k,
				  const struct btf *btf)
{
	if (k->dump && k->dumped == btf)
		return k->dump;
	btf_dump__free(k->dump);
	k->dump = btf_dump__new(btf, print, k, NULL);
	k->dumped = btf;
	return k->dump;
}

static void print_decl(struct kpc_kernel_btf *k, uint32_t type,
		       const char *name)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = name);

	if (type) {
		btf_dump__emit_type_decl(k->dump, type, &opts);
		return;
	}
	add_text(k->dump_to, "void");
	add_text(k->dump_to, *name ? " " : "");
	add_text(k->dump_to, name);
}

void kpc_prototype_print(struct kpc_kernel_btf *k,
			 const struct kpc_prototype *p, const char *name,
			 struct kpc_buf *text)
{
	if (!need_dump(k, p->btf)) {
		text->error = -ENOMEM;
		return;
	}
	k->dump_to = text;
	print_decl(k, p->returns, name);
	add_text(text, "(");
	for (uint32_t i = 0; i < p->nr; i++) {
		add_text(text, i ? ", " : "");
		print_decl(k, p->args[i].type, p->args[i].name);
	}
	if (p->variadic)
		add_text(text, p->nr ? ", ..." : "...");
	add_text(text, p->nr || p->variadic ? ")" : "void)");
}
