/* The reins of launches that run: pausing them, waiting until they rest, ending them. */

#include "sm.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { NANOSECONDS = 1000000000 };

struct sm_control {
        uint32_t attention; /* pauses or a stop; read without the lock */
        uint32_t pauses;
        bool stopped;
        uint32_t working; /* workers that are not at rest */
        pthread_mutex_t lock;
        pthread_cond_t changed;
};

struct sm_control *sm_control_new(void)
{
        struct sm_control *control = calloc(1, sizeof *control);
        pthread_condattr_t clock;

        if (!control)
                return NULL;
        pthread_mutex_init(&control->lock, NULL);
        pthread_condattr_init(&clock);
        pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
        pthread_cond_init(&control->changed, &clock);
        pthread_condattr_destroy(&clock);
        return control;
}

void sm_control_free(struct sm_control *control)
{
        if (!control)
                return;
        pthread_cond_destroy(&control->changed);
        pthread_mutex_destroy(&control->lock);
        free(control);
}

/* The lock is held. */
static void tell(struct sm_control *control)
{
        __atomic_store_n(&control->attention, control->pauses || control->stopped, __ATOMIC_RELEASE);
        pthread_cond_broadcast(&control->changed);
}

void sm_control_pause(struct sm_control *control)
{
        pthread_mutex_lock(&control->lock);
        control->pauses++;
        tell(control);
        pthread_mutex_unlock(&control->lock);
}

int sm_control_resume(struct sm_control *control)
{
        int result = 1;

        pthread_mutex_lock(&control->lock);
        if (control->pauses) {
                control->pauses--;
                tell(control);
                result = 0;
        }
        pthread_mutex_unlock(&control->lock);
        return result;
}

void sm_control_stop(struct sm_control *control)
{
        pthread_mutex_lock(&control->lock);
        control->stopped = true;
        tell(control);
        pthread_mutex_unlock(&control->lock);
}

uint32_t sm_control_pauses(struct sm_control *control)
{
        uint32_t pauses;

        pthread_mutex_lock(&control->lock);
        pauses = control->pauses;
        pthread_mutex_unlock(&control->lock);
        return pauses;
}

int sm_control_is_stopped(struct sm_control *control)
{
        int stopped;

        pthread_mutex_lock(&control->lock);
        stopped = control->stopped;
        pthread_mutex_unlock(&control->lock);
        return stopped;
}

int sm_control_wait_at_rest(struct sm_control *control, uint64_t timeout_ns)
{
        uint64_t until_ns = sm_now_ns() + timeout_ns;
        struct timespec until = {.tv_sec = (time_t)(until_ns / NANOSECONDS), .tv_nsec = (long)(until_ns % NANOSECONDS)};
        int at_rest;

        pthread_mutex_lock(&control->lock);
        while (control->working)
                if (pthread_cond_timedwait(&control->changed, &control->lock, &until) == ETIMEDOUT)
                        break;
        at_rest = !control->working;
        pthread_mutex_unlock(&control->lock);
        return at_rest;
}

bool sm_control_enter(struct sm_control *control)
{
        bool allowed;

        if (!control)
                return true;
        pthread_mutex_lock(&control->lock);
        while (control->pauses && !control->stopped)
                pthread_cond_wait(&control->changed, &control->lock);
        allowed = !control->stopped;
        control->working += allowed;
        pthread_mutex_unlock(&control->lock);
        return allowed;
}

void sm_control_leave(struct sm_control *control)
{
        if (!control)
                return;
        pthread_mutex_lock(&control->lock);
        if (!--control->working)
                pthread_cond_broadcast(&control->changed);
        pthread_mutex_unlock(&control->lock);
}

const volatile uint32_t *sm_control_attention(struct sm_control *control)
{
        static const uint32_t nothing;

        return control ? &control->attention : &nothing;
}
