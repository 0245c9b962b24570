/// Reads pickles without running anything: the instructions that make tensors, their names and numbers, and the few
/// functions of ``TorchGlobal``, each of which is done here in Swift.
///
/// Every instruction makes at most one value, and there are only so many of them: memory is bounded.
struct PickleMachine {
    private let bytes: [UInt8]
    /// Of the next instruction.
    private(set) var offset: Int
    private(set) var heap = PickleHeap()
    private var stack: [PickleValue] = []
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// Seventy thousand tensors take so many; values of all of them take 200 MB at most.
    private static let instructionLimit = 1 << 21

    init(_ bytes: [UInt8], offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Runs one pickle to its end and returns what it holds.
    mutating func run() throws(PickleFault) -> PickleValue {
        (stack, marks, memo) = ([], [], [:])
        for _ in 0..<Self.instructionLimit {
            let (start, code) = (offset, try byte())
            if code == UInt8(ascii: ".") { return try pop() }
            if try read(code) { continue }
            if try build(code) { continue }
            guard try remember(code) else { throw .opcode(code, offset: start) }
        }
        throw malformed("it has more than \(Self.instructionLimit) instructions")
    }

    /// The instructions that push a value of their own.
    private mutating func read(_ code: UInt8) throws(PickleFault) -> Bool {
        switch code {
        case 0x80: _ = try byte()
        case 0x95: _ = try number(8)
        case UInt8(ascii: "N"): stack.append(.none)
        case 0x88, 0x89: stack.append(.bool(code == 0x88))
        case UInt8(ascii: "K"): stack.append(.int(try number(1)))
        case UInt8(ascii: "M"): stack.append(.int(try number(2)))
        case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try number(4)))))
        case 0x8a: stack.append(.int(try long(try number(1))))
        case UInt8(ascii: "G"):
            let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            stack.append(.float(Double(bitPattern: bits)))
        case UInt8(ascii: "X"): stack.append(.text(try text(try number(4))))
        case 0x8c: stack.append(.text(try text(try number(1))))
        // What Python 2 wrote for text.
        case UInt8(ascii: "U"): stack.append(.text(try text(try number(1))))
        case UInt8(ascii: "T"): stack.append(.text(try text(try number(4))))
        case UInt8(ascii: "}"): stack.append(heap.dictionary())
        case UInt8(ascii: "]"): stack.append(heap.list())
        case UInt8(ascii: ")"): stack.append(heap.tuple([]))
        case UInt8(ascii: "("): marks.append(stack.count)
        case UInt8(ascii: "c"):
            let module = try line()
            let name = try line()
            stack.append(try global(module, name))
        default: return false
        }
        return true
    }

    /// The instructions that make a value of others.
    private mutating func build(_ code: UInt8) throws(PickleFault) -> Bool {
        switch code {
        case UInt8(ascii: "t"): stack.append(heap.tuple(try popToMark()))
        case 0x85, 0x86, 0x87: stack.append(heap.tuple(try pop(Int(code) - 0x84)))
        case UInt8(ascii: "a"): try append(try pop(1))
        case UInt8(ascii: "e"): try append(try popToMark())
        case UInt8(ascii: "s"): try setItems(try pop(2))
        case UInt8(ascii: "u"): try setItems(try popToMark())
        case 0x93:
            let names = try pop(2)
            guard let module = names[0].text, let name = names[1].text else { throw malformed("a name is not text") }
            stack.append(try global(module, name))
        case UInt8(ascii: "Q"):
            let identifier = try pop()
            stack.append(heap.storage(try storage(identifier)))
        case UInt8(ascii: "R"):
            let parts = try pop(2)
            stack.append(try call(parts[0], parts[1]))
        case UInt8(ascii: "b"):
            // A dictionary's or parameter's attributes (`_metadata`), which say nothing of values.
            _ = try pop()
            switch stack.last {
            case .dictionary, .tensor: break
            default: throw malformed("\(stack.last?.kind ?? "nothing") is given attributes")
            }
        default: return false
        }
        return true
    }

    /// The instructions that put values aside and fetch them again.
    private mutating func remember(_ code: UInt8) throws(PickleFault) -> Bool {
        switch code {
        case UInt8(ascii: "q"): memo[try number(1)] = try top()
        case UInt8(ascii: "r"): memo[try number(4)] = try top()
        case 0x94: memo[memo.count] = try top()
        case UInt8(ascii: "h"): stack.append(try recall(try number(1)))
        case UInt8(ascii: "j"): stack.append(try recall(try number(4)))
        case UInt8(ascii: "0"): _ = try pop()
        default: return false
        }
        return true
    }

    // MARK: Bytes

    private mutating func byte() throws(PickleFault) -> UInt8 {
        guard offset < bytes.count else { throw .truncated(offset: bytes.count) }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func take(_ count: Int) throws(PickleFault) -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw .truncated(offset: bytes.count) }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    /// A little-endian number without a sign.
    private mutating func number(_ count: Int) throws(PickleFault) -> Int {
        let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let number = Int(exactly: value) else { throw malformed("a length of \(value)") }
        return number
    }

    /// A number in two's complement, which must fit.
    private mutating func long(_ count: Int) throws(PickleFault) -> Int {
        let digits = try take(count)
        guard count <= 8 else { throw malformed("a number of \(count) bytes") }
        let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let shift = UInt64(64 - 8 * count)
        return count == 0 ? 0 : Int(Int64(bitPattern: value << shift) >> Int64(shift))
    }

    private mutating func text(_ count: Int) throws(PickleFault) -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else {
            throw malformed("text is not UTF-8")
        }
        return text
    }

    private mutating func line() throws(PickleFault) -> String {
        guard let end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) else {
            throw .truncated(offset: bytes.count)
        }
        let line = try text(end - offset)
        offset += 1
        return line
    }

    // MARK: The stack

    private func malformed(_ reason: String) -> PickleFault { .malformed(reason: reason, offset: offset) }

    private func top() throws(PickleFault) -> PickleValue {
        guard let top = stack.last, stack.count > marks.last ?? 0 else { throw malformed("nothing is on the stack") }
        return top
    }

    private mutating func pop() throws(PickleFault) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func pop(_ count: Int) throws(PickleFault) -> [PickleValue] {
        guard stack.count - (marks.last ?? 0) >= count else { throw malformed("too little is on the stack") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    private mutating func popToMark() throws(PickleFault) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw malformed("no mark is on the stack") }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    private func recall(_ key: Int) throws(PickleFault) -> PickleValue {
        guard let value = memo[key] else { throw malformed("nothing was put aside as \(key)") }
        return value
    }

    private mutating func append(_ elements: [PickleValue]) throws(PickleFault) {
        guard case .list(let index) = try top() else { throw malformed("\(try top().kind) is no list") }
        heap.lists[index] += elements
    }

    private mutating func setItems(_ items: [PickleValue]) throws(PickleFault) {
        guard case .dictionary(let index) = try top() else { throw malformed("\(try top().kind) is no dictionary") }
        guard items.count.isMultiple(of: 2) else { throw malformed("a key has no value") }
        for place in stride(from: 0, to: items.count, by: 2) {
            heap.dictionaries[index].append((items[place], items[place + 1]))
        }
    }

    private func global(_ module: String, _ name: String) throws(PickleFault) -> PickleValue {
        guard let global = TorchGlobal(module, name) else {
            throw .global("\(module).\(name)".prefix(200).description, offset: offset)
        }
        return .global(global)
    }
}

