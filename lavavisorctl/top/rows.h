/*
 * The services as top shows them: what the daemon said, how much CPU each has
 * taken since the time before, and their lines on a screen of some width.
 * Pure; clocks are passed in.
 */

#ifndef TOP_ROWS_H
#define TOP_ROWS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/message.h"

#define ROW_LINE_SIZE	512	/* of output; more is cut */
#define ROW_TEXT_SIZE	2048	/* a row on the widest screen */
#define COLUMNS_MAX	500	/* a wider screen is left empty there */

struct row {
	char	 name[NAME_SIZE];
	char	 role[16];
	char	 state[16];
	char	 version[VERSION_SIZE];	/* "-" none */
	char	 reason[TEXT_SIZE];	/* "" none */
	int64_t	 pid;			/* 0 none */
	int64_t	 since_s;		/* Unix, -1 not known */
	int64_t	 restarts;
	int64_t	 cpu_ms;		/* of this process so far, -1 unknown */
	int	 cpu_tenths;		/* % of a CPU * 10, -1 unknown */
	int64_t	 memory_kb;		/* -1 not known */
	int	 ready;			/* 1, 0, -1 not checked */
	char	 line[ROW_LINE_SIZE];	/* the last of its output */
};

struct rows {
	struct row	*row;
	size_t		 count;
	int64_t		 at_ms;		/* monotonic, of the last answer */
};

/*
 * Takes over an answer of `show services'.  What was known of a service that
 * is still there stays (its line), CPU is compared when it is the same
 * process.  0, or -1 when it is no such answer; then nothing changes.
 */
int	 rows_fill(struct rows *, const json_t *, int64_t now_ms);

void	 rows_free(struct rows *);

/* Of that name, or NULL. */
struct row	*rows_find(const struct rows *, const char *name);

/*
 * The columns' titles, and a row, as exactly `columns' columns of text that is
 * safe for a terminal.  out has ROW_TEXT_SIZE bytes.
 */
void	 rows_title(const struct rows *, int columns, char *out);
void	 rows_text(const struct rows *, const struct row *, int64_t now_s,
	    int columns, char *out);

/* "5 services: 3 running, 1 backoff, 1 failed" */
void	 rows_summary(const struct rows *, char *out, size_t size);

/* Copies text, cut or filled up to `columns' columns; size bytes in out. */
void	 text_fit(const char *text, int columns, char *out, size_t size);

#endif
