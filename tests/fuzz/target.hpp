#pragma once

#include <cstddef>
#include <cstdint>

/// What libFuzzer and the replay of the corpora call with one input. Zero always; whatever is wrong
/// aborts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
