package import Checkpoint
import JSON

/// The numbers that cached keys and values become: each head of each token has a scale of its own.
package enum CacheFormat: String, Sendable, Hashable, CaseIterable {
    /// E4M3; x ← round(x/s)·s with s = max|x|/448.
    case fp8
    /// x ← round(x/s)·s with s = max|x|/127.
    case int8
    /// x ← round(x/s)·s with s = max|x|/7.
    case int4

    /// The key of `config.json` under which a checkpoint says so.
    private static let key = "kv_cache_quantization"

    /// The member of `config.json`; other programs leave it unread, and compute with a cache that is not rounded.
    var member: JSONObject.Member { .init(key: Self.key, value: ["type": .string(rawValue), "scale": "token-head"]) }

    /// What a checkpoint's configuration says; nil where it says nothing.
    package init?(_ config: ModelConfiguration) throws(CompressionError) {
        guard let value = config.json[Self.key] else { return nil }
        guard let format = Self.allCases.first(where: { $0.member.value == value }) else {
            throw .invalidConfiguration(
                checkpoint: config.file, key: Self.key, found: value.canonicalText,
                expected: Self.allCases.map(\.member.value.canonicalText).oneOf)
        }
        self = format
    }
}

extension SpecKey {
    /// What cached keys and values become.
    package static let cache: SpecKey = .init(
        "kv",
        summary: "The numbers to which keys and values are rounded, each head of each token by a scale of its own",
        allowed: CacheFormat.allCases.map(\.rawValue).oneOf, schema: CacheFormat.allCases.map(\.rawValue).schema,
        isCommon: true,
        read: { (value, draft) throws(CompressionError) in
            draft.options.cache = try value.choice(
                CacheFormat.allCases.map(\.rawValue).oneOf, CacheFormat.init(rawValue:))
        },
        canonical: { $0.options.cache.map { .string($0.rawValue) } },
        label: { spec in
            spec.options.cache.map { SpecLabel("kv" + $0.rawValue, words: "keys and values in \($0.rawValue)") }
        },
        check: { (spec) throws(CompressionError) in
            guard let cache = spec.options.cache, spec.format.blocks != nil else { return }
            throw SpecKey.cache.refusal(
                "'\(cache.rawValue)'", allowed: "left out for \(spec.numbers), as GGUF files do not say it")
        })
}
