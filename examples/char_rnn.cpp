// An LSTM reads seven of Shakespeare's sonnets character by character and learns to foresee the next one. It is measured, in
// bits a character, on an eighth that it has never read, beside what letters and pairs of letters alone foretell; then it
// writes lines of its own.
//
//     char_rnn [--steps N] [--seed N] [--report FILE] [--quick]
//
// After: Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks, 2015.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

struct Text {
    std::string alphabet;                 // every character once
    std::vector<std::int64_t> read, kept; // to learn from, and the last sonnet
};

Text load() {
    const std::string path = XGRAD_EXAMPLE_DATA "/sonnets.txt";
    std::ifstream file(path);
    if (!file) throw std::runtime_error("cannot read " + path);
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    Text text;
    for (const char c : all) {
        if (text.alphabet.find(c) == std::string::npos) text.alphabet += c;
    }
    const std::size_t last = all.rfind("\n\n") + 2;
    for (std::size_t i = 0; i < all.size(); ++i) {
        (i < last ? text.read : text.kept).push_back(static_cast<std::int64_t>(text.alphabet.find(all[i])));
    }
    return text;
}

struct Reader : nn::Module {
    nn::Embedding letters;
    nn::LSTM memory{24, 128};
    nn::Dropout drop{0.4};
    nn::Linear out;

    explicit Reader(Index count) : letters(count, 24), out(128, count) {}
    /// (steps, N) -> the logits of the next character, (steps, N, count).
    Tensor forward(const Tensor& x) override { return out(drop(memory(letters(x)))); }
    XGRAD_MODULE(letters, memory, drop, out)
};

// The next characters' negative log-likelihood, in nats.
Tensor surprise(Reader& net, const Tensor& characters) {
    const Index steps = characters.shape(0) - 1;
    const Tensor logits = net(slice(characters, 0, 0, steps));
    return nn::cross_entropy(flatten(logits, 0, 1), flatten(slice(characters, 0, 1, none)));
}

// Windows of 64 characters and the next one, from random places, side by side.
Tensor draw_windows(const std::vector<std::int64_t>& text, Index count) {
    constexpr Index length = 65;
    const auto begins = randint(0, static_cast<Index>(text.size()) - length, {count}).to_vector<Index>();
    std::vector<std::int64_t> windows;
    for (Index t = 0; t < length; ++t) {
        for (const Index begin : begins) windows.push_back(text[static_cast<std::size_t>(begin + t)]);
    }
    return from_vector(windows, {length, count});
}

double bits(double nats) { return nats / std::log(2.0); }

double bits_on_kept(Reader& net, const Text& text) {
    net.eval();
    const double nats = no_grad([&] {
        return surprise(net, from_vector(text.kept, {static_cast<Index>(text.kept.size()), 1})).item();
    });
    net.train();
    return bits(nats);
}

// What counts of single characters, or of pairs, foretell; every count begins at a half.
double bits_by_counts(const Text& text, bool pairs) {
    const std::size_t n = text.alphabet.size();
    std::vector<double> count(n * n, 0.5), total(n, 0.5 * static_cast<double>(n));
    for (std::size_t i = 1; i < text.read.size(); ++i) {
        const auto before = pairs ? static_cast<std::size_t>(text.read[i - 1]) : 0;
        ++count[before * n + static_cast<std::size_t>(text.read[i])];
        ++total[before];
    }
    double sum = 0;
    for (std::size_t i = 1; i < text.kept.size(); ++i) {
        const auto before = pairs ? static_cast<std::size_t>(text.kept[i - 1]) : 0;
        sum -= std::log2(count[before * n + static_cast<std::size_t>(text.kept[i])] / total[before]);
    }
    return sum / static_cast<double>(text.kept.size() - 1);
}

// Each character drawn from what the network expects, sharpened, and fed back.
std::string write_lines(Reader& net, const Text& text, int characters) {
    const NoGrad guard;
    net.eval();
    Tensor next = full({1, 1}, static_cast<std::int64_t>(text.alphabet.find('\n')), {.dtype = int64});
    auto step = net.memory(net.letters(next));
    std::string lines;
    for (int i = 0; i < characters; ++i) {
        const Tensor chances = softmax(reshape(net.out(step), {-1}) / 0.7, 0);
        next = reshape(multinomial(chances, 1), {1, 1});
        lines += text.alphabet[static_cast<std::size_t>(next.item<std::int64_t>())];
        step = net.memory(net.letters(next), step.state);
    }
    net.train();
    return lines;
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const Text text = load();
    Reader net(static_cast<Index>(text.alphabet.size()));
    std::printf("%zu characters to learn from, %zu kept; %zu different ones; %lld parameters\n", text.read.size(),
                text.kept.size(), text.alphabet.size(), (long long)net.parameter_count());
    nn::Adam adam(net.parameters(), {.lr = 5e-3});
    nn::CosineAnnealingLR schedule(adam, settings.rounds);
    std::vector<double> steps, read, kept;
    for (int step = 1; step <= settings.rounds; ++step) {
        adam.zero_grad();
        const Tensor loss = surprise(net, draw_windows(text.read, 32));
        loss.backward();
        nn::clip_grad_norm(net.parameters(), 1.0);
        adam.step();
        schedule.step();
        if (step % std::max(1, settings.rounds / 10) != 0) continue;
        steps.push_back(step), read.push_back(bits(loss.item())), kept.push_back(bits_on_kept(net, text));
        std::printf("  step %3d: %.2f bits a character, %.2f on the sonnet it has not read\n", step, read.back(),
                    kept.back());
        std::fflush(stdout);
    }
    const double letters = bits_by_counts(text, /*pairs=*/false), pairs = bits_by_counts(text, /*pairs=*/true);
    const std::string lines = write_lines(net, text, 400);
    const auto two_digits = [](double x) {
        char digits[32];
        std::snprintf(digits, sizeof digits, "%.2f", x);
        return std::string(digits);
    };
    plot::Report report("An LSTM that reads sonnets", "Bits a character on a sonnet that it has never read.");
    report.cards({{"LSTM", two_digits(kept.back()), "bits a character"},
                  {"pairs of letters", two_digits(pairs), "what the last character foretells"},
                  {"letters", two_digits(letters), "by how often each occurs"}});
    report.heading("Learning")
        .figure(
            plot::line_chart({{.name = "read", .x = steps, .y = read}, {.name = "never read", .x = steps, .y = kept}},
                             {.title = "Bits a character", .x_label = "step", .y_label = "bits"}),
            "The gap to the sonnet that it has not read is what so little text cannot teach.");
    report.heading("Lines of its own").paragraph(lines);
    report.write(settings.report);
    std::printf(
        "%s\n\non the sonnet it has not read, bits a character: letters %.2f, pairs %.2f, LSTM %.2f\nreport: %s\n",
        lines.c_str(), letters, pairs, kept.back(), settings.report.c_str());
    return proven(settings.quick || kept.back() < pairs,
                  "an LSTM foretells characters better than pairs of letters do");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"char_rnn", "Trains an LSTM on sonnets, character by character.", "--steps",
                        "of training, 32 windows each", 10},
                       {300, 11, "char_rnn.html"}, run);
}
