/*
 * A callable that packs its arguments and launches without going through Python.
 *
 * It does the common case only: arguments of the kinds it was prepared for, room in the ring. For everything else, errors
 * among it, it calls its own `slow` method, which subclasses define in Python.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030a0000
#include <Python.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "native.h"

enum { MAX_ARGUMENTS = 64, MAX_AREA_BYTES = 4096 };

typedef int (*launch_function)(struct bw_ring *, struct bw_slots *, const struct bw_plan *, const uint8_t *, uint64_t);

/* What one argument is: 'p' an array of the device, 'f' a float, 'n' a NumPy integer, 'i' a Python int, 's' bytes. */
struct argument {
        char kind;
        PyTypeObject *type;
        uint32_t offset;
        uint32_t size_bytes;
};

struct launcher {
        PyObject_HEAD
        launch_function launch;
        const struct bw_target *target;
        const struct bw_plan *plan;
        PyObject *device;
        uint32_t area_bytes;
        Py_ssize_t argument_count; /* -1 until it is prepared */
        struct argument *arguments;
};

static PyObject *device_name;
static PyObject *gpu_va_name;
static PyObject *slow_name;

/* Whether `value`.device is the launcher's; with an exception set if it has none. */
static int belongs(const struct launcher *self, PyObject *value)
{
        PyObject *device = PyObject_GetAttr(value, device_name);
        int same = device == self->device;

        Py_XDECREF(device);
        return same;
}

static int pack_array(const struct launcher *self, const struct argument *argument, PyObject *value, uint8_t *area)
{
        PyObject *gpu_va;
        unsigned long long address;

        if (!belongs(self, value))
                return 0;
        gpu_va = PyObject_GetAttr(value, gpu_va_name);
        if (!gpu_va)
                return 0;
        address = PyLong_Check(gpu_va) ? PyLong_AsUnsignedLongLong(gpu_va) : 0;
        Py_DECREF(gpu_va);
        memcpy(area + argument->offset, &address, sizeof address);
        return address != 0;
}

static int pack_float(const struct argument *argument, PyObject *value, uint8_t *area)
{
        double wide = PyFloat_AsDouble(value);

        if (wide == -1.0 && PyErr_Occurred())
                return 0;
        if (argument->size_bytes == sizeof wide) {
                memcpy(area + argument->offset, &wide, sizeof wide);
        } else {
                float narrow = (float)wide;

                if (isinf(narrow) && !isinf(wide))
                        return 0;
                memcpy(area + argument->offset, &narrow, sizeof narrow);
        }
        return 1;
}

static int pack_numpy_integer(const struct argument *argument, PyObject *value, uint8_t *area)
{
        unsigned long long bits = PyLong_AsUnsignedLongLongMask(value);

        if (bits == (unsigned long long)-1 && PyErr_Occurred())
                return 0;
        memcpy(area + argument->offset, &bits, argument->size_bytes);
        return 1;
}

/* A Python int fits a parameter if it fits as a signed or as an unsigned number. */
static int pack_int(const struct argument *argument, PyObject *value, uint8_t *area)
{
        long long number = PyLong_AsLongLong(value);
        unsigned bits = 8 * argument->size_bytes;

        if (number == -1 && PyErr_Occurred())
                return 0;
        if (bits < 64 && (number < -(1ll << (bits - 1)) || number >= 1ll << bits))
                return 0;
        memcpy(area + argument->offset, &number, argument->size_bytes);
        return 1;
}

static int pack_bytes(const struct argument *argument, PyObject *value, uint8_t *area)
{
        char *bytes;
        Py_ssize_t size;

        if (PyBytes_AsStringAndSize(value, &bytes, &size) || size != (Py_ssize_t)argument->size_bytes)
                return 0;
        memcpy(area + argument->offset, bytes, (size_t)size);
        return 1;
}

static int pack_one(const struct launcher *self, const struct argument *argument, PyObject *value, uint8_t *area)
{
        if (Py_TYPE(value) != argument->type)
                return 0;
        switch (argument->kind) {
        case 'p':
                return pack_array(self, argument, value, area);
        case 'f':
                return pack_float(argument, value, area);
        case 'n':
                return pack_numpy_integer(argument, value, area);
        case 'i':
                return pack_int(argument, value, area);
        default:
                return pack_bytes(argument, value, area);
        }
}

/* Launch, if nothing stands in the way. */
static int launch_now(const struct launcher *self, PyObject *arguments)
{
        uint8_t area[MAX_AREA_BYTES];

        if (!self->target || !self->target->enabled || PyTuple_Size(arguments) != self->argument_count)
                return 0;
        memset(area, 0, self->area_bytes);
        for (Py_ssize_t i = 0; i < self->argument_count; i++)
                if (!pack_one(self, &self->arguments[i], PyTuple_GetItem(arguments, i), area))
                        return 0;
        return self->launch(self->target->ring, self->target->slots, self->plan, area, 0) == BW_OK;
}

static PyObject *call(PyObject *object, PyObject *arguments, PyObject *keywords)
{
        if (!keywords && launch_now((struct launcher *)object, arguments))
                Py_RETURN_NONE;
        PyErr_Clear();
        if (keywords) {
                PyErr_SetString(PyExc_TypeError, "a kernel takes its arguments in order, without names");
                return NULL;
        }
        return PyObject_CallMethodObjArgs(object, slow_name, arguments, NULL);
}

