import Checkpoint
import Compression
import JSON
import Kernels
import Testing

private func layer(_ values: [Float], columns: Int) -> LinearLayer {
    LinearLayer(name: "layers.0.x", weight: DenseMatrix(Matrix(values, columns: columns)), scaleType: .float16)
}

private func compress(_ layer: LinearLayer, _ spec: Spec) throws(CompressionError) -> CompressedWeight {
    try spec.compressor.compress(layer, specs: [spec], hessian: nil)[0]
}

private func codebook(
    _ levels: Int, vector: Int = 1, group: Spec.Group = .channel, shared: Bool = false, scales: ScaleType? = nil,
    outliers: Double? = nil, importance: Bool = false
) throws -> Spec {
    try Spec(
        method: .codebook, format: .levels(levels, vector: vector), group: group, scales: scales,
        options: .init(sharedTable: shared, outliers: outliers, importance: importance))
}

private func squaredError(_ values: [Float], _ others: [Float]) -> Double {
    zip(values, others).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
}

/// The least squared error of sorted values in so many intervals, by trying all.
private func leastError(_ sorted: ArraySlice<Float>, _ count: Int) -> Double {
    let mean = sorted.reduce(0.0) { $0 + Double($1) } / Double(max(1, sorted.count))
    let whole = sorted.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    guard count > 1, sorted.count > 1 else { return whole }
    return sorted.indices.dropFirst().reduce(whole) { least, middle in
        min(least, leastError(sorted[..<middle], 1) + leastError(sorted[middle...], count - 1))
    }
}

struct CodebookTests {
    @Test func levelsOfAGroupAreTheBestThereAre() throws {
        let values = randomWeights32(count: 12 * 10, seed: 31)
        for count in [2, 3, 4, 5] {
            let result = try compress(
                layer(values, columns: 10), codebook(count, scales: .float32)
            ).matrix.decoded
            for row in 0..<12 {
                let part = Array(values[row * 10..<(row + 1) * 10])
                let error = squaredError(part, Array(result[row * 10..<(row + 1) * 10]))
                #expect(abs(error - leastError(part.sorted()[...], count)) < 1e-7, "\(count) levels, row \(row)")
            }
        }
    }

    @Test func asManyLevelsAsValuesLoseNothing() throws {
        let values = randomWeights(rows: 3, columns: 16, seed: 5)
        #expect(try compress(layer(values, columns: 16), codebook(16)).matrix.decoded == values)
        let few = (0..<64).map { Float($0 % 3) - 1 }
        #expect(try compress(layer(few, columns: 32), codebook(5)).matrix.decoded == few)
    }

    /// Bits of the codes, of a table for each row or for all, and of scales.
    @Test func bitsPerWeightCountTables() throws {
        let values = randomWeights(rows: 8, columns: 128, seed: 5)
        func bits(_ spec: Spec) throws -> Double { try compress(layer(values, columns: 128), spec).bitsPerWeight }
        #expect(try bits(codebook(8)) == 4)
        #expect(try bits(codebook(8, group: .size(64))) == 5)
        #expect(try bits(codebook(8, shared: true)) == 3.25)
        // Twelve levels: 17 of them in a word of 64 bits, eight words a row.
        #expect(try bits(codebook(12)) == 5.5)
        #expect(try bits(codebook(16, vector: 4)) == 2.125)
    }

    @Test func anyNumberOfLevelsIsStored() throws {
        let values = randomWeights(rows: 3, columns: 300, seed: 9)
        for count in [2, 3, 5, 6, 7, 9, 12, 17, 31, 64, 100, 129, 255, 256] {
            let decoded = try compress(layer(values, columns: 300), codebook(count, scales: .float32)).matrix.decoded
            for row in 0..<3 {
                let distinct = Set(decoded[row * 300..<(row + 1) * 300])
                #expect(distinct.count == count)
            }
            let step = 1 / Float(count)
            #expect(zip(values, decoded).allSatisfy { abs($0 - $1) <= step })
        }
    }

    /// More levels, tables of their own and longer vectors of equal bits all lose less on weights that have structure.
    @Test func errorsFallAsTheyShould() throws {
        var random = Congruential(seed: 41)
        // Pairs of weights that nearly agree, with another size in each row.
        let values = (0..<32).flatMap { row in
            (0..<128).flatMap { _ -> [Float] in
                let shared = random.centred() * Float(row + 1)
                return [shared, shared + random.centred() * 0.05]
            }
        }
        func error(_ spec: Spec) throws -> Double {
            squaredError(values, try compress(layer(values, columns: 256), spec).matrix.decoded)
        }
        let errors = try [2, 3, 4, 8, 16].map { try error(codebook($0)) }
        #expect(zip(errors, errors.dropFirst()).allSatisfy { $0 > $1 })
        #expect(try error(codebook(4)) < error(codebook(4, shared: true)))
        #expect(try error(codebook(16, vector: 2)) < error(codebook(4, shared: true)) / 2)
        #expect(try error(codebook(4)) < error(Spec(method: .rtn, bits: 2)))
    }

