import CKernels

/// How the operands of a matrix product lie in memory, and what multiplies them.
package enum PanelForm: String, Sendable, CaseIterable {
    /// Panels of 6 inputs and of 32 weights in float32, for fused multiply-adds: weights in two blocks of 16.
    case floats = "float32"
    /// Panels of 32 inputs and of 32 weights split into three bfloat16 terms each, for AMX tiles.
    case splitBFloat16 = "bfloat16-parts"

    /// What products of this task use: the best of this machine's processor unless a caller chose another.
    @TaskLocal package static var current: PanelForm = Processor.usesAMX ? .splitBFloat16 : .floats

    /// Those that this machine's processor can multiply.
    package static var available: [PanelForm] { Processor.usesAMX ? allCases : [.floats] }

    /// The value of `QID_KERNELS` with which a process multiplies so, for one on a processor that can do more.
    package var level: KernelSettings.Level { self == .splitBFloat16 ? .amx : .avx512 }

    /// The inputs of a panel.
    var inputRows: Int { self == .splitBFloat16 ? amx_panel_rows : tileRows }

    /// The weights of a panel: rows of the weight, columns of the result.
    var weightRows: Int { 2 * tileColumns }

    /// The panels that so many inputs fill.
    func inputPanels(_ rows: Int) -> Int { (rows + inputRows - 1) / inputRows }

    /// The panels that so many weights fill.
    func weightPanels(_ rows: Int) -> Int { (rows + weightRows - 1) / weightRows }

    /// The floats that a panel of inputs takes.
    @inline(__always)
    func inputFloats(depth: Int) -> Int { self == .splitBFloat16 ? splitFloats(depth) : tileRows * depth }

    /// The floats that a panel of weights takes.
    @inline(__always)
    func weightFloats(depth: Int) -> Int { self == .splitBFloat16 ? splitFloats(depth) : weightRows * depth }

    private func splitFloats(_ depth: Int) -> Int { steps(depth) * amx_step_bytes / 4 }

    /// The steps of so much depth in split bfloat16.
    func steps(_ depth: Int) -> Int { (depth + amx_step_depth - 1) / amx_step_depth }

    /// Packs rows of `x` into panels one after another.
    func pack(_ x: MatrixView, rows: Range<Int>, columns: Range<Int>, into target: UnsafeMutablePointer<Float>) {
        guard self == .splitBFloat16 else { return packInputs(x, rows: rows, columns: columns, into: target) }
        for (index, first) in stride(from: rows.lowerBound, to: rows.upperBound, by: inputRows).enumerated() {
            amx_pack_inputs(
                x.row(first) + columns.lowerBound, x.stride, min(inputRows, rows.upperBound - first), columns.count,
                target + index * inputFloats(depth: columns.count))
        }
    }

    /// Runs `body`, which may multiply on this thread.
    @inline(__always)
    func multiplying<R>(_ body: () -> R) -> R {
        guard self == .splitBFloat16 else { return body() }
        amx_begin()
        defer { amx_end() }
        return body()
    }
}
