// SPDX-License-Identifier: GPL-2.0
/*
 * opt.c - command lines against typed option tables
 *
 * Owns the meaning of the rows; popt owns the syntax (bundled short options,
 * '--name=value', '--'). A command line is read in two passes: first into pairs
 * of row and text, then the pairs are converted and stored, so that --help
 * neither trips over a bad value nor changes the defaults that it shows.
 */
#include "opt.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <popt.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/number.h"
#include "core/util.h"

struct row {
	const struct opt *opt;
	void *config;
};

struct pair {
	const struct row *row;
	char *value;			/* kept by the opt_args; NULL for flags */
};

/* Everything that one call of opt_parse() works on. */
struct parse {
	char where[64];			/* " for 'inject psh'", or "" */
	struct row *rows;
	struct poptOption *table;	/* val is the row's index + 1 */
	size_t n_rows;
	struct pair *pairs;
	size_t n_pairs;
	struct opt_args *args;
};

static bool takes_value(const struct opt *opt)
{
	return opt->type != OPT_T_FLAG && opt->type != OPT_T_STOP &&
	       opt->type != OPT_T_COUNT;
}

/* ---- one value ---------------------------------------------------------- */

static int parse_u64(const char *text, uint64_t *ret)
{
	bool hex = text[0] == '0' && tolower((unsigned char)text[1]) == 'x';

	return number_whole(hex ? text + 2 : text, hex ? 16 : 10, ret);
}

/* @text to a number in the type's unit: 0, -EINVAL, -ERANGE */
static int parse_scalar(const struct opt *opt, const char *text, uint64_t *ret)
{
	switch (opt->type) {
	case OPT_T_U64:
		return parse_u64(text, ret);
	case OPT_T_SIZE:
		return number_size(text, ret);
	case OPT_T_SECONDS:
		return number_seconds(text, ret);
	default:
		return number_whole(text, 10, ret);
	}
}

static const char *scalar_kind(const struct opt *opt)
{
	switch (opt->type) {
	case OPT_T_U64:
		return "a whole number (decimal or 0x...)";
	case OPT_T_SIZE:
		return "a size (such as 64K, 512M or 1G)";
	case OPT_T_SECONDS:
		return "a time (such as 10, 10s or 2m)";
	default:
		return "a whole number";
	}
}

static uint64_t scalar_max(const struct opt *opt)
{
	uint64_t most = opt->size == sizeof(uint32_t) ? UINT32_MAX : UINT64_MAX;

	return opt->max && opt->max < most ? opt->max : most;
}

/* As the user would write it: 512M rather than 536870912. */
static void format_scalar(const struct opt *opt, uint64_t v, char *buf, size_t len)
{
	static const char units[] = "TGMK";

	for (int i = 0; opt->type == OPT_T_SIZE && v && units[i]; i++) {
		unsigned int shift = 40 - 10 * i;

		if (v % (1ULL << shift) == 0) {
			snprintf(buf, len, "%" PRIu64 "%c", v >> shift, units[i]);
			return;
		}
	}
	snprintf(buf, len, "%" PRIu64, v);
}

