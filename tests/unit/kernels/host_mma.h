/*
 * The matrix instructions of mma.cuh on the host. What each lane holds is written down in mma.cuh; here it is read
 * from there, not from the kernels that use it.
 */
#pragma once

struct MatricesSlot {
        uint32_t *out;
        const uint16_t *row;
};

template <bool TRANSPOSE> static void load_matrices_all(void **slots)
{
        for (int lane = 0; lane < WARP; lane++) {
                int g = lane / 4, t = lane % 4;
                for (int matrix = 0; matrix < 4; matrix++) {
                        uint16_t element[2];
                        for (int j = 0; j < 2; j++) {
                                int row = TRANSPOSE ? 2 * t + j : g, column = TRANSPOSE ? g : 2 * t + j;
                                element[j] = ((MatricesSlot *)slots[8 * matrix + row])->row[column];
                        }
                        ((MatricesSlot *)slots[lane])->out[matrix] = element[0] | (uint32_t)element[1] << 16;
                }
        }
}

template <bool TRANSPOSE> static inline void load_matrices(uint32_t (&out)[4], const void *shared_row)
{
        if ((uintptr_t)shared_row & 15)
                host::problem = "ldmatrix from an address that is not a multiple of 16";
        MatricesSlot slot = {out, (const uint16_t *)shared_row};
        host::meet(load_matrices_all<TRANSPOSE>, &slot);
}

struct MultiplySlot {
        float *d;
        const uint32_t *a;
        uint32_t b[2];
};

template <typename T> static inline float half_of(uint32_t word, int which)
{
        T value;
        value.bits = (uint16_t)(word >> (16 * which));
        return to_float(value);
}

template <typename T> static void multiply_all(void **slots)
{
        float a[16][16], b[16][8];
        for (int lane = 0; lane < WARP; lane++) {
                const MultiplySlot *slot = (const MultiplySlot *)slots[lane];
                int g = lane / 4, t = lane % 4;
                for (int i = 0; i < 4; i++)
                        for (int j = 0; j < 2; j++)
                                a[g + 8 * (i % 2)][2 * t + 8 * (i / 2) + j] = half_of<T>(slot->a[i], j);
                for (int i = 0; i < 2; i++)
                        for (int j = 0; j < 2; j++)
                                b[2 * t + 8 * i + j][g] = half_of<T>(slot->b[i], j);
        }
        for (int lane = 0; lane < WARP; lane++) {
                float *d = ((MultiplySlot *)slots[lane])->d;
                int g = lane / 4, t = lane % 4;
                for (int c = 0; c < 4; c++)
                        for (int k = 0; k < 16; k++)
                                d[c] += a[g + 8 * (c / 2)][k] * b[k][2 * t + c % 2];
        }
}

template <typename T> struct TensorCore {
        static void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1)
        {
                MultiplySlot slot = {d, a, {b0, b1}};
                host::meet(multiply_all<T>, &slot);
        }

        static uint32_t pack(float low, float high)
        {
                return narrow<T>(low).bits | (uint32_t)narrow<T>(high).bits << 16;
        }
};

static void copy_now(const host::Copy &copy)
{
        memset(copy.to, 0, 16);
        memcpy(copy.to, copy.from, copy.valid);
}

static inline void copy_async(void *shared, const void *global, int valid_bytes)
{
        if (((uintptr_t)shared | (uintptr_t)global) & 15)
                host::problem = "cp.async between addresses that are not multiples of 16";
        host::Copy copy = {shared, global, valid_bytes};
        if (host::mode & host::EARLY_COPIES)
                copy_now(copy);
        else
                host::running->open.push_back(copy);
}

static inline void copy_commit(void)
{
        host::running->committed.push_back(std::move(host::running->open));
        host::running->open.clear();
}

template <int PENDING> static inline void copy_wait(void)
{
        while (host::running->committed.size() > PENDING) {
                for (const host::Copy &copy : host::running->committed.front())
                        copy_now(copy);
                host::running->committed.pop_front();
        }
}
