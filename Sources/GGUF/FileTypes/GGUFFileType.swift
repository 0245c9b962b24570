/// One of llama-quantize's mixtures of types: what most weights of a file get, while ``TypeRules`` give some another one.
package struct GGUFFileType: Sendable, Hashable {
    /// The `general.file_type` of files.
    package let number: Int
    /// The name that llama-quantize takes, in small letters.
    package let name: String
    /// What a weight gets that no rule speaks of.
    package let type: GGMLType

    private init(_ number: Int, _ name: String, _ type: GGMLType? = nil) {
        guard let type = type ?? GGMLType(spelling: name) else {
            preconditionFailure("a file type without a type has the name of one")
        }
        (self.number, self.name, self.type) = (number, name, type)
    }

    /// The mixtures of a file's number.
    package init?(number: Int) {
        guard let found = Self.all.first(where: { $0.number == number }) else { return nil }
        self = found
    }

    /// All that are written, by their numbers.
    package static let all: [GGUFFileType] = [
        .init(0, "f32"), .init(1, "f16"), .init(2, "q4_0"), .init(3, "q4_1"), .init(7, "q8_0"), .init(8, "q5_0"),
        .init(9, "q5_1"), .init(10, "q2_k"), .init(11, "q3_k_s", .q3K), .init(12, "q3_k_m", .q3K),
        .init(13, "q3_k_l", .q3K), .init(14, "q4_k_s", .q4K), .init(15, "q4_k_m", .q4K), .init(16, "q5_k_s", .q5K),
        .init(17, "q5_k_m", .q5K), .init(18, "q6_k"), .init(19, "iq2_xxs"), .init(20, "iq2_xs"),
        .init(21, "q2_k_s", .q2K), .init(22, "iq3_xs", .iq3S), .init(23, "iq3_xxs"), .init(24, "iq1_s"),
        .init(25, "iq4_nl"), .init(26, "iq3_s"), .init(27, "iq3_m", .iq3S), .init(28, "iq2_s", .iq2XS),
        .init(29, "iq2_m", .iq2S), .init(30, "iq4_xs"), .init(31, "iq1_m"), .init(32, "bf16"), .init(36, "tq1_0"),
        .init(37, "tq2_0"), .init(38, "mxfp4_moe", .mxfp4), .init(39, "nvfp4"),
    ]
}

extension GGMLType {
    static let q40 = GGMLType(Q4_0.self)
    static let q41 = GGMLType(Q4_1.self)
    static let q50 = GGMLType(Q5_0.self)
    static let q51 = GGMLType(Q5_1.self)
    static let q80 = GGMLType(Q8_0.self)
    static let q2K = GGMLType(Q2_K.self)
    static let q3K = GGMLType(Q3_K.self)
    static let q4K = GGMLType(Q4_K.self)
    static let q5K = GGMLType(Q5_K.self)
    static let q6K = GGMLType(Q6_K.self)
    static let iq1M = GGMLType(IQ1_M.self)
    static let iq2XXS = GGMLType(IQ2_XXS.self)
    static let iq2XS = GGMLType(IQ2_XS.self)
    static let iq2S = GGMLType(IQ2_S.self)
    static let iq3XXS = GGMLType(IQ3_XXS.self)
    static let iq3S = GGMLType(IQ3_S.self)
    static let iq4NL = GGMLType(IQ4_NL.self)
    static let mxfp4 = GGMLType(MXFP4.self)
}
