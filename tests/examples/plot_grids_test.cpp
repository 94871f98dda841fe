// Charts of cells and of pixels.
#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "drawings.hpp"

using namespace xg;
using namespace test;

TEST_CASE("matrix_chart writes each number into its cell") {
    const auto document = drawn(plot::matrix_chart({11, 12, 13, 21, 22, 23}, 2, 3));
    const auto at = [&](const char* words) { return document.texts(words).at(0); };
    CHECK(at("11").number("y") == at("13").number("y"));
    CHECK(at("21").number("y") > at("11").number("y"));
    CHECK(at("21").number("x") == at("11").number("x"));
    CHECK(at("12").number("x") > at("11").number("x"));
    CHECK(at("13").number("x") > at("12").number("x"));
}

TEST_CASE("matrix_chart labels rows and columns with numbers from 0 or with names") {
    CHECK(drawn(plot::matrix_chart({7, 7, 7, 7}, 2, 2)).texts("1").size() == 2);
    const auto document =
        drawn(plot::matrix_chart({7, 7, 7, 7}, 2, 2, {.row_labels = {"cat", "dog"}, .column_labels = {"a", "b"}}));
    CHECK(document.texts("dog").at(0).number("y") > document.texts("cat").at(0).number("y"));
    CHECK(document.texts("b").at(0).number("x") > document.texts("a").at(0).number("x"));
}

TEST_CASE("matrix_chart colours by sign and by size") {
    const auto document = drawn(plot::matrix_chart({4, 2, -4, 0}, 2, 2, {.decimals = 1}));
    const auto above = document.all("rect", "cell0");
    const auto below = document.all("rect", "cell1");
    REQUIRE(above.size() == 2);
    REQUIRE(below.size() == 1);
    CHECK(above[0].number("fill-opacity") == 1);
    CHECK(above[1].number("fill-opacity") == 0.5);
    CHECK(below[0].number("fill-opacity") == 1);
}

TEST_CASE("a confusion matrix sets a single mistake off from many hits") {
    const auto document = drawn(plot::matrix_chart({40, 1, 0, 50}, 2, 2, {.confusion = true}));
    const auto wrong = document.all("rect", "cell1"); // the first is the sign in the legend
    REQUIRE(wrong.size() == 2);
    CHECK(wrong[1].number("fill-opacity") >= 0.5);
    CHECK(document.all("rect", "cell0").size() == 3);
}

TEST_CASE("numbers in cells can be read on every shade and in both themes") {
    for (std::size_t colour = 0; colour < 2; ++colour) {
        for (int step = 0; step <= 1000; ++step) {
            const plot::Shade shade{colour, step / 1000.0};
            const plot::Rgb text = shade.white_text() ? plot::Rgb{255, 255, 255} : plot::Rgb{0, 0, 0};
            const plot::Rgb day = plot::mix(plot::light_theme.cell[colour], plot::light_theme.paper, shade.alpha);
            const plot::Rgb night = plot::mix(plot::dark_theme.cell[colour], plot::dark_theme.paper, shade.alpha);
            CAPTURE(colour);
            CAPTURE(step);
            CHECK(plot::contrast(day, text) >= 4.5); // WCAG 2.1, level AA
            CHECK(plot::contrast(night, {255, 255, 255}) >= 4.5);
        }
    }
}

TEST_CASE("series colours stand out from the paper in both themes") {
    for (const plot::Theme& theme : {plot::light_theme, plot::dark_theme}) {
        for (const plot::Rgb colour : theme.series)
            CHECK(plot::contrast(colour, theme.paper) >= 3); // WCAG 2.1, graphics
    }
}

TEST_CASE("matrix_chart shows NaN and infinity in words") {
    const auto document = drawn(plot::matrix_chart({1, missing, INFINITY, -INFINITY}, 2, 2));
    CHECK(document.texts("NaN").size() == 1);
    CHECK(document.texts("inf").size() == 1);
    CHECK(document.texts("\u2212inf").size() == 1);
    CHECK(document.all("rect", "cell0").at(1).number("fill-opacity") == 1);
}

