// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpfspec.h"
#include "fail.h"

#define COOKIE "cookie="

/* Decimal or 0x, all of @text, within 64 bits. */
static int parse_number(const char *text, uint64_t *number)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	text += hex ? 2 : 0;
	if (hex ? !isxdigit((unsigned char)*text) :
		  !isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	*number = strtoull(text, &end, hex ? 16 : 10);
	return errno || *end ? -EINVAL : 0;
}

/*
 * What is behind the last comma, if that is a term and not a part of a name;
 * @bytes is what is left in front.
 */
static int take_cookie(struct kpc_bpfspec *spec, const char *text,
		       size_t *bytes, char *error, size_t error_size)
{
	const char *comma = strrchr(text, ',');

	*bytes = strlen(text);
	if (!comma || !strchr(comma, '='))
		return 0;
	if (strncmp(comma + 1, COOKIE, strlen(COOKIE)))
		return kpc_fail(error, error_size, -EINVAL,
				"--bpf %s: there is no '%s', only cookie=N",
				text, comma + 1);
	if (parse_number(comma + 1 + strlen(COOKIE), &spec->cookie))
		return kpc_fail(error, error_size, -EINVAL,
				"--bpf %s: cookie takes a number of 64 bits, "
				"decimal or 0x, and comes last",
				text);
	*bytes = comma - text;
	return 0;
}

static const char *find_colon(const char *text, size_t bytes)
{
	const char *object = strstr(text, ".o:");

	if (object && object + 2 < text + bytes)
		return object + 2;
	if (bytes >= 2 && !memcmp(text + bytes - 2, ".o", 2))
		return NULL;
	return memchr(text, ':', bytes);
}

int kpc_bpfspec_parse(struct kpc_bpfspec *spec, const char *text, char *error,
		      size_t error_size)
{
	const char *colon;
	size_t bytes;
	int err;

	*spec = (struct kpc_bpfspec){ 0 };
	err = take_cookie(spec, text, &bytes, error, error_size);
	if (err)
		return err;
	colon = find_colon(text, bytes);
	if (colon == text || !bytes)
		return kpc_fail(error, error_size, -EINVAL,
				"--bpf %s: which file? It takes "
				"FILE[:PROGRAM][,cookie=N]",
				text);
	if (colon && colon + 1 == text + bytes)
		return kpc_fail(error, error_size, -EINVAL,
				"--bpf %s: which program? The name of a "
				"section or function comes after the ':'",
				text);
	spec->path = strndup(text, colon ? colon - text : (ptrdiff_t)bytes);
	if (colon)
		spec->program = strndup(colon + 1, text + bytes - colon - 1);
	if (!spec->path || (colon && !spec->program))
		return kpc_fail(error, error_size, -ENOMEM, "out of memory");
	return 0;
}

void kpc_bpfspec_uninit(struct kpc_bpfspec *spec)
{
	free(spec->path);
	free(spec->program);
	*spec = (struct kpc_bpfspec){ 0 };
}
