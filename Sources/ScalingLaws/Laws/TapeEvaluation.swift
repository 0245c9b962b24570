import RealModule

/// Room for the values and derivatives of a tape's nodes; one for each thread.
struct TapeEvaluation {
    let tape: Tape
    /// Where each node's value column begins; its derivative columns follow, in the order of its dependencies.
    private let offsets: [Int]
    /// For each node and each of its slots, which derivative column of the left and right operand it is, or −1.
    private let sources: [[(left: Int, right: Int)]]
    private var scratch: [Double]

    init(_ tape: Tape) {
        self.tape = tape
        var offsets: [Int] = []
        var end = 0
        for slots in tape.dependencies {
            offsets.append(end)
            end += (1 + slots.count) * tape.rowCount
        }
        self.offsets = offsets
        sources = tape.nodes.indices.map { index in
            let node = tape.nodes[index]
            return tape.dependencies[index].map { slot in
                (
                    node.left < 0 ? -1 : tape.dependencies[node.left].firstIndex(of: slot) ?? -1,
                    node.right < 0 ? -1 : tape.dependencies[node.right].firstIndex(of: slot) ?? -1
                )
            }
        }
        scratch = Array(repeating: 0, count: end)
        for (index, node) in tape.nodes.enumerated() {
            if case .data(let column) = node.operation {
                scratch.replaceSubrange(offsets[index]..<offsets[index] + tape.rowCount, with: tape.columns[column])
            }
            if case .slot = node.operation {
                for row in 0..<tape.rowCount { scratch[offsets[index] + tape.rowCount + row] = 1 }
            }
        }
    }

    /// Evaluates all rows; `parameter(slot, row)` is the value that this row uses for the slot.
    mutating func evaluate(places: [[Int32]], parameters: [Double]) {
        let (tape, offsets, sources) = (tape, offsets, sources)
        let rows = tape.rowCount
        // The pointer stays in the closure; `offsets` gives each node its own columns, laid out for `rows`.
        scratch.withUnsafeMutableBufferPointer { scratch in
            for index in tape.nodes.indices {
                let node = tape.nodes[index]
                let out = Columns(scratch, offsets[index], rows)
                if case .slot(let slot) = node.operation {
                    for row in 0..<rows { out[row] = parameters[Int(places[slot][row])] }
                    continue
                }
                guard node.left >= 0 else { continue }
                let left = Columns(scratch, offsets[node.left], rows)
                let right = Columns(scratch, offsets[max(node.right, 0)], rows)
                Self.apply(node.operation, left, right, out, sources[index], tape)
            }
        }
    }

    /// Calls with the values and, for each slot, the derivatives (nil where the formula does not depend on it).
    ///
    /// The pointers are lent for the call; each leads to as many numbers as there are rows.
    func withResult<R>(_ body: (UnsafePointer<Double>, [UnsafePointer<Double>?]) -> R) -> R? {
        scratch.withUnsafeBufferPointer { scratch -> R? in
            guard let base = scratch.baseAddress, let root = offsets.last, let slots = tape.dependencies.last else {
                return nil
            }
            let derivatives = tape.slotNames.indices.map { slot in
                slots.firstIndex(of: slot).map { base + root + ($0 + 1) * tape.rowCount }
            }
            return body(base + root, derivatives)
        }
    }

    /// A node's value column and the derivative columns behind it; in bounds because `offsets` was laid out so.
    private struct Columns {
        let base: UnsafeMutableBufferPointer<Double>
        let offset: Int
        let rows: Int

        init(_ base: UnsafeMutableBufferPointer<Double>, _ offset: Int, _ rows: Int) {
            self.base = base
            self.offset = offset
            self.rows = rows
        }

        subscript(row: Int) -> Double {
            get { base[offset + row] }
            nonmutating set { base[offset + row] = newValue }
        }

        /// The derivative column `place`.
        func derivative(_ place: Int) -> Columns { Columns(base, offset + (place + 1) * rows, rows) }
    }

    private static func apply(
        _ operation: Tape.Operation, _ a: Columns, _ b: Columns, _ out: Columns, _ sources: [(left: Int, right: Int)],
        _ tape: Tape
    ) {
        let rows = tape.rowCount
        switch operation {
        case .data, .slot: break
        case .add: combine(out, a, b, sources, value: { $0 + $1 }, byLeft: { _, _, _ in 1 }, byRight: { _, _, _ in 1 })
        case .subtract:
            combine(out, a, b, sources, value: { $0 - $1 }, byLeft: { _, _, _ in 1 }, byRight: { _, _, _ in -1 })
        case .multiply:
            combine(out, a, b, sources, value: { $0 * $1 }, byLeft: { _, b, _ in b }, byRight: { a, _, _ in a })
        case .divide:
            combine(
                out, a, b, sources, value: { $0 / $1 }, byLeft: { _, b, _ in 1 / b }, byRight: { _, b, v in -v / b })
        case .negate: combine(out, a, a, sources, value: { a, _ in -a }, byLeft: { _, _, _ in -1 })
        case .powerOfData(let logarithm):
            // A column of the data has `rows` numbers.
            tape.columns[logarithm].withUnsafeBufferPointer { logarithms in
                for row in 0..<rows { out[row] = logarithms[row] == -.infinity ? 0 : .exp(b[row] * logarithms[row]) }
                for (place, source) in sources.enumerated() {
                    let (to, from) = (out.derivative(place), b.derivative(source.right))
                    for row in 0..<rows { to[row] = out[row] == 0 ? 0 : out[row] * logarithms[row] * from[row] }
                }
            }
        case .powerBy(let exponent):
            combine(
                out, a, a, sources, value: { a, _ in .pow(a, exponent) },
                byLeft: { a, _, _ in exponent * .pow(a, exponent - 1) })
        case .power:
            combine(
                out, a, b, sources, value: { .pow($0, $1) }, byLeft: { a, b, v in a == 0 ? 0 : b * v / a },
                byRight: { a, _, v in v == 0 ? 0 : v * .log(a) })
        case .exp: combine(out, a, a, sources, value: { a, _ in .exp(a) }, byLeft: { _, _, v in v })
        case .log: combine(out, a, a, sources, value: { a, _ in .log(a) }, byLeft: { a, _, _ in 1 / a })
        case .sqrt: combine(out, a, a, sources, value: { a, _ in a.squareRoot() }, byLeft: { _, _, v in 0.5 / v })
        case .tanh: combine(out, a, a, sources, value: { a, _ in .tanh(a) }, byLeft: { _, _, v in 1 - v * v })
        }
    }

    /// out = value(a, b) and out′ = byLeft(a, b, out)·a′ + byRight(a, b, out)·b′ for every slot.
    @inline(__always)
    private static func combine(
        _ out: Columns, _ a: Columns, _ b: Columns, _ sources: [(left: Int, right: Int)],
        value: (Double, Double) -> Double, byLeft: (Double, Double, Double) -> Double,
        byRight: ((Double, Double, Double) -> Double)? = nil
    ) {
        let rows = out.rows
        for row in 0..<rows { out[row] = value(a[row], b[row]) }
        for (place, source) in sources.enumerated() {
            let to = out.derivative(place)
            if source.left >= 0 {
                let from = a.derivative(source.left)
                for row in 0..<rows { to[row] = byLeft(a[row], b[row], out[row]) * from[row] }
            } else {
                for row in 0..<rows { to[row] = 0 }
            }
            guard source.right >= 0, let byRight else { continue }
            let from = b.derivative(source.right)
            for row in 0..<rows { to[row] += byRight(a[row], b[row], out[row]) * from[row] }
        }
    }
}
