#include <sys/types.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/sandbox_linux.h"

/*
 * From linux/landlock.h; those of older systems lack the newer bits, and a
 * kernel refuses bits that it does not know.
 */
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset	444
#define __NR_landlock_add_rule		445
#define __NR_landlock_restrict_self	446
#endif
#define CREATE_RULESET_VERSION	1U
#define RULE_PATH_BENEATH	1

#define FS_READ_FILE		(1ULL << 2)
#define FS_READ_DIR		(1ULL << 3)
#define FS_ABI_1		((1ULL << 13) - 1)
#define FS_REFER		(1ULL << 13)	/* ABI 2 */
#define FS_TRUNCATE		(1ULL << 14)	/* ABI 3 */
#define FS_IOCTL_DEV		(1ULL << 15)	/* ABI 5 */
#define NET_BIND_TCP		(1ULL << 0)	/* ABI 4 */
#define NET_CONNECT_TCP		(1ULL << 1)	/* ABI 4 */
#define SCOPE_ABSTRACT_UNIX	(1ULL << 0)	/* ABI 6 */
#define SCOPE_SIGNAL		(1ULL << 1)	/* ABI 6 */

struct ruleset {
	uint64_t	 fs;
	uint64_t	 net;
	uint64_t	 scoped;
};

struct path_beneath {
	uint64_t	 allowed;
	int32_t		 parent_fd;
} __attribute__((__packed__));

static int	allow_reading(int, const char *);
static int	allow_resolver(int);
static size_t	ruleset_for(long, enum room_kind, struct ruleset *);

/* What is refused unless a rule allows it; returns the size to pass. */
static size_t
ruleset_for(long abi, enum room_kind kind, struct ruleset *rs)
{
	memset(rs, 0, sizeof(*rs));
	rs->fs = FS_ABI_1;
	if (abi >= 2)
		rs->fs |= FS_REFER;
	if (abi >= 3)
		rs->fs |= FS_TRUNCATE;
	if (abi >= 5)
		rs->fs |= FS_IOCTL_DEV;
	if (abi < 4)
		return sizeof(rs->fs);
	rs->net = NET_BIND_TCP;
	if (kind != ROOM_DIALER && kind != ROOM_PROBER_DIALER)
		rs->net |= NET_CONNECT_TCP;
	if (abi < 6)
		return sizeof(rs->fs) + sizeof(rs->net);
	rs->scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	return sizeof(*rs);
}

static int
allow_reading(int ruleset, const char *dir)
{
	struct path_beneath	 rule;
	int			 rc;

	memset(&rule, 0, sizeof(rule));
	rule.allowed = FS_READ_FILE | FS_READ_DIR;
	if ((rule.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) ==
	    -1)
		return errno == ENOENT ? 0 : -1;
	rc = (int)syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
	    &rule, 0);
	close(rule.parent_fd);
	return rc;
}

/*
 * A rule on a file would hold on to an inode that the next DHCP lease
 * replaces, hence directories: /etc and where resolv.conf really is.
 */
static int
allow_resolver(int ruleset)
{
	char	 path[PATH_MAX], *slash;

	if (allow_reading(ruleset, "/etc") == -1)
		return -1;
	if (realpath("/etc/resolv.conf", path) == NULL ||
	    strncmp(path, "/etc/", 5) == 0 ||
	    (slash = strrchr(path, '/')) == NULL || slash == path)
		return 0;
	*slash = '\0';
	return allow_reading(ruleset, path);
}

int
sandbox_landlock(enum room_kind kind)
{
	struct ruleset	 rs;
	size_t		 size;
	long		 abi;
	int		 fd, rc = -1, saved;

	if ((abi = syscall(__NR_landlock_create_ruleset, NULL, 0,
	    CREATE_RULESET_VERSION)) == -1)
		return -1;
	size = ruleset_for(abi, kind, &rs);
	if ((fd = (int)syscall(__NR_landlock_create_ruleset, &rs, size, 0)) ==
	    -1)
		return -1;
	if (kind != ROOM_DIALER || allow_resolver(fd) == 0)
		rc = (int)syscall(__NR_landlock_restrict_self, fd, 0);
	saved = errno;
	close(fd);
	errno = saved;
	return rc;
}
