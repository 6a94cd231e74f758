/* Stand-in for the generated header. */
#ifndef BAREWIRE_SASS_TABLE_H
#define BAREWIRE_SASS_TABLE_H
#include <stdint.h>
enum sass_opcode { SASS_ILLEGAL, SASS_MOV, SASS_EXIT };
static inline enum sass_opcode sass_match(const uint64_t word[2], unsigned arch)
{
        (void)arch;
        switch (word[0] & 0x1ff) {
        case 0x002: return SASS_MOV;
        case 0x14d: return SASS_EXIT;
        default: return SASS_ILLEGAL;
        }
}
#endif
