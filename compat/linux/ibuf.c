#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compat/linux/ibuf.h"

struct ibuf *
ibuf_open(size_t size)
{
	struct ibuf	*b;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		return NULL;
	if (size > 0 && (b->buf = calloc(1, size)) == NULL) {
		free(b);
		return NULL;
	}
	b->size = size;
	b->fd = -1;
	return b;
}

void
ibuf_free(struct ibuf *b)
{
	int	 saved = errno;

	if (b == NULL)
		return;
	if (b->fd != -1)
		close(b->fd);
	freezero(b->buf, b->size);
	free(b);
	errno = saved;
}

size_t
ibuf_size(const struct ibuf *b)
{
	return b->wpos - b->rpos;
}

int
ibuf_add(struct ibuf *b, const void *data, size_t len)
{
	if (len > b->size - b->wpos) {
		errno = ERANGE;
		return -1;
	}
	if (len > 0)
		memcpy(b->buf + b->wpos, data, len);
	b->wpos += len;
	return 0;
}

int
ibuf_get(struct ibuf *b, void *data, size_t len)
{
	if (len > ibuf_size(b)) {
		errno = EBADMSG;
		return -1;
	}
	if (len > 0)
		memcpy(data, b->buf + b->rpos, len);
	b->rpos += len;
	return 0;
}
