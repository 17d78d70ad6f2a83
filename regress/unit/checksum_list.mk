CHECKSUM_LIST_TEST_OBJS =	regress/unit/checksum_list_test.o \
		lavavisord/verifier/checksum_list.o
REGRESS_OBJS +=	regress/unit/checksum_list_test.o
UNIT_TESTS +=	regress/bin/checksum_list_test

regress/bin/checksum_list_test: ${CHECKSUM_LIST_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${CHECKSUM_LIST_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
