#pragma once
#include <string>

#include <autograd/error.hpp>

namespace xg::test {

/// The text of the error of kind E that `f` throws; what happened instead if it throws none.
template <class E, class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const E& e) { return e.what(); } catch (const Error& e) {
        return "WRONG KIND " + std::string(e.what());
    } catch (const std::exception& e) { return "NOT AN xg::Error " + std::string(e.what()); }
    return "NOTHING WAS THROWN";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// As messages name a line of the file that calls this.
inline std::string here(int line, const char* file = __builtin_FILE()) {
    return std::string(file) + ":" + std::to_string(line);
}

} // namespace xg::test
