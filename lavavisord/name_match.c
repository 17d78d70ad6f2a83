#include <stddef.h>
#include <string.h>

#include "lavavisord/name_match.h"

static const char *const	 roles[] = {
	[ROLE_PROVIDER] = "provider",
	[ROLE_CONSUMER] = "consumer",
	[ROLE_OTHER] = "other"
};

static int	read_role(const char *, enum service_role *);
static const char *set_end(const char *);
static int	set_has(const char *, const char *, unsigned char);
static const char *step(const char *, unsigned char);

/* provider, providers or role:provider */
static int
read_role(const char *text, enum service_role *role)
{
	size_t	 len;
	int	 i, is_role = strncmp(text, "role:", 5) == 0;

	if (is_role)
		text += 5;
	for (i = ROLE_PROVIDER; i <= ROLE_OTHER; i++) {
		len = strlen(roles[i]);
		if (strncmp(text, roles[i], len) != 0)
			continue;
		if (text[len] != '\0' && (is_role || i == ROLE_OTHER ||
		    strcmp(text + len, "s") != 0))
			continue;
		*role = (enum service_role)i;
		return 1;
	}
	return 0;
}

void
name_read(struct name_choice *c, const char *text, int is_service)
{
	c->text = text;
	c->role = ROLE_OTHER;
	if (is_service)
		c->kind = NAME_ONE;
	else if (strpbrk(text, "*?[") != NULL)
		c->kind = NAME_PATTERN;
	else if (strcmp(text, "all") == 0 || strcmp(text, "role:all") == 0)
		c->kind = NAME_ALL;
	else if (read_role(text, &c->role))
		c->kind = NAME_ROLE;
	else
		c->kind = NAME_ONE;
}

int
name_means(const struct name_choice *c, const char *name,
    enum service_role role)
{
	switch (c->kind) {
	case NAME_ONE:
		return strcmp(c->text, name) == 0;
	case NAME_PATTERN:
		return name_fits(c->text, name);
	case NAME_ROLE:
		return c->role == role;
	case NAME_ALL:
		return 1;
	}
	return 0;
}

/* The ] of the set that begins behind this [, or NULL */
static const char *
set_end(const char *p)
{
	if (*p == '!' || *p == '^')
		p++;
	/* A ] that comes first is one of the set. */
	return *p == '\0' ? NULL : strchr(p + 1, ']');
}

static int
set_has(const char *p, const char *end, unsigned char c)
{
	int	 is_not = *p == '!' || *p == '^', found = 0;

	for (p += is_not; p < end; p++) {
		if (p + 2 < end && p[1] == '-') {
			found |= (unsigned char)p[0] <= c &&
			    c <= (unsigned char)p[2];
			p += 2;
		} else
			found |= (unsigned char)*p == c;
	}
	return found != is_not;
}

/* What follows the piece at p if it takes this byte, else NULL; p is no * */
static const char *
step(const char *p, unsigned char c)
{
	const char	*end;

	if (*p == '\0')
		return NULL;
	if (*p == '?')
		return p + 1;
	if (*p == '[' && (end = set_end(p + 1)) != NULL)
		return set_has(p + 1, end, c) ? end + 1 : NULL;
	if (*p == '\\' && p[1] != '\0')
		p++;
	return (unsigned char)*p == c ? p + 1 : NULL;
}

int
name_fits(const char *pattern, const char *name)
{
	const char	*p = pattern, *next, *star = NULL, *from = NULL;

	while (*name != '\0') {
		if (*p == '*') {
			star = ++p;
			from = name;
		} else if ((next = step(p, (unsigned char)*name)) != NULL) {
			p = next;
			name++;
		} else if (star != NULL) {
			/* Only the last * need take more. */
			p = star;
			name = ++from;
		} else
			return 0;
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}
