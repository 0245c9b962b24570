import Numerics

/// Cosines and sines of rotary position embeddings (Su et al., 2104.09864), one row for each position.
package struct RotaryTable: Sendable {
    /// The leading elements of each head that are rotated, an even number.
    package let rotarySize: Int
    /// The positions that the table covers.
    package let positions: Int
    /// Whether a pair stands side by side, at 2j and 2j + 1, rather than half of the rotated elements apart.
    package let pairsNeighbors: Bool
    let cosines: [Float]
    let sines: [Float]

    /// A table of the angles position · frequencies[j], each times `magnitude` (YaRN's attention factor, else 1).
    ///
    /// `frequencies` holds rotarySize/2 values in radians per position, scaled as the model wants them:
    /// unscaled θ^(−2j/rotarySize).
    package init(positions: Int, frequencies: [Double], magnitude: Double = 1, pairsNeighbors: Bool = false) {
        self.positions = positions
        self.pairsNeighbors = pairsNeighbors
        rotarySize = 2 * frequencies.count
        let angles = (0..<positions).flatMap { position in frequencies.map { Double(position) * $0 } }
        cosines = angles.map { Float(magnitude * Double.cos($0)) }
        sines = angles.map { Float(magnitude * Double.sin($0)) }
    }
}

/// Rotates the first `table.rotarySize` elements of each head in place, in halves (GPT-NeoX, Llama) or in neighbours (GPT-J):
/// (a, b) at (j, j + rotarySize/2) or (2j, 2j + 1) becomes (a·cos − b·sin, b·cos + a·sin); a row's position is
/// (`firstRow` + row) mod `windowLength`.
package func rotate(_ heads: HeadLayout, table: RotaryTable, windowLength: Int, firstRow: Int = 0) {
    precondition(windowLength <= table.positions && table.rotarySize <= heads.size)
    let half = table.rotarySize / 2
    let (step, apart) = table.pairsNeighbors ? (2, 1) : (1, half)
    forEachRow(of: heads.base) { index in
        let start = ((firstRow + index) % windowLength) * half
        for head in 0..<heads.count {
            let row = heads.row(index, head: head)
            for j in 0..<half {
                let (a, b) = (row[step * j], row[step * j + apart])
                let (cosine, sine) = (table.cosines[start + j], table.sines[start + j])
                row[step * j] = a * cosine - b * sine
                row[step * j + apart] = b * cosine + a * sine
            }
        }
    }
}
