// Learning by heart, and what helps: a large network and 300 handwritten digits, every fifth of them with a label drawn at
// random. It trains without any help, with weight decay, with dropout, and on noisy images, prints the gap between the images
// it learns from and those held out, writes a report, and fails unless the plain network learns even the wrong labels by heart
// and all three together narrow the gap.
//
//     overfitting [--epochs N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <algorithm>
#include <cstdio>

#include "support/digits.hpp"
#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

struct Way {
    std::string name;
    double weight_decay = 0, dropout = 0, noise = 0;
};

const std::vector<Way>& ways() {
    static const std::vector<Way> all{{.name = "plain"},
                                      {.name = "weight decay", .weight_decay = 1},
                                      {.name = "dropout", .dropout = 0.5},
                                      {.name = "noise", .noise = 0.3},
                                      {.name = "all three", .weight_decay = 1, .dropout = 0.5, .noise = 0.3}};
    return all;
}

struct Result {
    std::string name;
    std::vector<double> train_loss, held_out_loss, train_accuracy, held_out_accuracy;
    double gap() const { return train_accuracy.back() - held_out_accuracy.back(); }
};

Result train(const Way& way, const Digits& few, const Digits& held_out, const Settings& settings) {
    manual_seed(settings.seed);
    nn::Sequential net(nn::Linear(64, 256), nn::ReLU(), nn::Dropout(way.dropout), nn::Linear(256, 256), nn::ReLU(),
                       nn::Dropout(way.dropout), nn::Linear(256, 10));
    nn::AdamW adam(net.parameters(), {.lr = 1e-3, .weight_decay = way.weight_decay});
    Result r{way.name, {}, {}, {}, {}};
    const auto look = [&](const Digits& data, std::vector<double>& losses, std::vector<double>& shares) {
        const Tensor logits = no_grad([&] { return net(data.x); });
        losses.push_back(nn::cross_entropy(logits, data.y).item());
        shares.push_back(nn::accuracy(logits, data.y));
    };
    for (int epoch = 0; epoch < settings.rounds; ++epoch) {
        net.train();
        for (int part = 0; part < 4; ++part) {
            const Tensor rows = randint(0, few.y.numel(), {few.y.numel() / 4});
            const Tensor x = index_select(few.x, 0, rows);
            adam.zero_grad();
            nn::cross_entropy(net(x + way.noise * randn_like(x)), index_select(few.y, 0, rows)).backward();
            adam.step();
        }
        net.eval();
        look(few, r.train_loss, r.train_accuracy);
        look(held_out, r.held_out_loss, r.held_out_accuracy);
    }
    return r;
}

void write_report(const std::string& path, const std::vector<Result>& results) {
    std::vector<plot::Series> held_out_loss;
    std::vector<std::vector<std::string>> rows;
    const auto percent = [](double share) {
        char text[32];
        std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
        return std::string(text);
    };
    for (const Result& r : results) {
        held_out_loss.push_back({r.name, {}, r.held_out_loss});
        rows.push_back(
            {r.name, percent(r.train_accuracy.back()), percent(r.held_out_accuracy.back()), percent(r.gap())});
    }
    const auto gap = [](const Result& r) {
        return plot::line_chart({{.name = "training", .y = r.train_loss}, {.name = "held out", .y = r.held_out_loss}},
                                {.title = r.name, .x_label = "epoch", .y_label = "cross-entropy", .log_y = true});
    };
    plot::Report report("Learning by heart",
                        "85,000 weights and 300 images of digits, a fifth of them with a random label, with and "
                        "without regularisation.");
    report.table({"", "training", "held out", "gap"}, rows, "The share that is read right at the end");
    report.heading("The gap").figures(
        {{gap(results[0]),
          "Without help the training loss falls for ever and the held-out loss turns up again: what is learned "
          "then is the wrong labels, not the digits."},
         {gap(results[4]), "Images that never come twice, fewer neurons at a time and a pull towards small weights."}});
    report.heading("Held-out loss")
        .figure(plot::line_chart(held_out_loss, {.title = "Held-out loss by epoch",
                                                 .x_label = "epoch",
                                                 .y_label = "cross-entropy",
                                                 .log_y = true,
                                                 .width = 720}),
                "Lower is better.");
    report.write(path);
}

int run(const Settings& settings) {
    const auto [all, held_out] = load_digits();
    manual_seed(settings.seed);
    const Tensor wrong = rand({300}) < 0.2, labels = slice(all.y, 0, 0, 300);
    const Digits few{slice(all.x, 0, 0, 300), where(wrong, randint(0, 10, {300}), labels).to(int64)};
    std::vector<Result> results;
    std::printf("%-13s %9s %9s %7s %14s\n", "", "training", "held out", "gap", "held-out loss");
    for (const Way& way : ways()) {
        results.push_back(train(way, few, held_out, settings));
        const Result& r = results.back();
        std::printf("%-13s %7.1f %% %7.1f %% %5.1f %% %14.3f\n", r.name.c_str(), 100 * r.train_accuracy.back(),
                    100 * r.held_out_accuracy.back(), 100 * r.gap(), r.held_out_loss.back());
    }
    write_report(settings.report, results);
    std::printf("report: %s\n", settings.report.c_str());
    const Result &plain = results[0], &helped = results[4];
    const bool by_heart = plain.train_accuracy.back() >= (settings.quick ? 0.9 : 1);
    return proven(by_heart && plain.gap() > 0.1 && helped.gap() < plain.gap() / 2 &&
                      helped.held_out_accuracy.back() > plain.held_out_accuracy.back(),
                  "a plain network learns its images by heart, and regularisation narrows the gap");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"overfitting", "Trains a large network on few images.", "--epochs", "of each network", 150},
                       {300, 1, "overfitting.html"}, run);
}
