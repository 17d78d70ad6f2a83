/*
 * Was it the passphrase that a run ended by?  Pure.
 *
 * lavap (the keyring of the Cosmos SDK) takes one line for a keyring that
 * exists, two for a new one, and three when it does not accept them; then it
 * ends with 1.  Of another program it is known only that it asked.
 */

#ifndef LAVAVISORD_PASSPHRASE_RULE_H
#define LAVAVISORD_PASSPHRASE_RULE_H

#include <stdint.h>

#define PASSPHRASE_ASKED_WRONG	3	/* lines: it was not accepted */
#define PASSPHRASE_DEATHS_WRONG	3	/* in a row, before it ever was */
#define PASSPHRASE_LONG_MS	60000	/* who lives so long is content */

struct passphrase_run {
	int		 is_lavap;
	uint32_t	 asked;		/* lines that it read */
	int		 ready;		/* it had become so */
	int		 stopped;	/* by order */
	int		 moving;	/* it was new to its version: whatever
					 * happened, that is to blame */
	int		 failed;	/* it exited, and not with 0 */
	int64_t		 ran_ms;	/* -1 unknown */
	unsigned int	 deaths;	/* of this kind before it, in a row */
};

enum passphrase_verdict {
	PASSPHRASE_UNDECIDED,	/* this run says nothing */
	PASSPHRASE_DOUBTED,	/* one death more */
	PASSPHRASE_PROVEN,
	PASSPHRASE_WRONG
};

enum passphrase_verdict	 passphrase_judge(const struct passphrase_run *);

#endif
