#include <autograd/write_file_internal.hpp>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <system_error>

#include <autograd/error_format_internal.hpp>

namespace xg {
namespace {

namespace fs = std::filesystem;

// The file that a path means: a link stays one.
fs::path target_of(const std::string& path) {
    std::error_code ignored;
    fs::path target = path;
    if (fs::is_symlink(target, ignored) && fs::exists(target, ignored)) target = fs::canonical(target, ignored);
    return target;
}

// 0, or errno.
int write_all(std::FILE* file, std::string_view bytes) {
    errno = 0;
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size() && std::fflush(file) == 0;
    int error = written ? 0 : errno;
    if (std::fclose(file) != 0 && error == 0) error = errno;
    return error;
}

} // namespace

void write_file(const char* function, const std::string& path, std::string_view bytes) {
    const auto refuse = [&](const char* what, int code) {
        fail<FileError>("{}: '{}': {}{}{}\n  expected a path in a folder that exists and may be written to", function,
                        path, what, code == 0 ? "" : ": ", code == 0 ? "" : std::generic_category().message(code));
    };
    std::error_code ignored;
    const fs::path target = target_of(path);
    // Renaming over a device such as /dev/null would replace it for the whole machine.
    if (fs::exists(target, ignored) && !fs::is_regular_file(target, ignored)) refuse("it is no regular file", 0);

    fs::path fresh;
    std::FILE* file = nullptr;
    for (std::random_device random; !file;) {
        fresh = target;
        fresh += ".tmp" + std::to_string(random());
        file = std::fopen(fresh.c_str(), "wbx"); // x: never into a file of somebody else
        if (!file && errno != EEXIST) refuse("no file can be made in its folder", errno);
    }
    const int error = write_all(file, bytes);
    std::error_code not_renamed;
    if (error == 0) fs::rename(fresh, target, not_renamed);
    if (error == 0 && !not_renamed) return;
    fs::remove(fresh, ignored);
    if (error != 0) refuse("not all of it was written", error);
    refuse("the new file cannot take its place", not_renamed.value());
}

} // namespace xg
