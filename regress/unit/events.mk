EVENTS_TEST_OBJS =	regress/unit/events_test.o \
		lavavisord/clock.o lavavisord/events.o lavavisord/history.o
REGRESS_OBJS +=	regress/unit/events_test.o
UNIT_TESTS +=	regress/bin/events_test

regress/bin/events_test: ${EVENTS_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${EVENTS_TEST_OBJS} ${LIBS_COMMON} \
	    ${LIB_EVENT} ${LIB_JANSSON} -lcmocka ${OS_LIBS}
