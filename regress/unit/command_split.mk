COMMAND_SPLIT_TEST_OBJS = regress/unit/command_split_test.o \
		lavavisorctl/local/command_split.o
REGRESS_OBJS +=	regress/unit/command_split_test.o
UNIT_TESTS +=	regress/bin/command_split_test

regress/bin/command_split_test: ${COMMAND_SPLIT_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${COMMAND_SPLIT_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
