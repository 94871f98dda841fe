#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include <explorer/stepper.hpp>

namespace xg {

/// What `xgrad-explore` does with a trace: commands in, lines of at most 80 columns of plain text out.
class XGRAD_API ExplorerSession {
public:
    ExplorerSession(Trace trace, std::ostream& out);

    /// The state at the start.
    void greet();
    /// One command: "s", "why w11" ... False: it was "q". Throws xg::Error for a command that cannot be done, after which
    /// the state is as it was.
    bool run(const std::string& command);
    /// The commands, one a line.
    static std::string help();

private:
    using Words = std::vector<std::string>;
    void step(const Words& words, bool forward);
    void show();
    void show_node(std::size_t node);
    void why(std::size_t node);
    void set(const Words& words);
    void check_nodes(const Words& words);
    void watch(const Words& words);
    void tree();
    void open(const Words& words);
    void source();
    void optimize(const Words& words);
    void export_file(const Words& words);
    void reset(Trace trace);
    const Trace& trace() const { return stepper_.trace(); }

    Stepper stepper_;
    std::size_t current_; // the node that is looked at
    std::vector<std::string> watched_;
    struct Moments {
        double first = 0, second = 0;
    };
    std::vector<Moments> moments_; // of Adam
    int updates_ = 0;
    std::ostream& out_;
};

} // namespace xg
