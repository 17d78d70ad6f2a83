#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/log.h"
#include "lavavisord/masking.h"

struct text {
	char	*base;
	size_t	 used;
	size_t	 size;
};

static void	 add(struct text *, const char *, size_t);
static int	 has_part(const char *, size_t);
static int	 is_word(const char *, size_t);
static int	 secret(const char *, size_t);
static const char *mask_query(struct text *, const char *, const char *);
static const char *mask_url(struct text *, const char *);

static void
add(struct text *t, const char *bytes, size_t len)
{
	char	*p;

	if (t->size - t->used <= len) {
		t->size = 2 * t->size + len + 64;
		if ((p = realloc(t->base, t->size)) == NULL)
			fatal("realloc");
		t->base = p;
	}
	memcpy(t->base + t->used, bytes, len);
	t->used += len;
	t->base[t->used] = '\0';
}

/* Secret as a whole word only: "keyring" is none */
static int
is_word(const char *word, size_t len)
{
	static const char *const	 words[] = { "key", "keys", "auth",
	    "authorization", "bearer", "cookie", "pass", "phrase", "pin",
	    "private", "privkey", "pwd", "seed" };
	size_t				 i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len &&
		    strncasecmp(words[i], word, len) == 0)
			return 1;
	return 0;
}

/* Secret wherever it stands */
static int
has_part(const char *name, size_t len)
{
	static const char *const	 parts[] = { "apikey", "credential",
	    "mnemonic", "passphrase", "passwd", "password", "secret",
	    "token" };
	size_t				 i, k, n;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		n = strlen(parts[i]);
		for (k = 0; k + n <= len; k++)
			if (strncasecmp(name + k, parts[i], n) == 0)
				return 1;
	}
	return 0;
}

static int
secret(const char *name, size_t len)
{
	size_t	 i, from = 0;

	if (has_part(name, len))
		return 1;
	for (i = 0; i <= len; i++) {
		if (i < len && isalnum((unsigned char)name[i]))
			continue;
		if (is_word(name + from, i - from))
			return 1;
		from = i + 1;
	}
	return 0;
}

int
masking_is_secret(const char *name)
{
	return secret(name, strlen(name));
}

/* What begins with ? and ends at end; returns end */
static const char *
mask_query(struct text *t, const char *p, const char *end)
{
	const char	*name, *equals;

	while (p < end) {
		add(t, p++, 1);		/* ? or & */
		name = p;
		equals = NULL;
		while (p < end && *p != '&') {
			if (*p == '=' && equals == NULL)
				equals = p;
			p++;
		}
		if (equals != NULL && equals + 1 < p &&
		    secret(name, (size_t)(equals - name))) {
			add(t, name, (size_t)(equals + 1 - name));
			add(t, MASKED, sizeof(MASKED) - 1);
		} else
			add(t, name, (size_t)(p - name));
	}
	return p;
}

/* Behind its ://; returns where it ends */
static const char *
mask_url(struct text *t, const char *p)
{
	const char	*end, *host, *at = NULL, *q;

	end = p + strcspn(p, " \t\n\"'<>");
	host = p + strcspn(p, "/?# \t\n\"'<>");
	for (q = p; q < host; q++)
		if (*q == '@')
			at = q;
	if (at != NULL) {
		add(t, MASKED, sizeof(MASKED) - 1);
		p = at;
	}
	q = memchr(p, '?', (size_t)(end - p));
	if (q == NULL) {
		add(t, p, (size_t)(end - p));
		return end;
	}
	add(t, p, (size_t)(q - p));
	return mask_query(t, q, end);
}

char *
masking_text(const char *text)
{
	struct text	 t = { NULL, 0, 0 };
	const char	*p;

	add(&t, "", 0);
	while ((p = strstr(text, "://")) != NULL) {
		add(&t, text, (size_t)(p + 3 - text));
		text = mask_url(&t, p + 3);
	}
	add(&t, text, strlen(text));
	return t.base;
}

char *
masking_word(char *const *words, size_t i)
{
	struct text	 t = { NULL, 0, 0 };
	const char	*word = words[i], *before = i > 0 ? words[i - 1] : "";
	size_t		 len = strcspn(word, "=");

	add(&t, "", 0);
	if (word[len] == '=' && len > 0 && strcspn(word, ":/?") > len &&
	    secret(word, len)) {
		add(&t, word, len + 1);
		add(&t, MASKED, sizeof(MASKED) - 1);
		return t.base;
	}
	if (before[0] == '-' && strchr(before, '=') == NULL &&
	    secret(before, strlen(before)) && strncmp(word, "--", 2) != 0) {
		add(&t, MASKED, sizeof(MASKED) - 1);
		return t.base;
	}
	free(t.base);
	return masking_text(word);
}