static int bad_value(const struct parse *p, const struct opt *opt, const char *value,
		     struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

static int bad_value(const struct parse *p, const struct opt *opt, const char *value,
		     struct err *err, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(err, STATUS_USAGE, EINVAL, "option '--%s'%s: '%.200s' %s",
		       opt->name, p->where, value, why);
}

static int store_scalar(const struct parse *p, const struct opt *opt, void *field,
			const char *value, struct err *err)
{
	char low[32], high[32];
	uint64_t v = 0;
	int rc = parse_scalar(opt, value, &v);

	if (rc == -EINVAL)
		return bad_value(p, opt, value, err, "is not %s", scalar_kind(opt));
	if (rc < 0 || v < opt->min || v > scalar_max(opt)) {
		format_scalar(opt, opt->min, low, sizeof(low));
		format_scalar(opt, scalar_max(opt), high, sizeof(high));
		return bad_value(p, opt, value, err, "is out of range: %s to %s", low, high);
	}
	if (opt->size == sizeof(uint32_t))
		*(uint32_t *)field = v;
	else
		*(uint64_t *)field = v;
	return 0;
}

static int store_choice(const struct parse *p, const struct opt *opt, void *field,
			const char *value, struct err *err)
{
	struct nearest near = { .word = value };
	char list[256] = "";

	for (int i = 0; opt->choices[i]; i++) {
		size_t used = strlen(list);

		if (strcmp(opt->choices[i], value) == 0) {
			*(int *)field = i;
			return 0;
		}
		nearest_offer(&near, opt->choices[i]);
		snprintf(list + used, sizeof(list) - used, "%s%s",
			 i == 0 ? "" : opt->choices[i + 1] ? ", " : " or ", opt->choices[i]);
	}
	if (near.best)
		return bad_value(p, opt, value, err, "is not %s (did you mean '%s'?)",
				 list, near.best);
	return bad_value(p, opt, value, err, "is not %s", list);
}

/* ---- memory ------------------------------------------------------------- */

/* Takes @ptr over, also on failure; NULL in, NULL out. */
static void *keep(struct opt_args *args, void *ptr)
{
	void **grown;

	if (!ptr)
		return NULL;
	grown = reallocarray(args->kept, args->n_kept + 1, sizeof(*grown));
	if (!grown) {
		free(ptr);
		return NULL;
	}
	args->kept = grown;
	args->kept[args->n_kept++] = ptr;
	return ptr;
}

void opt_args_free(struct opt_args *args)
{
	for (size_t i = 0; i < args->n_kept; i++)
		free(args->kept[i]);
	free(args->kept);
	free(args->argv);
	*args = (struct opt_args){ 0 };
}

static int store_strings(const struct parse *p, const char ***field, char *value)
{
	const char **old = *field, **list;
	size_t n = 0;

	while (old && old[n])
		n++;
	list = keep(p->args, calloc(n + 2, sizeof(*list)));
	if (!list)
		return -ENOMEM;
	if (old)
		memcpy(list, old, n * sizeof(*list));
	list[n] = value;
	*field = list;
	return 0;
}

static int store(const struct parse *p, const struct pair *pair, struct err *err)
{
	const struct opt *opt = pair->row->opt;
	void *field = (char *)pair->row->config + opt->offset;

	switch (opt->type) {
	case OPT_T_FLAG:
	case OPT_T_STOP:
		*(bool *)field = true;
		return 0;
	case OPT_T_COUNT:
		++*(unsigned int *)field;
		return 0;
	case OPT_T_STRING:
		*(const char **)field = pair->value;
		return 0;
	case OPT_T_STRINGS:
		return store_strings(p, field, pair->value);
	case OPT_T_CHOICE:
		return store_choice(p, opt, field, pair->value, err);
	default:
		return store_scalar(p, opt, field, pair->value, err);
	}
}

static int store_all(const struct parse *p, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->n_pairs; i++)
		if (p->pairs[i].row->opt->type == OPT_T_STOP)
			return store(p, &p->pairs[i], err);
	for (size_t i = 0; i < p->n_pairs && rc == 0; i++)
		rc = store(p, &p->pairs[i], err);
	return rc;
}

/* ---- the command line --------------------------------------------------- */

static size_t count_rows(const struct opt_set *sets)
{
	size_t n = 0;

	for (; sets->opts || sets->config; sets++)
		for (const struct opt *o = sets->opts; o && o->name; o++)
			n++;
	return n;
}

static int make_rows(struct parse *p, const struct opt_set *sets)
{
	p->n_rows = count_rows(sets);
	p->rows = calloc(p->n_rows + 1, sizeof(*p->rows));
	p->table = calloc(p->n_rows + 1, sizeof(*p->table));
	if (!p->rows || !p->table)
		return -ENOMEM;
	p->n_rows = 0;
	for (; sets->opts || sets->config; sets++) {
		for (const struct opt *o = sets->opts; o && o->name; o++) {
			p->rows[p->n_rows] = (struct row){ o, sets->config };
			p->table[p->n_rows] = (struct poptOption){
				.longName = o->name, .shortName = o->key,
				.argInfo = takes_value(o) ? POPT_ARG_STRING : POPT_ARG_NONE,
				.val = p->n_rows + 1,
			};
			p->n_rows++;
		}
	}
	return 0;
}

