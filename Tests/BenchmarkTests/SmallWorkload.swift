import Benchmark

extension Workload {
    /// Everything in sizes that take a moment.
    static var small: Workload {
        var workload = Workload()
        workload.rounds = 1
        workload.leastSeconds = 0
        workload.fusedSteps = 1000
        workload.copyByteCount = 1 << 16
        workload.product = Product(tokens: 50, shapes: [Shape(outputs: 40, inputs: 70)])
        workload.attention = Attention(windows: 2, context: 20, heads: 2, headSize: 16)
        workload.head = Head(tokens: 9, width: 24, vocabulary: 300)
        workload.elementwise = Shape(outputs: 6, inputs: 50)
        workload.rounding = Shape(outputs: 70, inputs: 128)
        workload.searched = Shape(outputs: 72, inputs: 128)
        workload.roundingGroup = 32
        // SHA-256 by hashlib of the values as NumPy makes them.
        workload.file = File(
            byteCount: 1 << 16, sha256: "3371aeea28932429593ce1ce0a438cbb0199abfe4cdcd85c8a9f83032e54f5cf")
        workload.models = [.tiny]
        workload.modelWindows = 2
        workload.modelContext = 16
        return workload
    }
}

extension ModelShape {
    static let tiny = ModelShape(name: "tiny", layers: 2, width: 64, heads: 2, vocabulary: 300)
}
