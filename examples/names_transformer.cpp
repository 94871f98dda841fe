// A small transformer learns how names are spelled, letter by letter, and makes new ones. It prints how well it foretells the
// letters of names it has never seen, beside a table of letter pairs, and the names it makes; it writes a report with what its
// heads look at, and fails unless it beats the table.
//
//     names_transformer [--epochs N] [--seed N] [--report FILE] [--quick]
#include <autograd/autograd.hpp>
#include <nn/nn.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "support/plot.hpp"
#include "support/program.hpp"
#include "support/report.hpp"

using namespace xg;

namespace {

constexpr Index letters = 27; // of which 0 begins and ends a name
constexpr Index length = 12;  // of the longest name and its end
using Names = std::vector<std::string>;

// What a name begins with and what follows each letter; targets behind its end are left out.
nn::Batch as_tokens(const Names& names) {
    std::vector<std::int64_t> x, y;
    for (const std::string& name : names) {
        for (std::size_t i = 0; i < length; ++i) {
            x.push_back(i == 0 || i > name.size() ? 0 : name[i - 1] - 'a' + 1);
            y.push_back(i < name.size() ? name[i] - 'a' + 1 : i == name.size() ? 0 : -100);
        }
    }
    const auto count = static_cast<Index>(names.size());
    return {from_vector(x, {count, length}), from_vector(y, {count, length})};
}

struct Net : nn::Module {
    nn::Embedding embed{letters, 64};
    nn::LearnedEncoding positions{length, 64, {.dropout = 0.1, .batch_first = true}};
    nn::TransformerEncoder encoder{
        nn::TransformerEncoderLayer(
            64, 4,
            {.dim_feedforward = 128, .dropout = 0.2, .activation = "gelu", .batch_first = true, .norm_first = true}),
        2, nn::LayerNorm(64)};
    nn::Linear out{64, letters};

    // The scores of the next letter at each place: (N, length) -> (N, length, letters).
    Tensor forward(const Tensor& tokens) override {
        return out(encoder(positions(embed(tokens)), {.is_causal = true}));
    }
    XGRAD_MODULE(embed, positions, encoder, out)
};

Tensor loss_of(Net& net, const nn::Batch& batch) {
    return nn::cross_entropy(reshape(net(batch.x), {-1, letters}), reshape(batch.y, {-1}));
}

// Nats a letter of the held-out names.
double held_out_loss(Net& net, const nn::Batch& held_out) {
    net.eval();
    const double loss = no_grad([&] { return loss_of(net, held_out).item(); });
    net.train();
    return loss;
}

// What letter pairs alone foretell: counts of the training names, and one more of each.
double pairs_loss(const nn::Batch& train_set, const nn::Batch& held_out) {
    std::vector<double> counts(letters * letters, 1.0);
    const auto each = [](const nn::Batch& batch, const auto& f) {
        const auto x = batch.x.to_vector<std::int64_t>(), y = batch.y.to_vector<std::int64_t>();
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (y[i] >= 0) f(x[i], y[i]);
        }
    };
    each(train_set, [&](auto a, auto b) { ++counts[static_cast<std::size_t>(a * letters + b)]; });
    const Tensor table = from_vector(counts, {letters, letters});
    const Tensor logs = log(table / sum(table, 1, {.keepdims = true}));
    double total = 0, count = 0;
    each(held_out, [&](auto a, auto b) { total -= logs[{a, b}].item(), ++count; });
    return total / count;
}

struct History {
    std::vector<double> loss, held_out;
};

History train(Net& net, const nn::Batch& train_set, const nn::Batch& held_out, const Settings& settings) {
    nn::AdamW adam(net.parameters(), {.lr = 3e-3, .weight_decay = 0.05});
    nn::CosineAnnealingLR schedule(adam, settings.rounds, {.eta_min = 1e-4});
    nn::DataLoader batches(nn::TensorDataset{train_set.x, train_set.y},
                           {.batch_size = 64, .shuffle = true, .seed = settings.seed});
    History history;
    for (int epoch = 1; epoch <= settings.rounds; ++epoch) {
        double total = 0;
        for (auto& batch : batches) {
            adam.zero_grad();
            const Tensor loss = loss_of(net, batch);
            loss.backward();
            nn::clip_grad_norm(net.parameters(), 1.0);
            adam.step();
            total += loss.item();
        }
        schedule.step();
        history.loss.push_back(total / static_cast<double>(batches.size()));
        history.held_out.push_back(held_out_loss(net, held_out));
        if (epoch % 10 == 0 || epoch == settings.rounds) {
            std::printf("  epoch %2d/%d: %.3f nats a letter in training, %.3f held out\n", epoch, settings.rounds,
                        history.loss.back(), history.held_out.back());
            std::fflush(stdout);
        }
    }
    return history;
}

// All names at once, a letter a pass.
Names invent(Net& net, Index count) {
    const NoGrad guard;
    net.eval();
    Tensor tokens = zeros({count, length}, {.dtype = int64});
    Names names(static_cast<std::size_t>(count));
    std::vector<bool> ended(names.size());
    for (Index i = 0; i + 1 < length; ++i) {
        const Tensor chances = softmax(select(net(tokens), 1, i) / 0.8);
        const Tensor drawn = reshape(multinomial(chances, 1), {count});
        tokens.at({Slice{}, i + 1}) = drawn;
        const auto next = drawn.to_vector<std::int64_t>();
        for (std::size_t n = 0; n < names.size(); ++n) {
            if (next[n] == 0) ended[n] = true;
            if (!ended[n]) names[n] += static_cast<char>('a' + next[n] - 1);
        }
    }
    net.train();
    return names;
}

