/*
 * Names looked up without waiting: getaddrinfo(3) blocks for as long as name
 * servers like, so it is called by a few helper processes, made before the
 * sandbox is entered and walled in like the dialer.  Questions that all
 * helpers are too busy for wait in a queue; equal ones share an answer.
 * Nothing is remembered: each new question goes to the name servers.
 */

#ifndef DIALER_LOOKUP_H
#define DIALER_LOOKUP_H

#include <sys/types.h>
#include <sys/socket.h>

#include <stdint.h>

#include "common/message.h"
#include "common/room.h"

/* A name with more addresses than anyone tries is cut to the first ones. */
#define LOOKUP_ADDRESSES	16

struct lookup_address {
	uint8_t		 bytes[16];	/* network order; the first 4 of IPv4 */
	uint32_t	 scope;		/* of IPv6, else 0 */
};

/* Dialer -> helper: one SOCK_SEQPACKET record */
struct lookup_question {
	char		 host[HOST_SIZE];
	int32_t		 family;	/* AF_INET or AF_INET6 */
};

/* Helper -> dialer */
struct lookup_answer {
	int32_t			 error;		/* EAI_*, 0 none */
	int32_t			 system_error;	/* errno when EAI_SYSTEM */
	int32_t			 refused;	/* sandbox_refused() */
	uint32_t		 count;		/* 0 on error */
	struct lookup_address	 addresses[LOOKUP_ADDRESSES];
};

struct lookup;

/*
 * Called once from the loop, never from within lookup_new(); the lookup is
 * gone.  a is valid during the call.
 */
typedef void	(*lookup_done)(const struct lookup_answer *a, void *arg);

/* Makes the helpers; from prepare() of the room only. */
void	 lookup_helpers(struct room *);

/* Asks for the addresses of one family.  Allocation failure is fatal. */
struct lookup	*lookup_new(const char *host, int family, lookup_done,
		    void *arg);

/* done will not be called.  NULL is fine. */
void	 lookup_cancel(struct lookup *);

/* What a helper runs: answers questions on fd until end of file. */
void	 resolver_run(int fd);

/*
 * The addresses of this family in a getaddrinfo(3) list, in its order; count
 * and addresses of *a are set.
 */
struct addrinfo;
void	 resolver_collect(const struct addrinfo *, int family,
	    struct lookup_answer *a);

#endif
