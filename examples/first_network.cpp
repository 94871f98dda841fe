// A first network: an MLP with one hidden layer learns to read handwritten digits. It prints the seven steps of training
// by number as they happen, says how well it reads images it has never seen, and writes a report with curves and the
// digits it misreads.
//
//     first_network [--epochs N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <unistd.h>
#include <cstdio>
#include <string>
#include <vector>

#include "support/digits.hpp"
#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

struct Net : nn::Module {
    nn::Linear hidden{64, 128}, out{128, 10};
    Tensor forward(const Tensor& x) override { return out(relu(hidden(x))); }
    XGRAD_MODULE(hidden, out)
};

struct Score {
    double loss, accuracy;
};
Score score(Net& net, const Digits& data) {
    return no_grad([&] {
        const Tensor logits = net(data.x);
        return Score{nn::cross_entropy(logits, data.y).item(), nn::accuracy(logits, data.y)};
    });
}

struct History {
    std::vector<double> train_loss, held_out_loss, train_accuracy, held_out_accuracy;
    void add(Score train, Score held_out) {
        train_loss.push_back(train.loss);
        train_accuracy.push_back(train.accuracy);
        held_out_loss.push_back(held_out.loss);
        held_out_accuracy.push_back(held_out.accuracy);
    }
};

// One line that is written over on a terminal, and one line in ten epochs anywhere else.
void show_progress(int epoch, int epochs, Score train, Score held_out) {
    const bool terminal = isatty(STDOUT_FILENO) != 0, last = epoch == epochs;
    if (!terminal && !last && epoch % 10 != 0) return;
    const int filled = 24 * epoch / epochs;
    std::printf("%s  epoch %3d/%d [%s%s] loss %.4f, held out %.1f %%%s", terminal ? "\r" : "", epoch, epochs,
                std::string(static_cast<std::size_t>(filled), '#').c_str(),
                std::string(static_cast<std::size_t>(24 - filled), '.').c_str(), train.loss, 100 * held_out.accuracy,
                !terminal || last ? "\n" : "");
    std::fflush(stdout);
}

double gradient_norm(const Net& net) {
    double squares = 0;
    for (const Tensor& w : net.parameters()) squares += sum(square(w.grad())).item();
    return std::sqrt(squares);
}

History train(Net& net, const Digits& train_set, const Digits& held_out, const Settings& settings) {
    nn::Adam adam(net.parameters(), {.lr = 2e-3});
    nn::DataLoader batches(nn::TensorDataset{train_set.x, train_set.y},
                           {.batch_size = 32, .shuffle = true, .seed = settings.seed});
    History history;
    bool first = true;
    for (int epoch = 1; epoch <= settings.rounds; ++epoch) {
        if (epoch == settings.rounds * 2 / 3) adam.lr(adam.lr() / 4); // smaller steps to settle down
        for (auto& batch : batches) {
            adam.zero_grad();
            // An image never comes twice with the same noise, so that none can be learned by heart.
            const Tensor logits = net(batch.x + 0.25 * randn_like(batch.x));
            if (first)
                std::printf("3 forward: %lld images give %s logits\n", (long long)batch.x.shape(0),
                            logits.shape().str().c_str());
            const Tensor loss = nn::cross_entropy(logits, batch.y);
            if (first) std::printf("4 loss: the cross-entropy of the first batch is %.4f\n", loss.item());
            loss.backward();
            if (first)
                std::printf("5 backward: the gradient of every weight, of norm %.4f in all\n", gradient_norm(net));
            adam.step();
            if (first) {
                const double after = nn::cross_entropy(net(batch.x), batch.y).item();
                std::printf("6 update: one step of Adam, and the same batch has loss %.4f\n", after);
                std::printf("7 repeat steps 3 to 6 for %d epochs of %lld batches\n", settings.rounds,
                            (long long)batches.size());
                first = false;
            }
        }
        history.add(score(net, train_set), score(net, held_out));
        show_progress(epoch, settings.rounds, {history.train_loss.back(), history.train_accuracy.back()},
                      {history.held_out_loss.back(), history.held_out_accuracy.back()});
    }
    return history;
}

