#include "nn/registry/entry.hpp"

namespace xg::test {
namespace {

const char* const encoder_formula =
    "x = norm1(x + self_attn(x)), x = norm2(x + linear2(activation(linear1(x)))); with norm_first x = x + "
    "self_attn(norm1(x)) and so on";
const char* const decoder_formula =
    "x = norm1(x + self_attn(x)), x = norm2(x + multihead_attn(x, memory)), x = norm3(x + "
    "linear2(activation(linear1(x)))); with norm_first x = x + self_attn(norm1(x)) and so on";

} // namespace

std::vector<ModuleEntry> attention_entries() {
    return {
        {.name = "MultiheadAttention",
         .formula =
             "out_proj of the heads side by side; each softmax(q k^T / sqrt(entries of a head) + mask) v of its part "
             "of the projected q, k, v",
         .shapes =
             "(L, N, embed_dim), (S, N, kdim), (S, N, vdim) -> (L, N, embed_dim); N first with batch_first, or without",
         .snippet =
             "nn::MultiheadAttention attention(8, 2);\nTensor x = ones({5, 3, 8});\nauto [y, weights] = attention(x, "
             "x, "
             "x, {.is_causal = true});\nstd::cout << y.shape().str() << \" \" << weights.shape().str() << \"\\n\";",
         .prints = "(5, 3, 8) (3, 5, 5)",
         .instances =
             {instance(MAKE(nn::MultiheadAttention(4, 2, {.batch_first = true})),
                       {wave({2, 3, 4}), wave({2, 5, 4}, 1), wave({2, 5, 4}, 2)},
                       {.torch = "MultiheadAttention(4, 2, batch_first=True)"}),
              instance(MAKE(nn::MultiheadAttention(6, 3, {.dropout = 0.25, .bias = false, .kdim = 2, .vdim = 3})),
                       {wave({3, 2, 6}), wave({4, 2, 2}, 1), wave({4, 2, 3}, 2)},
                       {.torch = "MultiheadAttention(6, 3, dropout=0.25, bias=False, kdim=2, vdim=3)",
                        .differs = true,
                        .batch_axis = 1}),
              instance(MAKE(nn::MultiheadAttention(4, 2, {.add_bias_kv = true, .add_zero_attn = true})),
                       {wave({3, 2, 4}), wave({3, 2, 4}, 1), wave({3, 2, 4}, 2)},
                       {.torch = "MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)", .batch_axis = 1})}},
        {.name = "TransformerEncoderLayer",
         .formula = encoder_formula,
         .shapes = "(L, N, d_model), or (N, L, d_model) with batch_first, or (L, d_model) -> the same",
         .snippet =
             "nn::TransformerEncoderLayer layer(8, 2, {.dim_feedforward = 16});\nstd::cout << layer(ones({5, 3, 8}), "
             "{.is_causal = true}).shape().str() << \"\\n\";",
         .prints = "(5, 3, 8)",
         .instances =
             {instance(MAKE(nn::TransformerEncoderLayer(
                           4, 2, {.dim_feedforward = 6, .dropout = 0.25, .activation = "gelu", .batch_first = true})),
                       {wave({2, 3, 4})},
                       {.torch = "TransformerEncoderLayer(4, 2, 6, 0.25, 'gelu', batch_first=True)", .differs = true}),
              instance(MAKE(nn::TransformerEncoderLayer(
                           4, 2, {.dim_feedforward = 6, .dropout = 0, .activation = "gelu", .norm_first = true})),
                       {wave({3, 2, 4})},
                       {.torch = "TransformerEncoderLayer(4, 2, 6, 0.0, 'gelu', norm_first=True)", .batch_axis = 1})}},
        {.name = "TransformerDecoderLayer",
         .formula = decoder_formula,
         .shapes =
             "(L, N, d_model) and memory (S, N, d_model), N first with batch_first, or without -> (L, N, d_model)",
         .snippet =
             "nn::TransformerDecoderLayer layer(8, 2, {.dim_feedforward = 16});\nstd::cout << layer(ones({5, 3, 8}), "
             "ones({4, 3, 8}), {.tgt_is_causal = true}).shape().str() << \"\\n\";",
         .prints = "(5, 3, 8)",
         .instances = {instance(
             MAKE(nn::TransformerDecoderLayer(
                 4, 2, {.dim_feedforward = 6, .dropout = 0.25, .activation = "gelu", .batch_first = true})),
             {wave({2, 3, 4}), wave({2, 2, 4}, 1)},
             {.torch = "TransformerDecoderLayer(4, 2, 6, 0.25, 'gelu', batch_first=True)", .differs = true})}},
        {.name = "TransformerEncoder",
         .formula = "num_layers copies of an encoder layer after each other, then the norm if there is one",
         .shapes = "those of TransformerEncoderLayer",
         .snippet =
             "nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(8, 2), 3, nn::LayerNorm(8));\nstd::cout << "
             "encoder(ones({5, 3, 8})).shape().str() << \"\\n\";",
         .prints = "(5, 3, 8)",
         .instances = {instance(
             MAKE(nn::TransformerEncoder(
                 nn::TransformerEncoderLayer(4, 2, {.dim_feedforward = 6, .dropout = 0, .activation = "gelu"}), 2,
                 nn::LayerNorm(4))),
             {wave({3, 2, 4})},
             {.torch = "TransformerEncoder(TransformerEncoderLayer(4, 2, 6, 0.0, 'gelu'), 2, LayerNorm(4))",
              .batch_axis = 1})}},
        {.name = "TransformerDecoder",
         .formula = "num_layers copies of a decoder layer after each other, then the norm if there is one",
         .shapes = "those of TransformerDecoderLayer",
         .snippet =
             "nn::TransformerDecoder decoder(nn::TransformerDecoderLayer(8, 2), 3);\nstd::cout << decoder(ones({5, 3, "
             "8}), ones({4, 3, 8})).shape().str() << \"\\n\";",
         .prints = "(5, 3, 8)",
         .instances = {instance(
             MAKE(nn::TransformerDecoder(
                 nn::TransformerDecoderLayer(4, 2, {.dim_feedforward = 6, .dropout = 0, .activation = "gelu"}), 2)),
             {wave({3, 2, 4}), wave({2, 2, 4}, 1)},
             {.torch = "TransformerDecoder(TransformerDecoderLayer(4, 2, 6, 0.0, 'gelu'), 2)", .batch_axis = 1})}},
        {.name = "Transformer",
         .formula = "decoder(tgt, encoder(src)), each a stack of layers with a norm behind it",
         .shapes = "(S, N, d_model) and (L, N, d_model), N first with batch_first, or without -> (L, N, d_model)",
         .snippet = "nn::Transformer model(8, 2, {.num_encoder_layers = 2, .num_decoder_layers = 2, .dim_feedforward = "
                    "16});\nTensor src = ones({5, 3, 8}), tgt = ones({4, 3, 8});\nstd::cout << model(src, tgt, "
                    "{.tgt_is_causal = true}).shape().str() << \"\\n\";",
         .prints = "(4, 3, 8)",
         .instances = {instance(
             MAKE(nn::Transformer(4, 2,
                                  {.num_encoder_layers = 1,
                                   .num_decoder_layers = 2,
                                   .dim_feedforward = 6,
                                   .dropout = 0.25,
                                   .activation = "gelu",
                                   .batch_first = true})),
             {wave({2, 3, 4}), wave({2, 2, 4}, 1)},
             {.torch = "Transformer(4, 2, 1, 2, 6, 0.25, 'gelu', batch_first=True)", .differs = true})}},
    };
}

std::vector<ModuleEntry> position_entries() {
    return {
        {.name = "SinusoidalEncoding",
         .formula = "x plus, at position p, sin(p / 10000^(2i / d_model)) in entry 2i and the cosine in entry 2i + 1",
         .shapes = "(L, N, d_model), or (N, L, d_model) with batch_first, or (L, d_model) -> the same",
         .snippet = "nn::SinusoidalEncoding positions(2);\nstd::cout << positions(zeros({2, 2})) << \"\\n\";",
         .prints = "[[0.         1.        ]\n [0.84147096 0.5403023 ]]",
         .instances = {instance(MAKE(nn::SinusoidalEncoding(5)), {wave({3, 2, 5})}, {.batch_axis = 1}),
                       instance(MAKE(nn::SinusoidalEncoding(4, {.max_len = 3, .dropout = 0.4, .batch_first = true})),
                                {wave({3, 3, 4})}, {.differs = true})}},
        {.name = "LearnedEncoding",
         .formula = "x plus row p of weight at position p",
         .shapes = "(L, N, d_model), or (N, L, d_model) with batch_first, or (L, d_model) -> the same",
         .snippet = "nn::LearnedEncoding positions(64, 8);\nstd::cout << positions(zeros({5, 3, 8})).shape().str() << "
                    "\"\\n\";",
         .prints = "(5, 3, 8)",
         .instances = {instance(MAKE(nn::LearnedEncoding(4, 3)), {wave({3, 2, 3})}, {.batch_axis = 1})}},
        {.name = "RotaryEncoding",
         .formula = "pair i of the entries at position p turned by the angle p base^(-2i / width)",
         .shapes = "(*, L, width) -> the same",
         .snippet = "nn::RotaryEncoding rotary(2);\nstd::cout << rotary(tensor({{1, 0}, {1, 0}})) << \"\\n\";",
         .prints = "[[1.         0.        ]\n [0.5403023  0.84147096]]",
         .instances = {instance(MAKE(nn::RotaryEncoding(4)), {wave({2, 3, 4})}),
                       instance(MAKE(nn::RotaryEncoding(4, {.base = 50, .interleaved = false})), {wave({2, 3, 4})})}},
    };
}

} // namespace xg::test
