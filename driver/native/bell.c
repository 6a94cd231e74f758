/* Bells: tokens of submissions on their way to a device that has no doorbell to write. */

#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

static const uint64_t NANOSECONDS_PER_SECOND = 1000000000ull;

/* Places `taken` to `taken + count` - 1, modulo their number, hold tokens that wait. */
struct bw_bell {
        pthread_mutex_t mutex;
        pthread_cond_t rung;
        bool closed;
        uint32_t taken;
        uint32_t count;
        uint32_t tokens[BW_BELL_TOKENS];
};

static uint32_t place(uint32_t index)
{
        return index % BW_BELL_TOKENS;
}

struct bw_bell *bw_bell_new(void)
{
        struct bw_bell *bell = calloc(1, sizeof *bell);
        pthread_condattr_t steady;

        if (!bell)
                return NULL;
        pthread_condattr_init(&steady);
        pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
        pthread_mutex_init(&bell->mutex, NULL);
        pthread_cond_init(&bell->rung, &steady);
        pthread_condattr_destroy(&steady);
        return bell;
}

static bool waits_already(const struct bw_bell *bell, uint32_t token)
{
        for (uint32_t i = 0; i < bell->count; i++) {
                if (bell->tokens[place(bell->taken + i)] == token)
                        return true;
        }
        return false;
}

/* False if there is no place: as many channels as there are places have rung, and must be answered first. */
static bool leave(struct bw_bell *bell, uint32_t token)
{
        if (bell->closed)
                return true;
        if (bell->count >= BW_BELL_TOKENS / 2 && waits_already(bell, token))
                return true;
        if (bell->count == BW_BELL_TOKENS)
                return false;
        bell->tokens[place(bell->taken + bell->count)] = token;
        bell->count++;
        pthread_cond_signal(&bell->rung);
        return true;
}

void bw_bell_ring(struct bw_bell *bell, uint32_t token)
{
        bool left;

        for (;;) {
                pthread_mutex_lock(&bell->mutex);
                left = leave(bell, token);
                pthread_mutex_unlock(&bell->mutex);
                if (left)
                        return;
                sched_yield();
        }
}

static struct timespec moment(uint64_t at_ns)
{
        return (struct timespec){
                .tv_sec = (time_t)(at_ns / NANOSECONDS_PER_SECOND),
                .tv_nsec = (long)(at_ns % NANOSECONDS_PER_SECOND),
        };
}

static uint32_t take(struct bw_bell *bell, uint32_t *tokens, uint32_t limit)
{
        uint32_t count = bell->count < limit ? bell->count : limit;

        for (uint32_t i = 0; i < count; i++)
                tokens[i] = bell->tokens[place(bell->taken + i)];
        bell->taken = place(bell->taken + count);
        bell->count -= count;
        return count;
}

int bw_bell_answer(struct bw_bell *bell, uint32_t *tokens, uint32_t limit, uint64_t timeout_ns)
{
        struct timespec deadline = moment(now_ns() + timeout_ns);
        int answer;

        pthread_mutex_lock(&bell->mutex);
        while (!bell->count && !bell->closed) {
                if (pthread_cond_timedwait(&bell->rung, &bell->mutex, &deadline) == ETIMEDOUT)
                        break;
        }
        answer = bell->closed ? -1 : (int)take(bell, tokens, limit);
        pthread_mutex_unlock(&bell->mutex);
        return answer;
}

void bw_bell_close(struct bw_bell *bell)
{
        pthread_mutex_lock(&bell->mutex);
        bell->closed = true;
        pthread_cond_broadcast(&bell->rung);
        pthread_mutex_unlock(&bell->mutex);
}

void bw_bell_free(struct bw_bell *bell)
{
        pthread_cond_destroy(&bell->rung);
        pthread_mutex_destroy(&bell->mutex);
        free(bell);
}
