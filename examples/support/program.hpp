#pragma once
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

namespace xg {

/// What all trained examples let their user choose.
struct Settings {
    int rounds; ///< steps or epochs
    std::uint64_t seed;
    std::string report;
    bool quick = false;
};
/// What an example says of itself.
struct Program {
    const char* name;
    const char* about;
    const char* rounds; ///< the option: "--epochs"
    const char* rounds_help;
    int quick_rounds; ///< at most so many with --quick
};

/// Reads the options and runs the example; what it throws becomes a line on stderr and a 1. `more` adds options of its own.
///     int main(int argc, char** argv) {
///         return run_program(argc, argv, {"race", "Races.", "--steps", "of each runner", 100}, {1500, 3, "race.html"}, run);
///     }
template <class Run, class More = void (*)(CLI::App&)>
int run_program(
    int argc, char** argv, const Program& program, Settings settings, Run run, More more = [](CLI::App&) {}) {
    CLI::App app(program.about);
    app.add_option(program.rounds, settings.rounds, program.rounds_help)
        ->check(CLI::Range(1, 1000000))
        ->capture_default_str();
    app.add_option("--seed", settings.seed, "of everything that is drawn")->capture_default_str();
    app.add_option("--report", settings.report, "the page to write")->capture_default_str();
    app.add_flag("--quick", settings.quick, "less of everything, to see that it works");
    more(app);
    CLI11_PARSE(app, argc, argv);
    if (settings.quick) settings.rounds = std::min(settings.rounds, program.quick_rounds);
    try {
        return run(settings);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "%s: %s\n", program.name, e.what());
        return 1;
    }
}

/// The end of an example: 0 if it has shown what it claims, else a line that says what it has not.
inline int proven(bool shown, const char* claim) {
    if (shown) return 0;
    std::fprintf(stderr, "not shown: %s\n", claim);
    return 1;
}

} // namespace xg
