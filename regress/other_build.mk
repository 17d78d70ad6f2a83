# The same programs as another build, for the test of an upgrade: the few files
# that know the build are compiled again, in regress/bin/other/.
OTHER =		regress/bin/other
OTHER_CC =	${CC} ${ALL_CPPFLAGS} '-DLAVAVISORD_BUILD="other"' \
		${ALL_CFLAGS} -c -o
OTHER_ROOM =	${CC} ${ALL_LDFLAGS} ${OTHER}/room.o

regress-programs: ${OTHER}/lavavisord

${OTHER}/lavavisord: ${PROGRAMS}
	@mkdir -p ${OTHER}
	${OTHER_CC} ${OTHER}/room.o common/room.c
	${OTHER_CC} ${OTHER}/rooms.o lavavisord/rooms.c
	${OTHER_CC} ${OTHER}/check.o lavavisord/check.c
	${OTHER_ROOM} -o ${OTHER}/dialer ${DIALER_OBJS} ${LIBS_COMMON} \
	    ${DIALER_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/prober ${PROBER_OBJS} ${LIBS_COMMON} \
	    ${PROBER_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/monitor ${MONITOR_OBJS} ${LIBS_COMMON} \
	    ${MONITOR_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/downloader ${DOWNLOADER_OBJS} \
	    ${LIBS_COMMON} ${DOWNLOADER_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/verifier ${VERIFIER_OBJS} ${LIBS_COMMON} \
	    ${VERIFIER_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/supervisor ${SUPERVISOR_OBJS} \
	    ${LIBS_COMMON} ${SUPERVISOR_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/keeper ${KEEPER_OBJS} ${LIBS_COMMON} \
	    ${KEEPER_LIBS} ${OS_LIBS}
	${OTHER_ROOM} -o ${OTHER}/control ${CONTROL_OBJS} ${LIBS_COMMON} \
	    ${CONTROL_LIBS} ${OS_LIBS}
	@objs=; for o in ${PARENT_OBJS}; do case $$o in \
	    */rooms.o|*/check.o) o=${OTHER}/$${o##*/} ;; esac; \
	    objs="$$objs $$o"; done; \
	    ${CC} ${ALL_LDFLAGS} -o $@ $$objs ${LIBS_COMMON} \
	    ${PARENT_LIBS} ${OS_LIBS}
