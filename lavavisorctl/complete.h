/*
 * The hidden word `complete': what may stand next on a command line, one a
 * line, for the completion of shells (etc/completion).
 */

#ifndef LAVAVISORCTL_COMPLETE_H
#define LAVAVISORCTL_COMPLETE_H

#include <stdio.h>

/*
 * words: those behind the program's name, the last one being typed just now,
 * "" when nothing of it is there yet; others: first words of commands that are
 * not of the table, whose options others_options prints, those that begin so.
 * Prints nothing where a file or any text may stand.  Names
 * of services are asked of the daemon that the words before mean, and are not
 * there when it does not answer within a second.
 */
void	 complete_print(FILE *, int n, char *const words[],
	    const char *const *others, size_t nothers,
	    void (*others_options)(const char *name, const char *typed));

#endif