// The report ------------------------------------------------------------------------------------------------------------

std::vector<plot::Image> misread_images(const Digits& data, const Tensor& logits) {
    const auto predicted = argmax(logits, 1).to_vector<std::int64_t>(), actual = data.y.to_vector<std::int64_t>();
    const Tensor probabilities = softmax(logits, 1);
    std::vector<plot::Image> images;
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (predicted[i] == actual[i]) continue;
        const double sure = probabilities[{i, predicted[i]}].item();
        char note[32];
        std::snprintf(note, sizeof note, "%.0f %% sure", 100 * sure);
        images.push_back({.pixels = data.x[static_cast<Index>(i)].to_vector(),
                          .rows = 8,
                          .columns = 8,
                          .caption = std::to_string(actual[i]) + " read as " + std::to_string(predicted[i]),
                          .note = note});
    }
    return images;
}

void write_report(Net& net, const History& history, const Digits& held_out, const Settings& settings) {
    const Tensor logits = no_grad([&] { return net(held_out.x); });
    const std::vector<plot::Image> misread = misread_images(held_out, logits);
    const Index count = held_out.y.numel(), right = count - static_cast<Index>(misread.size());
    char percent[32];
    std::snprintf(percent, sizeof percent, "%.1f %%", 100 * history.held_out_accuracy.back());

    plot::Report report("A first network",
                        "A network with one hidden layer of 128 neurons learns to read handwritten "
                        "digits of 8 by 8 pixels.");
    report.cards({{"held-out accuracy", percent, std::to_string(right) + " of " + std::to_string(count) + " images"},
                  {"parameters", std::to_string(net.parameter_count()), "64 - 128 - 10, relu"},
                  {"epochs", std::to_string(settings.rounds), "Adam, batches of 32"}});
    report.heading("Learning")
        .figures(
            {{plot::line_chart(
                  {{.name = "training", .y = history.train_loss}, {.name = "held out", .y = history.held_out_loss}},
                  {.title = "Loss", .x_label = "epoch", .y_label = "cross-entropy", .log_y = true}),
              "The loss after each epoch. Where the held-out curve parts from the other, the network begins to learn "
              "its examples by heart."},
             {plot::line_chart({{.name = "training", .y = history.train_accuracy},
                                {.name = "held out", .y = history.held_out_accuracy}},
                               {.title = "Accuracy", .x_label = "epoch", .percent = true}),
              "The share of images that are read right."}});
    report.heading("Mistakes")
        .figures({{plot::matrix_chart(
                       nn::confusion_matrix(logits, held_out.y, 10).to_vector(), 10, 10,
                       {.title = "Confusion", .row_title = "digit", .column_title = "read as", .confusion = true}),
                   "How often each held-out digit (row) was read as which (column)."},
                  {plot::image_grid(misread, {.title = "Misread digits"}),
                   "Every held-out image that the network misreads."}});
    report.write(settings.report);
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const auto [train_set, held_out] = load_digits();
    std::printf("1 define the structure: 64 pixels - 128 hidden neurons (relu) - 10 digits\n");
    Net net;
    std::printf("2 initialise: %lld weights and biases, drawn with seed %llu\n", (long long)net.parameter_count(),
                (unsigned long long)settings.seed);
    const History history = train(net, train_set, held_out, settings);
    write_report(net, history, held_out, settings);
    std::printf("held-out accuracy: %.1f %%\nreport: %s\n", 100 * history.held_out_accuracy.back(),
                settings.report.c_str());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"first_network", "Trains a first network on handwritten digits.", "--epochs",
                        "how often to go through the training images", 4},
                       {60, 7, "first_network.html"}, run);
}
