#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <explorer/session_internal.hpp>
#include "explorer/programs.hpp"
#include "nn/says.hpp"

using namespace xg;
using namespace xg::test;

namespace {

struct Talk {
    std::ostringstream out;
    ExplorerSession session;
    explicit Talk(const Course& program) : session(explain(program.loss).trace(), out) {}
    std::string say(const std::string& command) {
        out.str("");
        session.run(command);
        return out.str();
    }
};

std::string refusal(Talk& talk, const std::string& command) {
    return message_of<ValueError>([&] { talk.say(command); });
}

} // namespace

TEST_CASE("xgrad-explore: a transcript of one neuron") {
    Talk talk(one_neuron());
    talk.session.greet();
    CHECK(talk.out.str() == "L = 0.295315: 9 nodes, 16 events. Gradients: not yet.\n");
    CHECK(talk.say("g w") == "    1  w                                              0.8\n       dL/dw: not yet\n");
    CHECK(talk.say("s") == "    1  dL/dL = 1\n");
    talk.say("s phase");
    CHECK(talk.say("s") == "at the end\n");
    CHECK_SAYS(talk.say("g w"), "dL/dw: 0.2050744297256477"); // G1, to the last digit
    CHECK_SAYS(talk.say("why w"), "dL/dw += 0.136716 * 1.5 = 0.205074");
    CHECK_SAYS(talk.say("why w"), "L > #6 > d > y > z > w");
    CHECK_SAYS(talk.say("check"), "all pass");
    CHECK_SAYS(talk.say("b 3"), "dL/d");
    CHECK_SAYS(talk.say("b phase"), "before the first event");
    CHECK(talk.say("b") == "at the beginning\n");
    CHECK(!talk.session.run("q"));
}

TEST_CASE("xgrad-explore: a step of SGD and of Adam is that of the course and of the paper") {
    Talk talk(one_neuron());
    CHECK_SAYS(talk.say("opt sgd 0.5"), "L was 0.295315, is ");
    CHECK_SAYS(talk.say("g w"), "0.6974627851371762"); // G1, to the last digit
    Talk adam(one_neuron());
    // The first step of Adam is lr times the sign of the gradient.
    adam.say("opt adam 0.1");
    CHECK_SAYS(adam.say("g w"), "0.70000000"); // but for eps
}

TEST_CASE("xgrad-explore: an edited leaf gives the numbers of a program with that leaf") {
    Talk talk(two_layers());
    talk.say("s phase");
    talk.say("set w11 2.5");
    const auto path = (std::filesystem::temp_directory_path() / "xgrad_edited.json").string();
    talk.say("export json " + path);
    const Trace edited = Trace::read(path);
    std::filesystem::remove(path);

    const double sigmoid_of = 1 / (1 + std::exp(-(2.5 * 0.5 + 0.2 * -1.0 + 0.05)));
    CHECK(std::abs(edited.nodes[edited.find("a1")].value - sigmoid_of) <= 1e-15);
    Course program = two_layers();
    program.leaves[2].set_value(2.5);
    Value x1 = 0.5, x2 = -1.0, w11 = 2.5, w12 = 0.2, w21 = -0.3, w22 = 0.4, b1 = 0.05, b2 = -0.05, v1 = 0.7, v2 = -0.6,
          c = 0.1, t = 0.8;
    Value y = v1 * sigmoid(w11 * x1 + w12 * x2 + b1) + v2 * sigmoid(w21 * x1 + w22 * x2 + b2) + c;
    Value L = square(y - t) / 2;
    L.backward();
    CHECK(std::abs(edited.nodes[edited.root].value - L.value()) <= 1e-15);
    CHECK(std::abs(gradient_of(edited, "w11") - w11.grad()) <= 1e-15);
    CHECK(std::abs(gradient_of(edited, "v1") - v1.grad()) <= 1e-15);
}

