/* See fakekeyring.h. */

#include <sys/types.h>
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "fakekeyring.h"

#define ATTEMPTS	3
#define SHORTEST	8
/* The real one has no limit. */
#define LONGEST		131072
/* Of the two words of a digest and the newline. */
#define DIGEST_SIZE	34

/* What was read and not yet asked for: as much as a bufio.Reader takes. */
static struct {
	char	 bytes[4096];
	size_t	 start;
	size_t	 end;
} input;

/* With its length, for a NUL may be in it. */
struct line {
	char	 text[LONGEST];
	size_t	 len;
};

static struct line	 line, again;

static int		 ask(const char *, struct line *);
static int		 ask_new(char *);
static int		 read_byte(char *);
static int		 read_digest(const char *, char *);
static void		 digest_of(const struct line *, char *);
static void		 echo(int);
static void		 forget(void);
static void		 give_up(const struct keyring *, const char *,
			    const char *, const char *)
			    __attribute__((__noreturn__));
static void		 make_dir(const char *);
static void		 path_of(const struct keyring *, const char *, char *,
			    size_t);
static void		 unlock(const struct keyring *, char *);
static void		 write_digest(const struct keyring *, const char *,
			    const char *, mode_t);

void
keyring_find(struct keyring *kr, int argc, char *argv[], int from)
{
	static const char	 *const options[] = { "--home", "--keyring-dir",
				    "--keyring-backend", "--from" };
	char			 value[4][1024] = { "", "", "test", "" };
	const char		*home;
	size_t			 len, o;
	int			 i;

	snprintf(value[0], sizeof(value[0]), "%.900s/.lava",
	    (home = getenv("HOME")) == NULL ? "" : home);
	for (i = from; i < argc; i++) {
		for (o = 0; o < 4; o++) {
			len = strlen(options[o]);
			if (strncmp(argv[i], options[o], len) != 0)
				continue;
			if (argv[i][len] == '=')
				snprintf(value[o], sizeof(value[o]), "%s",
				    argv[i] + len + 1);
			else if (argv[i][len] == '\0' && i + 1 < argc)
				snprintf(value[o], sizeof(value[o]), "%s",
				    argv[++i]);
			break;
		}
	}
	home = value[1][0] != '\0' ? value[1] : value[0];
	kr->dir[0] = '\0';
	if (strcmp(value[2], "file") == 0)
		snprintf(kr->dir, sizeof(kr->dir), "%.1000s/keyring-file",
		    home);
	else if (strcmp(value[2], "os") == 0)
		/* Without a desktop. */
		snprintf(kr->dir, sizeof(kr->dir), "%s", home);
	snprintf(kr->key, sizeof(kr->key), "%.127s", value[3]);
}

void
keyring_unlock(const struct keyring *kr)
{
	char	 path[1280], stored[DIGEST_SIZE], typed[DIGEST_SIZE];
	char	 info[160];
	int	 i;

	if (kr->dir[0] == '\0' || kr->key[0] == '\0')
		return;
	snprintf(info, sizeof(info), "%s.info", kr->key);
	path_of(kr, info, path, sizeof(path));
	/* Looked up before anything is asked. */
	if (!read_digest(path, stored)) {
		if (errno == ENOENT)
			give_up(kr, "", info, ": key not found");
		give_up(kr, "open ", path, ": permission denied");
	}
	for (i = 0; i < kr->asks; i++) {
		if (kr->own_readers)
			forget();
		unlock(kr, typed);
		if (strcmp(typed, stored) != 0)
			give_up(kr, "aes.KeyUnwrap(): integrity check failed.",
			    "", "");
	}
	forget();
}

void
keyring_add(const struct keyring *kr)
{
	char	 path[1280], typed[DIGEST_SIZE], info[160];

	if (kr->dir[0] == '\0' || kr->key[0] == '\0')
		exit(0);
	snprintf(info, sizeof(info), "%s.info", kr->key);
	path_of(kr, info, path, sizeof(path));
	if (access(path, F_OK) == 0)
		give_up(kr, "aborted", "", "");
	make_dir(kr->dir);
	unlock(kr, typed);
	write_digest(kr, info, typed, 0600);
	exit(0);
}

/* One instance: up to three attempts; typed: the digest of what it is now. */
static void
unlock(const struct keyring *kr, char *typed)
{
	char	 path[1280], failed[1320], stored[DIGEST_SIZE], prompt[64];
	int	 attempt, known;

	path_of(kr, "keyhash", path, sizeof(path));
	known = read_digest(path, stored);
	if (!known && errno != ENOENT) {
		snprintf(failed, sizeof(failed), "failed to read %s: open ",
		    path);
		give_up(kr, failed, path, ": permission denied");
	}
	for (attempt = 1; attempt <= ATTEMPTS; attempt++) {
		snprintf(prompt, sizeof(prompt),
		    "Enter keyring passphrase (attempt %d/%d):", attempt,
		    ATTEMPTS);
		if (!ask(prompt, &line))
			continue;
		digest_of(&line, typed);
		if (known && strcmp(typed, stored) == 0)
			return;
		if (known)
			fprintf(stderr, "incorrect passphrase\n");
		else if (ask_new(typed)) {
			write_digest(kr, "keyhash", typed, 0555);
			return;
		}
	}
	give_up(kr, "too many failed passphrase attempts", "", "");
}

