/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elfimage - a small shared library, made up for tests
 *
 * Its code is at 0x1200 and in the file at 0x200, 256 bytes; its data at 0x3300, in the
 * file at 0x300, 64 bytes and as many that aren't in the file. A section can be said
 * to have anything.
 */
#ifndef ELFIMAGE_H
#define ELFIMAGE_H

#include <stddef.h>
#include <stdint.h>

#define ELFIMAGE_TEXT	   0x1200
#define ELFIMAGE_DATA	   0x3300
#define ELFIMAGE_MOVE	   0x1000 /* from a text's address to its offset */
#define ELFIMAGE_BASE	   0x3300 /* of .stapsdt.base */
#define ELFIMAGE_BYTES_MAX 16384

struct elfimage_symbol {
	const char *name;
	uint64_t address;
	uint64_t bytes;
	unsigned int type; /* STT_* */
};

struct elfimage_probe {
	const char *provider;
	const char *name;
	const char *arguments;
	uint64_t address;
	uint64_t base; /* 0: ELFIMAGE_BASE */
	uint64_t semaphore;
};

/* Both lists end with a NULL. Returns how many bytes it has. */
size_t elfimage_make(uint8_t image[ELFIMAGE_BYTES_MAX],
		     const struct elfimage_symbol *symbols,
		     const struct elfimage_probe *probes);
/* Appends one's note, and returns its end. */
uint8_t *elfimage_note(uint8_t *at, const struct elfimage_probe *probe);

#endif /* ELFIMAGE_H */
