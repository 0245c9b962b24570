import CKernels
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
        instructions.map { needed.subtracting($0).map(String.init).sorted() } ?? []
    }

    /// Whether loops of 512 bits run, which give the same bits as those of 256: where the processor has AVX-512 and the
    /// operating system saves its registers (Linux lists it only then), and `QID_KERNELS` is not `avx2`.
    package static let usesAVX512: Bool = {
        guard KernelSettings.current.level != .avx2 else { return false }
        return instructions?.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"]) ?? false
    }()

    /// Whether matrix products run on AMX tiles, which round other bits than fused multiply-adds, no more of them: where
    /// processor and operating system have tiles for bfloat16, and `QID_KERNELS` is neither `avx2` nor `avx512`.
    package static let usesAMX: Bool = usesAVX512 && KernelSettings.current.level != .avx512 && amx_request()

    /// The instruction sets of this machine's processor; nil where `/proc/cpuinfo` does not tell.
    private static var instructions: Set<Substring>? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
        else { return nil }
        return Set(line.split(separator: " "))
    }
}
