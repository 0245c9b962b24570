/// Sub-blocks that are searched side by side: lane j of vector i is weight i of sub-block j.
///
/// The pointers are those of ``SuperBlock``, or of a single sub-block in the first lane.
struct SubBlocks {
    /// The weights of one sub-block.
    let length: Int
    let values: UnsafeMutablePointer<Lanes>
    /// How much an error of each weight counts.
    let importance: UnsafeMutablePointer<Lanes>
    /// Where a search leaves its codes.
    let codes: UnsafeMutablePointer<Lanes>
}

/// 256 weights as sub-blocks of 16 or 32, eight of them side by side.
struct SuperBlock {
    static let weights = 256
    /// Vectors for all weights.
    private static let vectors = weights / 8

    let source: BlockWeights
    let length: Int
    private let values: UnsafeMutablePointer<Lanes>
    private let importance: UnsafeMutablePointer<Lanes>
    private let codes: UnsafeMutablePointer<Lanes>

    /// Lends the weights of a block in lanes, with unset importance and codes.
    @inline(__always)
    static func with(_ source: BlockWeights, length: Int, _ body: (SuperBlock) -> Void) {
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 3 * vectors) { memory in
            guard let values = memory.baseAddress else { return }
            let block = SuperBlock(
                source: source, length: length, values: values, importance: values + vectors,
                codes: values + 2 * vectors)
            block.transpose(source.weights, values)
            body(block)
        }
    }

    /// How many times eight sub-blocks there are.
    var groups: Range<Int> { 0..<Self.vectors / length }

    var subBlocks: Range<Int> { 0..<Self.weights / length }

    func group(_ index: Int) -> SubBlocks {
        SubBlocks(
            length: length, values: values + index * length, importance: importance + index * length,
            codes: codes + index * length)
    }

    /// The sum of all squares, in the order of the weights.
    var squares: Float {
        var sum: Float = 0
        for index in 0..<Self.weights { sum += source[index] * source[index] }
        return sum
    }

    /// Importance is given · √(variance + x²), the way ggml mixes the calibration's with the weights' own.
    func setImportance(_ given: UnsafePointer<Float>, variance: Float) {
        transpose(given, importance)
        for index in 0..<Self.vectors {
            importance[index] *= (values[index] * values[index] + variance).roots
        }
    }

    /// Importance is what was given, as it is.
    func setImportance(_ given: UnsafePointer<Float>) { transpose(given, importance) }

    /// Importance is a function of the weights.
    @inline(__always)
    func setImportance(_ function: (Lanes) -> Lanes) {
        for index in 0..<Self.vectors { importance[index] = function(values[index]) }
    }

    /// The codes in the order of the weights.
    func storeCodes(_ bytes: UnsafeMutablePointer<UInt8>) {
        // Sound because lanes are eight floats each.
        let flat = UnsafeRawPointer(codes).assumingMemoryBound(to: Float.self)
        for block in subBlocks {
            let source = flat + (block / 8) * length * 8 + block % 8
            let destination = bytes + block * length
            for index in 0..<length { destination[index] = UInt8(truncatingIfNeeded: source[index * 8].integer) }
        }
    }

    private func transpose(_ row: UnsafePointer<Float>, _ lanes: UnsafeMutablePointer<Lanes>) {
        // Sound because lanes are eight floats each.
        let flat = UnsafeMutableRawPointer(lanes).assumingMemoryBound(to: Float.self)
        for block in subBlocks {
            let destination = flat + (block / 8) * length * 8 + block % 8
            let source = row + block * length
            for index in 0..<length { destination[index * 8] = source[index] }
        }
    }
}

extension SubBlocks {
    /// One sub-block of weights and importance, alone in the first lane.
    @inline(__always)
    static func withOne<Result>(
        _ length: Int, _ entry: (Int) -> (value: Float, importance: Float), _ body: (SubBlocks) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 3 * length) { memory in
            memory.initialize(repeating: .zero)
            // Sound because an allocation of some elements has an address.
            let values = memory.baseAddress.unsafelyUnwrapped
            for index in 0..<length {
                let entry = entry(index)
                values[index][0] = entry.value
                values[length + index][0] = entry.importance
            }
            return body(
                SubBlocks(length: length, values: values, importance: values + length, codes: values + 2 * length))
        }
    }

    /// Up to sixteen values and their importance, alone in the first lane.
    @inline(__always)
    static func withOne(
        _ count: Int, values: SIMD16<Float>, importance: SIMD16<Float>, _ body: (SubBlocks) -> Void
    ) {
        withOne(count, { (values[$0], importance[$0]) }, body)
    }

    /// The code of weight `index` in lane `lane`, as a byte.
    @inline(__always)
    func code(_ index: Int, lane: Int = 0) -> UInt8 { UInt8(truncatingIfNeeded: codes[index][lane].integer) }

    /// The sum of importance in each lane.
    var totalImportance: Lanes {
        var sum = Lanes.zero
        for index in 0..<length { sum += importance[index] }
        return sum
    }

    /// The codes for final scales: the nearest of (x + minimum) / scale, plus `offset`; unchanged where a scale is zero.
    @inline(__always)
    func round(scale: Lanes, minimum: Lanes = .zero, _ low: Int32, _ high: Int32, offset: Float = 0) {
        let kept = scale .!= 0
        for index in 0..<length {
            codes[index].take(((values[index] + minimum) / scale).nearest(low, high) + offset, kept)
        }
    }
}

extension Float {
    /// A small whole number as an integer.
    @inline(__always)
    var integer: Int32 { Int32(bitPattern: (self + 12_582_912).bitPattern) &- 0x4b40_0000 }
}
