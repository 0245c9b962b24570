import Checkpoint
import Compression
import LanguageModel
import Records

extension WeightTraits {
    /// Takes the traits of weights whose tensors have been hashed.
    init(_ checkpoint: Checkpoint, _ digests: [TensorDigest]) {
        let parts = digests.filter { $0.shape.count > 1 }
            .sorted { ($1.elementCount, $0.name) < ($0.elementCount, $1.name) }.prefix(Self.partLimit)
        self.init(
            parts: parts.map { String($0.sha256.prefix(Self.digitCount)) }, sample: Self.sample(of: checkpoint))
    }

    /// The most parts that are kept.
    private static let partLimit = 256
    private static let sampleCount = 512

    /// Weights of the matrices, as many of each, at places that chance chose once for all.
    static func sample(of checkpoint: Checkpoint) -> [Float] {
        let matrices = checkpoint.storedTensors.filter { $0.info.shape.count > 1 && $0.info.elementCount > 0 }
            .sorted { ($1.info.elementCount, $0.info.name) < ($0.info.elementCount, $1.info.name) }.prefix(partLimit)
        guard !matrices.isEmpty, matrices.allSatisfy({ isPlain($0.info.type) }) else { return [] }
        let share = max(1, sampleCount / matrices.count)
        return matrices.enumerated().flatMap { place, tensor in
            (0..<share).map { index in
                var bits = UInt64(place) << 32 | UInt64(index)
                bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
                bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
                return tensor.value(at: Int((bits ^ bits >> 31) % UInt64(tensor.info.elementCount)))
            }
        }
    }

    private static func isPlain(_ type: ElementType) -> Bool { [.float32, .float16, .bfloat16].contains(type) }
}

extension TensorDigest {
    fileprivate var elementCount: Int { shape.reduce(1, *) }
}

extension Tensor {
    /// One value of a tensor of plain numbers.
    fileprivate func value(at index: Int) -> Float {
        withBytes { bytes in
            switch info.type {
            case .float32: Float(bitPattern: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            case .float16:
                Float(Float16(bitPattern: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
            default:
                Float(
                    bitPattern: UInt32(bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)) << 16)
            }
        }
    }
}
