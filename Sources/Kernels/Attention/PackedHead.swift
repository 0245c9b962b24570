/// The keys and values of one head over one window, packed as the left operands of products: the keys as inputs whose depth
/// is their channels, the channels of the values as inputs whose depth is the keys.
struct PackedHead {
    private let form: PanelForm
    private let length: Int
    private let keySize: Int
    private let keyPanels: UnsafeMutablePointer<Float>
    private let valuePanels: UnsafeMutablePointer<Float>

    /// The memory that `init` fills and works in.
    static func floatCount(rows: Int, keySize: Int, valueSize: Int, form: PanelForm) -> Int {
        form.inputPanels(rows) * form.inputFloats(depth: keySize)
            + form.inputPanels(valueSize) * form.inputFloats(depth: rows) + form.stripFloats
    }

    /// Packs one head's `rows`.
    init(
        keys: HeadLayout, values: HeadLayout, head: Int, rows: Range<Int>, form: PanelForm,
        memory: UnsafeMutablePointer<Float>
    ) {
        (self.form, length, keySize, keyPanels) = (form, rows.count, keys.size, memory)
        valuePanels = keyPanels + form.inputPanels(rows.count) * form.inputFloats(depth: keys.size)
        form.pack(keys.view(head, rows: rows), rows: 0..<rows.count, columns: 0..<keys.size, into: keyPanels)
        form.packColumns(
            of: values.view(head, rows: rows), into: valuePanels,
            strip: valuePanels + form.inputPanels(values.size) * form.inputFloats(depth: rows.count))
    }

    /// The panel of the keys from `first`, a multiple of a panel's; the next lies `keyStride` floats further on.
    func keys(_ first: Int) -> UnsafePointer<Float> {
        UnsafePointer(keyPanels + first / form.inputRows * keyStride)
    }

    var keyStride: Int { form.inputFloats(depth: keySize) }

    /// The panel of the first channels from key `first` on, a multiple of a panel's; the next channels' lies `valueStride`
    /// floats further on.
    func values(_ first: Int) -> UnsafePointer<Float> { UnsafePointer(valuePanels + form.inputFloats(depth: first)) }

    var valueStride: Int { form.inputFloats(depth: length) }
}

extension HeadLayout {
    /// One head's part of some rows.
    fileprivate func view(_ head: Int, rows: Range<Int>) -> MatrixView {
        MatrixView(base: row(rows.lowerBound, head: head), rows: rows.count, columns: size, stride: base.stride)
    }
}
