// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "body_fields.h"
#include "kprobex.pb-c.h"
#include "veilbody.h"
#include "wire.h"

#define PIECES_MAX	  512u	     /* of a range: 1 GiB */
#define PACKET_PIECES_MAX (1u << 18) /* of all ranges of a packet: 10 MiB */

/* ---- ranges -------------------------------------------------------------- */

/* What of a range stays together. */
struct piece {
	uint32_t of;	 /* the range's number */
	uint64_t start;	 /* where it went */
	uint64_t bytes;	 /* of it */
	uint64_t before; /* so many of the range are before it */
};

struct pieces {
	struct kpc_buf buf;
	uint32_t nr;
	uint64_t cut; /* ranges with more of them than there may be */
};

static void split(const struct kpc_veil *veil, struct pieces *pieces,
		  uint32_t of, uint64_t start, uint64_t bytes)
{
	struct piece piece = { .of = of };
	uint32_t n = 0;

	do {
		if (n++ == PIECES_MAX || pieces->nr == PACKET_PIECES_MAX) {
			pieces->cut++;
			return;
		}
		piece.bytes = kpc_veil_together(start, bytes);
		piece.start = kpc_veil_address(veil, NULL, start);
		kpc_buf_add(&pieces->buf, &piece, sizeof(piece));
		pieces->nr++;
		piece.before += piece.bytes;
		start += piece.bytes;
		bytes -= piece.bytes;
	} while (bytes);
}

static const struct piece *piece_at(const struct pieces *pieces, uint32_t i)
{
	return (const struct piece *)pieces->buf.data + i;
}

#define ADD_VARINTS(number, value)                                        \
	do {                                                              \
		size_t begin = kpc_wire_begin(body, (number));            \
                                                                          \
		for (uint32_t i = 0; i < pieces.nr; i++) {                \
			const struct piece *piece = piece_at(&pieces, i); \
                                                                          \
			kpc_wire_put_varint(body, (value));               \
		}                                                         \
		kpc_wire_end(body, begin);                                \
	} while (0)

#define ADD_FIXED64S(number, value)                                       \
	do {                                                              \
		size_t begin = kpc_wire_begin(body, (number));            \
                                                                          \
		for (uint32_t i = 0; i < pieces.nr; i++) {                \
			const struct piece *piece = piece_at(&pieces, i); \
			uint64_t v = (value);                             \
                                                                          \
			kpc_buf_add(body, &v, sizeof(v));                 \
		}                                                         \
		kpc_wire_end(body, begin);                                \
	} while (0)

/* ---- Maps ---------------------------------------------------------------- */

/* Names that the kernel gives to what isn't a file. */
static bool is_no_file(ProtobufCBinaryData path)
{
	static const char *const names[] = { "",	  "//anon",    "[heap]",
					     "[stack]",	  "[uprobes]", "[vdso]",
					     "[vsyscall]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (path.len == strlen(names[i]) &&
		    (!path.len || !memcmp(path.data, names[i], path.len)))
			return true;
	return false;
}

static void add_file(const struct kpc_veil *veil, struct kpc_buf *body,
		     const Kprobex__MappedFile *file)
{
	size_t begin = kpc_wire_begin(body, MAPS_FILE);
	char token[KPC_TOKEN_BYTES];

	if (is_no_file(file->path)) {
		kpc_wire_add_bytes(body, FILE_PATH, file->path.data,
				   file->path.len);
	} else {
		kpc_token_text(&veil->names, file->path.data, file->path.len,
			       token);
		kpc_wire_add_bytes(body, FILE_PATH, token, strlen(token));
	}
	kpc_wire_end(body, begin);
}

static void add_maps(const struct kpc_veil *veil, const Kprobex__Maps *m,
		     struct kpc_context_head *head, struct kpc_buf *body)
{
	struct pieces pieces = { 0 };

	for (uint32_t i = 0; i < m->n_start; i++)
		split(veil, &pieces, i, m->start[i], m->bytes[i]);
	for (uint32_t i = 0; i < m->n_file; i++)
		add_file(veil, body, m->file[i]);
	if (pieces.nr) {
		ADD_VARINTS(MAPS_WHAT, m->what[piece->of]);
		ADD_VARINTS(MAPS_TIME, m->time_ns[piece->of]);
		ADD_VARINTS(MAPS_PID, m->pid[piece->of]);
		ADD_FIXED64S(MAPS_START, piece->start);
		ADD_VARINTS(MAPS_BYTES, piece->bytes);
		ADD_VARINTS(MAPS_OFFSET, m->offset[piece->of] + piece->before);
		ADD_VARINTS(MAPS_FILE_INDEX, m->file_index[piece->of]);
	}
	head->entries = pieces.nr;
	head->lost += pieces.cut;
	body->error |= pieces.buf.error;
	kpc_buf_uninit(&pieces.buf);
}

