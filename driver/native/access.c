/* Accesses of exact width, fences and copies. */

#include "internal.h"

#include <string.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

uint8_t bw_read8(uintptr_t address) { return *(volatile uint8_t *)address; }
uint16_t bw_read16(uintptr_t address) { return *(volatile uint16_t *)address; }
uint32_t bw_read32(uintptr_t address) { return *(volatile uint32_t *)address; }
uint64_t bw_read64(uintptr_t address) { return *(volatile uint64_t *)address; }
void bw_write8(uintptr_t address, uint8_t value) { *(volatile uint8_t *)address = value; }
void bw_write16(uintptr_t address, uint16_t value) { *(volatile uint16_t *)address = value; }
void bw_write32(uintptr_t address, uint32_t value) { *(volatile uint32_t *)address = value; }
void bw_write64(uintptr_t address, uint64_t value) { *(volatile uint64_t *)address = value; }

void bw_store_fence(void)
{
#if defined(__x86_64__)
        _mm_sfence();
#else
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

void bw_full_fence(void)
{
#if defined(__x86_64__)
        _mm_mfence();
#else
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* Eight bytes in one store: a device that reads an aligned word sees all of it, or what was there before. */
static void store_word(volatile uint8_t *to, const uint8_t *from)
{
        uint64_t word;

        memcpy(&word, from, sizeof word);
        *(volatile uint64_t *)to = word;
}

void write_combined(uintptr_t destination, const void *source, size_t size_bytes)
{
        const uint8_t *from = source;
        volatile uint8_t *to = (volatile uint8_t *)destination;
        size_t done = 0;

        for (; done < size_bytes && ((uintptr_t)(to + done) & 7); done++)
                to[done] = from[done];
#if defined(__x86_64__)
        if (((uintptr_t)(to + done) & 15) && done + 8 <= size_bytes) {
                store_word(to + done, from + done);
                done += 8;
        }
        for (; done + 16 <= size_bytes; done += 16)
                _mm_stream_si128((__m128i *)(uintptr_t)(to + done), _mm_loadu_si128((const __m128i *)(from + done)));
#endif
        for (; done + 8 <= size_bytes; done += 8)
                store_word(to + done, from + done);
        for (; done < size_bytes; done++)
                to[done] = from[done];
}

void bw_copy_to_wc(uintptr_t destination, const uint8_t *source, size_t size_bytes)
{
        write_combined(destination, source, size_bytes);
        bw_store_fence();
}

void bw_write64_at(uintptr_t base, const uint32_t *offsets, uint32_t count, uint64_t value)
{
        for (uint32_t i = 0; i < count; i++)
                bw_write64(base + offsets[i], value);
}

void bw_copy_from_device(uint8_t *destination, uintptr_t source, size_t size_bytes)
{
        size_t done = 0;

        for (; done + 8 <= size_bytes; done += 8) {
                uint64_t word = bw_read64(source + done);

                memcpy(destination + done, &word, sizeof word);
        }
        if (done + 4 <= size_bytes) {
                uint32_t word = bw_read32(source + done);

                memcpy(destination + done, &word, sizeof word);
        }
}

/* The bytes in which two words differ, as a mask. */
static uint32_t differing_bytes(uint32_t one, uint32_t other)
{
        uint32_t mask = 0;

        for (uint32_t byte = 0xff; byte; byte <<= 8) {
                if ((one ^ other) & byte)
                        mask |= byte;
        }
        return mask;
}

static void carry_word(uint32_t now, uint32_t *target, uint32_t *agreed)
{
        uint32_t mask = differing_bytes(now, *agreed);
        uint32_t expected = *agreed;
        uint32_t wanted = now;

        while (!__atomic_compare_exchange_n(target, &expected, wanted, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
                wanted = (expected & ~mask) | (now & mask);
        *agreed = now;
}

void bw_carry(const struct bw_copy_piece *pieces, uint32_t count)
{
        for (uint32_t i = 0; i < count; i++) {
                const struct bw_copy_piece *piece = &pieces[i];

                for (uint32_t word = piece->words; word-- > 0;) {
                        if (piece->now[word] != piece->agreed[word])
                                carry_word(piece->now[word], &piece->target[word], &piece->agreed[word]);
                }
        }
}

void bw_copy(uintptr_t destination, uintptr_t source, size_t size_bytes)
{
        memcpy((void *)destination, (const void *)source, size_bytes);
}

