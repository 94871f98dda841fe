#include <nn/io/safetensors.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <autograd/autograd.hpp>
#include <nn/modules/linear.hpp>
#include <nn/modules/sequential.hpp>

#include "nn/says.hpp"

using namespace xg;
using test::message_of;
using test::Names;
using test::names_of;

namespace {

struct File {
    File()
        : path((std::filesystem::temp_directory_path() /
                ("xgrad-" + std::to_string(++count) + "-" + std::to_string(::getpid()) + ".safetensors"))
                   .string()) {}
    ~File() { std::filesystem::remove(path); }
    // A file of this table, and `bytes` zeros of data.
    void write(const std::string& table, std::size_t bytes) const {
        std::string length(8, '\0');
        for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(table.size() >> (8 * i) & 0xff);
        std::ofstream(path, std::ios::binary) << length << table << std::string(bytes, '\0');
    }
    std::string read() const {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string path;
    static inline int count = 0;
};

std::string refused(const File& file) {
    return message_of<FileError>([&] { nn::load_state(file.path); });
}

} // namespace

TEST_CASE("a model comes back from its file to the last bit") {
    const File file;
    nn::Linear net(3, 2), other(3, 2);
    nn::save(net, file.path);
    nn::load(other, file.path);
    CHECK(other.weight.to_vector() == net.weight.to_vector());
    CHECK(other.bias.to_vector() == net.bias.to_vector());
}

TEST_CASE("a file has every dtype, scalars and empty tensors, in the layout of safetensors") {
    const File file;
    const nn::StateDict state(nn::NamedTensors{{"a", tensor({1.5, -2.0}, {.dtype = float32})},
                                               {"b", tensor(7)},
                                               {"c", tensor({true, false})},
                                               {"d", zeros({0, 3}, {.dtype = float64})},
                                               {"e", transpose(tensor({{1, 2}, {3, 4}}, {.dtype = float64}))}});
    nn::save(state, file.path);
    const nn::StateDict back = nn::load_state(file.path);
    CHECK(names_of(back) == Names{"a", "b", "c", "d", "e"});
    for (const auto& [name, t] : state) {
        CHECK(back.at(name).dtype() == t.dtype());
        CHECK(back.at(name).shape() == t.shape());
        CHECK(back.at(name).to_vector() == t.to_vector());
    }
    // Written out by hand from the format's description
    const std::string table = R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    nn::save(nn::StateDict(nn::NamedTensors{{"x", tensor({1.0}, {.dtype = float32})}}), file.path);
    std::string expected(1, static_cast<char>(56));
    expected += std::string(7, '\0') + table + std::string(56 - table.size(), ' ') + std::string("\0\0\x80\x3f", 4);
    CHECK(file.read() == expected);
}

TEST_CASE("load lists all names and shapes that differ, and changes nothing") {
    const File file;
    nn::save(nn::StateDict(nn::NamedTensors{{"weight", zeros({2, 4})}, {"scale", zeros({2})}}), file.path);
    nn::Linear net(3, 2);
    const auto before = net.weight.to_vector();
    const int line = __LINE__ + 1;
    const std::string text = message_of<StateError>([&] { nn::load(net, file.path); });
    CHECK_SAYS(text, "shape: 'weight' is (2, 4) in the file and (2, 3) in the model");
    CHECK_SAYS(text, "missing: 'bias' (2,)");
    CHECK_SAYS(text, "too many: 'scale' (2,)");
    CHECK_SAYS(text, test::here(line));
    CHECK(net.weight.to_vector() == before);
}

TEST_CASE("a file that is missing, damaged or of another format is refused") {
    const File file;
    CHECK_SAYS(refused(file), "cannot be opened");
    std::ofstream(file.path) << "abc";
    CHECK_SAYS(refused(file), "the file has 3 bytes");
    std::ofstream(file.path) << "\x89PNG\r\n\x1a\n and so on";
    CHECK_SAYS(refused(file), "its table would have");
    file.write("not json", 0);
    CHECK_SAYS(refused(file), "no JSON");
    file.write("[1]", 0);
    CHECK_SAYS(refused(file), "no JSON object");
    file.write(R"({"a":{"dtype":"F32"}})", 0);
    CHECK_SAYS(refused(file), "'a' has no dtype, shape and place");
    file.write(R"({"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}})", 2);
    CHECK_SAYS(refused(file), "'a' has dtype BF16");
    file.write(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4);
    CHECK_SAYS(refused(file), "a size that is no number");
}

TEST_CASE("sizes are held against the file before memory is taken") {
    const File file;
    file.write(R"({"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}})", 4);
    CHECK_SAYS(refused(file), "its place is 0 to 4000000000000 of 4");
    file.write(R"({"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0);
    CHECK_SAYS(refused(file), "larger than any memory");
    file.write(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4);
    CHECK_SAYS(refused(file), "has 8 bytes and its place is 0 to 4");
    file.write(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8);
    CHECK_SAYS(refused(file), "begins at 4 instead of 0");
    file.write(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8);
    CHECK_SAYS(refused(file), "4 bytes belong to no tensor");
    file.write(
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
        4);
    CHECK_SAYS(refused(file), "'a' is listed twice");
}

TEST_CASE("a file that is cut off anywhere is refused") {
    const File file;
    nn::Linear net(2, 2);
    nn::save(net, file.path);
    const std::string all = file.read();
    for (std::size_t length = 0; length < all.size(); ++length) {
        std::ofstream(file.path, std::ios::binary) << all.substr(0, length);
        CHECK_SAYS(refused(file), "expected a safetensors file");
    }
}

TEST_CASE("metadata of other writers is passed over") {
    const File file;
    file.write(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})", 8);
    CHECK(nn::load_state(file.path).at("a").item<int>() == 0);
}
