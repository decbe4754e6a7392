// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "fail.h"
#include "globs.h"
#include "kallsyms.h"
#include "member.h"
#include "syscall.h"

#define NAMES_MAX  128
#define NAME_BYTES KPC_ARGUMENT_NAME

struct word {
	const char *at;
	size_t bytes;
};

struct expansion {
	const struct kpc_definition_opts *opts;
	struct kpc_buf *out;
	struct kpc_target_name target;
	char function[512], module[KPC_MODULE_NAME];
	bool knows_module; /* which is empty if it's the kernel itself */
	struct kpc_prototype prototype;
	bool has_prototype;
	bool asked_syscall;
	const char *syscall_name; /* or NULL */
	struct kpc_buf syscall;	  /* what kpc_syscall_args() says */
	char names[NAMES_MAX][NAME_BYTES + 8];
	uint32_t nr_names;
	char *error;
	size_t error_size;
};

/* ---- words --------------------------------------------------------------- */

/* The next one; blanks in quotes are part of it. False at the end. */
static bool next_word(const char **at, struct word *word)
{
	bool quoted = false;
	const char *p = *at;

	while (isspace((unsigned char)*p))
		p++;
	word->at = p;
	for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
		/* A text argument begins with \" and ends with ". */
		if (*p == '\\' && p[1] && (quoted || p[1] != '"'))
			p++;
		else if (*p == '"')
			quoted = !quoted;
	}
	word->bytes = p - word->at;
	*at = p;
	return word->bytes;
}

static bool word_is(const struct word *word, const char *text)
{
	return word->bytes == strlen(text) &&
	       !memcmp(word->at, text, word->bytes);
}

static void add_text(struct kpc_buf *to, const char *text)
{
	kpc_buf_add(to, text, strlen(text));
}

static void add_word(struct kpc_buf *to, const struct word *word)
{
	kpc_buf_add(to, word->at, word->bytes);
}

static size_t name_bytes(const struct word *word)
{
	size_t n = 0;

	if (isdigit((unsigned char)*word->at))
		return 0;
	while (n < word->bytes &&
	       (isalnum((unsigned char)word->at[n]) || word->at[n] == '_'))
		n++;
	return n;
}

/* ---- the target ---------------------------------------------------------- */

/* [MODULE:]SYMBOL[+OFFSET][%return] */
static void split_target(struct kpc_target_name *t, const struct word *word)
{
	const char *colon = memchr(word->at, ':', word->bytes);
	const char *at = colon ? colon + 1 : word->at;
	size_t left = word->bytes - (at - word->at), bytes = 0;

	if (colon) {
		t->module = word->at;
		t->module_bytes = colon - word->at;
	}
	while (bytes < left && at[bytes] != '+' && at[bytes] != '%')
		bytes++;
	if (bytes < left && at[bytes] == '+')
		t->has_offset = strtoull(at + bytes + 1, NULL, 0);
	if (memchr(at + bytes, '%', left - bytes))
		t->is_return = true;
	if (isdigit((unsigned char)*at) || *at == '@' || !bytes)
		return;
	t->at = at;
	t->bytes = bytes;
}

void kpc_definition_target(const char *text, struct kpc_target_name *target)
{
	struct word word;

	*target = (struct kpc_target_name){ 0 };
	if (!next_word(&text, &word))
		return;
	target->is_return = *word.at == 'r';
	if (next_word(&text, &word))
		split_target(target, &word);
}

/* ---- what is known of it ------------------------------------------------- */