static int veil_maps(const struct kpc_veil *veil, struct kpc_context_head *head,
		     const struct kpc_buf *from, struct kpc_buf *body)
{
	Kprobex__Maps *m = kprobex__maps__unpack(NULL, from->used, from->data);
	size_t n = m ? m->n_start : 0;
	int err = m ? 0 : -EINVAL;

	if (!err && m->n_what == n && m->n_time_ns == n && m->n_pid == n &&
	    m->n_bytes == n && m->n_offset == n && m->n_file_index == n)
		add_maps(veil, m, head, body);
	else
		err = -EINVAL;
	if (m)
		kprobex__maps__free_unpacked(m, NULL);
	return err;
}

/* ---- KernelSymbols ------------------------------------------------------- */

/*
 * All pieces of a symbol begin where the symbol would, so that offsets in it are what
 * they were. What isn't the piece's of that is where no address goes.
 */
static void add_symbols(const struct kpc_veil *veil,
			const Kprobex__KernelSymbols *m, const uint32_t *name,
			struct kpc_context_head *head, struct kpc_buf *body)
{
	struct pieces pieces = { 0 };
	size_t names;

	for (uint32_t i = 0; i < m->n_start; i++)
		split(veil, &pieces, i, m->start[i], m->bytes[i]);
	kpc_wire_add_varint(body, SYMBOLS_TIME, m->time_ns);
	if (pieces.nr) {
		ADD_FIXED64S(SYMBOLS_START, piece->start - piece->before);
		ADD_VARINTS(SYMBOLS_BYTES, piece->before + piece->bytes);
		ADD_VARINTS(SYMBOLS_MODULE, m->module[piece->of]);
		ADD_VARINTS(SYMBOLS_NAME_BYTES, m->name_bytes[piece->of]);
		names = kpc_wire_begin(body, SYMBOLS_NAMES);
		for (uint32_t i = 0; i < pieces.nr; i++) {
			uint32_t of = piece_at(&pieces, i)->of;

			kpc_buf_add(body, m->names.data + name[of],
				    m->name_bytes[of]);
		}
		kpc_wire_end(body, names);
	}
	for (size_t i = 0; i < m->n_module_name; i++)
		kpc_wire_add_bytes(body, SYMBOLS_MODULE_NAME,
				   m->module_name[i].data,
				   m->module_name[i].len);
	head->entries = pieces.nr;
	head->lost += pieces.cut;
	body->error |= pieces.buf.error;
	kpc_buf_uninit(&pieces.buf);
}

/* Where each one's name begins; NULL: they aren't there, or no memory. */
static uint32_t *find_names(const Kprobex__KernelSymbols *m)
{
	uint32_t *name = calloc(m->n_start + 1, sizeof(*name));
	uint64_t at = 0;

	for (size_t i = 0; name && i < m->n_start; i++) {
		name[i] = at;
		at += m->name_bytes[i];
	}
	if (name && at == m->names.len)
		return name;
	free(name);
	return NULL;
}

static int veil_symbols(const struct kpc_veil *veil,
			struct kpc_context_head *head,
			const struct kpc_buf *from, struct kpc_buf *body)
{
	Kprobex__KernelSymbols *m =
		kprobex__kernel_symbols__unpack(NULL, from->used, from->data);
	size_t n = m ? m->n_start : 0;
	uint32_t *name = NULL;

	if (m && m->n_bytes == n && m->n_module == n && m->n_name_bytes == n)
		name = find_names(m);
	if (name)
		add_symbols(veil, m, name, head, body);
	if (m)
		kprobex__kernel_symbols__free_unpacked(m, NULL);
	free(name);
	return name ? 0 : -EINVAL;
}

/* ---- Ksymbols ------------------------------------------------------------ */

static void add_ksymbol(const Kprobex__Ksymbol *m, const struct piece *piece,
			struct kpc_buf *body)
{
	size_t begin = kpc_wire_begin(body, KSYMBOLS_SYMBOL);

	kpc_wire_add_varint(body, KSYMBOL_TIME, m->time_ns);
	kpc_wire_add_fixed64(body, KSYMBOL_ADDRESS,
			     piece->start - piece->before);
	kpc_wire_add_varint(body, KSYMBOL_BYTES, piece->before + piece->bytes);
	if (m->name.len)
		kpc_wire_add_bytes(body, KSYMBOL_NAME, m->name.data,
				   m->name.len);
	kpc_wire_add_varint(body, KSYMBOL_TYPE, m->type);
	kpc_wire_add_varint(body, KSYMBOL_GONE, m->unregistered);
	kpc_wire_end(body, begin);
}

