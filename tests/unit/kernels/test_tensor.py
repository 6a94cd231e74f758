"""Tensors behave as NumPy arrays do, and say what is wrong before anything is launched."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest
from barewire import kernels
from barewire.errors import Freed, UsageError, WrongDevice
from barewire.kernels import DtypeMismatch, ShapeMismatch, dtypes
from host_device import HostDevice, missing_compiler


@pytest.fixture
def x(device):
    return kernels.from_numpy(device, np.arange(24, dtype=np.float32).reshape(2, 3, 4))


# Views and memory


def test_views_share_memory_and_copies_do_not(x):
    copied = x.copy()
    x[1, :, 2] = 99.0

    assert (x.transpose(2, 0, 1)[2, 1].numpy() == 99).all()
    assert copied.numpy()[1, 0, 2] == 14


def test_a_reshape_that_strides_allow_launches_nothing(x, device):
    merged = x.reshape(6, 4).reshape(2, -1).reshape(24)

    assert device.launched == []
    assert merged.gpu_va == x.gpu_va
    assert merged.T.shape == (24,)


def test_a_reshape_that_strides_do_not_allow_copies(x, device):
    assert (x.T.reshape(24).numpy() == x.numpy().T.reshape(24)).all()
    assert device.launched == ["copy_b32"]


def test_memory_goes_back_with_the_last_view(device):
    view = kernels.zeros(device, (100, 10))[3:5]
    gc.collect()
    assert device.live_bytes == 4000

    del view
    gc.collect()
    assert device.live_bytes == 0


def test_freed_memory_is_not_used_again(x):
    view = x[0]
    x.free()
    x.free()

    for use in (
        lambda: view + 1,
        view.numpy,
        lambda: view.sum(),
        lambda: view @ view.T,
        lambda: kernels.softmax(view),
    ):
        with pytest.raises(Freed, match=r"\(3, 4\)"):
            use()
    assert "freed" in repr(view)


def test_repr_says_what_it_is_and_does_not_read_the_gpu(x, device):
    launched = list(device.launched)

    assert repr(x) == "<Tensor float32[2, 3, 4] on host>"
    assert repr(x[:, ::2].T) == "<Tensor float32[4, 2, 2], strides (1, 8, 12) on host>"
    assert device.launched == launched
    assert device.reads == 0


def test_a_module_is_loaded_once_for_a_device(x, device, monkeypatch):
    loads = []
    monkeypatch.setattr(
        HostDevice,
        "load",
        lambda self, source, load=HostDevice.load: loads.append(source) or load(self, source),
    )
    for _ in range(3):
        kernels.exp(kernels.tanh(x))

    assert [path.stem for path in loads] == ["unary"]


@pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))
def test_loaded_modules_do_not_keep_a_device_alive():
    import weakref

    device = HostDevice()
    kernels.exp(kernels.zeros(device, 3))
    gone = weakref.ref(device)
    del device
    gc.collect()

    assert gone() is None


# To and from NumPy


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32, np.bool_])
def test_arrays_come_back_as_they_went(device, shape, dtype):
    given = np.ones(shape, dtype)
    found = kernels.from_numpy(device, given).numpy()

    assert found.dtype == given.dtype
    assert found.shape == given.shape
    assert (found == given).all()


def test_strided_arrays_come_back_as_they_went(device):
    given = np.arange(60, dtype=np.int32).reshape(5, 12)[::-2, ::3].T

    assert (kernels.from_numpy(device, given).numpy() == given).all()


def test_numpy_functions_take_tensors(x):
    assert np.asarray(x).sum() == 276
    assert np.array(x[0, 0], dtype=np.float64).dtype == np.float64
    assert np.from_dlpack(x).shape == (2, 3, 4)
    with pytest.raises(ValueError, match="without a copy"):
        x.__array__(copy=False)


def test_python_numbers_become_the_types_of_a_gpu(device):
    assert kernels.from_numpy(device, [1.5, 2]).dtype is kernels.float32
    assert kernels.from_numpy(device, [[1, 2], [3, 4]]).dtype is kernels.int32
    assert kernels.from_numpy(device, True).dtype is kernels.bool_
    assert kernels.arange(device, 5).tolist() == [0, 1, 2, 3, 4]
    assert kernels.arange(device, 1, 2, 0.25).tolist() == [1.0, 1.25, 1.5, 1.75]


@pytest.mark.parametrize("dtype", ["float64", "int64", "complex64", "uint8"])
def test_types_that_tensors_cannot_hold_are_refused_by_name(device, dtype):
    with pytest.raises(DtypeMismatch, match=dtype):
        kernels.from_numpy(device, np.zeros(3, dtype))


def test_one_element_becomes_a_python_number(x):
    assert x[1, 2, 3].item() == 23
    assert float(x[0, 0, 1]) == 1.0
    assert int(x[0, 0, 2]) == 2
    assert bool(x[0, 0, 0] == 0)
    with pytest.raises(ShapeMismatch, match="item"):
        x.item()


def test_bfloat16_comes_out_as_ml_dtypes_has_it(device):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    given = np.array([1.0, -2.5, 3.140625], ml_dtypes.bfloat16)
    found = kernels.from_numpy(device, given)

    assert found.dtype is kernels.bfloat16
    assert found.numpy().dtype == ml_dtypes.bfloat16
    assert (found.numpy() == given).all()


def test_bfloat16_comes_out_as_float32_without_ml_dtypes(device, monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    found = kernels.from_numpy(device, np.array([1.0, 3.14159], np.float32), "bfloat16").numpy()

    assert found.dtype == np.float32
    assert found.tolist() == [1.0, 3.140625]


def test_rounding_to_bfloat16_is_that_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    bits = np.random.default_rng(7).integers(0, 2**32, 200_000, dtype=np.uint32)
    values = np.concatenate([bits, np.arange(0x3F800000, 0x3F820001, dtype=np.uint32)]).view(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        expected = values.astype(ml_dtypes.bfloat16).astype(np.float32)
    found = dtypes.widen_bfloat16(dtypes.round_to_bfloat16(values))

    assert np.array_equal(found, expected, equal_nan=True)


# What is wrong is said


def test_shapes_that_do_not_broadcast_are_in_the_message(device):
    a, b = kernels.zeros(device, (2, 3)), kernels.zeros(device, (4, 3))
    with pytest.raises(ShapeMismatch, match=r"\(2, 3\) and \(4, 3\)"):
        a + b


def test_element_types_do_not_mix(device):
    a, b = kernels.zeros(device, 3), kernels.zeros(device, 3, "float16")
    for combine in (lambda: a + b, lambda: a == b, lambda: a @ b, lambda: kernels.where(a > 0, a, b)):
        with pytest.raises(DtypeMismatch, match=r"float32.*float16"):
            combine()


def test_fractions_do_not_go_into_integers(device):
    numbers = kernels.zeros(device, 3, "int32")
    for use in (lambda: numbers + 0.5, lambda: numbers.__setitem__(0, 0.5), lambda: numbers == 2**31):
        with pytest.raises(DtypeMismatch):
            use()


def test_integers_have_no_exponentials_and_products(device):
    numbers = kernels.zeros(device, (3, 3), "int32")
    for use in (
        lambda: kernels.exp(numbers),
        lambda: numbers @ numbers,
        lambda: kernels.softmax(numbers),
        lambda: numbers**2,
    ):
        with pytest.raises(DtypeMismatch, match="int32"):
            use()


def test_devices_do_not_mix(device):
    a, b = kernels.zeros(device, (3, 3)), kernels.zeros(HostDevice("other"), (3, 3))
    for combine in (
        lambda: a + b,
        lambda: a @ b,
        lambda: a.__setitem__(0, b[0]),
        lambda: kernels.attention(a[None], b[None], b[None]),
        lambda: kernels.rms_norm(a, b[0]),
        lambda: kernels.where(a > 0, b, b),
    ):
        with pytest.raises(WrongDevice, match="host and other"):
            combine()


def test_numpy_arrays_are_not_taken_for_tensors(x):
    array = np.ones((2, 3, 4), np.float32)
    for combine in (
        lambda: x + array,
        lambda: array + x,
        lambda: kernels.matmul(x, array),
        lambda: kernels.exp(array),
    ):
        with pytest.raises((DtypeMismatch, TypeError)):
            combine()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: x.reshape(5, 5), "24 elements"),
        (lambda x: x.reshape(-1, 7), "24 elements"),
        (lambda x: x.reshape(-1, -1), "not a shape"),
        (lambda x: x.transpose(0, 1), "not an order"),
        (lambda x: x.transpose(0, 1, 1), "not an order"),
        (lambda x: x.sum(3), "axis 3"),
        (lambda x: x.sum((0, -3)), "twice"),
        (lambda x: x.broadcast_to(2, 4), "cannot be broadcast"),
        (lambda x: x[0, 0, 0, 0], "too many"),
        (lambda x: x[..., 0, ...], "one ellipsis"),
        (lambda x: x[[0, 1]], "list"),
        (lambda x: x[None, None, None, None], "at most 6"),
        (lambda x: x.squeeze(1), "size 1"),
        (lambda x: x[:, :0].max(1), "nothing to choose from"),
        (lambda x: x[0] @ x[0], r"\(3, 4\) and \(3, 4\)"),
        (lambda x: x @ x[0, 0, 0], "with axes"),
        (lambda x: kernels.rms_norm(x, x[0, 0, :3]), r"\(4,\)"),
        (lambda x: kernels.softmax(x, 5), "axis 5"),
        (lambda x: kernels.rope(x, [1, 2]), "positions"),
        (lambda x: kernels.rope(x, rotary_dim=3), "rotary_dim"),
        (lambda x: kernels.attention(x, x[:, :2], x), "one shape"),
        (lambda x: kernels.attention(x[:, :, :3], x, x), "one head_dim"),
        (lambda x: kernels.attention(x[:1], x, x), "multiple"),
        (lambda x: kernels.empty(x.device, (2, -1)), "not negative"),
        (lambda x: kernels.empty(x.device, (1,) * 7), "at most 6"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(x, call, words):
    launched = list(x.device.launched)
    with pytest.raises(ShapeMismatch, match=words) as problem:
        call(x)

    assert isinstance(problem.value, UsageError)
    assert x.device.launched == launched


def test_an_index_beyond_an_axis_is_an_index_error(x):
    with pytest.raises(IndexError, match="axis 1"):
        x[0, 3]
    assert len(list(x)) == 2


def test_a_head_dim_beyond_the_largest_is_refused(device):
    q = kernels.zeros(device, (1, 2, 257))
    with pytest.raises(ShapeMismatch, match="256"):
        kernels.attention(q, q, q)


def test_angles_of_rope_are_kept_on_the_device_but_not_forever(device):
    x = kernels.zeros(device, (3, 8))
    for first in range(40):
        kernels.rope(x, first)
    gc.collect()

    assert device.live_bytes < 40 * 2 * 48
