#include "pppd-bridge/hdlc/machine.hpp"

#include "tests/hdlc/reference.hpp"
#include "tests/hdlc/textbook.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <ostream>
#include <string>

// Every machine that this processor can be, not only the one that it is by choice, against the
// definitions and against the codec of the textbooks.

namespace tunnel::hdlc {

/// A machine in the name of a test.
static void PrintTo(const Machine& machine, std::ostream* out) {
  *out << machine.name;
}

}  // namespace tunnel::hdlc

namespace tunnel::hdlc::test {
namespace {

constexpr std::uint8_t kUntouched = 0xa5;
constexpr std::size_t kLongest = 65535;
const std::vector<Accm> kMaps{
    Accm{0}, Accm{}, Accm{0x000a'0000}, Accm{0x0000'0001}, Accm{0x8000'0000}, Accm{0x5a96'c33c}};

/// Octets of one kind: what it is to have none, few, many or only octets to be escaped.
enum class Kind : std::uint8_t { Plain, Random, Controls, Dense, AllEscape, AllFlag };
constexpr std::array kKinds{Kind::Plain, Kind::Random,    Kind::Controls,
                            Kind::Dense, Kind::AllEscape, Kind::AllFlag};

std::uint8_t octet_of(std::mt19937& random, Kind kind) {
  constexpr std::array<std::uint8_t, 8> kDense{0x7d, 0x7e, 0x7c, 0x7f, 0x5d, 0xfd, 0x11, 0x41};
  const auto any = static_cast<std::uint8_t>(random());
  switch (kind) {
    case Kind::Plain:
      return 0x20 + any % 0x5d;  // 20 to 7c
    case Kind::Random:
      return any;
    case Kind::Controls:
      return any % 0x22;
    case Kind::Dense:
      return kDense[any % kDense.size()];
    case Kind::AllEscape:
      return kEscape;
    case Kind::AllFlag:
      return kFlag;
  }
  return any;
}

Octets octets_of(std::mt19937& random, Kind kind, std::size_t size) {
  Octets out(size);
  for (auto& octet : out) octet = octet_of(random, kind);
  return out;
}

/// 0 to 2000 and the longest.
std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all(2001);
  std::iota(all.begin(), all.end(), std::size_t{0});
  all.push_back(kLongest);
  return all;
}

bool untouched(Bytes octets) {
  return std::all_of(octets.begin(), octets.end(), [](auto octet) { return octet == kUntouched; });
}

class MachineTest : public testing::TestWithParam<Machine> {
 protected:
  const Machine& machine = GetParam();
  std::mt19937 random{7};
};

TEST_P(MachineTest, SumsAsDefinedAtEveryLengthAndStart) {
  const auto data = random_octets(random, kLongest);
  for (const auto size : sizes()) {
    const auto part = Bytes{data}.first(size);
    const auto start = static_cast<std::uint32_t>(random());
    const auto start16 = static_cast<std::uint16_t>(start);
    ASSERT_EQ(machine.fcs16(part, start16), reference_fcs16(part, start16)) << size;
    ASSERT_EQ(machine.fcs32(part, start), reference_fcs32(part, start)) << size;
  }
}

TEST_P(MachineTest, SumsAsDefinedAtEveryAlignment) {
  const auto data = random_octets(random, 700);
  for (std::size_t offset = 0; offset < 64; ++offset) {
    const auto part = Bytes{data}.subspan(offset);
    ASSERT_EQ(machine.fcs16(part, kInitialFcs16), reference_fcs16(part)) << offset;
    ASSERT_EQ(machine.fcs32(part, kInitialFcs32), reference_fcs32(part)) << offset;
  }
}

TEST_P(MachineTest, EscapesAsDefined) {
  Octets out(2 * kLongest + kOverrun + 64);
  Octets expected;
  for (const auto size : sizes()) {
    const auto kind = kKinds[size % kKinds.size()];
    const auto data = octets_of(random, kind, size);
    const auto& map = kMaps[size / kKinds.size() % kMaps.size()];
    const auto bound = 2 * size + kOverrun;
    std::fill_n(out.begin(), bound + 64, kUntouched);
    expected.clear();
    reference_escape(data, map, expected);
    const auto used = machine.escape(data, map, MutableBytes{out}.first(bound));
    ASSERT_TRUE(std::equal(expected.begin(), expected.end(), out.begin(),
                           out.begin() + static_cast<std::ptrdiff_t>(used)))
        << size << " octets, map " << map.bits;
    ASSERT_TRUE(untouched(Bytes{out}.subspan(bound, 64))) << size;
  }
}

TEST_P(MachineTest, EscapesEachOctetInEachPlaceForEachBitOfTheMap) {
  Octets out(2 * 96 + kOverrun);
  for (unsigned bit = 0; bit < 32; ++bit) {
    const Accm map{1U << bit};
    for (std::size_t place = 0; place < 96; ++place) {
      Octets data(96, 'x');
      data[place] = static_cast<std::uint8_t>(bit);
      data[(place + 7) % 96] = static_cast<std::uint8_t>((bit + 1) % 32);
      Octets expected;
      reference_escape(data, map, expected);
      ASSERT_EQ(machine.escape(data, map, out), 97U);
      ASSERT_TRUE(std::equal(expected.begin(), expected.end(), out.begin())) << bit << ' ' << place;
    }
  }
}

/// unescape() as its contract has it: how far it may come at most, and what it must write.
struct Easy {
  Easy(Bytes wire, Accm accm) {
    for (std::size_t i = 0; i < wire.size(); ++i) {
      const auto octet = wire[i];
      const bool escape = octet == kEscape;
      if (octet == kFlag || accm.has(octet)) return;
      if (escape && (i + 1 == wire.size() || wire[i + 1] == kEscape || wire[i + 1] == kFlag ||
                     accm.has(wire[i + 1]))) {
        return;
      }
      if (escape) ++i;
      content.push_back(escape ? wire[i] ^ kEscapeBit : octet);
      taken.push_back(i + 1);
    }
  }

