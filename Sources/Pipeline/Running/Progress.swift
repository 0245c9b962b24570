import Dispatch
import Presentation
import Synchronization
import System

/// Says on standard error what is being done, how far it is and how long it has to go: on a terminal as a line that
/// updates, elsewhere as a line now and then.
package final class Progress: Sendable {
    private struct State {
        var fraction = 0.0
        var detail = ""
        var shownAt: UInt64 = 0
        var shownLength = 0
    }

    private let title: String
    private let isTerminal: Bool
    private let interval: UInt64
    private let begun = DispatchTime.now().uptimeNanoseconds
    private let state = Mutex(State())

    package init(_ title: String) {
        self.title = title
        isTerminal = StandardError.isTerminal
        interval = isTerminal ? 200_000_000 : 10_000_000_000
    }

    /// Reports that this share of the work is done, with a few words on where it is.
    package func update(_ fraction: Double, _ detail: String) {
        let now = DispatchTime.now().uptimeNanoseconds
        state.withLock { state in
            state.fraction = max(state.fraction, min(fraction, 1))
            state.detail = detail
            if state.shownAt == 0 && !isTerminal { state.shownAt = begun }
            guard now - state.shownAt >= interval else { return }
            state.shownAt = now
            show(&state, seconds: Double(now - begun) / 1e9)
        }
    }

    /// Ends the line with what was done.
    package func finish(_ summary: String) {
        state.withLock { state in
            write(line: "\(title): \(summary)", &state)
            if isTerminal { write("\n") }
        }
    }

    private func show(_ state: inout State, seconds: Double) {
        let percent = Int(state.fraction * 100)
        var line = "\(title): \(percent) %  \(state.detail)"
        if state.fraction > 0.02, seconds > 1 {
            line += "  \(Self.duration(seconds * (1 - state.fraction) / state.fraction)) to go"
        }
        write(line: line, &state)
    }

    private func write(line: String, _ state: inout State) {
        guard isTerminal else { return write(line + "\n") }
        write("\r" + line + String(repeating: " ", count: max(0, state.shownLength - line.count)))
        state.shownLength = line.count
    }

    private func write(_ text: String) { StandardError.write(text) }

    /// Seconds in the words of a person: `45 s`, `3 min`, `2 h 5 min`.
    package static func duration(_ seconds: Double) -> String {
        let whole = Int(min(max(seconds, 0), 1e9).rounded())
        return switch whole {
        case ..<90: "\(whole) s"
        case ..<3600: "\((whole + 30) / 60) min"
        default: "\(whole / 3600) h \(whole % 3600 / 60) min"
        }
    }
}

/// Writes one line to standard error, or the lines of a longer text.
package func report(_ line: String) { StandardError.write(line.withVisibleControls(keepingLines: true) + "\n") }
