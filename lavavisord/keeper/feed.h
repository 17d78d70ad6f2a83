/*
 * The standard input of services: the passphrase line by line, each when the
 * service has read the one before, as a program that asks twice may have two
 * buffers.  After FEED_LINES it is at its end: a program that has read them all
 * and wants more does not accept what it gets.
 */

#ifndef KEEPER_FEED_H
#define KEEPER_FEED_H

#include <stdint.h>

#define FEED_LINES	3
#define FEED_MS		600000	/* then nothing more is expected */

struct event_base;

void	 feed_setup(struct event_base *);

/*
 * Takes the write end of a run's standard input, and its read end with
 * feed_read_end(): only with both something is written.  Another run of the
 * service ends the earlier one.
 */
void	 feed_write_end(const char *name, uint64_t generation, int fd);
void	 feed_read_end(const char *name, uint64_t generation, int fd);

/*
 * It needs no more, once it has asked at all: what it has not read is taken
 * back.
 */
void	 feed_fed(const char *name, uint64_t generation);

/* Its run is over: how many lines it had read.  0 for one that is unknown. */
uint32_t feed_end(const char *name, uint64_t generation);

/* The run that is fed, 0 none. */
uint64_t feed_generation(const char *name);

/* The passphrase is to be forgotten: nothing of it may lie in a pipe. */
void	 feed_stop(const char *name);

#endif
