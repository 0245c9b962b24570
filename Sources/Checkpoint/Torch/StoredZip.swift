/// The files of a zip whose entries are stored as they are, as torch writes it, by their names.
///
/// | record | begins with | holds |
/// |---|---|---|
/// | local header | `PK\3\4` | 26: name's length, 28: extra's; then both, then the file's bytes |
/// | central entry | `PK\1\2` | 8: flags, 10: method, 20, 24: sizes, 28: lengths, 42: place of the local header, 46: name |
/// | end, 64 bits | `PK\6\6` | 32: entries, 40: bytes of the directory, 48: its place |
/// | its locator | `PK\6\7` | 8: the place of that |
/// | end | `PK\5\6` | 10: entries, 12: bytes of the directory, 16: its place, 20: the comment's length |
///
/// Sizes and places of 2³² − 1 stand in an extra field with the number 1 instead.
struct StoredZip {
    private(set) var entries: [String: Range<Int>] = [:]
    private let bytes: RawSpanReader

    init(_ file: UnsafeRawBufferPointer) throws(PickleFault) {
        bytes = RawSpanReader(file)
        let end = try Self.end(bytes)
        var (place, directoryEnd) = (end.place, end.place)
        let (sum, overflow) = end.place.addingReportingOverflow(end.byteCount)
        guard !overflow, sum <= file.count else { throw .zip(reason: "its directory lies outside the file") }
        directoryEnd = sum
        for _ in 0..<end.count {
            guard try bytes.number(place, 4) == 0x0201_4b50 else {
                throw .zip(reason: "an entry of its directory is damaged")
            }
            let (nameCount, extraCount) = (try bytes.number(place + 28, 2), try bytes.number(place + 30, 2))
            let next = place + 46 + nameCount + extraCount + (try bytes.number(place + 32, 2))
            guard next <= directoryEnd else { throw .zip(reason: "its directory is longer than it says") }
            let name = try bytes.text(place + 46, nameCount)
            let range = try content(
                of: name, place, extra: place + 46 + nameCount..<place + 46 + nameCount + extraCount)
            guard entries.updateValue(range, forKey: name) == nil else {
                throw .zip(reason: "'\(name)' stands in it twice")
            }
            place = next
        }
    }

    /// Where a file's bytes lie.
    private func content(
        of name: String, _ place: Int, extra: Range<Int>
    ) throws(PickleFault) -> Range<Int> {
        guard try bytes.number(place + 8, 2) & 1 == 0 else { throw .zip(reason: "'\(name)' is encrypted") }
        guard try bytes.number(place + 10, 2) == 0 else { throw .zip(reason: "'\(name)' is compressed") }
        var fields = [
            try bytes.number(place + 24, 4), try bytes.number(place + 20, 4), try bytes.number(place + 42, 4),
        ]
        var wide = try wideFields(extra)[...]
        for index in fields.indices where fields[index] == 0xffff_ffff {
            guard let value = wide.popFirst() else { throw .zip(reason: "'\(name)' has no size of 64 bits") }
            fields[index] = value
        }
        guard fields[0] == fields[1] else { throw .zip(reason: "'\(name)' has two sizes") }
        guard try bytes.number(fields[2], 4) == 0x0403_4b50 else { throw .zip(reason: "'\(name)' has no header") }
        let start = fields[2] + 30 + (try bytes.number(fields[2] + 26, 2)) + (try bytes.number(fields[2] + 28, 2))
        guard start <= bytes.count, fields[0] <= bytes.count - start else {
            throw .zip(reason: "'\(name)' ends outside the file")
        }
        return start..<start + fields[0]
    }

    /// The numbers of 64 bits in an extra field.
    private func wideFields(_ extra: Range<Int>) throws(PickleFault) -> [Int] {
        var place = extra.lowerBound
        while place + 4 <= extra.upperBound {
            let (kind, count) = (try bytes.number(place, 2), try bytes.number(place + 2, 2))
            guard place + 4 + count <= extra.upperBound else { break }
            if kind == 1 {
                var fields: [Int] = []
                for index in 0..<count / 8 { fields.append(try bytes.number(place + 4 + 8 * index, 8)) }
                return fields
            }
            place += 4 + count
        }
        return []
    }

    /// The directory's place and size, and its number of entries.
    private static func end(
        _ bytes: RawSpanReader
    ) throws(PickleFault) -> (place: Int, byteCount: Int, count: Int) {
        var place = bytes.count - 22
        let first = max(0, place - 65_535)
        while place >= first {
            if try bytes.number(place, 4) == 0x0605_4b50, try bytes.number(place + 20, 2) == bytes.count - place - 22 {
                break
            }
            place -= 1
        }
        guard place >= first else { throw .zip(reason: "it has no end; the file is cut off") }
        var (position, size, count, width) = (place + 16, place + 12, place + 10, 4)
        if place >= 20, try bytes.number(place - 20, 4) == 0x0706_4b50 {
            let wide = try bytes.number(place - 12, 8)
            guard try bytes.number(wide, 4) == 0x0606_4b50 else { throw .zip(reason: "its end of 64 bits is damaged") }
            (position, size, count, width) = (wide + 48, wide + 40, wide + 32, 8)
        }
        let entries = try bytes.number(count, width == 8 ? 8 : 2)
        let directory = (try bytes.number(position, width), try bytes.number(size, width))
        // An entry takes 46 bytes at least.
        guard entries <= bytes.count / 46 else { throw .zip(reason: "it claims \(entries) entries") }
        return (directory.0, directory.1, entries)
    }
}

/// Little-endian numbers and text of a mapped file, all within it.
struct RawSpanReader {
    /// The mapping outlives this: whoever opened the file holds it.
    private let file: UnsafeRawBufferPointer

    init(_ file: UnsafeRawBufferPointer) { self.file = file }

    var count: Int { file.count }

    func number(_ place: Int, _ width: Int) throws(PickleFault) -> Int {
        guard place >= 0, place <= file.count - width else { throw .zip(reason: "it ends in the middle") }
        let value = (0..<width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(file[place + $1]) }
        guard let number = Int(exactly: value) else { throw .zip(reason: "it has a size of \(value)") }
        return number
    }

    func text(_ place: Int, _ count: Int) throws(PickleFault) -> String {
        guard place >= 0, place <= file.count - count,
            let text = String(validating: file[place..<place + count], as: UTF8.self)
        else { throw .zip(reason: "a name in it is not UTF-8") }
        return text
    }
}
