#include <sys/types.h>
#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/curl_handed.h"
#include "common/log.h"

/* Any address does: TEST-NET-1 is routed nowhere, should it ever be used */
#define CONNECT_TO	"::192.0.2.1:"
#define PROXY		"http://192.0.2.1:1"

/* A bundle of all public CAs has about 220 KB */
#define CA_SIZE_MAX	(4 * 1024 * 1024)

#define HOST_MAX	256

struct handed_pool {
	struct event_base	*base;
	CURLM			*multi;
	struct event		*timer;
	struct curl_slist	*connect_to;
	X509_STORE		*store;		/* NULL: to be made of pem */
	char			*pem;		/* a bundle, known to be good */
	size_t			 pem_len;
};

enum handed_state {
	HANDED_IDLE,
	HANDED_DIALLING,
	HANDED_RUNNING
};

struct handed {
	struct handed_pool	*pool;
	CURL			*curl;
	handed_dial		 dial;
	handed_done		 done;
	void			*arg;
	enum handed_state	 state;
	int			 fd;	/* at hand, -1 none */
	int			 asked;	/* curl wanted one, none at hand */
	char			 host[HOST_MAX];
	uint32_t		 port;
	char			 proxy_host[HOST_MAX];	/* "" none */
	uint32_t		 proxy_port;
	char			 error[CURL_ERROR_SIZE];
};

static void	handed_add(struct handed *);
static void	handed_drop_socket(struct handed *);
static void	handed_finished(struct handed *, CURLcode);
static void	handed_option(CURLcode);
static int	handed_on_option(void *, curl_socket_t, curlsocktype);
static curl_socket_t
		handed_on_open(void *, curlsocktype, struct curl_sockaddr *);
static CURLcode	handed_on_tls(CURL *, void *, void *);
static void	handed_options(struct handed *);
static void	pool_action(struct handed_pool *, curl_socket_t, int);
static void	pool_event(int, short, void *);
static int	pool_on_socket(CURL *, curl_socket_t, int, void *, void *);
static int	pool_on_timer(CURLM *, long, void *);
static void	pool_timeout(int, short, void *);
static ssize_t	ca_read(int, char *, size_t);
static int	ca_parse(X509_STORE *, const char *, size_t, const char **);
static X509_STORE *pool_store(struct handed_pool *);
static X509_STORE *store_new(void);

struct handed_pool *
handed_pool_new(struct event_base *base)
{
	struct handed_pool	*pool;
	SSL_CTX			*ctx;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatalx("curl_global_init failed");
	/* Algorithms are loaded on first use: now, while files can be read. */
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		fatalx("SSL_CTX_new failed");
	SSL_CTX_free(ctx);

	if ((pool = calloc(1, sizeof(*pool))) == NULL ||
	    (pool->multi = curl_multi_init()) == NULL ||
	    (pool->connect_to = curl_slist_append(NULL, CONNECT_TO)) == NULL ||
	    (pool->store = X509_STORE_new()) == NULL ||
	    (pool->timer = evtimer_new(base, pool_timeout, pool)) == NULL)
		fatalx("out of memory for libcurl");
	pool->base = base;
	if (curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION,
	    pool_on_socket) != CURLM_OK ||
	    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool) !=
	    CURLM_OK ||
	    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION,
	    pool_on_timer) != CURLM_OK ||
	    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool) !=
	    CURLM_OK)
		fatalx("curl_multi_setopt failed");
	return pool;
}

int
handed_pool_ca(struct handed_pool *pool, int fd, const char **why)
{
	char	*pem, *fit;
	ssize_t	 len;
	int	 n;

	if ((pem = malloc(CA_SIZE_MAX)) == NULL)
		fatal("malloc");
	len = ca_read(fd, pem, CA_SIZE_MAX);
	close(fd);
	if (len == -1) {
		*why = errno == EFBIG ? "over 4 MiB" : "cannot be read";
		free(pem);
		return -1;
	}
	/* All of it is a megabyte that who asks by http alone never needs. */
	if ((n = ca_parse(NULL, pem, (size_t)len, why)) == -1) {
		free(pem);
		return -1;
	}
	if ((fit = realloc(pem, (size_t)len)) == NULL)
		fatal("realloc");
	free(pool->pem);
	X509_STORE_free(pool->store);
	pool->store = NULL;
	pool->pem = fit;
	pool->pem_len = (size_t)len;
	return n;
}

