// Attention and the layers of transformers, and the training of two, beside PyTorch's in float64.
#include <doctest/doctest.h>

#include <functional>

#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include "nn/modules/waves.hpp"
#include "nn/says.hpp"
#include "nn/stored.hpp"

using namespace xg;
using test::append_digest;
using test::message_of;
using test::Numbers;
using test::wave;
using test::Waves;

namespace {

using Tensors = std::vector<Tensor>;
using nn::AttentionResult;
using nn::MultiheadAttention;

const Numbers& golden(const std::string& name) {
    static const auto all = test::stored<Numbers>("nn/modules/transformer_golden.json");
    REQUIRE_MESSAGE(all.count(name) == 1, name);
    return all.at(name);
}

// As transformer_golden.py makes them.
Tensor ignored(const Shape& shape) {
    std::vector<double> all;
    for (Index i = 0; i < shape.numel(); ++i) all.push_back(i % 3 == 1 && i % shape.back() != 0 ? 1 : 0);
    return from_vector(all, shape).to(boolean);
}
Tensor causal(Index n) { return triu(ones({n, n}), 1).to(boolean); }

Tensors waves_of(std::initializer_list<Shape> shapes, bool gradients) {
    Tensors xs;
    for (const Shape& shape : shapes) {
        xs.push_back(wave(shape, static_cast<double>(xs.size()) / 4));
        if (gradients) xs.back().requires_grad(true);
    }
    return xs;
}

template <class M, class F>
void check_module(const std::string& name, M module, const F& call, std::initializer_list<Shape> shapes) {
    Waves waves;
    module.visit_members(waves);
    const Tensors xs = waves_of(shapes, /*gradients=*/true);
    Tensors ys;
    if constexpr (std::is_same_v<decltype(call(module, xs)), Tensor>) {
        ys = {call(module, xs)};
    } else {
        const AttentionResult r = call(module, xs);
        ys = r.weights.defined() ? Tensors{r.output, r.weights} : Tensors{r.output};
    }
    Tensor total = zeros({}, {.dtype = float64});
    for (const Tensor& y : ys) total = total + sum(y * wave(y.shape(), 3));
    total.backward();
    Numbers all;
    for (const Tensor& y : ys) append_digest(all, y);
    for (const Tensor& x : xs) append_digest(all, x.grad());
    for (const Tensor& p : module.parameters()) append_digest(all, p.grad());
    const double worst = test::largest_difference(all, golden(name));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}

template <class M, class F>
void check_training(const std::string& name, M module, const F& call, const Shape& target_shape,
                    std::initializer_list<Shape> shapes) {
    Waves waves;
    module.visit_members(waves);
    const Tensors xs = waves_of(shapes, /*gradients=*/false);
    const Tensor target = wave(target_shape, 2);
    nn::SGD sgd(module.parameters(), {.lr = 0.05, .momentum = 0.9});
    Numbers all;
    for (int step = 0; step < 100; ++step) {
        sgd.zero_grad();
        const Tensor loss = nn::mse_loss(call(module, xs), target);
        loss.backward();
        sgd.step();
        all.push_back(loss.item());
    }
    CHECK(all.back() < all.front() / 2);
    for (const Tensor& p : module.parameters()) append_digest(all, p);
    const double worst = test::largest_difference(all, golden(name));
    CHECK_MESSAGE(worst < 1e-9, name << " differs by " << worst);
}

nn::TransformerLayerOptions small(bool batch_first) {
    return {.dim_feedforward = 12, .dropout = 0, .batch_first = batch_first};
}
nn::TransformerLayerOptions norm_first(double eps) {
    return {.dim_feedforward = 12, .dropout = 0, .activation = "gelu", .layer_norm_eps = eps, .norm_first = true};
}

} // namespace

TEST_CASE("MultiheadAttention gives PyTorch's results, weights and gradients") {
    check_module("attention", MultiheadAttention(8, 2), [](auto& m, const Tensors& x) { return m(x[0], x[1], x[2]); },
                 {{3, 2, 8}, {5, 2, 8}, {5, 2, 8}});
    check_module("attention, each head's weights", MultiheadAttention(8, 4, {.batch_first = true}),
                 [](auto& m, const Tensors& x) { return m(x[0], x[0], x[0], {.average_attn_weights = false}); },
                 {{2, 5, 8}});
    check_module("attention of other sizes",
                 MultiheadAttention(6, 3, {.bias = false, .kdim = 4, .vdim = 5, .batch_first = true}),
                 [](auto& m, const Tensors& x) { return m(x[0], x[1], x[2], {.need_weights = false}); },
                 {{2, 3, 6}, {2, 4, 4}, {2, 4, 5}});
    check_module("attention without a batch", MultiheadAttention(8, 2),
                 [](auto& m, const Tensors& x) { return m(x[0], x[1], x[1], {.key_padding_mask = ignored({6})}); },
                 {{3, 8}, {6, 8}});
}

