#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <autograd/autograd.hpp>
#include <explorer/explorer.hpp>
#include <nn/nn.hpp>

using namespace xg;

// Runs of tensors that the page computes anew: explorer/web/test/unit/tensors.test.ts edits a leaf of each and compares with
// what the library computes there.
namespace {

using Leaves = std::vector<Tensor>;

struct Program {
    const char* name;
    std::vector<Shape> leaves;
    std::function<Tensor(const Leaves&)> loss; // of float64 leaves called p0, p1 ...
    double move = 0.3;                         // what the edit adds to an entry of p0
    DType dtype = float64;
};

Tensor indices(const Literal& at) { return tensor(at, {.dtype = int64}); }

std::vector<Program> programs() {
    const auto weights = [](const Tensor& y) {
        return sum(y * reshape(linspace(0.5, 1.7, y.numel(), {.dtype = y.dtype()}), y.shape()));
    };
    return {
        {"mlp",
         {{4, 3}, {4}, {3, 4}, {3}, {5, 3}},
         [](const Leaves& p) {
             Tensor h = relu(linear(p[4], p[0], p[1]));
             return nn::cross_entropy(linear(h.label("h"), p[2], p[3]), indices({0, 2, 1, 1, 0}));
         }},
        {"single precision",
         {{4, 3}, {2, 3}},
         [](const Leaves& p) { return mean(square(softmax(tanh(linear(p[1], p[0])), 1) - 0.2)); },
         0.3,
         float32},
        {"convolution",
         {{3, 2, 3, 3}, {3}, {1, 2, 6, 6}, {2, 27}},
         [](const Leaves& p) {
             Tensor z = max_pool2d(relu(conv2d(p[2], p[0], p[1], {.padding = 1})), 2);
             return nn::mse_loss(linear(flatten(z, 1), p[3]), zeros({1, 2}, {.dtype = float64}));
         }},
        {"strided convolution",
         {{4, 1, 3, 2}, {1, 2, 7, 6}},
         [](const Leaves& p) { return sum(square(conv2d(p[1], p[0], {}, {.stride = 2, .padding = 1, .groups = 2}))); }},
        {"convolution of a line",
         {{2, 3, 3}, {2, 3, 9}},
         [weights](const Leaves& p) { return weights(conv1d(p[1], p[0], {}, {.stride = 2})); }},
        {"large",
         {{10, 12}, {10, 12}}, // more terms than a trace holds
         [](const Leaves& p) {
             const Tensor y = log_softmax(matmul(p[1], transpose(p[0], 0, 1)), 1);
             return -mean(max(y, 1)) + mean(sum(square(softmax(y, 0)), 0)) + mean(logsumexp(concat({y, y * 2}, 1), 1));
         }},
        {"products of matrices",
         {{2, 3, 4}, {4, 5}, {2, 5, 3}, {3}},
         [weights](const Leaves& p) { return weights(matmul(matmul(matmul(p[0], p[1]), p[2]), p[3])); }},
        {"LSTM",
         {{8, 3}, {8, 2}, {8}, {1, 3}},
         [](const Leaves& p) {
             Tensor h = zeros({1, 2}, {.dtype = float64}), c = h;
             for (int step = 0; step < 2; ++step) {
                 const Tensor gates = linear(p[3], p[0], p[2]) + linear(h, p[1]);
                 const auto gate = [&](Index i) { return slice(gates, 1, 2 * i, 2 * i + 2); };
                 c = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2));
                 h = sigmoid(gate(3)) * tanh(c);
             }
             return sum(square(h));
         }},
        {"attention",
         {{2, 4, 3}, {2, 5, 3}, {2, 5, 3}},
         [weights](const Leaves& p) {
             const Tensor scores = matmul(p[0], transpose(p[1], 1, 2)) / std::sqrt(3.0);
             const Tensor mask = tril(ones({4, 5}, {.dtype = boolean}));
             return weights(matmul(softmax(masked_fill(scores, logical_not(mask), -1e9), 2), p[2]));
         }},
        {"attention in one operation",
         {{2, 2, 3, 4}, {2, 2, 5, 4}, {2, 2, 5, 3}},
         [weights](const Leaves& p) {
             const Tensor mask = tril(ones({3, 5}, {.dtype = boolean}));
             return weights(scaled_dot_product_attention(p[0], p[1], p[2])) +
                    weights(scaled_dot_product_attention(p[0], p[1], p[2], {.attn_mask = mask}));
         }},
        {"causal attention",
         {{1, 4, 3}, {1, 4, 3}, {1, 4, 2}},
         [weights](const Leaves& p) {
             return weights(scaled_dot_product_attention(p[0], p[1], p[2], {.is_causal = true}));
         }},
        {"normalization",
         {{4, 6}, {6}, {6}},
         [weights](const Leaves& p) { return weights(layer_norm(p[0], {6}, p[1], p[2])); }},
        {"batch normalization",
         {{3, 2, 2}, {2}, {2}},
         [weights](const Leaves& p) { return weights(batch_norm(p[0], {}, {}, p[1], p[2], {.training = true})); }},
        {"reductions",
         {{3, 4}},
         [](const Leaves& p) {
             const Tensor& x = p[0];
             return sum(max(x, 1)) + sum(min(x, 0)) + sum(variance(x, 1)) + norm(x) + sum(logsumexp(x, 1)) +
                    sum(prod(x, 0)) + sum(mean(x, 0) * 2.0) + sum(cumsum(x, 1) * 0.1);
         }},
        {"shapes",
         {{2, 3, 4}, {3, 1}},
         [weights](const Leaves& p) {
             const Tensor a = permute(p[0], {2, 0, 1}), b = expand(p[1], {3, 4});
             return weights(concat({reshape(a, {2, 12}), reshape(b, {1, 12})}, 0)) +
                    weights(stack({slice(p[0], 2, 1, 3), slice(p[0], 2, 0, 2)}, 1)) +
                    weights(unsqueeze(flip(p[1], 0), 0));
         }},
        {"choices",
         {{3, 4}, {3, 4}},
         [weights](const Leaves& p) {
             const Tensor mask = tensor({1, 0, 1, 0}) > 0.5;
             return weights(where(mask, p[0], p[1])) + weights(clamp(p[0], -0.5, 0.5)) + weights(maximum(p[0], p[1])) +
                    weights(embedding(p[0], indices({2, 0, 2})));
         }},
        {"activations",
         {{1, 3}},
         [weights](const Leaves& p) {
             Tensor y = weights(relu(p[0]));
             for (const Tensor& f :
                  {gelu(p[0]), silu(p[0]), elu(p[0]), softplus(p[0]), leaky_relu(p[0], 0.1), mish(p[0]), hardtanh(p[0]),
                   hardswish(p[0]), hardsigmoid(p[0]), selu(p[0]), relu6(p[0]), logsigmoid(p[0]), erf(p[0]),
                   gelu_tanh(p[0]), exp(p[0]) * sin(p[0]), pow(square(p[0]), 1.5)})
                 y = y + weights(f);
             return y;
         }},
        {"losses",
         {{2, 3}, {2, 3}},
         [](const Leaves& p) {
             const Tensor t = sigmoid(p[1].detach());
             return nn::mse_loss(p[0], t) + nn::l1_loss(p[0], t) + nn::huber_loss(p[0], t) +
                    nn::smooth_l1_loss(p[0], t) + nn::binary_cross_entropy_with_logits(p[0], t) +
                    nn::binary_cross_entropy(sigmoid(p[0]), t) + nn::nll_loss(log_softmax(p[0], 1), indices({1, 0})) +
                    nn::half_squared_error(p[0], t) + nn::kl_div(log_softmax(p[0], 1), softmax(t, 1));
         }},
        {"both kinds",
         {{2, 2}},
         [](const Leaves& p) {
             const Value a = p[0].value_at({0, 1}), b = p[0].value_at({1, 0});
             const Tensor s = stack({a * b, sin(a), b});
             return sum(square(s)) + sum(p[0] * 0.5);
         }},
    };
}