// Of the first layer, for each head: how much each place looks at each letter before it.
std::vector<Tensor> looks_at(Net& net, const std::string& name) {
    const NoGrad guard;
    net.eval();
    nn::TransformerEncoderLayer& layer = net.encoder.layers.front();
    const Tensor x = layer.norm1(net.positions(net.embed(as_tokens({name}).x)));
    const Tensor p = layer.self_attn(x, x, x, {.average_attn_weights = false, .is_causal = true}).weights;
    net.train();
    std::vector<Tensor> heads;
    const auto places = static_cast<Index>(name.size()) + 1;
    for (Index head = 0; head < p.shape(1); ++head)
        heads.push_back(narrow(narrow(p[{0, head}], 0, 0, places), 1, 0, places));
    return heads;
}

// The report ------------------------------------------------------------------------------------------------------------

std::string number(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

void write_report(Net& net, const History& history, double pairs, const Names& made, const std::set<std::string>& known,
                  const Settings& settings) {
    plot::Report report("Names by a transformer",
                        "Two layers of attention learn from a list of names which letter comes next, and make names of "
                        "their own.");
    report.cards({{"held out", number("%.2f nats", history.held_out.back()), "a letter, of names never seen"},
                  {"letter pairs", number("%.2f nats", pairs), "what a table of pairs reaches"},
                  {"parameters", std::to_string(net.parameter_count()), "2 layers, 4 heads, 64 wide"}});
    const std::vector<double> level(history.loss.size(), pairs);
    report.heading("Learning")
        .figure(plot::line_chart({{.name = "training", .y = history.loss},
                                  {.name = "held out", .y = history.held_out},
                                  {.name = "letter pairs", .y = level}},
                                 {.title = "Loss", .x_label = "epoch", .y_label = "nats a letter"}),
                "The mean of -log of the chance that was given to the letter that came.");
    std::vector<std::vector<std::string>> rows;
    for (const std::string& name : made) rows.push_back({name, known.contains(name) ? "in the list" : "new"});
    report.heading("Names it makes").table({"name", ""}, rows, "Drawn letter by letter, each by its chance.");
    const std::string shown = "marianne";
    std::vector<std::string> labels{"begin"};
    for (const char letter : shown) labels.emplace_back(1, letter);
    std::vector<plot::Figure> figures;
    const std::vector<Tensor> heads = looks_at(net, shown);
    for (std::size_t head = 0; head < heads.size(); ++head) {
        figures.push_back({plot::matrix_chart(heads[head].to_vector(), labels.size(), labels.size(),
                                              {.title = "Head " + std::to_string(head + 1),
                                               .row_title = "at this letter",
                                               .column_title = "it looks at",
                                               .row_labels = labels,
                                               .column_labels = labels,
                                               .decimals = 1}),
                           "The weights of a row add up to 1; what comes later is hidden."});
    }
    report.heading("What the heads of the first layer look at").figures(figures);
    report.write(settings.report);
}

Names read_names() {
    std::ifstream file(XGRAD_EXAMPLE_DATA "/names.txt");
    Names names;
    for (std::string name; file >> name;) names.push_back(name);
    if (names.empty()) throw std::runtime_error("no names in " XGRAD_EXAMPLE_DATA "/names.txt");
    return names;
}

int run(const Settings& settings) {
    manual_seed(settings.seed);
    const Names names = read_names();
    Names train_names, held_out_names;
    for (std::size_t i = 0; i < names.size(); ++i) (i % 5 == 4 ? held_out_names : train_names).push_back(names[i]);
    const nn::Batch train_set = as_tokens(train_names), held_out = as_tokens(held_out_names);
    Net net;
    const double pairs = pairs_loss(train_set, held_out);
    std::printf("two layers of attention, %lld parameters, %zu names to learn from and %zu held out\n",
                (long long)net.parameter_count(), train_names.size(), held_out_names.size());
    const History history = train(net, train_set, held_out, settings);
    const Names made = invent(net, 20);
    const std::set<std::string> known(names.begin(), names.end());
    write_report(net, history, pairs, made, known, settings);

    for (std::size_t i = 0; i < made.size(); ++i)
        std::printf("%s%s%s", made[i].c_str(), known.contains(made[i]) ? "*" : "", i % 10 == 9 ? "\n" : " ");
    const auto fresh = std::count_if(made.begin(), made.end(), [&](const auto& name) { return !known.contains(name); });
    std::printf("%lld of %zu names are new (the others have a *)\n", (long long)fresh, made.size());
    std::printf("held-out nats a letter: %.3f by attention, %.3f by letter pairs, %.3f by chance\nreport: %s\n",
                history.held_out.back(), pairs, std::log(double(letters)), settings.report.c_str());
    if (proven(history.held_out.back() < std::log(double(letters)), "attention foretells letters better than chance"))
        return 1;
    return proven(settings.quick || history.held_out.back() < pairs,
                  "attention foretells letters better than pairs do");
}

} // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv,
                       {"names_transformer", "Trains a small transformer on a list of names and lets it make new ones.",
                        "--epochs", "through the training names", 2},
                       {40, 5, "names_transformer.html"}, run);
}
