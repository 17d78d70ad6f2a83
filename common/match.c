#include <string.h>

#include "common/match.h"

void
match_init(struct match *m, const char *text)
{
	uint16_t	 i, k = 0;

	memset(m, 0, sizeof(*m));
	m->len = (uint16_t)strnlen(text, sizeof(m->text) - 1);
	memcpy(m->text, text, m->len);
	for (i = 1; i < m->len; i++) {
		while (k > 0 && m->text[i] != m->text[k])
			k = m->back[k - 1];
		if (m->text[i] == m->text[k])
			k++;
		m->back[i] = k;
	}
}

int
match_feed(struct match *m, const void *data, size_t len)
{
	const char	*p = data;
	size_t		 i;

	for (i = 0; i < len && m->at < m->len; i++) {
		while (m->at > 0 && p[i] != m->text[m->at])
			m->at = m->back[m->at - 1];
		if (p[i] == m->text[m->at])
			m->at++;
	}
	return m->at == m->len;
}

void
match_restart(struct match *m)
{
	if (m->at < m->len)
		m->at = 0;
}
