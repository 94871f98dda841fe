// The training step of a small transformer: 4 layers of 128 entries and 4 heads with a feed-forward of 512, causal, on 16
// sequences of 64 tokens out of 64.
#include "workload.hpp"

#ifdef BENCH_TORCH
namespace t = torch;
namespace {
struct Net : t::nn::Module {
    t::nn::Embedding embed{nullptr};
    t::nn::TransformerEncoder encoder{nullptr};
    t::nn::Linear out{nullptr};
    t::Tensor positions, mask;

    Net() {
        embed = register_module("embed", t::nn::Embedding(64, 128));
        const auto layer = t::nn::TransformerEncoderLayer(
            t::nn::TransformerEncoderLayerOptions(128, 4).dim_feedforward(512).dropout(0));
        encoder = register_module("encoder", t::nn::TransformerEncoder(t::nn::TransformerEncoderOptions(layer, 4)));
        out = register_module("out", t::nn::Linear(128, 64));
        positions = register_parameter("positions", t::randn({64, 1, 128}));
        mask = t::triu(t::full({64, 64}, -INFINITY), 1);
    }
    t::Tensor forward(const t::Tensor& tokens) { return out(encoder(embed(tokens) + positions, mask)); }
};
} // namespace

int main() {
    bench::start();
    Net net;
    t::optim::AdamW adam(net.parameters(), t::optim::AdamWOptions(1e-3));
    const auto tokens = t::randint(0, 64, {64, 16}), next = t::randint(0, 64, {64 * 16});
    return bench::run({{"transformer of 4 layers, 128 wide, causal, 16 x 64 tokens, AdamW",
                        [&] {
                            adam.zero_grad();
                            t::nn::functional::cross_entropy(net.forward(tokens).view({-1, 64}), next).backward();
                            adam.step();
                        }},
                       {"AdamW alone, 818,000 parameters", [&] { adam.step(); }}});
}
#else
using namespace xg;
struct Net : nn::Module {
    nn::Embedding embed{64, 128};
    nn::Parameter positions = randn({64, 1, 128});
    nn::TransformerEncoder encoder{nn::TransformerEncoderLayer(128, 4, {.dim_feedforward = 512, .dropout = 0}), 4};
    nn::Linear out{128, 64};
    Tensor forward(const Tensor& tokens) override {
        return out(encoder(embed(tokens) + positions, {.is_causal = true}));
    }
    XGRAD_MODULE(embed, positions, encoder, out)
};

int main() {
    bench::start();
    Net net;
    nn::AdamW adam(net.parameters(), {.lr = 1e-3});
    const Tensor tokens = randint(0, 64, {64, 16}), next = randint(0, 64, {64 * 16});
    return bench::run({{"transformer of 4 layers, 128 wide, causal, 16 x 64 tokens, AdamW",
                        [&] {
                            adam.zero_grad();
                            nn::cross_entropy(reshape(net(tokens), {-1, 64}), next).backward();
                            adam.step();
                        }},
                       {"AdamW alone, 818,000 parameters", [&] { adam.step(); }}});
}
#endif
