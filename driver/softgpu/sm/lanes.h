/* Lanes: from masks to vectors of words and back, reading and writing registers. Included by isa.h only. */
#ifndef BAREWIRE_SM_LANES_H
#define BAREWIRE_SM_LANES_H

#include "sm.h"

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

/* For every lane: a plain loop that the compiler turns into vectors. */
#define for_each_lane(lane) for (unsigned lane = 0; lane < LANES; lane++)

/* For every lane of a mask, lowest first. */
#define for_each_lane_of(lane, mask) \
        for (lane_mask rest_##lane = (mask); rest_##lane; rest_##lane &= rest_##lane - 1) \
                for (unsigned lane = (unsigned)__builtin_ctz(rest_##lane), once_##lane = 1; once_##lane; once_##lane = 0)

/* Which lanes of a vector are not zero. */
INLINE lane_mask lanes_not_zero(const struct vreg *v)
{
#if defined(__AVX512F__)
        __m512i low = _mm512_load_si512(v->lane);
        __m512i high = _mm512_load_si512(v->lane + 16);

        return (lane_mask)_mm512_test_epi32_mask(low, low) | (lane_mask)_mm512_test_epi32_mask(high, high) << 16;
#elif defined(__AVX2__)
        lane_mask mask = 0;

        for (unsigned i = 0; i < 4; i++) {
                __m256i part = _mm256_load_si256((const __m256i *)v->lane + i);
                __m256i zero = _mm256_cmpeq_epi32(part, _mm256_setzero_si256());

                mask |= (lane_mask)(uint8_t)~_mm256_movemask_ps(_mm256_castsi256_ps(zero)) << 8 * i;
        }
        return mask;
#else
        lane_mask mask = 0;

        for_each_lane(lane)
                mask |= (lane_mask)(v->lane[lane] != 0) << lane;
        return mask;
#endif
}

/* A vector of all ones in the lanes of a mask, zero elsewhere. */
INLINE void lanes_from_mask(struct vreg *v, lane_mask mask)
{
#if defined(__AVX512DQ__)
        _mm512_store_si512(v->lane, _mm512_movm_epi32((__mmask16)mask));
        _mm512_store_si512(v->lane + 16, _mm512_movm_epi32((__mmask16)(mask >> 16)));
#else
        for_each_lane(lane)
                v->lane[lane] = (uint32_t)0 - (mask >> lane & 1);
#endif
}

/* The same word in every lane. */
INLINE void lanes_fill(struct vreg *v, uint32_t value)
{
        for_each_lane(lane)
                v->lane[lane] = value;
}

/* Replace the lanes of `mask`. */
INLINE void lanes_merge(struct vreg *into, const struct vreg *from, lane_mask mask)
{
        if (LIKELY(mask == ALL_LANES)) {
                *into = *from;
                return;
        }
#if defined(__AVX512F__)
        _mm512_mask_store_epi32(into->lane, (__mmask16)mask, _mm512_load_si512(from->lane));
        _mm512_mask_store_epi32(into->lane + 16, (__mmask16)(mask >> 16), _mm512_load_si512(from->lane + 16));
#else
        struct vreg keep;

        lanes_from_mask(&keep, ~mask);
        for_each_lane(lane)
                into->lane[lane] = (into->lane[lane] & keep.lane[lane]) | (from->lane[lane] & ~keep.lane[lane]);
#endif
}

/* Sources. `room` serves operands that are the same in all lanes. */
INLINE uint32_t scalar_source(const struct warp *warp, const struct operand *operand)
{
        return operand->kind == OPERAND_UNIFORM ? warp->ureg[operand->index] : operand->value;
}

/* The word after it: the high half of a 64-bit source. An immediate (not a constant) has none; it reads as zero. */
INLINE uint32_t scalar_source_high(const struct warp *warp, const struct operand *operand)
{
        return operand->kind == OPERAND_UNIFORM ? warp->ureg[operand->index + 1] : operand->value_high;
}

INLINE const struct vreg *source(const struct warp *warp, const struct operand *operand, struct vreg *room)
{
        if (LIKELY(operand->kind == OPERAND_REGISTER))
                return &warp->reg[operand->index];
        lanes_fill(room, scalar_source(warp, operand));
        return room;
}

INLINE const struct vreg *source_high(const struct warp *warp, const struct operand *operand, struct vreg *room)
{
        if (LIKELY(operand->kind == OPERAND_REGISTER))
                return &warp->reg[operand->index + 1];
        lanes_fill(room, scalar_source_high(warp, operand));
        return room;
}

/* A predicate as a lane mask. */
INLINE lane_mask predicate(const struct warp *warp, struct predicate p)
{
        return warp->pred[p.index] ^ ((lane_mask)0 - (lane_mask)p.negate);
}

/* Destinations. */
INLINE void write_register(struct warp *warp, unsigned index, const struct vreg *value, lane_mask active)
{
        lanes_merge(&warp->reg[index], value, active);
}

INLINE void write_predicate(struct warp *warp, unsigned index, lane_mask value, lane_mask active)
{
        warp->pred[index] = (warp->pred[index] & ~active) | (value & active);
}

/* A uniform predicate is all or nothing. */
INLINE void write_uniform_predicate(struct warp *warp, unsigned index, bool value)
{
        warp->pred[index] = (lane_mask)0 - (lane_mask)value;
}

/* A strong access or an atomic: many of them in a time slice look like a spin-wait, so they use it up faster. */
enum { POLL_COST = 2048 };

INLINE void note_poll(struct warp *warp)
{
        warp->budget -= POLL_COST;
        warp->polls++;
}

#endif
