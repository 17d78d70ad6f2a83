# How the programs are made from the lists of the folders' files.mk.
COMPAT_OBJS =	${COMPAT_SRCS:.c=.o}
COMMON_OBJS =	${COMMON_SRCS:.c=.o}
PARENT_OBJS =	${PARENT_SRCS:.c=.o}
DIALER_OBJS =	${DIALER_SRCS:.c=.o}
PROBER_OBJS =	${PROBER_SRCS:.c=.o}
MONITOR_OBJS =	${MONITOR_SRCS:.c=.o}
DOWNLOADER_OBJS = ${DOWNLOADER_SRCS:.c=.o}
VERIFIER_OBJS =	${VERIFIER_SRCS:.c=.o}
SUPERVISOR_OBJS = ${SUPERVISOR_SRCS:.c=.o}
KEEPER_OBJS =	${KEEPER_SRCS:.c=.o}
CONTROL_OBJS =	${CONTROL_SRCS:.c=.o}
CTL_OBJS =	${CTL_SRCS:.c=.o}
TOP_OBJS =	${TOP_SRCS:.c=.o}

ROOMS =		lavavisord/dialer/dialer lavavisord/prober/prober \
		lavavisord/monitor/monitor \
		lavavisord/downloader/downloader lavavisord/verifier/verifier \
		lavavisord/supervisor/supervisor lavavisord/keeper/keeper \
		lavavisord/control/control
# Found where the rooms are
HELPERS =	lavavisorctl/top/top
PROGRAMS =	lavavisord/lavavisord ${ROOMS} lavavisorctl/lavavisorctl \
		${HELPERS}

ALL_OBJS =	${COMPAT_OBJS} ${COMMON_OBJS} ${PARENT_OBJS} ${DIALER_OBJS} \
		${PROBER_OBJS} ${MONITOR_OBJS} ${DOWNLOADER_OBJS} \
		${VERIFIER_OBJS} ${SUPERVISOR_OBJS} ${KEEPER_OBJS} \
		${CONTROL_OBJS} ${CTL_OBJS} ${TOP_OBJS} ${REGRESS_OBJS}

programs: ${PROGRAMS}

${ALL_OBJS}: ${GENDIR}/paths.h

# Rewritten only when a path changed, so that a rebuild for another prefix
# compiles again what names one.
${GENDIR}/paths.h: FRC
	@mkdir -p ${GENDIR}
	@{ echo '#define PATH_LIBEXEC "${LIBEXECDIR}"'; \
	   echo '#define PATH_SBIN "${SBINDIR}"'; \
	   echo '#define PATH_SYSCONF "${SYSCONFDIR}/lavavisor"'; \
	   echo '#define PATH_STATE "${STATEDIR}"'; \
	   echo '#define PATH_RUN "${RUNDIR}"'; } >${GENDIR}/paths.tmp
	@cmp -s ${GENDIR}/paths.tmp $@ && rm ${GENDIR}/paths.tmp || \
	    mv ${GENDIR}/paths.tmp $@

FRC:

compat/libcompat.a: ${COMPAT_OBJS}
	rm -f $@
	${AR} rc $@ ${COMPAT_OBJS}

common/libcommon.a: ${COMMON_OBJS}
	rm -f $@
	${AR} rc $@ ${COMMON_OBJS}

lavavisord/lavavisord: ${PARENT_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${PARENT_OBJS} ${LIBS_COMMON} \
	    ${PARENT_LIBS}

lavavisord/dialer/dialer: ${DIALER_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${DIALER_OBJS} ${LIBS_COMMON} \
	    ${DIALER_LIBS} ${OS_LIBS}

lavavisord/prober/prober: ${PROBER_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${PROBER_OBJS} ${LIBS_COMMON} \
	    ${PROBER_LIBS} ${OS_LIBS}

lavavisord/monitor/monitor: ${MONITOR_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${MONITOR_OBJS} ${LIBS_COMMON} \
	    ${MONITOR_LIBS} ${OS_LIBS}

lavavisord/downloader/downloader: ${DOWNLOADER_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${DOWNLOADER_OBJS} ${LIBS_COMMON} \
	    ${DOWNLOADER_LIBS} ${OS_LIBS}

lavavisord/verifier/verifier: ${VERIFIER_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${VERIFIER_OBJS} ${LIBS_COMMON} \
	    ${VERIFIER_LIBS} ${OS_LIBS}

lavavisord/supervisor/supervisor: ${SUPERVISOR_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${SUPERVISOR_OBJS} ${LIBS_COMMON} \
	    ${SUPERVISOR_LIBS} ${OS_LIBS}

lavavisord/keeper/keeper: ${KEEPER_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${KEEPER_OBJS} ${LIBS_COMMON} \
	    ${KEEPER_LIBS} ${OS_LIBS}

lavavisord/control/control: ${CONTROL_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${CONTROL_OBJS} ${LIBS_COMMON} \
	    ${CONTROL_LIBS} ${OS_LIBS}

lavavisorctl/lavavisorctl: ${CTL_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${CTL_OBJS} ${LIBS_COMMON} \
	    ${CTL_LIBS}

lavavisorctl/top/top: ${TOP_OBJS} ${TOP_SHARED_OBJS} ${LIBS_COMMON}
	${CC} ${ALL_LDFLAGS} -o $@ ${TOP_OBJS} ${TOP_SHARED_OBJS} \
	    ${LIBS_COMMON} ${TOP_LIBS}

DEPFILES =	${ALL_OBJS:.o=.d}
-include ${DEPFILES}
