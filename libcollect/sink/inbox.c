// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* asprintf() */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "head.h"
#include "inbox.h"
#include "packet.h"

/* ---- names --------------------------------------------------------------- */

static void hex(char text[33], const uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++)
		sprintf(text + i * 2, "%02x", uuid[i]);
}

/* Where a name's extension begins, at its end if it has none. */
static size_t stem_bytes(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash ? slash + 1 : name;
	const char *dot = strrchr(base, '.');

	return dot && dot != base ? (size_t)(dot - name) : strlen(name);
}

char *kpc_inbox_name(const char *output, const Kprobex__Header *header)
{
	const Kprobex__Part *part = header->part;
	size_t stem = stem_bytes(output);
	char id[33], *name;
	int n;

	if (header->uuid.len != 16 || (part && part->series.len != 16))
		return NULL;
	hex(id, part ? part->series.data : header->uuid.data);
	if (part)
		n = asprintf(&name, "%.*s.%s.%06u%s", (int)stem, output, id,
			     part->number, output + stem);
	else
		n = asprintf(&name, "%.*s.%s%s", (int)stem, output, id,
			     output + stem);
	return n < 0 ? NULL : name;
}

/* ---- what is in a file --------------------------------------------------- */

static ssize_t read_at(int fd, uint8_t *data, size_t bytes, uint64_t offset)
{
	size_t have = 0;

	while (have < bytes) {
		ssize_t n = pread(fd, data + have, bytes - have, offset + have);

		if (!n)
			break;
		if (n > 0)
			have += n;
		else if (errno != EINTR)
			return -errno;
	}
	return have;
}

/*
 * How many bytes the packet at @offset has, its checksum left aside; 0: there is
 * no whole one.
 */
static uint64_t packet_bytes(int fd, uint64_t offset, uint64_t size)
{
	uint8_t lead[KPC_PACKET_LEAD_BYTES];
	struct kpc_packet packet;
	size_t need;
	ssize_t n = read_at(fd, lead, sizeof(lead), offset);

	if (n <= 0 || kpc_packet_parse(&packet, lead, n, &need) != -EAGAIN ||
	    need <= (size_t)n || need > size - offset)
		return 0;
	return need;
}

/* The Head of the packet there, NULL if it isn't good. */
static Kprobex__Head *read_head(int fd, uint64_t offset, size_t bytes)
{
	uint8_t *data = malloc(bytes);
	Kprobex__Head *head = NULL;
	struct kpc_packet packet;
	size_t need;

	if (data && read_at(fd, data, bytes, offset) == (ssize_t)bytes &&
	    !kpc_packet_parse(&packet, data, bytes, &need))
		head = kpc_head_unpack(packet.head);
	free(data);
	return head;
}

/* So far it could be a packet's beginning, and no more. */
static bool is_cut_packet(int fd, uint64_t size)
{
	uint8_t lead[KPC_PACKET_LEAD_BYTES];
	struct kpc_packet packet;
	size_t need;
	ssize_t n = read_at(fd, lead, sizeof(lead), 0);

	return n > 0 && kpc_packet_parse(&packet, lead, n, &need) == -EAGAIN &&
	       need > size;
}

/* It begins with a Header of that trace, or with a part of one. */
static bool is_trace(int fd, uint64_t size, const uint8_t uuid[16])
{
	size_t bytes = packet_bytes(fd, 0, size);
	Kprobex__Head *head = bytes ? read_head(fd, 0, bytes) : NULL;
	bool is = head && head->kind_case == KPROBEX__HEAD__KIND_HEADER &&
		  head->header->uuid.len == 16 &&
		  !memcmp(head->header->uuid.data, uuid, 16);

	kpc_head_free(head);
	return is || is_cut_packet(fd, size);
}

/*
 * The end of the last good packet. All but the last were written whole: only that
 * one's checksum is looked at.
 */
static void find_end(struct kpc_inbox *inbox, uint64_t size)
{
	uint64_t last = 0, bytes, at = 0;
	Kprobex__Head *head;

	while ((bytes = packet_bytes(inbox->fd, at, size)) != 0) {
		last = at;
		at += bytes;
	}
	inbox->bytes = at;
	if (!at)
		return;
	head = read_head(inbox->fd, last, at - last);
	if (!head)
		inbox->bytes = last;
	else
		inbox->whole = head->kind_case == KPROBEX__HEAD__KIND_FOOTER;
	kpc_head_free(head);
}

/* ---- open ---------------------------------------------------------------- */

static int open_file(struct kpc_inbox *inbox, char *path,
		     const uint8_t uuid[16], int flags, uint64_t *size)
{
	struct stat st;

	*inbox = (struct kpc_inbox){ .path = path, .fd = -1 };
	memcpy(inbox->uuid, uuid, sizeof(inbox->uuid));
	if (!path)
		return -ENOMEM;
	/* Nobody leads us elsewhere by a link in a folder that is shared. */
	inbox->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0666);
	if (inbox->fd < 0 || fstat(inbox->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EEXIST;
	*size = st.st_size;
	return 0;
}

/* Cuts the file where what is good ends, and writes from there on. */
static int cut(struct kpc_inbox *inbox)
{
	if (ftruncate(inbox->fd, inbox->bytes) ||
	    lseek(inbox->fd, inbox->bytes, SEEK_SET) < 0)
		return -errno;
	return 0;
}

int kpc_inbox_create(struct kpc_inbox *inbox, char *path,
		     const uint8_t uuid[16], bool replace)
{
	uint64_t size = 0;
	int err = open_file(inbox, path, uuid, replace ? 0 : O_NOFOLLOW, &size);

	if (!err && size && !replace && !is_trace(inbox->fd, size, uuid))
		err = -EEXIST;
	return err ? err : cut(inbox);
}

int kpc_inbox_resume(struct kpc_inbox *inbox, char *path,
		     const uint8_t uuid[16], bool replace)
{
	uint64_t size = 0;
	int err = open_file(inbox, path, uuid, replace ? 0 : O_NOFOLLOW, &size);

	if (err)
		return err;
	if (size && !is_trace(inbox->fd, size, uuid))
		return replace ? cut(inbox) : -EEXIST;
	find_end(inbox, size);
	if (inbox->whole) {
		close(inbox->fd);
		inbox->fd = -1;
		return 0;
	}
	return cut(inbox);
}

/* ---- write --------------------------------------------------------------- */

int kpc_inbox_append(struct kpc_inbox *inbox, const void *data, size_t bytes)
{
	const uint8_t *from = data;
	size_t left = bytes;

	while (left) {
		ssize_t n = write(inbox->fd, from, left);
		int err = n ? errno : EIO;

		if (n > 0) {
			from += n;
			left -= n;
		} else if (!n || err != EINTR) {
			cut(inbox);
			return -err;
		}
	}
	inbox->bytes += bytes;
	return 0;
}

int kpc_inbox_finish(struct kpc_inbox *inbox)
{
	int fd = inbox->fd;

	inbox->fd = -1;
	if (close(fd) && errno != EINTR)
		return -errno;
	inbox->whole = true;
	return 0;
}

void kpc_inbox_uninit(struct kpc_inbox *inbox)
{
	if (inbox->fd >= 0)
		close(inbox->fd);
	free(inbox->path);
	*inbox = (struct kpc_inbox){ .fd = -1 };
}
