// SPDX-License-Identifier: GPL-2.0
/*
 * trial_plot.c - the plots of a trial as scripts for gnuplot
 *
 * Colours are written as places in a table, #0101NN, which trial_plot_inline() turns into
 * the page's variables: the cells' first, then what all plots share.
 */
#include "report/trial_plot.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/run_figures.h"
#include "core/util.h"

#define RUNS_OF_CELL 3			/* lines over time: of more nothing can be seen */
#define INTERVALS_MAX 2000		/* points of each */
#define MARKS_MAX 400

enum { INK = TRIAL_PLOT_COLOURS, GRID, MARK, LINK };

const char *const trial_plot_marks[TRIAL_PLOT_COLOURS] = {
	"\xe2\x97\x8f", "\xe2\x96\xa0", "\xe2\x96\xb2", "\xe2\x97\x86", "\xe2\x96\xbc", "\xe2\xac\x9f",
};

/* gnuplot's numbers of the same marks. */
static const int points[TRIAL_PLOT_COLOURS] = { 7, 5, 9, 13, 11, 15 };

static unsigned int metric_named(const char *name)
{
	unsigned int i = 0;

	while (scenario_metrics[i].name && strcmp(scenario_metrics[i].name, name) != 0)
		i++;
	return i;
}

unsigned int trial_plot_metric(const struct trial *t)
{
	const struct scenario *s = t->scenario;

	if (s && s->score.given)
		return s->score.metric;
	return s && s->expect.n ? s->expect.v[0].metric : metric_named("reordered");
}

static unsigned int colour_of(const struct trial_run *r)
{
	return r->cell % TRIAL_PLOT_COLOURS;
}

/* ---- what all have in common ----------------------------------------------------------- */

static void write_head(FILE *f, const char *x, const char *y)
{
	fprintf(f, "set terminal svg size 460,280 dynamic font \"sans-serif,14\" noenhanced\n"
		"set border 3 back linecolor rgb \"#0101%02x\"\n"
		"set tics nomirror textcolor rgb \"#0101%02x\"\n"
		"set grid ytics back linetype 1 linewidth 1 linecolor rgb \"#0101%02x\"\n"
		"set xlabel \"%s\" offset 0,0.4 textcolor rgb \"#0101%02x\"\n"
		"set ylabel \"%s\" offset 1,0 textcolor rgb \"#0101%02x\"\n"
		"set yrange [0:*]\nset rmargin 3\nunset key\n",
		GRID, INK, GRID, x, INK, y, INK);
}

static void write_points(FILE *f, const char *block, unsigned int colour, bool valid)
{
	fprintf(f, "%s using 1:2 with points pointtype %d pointsize %s linewidth %d linecolor rgb \"#0101%02x\"",
		block, valid ? points[colour] : 2, valid ? "0.75" : "1.2", valid ? 1 : 2, colour);
}

/* ---- run by run -------------------------------------------------------------------------- */

struct by_run {
	const struct trial *t;
	unsigned int metric;
	double unit;			/* divides the figure */
};

static double figure(const struct by_run *b, const struct trial_run *r)
{
	double v = run_figure(&r->run, b->metric);

	return isfinite(v) && v >= 0 ? v / b->unit : NAN;
}

static bool paired(const struct trial *t)
{
	return t->mode != TRIAL_RUN;
}

/* Each run has its number, or one together with the other of its pair. */
static bool numbered(const struct trial *t)
{
	return paired(t) || t->n_cells < 2;
}

/* Pairs side by side; else cells, and the runs of one behind its number. */
static double place_of(const struct trial *t, const struct trial_run *r)
{
	if (!numbered(t))
		return r->cell + 1 + .03 * (r->pair % 20);
	return r->pair + 1 + (!paired(t) ? 0 : r->cell ? .09 : -.09);
}

static const char *place_label(const struct trial *t)
{
	return paired(t) ? "pair" : numbered(t) ? "run" : "variant, by its number above";
}

static unsigned int shown(const struct by_run *b, unsigned int colour, bool valid, FILE *f)
{
	unsigned int n = 0;

	for (size_t i = 0; i < b->t->n_runs && i < TRIAL_RUNS_MAX; i++) {
		const struct trial_run *r = &b->t->runs[i];
		double v = figure(b, r);

		if (colour_of(r) != colour || !trial_fault(b->t, r) != valid || isnan(v))
			continue;
		if (f)
			fprintf(f, "%.2f %.9g\n", place_of(b->t, r), v);
		n++;
	}
	return n;
}

