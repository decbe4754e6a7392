// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "fail.h"

int kpc_fail(char *text, size_t size, int err, const char *format, ...)
{
	va_list args;

	if (text && size) {
		va_start(args, format);
		vsnprintf(text, size, format, args);
		va_end(args);
	}
	return err;
}
