DECIDE_TEST_OBJS =	regress/unit/decide_test.o \
		lavavisord/decide.o
REGRESS_OBJS +=	regress/unit/decide_test.o
UNIT_TESTS +=	regress/bin/decide_test

regress/bin/decide_test: ${DECIDE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${DECIDE_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
