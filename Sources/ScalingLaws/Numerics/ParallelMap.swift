import Dispatch

/// Results of `body` for 0..<count in index order, computed on all cores.
func parallelMap<T: Sendable>(_ count: Int, _ body: @Sendable (Int) -> T) -> [T] {
    var results = [T?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { buffer in
        // Sound because each index is written by one iteration only and read after all have ended.
        let slots = Slots(buffer: buffer)
        DispatchQueue.concurrentPerform(iterations: count) { slots.buffer[$0] = body($0) }
    }
    return results.compactMap { $0 }
}

/// `@unchecked Sendable` because the iterations of `parallelMap` write disjoint elements.
private struct Slots<T>: @unchecked Sendable {
    let buffer: UnsafeMutableBufferPointer<T?>
}
