#pragma once
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace xg::plot {

/// Writes the whole file or nothing: the text goes into a new file beside `path`, which then takes its name, so that a
/// full disk or a kill leaves an old file as it was. std::runtime_error with the path, what failed and the reason.
inline void write_file(const std::string& path, std::string_view text) {
    namespace fs = std::filesystem;
    const auto refuse = [&](const std::string& what, int code) {
        const std::string reason = code == 0 ? "" : ": " + std::generic_category().message(code);
        return std::runtime_error("cannot write \"" + path + "\": " + what + reason);
    };
    std::error_code ignored;
    fs::path target = path;
    if (fs::is_symlink(target, ignored) && fs::exists(target, ignored)) target = fs::canonical(target); // keep the link
    // Renaming over a device such as /dev/null would replace it for the whole machine.
    if (fs::exists(target, ignored) && !fs::is_regular_file(target, ignored)) throw refuse("it is no regular file", 0);

    fs::path fresh;
    std::FILE* file = nullptr;
    for (std::random_device random; !file;) {
        fresh = target;
        fresh += ".tmp" + std::to_string(random());
        file = std::fopen(fresh.c_str(), "wbx"); // x: never into a file of somebody else
        if (!file && errno != EEXIST) throw refuse("cannot create a file in its folder", errno);
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
    int code = written ? 0 : errno;
    if (std::fclose(file) != 0 && code == 0) code = errno;
    const bool whole = code == 0;
    std::error_code rename_error;
    if (whole) fs::rename(fresh, target, rename_error);
    if (whole && !rename_error) return;
    fs::remove(fresh, ignored);
    throw whole ? refuse("cannot put the new file in its place", rename_error.value())
                : refuse("not all of it was written", code);
}

} // namespace xg::plot