static int
ask_new(char *typed)
{
	char	 other[DIGEST_SIZE];

	if (!ask("Re-enter keyring passphrase:", &again))
		return 0;
	digest_of(&again, other);
	if (strcmp(typed, other) == 0)
		return 1;
	fprintf(stderr, "passphrase do not match\n");
	return 0;
}

/*
 * A line without the blanks around it; a last one may lack its newline.
 * False, and said why, when there is none or it is too short.
 */
static int
ask(const char *prompt, struct line *l)
{
	size_t	 skip = 0;
	int	 tty = isatty(STDIN_FILENO), got;
	char	 c;

	l->len = 0;
	if (tty) {
		fprintf(stderr, "%s", prompt);
		echo(0);
	}
	while ((got = read_byte(&c)) == 1) {
		if (l->len < sizeof(l->text))
			l->text[l->len++] = c;
		if (c == '\n')
			break;
	}
	if (tty) {
		echo(1);
		fprintf(stderr, "\n");
	}
	if (got == 0 && l->len == 0) {
		fprintf(stderr, "EOF\n");
		return 0;
	}
	while (l->len > 0 && isspace((unsigned char)l->text[l->len - 1]))
		l->len--;
	while (skip < l->len && isspace((unsigned char)l->text[skip]))
		skip++;
	l->len -= skip;
	memmove(l->text, l->text + skip, l->len);
	if (l->len >= SHORTEST)
		return 1;
	fprintf(stderr, "password must be at least %d characters\n", SHORTEST);
	return 0;
}

/* 1: there it is, 0: the end. */
static int
read_byte(char *c)
{
	struct pollfd	 pfd = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t		 n;

	while (input.start == input.end) {
		n = read(STDIN_FILENO, input.bytes, sizeof(input.bytes));
		if (n > 0) {
			input.start = 0;
			input.end = (size_t)n;
		} else if (n == -1 && (errno == EAGAIN || errno == EINTR))
			/* A pipe may be one that does not wait. */
			poll(&pfd, 1, -1);
		else
			return 0;
	}
	*c = input.bytes[input.start++];
	return 1;
}

static void
echo(int on)
{
	struct termios	 t;

	if (tcgetattr(STDIN_FILENO, &t) == -1)
		return;
	if (on)
		t.c_lflag |= ECHO;
	else
		t.c_lflag &= (tcflag_t)~ECHO;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &t);
}

/* The children of the fake lavap are not to have it in their memory. */
static void
forget(void)
{
	explicit_bzero(&input, sizeof(input));
	explicit_bzero(&line, sizeof(line));
	explicit_bzero(&again, sizeof(again));
}

/* FNV-1a twice: enough to tell passphrases of tests from each other. */
static void
digest_of(const struct line *l, char *digest)
{
	uint64_t	 a = 14695981039346656037ULL, b = ~a;
	size_t		 i;

	for (i = 0; i < l->len; i++) {
		a = (a ^ (unsigned char)l->text[i]) * 1099511628211ULL;
		b = (b ^ (unsigned char)l->text[l->len - 1 - i]) *
		    1099511628211ULL;
	}
	snprintf(digest, DIGEST_SIZE, "%016llx%016llx", (unsigned long long)a,
	    (unsigned long long)b);
}

static int
read_digest(const char *path, char *digest)
{
	ssize_t	 n;
	int	 fd, saved;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	n = read(fd, digest, DIGEST_SIZE - 1);
	saved = errno;
	close(fd);
	errno = saved;
	if (n < 0)
		return 0;
	digest[n] = '\0';
	digest[strcspn(digest, "\n")] = '\0';
	return 1;
}

static void
write_digest(const struct keyring *kr, const char *name, const char *digest,
    mode_t mode)
{
	char	 path[1280], text[DIGEST_SIZE + 1];
	int	 fd, len;

	path_of(kr, name, path, sizeof(path));
	len = snprintf(text, sizeof(text), "%s\n", digest);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd == -1 || write(fd, text, (size_t)len) != len)
		give_up(kr, "open ", path, ": permission denied");
	close(fd);
}

static void
make_dir(const char *dir)
{
	char	 part[1024];
	size_t	 i;

	for (i = 1; dir[i] != '\0'; i++) {
		if (dir[i] != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, dir);
		mkdir(part, 0700);
	}
	mkdir(dir, 0700);
}

static void
path_of(const struct keyring *kr, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", kr->dir, name);
}

/* The real one tells its usage after each error, some eighty lines of it. */
static void
give_up(const struct keyring *kr, const char *before, const char *what,
    const char *after)
{
	int	 i;

	forget();
	fprintf(stderr, "Error: %s%s%s\nUsage:\n  lavap %s [flags]\n\n"
	    "Flags:\n", before, what, after, kr->usage);
	for (i = 1; i <= 80; i++)
		fprintf(stderr, "      --flag-%d string   What flag %d is for "
		    "(default \"none\")\n", i, i);
	fprintf(stderr, "\n");
	exit(1);
}
