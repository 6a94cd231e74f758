"""Whatever fails, and whenever: nothing is left behind, and a fork never touches its parent's device."""

from __future__ import annotations

import gc
import os
import signal

import pytest
from barewire.errors import BarewireError, ForkedChild
from barewire.rm.ioctl import NvResourceManager

MODES = ("errno", "status")


def use_everything(rm):
    """Every kind of object once, ended step by step."""
    _ = rm.doorbell
    space = rm.address_space()
    video, host = rm.video_memory(2 << 20), rm.host_memory(4096)
    mapping = video.map_cpu()
    ring = space.map(video)
    space.map(host)
    group = rm.channel_group(space)
    channel = group.channel(ring, 64, video, 4096, host)
    channel.engine_object()
    channel.set_compute_preemption_cilp()
    channel.debugger()
    group.schedule()
    _ = channel.token
    copies = rm.channel_group(space, "copy")
    copies.channel(ring, 64, video, 8192, host).engine_object()
    copies.schedule()
    copies.close()
    group.close()
    mapping.close()
    space.close()
    video.close()
    host.close()


def count(fake_kernel, attribute):
    kernel = fake_kernel.FakeKernel()
    with NvResourceManager.open(0, kernel=kernel) as rm:
        use_everything(rm)
    assert kernel.is_clean and kernel.complaints == []
    return getattr(kernel, attribute)


def outcome_of(kernel):
    """None, or the error that came out; anything but a BarewireError escapes."""
    try:
        with NvResourceManager.open(0, kernel=kernel) as rm:
            use_everything(rm)
    except BarewireError as error:
        return error
    return None


@pytest.mark.parametrize("how", MODES)
def test_each_ioctl_in_turn_may_fail_and_nothing_is_left(fake_kernel, how):
    total = count(fake_kernel, "ioctls")
    assert total > 50

    for number in range(total):
        kernel = fake_kernel.FakeKernel(fail_ioctl=number, fail_how=how)
        error = outcome_of(kernel)
        gc.collect()

        assert error is not None, f"the failure of ioctl {number} was not reported"
        assert kernel.is_clean, f"ioctl {number}: {kernel.files} {kernel.pages} {kernel.objects}"
        assert all("not open" not in complaint for complaint in kernel.complaints)


def test_each_open_of_a_file_may_fail_and_nothing_is_left(fake_kernel):
    for number in range(count(fake_kernel, "opens")):
        kernel = fake_kernel.FakeKernel(fail_open=number)
        error = outcome_of(kernel)

        assert error is not None
        assert kernel.is_clean and kernel.complaints == [], f"open {number}: {kernel.complaints}"


def test_each_mmap_may_fail_and_nothing_is_left(fake_kernel):
    for number in range(count(fake_kernel, "mmaps")):
        kernel = fake_kernel.FakeKernel(fail_mmap=number)
        error = outcome_of(kernel)

        assert error is not None and "mapping" in str(error)
        assert kernel.is_clean and kernel.complaints == [], f"mmap {number}: {kernel.complaints}"


def test_an_error_of_the_user_is_not_hidden_by_one_of_closing(kernel):
    class Mistake(Exception):
        pass

    with pytest.raises(Mistake), NvResourceManager.open(0, kernel=kernel) as rm:
        rm.video_memory(4096)
        kernel.fail_ioctl, kernel.fail_how = kernel.ioctls, "status"
        raise Mistake

    assert kernel.is_clean


def test_closing_reports_what_failed_but_does_all_the_rest(kernel):
    rm = NvResourceManager.open(0, kernel=kernel)
    rm.video_memory(4096).map_cpu()
    kernel.fail_ioctl, kernel.fail_how = kernel.ioctls, "status"

    with pytest.raises(BarewireError, match="RM_UNMAP_MEMORY"):
        rm.close()
    assert kernel.is_clean
    rm.close()


def test_a_process_that_loses_its_descriptors_frees_everything(kernel):
    """What the kernel does for a process that was killed."""
    rm = NvResourceManager.open(0, kernel=kernel)
    use = rm.address_space()
    use.map(rm.video_memory(4096))
    for fd in list(kernel.files):
        kernel.close(fd)

    assert not kernel.clients and not kernel.gpu_mappings
    with pytest.raises(BarewireError):
        rm.close()
    kernel.complaints.clear()


def in_a_fork(action):
    """Run `action` in a forked child; returns what it says."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            answer = action()
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(write, str(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def test_memory_whose_freeing_failed_when_it_was_dropped_is_freed_with_the_device(kernel):
    with NvResourceManager.open(0, kernel=kernel) as rm:
        memory = rm.video_memory(4096)
        kernel.fail_ioctl = kernel.ioctls
        del memory
        gc.collect()
        assert kernel.vram_used == 4096
    assert kernel.is_clean and kernel.vram_used == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_may_not_use_the_device(rm, kernel):
    memory = rm.video_memory(8192)
    mapping = memory.map_cpu()
    space = rm.address_space()

    def attempts():
        before = kernel.ioctls
        seen = []
        for use in (
            lambda: rm.video_memory(4096), rm.close, memory.close, memory.map_cpu, mapping.close,
            lambda: space.map(memory), space.close, rm.gpu_time_ns, lambda: rm.facts,
        ):  # fmt: skip
            try:
                use()
                seen.append("nothing")
            except ForkedChild:
                seen.append("ForkedChild")
        return set(seen), kernel.ioctls - before

    assert in_a_fork(attempts) == "({'ForkedChild'}, 0)"
    assert memory.map_cpu().size_bytes == 8192


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_ends_without_touching_the_device(rm, kernel):
    memory = rm.video_memory(8192)

    def drop_everything():
        nonlocal memory
        before = kernel.ioctls
        rm.__exit__(ValueError, None, None)
        rm._finalizer()
        memory = None
        gc.collect()
        return kernel.ioctls - before, len(kernel.objects) > 3

    assert in_a_fork(drop_everything) == "(0, True)"
