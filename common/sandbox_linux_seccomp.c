#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "common/sandbox.h"
#include "common/sandbox_linux.h"

#if defined(__x86_64__)
#define CALL_ARCH	AUDIT_ARCH_X86_64
#define X32_BIT		0x40000000U
#define SET_RESULT(uc, v)	((uc)->uc_mcontext.gregs[REG_RAX] = (v))
#elif defined(__aarch64__)
#define CALL_ARCH	AUDIT_ARCH_AARCH64
#define SET_RESULT(uc, v)						\
	((uc)->uc_mcontext.regs[0] = (unsigned long long)(v))
#else
#error "no seccomp filter for this machine yet"
#endif

#define FILTER_SIZE	512

/* glibc's signal.h lacks it, and the kernel's would clash with that */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP	1
#endif

/* The lower half of an argument; both machines are little-endian. */
#define ARG_OFFSET(n)							\
	((uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n)))

struct program {
	struct sock_filter	 code[FILTER_SIZE];
	size_t			 len;
};

static volatile sig_atomic_t	 last_refused = -1;

static void	emit(struct program *, uint16_t, uint32_t, uint8_t, uint8_t);
static void	emit_head(struct program *);
static void	emit_rule(struct program *, const struct call_rule *);
static int	handle_sigsys(void);
static void	sigsys(int, siginfo_t *, void *);
static uint32_t	verdict(const struct call_rule *);

static void
emit(struct program *p, uint16_t code, uint32_t k, uint8_t yes, uint8_t no)
{
	const struct sock_filter	 f = { code, yes, no, k };

	/* One too many makes len say so; the caller looks. */
	if (p->len < FILTER_SIZE)
		p->code[p->len] = f;
	p->len++;
}

static void
emit_head(struct program *p)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch),
	    0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, CALL_ARCH, 1, 0);
	emit(p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
	emit(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr),
	    0, 0);
#ifdef X32_BIT
	emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	emit(p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
#endif
}

static uint32_t
verdict(const struct call_rule *rule)
{
	switch (rule->action) {
	case CALL_ALLOW:
		return SECCOMP_RET_ALLOW;
	case CALL_ERRNO:
		return SECCOMP_RET_ERRNO | rule->error;
	case CALL_KILL:
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/* The number of the call is in the accumulator, before and after. */
static void
emit_rule(struct program *p, const struct call_rule *rule)
{
	const struct call_condition	*c;
	size_t				 i, n = 0;
	uint8_t				 end;

	if (rule->nr == CALL_ABSENT)
		return;
	while (n < CALL_CONDITIONS && rule->conditions[n].mask != 0)
		n++;
	if (n == 0) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->nr, 0, 1);
		emit(p, BPF_RET | BPF_K, verdict(rule), 0, 0);
		return;
	}
	/* Three instructions a condition, the verdict, the number again */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->nr, 0,
	    (uint8_t)(3 * n + 2));
	for (i = 0; i < n; i++) {
		c = &rule->conditions[i];
		end = (uint8_t)(3 * (n - i - 1) + 1);
		emit(p, BPF_LD | BPF_W | BPF_ABS, ARG_OFFSET(c->arg), 0, 0);
		emit(p, BPF_ALU | BPF_AND | BPF_K, c->mask, 0, 0);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, c->own_pid ?
		    (uint32_t)getpid() : c->value, 0, end);
	}
	emit(p, BPF_RET | BPF_K, verdict(rule), 0, 0);
	emit(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr),
	    0, 0);
}

int
sandbox_seccomp(enum room_kind kind)
{
	struct call_table	 tables[CALL_TABLES];
	struct sock_fprog	 prog;
	struct program		 p;
	size_t			 i, j, n;

	memset(&p, 0, sizeof(p));
	emit_head(&p);
	n = sandbox_calls(kind, tables);
	for (i = 0; i < n; i++)
		for (j = 0; j < tables[i].count; j++)
			emit_rule(&p, &tables[i].rules[j]);
	emit(&p, BPF_RET | BPF_K, SECCOMP_RET_TRAP, 0, 0);
	if (p.len > FILTER_SIZE) {
		errno = E2BIG;
		return -1;
	}
	if (handle_sigsys() == -1)
		return -1;
	prog.len = (unsigned short)p.len;
	prog.filter = p.code;
	if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0)
		return 0;
	/* A kernel built without filters takes the mode for a mistake. */
	if (errno == EINVAL)
		errno = ENOSYS;
	return -1;
}

static int
handle_sigsys(void)
{
	struct sigaction	 sa;
	sigset_t		 set;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = sigsys;
	sa.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		return -1;
	/* A blocked one would end the process. */
	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	return sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Lets the refused call return ENOSYS, as if the kernel did not have it */
static void
sigsys(int sig, siginfo_t *si, void *context)
{
	ucontext_t	*uc = context;

	(void)sig;
	if (si->si_code != SYS_SECCOMP)
		return;
	last_refused = si->si_syscall;
	SET_RESULT(uc, -ENOSYS);
}

int
sandbox_refused(void)
{
	int	 nr = last_refused;

	last_refused = -1;
	return nr;
}
