import Compression
import Records
import ScalingLaws
import Testing

/// The errors of number formats on Gaussian weights, as the law of capacity takes them.
struct FormatErrorsTests {
    private func error(_ scheme: String) -> Double? {
        var conditions = Conditions(params: 1, tokens: 1, bits: 4, scheme: scheme)
        conditions.takeFormatError()
        return conditions.weightError
    }

    @Test func aFormatIsKnownByItsNameAloneAndInASchemes() throws {
        let four = try #require(error("fp4"))
        #expect(four > GaussianError.uniform(bits: 4) && four < GaussianError.uniform(bits: 3))
        #expect(error("rtn-fp4-g64") == four && error("FP4") == four)
        // Two levels at the best scale: 1 − 2/π. NF4's error by SCIENCE's definition is above that of the best 16 levels.
        #expect(abs((try #require(error("binary"))) - (1 - 2 / Double.pi)) < 1e-9)
        let normal = try #require(error("gptq-nf4-g64"))
        #expect(normal > 0.0095 && normal < four)
        // 'nvfp4' is no 'fp4', 'mxfp8' no 'fp8-e4m3'.
        #expect(error("rtn-nvfp4-g16") == error("nvfp4"))
        for scheme in ["int99", "rtn-asym-g16", "dense", "xfp4"] { #expect(error(scheme) == nil, "\(scheme)") }
    }

    @Test func everyFormatOfFixedValuesHasOne() {
        for format in NumberFormat.named {
            guard case .fixed(let levels) = format.values else { continue }
            let name = format.name ?? ""
            #expect((error(name) ?? 1) < (levels.count > 2 ? 0.2 : 0.4), "\(name)")
        }
    }
}
