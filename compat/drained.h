/*
 * A pipe that one program writes line by line, each when the reader has taken
 * the one before.
 */

#ifndef COMPAT_DRAINED_H
#define COMPAT_DRAINED_H

/*
 * Makes a new pipe the smallest there is.  On Linux that is one buffer, so that
 * poll(2) calls it writable exactly while nothing lies in it.
 */
void	 drained_pipe(int fd);

/* 1 if so, 0 if its emptiness has to be looked for. */
int	 drained_is_told(void);

/* Before a sandbox.  0, or -1 and errno. */
int	 drained_prepare(void);

/*
 * Takes back what nobody has read, without waiting and without a change of
 * what the reader sees of its descriptor.  fd: the read end.
 */
void	 drained_take_back(int fd);

#endif
