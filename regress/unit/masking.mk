MASKING_TEST_OBJS =	regress/unit/masking_test.o \
		lavavisord/masking.o
REGRESS_OBJS +=	regress/unit/masking_test.o
UNIT_TESTS +=	regress/bin/masking_test

regress/bin/masking_test: ${MASKING_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${MASKING_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
