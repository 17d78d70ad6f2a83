IMSG_TEST_OBJS =	regress/unit/imsg_test.o
REGRESS_OBJS +=	${IMSG_TEST_OBJS}
UNIT_TESTS +=	regress/bin/imsg_test
regress/bin/imsg_test: ${IMSG_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${IMSG_TEST_OBJS} ${LIBS_COMMON} \
	    -lcmocka ${OS_LIBS}
