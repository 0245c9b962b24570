import FoundationEssentials

/// What the kernels are compiled for.
package enum Processor {
    #if arch(x86_64)
        private static let needed: Set<Substring> = ["avx2", "fma", "f16c"]
    #else
        private static let needed: Set<Substring> = []
    #endif

    /// The instruction sets that this machine's processor lacks, by the names of `/proc/cpuinfo`; none where that file
    /// does not tell.
    package static var missingInstructions: [String] {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
        else { return [] }
        return needed.subtracting(line.split(separator: " ")).map(String.init).sorted()
    }
}
