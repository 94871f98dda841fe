// xgrad-explore: a trace in the terminal.
#include <unistd.h>

#include <exception>
#include <iostream>
#include <sstream>
#include <string>

#include <CLI/CLI.hpp>
#include <autograd/error.hpp>
#include <autograd/version.hpp>
#include <explorer/explain.hpp>
#include <explorer/session_internal.hpp>

namespace {

// On a terminal a mistake is told and the session goes on; in a script it is the end.
int converse(xg::ExplorerSession& session, std::istream& in, bool interactive) {
    session.greet();
    if (interactive) std::cout << "help lists the commands\n";
    int number = 0;
    for (std::string line; std::cout << (interactive ? "> " : "") << std::flush, std::getline(in, line);) {
        ++number;
        if (!interactive && !line.empty()) std::cout << "> " << line << "\n";
        try {
            if (!session.run(line)) return 0;
        } catch (const xg::Error& e) {
            std::cout << std::flush;
            std::cerr << e.what() << "\n";
            if (interactive) continue;
            std::cerr << "  at command " << number << ": " << line << "\n";
            return 1;
        }
    }
    if (interactive) std::cout << "\n";
    return 0;
}

int write_page(const std::string& trace, const std::string& page) {
    xg::Explanation(xg::Trace::read(trace)).html(page);
    std::cout << "wrote " << page << "\n";
    return 0;
}

int explore(const std::string& trace, const std::string& script) {
    xg::ExplorerSession session(xg::Trace::read(trace), std::cout);
    if (script.empty()) return converse(session, std::cin, isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0);
    std::istringstream commands(script);
    return converse(session, commands, false);
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app(
        "Walks the backward pass of a recorded run, in both directions.\n\nCommands, on the terminal, from a pipe or "
        "by -c:\n" +
        xg::ExplorerSession::help());
    app.set_version_flag("--version", std::string("xgrad ").append(xg::version()));
    std::string trace, script, page;
    app.add_option("trace", trace, "the file that explain(loss).json() was written to")->required();
    app.add_option("-c,--commands", script, "commands, separated by lines or semicolons");
    app.add_option("--html", page, "write the page of the trace to this file instead");
    CLI11_PARSE(app, argc, argv);
    for (char& c : script) c = c == ';' ? '\n' : c;
    try {
        return page.empty() ? explore(trace, script) : write_page(trace, page);
    } catch (const std::exception& e) {
        std::cerr << e.what() << "\n";
        return 1;
    }
}
