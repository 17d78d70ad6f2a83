UPGRADE_PAST_TEST_OBJS =	regress/unit/upgrade_past_test.o \
		lavavisord/upgrade_past.o lavavisord/upgrade_trace.o \
		lavavisord/history.o
REGRESS_OBJS +=	regress/unit/upgrade_past_test.o
UNIT_TESTS +=	regress/bin/upgrade_past_test

regress/bin/upgrade_past_test: ${UPGRADE_PAST_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${UPGRADE_PAST_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_JANSSON} -lcmocka ${OS_LIBS}
