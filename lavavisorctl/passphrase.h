/*
 * A passphrase from whoever runs this program to lavavisord: it is read into
 * one buffer, which is locked in memory where the system allows that, and goes
 * from there into a pipe at once; the buffer is wiped before a function here
 * returns.  Meanwhile there are no core dumps of this process.
 *
 * What comes back is the read end of that pipe, close-on-exec, with the
 * passphrase and a newline in it and nobody left to write.
 */

#ifndef LAVAVISORCTL_PASSPHRASE_H
#define LAVAVISORCTL_PASSPHRASE_H

#include <stddef.h>

/* There is no terminal to ask on; `why' is not filled. */
#define PASSPHRASE_NO_TERMINAL	(-2)

/*
 * Asks on the controlling terminal, without echo, "Passphrase for NAME: ".  A
 * signal while it is waited for puts the terminal right and takes its way.
 * The descriptor, PASSPHRASE_NO_TERMINAL, or -1 with why.
 */
int	 passphrase_ask(const char *name, char *why, size_t size);

/*
 * Reads one line from standard input and not a byte more; its newline may be
 * missing at the end of a file, and CR LF is one too.  The descriptor, or -1
 * with why.
 */
int	 passphrase_line(char *why, size_t size);

#endif
