HISTORY_TEST_OBJS =	regress/unit/history_test.o \
		lavavisord/history.o
REGRESS_OBJS +=	regress/unit/history_test.o
UNIT_TESTS +=	regress/bin/history_test

regress/bin/history_test: ${HISTORY_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${HISTORY_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_JANSSON} -lcmocka ${OS_LIBS}
