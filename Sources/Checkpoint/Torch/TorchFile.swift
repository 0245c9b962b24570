import System

/// A file of `torch.save`: a pickle that names tensors, and the storages that they are views of.
///
/// | format | layout |
/// |---|---|
/// | since torch 1.6 | a zip: `…/data.pkl`, and a file `…/data/KEY` for each storage (`StoredZip`) |
/// | before | five pickles: a magic number, 1001, the machine's sizes, the tensors, the storages' keys; then for each of these the elements (8 bytes) and their bytes |
///
/// The pickle is read without running anything (`PickleMachine`). What it holds must be a dictionary of tensors, or one of
/// those that trainers put around it.
struct TorchFile {
    /// Tensors by their names, in the order of the file.
    private let named: [(name: String, tensor: TorchTensor)]
    /// Where the bytes of each storage lie.
    private let storages: [String: Range<Int>]

    private static let pickleByteLimit = 1 << 24
    private static let zipMark: [UInt8] = [0x50, 0x4b, 0x03, 0x04]

    init(_ bytes: UnsafeRawBufferPointer) throws(PickleFault) {
        if bytes.starts(with: Self.zipMark) {
            try self.init(zip: bytes)
        } else if bytes.first == 0x80 {
            try self.init(pickles: bytes)
        } else {
            throw .notTorch
        }
    }

    private init(zip bytes: UnsafeRawBufferPointer) throws(PickleFault) {
        let zip = try StoredZip(bytes)
        let suffix = "/data.pkl"
        let pickles = zip.entries.keys.filter { $0.hasSuffix(suffix) }
        guard pickles.count == 1, let name = pickles.first, let range = zip.entries[name] else {
            throw .zip(reason: "it holds \(pickles.count) files 'data.pkl' where one belongs")
        }
        let folder = name.dropLast(suffix.count)
        if let order = zip.entries["\(folder)/byteorder"], !bytes[order].elementsEqual("little".utf8) {
            throw .bigEndian
        }
        guard range.count <= Self.pickleByteLimit else {
            throw .tooLarge(byteCount: range.count, limit: Self.pickleByteLimit)
        }
        var machine = PickleMachine(Array(bytes[range]))
        let root = try machine.run()
        named = try StateDictionary(root, machine.heap).tensors
        let prefix = "\(folder)/data/"
        storages = Dictionary(
            uniqueKeysWithValues: zip.entries.filter { $0.key.hasPrefix(prefix) }.map {
                (String($0.key.dropFirst(prefix.count)), $0.value)
            })
    }