static const struct row *find_key(const struct parse *p, char key)
{
	for (size_t i = 0; i < p->n_rows; i++)
		if (p->rows[i].opt->key == key)
			return &p->rows[i];
	return NULL;
}

/* The unknown one of a bundle such as -vxq; whole UTF-8 text is left as it is. */
static int unknown_key(const struct parse *p, const char *bundle, struct err *err)
{
	const char *bad = bundle + 1;

	while (bad[1] && find_key(p, *bad))
		bad++;
	if (strlen(bundle) == 2 || !isgraph((unsigned char)*bad))
		return err_set(err, STATUS_USAGE, EINVAL, "unknown option '%s'%s", bundle,
			       p->where);
	return err_set(err, STATUS_USAGE, EINVAL, "unknown option '-%c' in '%s'%s", *bad,
		       bundle, p->where);
}

static int unknown_option(const struct parse *p, const char *bad, struct err *err)
{
	char name[128];
	struct nearest near = { .word = name };

	if (strncmp(bad, "--", 2) != 0)
		return unknown_key(p, bad, err);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(bad + 2, "="), bad + 2);
	for (size_t i = 0; i < p->n_rows; i++)
		nearest_offer(&near, p->rows[i].opt->name);
	return err_set(err, STATUS_USAGE, EINVAL, "unknown option '--%s'%s%s%s%s", name,
		       p->where, near.best ? " (did you mean '--" : "", near.best ? near.best : "",
		       near.best ? "'?)" : "");
}

static int bad_syntax(const struct parse *p, poptContext ctx, int code, struct err *err)
{
	const char *bad = poptBadOption(ctx, 0);

	switch (code) {
	case POPT_ERROR_BADOPT:
		return unknown_option(p, bad, err);
	case POPT_ERROR_NOARG:
		return err_set(err, STATUS_USAGE, EINVAL, "option '%s'%s needs a value", bad,
			       p->where);
	case POPT_ERROR_UNWANTEDARG:
		return err_set(err, STATUS_USAGE, EINVAL, "option '%.*s' takes no value: '%s'",
			       (int)strcspn(bad, "="), bad, bad);
	default:
		return err_set(err, STATUS_USAGE, EINVAL, "%s: %s", bad, poptStrerror(code));
	}
}

static int read_pairs(struct parse *p, poptContext ctx, struct err *err)
{
	struct pair *grown;
	int code;

	while ((code = poptGetNextOpt(ctx)) > 0) {
		const struct row *row = &p->rows[code - 1];
		char *value = keep(p->args, poptGetOptArg(ctx));

		if (!value && takes_value(row->opt))
			return -ENOMEM;
		grown = reallocarray(p->pairs, p->n_pairs + 1, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		p->pairs = grown;
		p->pairs[p->n_pairs++] = (struct pair){ row, value };
	}
	return code == -1 ? 0 : bad_syntax(p, ctx, code, err);
}

static int read_args(struct parse *p, poptContext ctx)
{
	const char **left = poptGetArgs(ctx);
	int n = 0;

	while (left && left[n])
		n++;
	p->args->argv = calloc(n + 1, sizeof(char *));
	if (!p->args->argv)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		p->args->argv[i] = keep(p->args, strdup(left[i]));
		if (!p->args->argv[i])
			return -ENOMEM;
	}
	p->args->argc = n;
	return 0;
}

static int read_line(struct parse *p, unsigned int flags, int argc, char **argv,
		     struct err *err)
{
	unsigned int mode = POPT_CONTEXT_KEEP_FIRST | POPT_CONTEXT_NO_EXEC;
	poptContext ctx;
	int rc;

	if (argc == 0) {
		p->args->argv = calloc(1, sizeof(char *));
		return p->args->argv ? 0 : -ENOMEM;
	}
	if (flags & OPT_POSIX)
		mode |= POPT_CONTEXT_POSIXMEHARDER;
	ctx = poptGetContext("ovslab", argc, (const char **)argv, p->table, mode);
	if (!ctx)
		return -ENOMEM;
	rc = read_pairs(p, ctx, err);
	if (rc == 0)
		rc = read_args(p, ctx);
	poptFreeContext(ctx);
	return rc;
}