/* A line between the two of a pair shows which way it went. */
static void write_links(const struct by_run *b, FILE *f)
{
	for (size_t i = 0; i + 1 < b->t->n_runs && i + 1 < TRIAL_RUNS_MAX; i++) {
		const struct trial_run *r = &b->t->runs[i], *s = r + 1;

		if (r->pair == s->pair && r->cell != s->cell && !r->second && s->second && !isnan(figure(b, r)) && !isnan(figure(b, s)))
			fprintf(f, "%.2f %.9g\n%.2f %.9g\n\n", place_of(b->t, r), figure(b, r),
				place_of(b->t, s), figure(b, s));
	}
}

static void write_x(FILE *f, const struct trial *t)
{
	unsigned int last = 1;

	for (size_t i = 0; i < t->n_runs && i < TRIAL_RUNS_MAX; i++) {
		unsigned int x = numbered(t) ? t->runs[i].pair : t->runs[i].cell;

		last = x + 1 > last && x < TRIAL_RUNS_MAX ? x + 1 : last;
	}
	fprintf(f, "set xrange [0.4:%u.6]\nset xtics %u\n", last, last > 30 ? last / 15 : last > 18 ? 2 : 1);
}

static void write_by_run(const struct by_run *b, const char *y, FILE *f)
{
	const char *comma = "plot ";

	write_head(f, place_label(b->t), y);
	write_x(f, b->t);
	if (paired(b->t)) {
		fputs("$links << EOD\n", f);
		write_links(b, f);
		fputs("EOD\n", f);
	}
	for (unsigned int k = 0; k < 2 * TRIAL_PLOT_COLOURS; k++) {
		fprintf(f, "$d%u << EOD\n", k);
		shown(b, k / 2, k % 2, f);
		fputs("EOD\n", f);
	}
	if (paired(b->t)) {
		fprintf(f, "plot $links using 1:2 with lines linewidth 1.5 linecolor rgb \"#0101%02x\"", LINK);
		comma = ", ";
	}
	for (unsigned int k = 0; k < 2 * TRIAL_PLOT_COLOURS; k++) {
		char block[8];

		if (!shown(b, k / 2, k % 2, NULL))
			continue;
		snprintf(block, sizeof(block), "$d%u", k);
		fputs(comma, f);
		write_points(f, block, k / 2, k % 2);
		comma = ", ";
	}
	fputc('\n', f);
}

static bool any_figure(const struct by_run *b, bool zero)
{
	for (size_t i = 0; i < b->t->n_runs; i++) {
		double v = figure(b, &b->t->runs[i]);

		if (zero ? v >= 0 : v > 0)
			return true;
	}
	return false;
}

/* ---- over time --------------------------------------------------------------------------- */

static bool drawn(const struct trial_run *r)
{
	return r->run.n_intervals > 1;
}

/* Where packets were mangled that moved: the only injections whose time is known. */
static void write_marks(const struct run *run, FILE *f)
{
	unsigned int n = 0;

	for (size_t i = 0; i < run->who.n_list && n < MARKS_MAX; i++) {
		double at = (double)run->who.list[i].time_ns / 1e9;

		if (!run->who.list[i].mangled)
			continue;
		fprintf(f, "set arrow from first %.4f, graph 0 to first %.4f, graph 0.06 nohead linewidth 1 "
			"linecolor rgb \"#0101%02x\"\n", at, at, MARK);
		n++;
	}
}

static void write_intervals(const struct run *run, FILE *f)
{
	for (size_t k = 0; k < run->n_intervals && k < INTERVALS_MAX; k++)
		fprintf(f, "%.4g %.9g\n", run->intervals[k].start_s + run->intervals[k].seconds / 2,
			run->intervals[k].bps / 1e6);
}

/* The first ones of each cell. */
static unsigned int pick_drawn(const struct trial *t, const struct trial_run *ret[])
{
	unsigned int of[TRIAL_CELLS_MAX] = { 0 }, n = 0;

	for (size_t i = 0; i < t->n_runs; i++) {
		const struct trial_run *r = &t->runs[i];

		if (r->cell < TRIAL_CELLS_MAX && drawn(r) && of[r->cell]++ < RUNS_OF_CELL)
			ret[n++] = r;
	}
	return n;
}

static void write_time(const struct trial *t, FILE *f)
{
	const struct trial_run *r[TRIAL_CELLS_MAX * RUNS_OF_CELL];
	unsigned int n = pick_drawn(t, r);

	write_head(f, "seconds", "Mb/s");
	fputs("set xrange [0:*]\n", f);
	for (unsigned int i = 0; i < n; i++) {
		fprintf(f, "$d%u << EOD\n", i);
		write_intervals(&r[i]->run, f);
		fputs("EOD\n", f);
	}
	write_marks(&r[0]->run, f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, "%s$d%u using 1:2 with lines linewidth 1.5 linecolor rgb \"#0101%02x\"",
			i ? ", " : "plot ", i, colour_of(r[i]));
	fputc('\n', f);
}

