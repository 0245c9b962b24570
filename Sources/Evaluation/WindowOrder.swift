import Mathematics

/// The order in which a shard's windows are scored.
///
/// Neighbouring windows share documents, so that the first ones in a row say less of the shard than as many from all over
/// it.
package enum WindowOrder: Sendable, Hashable {
    /// As they stand in the shard.
    case shard
    /// A permutation of all whole windows of the shard, the same for the same seed.
    case random(seed: Int)

    /// Where nobody asks for another.
    package static let usual = WindowOrder.random(seed: 1)

    /// The places in the shard of the first `count` of its `available` windows, in this order; the places of fewer are
    /// the first of these.
    package func places(_ count: Int, of available: Int) -> [Int] {
        guard case .random(let seed) = self else { return Array(0..<count) }
        var random = RandomNumbers(seed: UInt64(bitPattern: Int64(seed)))
        var places = Array(0..<available)
        for place in 0..<min(count, available - 1) {
            places.swapAt(place, place + Int(random.uniform() * Double(available - place)))
        }
        return Array(places.prefix(count))
    }
}
