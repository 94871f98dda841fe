// The adding problem: a sequence of 100 numbers or more, two of which are marked; the answer is their sum. A plain recurrent
// network cannot carry the first one over so many steps and learns to say 1 every time, which errs by the variance of the
// sum, 1/6. An LSTM learns what to keep. Both are trained in the same way; the errors are those on sequences never seen.
//
//     lstm_long_lag [--steps N] [--lag N] [--seed N] [--report FILE] [--quick]
//
// Source: Hochreiter and Schmidhuber, Neural Computation 1997, experiment 4; with marks as Arjovsky, Shah and Bengio, ICML
// 2016, have them.
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

constexpr double variance_of_sum = 1.0 / 6; // of two numbers, uniform in [0, 1)

struct Problem {
    Tensor x; // (length, N, 2): numbers and marks
    Tensor y; // (N, 1)
};

// The first mark is in the first tenth, the second `lag` steps later; what follows, up to a tenth, is noise.
Problem draw(Index lag, Index count) {
    const Index tenth = lag / 10, length = lag + 2 * tenth;
    const Tensor numbers = rand({length, count});
    const auto first = randint(0, tenth, {count}).to_vector<Index>();
    std::vector<float> marks(static_cast<std::size_t>(length * count), 0);
    for (Index i = 0; i < count; ++i) {
        for (const Index t : {first[std::size_t(i)], first[std::size_t(i)] + lag})
            marks[std::size_t(t * count + i)] = 1;
    }
    const Tensor marked = from_vector(marks, {length, count});
    return {stack({numbers, marked}, 2), reshape(sum(numbers * marked, 0), {count, 1})};
}

template <class Recurrent>
struct Adder : nn::Module {
    Recurrent memory;
    nn::Linear out;

    explicit Adder(Index hidden) : memory(2, hidden), out(hidden, 1) {}
    Tensor forward(const Tensor& x) override { return out(select(memory(x), 0, -1)); }
    XGRAD_MODULE(memory, out)
};

struct Outcome {
    std::string name;
    std::vector<double> steps = {}, errors = {}; // on sequences it has not seen, as training goes on
    std::vector<double> reach = {};              // how much the loss depends on x, step by step before the end
    double error = 0;
};

template <class Net>
double held_out_error(Net& net, Index lag) {
    const NoGrad guard;
    const Problem test = draw(lag, 500);
    return nn::mse_loss(net(test.x), test.y).item();
}

// The length of the gradient of the answer by the numbers of each step, averaged over sequences.
template <class Net>
std::vector<double> reach_of(Net& net, Index lag) {
    const Tensor x = draw(lag, 200).x.requires_grad(true);
    sum(net(x)).backward();
    return mean(abs(select(x.grad(), 2, 0)), 1).to_vector();
}

// Cells that begin with memories of all spans up to the lag: a gate that forgets with bias b keeps for about e^b steps, and the
// gate that stores opens as rarely. Gates lie in the order i f g o. Source: Tallec and Ollivier, ICLR 2018.
void spread_memories(nn::LSTM& memory, Index hidden, Index lag) {
    const NoGrad guard;
    const Tensor spans = log(1.0 + static_cast<double>(lag) * rand(Shape{hidden}));
    memory.bias_ih().at({Slice{0, hidden}}) = -spans;
    memory.bias_ih().at({Slice{hidden, 2 * hidden}}) = spans;
}

template <class Net>
Outcome train(const std::string& name, Net net, const Settings& settings, Index lag) {
    Outcome outcome{.name = name};
    outcome.reach = reach_of(net, lag);
    nn::Adam adam(net.parameters(), {.lr = 1e-2});
    nn::CosineAnnealingLR schedule(adam, settings.rounds);
    for (int step = 1; step <= settings.rounds; ++step) {
        const Problem batch = draw(lag, 64);
        adam.zero_grad();
        nn::mse_loss(net(batch.x), batch.y).backward();
        nn::clip_grad_norm(net.parameters(), 1.0);
        adam.step();
        schedule.step();
        if (step % std::max(1, settings.rounds / 30) == 0) {
            outcome.steps.push_back(step);
            outcome.errors.push_back(held_out_error(net, lag));
        }
        if (step % std::max(1, settings.rounds / 5) == 0) {
            std::printf("  %-9s step %4d: error %.5f\n", name.c_str(), step, outcome.errors.back());
            std::fflush(stdout);
        }
    }
    outcome.error = held_out_error(net, lag);
    return outcome;
}