int opt_parse(const struct opt_set *sets, unsigned int flags, const char *who,
	      int argc, char **argv, struct opt_args *ret_args, struct err *err)
{
	struct parse p = { .args = ret_args };
	int rc;

	*ret_args = (struct opt_args){ 0 };
	if (*who)
		snprintf(p.where, sizeof(p.where), " for '%s'", who);
	rc = make_rows(&p, sets);
	if (rc == 0)
		rc = read_line(&p, flags, argc, argv, err);
	if (rc == 0)
		rc = store_all(&p, err);
	if (rc == -ENOMEM)
		err_set(err, STATUS_BENCH, rc, "out of memory");
	free(p.pairs);
	free(p.rows);
	free(p.table);
	return rc;
}

/* ---- the tables as text ------------------------------------------------- */

const char *opt_arg_name(const struct opt *opt)
{
	static const char *const names[] = {
		[OPT_T_STRING] = "TEXT", [OPT_T_STRINGS] = "TEXT", [OPT_T_UINT] = "N",
		[OPT_T_U64] = "N", [OPT_T_SIZE] = "SIZE", [OPT_T_SECONDS] = "SECS",
		[OPT_T_CHOICE] = "WORD",
	};

	if (!takes_value(opt))
		return NULL;
	return opt->arg ? opt->arg : names[opt->type];
}

bool opt_default(const struct opt *opt, const void *config, char *buf, size_t len)
{
	const char *text = opt->fallback;
	const void *field;
	uint64_t v = 0;

	if (!config || !takes_value(opt) || opt->type == OPT_T_STRINGS)
		return false;
	field = (const char *)config + opt->offset;
	if (opt->type == OPT_T_CHOICE)
		text = opt->choices[*(const int *)field];
	else if (opt->type == OPT_T_STRING)
		text = *(const char *const *)field ? *(const char *const *)field : text;
	else
		v = opt->size == sizeof(uint32_t) ? *(const uint32_t *)field :
						    *(const uint64_t *)field;
	if (v)
		format_scalar(opt, v, buf, len);
	else if (text)
		snprintf(buf, len, "%s", text);
	return v || text;
}

static size_t field_size(enum opt_type type)
{
	switch (type) {
	case OPT_T_FLAG:
	case OPT_T_STOP:
		return sizeof(bool);
	case OPT_T_COUNT:
	case OPT_T_UINT:
	case OPT_T_SECONDS:
	case OPT_T_CHOICE:
		return sizeof(uint32_t);
	case OPT_T_STRING:
	case OPT_T_STRINGS:
		return sizeof(char *);
	default:
		return sizeof(uint64_t);
	}
}

static const char *row_mistake(const struct opt *o)
{
	if (!o->help)
		return "has no help";
	if (o->size != field_size(o->type))
		return "has a field whose size does not suit its type";
	if ((o->type == OPT_T_CHOICE) != (o->choices != NULL))
		return "has choices without being a choice, or lacks them";
	if (o->max && o->min > o->max)
		return "has an empty range";
	return NULL;
}

int opt_check(const struct opt_set *sets, const char *who, struct err *err)
{
	struct opt_args none = { 0 };
	struct parse p = { .args = &none };
	const char *mistake = NULL;
	int rc = make_rows(&p, sets);
	size_t i;

	for (i = 0; i < p.n_rows && rc == 0 && !mistake; i++) {
		const struct opt *o = p.rows[i].opt;

		mistake = row_mistake(o);
		for (size_t j = 0; j < i && !mistake; j++)
			if (strcmp(o->name, p.rows[j].opt->name) == 0 ||
			    (o->key && o->key == p.rows[j].opt->key))
				mistake = "has the name or the key of another";
	}
	if (mistake)
		rc = err_set(err, STATUS_BENCH, EINVAL, "option '--%s' of '%s' %s",
			     p.rows[i - 1].opt->name, who, mistake);
	free(p.rows);
	free(p.table);
	return rc;
}
