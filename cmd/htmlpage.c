// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>

#include "htmlpage.h"

#define PLACE "@DATA@"

/* Of the linker, which takes the file as it is. */
extern const char _binary_page_html_start[];
extern const char _binary_page_html_end[];

/* Bytes from there on; to the linker they are one object, to C two. */
static size_t left(const char *at)
{
	return (uintptr_t)_binary_page_html_end - (uintptr_t)at;
}

static const char *place(void)
{
	return memmem(_binary_page_html_start, left(_binary_page_html_start),
		      PLACE, strlen(PLACE));
}

void htmlpage_begin(struct text *out)
{
	text_bytes(out, _binary_page_html_start,
		   place() - _binary_page_html_start);
}

void htmlpage_end(struct text *out)
{
	const char *after = place() + strlen(PLACE);

	text_bytes(out, after, left(after));
}