    @Test func resultsDoNotDependOnThreads() throws {
        let values = randomWeights(rows: 200, columns: 96, seed: 5)
        for spec in try [
            codebook(8), codebook(12, shared: true), codebook(64, vector: 4), codebook(5, vector: 3, group: .size(24)),
        ] {
            let wide = try compress(layer(values, columns: 96), spec)
            let narrow = try Parallel.$limit.withValue(1) { try compress(layer(values, columns: 96), spec) }
            #expect(
                zip(wide.tensors, narrow.tensors).allSatisfy { Array($0.storage.bytes) == Array($1.storage.bytes) })
        }
    }

    /// Rows whose largest weights are 5 to 65 times the others share one table, and keep those weights.
    @Test func theLargestWeightOfEachRowKeepsALevel() throws {
        var values = randomWeights32(count: 16 * 64, seed: 12)
        for row in 0..<16 { values[row * 64 + row] = (row % 2 == 0 ? 0.5 : -0.5) * Float(5 + 4 * row) }
        let decoded = try compress(
            layer(values, columns: 64), codebook(16, shared: true, scales: .float32)
        ).matrix.decoded
        for row in 0..<16 {
            let (largest, found) = (values[row * 65], decoded[row * 65])
            #expect(abs(found - largest) < 0.02 * abs(largest), "row \(row): \(found) for \(largest)")
        }
    }

    @Test func groupsOfZerosStayZero() throws {
        var values = randomWeights(rows: 3, columns: 32, seed: 5)
        for index in 32..<64 { values[index] = 0 }
        for spec in try [codebook(4), codebook(4, shared: true)] {
            let decoded = try compress(layer(values, columns: 32), spec).matrix.decoded
            #expect(decoded[32..<64].allSatisfy { $0 == 0 })
        }
        let zeros = [Float](repeating: 0, count: 64)
        for spec in try [codebook(4), codebook(4, shared: true), codebook(4, vector: 2)] {
            #expect(try compress(layer(zeros, columns: 32), spec).matrix.decoded == zeros)
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let small = layer(randomWeights(rows: 2, columns: 24, seed: 5), columns: 24)
        for spec in try [
            codebook(25), codebook(4, group: .size(16)), codebook(4, vector: 5), codebook(32, vector: 2),
            codebook(4, vector: 4, group: .size(6)),
        ] {
            #expect(throws: CompressionError.self) { try compress(small, spec) }
        }
        var values = randomWeights(rows: 2, columns: 24, seed: 5)
        values[30] = .nan
        for spec in try [codebook(4), codebook(4, shared: true)] {
            #expect(throws: CompressionError.notFinite(tensor: "layers.0.x", row: 1, column: 6)) {
                try compress(layer(values, columns: 24), spec)
            }
        }
    }

    /// A few weights that are far from all others: no level is spent on them, and they come back as they were.
    @Test func outliersAreKeptApart() throws {
        var values = randomWeights(rows: 16, columns: 64, seed: 5)
        let far = [3, 64 * 2 + 63, 64 * 2 + 7, 64 * 9, 64 * 15 + 40]
        for (place, index) in far.enumerated() { values[index] = place.isMultiple(of: 2) ? 40 : -40 }
        for spec in try [
            codebook(4, scales: .float32), codebook(4, shared: true, scales: .float32),
            codebook(16, vector: 2, scales: .float32), codebook(4, group: .size(16), scales: .float32),
        ] {
            let plain = try compress(layer(values, columns: 64), spec)
            var options = spec.options
            options.outliers = 5.5 / 1024
            let apart = try compress(
                layer(values, columns: 64),
                Spec(
                    method: .codebook, format: spec.format, group: spec.group, scales: spec.scales, options: options))
            let decoded = apart.matrix.decoded
            #expect(far.allSatisfy { decoded[$0] == values[$0] }, "\(spec)")
            #expect(squaredError(values, decoded) < squaredError(values, plain.matrix.decoded), "\(spec)")
            // Five float32 weights, as many columns of 16 bits, and 17 places of rows.
            #expect(apart.bitCount - plain.bitCount == 5 * (32 + 16) + 17 * 32)
            #expect(apart.tensors.map(\.layout.suffix).suffix(3).allSatisfy { $0.hasPrefix("weight_outlier") })
            // A part of a row is that part of the row.
            var part = [Float](repeating: 0, count: 20)
            var span = part.mutableSpan
            apart.matrix.decode(row: 2, columns: 44..<64, into: &span)
            #expect(part == Array(decoded[64 * 2 + 44..<64 * 3]))
        }
        #expect(try codebook(8, outliers: 0.005).name == "codebook-k8-channel-o0.5")
        let percent = try Spec(options: [("method", "codebook"), ("bits", "3"), ("outliers", "0.5%")])
        #expect(percent == (try codebook(8, outliers: 0.005)))
        for wrong in ["0", "0.2", "5", "%", "-1%", "50%", "x"] {
            #expect(throws: CompressionError.self, "\(wrong)") {
                try Spec(options: [("method", "codebook"), ("bits", "3"), ("outliers", wrong)])
            }
        }
        #expect(throws: CompressionError.self) {
            try Spec(options: [("method", "rtn"), ("bits", "3"), ("outliers", "0.005")])
        }
    }

    /// Errors of weights whose inputs are large count more: what the layer puts out is nearer, if weights are not.
    @Test func levelsAreThereWhereInputsAre() throws {
        let values = randomWeights(rows: 24, columns: 96, seed: 8)
        var random = Congruential(seed: 3)
        let squares = (0..<96).map { _ in
            let size = 4 * random.centred()
            return size * size * size * size
        }
        func outputError(_ decoded: [Float]) -> Double {
            decoded.indices.reduce(0.0) { sum, index in
                let error = Double(values[index] - decoded[index])
                return sum + error * error * Double(squares[index % 96])
            }
        }
        var seen = layer(values, columns: 96)
        seen.importance = squares
        for (plain, weighed) in try [
            (codebook(4), codebook(4, importance: true)),
            (codebook(4, shared: true), codebook(4, shared: true, importance: true)),
        ] {
            let before = try compress(seen, plain).matrix.decoded
            let after = try compress(seen, weighed).matrix.decoded
            #expect(
                outputError(after) < outputError(before) && squaredError(values, after) > squaredError(values, before))
        }
        #expect(throws: CompressionError.missingCalibration(method: "codebook-k4-channel-imatrix")) {
            try compress(layer(values, columns: 96), codebook(4, importance: true))
        }
        // Inputs that were never seen, and such as count nothing, leave levels of some kind.
        seen.importance = [Float](repeating: 0, count: 96)
        #expect(
            try compress(seen, codebook(4, importance: true)).matrix.decoded
                == compress(seen, codebook(4)).matrix.decoded)
        seen.importance = (0..<96).map { $0 == 5 ? 1 : 0 }
        #expect(try compress(seen, codebook(4, importance: true)).matrix.decoded.allSatisfy(\.isFinite))
    }

    /// What a file says of weights that are kept apart is checked before it is believed.
    @Test func outliersOutOfPlaceAreRefused() throws {
        let values = randomWeights(rows: 4, columns: 32, seed: 5)
        let made = try compress(layer(values, columns: 32), codebook(4, scales: .float32, outliers: 0.05))
        let spec = try codebook(4, scales: .float32, outliers: 0.05)
        let quantization = JSONValue.object(spec.compressor.configuration(spec, ignored: [])).canonicalText
        var module = StoredModule(quantization: quantization)
        for tensor in made.tensors {
            module.pieces.append(
                (
                    tensor.layout.suffix, tensor.layout.type, tensor.layout.shape,
                    Array(tensor.storage.bytes.prefix(tensor.layout.byteCount))
                ))
        }
        #expect(try module.withStore { try $0.matrix(StoredModule.name).decoded } == made.matrix.decoded)
        func refused(_ piece: String, _ change: (inout [UInt8]) -> Void) throws {
            var wrong = module
            let index = try #require(wrong.pieces.firstIndex { $0.piece == piece })
            change(&wrong.pieces[index].bytes)
            #expect(throws: CompressionError.self, "\(piece)") {
                try wrong.withStore { try $0.matrix(StoredModule.name).decoded }
            }
        }
        try refused("weight_outlier_rows") { $0[0] = 1 }
        try refused("weight_outlier_rows") { $0[7] = 0xff }
        try refused("weight_outlier_rows") { $0[16] = 7 }
        try refused("weight_outlier_columns") { $0[0] = 32 }
        try refused("weight_outlier_columns") { $0[1] = 0xff }
        try refused("weight_outlier_columns") { $0 = Array(repeating: 0, count: $0.count) }
        for piece in ["weight_outlier_columns", "weight_outlier_rows"] {
            #expect(throws: CompressionError.self) {
                try module.replacing(piece).withStore { try $0.matrix(StoredModule.name).decoded }
            }
            #expect(throws: CompressionError.self) {
                try module.replacing(piece, .int32, [2]).withStore { try $0.matrix(StoredModule.name).decoded }
            }
        }
    }
}
