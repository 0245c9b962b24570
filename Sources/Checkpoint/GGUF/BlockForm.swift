package import GGUF

/// How the bytes of a tensor are a weight in blocks of ggml: rows one after the other, outputs by inputs.
package struct BlockForm: Sendable, Equatable {
    package let type: GGMLType
    package let rows: Int
    package let columns: Int
    /// In which order the rows stand; nil in their own.
    package let order: RowOrder?

    package init(type: GGMLType, rows: Int, columns: Int, order: RowOrder?) {
        (self.type, self.rows, self.columns, self.order) = (type, rows, columns, order)
    }
}