std::string five_digits(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.5f", x);
    return text;
}

void write_report(const std::vector<Outcome>& all, const Settings& settings, Index lag) {
    plot::Report report("What an LSTM remembers",
                        "Two numbers stand " + std::to_string(lag) +
                            " steps apart in a sequence, and their sum is asked for at its end.");
    std::vector<plot::Card> cards;
    std::vector<plot::Series> errors, reach;
    for (const Outcome& o : all) {
        cards.push_back({o.name, five_digits(o.error), "mean squared error on sequences never seen"});
        errors.push_back({.name = o.name, .x = o.steps, .y = o.errors});
        reach.push_back({.name = o.name, .y = o.reach});
    }
    cards.push_back({"always 1", five_digits(variance_of_sum), "the variance of the sum, 1/6"});
    errors.push_back({.name = "always 1",
                      .x = {all[0].steps.front(), all[0].steps.back()},
                      .y = {variance_of_sum, variance_of_sum}});
    report.cards(cards);
    report.heading("Learning")
        .figures({{plot::line_chart(errors,
                                    {.title = "Error", .x_label = "step", .y_label = "squared error", .log_y = true}),
                   "The plain network stays at the variance: it has learned nothing but the mean. The LSTM begins "
                   "there, and "
                   "leaves it when its gates have found the marks."},
                  {plot::line_chart(reach, {.title = "Reach before training",
                                            .x_label = "step of the sequence",
                                            .y_label = "gradient by its number",
                                            .log_y = true}),
                   "How much the answer depends on each number before anything is learned. Backwards the gradient "
                   "shrinks by a factor "
                   "a step: this is why the plain network never hears of the first mark."}});
    report.write(settings.report);
}

int run(const Settings& settings, Index lag) {
    manual_seed(settings.seed);
    std::printf("the adding problem at lag %lld; saying 1 every time errs by 1/6 = %.5f\n", (long long)lag,
                variance_of_sum);
    constexpr Index hidden = 32;
    Adder<nn::LSTM> lstm(hidden);
    spread_memories(lstm.memory, hidden, lag);
    const std::vector<Outcome> all{train("plain RNN", Adder<nn::RNN>(hidden), settings, lag),
                                   train("LSTM", std::move(lstm), settings, lag)};
    write_report(all, settings, lag);
    for (const Outcome& o : all) {
        std::printf("%s: mean squared error %.5f, %.3f of the variance\n", o.name.c_str(), o.error,
                    o.error / variance_of_sum);
    }
    std::printf("report: %s\n", settings.report.c_str());
    const double plain = all[0].error, kept = all[1].error;
    return proven(settings.quick || (kept < 0.01 && plain > 0.8 * variance_of_sum),
                  "an LSTM remembers over the lag, and a plain network does not");
}

} // namespace

int main(int argc, char** argv) {
    Index lag = 100;
    return run_program(
        argc, argv,
        {"lstm_long_lag", "Trains a plain recurrent network and an LSTM on the adding problem.", "--steps",
         "of training, 64 sequences each", 30},
        {2000, 3, "lstm_long_lag.html"},
        [&](const Settings& settings) { return run(settings, settings.quick ? 20 : lag); },
        [&](CLI::App& app) {
            app.add_option("--lag", lag, "steps between the two numbers; 20 with --quick")
                ->check(CLI::Range(10, 10000))
                ->capture_default_str();
        });
}