TEST_CASE("MultiheadAttention takes PyTorch's masks") {
    check_module("attention with a mask and padding", MultiheadAttention(8, 2, {.batch_first = true}),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], x[1], x[1], {.key_padding_mask = ignored({2, 6}), .attn_mask = ignored({3, 6})});
                 },
                 {{2, 3, 8}, {2, 6, 8}});
    check_module("attention with a mask a head", MultiheadAttention(8, 2),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], x[0], x[0], {.need_weights = false, .attn_mask = ignored({6, 4, 4})});
                 },
                 {{4, 3, 8}});
    check_module("attention with an added mask", MultiheadAttention(8, 2),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], x[0], x[0], {.need_weights = false, .attn_mask = wave({4, 4}, 1)});
                 },
                 {{4, 2, 8}});
    for (const bool by_mask : {true, false}) {
        check_module("attention with more keys", MultiheadAttention(8, 2, {.add_bias_kv = true, .add_zero_attn = true}),
                     [by_mask](auto& m, const Tensors& x) {
                         return m(x[0], x[0], x[0],
                                  {.key_padding_mask = ignored({3, 4}),
                                   .attn_mask = by_mask ? causal(4) : Tensor(),
                                   .is_causal = !by_mask});
                     },
                     {{4, 3, 8}});
    }
}

TEST_CASE("a boolean and an added mask together do what each does") {
    MultiheadAttention m(4, 2);
    const Tensor x = randn({3, 1, 4}), padding = tensor({{false, false, true}}, {.dtype = boolean});
    const Tensor added = where(causal(3), -INFINITY, zeros({3, 3}));
    const auto run = [&](const Tensor& mask) {
        return m(x, x, x, {.key_padding_mask = padding, .attn_mask = mask}).output.to_vector();
    };
    CHECK(test::largest_difference(run(added), run(causal(3))) < 1e-6);
}

TEST_CASE("attention by its weights is attention without them") {
    MultiheadAttention m(8, 2);
    const Tensor x = randn({5, 3, 8});
    const Tensor y = m(x, x, x, {.is_causal = true}).output;
    CHECK(test::largest_difference(m(x, x, x, {.need_weights = false, .is_causal = true}).output.to_vector(),
                                   y.to_vector()) < 1e-5);
    CHECK(test::largest_difference(m(x).to_vector(), Tensor(m(x, x, x)).to_vector()) < 1e-5);
}

TEST_CASE("a query that no key is left for gets no NaN and no gradient") {
    MultiheadAttention m(4, 2);
    Tensor x = randn({2, 2, 4}, {.requires_grad = true});
    const Tensor padding = tensor({{false, true}, {true, true}}, {.dtype = boolean});
    for (const bool weights : {true, false}) {
        x.zero_grad();
        const Tensor y = m(x, x, x, {.key_padding_mask = padding, .need_weights = weights}).output;
        sum(y).backward();
        CHECK(select(y, 1, 1).to_vector() == Numbers(8, 0.0)); // out_proj.bias, which starts as zeros
        CHECK(select(x.grad(), 1, 1).to_vector() == Numbers(8, 0.0));
        CHECK(max(abs(select(x.grad(), 1, 0))).item() > 0);
    }
}

TEST_CASE("attention drops weights in training alone") {
    MultiheadAttention m(8, 2, {.dropout = 0.5});
    const Tensor x = randn({6, 2, 8});
    manual_seed(3);
    const Numbers one = m(x).to_vector(), other = m(x).to_vector();
    CHECK(one != other);
    m.eval();
    CHECK(m(x).to_vector() == m(x).to_vector());
}