extension PickleMachine {
    /// What a persistent identifier stands for: `('storage', class, key, place, count)`, in the older format with the part
    /// of a storage that this is, `(key, start, count)`.
    fileprivate func storage(_ identifier: PickleValue) throws(PickleFault) -> TorchStorage {
        guard let parts = heap.elements(identifier), parts.count == 5 || parts.count == 6,
            parts[0].text == "storage", let key = parts[2].text ?? parts[2].int.map(String.init),
            let count = parts[4].int, count >= 0
        else { throw .malformed(reason: "an identifier is not that of a storage", offset: offset) }
        let type: ElementType?
        switch parts[1] {
        case .global(.storage(let element)): type = element
        case .global(.untypedStorage): type = nil
        default: throw .malformed(reason: "the class of storage '\(key)' is \(parts[1].kind)", offset: offset)
        }
        var storage = TorchStorage(key: key, type: type, count: count)
        if parts.count == 6, let view = heap.elements(parts[5]) {
            guard view.count == 3, let start = view[1].int, start >= 0 else {
                throw .malformed(reason: "the part of storage '\(key)' is not understood", offset: offset)
            }
            storage.start = start
        }
        return storage
    }

    /// Does what a function would.
    fileprivate mutating func call(_ function: PickleValue, _ arguments: PickleValue) throws(PickleFault) -> PickleValue
    {
        guard case .global(let global) = function, case .tuple(let index) = arguments else {
            throw .malformed(reason: "\(function.kind) is called", offset: offset)
        }
        let arguments = heap.tuples[index]
        switch global {
        case .rebuildTensor: return heap.tensor(try tensor(arguments))
        case .rebuildParameter:
            if case .tensor(let tensor)? = arguments.first { return .tensor(tensor) }
        case .rebuildFromType:
            if arguments.count == 4, case .global(.tensorClass) = arguments[1] {
                return try call(arguments[0], arguments[2])
            }
        case .orderedDictionary:
            let dictionary = heap.dictionary()
            guard let pairs = arguments.first else { return dictionary }
            if case .dictionary(let index) = dictionary, let pairs = heap.elements(pairs) {
                for pair in pairs {
                    guard let pair = heap.elements(pair), pair.count == 2 else { break }
                    heap.dictionaries[index].append((pair[0], pair[1]))
                }
                if heap.dictionaries[index].count == pairs.count { return dictionary }
            }
        case .size: if let sizes = arguments.first { return sizes }
        default: break
        }
        throw .malformed(reason: "a function is given other arguments than it takes", offset: offset)
    }

    /// `(storage, offset, sizes, strides, …)`, and the type in seventh place where the storage has none.
    private func tensor(_ arguments: [PickleValue]) throws(PickleFault) -> TorchTensor {
        guard arguments.count >= 4, case .storage(let index) = arguments[0], let start = arguments[1].int, start >= 0,
            let shape = heap.sizes(arguments[2]), let strides = heap.sizes(arguments[3]), shape.count == strides.count
        else { throw .malformed(reason: "a tensor is not made of storage, offset, sizes and strides", offset: offset) }
        let storage = heap.storages[index]
        var type = storage.type
        if arguments.count >= 7, case .global(.elementType(let element)) = arguments[6] { type = element }
        guard let type else { throw .malformed(reason: "a tensor has no element type", offset: offset) }
        return TorchTensor(storage: storage, type: type, offset: start, shape: shape, strides: strides)
    }
}
