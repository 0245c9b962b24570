import GGUF
import TestSupport
import Testing

/// Every type against ggml's own quantization (libgguf) and PyPI's gguf, on rows of five distributions.
@Suite struct BlockTypesTests {
    private let fixtures: BlockFixtures

    init() throws { fixtures = try BlockFixtures() }

    @Test(arguments: GGMLType.all)
    func encodesToTheBytesOfGGML(type: GGMLType) throws {
        if let plain = try fixtures.part(type, "plain") {
            #expect(type.importance != .required)
            try expectEqual(type, nil, plain.bytes)
        } else {
            #expect(type.importance == .required)
        }
        let weighted = try #require(try fixtures.part(type, "importance"))
        try expectEqual(type, fixtures.importance, weighted.bytes)
    }

    private func expectEqual(_ type: GGMLType, _ importance: [Float]?, _ expected: [UInt8]) throws {
        let rowBytes = try #require(type.byteCount(weights: fixtures.width))
        #expect(expected.count == fixtures.rows.count / fixtures.width * rowBytes)
        for row in 0..<fixtures.rows.count / fixtures.width {
            let weights = Array(fixtures.rows[row * fixtures.width..<(row + 1) * fixtures.width])
            let found = try type.encoded(weights, importance: importance)
            let wanted = Array(expected[row * rowBytes..<(row + 1) * rowBytes])
            if found != wanted {
                let block = zip(found, wanted).prefix { $0 == $1 }.count / type.bytesPerBlock
                Issue.record("\(type), \(importance == nil ? "plain" : "weighted"): row \(row), block \(block)")
            }
        }
    }

    @Test(arguments: GGMLType.all)
    func decodesToTheValuesOfGGUF(type: GGMLType) throws {
        for name in ["plain", "importance", "random"] {
            guard let part = try fixtures.part(type, name) else { continue }
            #expect(digest(try type.decoded(part.bytes)) == part.values, "\(name)")
        }
    }

    @Test(arguments: GGMLType.all)
    func onlyTypesThatUseImportanceChangeWithIt(type: GGMLType) throws {
        let row = Array(fixtures.rows[0..<fixtures.width])
        guard type.importance != .required else { return }
        let (plain, weighted) = (
            try type.encoded(row), try type.encoded(row, importance: fixtures.importance)
        )
        #expect((plain == weighted) == (type.importance == .ignored))
    }

    @Test(arguments: GGMLType.all)
    func damagedBlocksNeverTrap(type: GGMLType) throws {
        var random = SeededGenerator(seed: 19)
        for _ in 0..<200 {
            let bytes = (0..<2 * type.bytesPerBlock).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(try type.decoded(bytes).count == 2 * type.weightsPerBlock)
        }
    }

    @Test(arguments: GGMLType.all)
    func anyFiniteRowEncodesOrIsRefused(type: GGMLType) throws {
        var random = SeededGenerator(seed: 20)
        for _ in 0..<100 {
            let row = (0..<256).map { _ in random.finite() }
            let importance = (0..<256).map { _ in abs(random.finite()) }
            guard let bytes = try refusingOverflow({ try type.encoded(row, importance: importance) }) else { continue }
            let allFinite = try type.decoded(bytes).allSatisfy { $0.isFinite }
            #expect(allFinite)
        }
    }
}

/// The bytes of a row, nil where its weights are beyond the scales.
private func refusingOverflow(_ encode: () throws -> [UInt8]) throws -> [UInt8]? {
    do { return try encode() } catch let error as BlockError {
        guard case .scaleOverflow = error else { throw error }
        return nil
    }
}

extension SeededGenerator {
    /// Any finite number, every exponent as likely as another.
    fileprivate mutating func finite() -> Float {
        while true {
            let value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &self))
            if value.isFinite { return value }
        }
    }
}