TEST_CASE("xgrad-explore: a wrong command says what is right and changes nothing") {
    Talk talk(shared());
    talk.say("s 4");
    const std::string before = talk.say("g a");
    CHECK_SAYS(refusal(talk, "dance"), "there is no command 'dance'");
    CHECK_SAYS(refusal(talk, "g q"), "there is no node 'q'\n  expected a number below 5 or a label: a b p s f");
    CHECK_SAYS(refusal(talk, "s -1"), "no count of steps");
    CHECK_SAYS(refusal(talk, "s 1.5"), "no count of steps");
    CHECK_SAYS(refusal(talk, "set p 3"), "p is not a leaf");
    CHECK_SAYS(refusal(talk, "set a three"), "'three' is no number");
    CHECK_SAYS(refusal(talk, "opt rmsprop 1"), "expected sgd or adam");
    CHECK_SAYS(refusal(talk, "check a 0"), "makes no difference");
    CHECK_SAYS(refusal(talk, "export pdf x"), "expected html, dot, json or latex");
    CHECK(talk.say("g a") == before);
    CHECK_SAYS(message_of<FileError>([&] { talk.say("export dot /no/such/folder/x"); }), "/no/such/folder/x");
}

TEST_CASE("xgrad-explore: watches, lines and pages stay within 80 columns of plain text") {
    Talk talk(two_layers());
    std::string all;
    for (const char* command : {"watch w11", "tree", "s node", "s 20", "why x1", "why w11", "src", "check", "help",
                                "g L", "s phase", "watch w11"})
        all += talk.say(command);
    CHECK_SAYS(all, "watch dL/dw11: not yet");
    CHECK_SAYS(all, "watch dL/dw11: -0.0506313");
    CHECK_SAYS(all, "the program did not trace lines");
    std::size_t width = 0;
    for (const char c : all) {
        width = c == '\n' ? 0 : width + 1;
        CHECK(width <= 80);
        CHECK((c == '\n' || (c >= ' ' && c <= '~')));
    }
}

TEST_CASE("xgrad-explore: names and files with blanks are words of one name") {
    Value w = 0.5, L = square(w * 3 - 1);
    w.label("the weight"), L.label("loss of it");
    std::ostringstream out;
    ExplorerSession session(explain(L).trace(), out);
    const auto path = (std::filesystem::temp_directory_path() / "xgrad two words.dot").string();
    for (const std::string& command :
         {std::string("g the weight"), std::string("why the weight"), std::string("watch the weight"),
          std::string("s phase"), std::string("check the weight 1e-4"), std::string("set the weight 2"),
          "export dot " + path})
        session.run(command);
    CHECK_SAYS(out.str(), "ledger of dloss of it/dthe weight");
    CHECK_SAYS(out.str(), "watch dloss of it/dthe weight: 3");
    CHECK_SAYS(out.str(), "the weight = 2: loss of it = 25");
    CHECK(std::filesystem::remove(path));
    CHECK_SAYS(message_of<ValueError>([&] { session.run("q now"); }), "used as: q");
    CHECK_SAYS(message_of<ValueError>([&] { session.run("g " + std::string(5000, 'x')); }), "xxx...'\n");
}

TEST_CASE("xgrad-explore: a check says when there was nothing that it could check, and which node a long name is") {
    std::ostringstream out;
    Tensor w = tensor({0.5, 2.0}).requires_grad(true);
    ExplorerSession of_tensors(explain(sum(square(w))).trace(), out);
    of_tensors.run("check");
    CHECK_SAYS(out.str(), "No differences: a tensor of a file cannot be computed here.");
    CHECK(out.str().find("all pass") == std::string::npos);

    Value a = 0.5, b = 2.0, L = a * b;
    a.label("encoder.layer0.neuron1.weight3"), b.label("encoder.layer0.neuron1.weight4");
    const std::string text = explain(L).check().text();
    CHECK_SAYS(text, "encoder.layer0.neuron1.weight3\n ");
    CHECK_SAYS(text, "encoder.layer0.neuron1.weight4\n ");
}