Leaves leaves_of(const Program& program) {
    manual_seed(21);
    Leaves leaves;
    for (const Shape& shape : program.leaves) {
        leaves.push_back(randn(shape, {.dtype = program.dtype}).detach());
        leaves.back().requires_grad(true).label("p" + std::to_string(leaves.size() - 1));
    }
    return leaves;
}

nlohmann::json computed(const Program& program) {
    const TraceTensors keep;
    Leaves leaves = leaves_of(program);
    Tensor loss = program.loss(leaves);
    nlohmann::json row{{"name", program.name}, {"trace", nlohmann::json::parse(explain(loss.label("L")).json())}};
    row["trace"].erase("sources"); // what is not needed to compute
    for (nlohmann::json& t : row["trace"]["tensors"]) t.erase("statistics");
    for (const char* list : {"nodes", "edges"}) {
        for (nlohmann::json& one : row["trace"][list]) one.erase("file"), one.erase("line"), one.erase("contribution");
    }
    Leaves moved = leaves_of(program);
    std::vector<double> first = moved[0].to_vector();
    const std::size_t at = first.size() / 2;
    first[at] += program.move;
    moved[0] = from_vector(first, moved[0].shape()).to(program.dtype).detach();
    moved[0].requires_grad(true);
    Tensor again = program.loss(moved);
    again.backward();
    row["at"] = at, row["to"] = first[at], row["loss"] = again.item();
    for (const Tensor& leaf : moved)
        row["gradients"].push_back(leaf.has_grad() ? leaf.grad().to_vector() : std::vector<double>());
    return row;
}

bool near(const nlohmann::json& a, const nlohmann::json& b) {
    if (a.is_array()) {
        bool same = a.size() == b.size();
        for (std::size_t i = 0; same && i < a.size(); ++i) same = near(a[i], b[i]);
        return same;
    }
    return std::abs(a.get<double>() - b.get<double>()) <= 1e-4 * (1e-3 + std::abs(b.get<double>()));
}

} // namespace

// XGRAD_WRITE_REFERENCE=1 writes them anew.
TEST_CASE("html: the runs of tensors that the page is tested with are those of the library") {
    const std::string path = XGRAD_SOURCE_DIR "/explorer/web/test/tensor_runs.json";
    std::string text = "[\n";
    for (const Program& program : programs()) text += (text.size() > 2 ? ",\n" : "") + computed(program).dump();
    text += "\n]\n";
    if (std::getenv("XGRAD_WRITE_REFERENCE")) std::ofstream(path) << text;
    std::ifstream in(path);
    const nlohmann::json stored = nlohmann::json::parse(in), now = nlohmann::json::parse(text);
    REQUIRE(stored.size() == now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
        INFO(programs()[i].name);
        CHECK(stored[i]["trace"]["nodes"].size() == now[i]["trace"]["nodes"].size());
        CHECK(near(stored[i]["loss"], now[i]["loss"]));
        CHECK(near(stored[i]["gradients"], now[i]["gradients"]));
    }
}