TEST_CASE("encoder and decoder layers give PyTorch's results and gradients") {
    check_module("encoder layer", nn::TransformerEncoderLayer(8, 2, small(/*batch_first=*/true)),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], {.src_mask = causal(5), .src_key_padding_mask = ignored({2, 5})});
                 },
                 {{2, 5, 8}});
    check_module("encoder layer, norm first, gelu", nn::TransformerEncoderLayer(8, 2, norm_first(1e-3)),
                 [](auto& m, const Tensors& x) { return m(x[0]); }, {{4, 3, 8}});
    check_module("decoder layer", nn::TransformerDecoderLayer(8, 2, small(/*batch_first=*/true)),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], x[1],
                              {.memory_mask = ignored({4, 6}),
                               .tgt_key_padding_mask = ignored({2, 4}),
                               .memory_key_padding_mask = ignored({2, 6}),
                               .tgt_is_causal = true});
                 },
                 {{2, 4, 8}, {2, 6, 8}});
    check_module("decoder layer, norm first, gelu", nn::TransformerDecoderLayer(8, 2, norm_first(1e-5)),
                 [](auto& m, const Tensors& x) { return m(x[0], x[1]); }, {{4, 2, 8}, {3, 2, 8}});
}

TEST_CASE("stacks of layers give PyTorch's results and gradients") {
    const nn::TransformerEncoderLayer encoder(8, 2, small(/*batch_first=*/false));
    check_module("encoder", nn::TransformerEncoder(encoder, 3, nn::LayerNorm(8)),
                 [](auto& m, const Tensors& x) { return m(x[0], {.is_causal = true}); }, {{4, 2, 8}});
    const nn::TransformerDecoderLayer decoder(8, 2, small(/*batch_first=*/false));
    check_module("decoder", nn::TransformerDecoder(decoder, 2, nn::LayerNorm(8)),
                 [](auto& m, const Tensors& x) { return m(x[0], x[1], {.tgt_mask = causal(4)}); },
                 {{4, 2, 8}, {3, 2, 8}});
}

TEST_CASE("Transformer gives PyTorch's results and gradients") {
    check_module("transformer",
                 nn::Transformer(8, 2,
                                 {.num_encoder_layers = 2,
                                  .num_decoder_layers = 2,
                                  .dim_feedforward = 12,
                                  .dropout = 0,
                                  .batch_first = true}),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], x[1],
                              {.src_mask = wave({5, 5}, 1),
                               .tgt_mask = causal(4),
                               .memory_mask = ignored({4, 5}),
                               .src_key_padding_mask = ignored({2, 5}),
                               .tgt_key_padding_mask = ignored({2, 4}),
                               .memory_key_padding_mask = ignored({2, 5})});
                 },
                 {{2, 5, 8}, {2, 4, 8}});
    check_module("transformer, norm first, gelu",
                 nn::Transformer(8, 2,
                                 {.num_encoder_layers = 1,
                                  .num_decoder_layers = 2,
                                  .dim_feedforward = 12,
                                  .dropout = 0,
                                  .activation = "gelu",
                                  .layer_norm_eps = 1e-3,
                                  .norm_first = true}),
                 [](auto& m, const Tensors& x) {
                     return m(x[0], x[1], Tensor(),
                              nn::Transformer::generate_square_subsequent_mask(4, {.dtype = float64}));
                 },
                 {{5, 2, 8}, {4, 2, 8}});
}

TEST_CASE("the causal options of a Transformer are its causal masks") {
    nn::Transformer m(4, 2, {.num_encoder_layers = 1, .num_decoder_layers = 1, .dim_feedforward = 8, .dropout = 0});
    const Tensor src = randn({5, 3, 4}), tgt = randn({5, 3, 4}), mask = causal(5);
    const auto same = [](const Tensor& a, const Tensor& b) {
        return test::largest_difference(a.to_vector(), b.to_vector()) < 1e-5;
    };
    CHECK(same(m(src, tgt, {.src_is_causal = true}), m(src, tgt, mask)));
    CHECK(same(m(src, tgt, {.tgt_is_causal = true}), m(src, tgt, Tensor(), mask)));
    CHECK(same(m(src, tgt, {.memory_is_causal = true}), m(src, tgt, Tensor(), Tensor(), mask)));
    CHECK_FALSE(same(m(src, tgt, mask), m(src, tgt)));
    CHECK_FALSE(same(m(src, tgt, Tensor(), mask), m(src, tgt)));
}

