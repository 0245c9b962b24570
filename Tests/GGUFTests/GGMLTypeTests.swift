import GGUF
import Testing

@Suite struct GGMLTypeTests {
    private let q8 = GGMLType(spelling: "q8_0") ?? .f32

    @Test func numbersAndNamesAreUnique() {
        #expect(Set(GGMLType.all.map(\.id)).count == GGMLType.all.count)
        #expect(Set(GGMLType.all.map(\.spelling)).count == GGMLType.all.count)
        #expect(GGMLType.all.count == 26)
    }

    @Test func namesAreReadInAnyCase() {
        for spelling in ["Q4_K", "q4_K", "q4_k"] { #expect(GGMLType(spelling: spelling)?.id == 12) }
        #expect(GGMLType(spelling: "q9_0") == nil)
        #expect(GGMLType(id: 8)?.name == "q8_0")
        // Q4_2, which ggml gave up, and Q8_1, which is only for its products.
        #expect(GGMLType(id: 4) == nil)
        #expect(GGMLType(id: 9) == nil)
    }

    @Test func sizesAreTheFormats() {
        #expect(q8.byteCount(weights: 64) == 68)
        #expect(q8.byteCount(weights: 0) == 0)
        #expect(q8.byteCount(weights: 33) == nil)
        #expect(q8.byteCount(weights: -32) == nil)
        #expect(q8.byteCount(weights: .max - 31) == nil)
        #expect(GGMLType.f32.byteCount(weights: .max) == nil)
        #expect(GGMLType(spelling: "q6_k")?.bitsPerWeight == 6.5625)
    }

    @Test func lengthsAreChecked() {
        #expect(throws: BlockError.partialBlock(type: "q8_0", weights: 33, weightsPerBlock: 32)) {
            var bytes = [UInt8](repeating: 0, count: 34)
            var span = bytes.mutableSpan
            try q8.encode([Float](repeating: 0, count: 33).span, into: &span)
        }
        #expect(throws: BlockError.byteCount(type: "q8_0", weights: 32, expected: 34, found: 33)) {
            var values = [Float](repeating: 0, count: 32)
            var span = values.mutableSpan
            try q8.decode([UInt8](repeating: 0, count: 33).span.bytes, into: &span)
        }
    }

    @Test(arguments: GGMLType.all)
    func whatIsNotFiniteIsRefused(type: GGMLType) {
        for value in [Float.nan, .infinity, -.infinity] {
            var row = [Float](repeating: 0.5, count: 256)
            row[77] = value
            #expect(throws: BlockError.notFinite(type: type.name, index: 77, value: "\(value)")) {
                try type.encoded(row, importance: [Float](repeating: 1, count: 256))
            }
        }
    }

    @Test func weightsBeyondTheScalesAreRefused() {
        var row = [Float](repeating: 0.5, count: 64)
        row[40] = -1e30
        #expect(throws: BlockError.scaleOverflow(type: "q8_0", weights: 32..<64, largest: "1e+30")) {
            try q8.encoded(row)
        }
    }

    @Test func importanceIsChecked() throws {
        let type = try #require(GGMLType(spelling: "iq2_xs"))
        let row = [Float](repeating: 0.5, count: 256)
        #expect(throws: BlockError.importanceMissing(type: "iq2_xs")) { try type.encoded(row) }
        #expect(throws: BlockError.importanceCount(type: "iq2_xs", expected: 256, found: 3)) {
            try type.encoded(row, importance: [1, 1, 1])
        }
        for value in [Float.nan, -1, .infinity] {
            var importance = [Float](repeating: 1, count: 256)
            importance[9] = value
            #expect(throws: BlockError.importance(type: "iq2_xs", index: 9, value: "\(value)")) {
                try type.encoded(row, importance: importance)
            }
        }
    }
}