static void forget_arguments(struct launcher *self)
{
        for (Py_ssize_t i = 0; i < self->argument_count; i++)
                Py_DECREF((PyObject *)self->arguments[i].type);
        PyMem_Free(self->arguments);
        self->arguments = NULL;
        self->argument_count = -1;
}

static int take_argument(struct argument *argument, PyObject *row)
{
        int kind;

        if (!PyArg_ParseTuple(row, "COII", &kind, &argument->type, &argument->offset, &argument->size_bytes))
                return 0;
        argument->kind = (char)kind;
        if (argument->offset + argument->size_bytes > MAX_AREA_BYTES || !PyType_Check((PyObject *)argument->type)) {
                PyErr_SetString(PyExc_ValueError, "not an argument of a kernel");
                return 0;
        }
        return 1;
}

PyDoc_STRVAR(prepare_doc, "prepare(launch, target, plan, device, area_bytes, arguments)\n\n"
                          "Addresses of bw_launch, a bw_target and a bw_plan; arguments are (kind, type, offset, size).");

static PyObject *prepare(PyObject *object, PyObject *parameters)
{
        struct launcher *self = (struct launcher *)object;
        unsigned long long launch, target, plan;
        PyObject *device, *rows;
        unsigned area_bytes;
        struct argument *arguments;
        Py_ssize_t count;

        if (!PyArg_ParseTuple(parameters, "KKKOIO", &launch, &target, &plan, &device, &area_bytes, &rows))
                return NULL;
        count = PyTuple_Check(rows) ? PyTuple_Size(rows) : MAX_ARGUMENTS + 1;
        if (count > MAX_ARGUMENTS || area_bytes > MAX_AREA_BYTES) {
                PyErr_SetString(PyExc_ValueError, "too many arguments");
                return NULL;
        }
        arguments = PyMem_Malloc((size_t)(count + 1) * sizeof *arguments);
        if (!arguments)
                return PyErr_NoMemory();
        for (Py_ssize_t i = 0; i < count; i++) {
                if (!take_argument(&arguments[i], PyTuple_GetItem(rows, i))) {
                        PyMem_Free(arguments);
                        return NULL;
                }
        }
        for (Py_ssize_t i = 0; i < count; i++)
                Py_INCREF((PyObject *)arguments[i].type);
        forget_arguments(self);
        Py_INCREF(device);
        Py_XDECREF(self->device);
        self->device = device;
        self->launch = (launch_function)(uintptr_t)launch;
        self->target = (const struct bw_target *)(uintptr_t)target;
        self->plan = (const struct bw_plan *)(uintptr_t)plan;
        self->area_bytes = area_bytes;
        self->arguments = arguments;
        self->argument_count = count;
        Py_RETURN_NONE;
}

PyDoc_STRVAR(forget_doc, "forget()\n\nGo through `slow` until it is prepared again.");

static PyObject *forget(PyObject *object, PyObject *unused)
{
        forget_arguments((struct launcher *)object);
        Py_RETURN_NONE;
}

static PyObject *make(PyTypeObject *type, PyObject *arguments, PyObject *keywords)
{
        allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
        struct launcher *self = (struct launcher *)allocate(type, 0);

        if (self)
                self->argument_count = -1;
        return (PyObject *)self;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
        Py_VISIT(((struct launcher *)object)->device);
        Py_VISIT(Py_TYPE(object));
        return 0;
}

static int clear(PyObject *object)
{
        struct launcher *self = (struct launcher *)object;

        self->target = NULL; /* it belongs to the device */
        Py_CLEAR(self->device);
        return 0;
}

static void destroy(PyObject *object)
{
        PyTypeObject *type = Py_TYPE(object);
        freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);

        PyObject_GC_UnTrack(object);
        forget_arguments((struct launcher *)object);
        clear(object);
        release(object);
        Py_DECREF((PyObject *)type);
}

static PyMethodDef methods[] = {
        {"prepare", prepare, METH_VARARGS, prepare_doc},
        {"forget", forget, METH_NOARGS, forget_doc},
        {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
        {Py_tp_new, make},           {Py_tp_dealloc, destroy}, {Py_tp_traverse, traverse}, {Py_tp_clear, clear},
        {Py_tp_call, call},          {Py_tp_methods, methods}, {0, NULL},
};

static PyType_Spec spec = {
        .name = "barewire.native._fastlaunch.FastLauncher",
        .basicsize = sizeof(struct launcher),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
        .slots = slots,
};

static struct PyModuleDef definition = {
        PyModuleDef_HEAD_INIT, .m_name = "_fastlaunch", .m_doc = "Launching without Python.", .m_size = -1,
};

PyMODINIT_FUNC PyInit__fastlaunch(void)
{
        PyObject *module = PyModule_Create(&definition);
        PyObject *type = PyType_FromSpec(&spec);

        device_name = PyUnicode_InternFromString("device");
        gpu_va_name = PyUnicode_InternFromString("gpu_va");
        slow_name = PyUnicode_InternFromString("slow");
        if (!module || !type || !device_name || !gpu_va_name || !slow_name)
                return NULL;
        if (PyModule_AddObjectRef(module, "FastLauncher", type))
                return NULL;
        Py_DECREF(type);
        return module;
}
