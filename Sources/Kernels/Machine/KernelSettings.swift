import FoundationEssentials

/// What environment variables say about how to compute.
package struct KernelSettings: Sendable, Equatable {
    /// The sets of kernels, each with those before it.
    package enum Level: String, Sendable, CaseIterable {
        case avx2, avx512, amx
    }

    /// `QID_THREADS`: threads that work at once; nil for one for each core.
    package let threads: Int?
    /// `QID_KERNELS`: the best kernels to use of those that the processor has; nil for all.
    package let level: Level?
    /// What is set to something it cannot be, and what it can be.
    package let errors: [String]

    package init(environment: [String: String]) {
        var errors: [String] = []
        func value<Value>(_ name: String, _ expected: String, _ read: (String) -> Value?) -> Value? {
            guard let text = environment[name], !text.isEmpty else { return nil }
            let value = read(text)
            if value == nil { errors.append("\(name) is '\(text)', not \(expected)") }
            return value
        }
        threads = value("QID_THREADS", "a number of threads above 0") { Int($0).flatMap { $0 > 0 ? $0 : nil } }
        let levels = Level.allCases.map(\.rawValue).joined(separator: ", ")
        level = value("QID_KERNELS", "one of \(levels)") { Level(rawValue: $0) }
        self.errors = errors
    }

    package static let current = KernelSettings(environment: ProcessInfo.processInfo.environment)
}
