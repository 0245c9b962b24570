package import Compression
package import Kernels

extension ActivationQuantizer {
    /// Rounds the inputs of a linear layer, tokens × inputs, in place.
    /// - Returns: for each token what its outputs must be divided by; nil where that is 1.
    @discardableResult
    package func apply(to inputs: MatrixView) -> [Float]? {
        let (low, high) = (-Float(1 << (bits - 1)), Float(1 << (bits - 1)) - 1)
        switch scale {
        case .bitNet:
            forEachRow(of: inputs) { row in
                let scale = row.bitNetScale(high)
                for index in row.indices {
                    row[index] = min(max((row[index] * scale).rounded(.toNearestOrEven), low), high) / scale
                }
            }
        case .bitNetCodes:
            return Parallel.map(inputs.rows) { index in
                // A row of a view has `columns` numbers, and each task takes its own.
                let row = UnsafeMutableBufferPointer(start: inputs.row(index), count: inputs.columns)
                let scale = row.bitNetScale(high)
                for index in row.indices {
                    row[index] = min(max((row[index] * scale).rounded(.toNearestOrEven), low), high)
                }
                return scale
            }
        case .token:
            forEachRow(of: inputs) { row in
                round(row, scale: row.largestMagnitude / ((high - low) / 2), zero: 0, low, high)
            }
        case .asymmetricToken:
            forEachRow(of: inputs) { row in
                let (least, greatest) = row.extremes
                let scale = (greatest - least) / (high - low)
                guard scale > 0 else { return }
                let zero = min(max(low - least / scale, low), high).rounded(.toNearestOrEven)
                round(row, scale: scale, zero: zero, low, high)
            }
        case .tensor(let scale, let zero):
            forEachRow(of: inputs) { row in round(row, scale: scale, zero: zero, low, high) }
        case .float8Token: forEachRow(of: inputs) { row in row.roundToFloat8(largest: row.largestMagnitude) }
        case .float8Tensor(let scale): forEachRow(of: inputs) { row in row.roundToFloat8(scale: scale) }
        case .float8Group(let length):
            forEachRow(of: inputs) { row in
                row.forEachGroup(of: length) { $0.roundToFloat8(largest: $0.largestMagnitude) }
            }
        case .nvfp4(let global):
            forEachRow(of: inputs) { row in row.forEachGroup(of: NVFP4.block) { NVFP4.round($0, global: global) } }
        }
        return nil
    }

    /// x ← (clamp(round(x/s + z)) − z)·s, half to even, in the order of compressed-tensors; rows of zeros stay.
    @inline(__always)
    private func round(
        _ row: UnsafeMutableBufferPointer<Float>, scale: Float, zero: Float, _ low: Float, _ high: Float
    ) {
        guard scale > 0 else { return }
        for index in row.indices {
            let code = min(max(row[index] / scale + zero, low), high).rounded(.toNearestOrEven)
            row[index] = (code - zero) * scale
        }
    }
}

extension UnsafeMutableBufferPointer<Float> {
    fileprivate func bitNetScale(_ high: Float) -> Float { high / Swift.max(largestMagnitude, 1e-5) }

    /// Calls `body` with each run of so many elements, the last of which may be shorter.
    fileprivate func forEachGroup(of length: Int, _ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
        for start in stride(from: 0, to: count, by: length) {
            body(UnsafeMutableBufferPointer(rebasing: self[start..<Swift.min(count, start + length)]))
        }
    }

    /// The least and the greatest value, 0 among them.
    fileprivate var extremes: (least: Float, greatest: Float) {
        var (least, greatest) = (Float(0), Float(0))
        for value in self {
            least = value < least ? value : least
            greatest = value > greatest ? value : greatest
        }
        return (least, greatest)
    }
}
