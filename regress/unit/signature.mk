SIGNATURE_TEST_OBJS =	regress/unit/signature_test.o \
		lavavisord/verifier/signature.o
REGRESS_OBJS +=	regress/unit/signature_test.o
UNIT_TESTS +=	regress/bin/signature_test

regress/bin/signature_test: ${SIGNATURE_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${SIGNATURE_TEST_OBJS} \
	    ${LIBS_COMMON} ${LIB_SODIUM} -lcmocka ${OS_LIBS}
