// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addresses.h"
#include "lookup.h"

#define PIECE_BYTES 65536u
#define TEXTS_MAX   (64u << 20)

int kpc_lookup_begin(struct kpc_lookup *l, const char *path,
		     const uint64_t *addresses, uint32_t nr)
{
	*l = (struct kpc_lookup){ .fd = -1 };
	l->hits = calloc(nr + 1, sizeof(*l->hits));
	l->piece = malloc(PIECE_BYTES);
	kpc_buf_add(&l->texts, "", 1);
	if (!l->hits || !l->piece || l->texts.error)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++)
		l->hits[i] = (struct kpc_hit){
			.address = addresses[i],
			.end = UINT64_MAX,
		};
	l->nr = nr;
	l->fd = open(path, O_RDONLY | O_CLOEXEC);
	return l->fd < 0 ? -errno : 0;
}

void kpc_lookup_uninit(struct kpc_lookup *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->hits);
	free(l->piece);
	kpc_buf_uninit(&l->texts);
	*l = (struct kpc_lookup){ .fd = -1 };
}

/* ---- symbols ------------------------------------------------------------- */

/* The first hit whose address is at or above; the symbols are mostly sorted. */
static uint32_t first_from(const struct kpc_lookup *l, uint64_t address)
{
	uint32_t low = 0, n = l->nr;

	if (l->has_last && l->last.start <= address) {
		low = l->last.first;
		if (low == l->nr || l->hits[low].address >= address)
			return low;
		n -= low;
	}
	while (n) {
		uint32_t half = n / 2;

		if (l->hits[low + half].address < address) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

static uint32_t keep_text(struct kpc_lookup *l, const char *text)
{
	uint32_t at = l->texts.used;

	if (!*text)
		return 0;
	if (at < TEXTS_MAX)
		kpc_buf_add(&l->texts, text, strlen(text) + 1);
	return l->texts.used > at ? at : 0;
}

/*
 * The last symbol is the nearest one, so far, below the first address above it.
 * Of those at the same address the first counts, as it does for the kernel.
 */
static void note_last(struct kpc_lookup *l)
{
	struct kpc_hit *hit = &l->hits[l->last.first];

	if (!l->has_last || l->last.first == l->nr ||
	    (hit->start && hit->start >= l->last.start))
		return;
	hit->start = l->last.start;
	hit->name = keep_text(l, l->last.name);
	hit->module = keep_text(l, l->last.module);
}

static void add_symbol(struct kpc_lookup *l, uint64_t start, const char *name,
		       const char *module)
{
	uint32_t first = first_from(l, start);

	/* It ends the one below it. */
	if (first && l->hits[first - 1].end > start)
		l->hits[first - 1].end = start;
	if (l->has_last && start == l->last.start)
		return;
	/* In order: the last one has nothing if this one is nearer still. */
	if (!l->has_last || start < l->last.start || first != l->last.first)
		note_last(l);
	l->unordered |= l->has_last && start < l->last.start;
	l->beyond |= first == l->nr && !l->unordered;
	l->last.start = start;
	l->last.first = first;
	l->has_last = true;
	if (first == l->nr)
		return;
	strcpy(l->last.name, name);
	strcpy(l->last.module, module);
}

/* ---- lines --------------------------------------------------------------- */

static const char *take_hex(const char *at, uint64_t *number)
{
	uint64_t v = 0;

	for (;; at++) {
		if (*at >= '0' && *at <= '9')
			v = v << 4 | (*at - '0');
		else if (*at >= 'a' && *at <= 'f')
			v = v << 4 | (*at - 'a' + 10);
		else
			break;
	}
	*number = v;
	return at;
}

/* ADDRESS TYPE NAME, and a tab and [MODULE] */
void kpc_lookup_line(struct kpc_lookup *l, char *line)
{
	char *name, *module, *end;
	uint64_t start;
	const char *at = take_hex(line, &start);

	l->visible |= start != 0;
	if (start < KPC_KERNEL_FIRST || at[0] != ' ' || !at[1] || at[2] != ' ')
		return;
	if (at[1] == 'a' || at[1] == 'A')
		return; /* a number, not an address */
	name = (char *)at + 3;
	end = name + strcspn(name, "\t ");
	module = strchr(end, '[');
	*end = '\0';
	if (module) {
		module++;
		module[strcspn(module, "]")] = '\0';
	}
	if (!*name || strlen(name) >= KPC_SYMBOL_BYTES ||
	    (module && strlen(module) >= KPC_MODULE_BYTES))
		return;
	add_symbol(l, start, name, module ? module : "");
}

/* An address without a symbol right below it is in the one of the address below
 */
static int finish(struct kpc_lookup *l)
{
	note_last(l);
	for (uint32_t i = 1; i < l->nr; i++) {
		const struct kpc_hit *below = &l->hits[i - 1];

		if (l->hits[i].start >= below->start)
			continue;
		l->hits[i].start = below->start;
		l->hits[i].name = below->name;
		l->hits[i].module = below->module;
	}
	for (uint32_t i = l->nr; i-- > 1;)
		if (l->hits[i - 1].end > l->hits[i].end)
			l->hits[i - 1].end = l->hits[i].end;
	if (l->texts.error)
		return l->texts.error;
	return l->visible ? 0 : -EACCES;
}

int kpc_lookup_step(struct kpc_lookup *l)
{
	ssize_t got =
		read(l->fd, l->piece + l->used, PIECE_BYTES - 1 - l->used);
	char *line = l->piece, *end;

	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	if (!got)
		return finish(l);
	l->used += got;
	while ((end = memchr(line, '\n', l->piece + l->used - line)) != NULL) {
		*end = '\0';
		kpc_lookup_line(l, line);
		line = end + 1;
	}
	/* What comes later, modules, is above the kernel. */
	if (l->beyond)
		return finish(l);
	l->used -= line - l->piece;
	memmove(l->piece, line, l->used);
	/* No line is so long. */
	return l->used < PIECE_BYTES - 1 ? 1 : -EBADMSG;
}
