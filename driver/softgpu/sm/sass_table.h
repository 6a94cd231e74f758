/*
 * Generated from the table of opcodes (driver/sass) by scripts/generate_sass.py. Do not edit.
 *
 * sass_match(word, arch) names the opcode of a 128-bit word. sass_OPCODE_FIELD(word) is a field of it, as it
 * stands in the word: signed fields are not extended, URZ is 63 before sm_100. Accessors of fields that an
 * architecture moved take arch.
 */
#ifndef BAREWIRE_SASS_TABLE_H
#define BAREWIRE_SASS_TABLE_H

#include <stdint.h>

enum sass_opcode {
	SASS_ILLEGAL,
	SASS_ACQBULK,
	SASS_ARRIVES,
	SASS_ATOM,
	SASS_ATOMG,
	SASS_ATOMG_CAS,
	SASS_ATOMG_FLOAT,
	SASS_ATOMS,
	SASS_ATOMS_ARRIVE,
	SASS_ATOMS_CAS,
	SASS_ATOMS_CAS_TEST,
	SASS_ATOMS_POPC,
	SASS_ATOM_ARRIVE,
	SASS_ATOM_CAS,
	SASS_ATOM_FLOAT,
	SASS_ATOM_POPC,
	SASS_B2R,
	SASS_BAR,
	SASS_BGMMA,
	SASS_BMMA,
	SASS_BMOV_64_TO,
	SASS_BMOV_FROM,
	SASS_BMOV_TO,
	SASS_BMSK,
	SASS_BPT,
	SASS_BRA,
	SASS_BREAK,
	SASS_BREV,
	SASS_BRX,
	SASS_BRXU,
	SASS_BSSY,
	SASS_BSYNC,
	SASS_CALL_ABS,
	SASS_CALL_REL,
	SASS_CCTL,
	SASS_CCTLL,
	SASS_CCTL_LDCU,
	SASS_CGAERRBAR,
	SASS_CLMAD,
	SASS_CREDUX,
	SASS_CS2R,
	SASS_CS2UR,
	SASS_DADD,
	SASS_DEPBAR,
	SASS_DFMA,
	SASS_DMMA,
	SASS_DMUL,
	SASS_DSETP,
	SASS_ELECT,
	SASS_ENDCOLLECTIVE,
	SASS_ERRBAR,
	SASS_EXIT,
	SASS_F2F,
	SASS_F2FP,
	SASS_F2I,
	SASS_F2IP,
	SASS_FADD,
	SASS_FADD2,
	SASS_FCHK,
	SASS_FENCE_VIEW_ASYNC,
	SASS_FFMA,
	SASS_FFMA2,
	SASS_FHADD,
	SASS_FHFMA,
	SASS_FLO,
	SASS_FMNMX,
	SASS_FMNMX3,
	SASS_FMUL,
	SASS_FMUL2,
	SASS_FRND,
	SASS_FSEL,
	SASS_FSET,
	SASS_FSETP,
	SASS_FSWZADD,
	SASS_HADD2,
	SASS_HFMA2,
	SASS_HFMA2_MMA,
	SASS_HGMMA,
	SASS_HMMA,
	SASS_HMMA_884,
	SASS_HMNMX2,
	SASS_HMUL2,
	SASS_HSET2,
	SASS_HSETP2,
	SASS_I2F,
	SASS_I2FP,
	SASS_I2I,
	SASS_I2IP,
	SASS_IABS,
	SASS_IADD_64,
	SASS_IADD3,
	SASS_IDP,
	SASS_IGMMA,
	SASS_IMAD,
	SASS_IMAD_HI,
	SASS_IMAD_WIDE,
	SASS_IMMA,
	SASS_IMNMX,
	SASS_IMNMX_64,
	SASS_ISETP,
	SASS_JMP,
	SASS_JMX,
	SASS_JMXU,
	SASS_KILL,
	SASS_LD,
	SASS_LDC,
	SASS_LDCU,
	SASS_LDG,
	SASS_LDGDEPBAR,
	SASS_LDGMC,
	SASS_LDGMC_FLOAT,
	SASS_LDGSTS,
	SASS_LDG_256,
	SASS_LDL,
	SASS_LDS,
	SASS_LDSM,
	SASS_LDTM,
	SASS_LEA,
	SASS_LEPC,
	SASS_LOP3,
	SASS_MATCH,
	SASS_MEMBAR,
	SASS_MOV,
	SASS_MOV_64,
	SASS_MOVM,
	SASS_MUFU,
	SASS_MUFU_PAIR,
	SASS_NANOSLEEP,
	SASS_NOP,
	SASS_OMMA_SF,
	SASS_P2R,
	SASS_PLOP3,
	SASS_PLOP3_SIGN,
	SASS_PLOP3_SIGN_B,
	SASS_PLOP3_SIGN_BC,
	SASS_PMTRIG,
	SASS_POPC,
	SASS_PREEXIT,
	SASS_PRMT,
	SASS_QGMMA,
	SASS_QMMA,
	SASS_QMMA_120,
	SASS_QMMA_SF,
	SASS_QSPC,
	SASS_R2P,
	SASS_R2UR,
	SASS_RED,
	SASS_REDAS,
	SASS_REDUX,
	SASS_RED_FLOAT,
	SASS_RET,
	SASS_RPCMOV_64_TO,
	SASS_RPCMOV_FROM,
	SASS_RPCMOV_TO,
	SASS_S2R,
	SASS_S2UR,
	SASS_SEL,
	SASS_SEL_64,
	SASS_SGXT,
	SASS_SHF,
	SASS_SHFL,
	SASS_ST,
	SASS_STAS,
	SASS_STG,
	SASS_STG_256,
	SASS_STL,
	SASS_STS,
	SASS_STSM,
	SASS_STTM,
	SASS_SULD_D,
	SASS_SURED_D,
	SASS_SUST_D,
	SASS_SUST_P,
	SASS_SYNCS_ARRIVE,
	SASS_SYNCS_CCTL,
	SASS_SYNCS_EXCH,
	SASS_SYNCS_PHASECHK,
	SASS_TEX,
	SASS_TLD,
	SASS_TLD4,
	SASS_TXD,
	SASS_TXQ,
	SASS_UBLKCP,
	SASS_UBLKPF,
	SASS_UBLKRED,
	SASS_UBMSK,
	SASS_UBREV,
	SASS_UCGABAR_ARV,
	SASS_UCGABAR_WAIT,
	SASS_UF2I,
	SASS_UFADD,
	SASS_UFFMA,
	SASS_UFLO,
	SASS_UFMUL,
	SASS_UFSEL,
	SASS_UFSETP,
	SASS_UGETNEXTWORKID,
	SASS_UI2F,
	SASS_UI2FP,
	SASS_UIADD3,
	SASS_UIADD3_64,
	SASS_UIMAD,
	SASS_UIMAD_HI,
	SASS_UIMAD_WIDE,
	SASS_UIMNMX_64,
	SASS_UISETP,
	SASS_ULDC,
	SASS_ULEA,
	SASS_ULOP3,
	SASS_UMEMSETS,
	SASS_UMOV,
	SASS_UMOV_64,
	SASS_UP2UR,
	SASS_UPLOP3,
	SASS_UPOPC,
	SASS_UPRMT,
	SASS_UR2UP,
	SASS_UREDGR,
	SASS_USEL,
	SASS_USEL_64,
	SASS_USETMAXREG,
	SASS_USGXT,
	SASS_USHF,
	SASS_USTGR,
	SASS_UTCATOMSWS,
	SASS_UTCATOMSWS_FIND,
	SASS_UTCBAR,
	SASS_UTCCP,
	SASS_UTCHMMA,
	SASS_UTCIMMA,
	SASS_UTCOMMA,
	SASS_UTCQMMA,
	SASS_UTCSHIFT,
	SASS_UTMACCTL,
	SASS_UTMACMDFLUSH,
	SASS_UTMALDG,
	SASS_UTMAPF,
	SASS_UTMAREDG,
	SASS_UTMASTG,
	SASS_UVIMNMX,
	SASS_UVIRTCOUNT,
	SASS_VABSDIFF,
	SASS_VABSDIFF4,
	SASS_VIADD,
	SASS_VIADDMNMX,
	SASS_VIMNMX,
	SASS_VIMNMX3,
	SASS_VOTE,
	SASS_VOTEU,
	SASS_WARPGROUP,
	SASS_WARPSYNC,
	SASS_YIELD,
	SASS_OPCODE_COUNT,
};

struct sass_candidate {
	uint16_t code;
	uint16_t archs;
	uint16_t opcode;
	uint64_t mask[2];
	uint64_t value[2];
};

static inline unsigned sass_arch_bit(unsigned arch)
{
	switch (arch) {
	case 75:
		return 1u << 0;
	case 80:
		return 1u << 1;
	case 86:
		return 1u << 2;
	case 87:
		return 1u << 3;
	case 88:
		return 1u << 4;
	case 89:
		return 1u << 5;
	case 90:
		return 1u << 6;
	case 100:
		return 1u << 7;
	case 103:
		return 1u << 8;
	case 110:
		return 1u << 9;
	case 120:
		return 1u << 10;
	case 121:
		return 1u << 11;
	default:
		return 0;
	}
}

static inline uint64_t sass_bits(const uint64_t word[2], unsigned low, unsigned width)
{
	uint64_t value = low < 64 ? word[0] >> low : word[1] >> (low - 64);

	if (low < 64 && low + width > 64)
		value |= word[1] << (64 - low);
	return width < 64 ? value & ((UINT64_C(1) << width) - 1) : value;
}

/* By 12-bit opcode, the most particular candidates first. */
static const struct sass_candidate sass_candidates[] = {
	{0x202, 0x0c00, SASS_MOV_64, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x202, 0x007f, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0x202, 0x0f80, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0x203, 0x0fff, SASS_P2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x204, 0x0fff, SASS_R2P, {0x0, 0x0}, {0x0, 0x0}},
	{0x207, 0x0fff, SASS_SEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x208, 0x0fff, SASS_FSEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x209, 0x0001, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x209, 0x0002, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x209, 0x003c, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x209, 0x0fc0, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x20a, 0x0fff, SASS_FSET, {0x0, 0x0}, {0x0, 0x0}},
	{0x20b, 0x0fff, SASS_FSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x20c, 0x0c00, SASS_ISETP, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x20c, 0x0fff, SASS_ISETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x20f, 0x03c0, SASS_VIMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0x210, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x210, 0x0f80, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x211, 0x0fff, SASS_LEA, {0x0, 0x0}, {0x0, 0x0}},
	{0x212, 0x0fff, SASS_LOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0x213, 0x0fff, SASS_IABS, {0x0, 0x0}, {0x0, 0x0}},
	{0x214, 0x0fff, SASS_VABSDIFF, {0x0, 0x0}, {0x0, 0x0}},
	{0x215, 0x0fff, SASS_VABSDIFF4, {0x0, 0x0}, {0x0, 0x0}},
	{0x216, 0x0fff, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x217, 0x03ff, SASS_IMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x217, 0x0c00, SASS_IMNMX_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x219, 0x0fff, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x21a, 0x0fff, SASS_SGXT, {0x0, 0x0}, {0x0, 0x0}},
	{0x21b, 0x0fff, SASS_BMSK, {0x0, 0x0}, {0x0, 0x0}},
	{0x21d, 0x0fff, SASS_PLOP3_SIGN_B, {0x0, 0x0}, {0x0, 0x0}},
	{0x21e, 0x0fff, SASS_PLOP3_SIGN_BC, {0x0, 0x0}, {0x0, 0x0}},
	{0x21f, 0x0fff, SASS_PLOP3_SIGN, {0x0, 0x0}, {0x0, 0x0}},
	{0x220, 0x0fff, SASS_FMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0x221, 0x0f80, SASS_FHADD, {0x0, 0x20000}, {0x0, 0x20000}},
	{0x221, 0x0fff, SASS_FADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x223, 0x0f80, SASS_FHFMA, {0x0, 0x20000}, {0x0, 0x20000}},
	{0x223, 0x0fff, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x224, 0x0fff, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x225, 0x0fff, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x226, 0x0fff, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0x227, 0x0fff, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x228, 0x0fff, SASS_DMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0x229, 0x0fff, SASS_DADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x22a, 0x0fff, SASS_DSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x22b, 0x0fff, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x22c, 0x0040, SASS_CLMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x230, 0x003c, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0x230, 0x0fc0, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0x230, 0x003f, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x230, 0x0fc0, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x231, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x231, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x231, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x231, 0x0fc0, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x232, 0x003f, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0x232, 0x0fc0, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0x233, 0x003f, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0x233, 0x0fc0, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0x234, 0x003f, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0x234, 0x0fc0, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0x235, 0x0c00, SASS_IADD_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x235, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x235, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x236, 0x03c0, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x236, 0x0c00, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x236, 0x0001, SASS_HMMA_884, {0x0, 0x0}, {0x0, 0x0}},
	{0x237, 0x001f, SASS_IMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x237, 0x0fe0, SASS_IMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x238, 0x0fff, SASS_I2I, {0x0, 0x0}, {0x0, 0x0}},
	{0x239, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0x239, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0x239, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0x239, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0x239, 0x0fc0, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0x239, 0x0fc0, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0x239, 0x0003, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0x239, 0x003c, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0x239, 0x0fc0, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0x23a, 0x007f, SASS_MOVM, {0x0, 0x0}, {0x0, 0x0}},
	{0x23a, 0x0f80, SASS_MOVM, {0x0, 0x0}, {0x0, 0x0}},
	{0x23c, 0x001f, SASS_HMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23c, 0x0fe0, SASS_HMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23d, 0x001f, SASS_BMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23d, 0x0fe0, SASS_BMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23e, 0x0f80, SASS_F2FP, {0x0, 0x60c4600}, {0x0, 0x2040200}},
	{0x23e, 0x0f80, SASS_F2FP, {0x0, 0x6038000}, {0x0, 0x20000}},
	{0x23e, 0x0f80, SASS_F2FP, {0x0, 0x6038000}, {0x0, 0x4020000}},
	{0x23e, 0x0060, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0x23e, 0x0f80, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0x23e, 0x001e, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0x23e, 0x0060, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0x23e, 0x0f80, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0x23f, 0x001e, SASS_DMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23f, 0x0020, SASS_DMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23f, 0x0040, SASS_DMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x23f, 0x0f80, SASS_DMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x240, 0x0002, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0x240, 0x003c, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0x240, 0x0fc0, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0x243, 0x0ffc, SASS_F2IP, {0x0, 0x0}, {0x0, 0x0}},
	{0x245, 0x0ffc, SASS_I2FP, {0x0, 0x400}, {0x0, 0x0}},
	{0x245, 0x0ffc, SASS_I2FP, {0x0, 0x400}, {0x0, 0x400}},
	{0x246, 0x03c0, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x248, 0x0040, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x248, 0x0380, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x248, 0x0c00, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x249, 0x0380, SASS_FFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x24a, 0x0380, SASS_FMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0x24a, 0x0c00, SASS_UVIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x24b, 0x0380, SASS_FADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x251, 0x0c00, SASS_UFSEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x253, 0x0c00, SASS_UFSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x254, 0x0c00, SASS_UFADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x255, 0x0c00, SASS_UFFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x256, 0x0c00, SASS_UFMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0x25a, 0x0c00, SASS_UI2F, {0x0, 0x3800}, {0x0, 0x1000}},
	{0x25c, 0x0c00, SASS_UF2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x25e, 0x0c00, SASS_UI2FP, {0x0, 0x3800}, {0x0, 0x1000}},
	{0x276, 0x0380, SASS_FMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0x27a, 0x0020, SASS_QMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x27a, 0x0c00, SASS_QMMA_120, {0x0, 0x0}, {0x0, 0x0}},
	{0x285, 0x0c00, SASS_UIMNMX_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x287, 0x0fff, SASS_USEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x28c, 0x0c00, SASS_UISETP, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x28c, 0x0fff, SASS_UISETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x290, 0x007f, SASS_UIADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x290, 0x0f80, SASS_UIADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x291, 0x0fff, SASS_ULEA, {0x0, 0x0}, {0x0, 0x0}},
	{0x292, 0x0fff, SASS_ULOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0x296, 0x0fff, SASS_UPRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x297, 0x0040, SASS_UIADD3_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x297, 0x0f80, SASS_UIADD3_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x299, 0x0fff, SASS_USHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x29a, 0x0fff, SASS_USGXT, {0x0, 0x0}, {0x0, 0x0}},
	{0x29b, 0x0fff, SASS_UBMSK, {0x0, 0x0}, {0x0, 0x0}},
	{0x2a4, 0x0fff, SASS_UIMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x2a5, 0x0fff, SASS_UIMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x2a6, 0x0fff, SASS_UIMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x2bd, 0x0fff, SASS_UFLO, {0x0, 0x0}, {0x0, 0x0}},
	{0x2be, 0x0fff, SASS_UBREV, {0x0, 0x0}, {0x0, 0x0}},
	{0x2bf, 0x0fff, SASS_UPOPC, {0x0, 0x0}, {0x0, 0x0}},
	{0x2ca, 0x0040, SASS_R2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x2ca, 0x0f80, SASS_R2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x2cc, 0x0380, SASS_CREDUX, {0x0, 0x0}, {0x0, 0x0}},
	{0x300, 0x0fff, SASS_FLO, {0x0, 0x0}, {0x0, 0x0}},
	{0x301, 0x0fff, SASS_BREV, {0x0, 0x0}, {0x0, 0x0}},
	{0x302, 0x0fff, SASS_FCHK, {0x0, 0x0}, {0x0, 0x0}},
	{0x304, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x304, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x304, 0x0fc0, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x305, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x305, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x305, 0x0fc0, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x306, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0x306, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0x306, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0x306, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0x306, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0x306, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0x307, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x100800}},
	{0x307, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x201000}},
	{0x307, 0x0fc0, SASS_FRND, {0x0, 0x703800}, {0x0, 0x402000}},
	{0x308, 0x0100, SASS_MUFU_PAIR, {0x0, 0x13f00}, {0x0, 0xb00}},
	{0x308, 0x0100, SASS_MUFU_PAIR, {0x0, 0x13f00}, {0x0, 0x10800}},
	{0x308, 0x0fc0, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1800}},
	{0x308, 0x0fc0, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1c00}},
	{0x308, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1800}},
	{0x308, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1c00}},
	{0x308, 0x0fc0, SASS_MUFU, {0x0, 0x300}, {0x0, 0x100}},
	{0x308, 0x0fc0, SASS_MUFU, {0x0, 0x300}, {0x0, 0x200}},
	{0x308, 0x003f, SASS_MUFU, {0x0, 0x200}, {0x0, 0x200}},
	{0x308, 0x003f, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0x308, 0x0fc0, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0x309, 0x0fff, SASS_POPC, {0x0, 0x0}, {0x0, 0x0}},
	{0x310, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x310, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x310, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x300000}},
	{0x310, 0x0fc0, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x311, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x311, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x311, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x300000}},
	{0x311, 0x0fc0, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300000}},
	{0x312, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300400}},
	{0x313, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x301800}},
	{0x31c, 0x0fff, SASS_B2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x31d, 0x0fff, SASS_BAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x343, 0x003f, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x343, 0x003f, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x343, 0x0fc0, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x343, 0x0fc0, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x344, 0x003f, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x344, 0x003f, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x344, 0x0fc0, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x344, 0x0fc0, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x348, 0x003f, SASS_WARPSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x348, 0x0fc0, SASS_WARPSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x34e, 0x0fff, SASS_LEPC, {0x0, 0x0}, {0x0, 0x0}},
	{0x352, 0x0fff, SASS_RPCMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x353, 0x0fff, SASS_RPCMOV_FROM, {0x0, 0x0}, {0x0, 0x0}},
	{0x354, 0x0fff, SASS_RPCMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x355, 0x003f, SASS_BMOV_FROM, {0x0, 0x0}, {0x0, 0x0}},
	{0x355, 0x0fc0, SASS_BMOV_FROM, {0x0, 0x0}, {0x0, 0x0}},
	{0x356, 0x003f, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x356, 0x0fc0, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x357, 0x003f, SASS_BMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x357, 0x0fc0, SASS_BMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x35d, 0x003f, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0x35d, 0x0fc0, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0x361, 0x003f, SASS_TEX, {0x0, 0x0}, {0x0, 0x0}},
	{0x364, 0x003f, SASS_TLD4, {0x0, 0x0}, {0x0, 0x0}},
	{0x367, 0x003f, SASS_TLD, {0x0, 0x0}, {0x0, 0x0}},
	{0x36d, 0x003f, SASS_TXD, {0x0, 0x0}, {0x0, 0x0}},
	{0x370, 0x003f, SASS_TXQ, {0x0, 0x0}, {0x0, 0x0}},
	{0x377, 0x0f80, SASS_USTGR, {0x0, 0x0}, {0x0, 0x0}},
	{0x378, 0x0f80, SASS_UREDGR, {0x0, 0x0}, {0x0, 0x0}},
	{0x380, 0x0001, SASS_LD, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x380, 0x0ffe, SASS_LD, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x381, 0x0001, SASS_LDG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x381, 0x0ffe, SASS_LDG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x385, 0x0001, SASS_ST, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x385, 0x007e, SASS_ST, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x385, 0x0f80, SASS_ST, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x386, 0x0001, SASS_STG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x386, 0x007e, SASS_STG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x386, 0x0f80, SASS_STG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x387, 0x0fff, SASS_STL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x388, 0x0001, SASS_STS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x388, 0x0ffe, SASS_STS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x389, 0x0fff, SASS_SHFL, {0x0, 0x0}, {0x0, 0x0}},
	{0x38a, 0x0001, SASS_ATOM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38a, 0x003e, SASS_ATOM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38a, 0x0fc0, SASS_ATOM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38b, 0x0001, SASS_ATOM_CAS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38b, 0x003e, SASS_ATOM_CAS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38b, 0x0fc0, SASS_ATOM_CAS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38c, 0x003f, SASS_ATOMS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38c, 0x0fc0, SASS_ATOMS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x38d, 0x003f, SASS_ATOMS_CAS, {0x0, 0x0}, {0x0, 0x0}},
	{0x38d, 0x0fc0, SASS_ATOMS_CAS, {0x0, 0x0}, {0x0, 0x0}},
	{0x3a0, 0x0001, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0x3a0, 0x003e, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0x3a1, 0x0fff, SASS_MATCH, {0x0, 0x0}, {0x0, 0x0}},
	{0x3a8, 0x0001, SASS_ATOMG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3a8, 0x003e, SASS_ATOMG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3a8, 0x0fc0, SASS_ATOMG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3a9, 0x0001, SASS_ATOMG_CAS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3a9, 0x003e, SASS_ATOMG_CAS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3a9, 0x0fc0, SASS_ATOMG_CAS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3aa, 0x003f, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3aa, 0x0fc0, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x3b4, 0x0040, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b4, 0x0040, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b4, 0x0f80, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b4, 0x0f80, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b5, 0x0040, SASS_UTMASTG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b5, 0x0040, SASS_UTMASTG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b5, 0x0f80, SASS_UTMASTG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b5, 0x0f80, SASS_UTMASTG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b6, 0x0040, SASS_UTMAREDG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b6, 0x0040, SASS_UTMAREDG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b6, 0x0f80, SASS_UTMAREDG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b6, 0x0f80, SASS_UTMAREDG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b8, 0x0040, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b8, 0x0040, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3b8, 0x0f80, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3b8, 0x0f80, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3ba, 0x0040, SASS_UBLKCP, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3ba, 0x0040, SASS_UBLKCP, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3ba, 0x0f80, SASS_UBLKCP, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3ba, 0x0f80, SASS_UBLKCP, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3bb, 0x0fc0, SASS_UBLKRED, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3bb, 0x0fc0, SASS_UBLKRED, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3bc, 0x0fc0, SASS_UBLKPF, {0x0, 0x1000}, {0x0, 0x0}},
	{0x3bc, 0x0fc0, SASS_UBLKPF, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x3c2, 0x003f, SASS_R2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x3c4, 0x0ffe, SASS_REDUX, {0x0, 0x0}, {0x0, 0x0}},
	{0x3c6, 0x0fc0, SASS_FENCE_VIEW_ASYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x3ca, 0x0f80, SASS_UGETNEXTWORKID, {0x0, 0x0}, {0x0, 0x0}},
	{0x3cb, 0x0f80, SASS_UMEMSETS, {0x0, 0x0}, {0x0, 0x0}},
	{0x3e9, 0x0380, SASS_UTCBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x402, 0x0c00, SASS_MOV_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x407, 0x0c00, SASS_SEL_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x410, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x410, 0x0f80, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x416, 0x0fff, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x419, 0x0fff, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x421, 0x0fff, SASS_FADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x423, 0x0fff, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x424, 0x0fff, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x425, 0x0fff, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x426, 0x0fff, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0x427, 0x0fff, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x429, 0x0fff, SASS_DADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x42a, 0x0fff, SASS_DSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x42b, 0x0fff, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x430, 0x0fc0, SASS_HADD2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x430, 0x003c, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0x430, 0x0fc0, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0x430, 0x003f, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x430, 0x0fc0, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x431, 0x0002, SASS_HFMA2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x431, 0x003c, SASS_HFMA2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x431, 0x0fc0, SASS_HFMA2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x431, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x431, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x431, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x431, 0x0fc0, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x433, 0x0fc0, SASS_HSET2, {0x0, 0x3}, {0x0, 0x2}},
	{0x433, 0x003f, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0x433, 0x0fc0, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0x434, 0x0fc0, SASS_HSETP2, {0x0, 0x3}, {0x0, 0x2}},
	{0x434, 0x003f, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0x434, 0x0fc0, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0x435, 0x0040, SASS_HFMA2_MMA, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x435, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x435, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x446, 0x03c0, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x454, 0x0c00, SASS_UFADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x455, 0x0c00, SASS_UFFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x476, 0x0380, SASS_FMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0x47a, 0x0c00, SASS_QMMA_SF, {0x0, 0x10000}, {0x0, 0x0}},
	{0x47a, 0x0c00, SASS_QMMA_SF, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x47f, 0x0c00, SASS_OMMA_SF, {0x0, 0x10000}, {0x0, 0x0}},
	{0x47f, 0x0c00, SASS_OMMA_SF, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x482, 0x0c00, SASS_UMOV_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x487, 0x0c00, SASS_USEL_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x490, 0x007f, SASS_UIADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x490, 0x0f80, SASS_UIADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x496, 0x0fff, SASS_UPRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x497, 0x0040, SASS_UIADD3_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x497, 0x0f80, SASS_UIADD3_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x499, 0x0fff, SASS_USHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x4a4, 0x0fff, SASS_UIMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x4a5, 0x0fff, SASS_UIMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x4a6, 0x0fff, SASS_UIMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x51d, 0x0fff, SASS_BAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x540, 0x0f80, SASS_CCTL_LDCU, {0x0, 0x0}, {0x0, 0x0}},
	{0x547, 0x003f, SASS_BRA, {0x0, 0x0}, {0x0, 0x0}},
	{0x547, 0x0fc0, SASS_BRA, {0x0, 0x0}, {0x0, 0x0}},
	{0x589, 0x0fff, SASS_SHFL, {0x0, 0x0}, {0x0, 0x0}},
	{0x58d, 0x0f80, SASS_ATOMS_CAS_TEST, {0x0, 0x0}, {0x0, 0x0}},
	{0x5a7, 0x0040, SASS_SYNCS_PHASECHK, {0x0, 0xc0}, {0x0, 0x40}},
	{0x5a7, 0x0f80, SASS_SYNCS_PHASECHK, {0x0, 0x3000}, {0x0, 0x1000}},
	{0x5ab, 0x0fc0, SASS_CGAERRBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x5b2, 0x0fc0, SASS_SYNCS_EXCH, {0x0, 0x300}, {0x0, 0x100}},
	{0x5b4, 0x0040, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x5b4, 0x0040, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x5b4, 0x0f80, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x0}},
	{0x5b4, 0x0f80, SASS_UTMALDG, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x5b8, 0x0040, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x0}},
	{0x5b8, 0x0040, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x5b8, 0x0f80, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x0}},
	{0x5b8, 0x0f80, SASS_UTMAPF, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x5e3, 0x0380, SASS_UTCATOMSWS_FIND, {0x0, 0x0}, {0x0, 0x0}},
	{0x5ea, 0x0380, SASS_UTCHMMA, {0x8000000000000000, 0x80300}, {0x0, 0x0}},
	{0x5ea, 0x0380, SASS_UTCHMMA, {0x8000000000000000, 0x80300}, {0x0, 0x80000}},
	{0x5ea, 0x0380, SASS_UTCIMMA, {0x8000000000000000, 0x80300}, {0x0, 0x100}},
	{0x5ea, 0x0380, SASS_UTCIMMA, {0x8000000000000000, 0x80300}, {0x0, 0x80100}},
	{0x5ea, 0x0380, SASS_UTCQMMA, {0x8000000000000000, 0x80300}, {0x0, 0x300}},
	{0x5ea, 0x0380, SASS_UTCQMMA, {0x8000000000000000, 0x80300}, {0x0, 0x80300}},
	{0x5ea, 0x0380, SASS_UTCOMMA, {0x8000000000000000, 0x300}, {0x8000000000000000, 0x0}},
	{0x607, 0x0c00, SASS_SEL_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x610, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x616, 0x007f, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x619, 0x007f, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x621, 0x007f, SASS_FADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x623, 0x007f, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x624, 0x007f, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x625, 0x007f, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x626, 0x007f, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0x627, 0x007f, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x629, 0x007f, SASS_DADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x62a, 0x007f, SASS_DSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x62b, 0x007f, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x62c, 0x0040, SASS_CLMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x630, 0x003c, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0x630, 0x0040, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0x630, 0x003f, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x630, 0x0040, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0x631, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x631, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x631, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x631, 0x0040, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x633, 0x003f, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0x633, 0x0040, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0x634, 0x003f, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0x634, 0x0040, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0x635, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x635, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x646, 0x0040, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x7ac, 0x0f80, SASS_LDCU, {0x0, 0x0}, {0x0, 0x0}},
	{0x801, 0x0fff, SASS_PMTRIG, {0x0, 0x0}, {0x0, 0x0}},
	{0x802, 0x007f, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0x802, 0x0f80, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0x803, 0x0fff, SASS_P2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x804, 0x0fff, SASS_R2P, {0x0, 0x0}, {0x0, 0x0}},
	{0x805, 0x0001, SASS_CS2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x805, 0x003e, SASS_CS2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x805, 0x0040, SASS_CS2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x805, 0x0180, SASS_CS2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x805, 0x0200, SASS_CS2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x805, 0x0c00, SASS_CS2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x806, 0x0fff, SASS_VOTE, {0x0, 0x0}, {0x0, 0x0}},
	{0x807, 0x0fff, SASS_SEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x808, 0x0fff, SASS_FSEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x809, 0x0001, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x809, 0x0002, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x809, 0x003c, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x809, 0x0fc0, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x80a, 0x0fff, SASS_FSET, {0x0, 0x0}, {0x0, 0x0}},
	{0x80b, 0x0fff, SASS_FSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x80c, 0x0c00, SASS_ISETP, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x80c, 0x0fff, SASS_ISETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x80f, 0x03c0, SASS_VIMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0x810, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x810, 0x0f80, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x811, 0x0fff, SASS_LEA, {0x0, 0x0}, {0x0, 0x0}},
	{0x812, 0x0fff, SASS_LOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0x813, 0x0fff, SASS_IABS, {0x0, 0x0}, {0x0, 0x0}},
	{0x814, 0x0fff, SASS_VABSDIFF, {0x0, 0x0}, {0x0, 0x0}},
	{0x815, 0x0fff, SASS_VABSDIFF4, {0x0, 0x0}, {0x0, 0x0}},
	{0x816, 0x0fff, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x817, 0x03ff, SASS_IMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x817, 0x0c00, SASS_IMNMX_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x819, 0x0fff, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x81a, 0x0fff, SASS_SGXT, {0x0, 0x0}, {0x0, 0x0}},
	{0x81b, 0x0fff, SASS_BMSK, {0x0, 0x0}, {0x0, 0x0}},
	{0x81c, 0x0fff, SASS_PLOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0x820, 0x0fff, SASS_FMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0x822, 0x0fff, SASS_FSWZADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x823, 0x0fff, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x824, 0x0fff, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x825, 0x0fff, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x826, 0x0fff, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0x827, 0x0fff, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x828, 0x0fff, SASS_DMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0x82b, 0x0fff, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x82d, 0x0fc0, SASS_PREEXIT, {0x0, 0x0}, {0x0, 0x0}},
	{0x82e, 0x0fc0, SASS_ACQBULK, {0x0, 0x0}, {0x0, 0x0}},
	{0x82f, 0x0fc0, SASS_ELECT, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x82f, 0x0fc0, SASS_ELECT, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x831, 0x0002, SASS_HFMA2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x831, 0x003c, SASS_HFMA2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x831, 0x0fc0, SASS_HFMA2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x831, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x831, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x831, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x831, 0x0fc0, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0x832, 0x0fc0, SASS_HMUL2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x832, 0x003f, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0x832, 0x0fc0, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0x835, 0x0040, SASS_HFMA2_MMA, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x835, 0x0c00, SASS_IADD_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x835, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x835, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x836, 0x03c0, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x836, 0x0c00, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0x838, 0x0fff, SASS_I2I, {0x0, 0x0}, {0x0, 0x0}},
	{0x839, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0x839, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0x839, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0x839, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0x839, 0x0fc0, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0x839, 0x0fc0, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0x839, 0x0003, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0x839, 0x003c, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0x839, 0x0fc0, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0x83b, 0x007f, SASS_LDSM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x83b, 0x007f, SASS_LDSM, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x83b, 0x0f80, SASS_LDSM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x83b, 0x0f80, SASS_LDSM, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x83e, 0x0f80, SASS_F2FP, {0x0, 0x60c4600}, {0x0, 0x2040200}},
	{0x83e, 0x0f80, SASS_F2FP, {0x0, 0x6038000}, {0x0, 0x20000}},
	{0x83e, 0x0f80, SASS_F2FP, {0x0, 0x6038000}, {0x0, 0x4020000}},
	{0x83e, 0x0060, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0x83e, 0x0f80, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0x83e, 0x001e, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0x83e, 0x0060, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0x83e, 0x0f80, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0x840, 0x0002, SASS_HMNMX2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x840, 0x003c, SASS_HMNMX2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x840, 0x0fc0, SASS_HMNMX2, {0x0, 0x200000}, {0x0, 0x200000}},
	{0x840, 0x0002, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0x840, 0x003c, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0x840, 0x0fc0, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0x843, 0x0ffc, SASS_F2IP, {0x0, 0x0}, {0x0, 0x0}},
	{0x844, 0x0040, SASS_STSM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x844, 0x0040, SASS_STSM, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x844, 0x0f80, SASS_STSM, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x844, 0x0f80, SASS_STSM, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x845, 0x0ffc, SASS_I2FP, {0x0, 0x400}, {0x0, 0x0}},
	{0x845, 0x0ffc, SASS_I2FP, {0x0, 0x400}, {0x0, 0x400}},
	{0x846, 0x03c0, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x848, 0x0040, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x848, 0x0380, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x848, 0x0c00, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x84a, 0x0c00, SASS_UVIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x84c, 0x0380, SASS_UVIRTCOUNT, {0x0, 0x0}, {0x0, 0x0}},
	{0x851, 0x0c00, SASS_UFSEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x853, 0x0c00, SASS_UFSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x855, 0x0c00, SASS_UFFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x856, 0x0c00, SASS_UFMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0x85a, 0x0c00, SASS_UI2F, {0x0, 0x3800}, {0x0, 0x1000}},
	{0x85c, 0x0c00, SASS_UF2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x85e, 0x0c00, SASS_UI2FP, {0x0, 0x3800}, {0x0, 0x1000}},
	{0x876, 0x0380, SASS_FMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0x882, 0x0fff, SASS_UMOV, {0x0, 0x0}, {0x0, 0x0}},
	{0x883, 0x0fff, SASS_UP2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x884, 0x0fff, SASS_UR2UP, {0x0, 0x0}, {0x0, 0x0}},
	{0x885, 0x0c00, SASS_UIMNMX_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x886, 0x0fff, SASS_VOTEU, {0x0, 0x0}, {0x0, 0x0}},
	{0x887, 0x0fff, SASS_USEL, {0x0, 0x0}, {0x0, 0x0}},
	{0x88c, 0x0c00, SASS_UISETP, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x88c, 0x0fff, SASS_UISETP, {0x0, 0x0}, {0x0, 0x0}},
	{0x890, 0x007f, SASS_UIADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x890, 0x0f80, SASS_UIADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0x891, 0x0fff, SASS_ULEA, {0x0, 0x0}, {0x0, 0x0}},
	{0x892, 0x0fff, SASS_ULOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0x896, 0x0fff, SASS_UPRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0x897, 0x0040, SASS_UIADD3_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x897, 0x0f80, SASS_UIADD3_64, {0x0, 0x0}, {0x0, 0x0}},
	{0x899, 0x0fff, SASS_USHF, {0x0, 0x0}, {0x0, 0x0}},
	{0x89a, 0x0fff, SASS_USGXT, {0x0, 0x0}, {0x0, 0x0}},
	{0x89b, 0x0fff, SASS_UBMSK, {0x0, 0x0}, {0x0, 0x0}},
	{0x89c, 0x0fff, SASS_UPLOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0x8a4, 0x0fff, SASS_UIMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0x8a5, 0x0fff, SASS_UIMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0x8a6, 0x0fff, SASS_UIMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0x8bd, 0x0fff, SASS_UFLO, {0x0, 0x0}, {0x0, 0x0}},
	{0x8be, 0x0fff, SASS_UBREV, {0x0, 0x0}, {0x0, 0x0}},
	{0x8bf, 0x0fff, SASS_UPOPC, {0x0, 0x0}, {0x0, 0x0}},
	{0x8cb, 0x0180, SASS_CS2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x8cb, 0x0200, SASS_CS2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x8cb, 0x0c00, SASS_CS2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x900, 0x0fff, SASS_FLO, {0x0, 0x0}, {0x0, 0x0}},
	{0x901, 0x0fff, SASS_BREV, {0x0, 0x0}, {0x0, 0x0}},
	{0x902, 0x0fff, SASS_FCHK, {0x0, 0x0}, {0x0, 0x0}},
	{0x904, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x904, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x904, 0x0fc0, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x905, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x905, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x905, 0x0fc0, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x906, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0x906, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0x906, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0x906, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0x906, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0x906, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0x907, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x100800}},
	{0x907, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x201000}},
	{0x907, 0x0fc0, SASS_FRND, {0x0, 0x703800}, {0x0, 0x402000}},
	{0x908, 0x0100, SASS_MUFU_PAIR, {0x0, 0x13f00}, {0x0, 0xb00}},
	{0x908, 0x0100, SASS_MUFU_PAIR, {0x0, 0x13f00}, {0x0, 0x10800}},
	{0x908, 0x0fc0, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1800}},
	{0x908, 0x0fc0, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1c00}},
	{0x908, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1800}},
	{0x908, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1c00}},
	{0x908, 0x0fc0, SASS_MUFU, {0x0, 0x300}, {0x0, 0x100}},
	{0x908, 0x0fc0, SASS_MUFU, {0x0, 0x300}, {0x0, 0x200}},
	{0x908, 0x003f, SASS_MUFU, {0x0, 0x200}, {0x0, 0x200}},
	{0x908, 0x003f, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0x908, 0x0fc0, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0x909, 0x0fff, SASS_POPC, {0x0, 0x0}, {0x0, 0x0}},
	{0x910, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x910, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x910, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x300000}},
	{0x910, 0x0fc0, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x911, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0x911, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0x911, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x300000}},
	{0x911, 0x0fc0, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300000}},
	{0x912, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300400}},
	{0x913, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x301800}},
	{0x918, 0x0fff, SASS_NOP, {0x0, 0x0}, {0x0, 0x0}},
	{0x919, 0x0001, SASS_S2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x919, 0x003e, SASS_S2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x919, 0x0040, SASS_S2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x919, 0x0180, SASS_S2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x919, 0x0200, SASS_S2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x919, 0x0c00, SASS_S2R, {0x0, 0x0}, {0x0, 0x0}},
	{0x91a, 0x0fff, SASS_DEPBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x91b, 0x0fc0, SASS_ENDCOLLECTIVE, {0x0, 0x0}, {0x0, 0x0}},
	{0x91d, 0x0fff, SASS_BAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x941, 0x007f, SASS_BSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x941, 0x0f80, SASS_BSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x942, 0x007f, SASS_BREAK, {0x0, 0x0}, {0x0, 0x0}},
	{0x942, 0x0f80, SASS_BREAK, {0x0, 0x0}, {0x0, 0x0}},
	{0x943, 0x003f, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x943, 0x003f, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x943, 0x0fc0, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x943, 0x0fc0, SASS_CALL_ABS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x944, 0x003f, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x944, 0x003f, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x944, 0x0fc0, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x944, 0x0fc0, SASS_CALL_REL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x945, 0x007f, SASS_BSSY, {0x0, 0x0}, {0x0, 0x0}},
	{0x945, 0x0f80, SASS_BSSY, {0x0, 0x0}, {0x0, 0x0}},
	{0x946, 0x0fff, SASS_YIELD, {0x0, 0x0}, {0x0, 0x0}},
	{0x947, 0x003e, SASS_BRA, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x947, 0x0fc0, SASS_BRA, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x947, 0x003f, SASS_BRA, {0x0, 0x0}, {0x0, 0x0}},
	{0x947, 0x0fc0, SASS_BRA, {0x0, 0x0}, {0x0, 0x0}},
	{0x948, 0x003f, SASS_WARPSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x948, 0x0fc0, SASS_WARPSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0x949, 0x003f, SASS_BRX, {0x0, 0x0}, {0x0, 0x0}},
	{0x949, 0x0fc0, SASS_BRX, {0x0, 0x0}, {0x0, 0x0}},
	{0x94a, 0x003f, SASS_JMP, {0x0, 0x0}, {0x0, 0x0}},
	{0x94a, 0x0fc0, SASS_JMP, {0x0, 0x0}, {0x0, 0x0}},
	{0x94c, 0x003f, SASS_JMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x94c, 0x0fc0, SASS_JMX, {0x0, 0x0}, {0x0, 0x0}},
	{0x94d, 0x0fff, SASS_EXIT, {0x0, 0x0}, {0x0, 0x0}},
	{0x94e, 0x0fc0, SASS_LEPC, {0x0, 0x0}, {0x0, 0x0}},
	{0x950, 0x003f, SASS_RET, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x950, 0x003f, SASS_RET, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x950, 0x0fc0, SASS_RET, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x950, 0x0fc0, SASS_RET, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x952, 0x0fff, SASS_RPCMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x954, 0x0fff, SASS_RPCMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x956, 0x003f, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x956, 0x0fc0, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x957, 0x003f, SASS_BMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x957, 0x0fc0, SASS_BMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0x958, 0x003f, SASS_BRXU, {0x0, 0x0}, {0x0, 0x0}},
	{0x958, 0x0fc0, SASS_BRXU, {0x0, 0x0}, {0x0, 0x0}},
	{0x959, 0x003f, SASS_JMXU, {0x0, 0x0}, {0x0, 0x0}},
	{0x959, 0x0fc0, SASS_JMXU, {0x0, 0x0}, {0x0, 0x0}},
	{0x95b, 0x0fff, SASS_KILL, {0x0, 0x0}, {0x0, 0x0}},
	{0x95c, 0x0fff, SASS_BPT, {0x0, 0x0}, {0x0, 0x0}},
	{0x95d, 0x003f, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0x95d, 0x0fc0, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0x97e, 0x0f80, SASS_LDG_256, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x97e, 0x0f80, SASS_LDG_256, {0x0, 0x1000}, {0x0, 0x0}},
	{0x97f, 0x0f80, SASS_STG_256, {0x0, 0x1000}, {0x0, 0x1000}},
	{0x97f, 0x0f80, SASS_STG_256, {0x0, 0x1000}, {0x0, 0x0}},
	{0x980, 0x003e, SASS_LD, {0x0, 0x2008001000}, {0x0, 0x2008001000}},
	{0x980, 0x003e, SASS_LD, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x980, 0x003e, SASS_LD, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x980, 0x0fc0, SASS_LD, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x980, 0x0fc0, SASS_LD, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x980, 0x0001, SASS_LD, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x980, 0x0001, SASS_LD, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x980, 0x0ffe, SASS_LD, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x981, 0x003e, SASS_LDG, {0x0, 0x2008001000}, {0x0, 0x2008001000}},
	{0x981, 0x003e, SASS_LDG, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x981, 0x003e, SASS_LDG, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x981, 0x0fc0, SASS_LDG, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x981, 0x0fc0, SASS_LDG, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x981, 0x0001, SASS_LDG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x981, 0x0001, SASS_LDG, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x981, 0x0ffe, SASS_LDG, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x983, 0x0fff, SASS_LDL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x983, 0x0fff, SASS_LDL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x984, 0x0001, SASS_LDS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x984, 0x0001, SASS_LDS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x984, 0x0ffe, SASS_LDS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x984, 0x0ffe, SASS_LDS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x985, 0x003e, SASS_ST, {0x0, 0x2008001000}, {0x0, 0x2008001000}},
	{0x985, 0x003e, SASS_ST, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x985, 0x003e, SASS_ST, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x985, 0x0040, SASS_ST, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x985, 0x0040, SASS_ST, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x985, 0x0f80, SASS_ST, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x985, 0x0f80, SASS_ST, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x985, 0x0001, SASS_ST, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x986, 0x003e, SASS_STG, {0x0, 0x2008001000}, {0x0, 0x2008001000}},
	{0x986, 0x003e, SASS_STG, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x986, 0x003e, SASS_STG, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x986, 0x0040, SASS_STG, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x986, 0x0040, SASS_STG, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x986, 0x0f80, SASS_STG, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x986, 0x0f80, SASS_STG, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x986, 0x0001, SASS_STG, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x987, 0x0fff, SASS_STL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x988, 0x0001, SASS_STS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x988, 0x0ffe, SASS_STS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x989, 0x0fff, SASS_SHFL, {0x0, 0x0}, {0x0, 0x0}},
	{0x98a, 0x003e, SASS_ATOM, {0x0, 0x2008000080}, {0x0, 0x2008000080}},
	{0x98a, 0x003e, SASS_ATOM, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x98a, 0x003e, SASS_ATOM, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x98a, 0x0040, SASS_ATOM, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x98a, 0x0040, SASS_ATOM, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x98a, 0x0f80, SASS_ATOM, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x98a, 0x0f80, SASS_ATOM, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x98a, 0x0001, SASS_ATOM, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x98c, 0x003f, SASS_ATOMS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x98c, 0x0fc0, SASS_ATOMS, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x98e, 0x003e, SASS_RED, {0x0, 0x2008000080}, {0x0, 0x2008000080}},
	{0x98e, 0x003e, SASS_RED, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x98e, 0x003e, SASS_RED, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x98e, 0x0040, SASS_RED, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x98e, 0x0040, SASS_RED, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x98e, 0x0f80, SASS_RED, {0x0, 0x8020000}, {0x0, 0x8000000}},
	{0x98e, 0x0f80, SASS_RED, {0x0, 0x8020000}, {0x0, 0x8020000}},
	{0x98e, 0x0001, SASS_RED, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x98e, 0x0001, SASS_RED, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x98e, 0x003e, SASS_RED, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x98e, 0x0fc0, SASS_RED, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x98f, 0x0001, SASS_CCTL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x98f, 0x0001, SASS_CCTL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x98f, 0x0ffe, SASS_CCTL, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x98f, 0x003e, SASS_CCTL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x98f, 0x0fc0, SASS_CCTL, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x990, 0x0fff, SASS_CCTLL, {0x0, 0x0}, {0x0, 0x0}},
	{0x992, 0x0001, SASS_MEMBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x992, 0x003e, SASS_MEMBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x992, 0x0fc0, SASS_MEMBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x99a, 0x0001, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0x99a, 0x003e, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0x99c, 0x0001, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0x99c, 0x003e, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0x99e, 0x0001, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0x99e, 0x003e, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0x9a2, 0x0040, SASS_ATOM_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a2, 0x0040, SASS_ATOM_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a2, 0x0f80, SASS_ATOM_FLOAT, {0x0, 0xc000000}, {0x0, 0x8000000}},
	{0x9a2, 0x0f80, SASS_ATOM_FLOAT, {0x0, 0xc000000}, {0x0, 0xc000000}},
	{0x9a2, 0x0fc0, SASS_ATOM_FLOAT, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a3, 0x0040, SASS_ATOMG_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a3, 0x0040, SASS_ATOMG_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a3, 0x0f80, SASS_ATOMG_FLOAT, {0x0, 0xc000000}, {0x0, 0x8000000}},
	{0x9a3, 0x0f80, SASS_ATOMG_FLOAT, {0x0, 0xc000000}, {0x0, 0xc000000}},
	{0x9a3, 0x0fc0, SASS_ATOMG_FLOAT, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a4, 0x0040, SASS_LDGMC, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a4, 0x0040, SASS_LDGMC, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a4, 0x0f80, SASS_LDGMC, {0x0, 0x8040000}, {0x0, 0x8000000}},
	{0x9a4, 0x0f80, SASS_LDGMC, {0x0, 0x8040000}, {0x0, 0x8040000}},
	{0x9a4, 0x0040, SASS_LDGMC, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a4, 0x0f80, SASS_LDGMC, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a5, 0x0040, SASS_LDGMC_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a5, 0x0040, SASS_LDGMC_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a5, 0x0f80, SASS_LDGMC_FLOAT, {0x0, 0x8040000}, {0x0, 0x8000000}},
	{0x9a5, 0x0f80, SASS_LDGMC_FLOAT, {0x0, 0x8040000}, {0x0, 0x8040000}},
	{0x9a5, 0x0040, SASS_LDGMC_FLOAT, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a5, 0x0f80, SASS_LDGMC_FLOAT, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a6, 0x0040, SASS_RED_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a6, 0x0040, SASS_RED_FLOAT, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a6, 0x0f80, SASS_RED_FLOAT, {0x0, 0x8020000}, {0x0, 0x8000000}},
	{0x9a6, 0x0f80, SASS_RED_FLOAT, {0x0, 0x8020000}, {0x0, 0x8020000}},
	{0x9a6, 0x0fc0, SASS_RED_FLOAT, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9a7, 0x0040, SASS_SYNCS_ARRIVE, {0x0, 0xc0}, {0x0, 0x0}},
	{0x9a7, 0x0f80, SASS_SYNCS_ARRIVE, {0x0, 0x3000}, {0x0, 0x0}},
	{0x9a8, 0x003e, SASS_ATOMG, {0x0, 0x2008000080}, {0x0, 0x2008000080}},
	{0x9a8, 0x003e, SASS_ATOMG, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a8, 0x003e, SASS_ATOMG, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a8, 0x0040, SASS_ATOMG, {0x0, 0x8000080}, {0x0, 0x8000000}},
	{0x9a8, 0x0040, SASS_ATOMG, {0x0, 0x8000080}, {0x0, 0x8000080}},
	{0x9a8, 0x0f80, SASS_ATOMG, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0x9a8, 0x0f80, SASS_ATOMG, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0x9a8, 0x0001, SASS_ATOMG, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x9aa, 0x003f, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9aa, 0x0001, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x9aa, 0x003e, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x9aa, 0x0fc0, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x0}},
	{0x9aa, 0x0fc0, SASS_QSPC, {0x0, 0x8000000}, {0x0, 0x8000000}},
	{0x9ab, 0x0fff, SASS_ERRBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9af, 0x0ffe, SASS_LDGDEPBAR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9b0, 0x003e, SASS_ARRIVES, {0x0, 0xf00}, {0x0, 0xa00}},
	{0x9b0, 0x0040, SASS_ARRIVES, {0x0, 0xf00}, {0x0, 0xa00}},
	{0x9b0, 0x0f80, SASS_ARRIVES, {0x0, 0xf00}, {0x0, 0xa00}},
	{0x9b1, 0x0fc0, SASS_SYNCS_CCTL, {0x0, 0x200}, {0x0, 0x0}},
	{0x9b7, 0x0fc0, SASS_UTMACMDFLUSH, {0x0, 0x0}, {0x0, 0x0}},
	{0x9b9, 0x0fc0, SASS_UTMACCTL, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c3, 0x0001, SASS_S2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c3, 0x003e, SASS_S2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c3, 0x0040, SASS_S2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c3, 0x0180, SASS_S2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c3, 0x0200, SASS_S2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c3, 0x0c00, SASS_S2UR, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c5, 0x0040, SASS_WARPGROUP, {0x0, 0x18000}, {0x0, 0x0}},
	{0x9c5, 0x0040, SASS_WARPGROUP, {0x0, 0x18000}, {0x0, 0x10000}},
	{0x9c7, 0x0fc0, SASS_UCGABAR_ARV, {0x0, 0x0}, {0x0, 0x0}},
	{0x9c8, 0x0fc0, SASS_USETMAXREG, {0x0, 0x0}, {0x0, 0x0}},
	{0x9e3, 0x0380, SASS_UTCATOMSWS, {0x0, 0x0}, {0x0, 0x0}},
	{0x9e6, 0x0380, SASS_UTCSHIFT, {0x0, 0x10000}, {0x0, 0x10000}},
	{0x9e7, 0x0380, SASS_UTCCP, {0x0, 0x0}, {0x0, 0x0}},
	{0x9ea, 0x0380, SASS_UTCHMMA, {0x8000000000000000, 0x80300}, {0x0, 0x0}},
	{0x9ea, 0x0380, SASS_UTCHMMA, {0x8000000000000000, 0x80300}, {0x0, 0x80000}},
	{0x9ea, 0x0380, SASS_UTCIMMA, {0x8000000000000000, 0x80300}, {0x0, 0x100}},
	{0x9ea, 0x0380, SASS_UTCIMMA, {0x8000000000000000, 0x80300}, {0x0, 0x80100}},
	{0x9ea, 0x0380, SASS_UTCQMMA, {0x8000000000000000, 0x80300}, {0x0, 0x300}},
	{0x9ea, 0x0380, SASS_UTCQMMA, {0x8000000000000000, 0x80300}, {0x0, 0x80300}},
	{0x9ea, 0x0380, SASS_UTCOMMA, {0x8000000000000000, 0x300}, {0x8000000000000000, 0x0}},
	{0x9ed, 0x0380, SASS_STTM, {0x0, 0x0}, {0x0, 0x0}},
	{0x9ee, 0x0380, SASS_LDTM, {0x0, 0x0}, {0x0, 0x0}},
	{0x9f0, 0x0040, SASS_HGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x9f1, 0x0040, SASS_IGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x9f2, 0x0040, SASS_BGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0x9f3, 0x0040, SASS_QGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xa02, 0x007f, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0xa03, 0x007f, SASS_P2R, {0x0, 0x0}, {0x0, 0x0}},
	{0xa04, 0x007f, SASS_R2P, {0x0, 0x0}, {0x0, 0x0}},
	{0xa07, 0x007f, SASS_SEL, {0x0, 0x0}, {0x0, 0x0}},
	{0xa08, 0x007f, SASS_FSEL, {0x0, 0x0}, {0x0, 0x0}},
	{0xa09, 0x0001, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xa09, 0x0002, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xa09, 0x003c, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xa09, 0x0040, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xa0a, 0x007f, SASS_FSET, {0x0, 0x0}, {0x0, 0x0}},
	{0xa0b, 0x007f, SASS_FSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0xa0c, 0x007f, SASS_ISETP, {0x0, 0x0}, {0x0, 0x0}},
	{0xa0f, 0x0040, SASS_VIMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0xa10, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0xa11, 0x007f, SASS_LEA, {0x0, 0x0}, {0x0, 0x0}},
	{0xa12, 0x007f, SASS_LOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0xa13, 0x007f, SASS_IABS, {0x0, 0x0}, {0x0, 0x0}},
	{0xa14, 0x007f, SASS_VABSDIFF, {0x0, 0x0}, {0x0, 0x0}},
	{0xa15, 0x007f, SASS_VABSDIFF4, {0x0, 0x0}, {0x0, 0x0}},
	{0xa16, 0x007f, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0xa17, 0x007f, SASS_IMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xa19, 0x007f, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0xa1a, 0x007f, SASS_SGXT, {0x0, 0x0}, {0x0, 0x0}},
	{0xa1b, 0x007f, SASS_BMSK, {0x0, 0x0}, {0x0, 0x0}},
	{0xa20, 0x007f, SASS_FMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0xa23, 0x007f, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xa24, 0x007f, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0xa25, 0x007f, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0xa26, 0x007f, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0xa27, 0x007f, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0xa28, 0x007f, SASS_DMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0xa2b, 0x007f, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xa2c, 0x0040, SASS_CLMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0xa31, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa31, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa31, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa31, 0x0040, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa32, 0x003f, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa32, 0x0040, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa35, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xa35, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xa36, 0x0040, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0xa38, 0x007f, SASS_I2I, {0x0, 0x0}, {0x0, 0x0}},
	{0xa39, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0xa39, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0xa39, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0xa39, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0xa39, 0x0040, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0xa39, 0x0040, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0xa39, 0x0003, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0xa39, 0x003c, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0xa39, 0x0040, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0xa3e, 0x0060, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0xa3e, 0x001e, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0xa3e, 0x0060, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0xa40, 0x0002, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa40, 0x003c, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa40, 0x0040, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0xa43, 0x007c, SASS_F2IP, {0x0, 0x0}, {0x0, 0x0}},
	{0xa45, 0x007c, SASS_I2FP, {0x0, 0x400}, {0x0, 0x0}},
	{0xa45, 0x007c, SASS_I2FP, {0x0, 0x400}, {0x0, 0x400}},
	{0xa46, 0x0040, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xa48, 0x0040, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xab9, 0x007f, SASS_ULDC, {0x0, 0x0}, {0x0, 0x0}},
	{0xabb, 0x007f, SASS_ULDC, {0x0, 0x0}, {0x0, 0x0}},
	{0xb00, 0x007f, SASS_FLO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb01, 0x007f, SASS_BREV, {0x0, 0x0}, {0x0, 0x0}},
	{0xb02, 0x007f, SASS_FCHK, {0x0, 0x0}, {0x0, 0x0}},
	{0xb04, 0x007f, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xb04, 0x007f, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xb04, 0x0040, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xb05, 0x007f, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xb05, 0x007f, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xb05, 0x0040, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xb06, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0xb06, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0xb06, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0xb06, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0xb06, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0xb06, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0xb07, 0x007f, SASS_FRND, {0x0, 0x703800}, {0x0, 0x100800}},
	{0xb07, 0x007f, SASS_FRND, {0x0, 0x703800}, {0x0, 0x201000}},
	{0xb07, 0x0040, SASS_FRND, {0x0, 0x703800}, {0x0, 0x402000}},
	{0xb08, 0x0040, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1800}},
	{0xb08, 0x0040, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1c00}},
	{0xb08, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1800}},
	{0xb08, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1c00}},
	{0xb08, 0x0040, SASS_MUFU, {0x0, 0x300}, {0x0, 0x100}},
	{0xb08, 0x0040, SASS_MUFU, {0x0, 0x300}, {0x0, 0x200}},
	{0xb08, 0x003f, SASS_MUFU, {0x0, 0x200}, {0x0, 0x200}},
	{0xb08, 0x003f, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0xb08, 0x0040, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0xb09, 0x007f, SASS_POPC, {0x0, 0x0}, {0x0, 0x0}},
	{0xb10, 0x007f, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xb10, 0x007f, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xb10, 0x007f, SASS_F2F, {0x0, 0x700000}, {0x0, 0x300000}},
	{0xb10, 0x0040, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xb11, 0x007f, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xb11, 0x007f, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xb11, 0x007f, SASS_F2I, {0x0, 0x700000}, {0x0, 0x300000}},
	{0xb11, 0x0040, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300000}},
	{0xb12, 0x007f, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300400}},
	{0xb13, 0x007f, SASS_FRND, {0x0, 0x703800}, {0x0, 0x301800}},
	{0xb1d, 0x0fff, SASS_BAR, {0x0, 0x0}, {0x0, 0x0}},
	{0xb43, 0x003f, SASS_CALL_ABS, {0x0, 0x0}, {0x0, 0x0}},
	{0xb43, 0x0fc0, SASS_CALL_ABS, {0x0, 0x0}, {0x0, 0x0}},
	{0xb48, 0x003f, SASS_WARPSYNC, {0x0, 0x0}, {0x0, 0x0}},
	{0xb4a, 0x003f, SASS_JMP, {0x0, 0x0}, {0x0, 0x0}},
	{0xb4a, 0x0fc0, SASS_JMP, {0x0, 0x0}, {0x0, 0x0}},
	{0xb52, 0x007f, SASS_RPCMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb54, 0x007f, SASS_RPCMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb56, 0x003f, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb56, 0x0040, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb57, 0x003f, SASS_BMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb57, 0x0040, SASS_BMOV_64_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xb5d, 0x003f, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0xb5d, 0x0040, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0xb60, 0x003f, SASS_TEX, {0x0, 0x0}, {0x0, 0x0}},
	{0xb63, 0x003f, SASS_TLD4, {0x0, 0x0}, {0x0, 0x0}},
	{0xb66, 0x003f, SASS_TLD, {0x0, 0x0}, {0x0, 0x0}},
	{0xb6c, 0x003f, SASS_TXD, {0x0, 0x0}, {0x0, 0x0}},
	{0xb6f, 0x003f, SASS_TXQ, {0x0, 0x0}, {0x0, 0x0}},
	{0xb82, 0x0fff, SASS_LDC, {0x0, 0x0}, {0x0, 0x0}},
	{0xb99, 0x0001, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xb99, 0x003e, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xb9b, 0x0001, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0xb9b, 0x003e, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0xb9d, 0x0001, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xb9d, 0x003e, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xb9f, 0x0001, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xb9f, 0x003e, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xc02, 0x0c00, SASS_MOV_64, {0x0, 0x10000}, {0x0, 0x10000}},
	{0xc02, 0x007f, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0xc02, 0x0f80, SASS_MOV, {0x0, 0x0}, {0x0, 0x0}},
	{0xc03, 0x0fff, SASS_P2R, {0x0, 0x0}, {0x0, 0x0}},
	{0xc04, 0x0fff, SASS_R2P, {0x0, 0x0}, {0x0, 0x0}},
	{0xc07, 0x0fff, SASS_SEL, {0x0, 0x0}, {0x0, 0x0}},
	{0xc08, 0x0fff, SASS_FSEL, {0x0, 0x0}, {0x0, 0x0}},
	{0xc09, 0x0001, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc09, 0x0002, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc09, 0x003c, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc09, 0x0fc0, SASS_FMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc0a, 0x0fff, SASS_FSET, {0x0, 0x0}, {0x0, 0x0}},
	{0xc0b, 0x0fff, SASS_FSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc0c, 0x0c00, SASS_ISETP, {0x0, 0x10000}, {0x0, 0x10000}},
	{0xc0c, 0x0fff, SASS_ISETP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc0f, 0x03c0, SASS_VIMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0xc10, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0xc10, 0x0f80, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0xc11, 0x0fff, SASS_LEA, {0x0, 0x0}, {0x0, 0x0}},
	{0xc12, 0x0fff, SASS_LOP3, {0x0, 0x0}, {0x0, 0x0}},
	{0xc13, 0x0fff, SASS_IABS, {0x0, 0x0}, {0x0, 0x0}},
	{0xc14, 0x0fff, SASS_VABSDIFF, {0x0, 0x0}, {0x0, 0x0}},
	{0xc15, 0x0fff, SASS_VABSDIFF4, {0x0, 0x0}, {0x0, 0x0}},
	{0xc16, 0x0fff, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0xc17, 0x03ff, SASS_IMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc17, 0x0c00, SASS_IMNMX_64, {0x0, 0x0}, {0x0, 0x0}},
	{0xc19, 0x0fff, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0xc1a, 0x0fff, SASS_SGXT, {0x0, 0x0}, {0x0, 0x0}},
	{0xc1b, 0x0fff, SASS_BMSK, {0x0, 0x0}, {0x0, 0x0}},
	{0xc20, 0x0fff, SASS_FMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0xc23, 0x0f80, SASS_FHFMA, {0x0, 0x20000}, {0x0, 0x20000}},
	{0xc23, 0x0fff, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xc24, 0x0fff, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0xc25, 0x0fff, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0xc26, 0x0fff, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc27, 0x0fff, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0xc28, 0x0fff, SASS_DMUL, {0x0, 0x0}, {0x0, 0x0}},
	{0xc2b, 0x0fff, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xc31, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc31, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc31, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc31, 0x0fc0, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc32, 0x003f, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc32, 0x0fc0, SASS_HMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc35, 0x0c00, SASS_IADD_64, {0x0, 0x0}, {0x0, 0x0}},
	{0xc35, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xc35, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xc36, 0x03c0, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0xc36, 0x0c00, SASS_VIADD, {0x0, 0x0}, {0x0, 0x0}},
	{0xc38, 0x0fff, SASS_I2I, {0x0, 0x0}, {0x0, 0x0}},
	{0xc39, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0xc39, 0x0003, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0xc39, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0xc39, 0x003c, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0xc39, 0x0fc0, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x4000}},
	{0xc39, 0x0fc0, SASS_I2IP, {0x0, 0x6000}, {0x0, 0x6000}},
	{0xc39, 0x0003, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0xc39, 0x003c, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0xc39, 0x0fc0, SASS_I2IP, {0x0, 0x4000}, {0x0, 0x0}},
	{0xc3e, 0x0f80, SASS_F2FP, {0x0, 0x60c4600}, {0x0, 0x2040200}},
	{0xc3e, 0x0f80, SASS_F2FP, {0x0, 0x6038000}, {0x0, 0x20000}},
	{0xc3e, 0x0f80, SASS_F2FP, {0x0, 0x6038000}, {0x0, 0x4020000}},
	{0xc3e, 0x0060, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0xc3e, 0x0f80, SASS_F2FP, {0x0, 0x6004000}, {0x0, 0x2000000}},
	{0xc3e, 0x001e, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc3e, 0x0060, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc3e, 0x0f80, SASS_F2FP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc40, 0x0002, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc40, 0x003c, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc40, 0x0fc0, SASS_HMNMX2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc43, 0x0ffc, SASS_F2IP, {0x0, 0x0}, {0x0, 0x0}},
	{0xc45, 0x0ffc, SASS_I2FP, {0x0, 0x400}, {0x0, 0x0}},
	{0xc45, 0x0ffc, SASS_I2FP, {0x0, 0x400}, {0x0, 0x400}},
	{0xc46, 0x03c0, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc48, 0x0040, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc48, 0x0380, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc48, 0x0c00, SASS_VIMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xc49, 0x0380, SASS_FFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc4a, 0x0380, SASS_FMUL2, {0x0, 0x0}, {0x0, 0x0}},
	{0xc76, 0x0380, SASS_FMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0xc82, 0x0c00, SASS_UMOV_64, {0x0, 0x10000}, {0x0, 0x10000}},
	{0xc82, 0x0fff, SASS_UMOV, {0x0, 0x0}, {0x0, 0x0}},
	{0xc87, 0x0c00, SASS_USEL_64, {0x0, 0x0}, {0x0, 0x0}},
	{0xd00, 0x0fff, SASS_FLO, {0x0, 0x0}, {0x0, 0x0}},
	{0xd01, 0x0fff, SASS_BREV, {0x0, 0x0}, {0x0, 0x0}},
	{0xd02, 0x0fff, SASS_FCHK, {0x0, 0x0}, {0x0, 0x0}},
	{0xd04, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xd04, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xd04, 0x0fc0, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xd05, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xd05, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xd05, 0x0fc0, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xd06, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0xd06, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0xd06, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0xd06, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0xd06, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0xd06, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0xd07, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x100800}},
	{0xd07, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x201000}},
	{0xd07, 0x0fc0, SASS_FRND, {0x0, 0x703800}, {0x0, 0x402000}},
	{0xd08, 0x0100, SASS_MUFU_PAIR, {0x0, 0x13f00}, {0x0, 0xb00}},
	{0xd08, 0x0100, SASS_MUFU_PAIR, {0x0, 0x13f00}, {0x0, 0x10800}},
	{0xd08, 0x0fc0, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1800}},
	{0xd08, 0x0fc0, SASS_MUFU, {0x0, 0x3f00}, {0x0, 0x1c00}},
	{0xd08, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1800}},
	{0xd08, 0x003f, SASS_MUFU, {0x0, 0x3e00}, {0x0, 0x1c00}},
	{0xd08, 0x0fc0, SASS_MUFU, {0x0, 0x300}, {0x0, 0x100}},
	{0xd08, 0x0fc0, SASS_MUFU, {0x0, 0x300}, {0x0, 0x200}},
	{0xd08, 0x003f, SASS_MUFU, {0x0, 0x200}, {0x0, 0x200}},
	{0xd08, 0x003f, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0xd08, 0x0fc0, SASS_MUFU, {0x0, 0x0}, {0x0, 0x0}},
	{0xd09, 0x0fff, SASS_POPC, {0x0, 0x0}, {0x0, 0x0}},
	{0xd10, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xd10, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xd10, 0x0fff, SASS_F2F, {0x0, 0x700000}, {0x0, 0x300000}},
	{0xd10, 0x0fc0, SASS_F2F, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xd11, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x100000}},
	{0xd11, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x200000}},
	{0xd11, 0x0fff, SASS_F2I, {0x0, 0x700000}, {0x0, 0x300000}},
	{0xd11, 0x0fc0, SASS_F2I, {0x0, 0x700000}, {0x0, 0x400000}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x0}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x400}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100000}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x100400}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200000}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x200400}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300000}},
	{0xd12, 0x0fff, SASS_I2F, {0x0, 0x300400}, {0x0, 0x300400}},
	{0xd13, 0x0fff, SASS_FRND, {0x0, 0x703800}, {0x0, 0x301800}},
	{0xd5d, 0x003f, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0xd5d, 0x0fc0, SASS_NANOSLEEP, {0x0, 0x0}, {0x0, 0x0}},
	{0xdae, 0x007e, SASS_LDGSTS, {0x0, 0x1000}, {0x0, 0x1000}},
	{0xdae, 0x007e, SASS_LDGSTS, {0x0, 0x1000}, {0x0, 0x0}},
	{0xdae, 0x0f80, SASS_LDGSTS, {0x0, 0x1000}, {0x0, 0x1000}},
	{0xdae, 0x0f80, SASS_LDGSTS, {0x0, 0x1000}, {0x0, 0x0}},
	{0xdbd, 0x0fc0, SASS_STAS, {0x0, 0x4000000}, {0x0, 0x4000000}},
	{0xdbd, 0x0fc0, SASS_STAS, {0x0, 0x4000000}, {0x0, 0x0}},
	{0xdbe, 0x0fc0, SASS_REDAS, {0x0, 0x100}, {0x0, 0x100}},
	{0xdbe, 0x0fc0, SASS_REDAS, {0x0, 0x100}, {0x0, 0x0}},
	{0xdc7, 0x0fc0, SASS_UCGABAR_WAIT, {0x0, 0x0}, {0x0, 0x0}},
	{0xdea, 0x0380, SASS_UTCQMMA, {0x0, 0x300}, {0x0, 0x300}},
	{0xdf0, 0x0040, SASS_HGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xdf1, 0x0040, SASS_IGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xdf2, 0x0040, SASS_BGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xdf3, 0x0040, SASS_QGMMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xe07, 0x0c00, SASS_SEL_64, {0x0, 0x0}, {0x0, 0x0}},
	{0xe10, 0x007f, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0xe10, 0x0f80, SASS_IADD3, {0x0, 0x0}, {0x0, 0x0}},
	{0xe16, 0x0fff, SASS_PRMT, {0x0, 0x0}, {0x0, 0x0}},
	{0xe19, 0x0fff, SASS_SHF, {0x0, 0x0}, {0x0, 0x0}},
	{0xe21, 0x0f80, SASS_FHADD, {0x0, 0x20000}, {0x0, 0x20000}},
	{0xe21, 0x0fff, SASS_FADD, {0x0, 0x0}, {0x0, 0x0}},
	{0xe23, 0x0f80, SASS_FHFMA, {0x0, 0x20000}, {0x0, 0x20000}},
	{0xe23, 0x0fff, SASS_FFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xe24, 0x0fff, SASS_IMAD, {0x0, 0x0}, {0x0, 0x0}},
	{0xe25, 0x0fff, SASS_IMAD_WIDE, {0x0, 0x0}, {0x0, 0x0}},
	{0xe26, 0x0fff, SASS_IDP, {0x0, 0x0}, {0x0, 0x0}},
	{0xe27, 0x0fff, SASS_IMAD_HI, {0x0, 0x0}, {0x0, 0x0}},
	{0xe29, 0x0fff, SASS_DADD, {0x0, 0x0}, {0x0, 0x0}},
	{0xe2a, 0x0fff, SASS_DSETP, {0x0, 0x0}, {0x0, 0x0}},
	{0xe2b, 0x0fff, SASS_DFMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xe30, 0x003c, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0xe30, 0x0fc0, SASS_HADD2, {0x0, 0x4000}, {0x0, 0x4000}},
	{0xe30, 0x003f, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe30, 0x0fc0, SASS_HADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe31, 0x0001, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe31, 0x0002, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe31, 0x003c, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe31, 0x0fc0, SASS_HFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe33, 0x003f, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe33, 0x0fc0, SASS_HSET2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe34, 0x003f, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe34, 0x0fc0, SASS_HSETP2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe35, 0x003e, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xe35, 0x0040, SASS_HFMA2_MMA, {0x0, 0x0}, {0x0, 0x0}},
	{0xe46, 0x03c0, SASS_VIADDMNMX, {0x0, 0x0}, {0x0, 0x0}},
	{0xe49, 0x0380, SASS_FFMA2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe4b, 0x0380, SASS_FADD2, {0x0, 0x0}, {0x0, 0x0}},
	{0xe76, 0x0380, SASS_FMNMX3, {0x0, 0x0}, {0x0, 0x0}},
	{0xf55, 0x003f, SASS_BMOV_FROM, {0x0, 0x0}, {0x0, 0x0}},
	{0xf55, 0x0fc0, SASS_BMOV_FROM, {0x0, 0x0}, {0x0, 0x0}},
	{0xf56, 0x003f, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xf56, 0x0fc0, SASS_BMOV_TO, {0x0, 0x0}, {0x0, 0x0}},
	{0xf60, 0x0040, SASS_TEX, {0x0, 0x0}, {0x0, 0x0}},
	{0xf60, 0x0380, SASS_TEX, {0x0, 0x0}, {0x0, 0x0}},
	{0xf60, 0x0c00, SASS_TEX, {0x0, 0x0}, {0x0, 0x0}},
	{0xf63, 0x0040, SASS_TLD4, {0x0, 0x0}, {0x0, 0x0}},
	{0xf63, 0x0380, SASS_TLD4, {0x0, 0x0}, {0x0, 0x0}},
	{0xf63, 0x0c00, SASS_TLD4, {0x0, 0x0}, {0x0, 0x0}},
	{0xf66, 0x0040, SASS_TLD, {0x0, 0x0}, {0x0, 0x0}},
	{0xf66, 0x0380, SASS_TLD, {0x0, 0x0}, {0x0, 0x0}},
	{0xf66, 0x0c00, SASS_TLD, {0x0, 0x0}, {0x0, 0x0}},
	{0xf6c, 0x0040, SASS_TXD, {0x0, 0x0}, {0x0, 0x0}},
	{0xf6c, 0x0380, SASS_TXD, {0x0, 0x0}, {0x0, 0x0}},
	{0xf6c, 0x0c00, SASS_TXD, {0x0, 0x0}, {0x0, 0x0}},
	{0xf6f, 0x0040, SASS_TXQ, {0x0, 0x0}, {0x0, 0x0}},
	{0xf6f, 0x0380, SASS_TXQ, {0x0, 0x0}, {0x0, 0x0}},
	{0xf6f, 0x0c00, SASS_TXQ, {0x0, 0x0}, {0x0, 0x0}},
	{0xf89, 0x0fff, SASS_SHFL, {0x0, 0x0}, {0x0, 0x0}},
	{0xf8a, 0x003e, SASS_ATOM_ARRIVE, {0x0, 0xf800e00}, {0x0, 0x4800400}},
	{0xf8a, 0x003e, SASS_ATOM_ARRIVE, {0x0, 0xf800e00}, {0x0, 0xc800400}},
	{0xf8a, 0x003e, SASS_ATOM_POPC, {0x0, 0xf800e00}, {0x0, 0x5000000}},
	{0xf8a, 0x003e, SASS_ATOM_POPC, {0x0, 0xf800e00}, {0x0, 0xd000000}},
	{0xf8c, 0x003f, SASS_ATOMS_ARRIVE, {0x0, 0x7800600}, {0x0, 0x4800400}},
	{0xf8c, 0x003f, SASS_ATOMS_POPC, {0x0, 0x7800600}, {0x0, 0x5000000}},
	{0xf8c, 0x0fc0, SASS_ATOMS_ARRIVE, {0x0, 0x7800600}, {0x0, 0x5000400}},
	{0xf8c, 0x0fc0, SASS_ATOMS_POPC, {0x0, 0x7800600}, {0x0, 0x5800000}},
	{0xf99, 0x0040, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf99, 0x0380, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf99, 0x0c00, SASS_SULD_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9b, 0x0040, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9b, 0x0380, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9b, 0x0c00, SASS_SUST_P, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9d, 0x0040, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9d, 0x0380, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9d, 0x0c00, SASS_SUST_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9f, 0x0040, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9f, 0x0380, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xf9f, 0x0c00, SASS_SURED_D, {0x0, 0x0}, {0x0, 0x0}},
	{0xfae, 0x003e, SASS_LDGSTS, {0x0, 0x2008001000}, {0x0, 0x2008001000}},
	{0xfae, 0x003e, SASS_LDGSTS, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0xfae, 0x003e, SASS_LDGSTS, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0xfae, 0x0040, SASS_LDGSTS, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0xfae, 0x0040, SASS_LDGSTS, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0xfae, 0x0f80, SASS_LDGSTS, {0x0, 0x8001000}, {0x0, 0x8000000}},
	{0xfae, 0x0f80, SASS_LDGSTS, {0x0, 0x8001000}, {0x0, 0x8001000}},
	{0xfae, 0x007e, SASS_LDGSTS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0xfae, 0x0f80, SASS_LDGSTS, {0x0, 0x8000000}, {0x0, 0x0}},
	{0xfea, 0x0380, SASS_UTCQMMA, {0x0, 0x300}, {0x0, 0x300}},
};

/* Where a 12-bit opcode's candidates begin; the number of candidates where it has none. */
static const uint16_t sass_first[4096] = {
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 0, 3, 4, 1171, 1171, 5, 6, 7, 11, 12, 13, 1171, 1171, 15,
	16, 18, 19, 20, 21, 22, 23, 24, 1171, 26, 27, 28, 1171, 29, 30, 31,
	32, 33, 1171, 35, 37, 38, 39, 40, 41, 42, 43, 44, 45, 1171, 1171, 1171,
	46, 50, 54, 56, 58, 60, 63, 66, 68, 69, 78, 1171, 80, 82, 84, 92,
	96, 1171, 1171, 99, 1171, 100, 102, 1171, 103, 106, 107, 109, 1171, 1171, 1171, 1171,
	1171, 110, 1171, 111, 112, 113, 114, 1171, 1171, 1171, 115, 1171, 116, 1171, 117, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 118, 1171, 1171, 1171, 119, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 121, 1171, 122, 1171, 1171, 1171, 1171, 123, 1171, 1171, 1171,
	125, 127, 128, 1171, 1171, 1171, 129, 130, 1171, 132, 133, 134, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 135, 136, 137, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 138, 139, 140,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 141, 1171, 143, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	144, 145, 146, 1171, 147, 150, 153, 159, 162, 173, 1171, 1171, 1171, 1171, 1171, 1171,
	174, 178, 182, 190, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 191, 192, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 193, 197, 1171, 1171, 1171, 201, 1171, 1171, 1171, 1171, 1171, 203, 1171,
	1171, 1171, 204, 205, 206, 207, 209, 211, 1171, 1171, 1171, 1171, 1171, 213, 1171, 1171,
	1171, 215, 1171, 1171, 216, 1171, 1171, 217, 1171, 1171, 1171, 1171, 1171, 218, 1171, 1171,
	219, 1171, 1171, 1171, 1171, 1171, 1171, 220, 221, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	222, 224, 1171, 1171, 1171, 226, 229, 232, 233, 235, 236, 239, 242, 244, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	246, 248, 1171, 1171, 1171, 1171, 1171, 1171, 249, 252, 255, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 257, 261, 265, 1171, 269, 1171, 273, 277, 279, 1171, 1171, 1171,
	1171, 1171, 281, 1171, 282, 1171, 283, 1171, 1171, 1171, 284, 285, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 286, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 287, 1171, 1171, 1171, 1171, 288, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	289, 1171, 1171, 1171, 1171, 1171, 291, 1171, 1171, 292, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 293, 1171, 294, 295, 296, 297, 298, 1171, 299, 300, 301, 1171, 1171, 1171, 1171,
	302, 307, 1171, 314, 317, 320, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 323, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 324, 325, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 326, 1171, 1171, 1171, 327, 1171, 1171, 1171, 1171, 329,
	1171, 1171, 331, 1171, 1171, 1171, 1171, 332, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	333, 1171, 1171, 1171, 1171, 1171, 335, 336, 1171, 338, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 339, 340, 341, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 342, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	343, 1171, 1171, 1171, 1171, 1171, 1171, 344, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 346, 1171, 1171, 1171, 347, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 348, 1171, 1171, 1171, 350, 1171, 1171, 1171, 1171,
	1171, 1171, 351, 1171, 352, 1171, 1171, 1171, 356, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 360, 1171, 1171, 1171, 1171, 1171, 1171, 361, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 368, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	369, 1171, 1171, 1171, 1171, 1171, 370, 1171, 1171, 371, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 372, 1171, 373, 374, 375, 376, 377, 1171, 378, 379, 380, 381, 1171, 1171, 1171,
	382, 386, 1171, 390, 392, 394, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 396, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 397, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 398, 399, 401, 402, 403, 409, 410, 411, 412, 416, 417, 418, 1171, 1171, 420,
	421, 423, 424, 425, 426, 427, 428, 429, 1171, 431, 432, 433, 434, 1171, 1171, 1171,
	435, 1171, 436, 437, 438, 439, 440, 441, 442, 1171, 1171, 443, 1171, 444, 445, 446,
	1171, 448, 455, 1171, 1171, 458, 462, 1171, 464, 465, 1171, 474, 1171, 1171, 478, 1171,
	486, 1171, 1171, 492, 493, 497, 499, 1171, 500, 1171, 503, 1171, 504, 1171, 1171, 1171,
	1171, 505, 1171, 506, 1171, 507, 508, 1171, 1171, 1171, 509, 1171, 510, 1171, 511, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 512, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 513, 514, 515, 516, 517, 518, 1171, 1171, 1171, 1171, 519, 1171, 1171, 1171,
	521, 523, 524, 1171, 1171, 1171, 525, 526, 1171, 528, 529, 530, 531, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 532, 533, 534, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 535, 536, 537,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 538, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	541, 542, 543, 1171, 544, 547, 550, 556, 559, 570, 1171, 1171, 1171, 1171, 1171, 1171,
	571, 575, 579, 587, 1171, 1171, 1171, 1171, 588, 589, 595, 596, 1171, 597, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 598, 600, 602, 606, 610, 612, 613, 617, 619, 621, 1171, 623, 625, 626, 1171,
	627, 1171, 631, 1171, 632, 1171, 633, 635, 637, 639, 1171, 641, 642, 643, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 645, 647,
	649, 657, 1171, 665, 667, 671, 679, 687, 688, 690, 691, 1171, 699, 1171, 701, 712,
	717, 1171, 718, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 721, 1171, 723, 1171, 725, 1171,
	1171, 1171, 727, 732, 737, 743, 749, 754, 756, 1171, 764, 769, 1171, 1171, 1171, 770,
	771, 774, 1171, 1171, 1171, 1171, 1171, 775, 1171, 776, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 777, 1171, 783, 1171, 785, 786, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 787, 1171, 1171, 788, 789, 1171, 1171, 790, 1171, 1171, 797, 798, 1171,
	799, 800, 801, 802, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 803, 804, 805, 1171, 1171, 806, 807, 808, 812, 813, 814, 1171, 1171, 815,
	816, 817, 818, 819, 820, 821, 822, 823, 1171, 824, 825, 826, 1171, 1171, 1171, 1171,
	827, 1171, 1171, 828, 829, 830, 831, 832, 833, 1171, 1171, 834, 835, 1171, 1171, 1171,
	1171, 836, 840, 1171, 1171, 842, 844, 1171, 845, 846, 1171, 1171, 1171, 1171, 855, 1171,
	858, 1171, 1171, 861, 1171, 862, 864, 1171, 865, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 866, 1171, 867, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	868, 869, 870, 1171, 871, 874, 877, 883, 886, 895, 1171, 1171, 1171, 1171, 1171, 1171,
	896, 900, 904, 912, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 913, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 914, 1171, 1171, 1171, 1171, 916, 1171, 917, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 919, 1171, 920, 1171, 921, 923, 1171, 1171, 1171, 1171, 1171, 925, 1171, 1171,
	927, 1171, 1171, 928, 1171, 1171, 929, 1171, 1171, 1171, 1171, 1171, 930, 1171, 1171, 931,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 932, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 933, 1171, 935, 1171, 937, 1171, 939,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 941, 944, 945, 1171, 1171, 946, 947, 948, 952, 953, 954, 1171, 1171, 956,
	957, 959, 960, 961, 962, 963, 964, 965, 1171, 967, 968, 969, 1171, 1171, 1171, 1171,
	970, 1171, 1171, 971, 973, 974, 975, 976, 977, 1171, 1171, 978, 1171, 1171, 1171, 1171,
	1171, 979, 983, 1171, 1171, 985, 988, 1171, 990, 991, 1171, 1171, 1171, 1171, 1000, 1171,
	1008, 1171, 1171, 1011, 1171, 1012, 1014, 1171, 1015, 1018, 1019, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1020, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1021, 1171, 1171, 1171, 1171, 1023, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1024, 1025, 1026, 1171, 1027, 1030, 1033, 1039, 1042, 1053, 1171, 1171, 1171, 1171, 1171, 1171,
	1054, 1058, 1062, 1070, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1071, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1073, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1077, 1079, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1081, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1082, 1171, 1171, 1171, 1171, 1171,
	1083, 1084, 1085, 1086, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1087, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1088, 1171, 1171, 1171, 1171, 1171, 1090, 1171, 1171, 1091, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1092, 1171, 1094, 1096, 1097, 1098, 1099, 1171, 1100, 1101, 1102, 1171, 1171, 1171, 1171,
	1103, 1107, 1171, 1111, 1113, 1115, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1117, 1171, 1171, 1118, 1171, 1119, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1120, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1121, 1123, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1125, 1171, 1171, 1128, 1171, 1171, 1131, 1171, 1171, 1171, 1171, 1171, 1134, 1171, 1171, 1137,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1140, 1141, 1171, 1145, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1149, 1171, 1152, 1171, 1155, 1171, 1158,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1161, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1170, 1171, 1171, 1171, 1171, 1171,
	1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171, 1171,
};

static inline enum sass_opcode sass_match(const uint64_t word[2], unsigned arch)
{
	unsigned code = (unsigned)(word[0] & 0xfff);
	unsigned bit = sass_arch_bit(arch);

	for (unsigned i = sass_first[code]; i < 1171 && sass_candidates[i].code == code; i++) {
		const struct sass_candidate *candidate = &sass_candidates[i];

		if ((candidate->archs & bit) && (word[0] & candidate->mask[0]) == candidate->value[0] &&
		    (word[1] & candidate->mask[1]) == candidate->value[1])
			return (enum sass_opcode)candidate->opcode;
	}
	return SASS_ILLEGAL;
}

static inline unsigned sass_ARRIVES_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ARRIVES_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ARRIVES_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ARRIVES_counter(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9b0 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 76, 2));
	return (unsigned)(sass_bits(word, 70, 2));
}

enum {
	SASS_ARRIVES_COUNTER_ARVCNT = 1,
	SASS_ARRIVES_COUNTER_TRANSCNT = 2,
};

static inline unsigned sass_ATOM_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOM_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_ATOM_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ATOM_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ATOM_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOM_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_ATOM_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOM_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOM_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOM_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOM_address_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x38a && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x38a && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 40, 23));
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOM_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x98a && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_ATOM_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOM_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOM_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

enum {
	SASS_ATOM_EXTENDED_E = 1,
	SASS_ATOM_OPERATION_ADD = 0,
	SASS_ATOM_OPERATION_MIN = 1,
	SASS_ATOM_OPERATION_MAX = 2,
	SASS_ATOM_OPERATION_INC = 3,
	SASS_ATOM_OPERATION_DEC = 4,
	SASS_ATOM_OPERATION_AND = 5,
	SASS_ATOM_OPERATION_OR = 6,
	SASS_ATOM_OPERATION_XOR = 7,
	SASS_ATOM_OPERATION_EXCH = 8,
	SASS_ATOM_EVICT_EF = 0,
	SASS_ATOM_EVICT_EL = 2,
	SASS_ATOM_EVICT_LU = 3,
	SASS_ATOM_EVICT_EU = 4,
	SASS_ATOM_EVICT_NA = 5,
	SASS_ATOM_TYPE_U32 = 0,
	SASS_ATOM_TYPE_S32 = 1,
	SASS_ATOM_TYPE_U64 = 2,
	SASS_ATOM_TYPE_F32 = 3,
	SASS_ATOM_TYPE_F16X2 = 4,
	SASS_ATOM_TYPE_S64 = 5,
	SASS_ATOM_TYPE_F64 = 6,
	SASS_ATOM_SCOPE_INVALID0_CTA = 0,
	SASS_ATOM_SCOPE_INVALID0_SM = 1,
	SASS_ATOM_SCOPE_INVALID0_GPU = 2,
	SASS_ATOM_SCOPE_INVALID0_SYS = 3,
	SASS_ATOM_SCOPE_CTA = 4,
	SASS_ATOM_SCOPE_SM = 5,
	SASS_ATOM_SCOPE_GPU = 6,
	SASS_ATOM_SCOPE_SYS = 7,
	SASS_ATOM_SCOPE_STRONG_CTA = 8,
	SASS_ATOM_SCOPE_INVALID3_CTA = 12,
	SASS_ATOM_SCOPE_INVALID3_SM = 13,
	SASS_ATOM_SCOPE_INVALID3_GPU = 14,
	SASS_ATOM_SCOPE_INVALID3_SYS = 15,
	SASS_ATOM_PRIVATE_PRIVATE = 1,
	SASS_ATOM_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOM_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOM_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOM_SCOPE_CONSTANT_SM = 9,
	SASS_ATOM_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOM_SCOPE_CONSTANT_VC = 13,
	SASS_ATOM_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOM_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOM_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOM_SCOPE_MMIO_GPU = 8,
	SASS_ATOM_SCOPE_MMIO_SYS = 12,
	SASS_ATOM_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_ATOM_INTEGER_TYPE_U32 = 0,
	SASS_ATOM_INTEGER_TYPE_S32 = 1,
	SASS_ATOM_INTEGER_TYPE_U64 = 2,
	SASS_ATOM_INTEGER_TYPE_S64 = 3,
	SASS_ATOM_INTEGER_TYPE_B128 = 4,
};

static inline unsigned sass_ATOMG_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOMG_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_ATOMG_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ATOMG_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ATOMG_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOMG_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_ATOMG_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOMG_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMG_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOMG_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMG_address_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x3a8 && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x3a8 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 40, 23));
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMG_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x9a8 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_ATOMG_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMG_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMG_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

enum {
	SASS_ATOMG_EXTENDED_E = 1,
	SASS_ATOMG_OPERATION_ADD = 0,
	SASS_ATOMG_OPERATION_MIN = 1,
	SASS_ATOMG_OPERATION_MAX = 2,
	SASS_ATOMG_OPERATION_INC = 3,
	SASS_ATOMG_OPERATION_DEC = 4,
	SASS_ATOMG_OPERATION_AND = 5,
	SASS_ATOMG_OPERATION_OR = 6,
	SASS_ATOMG_OPERATION_XOR = 7,
	SASS_ATOMG_OPERATION_EXCH = 8,
	SASS_ATOMG_OPERATION_SAFEADD = 9,
	SASS_ATOMG_EVICT_EF = 0,
	SASS_ATOMG_EVICT_EL = 2,
	SASS_ATOMG_EVICT_LU = 3,
	SASS_ATOMG_EVICT_EU = 4,
	SASS_ATOMG_EVICT_NA = 5,
	SASS_ATOMG_TYPE_U32 = 0,
	SASS_ATOMG_TYPE_S32 = 1,
	SASS_ATOMG_TYPE_U64 = 2,
	SASS_ATOMG_TYPE_F32 = 3,
	SASS_ATOMG_TYPE_F16X2 = 4,
	SASS_ATOMG_TYPE_S64 = 5,
	SASS_ATOMG_TYPE_F64 = 6,
	SASS_ATOMG_SCOPE_INVALID0_CTA = 0,
	SASS_ATOMG_SCOPE_INVALID0_SM = 1,
	SASS_ATOMG_SCOPE_INVALID0_GPU = 2,
	SASS_ATOMG_SCOPE_INVALID0_SYS = 3,
	SASS_ATOMG_SCOPE_CTA = 4,
	SASS_ATOMG_SCOPE_SM = 5,
	SASS_ATOMG_SCOPE_GPU = 6,
	SASS_ATOMG_SCOPE_SYS = 7,
	SASS_ATOMG_SCOPE_STRONG_CTA = 8,
	SASS_ATOMG_SCOPE_INVALID3_CTA = 12,
	SASS_ATOMG_SCOPE_INVALID3_SM = 13,
	SASS_ATOMG_SCOPE_INVALID3_GPU = 14,
	SASS_ATOMG_SCOPE_INVALID3_SYS = 15,
	SASS_ATOMG_PRIVATE_PRIVATE = 1,
	SASS_ATOMG_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOMG_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOMG_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOMG_SCOPE_CONSTANT_SM = 9,
	SASS_ATOMG_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOMG_SCOPE_CONSTANT_VC = 13,
	SASS_ATOMG_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOMG_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOMG_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOMG_SCOPE_MMIO_GPU = 8,
	SASS_ATOMG_SCOPE_MMIO_SYS = 12,
	SASS_ATOMG_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_ATOMG_INTEGER_TYPE_U32 = 0,
	SASS_ATOMG_INTEGER_TYPE_S32 = 1,
	SASS_ATOMG_INTEGER_TYPE_U64 = 2,
	SASS_ATOMG_INTEGER_TYPE_S64 = 3,
	SASS_ATOMG_INTEGER_TYPE_B128 = 4,
};

static inline unsigned sass_ATOMG_CAS_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOMG_CAS_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ATOMG_CAS_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ATOMG_CAS_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOMG_CAS_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_ATOMG_CAS_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOMG_CAS_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMG_CAS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOMG_CAS_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMG_CAS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMG_CAS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_ATOMG_CAS_EXTENDED_E = 1,
	SASS_ATOMG_CAS_EVICT_EF = 0,
	SASS_ATOMG_CAS_EVICT_EL = 2,
	SASS_ATOMG_CAS_EVICT_LU = 3,
	SASS_ATOMG_CAS_EVICT_EU = 4,
	SASS_ATOMG_CAS_EVICT_NA = 5,
	SASS_ATOMG_CAS_SIZE_32 = 0,
	SASS_ATOMG_CAS_SIZE_S32 = 1,
	SASS_ATOMG_CAS_SIZE_64 = 2,
	SASS_ATOMG_CAS_SCOPE_INVALID0_CTA = 0,
	SASS_ATOMG_CAS_SCOPE_INVALID0_SM = 1,
	SASS_ATOMG_CAS_SCOPE_INVALID0_GPU = 2,
	SASS_ATOMG_CAS_SCOPE_INVALID0_SYS = 3,
	SASS_ATOMG_CAS_SCOPE_CTA = 4,
	SASS_ATOMG_CAS_SCOPE_SM = 5,
	SASS_ATOMG_CAS_SCOPE_GPU = 6,
	SASS_ATOMG_CAS_SCOPE_SYS = 7,
	SASS_ATOMG_CAS_SCOPE_STRONG_CTA = 8,
	SASS_ATOMG_CAS_SCOPE_INVALID3_CTA = 12,
	SASS_ATOMG_CAS_SCOPE_INVALID3_SM = 13,
	SASS_ATOMG_CAS_SCOPE_INVALID3_GPU = 14,
	SASS_ATOMG_CAS_SCOPE_INVALID3_SYS = 15,
	SASS_ATOMG_CAS_PRIVATE_PRIVATE = 1,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_SM = 9,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_VC = 13,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOMG_CAS_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOMG_CAS_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOMG_CAS_SCOPE_MMIO_GPU = 8,
	SASS_ATOMG_CAS_SCOPE_MMIO_SYS = 12,
	SASS_ATOMG_CAS_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_ATOMG_CAS_SIZE_128 = 4,
};

static inline unsigned sass_ATOMG_FLOAT_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOMG_FLOAT_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 88, 2));
}

static inline unsigned sass_ATOMG_FLOAT_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ATOMG_FLOAT_float_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 4) | sass_bits(word, 87, 1) << 4);
}

static inline unsigned sass_ATOMG_FLOAT_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOMG_FLOAT_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOMG_FLOAT_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMG_FLOAT_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOMG_FLOAT_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMG_FLOAT_address_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a3 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x9a3 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 40, 23));
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMG_FLOAT_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a3 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x9a3 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_ATOMG_FLOAT_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMG_FLOAT_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_ATOMG_FLOAT_EXTENDED_E = 1,
	SASS_ATOMG_FLOAT_OPERATION_ADD = 0,
	SASS_ATOMG_FLOAT_OPERATION_MIN = 1,
	SASS_ATOMG_FLOAT_OPERATION_MAX = 2,
	SASS_ATOMG_FLOAT_EVICT_EF = 0,
	SASS_ATOMG_FLOAT_EVICT_EL = 2,
	SASS_ATOMG_FLOAT_EVICT_LU = 3,
	SASS_ATOMG_FLOAT_EVICT_EU = 4,
	SASS_ATOMG_FLOAT_EVICT_NA = 5,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F16X2 = 0,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F16X4 = 1,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F16X8 = 2,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_BF16X2 = 3,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_BF16X4 = 4,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_BF16X8 = 5,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F32_FTZ = 9,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F32X2_FTZ = 10,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F32X4_FTZ = 11,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F32 = 12,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F32X2 = 13,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F32X4 = 14,
	SASS_ATOMG_FLOAT_FLOAT_TYPE_F64 = 15,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_SM = 9,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_VC = 13,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOMG_FLOAT_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOMG_FLOAT_SCOPE_STRONG_SM = 5,
	SASS_ATOMG_FLOAT_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOMG_FLOAT_SCOPE_STRONG_GPU = 7,
	SASS_ATOMG_FLOAT_SCOPE_MMIO_GPU = 8,
	SASS_ATOMG_FLOAT_SCOPE_STRONG_SYS = 10,
	SASS_ATOMG_FLOAT_SCOPE_MMIO_SYS = 12,
	SASS_ATOMG_FLOAT_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_ATOMS_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_ATOMS_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_ATOMS_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOMS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_scaled_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

enum {
	SASS_ATOMS_OPERATION_ADD = 0,
	SASS_ATOMS_OPERATION_MIN = 1,
	SASS_ATOMS_OPERATION_MAX = 2,
	SASS_ATOMS_OPERATION_INC = 3,
	SASS_ATOMS_OPERATION_DEC = 4,
	SASS_ATOMS_OPERATION_AND = 5,
	SASS_ATOMS_OPERATION_OR = 6,
	SASS_ATOMS_OPERATION_XOR = 7,
	SASS_ATOMS_OPERATION_EXCH = 8,
	SASS_ATOMS_TYPE_U32 = 0,
	SASS_ATOMS_TYPE_S32 = 1,
	SASS_ATOMS_TYPE_U64 = 2,
	SASS_ATOMS_SCALE_X4 = 1,
	SASS_ATOMS_SCALE_X8 = 2,
	SASS_ATOMS_SCALE_X16 = 3,
	SASS_ATOMS_INTEGER_TYPE_U32 = 0,
	SASS_ATOMS_INTEGER_TYPE_S32 = 1,
	SASS_ATOMS_INTEGER_TYPE_U64 = 2,
	SASS_ATOMS_INTEGER_TYPE_B128 = 4,
};

static inline unsigned sass_ATOMS_ARRIVE_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_ARRIVE_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMS_ARRIVE_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_ARRIVE_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_ARRIVE_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_ARRIVE_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_ARRIVE_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_ARRIVE_scaled_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_ARRIVE_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_ATOMS_ARRIVE_SCALE_X4 = 1,
	SASS_ATOMS_ARRIVE_SCALE_X8 = 2,
	SASS_ATOMS_ARRIVE_SCALE_X16 = 3,
};

static inline unsigned sass_ATOMS_CAS_exchange(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

static inline unsigned sass_ATOMS_CAS_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_ATOMS_CAS_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_CAS_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMS_CAS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOMS_CAS_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_CAS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_CAS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_CAS_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_CAS_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_CAS_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_CAS_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

enum {
	SASS_ATOMS_CAS_EXCHANGE_CAS = 0,
	SASS_ATOMS_CAS_EXCHANGE_CAST = 1,
	SASS_ATOMS_CAS_EXCHANGE_CAST_SPIN = 3,
	SASS_ATOMS_CAS_TYPE_U32 = 0,
	SASS_ATOMS_CAS_TYPE_S32 = 1,
	SASS_ATOMS_CAS_TYPE_U64 = 2,
	SASS_ATOMS_CAS_SCALE_X4 = 1,
	SASS_ATOMS_CAS_SCALE_X8 = 2,
	SASS_ATOMS_CAS_SCALE_X16 = 3,
	SASS_ATOMS_CAS_INTEGER_TYPE_U32 = 0,
	SASS_ATOMS_CAS_INTEGER_TYPE_S32 = 1,
	SASS_ATOMS_CAS_INTEGER_TYPE_U64 = 2,
	SASS_ATOMS_CAS_INTEGER_TYPE_B128 = 4,
};

static inline unsigned sass_ATOMS_CAS_TEST_exchange(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

static inline unsigned sass_ATOMS_CAS_TEST_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ATOMS_CAS_TEST_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_CAS_TEST_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOMS_CAS_TEST_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOMS_CAS_TEST_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_CAS_TEST_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_CAS_TEST_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_CAS_TEST_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_CAS_TEST_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_CAS_TEST_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_ATOMS_CAS_TEST_EXCHANGE_CAS = 0,
	SASS_ATOMS_CAS_TEST_EXCHANGE_CAST = 1,
	SASS_ATOMS_CAS_TEST_EXCHANGE_CAST_SPIN = 3,
	SASS_ATOMS_CAS_TEST_INTEGER_TYPE_U32 = 0,
	SASS_ATOMS_CAS_TEST_INTEGER_TYPE_S32 = 1,
	SASS_ATOMS_CAS_TEST_INTEGER_TYPE_U64 = 2,
	SASS_ATOMS_CAS_TEST_INTEGER_TYPE_B128 = 4,
	SASS_ATOMS_CAS_TEST_SCALE_X4 = 1,
	SASS_ATOMS_CAS_TEST_SCALE_X8 = 2,
	SASS_ATOMS_CAS_TEST_SCALE_X16 = 3,
};

static inline unsigned sass_ATOMS_POPC_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_POPC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOMS_POPC_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_POPC_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_POPC_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOMS_POPC_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOMS_POPC_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_ATOMS_POPC_scaled_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOMS_POPC_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_ATOMS_POPC_SCALE_X4 = 1,
	SASS_ATOMS_POPC_SCALE_X8 = 2,
	SASS_ATOMS_POPC_SCALE_X16 = 3,
};

static inline unsigned sass_ATOM_ARRIVE_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOM_ARRIVE_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOM_ARRIVE_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOM_ARRIVE_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOM_ARRIVE_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOM_ARRIVE_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOM_ARRIVE_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_ATOM_ARRIVE_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_ATOM_ARRIVE_EXTENDED_E = 1,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_SM = 9,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_VC = 13,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOM_ARRIVE_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOM_ARRIVE_SCOPE_STRONG_SM = 5,
	SASS_ATOM_ARRIVE_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOM_ARRIVE_SCOPE_STRONG_GPU = 7,
	SASS_ATOM_ARRIVE_SCOPE_MMIO_GPU = 8,
	SASS_ATOM_ARRIVE_SCOPE_STRONG_SYS = 10,
	SASS_ATOM_ARRIVE_SCOPE_MMIO_SYS = 12,
	SASS_ATOM_ARRIVE_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_ATOM_CAS_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOM_CAS_exchange(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

static inline unsigned sass_ATOM_CAS_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ATOM_CAS_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ATOM_CAS_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOM_CAS_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_ATOM_CAS_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOM_CAS_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOM_CAS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOM_CAS_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOM_CAS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOM_CAS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_ATOM_CAS_EXTENDED_E = 1,
	SASS_ATOM_CAS_EXCHANGE_CAS = 0,
	SASS_ATOM_CAS_EXCHANGE_CAST = 1,
	SASS_ATOM_CAS_EXCHANGE_CAST_SPIN = 3,
	SASS_ATOM_CAS_EVICT_EF = 0,
	SASS_ATOM_CAS_EVICT_EL = 2,
	SASS_ATOM_CAS_EVICT_LU = 3,
	SASS_ATOM_CAS_EVICT_EU = 4,
	SASS_ATOM_CAS_EVICT_NA = 5,
	SASS_ATOM_CAS_SIZE_32 = 0,
	SASS_ATOM_CAS_SIZE_S32 = 1,
	SASS_ATOM_CAS_SIZE_64 = 2,
	SASS_ATOM_CAS_SCOPE_INVALID0_CTA = 0,
	SASS_ATOM_CAS_SCOPE_INVALID0_SM = 1,
	SASS_ATOM_CAS_SCOPE_INVALID0_GPU = 2,
	SASS_ATOM_CAS_SCOPE_INVALID0_SYS = 3,
	SASS_ATOM_CAS_SCOPE_CTA = 4,
	SASS_ATOM_CAS_SCOPE_SM = 5,
	SASS_ATOM_CAS_SCOPE_GPU = 6,
	SASS_ATOM_CAS_SCOPE_SYS = 7,
	SASS_ATOM_CAS_SCOPE_STRONG_CTA = 8,
	SASS_ATOM_CAS_SCOPE_INVALID3_CTA = 12,
	SASS_ATOM_CAS_SCOPE_INVALID3_SM = 13,
	SASS_ATOM_CAS_SCOPE_INVALID3_GPU = 14,
	SASS_ATOM_CAS_SCOPE_INVALID3_SYS = 15,
	SASS_ATOM_CAS_PRIVATE_PRIVATE = 1,
	SASS_ATOM_CAS_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOM_CAS_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOM_CAS_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOM_CAS_SCOPE_CONSTANT_SM = 9,
	SASS_ATOM_CAS_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOM_CAS_SCOPE_CONSTANT_VC = 13,
	SASS_ATOM_CAS_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOM_CAS_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOM_CAS_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOM_CAS_SCOPE_MMIO_GPU = 8,
	SASS_ATOM_CAS_SCOPE_MMIO_SYS = 12,
	SASS_ATOM_CAS_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_ATOM_CAS_SIZE_128 = 4,
};

static inline unsigned sass_ATOM_FLOAT_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOM_FLOAT_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 88, 2));
}

static inline unsigned sass_ATOM_FLOAT_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ATOM_FLOAT_float_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 4) | sass_bits(word, 87, 1) << 4);
}

static inline unsigned sass_ATOM_FLOAT_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOM_FLOAT_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOM_FLOAT_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOM_FLOAT_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_ATOM_FLOAT_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOM_FLOAT_address_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a2 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x9a2 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 40, 23));
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOM_FLOAT_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a2 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x9a2 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_ATOM_FLOAT_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ATOM_FLOAT_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_ATOM_FLOAT_EXTENDED_E = 1,
	SASS_ATOM_FLOAT_OPERATION_ADD = 0,
	SASS_ATOM_FLOAT_OPERATION_MIN = 1,
	SASS_ATOM_FLOAT_OPERATION_MAX = 2,
	SASS_ATOM_FLOAT_EVICT_EF = 0,
	SASS_ATOM_FLOAT_EVICT_EL = 2,
	SASS_ATOM_FLOAT_EVICT_LU = 3,
	SASS_ATOM_FLOAT_EVICT_EU = 4,
	SASS_ATOM_FLOAT_EVICT_NA = 5,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F16X2 = 0,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F16X4 = 1,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F16X8 = 2,
	SASS_ATOM_FLOAT_FLOAT_TYPE_BF16X2 = 3,
	SASS_ATOM_FLOAT_FLOAT_TYPE_BF16X4 = 4,
	SASS_ATOM_FLOAT_FLOAT_TYPE_BF16X8 = 5,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F32_FTZ = 9,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F32X2_FTZ = 10,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F32X4_FTZ = 11,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F32 = 12,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F32X2 = 13,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F32X4 = 14,
	SASS_ATOM_FLOAT_FLOAT_TYPE_F64 = 15,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_SM = 9,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_VC = 13,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOM_FLOAT_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOM_FLOAT_SCOPE_STRONG_SM = 5,
	SASS_ATOM_FLOAT_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOM_FLOAT_SCOPE_STRONG_GPU = 7,
	SASS_ATOM_FLOAT_SCOPE_MMIO_GPU = 8,
	SASS_ATOM_FLOAT_SCOPE_STRONG_SYS = 10,
	SASS_ATOM_FLOAT_SCOPE_MMIO_SYS = 12,
	SASS_ATOM_FLOAT_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_ATOM_POPC_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ATOM_POPC_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ATOM_POPC_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ATOM_POPC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ATOM_POPC_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ATOM_POPC_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_ATOM_POPC_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_ATOM_POPC_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_ATOM_POPC_EXTENDED_E = 1,
	SASS_ATOM_POPC_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ATOM_POPC_SCOPE_CONSTANT_CTA = 2,
	SASS_ATOM_POPC_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ATOM_POPC_SCOPE_CONSTANT_SM = 9,
	SASS_ATOM_POPC_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ATOM_POPC_SCOPE_CONSTANT_VC = 13,
	SASS_ATOM_POPC_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ATOM_POPC_SCOPE_CONSTANT_GPU = 15,
	SASS_ATOM_POPC_SCOPE_STRONG_SM = 5,
	SASS_ATOM_POPC_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ATOM_POPC_SCOPE_STRONG_GPU = 7,
	SASS_ATOM_POPC_SCOPE_MMIO_GPU = 8,
	SASS_ATOM_POPC_SCOPE_STRONG_SYS = 10,
	SASS_ATOM_POPC_SCOPE_MMIO_SYS = 12,
	SASS_ATOM_POPC_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_B2R_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_B2R_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_B2R_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_B2R_barrier(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 4));
}

enum {
	SASS_B2R_RESULT_RESULT = 1,
	SASS_B2R_RESULT_WARP = 2,
};

static inline unsigned sass_BAR_kind(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_BAR_reduction(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_BAR_defer_blocking(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_BAR_barrier(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 4));
}

static inline unsigned sass_BAR_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 42, 12));
}

static inline unsigned sass_BAR_arrivals(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 42, 12));
}

static inline unsigned sass_BAR_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_BAR_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BAR_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_BAR_KIND_SYNC = 0,
	SASS_BAR_KIND_ARV = 1,
	SASS_BAR_KIND_RED = 2,
	SASS_BAR_KIND_SCAN = 3,
	SASS_BAR_KIND_SYNCALL = 4,
	SASS_BAR_REDUCTION_POPC = 0,
	SASS_BAR_REDUCTION_AND = 1,
	SASS_BAR_REDUCTION_OR = 2,
	SASS_BAR_DEFER_BLOCKING_DEFER_BLOCKING = 1,
};

static inline unsigned sass_BGMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_BGMMA_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_BGMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 53, 7));
}

static inline unsigned sass_BGMMA_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 2));
}

static inline unsigned sass_BGMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_BGMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_BGMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_BGMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_BGMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_BGMMA_scoreboard(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_BGMMA_descriptors(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xdf2)
		return (unsigned)(sass_bits(word, 32, 8));
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_BGMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_BGMMA_OFFSET_REGOFFSET = 1,
	SASS_BGMMA_SHAPE_8X256 = 0,
	SASS_BGMMA_SHAPE_16X256 = 1,
	SASS_BGMMA_SHAPE_24X256 = 2,
	SASS_BGMMA_SHAPE_32X256 = 3,
	SASS_BGMMA_SHAPE_48X256 = 4,
	SASS_BGMMA_SHAPE_64X256 = 5,
	SASS_BGMMA_SHAPE_80X256 = 6,
	SASS_BGMMA_SHAPE_96X256 = 7,
	SASS_BGMMA_SHAPE_112X256 = 8,
	SASS_BGMMA_SHAPE_128X256 = 9,
	SASS_BGMMA_SHAPE_144X256 = 10,
	SASS_BGMMA_SHAPE_160X256 = 11,
	SASS_BGMMA_SHAPE_176X256 = 12,
	SASS_BGMMA_SHAPE_192X256 = 13,
	SASS_BGMMA_SHAPE_208X256 = 14,
	SASS_BGMMA_SHAPE_224X256 = 15,
	SASS_BGMMA_SHAPE_240X256 = 16,
	SASS_BGMMA_SHAPE_256X256 = 17,
	SASS_BGMMA_OPERATION_AND = 2,
	SASS_BGMMA_SCALE_UPT = 0,
	SASS_BGMMA_SCOREBOARD_GSB0 = 0,
};

static inline unsigned sass_BMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 2));
}

static inline unsigned sass_BMMA_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 2));
}

static inline unsigned sass_BMMA_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_BMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_BMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_BMMA_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_BMMA_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_BMMA_Rb_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_BMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_BMMA_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

enum {
	SASS_BMMA_SHAPE_88128 = 0,
	SASS_BMMA_SHAPE_168128 = 1,
	SASS_BMMA_SHAPE_168256 = 2,
	SASS_BMMA_OPERATION_XOR = 0,
	SASS_BMMA_OPERATION_AND = 2,
	SASS_BMMA_COUNT_0 = 0,
	SASS_BMMA_COUNT_POPC = 1,
	SASS_BMMA_ENABLE_UPT = 0,
};

static inline unsigned sass_BMOV_FROM_clear(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_BMOV_FROM_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_BMOV_FROM_state(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 6));
}

static inline unsigned sass_BMOV_FROM_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 4));
}

enum {
	SASS_BMOV_FROM_CLEAR_CLEAR = 1,
	SASS_BMOV_FROM_STATE_B0 = 0,
	SASS_BMOV_FROM_STATE_B1 = 1,
	SASS_BMOV_FROM_STATE_B2 = 2,
	SASS_BMOV_FROM_STATE_B3 = 3,
	SASS_BMOV_FROM_STATE_B4 = 4,
	SASS_BMOV_FROM_STATE_B5 = 5,
	SASS_BMOV_FROM_STATE_B6 = 6,
	SASS_BMOV_FROM_STATE_B7 = 7,
	SASS_BMOV_FROM_STATE_B8 = 8,
	SASS_BMOV_FROM_STATE_B9 = 9,
	SASS_BMOV_FROM_STATE_B10 = 10,
	SASS_BMOV_FROM_STATE_B11 = 11,
	SASS_BMOV_FROM_STATE_B12 = 12,
	SASS_BMOV_FROM_STATE_B13 = 13,
	SASS_BMOV_FROM_STATE_B14 = 14,
	SASS_BMOV_FROM_STATE_B15 = 15,
	SASS_BMOV_FROM_STATE_THREAD_STATE_ENUM_0 = 16,
	SASS_BMOV_FROM_STATE_THREAD_STATE_ENUM_1 = 17,
	SASS_BMOV_FROM_STATE_THREAD_STATE_ENUM_2 = 18,
	SASS_BMOV_FROM_STATE_THREAD_STATE_ENUM_3 = 19,
	SASS_BMOV_FROM_STATE_THREAD_STATE_ENUM_4 = 20,
	SASS_BMOV_FROM_STATE_TRAP_RETURN_PC_LO = 21,
	SASS_BMOV_FROM_STATE_TRAP_RETURN_PC_HI = 22,
	SASS_BMOV_FROM_STATE_TRAP_RETURN_MASK = 23,
	SASS_BMOV_FROM_STATE_MEXITED = 24,
	SASS_BMOV_FROM_STATE_MKILL = 25,
	SASS_BMOV_FROM_STATE_MACTIVE = 26,
	SASS_BMOV_FROM_STATE_MATEXIT = 27,
	SASS_BMOV_FROM_STATE_OPT_STACK = 28,
	SASS_BMOV_FROM_STATE_API_CALL_DEPTH = 29,
	SASS_BMOV_FROM_STATE_ATEXIT_PC_LO = 30,
	SASS_BMOV_FROM_STATE_ATEXIT_PC_HI = 31,
	SASS_BMOV_FROM_STATE_MCOLLECTIVE = 32,
};

static inline unsigned sass_BMOV_TO_quad(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_BMOV_TO_state(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 6));
}

static inline unsigned sass_BMOV_TO_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 4));
}

enum {
	SASS_BMOV_TO_QUAD_PQUAD = 1,
	SASS_BMOV_TO_STATE_B0 = 0,
	SASS_BMOV_TO_STATE_B1 = 1,
	SASS_BMOV_TO_STATE_B2 = 2,
	SASS_BMOV_TO_STATE_B3 = 3,
	SASS_BMOV_TO_STATE_B4 = 4,
	SASS_BMOV_TO_STATE_B5 = 5,
	SASS_BMOV_TO_STATE_B6 = 6,
	SASS_BMOV_TO_STATE_B7 = 7,
	SASS_BMOV_TO_STATE_B8 = 8,
	SASS_BMOV_TO_STATE_B9 = 9,
	SASS_BMOV_TO_STATE_B10 = 10,
	SASS_BMOV_TO_STATE_B11 = 11,
	SASS_BMOV_TO_STATE_B12 = 12,
	SASS_BMOV_TO_STATE_B13 = 13,
	SASS_BMOV_TO_STATE_B14 = 14,
	SASS_BMOV_TO_STATE_B15 = 15,
	SASS_BMOV_TO_STATE_THREAD_STATE_ENUM_0 = 16,
	SASS_BMOV_TO_STATE_THREAD_STATE_ENUM_1 = 17,
	SASS_BMOV_TO_STATE_THREAD_STATE_ENUM_2 = 18,
	SASS_BMOV_TO_STATE_THREAD_STATE_ENUM_3 = 19,
	SASS_BMOV_TO_STATE_THREAD_STATE_ENUM_4 = 20,
	SASS_BMOV_TO_STATE_TRAP_RETURN_PC_LO = 21,
	SASS_BMOV_TO_STATE_TRAP_RETURN_PC_HI = 22,
	SASS_BMOV_TO_STATE_TRAP_RETURN_MASK = 23,
	SASS_BMOV_TO_STATE_MEXITED = 24,
	SASS_BMOV_TO_STATE_MKILL = 25,
	SASS_BMOV_TO_STATE_MACTIVE = 26,
	SASS_BMOV_TO_STATE_MATEXIT = 27,
	SASS_BMOV_TO_STATE_OPT_STACK = 28,
	SASS_BMOV_TO_STATE_API_CALL_DEPTH = 29,
	SASS_BMOV_TO_STATE_ATEXIT_PC_LO = 30,
	SASS_BMOV_TO_STATE_ATEXIT_PC_HI = 31,
	SASS_BMOV_TO_STATE_MCOLLECTIVE = 32,
};

static inline unsigned sass_BMSK_wrap(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_BMSK_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_BMSK_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_BMSK_WRAP_W = 1,
};

static inline unsigned sass_BPT_kind(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_BPT_number(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 34, 3));
}

enum {
	SASS_BPT_KIND_PAUSE = 2,
	SASS_BPT_KIND_TRAP = 3,
	SASS_BPT_KIND_INT = 4,
	SASS_BPT_KIND_DRAIN = 5,
	SASS_BPT_KIND_PAUSE_QUIET = 6,
};

static inline unsigned sass_BRA_depth(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 2));
}

static inline unsigned sass_BRA_how(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 2));
}

static inline unsigned sass_BRA_any(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_BRA_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BRA_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_BRA_target(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x947 && (sass_arch_bit(arch) & 0x3e))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x547 && (sass_arch_bit(arch) & 0x3f))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x947 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	if ((word[0] & 0xfff) == 0x547 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

static inline unsigned sass_BRA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_BRA_URa_invert(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 30, 1));
}

static inline unsigned sass_BRA_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 3));
}

static inline unsigned sass_BRA_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 27, 1));
}

enum {
	SASS_BRA_DEPTH_INC = 1,
	SASS_BRA_DEPTH_DEC = 2,
	SASS_BRA_HOW_U = 1,
	SASS_BRA_HOW_DIV = 2,
	SASS_BRA_HOW_CONV = 3,
	SASS_BRA_ANY_ANY = 1,
	SASS_BRA_HOW_INVALID0 = 0,
	SASS_BRA_HOW_INVALID1 = 1,
};

static inline unsigned sass_BREAK_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BREAK_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_BREAK_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 4));
}

static inline unsigned sass_BREAK_convergence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

enum {
	SASS_BREAK_CONVERGENCE_RELIABLE = 1,
	SASS_BREAK_CONVERGENCE_RECONVERGENT = 2,
};

static inline unsigned sass_BREV_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_BREV_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_BRX_depth(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 2));
}

static inline unsigned sass_BRX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_BRX_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BRX_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_BRX_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x949 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

enum {
	SASS_BRX_DEPTH_INC = 1,
	SASS_BRX_DEPTH_DEC = 2,
};

static inline unsigned sass_BRXU_depth(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 2));
}

static inline unsigned sass_BRXU_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_BRXU_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BRXU_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_BRXU_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x958 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

enum {
	SASS_BRXU_DEPTH_INC = 1,
	SASS_BRXU_DEPTH_DEC = 2,
};

static inline unsigned sass_BSSY_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BSSY_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_BSSY_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 4));
}

static inline unsigned sass_BSSY_target(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 34, 30));
}

static inline unsigned sass_BSSY_convergence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

enum {
	SASS_BSSY_CONVERGENCE_RELIABLE = 1,
	SASS_BSSY_CONVERGENCE_RECONVERGENT = 2,
};

static inline unsigned sass_BSYNC_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_BSYNC_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_BSYNC_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 4));
}

static inline unsigned sass_BSYNC_convergence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

enum {
	SASS_BSYNC_CONVERGENCE_RELIABLE = 1,
	SASS_BSYNC_CONVERGENCE_RECONVERGENT = 2,
};

static inline unsigned sass_CALL_ABS_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_CALL_ABS_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_CALL_ABS_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_CALL_ABS_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_CALL_ABS_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x343 && (sass_arch_bit(arch) & 0x3f))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x343 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

static inline unsigned sass_CALL_ABS_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline uint64_t sass_CALL_ABS_target(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x943 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 47) << 8);
	return (sass_bits(word, 34, 47));
}

static inline unsigned sass_CALL_ABS_constant_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_CALL_ABS_constant_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 16));
}

static inline unsigned sass_CALL_ABS_constant_bindless(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

enum {
	SASS_CALL_ABS_COUNT_NOINC = 1,
};

static inline unsigned sass_CALL_REL_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_CALL_REL_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_CALL_REL_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_CALL_REL_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_CALL_REL_target(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x344 && (sass_arch_bit(arch) & 0x3f))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x944 && (sass_arch_bit(arch) & 0x3f))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x344 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	if ((word[0] & 0xfff) == 0x944 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

static inline unsigned sass_CALL_REL_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_CALL_REL_COUNT_NOINC = 1,
};

static inline unsigned sass_CCTL_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_CCTL_cache(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_CCTL_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_CCTL_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_CCTL_address_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x98f && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x98f && (sass_arch_bit(arch) & 0xffe))
		return (unsigned)(sass_bits(word, 32, 32));
	if ((word[0] & 0xfff) == 0x98f && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x98f && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 40, 24));
	return (unsigned)(sass_bits(word, 32, 32));
}

static inline unsigned sass_CCTL_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_CCTL_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_CCTL_EXTENDED_E = 1,
	SASS_CCTL_CACHE_U = 1,
	SASS_CCTL_CACHE_C = 2,
	SASS_CCTL_CACHE_I = 3,
	SASS_CCTL_OPERATION_PF1 = 0,
	SASS_CCTL_OPERATION_PF2 = 1,
	SASS_CCTL_OPERATION_WB = 2,
	SASS_CCTL_OPERATION_IV = 3,
	SASS_CCTL_OPERATION_IVALL = 4,
	SASS_CCTL_OPERATION_RS = 5,
	SASS_CCTL_OPERATION_IVALLP = 6,
	SASS_CCTL_OPERATION_WBALL = 7,
	SASS_CCTL_OPERATION_WBALLP = 8,
	SASS_CCTL_OPERATION_PML2 = 9,
	SASS_CCTL_OPERATION_DML2 = 10,
	SASS_CCTL_OPERATION_RML2 = 11,
};

static inline unsigned sass_CCTLL_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_CCTLL_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_CCTLL_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_CCTLL_OPERATION_PF1 = 0,
	SASS_CCTLL_OPERATION_PF2 = 1,
	SASS_CCTLL_OPERATION_WB = 2,
	SASS_CCTLL_OPERATION_IV = 3,
	SASS_CCTLL_OPERATION_IVALL = 4,
	SASS_CCTLL_OPERATION_RS = 5,
	SASS_CCTLL_OPERATION_WBALL = 6,
};

static inline unsigned sass_CCTL_LDCU_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_CLMAD_high(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_CLMAD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_CLMAD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_CLMAD_HIGH_LO = 0,
	SASS_CLMAD_HIGH_HI = 1,
};

static inline unsigned sass_CREDUX_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_CREDUX_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_CREDUX_nan(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_CREDUX_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_CREDUX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_CREDUX_OPERATION_MAX = 0,
	SASS_CREDUX_OPERATION_MAXABS = 1,
	SASS_CREDUX_OPERATION_MIN = 2,
	SASS_CREDUX_OPERATION_MINABS = 3,
	SASS_CREDUX_TYPE_U32 = 0,
	SASS_CREDUX_TYPE_S32 = 1,
	SASS_CREDUX_TYPE_F32 = 2,
	SASS_CREDUX_NAN_NAN = 1,
};

static inline unsigned sass_CS2R_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_CS2R_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_CS2R_special(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

enum {
	SASS_CS2R_WIDTH_32 = 0,
	SASS_CS2R_SPECIAL_SR_LANEID = 0,
	SASS_CS2R_SPECIAL_SR_CLOCK = 1,
	SASS_CS2R_SPECIAL_SR_VIRTCFG = 2,
	SASS_CS2R_SPECIAL_SR_VIRTID = 3,
	SASS_CS2R_SPECIAL_SR_ORDERING_TICKET = 15,
	SASS_CS2R_SPECIAL_SR_PRIM_TYPE = 16,
	SASS_CS2R_SPECIAL_SR_INVOCATION_ID = 17,
	SASS_CS2R_SPECIAL_SR_Y_DIRECTION = 18,
	SASS_CS2R_SPECIAL_SR_THREAD_KILL = 19,
	SASS_CS2R_SPECIAL_SM_SHADER_TYPE = 20,
	SASS_CS2R_SPECIAL_SR_DIRECTCBEWRITEADDRESSLOW = 21,
	SASS_CS2R_SPECIAL_SR_DIRECTCBEWRITEADDRESSHIGH = 22,
	SASS_CS2R_SPECIAL_SR_DIRECTCBEWRITEENABLED = 23,
	SASS_CS2R_SPECIAL_SR_MACHINE_ID_1 = 25,
	SASS_CS2R_SPECIAL_SR_MACHINE_ID_2 = 26,
	SASS_CS2R_SPECIAL_SR_MACHINE_ID_3 = 27,
	SASS_CS2R_SPECIAL_SR_AFFINITY = 28,
	SASS_CS2R_SPECIAL_SR_INVOCATION_INFO = 29,
	SASS_CS2R_SPECIAL_SR_WSCALEFACTOR_XY = 30,
	SASS_CS2R_SPECIAL_SR_WSCALEFACTOR_Z = 31,
	SASS_CS2R_SPECIAL_SR_TID = 32,
	SASS_CS2R_SPECIAL_SR_TID_X = 33,
	SASS_CS2R_SPECIAL_SR_TID_Y = 34,
	SASS_CS2R_SPECIAL_SR_TID_Z = 35,
	SASS_CS2R_SPECIAL_SR_CTAID_X = 37,
	SASS_CS2R_SPECIAL_SR_CTAID_Y = 38,
	SASS_CS2R_SPECIAL_SR_CTAID_Z = 39,
	SASS_CS2R_SPECIAL_SR_NTID = 40,
	SASS_CS2R_SPECIAL_SR_CIRQUEUEINCRMINUSONE = 41,
	SASS_CS2R_SPECIAL_SR_NLATC = 42,
	SASS_CS2R_SPECIAL_SR_SM_SPA_VERSION = 44,
	SASS_CS2R_SPECIAL_SR_MULTIPASSSHADERINFO = 45,
	SASS_CS2R_SPECIAL_SR_LWINHI = 46,
	SASS_CS2R_SPECIAL_SR_SWINHI = 47,
	SASS_CS2R_SPECIAL_SR_SWINLO = 48,
	SASS_CS2R_SPECIAL_SR_SWINSZ = 49,
	SASS_CS2R_SPECIAL_SR_SMEMSZ = 50,
	SASS_CS2R_SPECIAL_SR_SMEMBANKS = 51,
	SASS_CS2R_SPECIAL_SR_LWINLO = 52,
	SASS_CS2R_SPECIAL_SR_LWINSZ = 53,
	SASS_CS2R_SPECIAL_SR_LMEMLOSZ = 54,
	SASS_CS2R_SPECIAL_SR_LMEMHIOFF = 55,
	SASS_CS2R_SPECIAL_SR_EQMASK = 56,
	SASS_CS2R_SPECIAL_SR_LTMASK = 57,
	SASS_CS2R_SPECIAL_SR_LEMASK = 58,
	SASS_CS2R_SPECIAL_SR_GTMASK = 59,
	SASS_CS2R_SPECIAL_SR_GEMASK = 60,
	SASS_CS2R_SPECIAL_SR_REGALLOC = 61,
	SASS_CS2R_SPECIAL_SR_BARRIERALLOC = 62,
	SASS_CS2R_SPECIAL_SR_GLOBALERRORSTATUS = 64,
	SASS_CS2R_SPECIAL_SR_WARPERRORSTATUS = 66,
	SASS_CS2R_SPECIAL_SR_VIRTUALSMID = 67,
	SASS_CS2R_SPECIAL_SR_VIRTUALENGINEID = 68,
	SASS_CS2R_SPECIAL_SR_CLOCKLO = 80,
	SASS_CS2R_SPECIAL_SR_CLOCKHI = 81,
	SASS_CS2R_SPECIAL_SR_GLOBALTIMERLO = 82,
	SASS_CS2R_SPECIAL_SR_GLOBALTIMERHI = 83,
	SASS_CS2R_SPECIAL_SR_ESR_PC = 84,
	SASS_CS2R_SPECIAL_SR_ESR_PC_HI = 85,
	SASS_CS2R_SPECIAL_SR_HWTASKID = 96,
	SASS_CS2R_SPECIAL_SR_CIRCULARQUEUEENTRYINDEX = 97,
	SASS_CS2R_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSLOW = 98,
	SASS_CS2R_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSHIGH = 99,
	SASS_CS2R_SPECIAL_SR_PM0 = 100,
	SASS_CS2R_SPECIAL_SR_PM_HI0 = 101,
	SASS_CS2R_SPECIAL_SR_PM1 = 102,
	SASS_CS2R_SPECIAL_SR_PM_HI1 = 103,
	SASS_CS2R_SPECIAL_SR_PM2 = 104,
	SASS_CS2R_SPECIAL_SR_PM_HI2 = 105,
	SASS_CS2R_SPECIAL_SR_PM3 = 106,
	SASS_CS2R_SPECIAL_SR_PM_HI3 = 107,
	SASS_CS2R_SPECIAL_SR_PM4 = 108,
	SASS_CS2R_SPECIAL_SR_PM_HI4 = 109,
	SASS_CS2R_SPECIAL_SR_PM5 = 110,
	SASS_CS2R_SPECIAL_SR_PM_HI5 = 111,
	SASS_CS2R_SPECIAL_SR_PM6 = 112,
	SASS_CS2R_SPECIAL_SR_PM_HI6 = 113,
	SASS_CS2R_SPECIAL_SR_PM7 = 114,
	SASS_CS2R_SPECIAL_SR_PM_HI7 = 115,
	SASS_CS2R_SPECIAL_SR_SNAP_PM0 = 116,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI0 = 117,
	SASS_CS2R_SPECIAL_SR_SNAP_PM1 = 118,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI1 = 119,
	SASS_CS2R_SPECIAL_SR_SNAP_PM2 = 120,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI2 = 121,
	SASS_CS2R_SPECIAL_SR_SNAP_PM3 = 122,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI3 = 123,
	SASS_CS2R_SPECIAL_SR_SNAP_PM4 = 124,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI4 = 125,
	SASS_CS2R_SPECIAL_SR_SNAP_PM5 = 126,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI5 = 127,
	SASS_CS2R_SPECIAL_SR_SNAP_PM6 = 128,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI6 = 129,
	SASS_CS2R_SPECIAL_SR_SNAP_PM7 = 130,
	SASS_CS2R_SPECIAL_SR_SNAP_PM_HI7 = 131,
	SASS_CS2R_SPECIAL_SR_VARIABLE_RATE = 132,
	SASS_CS2R_SPECIAL_HIR0X000 = 133,
	SASS_CS2R_SPECIAL_SRZ = 255,
	SASS_CS2R_SPECIAL_SR_MACHINE_ID_0 = 24,
	SASS_CS2R_SPECIAL_SR_SW_SCRATCH = 24,
	SASS_CS2R_SPECIAL_SR_CGAERRORSTATUS = 65,
	SASS_CS2R_SPECIAL_SR_CGACTAID = 136,
	SASS_CS2R_SPECIAL_SR_GPCLOCALCGAID = 137,
	SASS_CS2R_SPECIAL_SR_CTAREGPOOLSZ = 139,
	SASS_CS2R_SPECIAL_SR_WARPGROUP_INFO = 134,
	SASS_CS2R_SPECIAL_SR_WARPGROUPID = 135,
	SASS_CS2R_SPECIAL_SR_CGASIZE = 138,
	SASS_CS2R_SPECIAL_SR_TMEMSZ = 141,
	SASS_CS2R_SPECIAL_SR_CONTEXT_SAVE_ADDR_LO = 142,
	SASS_CS2R_SPECIAL_SR_CONTEXT_SAVE_ADDR_HI = 143,
};

static inline unsigned sass_CS2UR_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_CS2UR_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_CS2UR_special(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

enum {
	SASS_CS2UR_WIDTH_32 = 0,
	SASS_CS2UR_SPECIAL_SR_LANEID = 0,
	SASS_CS2UR_SPECIAL_SR_CLOCK = 1,
	SASS_CS2UR_SPECIAL_SR_VIRTCFG = 2,
	SASS_CS2UR_SPECIAL_SR_VIRTID = 3,
	SASS_CS2UR_SPECIAL_SR_ORDERING_TICKET = 15,
	SASS_CS2UR_SPECIAL_SR_PRIM_TYPE = 16,
	SASS_CS2UR_SPECIAL_SR_INVOCATION_ID = 17,
	SASS_CS2UR_SPECIAL_SR_Y_DIRECTION = 18,
	SASS_CS2UR_SPECIAL_SR_THREAD_KILL = 19,
	SASS_CS2UR_SPECIAL_SM_SHADER_TYPE = 20,
	SASS_CS2UR_SPECIAL_SR_DIRECTCBEWRITEADDRESSLOW = 21,
	SASS_CS2UR_SPECIAL_SR_DIRECTCBEWRITEADDRESSHIGH = 22,
	SASS_CS2UR_SPECIAL_SR_DIRECTCBEWRITEENABLED = 23,
	SASS_CS2UR_SPECIAL_SR_MACHINE_ID_1 = 25,
	SASS_CS2UR_SPECIAL_SR_MACHINE_ID_2 = 26,
	SASS_CS2UR_SPECIAL_SR_MACHINE_ID_3 = 27,
	SASS_CS2UR_SPECIAL_SR_AFFINITY = 28,
	SASS_CS2UR_SPECIAL_SR_INVOCATION_INFO = 29,
	SASS_CS2UR_SPECIAL_SR_WSCALEFACTOR_XY = 30,
	SASS_CS2UR_SPECIAL_SR_WSCALEFACTOR_Z = 31,
	SASS_CS2UR_SPECIAL_SR_TID = 32,
	SASS_CS2UR_SPECIAL_SR_TID_X = 33,
	SASS_CS2UR_SPECIAL_SR_TID_Y = 34,
	SASS_CS2UR_SPECIAL_SR_TID_Z = 35,
	SASS_CS2UR_SPECIAL_SR_CTAID_X = 37,
	SASS_CS2UR_SPECIAL_SR_CTAID_Y = 38,
	SASS_CS2UR_SPECIAL_SR_CTAID_Z = 39,
	SASS_CS2UR_SPECIAL_SR_NTID = 40,
	SASS_CS2UR_SPECIAL_SR_CIRQUEUEINCRMINUSONE = 41,
	SASS_CS2UR_SPECIAL_SR_NLATC = 42,
	SASS_CS2UR_SPECIAL_SR_SM_SPA_VERSION = 44,
	SASS_CS2UR_SPECIAL_SR_MULTIPASSSHADERINFO = 45,
	SASS_CS2UR_SPECIAL_SR_LWINHI = 46,
	SASS_CS2UR_SPECIAL_SR_SWINHI = 47,
	SASS_CS2UR_SPECIAL_SR_SWINLO = 48,
	SASS_CS2UR_SPECIAL_SR_SWINSZ = 49,
	SASS_CS2UR_SPECIAL_SR_SMEMSZ = 50,
	SASS_CS2UR_SPECIAL_SR_SMEMBANKS = 51,
	SASS_CS2UR_SPECIAL_SR_LWINLO = 52,
	SASS_CS2UR_SPECIAL_SR_LWINSZ = 53,
	SASS_CS2UR_SPECIAL_SR_LMEMLOSZ = 54,
	SASS_CS2UR_SPECIAL_SR_LMEMHIOFF = 55,
	SASS_CS2UR_SPECIAL_SR_EQMASK = 56,
	SASS_CS2UR_SPECIAL_SR_LTMASK = 57,
	SASS_CS2UR_SPECIAL_SR_LEMASK = 58,
	SASS_CS2UR_SPECIAL_SR_GTMASK = 59,
	SASS_CS2UR_SPECIAL_SR_GEMASK = 60,
	SASS_CS2UR_SPECIAL_SR_REGALLOC = 61,
	SASS_CS2UR_SPECIAL_SR_BARRIERALLOC = 62,
	SASS_CS2UR_SPECIAL_SR_GLOBALERRORSTATUS = 64,
	SASS_CS2UR_SPECIAL_SR_WARPERRORSTATUS = 66,
	SASS_CS2UR_SPECIAL_SR_VIRTUALSMID = 67,
	SASS_CS2UR_SPECIAL_SR_VIRTUALENGINEID = 68,
	SASS_CS2UR_SPECIAL_SR_CLOCKLO = 80,
	SASS_CS2UR_SPECIAL_SR_CLOCKHI = 81,
	SASS_CS2UR_SPECIAL_SR_GLOBALTIMERLO = 82,
	SASS_CS2UR_SPECIAL_SR_GLOBALTIMERHI = 83,
	SASS_CS2UR_SPECIAL_SR_ESR_PC = 84,
	SASS_CS2UR_SPECIAL_SR_ESR_PC_HI = 85,
	SASS_CS2UR_SPECIAL_SR_HWTASKID = 96,
	SASS_CS2UR_SPECIAL_SR_CIRCULARQUEUEENTRYINDEX = 97,
	SASS_CS2UR_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSLOW = 98,
	SASS_CS2UR_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSHIGH = 99,
	SASS_CS2UR_SPECIAL_SR_PM0 = 100,
	SASS_CS2UR_SPECIAL_SR_PM_HI0 = 101,
	SASS_CS2UR_SPECIAL_SR_PM1 = 102,
	SASS_CS2UR_SPECIAL_SR_PM_HI1 = 103,
	SASS_CS2UR_SPECIAL_SR_PM2 = 104,
	SASS_CS2UR_SPECIAL_SR_PM_HI2 = 105,
	SASS_CS2UR_SPECIAL_SR_PM3 = 106,
	SASS_CS2UR_SPECIAL_SR_PM_HI3 = 107,
	SASS_CS2UR_SPECIAL_SR_PM4 = 108,
	SASS_CS2UR_SPECIAL_SR_PM_HI4 = 109,
	SASS_CS2UR_SPECIAL_SR_PM5 = 110,
	SASS_CS2UR_SPECIAL_SR_PM_HI5 = 111,
	SASS_CS2UR_SPECIAL_SR_PM6 = 112,
	SASS_CS2UR_SPECIAL_SR_PM_HI6 = 113,
	SASS_CS2UR_SPECIAL_SR_PM7 = 114,
	SASS_CS2UR_SPECIAL_SR_PM_HI7 = 115,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM0 = 116,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI0 = 117,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM1 = 118,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI1 = 119,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM2 = 120,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI2 = 121,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM3 = 122,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI3 = 123,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM4 = 124,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI4 = 125,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM5 = 126,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI5 = 127,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM6 = 128,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI6 = 129,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM7 = 130,
	SASS_CS2UR_SPECIAL_SR_SNAP_PM_HI7 = 131,
	SASS_CS2UR_SPECIAL_SR_VARIABLE_RATE = 132,
	SASS_CS2UR_SPECIAL_HIR0X000 = 133,
	SASS_CS2UR_SPECIAL_SRZ = 255,
	SASS_CS2UR_SPECIAL_SR_SW_SCRATCH = 24,
	SASS_CS2UR_SPECIAL_SR_CGAERRORSTATUS = 65,
	SASS_CS2UR_SPECIAL_SR_CGACTAID = 136,
	SASS_CS2UR_SPECIAL_SR_GPCLOCALCGAID = 137,
	SASS_CS2UR_SPECIAL_SR_CTAREGPOOLSZ = 139,
	SASS_CS2UR_SPECIAL_SR_CGASIZE = 138,
	SASS_CS2UR_SPECIAL_SR_TMEMSZ = 141,
	SASS_CS2UR_SPECIAL_SR_WARPGROUP_INFO = 134,
	SASS_CS2UR_SPECIAL_SR_WARPGROUPID = 135,
	SASS_CS2UR_SPECIAL_SR_CONTEXT_SAVE_ADDR_LO = 142,
	SASS_CS2UR_SPECIAL_SR_CONTEXT_SAVE_ADDR_HI = 143,
};

static inline unsigned sass_DADD_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_DADD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_DADD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_DADD_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_DADD_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_DADD_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x629)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe29)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_DADD_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x629)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe29)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_DADD_ROUND_RM = 1,
	SASS_DADD_ROUND_RP = 2,
	SASS_DADD_ROUND_RZ = 3,
};

static inline unsigned sass_DEPBAR_less_or_equal(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 47, 1));
}

static inline unsigned sass_DEPBAR_barrier(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 44, 3));
}

static inline unsigned sass_DEPBAR_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 6));
}

static inline unsigned sass_DEPBAR_waits(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 6));
}

enum {
	SASS_DEPBAR_LESS_OR_EQUAL_LE = 1,
	SASS_DEPBAR_WAITS_0 = 1,
	SASS_DEPBAR_WAITS_1 = 2,
	SASS_DEPBAR_WAITS_1_0 = 3,
	SASS_DEPBAR_WAITS_2 = 4,
	SASS_DEPBAR_WAITS_2_0 = 5,
	SASS_DEPBAR_WAITS_2_1 = 6,
	SASS_DEPBAR_WAITS_2_1_0 = 7,
	SASS_DEPBAR_WAITS_3 = 8,
	SASS_DEPBAR_WAITS_3_0 = 9,
	SASS_DEPBAR_WAITS_3_1 = 10,
	SASS_DEPBAR_WAITS_3_1_0 = 11,
	SASS_DEPBAR_WAITS_3_2 = 12,
	SASS_DEPBAR_WAITS_3_2_0 = 13,
	SASS_DEPBAR_WAITS_3_2_1 = 14,
	SASS_DEPBAR_WAITS_3_2_1_0 = 15,
	SASS_DEPBAR_WAITS_4 = 16,
	SASS_DEPBAR_WAITS_4_0 = 17,
	SASS_DEPBAR_WAITS_4_1 = 18,
	SASS_DEPBAR_WAITS_4_1_0 = 19,
	SASS_DEPBAR_WAITS_4_2 = 20,
	SASS_DEPBAR_WAITS_4_2_0 = 21,
	SASS_DEPBAR_WAITS_4_2_1 = 22,
	SASS_DEPBAR_WAITS_4_2_1_0 = 23,
	SASS_DEPBAR_WAITS_4_3 = 24,
	SASS_DEPBAR_WAITS_4_3_0 = 25,
	SASS_DEPBAR_WAITS_4_3_1 = 26,
	SASS_DEPBAR_WAITS_4_3_1_0 = 27,
	SASS_DEPBAR_WAITS_4_3_2 = 28,
	SASS_DEPBAR_WAITS_4_3_2_0 = 29,
	SASS_DEPBAR_WAITS_4_3_2_1 = 30,
	SASS_DEPBAR_WAITS_4_3_2_1_0 = 31,
	SASS_DEPBAR_WAITS_5 = 32,
	SASS_DEPBAR_WAITS_5_0 = 33,
	SASS_DEPBAR_WAITS_5_1 = 34,
	SASS_DEPBAR_WAITS_5_1_0 = 35,
	SASS_DEPBAR_WAITS_5_2 = 36,
	SASS_DEPBAR_WAITS_5_2_0 = 37,
	SASS_DEPBAR_WAITS_5_2_1 = 38,
	SASS_DEPBAR_WAITS_5_2_1_0 = 39,
	SASS_DEPBAR_WAITS_5_3 = 40,
	SASS_DEPBAR_WAITS_5_3_0 = 41,
	SASS_DEPBAR_WAITS_5_3_1 = 42,
	SASS_DEPBAR_WAITS_5_3_1_0 = 43,
	SASS_DEPBAR_WAITS_5_3_2 = 44,
	SASS_DEPBAR_WAITS_5_3_2_0 = 45,
	SASS_DEPBAR_WAITS_5_3_2_1 = 46,
	SASS_DEPBAR_WAITS_5_3_2_1_0 = 47,
	SASS_DEPBAR_WAITS_5_4 = 48,
	SASS_DEPBAR_WAITS_5_4_0 = 49,
	SASS_DEPBAR_WAITS_5_4_1 = 50,
	SASS_DEPBAR_WAITS_5_4_1_0 = 51,
	SASS_DEPBAR_WAITS_5_4_2 = 52,
	SASS_DEPBAR_WAITS_5_4_2_0 = 53,
	SASS_DEPBAR_WAITS_5_4_2_1 = 54,
	SASS_DEPBAR_WAITS_5_4_2_1_0 = 55,
	SASS_DEPBAR_WAITS_5_4_3 = 56,
	SASS_DEPBAR_WAITS_5_4_3_0 = 57,
	SASS_DEPBAR_WAITS_5_4_3_1 = 58,
	SASS_DEPBAR_WAITS_5_4_3_1_0 = 59,
	SASS_DEPBAR_WAITS_5_4_3_2 = 60,
	SASS_DEPBAR_WAITS_5_4_3_2_0 = 61,
	SASS_DEPBAR_WAITS_5_4_3_2_1 = 62,
	SASS_DEPBAR_WAITS_5_4_3_2_1_0 = 63,
};

static inline unsigned sass_DFMA_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_DFMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_DFMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_DFMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_DFMA_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_DFMA_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x42b)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x62b)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0xe2b)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_DFMA_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x42b)
		return (unsigned)(sass_bits(word, 74, 1));
	if ((word[0] & 0xfff) == 0x62b)
		return (unsigned)(sass_bits(word, 74, 1));
	if ((word[0] & 0xfff) == 0xe2b)
		return (unsigned)(sass_bits(word, 74, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_DFMA_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x62b)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe2b)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_DFMA_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x62b)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe2b)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_DFMA_ROUND_RM = 1,
	SASS_DFMA_ROUND_RP = 2,
	SASS_DFMA_ROUND_RZ = 3,
};

static inline unsigned sass_DMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_DMMA_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_DMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_DMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_DMMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_DMMA_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_DMMA_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_DMMA_Rb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_DMMA_Rb_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_DMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_DMMA_Rc_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_DMMA_Rc_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_DMMA_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

enum {
	SASS_DMMA_SHAPE_884 = 0,
	SASS_DMMA_ROUND_RM = 1,
	SASS_DMMA_ROUND_RP = 2,
	SASS_DMMA_ROUND_RZ = 3,
	SASS_DMMA_ENABLE_UPT = 0,
	SASS_DMMA_SHAPE_8X8X4 = 0,
	SASS_DMMA_SHAPE_16X8X4 = 1,
	SASS_DMMA_SHAPE_16X8X8 = 2,
	SASS_DMMA_SHAPE_16X8X16 = 3,
};

static inline unsigned sass_DMUL_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_DMUL_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_DMUL_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_DMUL_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_DMUL_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_DMUL_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_DMUL_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

enum {
	SASS_DMUL_ROUND_RM = 1,
	SASS_DMUL_ROUND_RP = 2,
	SASS_DMUL_ROUND_RZ = 3,
};

static inline unsigned sass_DSETP_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 4));
}

static inline unsigned sass_DSETP_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_DSETP_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_DSETP_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_DSETP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_DSETP_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_DSETP_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_DSETP_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_DSETP_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_DSETP_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_DSETP_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_DSETP_COMPARE_MIN = 0,
	SASS_DSETP_COMPARE_LT = 1,
	SASS_DSETP_COMPARE_EQ = 2,
	SASS_DSETP_COMPARE_LE = 3,
	SASS_DSETP_COMPARE_GT = 4,
	SASS_DSETP_COMPARE_NE = 5,
	SASS_DSETP_COMPARE_GE = 6,
	SASS_DSETP_COMPARE_NUM = 7,
	SASS_DSETP_COMPARE_NAN = 8,
	SASS_DSETP_COMPARE_LTU = 9,
	SASS_DSETP_COMPARE_EQU = 10,
	SASS_DSETP_COMPARE_LEU = 11,
	SASS_DSETP_COMPARE_GTU = 12,
	SASS_DSETP_COMPARE_NEU = 13,
	SASS_DSETP_COMPARE_GEU = 14,
	SASS_DSETP_COMPARE_MAX = 15,
	SASS_DSETP_BOOLEAN_AND = 0,
	SASS_DSETP_BOOLEAN_OR = 1,
	SASS_DSETP_BOOLEAN_XOR = 2,
};

static inline unsigned sass_ELECT_ignores_kill(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_ELECT_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ELECT_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ELECT_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_ELECT_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_ELECT_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_ELECT_IGNORES_KILL_IGNOREKILL = 1,
};

static inline unsigned sass_ENDCOLLECTIVE_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_ENDCOLLECTIVE_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_EXIT_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 2));
}

static inline unsigned sass_EXIT_skips_handler(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_EXIT_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_EXIT_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_EXIT_MODE_KEEPREFCOUNT = 1,
	SASS_EXIT_MODE_PREEMPTED = 2,
	SASS_EXIT_SKIPS_HANDLER_NO_ATEXIT = 1,
};

static inline unsigned sass_F2F_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_F2F_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 3));
}

static inline unsigned sass_F2F_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_F2F_source(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_F2F_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_F2F_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_F2F_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_F2F_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_F2F_FTZ_FTZ = 1,
	SASS_F2F_RESULT_F32 = 2,
	SASS_F2F_RESULT_BF16 = 4,
	SASS_F2F_ROUND_RM = 1,
	SASS_F2F_ROUND_RP = 2,
	SASS_F2F_ROUND_RZ = 3,
	SASS_F2F_SOURCE_F16 = 1,
	SASS_F2F_SOURCE_F32 = 2,
	SASS_F2F_SOURCE_F64 = 3,
	SASS_F2F_SOURCE_BF16 = 4,
	SASS_F2F_RESULT_F16 = 1,
	SASS_F2F_RESULT_F64 = 3,
};

static inline unsigned sass_F2FP_satfinite(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_F2FP_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_F2FP_result(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 85, 3) << 1);
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_F2FP_layout(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 89, 2) << 1);
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_F2FP_round(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 79, 2));
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 79, 2));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x1e))
		return (unsigned)(sass_bits(word, 79, 2));
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0x83e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 79, 3));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 79, 3));
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_F2FP_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_F2FP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_F2FP_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_F2FP_C_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_F2FP_source(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2) | sass_bits(word, 82, 2) << 2);
}

static inline unsigned sass_F2FP_B_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 88, 1));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0x60))
		return (unsigned)(sass_bits(word, 88, 1));
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 88, 1));
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 88, 1));
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 88, 1));
	if ((word[0] & 0xfff) == 0x23e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 72, 1) | sass_bits(word, 88, 1) << 1);
	if ((word[0] & 0xfff) == 0xa3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 72, 1) | sass_bits(word, 88, 1) << 1);
	if ((word[0] & 0xfff) == 0xc3e && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 72, 1) | sass_bits(word, 88, 1) << 1);
	return (unsigned)(sass_bits(word, 88, 1));
}

enum {
	SASS_F2FP_SATFINITE_SATFINITE = 1,
	SASS_F2FP_RELU_RELU = 1,
	SASS_F2FP_RESULT_BF16 = 1,
	SASS_F2FP_LAYOUT_PACK_AB = 0,
	SASS_F2FP_LAYOUT_MERGE_C = 1,
	SASS_F2FP_ROUND_RM = 1,
	SASS_F2FP_ROUND_RP = 2,
	SASS_F2FP_ROUND_RZ = 3,
	SASS_F2FP_SOURCE_F32 = 0,
	SASS_F2FP_SOURCE_F16 = 1,
	SASS_F2FP_SOURCE_E5M2 = 2,
	SASS_F2FP_SOURCE_E4M3 = 3,
	SASS_F2FP_LAYOUT_UNPACK_B = 2,
	SASS_F2FP_LAYOUT_PACK_B = 3,
	SASS_F2FP_LAYOUT_UNPACK_B_MERGE_C = 4,
	SASS_F2FP_LAYOUT_PACK_AB_MERGE_C = 5,
	SASS_F2FP_RESULT_F16 = 0,
	SASS_F2FP_RESULT_TF32 = 5,
	SASS_F2FP_RESULT_E5M2 = 8,
	SASS_F2FP_RESULT_E4M3 = 9,
	SASS_F2FP_ROUND_RS = 4,
	SASS_F2FP_SOURCE_E2M1 = 5,
	SASS_F2FP_SOURCE_E2M3 = 6,
	SASS_F2FP_SOURCE_E3M2 = 7,
	SASS_F2FP_SOURCE_BF16 = 9,
	SASS_F2FP_SOURCE_E8 = 11,
	SASS_F2FP_RESULT_E2M1 = 3,
	SASS_F2FP_RESULT_E2M3 = 6,
	SASS_F2FP_RESULT_E3M2 = 7,
	SASS_F2FP_RESULT_E8 = 12,
};

static inline unsigned sass_F2I_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_F2I_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1) | sass_bits(word, 75, 2) << 1);
}

static inline unsigned sass_F2I_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_F2I_ntz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_F2I_source(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_F2I_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_F2I_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_F2I_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_F2I_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_F2I_FTZ_FTZ = 1,
	SASS_F2I_RESULT_U8 = 0,
	SASS_F2I_RESULT_S8 = 1,
	SASS_F2I_RESULT_U16 = 2,
	SASS_F2I_RESULT_S16 = 3,
	SASS_F2I_RESULT_U32 = 4,
	SASS_F2I_ROUND_FLOOR = 1,
	SASS_F2I_ROUND_CEIL = 2,
	SASS_F2I_ROUND_TRUNC = 3,
	SASS_F2I_NTZ_NTZ = 1,
	SASS_F2I_SOURCE_F16 = 1,
	SASS_F2I_SOURCE_F64 = 3,
	SASS_F2I_SOURCE_BF16 = 4,
	SASS_F2I_RESULT_U64 = 6,
	SASS_F2I_RESULT_S64 = 7,
};

static inline unsigned sass_F2IP_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_F2IP_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_F2IP_ntz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_F2IP_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_F2IP_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_F2IP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_F2IP_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_F2IP_C_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

enum {
	SASS_F2IP_RESULT_U8 = 0,
	SASS_F2IP_RESULT_S8 = 1,
	SASS_F2IP_ROUND_TRUNC = 3,
	SASS_F2IP_NTZ_NTZ = 1,
	SASS_F2IP_RELU_RELU = 1,
};

static inline unsigned sass_FADD_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FADD_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_FADD_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FADD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FADD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FADD_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FADD_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FADD_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FADD_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

enum {
	SASS_FADD_FTZ_FTZ = 1,
	SASS_FADD_SATURATE_SAT = 1,
	SASS_FADD_ROUND_RM = 1,
	SASS_FADD_ROUND_RP = 2,
	SASS_FADD_ROUND_RZ = 3,
};

static inline unsigned sass_FADD2_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FADD2_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FADD2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FADD2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FADD2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FADD2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FADD2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_FADD2_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FADD2_C_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FADD2_C_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

enum {
	SASS_FADD2_FTZ_FTZ = 1,
	SASS_FADD2_ROUND_RM = 1,
	SASS_FADD2_ROUND_RP = 2,
	SASS_FADD2_ROUND_RZ = 3,
};

static inline unsigned sass_FCHK_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_FCHK_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FCHK_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FCHK_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FCHK_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FCHK_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FENCE_VIEW_ASYNC_space(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

enum {
	SASS_FENCE_VIEW_ASYNC_SPACE_S = 0,
	SASS_FENCE_VIEW_ASYNC_SPACE_G = 1,
	SASS_FENCE_VIEW_ASYNC_SPACE_T = 2,
};

static inline unsigned sass_FFMA_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_FFMA_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_FFMA_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FFMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FFMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FFMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FFMA_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FFMA_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x423)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x623)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FFMA_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x423)
		return (unsigned)(sass_bits(word, 74, 1));
	if ((word[0] & 0xfff) == 0x623)
		return (unsigned)(sass_bits(word, 74, 1));
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 74, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FFMA_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x623)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_FFMA_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x623)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_FFMA_FLUSH_FTZ = 1,
	SASS_FFMA_FLUSH_FMZ = 2,
	SASS_FFMA_SATURATE_SAT = 1,
	SASS_FFMA_ROUND_RM = 1,
	SASS_FFMA_ROUND_RP = 2,
	SASS_FFMA_ROUND_RZ = 3,
};

static inline unsigned sass_FFMA2_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_FFMA2_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FFMA2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FFMA2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FFMA2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FFMA2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FFMA2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_FFMA2_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe49)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FFMA2_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe49)
		return (unsigned)(sass_bits(word, 74, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FFMA2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

static inline unsigned sass_FFMA2_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe49)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_FFMA2_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe49)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_FFMA2_C_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

enum {
	SASS_FFMA2_FLUSH_FTZ = 1,
	SASS_FFMA2_FLUSH_FMZ = 2,
	SASS_FFMA2_ROUND_RM = 1,
	SASS_FFMA2_ROUND_RP = 2,
	SASS_FFMA2_ROUND_RZ = 3,
};

static inline unsigned sass_FHADD_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_FHADD_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_FHADD_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FHADD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FHADD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FHADD_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FHADD_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FHADD_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_FHADD_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FHADD_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

enum {
	SASS_FHADD_FORMAT_BF16 = 1,
	SASS_FHADD_SATURATE_SAT = 1,
	SASS_FHADD_ROUND_RM = 1,
	SASS_FHADD_ROUND_RP = 2,
	SASS_FHADD_ROUND_RZ = 3,
};

static inline unsigned sass_FHFMA_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_FHFMA_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_FHFMA_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FHFMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FHFMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FHFMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FHFMA_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FHFMA_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_FHFMA_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_FHFMA_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_FHFMA_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FHFMA_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xe23)
		return (unsigned)(sass_bits(word, 74, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FHFMA_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

enum {
	SASS_FHFMA_FORMAT_BF16 = 1,
	SASS_FHFMA_SATURATE_SAT = 1,
	SASS_FHFMA_ROUND_RM = 1,
	SASS_FHFMA_ROUND_RP = 2,
	SASS_FHFMA_ROUND_RZ = 3,
};

static inline unsigned sass_FLO_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FLO_shift_amount(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_FLO_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FLO_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FLO_B_invert(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FLO_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

enum {
	SASS_FLO_SIGNED_U32 = 0,
	SASS_FLO_SHIFT_AMOUNT_SH = 1,
};

static inline unsigned sass_FMNMX_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FMNMX_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FMNMX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FMNMX_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FMNMX_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FMNMX_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FMNMX_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FMNMX_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_FMNMX_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_FMNMX_nan(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 1));
}

static inline unsigned sass_FMNMX_xorsign(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_FMNMX_is_a(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 65, 1));
}

static inline unsigned sass_FMNMX_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 66, 3));
}

enum {
	SASS_FMNMX_FTZ_FTZ = 1,
	SASS_FMNMX_NAN_NAN = 1,
	SASS_FMNMX_XORSIGN_XORSIGN = 1,
	SASS_FMNMX_IS_A_IS_A = 1,
};

static inline unsigned sass_FMNMX3_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FMNMX3_nan(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 1));
}

static inline unsigned sass_FMNMX3_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FMNMX3_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FMNMX3_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FMNMX3_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FMNMX3_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x476)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x676)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0xe76)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FMNMX3_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x476)
		return (unsigned)(sass_bits(word, 74, 1));
	if ((word[0] & 0xfff) == 0x676)
		return (unsigned)(sass_bits(word, 74, 1));
	if ((word[0] & 0xfff) == 0xe76)
		return (unsigned)(sass_bits(word, 74, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FMNMX3_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x676)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe76)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_FMNMX3_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x676)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe76)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_FMNMX3_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_FMNMX3_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_FMNMX3_FTZ_FTZ = 1,
	SASS_FMNMX3_NAN_NAN = 1,
};

static inline unsigned sass_FMUL_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_FMUL_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_FMUL_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FMUL_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_FMUL_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FMUL_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FMUL_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FMUL_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FMUL_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FMUL_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

enum {
	SASS_FMUL_FLUSH_FTZ = 1,
	SASS_FMUL_FLUSH_FMZ = 2,
	SASS_FMUL_SATURATE_SAT = 1,
	SASS_FMUL_ROUND_RM = 1,
	SASS_FMUL_ROUND_RP = 2,
	SASS_FMUL_ROUND_RZ = 3,
	SASS_FMUL_SCALE_D8 = 1,
	SASS_FMUL_SCALE_D4 = 2,
	SASS_FMUL_SCALE_D2 = 3,
	SASS_FMUL_SCALE_M2 = 5,
	SASS_FMUL_SCALE_M4 = 6,
	SASS_FMUL_SCALE_M8 = 7,
};

static inline unsigned sass_FMUL2_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_FMUL2_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FMUL2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FMUL2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FMUL2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FMUL2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FMUL2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_FMUL2_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FMUL2_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FMUL2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

enum {
	SASS_FMUL2_FLUSH_FTZ = 1,
	SASS_FMUL2_FLUSH_FMZ = 2,
	SASS_FMUL2_ROUND_RM = 1,
	SASS_FMUL2_ROUND_RP = 2,
	SASS_FMUL2_ROUND_RZ = 3,
};

static inline unsigned sass_FRND_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FRND_source(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_FRND_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FRND_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FRND_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FRND_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FRND_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_FRND_FTZ_FTZ = 1,
	SASS_FRND_SOURCE_F16 = 1,
	SASS_FRND_SOURCE_F64 = 3,
	SASS_FRND_SOURCE_BF16 = 4,
	SASS_FRND_ROUND_FLOOR = 1,
	SASS_FRND_ROUND_CEIL = 2,
	SASS_FRND_ROUND_TRUNC = 3,
};

static inline unsigned sass_FSEL_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FSEL_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FSEL_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FSEL_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FSEL_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FSEL_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FSEL_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FSEL_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_FSEL_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_FSEL_FTZ_FTZ = 1,
};

static inline unsigned sass_FSET_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 4));
}

static inline unsigned sass_FSET_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FSET_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_FSET_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FSET_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FSET_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FSET_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FSET_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FSET_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FSET_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_FSET_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_FSET_COMPARE_F = 0,
	SASS_FSET_COMPARE_LT = 1,
	SASS_FSET_COMPARE_EQ = 2,
	SASS_FSET_COMPARE_LE = 3,
	SASS_FSET_COMPARE_GT = 4,
	SASS_FSET_COMPARE_NE = 5,
	SASS_FSET_COMPARE_GE = 6,
	SASS_FSET_COMPARE_NUM = 7,
	SASS_FSET_COMPARE_NAN = 8,
	SASS_FSET_COMPARE_LTU = 9,
	SASS_FSET_COMPARE_EQU = 10,
	SASS_FSET_COMPARE_LEU = 11,
	SASS_FSET_COMPARE_GTU = 12,
	SASS_FSET_COMPARE_NEU = 13,
	SASS_FSET_COMPARE_GEU = 14,
	SASS_FSET_COMPARE_T = 15,
	SASS_FSET_FTZ_FTZ = 1,
	SASS_FSET_BOOLEAN_AND = 0,
	SASS_FSET_BOOLEAN_OR = 1,
	SASS_FSET_BOOLEAN_XOR = 2,
};

static inline unsigned sass_FSETP_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 4));
}

static inline unsigned sass_FSETP_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FSETP_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_FSETP_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_FSETP_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_FSETP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FSETP_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_FSETP_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_FSETP_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_FSETP_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_FSETP_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_FSETP_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_FSETP_COMPARE_F = 0,
	SASS_FSETP_COMPARE_LT = 1,
	SASS_FSETP_COMPARE_EQ = 2,
	SASS_FSETP_COMPARE_LE = 3,
	SASS_FSETP_COMPARE_GT = 4,
	SASS_FSETP_COMPARE_NE = 5,
	SASS_FSETP_COMPARE_GE = 6,
	SASS_FSETP_COMPARE_NUM = 7,
	SASS_FSETP_COMPARE_NAN = 8,
	SASS_FSETP_COMPARE_LTU = 9,
	SASS_FSETP_COMPARE_EQU = 10,
	SASS_FSETP_COMPARE_LEU = 11,
	SASS_FSETP_COMPARE_GTU = 12,
	SASS_FSETP_COMPARE_NEU = 13,
	SASS_FSETP_COMPARE_GEU = 14,
	SASS_FSETP_COMPARE_T = 15,
	SASS_FSETP_FTZ_FTZ = 1,
	SASS_FSETP_BOOLEAN_AND = 0,
	SASS_FSETP_BOOLEAN_OR = 1,
	SASS_FSETP_BOOLEAN_XOR = 2,
};

static inline unsigned sass_FSWZADD_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_FSWZADD_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_FSWZADD_ndv(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_FSWZADD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_FSWZADD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_FSWZADD_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_FSWZADD_signs_0(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 2));
}

static inline unsigned sass_FSWZADD_signs_1(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 34, 2));
}

static inline unsigned sass_FSWZADD_signs_2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 36, 2));
}

static inline unsigned sass_FSWZADD_signs_3(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 2));
}

enum {
	SASS_FSWZADD_FTZ_FTZ = 1,
	SASS_FSWZADD_ROUND_RM = 1,
	SASS_FSWZADD_ROUND_RP = 2,
	SASS_FSWZADD_ROUND_RZ = 3,
	SASS_FSWZADD_NDV_NDV = 1,
	SASS_FSWZADD_SIGNS_0_PP = 0,
	SASS_FSWZADD_SIGNS_0_PN = 1,
	SASS_FSWZADD_SIGNS_0_NP = 2,
	SASS_FSWZADD_SIGNS_0_ZP = 3,
	SASS_FSWZADD_SIGNS_1_PP = 0,
	SASS_FSWZADD_SIGNS_1_PN = 1,
	SASS_FSWZADD_SIGNS_1_NP = 2,
	SASS_FSWZADD_SIGNS_1_ZP = 3,
	SASS_FSWZADD_SIGNS_2_PP = 0,
	SASS_FSWZADD_SIGNS_2_PN = 1,
	SASS_FSWZADD_SIGNS_2_NP = 2,
	SASS_FSWZADD_SIGNS_2_ZP = 3,
	SASS_FSWZADD_SIGNS_3_PP = 0,
	SASS_FSWZADD_SIGNS_3_PN = 1,
	SASS_FSWZADD_SIGNS_3_NP = 2,
	SASS_FSWZADD_SIGNS_3_ZP = 3,
};

static inline unsigned sass_HADD2_format(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x430 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x630 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xe30 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x230 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x430 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x630 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xe30 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x230 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x430 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x630 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xe30 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1));
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_HADD2_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_HADD2_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_HADD2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HADD2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HADD2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HADD2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HADD2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_HADD2_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HADD2_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HADD2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_HADD2_FORMAT_F32 = 1,
	SASS_HADD2_FTZ_FTZ = 1,
	SASS_HADD2_SATURATE_SAT = 1,
	SASS_HADD2_FORMAT_BF16_V2 = 2,
};

static inline unsigned sass_HFMA2_format(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x831 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0x231 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x831 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x231 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x831 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x231 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0x831 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_HFMA2_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_HFMA2_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_HFMA2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HFMA2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HFMA2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HFMA2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HFMA2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_HFMA2_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 84, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HFMA2_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x431)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 83, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HFMA2_B_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 81, 2));
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 81, 2));
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 81, 2));
	if ((word[0] & 0xfff) == 0x231 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 81, 2));
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 81, 2));
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0x2))
		return (unsigned)(sass_bits(word, 81, 2));
	if ((word[0] & 0xfff) == 0x231 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 60, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 60, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 60, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0x3c))
		return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0x231 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 60, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0x431 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0x631 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0xa31 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 60, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0xc31 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 60, 2) | sass_bits(word, 86, 1) << 2);
	if ((word[0] & 0xfff) == 0xe31 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 86, 1) << 2);
	return (unsigned)(sass_bits(word, 60, 2));
}

static inline unsigned sass_HFMA2_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_HFMA2_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_HFMA2_C_suffix(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0x631)
		return (unsigned)(sass_bits(word, 60, 2));
	if ((word[0] & 0xfff) == 0xe31)
		return (unsigned)(sass_bits(word, 60, 2));
	return (unsigned)(sass_bits(word, 81, 2));
}

static inline unsigned sass_HFMA2_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 1));
}

static inline unsigned sass_HFMA2_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_HFMA2_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_HFMA2_FORMAT_F32 = 1,
	SASS_HFMA2_FLUSH_FTZ = 1,
	SASS_HFMA2_FLUSH_FMZ = 2,
	SASS_HFMA2_SATURATE_SAT = 1,
	SASS_HFMA2_FORMAT_BF16_V2 = 2,
	SASS_HFMA2_RELU_RELU = 1,
	SASS_HFMA2_FLUSH_OOB = 3,
};

static inline unsigned sass_HFMA2_MMA_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_HFMA2_MMA_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 1));
}

static inline unsigned sass_HFMA2_MMA_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_HFMA2_MMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HFMA2_MMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HFMA2_MMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HFMA2_MMA_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HFMA2_MMA_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_HFMA2_MMA_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_HFMA2_MMA_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x435)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x435)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 84, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 84, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HFMA2_MMA_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x435)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x435)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 83, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HFMA2_MMA_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_HFMA2_MMA_C_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0x635)
		return (unsigned)(sass_bits(word, 62, 1));
	if ((word[0] & 0xfff) == 0xe35)
		return (unsigned)(sass_bits(word, 62, 1));
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_HFMA2_MMA_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
}

enum {
	SASS_HFMA2_MMA_FLUSH_FTZ = 1,
	SASS_HFMA2_MMA_FLUSH_FMZ = 2,
	SASS_HFMA2_MMA_RELU_RELU = 1,
	SASS_HFMA2_MMA_SATURATE_SAT = 1,
	SASS_HFMA2_MMA_FORMAT_BF16_V2 = 2,
};

static inline unsigned sass_HGMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HGMMA_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_HGMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 53, 7));
}

static inline unsigned sass_HGMMA_accumulator(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_HGMMA_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_HGMMA_negate_a(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HGMMA_negate_b(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HGMMA_transpose_a(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 1));
}

static inline unsigned sass_HGMMA_transpose_b(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HGMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HGMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_HGMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_HGMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_HGMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_HGMMA_scoreboard(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_HGMMA_descriptors(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xdf0)
		return (unsigned)(sass_bits(word, 32, 8));
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HGMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HGMMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

enum {
	SASS_HGMMA_SPARSE_SP = 1,
	SASS_HGMMA_OFFSET_REGOFFSET = 1,
	SASS_HGMMA_SHAPE_8X16 = 0,
	SASS_HGMMA_SHAPE_16X16 = 1,
	SASS_HGMMA_SHAPE_24X16 = 2,
	SASS_HGMMA_SHAPE_32X16 = 3,
	SASS_HGMMA_SHAPE_40X16 = 4,
	SASS_HGMMA_SHAPE_48X16 = 5,
	SASS_HGMMA_SHAPE_56X16 = 6,
	SASS_HGMMA_SHAPE_64X16 = 7,
	SASS_HGMMA_SHAPE_72X16 = 8,
	SASS_HGMMA_SHAPE_80X16 = 9,
	SASS_HGMMA_SHAPE_88X16 = 10,
	SASS_HGMMA_SHAPE_96X16 = 11,
	SASS_HGMMA_SHAPE_104X16 = 12,
	SASS_HGMMA_SHAPE_112X16 = 13,
	SASS_HGMMA_SHAPE_120X16 = 14,
	SASS_HGMMA_SHAPE_128X16 = 15,
	SASS_HGMMA_SHAPE_136X16 = 16,
	SASS_HGMMA_SHAPE_144X16 = 17,
	SASS_HGMMA_SHAPE_152X16 = 18,
	SASS_HGMMA_SHAPE_160X16 = 19,
	SASS_HGMMA_SHAPE_168X16 = 20,
	SASS_HGMMA_SHAPE_176X16 = 21,
	SASS_HGMMA_SHAPE_184X16 = 22,
	SASS_HGMMA_SHAPE_192X16 = 23,
	SASS_HGMMA_SHAPE_200X16 = 24,
	SASS_HGMMA_SHAPE_208X16 = 25,
	SASS_HGMMA_SHAPE_216X16 = 26,
	SASS_HGMMA_SHAPE_224X16 = 27,
	SASS_HGMMA_SHAPE_232X16 = 28,
	SASS_HGMMA_SHAPE_240X16 = 29,
	SASS_HGMMA_SHAPE_248X16 = 30,
	SASS_HGMMA_SHAPE_256X16 = 31,
	SASS_HGMMA_SHAPE_8X8 = 32,
	SASS_HGMMA_SHAPE_16X8 = 33,
	SASS_HGMMA_SHAPE_24X8 = 34,
	SASS_HGMMA_SHAPE_32X8 = 35,
	SASS_HGMMA_SHAPE_40X8 = 36,
	SASS_HGMMA_SHAPE_48X8 = 37,
	SASS_HGMMA_SHAPE_56X8 = 38,
	SASS_HGMMA_SHAPE_64X8 = 39,
	SASS_HGMMA_SHAPE_72X8 = 40,
	SASS_HGMMA_SHAPE_80X8 = 41,
	SASS_HGMMA_SHAPE_88X8 = 42,
	SASS_HGMMA_SHAPE_96X8 = 43,
	SASS_HGMMA_SHAPE_104X8 = 44,
	SASS_HGMMA_SHAPE_112X8 = 45,
	SASS_HGMMA_SHAPE_120X8 = 46,
	SASS_HGMMA_SHAPE_128X8 = 47,
	SASS_HGMMA_SHAPE_136X8 = 48,
	SASS_HGMMA_SHAPE_144X8 = 49,
	SASS_HGMMA_SHAPE_152X8 = 50,
	SASS_HGMMA_SHAPE_160X8 = 51,
	SASS_HGMMA_SHAPE_168X8 = 52,
	SASS_HGMMA_SHAPE_176X8 = 53,
	SASS_HGMMA_SHAPE_184X8 = 54,
	SASS_HGMMA_SHAPE_192X8 = 55,
	SASS_HGMMA_SHAPE_200X8 = 56,
	SASS_HGMMA_SHAPE_208X8 = 57,
	SASS_HGMMA_SHAPE_216X8 = 58,
	SASS_HGMMA_SHAPE_224X8 = 59,
	SASS_HGMMA_SHAPE_232X8 = 60,
	SASS_HGMMA_SHAPE_240X8 = 61,
	SASS_HGMMA_SHAPE_248X8 = 62,
	SASS_HGMMA_SHAPE_256X8 = 63,
	SASS_HGMMA_SHAPE_8X32 = 64,
	SASS_HGMMA_SHAPE_16X32 = 65,
	SASS_HGMMA_SHAPE_24X32 = 66,
	SASS_HGMMA_SHAPE_32X32 = 67,
	SASS_HGMMA_SHAPE_40X32 = 68,
	SASS_HGMMA_SHAPE_48X32 = 69,
	SASS_HGMMA_SHAPE_56X32 = 70,
	SASS_HGMMA_SHAPE_64X32 = 71,
	SASS_HGMMA_SHAPE_72X32 = 72,
	SASS_HGMMA_SHAPE_80X32 = 73,
	SASS_HGMMA_SHAPE_88X32 = 74,
	SASS_HGMMA_SHAPE_96X32 = 75,
	SASS_HGMMA_SHAPE_104X32 = 76,
	SASS_HGMMA_SHAPE_112X32 = 77,
	SASS_HGMMA_SHAPE_120X32 = 78,
	SASS_HGMMA_SHAPE_128X32 = 79,
	SASS_HGMMA_SHAPE_136X32 = 80,
	SASS_HGMMA_SHAPE_144X32 = 81,
	SASS_HGMMA_SHAPE_152X32 = 82,
	SASS_HGMMA_SHAPE_160X32 = 83,
	SASS_HGMMA_SHAPE_168X32 = 84,
	SASS_HGMMA_SHAPE_176X32 = 85,
	SASS_HGMMA_SHAPE_184X32 = 86,
	SASS_HGMMA_SHAPE_192X32 = 87,
	SASS_HGMMA_SHAPE_200X32 = 88,
	SASS_HGMMA_SHAPE_208X32 = 89,
	SASS_HGMMA_SHAPE_216X32 = 90,
	SASS_HGMMA_SHAPE_224X32 = 91,
	SASS_HGMMA_SHAPE_232X32 = 92,
	SASS_HGMMA_SHAPE_240X32 = 93,
	SASS_HGMMA_SHAPE_248X32 = 94,
	SASS_HGMMA_SHAPE_256X32 = 95,
	SASS_HGMMA_ACCUMULATOR_F16 = 0,
	SASS_HGMMA_ACCUMULATOR_F32 = 1,
	SASS_HGMMA_FORMAT_BF16 = 1,
	SASS_HGMMA_FORMAT_TF32 = 2,
	SASS_HGMMA_NEGATE_A_NEGA = 1,
	SASS_HGMMA_NEGATE_B_NEGB = 1,
	SASS_HGMMA_TRANSPOSE_A_TNSPA = 1,
	SASS_HGMMA_TRANSPOSE_B_TNSPB = 1,
	SASS_HGMMA_SCALE_UPT = 0,
	SASS_HGMMA_SCOREBOARD_GSB0 = 0,
};

static inline unsigned sass_HMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1) | sass_bits(word, 78, 1) << 1);
}

static inline unsigned sass_HMMA_accumulator(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_HMMA_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 2));
}

static inline unsigned sass_HMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HMMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HMMA_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_HMMA_Rb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_HMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_HMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_HMMA_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

enum {
	SASS_HMMA_SHAPE_1688 = 0,
	SASS_HMMA_SHAPE_16816 = 1,
	SASS_HMMA_SHAPE_1684 = 2,
	SASS_HMMA_SHAPE_16832 = 3,
	SASS_HMMA_ACCUMULATOR_F16 = 0,
	SASS_HMMA_ACCUMULATOR_F32 = 1,
	SASS_HMMA_FORMAT_F16 = 0,
	SASS_HMMA_FORMAT_BF16 = 1,
	SASS_HMMA_FORMAT_TF32 = 2,
	SASS_HMMA_SPARSE_SP = 1,
	SASS_HMMA_ENABLE_UPT = 0,
};

static inline unsigned sass_HMMA_884_accumulator(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_HMMA_884_addend(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_HMMA_884_step(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_HMMA_884_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HMMA_884_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HMMA_884_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HMMA_884_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_HMMA_884_Rb_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_HMMA_884_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_HMMA_884_ACCUMULATOR_F16 = 0,
	SASS_HMMA_884_ACCUMULATOR_F32 = 1,
	SASS_HMMA_884_ADDEND_F16 = 0,
	SASS_HMMA_884_ADDEND_F32 = 1,
	SASS_HMMA_884_STEP_STEP0 = 0,
	SASS_HMMA_884_STEP_STEP1 = 1,
	SASS_HMMA_884_STEP_STEP2 = 2,
	SASS_HMMA_884_STEP_STEP3 = 3,
};

static inline unsigned sass_HMNMX2_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
}

static inline unsigned sass_HMNMX2_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_HMNMX2_nan(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 1));
}

static inline unsigned sass_HMNMX2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HMNMX2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HMNMX2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HMNMX2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HMNMX2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_HMNMX2_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_HMNMX2_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_HMNMX2_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HMNMX2_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HMNMX2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

static inline unsigned sass_HMNMX2_xorsign(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_HMNMX2_is_a(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 65, 1));
}

static inline unsigned sass_HMNMX2_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 66, 3));
}

static inline unsigned sass_HMNMX2_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 69, 3));
}

enum {
	SASS_HMNMX2_FORMAT_F32 = 1,
	SASS_HMNMX2_FORMAT_BF16_V2 = 2,
	SASS_HMNMX2_FTZ_FTZ = 1,
	SASS_HMNMX2_NAN_NAN = 1,
	SASS_HMNMX2_XORSIGN_XORSIGN = 1,
	SASS_HMNMX2_IS_A_IS_A = 1,
};

static inline unsigned sass_HMUL2_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 85, 1) << 1);
}

static inline unsigned sass_HMUL2_flush(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_HMUL2_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_HMUL2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HMUL2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HMUL2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HMUL2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HMUL2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_HMUL2_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HMUL2_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HMUL2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_HMUL2_FLUSH_FTZ = 1,
	SASS_HMUL2_FLUSH_FMZ = 2,
	SASS_HMUL2_SATURATE_SAT = 1,
	SASS_HMUL2_FORMAT_BF16_V2 = 2,
};

static inline unsigned sass_HSET2_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 4));
}

static inline unsigned sass_HSET2_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_HSET2_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 69, 2));
}

static inline unsigned sass_HSET2_ones(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_HSET2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HSET2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HSET2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HSET2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HSET2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_HSET2_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_HSET2_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_HSET2_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HSET2_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HSET2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

static inline unsigned sass_HSET2_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 2));
}

enum {
	SASS_HSET2_COMPARE_F = 0,
	SASS_HSET2_COMPARE_LT = 1,
	SASS_HSET2_COMPARE_EQ = 2,
	SASS_HSET2_COMPARE_LE = 3,
	SASS_HSET2_COMPARE_GT = 4,
	SASS_HSET2_COMPARE_NE = 5,
	SASS_HSET2_COMPARE_GE = 6,
	SASS_HSET2_COMPARE_NUM = 7,
	SASS_HSET2_COMPARE_NAN = 8,
	SASS_HSET2_COMPARE_LTU = 9,
	SASS_HSET2_COMPARE_EQU = 10,
	SASS_HSET2_COMPARE_LEU = 11,
	SASS_HSET2_COMPARE_GTU = 12,
	SASS_HSET2_COMPARE_NEU = 13,
	SASS_HSET2_COMPARE_GEU = 14,
	SASS_HSET2_COMPARE_T = 15,
	SASS_HSET2_FTZ_FTZ = 1,
	SASS_HSET2_BOOLEAN_AND = 0,
	SASS_HSET2_BOOLEAN_OR = 1,
	SASS_HSET2_BOOLEAN_XOR = 2,
	SASS_HSET2_ONES_BF = 1,
	SASS_HSET2_FORMAT_BF16_V2 = 2,
};

static inline unsigned sass_HSETP2_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 4));
}

static inline unsigned sass_HSETP2_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_HSETP2_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 69, 2));
}

static inline unsigned sass_HSETP2_both(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_HSETP2_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_HSETP2_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_HSETP2_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_HSETP2_Ra_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_HSETP2_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_HSETP2_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_HSETP2_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_HSETP2_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_HSETP2_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_HSETP2_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_HSETP2_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_HSETP2_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

static inline unsigned sass_HSETP2_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 2));
}

enum {
	SASS_HSETP2_COMPARE_F = 0,
	SASS_HSETP2_COMPARE_LT = 1,
	SASS_HSETP2_COMPARE_EQ = 2,
	SASS_HSETP2_COMPARE_LE = 3,
	SASS_HSETP2_COMPARE_GT = 4,
	SASS_HSETP2_COMPARE_NE = 5,
	SASS_HSETP2_COMPARE_GE = 6,
	SASS_HSETP2_COMPARE_NUM = 7,
	SASS_HSETP2_COMPARE_NAN = 8,
	SASS_HSETP2_COMPARE_LTU = 9,
	SASS_HSETP2_COMPARE_EQU = 10,
	SASS_HSETP2_COMPARE_LEU = 11,
	SASS_HSETP2_COMPARE_GTU = 12,
	SASS_HSETP2_COMPARE_NEU = 13,
	SASS_HSETP2_COMPARE_GEU = 14,
	SASS_HSETP2_COMPARE_T = 15,
	SASS_HSETP2_FTZ_FTZ = 1,
	SASS_HSETP2_BOOLEAN_AND = 0,
	SASS_HSETP2_BOOLEAN_OR = 1,
	SASS_HSETP2_BOOLEAN_XOR = 2,
	SASS_HSETP2_BOTH_H_AND = 1,
	SASS_HSETP2_FORMAT_BF16_V2 = 2,
};

static inline unsigned sass_I2F_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 3));
}

static inline unsigned sass_I2F_source(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1) | sass_bits(word, 84, 2) << 1);
}

static inline unsigned sass_I2F_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_I2F_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_I2F_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_I2F_RESULT_F16 = 1,
	SASS_I2F_RESULT_BF16 = 4,
	SASS_I2F_SOURCE_U8 = 0,
	SASS_I2F_SOURCE_S8 = 1,
	SASS_I2F_SOURCE_U16 = 2,
	SASS_I2F_SOURCE_S16 = 3,
	SASS_I2F_SOURCE_U32 = 4,
	SASS_I2F_SOURCE_U64 = 6,
	SASS_I2F_SOURCE_S64 = 7,
	SASS_I2F_ROUND_RM = 1,
	SASS_I2F_ROUND_RP = 2,
	SASS_I2F_ROUND_RZ = 3,
	SASS_I2F_RESULT_F64 = 3,
};

static inline unsigned sass_I2FP_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_I2FP_source(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1) | sass_bits(word, 84, 2) << 1);
}

static inline unsigned sass_I2FP_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_I2FP_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

enum {
	SASS_I2FP_RESULT_F32 = 1,
	SASS_I2FP_SOURCE_U32 = 4,
	SASS_I2FP_SOURCE_S32 = 5,
	SASS_I2FP_ROUND_RM = 1,
	SASS_I2FP_ROUND_RP = 2,
	SASS_I2FP_ROUND_RZ = 3,
};

static inline unsigned sass_I2I_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_I2I_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

enum {
	SASS_I2I_RESULT_U8 = 0,
	SASS_I2I_RESULT_S8 = 1,
	SASS_I2I_RESULT_U16 = 2,
	SASS_I2I_RESULT_S16 = 3,
};

static inline unsigned sass_I2IP_result(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 3));
}

static inline unsigned sass_I2IP_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_I2IP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_I2IP_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_I2IP_C_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_I2IP_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

enum {
	SASS_I2IP_RESULT_U8 = 0,
	SASS_I2IP_RESULT_S8 = 1,
	SASS_I2IP_RESULT_U16 = 2,
	SASS_I2IP_RESULT_S16 = 3,
	SASS_I2IP_RESULT_U2 = 4,
	SASS_I2IP_RESULT_S2 = 5,
	SASS_I2IP_RESULT_U4 = 6,
	SASS_I2IP_RESULT_S4 = 7,
	SASS_I2IP_SATURATE_SATRELU = 2,
};

static inline unsigned sass_IABS_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IABS_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IADD_64_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IADD_64_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IADD_64_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IADD_64_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IADD_64_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_IADD_64_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_IADD_64_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_IADD_64_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IADD_64_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_IADD_64_WIDTH_64 = 1,
	SASS_IADD_64_EXTENDED_X = 1,
};

static inline unsigned sass_IADD3_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IADD3_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IADD3_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_IADD3_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_IADD3_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IADD3_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_IADD3_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x410)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x610)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0xe10)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x410)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x610)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0xe10)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_IADD3_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x610)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe10)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0x610)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe10)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_IADD3_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IADD3_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_IADD3_Pb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_IADD3_Pb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

enum {
	SASS_IADD3_EXTENDED_X = 1,
};

static inline unsigned sass_IDP_kind(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_IDP_signed_a(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1) | sass_bits(word, 76, 1) << 1);
}

static inline unsigned sass_IDP_signed_b(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IDP_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IDP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IDP_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x626)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe26)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

enum {
	SASS_IDP_KIND_4A = 0,
	SASS_IDP_KIND_2A_LO = 1,
	SASS_IDP_KIND_2A_HI = 3,
	SASS_IDP_SIGNED_A_U8 = 0,
	SASS_IDP_SIGNED_A_S8 = 1,
	SASS_IDP_SIGNED_A_U16 = 2,
	SASS_IDP_SIGNED_A_S16 = 3,
	SASS_IDP_SIGNED_B_U8 = 0,
	SASS_IDP_SIGNED_B_S8 = 1,
};

static inline unsigned sass_IGMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IGMMA_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IGMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 53, 7));
}

static inline unsigned sass_IGMMA_a_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_IGMMA_b_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 2));
}

static inline unsigned sass_IGMMA_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_IGMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IGMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_IGMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_IGMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_IGMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_IGMMA_scoreboard(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_IGMMA_descriptors(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xdf1)
		return (unsigned)(sass_bits(word, 32, 8));
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IGMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_IGMMA_SPARSE_SP = 1,
	SASS_IGMMA_OFFSET_REGOFFSET = 1,
	SASS_IGMMA_SHAPE_64X8X32 = 0,
	SASS_IGMMA_SHAPE_64X16X32 = 3,
	SASS_IGMMA_SHAPE_64X24X32 = 6,
	SASS_IGMMA_SHAPE_64X32X32 = 9,
	SASS_IGMMA_SHAPE_64X48X32 = 12,
	SASS_IGMMA_SHAPE_64X64X32 = 15,
	SASS_IGMMA_SHAPE_64X80X32 = 18,
	SASS_IGMMA_SHAPE_64X96X32 = 21,
	SASS_IGMMA_SHAPE_64X112X32 = 24,
	SASS_IGMMA_SHAPE_64X128X32 = 27,
	SASS_IGMMA_SHAPE_64X144X32 = 30,
	SASS_IGMMA_SHAPE_64X160X32 = 33,
	SASS_IGMMA_SHAPE_64X176X32 = 36,
	SASS_IGMMA_SHAPE_64X192X32 = 39,
	SASS_IGMMA_SHAPE_64X208X32 = 42,
	SASS_IGMMA_SHAPE_64X224X32 = 45,
	SASS_IGMMA_SHAPE_64X240X32 = 48,
	SASS_IGMMA_SHAPE_64X256X32 = 51,
	SASS_IGMMA_SHAPE_64X8X64 = 1,
	SASS_IGMMA_SHAPE_64X16X64 = 4,
	SASS_IGMMA_SHAPE_64X24X64 = 7,
	SASS_IGMMA_SHAPE_64X32X64 = 10,
	SASS_IGMMA_SHAPE_64X48X64 = 13,
	SASS_IGMMA_SHAPE_64X64X64 = 16,
	SASS_IGMMA_SHAPE_64X80X64 = 19,
	SASS_IGMMA_SHAPE_64X96X64 = 22,
	SASS_IGMMA_SHAPE_64X112X64 = 25,
	SASS_IGMMA_SHAPE_64X128X64 = 28,
	SASS_IGMMA_SHAPE_64X144X64 = 31,
	SASS_IGMMA_SHAPE_64X160X64 = 34,
	SASS_IGMMA_SHAPE_64X176X64 = 37,
	SASS_IGMMA_SHAPE_64X192X64 = 40,
	SASS_IGMMA_SHAPE_64X208X64 = 43,
	SASS_IGMMA_SHAPE_64X224X64 = 46,
	SASS_IGMMA_SHAPE_64X240X64 = 49,
	SASS_IGMMA_SHAPE_64X256X64 = 52,
	SASS_IGMMA_A_FORMAT_U8 = 0,
	SASS_IGMMA_A_FORMAT_S8 = 1,
	SASS_IGMMA_B_FORMAT_U8 = 0,
	SASS_IGMMA_B_FORMAT_S8 = 1,
	SASS_IGMMA_SATURATE_SAT = 1,
	SASS_IGMMA_SCALE_UPT = 0,
	SASS_IGMMA_SCOREBOARD_GSB0 = 0,
};

static inline unsigned sass_IMAD_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IMAD_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IMAD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IMAD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IMAD_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x624)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe24)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_IMAD_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IMAD_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_IMAD_EXTENDED_X = 1,
	SASS_IMAD_SIGNED_U32 = 0,
};

static inline unsigned sass_IMAD_HI_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IMAD_HI_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IMAD_HI_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IMAD_HI_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_IMAD_HI_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IMAD_HI_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x627)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe27)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_IMAD_HI_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IMAD_HI_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_IMAD_HI_EXTENDED_X = 1,
	SASS_IMAD_HI_SIGNED_U32 = 0,
};

static inline unsigned sass_IMAD_WIDE_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IMAD_WIDE_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IMAD_WIDE_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IMAD_WIDE_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_IMAD_WIDE_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IMAD_WIDE_C_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x625)
		return (unsigned)(sass_bits(word, 63, 1));
	if ((word[0] & 0xfff) == 0xe25)
		return (unsigned)(sass_bits(word, 63, 1));
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_IMAD_WIDE_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IMAD_WIDE_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_IMAD_WIDE_EXTENDED_X = 1,
	SASS_IMAD_WIDE_SIGNED_U32 = 0,
};

static inline unsigned sass_IMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1) | sass_bits(word, 85, 2) << 1);
}

static inline unsigned sass_IMMA_a_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1) | sass_bits(word, 83, 1) << 1);
}

static inline unsigned sass_IMMA_b_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 84, 1) << 1);
}

static inline unsigned sass_IMMA_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_IMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_IMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IMMA_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IMMA_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_IMMA_Rb_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_IMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_IMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_IMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_IMMA_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

enum {
	SASS_IMMA_SHAPE_8816 = 0,
	SASS_IMMA_SHAPE_8832 = 2,
	SASS_IMMA_SHAPE_16816 = 4,
	SASS_IMMA_SHAPE_16832 = 5,
	SASS_IMMA_SHAPE_16864 = 6,
	SASS_IMMA_SHAPE_168128 = 7,
	SASS_IMMA_A_FORMAT_U8 = 0,
	SASS_IMMA_A_FORMAT_S8 = 1,
	SASS_IMMA_A_FORMAT_U4 = 2,
	SASS_IMMA_A_FORMAT_S4 = 3,
	SASS_IMMA_B_FORMAT_U8 = 0,
	SASS_IMMA_B_FORMAT_S8 = 1,
	SASS_IMMA_B_FORMAT_U4 = 2,
	SASS_IMMA_B_FORMAT_S4 = 3,
	SASS_IMMA_SATURATE_SAT = 1,
	SASS_IMMA_SPARSE_SP = 1,
	SASS_IMMA_ENABLE_UPT = 0,
};

static inline unsigned sass_IMNMX_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_IMNMX_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IMNMX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IMNMX_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IMNMX_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_IMNMX_SIGNED_U32 = 0,
};

static inline unsigned sass_IMNMX_64_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_IMNMX_64_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_IMNMX_64_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_IMNMX_64_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_IMNMX_64_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_IMNMX_64_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_IMNMX_64_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_IMNMX_64_Pb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_IMNMX_64_Pb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

enum {
	SASS_IMNMX_64_WIDTH_U32 = 0,
	SASS_IMNMX_64_WIDTH_U64 = 2,
	SASS_IMNMX_64_WIDTH_S64 = 3,
};

static inline unsigned sass_ISETP_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 3));
}

static inline unsigned sass_ISETP_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_ISETP_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_ISETP_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ISETP_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ISETP_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ISETP_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ISETP_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_ISETP_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_ISETP_Pb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 3));
}

static inline unsigned sass_ISETP_Pb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_ISETP_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_ISETP_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

enum {
	SASS_ISETP_COMPARE_F = 0,
	SASS_ISETP_COMPARE_LT = 1,
	SASS_ISETP_COMPARE_EQ = 2,
	SASS_ISETP_COMPARE_LE = 3,
	SASS_ISETP_COMPARE_GT = 4,
	SASS_ISETP_COMPARE_NE = 5,
	SASS_ISETP_COMPARE_GE = 6,
	SASS_ISETP_COMPARE_T = 7,
	SASS_ISETP_SIGNED_U32 = 0,
	SASS_ISETP_BOOLEAN_AND = 0,
	SASS_ISETP_BOOLEAN_OR = 1,
	SASS_ISETP_BOOLEAN_XOR = 2,
	SASS_ISETP_EXTENDED_EX = 1,
	SASS_ISETP_WIDTH_U64 = 0,
	SASS_ISETP_WIDTH_S64 = 1,
};

static inline unsigned sass_JMP_depth(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 2));
}

static inline unsigned sass_JMP_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_JMP_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_JMP_target(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x94a && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 47) << 8);
	return (sass_bits(word, 34, 47));
}

static inline unsigned sass_JMP_constant_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_JMP_constant_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 16));
}

static inline unsigned sass_JMP_constant_bindless(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

enum {
	SASS_JMP_DEPTH_INC = 1,
	SASS_JMP_DEPTH_DEC = 2,
};

static inline unsigned sass_JMX_depth(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 2));
}

static inline unsigned sass_JMX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_JMX_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_JMX_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_JMX_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x94c && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

enum {
	SASS_JMX_DEPTH_INC = 1,
	SASS_JMX_DEPTH_DEC = 2,
};

static inline unsigned sass_JMXU_depth(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 2));
}

static inline unsigned sass_JMXU_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_JMXU_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_JMXU_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_JMXU_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x959 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

enum {
	SASS_JMXU_DEPTH_INC = 1,
	SASS_JMXU_DEPTH_DEC = 2,
};

static inline unsigned sass_KILL_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_KILL_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_LD_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_LD_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_LD_sectors(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 2));
}

static inline unsigned sass_LD_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LD_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_LD_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_LD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LD_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 4));
}

static inline unsigned sass_LD_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LD_address_offset(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x980 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 32, 32));
	if ((word[0] & 0xfff) == 0x980 && (sass_arch_bit(arch) & 0x1))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x380 && (sass_arch_bit(arch) & 0xffe))
		return (unsigned)(sass_bits(word, 32, 32));
	if ((word[0] & 0xfff) == 0x980 && (sass_arch_bit(arch) & 0xffe))
		return (unsigned)(sass_bits(word, 32, 32));
	if ((word[0] & 0xfff) == 0x980 && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x980 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 40, 24));
	return (unsigned)(sass_bits(word, 32, 32));
}

static inline unsigned sass_LD_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_LD_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_LD_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_LD_EXTENDED_E = 1,
	SASS_LD_EVICT_EF = 0,
	SASS_LD_EVICT_EL = 2,
	SASS_LD_EVICT_LU = 3,
	SASS_LD_EVICT_EU = 4,
	SASS_LD_EVICT_NA = 5,
	SASS_LD_SECTORS_LTC64B = 1,
	SASS_LD_SECTORS_LTC128B = 2,
	SASS_LD_SIZE_U8 = 0,
	SASS_LD_SIZE_S8 = 1,
	SASS_LD_SIZE_U16 = 2,
	SASS_LD_SIZE_S16 = 3,
	SASS_LD_SIZE_32 = 4,
	SASS_LD_SIZE_64 = 5,
	SASS_LD_SIZE_128 = 6,
	SASS_LD_SIZE_U_128 = 7,
	SASS_LD_SCOPE_CONSTANT_SYS = 3,
	SASS_LD_SCOPE_CTA = 4,
	SASS_LD_SCOPE_SM = 5,
	SASS_LD_SCOPE_GPU = 6,
	SASS_LD_SCOPE_SYS = 7,
	SASS_LD_SCOPE_STRONG_CTA = 8,
	SASS_LD_SCOPE_MMIO_CTA = 12,
	SASS_LD_SCOPE_MMIO_SM = 13,
	SASS_LD_PRIVATE_PRIVATE = 1,
	SASS_LD_PA_PT = 8,
	SASS_LD_SECTORS_LTC256B = 3,
	SASS_LD_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_LD_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_LD_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_LD_SCOPE_CONSTANT_VC = 13,
	SASS_LD_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_LD_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_LD_SCOPE_CONSTANT = 4,
};

static inline unsigned sass_LDC_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDC_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_LDC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDC_constant_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_LDC_constant_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 16));
}

static inline unsigned sass_LDC_constant_bindless(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

static inline unsigned sass_LDC_constant_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_LDC_SIZE_U8 = 0,
	SASS_LDC_SIZE_S8 = 1,
	SASS_LDC_SIZE_U16 = 2,
	SASS_LDC_SIZE_S16 = 3,
	SASS_LDC_SIZE_32 = 4,
	SASS_LDC_SIZE_64 = 5,
	SASS_LDC_MODE_IL = 1,
	SASS_LDC_MODE_IS = 2,
	SASS_LDC_MODE_ISL = 3,
};

static inline unsigned sass_LDCU_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDCU_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDCU_address_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_LDCU_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 37, 17));
}

static inline unsigned sass_LDCU_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_LDCU_SIZE_U8 = 0,
	SASS_LDCU_SIZE_S8 = 1,
	SASS_LDCU_SIZE_U16 = 2,
	SASS_LDCU_SIZE_S16 = 3,
	SASS_LDCU_SIZE_64 = 5,
	SASS_LDCU_SIZE_128 = 6,
	SASS_LDCU_SIZE_INVALID7 = 7,
};

static inline unsigned sass_LDG_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_LDG_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_LDG_sectors(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 2));
}

static inline unsigned sass_LDG_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDG_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_LDG_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_LDG_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_LDG_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDG_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 4));
}

static inline unsigned sass_LDG_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDG_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDG_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_LDG_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_LDG_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_LDG_EXTENDED_E = 1,
	SASS_LDG_EVICT_EF = 0,
	SASS_LDG_EVICT_EL = 2,
	SASS_LDG_EVICT_LU = 3,
	SASS_LDG_EVICT_EU = 4,
	SASS_LDG_EVICT_NA = 5,
	SASS_LDG_SECTORS_LTC64B = 1,
	SASS_LDG_SECTORS_LTC128B = 2,
	SASS_LDG_SIZE_U8 = 0,
	SASS_LDG_SIZE_S8 = 1,
	SASS_LDG_SIZE_U16 = 2,
	SASS_LDG_SIZE_S16 = 3,
	SASS_LDG_SIZE_32 = 4,
	SASS_LDG_SIZE_64 = 5,
	SASS_LDG_SIZE_128 = 6,
	SASS_LDG_SIZE_U_128 = 7,
	SASS_LDG_SCOPE_CONSTANT_SYS = 3,
	SASS_LDG_SCOPE_CTA = 4,
	SASS_LDG_SCOPE_SM = 5,
	SASS_LDG_SCOPE_GPU = 6,
	SASS_LDG_SCOPE_SYS = 7,
	SASS_LDG_SCOPE_STRONG_CTA = 8,
	SASS_LDG_SCOPE_MMIO_CTA = 12,
	SASS_LDG_SCOPE_MMIO_SM = 13,
	SASS_LDG_PRIVATE_PRIVATE = 1,
	SASS_LDG_PA_PT = 8,
	SASS_LDG_SECTORS_LTC256B = 3,
	SASS_LDG_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_LDG_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_LDG_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_LDG_SCOPE_CONSTANT_VC = 13,
	SASS_LDG_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_LDG_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_LDG_SCOPE_CONSTANT = 4,
};

static inline unsigned sass_LDGMC_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_LDGMC_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_LDGMC_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDGMC_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_LDGMC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDGMC_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDGMC_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDGMC_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a4 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x9a4 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 81, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_LDGMC_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LDGMC_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_LDGMC_EXTENDED_E = 1,
	SASS_LDGMC_OPERATION_ADD = 0,
	SASS_LDGMC_OPERATION_MIN = 1,
	SASS_LDGMC_OPERATION_MAX = 2,
	SASS_LDGMC_OPERATION_AND = 5,
	SASS_LDGMC_OPERATION_OR = 6,
	SASS_LDGMC_OPERATION_XOR = 7,
	SASS_LDGMC_INTEGER_TYPE_U32 = 0,
	SASS_LDGMC_INTEGER_TYPE_S32 = 1,
	SASS_LDGMC_INTEGER_TYPE_U64 = 2,
	SASS_LDGMC_INTEGER_TYPE_S64 = 3,
	SASS_LDGMC_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_LDGMC_SCOPE_CONSTANT_CTA = 2,
	SASS_LDGMC_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_LDGMC_SCOPE_CONSTANT_SM = 9,
	SASS_LDGMC_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_LDGMC_SCOPE_CONSTANT_VC = 13,
	SASS_LDGMC_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_LDGMC_SCOPE_CONSTANT_GPU = 15,
	SASS_LDGMC_SCOPE_STRONG_SM = 5,
	SASS_LDGMC_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_LDGMC_SCOPE_STRONG_GPU = 7,
	SASS_LDGMC_SCOPE_MMIO_GPU = 8,
	SASS_LDGMC_SCOPE_STRONG_SYS = 10,
	SASS_LDGMC_SCOPE_MMIO_SYS = 12,
	SASS_LDGMC_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_LDGMC_FLOAT_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_LDGMC_FLOAT_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 88, 2));
}

static inline unsigned sass_LDGMC_FLOAT_float_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 4) | sass_bits(word, 87, 1) << 4);
}

static inline unsigned sass_LDGMC_FLOAT_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_LDGMC_FLOAT_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDGMC_FLOAT_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDGMC_FLOAT_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDGMC_FLOAT_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x9a5 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0x9a5 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 81, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_LDGMC_FLOAT_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LDGMC_FLOAT_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_LDGMC_FLOAT_EXTENDED_E = 1,
	SASS_LDGMC_FLOAT_OPERATION_ADD = 0,
	SASS_LDGMC_FLOAT_OPERATION_MIN = 1,
	SASS_LDGMC_FLOAT_OPERATION_MAX = 2,
	SASS_LDGMC_FLOAT_OPERATION_F32ADD = 3,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F16X2 = 0,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F16X4 = 1,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F16X8 = 2,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_BF16X2 = 3,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_BF16X4 = 4,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_BF16X8 = 5,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F32_FTZ = 9,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F32X2_FTZ = 10,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F32X4_FTZ = 11,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F32 = 12,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F32X2 = 13,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F32X4 = 14,
	SASS_LDGMC_FLOAT_FLOAT_TYPE_F64 = 15,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_CTA = 2,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_SM = 9,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_VC = 13,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_LDGMC_FLOAT_SCOPE_CONSTANT_GPU = 15,
	SASS_LDGMC_FLOAT_SCOPE_STRONG_SM = 5,
	SASS_LDGMC_FLOAT_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_LDGMC_FLOAT_SCOPE_STRONG_GPU = 7,
	SASS_LDGMC_FLOAT_SCOPE_MMIO_GPU = 8,
	SASS_LDGMC_FLOAT_SCOPE_STRONG_SYS = 10,
	SASS_LDGMC_FLOAT_SCOPE_MMIO_SYS = 12,
	SASS_LDGMC_FLOAT_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_LDGMC_FLOAT_OPERATION_HPADD = 3,
};

static inline unsigned sass_LDGSTS_bypass(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 1));
}

static inline unsigned sass_LDGSTS_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_LDGSTS_sectors(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 71, 2));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 71, 2));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0x7e))
		return (unsigned)(sass_bits(word, 71, 2));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 72, 2));
	return (unsigned)(sass_bits(word, 71, 2));
}

static inline unsigned sass_LDGSTS_size(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 73, 3));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 73, 3));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0x7e))
		return (unsigned)(sass_bits(word, 73, 3));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 74, 2));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 74, 2));
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDGSTS_zero_fill(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_LDGSTS_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_LDGSTS_shared_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDGSTS_shared_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 44, 20));
}

static inline unsigned sass_LDGSTS_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_LDGSTS_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_LDGSTS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDGSTS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 12));
}

static inline unsigned sass_LDGSTS_address_base_suffix(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x3e))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0x7e))
		return (unsigned)(sass_bits(word, 70, 1));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 83, 1));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 83, 1));
	return (unsigned)(sass_bits(word, 70, 1));
}

static inline unsigned sass_LDGSTS_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LDGSTS_descriptor(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 64, 8));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0x7e))
		return (unsigned)(sass_bits(word, 64, 6));
	if ((word[0] & 0xfff) == 0xfae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 64, 8));
	if ((word[0] & 0xfff) == 0xdae && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 64, 8));
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LDGSTS_shared_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_LDGSTS_BYPASS_BYPASS = 0,
	SASS_LDGSTS_EVICT_EF = 0,
	SASS_LDGSTS_EVICT_EL = 2,
	SASS_LDGSTS_EVICT_LU = 3,
	SASS_LDGSTS_EVICT_EU = 4,
	SASS_LDGSTS_EVICT_NA = 5,
	SASS_LDGSTS_SECTORS_LTC64B = 1,
	SASS_LDGSTS_SECTORS_LTC128B = 2,
	SASS_LDGSTS_SECTORS_LTC256B = 3,
	SASS_LDGSTS_ZERO_FILL_ZFILL = 1,
	SASS_LDGSTS_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_LDGSTS_SCOPE_CONSTANT_CTA = 2,
	SASS_LDGSTS_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_LDGSTS_SCOPE_CONSTANT_SM = 9,
	SASS_LDGSTS_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_LDGSTS_SCOPE_CONSTANT_VC = 13,
	SASS_LDGSTS_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_LDGSTS_SCOPE_CONSTANT_GPU = 15,
	SASS_LDGSTS_SCOPE_CONSTANT = 4,
	SASS_LDGSTS_SCOPE_MMIO_CTA = 5,
	SASS_LDGSTS_SCOPE_GPU_PRIVATE = 6,
	SASS_LDGSTS_SCOPE_MMIO_CTA_PRIVATE = 7,
	SASS_LDGSTS_SCOPE_MMIO_SM = 8,
	SASS_LDGSTS_SCOPE_MMIO_VC = 10,
	SASS_LDGSTS_SCOPE_MMIO_GPU = 12,
	SASS_LDGSTS_DESCRIPTOR_UR1 = 0,
	SASS_LDGSTS_DESCRIPTOR_UR2 = 1,
	SASS_LDGSTS_DESCRIPTOR_UR3 = 2,
	SASS_LDGSTS_DESCRIPTOR_UR4 = 3,
	SASS_LDGSTS_DESCRIPTOR_UR5 = 4,
	SASS_LDGSTS_DESCRIPTOR_UR6 = 5,
	SASS_LDGSTS_DESCRIPTOR_UR7 = 6,
	SASS_LDGSTS_DESCRIPTOR_UR8 = 7,
	SASS_LDGSTS_DESCRIPTOR_UR9 = 8,
	SASS_LDGSTS_DESCRIPTOR_UR10 = 9,
	SASS_LDGSTS_DESCRIPTOR_UR11 = 10,
	SASS_LDGSTS_DESCRIPTOR_UR12 = 11,
	SASS_LDGSTS_DESCRIPTOR_UR13 = 12,
	SASS_LDGSTS_DESCRIPTOR_UR14 = 13,
	SASS_LDGSTS_DESCRIPTOR_UR15 = 14,
	SASS_LDGSTS_DESCRIPTOR_UR16 = 15,
	SASS_LDGSTS_DESCRIPTOR_UR17 = 16,
	SASS_LDGSTS_DESCRIPTOR_UR18 = 17,
	SASS_LDGSTS_DESCRIPTOR_UR19 = 18,
	SASS_LDGSTS_DESCRIPTOR_UR20 = 19,
	SASS_LDGSTS_DESCRIPTOR_UR21 = 20,
	SASS_LDGSTS_DESCRIPTOR_UR22 = 21,
	SASS_LDGSTS_DESCRIPTOR_UR23 = 22,
	SASS_LDGSTS_DESCRIPTOR_UR24 = 23,
	SASS_LDGSTS_DESCRIPTOR_UR25 = 24,
	SASS_LDGSTS_DESCRIPTOR_UR26 = 25,
	SASS_LDGSTS_DESCRIPTOR_UR27 = 26,
	SASS_LDGSTS_DESCRIPTOR_UR28 = 27,
	SASS_LDGSTS_DESCRIPTOR_UR29 = 28,
	SASS_LDGSTS_DESCRIPTOR_UR30 = 29,
	SASS_LDGSTS_DESCRIPTOR_UR31 = 30,
	SASS_LDGSTS_DESCRIPTOR_UR32 = 31,
	SASS_LDGSTS_DESCRIPTOR_UR33 = 32,
	SASS_LDGSTS_DESCRIPTOR_UR34 = 33,
	SASS_LDGSTS_DESCRIPTOR_UR35 = 34,
	SASS_LDGSTS_DESCRIPTOR_UR36 = 35,
	SASS_LDGSTS_DESCRIPTOR_UR37 = 36,
	SASS_LDGSTS_DESCRIPTOR_UR38 = 37,
	SASS_LDGSTS_DESCRIPTOR_UR39 = 38,
	SASS_LDGSTS_DESCRIPTOR_UR40 = 39,
	SASS_LDGSTS_DESCRIPTOR_UR41 = 40,
	SASS_LDGSTS_DESCRIPTOR_UR42 = 41,
	SASS_LDGSTS_DESCRIPTOR_UR43 = 42,
	SASS_LDGSTS_DESCRIPTOR_UR44 = 43,
	SASS_LDGSTS_DESCRIPTOR_UR45 = 44,
	SASS_LDGSTS_DESCRIPTOR_UR46 = 45,
	SASS_LDGSTS_DESCRIPTOR_UR47 = 46,
	SASS_LDGSTS_DESCRIPTOR_UR48 = 47,
	SASS_LDGSTS_DESCRIPTOR_UR49 = 48,
	SASS_LDGSTS_DESCRIPTOR_UR50 = 49,
	SASS_LDGSTS_DESCRIPTOR_UR51 = 50,
	SASS_LDGSTS_DESCRIPTOR_UR52 = 51,
	SASS_LDGSTS_DESCRIPTOR_UR53 = 52,
	SASS_LDGSTS_DESCRIPTOR_UR54 = 53,
	SASS_LDGSTS_DESCRIPTOR_UR55 = 54,
	SASS_LDGSTS_DESCRIPTOR_UR56 = 55,
	SASS_LDGSTS_DESCRIPTOR_UR57 = 56,
	SASS_LDGSTS_DESCRIPTOR_UR58 = 57,
	SASS_LDGSTS_DESCRIPTOR_UR59 = 58,
	SASS_LDGSTS_DESCRIPTOR_UR60 = 59,
	SASS_LDGSTS_DESCRIPTOR_UR61 = 60,
	SASS_LDGSTS_DESCRIPTOR_UR62 = 61,
	SASS_LDGSTS_DESCRIPTOR_UR63 = 62,
	SASS_LDGSTS_DESCRIPTOR_UR64 = 63,
	SASS_LDGSTS_DESCRIPTOR_UR65 = 64,
	SASS_LDGSTS_DESCRIPTOR_UR66 = 65,
	SASS_LDGSTS_DESCRIPTOR_UR67 = 66,
	SASS_LDGSTS_DESCRIPTOR_UR68 = 67,
	SASS_LDGSTS_DESCRIPTOR_UR69 = 68,
	SASS_LDGSTS_DESCRIPTOR_UR70 = 69,
	SASS_LDGSTS_DESCRIPTOR_UR71 = 70,
	SASS_LDGSTS_DESCRIPTOR_UR72 = 71,
	SASS_LDGSTS_DESCRIPTOR_UR73 = 72,
	SASS_LDGSTS_DESCRIPTOR_UR74 = 73,
	SASS_LDGSTS_DESCRIPTOR_UR75 = 74,
	SASS_LDGSTS_DESCRIPTOR_UR76 = 75,
	SASS_LDGSTS_DESCRIPTOR_UR77 = 76,
	SASS_LDGSTS_DESCRIPTOR_UR78 = 77,
	SASS_LDGSTS_DESCRIPTOR_UR79 = 78,
	SASS_LDGSTS_DESCRIPTOR_UR80 = 79,
	SASS_LDGSTS_DESCRIPTOR_UR81 = 80,
	SASS_LDGSTS_DESCRIPTOR_UR82 = 81,
	SASS_LDGSTS_DESCRIPTOR_UR83 = 82,
	SASS_LDGSTS_DESCRIPTOR_UR84 = 83,
	SASS_LDGSTS_DESCRIPTOR_UR85 = 84,
	SASS_LDGSTS_DESCRIPTOR_UR86 = 85,
	SASS_LDGSTS_DESCRIPTOR_UR87 = 86,
	SASS_LDGSTS_DESCRIPTOR_UR88 = 87,
	SASS_LDGSTS_DESCRIPTOR_UR89 = 88,
	SASS_LDGSTS_DESCRIPTOR_UR90 = 89,
	SASS_LDGSTS_DESCRIPTOR_UR91 = 90,
	SASS_LDGSTS_DESCRIPTOR_UR92 = 91,
	SASS_LDGSTS_DESCRIPTOR_UR93 = 92,
	SASS_LDGSTS_DESCRIPTOR_UR94 = 93,
	SASS_LDGSTS_DESCRIPTOR_UR95 = 94,
	SASS_LDGSTS_DESCRIPTOR_UR96 = 95,
	SASS_LDGSTS_DESCRIPTOR_UR97 = 96,
	SASS_LDGSTS_DESCRIPTOR_UR98 = 97,
	SASS_LDGSTS_DESCRIPTOR_UR99 = 98,
	SASS_LDGSTS_DESCRIPTOR_UR100 = 99,
	SASS_LDGSTS_DESCRIPTOR_UR101 = 100,
	SASS_LDGSTS_DESCRIPTOR_UR102 = 101,
	SASS_LDGSTS_DESCRIPTOR_UR103 = 102,
	SASS_LDGSTS_DESCRIPTOR_UR104 = 103,
	SASS_LDGSTS_DESCRIPTOR_UR105 = 104,
	SASS_LDGSTS_DESCRIPTOR_UR106 = 105,
	SASS_LDGSTS_DESCRIPTOR_UR107 = 106,
	SASS_LDGSTS_DESCRIPTOR_UR108 = 107,
	SASS_LDGSTS_DESCRIPTOR_UR109 = 108,
	SASS_LDGSTS_DESCRIPTOR_UR110 = 109,
	SASS_LDGSTS_DESCRIPTOR_UR111 = 110,
	SASS_LDGSTS_DESCRIPTOR_UR112 = 111,
	SASS_LDGSTS_DESCRIPTOR_UR113 = 112,
	SASS_LDGSTS_DESCRIPTOR_UR114 = 113,
	SASS_LDGSTS_DESCRIPTOR_UR115 = 114,
	SASS_LDGSTS_DESCRIPTOR_UR116 = 115,
	SASS_LDGSTS_DESCRIPTOR_UR117 = 116,
	SASS_LDGSTS_DESCRIPTOR_UR118 = 117,
	SASS_LDGSTS_DESCRIPTOR_UR119 = 118,
	SASS_LDGSTS_DESCRIPTOR_UR120 = 119,
	SASS_LDGSTS_DESCRIPTOR_UR121 = 120,
	SASS_LDGSTS_DESCRIPTOR_UR122 = 121,
	SASS_LDGSTS_DESCRIPTOR_UR123 = 122,
	SASS_LDGSTS_DESCRIPTOR_UR124 = 123,
	SASS_LDGSTS_DESCRIPTOR_UR125 = 124,
	SASS_LDGSTS_DESCRIPTOR_UR126 = 125,
	SASS_LDGSTS_DESCRIPTOR_UR127 = 126,
	SASS_LDGSTS_DESCRIPTOR_UR128 = 127,
	SASS_LDGSTS_DESCRIPTOR_UR129 = 128,
	SASS_LDGSTS_DESCRIPTOR_UR130 = 129,
	SASS_LDGSTS_DESCRIPTOR_UR131 = 130,
	SASS_LDGSTS_DESCRIPTOR_UR132 = 131,
	SASS_LDGSTS_DESCRIPTOR_UR133 = 132,
	SASS_LDGSTS_DESCRIPTOR_UR134 = 133,
	SASS_LDGSTS_DESCRIPTOR_UR135 = 134,
	SASS_LDGSTS_DESCRIPTOR_UR136 = 135,
	SASS_LDGSTS_DESCRIPTOR_UR137 = 136,
	SASS_LDGSTS_DESCRIPTOR_UR138 = 137,
	SASS_LDGSTS_DESCRIPTOR_UR139 = 138,
	SASS_LDGSTS_DESCRIPTOR_UR140 = 139,
	SASS_LDGSTS_DESCRIPTOR_UR141 = 140,
	SASS_LDGSTS_DESCRIPTOR_UR142 = 141,
	SASS_LDGSTS_DESCRIPTOR_UR143 = 142,
	SASS_LDGSTS_DESCRIPTOR_UR144 = 143,
	SASS_LDGSTS_DESCRIPTOR_UR145 = 144,
	SASS_LDGSTS_DESCRIPTOR_UR146 = 145,
	SASS_LDGSTS_DESCRIPTOR_UR147 = 146,
	SASS_LDGSTS_DESCRIPTOR_UR148 = 147,
	SASS_LDGSTS_DESCRIPTOR_UR149 = 148,
	SASS_LDGSTS_DESCRIPTOR_UR150 = 149,
	SASS_LDGSTS_DESCRIPTOR_UR151 = 150,
	SASS_LDGSTS_DESCRIPTOR_UR152 = 151,
	SASS_LDGSTS_DESCRIPTOR_UR153 = 152,
	SASS_LDGSTS_DESCRIPTOR_UR154 = 153,
	SASS_LDGSTS_DESCRIPTOR_UR155 = 154,
	SASS_LDGSTS_DESCRIPTOR_UR156 = 155,
	SASS_LDGSTS_DESCRIPTOR_UR157 = 156,
	SASS_LDGSTS_DESCRIPTOR_UR158 = 157,
	SASS_LDGSTS_DESCRIPTOR_UR159 = 158,
	SASS_LDGSTS_DESCRIPTOR_UR160 = 159,
	SASS_LDGSTS_DESCRIPTOR_UR161 = 160,
	SASS_LDGSTS_DESCRIPTOR_UR162 = 161,
	SASS_LDGSTS_DESCRIPTOR_UR163 = 162,
	SASS_LDGSTS_DESCRIPTOR_UR164 = 163,
	SASS_LDGSTS_DESCRIPTOR_UR165 = 164,
	SASS_LDGSTS_DESCRIPTOR_UR166 = 165,
	SASS_LDGSTS_DESCRIPTOR_UR167 = 166,
	SASS_LDGSTS_DESCRIPTOR_UR168 = 167,
	SASS_LDGSTS_DESCRIPTOR_UR169 = 168,
	SASS_LDGSTS_DESCRIPTOR_UR170 = 169,
	SASS_LDGSTS_DESCRIPTOR_UR171 = 170,
	SASS_LDGSTS_DESCRIPTOR_UR172 = 171,
	SASS_LDGSTS_DESCRIPTOR_UR173 = 172,
	SASS_LDGSTS_DESCRIPTOR_UR174 = 173,
	SASS_LDGSTS_DESCRIPTOR_UR175 = 174,
	SASS_LDGSTS_DESCRIPTOR_UR176 = 175,
	SASS_LDGSTS_DESCRIPTOR_UR177 = 176,
	SASS_LDGSTS_DESCRIPTOR_UR178 = 177,
	SASS_LDGSTS_DESCRIPTOR_UR179 = 178,
	SASS_LDGSTS_DESCRIPTOR_UR180 = 179,
	SASS_LDGSTS_DESCRIPTOR_UR181 = 180,
	SASS_LDGSTS_DESCRIPTOR_UR182 = 181,
	SASS_LDGSTS_DESCRIPTOR_UR183 = 182,
	SASS_LDGSTS_DESCRIPTOR_UR184 = 183,
	SASS_LDGSTS_DESCRIPTOR_UR185 = 184,
	SASS_LDGSTS_DESCRIPTOR_UR186 = 185,
	SASS_LDGSTS_DESCRIPTOR_UR187 = 186,
	SASS_LDGSTS_DESCRIPTOR_UR188 = 187,
	SASS_LDGSTS_DESCRIPTOR_UR189 = 188,
	SASS_LDGSTS_DESCRIPTOR_UR190 = 189,
	SASS_LDGSTS_DESCRIPTOR_UR191 = 190,
	SASS_LDGSTS_DESCRIPTOR_UR192 = 191,
	SASS_LDGSTS_DESCRIPTOR_UR193 = 192,
	SASS_LDGSTS_DESCRIPTOR_UR194 = 193,
	SASS_LDGSTS_DESCRIPTOR_UR195 = 194,
	SASS_LDGSTS_DESCRIPTOR_UR196 = 195,
	SASS_LDGSTS_DESCRIPTOR_UR197 = 196,
	SASS_LDGSTS_DESCRIPTOR_UR198 = 197,
	SASS_LDGSTS_DESCRIPTOR_UR199 = 198,
	SASS_LDGSTS_DESCRIPTOR_UR200 = 199,
	SASS_LDGSTS_DESCRIPTOR_UR201 = 200,
	SASS_LDGSTS_DESCRIPTOR_UR202 = 201,
	SASS_LDGSTS_DESCRIPTOR_UR203 = 202,
	SASS_LDGSTS_DESCRIPTOR_UR204 = 203,
	SASS_LDGSTS_DESCRIPTOR_UR205 = 204,
	SASS_LDGSTS_DESCRIPTOR_UR206 = 205,
	SASS_LDGSTS_DESCRIPTOR_UR207 = 206,
	SASS_LDGSTS_DESCRIPTOR_UR208 = 207,
	SASS_LDGSTS_DESCRIPTOR_UR209 = 208,
	SASS_LDGSTS_DESCRIPTOR_UR210 = 209,
	SASS_LDGSTS_DESCRIPTOR_UR211 = 210,
	SASS_LDGSTS_DESCRIPTOR_UR212 = 211,
	SASS_LDGSTS_DESCRIPTOR_UR213 = 212,
	SASS_LDGSTS_DESCRIPTOR_UR214 = 213,
	SASS_LDGSTS_DESCRIPTOR_UR215 = 214,
	SASS_LDGSTS_DESCRIPTOR_UR216 = 215,
	SASS_LDGSTS_DESCRIPTOR_UR217 = 216,
	SASS_LDGSTS_DESCRIPTOR_UR218 = 217,
	SASS_LDGSTS_DESCRIPTOR_UR219 = 218,
	SASS_LDGSTS_DESCRIPTOR_UR220 = 219,
	SASS_LDGSTS_DESCRIPTOR_UR221 = 220,
	SASS_LDGSTS_DESCRIPTOR_UR222 = 221,
	SASS_LDGSTS_DESCRIPTOR_UR223 = 222,
	SASS_LDGSTS_DESCRIPTOR_UR224 = 223,
	SASS_LDGSTS_DESCRIPTOR_UR225 = 224,
	SASS_LDGSTS_DESCRIPTOR_UR226 = 225,
	SASS_LDGSTS_DESCRIPTOR_UR227 = 226,
	SASS_LDGSTS_DESCRIPTOR_UR228 = 227,
	SASS_LDGSTS_DESCRIPTOR_UR229 = 228,
	SASS_LDGSTS_DESCRIPTOR_UR230 = 229,
	SASS_LDGSTS_DESCRIPTOR_UR231 = 230,
	SASS_LDGSTS_DESCRIPTOR_UR232 = 231,
	SASS_LDGSTS_DESCRIPTOR_UR233 = 232,
	SASS_LDGSTS_DESCRIPTOR_UR234 = 233,
	SASS_LDGSTS_DESCRIPTOR_UR235 = 234,
	SASS_LDGSTS_DESCRIPTOR_UR236 = 235,
	SASS_LDGSTS_DESCRIPTOR_UR237 = 236,
	SASS_LDGSTS_DESCRIPTOR_UR238 = 237,
	SASS_LDGSTS_DESCRIPTOR_UR239 = 238,
	SASS_LDGSTS_DESCRIPTOR_UR240 = 239,
	SASS_LDGSTS_DESCRIPTOR_UR241 = 240,
	SASS_LDGSTS_DESCRIPTOR_UR242 = 241,
	SASS_LDGSTS_DESCRIPTOR_UR243 = 242,
	SASS_LDGSTS_DESCRIPTOR_UR244 = 243,
	SASS_LDGSTS_DESCRIPTOR_UR245 = 244,
	SASS_LDGSTS_DESCRIPTOR_UR246 = 245,
	SASS_LDGSTS_DESCRIPTOR_UR247 = 246,
	SASS_LDGSTS_DESCRIPTOR_UR248 = 247,
	SASS_LDGSTS_DESCRIPTOR_UR249 = 248,
	SASS_LDGSTS_DESCRIPTOR_UR250 = 249,
	SASS_LDGSTS_DESCRIPTOR_UR251 = 250,
	SASS_LDGSTS_DESCRIPTOR_UR252 = 251,
	SASS_LDGSTS_DESCRIPTOR_UR253 = 252,
	SASS_LDGSTS_DESCRIPTOR_UR254 = 253,
};

static inline unsigned sass_LDG_256_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_LDG_256_evict_l2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 2));
}

static inline unsigned sass_LDG_256_sectors(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_LDG_256_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_LDG_256_Rd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LDG_256_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDG_256_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 57, 7) | sass_bits(word, 72, 1) << 7);
}

static inline unsigned sass_LDG_256_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_LDG_256_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_LDG_256_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDG_256_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

static inline unsigned sass_LDG_256_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 17));
}

static inline unsigned sass_LDG_256_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_LDG_256_EVICT_EF = 0,
	SASS_LDG_256_EVICT_EL = 2,
	SASS_LDG_256_EVICT_LU = 3,
	SASS_LDG_256_EVICT_EU = 4,
	SASS_LDG_256_EVICT_NA = 5,
	SASS_LDG_256_EVICT_L2_EFL2 = 0,
	SASS_LDG_256_EVICT_L2_ENL2 = 1,
	SASS_LDG_256_EVICT_L2_ELL2 = 2,
	SASS_LDG_256_SECTORS_LTC64B = 1,
	SASS_LDG_256_SECTORS_LTC128B = 2,
	SASS_LDG_256_SECTORS_LTC256B = 3,
	SASS_LDG_256_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_LDG_256_SCOPE_CONSTANT_CTA = 2,
	SASS_LDG_256_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_LDG_256_SCOPE_CONSTANT_SM = 9,
	SASS_LDG_256_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_LDG_256_SCOPE_CONSTANT_VC = 13,
	SASS_LDG_256_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_LDG_256_SCOPE_CONSTANT_GPU = 15,
	SASS_LDG_256_SCOPE_STRONG_SM = 5,
	SASS_LDG_256_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_LDG_256_SCOPE_STRONG_GPU = 7,
	SASS_LDG_256_SCOPE_MMIO_GPU = 8,
	SASS_LDG_256_SCOPE_STRONG_SYS = 10,
	SASS_LDG_256_SCOPE_MMIO_SYS = 12,
	SASS_LDG_256_SCOPE_CONSTANT = 4,
	SASS_LDG_256_PA_PT = 8,
};

static inline unsigned sass_LDL_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_LDL_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDL_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDL_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDL_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDL_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_LDL_EVICT_EF = 0,
	SASS_LDL_EVICT_EL = 2,
	SASS_LDL_EVICT_LU = 3,
	SASS_LDL_EVICT_EU = 4,
	SASS_LDL_EVICT_NA = 5,
	SASS_LDL_SIZE_U8 = 0,
	SASS_LDL_SIZE_S8 = 1,
	SASS_LDL_SIZE_U16 = 2,
	SASS_LDL_SIZE_S16 = 3,
	SASS_LDL_SIZE_32 = 4,
	SASS_LDL_SIZE_64 = 5,
	SASS_LDL_SIZE_128 = 6,
};

static inline unsigned sass_LDS_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_LDS_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_LDS_unaligned(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_LDS_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDS_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDS_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_LDS_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDS_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_LDS_scaled_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_LDS_SIZE_U8 = 0,
	SASS_LDS_SIZE_S8 = 1,
	SASS_LDS_SIZE_U16 = 2,
	SASS_LDS_SIZE_S16 = 3,
	SASS_LDS_SIZE_32 = 4,
	SASS_LDS_SIZE_64 = 5,
	SASS_LDS_SIZE_128 = 6,
	SASS_LDS_SCALE_X4 = 1,
	SASS_LDS_SCALE_X8 = 2,
	SASS_LDS_SCALE_X16 = 3,
	SASS_LDS_UNALIGNED_U = 1,
};

static inline unsigned sass_LDSM_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 3));
}

static inline unsigned sass_LDSM_layout(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x83b && (sass_arch_bit(arch) & 0x7f))
		return (unsigned)(sass_bits(word, 78, 2));
	if ((word[0] & 0xfff) == 0x83b && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 78, 3));
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_LDSM_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_LDSM_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDSM_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LDSM_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_LDSM_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_LDSM_FORMAT_16 = 0,
	SASS_LDSM_LAYOUT_M88 = 0,
	SASS_LDSM_LAYOUT_MT88 = 1,
	SASS_LDSM_LAYOUT_M816 = 2,
	SASS_LDSM_LAYOUT_M832 = 3,
	SASS_LDSM_COUNT_1 = 0,
	SASS_LDSM_COUNT_2 = 1,
	SASS_LDSM_COUNT_4 = 2,
	SASS_LDSM_FORMAT_U4X16P64TO8 = 5,
	SASS_LDSM_FORMAT_U6X16P32TO8 = 6,
	SASS_LDSM_FORMAT_8 = 7,
	SASS_LDSM_LAYOUT_MT1616 = 4,
};

static inline unsigned sass_LDTM_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 87, 1) << 2);
}

static inline unsigned sass_LDTM_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 3));
}

static inline unsigned sass_LDTM_packed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_LDTM_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LDTM_place_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_LDTM_place_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24) | sass_bits(word, 72, 8) << 24);
}

enum {
	SASS_LDTM_LANES_16DP128BIT = 0,
	SASS_LDTM_LANES_16DP256BIT = 1,
	SASS_LDTM_LANES_16DP64BIT = 3,
	SASS_LDTM_LANES_16DP32BIT_T0_T15 = 4,
	SASS_LDTM_LANES_16DP32BIT_T16_T31 = 5,
	SASS_LDTM_COUNT_X2 = 1,
	SASS_LDTM_COUNT_X4 = 2,
	SASS_LDTM_COUNT_X8 = 3,
	SASS_LDTM_COUNT_X16 = 4,
	SASS_LDTM_COUNT_X32 = 5,
	SASS_LDTM_COUNT_X64 = 6,
	SASS_LDTM_COUNT_X128 = 7,
	SASS_LDTM_PACKED_PACK16BIT = 1,
};

static inline unsigned sass_LEA_high(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_LEA_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_LEA_sign_extends(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_LEA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LEA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LEA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_LEA_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_LEA_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_LEA_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LEA_shift(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 5));
}

static inline unsigned sass_LEA_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_LEA_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_LEA_HIGH_HI = 1,
	SASS_LEA_EXTENDED_X = 1,
	SASS_LEA_SIGN_EXTENDS_SX32 = 1,
};

static inline unsigned sass_LEPC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline uint64_t sass_LEPC_target(const uint64_t word[2])
{
	return (sass_bits(word, 24, 58));
}

static inline unsigned sass_LOP3_predicate_and(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_LOP3_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_LOP3_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_LOP3_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_LOP3_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_LOP3_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

static inline unsigned sass_LOP3_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_LOP3_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_LOP3_PREDICATE_AND_PAND = 1,
};

static inline unsigned sass_MATCH_any(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 1));
}

static inline unsigned sass_MATCH_wide(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_MATCH_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_MATCH_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_MATCH_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_MATCH_ANY_ALL = 0,
	SASS_MATCH_ANY_ANY = 1,
	SASS_MATCH_WIDE_U64 = 1,
};

static inline unsigned sass_MEMBAR_order(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_MEMBAR_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 3));
}

static inline unsigned sass_MEMBAR_mmio(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_MEMBAR_asynchronous(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

enum {
	SASS_MEMBAR_ORDER_SC = 0,
	SASS_MEMBAR_ORDER_ALL = 1,
	SASS_MEMBAR_ORDER_INVALID3 = 3,
	SASS_MEMBAR_SCOPE_CTA = 0,
	SASS_MEMBAR_SCOPE_SM = 1,
	SASS_MEMBAR_SCOPE_GPU = 2,
	SASS_MEMBAR_SCOPE_SYS = 3,
	SASS_MEMBAR_SCOPE_INVALID4 = 4,
	SASS_MEMBAR_SCOPE_VC = 5,
	SASS_MEMBAR_SCOPE_INVALID6 = 6,
	SASS_MEMBAR_SCOPE_INVALID7 = 7,
	SASS_MEMBAR_MMIO_MMIO = 1,
	SASS_MEMBAR_ORDER_MMIO = 3,
	SASS_MEMBAR_SCOPE_CTA_PARTIAL = 6,
	SASS_MEMBAR_ASYNCHRONOUS_ASYNC = 1,
};

static inline unsigned sass_MOV_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_MOV_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_MOV_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_MOV_spill(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 88, 1));
}

enum {
	SASS_MOV_SPILL_SPILL = 1,
};

static inline unsigned sass_MOV_64_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_MOV_64_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline uint64_t sass_MOV_64_wide(const uint64_t word[2])
{
	return (sass_bits(word, 24, 40) | sass_bits(word, 64, 24) << 40);
}

static inline unsigned sass_MOVM_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 3));
}

static inline unsigned sass_MOVM_layout(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_MOVM_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_MOVM_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_MOVM_FORMAT_16 = 0,
	SASS_MOVM_LAYOUT_MT88 = 0,
	SASS_MOVM_LAYOUT_M832 = 1,
	SASS_MOVM_LAYOUT_M864 = 2,
	SASS_MOVM_FORMAT_U4TO8 = 1,
};

static inline unsigned sass_MUFU_function(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 4));
}

static inline unsigned sass_MUFU_format(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x908 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0xb08 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0xd08 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0x308 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0x308 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0x908 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xb08 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xd08 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 72, 2));
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_MUFU_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_MUFU_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_MUFU_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_MUFU_B_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 2));
}

enum {
	SASS_MUFU_FUNCTION_COS = 0,
	SASS_MUFU_FUNCTION_SIN = 1,
	SASS_MUFU_FUNCTION_EX2 = 2,
	SASS_MUFU_FUNCTION_LG2 = 3,
	SASS_MUFU_FUNCTION_RCP = 4,
	SASS_MUFU_FUNCTION_RSQ = 5,
	SASS_MUFU_FUNCTION_RCP64H = 6,
	SASS_MUFU_FUNCTION_RSQ64H = 7,
	SASS_MUFU_FUNCTION_SQRT = 8,
	SASS_MUFU_FUNCTION_TANH = 9,
	SASS_MUFU_FORMAT_F16 = 1,
	SASS_MUFU_FORMAT_BF16 = 2,
};

static inline unsigned sass_MUFU_PAIR_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_MUFU_PAIR_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_MUFU_PAIR_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_NANOSLEEP_random(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_NANOSLEEP_warp(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_NANOSLEEP_clear(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_NANOSLEEP_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_NANOSLEEP_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_NANOSLEEP_wakes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

enum {
	SASS_NANOSLEEP_RANDOM_RAND = 1,
	SASS_NANOSLEEP_WARP_WARP = 1,
	SASS_NANOSLEEP_CLEAR_CLEAR = 1,
	SASS_NANOSLEEP_WAKES_SYNCS = 1,
};

static inline unsigned sass_OMMA_SF_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_OMMA_SF_scale_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_OMMA_SF_scales_a_row(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_OMMA_SF_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_OMMA_SF_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_OMMA_SF_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_OMMA_SF_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_OMMA_SF_Rb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_OMMA_SF_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_OMMA_SF_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_OMMA_SF_metadata_and_scales(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_OMMA_SF_scales(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 52, 8));
}

static inline unsigned sass_OMMA_SF_scale_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 3) | sass_bits(word, 73, 5) << 3);
}

static inline unsigned sass_OMMA_SF_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

enum {
	SASS_OMMA_SF_SPARSE_SP = 1,
	SASS_OMMA_SF_SCALE_FORMAT_E8 = 0,
	SASS_OMMA_SF_SCALE_FORMAT_UE4M3 = 1,
	SASS_OMMA_SF_SCALES_A_ROW_4X = 0,
	SASS_OMMA_SF_ENABLE_UPT = 0,
};

static inline unsigned sass_P2R_byte(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_P2R_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_P2R_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_P2R_BYTE_B1 = 1,
	SASS_P2R_BYTE_B2 = 2,
	SASS_P2R_BYTE_B3 = 3,
};

static inline unsigned sass_PLOP3_uniform_c(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 67, 1));
}

static inline unsigned sass_PLOP3_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_PLOP3_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_PLOP3_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_PLOP3_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_PLOP3_Pb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_PLOP3_Pb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_PLOP3_Pc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 3));
}

static inline unsigned sass_PLOP3_Pc_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_PLOP3_UPc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 3));
}

static inline unsigned sass_PLOP3_UPc_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_PLOP3_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 3) | sass_bits(word, 72, 5) << 3);
}

static inline unsigned sass_PLOP3_table2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PLOP3_SIGN_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PLOP3_SIGN_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_PLOP3_SIGN_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_PLOP3_SIGN_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_PLOP3_SIGN_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_PLOP3_SIGN_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

static inline unsigned sass_PLOP3_SIGN_table2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PLOP3_SIGN_B_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PLOP3_SIGN_B_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_PLOP3_SIGN_B_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_PLOP3_SIGN_B_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_PLOP3_SIGN_B_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_PLOP3_SIGN_B_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_PLOP3_SIGN_B_Pc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 3));
}

static inline unsigned sass_PLOP3_SIGN_B_Pc_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_PLOP3_SIGN_B_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

static inline unsigned sass_PLOP3_SIGN_B_table2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PLOP3_SIGN_BC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PLOP3_SIGN_BC_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_PLOP3_SIGN_BC_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_PLOP3_SIGN_BC_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_PLOP3_SIGN_BC_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_PLOP3_SIGN_BC_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_PLOP3_SIGN_BC_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_PLOP3_SIGN_BC_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

static inline unsigned sass_PLOP3_SIGN_BC_table2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PMTRIG_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_PMTRIG_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_PMTRIG_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 16));
}

static inline unsigned sass_POPC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_POPC_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_POPC_B_invert(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_PRMT_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 3));
}

static inline unsigned sass_PRMT_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_PRMT_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_PRMT_MODE_F4E = 1,
	SASS_PRMT_MODE_B4E = 2,
	SASS_PRMT_MODE_RC8 = 3,
	SASS_PRMT_MODE_ECL = 4,
	SASS_PRMT_MODE_ECR = 5,
	SASS_PRMT_MODE_RC16 = 6,
};

static inline unsigned sass_QGMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_QGMMA_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_QGMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 53, 7));
}

static inline unsigned sass_QGMMA_accumulator(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_QGMMA_a_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_QGMMA_b_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_QGMMA_negate_a(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_QGMMA_negate_b(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_QGMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_QGMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_QGMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_QGMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_QGMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_QGMMA_scoreboard(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_QGMMA_descriptors(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xdf3)
		return (unsigned)(sass_bits(word, 32, 8));
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_QGMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_QGMMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

enum {
	SASS_QGMMA_SPARSE_SP = 1,
	SASS_QGMMA_OFFSET_REGOFFSET = 1,
	SASS_QGMMA_SHAPE_8X32 = 0,
	SASS_QGMMA_SHAPE_16X32 = 1,
	SASS_QGMMA_SHAPE_24X32 = 2,
	SASS_QGMMA_SHAPE_32X32 = 3,
	SASS_QGMMA_SHAPE_40X32 = 4,
	SASS_QGMMA_SHAPE_48X32 = 5,
	SASS_QGMMA_SHAPE_56X32 = 6,
	SASS_QGMMA_SHAPE_64X32 = 7,
	SASS_QGMMA_SHAPE_72X32 = 8,
	SASS_QGMMA_SHAPE_80X32 = 9,
	SASS_QGMMA_SHAPE_88X32 = 10,
	SASS_QGMMA_SHAPE_96X32 = 11,
	SASS_QGMMA_SHAPE_104X32 = 12,
	SASS_QGMMA_SHAPE_112X32 = 13,
	SASS_QGMMA_SHAPE_120X32 = 14,
	SASS_QGMMA_SHAPE_128X32 = 15,
	SASS_QGMMA_SHAPE_136X32 = 16,
	SASS_QGMMA_SHAPE_144X32 = 17,
	SASS_QGMMA_SHAPE_152X32 = 18,
	SASS_QGMMA_SHAPE_160X32 = 19,
	SASS_QGMMA_SHAPE_168X32 = 20,
	SASS_QGMMA_SHAPE_176X32 = 21,
	SASS_QGMMA_SHAPE_184X32 = 22,
	SASS_QGMMA_SHAPE_192X32 = 23,
	SASS_QGMMA_SHAPE_200X32 = 24,
	SASS_QGMMA_SHAPE_208X32 = 25,
	SASS_QGMMA_SHAPE_216X32 = 26,
	SASS_QGMMA_SHAPE_224X32 = 27,
	SASS_QGMMA_SHAPE_232X32 = 28,
	SASS_QGMMA_SHAPE_240X32 = 29,
	SASS_QGMMA_SHAPE_248X32 = 30,
	SASS_QGMMA_SHAPE_256X32 = 31,
	SASS_QGMMA_SHAPE_8X64 = 32,
	SASS_QGMMA_SHAPE_16X64 = 33,
	SASS_QGMMA_SHAPE_24X64 = 34,
	SASS_QGMMA_SHAPE_32X64 = 35,
	SASS_QGMMA_SHAPE_40X64 = 36,
	SASS_QGMMA_SHAPE_48X64 = 37,
	SASS_QGMMA_SHAPE_56X64 = 38,
	SASS_QGMMA_SHAPE_64X64 = 39,
	SASS_QGMMA_SHAPE_72X64 = 40,
	SASS_QGMMA_SHAPE_80X64 = 41,
	SASS_QGMMA_SHAPE_88X64 = 42,
	SASS_QGMMA_SHAPE_96X64 = 43,
	SASS_QGMMA_SHAPE_104X64 = 44,
	SASS_QGMMA_SHAPE_112X64 = 45,
	SASS_QGMMA_SHAPE_120X64 = 46,
	SASS_QGMMA_SHAPE_128X64 = 47,
	SASS_QGMMA_SHAPE_136X64 = 48,
	SASS_QGMMA_SHAPE_144X64 = 49,
	SASS_QGMMA_SHAPE_152X64 = 50,
	SASS_QGMMA_SHAPE_160X64 = 51,
	SASS_QGMMA_SHAPE_168X64 = 52,
	SASS_QGMMA_SHAPE_176X64 = 53,
	SASS_QGMMA_SHAPE_184X64 = 54,
	SASS_QGMMA_SHAPE_192X64 = 55,
	SASS_QGMMA_SHAPE_200X64 = 56,
	SASS_QGMMA_SHAPE_208X64 = 57,
	SASS_QGMMA_SHAPE_216X64 = 58,
	SASS_QGMMA_SHAPE_224X64 = 59,
	SASS_QGMMA_SHAPE_232X64 = 60,
	SASS_QGMMA_SHAPE_240X64 = 61,
	SASS_QGMMA_SHAPE_248X64 = 62,
	SASS_QGMMA_SHAPE_256X64 = 63,
	SASS_QGMMA_ACCUMULATOR_F16 = 0,
	SASS_QGMMA_ACCUMULATOR_F32 = 1,
	SASS_QGMMA_A_FORMAT_E4M3 = 0,
	SASS_QGMMA_A_FORMAT_E5M2 = 1,
	SASS_QGMMA_B_FORMAT_E4M3 = 0,
	SASS_QGMMA_B_FORMAT_E5M2 = 1,
	SASS_QGMMA_NEGATE_A_NEGA = 1,
	SASS_QGMMA_NEGATE_B_NEGB = 1,
	SASS_QGMMA_SCALE_UPT = 0,
	SASS_QGMMA_SCOREBOARD_GSB0 = 0,
};

static inline unsigned sass_QMMA_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 2));
}

static inline unsigned sass_QMMA_accumulator(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_QMMA_a_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_QMMA_b_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 1));
}

static inline unsigned sass_QMMA_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_QMMA_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_QMMA_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_QMMA_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_QMMA_Ra_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_QMMA_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_QMMA_Rb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_QMMA_Rb_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_QMMA_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_QMMA_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_QMMA_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

static inline unsigned sass_QMMA_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

enum {
	SASS_QMMA_SHAPE_16816 = 0,
	SASS_QMMA_SHAPE_16832 = 1,
	SASS_QMMA_SHAPE_16864 = 2,
	SASS_QMMA_ACCUMULATOR_F16 = 0,
	SASS_QMMA_ACCUMULATOR_F32 = 1,
	SASS_QMMA_A_FORMAT_E4M3 = 0,
	SASS_QMMA_A_FORMAT_E5M2 = 1,
	SASS_QMMA_B_FORMAT_E4M3 = 0,
	SASS_QMMA_B_FORMAT_E5M2 = 1,
	SASS_QMMA_SPARSE_SP = 1,
	SASS_QMMA_ENABLE_UPT = 0,
};

static inline unsigned sass_QMMA_120_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_QMMA_120_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 2));
}

static inline unsigned sass_QMMA_120_accumulator(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_QMMA_120_a_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 82, 2) << 1);
}

static inline unsigned sass_QMMA_120_b_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 1) | sass_bits(word, 84, 2) << 1);
}

static inline unsigned sass_QMMA_120_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_QMMA_120_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_QMMA_120_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_QMMA_120_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_QMMA_120_Rb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_QMMA_120_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_QMMA_120_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_QMMA_120_Re(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_QMMA_120_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

enum {
	SASS_QMMA_120_SPARSE_SP = 1,
	SASS_QMMA_120_SHAPE_16816 = 0,
	SASS_QMMA_120_SHAPE_16832 = 1,
	SASS_QMMA_120_SHAPE_16864 = 2,
	SASS_QMMA_120_ACCUMULATOR_F16 = 0,
	SASS_QMMA_120_ACCUMULATOR_F32 = 1,
	SASS_QMMA_120_A_FORMAT_E4M3 = 0,
	SASS_QMMA_120_A_FORMAT_E5M2 = 1,
	SASS_QMMA_120_A_FORMAT_E3M2 = 3,
	SASS_QMMA_120_A_FORMAT_E2M3 = 4,
	SASS_QMMA_120_A_FORMAT_E2M1 = 5,
	SASS_QMMA_120_B_FORMAT_E4M3 = 0,
	SASS_QMMA_120_B_FORMAT_E5M2 = 1,
	SASS_QMMA_120_B_FORMAT_E3M2 = 3,
	SASS_QMMA_120_B_FORMAT_E2M3 = 4,
	SASS_QMMA_120_B_FORMAT_E2M1 = 5,
	SASS_QMMA_120_ENABLE_UPT = 0,
};

static inline unsigned sass_QMMA_SF_sparse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_QMMA_SF_a_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1) | sass_bits(word, 82, 2) << 1);
}

static inline unsigned sass_QMMA_SF_b_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 1) | sass_bits(word, 84, 2) << 1);
}

static inline unsigned sass_QMMA_SF_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_QMMA_SF_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_QMMA_SF_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_QMMA_SF_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_QMMA_SF_Rb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_QMMA_SF_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_QMMA_SF_enable(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_QMMA_SF_metadata_and_scales(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_QMMA_SF_scales(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 52, 8));
}

static inline unsigned sass_QMMA_SF_scale_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 3) | sass_bits(word, 73, 5) << 3);
}

static inline unsigned sass_QMMA_SF_selector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 2));
}

enum {
	SASS_QMMA_SF_SPARSE_SP = 1,
	SASS_QMMA_SF_A_FORMAT_E4M3 = 0,
	SASS_QMMA_SF_A_FORMAT_E5M2 = 1,
	SASS_QMMA_SF_A_FORMAT_E3M2 = 3,
	SASS_QMMA_SF_A_FORMAT_E2M3 = 4,
	SASS_QMMA_SF_A_FORMAT_E2M1 = 5,
	SASS_QMMA_SF_B_FORMAT_E4M3 = 0,
	SASS_QMMA_SF_B_FORMAT_E5M2 = 1,
	SASS_QMMA_SF_B_FORMAT_E3M2 = 3,
	SASS_QMMA_SF_B_FORMAT_E2M3 = 4,
	SASS_QMMA_SF_B_FORMAT_E2M1 = 5,
	SASS_QMMA_SF_ENABLE_UPT = 0,
};

static inline unsigned sass_QSPC_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_QSPC_window(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_QSPC_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_QSPC_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_QSPC_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_QSPC_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_QSPC_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_QSPC_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_QSPC_EXTENDED_E = 1,
	SASS_QSPC_WINDOW_G = 0,
	SASS_QSPC_WINDOW_L = 1,
	SASS_QSPC_WINDOW_S = 2,
	SASS_QSPC_WINDOW_INVALID3 = 3,
	SASS_QSPC_WINDOW_D = 3,
};

static inline unsigned sass_R2P_byte(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_R2P_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_R2P_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_R2P_BYTE_B1 = 1,
	SASS_R2P_BYTE_B2 = 2,
	SASS_R2P_BYTE_B3 = 3,
};

static inline unsigned sass_R2UR_either(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_R2UR_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_R2UR_Pd_or(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_R2UR_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_R2UR_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_R2UR_purpose(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 2));
}

enum {
	SASS_R2UR_EITHER_OR = 1,
	SASS_R2UR_PURPOSE_FILL = 1,
	SASS_R2UR_PURPOSE_BROADCAST = 2,
};

static inline unsigned sass_RED_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_RED_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_RED_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_RED_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_RED_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_RED_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_RED_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_RED_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_RED_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_RED_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_RED_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_RED_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_RED_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

enum {
	SASS_RED_EXTENDED_E = 1,
	SASS_RED_OPERATION_ADD = 0,
	SASS_RED_OPERATION_MIN = 1,
	SASS_RED_OPERATION_MAX = 2,
	SASS_RED_OPERATION_INC = 3,
	SASS_RED_OPERATION_DEC = 4,
	SASS_RED_OPERATION_AND = 5,
	SASS_RED_OPERATION_OR = 6,
	SASS_RED_OPERATION_XOR = 7,
	SASS_RED_EVICT_EF = 0,
	SASS_RED_EVICT_EL = 2,
	SASS_RED_EVICT_LU = 3,
	SASS_RED_EVICT_EU = 4,
	SASS_RED_EVICT_NA = 5,
	SASS_RED_TYPE_U32 = 0,
	SASS_RED_TYPE_S32 = 1,
	SASS_RED_TYPE_U64 = 2,
	SASS_RED_TYPE_F32 = 3,
	SASS_RED_TYPE_F16X2 = 4,
	SASS_RED_TYPE_S64 = 5,
	SASS_RED_TYPE_F64 = 6,
	SASS_RED_SCOPE_INVALID0_CTA = 0,
	SASS_RED_SCOPE_INVALID0_SM = 1,
	SASS_RED_SCOPE_INVALID0_GPU = 2,
	SASS_RED_SCOPE_INVALID0_SYS = 3,
	SASS_RED_SCOPE_CTA = 4,
	SASS_RED_SCOPE_SM = 5,
	SASS_RED_SCOPE_GPU = 6,
	SASS_RED_SCOPE_SYS = 7,
	SASS_RED_SCOPE_STRONG_CTA = 8,
	SASS_RED_SCOPE_INVALID3_CTA = 12,
	SASS_RED_SCOPE_INVALID3_SM = 13,
	SASS_RED_SCOPE_INVALID3_GPU = 14,
	SASS_RED_SCOPE_INVALID3_SYS = 15,
	SASS_RED_PRIVATE_PRIVATE = 1,
	SASS_RED_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_RED_SCOPE_CONSTANT_CTA = 2,
	SASS_RED_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_RED_SCOPE_CONSTANT_SM = 9,
	SASS_RED_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_RED_SCOPE_CONSTANT_VC = 13,
	SASS_RED_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_RED_SCOPE_CONSTANT_GPU = 15,
	SASS_RED_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_RED_SCOPE_MMIO_GPU = 8,
	SASS_RED_SCOPE_MMIO_SYS = 12,
	SASS_RED_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_RED_INTEGER_TYPE_U32 = 0,
	SASS_RED_INTEGER_TYPE_S32 = 1,
	SASS_RED_INTEGER_TYPE_U64 = 2,
	SASS_RED_INTEGER_TYPE_S64 = 3,
};

static inline unsigned sass_REDAS_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 4));
}

static inline unsigned sass_REDAS_integer_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_REDAS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_REDAS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_REDAS_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_REDAS_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_REDAS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_REDAS_OPERATION_ADD = 0,
	SASS_REDAS_OPERATION_MIN = 1,
	SASS_REDAS_OPERATION_MAX = 2,
	SASS_REDAS_OPERATION_INC = 3,
	SASS_REDAS_OPERATION_DEC = 4,
	SASS_REDAS_OPERATION_AND = 5,
	SASS_REDAS_OPERATION_OR = 6,
	SASS_REDAS_OPERATION_XOR = 7,
	SASS_REDAS_INTEGER_TYPE_U32 = 0,
	SASS_REDAS_INTEGER_TYPE_S32 = 1,
	SASS_REDAS_INTEGER_TYPE_U64 = 2,
};

static inline unsigned sass_REDUX_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 3));
}

static inline unsigned sass_REDUX_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_REDUX_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_REDUX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_REDUX_OPERATION_AND = 0,
	SASS_REDUX_OPERATION_OR = 1,
	SASS_REDUX_OPERATION_XOR = 2,
	SASS_REDUX_OPERATION_SUM = 3,
	SASS_REDUX_OPERATION_MIN = 4,
	SASS_REDUX_OPERATION_MAX = 5,
	SASS_REDUX_SIGNED_S32 = 1,
};

static inline unsigned sass_RED_FLOAT_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_RED_FLOAT_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 88, 2));
}

static inline unsigned sass_RED_FLOAT_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_RED_FLOAT_float_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 4) | sass_bits(word, 87, 1) << 4);
}

static inline unsigned sass_RED_FLOAT_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_RED_FLOAT_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_RED_FLOAT_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_RED_FLOAT_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_RED_FLOAT_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_RED_FLOAT_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_RED_FLOAT_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_RED_FLOAT_EXTENDED_E = 1,
	SASS_RED_FLOAT_OPERATION_ADD = 0,
	SASS_RED_FLOAT_OPERATION_MIN = 1,
	SASS_RED_FLOAT_OPERATION_MAX = 2,
	SASS_RED_FLOAT_EVICT_EF = 0,
	SASS_RED_FLOAT_EVICT_EL = 2,
	SASS_RED_FLOAT_EVICT_LU = 3,
	SASS_RED_FLOAT_EVICT_EU = 4,
	SASS_RED_FLOAT_EVICT_NA = 5,
	SASS_RED_FLOAT_FLOAT_TYPE_F16X2 = 0,
	SASS_RED_FLOAT_FLOAT_TYPE_F16X4 = 1,
	SASS_RED_FLOAT_FLOAT_TYPE_F16X8 = 2,
	SASS_RED_FLOAT_FLOAT_TYPE_BF16X2 = 3,
	SASS_RED_FLOAT_FLOAT_TYPE_BF16X4 = 4,
	SASS_RED_FLOAT_FLOAT_TYPE_BF16X8 = 5,
	SASS_RED_FLOAT_FLOAT_TYPE_F32_FTZ = 9,
	SASS_RED_FLOAT_FLOAT_TYPE_F32X2_FTZ = 10,
	SASS_RED_FLOAT_FLOAT_TYPE_F32X4_FTZ = 11,
	SASS_RED_FLOAT_FLOAT_TYPE_F32 = 12,
	SASS_RED_FLOAT_FLOAT_TYPE_F32X2 = 13,
	SASS_RED_FLOAT_FLOAT_TYPE_F32X4 = 14,
	SASS_RED_FLOAT_FLOAT_TYPE_F64 = 15,
	SASS_RED_FLOAT_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_RED_FLOAT_SCOPE_CONSTANT_CTA = 2,
	SASS_RED_FLOAT_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_RED_FLOAT_SCOPE_CONSTANT_SM = 9,
	SASS_RED_FLOAT_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_RED_FLOAT_SCOPE_CONSTANT_VC = 13,
	SASS_RED_FLOAT_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_RED_FLOAT_SCOPE_CONSTANT_GPU = 15,
	SASS_RED_FLOAT_SCOPE_STRONG_SM = 5,
	SASS_RED_FLOAT_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_RED_FLOAT_SCOPE_STRONG_GPU = 7,
	SASS_RED_FLOAT_SCOPE_MMIO_GPU = 8,
	SASS_RED_FLOAT_SCOPE_STRONG_SYS = 10,
	SASS_RED_FLOAT_SCOPE_MMIO_SYS = 12,
	SASS_RED_FLOAT_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_RET_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_RET_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_RET_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_RET_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_RET_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_RET_target(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x950 && (sass_arch_bit(arch) & 0x3f))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x950 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

static inline uint64_t sass_RET_address(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x950 && (sass_arch_bit(arch) & 0x3f))
		return (sass_bits(word, 34, 48));
	if ((word[0] & 0xfff) == 0x950 && (sass_arch_bit(arch) & 0xfc0))
		return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
	return (sass_bits(word, 34, 48));
}

static inline unsigned sass_RET_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_RET_ABSOLUTE_REL = 0,
	SASS_RET_ABSOLUTE_ABS = 1,
	SASS_RET_COUNT_NODEC = 1,
};

static inline unsigned sass_RPCMOV_FROM_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_RPCMOV_FROM_half(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 31, 1));
}

enum {
	SASS_RPCMOV_FROM_HALF_RPC_LO = 0,
	SASS_RPCMOV_FROM_HALF_RPC_HI = 1,
};

static inline unsigned sass_RPCMOV_TO_half(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 31, 1));
}

enum {
	SASS_RPCMOV_TO_HALF_RPC_LO = 0,
	SASS_RPCMOV_TO_HALF_RPC_HI = 1,
};

static inline unsigned sass_S2R_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_S2R_special(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

enum {
	SASS_S2R_SPECIAL_SR_LANEID = 0,
	SASS_S2R_SPECIAL_SR_CLOCK = 1,
	SASS_S2R_SPECIAL_SR_VIRTCFG = 2,
	SASS_S2R_SPECIAL_SR_VIRTID = 3,
	SASS_S2R_SPECIAL_SR_ORDERING_TICKET = 15,
	SASS_S2R_SPECIAL_SR_PRIM_TYPE = 16,
	SASS_S2R_SPECIAL_SR_INVOCATION_ID = 17,
	SASS_S2R_SPECIAL_SR_Y_DIRECTION = 18,
	SASS_S2R_SPECIAL_SR_THREAD_KILL = 19,
	SASS_S2R_SPECIAL_SM_SHADER_TYPE = 20,
	SASS_S2R_SPECIAL_SR_DIRECTCBEWRITEADDRESSLOW = 21,
	SASS_S2R_SPECIAL_SR_DIRECTCBEWRITEADDRESSHIGH = 22,
	SASS_S2R_SPECIAL_SR_DIRECTCBEWRITEENABLED = 23,
	SASS_S2R_SPECIAL_SR_MACHINE_ID_1 = 25,
	SASS_S2R_SPECIAL_SR_MACHINE_ID_2 = 26,
	SASS_S2R_SPECIAL_SR_MACHINE_ID_3 = 27,
	SASS_S2R_SPECIAL_SR_AFFINITY = 28,
	SASS_S2R_SPECIAL_SR_INVOCATION_INFO = 29,
	SASS_S2R_SPECIAL_SR_WSCALEFACTOR_XY = 30,
	SASS_S2R_SPECIAL_SR_WSCALEFACTOR_Z = 31,
	SASS_S2R_SPECIAL_SR_TID = 32,
	SASS_S2R_SPECIAL_SR_TID_X = 33,
	SASS_S2R_SPECIAL_SR_TID_Y = 34,
	SASS_S2R_SPECIAL_SR_TID_Z = 35,
	SASS_S2R_SPECIAL_SR_CTAID_X = 37,
	SASS_S2R_SPECIAL_SR_CTAID_Y = 38,
	SASS_S2R_SPECIAL_SR_CTAID_Z = 39,
	SASS_S2R_SPECIAL_SR_NTID = 40,
	SASS_S2R_SPECIAL_SR_CIRQUEUEINCRMINUSONE = 41,
	SASS_S2R_SPECIAL_SR_NLATC = 42,
	SASS_S2R_SPECIAL_SR_SM_SPA_VERSION = 44,
	SASS_S2R_SPECIAL_SR_MULTIPASSSHADERINFO = 45,
	SASS_S2R_SPECIAL_SR_LWINHI = 46,
	SASS_S2R_SPECIAL_SR_SWINHI = 47,
	SASS_S2R_SPECIAL_SR_SWINLO = 48,
	SASS_S2R_SPECIAL_SR_SWINSZ = 49,
	SASS_S2R_SPECIAL_SR_SMEMSZ = 50,
	SASS_S2R_SPECIAL_SR_SMEMBANKS = 51,
	SASS_S2R_SPECIAL_SR_LWINLO = 52,
	SASS_S2R_SPECIAL_SR_LWINSZ = 53,
	SASS_S2R_SPECIAL_SR_LMEMLOSZ = 54,
	SASS_S2R_SPECIAL_SR_LMEMHIOFF = 55,
	SASS_S2R_SPECIAL_SR_EQMASK = 56,
	SASS_S2R_SPECIAL_SR_LTMASK = 57,
	SASS_S2R_SPECIAL_SR_LEMASK = 58,
	SASS_S2R_SPECIAL_SR_GTMASK = 59,
	SASS_S2R_SPECIAL_SR_GEMASK = 60,
	SASS_S2R_SPECIAL_SR_REGALLOC = 61,
	SASS_S2R_SPECIAL_SR_BARRIERALLOC = 62,
	SASS_S2R_SPECIAL_SR_GLOBALERRORSTATUS = 64,
	SASS_S2R_SPECIAL_SR_WARPERRORSTATUS = 66,
	SASS_S2R_SPECIAL_SR_VIRTUALSMID = 67,
	SASS_S2R_SPECIAL_SR_VIRTUALENGINEID = 68,
	SASS_S2R_SPECIAL_SR_CLOCKLO = 80,
	SASS_S2R_SPECIAL_SR_CLOCKHI = 81,
	SASS_S2R_SPECIAL_SR_GLOBALTIMERLO = 82,
	SASS_S2R_SPECIAL_SR_GLOBALTIMERHI = 83,
	SASS_S2R_SPECIAL_SR_ESR_PC = 84,
	SASS_S2R_SPECIAL_SR_ESR_PC_HI = 85,
	SASS_S2R_SPECIAL_SR_HWTASKID = 96,
	SASS_S2R_SPECIAL_SR_CIRCULARQUEUEENTRYINDEX = 97,
	SASS_S2R_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSLOW = 98,
	SASS_S2R_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSHIGH = 99,
	SASS_S2R_SPECIAL_SR_PM0 = 100,
	SASS_S2R_SPECIAL_SR_PM_HI0 = 101,
	SASS_S2R_SPECIAL_SR_PM1 = 102,
	SASS_S2R_SPECIAL_SR_PM_HI1 = 103,
	SASS_S2R_SPECIAL_SR_PM2 = 104,
	SASS_S2R_SPECIAL_SR_PM_HI2 = 105,
	SASS_S2R_SPECIAL_SR_PM3 = 106,
	SASS_S2R_SPECIAL_SR_PM_HI3 = 107,
	SASS_S2R_SPECIAL_SR_PM4 = 108,
	SASS_S2R_SPECIAL_SR_PM_HI4 = 109,
	SASS_S2R_SPECIAL_SR_PM5 = 110,
	SASS_S2R_SPECIAL_SR_PM_HI5 = 111,
	SASS_S2R_SPECIAL_SR_PM6 = 112,
	SASS_S2R_SPECIAL_SR_PM_HI6 = 113,
	SASS_S2R_SPECIAL_SR_PM7 = 114,
	SASS_S2R_SPECIAL_SR_PM_HI7 = 115,
	SASS_S2R_SPECIAL_SR_SNAP_PM0 = 116,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI0 = 117,
	SASS_S2R_SPECIAL_SR_SNAP_PM1 = 118,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI1 = 119,
	SASS_S2R_SPECIAL_SR_SNAP_PM2 = 120,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI2 = 121,
	SASS_S2R_SPECIAL_SR_SNAP_PM3 = 122,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI3 = 123,
	SASS_S2R_SPECIAL_SR_SNAP_PM4 = 124,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI4 = 125,
	SASS_S2R_SPECIAL_SR_SNAP_PM5 = 126,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI5 = 127,
	SASS_S2R_SPECIAL_SR_SNAP_PM6 = 128,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI6 = 129,
	SASS_S2R_SPECIAL_SR_SNAP_PM7 = 130,
	SASS_S2R_SPECIAL_SR_SNAP_PM_HI7 = 131,
	SASS_S2R_SPECIAL_SR_VARIABLE_RATE = 132,
	SASS_S2R_SPECIAL_HIR0X000 = 133,
	SASS_S2R_SPECIAL_SRZ = 255,
	SASS_S2R_SPECIAL_SR_MACHINE_ID_0 = 24,
	SASS_S2R_SPECIAL_SR_SW_SCRATCH = 24,
	SASS_S2R_SPECIAL_SR_CGAERRORSTATUS = 65,
	SASS_S2R_SPECIAL_SR_CGACTAID = 136,
	SASS_S2R_SPECIAL_SR_GPCLOCALCGAID = 137,
	SASS_S2R_SPECIAL_SR_CTAREGPOOLSZ = 139,
	SASS_S2R_SPECIAL_SR_WARPGROUP_INFO = 134,
	SASS_S2R_SPECIAL_SR_WARPGROUPID = 135,
	SASS_S2R_SPECIAL_SR_CGASIZE = 138,
	SASS_S2R_SPECIAL_SR_TMEMSZ = 141,
	SASS_S2R_SPECIAL_SR_CONTEXT_SAVE_ADDR_LO = 142,
	SASS_S2R_SPECIAL_SR_CONTEXT_SAVE_ADDR_HI = 143,
};

static inline unsigned sass_S2UR_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_S2UR_special(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

enum {
	SASS_S2UR_SPECIAL_SR_LANEID = 0,
	SASS_S2UR_SPECIAL_SR_CLOCK = 1,
	SASS_S2UR_SPECIAL_SR_VIRTCFG = 2,
	SASS_S2UR_SPECIAL_SR_VIRTID = 3,
	SASS_S2UR_SPECIAL_SR_ORDERING_TICKET = 15,
	SASS_S2UR_SPECIAL_SR_PRIM_TYPE = 16,
	SASS_S2UR_SPECIAL_SR_INVOCATION_ID = 17,
	SASS_S2UR_SPECIAL_SR_Y_DIRECTION = 18,
	SASS_S2UR_SPECIAL_SR_THREAD_KILL = 19,
	SASS_S2UR_SPECIAL_SM_SHADER_TYPE = 20,
	SASS_S2UR_SPECIAL_SR_DIRECTCBEWRITEADDRESSLOW = 21,
	SASS_S2UR_SPECIAL_SR_DIRECTCBEWRITEADDRESSHIGH = 22,
	SASS_S2UR_SPECIAL_SR_DIRECTCBEWRITEENABLED = 23,
	SASS_S2UR_SPECIAL_SR_MACHINE_ID_1 = 25,
	SASS_S2UR_SPECIAL_SR_MACHINE_ID_2 = 26,
	SASS_S2UR_SPECIAL_SR_MACHINE_ID_3 = 27,
	SASS_S2UR_SPECIAL_SR_AFFINITY = 28,
	SASS_S2UR_SPECIAL_SR_INVOCATION_INFO = 29,
	SASS_S2UR_SPECIAL_SR_WSCALEFACTOR_XY = 30,
	SASS_S2UR_SPECIAL_SR_WSCALEFACTOR_Z = 31,
	SASS_S2UR_SPECIAL_SR_TID = 32,
	SASS_S2UR_SPECIAL_SR_TID_X = 33,
	SASS_S2UR_SPECIAL_SR_TID_Y = 34,
	SASS_S2UR_SPECIAL_SR_TID_Z = 35,
	SASS_S2UR_SPECIAL_SR_CTAID_X = 37,
	SASS_S2UR_SPECIAL_SR_CTAID_Y = 38,
	SASS_S2UR_SPECIAL_SR_CTAID_Z = 39,
	SASS_S2UR_SPECIAL_SR_NTID = 40,
	SASS_S2UR_SPECIAL_SR_CIRQUEUEINCRMINUSONE = 41,
	SASS_S2UR_SPECIAL_SR_NLATC = 42,
	SASS_S2UR_SPECIAL_SR_SM_SPA_VERSION = 44,
	SASS_S2UR_SPECIAL_SR_MULTIPASSSHADERINFO = 45,
	SASS_S2UR_SPECIAL_SR_LWINHI = 46,
	SASS_S2UR_SPECIAL_SR_SWINHI = 47,
	SASS_S2UR_SPECIAL_SR_SWINLO = 48,
	SASS_S2UR_SPECIAL_SR_SWINSZ = 49,
	SASS_S2UR_SPECIAL_SR_SMEMSZ = 50,
	SASS_S2UR_SPECIAL_SR_SMEMBANKS = 51,
	SASS_S2UR_SPECIAL_SR_LWINLO = 52,
	SASS_S2UR_SPECIAL_SR_LWINSZ = 53,
	SASS_S2UR_SPECIAL_SR_LMEMLOSZ = 54,
	SASS_S2UR_SPECIAL_SR_LMEMHIOFF = 55,
	SASS_S2UR_SPECIAL_SR_EQMASK = 56,
	SASS_S2UR_SPECIAL_SR_LTMASK = 57,
	SASS_S2UR_SPECIAL_SR_LEMASK = 58,
	SASS_S2UR_SPECIAL_SR_GTMASK = 59,
	SASS_S2UR_SPECIAL_SR_GEMASK = 60,
	SASS_S2UR_SPECIAL_SR_REGALLOC = 61,
	SASS_S2UR_SPECIAL_SR_BARRIERALLOC = 62,
	SASS_S2UR_SPECIAL_SR_GLOBALERRORSTATUS = 64,
	SASS_S2UR_SPECIAL_SR_WARPERRORSTATUS = 66,
	SASS_S2UR_SPECIAL_SR_VIRTUALSMID = 67,
	SASS_S2UR_SPECIAL_SR_VIRTUALENGINEID = 68,
	SASS_S2UR_SPECIAL_SR_CLOCKLO = 80,
	SASS_S2UR_SPECIAL_SR_CLOCKHI = 81,
	SASS_S2UR_SPECIAL_SR_GLOBALTIMERLO = 82,
	SASS_S2UR_SPECIAL_SR_GLOBALTIMERHI = 83,
	SASS_S2UR_SPECIAL_SR_ESR_PC = 84,
	SASS_S2UR_SPECIAL_SR_ESR_PC_HI = 85,
	SASS_S2UR_SPECIAL_SR_HWTASKID = 96,
	SASS_S2UR_SPECIAL_SR_CIRCULARQUEUEENTRYINDEX = 97,
	SASS_S2UR_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSLOW = 98,
	SASS_S2UR_SPECIAL_SR_CIRCULARQUEUEENTRYADDRESSHIGH = 99,
	SASS_S2UR_SPECIAL_SR_PM0 = 100,
	SASS_S2UR_SPECIAL_SR_PM_HI0 = 101,
	SASS_S2UR_SPECIAL_SR_PM1 = 102,
	SASS_S2UR_SPECIAL_SR_PM_HI1 = 103,
	SASS_S2UR_SPECIAL_SR_PM2 = 104,
	SASS_S2UR_SPECIAL_SR_PM_HI2 = 105,
	SASS_S2UR_SPECIAL_SR_PM3 = 106,
	SASS_S2UR_SPECIAL_SR_PM_HI3 = 107,
	SASS_S2UR_SPECIAL_SR_PM4 = 108,
	SASS_S2UR_SPECIAL_SR_PM_HI4 = 109,
	SASS_S2UR_SPECIAL_SR_PM5 = 110,
	SASS_S2UR_SPECIAL_SR_PM_HI5 = 111,
	SASS_S2UR_SPECIAL_SR_PM6 = 112,
	SASS_S2UR_SPECIAL_SR_PM_HI6 = 113,
	SASS_S2UR_SPECIAL_SR_PM7 = 114,
	SASS_S2UR_SPECIAL_SR_PM_HI7 = 115,
	SASS_S2UR_SPECIAL_SR_SNAP_PM0 = 116,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI0 = 117,
	SASS_S2UR_SPECIAL_SR_SNAP_PM1 = 118,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI1 = 119,
	SASS_S2UR_SPECIAL_SR_SNAP_PM2 = 120,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI2 = 121,
	SASS_S2UR_SPECIAL_SR_SNAP_PM3 = 122,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI3 = 123,
	SASS_S2UR_SPECIAL_SR_SNAP_PM4 = 124,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI4 = 125,
	SASS_S2UR_SPECIAL_SR_SNAP_PM5 = 126,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI5 = 127,
	SASS_S2UR_SPECIAL_SR_SNAP_PM6 = 128,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI6 = 129,
	SASS_S2UR_SPECIAL_SR_SNAP_PM7 = 130,
	SASS_S2UR_SPECIAL_SR_SNAP_PM_HI7 = 131,
	SASS_S2UR_SPECIAL_SR_VARIABLE_RATE = 132,
	SASS_S2UR_SPECIAL_HIR0X000 = 133,
	SASS_S2UR_SPECIAL_SRZ = 255,
	SASS_S2UR_SPECIAL_SR_MACHINE_ID_0 = 24,
	SASS_S2UR_SPECIAL_SR_SW_SCRATCH = 24,
	SASS_S2UR_SPECIAL_SR_CGAERRORSTATUS = 65,
	SASS_S2UR_SPECIAL_SR_CGACTAID = 136,
	SASS_S2UR_SPECIAL_SR_GPCLOCALCGAID = 137,
	SASS_S2UR_SPECIAL_SR_CTAREGPOOLSZ = 139,
	SASS_S2UR_SPECIAL_SR_WARPGROUP_INFO = 134,
	SASS_S2UR_SPECIAL_SR_WARPGROUPID = 135,
	SASS_S2UR_SPECIAL_SR_CGASIZE = 138,
	SASS_S2UR_SPECIAL_SR_TMEMSZ = 141,
	SASS_S2UR_SPECIAL_SR_CONTEXT_SAVE_ADDR_LO = 142,
	SASS_S2UR_SPECIAL_SR_CONTEXT_SAVE_ADDR_HI = 143,
};

static inline unsigned sass_SEL_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SEL_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SEL_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_SEL_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_SEL_64_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SEL_64_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline uint64_t sass_SEL_64_B(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x607)
		return (sass_bits(word, 32, 8));
	if ((word[0] & 0xfff) == 0xe07)
		return (sass_bits(word, 32, 8));
	return (sass_bits(word, 32, 32) | sass_bits(word, 64, 1) << 32);
}

static inline unsigned sass_SEL_64_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_SEL_64_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_SGXT_wrap(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_SGXT_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_SGXT_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SGXT_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_SGXT_WRAP_W = 1,
	SASS_SGXT_SIGNED_U32 = 0,
};

static inline unsigned sass_SHF_right(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_SHF_wrap(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_SHF_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_SHF_high(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_SHF_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SHF_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_SHF_RIGHT_L = 0,
	SASS_SHF_RIGHT_R = 1,
	SASS_SHF_WRAP_W = 1,
	SASS_SHF_TYPE_S64 = 0,
	SASS_SHF_TYPE_U64 = 1,
	SASS_SHF_TYPE_S32 = 2,
	SASS_SHF_TYPE_U32 = 3,
	SASS_SHF_HIGH_HI = 1,
};

static inline unsigned sass_SHFL_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 58, 2));
}

static inline unsigned sass_SHFL_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_SHFL_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SHFL_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SHFL_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_SHFL_lane(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 53, 5));
}

static inline unsigned sass_SHFL_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SHFL_bounds(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 13));
}

enum {
	SASS_SHFL_MODE_IDX = 0,
	SASS_SHFL_MODE_UP = 1,
	SASS_SHFL_MODE_DOWN = 2,
	SASS_SHFL_MODE_BFLY = 3,
};

static inline unsigned sass_ST_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ST_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_ST_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ST_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_ST_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_ST_Rb(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 32, 8));
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 32, 8));
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 32, 8));
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 32, 8));
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ST_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ST_address_offset(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 40, 24));
	if ((word[0] & 0xfff) == 0x985)
		return (unsigned)(sass_bits(word, 40, 24));
	return (unsigned)(sass_bits(word, 32, 32));
}

static inline unsigned sass_ST_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_ST_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ST_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_ST_EXTENDED_E = 1,
	SASS_ST_EVICT_EF = 0,
	SASS_ST_EVICT_EL = 2,
	SASS_ST_EVICT_LU = 3,
	SASS_ST_EVICT_EU = 4,
	SASS_ST_EVICT_NA = 5,
	SASS_ST_SIZE_U8 = 0,
	SASS_ST_SIZE_S8 = 1,
	SASS_ST_SIZE_U16 = 2,
	SASS_ST_SIZE_S16 = 3,
	SASS_ST_SIZE_32 = 4,
	SASS_ST_SIZE_64 = 5,
	SASS_ST_SIZE_128 = 6,
	SASS_ST_SIZE_U_128 = 7,
	SASS_ST_SCOPE_INVALID0_CTA = 0,
	SASS_ST_SCOPE_INVALID0_SM = 1,
	SASS_ST_SCOPE_INVALID0_GPU = 2,
	SASS_ST_SCOPE_INVALID0_SYS = 3,
	SASS_ST_SCOPE_CTA = 4,
	SASS_ST_SCOPE_SM = 5,
	SASS_ST_SCOPE_GPU = 6,
	SASS_ST_SCOPE_SYS = 7,
	SASS_ST_SCOPE_STRONG_CTA = 8,
	SASS_ST_SCOPE_MMIO_CTA = 12,
	SASS_ST_SCOPE_MMIO_SM = 13,
	SASS_ST_PRIVATE_PRIVATE = 1,
	SASS_ST_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_ST_SCOPE_CONSTANT_CTA = 2,
	SASS_ST_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_ST_SCOPE_CONSTANT_SM = 9,
	SASS_ST_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_ST_SCOPE_CONSTANT_VC = 13,
	SASS_ST_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_ST_SCOPE_CONSTANT_GPU = 15,
	SASS_ST_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_ST_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_STAS_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_STAS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STAS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STAS_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_STAS_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_STAS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_STAS_SIZE_32 = 4,
	SASS_STAS_SIZE_64 = 5,
	SASS_STAS_SIZE_128 = 6,
};

static inline unsigned sass_STG_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_STG_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_STG_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_STG_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_STG_private(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_STG_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STG_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STG_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_STG_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_STG_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_STG_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_STG_EXTENDED_E = 1,
	SASS_STG_EVICT_EF = 0,
	SASS_STG_EVICT_EL = 2,
	SASS_STG_EVICT_LU = 3,
	SASS_STG_EVICT_EU = 4,
	SASS_STG_EVICT_NA = 5,
	SASS_STG_SIZE_U8 = 0,
	SASS_STG_SIZE_S8 = 1,
	SASS_STG_SIZE_U16 = 2,
	SASS_STG_SIZE_S16 = 3,
	SASS_STG_SIZE_32 = 4,
	SASS_STG_SIZE_64 = 5,
	SASS_STG_SIZE_128 = 6,
	SASS_STG_SIZE_U_128 = 7,
	SASS_STG_SCOPE_INVALID0_CTA = 0,
	SASS_STG_SCOPE_INVALID0_SM = 1,
	SASS_STG_SCOPE_INVALID0_GPU = 2,
	SASS_STG_SCOPE_INVALID0_SYS = 3,
	SASS_STG_SCOPE_CTA = 4,
	SASS_STG_SCOPE_SM = 5,
	SASS_STG_SCOPE_GPU = 6,
	SASS_STG_SCOPE_SYS = 7,
	SASS_STG_SCOPE_STRONG_CTA = 8,
	SASS_STG_SCOPE_MMIO_CTA = 12,
	SASS_STG_SCOPE_MMIO_SM = 13,
	SASS_STG_PRIVATE_PRIVATE = 1,
	SASS_STG_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_STG_SCOPE_CONSTANT_CTA = 2,
	SASS_STG_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_STG_SCOPE_CONSTANT_SM = 9,
	SASS_STG_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_STG_SCOPE_CONSTANT_VC = 13,
	SASS_STG_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_STG_SCOPE_CONSTANT_GPU = 15,
	SASS_STG_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_STG_SCOPE_STRONG_SM_PRIVATE = 4,
	SASS_STG_SCOPE_SYS_ORDERED = 13,
	SASS_STG_SCOPE_STRONG_SYS_ORDERED = 14,
	SASS_STG_SCOPE_MMIO_SYS_ORDERED = 15,
};

static inline unsigned sass_STG_256_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_STG_256_evict_l2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 2));
}

static inline unsigned sass_STG_256_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_STG_256_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STG_256_Rb2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_STG_256_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 59, 5) | sass_bits(word, 88, 3) << 5);
}

static inline unsigned sass_STG_256_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_STG_256_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STG_256_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

static inline unsigned sass_STG_256_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 19));
}

static inline unsigned sass_STG_256_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_STG_256_EVICT_EF = 0,
	SASS_STG_256_EVICT_EL = 2,
	SASS_STG_256_EVICT_LU = 3,
	SASS_STG_256_EVICT_EU = 4,
	SASS_STG_256_EVICT_NA = 5,
	SASS_STG_256_EVICT_L2_EFL2 = 0,
	SASS_STG_256_EVICT_L2_ENL2 = 1,
	SASS_STG_256_EVICT_L2_ELL2 = 2,
	SASS_STG_256_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_STG_256_SCOPE_CONSTANT_CTA = 2,
	SASS_STG_256_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_STG_256_SCOPE_CONSTANT_SM = 9,
	SASS_STG_256_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_STG_256_SCOPE_CONSTANT_VC = 13,
	SASS_STG_256_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_STG_256_SCOPE_CONSTANT_GPU = 15,
	SASS_STG_256_SCOPE_STRONG_SM = 5,
	SASS_STG_256_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_STG_256_SCOPE_STRONG_GPU = 7,
	SASS_STG_256_SCOPE_MMIO_GPU = 8,
	SASS_STG_256_SCOPE_STRONG_SYS = 10,
	SASS_STG_256_SCOPE_MMIO_SYS = 12,
	SASS_STG_256_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_STL_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_STL_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_STL_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STL_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STL_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_STL_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_STL_EVICT_EF = 0,
	SASS_STL_EVICT_EL = 2,
	SASS_STL_EVICT_LU = 3,
	SASS_STL_EVICT_EU = 4,
	SASS_STL_EVICT_NA = 5,
	SASS_STL_SIZE_U8 = 0,
	SASS_STL_SIZE_S8 = 1,
	SASS_STL_SIZE_U16 = 2,
	SASS_STL_SIZE_S16 = 3,
	SASS_STL_SIZE_32 = 4,
	SASS_STL_SIZE_64 = 5,
	SASS_STL_SIZE_128 = 6,
};

static inline unsigned sass_STS_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_STS_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_STS_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STS_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STS_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_STS_scaled_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STS_scaled_address_base_suffix(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_STS_scaled_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_STS_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_STS_scaled_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_STS_SIZE_U8 = 0,
	SASS_STS_SIZE_S8 = 1,
	SASS_STS_SIZE_U16 = 2,
	SASS_STS_SIZE_S16 = 3,
	SASS_STS_SIZE_32 = 4,
	SASS_STS_SIZE_64 = 5,
	SASS_STS_SIZE_128 = 6,
	SASS_STS_SCALE_X4 = 1,
	SASS_STS_SCALE_X8 = 2,
	SASS_STS_SCALE_X16 = 3,
};

static inline unsigned sass_STSM_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 3));
}

static inline unsigned sass_STSM_layout(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_STSM_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_STSM_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STSM_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_STSM_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_STSM_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_STSM_FORMAT_16 = 0,
	SASS_STSM_COUNT_1 = 0,
	SASS_STSM_COUNT_2 = 1,
	SASS_STSM_COUNT_4 = 2,
	SASS_STSM_FORMAT_8 = 1,
	SASS_STSM_LAYOUT_MT168 = 2,
};

static inline unsigned sass_STTM_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 2) | sass_bits(word, 87, 1) << 2);
}

static inline unsigned sass_STTM_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 3));
}

static inline unsigned sass_STTM_packed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_STTM_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_STTM_place_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_STTM_place_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24) | sass_bits(word, 72, 8) << 24);
}

enum {
	SASS_STTM_LANES_16DP128BIT = 0,
	SASS_STTM_LANES_16DP256BIT = 1,
	SASS_STTM_LANES_16DP64BIT = 3,
	SASS_STTM_LANES_16DP32BIT_T0_T15 = 4,
	SASS_STTM_LANES_16DP32BIT_T16_T31 = 5,
	SASS_STTM_COUNT_X2 = 1,
	SASS_STTM_COUNT_X4 = 2,
	SASS_STTM_COUNT_X8 = 3,
	SASS_STTM_COUNT_X16 = 4,
	SASS_STTM_COUNT_X32 = 5,
	SASS_STTM_COUNT_X64 = 6,
	SASS_STTM_COUNT_X128 = 7,
	SASS_STTM_PACKED_EXPAND16BIT = 1,
};

static inline unsigned sass_SULD_D_by_bytes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_SULD_D_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_SULD_D_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_SULD_D_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_SULD_D_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_SULD_D_clamp(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 59, 2));
}

static inline unsigned sass_SULD_D_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_SULD_D_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SULD_D_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SULD_D_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_SULD_D_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_SULD_D_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf99)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_SULD_D_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SULD_D_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_SULD_D_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_SULD_D_BY_BYTES_BA = 1,
	SASS_SULD_D_SHAPE_1D = 0,
	SASS_SULD_D_SHAPE_1D_BUFFER = 1,
	SASS_SULD_D_SHAPE_1D_ARRAY = 2,
	SASS_SULD_D_SHAPE_2D = 3,
	SASS_SULD_D_SHAPE_2D_ARRAY = 4,
	SASS_SULD_D_SHAPE_3D = 5,
	SASS_SULD_D_EVICT_EF = 0,
	SASS_SULD_D_EVICT_EL = 2,
	SASS_SULD_D_EVICT_LU = 3,
	SASS_SULD_D_EVICT_EU = 4,
	SASS_SULD_D_EVICT_NA = 5,
	SASS_SULD_D_SIZE_U8 = 0,
	SASS_SULD_D_SIZE_S8 = 1,
	SASS_SULD_D_SIZE_U16 = 2,
	SASS_SULD_D_SIZE_S16 = 3,
	SASS_SULD_D_SIZE_32 = 4,
	SASS_SULD_D_SIZE_64 = 5,
	SASS_SULD_D_SIZE_128 = 6,
	SASS_SULD_D_SCOPE_CONSTANT_SYS = 3,
	SASS_SULD_D_SCOPE_CTA = 4,
	SASS_SULD_D_SCOPE_SM = 5,
	SASS_SULD_D_SCOPE_GPU = 6,
	SASS_SULD_D_SCOPE_SYS = 7,
	SASS_SULD_D_SCOPE_STRONG_CTA = 8,
	SASS_SULD_D_SCOPE_MMIO_CTA = 12,
	SASS_SULD_D_SCOPE_MMIO_SM = 13,
	SASS_SULD_D_CLAMP_IGN = 0,
	SASS_SULD_D_CLAMP_TRAP = 2,
	SASS_SULD_D_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_SULD_D_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_SULD_D_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_SULD_D_SCOPE_CONSTANT_VC = 13,
	SASS_SULD_D_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_SULD_D_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_SULD_D_SCOPE_CONSTANT = 4,
};

static inline unsigned sass_SURED_D_by_bytes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_SURED_D_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_SURED_D_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_SURED_D_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_SURED_D_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_SURED_D_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_SURED_D_clamp(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 59, 2));
}

static inline unsigned sass_SURED_D_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_SURED_D_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SURED_D_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SURED_D_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_SURED_D_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_SURED_D_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf9f)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_SURED_D_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SURED_D_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_SURED_D_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_SURED_D_BY_BYTES_BA = 1,
	SASS_SURED_D_SHAPE_1D = 0,
	SASS_SURED_D_SHAPE_1D_BUFFER = 1,
	SASS_SURED_D_SHAPE_1D_ARRAY = 2,
	SASS_SURED_D_SHAPE_2D = 3,
	SASS_SURED_D_SHAPE_2D_ARRAY = 4,
	SASS_SURED_D_SHAPE_3D = 5,
	SASS_SURED_D_OPERATION_ADD = 0,
	SASS_SURED_D_OPERATION_MIN = 1,
	SASS_SURED_D_OPERATION_MAX = 2,
	SASS_SURED_D_OPERATION_INC = 3,
	SASS_SURED_D_OPERATION_DEC = 4,
	SASS_SURED_D_OPERATION_AND = 5,
	SASS_SURED_D_OPERATION_OR = 6,
	SASS_SURED_D_OPERATION_XOR = 7,
	SASS_SURED_D_EVICT_EF = 0,
	SASS_SURED_D_EVICT_EL = 2,
	SASS_SURED_D_EVICT_LU = 3,
	SASS_SURED_D_EVICT_EU = 4,
	SASS_SURED_D_EVICT_NA = 5,
	SASS_SURED_D_TYPE_U32 = 0,
	SASS_SURED_D_TYPE_S32 = 1,
	SASS_SURED_D_TYPE_U64 = 2,
	SASS_SURED_D_TYPE_F32 = 3,
	SASS_SURED_D_TYPE_F16X2 = 4,
	SASS_SURED_D_TYPE_S64 = 5,
	SASS_SURED_D_TYPE_SD32 = 6,
	SASS_SURED_D_TYPE_SD64 = 7,
	SASS_SURED_D_SCOPE_INVALID0_CTA = 0,
	SASS_SURED_D_SCOPE_INVALID0_SM = 1,
	SASS_SURED_D_SCOPE_INVALID0_GPU = 2,
	SASS_SURED_D_SCOPE_INVALID0_SYS = 3,
	SASS_SURED_D_SCOPE_CTA = 4,
	SASS_SURED_D_SCOPE_SM = 5,
	SASS_SURED_D_SCOPE_GPU = 6,
	SASS_SURED_D_SCOPE_SYS = 7,
	SASS_SURED_D_SCOPE_STRONG_CTA = 8,
	SASS_SURED_D_SCOPE_INVALID3_CTA = 12,
	SASS_SURED_D_SCOPE_INVALID3_SM = 13,
	SASS_SURED_D_SCOPE_INVALID3_GPU = 14,
	SASS_SURED_D_SCOPE_INVALID3_SYS = 15,
	SASS_SURED_D_CLAMP_IGN = 0,
	SASS_SURED_D_CLAMP_TRAP = 2,
	SASS_SURED_D_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_SURED_D_SCOPE_CONSTANT_CTA = 2,
	SASS_SURED_D_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_SURED_D_SCOPE_CONSTANT_SM = 9,
	SASS_SURED_D_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_SURED_D_SCOPE_CONSTANT_VC = 13,
	SASS_SURED_D_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_SURED_D_SCOPE_CONSTANT_GPU = 15,
	SASS_SURED_D_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_SURED_D_SCOPE_MMIO_GPU = 8,
	SASS_SURED_D_SCOPE_MMIO_SYS = 12,
	SASS_SURED_D_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_SUST_D_by_bytes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_SUST_D_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_SUST_D_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_SUST_D_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_SUST_D_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_SUST_D_clamp(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 59, 2));
}

static inline unsigned sass_SUST_D_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_SUST_D_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SUST_D_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SUST_D_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_SUST_D_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_SUST_D_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf9d)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_SUST_D_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SUST_D_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_SUST_D_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_SUST_D_BY_BYTES_BA = 1,
	SASS_SUST_D_SHAPE_1D = 0,
	SASS_SUST_D_SHAPE_1D_BUFFER = 1,
	SASS_SUST_D_SHAPE_1D_ARRAY = 2,
	SASS_SUST_D_SHAPE_2D = 3,
	SASS_SUST_D_SHAPE_2D_ARRAY = 4,
	SASS_SUST_D_SHAPE_3D = 5,
	SASS_SUST_D_EVICT_EF = 0,
	SASS_SUST_D_EVICT_EL = 2,
	SASS_SUST_D_EVICT_LU = 3,
	SASS_SUST_D_EVICT_EU = 4,
	SASS_SUST_D_EVICT_NA = 5,
	SASS_SUST_D_SIZE_U8 = 0,
	SASS_SUST_D_SIZE_S8 = 1,
	SASS_SUST_D_SIZE_U16 = 2,
	SASS_SUST_D_SIZE_S16 = 3,
	SASS_SUST_D_SIZE_32 = 4,
	SASS_SUST_D_SIZE_64 = 5,
	SASS_SUST_D_SIZE_128 = 6,
	SASS_SUST_D_SCOPE_INVALID0_CTA = 0,
	SASS_SUST_D_SCOPE_INVALID0_SM = 1,
	SASS_SUST_D_SCOPE_INVALID0_GPU = 2,
	SASS_SUST_D_SCOPE_INVALID0_SYS = 3,
	SASS_SUST_D_SCOPE_CTA = 4,
	SASS_SUST_D_SCOPE_SM = 5,
	SASS_SUST_D_SCOPE_GPU = 6,
	SASS_SUST_D_SCOPE_SYS = 7,
	SASS_SUST_D_SCOPE_STRONG_CTA = 8,
	SASS_SUST_D_SCOPE_MMIO_CTA = 12,
	SASS_SUST_D_SCOPE_MMIO_SM = 13,
	SASS_SUST_D_CLAMP_IGN = 0,
	SASS_SUST_D_CLAMP_TRAP = 2,
	SASS_SUST_D_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_SUST_D_SCOPE_CONSTANT_CTA = 2,
	SASS_SUST_D_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_SUST_D_SCOPE_CONSTANT_SM = 9,
	SASS_SUST_D_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_SUST_D_SCOPE_CONSTANT_VC = 13,
	SASS_SUST_D_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_SUST_D_SCOPE_CONSTANT_GPU = 15,
	SASS_SUST_D_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_SUST_D_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_SUST_P_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_SUST_P_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_SUST_P_scope(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 4));
}

static inline unsigned sass_SUST_P_pixel(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_SUST_P_clamp(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 59, 2));
}

static inline unsigned sass_SUST_P_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_SUST_P_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SUST_P_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SUST_P_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_SUST_P_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_SUST_P_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf9b)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_SUST_P_Rc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SUST_P_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_SUST_P_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_SUST_P_SHAPE_1D = 0,
	SASS_SUST_P_SHAPE_1D_BUFFER = 1,
	SASS_SUST_P_SHAPE_1D_ARRAY = 2,
	SASS_SUST_P_SHAPE_2D = 3,
	SASS_SUST_P_SHAPE_2D_ARRAY = 4,
	SASS_SUST_P_SHAPE_3D = 5,
	SASS_SUST_P_EVICT_EF = 0,
	SASS_SUST_P_EVICT_EL = 2,
	SASS_SUST_P_EVICT_LU = 3,
	SASS_SUST_P_EVICT_EU = 4,
	SASS_SUST_P_EVICT_NA = 5,
	SASS_SUST_P_SCOPE_INVALID0_CTA = 0,
	SASS_SUST_P_SCOPE_INVALID0_SM = 1,
	SASS_SUST_P_SCOPE_INVALID0_GPU = 2,
	SASS_SUST_P_SCOPE_INVALID0_SYS = 3,
	SASS_SUST_P_SCOPE_CTA = 4,
	SASS_SUST_P_SCOPE_SM = 5,
	SASS_SUST_P_SCOPE_GPU = 6,
	SASS_SUST_P_SCOPE_SYS = 7,
	SASS_SUST_P_SCOPE_STRONG_CTA = 8,
	SASS_SUST_P_SCOPE_MMIO_CTA = 12,
	SASS_SUST_P_SCOPE_MMIO_SM = 13,
	SASS_SUST_P_PIXEL_R = 1,
	SASS_SUST_P_PIXEL_RG = 3,
	SASS_SUST_P_CLAMP_IGN = 0,
	SASS_SUST_P_CLAMP_TRAP = 2,
	SASS_SUST_P_SCOPE_CONSTANT_PRIVATE = 1,
	SASS_SUST_P_SCOPE_CONSTANT_CTA = 2,
	SASS_SUST_P_SCOPE_CONSTANT_CTA_PRIVATE = 3,
	SASS_SUST_P_SCOPE_CONSTANT_SM = 9,
	SASS_SUST_P_SCOPE_CONSTANT_SM_PRIVATE = 11,
	SASS_SUST_P_SCOPE_CONSTANT_VC = 13,
	SASS_SUST_P_SCOPE_CONSTANT_VC_PRIVATE = 14,
	SASS_SUST_P_SCOPE_CONSTANT_GPU = 15,
	SASS_SUST_P_SCOPE_STRONG_GPU_PRIVATE = 6,
	SASS_SUST_P_SCOPE_STRONG_SM_PRIVATE = 4,
};

static inline unsigned sass_SYNCS_ARRIVE_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_SYNCS_ARRIVE_leaves(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_SYNCS_ARRIVE_counts(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_SYNCS_ARRIVE_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SYNCS_ARRIVE_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SYNCS_ARRIVE_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SYNCS_ARRIVE_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_SYNCS_ARRIVE_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_SYNCS_ARRIVE_MODE_TMASK = 1,
	SASS_SYNCS_ARRIVE_MODE_RED = 2,
	SASS_SYNCS_ARRIVE_LEAVES_OPTOUT = 1,
	SASS_SYNCS_ARRIVE_COUNTS_A1T0 = 1,
	SASS_SYNCS_ARRIVE_COUNTS_A0T1 = 2,
	SASS_SYNCS_ARRIVE_COUNTS_A0TR = 3,
	SASS_SYNCS_ARRIVE_COUNTS_A0TX = 4,
	SASS_SYNCS_ARRIVE_COUNTS_ART0 = 5,
};

static inline unsigned sass_SYNCS_CCTL_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_SYNCS_CCTL_one(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

static inline unsigned sass_SYNCS_CCTL_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SYNCS_CCTL_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SYNCS_CCTL_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

enum {
	SASS_SYNCS_CCTL_OPERATION_IV = 0,
	SASS_SYNCS_CCTL_OPERATION_WB = 1,
};

static inline unsigned sass_SYNCS_EXCH_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_SYNCS_EXCH_place_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SYNCS_EXCH_place_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_SYNCS_EXCH_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_SYNCS_PHASECHK_tries(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_SYNCS_PHASECHK_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_SYNCS_PHASECHK_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_SYNCS_PHASECHK_address_uniform(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_SYNCS_PHASECHK_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24));
}

static inline unsigned sass_SYNCS_PHASECHK_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_SYNCS_PHASECHK_TRIES_TRYWAIT = 1,
};

static inline unsigned sass_TEX_screen(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 1));
}

static inline unsigned sass_TEX_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_TEX_level(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x361 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 87, 3));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 87, 3));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 59, 1) | sass_bits(word, 87, 3) << 1);
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 59, 1) | sass_bits(word, 87, 3) << 1);
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_TEX_offsets(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x361 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 56, 2));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 56, 2));
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_TEX_compares(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_TEX_no_derivative(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x361 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 77, 1));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 77, 1));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 76, 2));
	if ((word[0] & 0xfff) == 0xf60 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 76, 2));
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_TEX_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_TEX_no_dependence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_TEX_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_TEX_Rd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_TEX_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_TEX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_TEX_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_TEX_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_TEX_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf60)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_TEX_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_TEX_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_TEX_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_TEX_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_TEX_SCREEN_SCR = 1,
	SASS_TEX_FORMAT_F16_RN = 1,
	SASS_TEX_FORMAT_F16_RZ = 2,
	SASS_TEX_LEVEL_LZ = 1,
	SASS_TEX_LEVEL_LB = 2,
	SASS_TEX_LEVEL_LL = 3,
	SASS_TEX_LEVEL_LC = 4,
	SASS_TEX_LEVEL_LB_LC = 5,
	SASS_TEX_LEVEL_LC_FDV = 6,
	SASS_TEX_OFFSETS_AOFFI = 1,
	SASS_TEX_COMPARES_DC = 1,
	SASS_TEX_NO_DERIVATIVE_NDV = 1,
	SASS_TEX_EVICT_EF = 0,
	SASS_TEX_EVICT_EL = 2,
	SASS_TEX_EVICT_LU = 3,
	SASS_TEX_EVICT_EU = 4,
	SASS_TEX_EVICT_NA = 5,
	SASS_TEX_NO_DEPENDENCE_NODEP = 1,
	SASS_TEX_SHAPE_1D = 0,
	SASS_TEX_SHAPE_2D = 1,
	SASS_TEX_SHAPE_3D = 2,
	SASS_TEX_SHAPE_CUBE = 3,
	SASS_TEX_SHAPE_ARRAY_1D = 4,
	SASS_TEX_SHAPE_ARRAY_2D = 5,
	SASS_TEX_SHAPE_ARRAY_CUBE = 7,
	SASS_TEX_NO_DERIVATIVE_FDV = 2,
};

static inline unsigned sass_TLD_screen(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 1));
}

static inline unsigned sass_TLD_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_TLD_level(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x367 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 87, 3));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 87, 3));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 87, 2));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 87, 2));
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_TLD_offsets(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x367 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 56, 2));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 56, 2));
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_TLD_clamps(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x367 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 77, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 77, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 76, 1));
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_TLD_multisampled(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x367 && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 78, 1));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 77, 2));
	if ((word[0] & 0xfff) == 0xf66 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 77, 2));
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_TLD_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_TLD_no_dependence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_TLD_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_TLD_Rd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_TLD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_TLD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_TLD_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_TLD_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_TLD_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf66)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_TLD_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_TLD_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_TLD_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_TLD_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_TLD_SCREEN_SCR = 1,
	SASS_TLD_FORMAT_F16_RN = 1,
	SASS_TLD_FORMAT_F16_RZ = 2,
	SASS_TLD_OFFSETS_AOFFI = 1,
	SASS_TLD_CLAMPS_CL = 1,
	SASS_TLD_MULTISAMPLED_MS = 1,
	SASS_TLD_EVICT_EF = 0,
	SASS_TLD_EVICT_EL = 2,
	SASS_TLD_EVICT_LU = 3,
	SASS_TLD_EVICT_EU = 4,
	SASS_TLD_EVICT_NA = 5,
	SASS_TLD_NO_DEPENDENCE_NODEP = 1,
	SASS_TLD_SHAPE_1D = 0,
	SASS_TLD_SHAPE_2D = 1,
	SASS_TLD_SHAPE_3D = 2,
	SASS_TLD_SHAPE_ARRAY_1D = 4,
	SASS_TLD_SHAPE_ARRAY_2D = 5,
};

static inline unsigned sass_TLD4_screen(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 60, 1));
}

static inline unsigned sass_TLD4_component(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

static inline unsigned sass_TLD4_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_TLD4_offsets(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_TLD4_per_texel(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_TLD4_compares(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 1));
}

static inline unsigned sass_TLD4_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_TLD4_no_dependence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_TLD4_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_TLD4_Rd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_TLD4_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_TLD4_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_TLD4_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_TLD4_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_TLD4_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf63)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_TLD4_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_TLD4_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_TLD4_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_TLD4_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_TLD4_SCREEN_SCR = 1,
	SASS_TLD4_COMPONENT_R = 0,
	SASS_TLD4_COMPONENT_G = 1,
	SASS_TLD4_COMPONENT_B = 2,
	SASS_TLD4_COMPONENT_A = 3,
	SASS_TLD4_FORMAT_F16_RN = 1,
	SASS_TLD4_FORMAT_F16_RZ = 2,
	SASS_TLD4_OFFSETS_AOFFI = 1,
	SASS_TLD4_PER_TEXEL_PTP = 1,
	SASS_TLD4_COMPARES_DC = 1,
	SASS_TLD4_EVICT_EF = 0,
	SASS_TLD4_EVICT_EL = 2,
	SASS_TLD4_EVICT_LU = 3,
	SASS_TLD4_EVICT_EU = 4,
	SASS_TLD4_EVICT_NA = 5,
	SASS_TLD4_NO_DEPENDENCE_NODEP = 1,
	SASS_TLD4_SHAPE_2D = 1,
	SASS_TLD4_SHAPE_CUBE = 3,
	SASS_TLD4_SHAPE_ARRAY_2D = 5,
	SASS_TLD4_SHAPE_ARRAY_CUBE = 7,
};

static inline unsigned sass_TXD_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_TXD_level(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x36d && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 87, 1));
	if ((word[0] & 0xfff) == 0xf6c && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 87, 1));
	if ((word[0] & 0xfff) == 0xf6c && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 87, 2));
	if ((word[0] & 0xfff) == 0xf6c && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 87, 2));
	return (unsigned)(sass_bits(word, 87, 1));
}

static inline unsigned sass_TXD_offsets(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x36d && (sass_arch_bit(arch) & 0x3f))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf6c && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 76, 1));
	if ((word[0] & 0xfff) == 0xf6c && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 56, 2));
	if ((word[0] & 0xfff) == 0xf6c && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 56, 2));
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_TXD_evict(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_TXD_no_dependence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_TXD_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_TXD_Rd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_TXD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_TXD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_TXD_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_TXD_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_TXD_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf6c)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_TXD_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 61, 3));
}

static inline unsigned sass_TXD_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_TXD_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_TXD_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_TXD_FORMAT_F16_RN = 1,
	SASS_TXD_FORMAT_F16_RZ = 2,
	SASS_TXD_LEVEL_LC = 1,
	SASS_TXD_OFFSETS_AOFFI = 1,
	SASS_TXD_EVICT_EF = 0,
	SASS_TXD_EVICT_EL = 2,
	SASS_TXD_EVICT_LU = 3,
	SASS_TXD_EVICT_EU = 4,
	SASS_TXD_EVICT_NA = 5,
	SASS_TXD_NO_DEPENDENCE_NODEP = 1,
	SASS_TXD_SHAPE_1D = 0,
	SASS_TXD_SHAPE_2D = 1,
	SASS_TXD_SHAPE_ARRAY_1D = 4,
	SASS_TXD_SHAPE_ARRAY_2D = 5,
};

static inline unsigned sass_TXQ_no_dependence(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_TXQ_Rd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_TXQ_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_TXQ_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_TXQ_query(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 2));
}

static inline unsigned sass_TXQ_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_TXQ_slot(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0xf6f)
		return (unsigned)(sass_bits(word, 46, 8));
	return (unsigned)(sass_bits(word, 40, 14));
}

static inline unsigned sass_TXQ_lanes(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 4));
}

static inline unsigned sass_TXQ_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_TXQ_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

enum {
	SASS_TXQ_NO_DEPENDENCE_NODEP = 1,
	SASS_TXQ_QUERY_TEX_HEADER_DIMENSION = 0,
	SASS_TXQ_QUERY_TEX_HEADER_TEXTURE_TYPE = 1,
	SASS_TXQ_QUERY_TEX_HEADER_SAMPLER_POS = 2,
};

static inline unsigned sass_UBLKCP_spaces(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_UBLKCP_multicast(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UBLKCP_sectors(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 2));
}

static inline unsigned sass_UBLKCP_sequenced(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 1));
}

static inline unsigned sass_UBLKCP_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UBLKCP_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UBLKCP_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UBLKCP_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UBLKCP_byte_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_UBLKCP_counted(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

enum {
	SASS_UBLKCP_SPACES_G_G = 0,
	SASS_UBLKCP_SPACES_S_G = 1,
	SASS_UBLKCP_SPACES_G_S = 2,
	SASS_UBLKCP_SPACES_S_S = 3,
	SASS_UBLKCP_MULTICAST_MULTICAST = 1,
	SASS_UBLKCP_SECTORS_LTC64B = 1,
	SASS_UBLKCP_SECTORS_LTC128B = 2,
	SASS_UBLKCP_SECTORS_LTC256B = 3,
	SASS_UBLKCP_SEQUENCED_SEQUENCED = 1,
	SASS_UBLKCP_BYTE_MASK_DST_G_BYTE_MASK = 1,
	SASS_UBLKCP_COUNTED_COUNTED = 1,
};

static inline unsigned sass_UBLKPF_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UBLKPF_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UBLKPF_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UBLKRED_to(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UBLKRED_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UBLKRED_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 4));
}

static inline unsigned sass_UBLKRED_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UBLKRED_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UBLKRED_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UBLKRED_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

enum {
	SASS_UBLKRED_TO_G = 0,
	SASS_UBLKRED_TO_S = 1,
	SASS_UBLKRED_OPERATION_ADD = 0,
	SASS_UBLKRED_OPERATION_MIN = 1,
	SASS_UBLKRED_OPERATION_MAX = 2,
	SASS_UBLKRED_OPERATION_INC = 3,
	SASS_UBLKRED_OPERATION_DEC = 4,
	SASS_UBLKRED_OPERATION_AND = 5,
	SASS_UBLKRED_OPERATION_OR = 6,
	SASS_UBLKRED_OPERATION_XOR = 7,
	SASS_UBLKRED_TYPE_U32 = 0,
	SASS_UBLKRED_TYPE_S32 = 1,
	SASS_UBLKRED_TYPE_U64 = 2,
	SASS_UBLKRED_TYPE_S64 = 3,
	SASS_UBLKRED_TYPE_F16 = 4,
	SASS_UBLKRED_TYPE_F32 = 5,
	SASS_UBLKRED_TYPE_F32_FTZ = 6,
	SASS_UBLKRED_TYPE_F64 = 7,
	SASS_UBLKRED_TYPE_BF16 = 8,
};

static inline unsigned sass_UBMSK_wrap(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UBMSK_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UBMSK_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_UBMSK_WRAP_W = 1,
};

static inline unsigned sass_UBREV_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UBREV_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UF2I_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UF2I_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1) | sass_bits(word, 75, 2) << 1);
}

static inline unsigned sass_UF2I_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_UF2I_ntz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_UF2I_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UF2I_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UF2I_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UF2I_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

enum {
	SASS_UF2I_FTZ_FTZ = 1,
	SASS_UF2I_TYPE_U8 = 0,
	SASS_UF2I_TYPE_S8 = 1,
	SASS_UF2I_TYPE_U16 = 2,
	SASS_UF2I_TYPE_S16 = 3,
	SASS_UF2I_TYPE_U32 = 4,
	SASS_UF2I_ROUND_FLOOR = 1,
	SASS_UF2I_ROUND_CEIL = 2,
	SASS_UF2I_ROUND_TRUNC = 3,
	SASS_UF2I_NTZ_NTZ = 1,
};

static inline unsigned sass_UFADD_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UFADD_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_UFADD_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_UFADD_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UFADD_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UFADD_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UFADD_URa_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UFADD_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UFADD_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_UFADD_FTZ_FTZ = 1,
	SASS_UFADD_SATURATE_SAT = 1,
	SASS_UFADD_ROUND_RM = 1,
	SASS_UFADD_ROUND_RP = 2,
	SASS_UFADD_ROUND_RZ = 3,
};

static inline unsigned sass_UFFMA_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UFFMA_flush_to_zero(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_UFFMA_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_UFFMA_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_UFFMA_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UFFMA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UFFMA_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UFFMA_URa_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UFFMA_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x455)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UFFMA_B_absolute(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x455)
		return (unsigned)(sass_bits(word, 74, 1));
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_UFFMA_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UFFMA_C_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_UFFMA_FTZ_FTZ = 1,
	SASS_UFFMA_FLUSH_TO_ZERO_FMZ = 1,
	SASS_UFFMA_SATURATE_SAT = 1,
	SASS_UFFMA_ROUND_RM = 1,
	SASS_UFFMA_ROUND_RP = 2,
	SASS_UFFMA_ROUND_RZ = 3,
};

static inline unsigned sass_UFLO_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UFLO_shift_amount(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_UFLO_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UFLO_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UFLO_B_invert(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UFLO_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

enum {
	SASS_UFLO_SIGNED_U32 = 0,
	SASS_UFLO_SHIFT_AMOUNT_SH = 1,
};

static inline unsigned sass_UFMUL_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UFMUL_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UFMUL_flush_to_zero(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_UFMUL_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_UFMUL_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_UFMUL_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UFMUL_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UFMUL_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UFMUL_URa_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UFMUL_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UFMUL_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

enum {
	SASS_UFMUL_FTZ_FTZ = 1,
	SASS_UFMUL_SCALE_INVALID0 = 0,
	SASS_UFMUL_SCALE_D2 = 1,
	SASS_UFMUL_SCALE_D4 = 2,
	SASS_UFMUL_SCALE_D8 = 3,
	SASS_UFMUL_SCALE_M2 = 5,
	SASS_UFMUL_SCALE_M4 = 6,
	SASS_UFMUL_SCALE_M8 = 7,
	SASS_UFMUL_FLUSH_TO_ZERO_FMZ = 1,
	SASS_UFMUL_SATURATE_SAT = 1,
	SASS_UFMUL_ROUND_RM = 1,
	SASS_UFMUL_ROUND_RP = 2,
	SASS_UFMUL_ROUND_RZ = 3,
};

static inline unsigned sass_UFSEL_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UFSEL_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UFSEL_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UFSEL_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UFSEL_URa_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UFSEL_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UFSEL_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_UFSEL_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UFSEL_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_UFSEL_FTZ_FTZ = 1,
};

static inline unsigned sass_UFSETP_ftz(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UFSETP_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 4));
}

static inline unsigned sass_UFSETP_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_UFSETP_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UFSETP_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UFSETP_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UFSETP_URa_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UFSETP_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UFSETP_B_absolute(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_UFSETP_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UFSETP_UPd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UFSETP_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UFSETP_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_UFSETP_FTZ_FTZ = 1,
	SASS_UFSETP_COMPARE_F = 0,
	SASS_UFSETP_COMPARE_LT = 1,
	SASS_UFSETP_COMPARE_EQ = 2,
	SASS_UFSETP_COMPARE_LE = 3,
	SASS_UFSETP_COMPARE_GT = 4,
	SASS_UFSETP_COMPARE_NE = 5,
	SASS_UFSETP_COMPARE_GE = 6,
	SASS_UFSETP_COMPARE_NUM = 7,
	SASS_UFSETP_COMPARE_NAN = 8,
	SASS_UFSETP_COMPARE_LTU = 9,
	SASS_UFSETP_COMPARE_EQU = 10,
	SASS_UFSETP_COMPARE_LEU = 11,
	SASS_UFSETP_COMPARE_GTU = 12,
	SASS_UFSETP_COMPARE_NEU = 13,
	SASS_UFSETP_COMPARE_GEU = 14,
	SASS_UFSETP_COMPARE_T = 15,
	SASS_UFSETP_BOOLEAN_AND = 0,
	SASS_UFSETP_BOOLEAN_OR = 1,
	SASS_UFSETP_BOOLEAN_XOR = 2,
};

static inline unsigned sass_UGETNEXTWORKID_cast(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UGETNEXTWORKID_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UGETNEXTWORKID_barrier(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_UGETNEXTWORKID_CAST_SELFCAST = 0,
	SASS_UGETNEXTWORKID_CAST_BROADCAST = 1,
	SASS_UGETNEXTWORKID_BARRIER_UR1 = 0,
	SASS_UGETNEXTWORKID_BARRIER_UR2 = 1,
	SASS_UGETNEXTWORKID_BARRIER_UR3 = 2,
	SASS_UGETNEXTWORKID_BARRIER_UR4 = 3,
	SASS_UGETNEXTWORKID_BARRIER_UR5 = 4,
	SASS_UGETNEXTWORKID_BARRIER_UR6 = 5,
	SASS_UGETNEXTWORKID_BARRIER_UR7 = 6,
	SASS_UGETNEXTWORKID_BARRIER_UR8 = 7,
	SASS_UGETNEXTWORKID_BARRIER_UR9 = 8,
	SASS_UGETNEXTWORKID_BARRIER_UR10 = 9,
	SASS_UGETNEXTWORKID_BARRIER_UR11 = 10,
	SASS_UGETNEXTWORKID_BARRIER_UR12 = 11,
	SASS_UGETNEXTWORKID_BARRIER_UR13 = 12,
	SASS_UGETNEXTWORKID_BARRIER_UR14 = 13,
	SASS_UGETNEXTWORKID_BARRIER_UR15 = 14,
	SASS_UGETNEXTWORKID_BARRIER_UR16 = 15,
	SASS_UGETNEXTWORKID_BARRIER_UR17 = 16,
	SASS_UGETNEXTWORKID_BARRIER_UR18 = 17,
	SASS_UGETNEXTWORKID_BARRIER_UR19 = 18,
	SASS_UGETNEXTWORKID_BARRIER_UR20 = 19,
	SASS_UGETNEXTWORKID_BARRIER_UR21 = 20,
	SASS_UGETNEXTWORKID_BARRIER_UR22 = 21,
	SASS_UGETNEXTWORKID_BARRIER_UR23 = 22,
	SASS_UGETNEXTWORKID_BARRIER_UR24 = 23,
	SASS_UGETNEXTWORKID_BARRIER_UR25 = 24,
	SASS_UGETNEXTWORKID_BARRIER_UR26 = 25,
	SASS_UGETNEXTWORKID_BARRIER_UR27 = 26,
	SASS_UGETNEXTWORKID_BARRIER_UR28 = 27,
	SASS_UGETNEXTWORKID_BARRIER_UR29 = 28,
	SASS_UGETNEXTWORKID_BARRIER_UR30 = 29,
	SASS_UGETNEXTWORKID_BARRIER_UR31 = 30,
	SASS_UGETNEXTWORKID_BARRIER_UR32 = 31,
	SASS_UGETNEXTWORKID_BARRIER_UR33 = 32,
	SASS_UGETNEXTWORKID_BARRIER_UR34 = 33,
	SASS_UGETNEXTWORKID_BARRIER_UR35 = 34,
	SASS_UGETNEXTWORKID_BARRIER_UR36 = 35,
	SASS_UGETNEXTWORKID_BARRIER_UR37 = 36,
	SASS_UGETNEXTWORKID_BARRIER_UR38 = 37,
	SASS_UGETNEXTWORKID_BARRIER_UR39 = 38,
	SASS_UGETNEXTWORKID_BARRIER_UR40 = 39,
	SASS_UGETNEXTWORKID_BARRIER_UR41 = 40,
	SASS_UGETNEXTWORKID_BARRIER_UR42 = 41,
	SASS_UGETNEXTWORKID_BARRIER_UR43 = 42,
	SASS_UGETNEXTWORKID_BARRIER_UR44 = 43,
	SASS_UGETNEXTWORKID_BARRIER_UR45 = 44,
	SASS_UGETNEXTWORKID_BARRIER_UR46 = 45,
	SASS_UGETNEXTWORKID_BARRIER_UR47 = 46,
	SASS_UGETNEXTWORKID_BARRIER_UR48 = 47,
	SASS_UGETNEXTWORKID_BARRIER_UR49 = 48,
	SASS_UGETNEXTWORKID_BARRIER_UR50 = 49,
	SASS_UGETNEXTWORKID_BARRIER_UR51 = 50,
	SASS_UGETNEXTWORKID_BARRIER_UR52 = 51,
	SASS_UGETNEXTWORKID_BARRIER_UR53 = 52,
	SASS_UGETNEXTWORKID_BARRIER_UR54 = 53,
	SASS_UGETNEXTWORKID_BARRIER_UR55 = 54,
	SASS_UGETNEXTWORKID_BARRIER_UR56 = 55,
	SASS_UGETNEXTWORKID_BARRIER_UR57 = 56,
	SASS_UGETNEXTWORKID_BARRIER_UR58 = 57,
	SASS_UGETNEXTWORKID_BARRIER_UR59 = 58,
	SASS_UGETNEXTWORKID_BARRIER_UR60 = 59,
	SASS_UGETNEXTWORKID_BARRIER_UR61 = 60,
	SASS_UGETNEXTWORKID_BARRIER_UR62 = 61,
	SASS_UGETNEXTWORKID_BARRIER_UR63 = 62,
	SASS_UGETNEXTWORKID_BARRIER_UR64 = 63,
	SASS_UGETNEXTWORKID_BARRIER_UR65 = 64,
	SASS_UGETNEXTWORKID_BARRIER_UR66 = 65,
	SASS_UGETNEXTWORKID_BARRIER_UR67 = 66,
	SASS_UGETNEXTWORKID_BARRIER_UR68 = 67,
	SASS_UGETNEXTWORKID_BARRIER_UR69 = 68,
	SASS_UGETNEXTWORKID_BARRIER_UR70 = 69,
	SASS_UGETNEXTWORKID_BARRIER_UR71 = 70,
	SASS_UGETNEXTWORKID_BARRIER_UR72 = 71,
	SASS_UGETNEXTWORKID_BARRIER_UR73 = 72,
	SASS_UGETNEXTWORKID_BARRIER_UR74 = 73,
	SASS_UGETNEXTWORKID_BARRIER_UR75 = 74,
	SASS_UGETNEXTWORKID_BARRIER_UR76 = 75,
	SASS_UGETNEXTWORKID_BARRIER_UR77 = 76,
	SASS_UGETNEXTWORKID_BARRIER_UR78 = 77,
	SASS_UGETNEXTWORKID_BARRIER_UR79 = 78,
	SASS_UGETNEXTWORKID_BARRIER_UR80 = 79,
	SASS_UGETNEXTWORKID_BARRIER_UR81 = 80,
	SASS_UGETNEXTWORKID_BARRIER_UR82 = 81,
	SASS_UGETNEXTWORKID_BARRIER_UR83 = 82,
	SASS_UGETNEXTWORKID_BARRIER_UR84 = 83,
	SASS_UGETNEXTWORKID_BARRIER_UR85 = 84,
	SASS_UGETNEXTWORKID_BARRIER_UR86 = 85,
	SASS_UGETNEXTWORKID_BARRIER_UR87 = 86,
	SASS_UGETNEXTWORKID_BARRIER_UR88 = 87,
	SASS_UGETNEXTWORKID_BARRIER_UR89 = 88,
	SASS_UGETNEXTWORKID_BARRIER_UR90 = 89,
	SASS_UGETNEXTWORKID_BARRIER_UR91 = 90,
	SASS_UGETNEXTWORKID_BARRIER_UR92 = 91,
	SASS_UGETNEXTWORKID_BARRIER_UR93 = 92,
	SASS_UGETNEXTWORKID_BARRIER_UR94 = 93,
	SASS_UGETNEXTWORKID_BARRIER_UR95 = 94,
	SASS_UGETNEXTWORKID_BARRIER_UR96 = 95,
	SASS_UGETNEXTWORKID_BARRIER_UR97 = 96,
	SASS_UGETNEXTWORKID_BARRIER_UR98 = 97,
	SASS_UGETNEXTWORKID_BARRIER_UR99 = 98,
	SASS_UGETNEXTWORKID_BARRIER_UR100 = 99,
	SASS_UGETNEXTWORKID_BARRIER_UR101 = 100,
	SASS_UGETNEXTWORKID_BARRIER_UR102 = 101,
	SASS_UGETNEXTWORKID_BARRIER_UR103 = 102,
	SASS_UGETNEXTWORKID_BARRIER_UR104 = 103,
	SASS_UGETNEXTWORKID_BARRIER_UR105 = 104,
	SASS_UGETNEXTWORKID_BARRIER_UR106 = 105,
	SASS_UGETNEXTWORKID_BARRIER_UR107 = 106,
	SASS_UGETNEXTWORKID_BARRIER_UR108 = 107,
	SASS_UGETNEXTWORKID_BARRIER_UR109 = 108,
	SASS_UGETNEXTWORKID_BARRIER_UR110 = 109,
	SASS_UGETNEXTWORKID_BARRIER_UR111 = 110,
	SASS_UGETNEXTWORKID_BARRIER_UR112 = 111,
	SASS_UGETNEXTWORKID_BARRIER_UR113 = 112,
	SASS_UGETNEXTWORKID_BARRIER_UR114 = 113,
	SASS_UGETNEXTWORKID_BARRIER_UR115 = 114,
	SASS_UGETNEXTWORKID_BARRIER_UR116 = 115,
	SASS_UGETNEXTWORKID_BARRIER_UR117 = 116,
	SASS_UGETNEXTWORKID_BARRIER_UR118 = 117,
	SASS_UGETNEXTWORKID_BARRIER_UR119 = 118,
	SASS_UGETNEXTWORKID_BARRIER_UR120 = 119,
	SASS_UGETNEXTWORKID_BARRIER_UR121 = 120,
	SASS_UGETNEXTWORKID_BARRIER_UR122 = 121,
	SASS_UGETNEXTWORKID_BARRIER_UR123 = 122,
	SASS_UGETNEXTWORKID_BARRIER_UR124 = 123,
	SASS_UGETNEXTWORKID_BARRIER_UR125 = 124,
	SASS_UGETNEXTWORKID_BARRIER_UR126 = 125,
	SASS_UGETNEXTWORKID_BARRIER_UR127 = 126,
	SASS_UGETNEXTWORKID_BARRIER_UR128 = 127,
	SASS_UGETNEXTWORKID_BARRIER_UR129 = 128,
	SASS_UGETNEXTWORKID_BARRIER_UR130 = 129,
	SASS_UGETNEXTWORKID_BARRIER_UR131 = 130,
	SASS_UGETNEXTWORKID_BARRIER_UR132 = 131,
	SASS_UGETNEXTWORKID_BARRIER_UR133 = 132,
	SASS_UGETNEXTWORKID_BARRIER_UR134 = 133,
	SASS_UGETNEXTWORKID_BARRIER_UR135 = 134,
	SASS_UGETNEXTWORKID_BARRIER_UR136 = 135,
	SASS_UGETNEXTWORKID_BARRIER_UR137 = 136,
	SASS_UGETNEXTWORKID_BARRIER_UR138 = 137,
	SASS_UGETNEXTWORKID_BARRIER_UR139 = 138,
	SASS_UGETNEXTWORKID_BARRIER_UR140 = 139,
	SASS_UGETNEXTWORKID_BARRIER_UR141 = 140,
	SASS_UGETNEXTWORKID_BARRIER_UR142 = 141,
	SASS_UGETNEXTWORKID_BARRIER_UR143 = 142,
	SASS_UGETNEXTWORKID_BARRIER_UR144 = 143,
	SASS_UGETNEXTWORKID_BARRIER_UR145 = 144,
	SASS_UGETNEXTWORKID_BARRIER_UR146 = 145,
	SASS_UGETNEXTWORKID_BARRIER_UR147 = 146,
	SASS_UGETNEXTWORKID_BARRIER_UR148 = 147,
	SASS_UGETNEXTWORKID_BARRIER_UR149 = 148,
	SASS_UGETNEXTWORKID_BARRIER_UR150 = 149,
	SASS_UGETNEXTWORKID_BARRIER_UR151 = 150,
	SASS_UGETNEXTWORKID_BARRIER_UR152 = 151,
	SASS_UGETNEXTWORKID_BARRIER_UR153 = 152,
	SASS_UGETNEXTWORKID_BARRIER_UR154 = 153,
	SASS_UGETNEXTWORKID_BARRIER_UR155 = 154,
	SASS_UGETNEXTWORKID_BARRIER_UR156 = 155,
	SASS_UGETNEXTWORKID_BARRIER_UR157 = 156,
	SASS_UGETNEXTWORKID_BARRIER_UR158 = 157,
	SASS_UGETNEXTWORKID_BARRIER_UR159 = 158,
	SASS_UGETNEXTWORKID_BARRIER_UR160 = 159,
	SASS_UGETNEXTWORKID_BARRIER_UR161 = 160,
	SASS_UGETNEXTWORKID_BARRIER_UR162 = 161,
	SASS_UGETNEXTWORKID_BARRIER_UR163 = 162,
	SASS_UGETNEXTWORKID_BARRIER_UR164 = 163,
	SASS_UGETNEXTWORKID_BARRIER_UR165 = 164,
	SASS_UGETNEXTWORKID_BARRIER_UR166 = 165,
	SASS_UGETNEXTWORKID_BARRIER_UR167 = 166,
	SASS_UGETNEXTWORKID_BARRIER_UR168 = 167,
	SASS_UGETNEXTWORKID_BARRIER_UR169 = 168,
	SASS_UGETNEXTWORKID_BARRIER_UR170 = 169,
	SASS_UGETNEXTWORKID_BARRIER_UR171 = 170,
	SASS_UGETNEXTWORKID_BARRIER_UR172 = 171,
	SASS_UGETNEXTWORKID_BARRIER_UR173 = 172,
	SASS_UGETNEXTWORKID_BARRIER_UR174 = 173,
	SASS_UGETNEXTWORKID_BARRIER_UR175 = 174,
	SASS_UGETNEXTWORKID_BARRIER_UR176 = 175,
	SASS_UGETNEXTWORKID_BARRIER_UR177 = 176,
	SASS_UGETNEXTWORKID_BARRIER_UR178 = 177,
	SASS_UGETNEXTWORKID_BARRIER_UR179 = 178,
	SASS_UGETNEXTWORKID_BARRIER_UR180 = 179,
	SASS_UGETNEXTWORKID_BARRIER_UR181 = 180,
	SASS_UGETNEXTWORKID_BARRIER_UR182 = 181,
	SASS_UGETNEXTWORKID_BARRIER_UR183 = 182,
	SASS_UGETNEXTWORKID_BARRIER_UR184 = 183,
	SASS_UGETNEXTWORKID_BARRIER_UR185 = 184,
	SASS_UGETNEXTWORKID_BARRIER_UR186 = 185,
	SASS_UGETNEXTWORKID_BARRIER_UR187 = 186,
	SASS_UGETNEXTWORKID_BARRIER_UR188 = 187,
	SASS_UGETNEXTWORKID_BARRIER_UR189 = 188,
	SASS_UGETNEXTWORKID_BARRIER_UR190 = 189,
	SASS_UGETNEXTWORKID_BARRIER_UR191 = 190,
	SASS_UGETNEXTWORKID_BARRIER_UR192 = 191,
	SASS_UGETNEXTWORKID_BARRIER_UR193 = 192,
	SASS_UGETNEXTWORKID_BARRIER_UR194 = 193,
	SASS_UGETNEXTWORKID_BARRIER_UR195 = 194,
	SASS_UGETNEXTWORKID_BARRIER_UR196 = 195,
	SASS_UGETNEXTWORKID_BARRIER_UR197 = 196,
	SASS_UGETNEXTWORKID_BARRIER_UR198 = 197,
	SASS_UGETNEXTWORKID_BARRIER_UR199 = 198,
	SASS_UGETNEXTWORKID_BARRIER_UR200 = 199,
	SASS_UGETNEXTWORKID_BARRIER_UR201 = 200,
	SASS_UGETNEXTWORKID_BARRIER_UR202 = 201,
	SASS_UGETNEXTWORKID_BARRIER_UR203 = 202,
	SASS_UGETNEXTWORKID_BARRIER_UR204 = 203,
	SASS_UGETNEXTWORKID_BARRIER_UR205 = 204,
	SASS_UGETNEXTWORKID_BARRIER_UR206 = 205,
	SASS_UGETNEXTWORKID_BARRIER_UR207 = 206,
	SASS_UGETNEXTWORKID_BARRIER_UR208 = 207,
	SASS_UGETNEXTWORKID_BARRIER_UR209 = 208,
	SASS_UGETNEXTWORKID_BARRIER_UR210 = 209,
	SASS_UGETNEXTWORKID_BARRIER_UR211 = 210,
	SASS_UGETNEXTWORKID_BARRIER_UR212 = 211,
	SASS_UGETNEXTWORKID_BARRIER_UR213 = 212,
	SASS_UGETNEXTWORKID_BARRIER_UR214 = 213,
	SASS_UGETNEXTWORKID_BARRIER_UR215 = 214,
	SASS_UGETNEXTWORKID_BARRIER_UR216 = 215,
	SASS_UGETNEXTWORKID_BARRIER_UR217 = 216,
	SASS_UGETNEXTWORKID_BARRIER_UR218 = 217,
	SASS_UGETNEXTWORKID_BARRIER_UR219 = 218,
	SASS_UGETNEXTWORKID_BARRIER_UR220 = 219,
	SASS_UGETNEXTWORKID_BARRIER_UR221 = 220,
	SASS_UGETNEXTWORKID_BARRIER_UR222 = 221,
	SASS_UGETNEXTWORKID_BARRIER_UR223 = 222,
	SASS_UGETNEXTWORKID_BARRIER_UR224 = 223,
	SASS_UGETNEXTWORKID_BARRIER_UR225 = 224,
	SASS_UGETNEXTWORKID_BARRIER_UR226 = 225,
	SASS_UGETNEXTWORKID_BARRIER_UR227 = 226,
	SASS_UGETNEXTWORKID_BARRIER_UR228 = 227,
	SASS_UGETNEXTWORKID_BARRIER_UR229 = 228,
	SASS_UGETNEXTWORKID_BARRIER_UR230 = 229,
	SASS_UGETNEXTWORKID_BARRIER_UR231 = 230,
	SASS_UGETNEXTWORKID_BARRIER_UR232 = 231,
	SASS_UGETNEXTWORKID_BARRIER_UR233 = 232,
	SASS_UGETNEXTWORKID_BARRIER_UR234 = 233,
	SASS_UGETNEXTWORKID_BARRIER_UR235 = 234,
	SASS_UGETNEXTWORKID_BARRIER_UR236 = 235,
	SASS_UGETNEXTWORKID_BARRIER_UR237 = 236,
	SASS_UGETNEXTWORKID_BARRIER_UR238 = 237,
	SASS_UGETNEXTWORKID_BARRIER_UR239 = 238,
	SASS_UGETNEXTWORKID_BARRIER_UR240 = 239,
	SASS_UGETNEXTWORKID_BARRIER_UR241 = 240,
	SASS_UGETNEXTWORKID_BARRIER_UR242 = 241,
	SASS_UGETNEXTWORKID_BARRIER_UR243 = 242,
	SASS_UGETNEXTWORKID_BARRIER_UR244 = 243,
	SASS_UGETNEXTWORKID_BARRIER_UR245 = 244,
	SASS_UGETNEXTWORKID_BARRIER_UR246 = 245,
	SASS_UGETNEXTWORKID_BARRIER_UR247 = 246,
	SASS_UGETNEXTWORKID_BARRIER_UR248 = 247,
	SASS_UGETNEXTWORKID_BARRIER_UR249 = 248,
	SASS_UGETNEXTWORKID_BARRIER_UR250 = 249,
	SASS_UGETNEXTWORKID_BARRIER_UR251 = 250,
	SASS_UGETNEXTWORKID_BARRIER_UR252 = 251,
	SASS_UGETNEXTWORKID_BARRIER_UR253 = 252,
	SASS_UGETNEXTWORKID_BARRIER_UR254 = 253,
	SASS_UGETNEXTWORKID_BARRIER_URZ = 254,
};

static inline unsigned sass_UI2F_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1) | sass_bits(word, 84, 2) << 1);
}

static inline unsigned sass_UI2F_round(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 78, 2));
}

static inline unsigned sass_UI2F_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UI2F_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_UI2F_TYPE_U8 = 0,
	SASS_UI2F_TYPE_S8 = 1,
	SASS_UI2F_TYPE_U16 = 2,
	SASS_UI2F_TYPE_S16 = 3,
	SASS_UI2F_TYPE_U32 = 4,
	SASS_UI2F_ROUND_RM = 1,
	SASS_UI2F_ROUND_RP = 2,
	SASS_UI2F_ROUND_RZ = 3,
};

static inline unsigned sass_UI2FP_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1) | sass_bits(word, 84, 2) << 1);
}

static inline unsigned sass_UI2FP_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UI2FP_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_UI2FP_TYPE_U32 = 4,
	SASS_UI2FP_TYPE_S32 = 5,
};

static inline unsigned sass_UIADD3_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_UIADD3_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UIADD3_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UIADD3_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UIADD3_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x490)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x490)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UIADD3_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UIADD3_UPd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UIADD3_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UIADD3_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UIADD3_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UIADD3_UPb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_UIADD3_UPb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

enum {
	SASS_UIADD3_EXTENDED_X = 1,
};

static inline unsigned sass_UIADD3_64_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_UIADD3_64_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UIADD3_64_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UIADD3_64_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UIADD3_64_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x497)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x497)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UIADD3_64_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UIADD3_64_UPd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UIADD3_64_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UIADD3_64_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UIADD3_64_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UIADD3_64_UPb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_UIADD3_64_UPb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

enum {
	SASS_UIADD3_64_EXTENDED_X = 1,
};

static inline unsigned sass_UIMAD_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_UIMAD_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UIMAD_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UIMAD_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UIMAD_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UIMAD_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UIMAD_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_UIMAD_EXTENDED_X = 1,
	SASS_UIMAD_SIGNED_U32 = 0,
};

static inline unsigned sass_UIMAD_HI_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_UIMAD_HI_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UIMAD_HI_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UIMAD_HI_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UIMAD_HI_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UIMAD_HI_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UIMAD_HI_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UIMAD_HI_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

enum {
	SASS_UIMAD_HI_EXTENDED_X = 1,
	SASS_UIMAD_HI_SIGNED_U32 = 0,
};

static inline unsigned sass_UIMAD_WIDE_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_UIMAD_WIDE_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UIMAD_WIDE_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UIMAD_WIDE_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UIMAD_WIDE_C_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UIMAD_WIDE_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UIMAD_WIDE_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UIMAD_WIDE_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

enum {
	SASS_UIMAD_WIDE_EXTENDED_X = 1,
	SASS_UIMAD_WIDE_SIGNED_U32 = 0,
};

static inline unsigned sass_UIMNMX_64_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_UIMNMX_64_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UIMNMX_64_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UIMNMX_64_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UIMNMX_64_UPd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UIMNMX_64_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UIMNMX_64_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UIMNMX_64_UPb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_UIMNMX_64_UPb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

enum {
	SASS_UIMNMX_64_WIDTH_U32 = 0,
	SASS_UIMNMX_64_WIDTH_U64 = 2,
	SASS_UIMNMX_64_WIDTH_S64 = 3,
};

static inline unsigned sass_UISETP_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 3));
}

static inline unsigned sass_UISETP_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_UISETP_boolean(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 2));
}

static inline unsigned sass_UISETP_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_UISETP_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UISETP_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UISETP_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UISETP_UPd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UISETP_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UISETP_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UISETP_UPb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 3));
}

static inline unsigned sass_UISETP_UPb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_UISETP_width(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

enum {
	SASS_UISETP_COMPARE_F = 0,
	SASS_UISETP_COMPARE_LT = 1,
	SASS_UISETP_COMPARE_EQ = 2,
	SASS_UISETP_COMPARE_LE = 3,
	SASS_UISETP_COMPARE_GT = 4,
	SASS_UISETP_COMPARE_NE = 5,
	SASS_UISETP_COMPARE_GE = 6,
	SASS_UISETP_COMPARE_T = 7,
	SASS_UISETP_SIGNED_U32 = 0,
	SASS_UISETP_BOOLEAN_AND = 0,
	SASS_UISETP_BOOLEAN_OR = 1,
	SASS_UISETP_BOOLEAN_XOR = 2,
	SASS_UISETP_EXTENDED_EX = 1,
	SASS_UISETP_WIDTH_U64 = 0,
	SASS_UISETP_WIDTH_S64 = 1,
};

static inline unsigned sass_ULDC_size(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 3));
}

static inline unsigned sass_ULDC_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ULDC_address_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_ULDC_address_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 16));
}

static inline unsigned sass_ULDC_address_bindless(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

static inline unsigned sass_ULDC_address_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_ULDC_SIZE_U8 = 0,
	SASS_ULDC_SIZE_S8 = 1,
	SASS_ULDC_SIZE_U16 = 2,
	SASS_ULDC_SIZE_S16 = 3,
	SASS_ULDC_SIZE_64 = 5,
	SASS_ULDC_SIZE_128 = 6,
	SASS_ULDC_SIZE_INVALID7 = 7,
};

static inline unsigned sass_ULEA_high(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_ULEA_extended(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

static inline unsigned sass_ULEA_sign_extends(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_ULEA_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ULEA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ULEA_URa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

static inline unsigned sass_ULEA_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_ULEA_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ULEA_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ULEA_shift(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 5));
}

static inline unsigned sass_ULEA_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_ULEA_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_ULEA_HIGH_HI = 1,
	SASS_ULEA_EXTENDED_X = 1,
	SASS_ULEA_SIGN_EXTENDS_SX32 = 1,
};

static inline unsigned sass_ULOP3_predicate_and(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_ULOP3_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_ULOP3_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_ULOP3_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_ULOP3_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_ULOP3_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 8));
}

static inline unsigned sass_ULOP3_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_ULOP3_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_ULOP3_PREDICATE_AND_PAND = 1,
};

static inline unsigned sass_UMEMSETS_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UMEMSETS_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UMEMSETS_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UMOV_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UMOV_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UMOV_64_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UMOV_64_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline uint64_t sass_UMOV_64_wide(const uint64_t word[2])
{
	return (sass_bits(word, 24, 40) | sass_bits(word, 64, 24) << 40);
}

static inline unsigned sass_UP2UR_byte(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_UP2UR_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UP2UR_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_UP2UR_BYTE_B1 = 1,
	SASS_UP2UR_BYTE_B2 = 2,
	SASS_UP2UR_BYTE_B3 = 3,
};

static inline unsigned sass_UPLOP3_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UPLOP3_UPd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_UPLOP3_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UPLOP3_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UPLOP3_UPb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 3));
}

static inline unsigned sass_UPLOP3_UPb_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_UPLOP3_UPc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 68, 3));
}

static inline unsigned sass_UPLOP3_UPc_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 71, 1));
}

static inline unsigned sass_UPLOP3_table(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 3) | sass_bits(word, 72, 5) << 3);
}

static inline unsigned sass_UPLOP3_table2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UPOPC_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UPOPC_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UPOPC_B_invert(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_UPRMT_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UPRMT_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UR2UP_byte(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 2));
}

static inline unsigned sass_UR2UP_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UR2UP_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UR2UP_mask(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 32));
}

enum {
	SASS_UR2UP_BYTE_B1 = 1,
	SASS_UR2UP_BYTE_B2 = 2,
	SASS_UR2UP_BYTE_B3 = 3,
};

static inline unsigned sass_UREDGR_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UREDGR_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_USEL_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_USEL_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_USEL_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_USEL_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_USEL_64_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_USEL_64_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_USEL_64_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_USEL_64_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline uint64_t sass_USEL_64_wide(const uint64_t word[2])
{
	return (sass_bits(word, 32, 32) | sass_bits(word, 64, 1) << 32);
}

static inline unsigned sass_USETMAXREG_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 3));
}

static inline unsigned sass_USETMAXREG_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_USETMAXREG_limit(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 10));
}

enum {
	SASS_USETMAXREG_OPERATION_DEALLOC_CTAPOOL = 5,
	SASS_USETMAXREG_OPERATION_TRY_ALLOC_CTAPOOL = 6,
};

static inline unsigned sass_USGXT_wrap(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_USGXT_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_USGXT_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_USGXT_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_USGXT_WRAP_W = 1,
	SASS_USGXT_SIGNED_U32 = 0,
};

static inline unsigned sass_USHF_right(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_USHF_wrap(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_USHF_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 2));
}

static inline unsigned sass_USHF_high(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_USHF_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_USHF_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_USHF_RIGHT_L = 0,
	SASS_USHF_RIGHT_R = 1,
	SASS_USHF_WRAP_W = 1,
	SASS_USHF_TYPE_S64 = 0,
	SASS_USHF_TYPE_U64 = 1,
	SASS_USHF_TYPE_S32 = 2,
	SASS_USHF_TYPE_U32 = 3,
	SASS_USHF_HIGH_HI = 1,
};

static inline unsigned sass_USTGR_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_USTGR_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTCATOMSWS_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCATOMSWS_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 2));
}

static inline unsigned sass_UTCATOMSWS_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UTCATOMSWS_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_UTCATOMSWS_PAIR_2CTA = 1,
	SASS_UTCATOMSWS_OPERATION_AND = 0,
	SASS_UTCATOMSWS_OPERATION_OR = 1,
};

static inline unsigned sass_UTCATOMSWS_FIND_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCATOMSWS_FIND_aligned(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UTCATOMSWS_FIND_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_UTCATOMSWS_FIND_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UTCATOMSWS_FIND_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_UTCATOMSWS_FIND_PAIR_2CTA = 1,
	SASS_UTCATOMSWS_FIND_ALIGNED_ALIGN = 1,
};

static inline unsigned sass_UTCBAR_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCBAR_counts(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 77, 1));
}

static inline unsigned sass_UTCBAR_multicast(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UTCBAR_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCBAR_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTCBAR_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_UTCBAR_PAIR_2CTA = 1,
	SASS_UTCBAR_COUNTS_A0TX = 1,
	SASS_UTCBAR_MULTICAST_MULTICAST = 1,
};

static inline unsigned sass_UTCCP_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCCP_shape(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 83, 2) | sass_bits(word, 88, 1) << 2);
}

static inline unsigned sass_UTCCP_format(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 2));
}

static inline unsigned sass_UTCCP_place_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCCP_place_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24) | sass_bits(word, 72, 8) << 24);
}

static inline unsigned sass_UTCCP_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

enum {
	SASS_UTCCP_PAIR_2CTA = 1,
	SASS_UTCCP_SHAPE_4DP256BIT = 2,
	SASS_UTCCP_SHAPE_128DP128BIT = 3,
	SASS_UTCCP_SHAPE_2X64DP128BIT_LW02_LW13 = 4,
	SASS_UTCCP_SHAPE_2X64DP128BIT_LW01_LW23 = 5,
	SASS_UTCCP_SHAPE_4X32DP128BIT = 6,
	SASS_UTCCP_FORMAT_U4X16P64 = 1,
	SASS_UTCCP_FORMAT_U6X16P32 = 2,
};

static inline unsigned sass_UTCHMMA_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCHMMA_a_reuse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_UTCHMMA_a_keep(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_UTCHMMA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCHMMA_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTCHMMA_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UTCHMMA_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCHMMA_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCHMMA_URe(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCHMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCHMMA_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UTCHMMA_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UTCHMMA_columns(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 4));
}

static inline unsigned sass_UTCHMMA_collector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 4));
}

static inline unsigned sass_UTCHMMA_shift(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_UTCHMMA_PAIR_2CTA = 1,
	SASS_UTCHMMA_A_REUSE_A_REUSE = 1,
	SASS_UTCHMMA_A_KEEP_A_KEEP = 1,
	SASS_UTCHMMA_DESCRIPTOR_UR1 = 0,
	SASS_UTCHMMA_DESCRIPTOR_UR2 = 1,
	SASS_UTCHMMA_DESCRIPTOR_UR3 = 2,
	SASS_UTCHMMA_DESCRIPTOR_UR4 = 3,
	SASS_UTCHMMA_DESCRIPTOR_UR5 = 4,
	SASS_UTCHMMA_DESCRIPTOR_UR6 = 5,
	SASS_UTCHMMA_DESCRIPTOR_UR7 = 6,
	SASS_UTCHMMA_DESCRIPTOR_UR8 = 7,
	SASS_UTCHMMA_DESCRIPTOR_UR9 = 8,
	SASS_UTCHMMA_DESCRIPTOR_UR10 = 9,
	SASS_UTCHMMA_DESCRIPTOR_UR11 = 10,
	SASS_UTCHMMA_DESCRIPTOR_UR12 = 11,
	SASS_UTCHMMA_DESCRIPTOR_UR13 = 12,
	SASS_UTCHMMA_DESCRIPTOR_UR14 = 13,
	SASS_UTCHMMA_DESCRIPTOR_UR15 = 14,
	SASS_UTCHMMA_DESCRIPTOR_UR16 = 15,
	SASS_UTCHMMA_DESCRIPTOR_UR17 = 16,
	SASS_UTCHMMA_DESCRIPTOR_UR18 = 17,
	SASS_UTCHMMA_DESCRIPTOR_UR19 = 18,
	SASS_UTCHMMA_DESCRIPTOR_UR20 = 19,
	SASS_UTCHMMA_DESCRIPTOR_UR21 = 20,
	SASS_UTCHMMA_DESCRIPTOR_UR22 = 21,
	SASS_UTCHMMA_DESCRIPTOR_UR23 = 22,
	SASS_UTCHMMA_DESCRIPTOR_UR24 = 23,
	SASS_UTCHMMA_DESCRIPTOR_UR25 = 24,
	SASS_UTCHMMA_DESCRIPTOR_UR26 = 25,
	SASS_UTCHMMA_DESCRIPTOR_UR27 = 26,
	SASS_UTCHMMA_DESCRIPTOR_UR28 = 27,
	SASS_UTCHMMA_DESCRIPTOR_UR29 = 28,
	SASS_UTCHMMA_DESCRIPTOR_UR30 = 29,
	SASS_UTCHMMA_DESCRIPTOR_UR31 = 30,
	SASS_UTCHMMA_DESCRIPTOR_UR32 = 31,
	SASS_UTCHMMA_DESCRIPTOR_UR33 = 32,
	SASS_UTCHMMA_DESCRIPTOR_UR34 = 33,
	SASS_UTCHMMA_DESCRIPTOR_UR35 = 34,
	SASS_UTCHMMA_DESCRIPTOR_UR36 = 35,
	SASS_UTCHMMA_DESCRIPTOR_UR37 = 36,
	SASS_UTCHMMA_DESCRIPTOR_UR38 = 37,
	SASS_UTCHMMA_DESCRIPTOR_UR39 = 38,
	SASS_UTCHMMA_DESCRIPTOR_UR40 = 39,
	SASS_UTCHMMA_DESCRIPTOR_UR41 = 40,
	SASS_UTCHMMA_DESCRIPTOR_UR42 = 41,
	SASS_UTCHMMA_DESCRIPTOR_UR43 = 42,
	SASS_UTCHMMA_DESCRIPTOR_UR44 = 43,
	SASS_UTCHMMA_DESCRIPTOR_UR45 = 44,
	SASS_UTCHMMA_DESCRIPTOR_UR46 = 45,
	SASS_UTCHMMA_DESCRIPTOR_UR47 = 46,
	SASS_UTCHMMA_DESCRIPTOR_UR48 = 47,
	SASS_UTCHMMA_DESCRIPTOR_UR49 = 48,
	SASS_UTCHMMA_DESCRIPTOR_UR50 = 49,
	SASS_UTCHMMA_DESCRIPTOR_UR51 = 50,
	SASS_UTCHMMA_DESCRIPTOR_UR52 = 51,
	SASS_UTCHMMA_DESCRIPTOR_UR53 = 52,
	SASS_UTCHMMA_DESCRIPTOR_UR54 = 53,
	SASS_UTCHMMA_DESCRIPTOR_UR55 = 54,
	SASS_UTCHMMA_DESCRIPTOR_UR56 = 55,
	SASS_UTCHMMA_DESCRIPTOR_UR57 = 56,
	SASS_UTCHMMA_DESCRIPTOR_UR58 = 57,
	SASS_UTCHMMA_DESCRIPTOR_UR59 = 58,
	SASS_UTCHMMA_DESCRIPTOR_UR60 = 59,
	SASS_UTCHMMA_DESCRIPTOR_UR61 = 60,
	SASS_UTCHMMA_DESCRIPTOR_UR62 = 61,
	SASS_UTCHMMA_DESCRIPTOR_UR63 = 62,
	SASS_UTCHMMA_DESCRIPTOR_UR64 = 63,
	SASS_UTCHMMA_DESCRIPTOR_UR65 = 64,
	SASS_UTCHMMA_DESCRIPTOR_UR66 = 65,
	SASS_UTCHMMA_DESCRIPTOR_UR67 = 66,
	SASS_UTCHMMA_DESCRIPTOR_UR68 = 67,
	SASS_UTCHMMA_DESCRIPTOR_UR69 = 68,
	SASS_UTCHMMA_DESCRIPTOR_UR70 = 69,
	SASS_UTCHMMA_DESCRIPTOR_UR71 = 70,
	SASS_UTCHMMA_DESCRIPTOR_UR72 = 71,
	SASS_UTCHMMA_DESCRIPTOR_UR73 = 72,
	SASS_UTCHMMA_DESCRIPTOR_UR74 = 73,
	SASS_UTCHMMA_DESCRIPTOR_UR75 = 74,
	SASS_UTCHMMA_DESCRIPTOR_UR76 = 75,
	SASS_UTCHMMA_DESCRIPTOR_UR77 = 76,
	SASS_UTCHMMA_DESCRIPTOR_UR78 = 77,
	SASS_UTCHMMA_DESCRIPTOR_UR79 = 78,
	SASS_UTCHMMA_DESCRIPTOR_UR80 = 79,
	SASS_UTCHMMA_DESCRIPTOR_UR81 = 80,
	SASS_UTCHMMA_DESCRIPTOR_UR82 = 81,
	SASS_UTCHMMA_DESCRIPTOR_UR83 = 82,
	SASS_UTCHMMA_DESCRIPTOR_UR84 = 83,
	SASS_UTCHMMA_DESCRIPTOR_UR85 = 84,
	SASS_UTCHMMA_DESCRIPTOR_UR86 = 85,
	SASS_UTCHMMA_DESCRIPTOR_UR87 = 86,
	SASS_UTCHMMA_DESCRIPTOR_UR88 = 87,
	SASS_UTCHMMA_DESCRIPTOR_UR89 = 88,
	SASS_UTCHMMA_DESCRIPTOR_UR90 = 89,
	SASS_UTCHMMA_DESCRIPTOR_UR91 = 90,
	SASS_UTCHMMA_DESCRIPTOR_UR92 = 91,
	SASS_UTCHMMA_DESCRIPTOR_UR93 = 92,
	SASS_UTCHMMA_DESCRIPTOR_UR94 = 93,
	SASS_UTCHMMA_DESCRIPTOR_UR95 = 94,
	SASS_UTCHMMA_DESCRIPTOR_UR96 = 95,
	SASS_UTCHMMA_DESCRIPTOR_UR97 = 96,
	SASS_UTCHMMA_DESCRIPTOR_UR98 = 97,
	SASS_UTCHMMA_DESCRIPTOR_UR99 = 98,
	SASS_UTCHMMA_DESCRIPTOR_UR100 = 99,
	SASS_UTCHMMA_DESCRIPTOR_UR101 = 100,
	SASS_UTCHMMA_DESCRIPTOR_UR102 = 101,
	SASS_UTCHMMA_DESCRIPTOR_UR103 = 102,
	SASS_UTCHMMA_DESCRIPTOR_UR104 = 103,
	SASS_UTCHMMA_DESCRIPTOR_UR105 = 104,
	SASS_UTCHMMA_DESCRIPTOR_UR106 = 105,
	SASS_UTCHMMA_DESCRIPTOR_UR107 = 106,
	SASS_UTCHMMA_DESCRIPTOR_UR108 = 107,
	SASS_UTCHMMA_DESCRIPTOR_UR109 = 108,
	SASS_UTCHMMA_DESCRIPTOR_UR110 = 109,
	SASS_UTCHMMA_DESCRIPTOR_UR111 = 110,
	SASS_UTCHMMA_DESCRIPTOR_UR112 = 111,
	SASS_UTCHMMA_DESCRIPTOR_UR113 = 112,
	SASS_UTCHMMA_DESCRIPTOR_UR114 = 113,
	SASS_UTCHMMA_DESCRIPTOR_UR115 = 114,
	SASS_UTCHMMA_DESCRIPTOR_UR116 = 115,
	SASS_UTCHMMA_DESCRIPTOR_UR117 = 116,
	SASS_UTCHMMA_DESCRIPTOR_UR118 = 117,
	SASS_UTCHMMA_DESCRIPTOR_UR119 = 118,
	SASS_UTCHMMA_DESCRIPTOR_UR120 = 119,
	SASS_UTCHMMA_DESCRIPTOR_UR121 = 120,
	SASS_UTCHMMA_DESCRIPTOR_UR122 = 121,
	SASS_UTCHMMA_DESCRIPTOR_UR123 = 122,
	SASS_UTCHMMA_DESCRIPTOR_UR124 = 123,
	SASS_UTCHMMA_DESCRIPTOR_UR125 = 124,
	SASS_UTCHMMA_DESCRIPTOR_UR126 = 125,
	SASS_UTCHMMA_DESCRIPTOR_UR127 = 126,
	SASS_UTCHMMA_DESCRIPTOR_UR128 = 127,
	SASS_UTCHMMA_DESCRIPTOR_UR129 = 128,
	SASS_UTCHMMA_DESCRIPTOR_UR130 = 129,
	SASS_UTCHMMA_DESCRIPTOR_UR131 = 130,
	SASS_UTCHMMA_DESCRIPTOR_UR132 = 131,
	SASS_UTCHMMA_DESCRIPTOR_UR133 = 132,
	SASS_UTCHMMA_DESCRIPTOR_UR134 = 133,
	SASS_UTCHMMA_DESCRIPTOR_UR135 = 134,
	SASS_UTCHMMA_DESCRIPTOR_UR136 = 135,
	SASS_UTCHMMA_DESCRIPTOR_UR137 = 136,
	SASS_UTCHMMA_DESCRIPTOR_UR138 = 137,
	SASS_UTCHMMA_DESCRIPTOR_UR139 = 138,
	SASS_UTCHMMA_DESCRIPTOR_UR140 = 139,
	SASS_UTCHMMA_DESCRIPTOR_UR141 = 140,
	SASS_UTCHMMA_DESCRIPTOR_UR142 = 141,
	SASS_UTCHMMA_DESCRIPTOR_UR143 = 142,
	SASS_UTCHMMA_DESCRIPTOR_UR144 = 143,
	SASS_UTCHMMA_DESCRIPTOR_UR145 = 144,
	SASS_UTCHMMA_DESCRIPTOR_UR146 = 145,
	SASS_UTCHMMA_DESCRIPTOR_UR147 = 146,
	SASS_UTCHMMA_DESCRIPTOR_UR148 = 147,
	SASS_UTCHMMA_DESCRIPTOR_UR149 = 148,
	SASS_UTCHMMA_DESCRIPTOR_UR150 = 149,
	SASS_UTCHMMA_DESCRIPTOR_UR151 = 150,
	SASS_UTCHMMA_DESCRIPTOR_UR152 = 151,
	SASS_UTCHMMA_DESCRIPTOR_UR153 = 152,
	SASS_UTCHMMA_DESCRIPTOR_UR154 = 153,
	SASS_UTCHMMA_DESCRIPTOR_UR155 = 154,
	SASS_UTCHMMA_DESCRIPTOR_UR156 = 155,
	SASS_UTCHMMA_DESCRIPTOR_UR157 = 156,
	SASS_UTCHMMA_DESCRIPTOR_UR158 = 157,
	SASS_UTCHMMA_DESCRIPTOR_UR159 = 158,
	SASS_UTCHMMA_DESCRIPTOR_UR160 = 159,
	SASS_UTCHMMA_DESCRIPTOR_UR161 = 160,
	SASS_UTCHMMA_DESCRIPTOR_UR162 = 161,
	SASS_UTCHMMA_DESCRIPTOR_UR163 = 162,
	SASS_UTCHMMA_DESCRIPTOR_UR164 = 163,
	SASS_UTCHMMA_DESCRIPTOR_UR165 = 164,
	SASS_UTCHMMA_DESCRIPTOR_UR166 = 165,
	SASS_UTCHMMA_DESCRIPTOR_UR167 = 166,
	SASS_UTCHMMA_DESCRIPTOR_UR168 = 167,
	SASS_UTCHMMA_DESCRIPTOR_UR169 = 168,
	SASS_UTCHMMA_DESCRIPTOR_UR170 = 169,
	SASS_UTCHMMA_DESCRIPTOR_UR171 = 170,
	SASS_UTCHMMA_DESCRIPTOR_UR172 = 171,
	SASS_UTCHMMA_DESCRIPTOR_UR173 = 172,
	SASS_UTCHMMA_DESCRIPTOR_UR174 = 173,
	SASS_UTCHMMA_DESCRIPTOR_UR175 = 174,
	SASS_UTCHMMA_DESCRIPTOR_UR176 = 175,
	SASS_UTCHMMA_DESCRIPTOR_UR177 = 176,
	SASS_UTCHMMA_DESCRIPTOR_UR178 = 177,
	SASS_UTCHMMA_DESCRIPTOR_UR179 = 178,
	SASS_UTCHMMA_DESCRIPTOR_UR180 = 179,
	SASS_UTCHMMA_DESCRIPTOR_UR181 = 180,
	SASS_UTCHMMA_DESCRIPTOR_UR182 = 181,
	SASS_UTCHMMA_DESCRIPTOR_UR183 = 182,
	SASS_UTCHMMA_DESCRIPTOR_UR184 = 183,
	SASS_UTCHMMA_DESCRIPTOR_UR185 = 184,
	SASS_UTCHMMA_DESCRIPTOR_UR186 = 185,
	SASS_UTCHMMA_DESCRIPTOR_UR187 = 186,
	SASS_UTCHMMA_DESCRIPTOR_UR188 = 187,
	SASS_UTCHMMA_DESCRIPTOR_UR189 = 188,
	SASS_UTCHMMA_DESCRIPTOR_UR190 = 189,
	SASS_UTCHMMA_DESCRIPTOR_UR191 = 190,
	SASS_UTCHMMA_DESCRIPTOR_UR192 = 191,
	SASS_UTCHMMA_DESCRIPTOR_UR193 = 192,
	SASS_UTCHMMA_DESCRIPTOR_UR194 = 193,
	SASS_UTCHMMA_DESCRIPTOR_UR195 = 194,
	SASS_UTCHMMA_DESCRIPTOR_UR196 = 195,
	SASS_UTCHMMA_DESCRIPTOR_UR197 = 196,
	SASS_UTCHMMA_DESCRIPTOR_UR198 = 197,
	SASS_UTCHMMA_DESCRIPTOR_UR199 = 198,
	SASS_UTCHMMA_DESCRIPTOR_UR200 = 199,
	SASS_UTCHMMA_DESCRIPTOR_UR201 = 200,
	SASS_UTCHMMA_DESCRIPTOR_UR202 = 201,
	SASS_UTCHMMA_DESCRIPTOR_UR203 = 202,
	SASS_UTCHMMA_DESCRIPTOR_UR204 = 203,
	SASS_UTCHMMA_DESCRIPTOR_UR205 = 204,
	SASS_UTCHMMA_DESCRIPTOR_UR206 = 205,
	SASS_UTCHMMA_DESCRIPTOR_UR207 = 206,
	SASS_UTCHMMA_DESCRIPTOR_UR208 = 207,
	SASS_UTCHMMA_DESCRIPTOR_UR209 = 208,
	SASS_UTCHMMA_DESCRIPTOR_UR210 = 209,
	SASS_UTCHMMA_DESCRIPTOR_UR211 = 210,
	SASS_UTCHMMA_DESCRIPTOR_UR212 = 211,
	SASS_UTCHMMA_DESCRIPTOR_UR213 = 212,
	SASS_UTCHMMA_DESCRIPTOR_UR214 = 213,
	SASS_UTCHMMA_DESCRIPTOR_UR215 = 214,
	SASS_UTCHMMA_DESCRIPTOR_UR216 = 215,
	SASS_UTCHMMA_DESCRIPTOR_UR217 = 216,
	SASS_UTCHMMA_DESCRIPTOR_UR218 = 217,
	SASS_UTCHMMA_DESCRIPTOR_UR219 = 218,
	SASS_UTCHMMA_DESCRIPTOR_UR220 = 219,
	SASS_UTCHMMA_DESCRIPTOR_UR221 = 220,
	SASS_UTCHMMA_DESCRIPTOR_UR222 = 221,
	SASS_UTCHMMA_DESCRIPTOR_UR223 = 222,
	SASS_UTCHMMA_DESCRIPTOR_UR224 = 223,
	SASS_UTCHMMA_DESCRIPTOR_UR225 = 224,
	SASS_UTCHMMA_DESCRIPTOR_UR226 = 225,
	SASS_UTCHMMA_DESCRIPTOR_UR227 = 226,
	SASS_UTCHMMA_DESCRIPTOR_UR228 = 227,
	SASS_UTCHMMA_DESCRIPTOR_UR229 = 228,
	SASS_UTCHMMA_DESCRIPTOR_UR230 = 229,
	SASS_UTCHMMA_DESCRIPTOR_UR231 = 230,
	SASS_UTCHMMA_DESCRIPTOR_UR232 = 231,
	SASS_UTCHMMA_DESCRIPTOR_UR233 = 232,
	SASS_UTCHMMA_DESCRIPTOR_UR234 = 233,
	SASS_UTCHMMA_DESCRIPTOR_UR235 = 234,
	SASS_UTCHMMA_DESCRIPTOR_UR236 = 235,
	SASS_UTCHMMA_DESCRIPTOR_UR237 = 236,
	SASS_UTCHMMA_DESCRIPTOR_UR238 = 237,
	SASS_UTCHMMA_DESCRIPTOR_UR239 = 238,
	SASS_UTCHMMA_DESCRIPTOR_UR240 = 239,
	SASS_UTCHMMA_DESCRIPTOR_UR241 = 240,
	SASS_UTCHMMA_DESCRIPTOR_UR242 = 241,
	SASS_UTCHMMA_DESCRIPTOR_UR243 = 242,
	SASS_UTCHMMA_DESCRIPTOR_UR244 = 243,
	SASS_UTCHMMA_DESCRIPTOR_UR245 = 244,
	SASS_UTCHMMA_DESCRIPTOR_UR246 = 245,
	SASS_UTCHMMA_DESCRIPTOR_UR247 = 246,
	SASS_UTCHMMA_DESCRIPTOR_UR248 = 247,
	SASS_UTCHMMA_DESCRIPTOR_UR249 = 248,
	SASS_UTCHMMA_DESCRIPTOR_UR250 = 249,
	SASS_UTCHMMA_DESCRIPTOR_UR251 = 250,
	SASS_UTCHMMA_DESCRIPTOR_UR252 = 251,
	SASS_UTCHMMA_DESCRIPTOR_UR253 = 252,
	SASS_UTCHMMA_DESCRIPTOR_UR254 = 253,
	SASS_UTCHMMA_DESCRIPTOR_URZ = 254,
	SASS_UTCHMMA_COLLECTOR_B_KEEP_BUFFER0 = 4,
	SASS_UTCHMMA_COLLECTOR_B_KEEP_BUFFER1 = 5,
	SASS_UTCHMMA_COLLECTOR_B_KEEP_BUFFER2 = 6,
	SASS_UTCHMMA_COLLECTOR_B_KEEP_BUFFER3 = 7,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_BUFFER0 = 8,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_BUFFER1 = 9,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_BUFFER2 = 10,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_BUFFER3 = 11,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER0 = 12,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER1 = 13,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER2 = 14,
	SASS_UTCHMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER3 = 15,
	SASS_UTCHMMA_SHIFT_ASHIFT = 1,
};

static inline unsigned sass_UTCIMMA_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCIMMA_a_reuse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_UTCIMMA_a_keep(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_UTCIMMA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCIMMA_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTCIMMA_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UTCIMMA_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCIMMA_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCIMMA_URe(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCIMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCIMMA_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UTCIMMA_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UTCIMMA_columns(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 4));
}

static inline unsigned sass_UTCIMMA_collector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 4));
}

static inline unsigned sass_UTCIMMA_shift(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_UTCIMMA_PAIR_2CTA = 1,
	SASS_UTCIMMA_A_REUSE_A_REUSE = 1,
	SASS_UTCIMMA_A_KEEP_A_KEEP = 1,
	SASS_UTCIMMA_DESCRIPTOR_UR1 = 0,
	SASS_UTCIMMA_DESCRIPTOR_UR2 = 1,
	SASS_UTCIMMA_DESCRIPTOR_UR3 = 2,
	SASS_UTCIMMA_DESCRIPTOR_UR4 = 3,
	SASS_UTCIMMA_DESCRIPTOR_UR5 = 4,
	SASS_UTCIMMA_DESCRIPTOR_UR6 = 5,
	SASS_UTCIMMA_DESCRIPTOR_UR7 = 6,
	SASS_UTCIMMA_DESCRIPTOR_UR8 = 7,
	SASS_UTCIMMA_DESCRIPTOR_UR9 = 8,
	SASS_UTCIMMA_DESCRIPTOR_UR10 = 9,
	SASS_UTCIMMA_DESCRIPTOR_UR11 = 10,
	SASS_UTCIMMA_DESCRIPTOR_UR12 = 11,
	SASS_UTCIMMA_DESCRIPTOR_UR13 = 12,
	SASS_UTCIMMA_DESCRIPTOR_UR14 = 13,
	SASS_UTCIMMA_DESCRIPTOR_UR15 = 14,
	SASS_UTCIMMA_DESCRIPTOR_UR16 = 15,
	SASS_UTCIMMA_DESCRIPTOR_UR17 = 16,
	SASS_UTCIMMA_DESCRIPTOR_UR18 = 17,
	SASS_UTCIMMA_DESCRIPTOR_UR19 = 18,
	SASS_UTCIMMA_DESCRIPTOR_UR20 = 19,
	SASS_UTCIMMA_DESCRIPTOR_UR21 = 20,
	SASS_UTCIMMA_DESCRIPTOR_UR22 = 21,
	SASS_UTCIMMA_DESCRIPTOR_UR23 = 22,
	SASS_UTCIMMA_DESCRIPTOR_UR24 = 23,
	SASS_UTCIMMA_DESCRIPTOR_UR25 = 24,
	SASS_UTCIMMA_DESCRIPTOR_UR26 = 25,
	SASS_UTCIMMA_DESCRIPTOR_UR27 = 26,
	SASS_UTCIMMA_DESCRIPTOR_UR28 = 27,
	SASS_UTCIMMA_DESCRIPTOR_UR29 = 28,
	SASS_UTCIMMA_DESCRIPTOR_UR30 = 29,
	SASS_UTCIMMA_DESCRIPTOR_UR31 = 30,
	SASS_UTCIMMA_DESCRIPTOR_UR32 = 31,
	SASS_UTCIMMA_DESCRIPTOR_UR33 = 32,
	SASS_UTCIMMA_DESCRIPTOR_UR34 = 33,
	SASS_UTCIMMA_DESCRIPTOR_UR35 = 34,
	SASS_UTCIMMA_DESCRIPTOR_UR36 = 35,
	SASS_UTCIMMA_DESCRIPTOR_UR37 = 36,
	SASS_UTCIMMA_DESCRIPTOR_UR38 = 37,
	SASS_UTCIMMA_DESCRIPTOR_UR39 = 38,
	SASS_UTCIMMA_DESCRIPTOR_UR40 = 39,
	SASS_UTCIMMA_DESCRIPTOR_UR41 = 40,
	SASS_UTCIMMA_DESCRIPTOR_UR42 = 41,
	SASS_UTCIMMA_DESCRIPTOR_UR43 = 42,
	SASS_UTCIMMA_DESCRIPTOR_UR44 = 43,
	SASS_UTCIMMA_DESCRIPTOR_UR45 = 44,
	SASS_UTCIMMA_DESCRIPTOR_UR46 = 45,
	SASS_UTCIMMA_DESCRIPTOR_UR47 = 46,
	SASS_UTCIMMA_DESCRIPTOR_UR48 = 47,
	SASS_UTCIMMA_DESCRIPTOR_UR49 = 48,
	SASS_UTCIMMA_DESCRIPTOR_UR50 = 49,
	SASS_UTCIMMA_DESCRIPTOR_UR51 = 50,
	SASS_UTCIMMA_DESCRIPTOR_UR52 = 51,
	SASS_UTCIMMA_DESCRIPTOR_UR53 = 52,
	SASS_UTCIMMA_DESCRIPTOR_UR54 = 53,
	SASS_UTCIMMA_DESCRIPTOR_UR55 = 54,
	SASS_UTCIMMA_DESCRIPTOR_UR56 = 55,
	SASS_UTCIMMA_DESCRIPTOR_UR57 = 56,
	SASS_UTCIMMA_DESCRIPTOR_UR58 = 57,
	SASS_UTCIMMA_DESCRIPTOR_UR59 = 58,
	SASS_UTCIMMA_DESCRIPTOR_UR60 = 59,
	SASS_UTCIMMA_DESCRIPTOR_UR61 = 60,
	SASS_UTCIMMA_DESCRIPTOR_UR62 = 61,
	SASS_UTCIMMA_DESCRIPTOR_UR63 = 62,
	SASS_UTCIMMA_DESCRIPTOR_UR64 = 63,
	SASS_UTCIMMA_DESCRIPTOR_UR65 = 64,
	SASS_UTCIMMA_DESCRIPTOR_UR66 = 65,
	SASS_UTCIMMA_DESCRIPTOR_UR67 = 66,
	SASS_UTCIMMA_DESCRIPTOR_UR68 = 67,
	SASS_UTCIMMA_DESCRIPTOR_UR69 = 68,
	SASS_UTCIMMA_DESCRIPTOR_UR70 = 69,
	SASS_UTCIMMA_DESCRIPTOR_UR71 = 70,
	SASS_UTCIMMA_DESCRIPTOR_UR72 = 71,
	SASS_UTCIMMA_DESCRIPTOR_UR73 = 72,
	SASS_UTCIMMA_DESCRIPTOR_UR74 = 73,
	SASS_UTCIMMA_DESCRIPTOR_UR75 = 74,
	SASS_UTCIMMA_DESCRIPTOR_UR76 = 75,
	SASS_UTCIMMA_DESCRIPTOR_UR77 = 76,
	SASS_UTCIMMA_DESCRIPTOR_UR78 = 77,
	SASS_UTCIMMA_DESCRIPTOR_UR79 = 78,
	SASS_UTCIMMA_DESCRIPTOR_UR80 = 79,
	SASS_UTCIMMA_DESCRIPTOR_UR81 = 80,
	SASS_UTCIMMA_DESCRIPTOR_UR82 = 81,
	SASS_UTCIMMA_DESCRIPTOR_UR83 = 82,
	SASS_UTCIMMA_DESCRIPTOR_UR84 = 83,
	SASS_UTCIMMA_DESCRIPTOR_UR85 = 84,
	SASS_UTCIMMA_DESCRIPTOR_UR86 = 85,
	SASS_UTCIMMA_DESCRIPTOR_UR87 = 86,
	SASS_UTCIMMA_DESCRIPTOR_UR88 = 87,
	SASS_UTCIMMA_DESCRIPTOR_UR89 = 88,
	SASS_UTCIMMA_DESCRIPTOR_UR90 = 89,
	SASS_UTCIMMA_DESCRIPTOR_UR91 = 90,
	SASS_UTCIMMA_DESCRIPTOR_UR92 = 91,
	SASS_UTCIMMA_DESCRIPTOR_UR93 = 92,
	SASS_UTCIMMA_DESCRIPTOR_UR94 = 93,
	SASS_UTCIMMA_DESCRIPTOR_UR95 = 94,
	SASS_UTCIMMA_DESCRIPTOR_UR96 = 95,
	SASS_UTCIMMA_DESCRIPTOR_UR97 = 96,
	SASS_UTCIMMA_DESCRIPTOR_UR98 = 97,
	SASS_UTCIMMA_DESCRIPTOR_UR99 = 98,
	SASS_UTCIMMA_DESCRIPTOR_UR100 = 99,
	SASS_UTCIMMA_DESCRIPTOR_UR101 = 100,
	SASS_UTCIMMA_DESCRIPTOR_UR102 = 101,
	SASS_UTCIMMA_DESCRIPTOR_UR103 = 102,
	SASS_UTCIMMA_DESCRIPTOR_UR104 = 103,
	SASS_UTCIMMA_DESCRIPTOR_UR105 = 104,
	SASS_UTCIMMA_DESCRIPTOR_UR106 = 105,
	SASS_UTCIMMA_DESCRIPTOR_UR107 = 106,
	SASS_UTCIMMA_DESCRIPTOR_UR108 = 107,
	SASS_UTCIMMA_DESCRIPTOR_UR109 = 108,
	SASS_UTCIMMA_DESCRIPTOR_UR110 = 109,
	SASS_UTCIMMA_DESCRIPTOR_UR111 = 110,
	SASS_UTCIMMA_DESCRIPTOR_UR112 = 111,
	SASS_UTCIMMA_DESCRIPTOR_UR113 = 112,
	SASS_UTCIMMA_DESCRIPTOR_UR114 = 113,
	SASS_UTCIMMA_DESCRIPTOR_UR115 = 114,
	SASS_UTCIMMA_DESCRIPTOR_UR116 = 115,
	SASS_UTCIMMA_DESCRIPTOR_UR117 = 116,
	SASS_UTCIMMA_DESCRIPTOR_UR118 = 117,
	SASS_UTCIMMA_DESCRIPTOR_UR119 = 118,
	SASS_UTCIMMA_DESCRIPTOR_UR120 = 119,
	SASS_UTCIMMA_DESCRIPTOR_UR121 = 120,
	SASS_UTCIMMA_DESCRIPTOR_UR122 = 121,
	SASS_UTCIMMA_DESCRIPTOR_UR123 = 122,
	SASS_UTCIMMA_DESCRIPTOR_UR124 = 123,
	SASS_UTCIMMA_DESCRIPTOR_UR125 = 124,
	SASS_UTCIMMA_DESCRIPTOR_UR126 = 125,
	SASS_UTCIMMA_DESCRIPTOR_UR127 = 126,
	SASS_UTCIMMA_DESCRIPTOR_UR128 = 127,
	SASS_UTCIMMA_DESCRIPTOR_UR129 = 128,
	SASS_UTCIMMA_DESCRIPTOR_UR130 = 129,
	SASS_UTCIMMA_DESCRIPTOR_UR131 = 130,
	SASS_UTCIMMA_DESCRIPTOR_UR132 = 131,
	SASS_UTCIMMA_DESCRIPTOR_UR133 = 132,
	SASS_UTCIMMA_DESCRIPTOR_UR134 = 133,
	SASS_UTCIMMA_DESCRIPTOR_UR135 = 134,
	SASS_UTCIMMA_DESCRIPTOR_UR136 = 135,
	SASS_UTCIMMA_DESCRIPTOR_UR137 = 136,
	SASS_UTCIMMA_DESCRIPTOR_UR138 = 137,
	SASS_UTCIMMA_DESCRIPTOR_UR139 = 138,
	SASS_UTCIMMA_DESCRIPTOR_UR140 = 139,
	SASS_UTCIMMA_DESCRIPTOR_UR141 = 140,
	SASS_UTCIMMA_DESCRIPTOR_UR142 = 141,
	SASS_UTCIMMA_DESCRIPTOR_UR143 = 142,
	SASS_UTCIMMA_DESCRIPTOR_UR144 = 143,
	SASS_UTCIMMA_DESCRIPTOR_UR145 = 144,
	SASS_UTCIMMA_DESCRIPTOR_UR146 = 145,
	SASS_UTCIMMA_DESCRIPTOR_UR147 = 146,
	SASS_UTCIMMA_DESCRIPTOR_UR148 = 147,
	SASS_UTCIMMA_DESCRIPTOR_UR149 = 148,
	SASS_UTCIMMA_DESCRIPTOR_UR150 = 149,
	SASS_UTCIMMA_DESCRIPTOR_UR151 = 150,
	SASS_UTCIMMA_DESCRIPTOR_UR152 = 151,
	SASS_UTCIMMA_DESCRIPTOR_UR153 = 152,
	SASS_UTCIMMA_DESCRIPTOR_UR154 = 153,
	SASS_UTCIMMA_DESCRIPTOR_UR155 = 154,
	SASS_UTCIMMA_DESCRIPTOR_UR156 = 155,
	SASS_UTCIMMA_DESCRIPTOR_UR157 = 156,
	SASS_UTCIMMA_DESCRIPTOR_UR158 = 157,
	SASS_UTCIMMA_DESCRIPTOR_UR159 = 158,
	SASS_UTCIMMA_DESCRIPTOR_UR160 = 159,
	SASS_UTCIMMA_DESCRIPTOR_UR161 = 160,
	SASS_UTCIMMA_DESCRIPTOR_UR162 = 161,
	SASS_UTCIMMA_DESCRIPTOR_UR163 = 162,
	SASS_UTCIMMA_DESCRIPTOR_UR164 = 163,
	SASS_UTCIMMA_DESCRIPTOR_UR165 = 164,
	SASS_UTCIMMA_DESCRIPTOR_UR166 = 165,
	SASS_UTCIMMA_DESCRIPTOR_UR167 = 166,
	SASS_UTCIMMA_DESCRIPTOR_UR168 = 167,
	SASS_UTCIMMA_DESCRIPTOR_UR169 = 168,
	SASS_UTCIMMA_DESCRIPTOR_UR170 = 169,
	SASS_UTCIMMA_DESCRIPTOR_UR171 = 170,
	SASS_UTCIMMA_DESCRIPTOR_UR172 = 171,
	SASS_UTCIMMA_DESCRIPTOR_UR173 = 172,
	SASS_UTCIMMA_DESCRIPTOR_UR174 = 173,
	SASS_UTCIMMA_DESCRIPTOR_UR175 = 174,
	SASS_UTCIMMA_DESCRIPTOR_UR176 = 175,
	SASS_UTCIMMA_DESCRIPTOR_UR177 = 176,
	SASS_UTCIMMA_DESCRIPTOR_UR178 = 177,
	SASS_UTCIMMA_DESCRIPTOR_UR179 = 178,
	SASS_UTCIMMA_DESCRIPTOR_UR180 = 179,
	SASS_UTCIMMA_DESCRIPTOR_UR181 = 180,
	SASS_UTCIMMA_DESCRIPTOR_UR182 = 181,
	SASS_UTCIMMA_DESCRIPTOR_UR183 = 182,
	SASS_UTCIMMA_DESCRIPTOR_UR184 = 183,
	SASS_UTCIMMA_DESCRIPTOR_UR185 = 184,
	SASS_UTCIMMA_DESCRIPTOR_UR186 = 185,
	SASS_UTCIMMA_DESCRIPTOR_UR187 = 186,
	SASS_UTCIMMA_DESCRIPTOR_UR188 = 187,
	SASS_UTCIMMA_DESCRIPTOR_UR189 = 188,
	SASS_UTCIMMA_DESCRIPTOR_UR190 = 189,
	SASS_UTCIMMA_DESCRIPTOR_UR191 = 190,
	SASS_UTCIMMA_DESCRIPTOR_UR192 = 191,
	SASS_UTCIMMA_DESCRIPTOR_UR193 = 192,
	SASS_UTCIMMA_DESCRIPTOR_UR194 = 193,
	SASS_UTCIMMA_DESCRIPTOR_UR195 = 194,
	SASS_UTCIMMA_DESCRIPTOR_UR196 = 195,
	SASS_UTCIMMA_DESCRIPTOR_UR197 = 196,
	SASS_UTCIMMA_DESCRIPTOR_UR198 = 197,
	SASS_UTCIMMA_DESCRIPTOR_UR199 = 198,
	SASS_UTCIMMA_DESCRIPTOR_UR200 = 199,
	SASS_UTCIMMA_DESCRIPTOR_UR201 = 200,
	SASS_UTCIMMA_DESCRIPTOR_UR202 = 201,
	SASS_UTCIMMA_DESCRIPTOR_UR203 = 202,
	SASS_UTCIMMA_DESCRIPTOR_UR204 = 203,
	SASS_UTCIMMA_DESCRIPTOR_UR205 = 204,
	SASS_UTCIMMA_DESCRIPTOR_UR206 = 205,
	SASS_UTCIMMA_DESCRIPTOR_UR207 = 206,
	SASS_UTCIMMA_DESCRIPTOR_UR208 = 207,
	SASS_UTCIMMA_DESCRIPTOR_UR209 = 208,
	SASS_UTCIMMA_DESCRIPTOR_UR210 = 209,
	SASS_UTCIMMA_DESCRIPTOR_UR211 = 210,
	SASS_UTCIMMA_DESCRIPTOR_UR212 = 211,
	SASS_UTCIMMA_DESCRIPTOR_UR213 = 212,
	SASS_UTCIMMA_DESCRIPTOR_UR214 = 213,
	SASS_UTCIMMA_DESCRIPTOR_UR215 = 214,
	SASS_UTCIMMA_DESCRIPTOR_UR216 = 215,
	SASS_UTCIMMA_DESCRIPTOR_UR217 = 216,
	SASS_UTCIMMA_DESCRIPTOR_UR218 = 217,
	SASS_UTCIMMA_DESCRIPTOR_UR219 = 218,
	SASS_UTCIMMA_DESCRIPTOR_UR220 = 219,
	SASS_UTCIMMA_DESCRIPTOR_UR221 = 220,
	SASS_UTCIMMA_DESCRIPTOR_UR222 = 221,
	SASS_UTCIMMA_DESCRIPTOR_UR223 = 222,
	SASS_UTCIMMA_DESCRIPTOR_UR224 = 223,
	SASS_UTCIMMA_DESCRIPTOR_UR225 = 224,
	SASS_UTCIMMA_DESCRIPTOR_UR226 = 225,
	SASS_UTCIMMA_DESCRIPTOR_UR227 = 226,
	SASS_UTCIMMA_DESCRIPTOR_UR228 = 227,
	SASS_UTCIMMA_DESCRIPTOR_UR229 = 228,
	SASS_UTCIMMA_DESCRIPTOR_UR230 = 229,
	SASS_UTCIMMA_DESCRIPTOR_UR231 = 230,
	SASS_UTCIMMA_DESCRIPTOR_UR232 = 231,
	SASS_UTCIMMA_DESCRIPTOR_UR233 = 232,
	SASS_UTCIMMA_DESCRIPTOR_UR234 = 233,
	SASS_UTCIMMA_DESCRIPTOR_UR235 = 234,
	SASS_UTCIMMA_DESCRIPTOR_UR236 = 235,
	SASS_UTCIMMA_DESCRIPTOR_UR237 = 236,
	SASS_UTCIMMA_DESCRIPTOR_UR238 = 237,
	SASS_UTCIMMA_DESCRIPTOR_UR239 = 238,
	SASS_UTCIMMA_DESCRIPTOR_UR240 = 239,
	SASS_UTCIMMA_DESCRIPTOR_UR241 = 240,
	SASS_UTCIMMA_DESCRIPTOR_UR242 = 241,
	SASS_UTCIMMA_DESCRIPTOR_UR243 = 242,
	SASS_UTCIMMA_DESCRIPTOR_UR244 = 243,
	SASS_UTCIMMA_DESCRIPTOR_UR245 = 244,
	SASS_UTCIMMA_DESCRIPTOR_UR246 = 245,
	SASS_UTCIMMA_DESCRIPTOR_UR247 = 246,
	SASS_UTCIMMA_DESCRIPTOR_UR248 = 247,
	SASS_UTCIMMA_DESCRIPTOR_UR249 = 248,
	SASS_UTCIMMA_DESCRIPTOR_UR250 = 249,
	SASS_UTCIMMA_DESCRIPTOR_UR251 = 250,
	SASS_UTCIMMA_DESCRIPTOR_UR252 = 251,
	SASS_UTCIMMA_DESCRIPTOR_UR253 = 252,
	SASS_UTCIMMA_DESCRIPTOR_UR254 = 253,
	SASS_UTCIMMA_DESCRIPTOR_URZ = 254,
	SASS_UTCIMMA_COLLECTOR_B_KEEP_BUFFER0 = 4,
	SASS_UTCIMMA_COLLECTOR_B_KEEP_BUFFER1 = 5,
	SASS_UTCIMMA_COLLECTOR_B_KEEP_BUFFER2 = 6,
	SASS_UTCIMMA_COLLECTOR_B_KEEP_BUFFER3 = 7,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_BUFFER0 = 8,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_BUFFER1 = 9,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_BUFFER2 = 10,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_BUFFER3 = 11,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER0 = 12,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER1 = 13,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER2 = 14,
	SASS_UTCIMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER3 = 15,
	SASS_UTCIMMA_SHIFT_ASHIFT = 1,
};

static inline unsigned sass_UTCOMMA_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCOMMA_a_reuse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_UTCOMMA_a_keep(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_UTCOMMA_blocks(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 62, 1));
}

static inline unsigned sass_UTCOMMA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCOMMA_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTCOMMA_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UTCOMMA_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCOMMA_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCOMMA_URe(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCOMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCOMMA_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UTCOMMA_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UTCOMMA_columns(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 4));
}

enum {
	SASS_UTCOMMA_PAIR_2CTA = 1,
	SASS_UTCOMMA_A_REUSE_A_REUSE = 1,
	SASS_UTCOMMA_A_KEEP_A_KEEP = 1,
	SASS_UTCOMMA_BLOCKS_4X = 0,
	SASS_UTCOMMA_DESCRIPTOR_UR1 = 0,
	SASS_UTCOMMA_DESCRIPTOR_UR2 = 1,
	SASS_UTCOMMA_DESCRIPTOR_UR3 = 2,
	SASS_UTCOMMA_DESCRIPTOR_UR4 = 3,
	SASS_UTCOMMA_DESCRIPTOR_UR5 = 4,
	SASS_UTCOMMA_DESCRIPTOR_UR6 = 5,
	SASS_UTCOMMA_DESCRIPTOR_UR7 = 6,
	SASS_UTCOMMA_DESCRIPTOR_UR8 = 7,
	SASS_UTCOMMA_DESCRIPTOR_UR9 = 8,
	SASS_UTCOMMA_DESCRIPTOR_UR10 = 9,
	SASS_UTCOMMA_DESCRIPTOR_UR11 = 10,
	SASS_UTCOMMA_DESCRIPTOR_UR12 = 11,
	SASS_UTCOMMA_DESCRIPTOR_UR13 = 12,
	SASS_UTCOMMA_DESCRIPTOR_UR14 = 13,
	SASS_UTCOMMA_DESCRIPTOR_UR15 = 14,
	SASS_UTCOMMA_DESCRIPTOR_UR16 = 15,
	SASS_UTCOMMA_DESCRIPTOR_UR17 = 16,
	SASS_UTCOMMA_DESCRIPTOR_UR18 = 17,
	SASS_UTCOMMA_DESCRIPTOR_UR19 = 18,
	SASS_UTCOMMA_DESCRIPTOR_UR20 = 19,
	SASS_UTCOMMA_DESCRIPTOR_UR21 = 20,
	SASS_UTCOMMA_DESCRIPTOR_UR22 = 21,
	SASS_UTCOMMA_DESCRIPTOR_UR23 = 22,
	SASS_UTCOMMA_DESCRIPTOR_UR24 = 23,
	SASS_UTCOMMA_DESCRIPTOR_UR25 = 24,
	SASS_UTCOMMA_DESCRIPTOR_UR26 = 25,
	SASS_UTCOMMA_DESCRIPTOR_UR27 = 26,
	SASS_UTCOMMA_DESCRIPTOR_UR28 = 27,
	SASS_UTCOMMA_DESCRIPTOR_UR29 = 28,
	SASS_UTCOMMA_DESCRIPTOR_UR30 = 29,
	SASS_UTCOMMA_DESCRIPTOR_UR31 = 30,
	SASS_UTCOMMA_DESCRIPTOR_UR32 = 31,
	SASS_UTCOMMA_DESCRIPTOR_UR33 = 32,
	SASS_UTCOMMA_DESCRIPTOR_UR34 = 33,
	SASS_UTCOMMA_DESCRIPTOR_UR35 = 34,
	SASS_UTCOMMA_DESCRIPTOR_UR36 = 35,
	SASS_UTCOMMA_DESCRIPTOR_UR37 = 36,
	SASS_UTCOMMA_DESCRIPTOR_UR38 = 37,
	SASS_UTCOMMA_DESCRIPTOR_UR39 = 38,
	SASS_UTCOMMA_DESCRIPTOR_UR40 = 39,
	SASS_UTCOMMA_DESCRIPTOR_UR41 = 40,
	SASS_UTCOMMA_DESCRIPTOR_UR42 = 41,
	SASS_UTCOMMA_DESCRIPTOR_UR43 = 42,
	SASS_UTCOMMA_DESCRIPTOR_UR44 = 43,
	SASS_UTCOMMA_DESCRIPTOR_UR45 = 44,
	SASS_UTCOMMA_DESCRIPTOR_UR46 = 45,
	SASS_UTCOMMA_DESCRIPTOR_UR47 = 46,
	SASS_UTCOMMA_DESCRIPTOR_UR48 = 47,
	SASS_UTCOMMA_DESCRIPTOR_UR49 = 48,
	SASS_UTCOMMA_DESCRIPTOR_UR50 = 49,
	SASS_UTCOMMA_DESCRIPTOR_UR51 = 50,
	SASS_UTCOMMA_DESCRIPTOR_UR52 = 51,
	SASS_UTCOMMA_DESCRIPTOR_UR53 = 52,
	SASS_UTCOMMA_DESCRIPTOR_UR54 = 53,
	SASS_UTCOMMA_DESCRIPTOR_UR55 = 54,
	SASS_UTCOMMA_DESCRIPTOR_UR56 = 55,
	SASS_UTCOMMA_DESCRIPTOR_UR57 = 56,
	SASS_UTCOMMA_DESCRIPTOR_UR58 = 57,
	SASS_UTCOMMA_DESCRIPTOR_UR59 = 58,
	SASS_UTCOMMA_DESCRIPTOR_UR60 = 59,
	SASS_UTCOMMA_DESCRIPTOR_UR61 = 60,
	SASS_UTCOMMA_DESCRIPTOR_UR62 = 61,
	SASS_UTCOMMA_DESCRIPTOR_UR63 = 62,
	SASS_UTCOMMA_DESCRIPTOR_UR64 = 63,
	SASS_UTCOMMA_DESCRIPTOR_UR65 = 64,
	SASS_UTCOMMA_DESCRIPTOR_UR66 = 65,
	SASS_UTCOMMA_DESCRIPTOR_UR67 = 66,
	SASS_UTCOMMA_DESCRIPTOR_UR68 = 67,
	SASS_UTCOMMA_DESCRIPTOR_UR69 = 68,
	SASS_UTCOMMA_DESCRIPTOR_UR70 = 69,
	SASS_UTCOMMA_DESCRIPTOR_UR71 = 70,
	SASS_UTCOMMA_DESCRIPTOR_UR72 = 71,
	SASS_UTCOMMA_DESCRIPTOR_UR73 = 72,
	SASS_UTCOMMA_DESCRIPTOR_UR74 = 73,
	SASS_UTCOMMA_DESCRIPTOR_UR75 = 74,
	SASS_UTCOMMA_DESCRIPTOR_UR76 = 75,
	SASS_UTCOMMA_DESCRIPTOR_UR77 = 76,
	SASS_UTCOMMA_DESCRIPTOR_UR78 = 77,
	SASS_UTCOMMA_DESCRIPTOR_UR79 = 78,
	SASS_UTCOMMA_DESCRIPTOR_UR80 = 79,
	SASS_UTCOMMA_DESCRIPTOR_UR81 = 80,
	SASS_UTCOMMA_DESCRIPTOR_UR82 = 81,
	SASS_UTCOMMA_DESCRIPTOR_UR83 = 82,
	SASS_UTCOMMA_DESCRIPTOR_UR84 = 83,
	SASS_UTCOMMA_DESCRIPTOR_UR85 = 84,
	SASS_UTCOMMA_DESCRIPTOR_UR86 = 85,
	SASS_UTCOMMA_DESCRIPTOR_UR87 = 86,
	SASS_UTCOMMA_DESCRIPTOR_UR88 = 87,
	SASS_UTCOMMA_DESCRIPTOR_UR89 = 88,
	SASS_UTCOMMA_DESCRIPTOR_UR90 = 89,
	SASS_UTCOMMA_DESCRIPTOR_UR91 = 90,
	SASS_UTCOMMA_DESCRIPTOR_UR92 = 91,
	SASS_UTCOMMA_DESCRIPTOR_UR93 = 92,
	SASS_UTCOMMA_DESCRIPTOR_UR94 = 93,
	SASS_UTCOMMA_DESCRIPTOR_UR95 = 94,
	SASS_UTCOMMA_DESCRIPTOR_UR96 = 95,
	SASS_UTCOMMA_DESCRIPTOR_UR97 = 96,
	SASS_UTCOMMA_DESCRIPTOR_UR98 = 97,
	SASS_UTCOMMA_DESCRIPTOR_UR99 = 98,
	SASS_UTCOMMA_DESCRIPTOR_UR100 = 99,
	SASS_UTCOMMA_DESCRIPTOR_UR101 = 100,
	SASS_UTCOMMA_DESCRIPTOR_UR102 = 101,
	SASS_UTCOMMA_DESCRIPTOR_UR103 = 102,
	SASS_UTCOMMA_DESCRIPTOR_UR104 = 103,
	SASS_UTCOMMA_DESCRIPTOR_UR105 = 104,
	SASS_UTCOMMA_DESCRIPTOR_UR106 = 105,
	SASS_UTCOMMA_DESCRIPTOR_UR107 = 106,
	SASS_UTCOMMA_DESCRIPTOR_UR108 = 107,
	SASS_UTCOMMA_DESCRIPTOR_UR109 = 108,
	SASS_UTCOMMA_DESCRIPTOR_UR110 = 109,
	SASS_UTCOMMA_DESCRIPTOR_UR111 = 110,
	SASS_UTCOMMA_DESCRIPTOR_UR112 = 111,
	SASS_UTCOMMA_DESCRIPTOR_UR113 = 112,
	SASS_UTCOMMA_DESCRIPTOR_UR114 = 113,
	SASS_UTCOMMA_DESCRIPTOR_UR115 = 114,
	SASS_UTCOMMA_DESCRIPTOR_UR116 = 115,
	SASS_UTCOMMA_DESCRIPTOR_UR117 = 116,
	SASS_UTCOMMA_DESCRIPTOR_UR118 = 117,
	SASS_UTCOMMA_DESCRIPTOR_UR119 = 118,
	SASS_UTCOMMA_DESCRIPTOR_UR120 = 119,
	SASS_UTCOMMA_DESCRIPTOR_UR121 = 120,
	SASS_UTCOMMA_DESCRIPTOR_UR122 = 121,
	SASS_UTCOMMA_DESCRIPTOR_UR123 = 122,
	SASS_UTCOMMA_DESCRIPTOR_UR124 = 123,
	SASS_UTCOMMA_DESCRIPTOR_UR125 = 124,
	SASS_UTCOMMA_DESCRIPTOR_UR126 = 125,
	SASS_UTCOMMA_DESCRIPTOR_UR127 = 126,
	SASS_UTCOMMA_DESCRIPTOR_UR128 = 127,
	SASS_UTCOMMA_DESCRIPTOR_UR129 = 128,
	SASS_UTCOMMA_DESCRIPTOR_UR130 = 129,
	SASS_UTCOMMA_DESCRIPTOR_UR131 = 130,
	SASS_UTCOMMA_DESCRIPTOR_UR132 = 131,
	SASS_UTCOMMA_DESCRIPTOR_UR133 = 132,
	SASS_UTCOMMA_DESCRIPTOR_UR134 = 133,
	SASS_UTCOMMA_DESCRIPTOR_UR135 = 134,
	SASS_UTCOMMA_DESCRIPTOR_UR136 = 135,
	SASS_UTCOMMA_DESCRIPTOR_UR137 = 136,
	SASS_UTCOMMA_DESCRIPTOR_UR138 = 137,
	SASS_UTCOMMA_DESCRIPTOR_UR139 = 138,
	SASS_UTCOMMA_DESCRIPTOR_UR140 = 139,
	SASS_UTCOMMA_DESCRIPTOR_UR141 = 140,
	SASS_UTCOMMA_DESCRIPTOR_UR142 = 141,
	SASS_UTCOMMA_DESCRIPTOR_UR143 = 142,
	SASS_UTCOMMA_DESCRIPTOR_UR144 = 143,
	SASS_UTCOMMA_DESCRIPTOR_UR145 = 144,
	SASS_UTCOMMA_DESCRIPTOR_UR146 = 145,
	SASS_UTCOMMA_DESCRIPTOR_UR147 = 146,
	SASS_UTCOMMA_DESCRIPTOR_UR148 = 147,
	SASS_UTCOMMA_DESCRIPTOR_UR149 = 148,
	SASS_UTCOMMA_DESCRIPTOR_UR150 = 149,
	SASS_UTCOMMA_DESCRIPTOR_UR151 = 150,
	SASS_UTCOMMA_DESCRIPTOR_UR152 = 151,
	SASS_UTCOMMA_DESCRIPTOR_UR153 = 152,
	SASS_UTCOMMA_DESCRIPTOR_UR154 = 153,
	SASS_UTCOMMA_DESCRIPTOR_UR155 = 154,
	SASS_UTCOMMA_DESCRIPTOR_UR156 = 155,
	SASS_UTCOMMA_DESCRIPTOR_UR157 = 156,
	SASS_UTCOMMA_DESCRIPTOR_UR158 = 157,
	SASS_UTCOMMA_DESCRIPTOR_UR159 = 158,
	SASS_UTCOMMA_DESCRIPTOR_UR160 = 159,
	SASS_UTCOMMA_DESCRIPTOR_UR161 = 160,
	SASS_UTCOMMA_DESCRIPTOR_UR162 = 161,
	SASS_UTCOMMA_DESCRIPTOR_UR163 = 162,
	SASS_UTCOMMA_DESCRIPTOR_UR164 = 163,
	SASS_UTCOMMA_DESCRIPTOR_UR165 = 164,
	SASS_UTCOMMA_DESCRIPTOR_UR166 = 165,
	SASS_UTCOMMA_DESCRIPTOR_UR167 = 166,
	SASS_UTCOMMA_DESCRIPTOR_UR168 = 167,
	SASS_UTCOMMA_DESCRIPTOR_UR169 = 168,
	SASS_UTCOMMA_DESCRIPTOR_UR170 = 169,
	SASS_UTCOMMA_DESCRIPTOR_UR171 = 170,
	SASS_UTCOMMA_DESCRIPTOR_UR172 = 171,
	SASS_UTCOMMA_DESCRIPTOR_UR173 = 172,
	SASS_UTCOMMA_DESCRIPTOR_UR174 = 173,
	SASS_UTCOMMA_DESCRIPTOR_UR175 = 174,
	SASS_UTCOMMA_DESCRIPTOR_UR176 = 175,
	SASS_UTCOMMA_DESCRIPTOR_UR177 = 176,
	SASS_UTCOMMA_DESCRIPTOR_UR178 = 177,
	SASS_UTCOMMA_DESCRIPTOR_UR179 = 178,
	SASS_UTCOMMA_DESCRIPTOR_UR180 = 179,
	SASS_UTCOMMA_DESCRIPTOR_UR181 = 180,
	SASS_UTCOMMA_DESCRIPTOR_UR182 = 181,
	SASS_UTCOMMA_DESCRIPTOR_UR183 = 182,
	SASS_UTCOMMA_DESCRIPTOR_UR184 = 183,
	SASS_UTCOMMA_DESCRIPTOR_UR185 = 184,
	SASS_UTCOMMA_DESCRIPTOR_UR186 = 185,
	SASS_UTCOMMA_DESCRIPTOR_UR187 = 186,
	SASS_UTCOMMA_DESCRIPTOR_UR188 = 187,
	SASS_UTCOMMA_DESCRIPTOR_UR189 = 188,
	SASS_UTCOMMA_DESCRIPTOR_UR190 = 189,
	SASS_UTCOMMA_DESCRIPTOR_UR191 = 190,
	SASS_UTCOMMA_DESCRIPTOR_UR192 = 191,
	SASS_UTCOMMA_DESCRIPTOR_UR193 = 192,
	SASS_UTCOMMA_DESCRIPTOR_UR194 = 193,
	SASS_UTCOMMA_DESCRIPTOR_UR195 = 194,
	SASS_UTCOMMA_DESCRIPTOR_UR196 = 195,
	SASS_UTCOMMA_DESCRIPTOR_UR197 = 196,
	SASS_UTCOMMA_DESCRIPTOR_UR198 = 197,
	SASS_UTCOMMA_DESCRIPTOR_UR199 = 198,
	SASS_UTCOMMA_DESCRIPTOR_UR200 = 199,
	SASS_UTCOMMA_DESCRIPTOR_UR201 = 200,
	SASS_UTCOMMA_DESCRIPTOR_UR202 = 201,
	SASS_UTCOMMA_DESCRIPTOR_UR203 = 202,
	SASS_UTCOMMA_DESCRIPTOR_UR204 = 203,
	SASS_UTCOMMA_DESCRIPTOR_UR205 = 204,
	SASS_UTCOMMA_DESCRIPTOR_UR206 = 205,
	SASS_UTCOMMA_DESCRIPTOR_UR207 = 206,
	SASS_UTCOMMA_DESCRIPTOR_UR208 = 207,
	SASS_UTCOMMA_DESCRIPTOR_UR209 = 208,
	SASS_UTCOMMA_DESCRIPTOR_UR210 = 209,
	SASS_UTCOMMA_DESCRIPTOR_UR211 = 210,
	SASS_UTCOMMA_DESCRIPTOR_UR212 = 211,
	SASS_UTCOMMA_DESCRIPTOR_UR213 = 212,
	SASS_UTCOMMA_DESCRIPTOR_UR214 = 213,
	SASS_UTCOMMA_DESCRIPTOR_UR215 = 214,
	SASS_UTCOMMA_DESCRIPTOR_UR216 = 215,
	SASS_UTCOMMA_DESCRIPTOR_UR217 = 216,
	SASS_UTCOMMA_DESCRIPTOR_UR218 = 217,
	SASS_UTCOMMA_DESCRIPTOR_UR219 = 218,
	SASS_UTCOMMA_DESCRIPTOR_UR220 = 219,
	SASS_UTCOMMA_DESCRIPTOR_UR221 = 220,
	SASS_UTCOMMA_DESCRIPTOR_UR222 = 221,
	SASS_UTCOMMA_DESCRIPTOR_UR223 = 222,
	SASS_UTCOMMA_DESCRIPTOR_UR224 = 223,
	SASS_UTCOMMA_DESCRIPTOR_UR225 = 224,
	SASS_UTCOMMA_DESCRIPTOR_UR226 = 225,
	SASS_UTCOMMA_DESCRIPTOR_UR227 = 226,
	SASS_UTCOMMA_DESCRIPTOR_UR228 = 227,
	SASS_UTCOMMA_DESCRIPTOR_UR229 = 228,
	SASS_UTCOMMA_DESCRIPTOR_UR230 = 229,
	SASS_UTCOMMA_DESCRIPTOR_UR231 = 230,
	SASS_UTCOMMA_DESCRIPTOR_UR232 = 231,
	SASS_UTCOMMA_DESCRIPTOR_UR233 = 232,
	SASS_UTCOMMA_DESCRIPTOR_UR234 = 233,
	SASS_UTCOMMA_DESCRIPTOR_UR235 = 234,
	SASS_UTCOMMA_DESCRIPTOR_UR236 = 235,
	SASS_UTCOMMA_DESCRIPTOR_UR237 = 236,
	SASS_UTCOMMA_DESCRIPTOR_UR238 = 237,
	SASS_UTCOMMA_DESCRIPTOR_UR239 = 238,
	SASS_UTCOMMA_DESCRIPTOR_UR240 = 239,
	SASS_UTCOMMA_DESCRIPTOR_UR241 = 240,
	SASS_UTCOMMA_DESCRIPTOR_UR242 = 241,
	SASS_UTCOMMA_DESCRIPTOR_UR243 = 242,
	SASS_UTCOMMA_DESCRIPTOR_UR244 = 243,
	SASS_UTCOMMA_DESCRIPTOR_UR245 = 244,
	SASS_UTCOMMA_DESCRIPTOR_UR246 = 245,
	SASS_UTCOMMA_DESCRIPTOR_UR247 = 246,
	SASS_UTCOMMA_DESCRIPTOR_UR248 = 247,
	SASS_UTCOMMA_DESCRIPTOR_UR249 = 248,
	SASS_UTCOMMA_DESCRIPTOR_UR250 = 249,
	SASS_UTCOMMA_DESCRIPTOR_UR251 = 250,
	SASS_UTCOMMA_DESCRIPTOR_UR252 = 251,
	SASS_UTCOMMA_DESCRIPTOR_UR253 = 252,
	SASS_UTCOMMA_DESCRIPTOR_UR254 = 253,
	SASS_UTCOMMA_DESCRIPTOR_URZ = 254,
};

static inline unsigned sass_UTCQMMA_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCQMMA_a_reuse(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_UTCQMMA_a_keep(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 1));
}

static inline unsigned sass_UTCQMMA_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCQMMA_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTCQMMA_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UTCQMMA_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCQMMA_descriptor(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTCQMMA_URe(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCQMMA_scale(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 48, 8));
}

static inline unsigned sass_UTCQMMA_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UTCQMMA_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_UTCQMMA_columns(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 4));
}

static inline unsigned sass_UTCQMMA_collector(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 4));
}

static inline unsigned sass_UTCQMMA_shift(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 74, 1));
}

enum {
	SASS_UTCQMMA_PAIR_2CTA = 1,
	SASS_UTCQMMA_A_REUSE_A_REUSE = 1,
	SASS_UTCQMMA_A_KEEP_A_KEEP = 1,
	SASS_UTCQMMA_DESCRIPTOR_UR1 = 0,
	SASS_UTCQMMA_DESCRIPTOR_UR2 = 1,
	SASS_UTCQMMA_DESCRIPTOR_UR3 = 2,
	SASS_UTCQMMA_DESCRIPTOR_UR4 = 3,
	SASS_UTCQMMA_DESCRIPTOR_UR5 = 4,
	SASS_UTCQMMA_DESCRIPTOR_UR6 = 5,
	SASS_UTCQMMA_DESCRIPTOR_UR7 = 6,
	SASS_UTCQMMA_DESCRIPTOR_UR8 = 7,
	SASS_UTCQMMA_DESCRIPTOR_UR9 = 8,
	SASS_UTCQMMA_DESCRIPTOR_UR10 = 9,
	SASS_UTCQMMA_DESCRIPTOR_UR11 = 10,
	SASS_UTCQMMA_DESCRIPTOR_UR12 = 11,
	SASS_UTCQMMA_DESCRIPTOR_UR13 = 12,
	SASS_UTCQMMA_DESCRIPTOR_UR14 = 13,
	SASS_UTCQMMA_DESCRIPTOR_UR15 = 14,
	SASS_UTCQMMA_DESCRIPTOR_UR16 = 15,
	SASS_UTCQMMA_DESCRIPTOR_UR17 = 16,
	SASS_UTCQMMA_DESCRIPTOR_UR18 = 17,
	SASS_UTCQMMA_DESCRIPTOR_UR19 = 18,
	SASS_UTCQMMA_DESCRIPTOR_UR20 = 19,
	SASS_UTCQMMA_DESCRIPTOR_UR21 = 20,
	SASS_UTCQMMA_DESCRIPTOR_UR22 = 21,
	SASS_UTCQMMA_DESCRIPTOR_UR23 = 22,
	SASS_UTCQMMA_DESCRIPTOR_UR24 = 23,
	SASS_UTCQMMA_DESCRIPTOR_UR25 = 24,
	SASS_UTCQMMA_DESCRIPTOR_UR26 = 25,
	SASS_UTCQMMA_DESCRIPTOR_UR27 = 26,
	SASS_UTCQMMA_DESCRIPTOR_UR28 = 27,
	SASS_UTCQMMA_DESCRIPTOR_UR29 = 28,
	SASS_UTCQMMA_DESCRIPTOR_UR30 = 29,
	SASS_UTCQMMA_DESCRIPTOR_UR31 = 30,
	SASS_UTCQMMA_DESCRIPTOR_UR32 = 31,
	SASS_UTCQMMA_DESCRIPTOR_UR33 = 32,
	SASS_UTCQMMA_DESCRIPTOR_UR34 = 33,
	SASS_UTCQMMA_DESCRIPTOR_UR35 = 34,
	SASS_UTCQMMA_DESCRIPTOR_UR36 = 35,
	SASS_UTCQMMA_DESCRIPTOR_UR37 = 36,
	SASS_UTCQMMA_DESCRIPTOR_UR38 = 37,
	SASS_UTCQMMA_DESCRIPTOR_UR39 = 38,
	SASS_UTCQMMA_DESCRIPTOR_UR40 = 39,
	SASS_UTCQMMA_DESCRIPTOR_UR41 = 40,
	SASS_UTCQMMA_DESCRIPTOR_UR42 = 41,
	SASS_UTCQMMA_DESCRIPTOR_UR43 = 42,
	SASS_UTCQMMA_DESCRIPTOR_UR44 = 43,
	SASS_UTCQMMA_DESCRIPTOR_UR45 = 44,
	SASS_UTCQMMA_DESCRIPTOR_UR46 = 45,
	SASS_UTCQMMA_DESCRIPTOR_UR47 = 46,
	SASS_UTCQMMA_DESCRIPTOR_UR48 = 47,
	SASS_UTCQMMA_DESCRIPTOR_UR49 = 48,
	SASS_UTCQMMA_DESCRIPTOR_UR50 = 49,
	SASS_UTCQMMA_DESCRIPTOR_UR51 = 50,
	SASS_UTCQMMA_DESCRIPTOR_UR52 = 51,
	SASS_UTCQMMA_DESCRIPTOR_UR53 = 52,
	SASS_UTCQMMA_DESCRIPTOR_UR54 = 53,
	SASS_UTCQMMA_DESCRIPTOR_UR55 = 54,
	SASS_UTCQMMA_DESCRIPTOR_UR56 = 55,
	SASS_UTCQMMA_DESCRIPTOR_UR57 = 56,
	SASS_UTCQMMA_DESCRIPTOR_UR58 = 57,
	SASS_UTCQMMA_DESCRIPTOR_UR59 = 58,
	SASS_UTCQMMA_DESCRIPTOR_UR60 = 59,
	SASS_UTCQMMA_DESCRIPTOR_UR61 = 60,
	SASS_UTCQMMA_DESCRIPTOR_UR62 = 61,
	SASS_UTCQMMA_DESCRIPTOR_UR63 = 62,
	SASS_UTCQMMA_DESCRIPTOR_UR64 = 63,
	SASS_UTCQMMA_DESCRIPTOR_UR65 = 64,
	SASS_UTCQMMA_DESCRIPTOR_UR66 = 65,
	SASS_UTCQMMA_DESCRIPTOR_UR67 = 66,
	SASS_UTCQMMA_DESCRIPTOR_UR68 = 67,
	SASS_UTCQMMA_DESCRIPTOR_UR69 = 68,
	SASS_UTCQMMA_DESCRIPTOR_UR70 = 69,
	SASS_UTCQMMA_DESCRIPTOR_UR71 = 70,
	SASS_UTCQMMA_DESCRIPTOR_UR72 = 71,
	SASS_UTCQMMA_DESCRIPTOR_UR73 = 72,
	SASS_UTCQMMA_DESCRIPTOR_UR74 = 73,
	SASS_UTCQMMA_DESCRIPTOR_UR75 = 74,
	SASS_UTCQMMA_DESCRIPTOR_UR76 = 75,
	SASS_UTCQMMA_DESCRIPTOR_UR77 = 76,
	SASS_UTCQMMA_DESCRIPTOR_UR78 = 77,
	SASS_UTCQMMA_DESCRIPTOR_UR79 = 78,
	SASS_UTCQMMA_DESCRIPTOR_UR80 = 79,
	SASS_UTCQMMA_DESCRIPTOR_UR81 = 80,
	SASS_UTCQMMA_DESCRIPTOR_UR82 = 81,
	SASS_UTCQMMA_DESCRIPTOR_UR83 = 82,
	SASS_UTCQMMA_DESCRIPTOR_UR84 = 83,
	SASS_UTCQMMA_DESCRIPTOR_UR85 = 84,
	SASS_UTCQMMA_DESCRIPTOR_UR86 = 85,
	SASS_UTCQMMA_DESCRIPTOR_UR87 = 86,
	SASS_UTCQMMA_DESCRIPTOR_UR88 = 87,
	SASS_UTCQMMA_DESCRIPTOR_UR89 = 88,
	SASS_UTCQMMA_DESCRIPTOR_UR90 = 89,
	SASS_UTCQMMA_DESCRIPTOR_UR91 = 90,
	SASS_UTCQMMA_DESCRIPTOR_UR92 = 91,
	SASS_UTCQMMA_DESCRIPTOR_UR93 = 92,
	SASS_UTCQMMA_DESCRIPTOR_UR94 = 93,
	SASS_UTCQMMA_DESCRIPTOR_UR95 = 94,
	SASS_UTCQMMA_DESCRIPTOR_UR96 = 95,
	SASS_UTCQMMA_DESCRIPTOR_UR97 = 96,
	SASS_UTCQMMA_DESCRIPTOR_UR98 = 97,
	SASS_UTCQMMA_DESCRIPTOR_UR99 = 98,
	SASS_UTCQMMA_DESCRIPTOR_UR100 = 99,
	SASS_UTCQMMA_DESCRIPTOR_UR101 = 100,
	SASS_UTCQMMA_DESCRIPTOR_UR102 = 101,
	SASS_UTCQMMA_DESCRIPTOR_UR103 = 102,
	SASS_UTCQMMA_DESCRIPTOR_UR104 = 103,
	SASS_UTCQMMA_DESCRIPTOR_UR105 = 104,
	SASS_UTCQMMA_DESCRIPTOR_UR106 = 105,
	SASS_UTCQMMA_DESCRIPTOR_UR107 = 106,
	SASS_UTCQMMA_DESCRIPTOR_UR108 = 107,
	SASS_UTCQMMA_DESCRIPTOR_UR109 = 108,
	SASS_UTCQMMA_DESCRIPTOR_UR110 = 109,
	SASS_UTCQMMA_DESCRIPTOR_UR111 = 110,
	SASS_UTCQMMA_DESCRIPTOR_UR112 = 111,
	SASS_UTCQMMA_DESCRIPTOR_UR113 = 112,
	SASS_UTCQMMA_DESCRIPTOR_UR114 = 113,
	SASS_UTCQMMA_DESCRIPTOR_UR115 = 114,
	SASS_UTCQMMA_DESCRIPTOR_UR116 = 115,
	SASS_UTCQMMA_DESCRIPTOR_UR117 = 116,
	SASS_UTCQMMA_DESCRIPTOR_UR118 = 117,
	SASS_UTCQMMA_DESCRIPTOR_UR119 = 118,
	SASS_UTCQMMA_DESCRIPTOR_UR120 = 119,
	SASS_UTCQMMA_DESCRIPTOR_UR121 = 120,
	SASS_UTCQMMA_DESCRIPTOR_UR122 = 121,
	SASS_UTCQMMA_DESCRIPTOR_UR123 = 122,
	SASS_UTCQMMA_DESCRIPTOR_UR124 = 123,
	SASS_UTCQMMA_DESCRIPTOR_UR125 = 124,
	SASS_UTCQMMA_DESCRIPTOR_UR126 = 125,
	SASS_UTCQMMA_DESCRIPTOR_UR127 = 126,
	SASS_UTCQMMA_DESCRIPTOR_UR128 = 127,
	SASS_UTCQMMA_DESCRIPTOR_UR129 = 128,
	SASS_UTCQMMA_DESCRIPTOR_UR130 = 129,
	SASS_UTCQMMA_DESCRIPTOR_UR131 = 130,
	SASS_UTCQMMA_DESCRIPTOR_UR132 = 131,
	SASS_UTCQMMA_DESCRIPTOR_UR133 = 132,
	SASS_UTCQMMA_DESCRIPTOR_UR134 = 133,
	SASS_UTCQMMA_DESCRIPTOR_UR135 = 134,
	SASS_UTCQMMA_DESCRIPTOR_UR136 = 135,
	SASS_UTCQMMA_DESCRIPTOR_UR137 = 136,
	SASS_UTCQMMA_DESCRIPTOR_UR138 = 137,
	SASS_UTCQMMA_DESCRIPTOR_UR139 = 138,
	SASS_UTCQMMA_DESCRIPTOR_UR140 = 139,
	SASS_UTCQMMA_DESCRIPTOR_UR141 = 140,
	SASS_UTCQMMA_DESCRIPTOR_UR142 = 141,
	SASS_UTCQMMA_DESCRIPTOR_UR143 = 142,
	SASS_UTCQMMA_DESCRIPTOR_UR144 = 143,
	SASS_UTCQMMA_DESCRIPTOR_UR145 = 144,
	SASS_UTCQMMA_DESCRIPTOR_UR146 = 145,
	SASS_UTCQMMA_DESCRIPTOR_UR147 = 146,
	SASS_UTCQMMA_DESCRIPTOR_UR148 = 147,
	SASS_UTCQMMA_DESCRIPTOR_UR149 = 148,
	SASS_UTCQMMA_DESCRIPTOR_UR150 = 149,
	SASS_UTCQMMA_DESCRIPTOR_UR151 = 150,
	SASS_UTCQMMA_DESCRIPTOR_UR152 = 151,
	SASS_UTCQMMA_DESCRIPTOR_UR153 = 152,
	SASS_UTCQMMA_DESCRIPTOR_UR154 = 153,
	SASS_UTCQMMA_DESCRIPTOR_UR155 = 154,
	SASS_UTCQMMA_DESCRIPTOR_UR156 = 155,
	SASS_UTCQMMA_DESCRIPTOR_UR157 = 156,
	SASS_UTCQMMA_DESCRIPTOR_UR158 = 157,
	SASS_UTCQMMA_DESCRIPTOR_UR159 = 158,
	SASS_UTCQMMA_DESCRIPTOR_UR160 = 159,
	SASS_UTCQMMA_DESCRIPTOR_UR161 = 160,
	SASS_UTCQMMA_DESCRIPTOR_UR162 = 161,
	SASS_UTCQMMA_DESCRIPTOR_UR163 = 162,
	SASS_UTCQMMA_DESCRIPTOR_UR164 = 163,
	SASS_UTCQMMA_DESCRIPTOR_UR165 = 164,
	SASS_UTCQMMA_DESCRIPTOR_UR166 = 165,
	SASS_UTCQMMA_DESCRIPTOR_UR167 = 166,
	SASS_UTCQMMA_DESCRIPTOR_UR168 = 167,
	SASS_UTCQMMA_DESCRIPTOR_UR169 = 168,
	SASS_UTCQMMA_DESCRIPTOR_UR170 = 169,
	SASS_UTCQMMA_DESCRIPTOR_UR171 = 170,
	SASS_UTCQMMA_DESCRIPTOR_UR172 = 171,
	SASS_UTCQMMA_DESCRIPTOR_UR173 = 172,
	SASS_UTCQMMA_DESCRIPTOR_UR174 = 173,
	SASS_UTCQMMA_DESCRIPTOR_UR175 = 174,
	SASS_UTCQMMA_DESCRIPTOR_UR176 = 175,
	SASS_UTCQMMA_DESCRIPTOR_UR177 = 176,
	SASS_UTCQMMA_DESCRIPTOR_UR178 = 177,
	SASS_UTCQMMA_DESCRIPTOR_UR179 = 178,
	SASS_UTCQMMA_DESCRIPTOR_UR180 = 179,
	SASS_UTCQMMA_DESCRIPTOR_UR181 = 180,
	SASS_UTCQMMA_DESCRIPTOR_UR182 = 181,
	SASS_UTCQMMA_DESCRIPTOR_UR183 = 182,
	SASS_UTCQMMA_DESCRIPTOR_UR184 = 183,
	SASS_UTCQMMA_DESCRIPTOR_UR185 = 184,
	SASS_UTCQMMA_DESCRIPTOR_UR186 = 185,
	SASS_UTCQMMA_DESCRIPTOR_UR187 = 186,
	SASS_UTCQMMA_DESCRIPTOR_UR188 = 187,
	SASS_UTCQMMA_DESCRIPTOR_UR189 = 188,
	SASS_UTCQMMA_DESCRIPTOR_UR190 = 189,
	SASS_UTCQMMA_DESCRIPTOR_UR191 = 190,
	SASS_UTCQMMA_DESCRIPTOR_UR192 = 191,
	SASS_UTCQMMA_DESCRIPTOR_UR193 = 192,
	SASS_UTCQMMA_DESCRIPTOR_UR194 = 193,
	SASS_UTCQMMA_DESCRIPTOR_UR195 = 194,
	SASS_UTCQMMA_DESCRIPTOR_UR196 = 195,
	SASS_UTCQMMA_DESCRIPTOR_UR197 = 196,
	SASS_UTCQMMA_DESCRIPTOR_UR198 = 197,
	SASS_UTCQMMA_DESCRIPTOR_UR199 = 198,
	SASS_UTCQMMA_DESCRIPTOR_UR200 = 199,
	SASS_UTCQMMA_DESCRIPTOR_UR201 = 200,
	SASS_UTCQMMA_DESCRIPTOR_UR202 = 201,
	SASS_UTCQMMA_DESCRIPTOR_UR203 = 202,
	SASS_UTCQMMA_DESCRIPTOR_UR204 = 203,
	SASS_UTCQMMA_DESCRIPTOR_UR205 = 204,
	SASS_UTCQMMA_DESCRIPTOR_UR206 = 205,
	SASS_UTCQMMA_DESCRIPTOR_UR207 = 206,
	SASS_UTCQMMA_DESCRIPTOR_UR208 = 207,
	SASS_UTCQMMA_DESCRIPTOR_UR209 = 208,
	SASS_UTCQMMA_DESCRIPTOR_UR210 = 209,
	SASS_UTCQMMA_DESCRIPTOR_UR211 = 210,
	SASS_UTCQMMA_DESCRIPTOR_UR212 = 211,
	SASS_UTCQMMA_DESCRIPTOR_UR213 = 212,
	SASS_UTCQMMA_DESCRIPTOR_UR214 = 213,
	SASS_UTCQMMA_DESCRIPTOR_UR215 = 214,
	SASS_UTCQMMA_DESCRIPTOR_UR216 = 215,
	SASS_UTCQMMA_DESCRIPTOR_UR217 = 216,
	SASS_UTCQMMA_DESCRIPTOR_UR218 = 217,
	SASS_UTCQMMA_DESCRIPTOR_UR219 = 218,
	SASS_UTCQMMA_DESCRIPTOR_UR220 = 219,
	SASS_UTCQMMA_DESCRIPTOR_UR221 = 220,
	SASS_UTCQMMA_DESCRIPTOR_UR222 = 221,
	SASS_UTCQMMA_DESCRIPTOR_UR223 = 222,
	SASS_UTCQMMA_DESCRIPTOR_UR224 = 223,
	SASS_UTCQMMA_DESCRIPTOR_UR225 = 224,
	SASS_UTCQMMA_DESCRIPTOR_UR226 = 225,
	SASS_UTCQMMA_DESCRIPTOR_UR227 = 226,
	SASS_UTCQMMA_DESCRIPTOR_UR228 = 227,
	SASS_UTCQMMA_DESCRIPTOR_UR229 = 228,
	SASS_UTCQMMA_DESCRIPTOR_UR230 = 229,
	SASS_UTCQMMA_DESCRIPTOR_UR231 = 230,
	SASS_UTCQMMA_DESCRIPTOR_UR232 = 231,
	SASS_UTCQMMA_DESCRIPTOR_UR233 = 232,
	SASS_UTCQMMA_DESCRIPTOR_UR234 = 233,
	SASS_UTCQMMA_DESCRIPTOR_UR235 = 234,
	SASS_UTCQMMA_DESCRIPTOR_UR236 = 235,
	SASS_UTCQMMA_DESCRIPTOR_UR237 = 236,
	SASS_UTCQMMA_DESCRIPTOR_UR238 = 237,
	SASS_UTCQMMA_DESCRIPTOR_UR239 = 238,
	SASS_UTCQMMA_DESCRIPTOR_UR240 = 239,
	SASS_UTCQMMA_DESCRIPTOR_UR241 = 240,
	SASS_UTCQMMA_DESCRIPTOR_UR242 = 241,
	SASS_UTCQMMA_DESCRIPTOR_UR243 = 242,
	SASS_UTCQMMA_DESCRIPTOR_UR244 = 243,
	SASS_UTCQMMA_DESCRIPTOR_UR245 = 244,
	SASS_UTCQMMA_DESCRIPTOR_UR246 = 245,
	SASS_UTCQMMA_DESCRIPTOR_UR247 = 246,
	SASS_UTCQMMA_DESCRIPTOR_UR248 = 247,
	SASS_UTCQMMA_DESCRIPTOR_UR249 = 248,
	SASS_UTCQMMA_DESCRIPTOR_UR250 = 249,
	SASS_UTCQMMA_DESCRIPTOR_UR251 = 250,
	SASS_UTCQMMA_DESCRIPTOR_UR252 = 251,
	SASS_UTCQMMA_DESCRIPTOR_UR253 = 252,
	SASS_UTCQMMA_DESCRIPTOR_UR254 = 253,
	SASS_UTCQMMA_DESCRIPTOR_URZ = 254,
	SASS_UTCQMMA_COLLECTOR_B_KEEP_BUFFER0 = 4,
	SASS_UTCQMMA_COLLECTOR_B_KEEP_BUFFER1 = 5,
	SASS_UTCQMMA_COLLECTOR_B_KEEP_BUFFER2 = 6,
	SASS_UTCQMMA_COLLECTOR_B_KEEP_BUFFER3 = 7,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_BUFFER0 = 8,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_BUFFER1 = 9,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_BUFFER2 = 10,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_BUFFER3 = 11,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER0 = 12,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER1 = 13,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER2 = 14,
	SASS_UTCQMMA_COLLECTOR_B_REUSE_B_KEEP_BUFFER3 = 15,
	SASS_UTCQMMA_SHIFT_ASHIFT = 1,
};

static inline unsigned sass_UTCSHIFT_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

static inline unsigned sass_UTCSHIFT_place_base(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTCSHIFT_place_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 24) | sass_bits(word, 72, 8) << 24);
}

enum {
	SASS_UTCSHIFT_PAIR_2CTA = 1,
};

static inline unsigned sass_UTMACCTL_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_UTMACCTL_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

enum {
	SASS_UTMACCTL_OPERATION_IV = 0,
	SASS_UTMACCTL_OPERATION_PF = 1,
};

static inline unsigned sass_UTMALDG_dimensions(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 3));
}

static inline unsigned sass_UTMALDG_mode(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x3b4 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 82, 1));
	if ((word[0] & 0xfff) == 0x3b4 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 82, 3));
	if ((word[0] & 0xfff) == 0x5b4 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 82, 3));
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_UTMALDG_multicast(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_UTMALDG_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTMALDG_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTMALDG_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UTMALDG_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

static inline unsigned sass_UTMALDG_pair(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 85, 1));
}

enum {
	SASS_UTMALDG_DIMENSIONS_1D = 0,
	SASS_UTMALDG_DIMENSIONS_2D = 1,
	SASS_UTMALDG_DIMENSIONS_3D = 2,
	SASS_UTMALDG_DIMENSIONS_4D = 3,
	SASS_UTMALDG_DIMENSIONS_5D = 4,
	SASS_UTMALDG_MODE_IM2COL = 1,
	SASS_UTMALDG_MULTICAST_MULTICAST = 1,
	SASS_UTMALDG_MODE_W128 = 2,
	SASS_UTMALDG_MODE_W = 3,
	SASS_UTMALDG_MODE_GATHER4 = 4,
	SASS_UTMALDG_PAIR_2CTA = 1,
};

static inline unsigned sass_UTMAPF_dimensions(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 3));
}

static inline unsigned sass_UTMAPF_mode(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x3b8 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 82, 1));
	if ((word[0] & 0xfff) == 0x3b8 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 82, 3));
	if ((word[0] & 0xfff) == 0x5b8 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 82, 3));
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_UTMAPF_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTMAPF_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTMAPF_URc(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_UTMAPF_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

enum {
	SASS_UTMAPF_DIMENSIONS_1D = 0,
	SASS_UTMAPF_DIMENSIONS_2D = 1,
	SASS_UTMAPF_DIMENSIONS_3D = 2,
	SASS_UTMAPF_DIMENSIONS_4D = 3,
	SASS_UTMAPF_DIMENSIONS_5D = 4,
	SASS_UTMAPF_MODE_IM2COL = 1,
	SASS_UTMAPF_MODE_W128 = 2,
	SASS_UTMAPF_MODE_W = 3,
	SASS_UTMAPF_MODE_GATHER4 = 4,
};

static inline unsigned sass_UTMAREDG_dimensions(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 3));
}

static inline unsigned sass_UTMAREDG_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_UTMAREDG_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UTMAREDG_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTMAREDG_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTMAREDG_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

enum {
	SASS_UTMAREDG_DIMENSIONS_1D = 0,
	SASS_UTMAREDG_DIMENSIONS_2D = 1,
	SASS_UTMAREDG_DIMENSIONS_3D = 2,
	SASS_UTMAREDG_DIMENSIONS_4D = 3,
	SASS_UTMAREDG_DIMENSIONS_5D = 4,
	SASS_UTMAREDG_MODE_IM2COL = 1,
	SASS_UTMAREDG_OPERATION_ADD = 0,
	SASS_UTMAREDG_OPERATION_MIN = 1,
	SASS_UTMAREDG_OPERATION_MAX = 2,
	SASS_UTMAREDG_OPERATION_INC = 3,
	SASS_UTMAREDG_OPERATION_DEC = 4,
	SASS_UTMAREDG_OPERATION_AND = 5,
	SASS_UTMAREDG_OPERATION_OR = 6,
	SASS_UTMAREDG_OPERATION_XOR = 7,
};

static inline unsigned sass_UTMASTG_dimensions(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 3));
}

static inline unsigned sass_UTMASTG_mode(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x3b5 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 82, 1));
	if ((word[0] & 0xfff) == 0x3b5 && (sass_arch_bit(arch) & 0xf80))
		return (unsigned)(sass_bits(word, 82, 2));
	return (unsigned)(sass_bits(word, 82, 1));
}

static inline unsigned sass_UTMASTG_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UTMASTG_URb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_UTMASTG_policy(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 40, 8));
}

enum {
	SASS_UTMASTG_DIMENSIONS_1D = 0,
	SASS_UTMASTG_DIMENSIONS_2D = 1,
	SASS_UTMASTG_DIMENSIONS_3D = 2,
	SASS_UTMASTG_DIMENSIONS_4D = 3,
	SASS_UTMASTG_DIMENSIONS_5D = 4,
	SASS_UTMASTG_MODE_IM2COL = 1,
	SASS_UTMASTG_MODE_SCATTER4 = 2,
};

static inline unsigned sass_UVIMNMX_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 3));
}

static inline unsigned sass_UVIMNMX_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_UVIMNMX_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_UVIMNMX_URa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_UVIMNMX_UPa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_UVIMNMX_UPa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_UVIMNMX_TYPE_U32 = 0,
	SASS_UVIMNMX_TYPE_S32 = 1,
	SASS_UVIMNMX_TYPE_U16X2 = 2,
	SASS_UVIMNMX_TYPE_S16X2 = 3,
	SASS_UVIMNMX_TYPE_U8X4 = 4,
	SASS_UVIMNMX_TYPE_S8X4 = 5,
	SASS_UVIMNMX_RELU_RELU = 1,
};

static inline unsigned sass_UVIRTCOUNT_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 32));
}

static inline unsigned sass_VABSDIFF_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_VABSDIFF_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VABSDIFF_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_VABSDIFF_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_VABSDIFF_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_VABSDIFF_SIGNED_U32 = 0,
};

static inline unsigned sass_VABSDIFF4_signed(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_VABSDIFF4_accumulate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 75, 1));
}

static inline unsigned sass_VABSDIFF4_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VABSDIFF4_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_VABSDIFF4_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_VABSDIFF4_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

enum {
	SASS_VABSDIFF4_SIGNED_U8 = 0,
	SASS_VABSDIFF4_ACCUMULATE_ACC = 1,
};

static inline unsigned sass_VIADD_type(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x836 && (sass_arch_bit(arch) & 0x3c0))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0xa36 && (sass_arch_bit(arch) & 0x3c0))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0xc36 && (sass_arch_bit(arch) & 0x3c0))
		return (unsigned)(sass_bits(word, 73, 1));
	if ((word[0] & 0xfff) == 0x236 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 73, 3));
	if ((word[0] & 0xfff) == 0x836 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 73, 3));
	if ((word[0] & 0xfff) == 0xa36 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 73, 3));
	if ((word[0] & 0xfff) == 0xc36 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 73, 3));
	return (unsigned)(sass_bits(word, 73, 1));
}

static inline unsigned sass_VIADD_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VIADD_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_VIADD_B_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_VIADD_saturate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 80, 1));
}

static inline unsigned sass_VIADD_Ra_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 1));
}

enum {
	SASS_VIADD_TYPE_16X2 = 1,
	SASS_VIADD_TYPE_32 = 0,
	SASS_VIADD_TYPE_S32 = 2,
	SASS_VIADD_TYPE_U8X4 = 4,
	SASS_VIADD_TYPE_S8X4 = 5,
	SASS_VIADD_SATURATE_ISAT = 1,
};

static inline unsigned sass_VIADDMNMX_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_VIADDMNMX_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_VIADDMNMX_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VIADDMNMX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_VIADDMNMX_B_negate(const uint64_t word[2])
{
	if ((word[0] & 0xfff) == 0x446)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0x646)
		return (unsigned)(sass_bits(word, 75, 1));
	if ((word[0] & 0xfff) == 0xe46)
		return (unsigned)(sass_bits(word, 75, 1));
	return (unsigned)(sass_bits(word, 63, 1));
}

static inline unsigned sass_VIADDMNMX_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_VIADDMNMX_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_VIADDMNMX_TYPE_U32 = 0,
	SASS_VIADDMNMX_TYPE_U16X2 = 2,
	SASS_VIADDMNMX_TYPE_S16X2 = 3,
	SASS_VIADDMNMX_RELU_RELU = 1,
};

static inline unsigned sass_VIMNMX_type(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x848 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xa48 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xc48 && (sass_arch_bit(arch) & 0x40))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0x248 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0x848 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xa48 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0xc48 && (sass_arch_bit(arch) & 0x380))
		return (unsigned)(sass_bits(word, 72, 2));
	if ((word[0] & 0xfff) == 0x248 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 72, 3));
	if ((word[0] & 0xfff) == 0x848 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 72, 3));
	if ((word[0] & 0xfff) == 0xa48 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 72, 3));
	if ((word[0] & 0xfff) == 0xc48 && (sass_arch_bit(arch) & 0xc00))
		return (unsigned)(sass_bits(word, 72, 3));
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_VIMNMX_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_VIMNMX_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VIMNMX_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_VIMNMX_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_VIMNMX_Pd2(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_VIMNMX_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_VIMNMX_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_VIMNMX_TYPE_U32 = 0,
	SASS_VIMNMX_TYPE_U16X2 = 2,
	SASS_VIMNMX_TYPE_S16X2 = 3,
	SASS_VIMNMX_RELU_RELU = 1,
	SASS_VIMNMX_TYPE_S32 = 1,
	SASS_VIMNMX_TYPE_U8X4 = 4,
	SASS_VIMNMX_TYPE_S8X4 = 5,
};

static inline unsigned sass_VIMNMX3_type(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_VIMNMX3_relu(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 76, 1));
}

static inline unsigned sass_VIMNMX3_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VIMNMX3_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline unsigned sass_VIMNMX3_C(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 64, 8));
}

static inline unsigned sass_VIMNMX3_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_VIMNMX3_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_VIMNMX3_TYPE_U32 = 0,
	SASS_VIMNMX3_TYPE_U16X2 = 2,
	SASS_VIMNMX3_TYPE_S16X2 = 3,
	SASS_VIMNMX3_RELU_RELU = 1,
};

static inline unsigned sass_VOTE_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_VOTE_Rd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VOTE_Pd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_VOTE_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_VOTE_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_VOTE_MODE_ALL = 0,
	SASS_VOTE_MODE_ANY = 1,
	SASS_VOTE_MODE_EQ = 2,
};

static inline unsigned sass_VOTEU_mode(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 2));
}

static inline unsigned sass_VOTEU_URd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 16, 8));
}

static inline unsigned sass_VOTEU_UPd(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 81, 3));
}

static inline unsigned sass_VOTEU_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_VOTEU_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

enum {
	SASS_VOTEU_MODE_ALL = 0,
	SASS_VOTEU_MODE_ANY = 1,
	SASS_VOTEU_MODE_EQ = 2,
};

static inline unsigned sass_WARPGROUP_operation(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 79, 2));
}

static inline unsigned sass_WARPGROUP_compare(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 47, 1));
}

static inline unsigned sass_WARPGROUP_scoreboard(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 84, 3));
}

static inline unsigned sass_WARPGROUP_count(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 72, 3));
}

enum {
	SASS_WARPGROUP_OPERATION_ARRIVE = 0,
	SASS_WARPGROUP_OPERATION_DEPBAR = 2,
	SASS_WARPGROUP_COMPARE_LE = 1,
	SASS_WARPGROUP_SCOREBOARD_GSB0 = 0,
};

static inline unsigned sass_WARPSYNC_exclusive(const uint64_t word[2], unsigned arch)
{
	if ((word[0] & 0xfff) == 0x348 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 85, 1));
	if ((word[0] & 0xfff) == 0x948 && (sass_arch_bit(arch) & 0xfc0))
		return (unsigned)(sass_bits(word, 85, 1));
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_WARPSYNC_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_WARPSYNC_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

static inline unsigned sass_WARPSYNC_Rb(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 8));
}

static inline unsigned sass_WARPSYNC_collective(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 86, 1));
}

static inline unsigned sass_WARPSYNC_Ra(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 24, 8));
}

static inline uint64_t sass_WARPSYNC_target(const uint64_t word[2])
{
	return (sass_bits(word, 16, 8) | sass_bits(word, 34, 48) << 8);
}

static inline unsigned sass_WARPSYNC_members(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 32, 32));
}

static inline unsigned sass_WARPSYNC_constant_bank(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 54, 5));
}

static inline unsigned sass_WARPSYNC_constant_offset(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 38, 16));
}

static inline unsigned sass_WARPSYNC_constant_bindless(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 91, 1));
}

enum {
	SASS_WARPSYNC_EXCLUSIVE_EXCLUSIVE = 1,
	SASS_WARPSYNC_COLLECTIVE_COLLECTIVE = 1,
};

static inline unsigned sass_YIELD_Pa(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 87, 3));
}

static inline unsigned sass_YIELD_Pa_negate(const uint64_t word[2])
{
	return (unsigned)(sass_bits(word, 90, 1));
}

#endif