static int veil_ksymbols(const struct kpc_veil *veil,
			 struct kpc_context_head *head,
			 const struct kpc_buf *from, struct kpc_buf *body)
{
	Kprobex__Ksymbols *m =
		kprobex__ksymbols__unpack(NULL, from->used, from->data);
	struct pieces pieces = { 0 };

	if (!m)
		return -EINVAL;
	for (uint32_t i = 0; i < m->n_symbol; i++)
		split(veil, &pieces, i, m->symbol[i]->address,
		      m->symbol[i]->bytes);
	for (uint32_t i = 0; i < pieces.nr; i++) {
		const struct piece *piece = piece_at(&pieces, i);

		add_ksymbol(m->symbol[piece->of], piece, body);
	}
	head->entries = pieces.nr;
	head->lost += pieces.cut;
	body->error |= pieces.buf.error;
	kpc_buf_uninit(&pieces.buf);
	kprobex__ksymbols__free_unpacked(m, NULL);
	return 0;
}

/* ---- modules and patches ------------------------------------------------- */

static void pack(const ProtobufCMessage *message, struct kpc_buf *body)
{
	size_t bytes = protobuf_c_message_get_packed_size(message);
	uint8_t *at = kpc_buf_reserve(body, bytes);

	if (at)
		body->used += protobuf_c_message_pack(message, at);
}

/*
 * Of a module only what is together with its beginning, which nearly always is all:
 * symbols in it are found by themselves.
 */
static int veil_modules(const struct kpc_veil *veil, const struct kpc_buf *from,
			struct kpc_buf *body)
{
	Kprobex__KernelModules *m =
		kprobex__kernel_modules__unpack(NULL, from->used, from->data);

	if (!m)
		return -EINVAL;
	for (size_t i = 0; i < m->n_module; i++) {
		Kprobex__KernelModule *module = m->module[i];

		module->bytes =
			kpc_veil_together(module->address, module->bytes);
		module->address = kpc_veil_address(veil, NULL, module->address);
		module->build_id.len = 0;
	}
	pack(&m->base, body);
	kprobex__kernel_modules__free_unpacked(m, NULL);
	return 0;
}

/* Code has distances to where it jumps. */
static void blank(ProtobufCBinaryData *code)
{
	if (code->len)
		memset(code->data, 0, code->len);
}

static int veil_pokes(const struct kpc_veil *veil, const struct kpc_buf *from,
		      struct kpc_buf *body)
{
	Kprobex__TextPokes *m =
		kprobex__text_pokes__unpack(NULL, from->used, from->data);

	if (!m)
		return -EINVAL;
	for (size_t i = 0; i < m->n_poke; i++) {
		m->poke[i]->address =
			kpc_veil_address(veil, NULL, m->poke[i]->address);
		blank(&m->poke[i]->old_code);
		blank(&m->poke[i]->new_code);
	}
	pack(&m->base, body);
	kprobex__text_pokes__free_unpacked(m, NULL);
	return 0;
}

/* ---- control groups ------------------------------------------------------ */

/* The topmost one has the same name everywhere. Ids are of this boot, as pids are. */
static int veil_cgroups(const struct kpc_veil *veil, const struct kpc_buf *from,
			struct kpc_buf *body)
{
	Kprobex__Cgroups *m =
		kprobex__cgroups__unpack(NULL, from->used, from->data);

	if (!m)
		return -EINVAL;
	for (size_t i = 0; i < m->n_cgroup; i++) {
		const ProtobufCBinaryData *path = &m->cgroup[i]->path;
		size_t begin = kpc_wire_begin(body, CGROUPS_CGROUP);
		char token[KPC_TOKEN_BYTES] = "/";

		if (path->len != 1 || path->data[0] != '/')
			kpc_token_text(&veil->names, path->data, path->len,
				       token);
		kpc_wire_add_varint(body, CGROUP_ID, m->cgroup[i]->id);
		kpc_wire_add_bytes(body, CGROUP_PATH, token, strlen(token));
		kpc_wire_end(body, begin);
	}
	kprobex__cgroups__free_unpacked(m, NULL);
	return 0;
}

/* ---- all of them --------------------------------------------------------- */

static int veil_body(const struct kpc_veil *veil, enum kpc_context_kind kind,
		     struct kpc_context_head *head, const struct kpc_buf *from,
		     struct kpc_buf *body)
{
	switch (kind) {
	case KPC_CONTEXT_MAPS:
		return veil_maps(veil, head, from, body);
	case KPC_CONTEXT_SYMBOLS:
		return veil_symbols(veil, head, from, body);
	case KPC_CONTEXT_MODULES:
		return veil_modules(veil, from, body);
	case KPC_CONTEXT_KSYMBOLS:
		return veil_ksymbols(veil, head, from, body);
	case KPC_CONTEXT_TEXT_POKES:
		return veil_pokes(veil, from, body);
	case KPC_CONTEXT_CGROUPS:
		return veil_cgroups(veil, from, body);
	default:
		return -EINVAL;
	}
}

int kpc_veil_body(const struct kpc_veil *veil, enum kpc_context_kind kind,
		  struct kpc_context_head *head, struct kpc_buf *body)
{
	struct kpc_buf from = *body;
	int err;

	*body = (struct kpc_buf){ 0 };
	err = veil_body(veil, kind, head, &from, body);
	kpc_buf_uninit(&from);
	return err ? err : body->error;
}
