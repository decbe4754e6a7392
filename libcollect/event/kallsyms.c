// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "kallsyms.h"

#define NAME_BYTES 512 /* the kernel's KSYM_NAME_LEN */
#define LIST_BYTES 256 /* of candidates in an error's text */

struct search {
	const char *name;
	struct kpc_nearmiss *near;
	char *module;  /* of the first match */
	uint64_t last; /* address of the last match */
	unsigned int found;
	char list[LIST_BYTES];
	size_t used;
};

/* Addresses are zero for those who may not see them: then modules must do. */
static void note_match(struct search *s, uint64_t address, const char *module)
{
	int n;

	if (s->found && address && address == s->last)
		return; /* the same function twice */
	if (!s->found && *module)
		snprintf(s->module, KPC_MODULE_NAME, "%.*s",
			 (int)strcspn(module + 1, "]"), module + 1);
	s->found++;
	s->last = address;
	if (!*module)
		module = "[kernel]";
	if (s->used >= sizeof(s->list))
		return;
	n = snprintf(s->list + s->used, sizeof(s->list) - s->used,
		     address ? "%s0x%" PRIx64 "%s%s" : "%s%.0" PRIx64 "%s%s",
		     s->used ? ", " : "", address, address ? " " : "", module);
	s->used += n;
}

static void search_line(struct search *s, const char *line)
{
	char name[NAME_BYTES], module[KPC_MODULE_NAME] = "";
	uint64_t address;
	char type;

	if (sscanf(line, "%" SCNx64 " %c %511s %63s", &address, &type, name,
		   module) < 3)
		return;
	if (!strchr("tTwW", type))
		return; /* not code */
	if (!strcmp(name, s->name))
		note_match(s, address, module);
	else if (!s->found)
		kpc_nearmiss_offer(s->near, name);
}

int kpc_kallsyms_check(const char *path, const char *name,
		       struct kpc_nearmiss *near, char module[KPC_MODULE_NAME],
		       char *error, size_t error_size)
{
	FILE *file = fopen(path, "re");
	struct search s = { .name = name, .near = near, .module = module };
	unsigned int lines = 0;
	char *line = NULL;
	size_t room = 0;

	module[0] = '\0';
	if (!file)
		return 0; /* the kernel will say it, with fewer words */
	for (; getline(&line, &room, file) > 0; lines++)
		search_line(&s, line);
	free(line);
	fclose(file);
	if (s.found > 1)
		return kpc_fail(error, error_size, -EINVAL,
				"%u functions are called %s (%s); define the "
				"one that you mean by its address, in "
				"/dev/kprobex",
				s.found, name, s.list);
	return lines && !s.found ? -ENOENT : 0;
}

const char *kpc_kallsyms_hint(const struct kpc_nearmiss *near, char *text,
			      size_t size)
{
	if (near->nr)
		return kpc_nearmiss_text(near, text, size);
	snprintf(text, size, " (inlined everywhere, or not built in)");
	return text;
}
