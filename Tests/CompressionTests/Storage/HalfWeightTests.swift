import Compression
import Kernels
import Testing

/// Rounding straight from 16 bits against rounding of the same values in float32, which divides.
struct HalfWeightTests {
    @Test(arguments: [FloatType.float16, .bfloat16], [32, 64, 96, 128, 384])
    func bytesEqualThoseOfTheSameWeightsInFloat32(_ type: FloatType, _ group: Int) throws {
        let scaleType: ScaleType = type == .float16 ? .float16 : .bfloat16
        // Odd numbers of rows and of groups of 32 and 128: the last eight groups are not all there.
        let columns = group == 32 ? 1056 : 384
        for (index, bits) in (2...8).enumerated() {
            for symmetric in [true, false] {
                let halves = Halves(type, rows: 23, columns: columns, seed: UInt64(100 * group + index))
                let spec = try Spec(method: .rtn, bits: bits, group: .size(group), symmetric: symmetric)
                let results = try [halves.matrix, halves.inFloat32].map {
                    try RoundToNearest().compress(
                        LinearLayer(name: "x", weight: $0, scaleType: scaleType), specs: [spec], hessian: nil)[0]
                }
                for (found, expected) in zip(results[0].tensors, results[1].tensors) {
                    #expect(
                        Array(found.storage.bytes) == Array(expected.storage.bytes),
                        "\(spec.name) \(found.layout.suffix)")
                }
            }
        }
    }

    /// The shortest groups of the fewest bits take eight bytes, fewer than a vector that is stored.
    @Test(arguments: [2, 3, 5])
    func workersLeaveEachOthersCodesAlone(bits: Int) throws {
        let halves = Halves(.float16, rows: 2048, columns: 1056, seed: 7)
        let layer = LinearLayer(name: "x", weight: halves.matrix, scaleType: .float16)
        let spec = try Spec(method: .rtn, bits: bits, group: .size(32))
        func codes(threads: Int) throws -> [UInt8] {
            try Parallel.$limit.withValue(threads) {
                Array(try RoundToNearest().compress(layer, specs: [spec], hessian: nil)[0].tensors[0].storage.bytes)
            }
        }
        let expected = try codes(threads: 1)
        for _ in 0..<8 { #expect(try codes(threads: 8) == expected) }
    }

    @Test(arguments: [FloatType.float16, .bfloat16])
    func whatIsNotFiniteIsNamed(_ type: FloatType) throws {
        let spec = try Spec(method: .rtn, bits: 4, group: .size(32))
        for (bits, column) in [(type.infinityBits, 0), (type.infinityBits | 0x8000, 63), (0x7fff, 31), (0xffff, 32)] {
            let halves = Halves(type, rows: 3, columns: 64, seed: 3)
            halves.base[2 * 64 + column] = UInt16(bits)
            #expect(throws: CompressionError.notFinite(tensor: "x", row: 2, column: column)) {
                try RoundToNearest().compress(
                    LinearLayer(name: "x", weight: halves.matrix, scaleType: .bfloat16), specs: [spec], hessian: nil)
            }
        }
    }

    #if arch(x86_64)
        /// Powers of two apart, this is every quotient of up to 384 steps of two float16, and of two bfloat16.
        ///
        /// Subnormals of bfloat16 are too small for this way.
        @Test(arguments: [(FloatType.float16, true), (.float16, false), (.bfloat16, false)])
        func stepsAreThoseOfDivision(_ type: FloatType, subnormal: Bool) {
            let binade = type == .float16 ? 1024 : 128
            let values = type.values(0..<type.infinityBits)
            let scales = subnormal ? type.values(1..<binade) : values.filter { $0 >= 1 && $0 < 2 }
            for scale in scales {
                let (steps, smallest) = (NearestSteps(scale), subnormal ? 0 : scale * 0x1p-3)
                let first = values.firstIndex { $0 >= smallest } ?? 0
                let last = values.lastIndex { $0 <= 384 * scale } ?? 0
                for index in stride(from: first, through: last, by: 8) {
                    let eight = SIMD8<Float>((0..<8).map { values[min(last, index + $0)] })
                    let expected = SIMD8<Int32>((eight / scale).rounded(.toNearestOrEven))
                    let found = [steps(eight), steps(-eight)].map {
                        unsafeBitCast($0, to: SIMD8<Int32>.self) &- Int32(NearestSteps.excess)
                    }
                    guard found != [expected, 0 &- expected] else { continue }
                    Issue.record("\(eight) in steps of \(scale): \(found)")
                    return
                }
            }
        }
    #endif
}

extension FloatType {
    fileprivate var infinityBits: Int { self == .float16 ? 0x7c00 : 0x7f80 }

    /// The values of some bit patterns.
    fileprivate func values(_ bits: Range<Int>) -> [Float] {
        let codes = bits.map { UInt16($0) }
        return [Float](unsafeUninitializedCapacity: codes.count) { buffer, count in
            codes.withUnsafeBytes {
                if let source = $0.baseAddress, let target = buffer.baseAddress {
                    decode(source, count: codes.count, into: target)
                }
            }
            count = codes.count
        }
    }
}

/// A weight of a 16-bit type: rows of all sizes down to subnormals, with zeros, and values that stand between two codes.
///
/// `@unchecked Sendable` because nobody writes to it once it is given away.
private final class Halves: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt16>
    private let type: FloatType
    private let (rows, columns): (Int, Int)

    init(_ type: FloatType, rows: Int, columns: Int, seed: UInt64) {
        (self.type, self.rows, self.columns) = (type, rows, columns)
        base = .allocate(capacity: rows * columns)
        var state = seed
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let exponentStep = type == .float16 ? 10 : 7
        let topExponent = UInt64(type.infinityBits >> exponentStep) - 1
        for row in 0..<rows {
            // Of a row's values most have one of three exponents; every fourth row has few significant bits, for ties.
            let exponent = row < 4 ? UInt64(row) : next() % (topExponent - 8) + 2
            let mask: UInt64 = row % 4 == 3 ? ~0x1f : ~0
            for column in 0..<columns {
                let fraction = next() & (1 << UInt64(exponentStep) - 1) & mask
                let shift = min(exponent, next() % 4)
                var bits = (exponent - shift) << UInt64(exponentStep) | fraction | (next() & 1) << 15
                if row == 1 || next() % 50 == 0 { bits &= 0x8000 }
                if row % 6 == 5 && column < columns / 2 { bits &= 0x7fff }
                base[row * columns + column] = UInt16(truncatingIfNeeded: bits)
            }
        }
    }

    deinit { base.deallocate() }

    var matrix: DenseMatrix {
        DenseMatrix(bytes: UnsafeRawPointer(base), type: type, rows: rows, columns: columns, owner: self)
    }

    var inFloat32: DenseMatrix {
        let matrix = Matrix(rows: rows, columns: columns)
        type.decode(UnsafeRawPointer(base), count: rows * columns, into: matrix.base)
        return DenseMatrix(matrix)
    }
}
