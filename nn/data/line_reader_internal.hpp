#pragma once
#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <autograd/dtype.hpp>

namespace xg::nn {

/// `text` in quotes as it may stand in a message: short, on one line, with unprintable bytes as \xNN.
std::string shown(std::string_view text);

/// The lines of a text file, one after the other and without their ends (LF or CRLF). A file is never in memory as a
/// whole, nor is a line beyond `max_bytes`. FileError, in the name of the function `who`, if the file cannot be opened
/// or read, or has a longer line.
class LineReader {
public:
    LineReader(std::string_view who, const std::string& path, std::size_t max_bytes);

    /// Puts the next line into `line`; false after the last one. A line end at the end of the file begins no new line.
    bool next(std::string& line);
    /// The number of the line read last, from 1; 0 before the first.
    Index number() const { return number_; }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    bool refill();

    std::string_view who_;
    std::string path_;
    std::size_t max_bytes_;
    std::unique_ptr<std::FILE, Close> file_;
    std::array<char, 1 << 16> buffer_;
    std::size_t position_ = 0;
    std::size_t filled_ = 0;
    Index number_ = 0;
};

} // namespace xg::nn
