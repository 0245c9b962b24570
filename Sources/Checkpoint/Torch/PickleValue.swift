/// What a pickle of tensors may hold.
///
/// Whatever is made of others is the number of a place in a ``PickleHeap``: whatever a pickle nests or ties in knots, values
/// stay small and are let go without recursion.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    case tuple(Int)
    case list(Int)
    case dictionary(Int)
    case global(TorchGlobal)
    case storage(Int)
    case tensor(Int)

    /// What it is, in words.
    var kind: String {
        switch self {
        case .none: "nothing"
        case .bool: "a boolean"
        case .int, .float: "a number"
        case .text: "text"
        case .tuple: "a tuple"
        case .list: "a list"
        case .dictionary: "a dictionary"
        case .global: "a function or class"
        case .storage: "a storage"
        case .tensor: "a tensor"
        }
    }

    var int: Int? { if case .int(let value) = self { value } else { nil } }
    var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// The collections, storages and tensors of a pickle.
struct PickleHeap {
    var tuples: [[PickleValue]] = []
    var lists: [[PickleValue]] = []
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var storages: [TorchStorage] = []
    var tensors: [TorchTensor] = []

    mutating func tuple(_ elements: [PickleValue]) -> PickleValue {
        tuples.append(elements)
        return .tuple(tuples.count - 1)
    }

    mutating func list() -> PickleValue {
        lists.append([])
        return .list(lists.count - 1)
    }

    mutating func dictionary() -> PickleValue {
        dictionaries.append([])
        return .dictionary(dictionaries.count - 1)
    }

    mutating func storage(_ storage: TorchStorage) -> PickleValue {
        storages.append(storage)
        return .storage(storages.count - 1)
    }

    mutating func tensor(_ tensor: TorchTensor) -> PickleValue {
        tensors.append(tensor)
        return .tensor(tensors.count - 1)
    }

    func elements(_ value: PickleValue) -> [PickleValue]? {
        switch value {
        case .tuple(let index): tuples[index]
        case .list(let index): lists[index]
        default: nil
        }
    }

    /// A tensor's sizes or strides: whole numbers from 0 up, no more than torch has dimensions.
    func sizes(_ value: PickleValue) -> [Int]? {
        guard let elements = elements(value), elements.count <= 64 else { return nil }
        let sizes = elements.compactMap(\.int)
        return sizes.count == elements.count && sizes.allSatisfy { $0 >= 0 } ? sizes : nil
    }
}
