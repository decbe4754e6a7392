// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cpulist.h"
#include "fail.h"
#include "pseudofile.h"

#define ONLINE	 "/sys/devices/system/cpu/online"
#define POSSIBLE "/sys/devices/system/cpu/possible"
#define CPU_MAX	 8191 /* as the kernel's largest NR_CPUS */

void kpc_cpulist_uninit(struct kpc_cpulist *list)
{
	free(list->cpu);
	*list = (struct kpc_cpulist){ 0 };
}

static bool parse_number(const char **at, int *number)
{
	char *end;
	unsigned long v;

	if (!isdigit((unsigned char)**at))
		return false;
	v = strtoul(*at, &end, 10);
	if (v > CPU_MAX)
		return false;
	*number = v;
	*at = end;
	return true;
}

/* Marks the CPUs of @text in @set, of CPU_MAX + 1 bytes. */
static bool parse_set(const char *text, uint8_t *set)
{
	const char *at = text;
	int first, last;

	for (;;) {
		if (!parse_number(&at, &first))
			return false;
		last = first;
		if (*at == '-') {
			at++;
			if (!parse_number(&at, &last) || last < first)
				return false;
		}
		memset(set + first, 1, last - first + 1);
		if (*at == '\0' || !strcmp(at, "\n"))
			return true;
		if (*at++ != ',')
			return false;
	}
}

int kpc_cpulist_parse(struct kpc_cpulist *list, const char *text, char *error,
		      size_t error_size)
{
	uint8_t *set = calloc(CPU_MAX + 1, 1);

	*list = (struct kpc_cpulist){
		.cpu = calloc(CPU_MAX + 1, sizeof(*list->cpu)),
	};
	if (!set || !list->cpu) {
		free(set);
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	}
	if (!parse_set(text, set)) {
		free(set);
		return kpc_fail(error, error_size, -EINVAL,
				"bad list of CPUs '%s': it is numbers and "
				"ranges such as 0-3,6",
				text);
	}
	for (int i = 0; i <= CPU_MAX; i++)
		if (set[i])
			list->cpu[list->nr++] = i;
	free(set);
	return 0;
}

int kpc_cpulist_online(struct kpc_cpulist *list, char *error, size_t error_size)
{
	char text[4096];
	int err = kpc_pseudofile_read(ONLINE, text, sizeof(text));

	*list = (struct kpc_cpulist){ 0 };
	if (err < 0)
		return kpc_fail(error, error_size, err, "cannot read %s: %s",
				ONLINE, strerror(-err));
	return kpc_cpulist_parse(list, text, error, error_size);
}

bool kpc_cpulist_has(const struct kpc_cpulist *list, int cpu)
{
	for (uint32_t i = 0; i < list->nr; i++)
		if (list->cpu[i] == cpu)
			return true;
	return false;
}

void kpc_cpulist_add_later(struct kpc_cpulist *list)
{
	struct kpc_cpulist possible = { 0 };
	char text[4096];

	if (kpc_pseudofile_read(POSSIBLE, text, sizeof(text)) > 0 &&
	    !kpc_cpulist_parse(&possible, text, NULL, 0))
		/* A list has room for all that there are. */
		for (uint32_t i = 0; i < possible.nr; i++)
			if (!kpc_cpulist_has(list, possible.cpu[i]))
				list->cpu[list->nr + list->nr_later++] =
					possible.cpu[i];
	kpc_cpulist_uninit(&possible);
}

int kpc_cpulist_choose(struct kpc_cpulist *list, const char *text, char *error,
		       size_t error_size)
{
	struct kpc_cpulist online;
	int err;

	if (!text)
		return kpc_cpulist_online(list, error, error_size);
	err = kpc_cpulist_parse(list, text, error, error_size);
	if (err)
		return err;
	err = kpc_cpulist_online(&online, error, error_size);
	for (uint32_t i = 0; !err && i < list->nr; i++)
		if (!kpc_cpulist_has(&online, list->cpu[i]))
			err = kpc_fail(error, error_size, -EINVAL,
				       "CPU %d is not online; %s says which "
				       "are",
				       list->cpu[i], ONLINE);
	kpc_cpulist_uninit(&online);
	return err;
}

bool kpc_cpulist_same(const struct kpc_cpulist *a, const struct kpc_cpulist *b)
{
	for (uint32_t i = 0; i < a->nr && i < b->nr; i++)
		if (a->cpu[i] != b->cpu[i])
			return false;
	return a->nr == b->nr;
}