TEST_CASE("layers and stacks take masks behind the other tensors, too") {
    const nn::TransformerEncoderLayer encoder_layer(4, 2, small(/*batch_first=*/false));
    const nn::TransformerDecoderLayer decoder_layer(4, 2, small(/*batch_first=*/false));
    const Tensor x = randn({5, 2, 4}), y = randn({3, 2, 4}), padding = ignored({2, 5});
    const Tensor memory_mask = ignored({5, 3});
    const auto check = [](const Tensor& a, const Tensor& b, const Tensor& unmasked) {
        CHECK(a.to_vector() == b.to_vector());
        CHECK(a.to_vector() != unmasked.to_vector());
    };
    const auto encoders = [&](auto m) {
        check(m(x, causal(5)), m(x, {.src_mask = causal(5)}), m(x));
        check(m(x, Tensor(), padding), m(x, {.src_key_padding_mask = padding}), m(x));
    };
    const auto decoders = [&](auto m) {
        check(m(x, y, causal(5)), m(x, y, {.tgt_mask = causal(5)}), m(x, y));
        check(m(x, y, Tensor(), memory_mask), m(x, y, {.memory_mask = memory_mask}), m(x, y));
    };
    encoders(encoder_layer);
    encoders(nn::TransformerEncoder(encoder_layer, 2));
    decoders(decoder_layer);
    decoders(nn::TransformerDecoder(decoder_layer, 2));
}

TEST_CASE("the causal mask of a Transformer is PyTorch's") {
    const Tensor mask = nn::Transformer::generate_square_subsequent_mask(2);
    CHECK(mask.dtype() == float32);
    CHECK(mask.to_vector() == Numbers{0, -INFINITY, 0, 0});
}

TEST_CASE("a Transformer starts with matrices of its own in every layer") {
    nn::Transformer m(8, 2, {.num_encoder_layers = 2, .num_decoder_layers = 2, .dim_feedforward = 12});
    CHECK(m.encoder.layers[0].linear1.weight.to_vector() != m.encoder.layers[1].linear1.weight.to_vector());
    CHECK(m.decoder.layers[0].multihead_attn.in_proj_weight.to_vector() !=
          m.decoder.layers[1].multihead_attn.in_proj_weight.to_vector());
    // Xavier's bound for (12, 8), far beyond the 1 / sqrt(8) of a Linear.
    const double largest = max(abs(m.encoder.layers[0].linear1.weight)).item();
    CHECK(largest <= std::sqrt(6.0 / 20));
    CHECK(largest > std::sqrt(1.0 / 8));
    CHECK(m.encoder.norm->weight.to_vector() == Numbers(8, 1.0));
    CHECK(nn::Transformer(8, 2, {.num_encoder_layers = 1, .num_decoder_layers = 1}).parameter_count() > 0);
}

TEST_CASE("a Transformer refuses a source and a target that do not go together") {
    const nn::TransformerOptions small_model{.num_encoder_layers = 1, .num_decoder_layers = 1, .dim_feedforward = 8};
    nn::Transformer m(4, 2, small_model);
    CHECK_SAYS(message_of<ShapeError>([&] {
                   m(zeros({3, 2, 4}), zeros({3, 1, 4}));
               }),
               "src has shape (3, 2, 4) and tgt (3, 1, 4)");
    CHECK_SAYS(message_of<ShapeError>([&] { m(zeros({3, 2, 5}), zeros({3, 2, 5})); }), "(length, batch, 4)");
    CHECK_SAYS(message_of<ShapeError>([&] { m(zeros({3, 4}), zeros({3, 2, 4})); }), "expected");
    CHECK_SAYS(message_of<ValueError>([&] { nn::Transformer(6, 4, small_model); }), "4 heads do not divide 6");
    CHECK_SAYS(message_of<ValueError>([] { nn::Transformer(4, 2, {.num_decoder_layers = -1}); }), "num_layers is -1");
    CHECK_SAYS(message_of<ValueError>([] { nn::Transformer::generate_square_subsequent_mask(-1); }), "size is -1");
}

TEST_CASE("a hundred steps of transformer layers give PyTorch's losses and parameters") {
    check_training("encoder layer trained", nn::TransformerEncoderLayer(8, 2, small(/*batch_first=*/true)),
                   [](auto& m, const Tensors& x) { return m(x[0], {.is_causal = true}); }, {2, 5, 8}, {{2, 5, 8}});
    check_training("decoder layer trained", nn::TransformerDecoderLayer(8, 2, norm_first(1e-5)),
                   [](auto& m, const Tensors& x) { return m(x[0], x[1], {.tgt_is_causal = true}); }, {4, 2, 8},
                   {{4, 2, 8}, {3, 2, 8}});
    check_training(
        "transformer trained",
        nn::Transformer(8, 2, {.num_encoder_layers = 1, .num_decoder_layers = 1, .dim_feedforward = 12, .dropout = 0}),
        [](auto& m, const Tensors& x) { return m(x[0], x[1], {.tgt_is_causal = true}); }, {4, 2, 8},
        {{5, 2, 8}, {4, 2, 8}});
}