static X509_STORE *
store_new(void)
{
	X509_STORE	*store;

	if ((store = X509_STORE_new()) == NULL)
		fatalx("X509_STORE_new failed");
	/* As curl does: a certificate in the bundle is trusted as it is. */
	X509_STORE_set_flags(store,
	    X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	return store;
}

static X509_STORE *
pool_store(struct handed_pool *pool)
{
	const char	*why;

	if (pool->store != NULL)
		return pool->store;
	pool->store = store_new();
	if (ca_parse(pool->store, pool->pem, pool->pem_len, &why) == -1)
		fatalx("the bundle of trusted certificates %s", why);
	free(pool->pem);
	pool->pem = NULL;
	return pool->store;
}

static ssize_t
ca_read(int fd, char *buf, size_t size)
{
	size_t	 len = 0;
	ssize_t	 n;

	while ((n = read(fd, buf + len, size - len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if ((len += (size_t)n) == size) {
			errno = EFBIG;
			return -1;
		}
	}
	return (ssize_t)len;
}

/* Without a store they are looked at only, one after the other. */
static int
ca_parse(X509_STORE *store, const char *pem, size_t len, const char **why)
{
	BIO	*bio;
	X509	*x509;
	int	 n = 0;

	if ((bio = BIO_new_mem_buf(pem, (int)len)) == NULL)
		fatalx("BIO_new_mem_buf failed");
	*why = NULL;
	while ((x509 = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		if (store == NULL || X509_STORE_add_cert(store, x509) == 1)
			n++;
		X509_free(x509);
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		*why = "holds a damaged certificate";
	else if (n == 0)
		*why = "holds no certificate";
	ERR_clear_error();
	BIO_free(bio);
	return *why == NULL ? n : -1;
}

struct handed *
handed_new(struct handed_pool *pool, handed_dial dial, handed_done done,
    void *arg)
{
	struct handed	*h;

	if ((h = calloc(1, sizeof(*h))) == NULL ||
	    (h->curl = curl_easy_init()) == NULL)
		fatalx("out of memory for libcurl");
	h->pool = pool;
	h->dial = dial;
	h->done = done;
	h->arg = arg;
	h->fd = -1;
	handed_options(h);
	return h;
}

static void
handed_option(CURLcode rc)
{
	if (rc != CURLE_OK)
		fatalx("curl_easy_setopt: %s", curl_easy_strerror(rc));
}

static void
handed_options(struct handed *h)
{
	CURL	*c = h->curl;

	handed_option(curl_easy_setopt(c, CURLOPT_PRIVATE, (char *)h));
	handed_option(curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->error));
	handed_option(curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L));
	handed_option(curl_easy_setopt(c, CURLOPT_PROXY, ""));
	handed_option(curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https"));
	handed_option(curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L));
	handed_option(curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
	    (long)CURL_HTTP_VERSION_1_1));
	handed_option(curl_easy_setopt(c, CURLOPT_IPRESOLVE,
	    (long)CURL_IPRESOLVE_V4));
	/* 7.88 looks at a socket that comes connected only after this time. */
	handed_option(curl_easy_setopt(c, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS,
	    1L));
	handed_option(curl_easy_setopt(c, CURLOPT_CONNECT_TO,
	    h->pool->connect_to));
	handed_option(curl_easy_setopt(c, CURLOPT_SSLVERSION,
	    (long)CURL_SSLVERSION_TLSv1_2));
	/* A resumed session would still trust what other CAs vouched for. */
	handed_option(curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L));
	/* Its cache would hold on to our first store and put it over ours. */
	handed_option(curl_easy_setopt(c, CURLOPT_CA_CACHE_TIMEOUT, 0L));
	handed_option(curl_easy_setopt(c, CURLOPT_CAINFO, NULL));
	handed_option(curl_easy_setopt(c, CURLOPT_CAPATH, NULL));
	handed_option(curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION,
	    handed_on_tls));
	handed_option(curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, h));
	handed_option(curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION,
	    handed_on_open));
	handed_option(curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, h));
	handed_option(curl_easy_setopt(c, CURLOPT_SOCKOPTFUNCTION,
	    handed_on_option));
}

void
handed_free(struct handed *h)
{
	if (h == NULL)
		return;
	handed_stop(h);
	curl_easy_cleanup(h->curl);
	free(h);
}

CURL *
handed_curl(struct handed *h)
{
	return h->curl;
}

int
handed_url(struct handed *h, const char *url, const char **why)
{
	CURLU		*u;
	char		*host = NULL, *port = NULL, *name;
	size_t		 len;

	*why = NULL;
	if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
		*why = "is not an http or https URL";
	else if ((u = curl_url()) == NULL)
		fatalx("out of memory for libcurl");
	else {
		if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
		    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		    curl_url_get(u, CURLUPART_PORT, &port,
		    CURLU_DEFAULT_PORT) != CURLUE_OK)
			*why = "is not a URL";
		curl_url_cleanup(u);
	}
	if (*why == NULL) {
		name = host;
		len = strlen(host);
		if (host[0] == '[' && host[len - 1] == ']') {
			host[len - 1] = '\0';
			name++;
		}
		h->port = (uint32_t)strtoul(port, NULL, 10);
		if (strlcpy(h->host, name, sizeof(h->host)) >=
		    sizeof(h->host))
			*why = "has too long a host name";
		else if (h->port == 0)
			*why = "has port 0";
		else
			handed_option(curl_easy_setopt(h->curl, CURLOPT_URL,
			    url));
	}
	curl_free(host);
	curl_free(port);
	return *why == NULL ? 0 : -1;
}