TEST_CASE("matrix_chart drops numbers from cells too small for them and gives the range") {
    std::vector<double> values(64 * 64, 0.25);
    values[0] = -3;
    const auto svg = plot::matrix_chart(values, 64, 64);
    const auto document = drawn(svg);
    CHECK(document.texts("0").size() == 2); // the first row and the first column
    CHECK(says(document, "from \u22123 to 0.25"));
    CHECK(svg.text.size() < 40000);
}

TEST_CASE("matrix_chart refuses sizes that do not fit") {
    CHECK_THROWS_AS(plot::matrix_chart({1, 2, 3}, 2, 2), std::invalid_argument);
    CHECK_THROWS_AS(plot::matrix_chart({1, 2}, 1, 2, {.column_labels = {"a"}}), std::invalid_argument);
    drawn(plot::matrix_chart({}, 0, 0));
}

TEST_CASE("image_grid paints each pixel in its place, darker where it is larger") {
    const auto document = drawn(plot::image_grid({image(2, 2, {0, 16, 8, 0})}, {.low = 0, .high = 16}));
    std::map<std::string, double> opacity;
    for (const auto& path : document.all("path")) opacity[path.attributes.at("d")] = path.number("fill-opacity");
    CHECK(opacity.size() == 2); // paper is not painted
    CHECK(opacity.at("M1 0h1v1h-1z") == 1);
    CHECK(opacity.at("M0 1h1v1h-1z") == doctest::Approx(0.5).epsilon(0.02));
}

TEST_CASE("image_grid joins equal neighbours in a row and never across rows") {
    const auto document = drawn(plot::image_grid({image(2, 3, {1, 1, 1, 1, 0, 1})}));
    REQUIRE(document.all("path").size() == 1);
    CHECK(document.all("path")[0].attributes.at("d") == "M0 0h3v1h-3zM0 1h1v1h-1zM2 1h1v1h-1z");
}

TEST_CASE("image_grid as light shows the largest value white in both themes") {
    const auto document = drawn(plot::image_grid({image(1, 2, {0, 1})}, {.grey = plot::Grey::light}));
    CHECK(document.all("path").at(0).attributes.at("fill") == "#000000");
    CHECK(document.all("path").at(1).attributes.at("fill") == "#ffffff");
}

TEST_CASE("image_grid uses one scale of grey for all images") {
    const auto document = drawn(plot::image_grid({image(1, 2, {0, 1}), image(1, 2, {0, 2})}));
    CHECK(document.all("path").at(0).number("fill-opacity") == doctest::Approx(0.5).epsilon(0.02));
    CHECK(document.all("path").at(1).number("fill-opacity") == 1);
}

TEST_CASE("image_grid begins a new row after the given number of images and captions each") {
    std::vector<plot::Image> images(5, image(1, 1, {1}));
    for (int i = 0; i < 5; ++i) images[i].caption = "image " + std::to_string(i);
    const auto document = drawn(plot::image_grid(images, {.columns = 3}));
    const auto place = [&](int i) { return document.texts("image " + std::to_string(i)).at(0); };
    CHECK(place(2).number("y") == place(0).number("y"));
    CHECK(place(3).number("y") > place(0).number("y"));
    CHECK(place(3).number("x") == place(0).number("x"));
    CHECK(place(4).number("y") < document.elements[0].number("height"));
}

TEST_CASE("image_grid shows NaN pixels in a colour instead of hiding them") {
    CHECK(drawn(plot::image_grid({image(1, 2, {0, missing})})).all("path", "fill1").size() == 1);
}

TEST_CASE("image_grid refuses an image with another number of pixels than its size") {
    CHECK_THROWS_AS(plot::image_grid({image(2, 2, {1, 2, 3})}), std::invalid_argument);
    CHECK(says(drawn(plot::image_grid({})), "no images"));
}
