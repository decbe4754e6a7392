// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* pread() of large files */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect.h"
#include "definition.h"
#include "fail.h"
#include "kallsyms.h"
#include "site.h"
#include "syscall.h"

#define HEADERS_MAX 4096u /* segments of a core; there are some tens */

/* ---- the kernel's memory ------------------------------------------------- */

static ssize_t read_segment(int fd, const Elf64_Phdr *segment, uint64_t address,
			    void *bytes, size_t size)
{
	uint64_t from = address - segment->p_vaddr;
	uint64_t left = segment->p_memsz - from;
	ssize_t n;

	if (segment->p_offset > INT64_MAX - from)
		return -EBADMSG;
	n = pread(fd, bytes, size < left ? size : left,
		  (off_t)(segment->p_offset + from));
	return n < 0 ? -errno : n;
}

static ssize_t read_core(int fd, uint64_t address, void *bytes, size_t size)
{
	Elf64_Phdr segment;
	Elf64_Ehdr head;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(segment) || head.e_phnum > HEADERS_MAX ||
	    head.e_phoff > INT64_MAX - HEADERS_MAX * sizeof(segment))
		return -EBADMSG;
	for (unsigned int i = 0; i < head.e_phnum; i++) {
		off_t at = (off_t)(head.e_phoff + i * sizeof(segment));

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return -EBADMSG;
		if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
		    address - segment.p_vaddr < segment.p_memsz)
			return read_segment(fd, &segment, address, bytes, size);
	}
	return -EFAULT;
}

ssize_t kpc_kcore_read(const char *path, uint64_t address, void *bytes,
		       size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_core(fd, address, bytes, size);
	close(fd);
	return n;
}

ssize_t kpc_kernel_text(uint64_t address, void *bytes, size_t size)
{
	return kpc_kcore_read(KPC_KCORE, address, bytes, size);
}

/* ---- names --------------------------------------------------------------- */

/* What is looked for: by name and module, or by address. */
struct wanted {
	const char *name; /* NULL: by address */
	const char *module;
	uint64_t address;
	uint64_t next; /* the first symbol behind it, so far */
	bool found;
	struct kpc_kernel_place *place;
};

static void take(struct wanted *w, const char *name, const char *module,
		 uint64_t address)
{
	struct kpc_kernel_place *to = w->place;

	w->found = true;
	snprintf(to->symbol, sizeof(to->symbol), "%s", name);
	snprintf(to->module, sizeof(to->module), "%s", module);
	to->start = address;
}

static void consider(struct wanted *w, char *line)
{
	char name[sizeof(w->place->symbol)], module[KPC_MODULE_NAME + 2] = "";
	const char *owner = module;
	uint64_t address;
	char type;

	if (sscanf(line, "%" SCNx64 " %c %511s %65s", &address, &type, name,
		   module) < 3)
		return;
	module[strcspn(module, "]")] = '\0';
	owner += *module == '[';
	if (w->name) {
		if (!w->found && strchr("tTwW", type) &&
		    !strcmp(name, w->name) &&
		    (!w->module || !strcmp(owner, w->module)))
			take(w, name, owner, address);
	} else if (address <= w->address &&
		   (!w->found || address > w->place->start)) {
		take(w, name, owner, address);
	}
}

static void find_end(struct wanted *w, const char *line)
{
	uint64_t address = strtoull(line, NULL, 16);

	if (address > w->place->start && (!w->next || address < w->next))
		w->next = address;
}

/* Calls one of the above for each line of kallsyms. 0 or a negative errno. */
static int read_lines(struct wanted *w, const char *path, bool for_end)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return -errno;
	while (getline(&line, &room, file) > 0) {
		if (for_end)
			find_end(w, line);
		else
			consider(w, line);
	}
	free(line);
	fclose(file);
	return 0;
}

static int look_up(struct wanted *w, const char *path)
{
	int err = read_lines(w, path, false);

	if (err)
		return err;
	if (!w->found)
		return -ENOENT;
	if (!w->place->start)
		return -EACCES;
	err = read_lines(w, path, true);
	if (!err && w->next)
		w->place->bytes = w->next - w->place->start;
	return err;
}

int kpc_kernel_place(uint64_t address, struct kpc_kernel_place *place)
{
	struct wanted w = { .address = address, .place = place };
	int err;

	if (place->size != sizeof(*place))
		return -EINVAL;
	*place = (struct kpc_kernel_place){ .size = sizeof(*place) };
	err = look_up(&w, KPC_KALLSYMS);
	if (!err && place->bytes && address - place->start >= place->bytes)
		err = -ENOENT;
	place->offset = address - place->start;
	return err;
}

/* ---- a probe's ----------------------------------------------------------- */

/* Behind SYMBOL+ or SYMBOL, and whole if the target is an address. */
static uint64_t number_in(const char *target, const char *end)
{
	const char *plus = memchr(target, '+', end - target);

	return strtoull(plus ? plus + 1 : target, NULL, 0);
}

static int place_target(const char *definition, struct kpc_kernel_place *place)
{
	const char *word = strchr(definition, ' '), *end;
	char name[sizeof(place->symbol)], module[KPC_MODULE_NAME], stub[512];
	struct kpc_target_name target;
	struct wanted w = { .name = name, .place = place };
	const char *syscall;
	int err;

	if (!word)
		return -EINVAL;
	word++;
	end = word + strcspn(word, " ");
	kpc_definition_target(definition, &target);
	if (!target.at)
		return kpc_kernel_place(number_in(word, end), place);
	snprintf(name, sizeof(name), "%.*s", (int)target.bytes, target.at);
	snprintf(module, sizeof(module), "%.*s", (int)target.module_bytes,
		 target.module ? target.module : "");
	syscall = kpc_syscall_name(name, KPC_KALLSYMS);
	if (syscall) {
		kpc_syscall_stub(syscall, stub, sizeof(stub));
		w.name = stub;
	}
	w.module = target.module ? module : NULL;
	err = look_up(&w, KPC_KALLSYMS);
	place->offset = target.has_offset ? number_in(target.at, end) : 0;
	return err;
}

int kpc_probe_place(const struct kpc_probe *probe,
		    struct kpc_kernel_place *place)
{
	if (place->size != sizeof(*place))
		return -EINVAL;
	*place = (struct kpc_kernel_place){ .size = sizeof(*place) };
	return place_target(probe->definition, place);
}