TEST_CASE("transformer layers have PyTorch's names in their state") {
    const nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(8, 2), 1, nn::LayerNorm(8));
    CHECK(test::names_of(encoder.state_dict()) ==
          test::Names{"layers.0.self_attn.in_proj_weight", "layers.0.self_attn.in_proj_bias",
                      "layers.0.self_attn.out_proj.weight", "layers.0.self_attn.out_proj.bias",
                      "layers.0.linear1.weight", "layers.0.linear1.bias", "layers.0.linear2.weight",
                      "layers.0.linear2.bias", "layers.0.norm1.weight", "layers.0.norm1.bias", "layers.0.norm2.weight",
                      "layers.0.norm2.bias", "norm.weight", "norm.bias"});
    CHECK(test::names_of(MultiheadAttention(4, 2, {.add_bias_kv = true, .kdim = 3}).state_dict()) ==
          test::Names{"q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias", "bias_k", "bias_v",
                      "out_proj.weight", "out_proj.bias"});
    CHECK(encoder.parameter_count() == nn::TransformerEncoderLayer(8, 2).parameter_count() + 16);
}

TEST_CASE("layers of a stack start alike and train apart") {
    nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(4, 2, {.dim_feedforward = 8}), 2);
    CHECK(encoder.layers[0].linear1.weight.to_vector() == encoder.layers[1].linear1.weight.to_vector());
    encoder.layers[0].linear1.weight = zeros({8, 4});
    CHECK(max(abs(encoder.layers[1].linear1.weight)).item() > 0);
}

TEST_CASE("attention and transformer layers refuse what cannot be and say why") {
    CHECK_SAYS(message_of<ValueError>([] { MultiheadAttention(10, 3); }), "3 heads do not divide 10 entries");
    CHECK_SAYS(message_of<ValueError>([] { MultiheadAttention(0, 1); }), "0 entries in 1 heads");
    CHECK_SAYS(message_of<ValueError>([] { MultiheadAttention(4, 2, {.dropout = 2}); }), "dropout is 2");
    CHECK_SAYS(message_of<ValueError>([] { nn::TransformerEncoderLayer(6, 4); }), "4 heads do not divide 6 entries");
    CHECK_SAYS(message_of<ValueError>([] { nn::TransformerEncoderLayer(4, 2, {.activation = "tanhh"}); }),
               "the activation is 'tanhh'");
    CHECK_SAYS(message_of<ValueError>([] { nn::TransformerEncoderLayer(4, 2, {.dropout = -1}); }), "is -1");
    CHECK_SAYS(message_of<ValueError>([] { nn::TransformerEncoder(nn::TransformerEncoderLayer(4, 2), -1); }),
               "num_layers is -1");
    MultiheadAttention m(4, 2);
    const Tensor x = zeros({3, 2, 4}), y = zeros({5, 2, 4});
    CHECK_SAYS(message_of<ShapeError>([&] { m(zeros({3, 2, 5})); }), "the queries have shape (3, 2, 5)");
    CHECK_SAYS(message_of<ShapeError>([&] { m(zeros({4})); }), "the queries have shape (4,)");
    CHECK_SAYS(message_of<ShapeError>([&] { m(x, y, x); }), "as many values as keys");
    CHECK_SAYS(message_of<ShapeError>([&] { m(x, zeros({5, 1, 4}), zeros({5, 1, 4})); }), "one batch");
    CHECK_SAYS(message_of<ShapeError>([&] {
                   m(x, y, y, {.attn_mask = zeros({3, 3})});
               }),
               "expected (3, 5) or (4, 3, 5)");
    CHECK_SAYS(message_of<ShapeError>([&] { m(x, y, y, {.key_padding_mask = zeros({5, 2})}); }), "expected (2, 5)");
    CHECK_SAYS(message_of<DTypeError>([&] {
                   m(x, y, y, {.attn_mask = zeros({3, 5}, {.dtype = int64})});
               }),
               "attn_mask has dtype int64");
    CHECK_SAYS(message_of<StateError>([] { nn::TransformerDecoderLayer(4, 2)(zeros({3, 2, 4})); }), "forward");
}
