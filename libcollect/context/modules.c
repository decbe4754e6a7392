// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "body_fields.h"
#include "modules.h"
#include "wire.h"
#include "pseudofile.h"

void kpc_modules_init(struct kpc_modules *m)
{
	*m = (struct kpc_modules){
		.list = "/proc/modules",
		.folder = "/sys/module",
	};
}

void kpc_modules_uninit(struct kpc_modules *m)
{
	free(m->module);
	*m = (struct kpc_modules){ 0 };
}

/* ---- looking ------------------------------------------------------------- */

static void read_build_id(const struct kpc_modules *m,
			  struct kpc_module_state *state)
{
	char path[PATH_MAX];
	int bytes;

	snprintf(path, sizeof(path), "%s/%s/notes/.note.gnu.build-id",
		 m->folder, state->name);
	bytes = kpc_buildid_of_notes(path, state->build_id);
	state->build_id_bytes = bytes > 0 ? bytes : 0;
}

static struct kpc_module_state *find(const struct kpc_modules *m,
				     const char *name, uint64_t start,
				     uint64_t bytes)
{
	for (uint32_t i = 0; i < m->nr; i++) {
		struct kpc_module_state *state = &m->module[i];

		if (state->start == start && state->bytes == bytes &&
		    !strcmp(state->name, name))
			return state;
	}
	return NULL;
}

/* NAME BYTES USERS USED-BY STATE 0xADDRESS, and perhaps taints */
static int take_line(struct kpc_modules *m, const char *line)
{
	struct kpc_module_state found = { .seen = true, .fresh = true };
	struct kpc_module_state *state;

	if (sscanf(line, "%63s %" SCNu64 " %*s %*s %*s 0x%" SCNx64, found.name,
		   &found.bytes, &found.start) != 3)
		return 0;
	state = find(m, found.name, found.start, found.bytes);
	if (state) {
		state->seen = true;
		return 0;
	}
	if (strchr(found.name, '/') || m->nr == KPC_MODULES_MAX) {
		m->missed++;
		return 0;
	}
	state = realloc(m->module, (m->nr + 1) * sizeof(*state));
	if (!state)
		return -ENOMEM;
	m->module = state;
	read_build_id(m, &found);
	m->module[m->nr++] = found;
	return 0;
}

int kpc_modules_look(struct kpc_modules *m, struct kpc_addresses *addresses)
{
	char *text, *line, *next;
	size_t bytes;
	int err = kpc_pseudofile_load(m->list, &text, &bytes);

	if (err)
		return err == -ENOMEM ? err : 0; /* a kernel without modules */
	for (uint32_t i = 0; i < m->nr; i++)
		m->module[i].seen = false;
	for (line = text; !err && *line; line = next) {
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		err = take_line(m, line);
	}
	free(text);
	for (uint32_t i = 0; !err && i < m->nr; i++) {
		struct kpc_module_state *state = &m->module[i];

		if (state->seen)
			continue;
		state->fresh = true;
		if (addresses && state->start)
			kpc_addresses_forget(addresses, state->start,
					     state->start + state->bytes);
	}
	return err;
}

uint64_t kpc_modules_end(const struct kpc_modules *m, const char *name)
{
	for (uint32_t i = 0; i < m->nr; i++) {
		const struct kpc_module_state *state = &m->module[i];

		if (state->seen && state->start && !strcmp(state->name, name))
			return state->start + state->bytes;
	}
	return UINT64_MAX;
}

/* ---- writing ------------------------------------------------------------- */

static void add_module(struct kpc_buf *body,
		       const struct kpc_module_state *state)
{
	size_t begin = kpc_wire_begin(body, MODULES_MODULE);

	kpc_wire_add_bytes(body, MODULE_NAME, state->name, strlen(state->name));
	kpc_wire_add_fixed64(body, MODULE_ADDRESS, state->start);
	kpc_wire_add_varint(body, MODULE_BYTES, state->bytes);
	if (state->build_id_bytes)
		kpc_wire_add_bytes(body, MODULE_BUILD_ID, state->build_id,
				   state->build_id_bytes);
	if (!state->seen)
		kpc_wire_add_varint(body, MODULE_GONE, 1);
	kpc_wire_end(body, begin);
}

/* Those that went needn't be known any more. */
static void settle(struct kpc_modules *m)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < m->nr; i++) {
		if (!m->module[i].seen)
			continue;
		m->module[kept] = m->module[i];
		m->module[kept++].fresh = false;
	}
	m->nr = kept;
}

int kpc_modules_write(struct kpc_modules *m, struct kpc_writer *writer,
		      uint64_t now_ns, bool all)
{
	struct kpc_context_head head = { .lost = m->missed };
	struct kpc_buf body = { 0 };
	int err = 0;

	kpc_wire_add_varint(&body, MODULES_TIME, now_ns);
	for (uint32_t i = 0; i < m->nr; i++) {
		if (!all && !m->module[i].fresh)
			continue;
		add_module(&body, &m->module[i]);
		head.entries++;
		head.denied |= !m->module[i].start;
	}
	if (head.entries)
		err = kpc_writer_context(writer, KPC_CONTEXT_MODULES, &head,
					 &body);
	kpc_buf_uninit(&body);
	if (!err && !all)
		settle(m);
	return err;
}
