import CKernels

/// How the operands of a matrix product lie in memory, and what multiplies them.
package enum PanelForm: String, Sendable, CaseIterable {
    /// Panels of 6 inputs and of 16 weights in float32, for fused multiply-adds.
    case floats = "float32"
    /// Panels of 32 inputs and of 32 weights as three bfloat16 parts, for AMX tiles.
    case parts = "bfloat16-parts"

    /// What products of this task use: the best of this machine's processor unless a caller chose another.
    @TaskLocal package static var current: PanelForm = Processor.usesAMX ? .parts : .floats

    /// Those that this machine's processor can multiply.
    package static var available: [PanelForm] { Processor.usesAMX ? allCases : [.floats] }

    /// The value of `QID_KERNELS` with which a process multiplies so, for one on a processor that can do more.
    package var environmentValue: String { self == .parts ? "amx" : "avx512" }

    /// The inputs of a panel.
    var inputRows: Int { self == .parts ? amx_panel_rows : tileRows }

    /// The weights of a panel: rows of the weight, columns of the result.
    var weightRows: Int { self == .parts ? amx_panel_rows : tileColumns }

    /// The panels that so many inputs fill.
    func inputPanels(_ rows: Int) -> Int { (rows + inputRows - 1) / inputRows }

    /// The panels that so many weights fill.
    func weightPanels(_ rows: Int) -> Int { (rows + weightRows - 1) / weightRows }

    /// The floats that a panel of inputs takes.
    @inline(__always)
    func inputFloats(depth: Int) -> Int { self == .parts ? Self.partFloats(depth) : tileRows * depth }

    /// The floats that a panel of weights takes.
    @inline(__always)
    func weightFloats(depth: Int) -> Int { self == .parts ? Self.partFloats(depth) : tileColumns * depth }

    private static func partFloats(_ depth: Int) -> Int { steps(depth) * amx_step_bytes / 4 }

    private static func steps(_ depth: Int) -> Int { (depth + amx_step_depth - 1) / amx_step_depth }

    /// Packs rows of `x` into panels one after another.
    func pack(_ x: MatrixView, rows: Range<Int>, columns: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        guard self == .parts else { return packInputs(x, rows: rows, columns: columns, into: target) }
        for (index, first) in stride(from: rows.lowerBound, to: rows.upperBound, by: inputRows).enumerated() {
            amx_pack_inputs(
                x.row(first) + columns.lowerBound, x.stride, min(inputRows, rows.upperBound - first), columns.count,
                target + index * inputFloats(depth: columns.count))
        }
    }

    /// Packs rows of a weight, at most a panel's, into one.
    ///
    /// - Returns: the bfloat16 parts that the weights have at most.
    func pack(
        _ weight: any WeightMatrix, rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>
    ) -> Int {
        guard self == .parts else {
            weight.pack(rows: rows, columns: columns, into: panel)
            return 1
        }
        return Self.packParts(weight, rows: rows, columns: columns, into: panel)
    }

    /// Packs float32 panels of 16 rows, and takes them apart while they lie in the first-level cache.
    private static func packParts(
        _ weight: any WeightMatrix, rows: Range<Int>, columns: Range<Int>, into panel: UnsafeMutablePointer<Float>
    ) -> Int {
        let chunk = 8 * amx_step_depth
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: chunk * tileColumns) { memory in
            guard let floats = memory.baseAddress else { return 1 }
            var parts: Int32 = 1
            for (half, first) in [rows.lowerBound, rows.lowerBound + tileColumns].enumerated() {
                let part = min(first, rows.upperBound)..<min(first + tileColumns, rows.upperBound)
                for start in stride(from: columns.lowerBound, to: columns.upperBound, by: chunk) {
                    let depths = start..<min(columns.upperBound, start + chunk)
                    if part.isEmpty {
                        floats.update(repeating: 0, count: depths.count * tileColumns)
                    } else {
                        weight.pack(rows: part, columns: depths, into: floats)
                    }
                    let target = panel + partFloats(start - columns.lowerBound)
                    parts = max(parts, amx_pack_weights(floats, depths.count, Int32(half), target))
                }
            }
            return Int(parts)
        }
    }

    /// Runs `body`, which may multiply on this thread.
    @inline(__always)
    func multiplying<R>(_ body: () -> R) -> R {
        guard self == .parts else { return body() }
        amx_begin()
        defer { amx_end() }
        return body()
    }

    /// Multiplies panels of inputs, `inputStride` floats apart, by one panel of weights of so many parts: as many inputs as
    /// the target has rows. Called by a body of `multiplying`.
    ///
    /// The target receives start + sum if `start` is given, else what it holds + sum.
    @inline(__always)
    func multiply(
        depth: Int, _ inputs: UnsafePointer<Float>, inputStride: Int, _ weights: UnsafePointer<Float>, parts: Int,
        start: UnsafeMutablePointer<Float>?, into target: TileTarget
    ) {
        guard self == .parts else {
            return multiplyTiles(
                depth: depth, inputs, panelStride: inputStride, weights, start: start, into: target)
        }
        amx_multiply(
            inputs, inputStride * MemoryLayout<Float>.stride, weights, Int32(parts), Self.steps(depth), start,
            target.base, target.stride, target.rows, target.columns)
    }
}
