/*
 * HTTP(S) by libcurl in a room that can neither resolve nor connect: each
 * connection is a socket that the dialer connected and the parent handed over.
 *
 * The URL keeps its real name, so TLS checks it and the Host header carries
 * it; CURLOPT_CONNECT_TO points curl at an address of TEST-NET-1 (RFC 5737),
 * so that it never resolves anything, and CURLOPT_OPENSOCKETFUNCTION gives it
 * the socket at hand.  When a new connection is needed and no socket is at
 * hand, the transfer fails inside curl, `dial` is called, and the transfer
 * starts over with the socket that handed_socket() brings.  A kept connection
 * asks for nothing.
 *
 * libcurl 7.88 calls connect(2) on the socket although it is connected: a
 * program that uses this module also links common/no_connect.c.
 *
 * Everything runs on one event loop; nothing blocks.  The pool must be made
 * before the sandbox is entered, as libcurl makes a socketpair then and
 * libcrypto reads its configuration.
 */

#ifndef COMMON_CURL_HANDED_H
#define COMMON_CURL_HANDED_H

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct event_base;
struct handed;
struct handed_pool;

/*
 * The owner shall get a socket to host (a name or a numeric address without
 * brackets, valid during the call) and port, and then call handed_socket().
 */
typedef void	(*handed_dial)(struct handed *, const char *host,
		    uint32_t port, void *arg);

/*
 * The transfer is over.  error: "" with CURLE_OK, else one line for people,
 * valid during the call.  The callback may start or free the transfer.
 */
typedef void	(*handed_done)(struct handed *, CURLcode, const char *error,
		    void *arg);

/* Before the sandbox.  Never NULL: failure is fatal. */
struct handed_pool	*handed_pool_new(struct event_base *);

/*
 * Trusts the certificates of the PEM bundle in fd, which is taken, instead
 * of those trusted until now; kept connections are not asked again.  The
 * number of certificates, or -1 with *why set (static text) and the old ones
 * kept.  Until the first call no https server is trusted.
 */
int	 handed_pool_ca(struct handed_pool *, int fd, const char **why);

/*
 * One transfer at a time, used over and over; it keeps its connection.  Comes
 * with: GET, HTTP/1.1, http and https only, TLS 1.2 or later, no redirects, no
 * proxy, no signals.  Never NULL: failure is fatal.
 */
struct handed	*handed_new(struct handed_pool *, handed_dial, handed_done,
		    void *arg);
void		 handed_free(struct handed *);	/* NULL is ignored */

/*
 * For the owner's own options (body, callbacks, limits).  CURLOPT_PRIVATE,
 * ERRORBUFFER, URL, CONNECT_TO and the socket and TLS options belong to this
 * module.  Callbacks of curl must not call any function of this header.
 */
CURL		*handed_curl(struct handed *);

/*
 * The URL of the next transfers, http:// or https://.  0, or -1 with *why set
 * (static text).  Not while one is under way.
 */
int	 handed_url(struct handed *, const char *url, const char **why);

/*
 * All later transfers go through an HTTP proxy (a tunnel by CONNECT, for
 * http:// as well): `dial` is then asked for it.  The proxy resolves names.
 */
void	 handed_proxy(struct handed *, const char *host, uint32_t port);

/*
 * Starts a transfer; `dial` and `done` are called later from the loop,
 * never from within.
 */
void	 handed_start(struct handed *);

/*
 * The answer to `dial`: fd is taken, -1 with the reason in error.  Closes fd
 * when nobody waits for it any more.
 */
void	 handed_socket(struct handed *, int fd, const char *error);

/* Ends the transfer under way, if any; `done` is not called. */
void	 handed_stop(struct handed *);

#endif
