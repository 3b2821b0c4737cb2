// SPDX-License-Identifier: GPL-2.0
/*
 * inject_log.c - an event of a mangler's log as JSON and as a line of text
 */
#include "report/inject_log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "core/util.h"
#include "report/json.h"

#define NO_OFFSET UINT64_MAX

static const char *name_of(const struct log_row *row)
{
	return row->kind ? row->kind->name : "unknown";
}

static const char *address(const struct log_event *e, const uint8_t *addr,
			   char buf[INET6_ADDRSTRLEN])
{
	return inet_ntop(e->family == 4 ? AF_INET : AF_INET6, addr, buf, INET6_ADDRSTRLEN) ? buf : "?";
}

/* ---- JSON ----------------------------------------------------------------------- */

static int add_number(json_t *obj, const char *name, uint64_t value)
{
	return json_add(obj, name, json_integer((json_int_t)value));
}

static int put_stable(json_t *obj, const struct log_row *row)
{
	const struct log_event *e = row->e;

	return json_add(obj, "kind", json_string(name_of(row))) ?:
	       add_number(obj, "connection", e->connection) ?:
	       add_number(obj, "server_port", log_server_port(e)) ?:
	       json_add(obj, "offset", e->offset > INT64_MAX ? json_null() :
						json_integer((json_int_t)e->offset)) ?:
	       add_number(obj, "length", e->len) ?: add_number(obj, "before", e->before) ?:
	       add_number(obj, "after", e->after);
}

static int put_rest(json_t *obj, const struct log_row *row)
{
	const struct log_event *e = row->e;
	char buf[INET6_ADDRSTRLEN];

	return json_add(obj, "place", json_clean(row->place)) ?: add_number(obj, "serial", e->serial) ?:
	       json_add(obj, "time_unix_ns", json_integer(row->unix_ns)) ?:
	       add_number(obj, "protocol", e->proto) ?:
	       json_add(obj, "source", json_string(address(e, e->saddr, buf))) ?:
	       add_number(obj, "source_port", e->sport) ?:
	       json_add(obj, "destination", json_string(address(e, e->daddr, buf))) ?:
	       add_number(obj, "destination_port", e->dport) ?: add_number(obj, "seq", e->seq) ?:
	       add_number(obj, "ip_id", e->ip_id) ?:
	       json_add(obj, "dry_run", json_boolean(e->flags & LOG_DRY_RUN)) ?:
	       json_add(obj, "cleared", json_boolean(e->flags & LOG_CLEARED)) ?:
	       json_add(obj, "again", json_boolean(e->flags & LOG_AGAIN));
}

json_t *log_row_json(const struct log_row *row, bool stable)
{
	_cleanup_json_ json_t *obj = json_object();

	if (put_stable(obj, row) || (!stable && put_rest(obj, row)))
		return NULL;
	return take_ptr(obj);
}

/* ---- text ------------------------------------------------------------------------- */

/* TCP's flags by their names, in the order of their bits. */
static void print_flags(FILE *f, uint32_t flags)
{
	static const char *const names[] = { "fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr" };
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & 1u << i))
			continue;
		fprintf(f, "%s%s", comma, names[i]);
		comma = ",";
	}
	if (!*comma)
		fputs("none", f);
}

static void print_value(FILE *f, const struct log_event *e, uint32_t value)
{
	if (e->kind == STAGE_FLAGS)
		print_flags(f, value);
	else if (e->kind == STAGE_BADCSUM || e->kind == STAGE_CORRUPT)
		fprintf(f, "0x%04" PRIx32, value);
	else
		fprintf(f, "%" PRIu32, value);
}

static void print_change(FILE *f, const struct log_event *e)
{
	if (!e->before && !e->after)
		return;
	fputs("  ", f);
	print_value(f, e, e->before);
	fputs(" -> ", f);
	print_value(f, e, e->after);
}

static void print_bytes(FILE *f, const struct log_event *e)
{
	if (e->connection)
		fprintf(f, "  connection %" PRIu32 " to %u", e->connection, log_server_port(e));
	if (e->offset != NO_OFFSET)
		fprintf(f, "  byte %" PRIu64, (uint64_t)e->offset);
	fprintf(f, "  length %" PRIu32, e->len);
}

static void print_end(FILE *f, const struct log_event *e, const uint8_t *addr, uint16_t port)
{
	char buf[INET6_ADDRSTRLEN];

	fprintf(f, e->family == 6 ? "[%s]:%u" : "%s:%u", address(e, addr, buf), port);
}

static void print_time(FILE *f, int64_t unix_ns)
{
	time_t seconds = (time_t)(unix_ns / 1000000000);
	char text[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	fprintf(f, "%s.%06" PRId64, text, unix_ns % 1000000000 / 1000);
}

static void print_whole(FILE *f, const struct log_row *row)
{
	const struct log_event *e = row->e;

	print_time(f, row->unix_ns);
	fprintf(f, "  %s  %s  ", row->place, name_of(row));
	print_end(f, e, e->saddr, e->sport);
	fputs(" > ", f);
	print_end(f, e, e->daddr, e->dport);
	print_bytes(f, e);
	fprintf(f, "  seq %" PRIu32 "  id %u", e->seq, e->ip_id);
	print_change(f, e);
	fprintf(f, "%s%s%s", e->flags & LOG_DRY_RUN ? "  dry run" : "",
		e->flags & LOG_CLEARED ? "  cleared" : "", e->flags & LOG_AGAIN ? "  again" : "");
}

int log_row_print(FILE *f, const struct log_row *row, bool stable)
{
	if (stable) {
		fputs(name_of(row), f);
		print_bytes(f, row->e);
		print_change(f, row->e);
	} else {
		print_whole(f, row);
	}
	fputc('\n', f);
	return ferror(f) ? -errno : 0;
}

/* ---- what is stable ------------------------------------------------------------------ */

bool log_row_is_stable(const struct log_row *row)
{
	return !(row->e->flags & (LOG_AGAIN | LOG_CLEARED));
}

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

int log_row_compare(const void *a, const void *b)
{
	const struct log_event *x = ((const struct log_row *)a)->e, *y = ((const struct log_row *)b)->e;

	return compare(log_server_port(x), log_server_port(y)) ?:
	       compare(x->proto, y->proto) ?: compare(x->connection, y->connection) ?:
	       compare(x->offset, y->offset) ?: compare(x->stage, y->stage) ?:
	       compare(x->len, y->len) ?: compare(x->before, y->before) ?:
	       compare(x->after, y->after);
}
