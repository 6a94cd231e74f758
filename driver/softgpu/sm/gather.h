/*
 * 32 lanes between registers and 32 places in memory, by vectors. Included by isa.h's files only.
 *
 * Words are moved by rows of four lanes: what four lanes have in memory is a matrix of four rows, what registers have is its
 * transpose. The forms for AVX2 and AVX-512 do two and four such matrices at a time, so that a register is written by whole
 * vectors and can be read again at once. A gather instruction was slower than loading and inserting (AMD Zen 4).
 */
#ifndef BAREWIRE_SM_GATHER_H
#define BAREWIRE_SM_GATHER_H

#include "lanes.h"

typedef uint32_t quad __attribute__((vector_size(16)));

INLINE quad load_quad(const uint8_t *memory)
{
        quad value;

        memcpy(&value, memory, sizeof value);
        return value;
}

/* The words of 32 places. */
INLINE void gather_32(struct vreg *into, const uint8_t *base, const uint32_t offsets[LANES])
{
        struct vreg words;

        for_each_lane(lane)
                memcpy(&words.lane[lane], base + offsets[lane], 4);
        *into = words;
}

#if defined(__AVX512F__)

/* The 16 bytes of lanes first, first + 4, first + 8 and first + 12, side by side. */
INLINE __m512i load_every_fourth(const uint8_t *base, const uint32_t *offsets)
{
        __m512i rows = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(base + offsets[0])));

        rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(base + offsets[4])), 1);
        rows = _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(base + offsets[8])), 2);
        return _mm512_inserti32x4(rows, _mm_loadu_si128((const __m128i *)(base + offsets[12])), 3);
}

INLINE void gather_128(struct vreg into[4], const uint8_t *base, const uint32_t offsets[LANES])
{
        for (unsigned half = 0; half < LANES; half += 16) {
                __m512i row0 = load_every_fourth(base, offsets + half);
                __m512i row1 = load_every_fourth(base, offsets + half + 1);
                __m512i row2 = load_every_fourth(base, offsets + half + 2);
                __m512i row3 = load_every_fourth(base, offsets + half + 3);
                __m512i low01 = _mm512_unpacklo_epi32(row0, row1);
                __m512i high01 = _mm512_unpackhi_epi32(row0, row1);
                __m512i low23 = _mm512_unpacklo_epi32(row2, row3);
                __m512i high23 = _mm512_unpackhi_epi32(row2, row3);

                _mm512_store_si512(into[0].lane + half, _mm512_unpacklo_epi64(low01, low23));
                _mm512_store_si512(into[1].lane + half, _mm512_unpackhi_epi64(low01, low23));
                _mm512_store_si512(into[2].lane + half, _mm512_unpacklo_epi64(high01, high23));
                _mm512_store_si512(into[3].lane + half, _mm512_unpackhi_epi64(high01, high23));
        }
}

#elif defined(__AVX2__)

INLINE __m256i load_every_fourth(const uint8_t *base, const uint32_t *offsets)
{
        __m256i rows = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(base + offsets[0])));

        return _mm256_inserti128_si256(rows, _mm_loadu_si128((const __m128i *)(base + offsets[4])), 1);
}

INLINE void gather_128(struct vreg into[4], const uint8_t *base, const uint32_t offsets[LANES])
{
        for (unsigned part = 0; part < LANES; part += 8) {
                __m256i row0 = load_every_fourth(base, offsets + part);
                __m256i row1 = load_every_fourth(base, offsets + part + 1);
                __m256i row2 = load_every_fourth(base, offsets + part + 2);
                __m256i row3 = load_every_fourth(base, offsets + part + 3);
                __m256i low01 = _mm256_unpacklo_epi32(row0, row1);
                __m256i high01 = _mm256_unpackhi_epi32(row0, row1);
                __m256i low23 = _mm256_unpacklo_epi32(row2, row3);
                __m256i high23 = _mm256_unpackhi_epi32(row2, row3);

                _mm256_store_si256((__m256i *)(into[0].lane + part), _mm256_unpacklo_epi64(low01, low23));
                _mm256_store_si256((__m256i *)(into[1].lane + part), _mm256_unpackhi_epi64(low01, low23));
                _mm256_store_si256((__m256i *)(into[2].lane + part), _mm256_unpacklo_epi64(high01, high23));
                _mm256_store_si256((__m256i *)(into[3].lane + part), _mm256_unpackhi_epi64(high01, high23));
        }
}

#else

INLINE void gather_128(struct vreg into[4], const uint8_t *base, const uint32_t offsets[LANES])
{
        for (unsigned part = 0; part < LANES; part += 4) {
                quad row0 = load_quad(base + offsets[part]), row1 = load_quad(base + offsets[part + 1]);
                quad row2 = load_quad(base + offsets[part + 2]), row3 = load_quad(base + offsets[part + 3]);
                quad low01 = __builtin_shuffle(row0, row1, (quad){0, 4, 1, 5});
                quad high01 = __builtin_shuffle(row0, row1, (quad){2, 6, 3, 7});
                quad low23 = __builtin_shuffle(row2, row3, (quad){0, 4, 1, 5});
                quad high23 = __builtin_shuffle(row2, row3, (quad){2, 6, 3, 7});
                quad columns[4] = {
                        __builtin_shuffle(low01, low23, (quad){0, 1, 4, 5}),
                        __builtin_shuffle(low01, low23, (quad){2, 3, 6, 7}),
                        __builtin_shuffle(high01, high23, (quad){0, 1, 4, 5}),
                        __builtin_shuffle(high01, high23, (quad){2, 3, 6, 7}),
                };

                for (unsigned i = 0; i < 4; i++)
                        memcpy(into[i].lane + part, &columns[i], sizeof columns[i]);
        }
}

#endif

/* Pairs of words. */
INLINE void gather_64(struct vreg into[2], const uint8_t *base, const uint32_t offsets[LANES])
{
        struct vreg low, high;

        for (unsigned part = 0; part < LANES; part += 4) {
                uint64_t pairs[4];
                quad first, second, lows, highs;

                for (unsigned i = 0; i < 4; i++)
                        memcpy(&pairs[i], base + offsets[part + i], 8);
                memcpy(&first, pairs, sizeof first);
                memcpy(&second, pairs + 2, sizeof second);
                lows = __builtin_shuffle(first, second, (quad){0, 2, 4, 6});
                highs = __builtin_shuffle(first, second, (quad){1, 3, 5, 7});
                memcpy(low.lane + part, &lows, sizeof lows);
                memcpy(high.lane + part, &highs, sizeof highs);
        }
        into[0] = low;
        into[1] = high;
}

/* Words to 32 places, the last lane last. */
INLINE void scatter_words(const struct vreg *from, unsigned count, uint8_t *base, const uint32_t offsets[LANES])
{
        for_each_lane(lane)
                for (unsigned i = 0; i < count; i++)
                        memcpy(base + offsets[lane] + 4 * i, &from[i].lane[lane], 4);
}

#endif
