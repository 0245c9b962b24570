package import FoundationEssentials
import System

extension TokenStream {
    /// Writes the ids as a `.npy` file, whole or not at all: uint16 if all of them fit, else uint32.
    package func write(to file: URL) throws(TokenizationError) {
        let isNarrow = ids.allSatisfy { $0 <= UInt32(UInt16.max) }
        let header = ArrayHeader(element: isNarrow ? .uint16 : .uint32, count: ids.count)
        var bytes = header.bytes
        bytes.reserveCapacity(bytes.count + ids.count * header.element.byteCount)
        for id in ids {
            for byte in 0..<header.element.byteCount {
                bytes.append(UInt8(truncatingIfNeeded: id >> (8 * UInt32(byte))))
            }
        }
        do throws(SystemError) { try writeResult(bytes, to: file) } catch { throw .system(error) }
    }
}
