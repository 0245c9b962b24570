package import FoundationEssentials
package import JSON
package import System

/// What a trainer of transformers saved beside the weights: `trainer_state.json`.
///
/// | key | meaning |
/// |---|---|
/// | `global_step`, `max_steps` | the step, and the last one that was planned |
/// | `num_input_tokens_seen` | D; 0 where the trainer was not asked to count |
/// | `log_history` | `step` and `learning_rate` of what was logged up to the step |
package struct TrainerState: Sendable, Equatable {
    package let step: Int?
    /// D, training tokens seen.
    package let tokens: Int?
    /// At the last logged step.
    package let learningRate: Double?
    package let phase: NamedPhase?

    package static let fileName = "trainer_state.json"
    private static let byteLimit = 1 << 26
    private static let keys = ["global_step", "num_input_tokens_seen", "max_steps"]
    private static let history = "log_history"
    /// The most values in an entry of the history, or in another member.
    private static let mostValues = 1 << 16

    /// Reads a checkpoint's file; nil where it has none.
    package init?(of directory: URL) throws(TrainerStateError) {
        let file = directory.appending(path: Self.fileName)
        let bytes: [UInt8]?
        do throws(SystemError) {
            guard try exists(file) else { return nil }
            bytes = try readFile(file, limit: Self.byteLimit)
        } catch {
            throw TrainerStateError(file: file.path(percentEncoded: false), reason: error.reason, system: error)
        }
        do throws(JSONError) {
            try self.init(parsing: bytes ?? [])
        } catch {
            throw TrainerStateError(file: file.path(percentEncoded: false), reason: error.description)
        }
    }

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        var (object, logged) = (JSONObject(), [(step: Int, rate: Double)]())
        try JSONObject.readMembers(
            of: withoutNonFinite(bytes), mostValues: Self.mostValues, elementsOf: Self.history
        ) { member in
            if member.key != Self.history {
                if Self.keys.contains(member.key) { object[member.key] = member.value }
            } else if let entry = member.value.object, let step = entry["step"]?.int,
                let rate = entry["learning_rate"]?.double, rate >= 0
            {
                logged.append((step, rate))
            }
            return true
        }
        logged.sort { $0.step < $1.step }
        step = object["global_step"]?.int
        let seen = object["num_input_tokens_seen"]?.int ?? 0
        tokens = seen > 0 ? seen : nil
        learningRate = logged.last?.rate
        let lastPlanned = object["max_steps"]?.int
        phase = Self.phase(logged.map(\.rate), isLast: step != nil && step == lastPlanned)
    }

    private init(step: Int?, tokens: Int?, learningRate: Double?, phase: NamedPhase?) {
        (self.step, self.tokens, self.learningRate, self.phase) = (step, tokens, learningRate, phase)
    }

    /// Where the last of some learning rates stands among them.
    ///
    /// Below the highest it falls, at the highest it stands if it was there before, else it rises; one alone says nothing.
    private static func phase(_ rates: [Double], isLast: Bool) -> NamedPhase? {
        guard rates.count > 1, let last = rates.last, let highest = rates.max(), highest > 0 else { return nil }
        let isSame = { (rate: Double) in abs(rate - highest) <= 1e-6 * highest }
        guard isSame(last) else { return isLast ? .annealed : .decay }
        return isSame(rates[rates.count - 2]) ? .stable : .warmUp
    }
}

extension TrainerState {
    package var json: JSONValue {
        [
            "step": .integer(orNull: step), "tokens": .integer(orNull: tokens),
            "learning_rate": .number(orNull: learningRate), "phase": .string(orNull: phase?.rawValue),
        ]
    }

    /// Reads back what was kept.
    package init(_ object: JSONObject) {
        self.init(
            step: object["step"]?.int, tokens: object["tokens"]?.int, learningRate: object["learning_rate"]?.double,
            phase: object["phase"]?.string.flatMap(NamedPhase.init(rawValue:)))
    }
}

/// A trainer's file that cannot be read.
package struct TrainerStateError: Error, Equatable, CustomStringConvertible {
    package let file: String
    package let reason: String
    /// What the system refused, if that is why.
    package let system: SystemError?

    init(file: String, reason: String, system: SystemError? = nil) {
        (self.file, self.reason, self.system) = (file, reason, system)
    }

    package var description: String { "'\(file)' cannot be read: \(reason)" }
}

/// JSON as Python writes it, with `null` for the numbers that JSON has no words for: NaN, Infinity and -Infinity.
private func withoutNonFinite(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var (isInString, position) = (false, 0)
    while position < bytes.count {
        let byte = bytes[position]
        if isInString, byte == UInt8(ascii: "\\"), position + 1 < bytes.count {
            result += bytes[position...(position + 1)]
            position += 2
            continue
        }
        if byte == UInt8(ascii: "\"") { isInString.toggle() }
        if !isInString, "NI-".utf8.contains(byte),
            let word = nonFinite.first(where: { bytes[position...].starts(with: $0) })
        {
            result += "null".utf8
            position += word.count
            continue
        }
        result.append(byte)
        position += 1
    }
    return result
}

private let nonFinite = ["NaN", "-Infinity", "Infinity"].map { Array($0.utf8) }
