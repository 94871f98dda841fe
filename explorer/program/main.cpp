// xgrad-explore: a trace in the terminal.
#include <langinfo.h>
#include <unistd.h>

#include <clocale>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <autograd/error.hpp>
#include <autograd/version.hpp>
#include <autograd/write_file_internal.hpp>
#include <explorer/explain.hpp>
#include <explorer/notation_internal.hpp>
#include <explorer/page_internal.hpp>
#include <explorer/session_internal.hpp>

namespace {

// Whether the terminal shows more than ASCII.
bool knows_utf8() {
    setlocale(LC_CTYPE, "");
    return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

// What the session says, a command at a time. What the terminal cannot show
// becomes as many '?' as it would be wide.
class Screen {
public:
    std::ostringstream out;
    void show() {
        const std::string text = out.str();
        out.str("");
        if (utf8_) {
            std::cout << text << std::flush;
            return;
        }
        for (std::size_t i = 0, end = 0; i < text.size(); i = end) {
            end = i + 1;
            while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
            const std::string character = text.substr(i, end - i);
            if (character.size() == 1) std::cout << character;
            else std::cout << std::string(xg::detail::columns(character), '?');
        }
        std::cout << std::flush;
    }

private:
    bool utf8_ = knows_utf8();
};

std::string trimmed(const std::string& line) {
    const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
    return first == line.npos ? "" : line.substr(first, last - first + 1);
}

// On a terminal a mistake is told and the session goes on; in a script it is the end.
int converse(xg::ExplorerSession& session, Screen& screen, std::istream& in, bool interactive) {
    session.greet();
    if (interactive) screen.out << "help lists the commands\n";
    int number = 0;
    for (std::string line; screen.out << (interactive ? "> " : ""), screen.show(), std::getline(in, line);) {
        ++number;
        line = trimmed(line);
        const std::string shown = xg::detail::clipped("> " + line, 80);
        if (!interactive && !line.empty()) screen.out << shown << "\n";
        try {
            const bool more = session.run(line);
            screen.show();
            if (!more) return 0;
        } catch (const xg::Error& e) {
            screen.show();
            std::cerr << e.what() << "\n";
            if (interactive) continue;
            std::cerr << "  at command " << number << ": " << xg::detail::clipped(line, 60) << "\n";
            return 1;
        }
    }
    if (interactive) std::cout << "\n";
    return 0;
}

// Of the file as it is, which may hold the steps of a training beside the trace, unless that is too large.
int write_page(const std::string& path, const std::string& page) {
    const xg::Trace trace = xg::Trace::read(path);
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    xg::write_file("xgrad-explore --html", page, xg::detail::page_of(trace, text));
    std::cout << "wrote " << page << "\n";
    return 0;
}

int explore(const std::string& trace, const std::string& script) {
    Screen screen;
    xg::ExplorerSession session(xg::Trace::read(trace), screen.out);
    if (script.empty())
        return converse(session, screen, std::cin, isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0);
    std::istringstream commands(script);
    return converse(session, screen, commands, false);
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
        const int code = app.count("--html") == 0 ? explore(trace, script) : write_page(trace, page);
        if (std::cout.flush()) return code;
        std::cerr << "xgrad-explore: not all of the output was written\n"; // the disk is full
        return 1;
    } catch (const std::exception& e) {
        std::cerr << e.what() << "\n";
        return 1;
    }
}
