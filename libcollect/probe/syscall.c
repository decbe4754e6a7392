// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "desc.h"
#include "fail.h"
#include "kallsyms.h"
#include "prototype.h"
#include "syscall.h"
#include "tracepoint.h"

#if defined(__x86_64__)
#define STUB "__x64_sys_"
#elif defined(__aarch64__)
#define STUB "__arm64_sys_"
#else
#define STUB "sys_"
#endif

#define PLAIN	   "sys_"
#define NAME_BYTES 256
#define NUMBER	   "__syscall_nr"

/* ---- names --------------------------------------------------------------- */

static const char *after(const char *text, const char *prefix)
{
	size_t bytes = strlen(prefix);

	return strncmp(text, prefix, bytes) ? NULL : text + bytes;
}

const char *kpc_syscall_name(const char *symbol, const char *kallsyms)
{
	const char *name = after(symbol, PLAIN);
	char module[KPC_MODULE_NAME];
	struct kpc_nearmiss near;

	if (!name)
		return NULL;
	kpc_nearmiss_init(&near, symbol);
	return kpc_kallsyms_check(kallsyms, symbol, &near, module, NULL, 0) ==
			       -ENOENT ?
		       name :
		       NULL;
}

void kpc_syscall_stub(const char *name, char *stub, size_t size)
{
	snprintf(stub, size, "%s%s", STUB, name);
}

/* ---- types --------------------------------------------------------------- */

/* As the kernel's source has them; BTF has the compiler's spelling. */
static const struct {
	const char *name, *fetch;
} plain_types[] = {
	{ "int", "s32" },
	{ "unsigned int", "u32" },
	{ "unsigned", "u32" },
	{ "long", "s64" },
	{ "unsigned long", "u64" },
	{ "char", "s8" },
	{ "unsigned char", "u8" },
	{ "short", "s16" },
	{ "unsigned short", "u16" },
};

static const char *number_type(const char *type, const struct btf *btf)
{
	const char *fetch = NULL;
	int id;

	for (size_t i = 0; i < sizeof(plain_types) / sizeof(*plain_types); i++)
		if (!strcmp(type, plain_types[i].name))
			return plain_types[i].fetch;
	if (btf && !strchr(type, '*')) {
		id = btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF);
		fetch = id > 0 ? kpc_btf_fetch_type(btf, id) : NULL;
	}
	return fetch ? fetch : "x64";
}

/* Texts that the caller gives; what else is a const char * is any bytes. */
static bool is_text(const struct kpc_field *field)
{
	static const char *const names[] = {
		"filename", "pathname", "path",	    "oldname", "newname",
		"name",	    "dev_name", "dir_name", "library", "specialfile",
		"special",  "put_old",	"new_root",
	};

	if (!strstr(field->type, "char *"))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(field->name, names[i]))
			return true;
	return false;
}

/* ---- arguments ----------------------------------------------------------- */

static void add_arg(struct kpc_buf *text, const struct kpc_field *field,
		    unsigned int number, const struct btf *btf)
{
	char arg[256];

	if (is_text(field))
		snprintf(arg, sizeof(arg), " %s=+0($arg%u):ustring",
			 field->name, number);
	else
		snprintf(arg, sizeof(arg), " %s=$arg%u:%s", field->name, number,
			 number_type(field->type, btf));
	kpc_buf_add(text, arg, strlen(arg));
}

static void add_args(struct kpc_buf *text, const struct kpc_event *event,
		     const struct btf *btf)
{
	unsigned int number = 0;

	for (uint32_t i = 0; i < event->nr_fields; i++)
		if (!event->fields[i].common &&
		    strcmp(event->fields[i].name, NUMBER))
			add_arg(text, &event->fields[i], ++number, btf);
}

int kpc_syscall_args(const char *name, const char *tracefs,
		     const struct btf *btf, struct kpc_buf *text, char *error,
		     size_t error_size)
{
	struct kpc_event event = { 0 };
	char enter[NAME_BYTES];
	uint64_t id;
	int err = 0;

	if (!tracefs)
		err = kpc_tracepoint_root(&tracefs, error, error_size);
	if (err)
		return err;
	snprintf(enter, sizeof(enter), "sys_enter_%s", name);
	err = kpc_tracepoint_load(&event, &id, tracefs, "syscalls", enter,
				  error, error_size);
	if (!err)
		add_args(text, &event, btf);
	kpc_event_uninit(&event);
	return err;
}