  Octets content;
  std::vector<std::size_t> taken;  // octets of the wire that each octet of the content ends at
};

void check_unescape(const Machine& machine, const Octets& wire, Accm map, std::size_t room) {
  Octets out(room + 64, kUntouched);
  const auto got = machine.unescape(wire, map, MutableBytes{out}.first(room));
  const Easy easy{wire, map};
  ASSERT_LE(got.written, easy.content.size());
  ASSERT_LE(got.written, room);
  ASSERT_EQ(got.taken, got.written == 0 ? 0 : easy.taken[got.written - 1]);
  ASSERT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(got.written),
                         easy.content.begin()));
  ASSERT_TRUE(untouched(Bytes{out}.subspan(room)));
}

TEST_P(MachineTest, UnescapesAsDefinedWhatIsEscaped) {
  for (const auto size : sizes()) {
    const auto& map = kMaps[size % kMaps.size()];
    Octets wire;
    reference_escape(octets_of(random, kKinds[size / kMaps.size() % kKinds.size()], size), map,
                     wire);
    ASSERT_NO_FATAL_FAILURE(check_unescape(machine, wire, map, size + kOverrun)) << size;
  }
}

TEST_P(MachineTest, UnescapesAsDefinedWhateverComes) {
  for (std::size_t size = 0; size < 600; ++size) {
    for (const auto kind : kKinds) {
      auto wire = octets_of(random, Kind::Plain, random() % 100);
      const auto tail = octets_of(random, kind, size);
      wire.insert(wire.end(), tail.begin(), tail.end());
      const auto& map = kMaps[size % kMaps.size()];
      ASSERT_NO_FATAL_FAILURE(check_unescape(machine, wire, map, random() % 700)) << size;
    }
  }
}

TEST_P(MachineTest, UnescapesMostOfAnEasyStretch) {
  const auto wire = octets_of(random, Kind::Plain, 1000);
  Octets out(wire.size() + kOverrun);
  for (const auto& map : kMaps) EXPECT_GT(machine.unescape(wire, map, out).taken, 900U);
}

TEST_P(MachineTest, EncodesAsDefinedAtEveryLengthWithEveryFcs) {
  for (const auto size : sizes()) {
    const auto payload = octets_of(random, kKinds[size % kKinds.size()], size);
    for (const auto fcs : {Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32}) {
      const FrameFormat format{kMaps[size / kKinds.size() % kMaps.size()], fcs};
      ASSERT_EQ(encode(kHeader, payload, format, OpeningFlag::Written, machine),
                reference_encode(kHeader, payload, format))
          << size;
    }
  }
}

