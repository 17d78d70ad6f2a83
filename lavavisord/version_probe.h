/*
 * The probe of a new lavap: `lavap version` as an account of its own, in an
 * empty directory, without network, within limits.
 */

#ifndef LAVAVISORD_VERSION_PROBE_H
#define LAVAVISORD_VERSION_PROBE_H

#include <sys/types.h>

/* Whom it runs as, where we may become another user */
#define VERSION_PROBE_USER	"_lavaprobe"

struct event_base;
struct semver;

struct version_probe {
	const char	*path;		/* of the binary, absolute */
	const char	*directory;	/* where it may be; made empty */
	const char	*user;		/* NULL: ours */
	/*
	 * Called once.  error NULL: it ran, and answered with the one line
	 * `answer`.  ran 0: it did not come to that, for want of something.
	 */
	void		(*done)(const char *error, int ran, const char *answer,
			    void *);
	void		*arg;
};

/* Starts it; one at a time.  Fields are copied, path and user not needed on. */
void	 version_probe_start(struct event_base *, const struct version_probe *);

/* The same for a version that is installed, as the account that probes. */
void	 version_probe_installed(const struct semver *,
	    void (*done)(const char *error, int ran, const char *answer,
	    void *));

/* A child was reaped: 1 if it was the probe. */
int	 version_probe_reaped(pid_t, int status);

/* Ends it; done is not called. */
void	 version_probe_cancel(void);

#endif
