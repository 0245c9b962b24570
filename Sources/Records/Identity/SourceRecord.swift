package import Archive
package import JSON

/// What a place in an archive was found to hold: `store/sources/<SHA-256 of the path>.json`.
///
/// It is a statement about a place, replaced when the place changes; an unchanged place is never read twice.
package struct SourceRecord: Sendable, Equatable {
    package enum Outcome: Sendable, Equatable {
        case checkpoint(digest: String)
        /// Its bytes are wrong; reading them again would say the same.
        case rejected(reason: String)
    }

    package var path: String
    package var form: String
    /// SHA-256 of the files' names, sizes, times and numbers on the disk when they were read.
    package var fingerprint: String
    package var facts: TrainingFacts
    package var outcome: Outcome
    /// What the trainer saved beside the weights.
    package var trainer: TrainerState?
    /// What tells the weights from others; nil where they were not looked at, as older versions did not.
    package var traits: WeightTraits?
    /// Bytes of the files.
    package var byteCount: Int?
    package var findings: [Finding] = []

    package init(path: String, form: String, fingerprint: String, facts: TrainingFacts, outcome: Outcome) {
        (self.path, self.form, self.fingerprint, self.facts, self.outcome) = (path, form, fingerprint, facts, outcome)
    }

    package var digest: String? {
        if case .checkpoint(let digest) = outcome { digest } else { nil }
    }

    package var json: JSONValue {
        var object = JSONObject([
            .init(key: "path", value: .string(path)), .init(key: "form", value: .string(form)),
            .init(key: "fingerprint", value: .string(fingerprint)),
        ])
        facts.add(to: &object)
        switch outcome {
        case .checkpoint(let digest): object["checkpoint"] = .string(digest)
        case .rejected(let reason): object["rejected"] = .string(reason)
        }
        object["trainer"] = trainer?.json
        traits?.add(to: &object)
        object["bytes"] = byteCount.map { .integer($0) }
        if !findings.isEmpty { object["findings"] = .array(findings.map(\.json)) }
        return .object(object)
    }

    /// Reads the record back; nil if it is not one.
    package init?(_ json: JSONValue) {
        guard let object = json.object, let path = object["path"]?.string, let form = object["form"]?.string,
            let fingerprint = object["fingerprint"]?.string, let facts = TrainingFacts(members: object)
        else { return nil }
        let outcome: Outcome
        switch (object["checkpoint"]?.string, object["rejected"]?.string) {
        case (let digest?, nil): outcome = .checkpoint(digest: digest)
        case (nil, let reason?): outcome = .rejected(reason: reason)
        default: return nil
        }
        self.init(path: path, form: form, fingerprint: fingerprint, facts: facts, outcome: outcome)
        trainer = object["trainer"]?.object.map { TrainerState($0) }
        traits = WeightTraits(members: object)
        byteCount = object["bytes"]?.int
        findings = (object["findings"]?.array ?? []).compactMap { Finding($0) }
    }
}
