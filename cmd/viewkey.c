// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip4.h"
#include "viewkey.h"

/* ---- making -------------------------------------------------------------- */

/*
 * A part of a key: its length in two bytes, then the part, as much of it as there is
 * room for. What is cut may be several: that is to be seen.
 */
char *viewkey_put_long(char *at, const void *bytes, size_t n, size_t most)
{
	static const char more[] = "...";
	size_t cut = n > most ? strlen(more) : 0;

	if (cut)
		n = most;
	*at++ = n & 0xff;
	*at++ = n >> 8;
	if (n)
		memcpy(at, bytes, n - cut);
	memcpy(at + n - cut, more, cut);
	return at + n;
}

char *viewkey_put(char *at, const void *bytes, size_t n)
{
	return viewkey_put_long(at, bytes, n, VIEWKEY_PART - 2);
}

char *viewkey_number(char *at, enum kpc_field_kind kind, uint64_t number)
{
	char text[32];

	if (kind == KPC_FIELD_SIGNED)
		snprintf(text, sizeof(text), "%" PRId64, (int64_t)number);
	else if (kind == KPC_FIELD_HEX)
		snprintf(text, sizeof(text), "%#" PRIx64, number);
	else
		snprintf(text, sizeof(text), "%" PRIu64, number);
	return viewkey_put(at, text, strlen(text));
}

char *viewkey_field(char *at, const struct kpc_row *row, int field)
{
	enum kpc_field_kind kind = row->event->fields[field].kind;
	const struct kpc_value *value = &row->values[field];
	char ip4[IP4_BYTES];

	if (ip4_applies(&row->event->fields[field])) {
		const char *end = ip4_put(ip4, value->u);

		return viewkey_put(at, ip4, end - ip4);
	}

	if (kind != KPC_FIELD_STRING && kind != KPC_FIELD_BYTES)
		return viewkey_number(at, kind, value->u);
	return value->fault ? viewkey_put(at, "(unreadable)", 12) :
			      viewkey_put(at, value->blob, value->blob_bytes);
}

/* ---- reading ------------------------------------------------------------- */

const char *viewkey_part(const char *key, int part, size_t *bytes)
{
	const char *at = key;
	size_t n = 0;

	for (int i = 0; i <= part; i++) {
		at += n;
		n = (uint8_t)at[0] | (size_t)(uint8_t)at[1] << 8;
		at += 2;
	}
	*bytes = n;
	return at;
}

/* Printable ASCII as it is, other bytes as \xNN. */
static size_t put_escaped(char *to, size_t room, const char *from, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < n && used + 5 < room; i++) {
		unsigned char c = from[i];

		if (c >= ' ' && c < 0x7f && c != '\\')
			to[used++] = c;
		else
			used += snprintf(to + used, 5, "\\x%02x", c);
	}
	to[used] = '\0';
	return used;
}

static void put_process(char *text, size_t size, const char *comm,
			const char *id, size_t n)
{
	size_t used = put_escaped(text, size, comm, strlen(comm));

	if (n == 1 && *id == '0')
		snprintf(text, size, "(idle)");
	else
		snprintf(text + used, size - used, "%s(%.*s)", used ? " " : "",
			 (int)n, id);
}

static void put_syscall(char *text, size_t size, const char *machine,
			const char *id)
{
	long number = strtol(id, NULL, 10);
	const char *name = kpc_syscall_text(machine, number);

	if (name)
		snprintf(text, size, "%s", name);
	else
		snprintf(text, size, "%ld", number);
}

void viewkey_text(enum view_by_kind kind, const char *machine, const char *comm,
		  const char *part, size_t n, char text[VIEW_TEXT_BYTES])
{
	char number[32];

	switch (kind) {
	case VIEW_BY_PID:
	case VIEW_BY_TID:
		put_process(text, VIEW_TEXT_BYTES, comm, part, n);
		break;
	case VIEW_BY_SYSCALL:
		snprintf(number, sizeof(number), "%.*s", (int)n, part);
		put_syscall(text, VIEW_TEXT_BYTES, machine, number);
		break;
	case VIEW_BY_FILE:
		/* What tells it from others of its name is behind a NUL. */
		put_escaped(text, VIEW_TEXT_BYTES, part, strnlen(part, n));
		break;
	default:
		put_escaped(text, VIEW_TEXT_BYTES, part, n);
	}
}
