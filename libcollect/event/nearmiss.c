// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "nearmiss.h"

void kpc_nearmiss_init(struct kpc_nearmiss *near, const char *wanted)
{
	*near = (struct kpc_nearmiss){
		.wanted = wanted,
		.length = strlen(wanted),
	};
}

/* Edits that turn one name into another may be a third of it, at least one. */
static unsigned int limit(const struct kpc_nearmiss *near)
{
	return near->length < 6 ? 1 : near->length / 3;
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Insertions, removals and replacements between the two (Levenshtein). */
static unsigned int edits(const char *a, size_t a_bytes, const char *b,
			  size_t b_bytes)
{
	unsigned int row[KPC_NEARMISS_BYTES + 1];

	for (size_t j = 0; j <= b_bytes; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_bytes; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_bytes; j++) {
			unsigned int above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1,
				      diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_bytes];
}

/*
 * What is wanted plus a tail (.isra.0, _range) is near; a whole word more is
 * farther than a typing error.
 */
static unsigned int distance(const struct kpc_nearmiss *near, const char *name,
			     size_t bytes)
{
	size_t more = bytes > near->length ? bytes - near->length :
					     near->length - bytes;

	if (bytes > near->length && near->length >= 4 &&
	    !strncmp(name, near->wanted, near->length))
		return name[near->length] == '.' ? 0 :
		       more < limit(near)	 ? more :
						   limit(near);
	if (more > limit(near))
		return limit(near) + 1;
	return edits(near->wanted, near->length, name, bytes);
}

void kpc_nearmiss_offer(struct kpc_nearmiss *near, const char *name)
{
	size_t bytes = strlen(name);
	unsigned int d, at;

	if (bytes >= KPC_NEARMISS_BYTES || near->length >= KPC_NEARMISS_BYTES)
		return;
	d = distance(near, name, bytes);
	if (d > limit(near))
		return;
	for (at = 0; at < near->nr; at++)
		if (!strcmp(near->best[at].name, name))
			return;
	for (at = near->nr; at > 0 && near->best[at - 1].distance > d; at--)
		if (at < KPC_NEARMISS_MAX)
			near->best[at] = near->best[at - 1];
	if (at == KPC_NEARMISS_MAX)
		return;
	memcpy(near->best[at].name, name, bytes + 1);
	near->best[at].distance = d;
	if (near->nr < KPC_NEARMISS_MAX)
		near->nr++;
}

const char *kpc_nearmiss_text(const struct kpc_nearmiss *near, char *text,
			      size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < near->nr && used < size; i++)
		used += snprintf(text + used, size - used, "%s%s",
				 i ? ", " : "; did you mean ",
				 near->best[i].name);
	if (near->nr && used < size)
		snprintf(text + used, size - used, "?");
	return text;
}
