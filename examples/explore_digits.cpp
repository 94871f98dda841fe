// A digit that a trained network misreads, walked from its pixels to the loss and back: which filters and which pixels
// made it answer so?
//
//     explore_digits [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cstring>
#include <iostream>

#include "support/digits.hpp"
#include "support/explore.hpp"

using namespace xg;

namespace {

struct Net : nn::Module {
    nn::Conv2d strokes{1, 4, 3, {.padding = 1}}, parts{4, 8, 3, {.padding = 1}};
    nn::Linear out{8 * 2 * 2, 10};

    Tensor forward(const Tensor& x) override {
        const Tensor a = max_pool2d(relu(strokes(x)), 2); // (N, 4, 4, 4)
        const Tensor b = max_pool2d(relu(parts(a)), 2);   // (N, 8, 2, 2)
        return out(flatten(b, 1));
    }
    XGRAD_MODULE(strokes, parts, out)
};

Tensor as_images(const Tensor& x) { return reshape(x, {-1, 1, 8, 8}); }

void train(Net& net, const Digits& digits, int epochs) {
    nn::Adam adam(net.parameters(), {.lr = 5e-3});
    nn::DataLoader batches(nn::TensorDataset{as_images(digits.x), digits.y},
                           {.batch_size = 32, .shuffle = true, .seed = 7});
    for (int epoch = 0; epoch < epochs; ++epoch) {
        for (auto& batch : batches) {
            adam.zero_grad();
            nn::cross_entropy(net(batch.x), batch.y).backward();
            adam.step();
        }
    }
    adam.zero_grad();
}

// The held-out image that the network is most sure of and wrong about.
Index worst(Net& net, const Digits& digits) {
    const Tensor p = no_grad([&] { return softmax(net(as_images(digits.x)), 1); });
    const auto read = argmax(p, 1).to_vector<std::int64_t>(), actual = digits.y.to_vector<std::int64_t>();
    const std::vector<double> sure = max(p, 1).to_vector();
    Index found = 0;
    double most = -1;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (read[i] != actual[i] && sure[i] > most) most = sure[i], found = static_cast<Index>(i);
    }
    return found;
}

// Dark where much ink is, as characters.
void print(const Tensor& image) {
    const std::vector<double> pixels = image.to_vector();
    for (std::size_t i = 0; i < 64; ++i)
        std::cout << " .:-=+*#%@"[static_cast<int>(std::min(9.0, pixels[i] * 9.99))] << (i % 8 == 7 ? "\n" : "");
}

} // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    manual_seed(7);
    const auto [train_set, held_out] = load_digits();
    Net net;
    train(net, train_set, quick ? 2 : 25);
    const double accuracy = no_grad([&] { return nn::accuracy(net(as_images(held_out.x)), held_out.y); });
    std::cout << "held-out accuracy: " << 100 * accuracy << " %\n";

    const TraceTensors keep;
    const Index at = worst(net, held_out);
    Tensor x = as_images(held_out.x[at]).clone().detach().requires_grad(true);
    Tensor logits = net(x);
    Tensor L = nn::cross_entropy(logits, reshape(held_out.y[at], {1}));
    x.label("pixels"), logits.label("logits"), L.label("L");
    print(x);
    std::cout << "is a " << held_out.y[at].item<int>() << ", read as a " << argmax(logits).item<int>() << " with "
              << 100 * max(softmax(logits.detach(), 1)).item() << " % certainty\n\n";

    const Explanation run = explain(L, {.most_elements = 1024});
    const Trace& trace = run.trace();
    // Where more ink would have helped: the loss falls with it.
    const TraceTensor& slope = trace.tensors[trace.nodes[trace.find("pixels")].gradient_tensor];
    std::cout << "dL/dpixels is from " << slope.statistics.min << " to " << slope.statistics.max << "\n";
    std::cout << "\nthe logit of its digit, as the products that add up to it:\n"
              << run.element("logits", {0, held_out.y[at].item<Index>()}).check({.results = false}).text() << "\n";
    return example::show(run, "explore_digits");
}