TEST_P(MachineTest, DecodesWhatItEncodesAtEveryLengthWithEveryFcs) {
  Decoder decoder{kLongest + kHeader.size(), machine};
  for (const auto size : sizes()) {
    const auto payload = octets_of(random, kKinds[size / kMaps.size() % kKinds.size()], size);
    const auto& map = kMaps[size % kMaps.size()];
    for (const auto fcs : {Fcs::None, Fcs::Ccitt16, Fcs::Ccitt32}) {
      decoder.set_receive_accm(map);
      decoder.set_fcs(fcs);
      Frames frames;
      decoder.feed(encode(kHeader, payload, {map, fcs}), frames);
      ASSERT_EQ(frames.all, std::vector<Octets>{joined({kHeader, payload})}) << size;
    }
  }
}

/// Frames as a bad line brings them: with octets lost, changed, inserted and cut off.
Octets bad_line(std::mt19937& random, Accm map) {
  Octets stream = octets_of(random, Kind::Dense, random() % 40);
  for (int i = 0; i < 12; ++i) {
    const auto kind = kKinds[random() % kKinds.size()];
    auto frame = encode(kHeader, octets_of(random, kind, random() % 300), {map},
                        random() % 2 == 0 ? OpeningFlag::Shared : OpeningFlag::Written);
    const auto place = static_cast<std::ptrdiff_t>(random() % frame.size());
    switch (random() % 8) {
      case 0:
        frame.resize(static_cast<std::size_t>(place));
        break;
      case 1:
        frame.erase(frame.begin() + place);
        break;
      case 2:
        frame[static_cast<std::size_t>(place)] = octet_of(random, Kind::Dense);
        break;
      case 3:
      case 4:  // what a terminal inserts
        frame.insert(frame.begin() + place, octet_of(random, Kind::Controls));
        break;
      default:
        break;
    }
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  return stream;
}

TEST_P(MachineTest, DeliversFromABadLineWhatTheTextbookDoes) {
  constexpr std::size_t kLimit = 250;
  std::size_t delivered = 0;
  for (int run = 0; run < 1500; ++run) {
    const auto map = kMaps[random() % kMaps.size()];
    const auto stream = bad_line(random, map);
    TextbookDecoder textbook{kLimit, map.bits};
    Frames expected;
    textbook.feed(stream, expected);

    Decoder decoder{kLimit, machine};
    decoder.set_receive_accm(map);
    Frames frames;
    for (Bytes rest{stream}; !rest.empty();) {
      const auto piece = std::min<std::size_t>(rest.size(), 1 + random() % 200);
      decoder.feed(rest.first(piece), frames);
      rest = rest.subspan(piece);
    }
    ASSERT_EQ(frames.all, expected.all) << run;
    delivered += frames.all.size();
  }
  EXPECT_GT(delivered, 1500U);  // so that something was compared
}

TEST_P(MachineTest, DoesNotCareWhereTheStreamBreaks) {
  for (const auto& map : kMaps) {
    const auto stream = bad_line(random, map);
    TextbookDecoder textbook{300, map.bits};
    Frames expected;
    textbook.feed(stream, expected);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      Decoder decoder{300, machine};
      decoder.set_receive_accm(map);
      Frames frames;
      decoder.feed(Bytes{stream}.first(cut), frames);
      decoder.feed(Bytes{stream}.subspan(cut), frames);
      ASSERT_EQ(frames.all, expected.all) << "cut at " << cut;
    }
  }
}

std::vector<Machine> machines_here() {
  std::vector<Machine> here;
  for (const auto& machine : machines()) {
    if (machine.runs_here()) here.push_back(machine);
  }
  return here;
}

INSTANTIATE_TEST_SUITE_P(All, MachineTest, testing::ValuesIn(machines_here()),
                         [](const auto& test) {
                           std::string name{test.param.name};
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Machines, TheFastestThatRunsIsTaken) {
  EXPECT_EQ(this_machine().name, machines_here().front().name);
}

TEST(Machines, TheLastOneRunsAnywhere) {
  EXPECT_EQ(machines().back().name, "portable");
  EXPECT_TRUE(machines().back().runs_here());
}

}  // namespace
}  // namespace tunnel::hdlc::test