static int need_function(struct expansion *x)
{
	const struct kpc_target_name *t = &x->target;

	if (x->function[0])
		return 0;
	if (!t->at || t->has_offset)
		return kpc_fail(x->error, x->error_size, -EINVAL,
				"only a function's entry or return has "
				"arguments with names: name the function, "
				"without an offset");
	snprintf(x->function, sizeof(x->function), "%.*s", (int)t->bytes,
		 t->at);
	if (kpc_globs_is_pattern(x->function)) {
		x->function[0] = '\0';
		return kpc_fail(x->error, x->error_size, -EINVAL,
				"the functions of a pattern have no arguments "
				"in common that could have names: use $arg1, "
				"$arg2 …");
	}
	if (t->module) {
		snprintf(x->module, sizeof(x->module), "%.*s",
			 (int)t->module_bytes, t->module);
		x->knows_module = true;
	}
	return 0;
}

/* Whose a function is that no module was said of. */
static int find_module(struct expansion *x)
{
	char text[KPC_NEARMISS_TEXT];
	struct kpc_nearmiss near;
	int err;

	if (x->knows_module)
		return 0;
	kpc_nearmiss_init(&near, x->function);
	err = kpc_kallsyms_check(x->opts->kallsyms, x->function, &near,
				 x->module, x->error, x->error_size);
	if (err != -ENOENT)
		return err;
	return kpc_fail(x->error, x->error_size, err,
			"no such function in the running kernel: %s%s",
			x->function,
			kpc_kallsyms_hint(&near, text, sizeof(text)));
}

static int need_prototype(struct expansion *x)
{
	int err = x->has_prototype ? 0 : need_function(x);

	if (err || x->has_prototype)
		return err;
	err = find_module(x);
	if (!err)
		err = kpc_prototype_find(x->opts->btf, x->function,
					 *x->module ? x->module : NULL,
					 &x->prototype, x->error,
					 x->error_size);
	x->has_prototype = !err;
	return err;
}

/* Of a system call; NULL if it's none. */
static const char *syscall_of(struct expansion *x)
{
	if (!x->asked_syscall && !need_function(x))
		x->syscall_name =
			kpc_syscall_name(x->function, x->opts->kallsyms);
	x->asked_syscall = true;
	return x->syscall_name;
}

static int need_syscall(struct expansion *x, const char *name)
{
	if (x->syscall.used)
		return 0;
	return kpc_syscall_args(name, x->opts->tracefs,
				kpc_kernel_btf_own(x->opts->btf), &x->syscall,
				x->error, x->error_size);
}

/* ---- names of arguments -------------------------------------------------- */

static bool is_taken(const struct expansion *x, const char *name)
{
	for (uint32_t i = 0; i < x->nr_names; i++)
		if (!strcmp(x->names[i], name))
			return true;
	return false;
}

static void take_name(struct expansion *x, const char *name, size_t bytes)
{
	if (x->nr_names < NAMES_MAX)
		snprintf(x->names[x->nr_names++], sizeof(*x->names), "%.*s",
			 (int)bytes, name);
}

/* Of a path that wasn't given one: its last member's, once. */
static void add_name(struct expansion *x, const char *name)
{
	char unique[NAME_BYTES + 8];

	snprintf(unique, sizeof(unique), "%s", name);
	for (unsigned int i = 2; is_taken(x, unique) && i < NAMES_MAX; i++)
		snprintf(unique, sizeof(unique), "%.*s_%u", NAME_BYTES, name,
			 i);
	take_name(x, unique, strlen(unique));
	add_text(x->out, unique);
}

/* ---- one argument -------------------------------------------------------- */

struct arg {
	struct word name; /* before the =, may be empty */
	struct word fetch;
	struct word type; /* after the :, may be empty */
};

static void split_arg(struct arg *arg, const struct word *word)
{
	size_t name = name_bytes(word);
	const char *colon;

	*arg = (struct arg){ .fetch = *word };
	if (name && name < word->bytes && word->at[name] == '=') {
		arg->name = (struct word){ word->at, name };
		arg->fetch.at += name + 1;
		arg->fetch.bytes -= name + 1;
	}
	colon = memchr(arg->fetch.at, ':', arg->fetch.bytes);
	if (!colon)
		return;
	arg->type.at = colon + 1;
	arg->type.bytes = arg->fetch.at + arg->fetch.bytes - arg->type.at;
	arg->fetch.bytes = colon - arg->fetch.at;
}

