import Foundation
import TestSupport
import Testing
import Tokenization

@Suite("Token arrays")
struct TokenArrayTests {
    /// The bytes of a file with a given head.
    private func array(_ dictionary: String, _ data: [UInt8], major: UInt8 = 1) -> [UInt8] {
        let text = Array((dictionary + "\n").utf8)
        let length = [UInt8(text.count & 0xff), UInt8(text.count >> 8)] + (major == 1 ? [] : [0, 0])
        return [0x93] + Array("NUMPY".utf8) + [major, 0] + length + text + data
    }

    private func header(_ type: String, _ shape: String) -> String {
        "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    }

    private func read(_ bytes: [UInt8]) throws -> [UInt32] {
        var ids: [UInt32] = []
        try withScratchDirectory { directory in
            let file = directory.appendingPathComponent("a.npy")
            try Data(bytes).write(to: file)
            ids = try tokenStream(shard: file, tokenizer: nil).ids
        }
        return ids
    }

    private func fault(_ bytes: [UInt8]) -> String? {
        do {
            _ = try read(bytes)
            return nil
        } catch {
            if case .invalidArray(_, let reason) = error as? TokenizationError { return reason }
            return "\(error)"
        }
    }

    @Test("all element types and versions are read")
    func types() throws {
        #expect(try read(array(header("<u2", "(2,)"), [1, 2, 255, 255])) == [513, 65535])
        #expect(try read(array(header("<u4", "(1,)"), [1, 2, 3, 255], major: 2)) == [0xff03_0201])
        #expect(try read(array(header("<i4", "(1,)"), [1, 0, 0, 0], major: 3)) == [1])
        #expect(try read(array(header("<i8", "(1,)"), [1, 0, 0, 128, 0, 0, 0, 0])) == [0x8000_0001])
        #expect(try read(array(header("<u2", "(0,)"), [])) == [])
        #expect(try read(array("{\"shape\":(1,),\"fortran_order\":False,\"descr\":\"<u2\"}", [7, 0])) == [7])
    }

    @Test("what is written reads back, in the narrowest type", arguments: [[], [0], [1, 65535], [1, 65536], [.max]])
    func roundTrip(ids: [UInt32]) throws {
        try withScratchDirectory { directory in
            let file = directory.appendingPathComponent("a.npy")
            try TokenStream(ids: ids).write(to: file)
            #expect(try tokenStream(shard: file, tokenizer: nil) == TokenStream(ids: ids))
            let size = ids.allSatisfy { $0 < 65536 } ? 2 : 4
            #expect(try Data(contentsOf: file).count == 128 + size * ids.count)
        }
    }

    @Test("numbers that are no tokens are named with their place")
    func negative() {
        #expect {
            try read(array(header("<i4", "(2,)"), [1, 0, 0, 0, 255, 255, 255, 255]))
        } throws: { error in
            if case .invalidToken(_, 1, -1) = error as? TokenizationError { true } else { false }
        }
        #expect {
            try read(array(header("<i8", "(1,)"), [0, 0, 0, 0, 1, 0, 0, 0]))
        } throws: { error in
            if case .invalidToken(_, 0, 4_294_967_296) = error as? TokenizationError { true } else { false }
        }
    }

    @Test("heads that are wrong are named")
    func heads() {
        #expect(fault(Array("nonsense and more".utf8)) == "it does not begin as a .npy file")
        #expect(fault([0x93]) == "it does not begin as a .npy file")
        #expect(
            fault(array(header("<u2", "(0,)"), [], major: 4)) == "its format is 4.0; 1.0, 2.0 and 3.0 are known")
        #expect(
            fault(array(header(">u2", "(0,)"), [])) == "its elements are '>u2'; known are <u2, <u4, <i4, <i8")
        #expect(fault(array(header("<u2", "(1, 2)"), [])) == "it has 2 dimensions, and one is needed")
        #expect(fault(array(header("<u2", "()"), [])) == "it has 0 dimensions, and one is needed")
        #expect(
            fault(array("{'descr': '<u2', 'fortran_order': True, 'shape': (1,)}", [0, 0]))
                == "it is in Fortran order, and C order is needed")
        #expect(fault(array("{'descr': '<u2'}", [])) == "its header has no 'fortran_order'")
        #expect(fault(array("{'more': '<u2'}", [])) == "its header has an unexpected 'more'")
        #expect(fault(array("nothing here", [])) == "its header has something else than '{' at byte 0")
        #expect(
            fault(array(header("<i8", "(9223372036854775807,)"), [])) == "its shape claims 9223372036854775807 elements"
        )
        #expect(fault(Array(array(header("<u2", "(1,)"), []).prefix(40))) == "it ends inside its header")
        #expect(
            fault(array(header("<u2", "(3,)"), [1, 0, 2]))
                == "its shape says 3 elements, but it ends after 1")
        #expect(fault(array(header("<u2", "(1,)"), [1, 0, 2])) == "its shape says 1 elements, but more follow")
        #expect(
            fault([0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 127])
                == "its header claims 2147483647 bytes, more than 1048576")
    }

    @Test("no change to an array traps", arguments: UInt64(1)...4)
    func mutations(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var accepted = 0
        let bytes = array(header("<i4", "(2,)"), [1, 0, 0, 0, 2, 0, 0, 0])
        for _ in 0..<300 where (try? read(random.mutatedText(bytes))) != nil { accepted += 1 }
        #expect(accepted > 0, "seed \(seed)")
    }
}
