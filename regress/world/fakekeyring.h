/*
 * The keyring of the fake lavap: asks for its passphrase on standard input
 * as the real one does (cosmos-sdk 0.47, crypto/keyring and client/input),
 * measured with that very code.  Nothing is encrypted; in the place of what
 * would be are digests that tell a right passphrase from a wrong one.
 *
 *	DIR/keyhash	of the passphrase, made at the first use
 *	DIR/NAME.info	of the passphrase the key was written with
 */

#ifndef FAKEKEYRING_H
#define FAKEKEYRING_H

struct keyring {
	char	 dir[1024];	/* "" : one that never asks */
	char	 key[128];	/* --from, or the NAME of `keys add` */
	char	 usage[128];	/* the command, for the usage text */
	int	 asks;		/* instances that are unlocked: the real 1 */
	int	 own_readers;	/* each with a buffer of its own: the real 0 */
};

/*
 * From the arguments of a command, the first one argv[from]: --home,
 * --keyring-dir, --keyring-backend and --from, as two words or with =.
 */
void	 keyring_find(struct keyring *, int argc, char *argv[], int from);

/* Returns once it is unlocked; else says why and exits 1, as the real one. */
void	 keyring_unlock(const struct keyring *);

/* `lavap keys add NAME`, without the mnemonic: exits 0. */
void	 keyring_add(const struct keyring *) __attribute__((__noreturn__));

#endif
