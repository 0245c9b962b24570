import Checkpoint
import FoundationEssentials
import TestSupport
import Testing

@Suite struct StackedExpertsTests {
    private func checkpoint(_ pieces: [Piece]) throws -> Checkpoint {
        let directory = try ScratchDirectory()
        return try makeCheckpoint(in: directory, pieces)
    }

    @Test func expertsAreApartHoweverTheyAreStored() throws {
        let values = (UInt8(0)..<48).map { $0 }
        let stored = try checkpoint([
            Piece("h.experts.down_proj", .float16, [2, 3, 4], bytes: values),
            Piece("h.experts.down_proj_bias", .float16, [2, 3], bytes: Array(values[..<12])),
            Piece("h.experts.up_proj_blocks", .uint8, [2, 1, 1, 16], bytes: Array(values[..<32])),
            Piece("h.experts.up_proj_scales", .uint8, [2, 1, 1], bytes: [7, 9]),
            Piece("h.router.weight", .float16, [2, 4], bytes: Array(values[..<16])),
        ])
        #expect(
            stored.tensors.keys.sorted() == [
                "h.experts.0.down_proj.bias", "h.experts.0.down_proj.weight", "h.experts.0.up_proj.weight_blocks",
                "h.experts.0.up_proj.weight_scales", "h.experts.1.down_proj.bias", "h.experts.1.down_proj.weight",
                "h.experts.1.up_proj.weight_blocks", "h.experts.1.up_proj.weight_scales", "h.router.weight",
            ])
        let second = try stored.tensor("h.experts.1.down_proj.weight", shape: [3, 4])
        #expect(second.withBytes { Array($0) } == Array(values[24...]))
        #expect(try stored.tensor("h.experts.1.up_proj.weight_scales").withBytes { Array($0) } == [9])
        #expect(stored.storedTensors.count == 5)
    }

    @Test func whatAlreadyIsApartStays() throws {
        let stored = try checkpoint([
            Piece("h.experts.0.down_proj.weight", .float16, [3, 4]), Piece("h.experts.count", .float16, [2]),
        ])
        #expect(stored.tensors.keys.sorted() == ["h.experts.0.down_proj.weight", "h.experts.count"])
    }

    @Test func refusesAnExpertThatIsThereTwice() throws {
        #expect(throws: CheckpointError.self) {
            try checkpoint([
                Piece("h.experts.0.down_proj.weight", .float16, [3, 4]),
                Piece("h.experts.down_proj", .float16, [2, 3, 4]),
            ])
        }
    }

    @Test func theIdentityIsThatOfWhatIsStored() throws {
        let piece = Piece("h.experts.down_proj", .float16, [2, 3, 4])
        let digest = try checkpoint([piece]).digest()
        let apart = [0, 1].map { Piece("h.experts.\($0).down_proj.weight", .float16, [3, 4]) }
        #expect(try checkpoint([piece]).digest() == digest)
        #expect(try checkpoint(apart).digest() != digest)
    }
}
