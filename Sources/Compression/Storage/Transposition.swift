import Kernels

/// A matrix of stored elements with its columns for rows.
///
/// Blocks of columns go through memory together, so that neighbours are read from one line of the cache.
func transposedElements(_ source: TensorBytes, rows: Int, columns: Int, byteCount: Int) -> StoredBytes {
    let result = StoredBytes(byteCount: rows * columns * byteCount, zeroed: false)
    let width = 64
    Parallel.forEach((columns + width - 1) / width) { block in
        let part = block * width..<min(columns, (block + 1) * width)
        source.withSpan { source in
            result.withBytes(part.lowerBound * rows * byteCount..<part.upperBound * rows * byteCount) { target in
                for row in 0..<rows {
                    for column in part {
                        let (from, to) = (row * columns + column, (column - part.lowerBound) * rows + row)
                        for byte in 0..<byteCount {
                            target.storeBytes(
                                of: source.number(UInt8.self, at: from * byteCount + byte),
                                toByteOffset: to * byteCount + byte, as: UInt8.self)
                        }
                    }
                }
            }
        }
    }
    return result
}

/// A matrix of packed codes, every row of which starts a new word, with its columns for rows.
func transposedCodes(_ source: TensorBytes, rows: Int, columns: Int, bits: Int) -> StoredBytes {
    let codes = unpackedCodes(source, rows: rows, columns: columns, bits: bits)
    let turned = transposedElements(TensorBytes(codes), rows: rows, columns: columns, byteCount: 1)
    return packedCodes(TensorBytes(turned), rows: columns, columns: rows, bits: bits)
}

/// Packed codes as one byte each.
func unpackedCodes(_ source: TensorBytes, rows: Int, columns: Int, bits: Int) -> StoredBytes {
    let rowByteCount = 4 * BitStream.wordCount(codes: columns, bits: bits)
    let result = StoredBytes(byteCount: rows * columns, zeroed: false)
    Parallel.forEach(rows) { row in
        withScratch(columns, of: UInt8(0)) { codes in
            source.withRow(row, byteCount: rowByteCount) {
                CodeStream.bits(bits).unpack($0, 0..<columns, into: &codes)
            }
            result.store(codes.span, at: row * columns)
        }
    }
    return result
}

/// Codes of one byte each, packed.
func packedCodes(_ source: TensorBytes, rows: Int, columns: Int, bits: Int) -> StoredBytes {
    let rowByteCount = 4 * BitStream.wordCount(codes: columns, bits: bits)
    let result = StoredBytes(byteCount: rows * rowByteCount, zeroed: false)
    Parallel.forEach(rows) { row in
        withScratch(columns, of: UInt8(0)) { codes in
            source.withRow(row, byteCount: columns) { bytes in
                for column in 0..<columns { codes[column] = bytes.number(UInt8.self, at: column) }
            }
            result.withBytes(row * rowByteCount..<(row + 1) * rowByteCount) {
                CodeStream.bits(bits).pack(codes.span, into: &$0)
            }
        }
    }
    return result
}
