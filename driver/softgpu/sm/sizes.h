/* Sizes of accesses, as bits 73-75 of loads and stores number them. Included by isa.h's files only. */
#ifndef BAREWIRE_SM_SIZES_H
#define BAREWIRE_SM_SIZES_H

#include "lanes.h"

enum access_size { SIZE_U8, SIZE_S8, SIZE_U16, SIZE_S16, SIZE_32, SIZE_64, SIZE_128, SIZE_COUNT };
static const uint8_t SIZE_BYTES[] = {1, 1, 2, 2, 4, 8, 16};

/* The words at `data`, of a size, extended to whole registers. */
INLINE void load_extended(const uint8_t *data, unsigned size, uint32_t words[4])
{
        uint16_t half;

        switch (size) {
        case SIZE_U8:
                words[0] = *data;
                break;
        case SIZE_S8:
                words[0] = (uint32_t)(int8_t)*data;
                break;
        case SIZE_U16:
                memcpy(&half, data, sizeof half);
                words[0] = half;
                break;
        case SIZE_S16:
                memcpy(&half, data, sizeof half);
                words[0] = (uint32_t)(int16_t)half;
                break;
        case SIZE_32:
                memcpy(words, data, 4);
                break;
        case SIZE_64:
                memcpy(words, data, 8);
                break;
        default:
                memcpy(words, data, 16);
                break;
        }
}

INLINE unsigned words_of(unsigned size)
{
        return size == SIZE_64 ? 2 : size == SIZE_128 ? 4 : 1;
}

#endif