/* A name, or something behind $retval or $argN. */
static bool is_path(const struct word *fetch)
{
	struct word word = { fetch->at + 1, fetch->bytes - 1 };
	size_t bytes;

	if (!fetch->bytes)
		return false;
	if (*fetch->at != '$')
		return name_bytes(fetch);
	bytes = 1 + name_bytes(&word);
	return bytes < fetch->bytes && strchr("-.[", fetch->at[bytes]);
}

/*
 * "+0($arg2):ustring", up to a blank, with the type that is wanted, if one is: then
 * a text is only read as a text.
 */
static void add_typed(struct kpc_buf *to, const char *fetch,
		      const struct word *type)
{
	size_t bytes = strcspn(fetch, " ");
	const char *colon = memchr(fetch, ':', bytes);
	bool text = type->bytes && memmem(type->at, type->bytes, "string", 6);

	if (type->bytes && colon) {
		bytes = colon - fetch;
		if (!text && bytes > 4 && !strncmp(fetch, "+0(", 3)) {
			fetch += 3;
			bytes -= 4;
		}
	}
	kpc_buf_add(to, fetch, bytes);
	if (type->bytes) {
		add_text(to, ":");
		add_word(to, type);
	}
}

/* " filename=+0($arg2):ustring" of the one that is meant. */
static int add_syscall_arg(struct expansion *x, const struct arg *arg,
			   const char *syscall)
{
	char key[NAME_BYTES + 2], *found;
	int err = need_syscall(x, syscall);

	if (err)
		return err;
	kpc_buf_add(&x->syscall, "", 1);
	if (x->syscall.error)
		return -ENOMEM;
	x->syscall.used--;
	snprintf(key, sizeof(key), " %.*s=", (int)arg->fetch.bytes,
		 arg->fetch.at);
	found = strstr((char *)x->syscall.data, key);
	if (!found)
		return kpc_fail(x->error, x->error_size, -ENOENT,
				"%.*s isn't an argument of the system call %s: "
				"it has%s",
				(int)arg->fetch.bytes, arg->fetch.at, syscall,
				x->syscall.used ? (char *)x->syscall.data :
						  " none");
	add_typed(x->out, found + strlen(key), &arg->type);
	return 0;
}

static void add_syscall_name(struct expansion *x, const struct word *fetch)
{
	char name[NAME_BYTES];

	snprintf(name, sizeof(name), "%.*s", (int)name_bytes(fetch), fetch->at);
	add_name(x, name);
}

static int add_path(struct expansion *x, const struct arg *arg)
{
	const char *syscall = syscall_of(x);
	struct kpc_member member;
	char type[32];
	int err;

	if (syscall && *arg->fetch.at != '$') {
		if (arg->name.bytes)
			add_word(x->out, &arg->name);
		else
			add_syscall_name(x, &arg->fetch);
		add_text(x->out, "=");
		return add_syscall_arg(x, arg, syscall);
	}
	err = need_prototype(x);
	if (err)
		return err;
	snprintf(type, sizeof(type), "%.*s", (int)arg->type.bytes,
		 arg->type.bytes ? arg->type.at : "");
	err = kpc_member_resolve(&x->prototype, arg->fetch.at, arg->fetch.bytes,
				 *type ? type : NULL, &member, x->error,
				 x->error_size);
	if (err)
		return err;
	if (arg->name.bytes)
		add_word(x->out, &arg->name);
	else
		add_name(x, member.name);
	add_text(x->out, "=");
	add_text(x->out, member.fetch);
	add_text(x->out, ":");
	add_text(x->out, member.type);
	return 0;
}