static bool any_time(const struct trial *t)
{
	for (size_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].cell < TRIAL_CELLS_MAX && drawn(&t->runs[i]))
			return true;
	return false;
}

/* ---- extents ----------------------------------------------------------------------------- */

/* Bars of one colour are of one cell: there is room for no more of them. */
static void merge_extents(const struct trial *t, struct reorder_hist h[TRIAL_PLOT_COLOURS],
			  unsigned int *ret_last)
{
	*ret_last = 0;
	for (size_t i = 0; i < t->n_runs; i++)
		if (t->runs[i].cell < TRIAL_PLOT_COLOURS && !trial_fault(t, &t->runs[i]))
			reorder_hist_merge(&h[t->runs[i].cell], &t->runs[i].run.reorder.f.extent);
	for (unsigned int k = 0; k < TRIAL_PLOT_COLOURS; k++)
		for (unsigned int b = 0; b < REORDER_BUCKETS; b++)
			*ret_last = h[k].bucket[b] && b > *ret_last ? b : *ret_last;
}

static void write_tics(FILE *f, unsigned int last)
{
	fputs("set xtics (", f);
	for (unsigned int b = 0; b <= last; b++)
		fprintf(f, "%s\"%llu%s\" %u", b ? ", " : "", 1ULL << b, b ? "+" : "", b);
	fputs(") scale 0\n", f);
}

static bool write_extents(const struct trial *t, FILE *f)
{
	struct reorder_hist h[TRIAL_PLOT_COLOURS] = { 0 };
	unsigned int last, cells = 0, at = 0;
	const char *comma = "plot ";

	merge_extents(t, h, &last);
	for (unsigned int k = 0; k < TRIAL_PLOT_COLOURS; k++)
		cells += h[k].count != 0;
	if (!cells)
		return false;
	write_head(f, "extent in packets, at least", "reordered packets");
	fprintf(f, "set xrange [-0.6:%u.6]\nset boxwidth %.3f\nset style fill solid 1.0 noborder\n", last,
		.8 / cells);
	write_tics(f, last);
	for (unsigned int k = 0; k < TRIAL_PLOT_COLOURS; k++) {
		if (!h[k].count)
			continue;
		fprintf(f, "$d%u << EOD\n", k);
		for (unsigned int b = 0; b <= last; b++)
			fprintf(f, "%.3f %.0f\n", b + .8 / cells * (at + .5) - .4, (double)h[k].bucket[b]);
		fputs("EOD\n", f);
		at++;
	}
	for (unsigned int k = 0; k < TRIAL_PLOT_COLOURS; k++) {
		if (!h[k].count)
			continue;
		fprintf(f, "%s$d%u using 1:2 with boxes linecolor rgb \"#0101%02x\"", comma, k, k);
		comma = ", ";
	}
	fputc('\n', f);
	return true;
}

/* ---- all of them ------------------------------------------------------------------------- */

static bool write_figure(const struct trial *t, bool throughput, FILE *f)
{
	unsigned int metric = throughput ? metric_named("throughput_bps") : trial_plot_metric(t);
	bool rate = scenario_metrics[metric].unit == SCENARIO_RATE;
	bool share = scenario_metrics[metric].unit == SCENARIO_SHARE;
	struct by_run b = { t, metric, rate ? 1e6 : share ? .01 : 1 };

	if (t->n_runs < 2 || (!throughput && rate) || !any_figure(&b, !throughput))
		return false;
	write_by_run(&b, rate ? "Mb/s" : share ? "percent" : scenario_metrics[metric].name, f);
	return true;
}

static bool write_plot(const struct trial *t, enum trial_plot plot, FILE *f)
{
	switch (plot) {
	case TRIAL_PLOT_FIGURE:
	case TRIAL_PLOT_THROUGHPUT:
		return write_figure(t, plot == TRIAL_PLOT_THROUGHPUT, f);
	case TRIAL_PLOT_TIME:
		if (!any_time(t))
			return false;
		write_time(t, f);
		return true;
	case TRIAL_PLOT_EXTENTS:
		return write_extents(t, f);
	case TRIAL_PLOTS:
		break;
	}
	return false;
}

int trial_plot_script(const struct trial *t, enum trial_plot plot, char **ret)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	bool any, failed;

	if (!f)
		return -ENOMEM;
	any = write_plot(t, plot, f);
	failed = ferror(f);
	if (fclose(f) || failed) {
		free(text);
		return -ENOMEM;
	}
	if (!any) {
		free(text);
		text = NULL;
	}
	*ret = text;
	return 0;
}

void trial_plots_free(struct trial_plots *p)
{
	for (unsigned int i = 0; i < TRIAL_PLOTS; i++)
		free(p->svg[i]);
	*p = (struct trial_plots){ 0 };
}
