/* Opcodes that the table does not have yet. */
enum standin_opcode {
        STANDIN_NONE = 0,
        STANDIN_FIRST = 5000,
#define STANDINS(X) \
        X(BRA, 0x947) X(BRX, 0x949) X(JMP, 0x94a) X(JMX, 0x94c) X(CALL_REL, 0x944) X(CALL_ABS, 0x943) X(RET, 0x950) \
        X(LEPC, 0x94e) X(BSSY, 0x945) X(BSYNC, 0x941) X(BREAK, 0x942) X(BMOV_FROM, 0x355) X(BMOV_TO, 0x356) \
        X(WARPSYNC, 0x948) X(ENDCOLLECTIVE, 0x91b) X(EXIT, 0x94d) X(KILL, 0x95b) X(YIELD, 0x946) X(NANOSLEEP, 0x95d) \
        X(BPT, 0x95c) X(RPCMOV_TO, 0x352) X(RPCMOV_FROM, 0x353) X(NOP, 0x918) X(DEPBAR, 0x91a) X(PMTRIG, 0x801) \
        X(BAR, 0xb1d) X(B2R, 0x31c) X(UCGABAR_ARV, 0x9c7) X(UCGABAR_WAIT, 0xdc7) X(LDC, 0xb82) X(ULDC, 0xab9) \
        X(LDG, 0x981) X(LD, 0x980) X(STG, 0x986) X(ST, 0x985) X(LDS, 0x984) X(STS, 0x988) X(LDL, 0x983) X(STL, 0x987)
#define X(name, code) STANDIN_##name,
        STANDINS(X)
#undef X
};
static inline unsigned standin_match(const uint64_t word[2])
{
        static const struct { unsigned code, opcode; } known[] = {
#define X(name, code) {code, STANDIN_##name},
                STANDINS(X)
#undef X
        };
        unsigned code = (unsigned)(word[0] & 0xfff);
        for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
                if ((known[i].code & 0x1ff) == (code & 0x1ff) || (known[i].code == 0x9c7 && code == 0xdc7))
                        return code == 0xdc7 ? STANDIN_UCGABAR_WAIT : known[i].opcode;
        return 0;
}
#define SASS_BRA ((enum sass_opcode)STANDIN_BRA)
#define SASS_BRX ((enum sass_opcode)STANDIN_BRX)
#define SASS_JMP ((enum sass_opcode)STANDIN_JMP)
#define SASS_JMX ((enum sass_opcode)STANDIN_JMX)
#define SASS_CALL_REL ((enum sass_opcode)STANDIN_CALL_REL)
#define SASS_CALL_ABS ((enum sass_opcode)STANDIN_CALL_ABS)
#define SASS_RET ((enum sass_opcode)STANDIN_RET)
#define SASS_LEPC ((enum sass_opcode)STANDIN_LEPC)
#define SASS_BSSY ((enum sass_opcode)STANDIN_BSSY)
#define SASS_BSYNC ((enum sass_opcode)STANDIN_BSYNC)
#define SASS_BREAK ((enum sass_opcode)STANDIN_BREAK)
#define SASS_BMOV_FROM ((enum sass_opcode)STANDIN_BMOV_FROM)
#define SASS_BMOV_TO ((enum sass_opcode)STANDIN_BMOV_TO)
#define SASS_WARPSYNC ((enum sass_opcode)STANDIN_WARPSYNC)
#define SASS_ENDCOLLECTIVE ((enum sass_opcode)STANDIN_ENDCOLLECTIVE)
#define SASS_EXIT ((enum sass_opcode)STANDIN_EXIT)
#define SASS_KILL ((enum sass_opcode)STANDIN_KILL)
#define SASS_YIELD ((enum sass_opcode)STANDIN_YIELD)
#define SASS_NANOSLEEP ((enum sass_opcode)STANDIN_NANOSLEEP)
#define SASS_BPT ((enum sass_opcode)STANDIN_BPT)
#define SASS_RPCMOV_TO ((enum sass_opcode)STANDIN_RPCMOV_TO)
#define SASS_RPCMOV_FROM ((enum sass_opcode)STANDIN_RPCMOV_FROM)
#define SASS_NOP ((enum sass_opcode)STANDIN_NOP)
#define SASS_DEPBAR ((enum sass_opcode)STANDIN_DEPBAR)
#define SASS_PMTRIG ((enum sass_opcode)STANDIN_PMTRIG)
#define SASS_BAR ((enum sass_opcode)STANDIN_BAR)
#define SASS_B2R ((enum sass_opcode)STANDIN_B2R)
#define SASS_UCGABAR_ARV ((enum sass_opcode)STANDIN_UCGABAR_ARV)
#define SASS_UCGABAR_WAIT ((enum sass_opcode)STANDIN_UCGABAR_WAIT)
#define SASS_LDC ((enum sass_opcode)STANDIN_LDC)
#define SASS_ULDC ((enum sass_opcode)STANDIN_ULDC)
#define SASS_LDG ((enum sass_opcode)STANDIN_LDG)
#define SASS_LD ((enum sass_opcode)STANDIN_LD)
#define SASS_STG ((enum sass_opcode)STANDIN_STG)
#define SASS_ST ((enum sass_opcode)STANDIN_ST)
#define SASS_LDS ((enum sass_opcode)STANDIN_LDS)
#define SASS_STS ((enum sass_opcode)STANDIN_STS)
#define SASS_LDL ((enum sass_opcode)STANDIN_LDL)
#define SASS_STL ((enum sass_opcode)STANDIN_STL)
