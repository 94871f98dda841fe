#pragma once
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <autograd/kernels/strided.hpp>
#include <autograd/small_vector.hpp>
#include <autograd/tensor.hpp>
#include <autograd/value.hpp>

// The row of an operation in the registry: everything the graph, the engine, the laws, the reference pages and the
// explorer know about it. `op.hpp` makes it from the operation's struct.
namespace xg {

using In = std::span<const Tensor>;
using Grads = SmallVector<Tensor, 3>;

/// Where an elementwise function is defined and smooth. Samples stay inside and keep away from the kinks.
struct Domain {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
    double kink = std::numeric_limits<double>::quiet_NaN();

    static constexpr Domain all() { return {}; }
    static constexpr Domain positive() { return {.low = 0}; }
    static constexpr Domain all_but(double kink) { return {.kink = kink}; }
};

/// What the reference page says. Strings are in the notation of the field; `snippet` is `call  // result`.
struct OpDoc {
    const char* name;
    const char* formula;
    const char* derivative;
    Domain domain = Domain::all();
    const char* ties = "";  ///< the convention at kinks, ties and poles
    const char* edges = ""; ///< empty, NaN, infinite and integer input, where they are special
    const char* numpy = "";
    const char* torch = "";
    const char* onnx = "";
    const char* snippet = "";
    double max_ulp = 0; ///< of the float64 value; 0 is correctly rounded or exact
};

/// What the rule reads, and so what a recorded node keeps alive.
struct Saves {
    unsigned inputs = 0;    ///< bit i: input i
    bool output = false;    ///< the result
    bool crosswise = false; ///< input i is read for the gradients of the other inputs alone
};

/// What a rule may look at. Inputs and result that were not saved are undefined.
struct Saved {
    In in;
    const Tensor& out;
    std::span<const Shape* const> shapes;
    unsigned wanted; ///< bit i: the gradient of input i is asked for

    bool needs(int i) const { return i >= 32 || (wanted >> i & 1) != 0; }
    const Shape& shape(int i) const { return *shapes[static_cast<std::size_t>(i)]; }
    /// Whether the rule may compute on the numbers themselves: nothing is recorded, and nothing lies inside a transform.
    bool is_plain(const Tensor& g) const;
};

enum class ResultType : std::uint8_t { promoted, mask, index };

/// Bits of the dtypes that kernels exist for. Others are converted upward, or refused if there is nothing above.
enum DTypes : unsigned {
    booleans = 1u << static_cast<unsigned>(DType::boolean),
    integers = 1u << static_cast<unsigned>(DType::int64),
    floats = 1u << static_cast<unsigned>(DType::float32) | 1u << static_cast<unsigned>(DType::float64),
    numbers = integers | floats,
    everything = numbers | booleans,
};

/// One example of a call. Inputs are float64 (or masks and indices); the laws make float32, strided, transposed,
/// expanded and tangent versions of them.
struct Sample {
    std::string note;
    std::vector<Tensor> inputs;
    std::function<Tensor(In)> call;      ///< through the public function
    std::function<Tensor(In)> reference; ///< plain xtensor or a closed form: never our own kernels
    double tolerance = 1e-12;            ///< of the value, relative to the largest entry
    bool smooth = true;                  ///< no kink near these inputs, so numeric differences mean something
    /// What backward makes of the cotangent u, one an input: the convention at kinks and ties, where `smooth` is false.
    std::function<std::vector<Tensor>(In, const Tensor& u)> gradient = {};
};

/// A call that must be refused: with an error of this kind, and these words in its message.
struct Misuse {
    std::function<void()> call;
    std::string_view kind;
    std::string_view words;
};

struct OpEntry {
    OpDoc doc;
    int arity = 1; // -1: any number
    Saves saves;
    const char* no_gradient = nullptr; // why there is none
    unsigned differentiable = ~0u;     // which inputs; the others are masks and indices
    DTypes dtypes = everything;
    ResultType result = ResultType::promoted;
    DType (*chosen_dtype)(const void* attrs) = nullptr; // of the result, where an attribute says it
    bool elementwise = false;
    bool composed = false;         // a formula of other operations: no kernel, no node
    bool loops = false;            // its batch rule is a loop
    bool sized_by_numbers = false; // the shape of the result depends on numbers, so that examples have no common one

    kernels::Loop loop[dtype_count] = {};          // elementwise
    kernels::Loop slope_loop[3][dtype_count] = {}; // g times the slope by each input, on contiguous arrays
    bool unit_slope[3] = {};                       // the slope by an input is 1 everywhere
    Shape (*shape)(In, const void* attrs) = nullptr;
    void (*forward)(std::span<const Strided>, const Strided& out, const void* attrs) = nullptr;
    bool (*view)(const Strided& x, Strided& out, const void* attrs) = nullptr;
    Grads (*vjp)(const Saved&, const Tensor& g, const void* attrs) = nullptr;
    Tensor (*jvp)(const Saved&, In tangents, const void* attrs) = nullptr;
    Tensor (*batch)(In, unsigned batched, const void* attrs) = nullptr;
    double (*partial)(int i, const double* in, double out) = nullptr; // elementwise: the slope at a scalar
    // The same on the scalar tape, times the cotangent g.
    Value (*contribution)(int i, const Value* in, const Value& out, const Value& g) = nullptr;

    std::size_t attrs_size = 0;
    void* (*attrs_copy)(const void*) = nullptr; // null: they fit into the node
    void (*attrs_destroy)(void*) = nullptr;

    std::vector<Sample> (*samples)() = nullptr;
    std::vector<Misuse> (*misuse)() = nullptr;

    bool takes_gradient(int i) const { return i >= 32 || (differentiable >> i & 1) != 0; }
    bool has_kernel(DType d) const { return (dtypes >> static_cast<unsigned>(d) & 1) != 0; }
};

/// Runs a general operation: checks, computes, records, tells the watch. The one way into the graph, with the
/// elementwise operations' own `apply_elementwise`.
Tensor run(const OpEntry& op, In in, const void* attrs, Site site);
template <int N>
Tensor apply_elementwise(const OpEntry& op, const Operand* const (&operands)[N]);

/// The dtype of a number beside tensors: theirs, if that can hold it.
DType number_dtype(Number number, DType tensors);
/// An operand as a tensor: a number becomes a 0-d tensor of its own dtype.
Tensor as_tensor(const Operand& x);
/// The same beside a tensor of dtype `beside`, which a number takes if that can hold it.
Tensor as_tensor(const Operand& x, DType beside);
/// The numbers of a tensor of level 0, for kernels.
Strided strided(const Impl& impl);
inline Strided strided(const Tensor& t) { return strided(*t.impl()); }
/// Throws StateError, naming `op`, if the tensor is undefined or moved-from.
void require_defined(const char* op, const Tensor& t);

} // namespace xg
