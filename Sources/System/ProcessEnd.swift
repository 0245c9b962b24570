/// How a process ended.
package enum ProcessEnd: Sendable, Equatable {
    case exited(status: Int32)
    case killed(signal: Int32)

    init(_ status: Int32) {
        // As waitpid(2) says it; its macros do not come through to Swift.
        let signal = status & 0x7f
        self = signal == 0 ? .exited(status: (status >> 8) & 0xff) : .killed(signal: signal)
    }

    /// Whether a signal that asks for an end was the end.
    package var wasAskedFor: Bool {
        if case .killed(let signal) = self { stopSignals.contains(signal) } else { false }
    }

    /// As shells number it: a signal's number above 128.
    package var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .killed(let signal): 128 + signal
        }
    }
}

extension ProcessEnd: CustomStringConvertible {
    package var description: String {
        switch self {
        case .exited(let status): "ended with status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        }
    }
}
