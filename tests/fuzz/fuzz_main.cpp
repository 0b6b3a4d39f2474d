// SPDX-License-Identifier: GPL-3.0-or-later
// Drives a fuzz target where the compiler brings no libFuzzer: mutates the target's seeds, keeps
// what reaches new code (preset `fuzz`; without it every input comes from the seeds), and ends with
// an error at the first crash, broken promise, input that takes longer than a second or, without
// sanitizers, 64 MiB. The input stands in FOLDER/input-NAME then; give that file to run it again.
//
// fuzz_NAME [--seconds N] [--seed N] [--folder FOLDER]    fuzz_NAME FILE…
#include "tests/fuzz/fuzz.h"

#include <QFile>

#include <sys/resource.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <unistd.h>

namespace {

constexpr std::size_t kMapSize = 1 << 16;
std::uint8_t s_reached[kMapSize];

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
constexpr double kSlowest = kSanitized ? 10 : 1; // seconds
constexpr long kMostMemory = 64 * 1024;          // KiB that one input may add
constexpr std::size_t kLongest = 16 * 1024;

using Clock = std::chrono::steady_clock;
double secondsSince(Clock::time_point begin)
{
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

long peakMemory()
{
    rusage usage = {};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// The input that is being run, in a file that outlives a crash.
class LastInput
{
public:
    explicit LastInput(const std::string &path) : m_path(path)
    {
        m_fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (m_fd < 0) {
            std::perror(path.c_str());
            std::exit(2);
        }
    }
    void set(const QByteArray &input) const
    {
        if (::ftruncate(m_fd, 0) != 0 ||
            ::pwrite(m_fd, input.constData(), std::size_t(input.size()), 0) != input.size())
            std::abort();
    }
    void forget() const { ::unlink(m_path.c_str()); }

private:
    std::string m_path;
    int m_fd = -1;
};

class Mutator
{
public:
    Mutator(const FuzzSeeds &seeds, std::uint32_t seed) : m_corpus(seeds.inputs), m_seeds(seeds)
    {
        m_random.seed(seed);
    }

    QByteArray next()
    {
        QByteArray input = m_corpus[below(m_corpus.size())];
        for (std::size_t n = 1 + below(6); n > 0; --n)
            mutate(input);
        input.truncate(kLongest);
        return input;
    }
    void keep(const QByteArray &input)
    {
        if (m_corpus.size() < 4000)
            m_corpus.push_back(input);
    }
    std::size_t kept() const { return m_corpus.size(); }

private:
    std::size_t below(std::size_t n) { return n ? m_random() % n : 0; }

    QByteArray slice(const QByteArray &from)
    {
        const std::size_t at = below(std::size_t(from.size()));
        return from.mid(qsizetype(at), qsizetype(1 + below(below(4) ? 32 : 2000)));
    }

    void mutate(QByteArray &input)
    {
        const auto at = qsizetype(below(std::size_t(input.size()) + 1));
        const bool inside = at < input.size();
        switch (below(10)) {
        case 0:
            if (inside)
                input[at] = char(input[at] ^ (1 << below(8)));
            break;
        case 1:
            if (inside)
                input[at] = char(below(256));
            break;
        case 2:
            input.remove(at, qsizetype(1 + below(below(4) ? 16 : 500)));
            break;
        case 3:
            input.insert(at, qsizetype(1 + below(below(8) ? 4 : 600)), char(below(256)));
            break;
        case 4:
            input.insert(at, slice(input));
            break;
        case 5:
            input.insert(at, slice(m_corpus[below(m_corpus.size())]));
            break;
        case 6:
            input = input.left(at) + slice(m_corpus[below(m_corpus.size())]);
            break;
        case 7:
            number(input, at);
            break;
        default:
            if (!m_seeds.words.empty()) {
                const QByteArray &word = m_seeds.words[below(m_seeds.words.size())];
                input.replace(at, below(2) ? word.size() : 0, word);
            }
        }
    }

    /// Another number in the place of the next one.
    void number(QByteArray &input, qsizetype at)
    {
        static const char *const kNumbers[] = {"0",
                                               "-1",
                                               "1",
                                               "65536",
                                               "2147483648",
                                               "4294967295",
                                               "4294967296",
                                               "9223372036854775807",
                                               "-9223372036854775808",
                                               "18446744073709551615",
                                               "1e400"};
        const auto isDigit = [&](qsizetype i) { return input[i] >= '0' && input[i] <= '9'; };
        while (at < input.size() && !isDigit(at))
            ++at;
        qsizetype end = at;
        while (end < input.size() && isDigit(end))
            ++end;
        input.replace(at, end - at, kNumbers[below(std::size(kNumbers))]);
    }

    std::vector<QByteArray> m_corpus;
    const FuzzSeeds &m_seeds;
    std::mt19937 m_random;
};

/// Whether an input reached code, or a number of turns through it, that none before it did.
bool reachedNew()
{
    static std::uint8_t seen[kMapSize];
    bool isNew = false;
    for (std::size_t i = 0; i < kMapSize; ++i) {
        const auto times = std::uint8_t(std::bit_width(s_reached[i]));
        if (times > seen[i]) {
            seen[i] = times;
            isNew = true;
        }
    }
    return isNew;
}

void run(const QByteArray &input)
{
    const long before = peakMemory();
    const auto begin = Clock::now();
    ::alarm(30); // a hang ends the program; the input is in its file
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(input.constData()),
                           std::size_t(input.size()));
    ::alarm(0);
    const double took = secondsSince(begin);
    mustHold(took < kSlowest, "an input takes at most a second", QByteArray::number(took));
    const long grown = peakMemory() - before;
    mustHold(kSanitized || grown < kMostMemory, "an input takes at most 64 MiB",
             QByteArray::number(double(grown)));
}

} // namespace

/// Called by the compiler's own code at every branch of the product.
extern "C" void __sanitizer_cov_trace_pc();
extern "C" __attribute__((no_sanitize_coverage, no_sanitize("address", "undefined"))) void
__sanitizer_cov_trace_pc()
{
    const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
    std::uint8_t &count = s_reached[(pc ^ (pc >> 16)) % kMapSize];
    if (count != 255)
        ++count;
}

extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options()
{
    return "max_allocation_size_mb=64:hard_rss_limit_mb=3000:detect_leaks=1";
}

int main(int argc, char **argv)
{
    double seconds = 5;
    std::uint32_t seed = 20261121;
    std::string folder = ".";
    std::vector<QByteArray> files;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--seconds" && i + 1 < argc)
            seconds = std::atof(argv[++i]);
        else if (word == "--seed" && i + 1 < argc)
            seed = std::uint32_t(std::atoll(argv[++i]));
        else if (word == "--folder" && i + 1 < argc)
            folder = argv[++i];
        else
            files.emplace_back(argv[i]);
    }
    for (const QByteArray &name : files) {
        QFile file(QFile::decodeName(name));
        if (!file.open(QIODevice::ReadOnly)) {
            std::fprintf(stderr, "cannot read %s\n", name.constData());
            return 2;
        }
        run(file.readAll());
    }
    if (!files.empty())
        return 0;

    const std::string name = std::string(argv[0]).substr(std::string(argv[0]).rfind('/') + 1);
    LastInput last(folder + "/input-" + name);
    const FuzzSeeds seeds = fuzzSeeds();
    Mutator mutator(seeds, seed);
    const auto begin = Clock::now();
    std::size_t runs = 0;
    double slowest = 0;
    for (; runs < seeds.inputs.size() || secondsSince(begin) < seconds; ++runs) {
        const QByteArray input = runs < seeds.inputs.size() ? seeds.inputs[runs] : mutator.next();
        last.set(input);
        std::memset(s_reached, 0, sizeof s_reached);
        const auto one = Clock::now();
        run(input);
        slowest = std::max(slowest, secondsSince(one));
        if (reachedNew() && runs >= seeds.inputs.size())
            mutator.keep(input);
    }
    last.forget();
    std::printf("%s: %zu inputs in %.0f s, seed %u, %zu kept, slowest %.0f ms, %ld MiB\n",
                name.c_str(), runs, secondsSince(begin), seed, mutator.kept(), slowest * 1000,
                peakMemory() / 1024);
    return 0;
}
