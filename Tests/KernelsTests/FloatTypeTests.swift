import Kernels
import Testing

struct FloatTypeTests {
    private func decode(_ type: FloatType, _ codes: some Collection<Int>) -> [Float] {
        let bytes = codes.flatMap { code in (0..<type.byteCount).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) } }
        return [Float](unsafeUninitializedCapacity: codes.count) { buffer, count in
            if let base = buffer.baseAddress { type.decode(bytes, count: codes.count, into: base) }
            count = codes.count
        }
    }

    /// The value of an IEEE-like code with the given field widths, by the textbook.
    private func plain(_ code: Int, exponentBits: Int, fractionBits: Int, finite: Bool) -> Double {
        let fraction = Double(code & (1 << fractionBits - 1)) / Double(1 << fractionBits)
        let exponent = code >> fractionBits & (1 << exponentBits - 1)
        let sign: Double = code >> (fractionBits + exponentBits) == 0 ? 1 : -1
        let bias = 1 << (exponentBits - 1) - 1
        func power(_ n: Int) -> Double { Double(sign: .plus, exponent: n, significand: 1) }
        if exponent == 1 << exponentBits - 1 {
            if finite && fraction + 1 / Double(1 << fractionBits) == 1 { return .nan }
            if !finite { return fraction == 0 ? sign * .infinity : .nan }
        }
        return exponent == 0 ? sign * fraction * power(1 - bias) : sign * (1 + fraction) * power(exponent - bias)
    }

    @Test(arguments: [
        (FloatType.float16, 5, 10, false), (.bfloat16, 8, 7, false), (.float8E4M3, 4, 3, true),
        (.float8E5M2, 5, 2, false),
    ])
    func decodesEveryCode(type: FloatType, exponentBits: Int, fractionBits: Int, finite: Bool) {
        let codes = 0..<1 << (8 * type.byteCount)
        for (code, value) in zip(codes, decode(type, codes)) {
            let expected = plain(code, exponentBits: exponentBits, fractionBits: fractionBits, finite: finite)
            #expect(Double(value) == expected || value.isNaN && expected.isNaN, "code \(code)")
        }
    }

    /// Values that PyTorch's float8 types give.
    @Test func agreesWithPyTorch() {
        #expect(decode(.float8E4M3, [0x7e, 0xfe, 0x01, 0x38, 0x08]) == [448, -448, 0x1p-9, 1, 0x1p-6])
        #expect(decode(.float8E5M2, [0x7b, 0xfc, 0x01, 0x3c]) == [57344, -.infinity, 0x1p-16, 1])
        #expect(decode(.float8E4M3, [0x7f, 0xff]).allSatisfy { $0.isNaN })
    }

    @Test func wideTypesKeepOrRoundTheirValues() {
        #expect(decode(.float32, [0x3f80_0000, 0x7f80_0000]) == [1, .infinity])
        #expect(decode(.float64, [0x3ff0_0000_1000_0000, 0x3ff0_0000_3000_0000]) == [1, 1 + 0x1p-22])
    }
}
