/// The keys and values of one head over one window, packed as the left operands of the microkernel.
///
/// Keys: panels of 6 keys, `[channel][key]`. Values: panels of 6 channels, `[key][channel]`, missing ones zero.
struct PackedHead {
    let length: Int
    private let keySize: Int
    private let keyPanels: UnsafeMutablePointer<Float>
    private let valuePanels: UnsafeMutablePointer<Float>

    /// The memory for one of the two, rounded up to whole panels either way, and for the stores that spill over.
    static func floatCount(rows: Int, size: Int) -> Int {
        (rows + tileRows) * (size + tileRows) + 16
    }

    /// Packs one head's `rows`.
    init(
        keys: HeadLayout, values: HeadLayout, head: Int, rows: Range<Int>, keyMemory: UnsafeMutablePointer<Float>,
        valueMemory: UnsafeMutablePointer<Float>
    ) {
        length = rows.count
        keySize = keys.size
        (keyPanels, valuePanels) = (keyMemory, valueMemory)
        let keyView = MatrixView(
            base: keys.row(rows.lowerBound, head: head), rows: rows.count, columns: keys.size, stride: keys.base.stride)
        packInputs(keyView, rows: 0..<rows.count, columns: 0..<keys.size, into: keyPanels)
        for first in stride(from: 0, to: values.size, by: tileRows) {
            let count = min(tileRows, values.size - first)
            var target = valuePanels + first * length
            for row in rows {
                let source = values.row(row, head: head) + first
                for channel in 0..<tileRows { target[channel] = channel < count ? source[channel] : 0 }
                target += tileRows
            }
        }
    }

    /// The panel of the six keys from `first`, a multiple of six.
    @inline(__always)
    func keys(_ first: Int) -> UnsafePointer<Float> { UnsafePointer(keyPanels + first * keySize) }

    /// The panel of the six channels from `channel`, a multiple of six, from key `first` on.
    @inline(__always)
    func values(channel: Int, _ first: Int) -> UnsafePointer<Float> {
        UnsafePointer(valuePanels + channel * length + first * tileRows)
    }
}
