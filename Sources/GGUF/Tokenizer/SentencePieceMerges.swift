/// The merges of a SentencePiece vocabulary: each piece from each two that make it, the best score first.
///
/// As transformers makes them (`generate_merges`): of one piece in the order of its parts' numbers; of all by score, then by
/// the lengths of the left and of the right part, all falling.
struct SentencePieceMerges {
    let pairs: [(left: String, right: String)]

    private struct Merge {
        let left: Int
        let right: Int
        let score: Double
        /// Scalars of the parts.
        let lengths: (left: Int, right: Int)
    }

    init(_ pieces: [String], scores: [Double], isUsed: (Int) -> Bool) {
        var numbers: [[UInt8]: Int] = [:]
        for (index, piece) in pieces.enumerated() where isUsed(index) { numbers[Array(piece.utf8)] = index }
        var merges: [Merge] = []
        for (index, piece) in pieces.enumerated() where isUsed(index) {
            let bytes = Array(piece.utf8)
            guard numbers[bytes] == index else { continue }
            let starts = bytes.indices.dropFirst().filter { bytes[$0] & 0xc0 != 0x80 }
            var ofPiece: [Merge] = []
            for (place, start) in starts.enumerated() {
                guard let left = numbers[Array(bytes[..<start])], let right = numbers[Array(bytes[start...])] else {
                    continue
                }
                ofPiece.append(
                    Merge(
                        left: left, right: right, score: scores[index],
                        lengths: (place + 1, starts.count - place)))
            }
            merges += ofPiece.sorted { ($0.left, $0.right) < ($1.left, $1.right) }
        }
        let order = merges.indices.sorted { one, other in
            let (a, b) = (merges[one], merges[other])
            if a.score != b.score { return a.score > b.score }
            if a.lengths != b.lengths { return a.lengths > b.lengths }
            return one < other
        }
        pairs = order.map { (pieces[merges[$0].left], pieces[merges[$0].right]) }
    }
}
