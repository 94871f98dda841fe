// What a summary counts, against numbers worked out by hand.
#include <nn/train/summary.hpp>

#include <autograd/autograd.hpp>
#include <nn/module_extras_internal.hpp>
#include <nn/nn.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::Names;

namespace {

struct Net : nn::Module {
    nn::Conv2d conv{1, 4, 3};
    nn::BatchNorm2d norm{4};
    nn::Linear head{4 * 6 * 6, 10};
    Tensor forward(const Tensor& x) override { return head(flatten(relu(norm(conv(x))), 1, -1)); }
    XGRAD_MODULE(conv, norm, head)
};

} // namespace

TEST_CASE("a summary counts calls, shapes, parameters, multiply-adds and bytes") {
    Net net;
    const nn::Summary s = nn::summary(net, randn({2, 1, 8, 8}));
    Names names;
    for (const auto& row : s.rows) names.push_back(row.name + " " + row.class_name + " " + row.output.str());
    CHECK(names ==
          Names{" Net (2, 10)", "conv Conv2d (2, 4, 6, 6)", "norm BatchNorm2d (2, 4, 6, 6)", "head Linear (2, 10)"});
    CHECK(s.rows[1].parameters == 40);
    CHECK(s.rows[1].multiply_adds == 2 * 4 * 36 * 9); // numbers of the result times the field
    CHECK(s.rows[3].multiply_adds == 2 * 10 * 144);
    CHECK(s.rows[1].forward_bytes == 2 * 4 * 36 * 4);
    CHECK(s.rows[3].forward_bytes == 2 * 10 * 4);
    CHECK(s.rows[3].backward_bytes == 4 * (2 * 144 + 1440 + 10)); // of x, weight and bias
    CHECK(s.parameters == 40 + 8 + 1450);
    CHECK(s.rows[0].parameters == s.parameters);
    CHECK(s.multiply_adds == s.rows[1].multiply_adds + s.rows[3].multiply_adds);
    CHECK(s.rows[0].forward_bytes >= s.rows[1].forward_bytes + s.rows[2].forward_bytes + s.rows[3].forward_bytes);
    CHECK(s.forward_seconds > 0);
    CHECK(s.backward_seconds > 0);
    CHECK(s.rows[1].seconds <= s.rows[0].seconds);
}

TEST_CASE("a summary counts the projections of attention and of an LSTM") {
    nn::MultiheadAttention attention(8, 2); // x to itself: (5 positions, 3 examples, 8)
    const nn::Summary a = nn::summary(attention, randn({5, 3, 8}));
    CHECK(a.parameters == 24 * 8 + 24 + 8 * 8 + 8);
    CHECK(a.multiply_adds == 15 * 8 * 24 + 3 * 5 * 5 * (8 + 8) + 15 * 8 * 8); // in, scores and values of all heads, out

    nn::LSTM plain(4, 6), projected(4, 6, {.proj_size = 2});
    const Tensor x = randn({7, 3, 4});
    CHECK(nn::summary(plain, x).multiply_adds == 7 * 3 * 24 * (4 + 6));
    const nn::Summary p = nn::summary(projected, x);
    CHECK(p.multiply_adds == 7 * 3 * (24 * (4 + 2) + 2 * 6));
    CHECK(p.parameters == 24 * (4 + 2) + 2 * 24 + 2 * 6);
    nn::GRU both(4, 6, {.num_layers = 2, .bidirectional = true});
    CHECK(nn::summary(both, x).multiply_adds == 2 * 7 * 3 * 18 * (4 + 6 + 12 + 6));
}

TEST_CASE("a summary counts the weights of attention that is asked for them, cells and bilinear layers") {
    struct Asking {
        static Index of(nn::Module& m, const Tensor& x) { return nn::summary(m, x).multiply_adds; }
    };
    nn::Sequential weighted([](const Tensor& x) { return matmul(attention_weights(x, x), x); });
    CHECK(Asking::of(weighted, randn({3, 5, 4})) == 3 * 5 * 5 * (4 + 4));
    nn::Sequential cell(nn::LSTMCell(4, 6));
    CHECK(Asking::of(cell, randn({3, 4})) == 3 * 24 * (4 + 6));
}

TEST_CASE("a summary leaves gradients, running statistics, hooks and the generator as they were") {
    manual_seed(5);
    nn::Sequential net(nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Dropout(0.5));
    const auto state = net.state_dict();
    const auto generator = default_generator().state();
    nn::summary(net, ones({2, 3}));
    for (const auto& [name, t] : net.state_dict()) CHECK(t.to_vector() == state.at(name).to_vector());
    for (const Tensor& p : net.parameters()) CHECK_FALSE(p.has_grad());
    CHECK(default_generator().state() == generator);
    CHECK(net.is_training());
}

TEST_CASE("a summary lists a module for each call and counts what is frozen apart") {
    nn::Sequential inner(nn::Linear(3, 3), nn::Tanh());
    nn::Sequential net(nn::Linear(3, 3), inner);
    nn::freeze(net, "1");
    const nn::Summary s = nn::summary(net, ones({2, 3}), {.backward = false});
    CHECK(s.rows.size() == 5);
    CHECK(s.rows[3].name == "1.0");
    CHECK(s.rows[3].depth == 2);
    CHECK(s.parameters == 24);
    CHECK(s.trained_parameters == 12);
    CHECK(s.backward_bytes == 0);
    const std::string text = s.text();
    CHECK_SAYS(text, "layer");
    CHECK_SAYS(text, "    0: Linear");
    CHECK_SAYS(text, "24 parameters, 12 trained, 96 B");
}

TEST_CASE("a summary of an input that does not fit is the error of the call, and leaves no hooks") {
    nn::Linear net(3, 2);
    test::message_of<ShapeError>([&] { nn::summary(net, ones({2, 4})); });
    CHECK_FALSE(net.extras().get()->hooked());
}
