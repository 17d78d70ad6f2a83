KEEP_TEST_OBJS =	regress/unit/keep_test.o \
		lavavisord/keep_choose.o
REGRESS_OBJS +=	regress/unit/keep_test.o
UNIT_TESTS +=	regress/bin/keep_test

regress/bin/keep_test: ${KEEP_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${KEEP_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
