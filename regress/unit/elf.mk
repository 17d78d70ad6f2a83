ELF_TEST_OBJS =	regress/unit/elf_test.o \
		lavavisord/verifier/elf.o
REGRESS_OBJS +=	regress/unit/elf_test.o
UNIT_TESTS +=	regress/bin/elf_test

regress/bin/elf_test: ${ELF_TEST_OBJS} ${LIBS_COMMON}
	@mkdir -p regress/bin
	${CC} ${ALL_LDFLAGS} -o $@ ${ELF_TEST_OBJS} \
	    ${LIBS_COMMON} -lcmocka ${OS_LIBS}
