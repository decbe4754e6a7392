// SPDX-License-Identifier: GPL-2.0-only
/* cmd_report.c - collect report: what a trace has, and what it lacks */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "cmd.h"
#include "colour.h"
#include "json.h"
#include "progress.h"
#include "quantity.h"
#include "report.h"
#include "reportrequest.h"
#include "source.h"
#include "tables.h"

static int failed(const struct kpc_reader *reader)
{
	const char *error = kpc_reader_error(reader);

	progress_end();
	fprintf(stderr, "collect report: %s\n",
		*error ? error : "out of memory");
	return CMD_FAILED;
}

/* All traces of the file into @books. 0, or a negative errno. */
static int read_books(struct kpc_reader *reader, struct account_book **books,
		      uint32_t *nr)
{
	int ret;

	/* One more: of all parts of a recording together. */
	*books = calloc(kpc_reader_info(reader)->traces + 1, sizeof(**books));
	if (!*books)
		return -ENOMEM;
	do {
		ret = account_book_read(&(*books)[(*nr)++], reader);
		if (!ret)
			ret = kpc_reader_next_trace(reader);
	} while (ret > 0);
	if (!ret && account_books_follow(*books, *nr)) {
		ret = account_book_join(&(*books)[*nr], *books, *nr);
		(*nr)++;
	}
	return ret;
}

/* The rest, of the rows one by one, if that was asked for. */
static int read_tables(struct tables **tables, const struct report_request *r,
		       struct kpc_reader *reader,
		       const struct account_book *books, uint32_t nr)
{
	char error[1024];
	int err;

	if (!tables_wanted(&r->tables))
		return CMD_OK;
	if (kpc_reader_rewind(reader))
		return failed(reader);
	progress_part(2, 2);
	err = selection_begin(&r->selection, reader, "report", r->path);
	if (err)
		return err;
	*tables = tables_new(&r->tables, books, nr, error, sizeof(error));
	if (!*tables) {
		fprintf(stderr, "collect report: %s\n", error);
		return CMD_FAILED;
	}
	return tables_read(*tables, reader, &r->selection) ? failed(reader) :
							     CMD_OK;
}

static bool print_text(struct text *out, const struct report_request *r,
		       const struct account_book *books, uint32_t nr,
		       const struct tables *tables,
		       const struct kpc_reader_health *health)
{
	struct report_opts opts = { .details = r->details, .brief = tables };
	char some[QUANTITY_TEXT], all[QUANTITY_TEXT];
	bool good = true;

	report_text(out, r->path, books, nr, &opts);
	if (tables && r->selects)
		text_printf(out,
			    "\nselected: %s of %s events (the account above is "
			    "of the whole trace)\n",
			    quantity_count(tables_rows(tables), some),
			    quantity_count(health->rows, all));
	if (tables)
		good = tables_text(tables, out);
	report_text_end(out, health);
	return good;
}

static bool print_json(struct text *out, const struct report_request *r,
		       const struct account_book *books, uint32_t nr,
		       const struct tables *tables,
		       const struct kpc_reader_health *health)
{
	bool first = false, good = true;

	report_json(out, r->path, books, nr, health);
	if (tables) {
		json_u64(out, &first, "selected", tables_rows(tables));
		good = tables_json(tables, out, &first);
	}
	text_string(out, "}\n");
	return good;
}

static int print(struct text *out, const struct report_request *r,
		 struct account_book *books, uint32_t nr,
		 const struct tables *tables,
		 const struct kpc_reader_health *health)
{
	bool good;

	for (uint32_t i = 0; i < nr; i++)
		account_book_close(&books[i], health);
	good = r->json ? print_json(out, r, books, nr, tables, health) :
			 print_text(out, r, books, nr, tables, health);
	text_flush(out);
	if (good)
		return text_status(out);
	fprintf(stderr, "collect report: out of memory\n");
	return CMD_FAILED;
}

static int report(const struct report_request *r)
{
	struct kpc_reader_health health = { .size = sizeof(health) };
	struct text *out = text_new(STDOUT_FILENO);
	struct account_book *books = NULL;
	struct tables *tables = NULL;
	struct kpc_reader *reader;
	int status = CMD_FAILED;
	uint32_t nr = 0;

	if (out)
		out->colour = !r->json &&
			      colour_is_on(r->colour, STDOUT_FILENO);
	progress_begin("report", false);
	reader = source_open("report", r->path);
	if (!reader || !out)
		goto out;
	progress_part(1, tables_wanted(&r->tables) ? 2 : 1);
	if (read_books(reader, &books, &nr)) {
		failed(reader);
		goto out;
	}
	/* As it is now: the rows would be counted again. */
	kpc_reader_health(reader, &health);
	status = read_tables(&tables, r, reader, books, nr);
	if (status)
		goto out;
	progress_end();
	status = print(out, r, books, nr, tables, &health);
	if (!out->failed && !status)
		status = source_check(reader, "report", r->path);
out:
	tables_free(tables);
	while (nr)
		account_book_uninit(&books[--nr]);
	free(books);
	text_free(out);
	kpc_reader_close(reader);
	return status;
}

int cmd_report(int argc, char **argv)
{
	static struct report_request request;
	int status = report_request_parse(&request, argc, argv);

	if (status >= 0)
		return status;
	signal(SIGPIPE, SIG_IGN);
	return report(&request);
}