    private init(pickles bytes: UnsafeRawBufferPointer) throws(PickleFault) {
        // The magic number of ten bytes is compared as it stands: it fits no integer.
        let magic: [UInt8] = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]
        guard bytes.starts(with: magic) else { throw .notTorch }
        // The tensors' bytes follow the pickles, so no more is looked at than these may have.
        var machine = PickleMachine(Array(bytes.prefix(Self.pickleByteLimit)), offset: magic.count)
        guard try machine.run().int == 1001 else { throw .notTorch }
        let sizes = try machine.run()
        guard case .dictionary(let index) = sizes else { throw .notTorch }
        for (key, value) in machine.heap.dictionaries[index] where key.text == "little_endian" {
            guard case .bool(true) = value else { throw .bigEndian }
        }
        let root = try machine.run()
        named = try StateDictionary(root, machine.heap).tensors
        let list = try machine.run()
        guard let keys = machine.heap.elements(list) else {
            throw .malformed(reason: "no list of storages follows the tensors", offset: machine.offset)
        }
        storages = try Self.storages(keys, of: named, in: bytes, from: machine.offset)
    }

    /// Where storages lie that follow each other, each behind the number of its elements.
    private static func storages(
        _ keys: [PickleValue], of named: [(name: String, tensor: TorchTensor)], in bytes: UnsafeRawBufferPointer,
        from first: Int
    ) throws(PickleFault) -> [String: Range<Int>] {
        let known = Dictionary(named.map { ($0.tensor.storage.key, $0.tensor.storage.type) }) { one, _ in one }
        var storages: [String: Range<Int>] = [:]
        var place = first
        for key in keys {
            guard let key = key.text ?? key.int.map(String.init) else {
                throw .malformed(reason: "a storage's key is \(key.kind)", offset: place)
            }
            guard place <= bytes.count - 8 else { throw .storage(key: key, reason: "the file ends before it") }
            let count = bytes.loadUnaligned(fromByteOffset: place, as: Int64.self)
            // A storage that no tensor is of (its element's size is not known) can only be the last.
            let size = known[key].map { $0.map { $0.bitCount / 8 } ?? 1 } ?? 1
            let (byteCount, overflow) = Int(count).multipliedReportingOverflow(by: size)
            guard !overflow, count >= 0, byteCount <= bytes.count - place - 8 else {
                throw .storage(key: key, reason: "\(count) elements reach beyond the end of the file")
            }
            guard storages.updateValue(place + 8..<place + 8 + byteCount, forKey: key) == nil else {
                throw .storage(key: key, reason: "it stands in the file twice")
            }
            place += 8 + byteCount
        }
        return storages
    }

    /// The tensors of an open file: contiguous ones where they lie, others gathered into memory.
    func tensors(in mapping: MappedFile) throws(PickleFault) -> [Tensor] {
        var tensors: [Tensor] = []
        // Views of one storage may be more than it; a file's tensors are no more than the file.
        var budget = mapping.bytes.count
        for (name, tensor) in named {
            let view = try TensorView(name, tensor, storages, mapping)
            tensors.append(try view.isContiguous ? view.mapped() : view.gathered(&budget))
        }
        return tensors
    }
}

/// The dictionary of tensors that a pickle holds, whatever a trainer has put around it.
private struct StateDictionary {
    private(set) var tensors: [(name: String, tensor: TorchTensor)] = []

    /// Under which keys models stand in what trainers save.
    private static let wrappers: Set<String> = ["state_dict", "model_state_dict", "module", "model"]

    init(_ root: PickleValue, _ heap: PickleHeap) throws(PickleFault) {
        var (members, depth) = (try Self.members(root, heap), 0)
        while !members.contains(where: { $0.value.isTensor }), depth < 4 {
            let inner = members.filter { member in
                if case .dictionary = member.value { Self.wrappers.contains(member.name) } else { false }
            }
            guard inner.count == 1 else { break }
            (members, depth) = (try Self.members(inner[0].value, heap), depth + 1)
        }
        // Python keeps the place of a key and the last of its values.
        var places: [String: Int] = [:]
        for (name, value) in members {
            switch value {
            case .tensor(let index):
                let tensor = heap.tensors[index]
                if let place = places[name] {
                    tensors[place].tensor = tensor
                } else {
                    places[name] = tensors.count
                    tensors.append((name, tensor))
                }
            case .dictionary, .list, .tuple, .storage, .global:
                throw .notAStateDictionary(found: "\(value.kind) under '\(name)'")
            // Counters and the like beside the tensors say nothing of a model's weights.
            case .none, .bool, .int, .float, .text: break
            }
        }
        guard !tensors.isEmpty else { throw .notAStateDictionary(found: "no tensor") }
    }

    private static func members(
        _ value: PickleValue, _ heap: PickleHeap
    ) throws(PickleFault) -> [(name: String, value: PickleValue)] {
        guard case .dictionary(let index) = value else { throw .notAStateDictionary(found: value.kind) }
        var members: [(name: String, value: PickleValue)] = []
        for (key, value) in heap.dictionaries[index] {
            guard let name = key.text else { throw .notAStateDictionary(found: "\(key.kind) as a key") }
            members.append((name, value))
        }
        return members
    }
}

extension PickleValue {
    fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
}
