// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include "stepping.h"

static bool is_conditional(uint8_t opcode, uint8_t first)
{
	return (opcode & 0xf0) == first;
}

/* As of x86: nop, push of a register, direct calls and jumps. */
bool kpc_stepping_code(const uint8_t *code, size_t bytes)
{
	size_t at = bytes > 1 && code[0] == 0x41; /* push of r8 to r15 */

	if (at == bytes)
		return true;
	if ((code[at] & 0xf8) == 0x50)
		return false;
	switch (code[0]) {
	case 0x90: /* nop */
	case 0xe8: /* call */
	case 0xe9: /* jmp */
	case 0xeb:
		return false;
	case 0x0f: /* the long nop, and jumps with a condition */
		return bytes < 2 ||
		       (code[1] != 0x1f && !is_conditional(code[1], 0x80));
	default:
		return !is_conditional(code[0], 0x70);
	}
}

bool kpc_stepping_file(const char *path, uint64_t offset)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t code[4];
	ssize_t n;

	if (fd < 0)
		return true;
	n = pread(fd, code, sizeof(code), (off_t)offset);
	close(fd);
	return n <= 0 || kpc_stepping_code(code, n);
}
