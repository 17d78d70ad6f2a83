PROCESS_TEST_OBJS =	regress/unit/process_test.o
REGRESS_OBJS +=	${PROCESS_TEST_OBJS}
UNIT_TESTS +=	regress/bin/process_test
regress/bin/process_test: ${PROCESS_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${PROCESS_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
