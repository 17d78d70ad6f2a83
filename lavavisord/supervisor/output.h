/*
 * The output of one service: from its fifo to its log file, and a new file at
 * a line's end when the log has its size.
 *
 * A rotation: when the log has reached its limit the line in hand is finished,
 * the parent is asked for the next file and the fifo is left alone until it
 * comes, at most OUTPUT_HOLD_MS; then the old one is written on and left at
 * the first end of a line after the new one has come.
 *
 * A log that cannot be written never holds a service up: the bytes are
 * thrown away, counted and reported.
 */

#ifndef SUPERVISOR_OUTPUT_H
#define SUPERVISOR_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

struct event;
struct event_base;

#define OUTPUT_TURN	(256 * 1024)	/* bytes of one service per turn */
#define OUTPUT_HOLD_MS	500
#define OUTPUT_LINE_MAX	(1024 * 1024)	/* a longer line is cut by rotation */
#define OUTPUT_ASK_S	60	/* a rotation without answer is asked again */
#define OUTPUT_REPORT_S	10	/* between two reports of lost bytes */

enum output_phase {
	OUTPUT_PLAIN,		/* below its limit */
	OUTPUT_ENDING,		/* to be left at the end of this line */
	OUTPUT_HELD,		/* at the end of a line, a file was asked for */
	OUTPUT_LATE		/* no answer yet: goes on with the old file */
};

struct output {
	uint32_t		 slot;
	int			 fifo;		/* -1 none; ours */
	int			 log;		/* -1 none; ours */
	int			 next;		/* a new log, -1 none; ours */
	enum output_phase	 phase;
	uint64_t		 size;		/* of log */
	uint64_t		 limit;		/* 0: never rotated */
	uint64_t		 overrun;	/* bytes since ENDING */
	int64_t			 asked_ms;
	struct event		*readable;
	struct event		*hold;
	struct event		*report;	/* pending: said not long ago */
	int			 quiet;		/* nobody can write to it */
	uint64_t		 lost;		/* not reported yet */
	int			 lost_errno;	/* 0: there is no log */
};

struct output_hooks {
	/* Ask the parent for the next log file of this slot. */
	void	(*rotate)(uint32_t slot);

	/* error: as errno, 0 when there is no log file. */
	void	(*lost)(uint32_t slot, uint64_t bytes, int error);

	/* There may be more in the log. */
	void	(*moved)(uint32_t slot);

	/* A fifo has come to its end. */
	void	(*quiet)(uint32_t slot);
};

/* Once, before all others.  hooks is not copied. */
void	 output_setup(struct event_base *, const struct output_hooks *);

void	 output_init(struct output *, uint32_t slot);

/*
 * Takes the read end of the fifo or a log file to write to (at its end, no
 * O_APPEND); an old one is closed, the log only at the end of a line.
 */
void	 output_fifo(struct output *, int fd);
void	 output_log(struct output *, int fd);
void	 output_limit(struct output *, uint64_t);

/* Somebody may have opened the fifo to write: look again. */
void	 output_wake(struct output *);

/* Nobody will answer any more: go on with the files there are. */
void	 output_orphaned(struct output *);

/* Moves what lies in the fifo and closes everything. */
void	 output_close(struct output *);

#endif