/* All that is known, with a blank before each. False if nothing is. */
static bool add_known_args(struct expansion *x, struct kpc_buf *to)
{
	const char *syscall = syscall_of(x);

	if (syscall) {
		if (need_syscall(x, syscall))
			return false;
		kpc_buf_add(to, x->syscall.data, x->syscall.used);
		return true;
	}
	if (need_prototype(x))
		return false;
	kpc_prototype_args(&x->prototype, to);
	return true;
}

/* Those that don't have a name that is taken: they have been named already. */
static void add_untaken(struct expansion *x, const char *args)
{
	const char *blank = "";
	struct word word;

	while (next_word(&args, &word)) {
		size_t bytes = name_bytes(&word);
		char name[NAME_BYTES + 8];

		snprintf(name, sizeof(name), "%.*s", (int)bytes, word.at);
		if (is_taken(x, name))
			continue;
		take_name(x, name, bytes);
		add_text(x->out, blank);
		add_word(x->out, &word);
		blank = " ";
	}
}

/* Of what nothing is known the module's own $args says that much. */
static void add_all_args(struct expansion *x, const struct word *word)
{
	struct kpc_buf args = { 0 };

	if (!add_known_args(x, &args))
		add_word(x->out, word);
	kpc_buf_add(&args, "", 1);
	if (!args.error)
		add_untaken(x, (char *)args.data);
	if (args.error)
		x->out->error = args.error;
	kpc_buf_uninit(&args);
}

void kpc_definition_args(const struct kpc_definition_opts *opts,
			 const char *function, const char *module,
			 struct kpc_buf *out)
{
	struct expansion *x = calloc(1, sizeof(*x));

	if (!x) {
		out->error = -ENOMEM;
		return;
	}
	x->opts = opts;
	x->target = (struct kpc_target_name){ function, strlen(function) };
	snprintf(x->module, sizeof(x->module), "%s", module);
	x->knows_module = true;
	add_known_args(x, out);
	kpc_buf_uninit(&x->syscall);
	free(x);
}

static int add_arg(struct expansion *x, const struct word *word)
{
	struct arg arg;

	if (word_is(word, "$args") || word_is(word, "$arg*")) {
		add_all_args(x, word);
		return 0;
	}
	split_arg(&arg, word);
	if (arg.name.bytes)
		take_name(x, arg.name.at, arg.name.bytes);
	if (is_path(&arg.fetch))
		return add_path(x, &arg);
	add_word(x->out, word);
	return 0;
}

/* ---- all of it ----------------------------------------------------------- */

int kpc_definition_expand(const struct kpc_definition_opts *opts,
			  const char *text, struct kpc_buf *out, char *error,
			  size_t error_size)
{
	struct expansion *x = calloc(1, sizeof(*x));
	struct word word;
	int err = 0;

	if (!x)
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	x->opts = opts;
	x->out = out;
	x->error = error;
	x->error_size = error_size;
	kpc_definition_target(text, &x->target);
	for (int i = 0; !err && next_word(&text, &word); i++) {
		add_text(out, i ? " " : "");
		if (i >= 2 && word_is(&word, "if")) {
			kpc_buf_add(out, word.at, strlen(word.at));
			break;
		}
		if (i < 2)
			add_word(out, &word);
		else
			err = add_arg(x, &word);
	}
	kpc_buf_uninit(&x->syscall);
	free(x);
	return err ? err : out->error;
}

void kpc_definition_all_args(struct kpc_buf *text)
{
	struct kpc_buf out = { 0 };
	const char *begin, *at;
	struct word word;

	kpc_buf_add(text, "", 1);
	if (text->error)
		return;
	begin = at = (const char *)text->data;
	for (int i = 0; next_word(&at, &word); i++)
		if (i >= 2 && word_is(&word, "if"))
			break;
	kpc_buf_add(&out, begin, word.at - begin);
	add_text(&out, word.bytes ? "$args " : " $args");
	add_text(&out, word.at);
	kpc_buf_uninit(text);
	*text = out;
}
