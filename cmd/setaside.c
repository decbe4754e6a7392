// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "setaside.h"

static FILE *file;
static int saved[3] = { -1, -1, -1 };

static void replace(int fd, int by)
{
	if (!isatty(fd))
		return;
	saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (saved[fd] >= 0)
		dup2(by, fd);
}

void setaside_begin(void)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	file = tmpfile();
	if (nothing >= 0) {
		replace(STDIN_FILENO, nothing);
		close(nothing);
	}
	if (!file)
		return;
	fcntl(fileno(file), F_SETFL, O_APPEND);
	replace(STDOUT_FILENO, fileno(file));
	replace(STDERR_FILENO, fileno(file));
}

void setaside_end(void)
{
	for (int fd = 0; fd < 3; fd++) {
		if (saved[fd] < 0)
			continue;
		dup2(saved[fd], fd);
		close(saved[fd]);
		saved[fd] = -1;
	}
}

void setaside_print(void)
{
	char bytes[4096];
	size_t n;

	if (!file)
		return;
	rewind(file);
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		if (fwrite(bytes, 1, n, stdout) != n)
			break;
	fflush(stdout);
	fclose(file);
	file = NULL;
}
