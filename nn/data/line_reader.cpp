#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <autograd/error_format_internal.hpp>
#include <nn/data/line_reader_internal.hpp>

namespace xg::nn {
namespace {

std::string system_reason(int code) { return std::generic_category().message(code); }

bool continues_utf8(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

} // namespace

std::string shown(std::string_view text) {
    std::size_t length = std::min<std::size_t>(text.size(), 40);
    // A cut inside a UTF-8 sequence would make the whole message invalid.
    while (length < text.size() && length > 0 && continues_utf8(text[length])) --length;
    std::string out = "\"";
    for (const char c : text.substr(0, length)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out + (length < text.size() ? "...\"" : "\"");
}

LineReader::LineReader(std::string_view who, const std::string& path, std::size_t max_bytes)
    : who_(who), path_(path), max_bytes_(max_bytes) {
    file_.reset(std::fopen(path.c_str(), "rb"));
    if (!file_) fail<FileError>("{}({}): cannot open the file: {}.", who_, shown(path_), system_reason(errno));
}

bool LineReader::next(std::string& line) {
    line.clear();
    bool ended = false;
    bool any = false;
    while (!ended && (position_ < filled_ || refill())) {
        const char* begin = buffer_.data() + position_;
        const std::size_t left = filled_ - position_;
        const auto* end = static_cast<const char*>(std::memchr(begin, '\n', left));
        const std::size_t taken = end ? static_cast<std::size_t>(end - begin) : left;
        line.append(begin, taken);
        position_ += taken + (end ? 1 : 0);
        any = true;
        ended = end != nullptr;
        if (line.size() > max_bytes_) {
            fail<FileError>("{}({}): line {}, column 1: the line is longer than {} bytes; it begins with {}.", who_,
                            shown(path_), number_ + 1, max_bytes_, shown(line));
        }
    }
    if (!any) return false;
    ++number_;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return true;
}

bool LineReader::refill() {
    position_ = 0;
    filled_ = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
    if (filled_ == 0 && std::ferror(file_.get())) { // a directory opens, and fails here
        fail<FileError>("{}({}): cannot read the file: {}.", who_, shown(path_), system_reason(errno));
    }
    return filled_ > 0;
}

} // namespace xg::nn
