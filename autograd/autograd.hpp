#pragma once

/// Tensors, operations, gradients: everything but xtensor's border, which is autograd/xtensor.hpp.
#include <autograd/creation.hpp>
#include <autograd/debug/watch.hpp>
#include <autograd/dtype.hpp>
#include <autograd/error.hpp>
#include <autograd/grad_mode.hpp>
#include <autograd/memory.hpp>
#include <autograd/ops/activation.hpp>
#include <autograd/ops/elementwise.hpp>
#include <autograd/ops/exponential.hpp>
#include <autograd/ops/index.hpp>
#include <autograd/ops/linalg.hpp>
#include <autograd/ops/loss.hpp>
#include <autograd/ops/normalize.hpp>
#include <autograd/ops/reduce.hpp>
#include <autograd/ops/rounding.hpp>
#include <autograd/ops/shape_ops.hpp>
#include <autograd/ops/special.hpp>
#include <autograd/ops/trigonometric.hpp>
#include <autograd/random.hpp>
#include <autograd/shape.hpp>
#include <autograd/tensor.hpp>
#include <autograd/transforms/transforms.hpp>
#include <autograd/value.hpp>
#include <autograd/value_math.hpp>
#include <autograd/version.hpp>