void
handed_proxy(struct handed *h, const char *host, uint32_t port)
{
	strlcpy(h->proxy_host, host, sizeof(h->proxy_host));
	h->proxy_port = port;
	/* Numeric, so that it is not looked up; the socket comes from us. */
	handed_option(curl_easy_setopt(h->curl, CURLOPT_PROXY, PROXY));
	handed_option(curl_easy_setopt(h->curl, CURLOPT_HTTPPROXYTUNNEL, 1L));
	handed_option(curl_easy_setopt(h->curl,
	    CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L));
	/* It would be the name of whom the proxy is to connect to. */
	handed_option(curl_easy_setopt(h->curl, CURLOPT_CONNECT_TO, NULL));
}

void
handed_start(struct handed *h)
{
	handed_stop(h);
	handed_add(h);
}

static void
handed_add(struct handed *h)
{
	CURLMcode	 rc;

	h->asked = 0;
	h->error[0] = '\0';
	h->state = HANDED_RUNNING;
	if ((rc = curl_multi_add_handle(h->pool->multi, h->curl)) != CURLM_OK)
		fatalx("curl_multi_add_handle: %s", curl_multi_strerror(rc));
}

void
handed_socket(struct handed *h, int fd, const char *error)
{
	if (h->state != HANDED_DIALLING) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (fd == -1) {
		h->state = HANDED_IDLE;
		h->done(h, CURLE_COULDNT_CONNECT, error, h->arg);
		return;
	}
	handed_drop_socket(h);
	h->fd = fd;
	handed_add(h);
}

void
handed_stop(struct handed *h)
{
	if (h->state == HANDED_RUNNING)
		curl_multi_remove_handle(h->pool->multi, h->curl);
	h->state = HANDED_IDLE;
	handed_drop_socket(h);
}

static void
handed_drop_socket(struct handed *h)
{
	if (h->fd != -1)
		close(h->fd);
	h->fd = -1;
}

/* curl is done with this one; h may be freed by the callbacks. */
static void
handed_finished(struct handed *h, CURLcode rc)
{
	const char	*error = "";

	curl_multi_remove_handle(h->pool->multi, h->curl);
	handed_drop_socket(h);
	if (rc != CURLE_OK && h->asked) {
		h->state = HANDED_DIALLING;
		if (h->proxy_host[0] != '\0')
			h->dial(h, h->proxy_host, h->proxy_port, h->arg);
		else
			h->dial(h, h->host, h->port, h->arg);
		return;
	}
	h->state = HANDED_IDLE;
	if (rc != CURLE_OK)
		error = h->error[0] != '\0' ? h->error : curl_easy_strerror(rc);
	h->done(h, rc, error, h->arg);
}

static curl_socket_t
handed_on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct handed	*h = arg;
	int		 fd = h->fd;

	(void)purpose;
	(void)address;
	h->fd = -1;
	if (fd == -1) {
		h->asked = 1;
		return CURL_SOCKET_BAD;
	}
	return fd;
}

static int
handed_on_option(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

/* One store for all connections: curl would parse the bundle for each. */
static CURLcode
handed_on_tls(CURL *curl, void *ctx, void *arg)
{
	struct handed	*h = arg;

	(void)curl;
	if (X509_STORE_up_ref(pool_store(h->pool)) != 1)
		return CURLE_OUT_OF_MEMORY;
	SSL_CTX_set_cert_store(ctx, h->pool->store);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	return CURLE_OK;
}

static int
pool_on_socket(CURL *curl, curl_socket_t fd, int what, void *arg, void *data)
{
	struct handed_pool	*pool = arg;
	struct event		*ev = data;
	short			 flags = EV_PERSIST;

	(void)curl;
	if (ev != NULL) {
		event_free(ev);
		curl_multi_assign(pool->multi, fd, NULL);
	}
	if (what == CURL_POLL_REMOVE)
		return 0;
	if (what & CURL_POLL_IN)
		flags |= EV_READ;
	if (what & CURL_POLL_OUT)
		flags |= EV_WRITE;
	if ((ev = event_new(pool->base, fd, flags, pool_event, pool)) == NULL ||
	    event_add(ev, NULL) == -1)
		fatalx("out of memory for events");
	curl_multi_assign(pool->multi, fd, ev);
	return 0;
}

static int
pool_on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct handed_pool	*pool = arg;
	struct timeval		 tv;

	(void)multi;
	if (timeout_ms < 0) {
		evtimer_del(pool->timer);
		return 0;
	}
	tv.tv_sec = timeout_ms / 1000;
	tv.tv_usec = timeout_ms % 1000 * 1000;
	evtimer_add(pool->timer, &tv);
	return 0;
}

static void
pool_event(int fd, short what, void *arg)
{
	int	 action = 0;

	if (what & EV_READ)
		action |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		action |= CURL_CSELECT_OUT;
	pool_action(arg, fd, action);
}

static void
pool_timeout(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	pool_action(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void
pool_action(struct handed_pool *pool, curl_socket_t fd, int action)
{
	CURLMsg		*msg;
	CURLcode	 rc;
	char		*private;
	int		 n;

	curl_multi_socket_action(pool->multi, fd, action, &n);
	while ((msg = curl_multi_info_read(pool->multi, &n)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		/* msg does not outlive the removal of its handle. */
		rc = msg->data.result;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		handed_finished((struct handed *)private, rc);
	}
}
