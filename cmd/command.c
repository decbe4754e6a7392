// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"

#define EXIT_CANNOT    126 /* as shells say it */
#define EXIT_NOT_FOUND 127

/* 0 if @path can be run, else the status with which shells say that it can't. */
static int check_file(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return EXIT_NOT_FOUND;
	if (S_ISDIR(st.st_mode) || access(path, X_OK))
		return EXIT_CANNOT;
	return 0;
}

static int search_path(const char *name)
{
	const char *path = getenv("PATH");
	int status = EXIT_NOT_FOUND;
	char file[4096];

	if (!path)
		path = "/bin:/usr/bin";
	for (;;) {
		int bytes = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", bytes ? bytes : 1,
			 bytes ? path : ".", name);
		switch (check_file(file)) {
		case 0:
			return 0;
		case EXIT_CANNOT:
			status = EXIT_CANNOT;
		}
		path += bytes;
		if (!*path++)
			return status;
	}
}

int command_check(char *const *argv)
{
	int status;

	if (!argv)
		return 0;
	status = strchr(argv[0], '/') ? check_file(argv[0]) :
					search_path(argv[0]);
	if (status)
		fprintf(stderr, "collect: cannot run %s: %s\n", argv[0],
			status == EXIT_NOT_FOUND ? "command not found" :
						   "not an executable file");
	return status;
}

int command_status(int status)
{
	return WIFSIGNALED(status) ? COMMAND_SIGNAL + WTERMSIG(status) :
				     WEXITSTATUS(status);
}
