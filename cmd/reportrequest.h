/* SPDX-License-Identifier: GPL-2.0-only */
/* reportrequest - what collect report was asked for */
#ifndef REPORTREQUEST_H
#define REPORTREQUEST_H

#include "colour.h"
#include "selection.h"
#include "tables.h"

struct report_request {
	struct selection selection;
	bool selects; /* something */
	struct tables_opts tables;
	uint32_t details; /* events in full; 0: none */
	bool json;
	enum colour colour;
	const char *path;
};

/*
 * Parses what main() would take. Returns -1, or the exit status: help was asked for,
 * or a mistake was explained. Zeroed before.
 */
int report_request_parse(struct report_request *request, int argc, char **argv);

#endif /* REPORTREQUEST_H */
